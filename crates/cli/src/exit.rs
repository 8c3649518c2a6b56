//! Exit codes, and the failures that lead to them.

use crate::folder::FolderError;
use ephor_charter::Faults;
use ephor_rehearsal::RehearsalError;
use serde_json::{Value, json};
use std::{io, path::PathBuf, process::ExitCode};

/// How the command ends. The codes are stable; scripts may rely on them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exit {
    /// Everything went as it should.
    Fine = 0,
    /// Something that the scenario expects did not happen.
    Unmet = 1,
    /// Arguments are missing, unknown or contradictory.
    Usage = 2,
    /// A charter, a scenario or a file named by them has faults.
    Input = 3,
    /// The system refuses: a folder cannot be written, a store is locked.
    Environment = 4,
    /// The rehearsal broke off.
    BrokeOff = 5,
}

/// The codes, for `--help`.
pub(crate) const EXIT_CODES: &str = "\
Exit codes:
  0  everything went as it should
  1  the scenario ran, but something it expects did not happen
  2  wrong usage: unknown or missing arguments
  3  bad input: a charter, a scenario or a file they name has faults
  4  the system refuses: a folder cannot be written, the output is full
  5  the rehearsal broke off for a reason that is neither the input's nor the system's";

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

/// Why a command has no result.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    /// A charter or a scenario has faults.
    #[error("{} in a {of}\n\n{faults}", counted(faults_of(faults)))]
    Faults {
        /// What has them.
        of: &'static str,
        /// What is wrong with it.
        faults: Faults,
    },
    /// No scenario is named, and there is none where it would be looked for.
    #[error(
        "no scenario for {}: there is no file {}\n  remedy: name one with --scenario FILE",
        charter.display(),
        file.display()
    )]
    NoScenario {
        /// The charter.
        charter: PathBuf,
        /// Where a scenario was looked for.
        file: PathBuf,
    },
    /// The report cannot be written.
    #[error(transparent)]
    Folder(#[from] FolderError),
    /// The rehearsal has no result.
    #[error(transparent)]
    Rehearsal(RehearsalError),
    /// The result cannot be written to stdout.
    #[error("the result cannot be written to standard output: {0}\n  remedy: redirect it to where there is room")]
    Output(io::Error),
}

/// The number of a file's faults.
pub(crate) const fn faults_of(faults: &Faults) -> usize {
    faults.faults.len() + faults.more
}

/// "1 fault", "2 faults".
pub(crate) fn counted(faults: usize) -> String {
    if faults == 1 { "1 fault".to_owned() } else { format!("{faults} faults") }
}

impl Failure {
    /// The exit code.
    pub(crate) fn exit(&self) -> Exit {
        match self {
            Self::Rehearsal(RehearsalError::Unmet(_)) => Exit::Unmet,
            Self::Rehearsal(error) if !error.is_input() && !matches!(error, RehearsalError::Runtime(_)) => {
                Exit::BrokeOff
            }
            Self::Folder(_) | Self::Output(_) | Self::Rehearsal(RehearsalError::Runtime(_)) => Exit::Environment,
            Self::Faults { .. } | Self::NoScenario { .. } | Self::Rehearsal(_) => Exit::Input,
        }
    }

    /// The failure as the one document on stdout.
    pub(crate) fn to_json(&self) -> Value {
        let mut error = json!({ "exit_code": self.exit() as u8, "message": self.to_string() });
        if let Self::Faults { faults, .. } = self {
            error["file"] = json!(faults.file);
            error["faults"] = faults_json(faults);
            error["more"] = json!(faults.more);
        }
        json!({ "error": error })
    }
}

/// Faults as JSON: place, cause and remedy of each.
pub(crate) fn faults_json(faults: &Faults) -> Value {
    let each = |fault: &ephor_charter::Fault| json!({ "line": fault.line, "column": fault.column, "cause": fault.cause(), "remedy": fault.remedy() });
    faults.faults.iter().map(each).collect()
}
