//! How a run can end before its time.

use ephor_client::{DeploymentError, ReadError, SendError, actions::relay::RelayError};
use ephor_deploy::StandUpError;
use ephor_network::NetworkError;

use crate::report::{Check, Report};

/// Why a rehearsal ended before its time.
#[derive(Debug, thiserror::Error)]
pub enum RehearsalError {
    /// An expectation was not met.
    #[error(transparent)]
    Unmet(Box<Unmet>),
    /// The scenario asks for what cannot be.
    #[error("{file}:{line}: step {step}: {why}")]
    Impossible {
        /// The scenario's file.
        file: String,
        /// The line of the step.
        line: usize,
        /// The step, from 1.
        step: usize,
        /// Why it cannot be.
        why: Impossible,
    },
    /// The charter cannot be stood up.
    #[error("the charter cannot be stood up: {0}")]
    StandUp(#[from] StandUpError),
    /// The network fails.
    #[error(transparent)]
    Network(#[from] NetworkError),
    /// Something cannot be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// Something cannot be sent.
    #[error(transparent)]
    Send(#[from] SendError),
    /// A step of an update cannot be prepared.
    #[error(transparent)]
    Relay(#[from] RelayError),
    /// The deployment lacks something.
    #[error(transparent)]
    Deployment(#[from] DeploymentError),
    /// Somebody's key does not sign.
    #[error("not signed: {0}")]
    Signer(#[from] alloy_signer::Error),
    /// The operating system gives no resources to run.
    #[error("cannot run: {0}")]
    Runtime(std::io::Error),
}

impl RehearsalError {
    /// Whether charter or scenario are to be corrected, rather than the machine.
    #[must_use]
    pub const fn is_input(&self) -> bool {
        matches!(
            self,
            Self::Impossible { .. }
                | Self::StandUp(
                    StandUpError::Overallocated { .. }
                        | StandUpError::TooEarly { .. }
                        | StandUpError::Refused { .. }
                        | StandUpError::Deployment(_)
                        | StandUpError::Network(NetworkError::Clock(_) | NetworkError::Constructor { .. })
                )
        )
    }
}

/// An expectation that was not met.
#[derive(Debug, thiserror::Error)]
#[error("{file}:{}: step {}: {}: expected {}, but found {}", .check.line, .check.step, .check.what, .check.expected, .check.actual)]
pub struct Unmet {
    /// The scenario's file.
    pub file: String,
    /// The expectation.
    pub check: Check,
    /// What happened so far.
    pub report: Report,
}

/// Why a step cannot be.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Impossible {
    /// A time that is past.
    #[error("\"{text}\" is {wanted}, but the clock stands at {now} already; move the step up, or write a later time")]
    Past {
        /// The time as written.
        text: String,
        /// What it means.
        wanted: String,
        /// Where the clock stands.
        now: String,
    },
    /// A phase that is not known yet.
    #[error("\"{text}\" is not known yet: {missing}; move the step down")]
    NotYet {
        /// The time as written.
        text: String,
        /// What has to happen before.
        missing: &'static str,
    },
    /// A time that no clock shows.
    #[error("\"{text}\" is beyond all time")]
    Beyond {
        /// The time as written.
        text: String,
    },
    /// Nothing to vote on or to execute.
    #[error("there is no {what} yet; propose one in a step before")]
    NoProposal {
        /// What there is none of.
        what: &'static str,
    },
    /// Nobody runs.
    #[error("nobody can be voted for: {missing}")]
    NoCandidates {
        /// What has to happen before.
        missing: &'static str,
    },
    /// No message to befall.
    #[error("no message {direction} {chain} is under way that it could befall")]
    NoMessage {
        /// `to` or `from`.
        direction: &'static str,
        /// The chain.
        chain: String,
    },
    /// No Safe may do it.
    #[error("no Safe of the charter has the role {role}; grant it in [[roles]]")]
    NoSafe {
        /// The role.
        role: &'static str,
    },
    /// Nobody may do it.
    #[error("nobody has the role {role} of the council manager; grant it in [[roles]]")]
    NoHolder {
        /// The role.
        role: &'static str,
    },
    /// A draw before its seed exists.
    #[error(
        "the seed of the draw is the hash of L1 block {block}, which does not exist yet; write `at = \"draw_block + 1 block\"` or later"
    )]
    NoSeed {
        /// The block.
        block: u64,
    },
    /// The urn cannot be drawn from.
    #[error("{0}")]
    Draw(ephor_rules::draw::DrawError),
}
