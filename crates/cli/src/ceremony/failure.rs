//! Why a ceremony's command has no result.

use crate::exit::Exit;
use alloy_primitives::Address;
use ephor_ceremony::{
    BundleError, calls::BatchError, ceremony::CeremonyError, chunks::ChunkError, collection::FileError,
    drill::DrillError, embedded::SimulationError, fork::ForkError, formats::FormatError, recipe::RecipeError, rotation::RotationError,
    signature::Refusal, task::TaskError, typed_data::TypedDataError,
};
use std::{io, path::PathBuf};

/// Why a ceremony's command has no result.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CeremonyFailure {
    /// A file cannot be read or written.
    #[error("{}: {error}\n  remedy: name a file that exists, in a folder that you may use", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What the system says.
        error: io::Error,
    },
    /// Something that is no plain file.
    #[error("{} is a link or no plain file: a bundle holds plain files only, so it is refused", .0.display())]
    NotAFile(PathBuf),
    /// A name that is no text.
    #[error("{} holds a file whose name is no text: it is no bundle", .0.display())]
    Name(PathBuf),
    /// Larger than any real one.
    #[error("{} has more than {most} bytes: it is refused unread", path.display())]
    TooLarge {
        /// The file.
        path: PathBuf,
        /// The bound.
        most: usize,
    },
    /// Not UTF-8.
    #[error("{} is no text: byte {at} is not UTF-8", path.display())]
    NotText {
        /// The file.
        path: PathBuf,
        /// Where.
        at: usize,
    },
    /// There is something already.
    #[error("{} exists: name a path that does not, so that nothing is overwritten", .0.display())]
    Exists(PathBuf),
    /// No Safe.
    #[error(
        "the source names no Safe\n  remedy: name the Safes with --safes FILE, a TOML file with the table [safe] of a recipe"
    )]
    NoSafe,
    /// No chain.
    #[error("the source names no chain\n  remedy: give it with --chain-id ID")]
    NoChain,
    /// Two Safes.
    #[error("the source is for Safe {found}, --safes names {stated}: one of them is wrong")]
    AnotherSafe {
        /// The source's.
        found: Address,
        /// As stated.
        stated: Address,
    },
    /// A file of Safes that does not read.
    #[error("{}: {error}", path.display())]
    Toml {
        /// The file.
        path: PathBuf,
        /// Why.
        error: toml::de::Error,
    },
    /// A file of JSON that does not read.
    #[error("{}: {error}", path.display())]
    Json {
        /// The file.
        path: PathBuf,
        /// Why.
        error: serde_json::Error,
    },
    /// Not one of the bundle.
    #[error("{0} is no Safe of this ceremony; see `ephor ceremony status BUNDLE`")]
    UnknownSafe(Address),
    /// Owns none of them.
    #[error(
        "{0} owns none of the Safes of this ceremony, as far as the bundle knows their owners\n  remedy: name the Safe with --safe, or sign with another key"
    )]
    NotAnOwner(Address),
    /// Not SAFE=N.
    #[error("--queued {0:?}: write it as SAFE=N, the Safe's address and a number")]
    Queued(String),
    /// Not hexadecimal.
    #[error("--signature is no signature: that is 65 bytes, so 130 hexadecimal digits")]
    NotASignature,
    /// No such task.
    #[error("there is no task {0:?} in the file")]
    NoTask(String),
    /// Nothing signs for nothing.
    #[error("nobody is named to sign\n  remedy: --signer keystore:PATH, ledger, trezor, aws:KEY or gcp:KEY")]
    NoSigner,
    /// Not a chain that answers.
    #[error("the endpoint does not answer as a chain should: {0}")]
    Endpoint(String),
    /// Another chain.
    #[error("the endpoint is of chain {found}, the bundle of chain {stated}: nothing was compared or sent")]
    AnotherChain {
        /// The endpoint's.
        found: u64,
        /// The bundle's.
        stated: u64,
    },
    /// Findings stand against it.
    #[error("the bundle does not verify, so nothing is signed or sent: run `ephor ceremony verify` to see why")]
    Unverified,
    /// Nothing is ready.
    #[error("no transaction can be executed yet: see `ephor ceremony status BUNDLE`")]
    NotReady,
    /// A contract would refuse.
    #[error("the chain refuses the transaction of Safe {safe}: {why}")]
    Refused {
        /// The Safe.
        safe: Address,
        /// What the chain says.
        why: String,
    },
    /// A signature that counts for nothing.
    #[error("the signature is refused: {0}")]
    Signature(#[from] Refusal),
    /// A bundle that is refused.
    #[error(transparent)]
    Bundle(#[from] BundleError),
    /// A ceremony that cannot be held.
    #[error(transparent)]
    Ceremony(#[from] CeremonyError),
    /// A task that cannot be verified.
    #[error(transparent)]
    Task(#[from] TaskError),
    /// A recipe that cannot be followed.
    #[error(transparent)]
    Recipe(#[from] RecipeError),
    /// A foreign file that cannot be used.
    #[error(transparent)]
    Format(#[from] FormatError),
    /// Typed data that is refused.
    #[error(transparent)]
    TypedData(#[from] TypedDataError),
    /// Calls that cannot be batched.
    #[error(transparent)]
    Batch(#[from] BatchError),
    /// Owners that cannot be.
    #[error(transparent)]
    Rotation(#[from] RotationError),
    /// A file of signatures that does not read.
    #[error(transparent)]
    Signatures(#[from] FileError),
    /// Pieces that make no file.
    #[error(transparent)]
    Pieces(#[from] ChunkError),
    /// A drill that cannot be held.
    #[error(transparent)]
    Drill(#[from] DrillError),
    /// A simulation that cannot be made.
    #[error(transparent)]
    Simulation(#[from] SimulationError),
}

impl CeremonyFailure {
    /// The exit code.
    pub(crate) const fn exit(&self) -> Exit {
        match self {
            Self::File { .. } | Self::Exists(_) => Exit::Environment,
            Self::NoSafe | Self::NoChain | Self::Queued(_) => Exit::Usage,
            Self::Simulation(SimulationError::Fork(ForkError::NotPinned(_) | ForkError::Pinned(_))) => Exit::Input,
            Self::Simulation(SimulationError::Fork(_)) | Self::Endpoint(_) | Self::AnotherChain { .. } => Exit::Endpoint,
            Self::NotReady | Self::Refused { .. } => Exit::Refused,
            Self::NoSigner | Self::NotAnOwner(_) | Self::Signature(_) | Self::NotASignature => Exit::Unsigned,
            _ => Exit::Input,
        }
    }
}
