//! Transactions on their way into blocks.
//!
//! The pool is a queue: transactions are mined in the order in which they were accepted, and one sender's are accepted in the order of
//! their nonces only. A transaction is checked twice, against what can be known when it arrives and against the state it
//! meets; one that turns out not to be valid then is dropped and reported, and is in no block.

use std::{convert::Infallible, sync::Arc};

use alloy_consensus::{Transaction as _, TxEnvelope};
use alloy_primitives::{Address, B256, Bytes, U256, keccak256};
use revm::{
    context::result::{EVMError, ExecutionResult, InvalidTransaction},
    context_interface::{ContextSetters, ContextTr, JournalTr},
    handler::Handler,
};

use crate::{
    block::{BlockTxs, Place, StoredBlock},
    chain::{Chain, ChainError},
    config::BlockTime,
    executor::{Changes, Message, Outcome, Status, outcome},
    handler::{Rules, Runner, intrinsic_gas},
    ledger::Delta,
    receipts::BlockReceipts,
    scribe::{Ended, Outbox, beside},
    state::StateDelta,
    trie::TrieDelta,
    tx::{SignedTx, Transaction, TxError, UnsignedTx},
};

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

impl Chain {
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
        if self.ledger().place_of(hash).is_some() || !self.unsigned.insert(hash) {
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
        if nonce == u64::MAX {
            return Err(TxError::Other(InvalidTransaction::NonceOverflowInTransaction));
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
        let gas = intrinsic_gas(params, envelope.input(), envelope.is_create(), accounts, slots);
        let (intrinsic, limit) = (gas.initial_total_gas().max(gas.floor_gas()), envelope.gas_limit());
        if intrinsic > limit {
            return Err(TxError::IntrinsicGas { intrinsic, limit });
        }
        Ok(())
    }

    /// The nonce of an account's next transaction, pending ones counted. The greatest nonce has none after it (EIP-2681).
    pub fn next_nonce(&self, address: Address) -> u64 {
        self.nonce(address).saturating_add(self.pending.get(&address).copied().unwrap_or(0))
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
        let ((run, change), txs, receipts) =
            beside(&pool, |outbox| (self.run_block(place, &pool, outbox), self.block_change()));
        let txs = txs.keeping(&run.included);
        let results =
            run.results.into_iter().zip(&txs.list).map(|(result, tx)| TxResult { hash: tx.hash, ..result }).collect();
        let sealed = change.map(|change| self.seal(place, txs, receipts, change));
        let block = match sealed.and_then(|(block, step)| self.take_step(&step).map(|()| block)) {
            Ok(block) => block,
            Err(error) => {
                self.pool = pool;
                return Err(error);
            }
        };
        let (number, hash, now) = (place.number, block.hash, block.time());
        self.now = BlockTime { timestamp: time.timestamp.max(now.timestamp), ..now };
        self.pool = pool;
        self.pool.drain(..run.taken);
        self.written.taken(run.taken);
        self.recount();
        Ok(Mined { number, hash, results, dropped: run.dropped })
    }

    /// What a block that was executed changes.
    fn block_change(&mut self) -> Result<(StateDelta, TrieDelta), ChainError> {
        let state = self.vm.inner.ctx.journaled_state.finalize();
        let ledger = self.ledger();
        let state = ledger.state.difference(state);
        let tries = ledger.rooted(&state)?;
        Ok((state, tries))
    }

    /// The block of what was executed, and the step that takes it over.
    fn seal(
        &self,
        place: Place,
        txs: BlockTxs,
        receipts: BlockReceipts,
        (state, TrieDelta { root, nodes }): (StateDelta, TrieDelta),
    ) -> (Arc<StoredBlock>, Delta) {
        let ledger = self.ledger();
        let parent = ledger.hash_of(place.number - 1).unwrap_or_default();
        let block = Arc::new(place.seal(&ledger.config, parent, root, txs, receipts));
        let step = Delta { state, added: vec![Arc::clone(&block)], nodes, ..Delta::default() };
        (block, step)
    }

    fn run_block(&mut self, place: Place, pool: &[Transaction], mut outbox: Outbox) -> BlockRun {
        let config = self.config().clone();
        self.vm.inner.ctx.set_block(place.env(&config).to_revm());
        let Ok(()) = self.begin_block(place.number);
        let mut run = BlockRun {
            taken: 0,
            included: Vec::with_capacity(pool.len()),
            gas_used: 0,
            results: Vec::with_capacity(pool.len()),
            dropped: Vec::new(),
        };
        for (place, tx) in pool.iter().enumerate() {
            if run.gas_used.saturating_add(tx.gas_limit()) > config.gas_limit {
                break;
            }
            run.taken += 1;
            match self.run_tx(tx) {
                Ok(result) => {
                    let outcome = outcome(result, Changes::default(), self.vm.panic.take());
                    outbox.push(run.take(place, tx, outcome));
                }
                Err(EVMError::Transaction(fault)) => {
                    let fault = TxError::from_revm(fault, tx, config.gas_limit, config.base_fee);
                    run.dropped.push((tx.hash(), fault));
                }
                // Only precompiled contracts are left to fail, and none of Ethereum's does.
                Err(error) => {
                    let fault = InvalidTransaction::Str(error.to_string().into());
                    run.dropped.push((tx.hash(), TxError::Other(fault)));
                }
            }
        }
        run
    }

    /// Does what comes before a block's transactions, as part of the block.
    pub(crate) fn begin_block(&mut self, number: u64) -> Result<(), Infallible> {
        let Some((address, slot)) = self.config().number_slot else { return Ok(()) };
        let journal = self.vm.inner.ctx.journal_mut();
        journal.load_account(address)?;
        journal.sstore(address, slot, U256::from(number))?;
        journal.touch_account(address);
        journal.commit_tx();
        Ok(())
    }

    pub(crate) fn run_tx(&mut self, tx: &Transaction) -> Result<ExecutionResult, EVMError<Infallible>> {
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

    pub(crate) fn recount(&mut self) {
        self.pending.clear();
        self.unsigned.clear();
        for tx in &self.pool {
            match tx {
                Transaction::Signed(tx) => *self.pending.entry(tx.sender()).or_default() += 1,
                Transaction::Unsigned(tx) => drop(self.unsigned.insert(tx.hash())),
            }
        }
    }
}

struct BlockRun {
    /// How many of the pool were executed or dropped.
    taken: usize,
    /// The places in the pool of those that are in the block.
    included: Vec<usize>,
    /// By those in the block.
    gas_used: u64,
    /// Of those in the block; their hashes are not known here.
    results: Vec<TxResult>,
    dropped: Vec<(B256, TxError)>,
}

impl BlockRun {
    /// Takes a transaction that was executed into the block. Returns what its receipt says.
    fn take(&mut self, place: usize, tx: &Transaction, outcome: Outcome) -> Ended {
        let Outcome { status, output, gas_used, logs, created, panic, .. } = outcome;
        let (tx_type, success) = (tx.tx_type(), status == Status::Success);
        self.gas_used += gas_used;
        self.results.push(TxResult { hash: B256::ZERO, status, gas_used, output, created, panic });
        self.included.push(place);
        Ended { tx_type, success, gas_used, created, logs }
    }
}
