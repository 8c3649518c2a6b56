//! Opening a database, and opening it again after a failure.

use std::{
    path::{Path, PathBuf},
    sync::{Arc, Condvar, Mutex, RwLock, atomic::AtomicUsize, atomic::Ordering},
};

use redb::{Builder, DatabaseError, ReadableDatabase, StorageError, TableDefinition, TableError};

use super::{
    Database, Inner, PAGE_CACHE_BYTES,
    journal::{self, Segment},
    layers::{Layers, Rows, View, definition},
    table::Table,
    writers::{Queue, Writers},
};
use crate::store::StoreError;

/// The version of the layout of tables, records and journal.
const SCHEMA: u32 = 2;

pub(super) const META: TableDefinition<'_, &str, &[u8]> = TableDefinition::new("meta");
/// The last group that is in the tables.
pub(super) const APPLIED: &str = "applied";

fn open_redb(path: &Path) -> Result<redb::Database, StoreError> {
    Builder::new().set_cache_size(PAGE_CACHE_BYTES).create(path).map_err(|error| match error {
        DatabaseError::DatabaseAlreadyOpen => StoreError::Locked { path: path.to_path_buf() },
        DatabaseError::Storage(StorageError::Io(error)) if error.kind() != std::io::ErrorKind::InvalidData => {
            StoreError::Io { path: path.to_path_buf(), source: Box::new(error.into()) }
        }
        other => StoreError::Unreadable { path: path.to_path_buf(), source: Box::new(other) },
    })
}

/// Makes a file with its tables and only then gives it its name, so that a process killed meanwhile leaves nothing that cannot be opened.
fn make(path: &Path) -> Result<(), StoreError> {
    let io = |error: redb::Error| StoreError::Io { path: path.to_path_buf(), source: Box::new(error) };
    let file_io = |error: std::io::Error| io(StorageError::from(error).into());
    let mut unnamed = path.as_os_str().to_owned();
    unnamed.push(".new");
    let unnamed = PathBuf::from(unnamed);
    let redb = match open_redb(&unnamed) {
        // What a process left that was killed at this very place.
        Err(StoreError::Unreadable { .. }) => {
            std::fs::remove_file(&unnamed).map_err(file_io)?;
            open_redb(&unnamed)?
        }
        other => other?,
    };
    // Opened, it is locked: whoever made one meanwhile is done, and theirs is the one to use.
    if matches!(std::fs::exists(path), Ok(false)) {
        if check(&unnamed, &redb)?.is_none() {
            create(&redb).map_err(io)?;
        }
        std::fs::rename(&unnamed, path).map_err(file_io)?;
    } else {
        std::fs::remove_file(&unnamed).map_err(file_io)?;
    }
    drop(redb);
    journal::keep_names(path).map_err(file_io)
}

pub(super) fn open(path: &Path) -> Result<Database, StoreError> {
    if matches!(std::fs::exists(path), Ok(false)) {
        make(path)?;
    }
    let redb = open_redb(path)?;
    let io = |error: redb::Error| StoreError::Io { path: path.to_path_buf(), source: Box::new(error) };
    let file_io = |error: std::io::Error| io(StorageError::from(error).into());
    let applied = match check(path, &redb)? {
        Some(applied) => applied,
        None => {
            create(&redb).map_err(io)?;
            0
        }
    };
    let (active, written) = replayed(path, applied, u64::MAX)?;
    let number = journal::segments(path).map_err(file_io)?.last().map_or(0, |last| last + 1);
    let segment = Segment::create(path, number).map_err(file_io)?;
    let tables = View::of(&redb).map_err(io)?;
    let waiting = active.bytes;
    // What was in the journal goes into the tables at once, so that the journal does not grow from start to start.
    let carry = (waiting > 0).then_some((written, number));
    let (active, frozen) = if waiting > 0 { (Rows::default(), Some(Arc::new(active))) } else { (active, None) };
    let inner = Arc::new(Inner {
        path: path.to_path_buf(),
        layers: RwLock::new(Layers { active, frozen, tables: Some(tables) }),
        open: Mutex::default(),
        queue: Mutex::new(Queue { written, sealed: written, carry, ..Queue::default() }),
        work: Condvar::new(),
        done: Condvar::new(),
        waiting_bytes: AtomicUsize::new(waiting),
        redb: Mutex::new(Some(redb)),
    });
    let writers = Writers::start(&inner, segment).map_err(file_io)?;
    Ok(Database { inner, _writers: Arc::new(writers) })
}

