//! Everything that is true of a chain, in memory: its state, its blocks, and what it takes to go back.
//!
//! The ledger changes by whole [`Delta`]s only. A store is handed each delta before the ledger takes it, so what the ledger says
//! has always been written down.

use std::{collections::BTreeMap, convert::Infallible, sync::Arc};

use alloy_primitives::{Address, B256, Bytes, U256, map::B256Map};
use revm::{
    Database,
    state::{AccountInfo, Bytecode},
};

use crate::{
    block::{Block, BlockTxs, Place, StoredBlock, pseudo_hash},
    config::{BlockRule, BlockTime, ChainConfig, Genesis},
    state::{MemoryState, StateDelta},
};

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
}

impl Delta {
    /// Several steps as one: the effect of taking them in order.
    pub(crate) fn joined(steps: Vec<Self>) -> Self {
        let mut whole = Self::default();
        for mut step in steps {
            whole.state.accounts.append(&mut step.state.accounts);
            whole.state.slots.append(&mut step.state.slots);
            whole.state.codes.append(&mut step.state.codes);
            whole.removed.append(&mut step.removed);
            whole.added.append(&mut step.added);
            whole.notes.append(&mut step.notes);
        }
        whole
    }
}

/// The chain so far.
#[derive(Debug)]
pub(crate) struct Ledger {
    pub(crate) config: ChainConfig,
    /// Number and time of the first block.
    origin: Place,
    pub(crate) state: MemoryState,
    blocks: BTreeMap<u64, Arc<StoredBlock>>,
    by_hash: B256Map<u64>,
    by_tx: B256Map<(u64, u32)>,
    pub(crate) notes: BTreeMap<Bytes, Bytes>,
    /// How to undo every delta since the oldest snapshot; nothing without one.
    undo: Vec<Delta>,
    recording: bool,
}

impl Ledger {
    pub(crate) fn new(config: ChainConfig, genesis: &Genesis) -> Self {
        Self {
            config,
            origin: Place { number: genesis.number, time: genesis.time },
            state: MemoryState::default(),
            blocks: BTreeMap::new(),
            by_hash: B256Map::default(),
            by_tx: B256Map::default(),
            notes: BTreeMap::new(),
            undo: Vec::new(),
            recording: false,
        }
    }

    /// The delta that makes the first block.
    pub(crate) fn genesis(&self, genesis: &Genesis) -> Delta {
        let block = self.origin.seal(&self.config, B256::ZERO, BlockTxs::new(&[]), Default::default());
        let mut state = StateDelta::default();
        for account in &genesis.accounts {
            let StateDelta { accounts, slots, codes } = self.state.placing(account);
            state.accounts.extend(accounts);
            state.slots.extend(slots);
            state.codes.extend(codes);
        }
        Delta { state, added: vec![Arc::new(block)], ..Delta::default() }
    }

    pub(crate) fn apply(&mut self, delta: &Delta) {
        if self.recording {
            let inverse = self.inverse(delta);
            self.undo.push(inverse);
        }
        self.state.apply(&delta.state);
        for number in &delta.removed {
            if let Some(block) = self.blocks.remove(number) {
                self.by_hash.remove(&block.hash);
                for tx in &block.txs {
                    self.by_tx.remove(&tx.hash);
                }
            }
        }
        for block in &delta.added {
            let number = block.header.number;
            self.by_hash.insert(block.hash, number);
            for (tx, index) in block.txs.iter().zip(0..) {
                self.by_tx.insert(tx.hash, (number, index));
            }
            self.blocks.insert(number, Arc::clone(block));
        }
        for (key, note) in &delta.notes {
            match note {
                Some(note) => drop(self.notes.insert(key.clone(), note.clone())),
                None => drop(self.notes.remove(key)),
            }
        }
    }

    fn inverse(&self, delta: &Delta) -> Delta {
        Delta {
            state: self.state.inverse(&delta.state),
            removed: delta.added.iter().rev().map(|block| block.header.number).collect(),
            added: delta.removed.iter().rev().filter_map(|number| self.blocks.get(number).cloned()).collect(),
            notes: delta.notes.iter().rev().map(|(key, _)| (key.clone(), self.notes.get(key).cloned())).collect(),
        }
    }

    /// Starts to record how to go back. Returns the point to go back to.
    pub(crate) fn mark(&mut self) -> usize {
        self.recording = true;
        self.undo.len()
    }

    /// The steps back to a mark, newest first.
    pub(crate) fn steps_back(&self, mark: usize) -> Vec<Delta> {
        self.undo[mark..].iter().rev().cloned().collect()
    }

