//! One chain: transactions go in, blocks come out, and everybody can look.
//!
//! ```text
//! submit ─▶ pool ─▶ mine(time) ─▶ execute each ─▶ seal ─▶ take over ─▶ commit: durable, with a database
//! ```
//!
//! Invariants:
//! - Time never runs backwards, and a block is later than the one before by its number (and, with slots, by its timestamp).
//! - A block is taken over whole or not at all. With a database, it survives the process once what `commit` returned was waited for,
//!   with time, notes and pending transactions as they were then.
//! - Reads see the state after the last block, or that of an older one where the past is kept.

use std::{collections::BTreeMap, sync::Arc};

use alloy_primitives::{Address, B256, Bytes, U256, map::B256HashSet};

use crate::{
    block::{Block, Place},
    config::{BlockRule, BlockTime, ChainConfig, Genesis},
    durable::Written,
    executor::{BlockEnv, Code},
    ledger::{Delta, Ledger},
    program::Programs,
    state::StateDelta,
    store::StoreError,
    trie::TrieError,
    tx::Transaction,
    vm::Vm,
};

/// A chain.
pub struct Chain {
    pub(crate) vm: Vm<Ledger>,
    pub(crate) pool: Vec<Transaction>,
    /// How many pending transactions each sender has signed.
    pub(crate) pending: BTreeMap<Address, u64>,
    /// The hashes of pending transactions that nobody signed.
    pub(crate) unsigned: B256HashSet,
    pub(crate) now: BlockTime,
    pub(crate) snapshots: Vec<Snapshot>,
    next_snapshot: u64,
    /// What of pool and time is in the database.
    pub(crate) written: Written,
}

/// A point to go back to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SnapshotId(pub u64);

pub(crate) struct Snapshot {
    id: SnapshotId,
    mark: usize,
    now: BlockTime,
    pool: Vec<Transaction>,
}

/// What a chain refuses to do.
#[derive(Debug, thiserror::Error)]
pub enum ChainError {
    /// The store cannot be used.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The tries of the state cannot be read.
    #[error(transparent)]
    Trie(#[from] TrieError),
    /// Time runs forward only.
    #[error("time does not run backwards: it is {now:?}, not {wanted:?}")]
    Past {
        /// The time that was asked for.
        wanted: BlockTime,
        /// The chain's time.
        now: BlockTime,
    },
    /// The slot that a time falls into has passed.
    #[error("block {number} is past, the next is {next}: mine at a later time", next = head + 1)]
    SlotTaken {
        /// The number of the block for that time.
        number: u64,
        /// The number of the latest block.
        head: u64,
    },
    /// Editing state where it must come about by transactions.
    #[error("chain {chain} is no rehearsal chain: its state changes by transactions only")]
    EditRefused {
        /// The chain that refuses it.
        chain: u64,
    },
    /// The state of a block that is not, or not any more, or was never kept.
    #[error("the state at block {number} is not known: {why}")]
    NoState {
        /// The block.
        number: u64,
        /// Why not.
        why: NoState,
    },
    /// There is no such snapshot, or it was reverted already.
    #[error("there is no snapshot {0:?}")]
    UnknownSnapshot(SnapshotId),
}

/// Why the state at a block is not known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoState {
    /// It is before the first block.
    #[error("the first block is {0}")]
    BeforeFirst(u64),
    /// It is after the latest block.
    #[error("the latest block is {0}")]
    AfterLatest(u64),
    /// The chain is in memory and keeps the present only.
    #[error("this chain keeps its latest state only")]
    NotKept,
}

impl Chain {
    /// A chain that ends with its process.
    pub fn in_memory(config: ChainConfig, genesis: &Genesis, programs: Arc<Programs>) -> Self {
        let mut chain = Self::blank(Ledger::new(config, genesis, None), genesis.time, programs);
        // Only what is kept in a database can refuse.
        if let Ok(step) = chain.ledger().genesis(genesis) {
            drop(chain.vm.state_mut().take(&step, None));
        }
        chain
    }

    /// A chain without its first block.
    pub(crate) fn blank(ledger: Ledger, now: BlockTime, programs: Arc<Programs>) -> Self {
        let (spec, chain_id, rehearsal) = (ledger.config.spec, ledger.config.chain_id, ledger.config.rehearsal);
        let mut vm = Vm::new(ledger, programs, spec, chain_id);
        if rehearsal {
            vm.accept_stand_ins(spec);
        }
        Self {
            vm,
            pool: Vec::new(),
            pending: BTreeMap::new(),
            unsigned: B256HashSet::default(),
            now,
            snapshots: Vec::new(),
            next_snapshot: 0,
            written: Written::default(),
        }
    }