/// The rows of the journal that are not in the tables, up to the group `until`, and the last group of all.
fn replayed(path: &Path, applied: u64, until: u64) -> Result<(Rows, u64), StoreError> {
    let (mut rows, mut last) = (Rows::default(), applied);
    let replayed = journal::replay(path, applied, |group| {
        if group.sequence <= until {
            last = group.sequence;
            group.rows.into_iter().for_each(|row| rows.write(row));
        }
    });
    replayed.map_err(|error| {
        let path = path.to_path_buf();
        if error.kind() == std::io::ErrorKind::InvalidData {
            StoreError::Unreadable { path, source: Box::new(error) }
        } else {
            StoreError::Io { path, source: Box::new(StorageError::from(error).into()) }
        }
    })?;
    Ok((rows, last))
}

/// Makes the tables of a new file.
fn create(redb: &redb::Database) -> Result<(), redb::Error> {
    let write = redb.begin_write()?;
    for table in Table::ALL {
        write.open_table(definition(table))?;
    }
    {
        let mut meta = write.open_table(META)?;
        meta.insert("schema", &SCHEMA.to_be_bytes()[..])?;
        meta.insert(APPLIED, &0_u64.to_be_bytes()[..])?;
    }
    write.commit()?;
    Ok(())
}

/// Checks that the file is of this version, and says which group is the last in its tables; `None` if it is new.
fn check(path: &Path, redb: &redb::Database) -> Result<Option<u64>, StoreError> {
    let io = |error: redb::Error| StoreError::Io { path: path.to_path_buf(), source: Box::new(error) };
    let read = redb.begin_read().map_err(|error| io(error.into()))?;
    let meta = match read.open_table(META) {
        Ok(meta) => meta,
        Err(TableError::TableDoesNotExist(_)) => {
            // An empty file is a new one; one with other tables is somebody else's.
            let others = read.list_tables().map_err(|error| io(error.into()))?.count();
            return if others == 0 { Ok(None) } else { Err(strange(path, "it has no schema version")) };
        }
        Err(error @ TableError::Storage(_)) => return Err(io(error.into())),
        Err(_) => return Err(strange(path, "its schema version is not where it should be")),
    };
    let get = |key: &str| -> Result<Vec<u8>, StoreError> {
        let value = meta.get(key).map_err(|error| io(error.into()))?;
        Ok(value.map(|value| value.value().to_vec()).unwrap_or_default())
    };
    let Ok(schema) = <[u8; 4]>::try_from(&get("schema")?[..]) else {
        return Err(strange(path, "it has no schema version"));
    };
    let (found, path_buf) = (u32::from_be_bytes(schema), path.to_path_buf());
    if found > SCHEMA {
        return Err(StoreError::Newer { path: path_buf, found, known: SCHEMA });
    }
    if found < SCHEMA {
        return Err(StoreError::Older { path: path_buf, found, known: SCHEMA });
    }
    match <[u8; 8]>::try_from(&get(APPLIED)?[..]) {
        Ok(applied) => Ok(Some(u64::from_be_bytes(applied))),
        Err(_) => Err(strange(path, "it does not say how far its tables are")),
    }
}

fn strange(path: &Path, what: &'static str) -> StoreError {
    StoreError::Unreadable { path: path.to_path_buf(), source: Box::new(alloy_rlp::Error::Custom(what)) }
}

/// Drops what was not acknowledged: memory becomes what the journal says, and the file is opened anew, since redb reads nothing more after
/// a failure.
pub(super) fn fall_back(inner: &Inner) {
    let written = {
        let mut queue = inner.queue();
        queue.fallen_back = true;
        queue.unread = None;
        queue.groups.clear();
        queue.sealed = queue.written;
        queue.written
    };
    let mut layers = inner.layers_mut();
    *inner.open() = Default::default();
    layers.tables = None;
    let mut redb = inner.redb();
    drop(redb.take());
    let reopened = open_redb(&inner.path).and_then(|redb| {
        let applied = check(&inner.path, &redb)?.unwrap_or_default();
        let (rows, _) = replayed(&inner.path, applied, written)?;
        let tables = View::of(&redb).map_err(|error| inner.io(error))?;
        Ok((redb, rows, tables))
    });
    match reopened {
        Ok((opened, rows, tables)) => {
            *redb = Some(opened);
            inner.waiting_bytes.store(rows.bytes, Ordering::Relaxed);
            *layers = Layers { active: rows, frozen: None, tables: Some(tables) };
        }
        Err(error) => inner.queue().unread = Some(error),
    }
}
