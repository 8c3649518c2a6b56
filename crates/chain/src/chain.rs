//! One chain: transactions go in, blocks come out, and everybody can look.
//!
//! ```text
//! submit ─▶ pool ─▶ mine(time) ─▶ execute each ─▶ seal ─▶ write to the store ─▶ take over
//! ```
//!
//! Invariants:
//! - Time never runs backwards, and a block is later than the one before by its number (and, with slots, by its timestamp).
//! - What `mine` returned survives the process, if the chain has a file. Pending transactions do not.
//! - A block is taken over whole or not at all.
//! - Reads see the state after the last block; there is no reading of older state.

use std::{collections::BTreeMap, path::Path, sync::Arc};

use alloy_consensus::TxEnvelope;
use alloy_primitives::{Address, B256, Bytes, U256, keccak256, map::B256HashSet};
use revm::{
    context::result::{EVMError, ExecutionResult},
    context_interface::{ContextSetters, ContextTr, JournalTr},
    handler::Handler,
    state::EvmState,
};

use crate::{
    block::{Block, Place, StoredTx},
    config::{BlockRule, BlockTime, ChainConfig, Genesis},
    executor::{BlockEnv, Changes, Code, ExecuteError, Message, Outcome, Status, outcome, unchecked_tx},
    file::FileStore,
    handler::{Rules, Runner},
    ledger::{Delta, Ledger},
    program::Programs,
    receipts::ReceiptsBuilder,
    state::StateDelta,
    store::{Nowhere, Store, StoreError},
    tx::{SignedTx, Transaction, TxError, UnsignedTx},
    vm::Vm,
};

/// A chain.
pub struct Chain {
    vm: Vm<Ledger>,
    store: Box<dyn Store>,
    pool: Vec<Transaction>,
    /// How many pending transactions each sender has signed.
    pending: BTreeMap<Address, u64>,
    /// The hashes of pending transactions that nobody signed.
    unsigned: B256HashSet,
    now: BlockTime,
    snapshots: Vec<Snapshot>,
    next_snapshot: u64,
}

/// A point to go back to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SnapshotId(pub u64);

struct Snapshot {
    id: SnapshotId,
    mark: usize,
    now: BlockTime,
    pool: Vec<Transaction>,
}

/// What `mine` made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mined {
    /// The block's number.
    pub number: u64,
    /// The block's hash.
    pub hash: B256,
    /// What became of each transaction in it, in order.
    pub results: Vec<TxResult>,
    /// Transactions that turned out not to be valid, and why. They are in no block.
    pub dropped: Vec<(B256, TxError)>,
}

/// What became of a transaction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TxResult {
    /// Its hash.
    pub hash: B256,
    /// How it ended.
    pub status: Status,
    /// Gas paid for, after refunds.
    pub gas_used: u64,
    /// Return data or revert data; the code of a contract created.
    pub output: Bytes,
    /// The contract it created, if it is a creation that succeeded.
    pub created: Option<Address>,
    /// What a native program said when it panicked. For diagnostics only.
    pub panic: Option<String>,
}

/// What a chain refuses to do.
#[derive(Debug, thiserror::Error)]
pub enum ChainError {
    /// The store cannot be used.
    #[error(transparent)]
    Store(#[from] StoreError),
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
    /// There is no such snapshot, or it was reverted already.
    #[error("there is no snapshot {0:?}")]
    UnknownSnapshot(SnapshotId),
}

/// Why gas cannot be estimated.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EstimateError {
    /// It reverts whatever the gas.
    #[error("the message reverts: {0}")]
    Reverts(Bytes),
    /// It halts whatever the gas.
    #[error("the message halts: {0:?}")]
    Halts(crate::HaltReason),
    /// It cannot be executed at all.
    #[error(transparent)]
    Execute(#[from] ExecuteError),
}

impl Chain {
    /// A chain that ends with its process.
    pub fn in_memory(config: ChainConfig, genesis: &Genesis, programs: Arc<Programs>) -> Self {
        Self::start(config, genesis, programs, Box::new(Nowhere)).unwrap_or_else(|_| unreachable!("nothing is stored"))
    }

