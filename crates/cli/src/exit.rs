//! Exit codes, and the failures that lead to them.

use crate::{
    actors::{
        clock::ClockError, council::UnknownCohort, man::ManError, messages::MessageError, removal::RemovalError,
        safe::SafeError,
    },
    amounts::AmountError,
    ceremony::CeremonyFailure,
    explain::ExplainError,
    folder::FolderError,
    keeper::KeepError,
    link::{LinkError, names::NameError},
    signer::SignerError,
    up::UpError,
};
use alloy_transport::TransportError;
use ephor_charter::Faults;
use ephor_client::{DeploymentError, ReadError, SendError, actions::relay::RelayError};
use ephor_rehearsal::RehearsalError;
use serde_json::{Value, json};
use std::{io, path::PathBuf, process::ExitCode};

/// How the command ends. The codes are stable; scripts may rely on them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exit {
    /// Everything went as it should.
    Fine = 0,
    /// Something that the scenario expects did not happen, or what is verified is not what was voted.
    Unmet = 1,
    /// Arguments are missing, unknown or contradictory.
    Usage = 2,
    /// A charter, a scenario, a profile or a file named by them has faults; an account or an amount is none.
    Input = 3,
    /// The system refuses: a folder cannot be written, a store is locked.
    Environment = 4,
    /// The rehearsal broke off.
    BrokeOff = 5,
    /// A contract refuses a transaction, or would.
    Refused = 6,
    /// An endpoint does not answer, or is that of another chain.
    Endpoint = 7,
    /// Nobody signs, or the signature is another's.
    Unsigned = 8,
}

