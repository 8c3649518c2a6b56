//! A database that several chains share: one file, written by groups.
//!
//! ```text
//! stage ─▶ open group ─▶ seal ─▶ waiting groups ─▶ journal, one fsync for all that wait ─▶ waiters wake
//!                                                         └─▶ tables (redb), many groups at once, in the background
//! ```
//!
//! A commit to the tables rewrites a path of pages in each of them and costs milliseconds; an entry in the journal costs one write and one
//! fsync. So what is acknowledged is in the journal, and is carried over into the tables when there is enough of it.
//!
//! Invariants:
//! - A group is there whole or not at all, and so is every group before it.
//! - When [`Pending::wait`] has returned `Ok`, the group survives the death of the process at any moment.
//! - Reads see every group staged so far. An answer to somebody outside therefore waits for the last group sealed before it.
//! - Memory is bounded: what is not in the tables yet is carried over above [`CARRY_BYTES`], and writers wait above a multiple of that.
//! - After a failed write nothing is written any more, so that no later group can survive one that did not. What was acknowledged
//!   stays readable, once [`Database::fall_back`] has dropped what was not.
//!
//! redb locks the file, so no second process can have it.

pub(crate) mod journal;
mod layers;
mod open;
mod reading;
pub(crate) mod table;
mod writers;

use std::{
    path::{Path, PathBuf},
    sync::{
        Arc, Condvar, Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard,
        atomic::{AtomicUsize, Ordering},
    },
};

use alloy_primitives::Bytes;

pub(crate) use layers::Direction;

use self::{
    journal::Record,
    layers::Layers,
    table::{Row, Table},
    writers::{Queue, Writers},
};
use crate::store::StoreError;

/// Rows in memory above which they are carried over into the tables.
const CARRY_BYTES: usize = 32 << 20;
/// What redb keeps of the file in memory.
const PAGE_CACHE_BYTES: usize = 64 << 20;

/// A database of chains. Clones are handles of the same one; when the last is dropped, everything is in the tables.
#[derive(Clone)]
pub struct Database {
    pub(crate) inner: Arc<Inner>,
    /// Dropped with the last handle; the threads themselves own `inner` only.
    _writers: Arc<Writers>,
}

pub(crate) struct Inner {
    pub(crate) path: PathBuf,
    layers: RwLock<Layers>,
    open: Mutex<Record>,
    queue: Mutex<Queue>,
    /// Something for the writers to do.
    work: Condvar,
    /// A group was written, or never will be.
    done: Condvar,
    /// Bytes of rows that are not in the tables.
    waiting_bytes: AtomicUsize,
    redb: Mutex<Option<redb::Database>>,
}

/// Groups on their way to the disk.
#[must_use = "what was staged is not durable before somebody waited"]
pub struct Pending {
    what: Wait,
}

enum Wait {
    Nothing,
    For(Arc<Inner>, u64),
    Failed(StoreError),
}

impl Pending {
    /// Nothing to wait for.
    pub const fn done() -> Self {
        Self { what: Wait::Nothing }
    }

    /// An answer that rests on something that could not be read.
    pub const fn failed(error: StoreError) -> Self {
        Self { what: Wait::Failed(error) }
    }

    /// Returns when everything staged before survives the death of the process.
    ///
    /// # Errors
    /// [`StoreError`] when it does not: then nothing of it may be answered to anybody.
    pub fn wait(self) -> Result<(), StoreError> {
        match self.what {
            Wait::Nothing => Ok(()),
            Wait::Failed(error) => Err(error),
            Wait::For(inner, sequence) => inner.wait(sequence),
        }
    }
}