    pub(crate) fn ledger(&self) -> &Ledger {
        self.vm.state()
    }

    /// The chain's rules.
    pub fn config(&self) -> &ChainConfig {
        &self.ledger().config
    }

    // ── Time ────────────────────────────────────────────────────────────────────────────────────────────────────────────────

    /// The chain's time: that of the last block, or later.
    pub fn now(&self) -> BlockTime {
        self.now
    }

    /// Lets time pass. Costs the same for a second and for a year; on a chain with slots, the blocks in between exist and are empty.
    ///
    /// # Errors
    /// [`ChainError::Past`].
    pub fn advance(&mut self, to: BlockTime) -> Result<(), ChainError> {
        let slots = self.slots();
        if to.timestamp < self.now.timestamp || (!slots && to.l1_block < self.now.l1_block) {
            return Err(ChainError::Past { wanted: to, now: self.now });
        }
        self.now = to;
        if slots {
            self.now.l1_block = self.head();
        }
        Ok(())
    }

    fn slots(&self) -> bool {
        matches!(self.config().blocks, BlockRule::Slots { .. })
    }

    /// The number of the latest block: what `eth_blockNumber` returns.
    pub fn head(&self) -> u64 {
        if let Some(past) = self.ledger().state.looks_at() {
            return past;
        }
        let last = self.ledger().tip().number;
        self.ledger().slot_at(self.now.timestamp).unwrap_or(last).max(last)
    }

    /// When a block of a chain with slots is, be it past or future; `None` on other chains.
    pub fn slot_time(&self, number: u64) -> Option<BlockTime> {
        Some(self.ledger().slot_place(number)?.time)
    }

    /// What contracts see now: the environment of calls at the latest block.
    pub fn env(&self) -> BlockEnv {
        self.place_now().env(self.config())
    }

    fn place_now(&self) -> Place {
        let number = self.head();
        let past = || Some(self.ledger().head(self.ledger().state.looks_at()?)?.time());
        let on_demand = || Place { number, time: past().unwrap_or(self.now) };
        self.ledger().slot_place(number).unwrap_or_else(on_demand)
    }

    /// The place of the block that would be mined at a time.
    pub(crate) fn place_at(&self, time: BlockTime) -> Result<Place, ChainError> {
        let head = self.head();
        if time.timestamp < self.now.timestamp {
            return Err(ChainError::Past { wanted: time, now: self.now });
        }
        match self.ledger().slot_at(time.timestamp) {
            Some(number) if number <= head => Err(ChainError::SlotTaken { number, head }),
            Some(number) => self.ledger().slot_place(number).ok_or(ChainError::Past { wanted: time, now: self.now }),
            None if time.l1_block < self.now.l1_block => Err(ChainError::Past { wanted: time, now: self.now }),
            None => Ok(Place { number: head + 1, time }),
        }
    }

    /// The earliest time at which the next block can be mined: the next slot, or now.
    pub fn next_time(&self) -> BlockTime {
        self.slot_time(self.head() + 1).unwrap_or(self.now)
    }

    /// Takes a step; with a database, it is part of the next group. An edit belongs to the latest block.
    pub(crate) fn take_step(&mut self, delta: &Delta) -> Result<(), ChainError> {
        let past = delta.added.first().map_or_else(|| self.head(), |block| block.header.number);
        Ok(self.vm.state_mut().take(delta, Some(past))?)
    }

    // ── Edits, on rehearsal chains ──────────────────────────────────────────────────────────────────────────────────────────

    /// Puts code and slots at an address without a transaction; balance and other slots stay.
    ///
    /// # Errors
    /// [`ChainError::EditRefused`] unless this is a rehearsal chain; [`ChainError::Store`].
    pub fn install(
        &mut self,
        address: Address,
        code: &Code,
        storage: impl IntoIterator<Item = (U256, U256)>,
    ) -> Result<(), ChainError> {
        let state = self.ledger().state.installing(address, code, storage);
        self.edit(state)
    }

    /// Sets a balance in wei without a transaction.
    ///
    /// # Errors
    /// As [`Self::install`].
    pub fn set_balance(&mut self, address: Address, balance: U256) -> Result<(), ChainError> {
        let state = self.ledger().state.funding(address, balance);
        self.edit(state)
    }

    fn edit(&mut self, state: StateDelta) -> Result<(), ChainError> {
        if !self.config().rehearsal {
            return Err(ChainError::EditRefused { chain: self.config().chain_id });
        }
        let step = self.ledger().edit(state)?;
        self.take_step(&step)
    }

    // ── Notes ───────────────────────────────────────────────────────────────────────────────────────────────────────────────

