//! What can be wrong with a file that chains are kept in.

use std::{path::PathBuf, sync::Arc};

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
    /// An older version of this program wrote it, in a layout that is not read any more.
    #[error("{path} has schema version {found}, this program reads version {known}: start anew in another file", path = path.display())]
    Older {
        /// The file.
        path: PathBuf,
        /// Its schema version.
        found: u32,
        /// The schema version read here.
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
    /// It belongs to a network of other chains.
    #[error("{path} holds the network {found}, not {expected}: choose another file, or open it as what it was made as", path = path.display())]
    OtherNetwork {
        /// The file.
        path: PathBuf,
        /// The network it holds.
        found: String,
        /// The network that was to be opened.
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
    /// Writing failed before, and nothing is written any more, lest something later survives what came before it.
    #[error("{path} takes no more writes since one failed, and can only be read: make room or mend the disk, then start again ({cause})", path = path.display())]
    Refused {
        /// The file.
        path: PathBuf,
        /// What failed.
        #[source]
        cause: Arc<StoreError>,
    },
}
