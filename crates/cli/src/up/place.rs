//! Where a network is kept: a folder with one database, in which the charter's text lies beside the network.
//!
//! ```text
//! DIR/network.redb             chains, messages, clock, charter
//! DIR/network.redb.journal-…   what was acknowledged and is not carried over yet
//! ```
//! A folder belongs to one charter. Opened again, it goes on as it was left, whatever way the process ended; its charter need not be named.

use std::{
    io,
    path::{Path, PathBuf},
};

use directories::ProjectDirs;
use ephor_chain::{Database, StoreError};
use ephor_network::Network;

/// The file in a folder.
const FILE: &str = "network.redb";
/// Under which note the charter's text lies.
const CHARTER: &[u8] = b"charter";

/// Why a folder cannot be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PlaceError {
    /// The system does not say where data belongs.
    #[error(
        "the folder for data of this user is not known\n  remedy: name one with --data DIR, or keep nothing with --ephemeral"
    )]
    NoHome,
    /// The folder cannot be made.
    #[error("{}: {error}\n  remedy: name another folder with --data DIR", path.display())]
    Folder {
        /// The folder.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
    /// The database cannot be used.
    #[error("{0}\n  remedy: name another folder with --data DIR, or keep nothing with --ephemeral")]
    Store(#[from] StoreError),
    /// It holds a network, but not what it was made from.
    #[error("{} holds a network without a charter\n  remedy: name another folder with --data DIR", .0.display())]
    NoCharter(PathBuf),
    /// It was made from another charter.
    #[error("{} holds the network of another charter, or of an earlier text of this one\n  remedy: name another folder with --data DIR; or leave the charter away to go on with that network", .0.display())]
    OtherCharter(PathBuf),
}

/// A folder in use.
pub(super) struct Place {
    pub(super) folder: PathBuf,
    pub(super) database: Database,
}

impl Place {
    /// The folder of networks of a charter, where none is named.
    pub(super) fn of(charter: &str) -> Result<PathBuf, PlaceError> {
        let home = ProjectDirs::from("", "", "ephor").ok_or(PlaceError::NoHome)?;
        Ok(home.data_dir().join("networks").join(charter))
    }

    /// Opens a folder, or makes it.
    pub(super) fn open(folder: &Path) -> Result<Self, PlaceError> {
        let refused = |error| PlaceError::Folder { path: folder.to_owned(), error };
        std::fs::create_dir_all(folder).map_err(refused)?;
        Ok(Self { folder: folder.to_owned(), database: Database::open(&folder.join(FILE))? })
    }

    /// The text of the charter whose network is here; none where there is no network.
    pub(super) fn charter(&self) -> Result<Option<String>, PlaceError> {
        if !Network::is_in(&self.database) {
            return Ok(None);
        }
        let text = self.database.note(CHARTER).and_then(|text| String::from_utf8(text.to_vec()).ok());
        text.map(Some).ok_or_else(|| PlaceError::NoCharter(self.folder.clone()))
    }

    /// Lays the charter beside the network, in the same group.
    pub(super) fn keep_charter(&self, toml: &str) -> Result<(), PlaceError> {
        Ok(self.database.write_notes([(CHARTER.into(), Some(toml.as_bytes().to_vec().into()))])?)
    }
}