    /// Keeps notes beside the chain, for whoever drives it: written at once and together, reverted with snapshots, never looked at.
    ///
    /// # Errors
    /// [`ChainError::Store`].
    pub fn write_notes(&mut self, notes: impl IntoIterator<Item = (Bytes, Option<Bytes>)>) -> Result<(), ChainError> {
        self.take_step(&Delta { notes: notes.into_iter().collect(), ..Delta::default() })
    }

    /// The note under a key.
    pub fn note(&self, key: &[u8]) -> Option<Bytes> {
        self.ledger().note(key)
    }

    /// The notes whose keys begin with `prefix`, by ascending key.
    pub fn notes(&self, prefix: &[u8]) -> Vec<(Bytes, Bytes)> {
        self.ledger().notes(prefix)
    }

    // ── Snapshots ───────────────────────────────────────────────────────────────────────────────────────────────────────────

    /// Marks this point. Costs nothing by itself; from then on each block remembers how to undo itself.
    pub fn snapshot(&mut self) -> SnapshotId {
        let id = SnapshotId(self.next_snapshot);
        self.next_snapshot += 1;
        let mark = self.vm.state_mut().mark();
        self.snapshots.push(Snapshot { id, mark, now: self.now, pool: self.pool.clone() });
        id
    }

    /// Goes back to a snapshot: state, blocks, time, notes and pool. The snapshot and those after it are gone.
    ///
    /// # Errors
    /// [`ChainError::UnknownSnapshot`]; [`ChainError::Store`], after which nothing has happened.
    pub fn revert(&mut self, id: SnapshotId) -> Result<(), ChainError> {
        let Some(at) = self.snapshots.iter().position(|snapshot| snapshot.id == id) else {
            return Err(ChainError::UnknownSnapshot(id));
        };
        let mark = self.snapshots[at].mark;
        self.vm.state_mut().go_back(mark)?;
        let Some(snapshot) = self.snapshots.drain(at..).next() else { return Ok(()) };
        (self.now, self.pool) = (snapshot.now, snapshot.pool);
        self.written.forget_places();
        self.recount();
        if self.snapshots.is_empty() {
            self.vm.state_mut().forget();
        }
        Ok(())
    }

    /// Lets go of a snapshot: nobody can go back to it any more. What only it needed is forgotten.
    pub fn forget_snapshot(&mut self, id: SnapshotId) {
        self.snapshots.retain(|snapshot| snapshot.id != id);
        let Some(oldest) = self.snapshots.first().map(|snapshot| snapshot.mark) else {
            return self.vm.state_mut().forget();
        };
        self.vm.state_mut().forget_before(oldest);
        self.snapshots.iter_mut().for_each(|snapshot| snapshot.mark -= oldest);
    }

    /// Bytes in memory that going back to snapshots needs; nothing where the whole chain is in memory anyway.
    pub fn snapshot_bytes(&self) -> usize {
        self.ledger().undo_bytes()
    }

    // ── State ───────────────────────────────────────────────────────────────────────────────────────────────────────────────

    /// The balance of an account in wei.
    pub fn balance(&self, address: Address) -> U256 {
        self.ledger().state.balance(address)
    }

    /// The nonce of an account, pending transactions not counted.
    pub fn nonce(&self, address: Address) -> u64 {
        self.ledger().state.nonce(address)
    }

    /// The code of an account.
    pub fn code(&self, address: Address) -> Bytes {
        self.ledger().state.code(address).original_bytes()
    }

    /// The value of a storage slot.
    pub fn slot(&self, address: Address, slot: U256) -> U256 {
        self.ledger().state.slot(address, slot)
    }

    /// Every slot of an account that is not zero, by ascending slot.
    pub fn storage_of(&self, address: Address) -> Vec<(U256, U256)> {
        self.ledger().state.storage_of(address)
    }

    // ── Blocks ──────────────────────────────────────────────────────────────────────────────────────────────────────────────

    /// A block up to the latest, stored or empty.
    pub fn block(&self, number: u64) -> Option<Block> {
        (number <= self.head()).then(|| self.ledger().block(number)).flatten()
    }

    /// The hash of a block up to the latest.
    pub fn block_hash(&self, number: u64) -> Option<B256> {
        (number <= self.head()).then(|| self.ledger().hash_of(number)).flatten()
    }

    /// A block by its hash. An empty block is found if it was shown lately, as blocks are computed from their numbers.
    pub fn block_by_hash(&self, hash: B256) -> Option<Block> {
        self.block(self.ledger().number_of(hash)?)
    }

    /// The latest block.
    pub fn latest(&self) -> Block {
        self.block(self.head()).unwrap_or_else(|| unreachable!("every chain has a first block"))
    }
}