    /// Takes the steps back to a mark.
    pub(crate) fn go_back(&mut self, mark: usize) {
        let steps = self.undo.split_off(mark);
        self.recording = false;
        for step in steps.iter().rev() {
            self.apply(step);
        }
        self.recording = true;
    }

    /// Stops recording how to go back.
    pub(crate) fn forget(&mut self) {
        self.undo = Vec::new();
        self.recording = false;
    }

    /// Takes number and time of the first block from the block itself, which may have been loaded from a store.
    pub(crate) fn restore_origin(&mut self) {
        if let Some(block) = self.blocks.values().next() {
            self.origin = Place { number: block.header.number, time: block.time() };
        }
    }

    /// The number of the first block.
    pub(crate) fn first(&self) -> u64 {
        self.origin.number
    }

    /// The steps back to the state before a block, newest first; `None` if they are not recorded.
    pub(crate) fn back_to_before(&self, number: u64) -> Option<Vec<StateDelta>> {
        let at = self.undo.iter().rposition(|step| step.removed.contains(&number))?;
        Some(self.undo[at..].iter().rev().map(|step| step.state.clone()).collect())
    }

    /// The last stored block.
    pub(crate) fn last(&self) -> Option<&Arc<StoredBlock>> {
        self.blocks.values().next_back()
    }

    /// The last stored block with a number up to `number`.
    pub(crate) fn anchor(&self, number: u64) -> Option<&Arc<StoredBlock>> {
        self.blocks.range(..=number).next_back().map(|(_, block)| block)
    }

    pub(crate) fn stored(&self, number: u64) -> Option<&Arc<StoredBlock>> {
        self.blocks.get(&number)
    }

    pub(crate) fn stored_in(&self, numbers: std::ops::RangeInclusive<u64>) -> impl Iterator<Item = &Arc<StoredBlock>> {
        let numbers = if numbers.is_empty() { 0..=0 } else { numbers };
        self.blocks.range(numbers).map(|(_, block)| block)
    }

    pub(crate) fn number_of(&self, hash: B256) -> Option<u64> {
        self.by_hash.get(&hash).copied()
    }

    pub(crate) fn transaction(&self, hash: B256) -> Option<(&Arc<StoredBlock>, usize)> {
        let (number, index) = self.by_tx.get(&hash)?;
        Some((self.blocks.get(number)?, *index as usize))
    }

    /// The number of the block that a time falls into on a chain with slots.
    pub(crate) fn slot_at(&self, timestamp: u64) -> Option<u64> {
        match self.config.blocks {
            BlockRule::Slots { seconds } => {
                let elapsed = timestamp.checked_sub(self.origin.time.timestamp)?;
                self.origin.number.checked_add(elapsed / seconds.max(1))
            }
            BlockRule::OnDemand => None,
        }
    }

    /// When a block is, on a chain with slots.
    pub(crate) fn slot_place(&self, number: u64) -> Option<Place> {
        let BlockRule::Slots { seconds } = self.config.blocks else { return None };
        let elapsed = number.checked_sub(self.origin.number)?.checked_mul(seconds)?;
        let timestamp = self.origin.time.timestamp.checked_add(elapsed)?;
        Some(Place { number, time: BlockTime { timestamp, l1_block: number } })
    }

    /// Any block, stored or empty. Does not ask whether its time has come.
    pub(crate) fn block(&self, number: u64) -> Option<Block> {
        if let Some(block) = self.stored(number) {
            return Some(block.to_block());
        }
        Some(self.slot_place(number)?.empty(&self.config, self.anchor(number)?))
    }

    pub(crate) fn hash_of(&self, number: u64) -> Option<B256> {
        match self.stored(number) {
            Some(block) => Some(block.hash),
            None => Some(self.block(number)?.hash),
        }
    }
}

impl Database for Ledger {
    type Error = Infallible;

    fn basic(&mut self, address: Address) -> Result<Option<AccountInfo>, Infallible> {
        self.state.basic(address)
    }

    fn code_by_hash(&mut self, hash: B256) -> Result<Bytecode, Infallible> {
        self.state.code_by_hash(hash)
    }

    fn storage(&mut self, address: Address, slot: U256) -> Result<U256, Infallible> {
        Ok(self.state.slot(address, slot))
    }

    fn block_hash(&mut self, number: u64) -> Result<B256, Infallible> {
        Ok(match self.config.blocks {
            BlockRule::Slots { .. } => self.hash_of(number).unwrap_or_default(),
            BlockRule::OnDemand => pseudo_hash(self.config.chain_id, number),
        })
    }
}
