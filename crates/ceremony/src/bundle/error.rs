//! What is wrong with a bundle: reasons to refuse it unread, and findings in one that reads.

use alloy_primitives::{Address, B256};
use serde::Serialize;

use super::{CEREMONY, FORMAT, MAX_BYTES, MAX_FILE_BYTES, MAX_FILES};
use crate::{ceremony::CeremonyError, simulation::SimulationError};

/// A bundle that is refused.
#[derive(Debug, thiserror::Error)]
pub enum BundleError {
    /// A name that could lead elsewhere.
    #[error(
        "a file of the bundle is named {0:?}: names consist of lower-case letters, digits, dots and hyphens, so that none leads out of the directory"
    )]
    Name(String),
    /// A file that is too long.
    #[error("{name} has {bytes} bytes; a file of a bundle has at most {MAX_FILE_BYTES}")]
    FileTooLarge {
        /// The file.
        name: String,
        /// How many it has.
        bytes: usize,
    },
    /// Too much in all.
    #[error("the bundle has more than {MAX_BYTES} bytes")]
    TooLarge,
    /// Too many files.
    #[error("the bundle has more than {MAX_FILES} files")]
    TooMany,
    /// Not text.
    #[error("{name} is no text: byte {at} is not UTF-8")]
    NotText {
        /// The file.
        name: String,
        /// Where.
        at: usize,
    },
    /// No such file.
    #[error("the bundle has no {0}: it is not one, or not whole")]
    Missing(&'static str),
    /// A file that does not read.
    #[error("{name} cannot be read: {error}")]
    Malformed {
        /// The file.
        name: &'static str,
        /// Why.
        error: serde_json::Error,
    },
    /// Another format.
    #[error("the bundle is of format {0:?}; this program reads {FORMAT}: make it again from its recipe")]
    Format(String),
    /// A ceremony that cannot be held.
    #[error("{CEREMONY}: {0}")]
    Ceremony(#[from] CeremonyError),
    /// A simulation that cannot be made.
    #[error("the state diff cannot be made: {0}")]
    Simulation(#[from] SimulationError),
}

/// Something in a bundle that is not as it should be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, thiserror::Error)]
#[serde(rename_all = "kebab-case", tag = "finding")]
pub enum BundleFinding {
    /// Changed after the manifest was made.
    #[error("{file} was changed after the bundle was made: its hash is not the one in the manifest")]
    Tampered {
        /// The file.
        file: String,
    },
    /// Not what follows from the ceremony.
    #[error(
        "{file} does not say what follows from {CEREMONY}, from line {line} on: trust the values computed here, and sign nothing until it is explained"
    )]
    Differs {
        /// The file.
        file: String,
        /// The first line that differs.
        line: usize,
    },
    /// Should be there.
    #[error("{file} is missing")]
    Missing {
        /// The file.
        file: String,
    },
    /// Should not be there.
    #[error("{file} is no part of the bundle")]
    Stranger {
        /// The file.
        file: String,
    },
    /// The digest is not that of the files.
    #[error("the manifest's digest is {stated}, that of the files is {computed}")]
    Digest {
        /// As stated.
        stated: B256,
        /// As computed.
        computed: B256,
    },
    /// The author's signature is not the author's.
    #[error("the author's signature is not by {address} over this digest: the bundle is not vouched for")]
    Author {
        /// As stated.
        address: Address,
    },
}
