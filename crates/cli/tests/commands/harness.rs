//! Runs the binary and looks at what it leaves.

use serde_json::Value;
use std::{
    ffi::OsStr,
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

/// What a run left.
pub(crate) struct Run {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

/// The binary with arguments, away from any terminal and with nothing on stdin.
pub(crate) fn command<S: AsRef<OsStr>>(arguments: &[S]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ephor"));
    command.args(arguments).stdin(Stdio::null()).env_remove("NO_COLOR");
    command
}

#[track_caller]
pub(crate) fn run<S: AsRef<OsStr>>(arguments: &[S]) -> Run {
    let output = command(arguments).output().expect("the binary starts");
    Run {
        code: output.status.code(),
        stdout: String::from_utf8(output.stdout).expect("stdout is UTF-8"),
        stderr: String::from_utf8(output.stderr).expect("stderr is UTF-8"),
    }
}

impl Run {
    /// The exit code, with what was written where it differs.
    #[track_caller]
    pub(crate) fn exits(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "\n--- stdout\n{}\n--- stderr\n{}", self.stdout, self.stderr);
        self
    }

    /// A refusal in text: nothing on stdout, and on stderr all of the given parts.
    #[track_caller]
    pub(crate) fn refuses(self, code: i32, parts: &[&str]) -> Self {
        let run = self.exits(code);
        assert_eq!(run.stdout, "");
        for part in parts {
            assert!(run.stderr.contains(part), "stderr lacks {part:?}:\n{}", run.stderr);
        }
        run
    }

    /// The one document on stdout.
    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).expect("stdout is one JSON document")
    }
}

/// A file of the repository.
pub(crate) fn repository(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(path)
}

/// The text of a file of the repository with parts exchanged.
#[track_caller]
pub(crate) fn edited(path: &str, edits: &[(&str, &str)]) -> String {
    let mut text = fs::read_to_string(repository(path)).expect("a file of the repository");
    for (from, to) in edits {
        assert!(text.contains(from), "{path} does not contain {from}");
        text = text.replacen(from, to, 1);
    }
    text
}
