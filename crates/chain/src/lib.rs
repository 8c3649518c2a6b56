//! One EVM chain that hosts Rust programs beside EVM bytecode, with blocks, receipts and a durable store.
//!
//! The layers, each usable on its own:
//!
//! - [`Programs`]: the native programs a chain can run, named in account code.
//! - [`Executor`]: runs single messages over a state in memory, with no regard to signatures, nonces or fees.
//! - [`Fork`]: the same over a state that lies elsewhere and is fetched as it is read.
//! - [`Chain`]: real transactions, blocks, receipts and logs, in memory or in a file.
//!
//! Nothing here reads a clock, draws a random number or knows what the programs are for.

mod accounts;
mod block;
mod book;
mod cache;
mod calls;
mod chain;
mod config;
mod database;
mod disk;
mod durable;
mod edits;
mod executor;
mod fork;
mod handler;
mod host;
mod ledger;
mod mining;
mod past;
mod program;
mod proof;
mod query;
mod receipts;
mod scene;
mod scribe;
mod simulate;
mod stand_in;
mod state;
mod store;
mod trace;
mod trie;
mod tx;
mod vm;

pub use alloy_trie::{EMPTY_ROOT_HASH, TrieAccount};
pub use block::{Block, empty_hash};
pub use calls::{Accessed, EstimateError};
pub use chain::{Chain, ChainError, NoState, SnapshotId};
pub use config::{BlockRule, BlockTime, ChainConfig, Genesis, GenesisAccount};
pub use database::{Database, Pending};
pub use edits::AccountEdit;
pub use executor::{AccountChange, BlockEnv, Changes, Code, ExecuteError, Executor, Message, Outcome, Status};
pub use fork::{Fork, ForkError, Source, SourceAccount};
pub use mining::{Mined, TxResult};
pub use past::{At, PastError};
pub use program::{CODE_PREFIX, DuplicateProgram, Entry, Program, Programs, program_code, program_id};
pub use proof::{Proof, ProofError, SlotProof};
pub use query::{LogFilter, LogView, Receipt, TransactionView};
pub use revm::{
    context::result::{HaltReason, InvalidTransaction},
    primitives::hardfork::SpecId,
};
pub use scene::{AccountOverride, Ask, Scene, StorageOverride};
pub use simulate::{SimulateError, SimulatedBlock, SimulatedCall, SimulatedOutcome};
pub use stand_in::stand_in_signature;
pub use state::MemoryState;
pub use store::StoreError;
pub use stylus_sdk::abi::CONSTRUCTOR_SELECTOR;
pub use trace::{AccountState, CallFrame, FrameEnd, FrameKind, FrameLog, TouchedAccount, TraceError, Traced};
pub use trie::{
    NodesByHash, ProofFault, TrieError, TrieId, account_key, decode_account, decode_slot, slot_key, value_at,
    verify_proof,
};
pub use tx::{SignedTx, Transaction, TxError, UNSIGNED_TX_TYPE, UnsignedTx, recover_all};

/// The decoders of what lies on disk, for fuzzing. Not part of the interface.
#[doc(hidden)]
pub mod fuzzing {
    /// Reads a record of the tables of some kind. Whether it is one.
    pub fn record(kind: u8, bytes: &[u8]) -> bool {
        crate::disk::records::decode_any(kind, bytes)
    }

    /// Reads a segment of a journal. How many whole groups it begins with.
    pub fn journal(bytes: &[u8]) -> usize {
        crate::database::journal::read(bytes).len()
    }

    /// The segment of a journal whose only group has these bytes as its rows, with the right sum.
    pub fn journal_of(rows: &[u8]) -> Vec<u8> {
        crate::database::journal::seal(rows)
    }
}
