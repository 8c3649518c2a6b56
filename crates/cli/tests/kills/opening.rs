//! Kills in the middle of opening a folder.

use std::{
    io::Read,
    path::Path,
    process::Command,
    sync::atomic::{AtomicBool, Ordering},
    thread,
    time::SystemTime,
};

/// What a folder looks like from outside: names, lengths and times of its files.
fn looks(folder: &Path) -> Vec<(std::ffi::OsString, u64, Option<SystemTime>)> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let mut files: Vec<_> = entries
        .filter_map(|entry| {
            let data = entry.metadata().ok()?;
            Some((entry.file_name(), data.len(), data.modified().ok()))
        })
        .collect();
    files.sort_unstable();
    files
}

/// Starts it, and kills it once its folder has changed so often, or once it is up if that is earlier.
pub(crate) fn kill_after(mut command: Command, folder: &Path, changes: u64) {
    let mut before = looks(folder);
    let mut child = command.spawn().expect("the binary starts");
    let mut stdout = child.stdout.take().expect("stdout is piped");
    let is_up = AtomicBool::new(false);
    thread::scope(|scope| {
        scope.spawn(|| {
            // A byte, or the end.
            let _ = stdout.read(&mut [0]);
            is_up.store(true, Ordering::Release);
        });
        let mut seen = 0;
        while seen <= changes && !is_up.load(Ordering::Acquire) {
            let now = looks(folder);
            seen += u64::from(now != before);
            before = now;
            thread::yield_now();
        }
        child.kill().expect("it is there");
    });
    let output = child.wait_with_output().expect("it ends");
    assert_eq!(output.status.code(), None, "it ended by itself: {}", String::from_utf8_lossy(&output.stderr));
}
