//! Why a ceremony's command has no result.

use crate::exit::Exit;
use alloy_primitives::{Address, B256, U256};
use ephor_ceremony::{
    BundleError, Hashing, Release, calls::BatchError, ceremony::CeremonyError, chunks::ChunkError,
    collection::FileError, drill::DrillError, embedded::SimulationError, fork::ForkError, formats::FormatError,
    recipe::RecipeError, rotation::RotationError, signature::Refusal, task::TaskError, typed_data::TypedDataError,
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
    /// Two chains.
    #[error("the source is for chain {found}, --chain-id names {stated}: one of them is wrong")]
    TwoChains {
        /// The source's.
        found: u64,
        /// As stated.
        stated: u64,
    },
    /// Safes in two places.
    #[error("a recipe names its Safes itself, so --safes would not count: leave it out, or take [safe] from it")]
    SafesTwice,
    /// Two nonces.
    #[error(
        "the typed data has nonce {found}, --safes says {stated}: the hashes would be others, so one of them is wrong"
    )]
    AnotherNonce {
        /// The source's.
        found: U256,
        /// As stated.
        stated: U256,
    },
    /// Two versions.
    #[error(
        "the typed data is that of a Safe of version {}, --safes says {stated}: the hashes would be others, so one of them is wrong",
        found.releases()
    )]
    AnotherRelease {
        /// The source's.
        found: Hashing,
        /// As stated.
        stated: Release,
    },
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
    /// Neither a bundle nor SAFE=N.
    #[error("--queued {0:?}: name a bundle, or write SAFE=N, the Safe's address and a number")]
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
    /// An account that only the node of a rehearsal has.
    #[error(
        "--signer {0}: accounts of a node sign on rehearsal networks only, and with --rpc-url\n  remedy: name a network of `ephor up` with --rpc-url, or sign with keystore:PATH, ledger, trezor, aws:KEY or gcp:KEY"
    )]
    Development(String),
    /// Executed, or overtaken.
    #[error(
        "nonce {nonce} of Safe {safe} is used up, the Safe is at {now}: this transaction was executed, or another took its place"
    )]
    UsedUp {
        /// The Safe.
        safe: Address,
        /// The transaction's nonce.
        nonce: U256,
        /// The Safe's.
        now: U256,
    },
    /// A child that did something else.
    #[error(
        "nonce {nonce} of Safe {safe} is used up, and its approval of the transaction of {parent} is not on the chain: another transaction took its place\n  remedy: make a new bundle with the Safe's present nonce"
    )]
    Overtaken {
        /// The child.
        safe: Address,
        /// Its nonce in the ceremony.
        nonce: U256,
        /// The Safe above.
        parent: Address,
    },
    /// Others go first.
    #[error("Safe {safe} is at nonce {now}, this transaction has {nonce}: others go first")]
    OthersFirst {
        /// The Safe.
        safe: Address,
        /// The transaction's nonce.
        nonce: U256,
        /// The Safe's.
        now: U256,
    },
    /// Sent, and nothing came of it.
    #[error("{hash} was sent and mined, and Safe {safe} did not execute the transaction: {why}")]
    Unexecuted {
        /// The transaction that was sent.
        hash: B256,
        /// The Safe.
        safe: Address,
        /// What is known.
        why: String,
    },
    /// Sent, and in no block yet.
    #[error("{hash} was sent, and no block has it yet\n  remedy: look again later; do not send another")]
    NotMined {
        /// The transaction that was sent.
        hash: B256,
    },
    /// A drill without its network.
    #[error("this drill is held on chain {0}: name its network with --rpc-url")]
    Elsewhere(u64),
    /// A contract of a drill that is not there.
    #[error("{0} created no contract: the network refused it")]
    NotCreated(B256),
    /// Not a rehearsal.
    #[error(
        "chain {0} is no rehearsal network: a drill is held where nothing signed is worth anything\n  remedy: start one with `ephor up`"
    )]
    NotARehearsal(u64),
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
            Self::NoSafe | Self::NoChain | Self::SafesTwice | Self::Queued(_) | Self::Elsewhere(_) => Exit::Usage,
            Self::Simulation(SimulationError::Fork(ForkError::NotPinned(_) | ForkError::Pinned(_))) => Exit::Input,
            Self::Simulation(SimulationError::Fork(_)) | Self::Endpoint(_) | Self::AnotherChain { .. } => {
                Exit::Endpoint
            }
            Self::NotReady
            | Self::Refused { .. }
            | Self::UsedUp { .. }
            | Self::Overtaken { .. }
            | Self::OthersFirst { .. }
            | Self::NotCreated(_)
            | Self::Unexecuted { .. } => Exit::Refused,
            Self::NotMined { .. } => Exit::Endpoint,
            Self::Development(_) | Self::NoSigner | Self::NotAnOwner(_) | Self::Signature(_) | Self::NotASignature => {
                Exit::Unsigned
            }
            _ => Exit::Input,
        }
    }
}