    /// A chain kept in a file: the one already there, or a new one.
    ///
    /// # Errors
    /// [`StoreError`] when the file is locked, damaged, of a newer version, or another chain's.
    pub fn open(
        path: &Path,
        config: ChainConfig,
        genesis: &Genesis,
        programs: Arc<Programs>,
    ) -> Result<Self, ChainError> {
        Self::start(config, genesis, programs, Box::new(FileStore::open(path)?))
    }

    fn start(
        config: ChainConfig,
        genesis: &Genesis,
        programs: Arc<Programs>,
        mut store: Box<dyn Store>,
    ) -> Result<Self, ChainError> {
        let (spec, chain_id) = (config.spec, config.chain_id);
        let mut ledger = Ledger::new(config, genesis);
        let step = match store.load(&ledger.config)? {
            Some(step) => step,
            None => {
                let step = ledger.genesis(genesis);
                store.commit(&step)?;
                step
            }
        };
        ledger.apply(&step);
        ledger.restore_origin();
        let now = ledger.last().map(|block| block.time()).unwrap_or(genesis.time);
        let vm = Vm::new(ledger, programs, spec, chain_id);
        Ok(Self {
            vm,
            store,
            pool: Vec::new(),
            pending: BTreeMap::new(),
            unsigned: B256HashSet::default(),
            now,
            snapshots: Vec::new(),
            next_snapshot: 0,
        })
    }

    fn ledger(&self) -> &Ledger {
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
        let last = self.ledger().last().map_or(0, |block| block.header.number);
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
        self.ledger().slot_place(number).unwrap_or(Place { number, time: self.now })
    }

