//! Everything that is true of a chain: its state, its blocks, and what it takes to go back. In memory, or in a database.
//!
//! The ledger changes by whole [`Delta`]s only. In memory a delta is taken back by its inverse, in a database by the rows that were there
//! before.

mod reading;

use std::{collections::BTreeMap, sync::Arc};

use alloy_primitives::{B256, Bytes};

use crate::{
    accounts::{Kept, Past, PastAdded, State},
    block::{BlockTxs, Place, StoredBlock, Tip},
    book::Book,
    cache::Cache,
    config::{ChainConfig, Genesis},
    database::{Database, table::Row},
    disk::Disk,
    state::{Accounts, MemoryState, StateDelta},
    store::StoreError,
    trie::{MemoryNodes, NodeChanges, Nodes, TrieDelta, TrieError},
};

/// How many empty blocks are found by hash after they were shown.
const EMPTY_BLOCKS: usize = 1 << 14;

/// One step of a chain: a block with what it changed, an edit, or the way back.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Delta {
    pub(crate) state: StateDelta,
    /// Blocks taken off the end, highest number first.
    pub(crate) removed: Vec<u64>,
    /// Blocks added to the end, lowest number first.
    pub(crate) added: Vec<Arc<StoredBlock>>,
    /// Notes of whoever drives the chain; `None` removes one.
    pub(crate) notes: Vec<(Bytes, Option<Bytes>)>,
    /// What becomes of the tries of the state, if there are any.
    pub(crate) nodes: NodeChanges,
}

/// The chain so far.
#[derive(Debug)]
pub(crate) struct Ledger {
    pub(crate) config: ChainConfig,
    /// Number and time of the first block.
    origin: Place,
    pub(crate) state: State,
    /// The last stored block.
    tip: Tip,
    /// Blocks and notes, if they are in memory.
    pub(crate) book: Book,
    notes: BTreeMap<Bytes, Bytes>,
    /// The tries of the state, if they are in memory.
    pub(crate) nodes: MemoryNodes,
    /// How to undo every step since the oldest snapshot; nothing without one.
    undo: Vec<Undo>,
    /// What the rows of it take in memory.
    undo_bytes: usize,
    recording: bool,
    /// Empty blocks that were shown, by hash.
    empty: Cache<B256, u64>,
}

#[derive(Debug)]
enum Undo {
    Memory(Delta, PastAdded),
    Rows(Vec<Row>),
}

impl Undo {
    fn bytes(&self) -> usize {
        let row = |row: &Row| size_of::<Row>() + row.key.len() + row.value.as_ref().map_or(0, |value| value.len());
        match self {
            Self::Memory(..) => 0,
            Self::Rows(rows) => rows.iter().map(row).sum(),
        }
    }
}

impl Ledger {
    /// A ledger without its first block.
    pub(crate) fn new(config: ChainConfig, genesis: &Genesis, database: Option<Database>) -> Self {
        let kept = match database {
            Some(database) => Kept::Disk(Box::new(Disk::new(database, config.chain_id))),
            None => Kept::Memory { now: MemoryState::default(), past: config.history.then(Past::default) },
        };
        Self {
            config,
            origin: Place { number: genesis.number, time: genesis.time },
            state: State::new(kept),
            tip: Tip::default(),
            book: Book::default(),
            notes: BTreeMap::new(),
            nodes: MemoryNodes::default(),
            undo: Vec::new(),
            undo_bytes: 0,
            recording: false,
            empty: Cache::new(EMPTY_BLOCKS),
        }
    }

    pub(crate) const fn disk(&self) -> Option<&Disk> {
        self.state.disk()
    }

    /// The delta that makes the first block.
    ///
    /// # Errors
    /// [`TrieError`] when there are tries already and they cannot be read.
    pub(crate) fn genesis(&self, genesis: &Genesis) -> Result<Delta, TrieError> {
        let mut state = StateDelta::default();
        for account in &genesis.accounts {
            let StateDelta { accounts, slots, codes } = self.state.placing(account);
            state.accounts.extend(accounts);
            state.slots.extend(slots);
            state.codes.extend(codes);
        }
        let TrieDelta { root, nodes } = self.rooted(&state)?;
        let block = self.origin.seal(&self.config, B256::ZERO, root, BlockTxs::new(&[]), Default::default());
        Ok(Delta { state, added: vec![Arc::new(block)], nodes, ..Delta::default() })
    }

    /// Takes a step. What its changes of state replace is kept as the past of the block `past`.
    ///
    /// # Errors
    /// [`StoreError::Refused`]; then nothing has happened.
    pub(crate) fn take(&mut self, delta: &Delta, past: Option<u64>) -> Result<(), StoreError> {
        if let Some(disk) = self.disk() {
            let rows = disk.rows(delta, past);
            let inverse = self.recording.then(|| disk.inverse(&rows));
            disk.take(delta, rows)?;
            if let Some(undo) = inverse.map(Undo::Rows) {
                self.undo_bytes += undo.bytes();
                self.undo.push(undo);
            }
        } else {
            let inverse = self.recording.then(|| self.inverse(delta));
            let mut added = PastAdded::default();
            if let Kept::Memory { now, past: Some(kept) } = self.state.kept_mut()
                && let Some(block) = past
            {
                added = kept.keep(now, &delta.state, block);
            }
            self.undo.extend(inverse.map(|inverse| Undo::Memory(inverse, added)));
            self.apply(delta);
        }
        if let Some(block) = delta.added.last() {
            self.tip = Tip::of_stored(block);
        }
        Ok(())
    }