impl Inner {
    fn layers(&self) -> RwLockReadGuard<'_, Layers> {
        self.layers.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn layers_mut(&self) -> RwLockWriteGuard<'_, Layers> {
        self.layers.write().unwrap_or_else(PoisonError::into_inner)
    }

    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn open(&self) -> MutexGuard<'_, Record> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn redb(&self) -> MutexGuard<'_, Option<redb::Database>> {
        self.redb.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Ends the open group. Returns the last group there is.
    fn seal(&self) -> u64 {
        let mut layers = self.layers_mut();
        let record = std::mem::take(&mut *self.open());
        let mut queue = self.queue();
        if record.is_empty() || queue.failure.is_some() {
            return queue.sealed;
        }
        queue.sealed += 1;
        let sequence = queue.sealed;
        queue.groups.push_back((sequence, record.finish(sequence)));
        if layers.active.bytes > CARRY_BYTES && layers.frozen.is_none() {
            layers.frozen = Some(Arc::new(std::mem::take(&mut layers.active)));
            queue.rotate_after = Some(sequence);
        }
        drop((queue, layers));
        self.work.notify_all();
        sequence
    }

    fn wait(&self, sequence: u64) -> Result<(), StoreError> {
        let mut queue = self.queue();
        loop {
            if queue.written >= sequence {
                return Ok(());
            }
            if let Some(failure) = &queue.failure {
                return Err(self.refused(failure));
            }
            queue = self.done.wait(queue).unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn refused(&self, cause: &Arc<StoreError>) -> StoreError {
        StoreError::Refused { path: self.path.clone(), cause: Arc::clone(cause) }
    }

    fn io(&self, error: impl Into<redb::Error>) -> StoreError {
        StoreError::Io { path: self.path.clone(), source: Box::new(error.into()) }
    }

    /// Remembers the first failure and lets everybody know.
    fn fail(&self, error: StoreError) {
        let mut queue = self.queue();
        queue.failure.get_or_insert_with(|| Arc::new(error));
        drop(queue);
        self.work.notify_all();
        self.done.notify_all();
    }
}

impl Database {
    /// Opens the file, or makes it. Beside it lie journals, named after it.
    ///
    /// # Errors
    /// [`StoreError::Locked`], [`StoreError::Newer`], [`StoreError::Older`], [`StoreError::Unreadable`], [`StoreError::Io`].
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        open::open(path)
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.inner.path
    }

    /// Ends the group of everything staged since the last one, and hands it to the writer. Never blocks.
    pub fn pending(&self) -> Pending {
        if let Some(error) = self.inner.queue().unread.take() {
            return Pending::failed(error);
        }
        Pending { what: Wait::For(Arc::clone(&self.inner), self.inner.seal()) }
    }

    /// Adds rows to the open group. Reads see them at once.
    ///
    /// # Errors
    /// [`StoreError::Refused`] after a failure; then nothing is added.
    pub(crate) fn stage(&self, rows: Vec<Row>) -> Result<(), StoreError> {
        self.check()?;
        let mut layers = self.inner.layers_mut();
        let mut open = self.inner.open();
        let before = layers.active.bytes;
        for row in rows {
            open.push(&row);
            layers.active.write(row);
        }
        let added = layers.active.bytes.saturating_sub(before);
        self.inner.waiting_bytes.fetch_add(added, Ordering::Relaxed);
        Ok(())
    }

    /// Whether it takes writes.
    ///
    /// # Errors
    /// [`StoreError::Refused`] if it does not, since one failed.
    pub fn check(&self) -> Result<(), StoreError> {
        self.inner.queue().failure.as_ref().map_or(Ok(()), |cause| Err(self.inner.refused(cause)))
    }

    /// Whether it takes no writes any more.
    pub fn is_refusing(&self) -> bool {
        self.inner.queue().failure.is_some()
    }

    /// Whether there was a failure after which what was not acknowledged is still to be dropped.
    pub fn must_fall_back(&self) -> bool {
        let queue = self.inner.queue();
        queue.failure.is_some() && !queue.fallen_back
    }

    /// After a failure: drops everything that was not acknowledged, so that what is durable can be read on. Whoever drives chains in
    /// this database then calls [`Chain::fall_back`](crate::Chain::fall_back) on each.
    pub fn fall_back(&self) {
        open::fall_back(&self.inner);
    }

    // ── Notes of whoever drives the chains together ─────────────────────────────────────────────────────────────────────────

    /// A note of the network.
    pub fn note(&self, key: &[u8]) -> Option<Bytes> {
        self.get(Table::Network, key)
    }

    /// Every note of the network whose key begins with `prefix`, by key.
    pub fn notes(&self, prefix: &[u8]) -> Vec<(Bytes, Bytes)> {
        let mut notes = Vec::new();
        self.walk_prefix(Table::Network, prefix, |rest, note| notes.push(([prefix, rest].concat().into(), note)));
        notes
    }

    /// Adds notes of the network to the open group, beside what the chains did; `None` removes one.
    ///
    /// # Errors
    /// [`StoreError::Refused`] after a failure; then nothing is added.
    pub fn write_notes(&self, notes: impl IntoIterator<Item = (Bytes, Option<Bytes>)>) -> Result<(), StoreError> {
        let row = |(key, value): (Bytes, Option<Bytes>)| Row { table: Table::Network, key: key.to_vec(), value };
        self.stage(notes.into_iter().map(row).collect())
    }

    // ── Measures ────────────────────────────────────────────────────────────────────────────────────────────────────────────

    /// Rows in memory that are not in the tables yet. Bounded, whatever is written.
    pub fn waiting_rows(&self) -> usize {
        let layers = self.inner.layers();
        layers.active.len() + layers.frozen.as_ref().map_or(0, |rows| rows.len())
    }

    /// Bytes on disk, journals included.
    pub fn size_bytes(&self) -> u64 {
        let file = std::fs::metadata(&self.inner.path).map_or(0, |meta| meta.len());
        file + journal::size_bytes(&self.inner.path)
    }

    /// How many groups were written, and with how many fsyncs, since it was opened.
    pub fn written(&self) -> (u64, u64) {
        let queue = self.inner.queue();
        (queue.groups_written, queue.syncs)
    }

    /// Carries everything over into the tables and returns when it is there. For measuring; it happens by itself.
    ///
    /// # Errors
    /// [`StoreError`] when something cannot be written.
    pub fn settle(&self) -> Result<(), StoreError> {
        self.pending().wait()?;
        writers::settle(&self.inner)
    }
}

impl std::fmt::Debug for Database {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Database").field(&self.inner.path).finish()
    }
}
