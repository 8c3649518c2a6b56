//! The signer's guide, as its readers follow it: every command of its console blocks is run, and what it prints is compared with what the
//! guide shows. The network of the guide is another process here, at a free port.

use crate::{
    console::{self, USUAL, read, steps},
    harness::repository,
    place::Stage,
};
use std::fs;

#[test]
fn every_command_of_the_signers_guide_does_what_it_says() {
    let guide = read("docs/signers-guide.md");
    assert!(guide.lines().count() <= 170, "the guide is one page");
    let stage = Stage::up();
    let folder = tempfile::tempdir().expect("a folder");
    for name in ["docs", "data"] {
        let from = fs::canonicalize(repository(name)).expect("a folder");
        #[cfg(unix)]
        std::os::unix::fs::symlink(from, folder.path().join(name)).expect("a link");
    }
    let address = stage.network.url.trim_start_matches("http://").to_owned();
    let steps = steps(&guide);
    assert!(steps.len() >= 12, "{} commands", steps.len());
    for step in steps.iter().filter(|step| !step.command.starts_with("ephor up")) {
        let shell = |line: &str| console::shell(&line.replace(USUAL, &address), folder.path(), folder.path());
        step.follow(shell, &address);
    }
}

#[test]
fn every_warning_of_the_guide_is_one_that_the_program_gives() {
    let guide = read("docs/signers-guide.md");
    let (_, table) = guide.split_once("## What each warning means").expect("the table");
    let (table, _) = table.split_once("\n## ").expect("its end");
    let mut sources = String::new();
    let mut open = vec![repository("crates/ceremony/src"), repository("crates/cli/src/ceremony")];
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                open.push(path);
            } else {
                sources.push_str(&fs::read_to_string(path).expect("a source"));
            }
        }
    }
    let mut warnings = 0;
    for row in table.lines().filter(|line| line.starts_with("| `")) {
        let warning = row.split('`').nth(1).expect("a warning");
        // What varies is left out: numbers, names, addresses.
        for part in warning.split(['…', ' ']).filter(|part| part.len() > 2) {
            assert!(sources.contains(part), "{warning:?}: nothing says {part:?}");
        }
        warnings += 1;
    }
    assert!(warnings >= 12, "{warnings}");
}