/// The codes, for `--help`.
pub(crate) const EXIT_CODES: &str = "\
Exit codes:
  0  everything went as it should
  1  the scenario ran, but something it expects did not happen; or what is verified is not what was voted
  2  wrong usage: unknown or missing arguments
  3  bad input: a charter, a scenario, a profile or a file they name has faults, an account or an amount is none
  4  the system refuses: a folder cannot be written, the output is full
  5  the rehearsal broke off for a reason that is neither the input's nor the system's
  6  a contract refuses a transaction, or would refuse it
  7  an endpoint does not answer, or is that of another chain
  8  nobody signs: no signer, a wrong password, a device that does not answer, another's signature";

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
    /// A network cannot be run.
    #[error(transparent)]
    Up(#[from] UpError),
    /// The council cannot be reached.
    #[error(transparent)]
    Link(#[from] LinkError),
    /// An account is not known.
    #[error(transparent)]
    Name(#[from] NameError),
    /// No amount, no span, no time.
    #[error(transparent)]
    Amount(#[from] AmountError),
    /// Nobody signs.
    #[error(transparent)]
    Signer(#[from] SignerError),
    /// A message or a signature is not taken.
    #[error(transparent)]
    Message(#[from] MessageError),
    /// The charter lacks something.
    #[error(transparent)]
    Deployment(#[from] DeploymentError),
    /// Something cannot be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// A node does not answer a question.
    #[error("{chain}: {source}")]
    Ask {
        /// The chain.
        chain: String,
        /// What the transport says.
        source: Box<TransportError>,
    },
    /// A transaction cannot be sent.
    #[error(transparent)]
    Send(#[from] SendError),
    /// A keeper cannot go on.
    #[error(transparent)]
    Keep(#[from] KeepError),
    /// A removal is not found.
    #[error(transparent)]
    Removal(#[from] RemovalError),
    /// A cohort is not known.
    #[error(transparent)]
    Cohort(#[from] UnknownCohort),
    /// A Safe does not act, for lack of consent.
    #[error(transparent)]
    Consent(SafeError),
    /// A Safe does not act, for what was given.
    #[error(transparent)]
    Safe(SafeError),
    /// The clock is not moved.
    #[error(transparent)]
    Clock(#[from] ClockError),
    /// The manual cannot be written.
    #[error(transparent)]
    Man(#[from] ManError),
    /// A ceremony is not held.
    #[error(transparent)]
    Ceremony(Box<CeremonyFailure>),
    /// A payload cannot be had or explained.
    #[error(transparent)]
    Explain(#[from] ExplainError),
    /// The system gives no runtime.
    #[error("the system does not let ephor talk to chains: {0}")]
    Runtime(io::Error),
    /// The result cannot be written to stdout.
    #[error("the result cannot be written to standard output: {0}\n  remedy: redirect it to where there is room")]
    Output(io::Error),
}

impl From<CeremonyFailure> for Failure {
    fn from(failure: CeremonyFailure) -> Self {
        Self::Ceremony(Box::new(failure))
    }
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
            Self::Folder(_)
            | Self::Output(_)
            | Self::Man(_)
            | Self::Runtime(_)
            | Self::Rehearsal(RehearsalError::Runtime(_)) => Exit::Environment,
            Self::Faults { .. }
            | Self::NoScenario { .. }
            | Self::Name(_)
            | Self::Amount(_)
            | Self::Deployment(_)
            | Self::Removal(_)
            | Self::Cohort(_)
            | Self::Safe(_)
            | Self::Rehearsal(_) => Exit::Input,
            Self::Up(error) => error.exit(),
            Self::Explain(error) => error.exit(),
            Self::Ceremony(error) => error.exit(),
            Self::Link(error) => of_link(error),
            Self::Signer(_) | Self::Consent(_) => Exit::Unsigned,
            Self::Message(error) => of_message(error),
            Self::Ask { .. } => Exit::Endpoint,
            Self::Read(error) => of_reading(error),
            Self::Send(error) => of_sending(error),
            Self::Keep(error) => match error {
                KeepError::Read(error) | KeepError::Relay(RelayError::Read(error)) => of_reading(error),
                KeepError::Relay(RelayError::Deployment(_)) => Exit::Input,
                KeepError::Relay(RelayError::Unconfirmed { .. }) => Exit::Refused,
                KeepError::Send(error) => of_sending(error),
                KeepError::Stuck { .. } => Exit::Endpoint,
            },
            Self::Clock(error) => match error {
                ClockError::Refused(_) => Exit::Endpoint,
                _ => Exit::Input,
            },
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

fn of_link(error: &LinkError) -> Exit {
    match error {
        LinkError::EndpointTwice { .. } | LinkError::NoCharter | LinkError::NoGovernance { .. } => Exit::Usage,
        LinkError::Unreachable { .. } | LinkError::WrongChain { .. } | LinkError::Tls { .. } => Exit::Endpoint,
        LinkError::Profile(_)
        | LinkError::Url { .. }
        | LinkError::Charter(_)
        | LinkError::UnknownChain { .. }
        | LinkError::Deployment(_)
        | LinkError::Names(_) => Exit::Input,
    }
}

fn of_message(error: &MessageError) -> Exit {
    match error {
        MessageError::OtherSigner { .. } | MessageError::Malleable => Exit::Unsigned,
        MessageError::Unwritable { .. } => Exit::Environment,
        MessageError::OneAtATime | MessageError::Whose { .. } => Exit::Usage,
        MessageError::Unreadable { .. } | MessageError::NotASignature { .. } => Exit::Input,
    }
}

fn of_reading(error: &ReadError) -> Exit {
    match error {
        ReadError::Deployment(_) => Exit::Input,
        ReadError::Reverted { .. } => Exit::Refused,
        ReadError::NoProvider { .. }
        | ReadError::Transport { .. }
        | ReadError::Undecodable { .. }
        | ReadError::Missing { .. } => Exit::Endpoint,
    }
}

fn of_sending(error: &SendError) -> Exit {
    match error {
        SendError::Read(error) => of_reading(error),
        SendError::WouldRevert(_) => Exit::Refused,
        SendError::Refused { .. } | SendError::NotMined { .. } => Exit::Endpoint,
        SendError::Signer(_) | SendError::WrongSender { .. } => Exit::Unsigned,
    }
}
