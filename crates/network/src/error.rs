//! What a network refuses.

use alloy_primitives::Address;
use ephor_chain::{ChainError, ExecuteError, StoreError, TxError};

use crate::{
    clock::ClockError,
    message::{MessageId, MessageState},
};

/// What a network refuses, or cannot do.
#[derive(Debug, thiserror::Error)]
pub enum NetworkError {
    /// No chain has that id.
    #[error("there is no chain {0} in this network")]
    UnknownChain(u64),
    /// A chain comes before its parent, or names one that is not there.
    #[error("chain {child} stands on chain {parent}, which is not listed before it")]
    ParentMissing {
        /// The chain.
        child: u64,
        /// The parent it names.
        parent: u64,
    },
    /// Two chains of one id.
    #[error("two chains have the id {0}")]
    DuplicateChain(u64),
    /// No message of that name.
    #[error("there is no {0}")]
    UnknownMessage(MessageId),
    /// A fault that cannot befall the message any more.
    #[error("{id} cannot be {what}: it is {state:?} already")]
    TooLate {
        /// The message.
        id: MessageId,
        /// The fault.
        what: &'static str,
        /// Where the message stands.
        state: MessageState,
    },
    /// A program is missing from the registry, or one clashes with a stand-in.
    #[error(transparent)]
    Programs(#[from] ephor_chain::DuplicateProgram),
    /// The clock refuses.
    #[error(transparent)]
    Clock(#[from] ClockError),
    /// A chain refuses.
    #[error(transparent)]
    Chain(#[from] ChainError),
    /// The database refuses.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A transaction is not valid.
    #[error(transparent)]
    Tx(#[from] TxError),
    /// A message cannot be executed at all.
    #[error(transparent)]
    Execute(#[from] ExecuteError),
    /// A bridge's own program does not answer as it must.
    #[error("the bridge of chain {chain} failed while {doing}")]
    Bridge {
        /// The child chain.
        chain: u64,
        /// What was being done.
        doing: &'static str,
    },
    /// A program's constructor refuses.
    #[error("the constructor of the contract at {at} on chain {chain} refuses: {why}")]
    Constructor {
        /// The chain.
        chain: u64,
        /// Where the contract was to stand.
        at: Address,
        /// What it said.
        why: String,
    },
    /// There is no such snapshot.
    #[error("there is no snapshot {0}: it was reverted already, or never made")]
    UnknownSnapshot(u64),
    /// A snapshot that was let go of.
    #[error(
        "snapshot {id} was let go of: the {kept} latest are kept, as long as going back to them takes no more than {} MiB of memory",
        .bytes >> 20
    )]
    ForgottenSnapshot {
        /// The snapshot.
        id: u64,
        /// How many are kept.
        kept: usize,
        /// How much memory they may take.
        bytes: usize,
    },
    /// A pool that takes nothing more.
    #[error("the pool of chain {chain} is full: {waiting} transactions of {bytes} bytes wait for a block")]
    PoolFull {
        /// The chain.
        chain: u64,
        /// How many wait.
        waiting: usize,
        /// What they take.
        bytes: usize,
    },
}
