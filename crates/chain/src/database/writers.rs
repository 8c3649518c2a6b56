//! The two threads of a database: one writes groups to the journal, the other carries rows over into the tables.

use std::{
    collections::VecDeque,
    sync::{Arc, PoisonError, atomic::Ordering},
    thread::JoinHandle,
};

use redb::Durability;

use super::{
    CARRY_BYTES, Inner,
    journal::{self, Segment},
    layers::{Rows, View, definition},
    open::APPLIED,
    table::Table,
};
use crate::store::StoreError;

/// Writers wait when this many times [`CARRY_BYTES`] are in memory.
const MOST_IN_MEMORY: usize = 3;

/// What the writers have to do, and how far they are.
#[derive(Debug, Default)]
pub(super) struct Queue {
    /// Sealed groups, as they will be in the journal.
    pub(super) groups: VecDeque<(u64, Vec<u8>)>,
    /// After this group a new segment begins, and what is frozen is carried over.
    pub(super) rotate_after: Option<u64>,
    /// What is frozen ends with this group; the segments before this one are done with once it is carried over.
    pub(super) carry: Option<(u64, u64)>,
    /// The last group handed to the writer.
    pub(super) sealed: u64,
    /// The last group in the journal.
    pub(super) written: u64,
    pub(super) groups_written: u64,
    pub(super) syncs: u64,
    pub(super) failure: Option<Arc<StoreError>>,
    pub(super) fallen_back: bool,
    /// Something could not be read since somebody last asked.
    pub(super) unread: Option<StoreError>,
    pub(super) closing: bool,
}

/// Joins the threads when the last handle goes.
pub(super) struct Writers {
    inner: Arc<Inner>,
    threads: Vec<JoinHandle<()>>,
}

impl Writers {
    pub(super) fn start(inner: &Arc<Inner>, segment: Segment) -> std::io::Result<Self> {
        let mut writers = Self { inner: Arc::clone(inner), threads: Vec::new() };
        let thread = Arc::clone(inner);
        let name = |name: &str| std::thread::Builder::new().name(name.into());
        writers.threads.push(name("ephor journal").spawn(move || write_journal(&thread, segment))?);
        let thread = Arc::clone(inner);
        writers.threads.push(name("ephor tables").spawn(move || write_tables(&thread))?);
        Ok(writers)
    }
}

impl Drop for Writers {
    /// Writes everything down, also what nobody sealed, and lets the file go.
    fn drop(&mut self) {
        self.inner.seal();
        // What could not be carried over is in the journal, and is read from there when the file is opened again.
        let settled = settle(&self.inner);
        self.inner.queue().closing = true;
        self.inner.work.notify_all();
        for thread in self.threads.drain(..) {
            // A thread that panicked has nothing more to write.
            drop(thread.join());
        }
        self.inner.layers_mut().tables = None;
        drop(self.inner.redb().take());
        if settled.is_ok() {
            drop(journal::remove_before(&self.inner.path, u64::MAX));
        }
    }
}

fn write_journal(inner: &Inner, mut segment: Segment) {
    let mut queue = inner.queue();
    loop {
        if queue.failure.is_some() {
            queue.groups.clear();
            queue.rotate_after = None;
        }
        if queue.rotate_after == Some(queue.written) {
            drop(queue);
            let created = Segment::create(&inner.path, segment.number + 1);
            queue = match created {
                Ok(created) => {
                    segment = created;
                    let mut queue = inner.queue();
                    queue.rotate_after = None;
                    queue.carry = Some((queue.written, segment.number));
                    inner.work.notify_all();
                    queue
                }
                Err(error) => {
                    inner.fail(inner.io(redb::StorageError::from(error)));
                    inner.queue()
                }
            };
            continue;
        }
        if queue.groups.is_empty() {
            if queue.closing {
                return;
            }
            queue = inner.work.wait(queue).unwrap_or_else(PoisonError::into_inner);
            continue;
        }
        // Those who wait for these groups wait longer: that is what keeps memory bounded.
        while inner.waiting_bytes.load(Ordering::Relaxed) > MOST_IN_MEMORY * CARRY_BYTES
            && queue.carry.is_some()
            && queue.failure.is_none()
        {
            queue = inner.done.wait(queue).unwrap_or_else(PoisonError::into_inner);
        }
        let until = queue.rotate_after.unwrap_or(u64::MAX);
        let mut records = Vec::new();
        let (mut last, mut count) = (queue.written, 0);
        while let Some((sequence, record)) = queue.groups.pop_front_if(|(sequence, _)| *sequence <= until) {
            if records.is_empty() {
                records = record;
            } else {
                records.extend_from_slice(&record);
            }
            (last, count) = (sequence, count + 1);
        }
        drop(queue);
        let written = segment.append(&records);
        if let Err(error) = written {
            inner.fail(inner.io(redb::StorageError::from(error)));
            queue = inner.queue();
            continue;
        }
        queue = inner.queue();
        queue.written = last;
        queue.groups_written += count;
        queue.syncs += 1;
        inner.done.notify_all();
    }
}

