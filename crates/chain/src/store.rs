//! Where a chain is kept beyond its process.
//!
//! A chain lives in memory as a whole; a store makes it survive. It is handed every step before the chain takes it, and a step is
//! written whole or not at all. There are two: one that keeps nothing, and a file.

use std::path::PathBuf;

use crate::{config::ChainConfig, ledger::Delta};

/// Keeps the steps of one chain.
pub(crate) trait Store: Send {
    /// Everything kept so far as a single step, or `None` if there is nothing yet.
    ///
    /// # Errors
    /// [`StoreError`] when what is kept cannot be read, or is another chain's.
    fn load(&mut self, config: &ChainConfig) -> Result<Option<Delta>, StoreError>;

    /// Writes one step. When this returns, the step survives the death of the process.
    ///
    /// # Errors
    /// [`StoreError::Io`]; then nothing of the step is kept.
    fn commit(&mut self, delta: &Delta) -> Result<(), StoreError>;
}

/// Keeps nothing: the chain ends with its process.
#[derive(Debug)]
pub(crate) struct Nowhere;

impl Store for Nowhere {
    fn load(&mut self, _config: &ChainConfig) -> Result<Option<Delta>, StoreError> {
        Ok(None)
    }

    fn commit(&mut self, _delta: &Delta) -> Result<(), StoreError> {
        Ok(())
    }
}

/// A store that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Another process has it open.
    #[error("{path} is in use by another process: stop it, or choose another file", path = path.display())]
    Locked {
        /// The file.
        path: PathBuf,
    },
    /// A newer version of this program wrote it.
    #[error("{path} has schema version {found}, this program knows versions up to {known}: use a newer version of the program, or another file", path = path.display())]
    Newer {
        /// The file.
        path: PathBuf,
        /// Its schema version.
        found: u32,
        /// The newest schema version known here.
        known: u32,
    },
    /// It belongs to a chain with other rules.
    #[error("{path} holds chain {found}, not chain {expected}: choose another file, or open it under the rules it was made with", path = path.display())]
    OtherChain {
        /// The file.
        path: PathBuf,
        /// The chain it holds, with its rules.
        found: String,
        /// The chain that was to be opened, with its rules.
        expected: String,
    },
    /// It is not a store, or was damaged.
    #[error("{path} is not a store of a chain, or is damaged: {source}", path = path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The disk refuses.
    #[error("{path} cannot be read or written: {source}", path = path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the database says.
        source: Box<redb::Error>,
    },
}