    fn apply(&mut self, delta: &Delta) {
        if let Kept::Memory { now, .. } = self.state.kept_mut() {
            now.apply(&delta.state);
        }
        self.nodes.apply(&delta.nodes);
        delta.removed.iter().for_each(|number| self.book.remove(*number));
        delta.added.iter().for_each(|block| self.book.add(block));
        for (key, note) in &delta.notes {
            match note {
                Some(note) => drop(self.notes.insert(key.clone(), note.clone())),
                None => drop(self.notes.remove(key)),
            }
        }
    }

    fn inverse(&mut self, delta: &Delta) -> Delta {
        let state = match self.state.kept_mut() {
            Kept::Memory { now, .. } => now.inverse(&delta.state),
            Kept::Disk(_) => StateDelta::default(),
        };
        Delta {
            state,
            removed: delta.added.iter().rev().map(|block| block.header.number).collect(),
            added: delta.removed.iter().rev().filter_map(|number| self.book.get(*number).cloned()).collect(),
            notes: delta.notes.iter().rev().map(|(key, _)| (key.clone(), self.notes.get(key).cloned())).collect(),
            nodes: delta.nodes.iter().map(|(key, _)| (*key, self.nodes.node(key))).collect(),
        }
    }

    /// Starts to record how to go back. Returns the point to go back to.
    pub(crate) const fn mark(&mut self) -> usize {
        self.recording = true;
        self.undo.len()
    }

    /// Takes the steps back to a mark.
    ///
    /// # Errors
    /// [`StoreError::Refused`]; then nothing has happened.
    pub(crate) fn go_back(&mut self, mark: usize) -> Result<(), StoreError> {
        if let Some(disk) = self.disk() {
            let rows = self.undo.get(mark..).unwrap_or_default().iter().rev().flat_map(|undo| match undo {
                Undo::Rows(rows) => &rows[..],
                Undo::Memory(..) => &[],
            });
            disk.database.stage(rows.cloned().collect())?;
            self.undo.truncate(mark);
            self.undo_bytes = self.undo.iter().map(Undo::bytes).sum();
            self.restore();
            return Ok(());
        }
        for undo in self.undo.split_off(mark).into_iter().rev() {
            let Undo::Memory(delta, added) = undo else { continue };
            self.apply(&delta);
            if let Kept::Memory { past: Some(past), .. } = self.state.kept_mut() {
                past.forget(&added);
            }
        }
        self.empty.clear();
        self.tip = self.book.last().map(|block| Tip::of_stored(block)).unwrap_or_default();
        Ok(())
    }

    /// Stops recording how to go back.
    pub(crate) fn forget(&mut self) {
        self.undo = Vec::new();
        self.undo_bytes = 0;
        self.recording = false;
    }

    /// Forgets how to go back beyond a mark. Later marks are that much nearer.
    pub(crate) fn forget_before(&mut self, mark: usize) {
        let forgotten: usize = self.undo.drain(..mark.min(self.undo.len())).map(|undo| undo.bytes()).sum();
        self.undo_bytes = self.undo_bytes.saturating_sub(forgotten);
    }

    /// What is remembered of a database to go back takes so much memory; nothing where all of the chain is in memory anyway.
    pub(crate) const fn undo_bytes(&self) -> usize {
        self.undo_bytes
    }

    /// Takes first and last block from the database. Whether there are any.
    pub(crate) fn restore(&mut self) -> bool {
        let Some(disk) = self.disk() else { return false };
        disk.forget();
        let ends = (disk.first(), disk.last_until(u64::MAX));
        self.empty.clear();
        let (Some(first), Some(last)) = ends else { return false };
        self.origin = Place { number: first.header.number, time: first.time() };
        self.tip = Tip::of(&last);
        true
    }

    /// Entries kept in memory of what is in a database.
    pub(crate) fn cached(&self) -> usize {
        self.disk().map_or(0, Disk::cached) + self.empty.len()
    }

    /// The first block.
    pub(crate) const fn origin(&self) -> Place {
        self.origin
    }

    /// The number of the first block.
    pub(crate) fn first(&self) -> u64 {
        self.origin.number
    }

    /// The steps back to the state before a block, newest first; `None` if they are not recorded.
    pub(crate) fn back_to_before(&self, number: u64) -> Option<Vec<StateDelta>> {
        let steps = self.undo.iter().map(|undo| match undo {
            Undo::Memory(step, _) => Some(step),
            Undo::Rows(_) => None,
        });
        let steps: Vec<&Delta> = steps.collect::<Option<_>>()?;
        let at = steps.iter().rposition(|step| step.removed.contains(&number))?;
        Some(steps.into_iter().skip(at).rev().map(|step| step.state.clone()).collect())
    }
}