fn write_tables(inner: &Inner) {
    let mut queue = inner.queue();
    loop {
        if queue.failure.is_none()
            && let Some((last, segment)) = queue.carry
        {
            drop(queue);
            carry_over(inner, last, segment);
            queue = inner.queue();
        } else if queue.closing {
            return;
        } else {
            queue = inner.work.wait(queue).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

/// Writes what is frozen into the tables, and lets go of it and of its segments.
fn carry_over(inner: &Inner, last: u64, segment: u64) {
    let frozen = inner.layers().frozen.clone();
    let Some(frozen) = frozen else {
        inner.queue().carry = None;
        return;
    };
    if let Err(error) = write(inner, &frozen, last) {
        return inner.fail(inner.io(error));
    }
    let mut layers = inner.layers_mut();
    if inner.queue().fallen_back {
        return;
    }
    match inner.redb().as_ref().map_or(Err(redb::Error::DatabaseClosed), View::of) {
        Ok(view) => layers.tables = Some(view),
        Err(error) => {
            drop(layers);
            return inner.fail(inner.io(error));
        }
    }
    layers.frozen = None;
    inner.waiting_bytes.store(layers.active.bytes, Ordering::Relaxed);
    // Together with what was frozen: from here on, the next lot may be frozen.
    inner.queue().carry = None;
    drop(layers);
    inner.done.notify_all();
    if let Err(error) = journal::remove_before(&inner.path, segment) {
        inner.fail(inner.io(redb::StorageError::from(error)));
    }
}

fn write(inner: &Inner, rows: &Rows, last: u64) -> Result<(), redb::Error> {
    let redb = inner.redb();
    let mut write = redb.as_ref().ok_or(redb::Error::DatabaseClosed)?.begin_write()?;
    write.set_durability(Durability::Immediate)?;
    // Without it, opening after a kill would walk the whole file.
    write.set_quick_repair(true);
    for table in Table::ALL {
        let rows = rows.table(table);
        if rows.is_empty() {
            continue;
        }
        let mut table = write.open_table(definition(table))?;
        for (key, value) in rows {
            match value {
                Some(value) => drop(table.insert(&key[..], &value[..])?),
                None => drop(table.remove(&key[..])?),
            }
        }
    }
    write.open_table(super::open::META)?.insert(APPLIED, &last.to_be_bytes()[..])?;
    write.commit()?;
    Ok(())
}

/// Carries everything written to the journal over into the tables. Nobody stages meanwhile.
pub(super) fn settle(inner: &Inner) -> Result<(), StoreError> {
    loop {
        let mut queue = inner.queue();
        while (queue.carry.is_some() || queue.rotate_after.is_some()) && queue.failure.is_none() {
            queue = inner.done.wait(queue).unwrap_or_else(PoisonError::into_inner);
        }
        if let Some(failure) = &queue.failure {
            return Err(inner.refused(failure));
        }
        drop(queue);
        let mut layers = inner.layers_mut();
        if layers.active.len() == 0 {
            return Ok(());
        }
        layers.frozen = Some(Arc::new(std::mem::take(&mut layers.active)));
        let mut queue = inner.queue();
        queue.rotate_after = Some(queue.sealed);
        drop((queue, layers));
        inner.work.notify_all();
    }
}