    /// The place of the block that would be mined at a time.
    fn place_at(&self, time: BlockTime) -> Result<Place, ChainError> {
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

    // ── Transactions ────────────────────────────────────────────────────────────────────────────────────────────────────────

    /// Takes a signed transaction into the pool.
    ///
    /// # Errors
    /// [`TxError`] when its signature, chain id, nonce, fees, gas or balance would not do for the next block.
    pub fn submit(&mut self, envelope: TxEnvelope) -> Result<B256, TxError> {
        self.submit_signed(SignedTx::recover(envelope)?)
    }

    /// Takes a transaction whose sender has been recovered already, as [`recover_all`](crate::recover_all) does for many at once.
    ///
    /// # Errors
    /// As [`Self::submit`].
    pub fn submit_signed(&mut self, tx: SignedTx) -> Result<B256, TxError> {
        self.check(&tx)?;
        let hash = tx.hash();
        *self.pending.entry(tx.sender()).or_default() += 1;
        self.pool.push(Transaction::Signed(tx));
        Ok(hash)
    }

    /// Takes a message as a transaction that nobody signed. The sender's nonce moves as if it had.
    ///
    /// # Errors
    /// [`TxError::ImpersonationRefused`] unless this is a rehearsal chain.
    pub fn impersonate(&mut self, message: Message) -> Result<B256, TxError> {
        let chain = self.config().chain_id;
        if !self.config().rehearsal {
            return Err(TxError::ImpersonationRefused { chain });
        }
        // Unique by what the sender did before, on this chain and in this pool.
        let place = (self.head(), self.pool.len() as u64, self.now.timestamp);
        let words = [chain, place.0, place.1, place.2];
        let source = keccak256(words.iter().flat_map(|word| word.to_be_bytes()).collect::<Vec<_>>());
        self.push_unsigned(message, source, U256::ZERO, false)
    }

    /// Takes a transaction of the system: a bridge's message, say. `source` is what makes it unique; `mint` is created in the
    /// sender's account beforehand, whatever the outcome.
    ///
    /// # Errors
    /// [`TxError::AlreadyKnown`] when the same one is pending or mined, [`TxError::GasLimitAboveBlock`].
    pub fn submit_system(&mut self, source: B256, message: Message, mint: U256) -> Result<B256, TxError> {
        self.push_unsigned(message, source, mint, true)
    }

    fn push_unsigned(&mut self, message: Message, source: B256, mint: U256, system: bool) -> Result<B256, TxError> {
        let Message { from, to, value, data, gas_limit } = message;
        self.check_gas_limit(gas_limit)?;
        let tx = UnsignedTx { system, source, from, to, value, mint, gas_limit, data };
        let hash = tx.hash();
        if self.ledger().transaction(hash).is_some() || !self.unsigned.insert(hash) {
            return Err(TxError::AlreadyKnown { hash });
        }
        self.pool.push(Transaction::Unsigned(tx));
        Ok(hash)
    }

    fn check_gas_limit(&self, gas_limit: u64) -> Result<(), TxError> {
        let block = self.config().gas_limit;
        if gas_limit > block { Err(TxError::GasLimitAboveBlock { tx: gas_limit, block }) } else { Ok(()) }
    }

    /// What can be known of a transaction before it is executed.
    fn check(&self, tx: &SignedTx) -> Result<(), TxError> {
        use alloy_consensus::Transaction as _;
        let (config, state, envelope) = (self.config(), &self.ledger().state, tx.envelope());
        match envelope.chain_id() {
            None => return Err(TxError::Unprotected { chain: config.chain_id }),
            Some(id) if id != config.chain_id => return Err(TxError::WrongChain { tx: id, chain: config.chain_id }),
            Some(_) => {}
        }
        let (nonce, next) = (envelope.nonce(), self.next_nonce(tx.sender()));
        if nonce < next {
            return Err(TxError::NonceTooLow { tx: nonce, state: next });
        }
        if nonce > next {
            return Err(TxError::NonceTooHigh { tx: nonce, state: next });
        }
        self.check_gas_limit(envelope.gas_limit())?;
        let (max_fee, tip) = (envelope.max_fee_per_gas(), envelope.max_priority_fee_per_gas().unwrap_or_default());
        if max_fee < u128::from(config.base_fee) {
            return Err(TxError::FeeBelowBaseFee { max_fee, base_fee: config.base_fee });
        }
        if tip > max_fee {
            return Err(TxError::TipAboveMaxFee { tip, max_fee });
        }
        let fee = U256::from(max_fee).saturating_mul(U256::from(envelope.gas_limit()));
        let (needed, balance) = (fee.saturating_add(envelope.value()), state.balance(tx.sender()));
        if needed > balance {
            return Err(TxError::InsufficientFunds { needed, balance });
        }
        let params = &self.vm.inner.ctx.cfg.gas_params;
        let (accounts, slots) =
            envelope.access_list().map_or((0, 0), |list| (list.len() as u64, list.storage_keys_count() as u64));
        let gas = params.initial_tx_gas(envelope.input(), envelope.is_create(), accounts, slots, 0, None);
        let (intrinsic, limit) = (gas.initial_total_gas().max(gas.floor_gas()), envelope.gas_limit());
        if intrinsic > limit {
            return Err(TxError::IntrinsicGas { intrinsic, limit });
        }
        Ok(())
    }

    /// The nonce of an account's next transaction, pending ones counted.
    pub fn next_nonce(&self, address: Address) -> u64 {
        self.nonce(address) + self.pending.get(&address).copied().unwrap_or(0)
    }

    /// The pending transactions, in the order in which they will be mined.
    pub fn pending(&self) -> &[Transaction] {
        &self.pool
    }

    /// Makes a block of the pending transactions. Those beyond the block's gas limit stay pending.
    ///
    /// With slots, the block is that of the slot the time falls into, which must be later than the latest block;
    /// otherwise it is the next block at that time.
    ///
    /// # Errors
    /// [`ChainError::Past`], [`ChainError::SlotTaken`], or [`ChainError::Store`], after which nothing has happened.
    pub fn mine(&mut self, time: BlockTime) -> Result<Mined, ChainError> {
        let place = self.place_at(time)?;
        let pool = std::mem::take(&mut self.pool);
        let run = self.run_block(place, &pool);
        let state = self.vm.inner.ctx.journaled_state.finalize();

        let ledger = self.vm.state();
        let parent = ledger.hash_of(place.number - 1).unwrap_or_default();
        let block = Arc::new(place.seal(&ledger.config, parent, run.stored, run.receipts));
        let (number, hash, now) = (place.number, block.hash, block.time());
        let delta = Delta { state: ledger.state.difference(state), added: vec![block], ..Delta::default() };
        if let Err(error) = self.take_step(&delta) {
            self.pool = pool;
            return Err(error);
        }
        self.now = BlockTime { timestamp: time.timestamp.max(now.timestamp), ..now };
        self.pool = pool;
        self.pool.drain(..run.taken);
        self.recount();
        Ok(Mined { number, hash, results: run.results, dropped: run.dropped })
    }

    fn run_block(&mut self, place: Place, pool: &[Transaction]) -> BlockRun {
        let config = self.config().clone();
        self.vm.inner.ctx.set_block(place.env(&config).to_revm());
        let mut run = BlockRun {
            taken: 0,
            stored: Vec::with_capacity(pool.len()),
            receipts: ReceiptsBuilder::default(),
            results: Vec::with_capacity(pool.len()),
            dropped: Vec::new(),
        };
        for tx in pool {
            if run.receipts.gas_used.saturating_add(tx.gas_limit()) > config.gas_limit {
                break;
            }
            run.taken += 1;
            match self.run_tx(tx) {
                Ok(result) => run.push(tx, outcome(result, Changes::default(), self.vm.panic.take())),
                Err(EVMError::Transaction(fault)) => {
                    let fault = TxError::from_revm(fault, tx, config.gas_limit, config.base_fee);
                    run.dropped.push((tx.hash(), fault));
                }
                // Only precompiled contracts are left to fail, and none of Ethereum's does.
                Err(error) => {
                    let fault = revm::context::result::InvalidTransaction::Str(error.to_string().into());
                    run.dropped.push((tx.hash(), TxError::Other(fault)));
                }
            }
        }
        run
    }

    fn run_tx(&mut self, tx: &Transaction) -> Result<ExecutionResult, EVMError<std::convert::Infallible>> {
        self.vm.panic = None;
        self.vm.inner.ctx.set_tx(tx.to_revm());
        let rules = match tx {
            Transaction::Signed(_) => Rules::Signed,
            Transaction::Unsigned(tx) if tx.system => Rules::Free,
            Transaction::Unsigned(_) => Rules::Impersonated,
        };
        if let Transaction::Unsigned(UnsignedTx { mint, from, .. }) = tx
            && !mint.is_zero()
        {
            self.vm.inner.ctx.journal_mut().balance_incr(*from, *mint)?;
        }
        Runner::new(rules).run(&mut self.vm)
    }

    fn recount(&mut self) {
        self.pending.clear();
        self.unsigned.clear();
        for tx in &self.pool {
            match tx {
                Transaction::Signed(tx) => *self.pending.entry(tx.sender()).or_default() += 1,
                Transaction::Unsigned(tx) => drop(self.unsigned.insert(tx.hash())),
            }
        }
    }

    /// Writes a step down, then takes it over.
    fn take_step(&mut self, delta: &Delta) -> Result<(), ChainError> {
        self.store.commit(delta)?;
        self.vm.state_mut().apply(delta);
        Ok(())
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
        self.take_step(&Delta { state, ..Delta::default() })
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
    pub fn note(&self, key: &[u8]) -> Option<&Bytes> {
        self.ledger().notes.get(key)
    }

    /// The notes whose keys begin with `prefix`, by ascending key.
    pub fn notes<'a>(&'a self, prefix: &'a [u8]) -> impl Iterator<Item = (&'a Bytes, &'a Bytes)> {
        let from = Bytes::copy_from_slice(prefix);
        self.ledger().notes.range(from..).take_while(move |(key, _)| key.starts_with(prefix))
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
        self.store.commit(&Delta::joined(self.ledger().steps_back(mark)))?;
        self.vm.state_mut().go_back(mark);
        let Some(snapshot) = self.snapshots.drain(at..).next() else { return Ok(()) };
        (self.now, self.pool) = (snapshot.now, snapshot.pool);
        self.recount();
        if self.snapshots.is_empty() {
            self.vm.state_mut().forget();
        }
        Ok(())
    }

    // ── Calls ───────────────────────────────────────────────────────────────────────────────────────────────────────────────

    /// Executes a message at the latest block and discards its effects: `eth_call`.
    ///
    /// # Errors
    /// [`ExecuteError`] when the message cannot be executed; a revert or halt is an [`Outcome`].
    pub fn view(&mut self, message: Message) -> Result<Outcome, ExecuteError> {
        let env = self.env();
        self.view_in(&env, message)
    }

    /// Executes a message in any block environment and discards its effects.
    ///
    /// # Errors
    /// As [`Self::view`].
    pub fn view_in(&mut self, env: &BlockEnv, message: Message) -> Result<Outcome, ExecuteError> {
        let (result, state) = self.try_message(env, message)?;
        let changes = if result.is_success() { Changes::of(&state, &self.ledger().state) } else { Changes::default() };
        Ok(outcome(result, changes, self.vm.panic.take()))
    }

    fn try_message(&mut self, env: &BlockEnv, message: Message) -> Result<(ExecutionResult, EvmState), ExecuteError> {
        let vm = &mut self.vm;
        vm.panic = None;
        vm.inner.ctx.set_block(env.to_revm());
        vm.inner.ctx.set_tx(unchecked_tx(message));
        let result = Runner::new(Rules::Free).run(vm);
        let state = vm.inner.ctx.journaled_state.finalize();
        Ok((result?, state))
    }

    /// The least gas limit with which a message succeeds at the latest block, up to its own limit.
    ///
    /// # Errors
    /// [`EstimateError`] when no limit helps.
    pub fn estimate_gas(&mut self, message: &Message) -> Result<u64, EstimateError> {
        let env = self.env();
        let mut attempt = |gas_limit: u64| match self.try_message(&env, message.clone().with_gas_limit(gas_limit)) {
            Ok((result, _)) => Ok(Some(result)),
            Err(ExecuteError::IntrinsicGas { .. }) => Ok(None),
            Err(error) => Err(error),
        };
        let mut enough = message.gas_limit.min(env.gas_limit);
        let used = match attempt(enough)? {
            Some(result @ ExecutionResult::Success { .. }) => result.tx_gas_used(),
            Some(ExecutionResult::Revert { output, .. }) => return Err(EstimateError::Reverts(output)),
            Some(ExecutionResult::Halt { reason, .. }) => return Err(EstimateError::Halts(reason)),
            // The full limit does not even cover intrinsic gas: say by how much.
            None => {
                return Err(self.view(message.clone()).err().map_or(EstimateError::Reverts(Bytes::new()), Into::into));
            }
        };
        let mut too_little = used.saturating_sub(1).min(enough.saturating_sub(1));
        // What is used is mostly nearly enough; the search is cheap if it starts there.
        let mut guess = used;
        while too_little + 1 < enough {
            let middle = guess.clamp(too_little + 1, enough - 1);
            match attempt(middle)? {
                Some(ExecutionResult::Success { .. }) => enough = middle,
                _ => too_little = middle,
            }
            let double = too_little.saturating_mul(2);
            guess = (too_little + (enough - too_little) / 2).min(double);
        }
        Ok(enough)
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

    /// A block with transactions, or the first, by its hash. Empty blocks are found by number only.
    pub fn block_by_hash(&self, hash: B256) -> Option<Block> {
        self.block(self.ledger().number_of(hash)?)
    }

    /// The latest block.
    pub fn latest(&self) -> Block {
        self.block(self.head()).unwrap_or_else(|| unreachable!("every chain has a first block"))
    }

    pub(crate) fn reader(&self) -> &Ledger {
        self.ledger()
    }
}

struct BlockRun {
    /// How many of the pool were executed or dropped.
    taken: usize,
    stored: Vec<StoredTx>,
    receipts: ReceiptsBuilder,
    results: Vec<TxResult>,
    dropped: Vec<(B256, TxError)>,
}

impl BlockRun {
    fn push(&mut self, tx: &Transaction, outcome: Outcome) {
        let stored = StoredTx::new(tx);
        let Outcome { status, output, gas_used, logs, created, panic, .. } = outcome;
        self.receipts.push(tx.tx_type(), status == Status::Success, gas_used, created, logs);
        self.results.push(TxResult { hash: stored.hash, status, gas_used, output, created, panic });
        self.stored.push(stored);
    }
}
