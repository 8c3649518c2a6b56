//! Looking up transactions, receipts and logs.

use std::ops::RangeInclusive;

use alloy_primitives::{Address, B256, BloomInput, Log};

use crate::{block::StoredBlock, chain::Chain, receipts::LogRef, tx::Transaction};

/// A transaction and its place on the chain.
#[derive(Clone, Debug)]
pub struct TransactionView {
    /// The transaction.
    pub transaction: Transaction,
    /// Its hash.
    pub hash: B256,
    /// The number of its block.
    pub block_number: u64,
    /// The hash of its block.
    pub block_hash: B256,
    /// Its index in the block.
    pub index: u64,
    /// The timestamp of its block.
    pub timestamp: u64,
    /// Wei it paid per gas.
    pub effective_gas_price: u128,
}

/// What a transaction came to.
#[derive(Clone, Debug)]
pub struct Receipt {
    /// The transaction and its place.
    pub transaction: TransactionView,
    /// Whether it succeeded.
    pub success: bool,
    /// Gas it paid for.
    pub gas_used: u64,
    /// Gas of the block up to and including it.
    pub cumulative_gas_used: u64,
    /// The contract it created.
    pub created: Option<Address>,
    /// Its logs.
    pub logs: Vec<LogView>,
}

/// A log and its place on the chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogView {
    /// The log.
    pub log: Log,
    /// The number of its block.
    pub block_number: u64,
    /// The hash of its block.
    pub block_hash: B256,
    /// The timestamp of its block.
    pub timestamp: u64,
    /// The hash of its transaction.
    pub transaction: B256,
    /// The index of its transaction in the block.
    pub transaction_index: u64,
    /// Its index in the block.
    pub index: u64,
}

/// Which logs to look for. An empty list of addresses or topics means any.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LogFilter {
    /// The first block.
    pub from_block: u64,
    /// The last block; the latest if `None`.
    pub to_block: Option<u64>,
    /// The contracts that emitted them.
    pub addresses: Vec<Address>,
    /// What each topic may be, by position.
    pub topics: [Vec<B256>; 4],
}

impl LogFilter {
    /// Whether a log passes, its block aside.
    pub fn matches(&self, log: &Log) -> bool {
        self.passes(&LogRef { address: log.address, topics: log.topics(), data: &log.data.data })
    }

    fn passes(&self, log: &LogRef<'_>) -> bool {
        let any = |position: usize| {
            let wanted = &self.topics[position];
            wanted.is_empty() || log.topics.get(position).is_some_and(|topic| wanted.contains(topic))
        };
        (self.addresses.is_empty() || self.addresses.contains(&log.address)) && (0..4).all(any)
    }

    /// Whether a block can have such logs, by its bloom.
    fn may_be_in(&self, block: &StoredBlock) -> bool {
        let bloom = &block.header.logs_bloom;
        let has = |bytes: &[u8]| bloom.contains_input(BloomInput::Raw(bytes));
        (self.addresses.is_empty() || self.addresses.iter().any(|address| has(address.as_slice())))
            && self.topics.iter().all(|wanted| wanted.is_empty() || wanted.iter().any(|topic| has(topic.as_slice())))
    }
}

impl Chain {
    /// A mined transaction.
    pub fn transaction(&self, hash: B256) -> Option<TransactionView> {
        let (block, index) = self.ledger().transaction(hash)?;
        self.transaction_in(block, index)
    }

    /// The transaction at an index of a block.
    pub fn transaction_at(&self, block_number: u64, index: u64) -> Option<TransactionView> {
        self.transaction_in(self.ledger().stored(block_number)?, usize::try_from(index).ok()?)
    }

    /// The receipt of a mined transaction.
    pub fn receipt(&self, hash: B256) -> Option<Receipt> {
        let (block, index) = self.ledger().transaction(hash)?;
        self.receipt_in(block, index)
    }

    /// The receipts of a block, in order; none for an empty one.
    pub fn receipts(&self, block_number: u64) -> Vec<Receipt> {
        let Some(block) = self.ledger().stored(block_number) else { return Vec::new() };
        (0..block.receipts.len()).filter_map(|index| self.receipt_in(block, index)).collect()
    }

    /// The logs that pass a filter, in order. Blocks whose bloom rules the filter out are skipped unread.
    pub fn logs(&self, filter: &LogFilter) -> Vec<LogView> {
        let numbers: RangeInclusive<u64> = filter.from_block..=filter.to_block.unwrap_or(u64::MAX);
        let mut found = Vec::new();
        for block in self.ledger().stored_in(numbers).filter(|block| filter.may_be_in(block)) {
            for tx in 0..block.receipts.len() {
                let passing = block.receipts.log_indices(tx).filter(|at| filter.passes(&block.receipts.log(*at)));
                found.extend(passing.map(|at| log_view(block, tx, at)));
            }
        }
        found
    }

    fn transaction_in(&self, block: &StoredBlock, index: usize) -> Option<TransactionView> {
        let stored = block.txs.get(index)?;
        let transaction = Transaction::decode(&stored.encoded, stored.sender).ok()?;
        let effective_gas_price = transaction.effective_gas_price(self.config().base_fee);
        Some(TransactionView {
            transaction,
            hash: stored.hash,
            block_number: block.header.number,
            block_hash: block.hash,
            index: index as u64,
            timestamp: block.header.timestamp,
            effective_gas_price,
        })
    }

    fn receipt_in(&self, block: &StoredBlock, index: usize) -> Option<Receipt> {
        let receipts = &block.receipts;
        Some(Receipt {
            transaction: self.transaction_in(block, index)?,
            success: receipts.success(index),
            gas_used: receipts.gas_used(index),
            cumulative_gas_used: receipts.cumulative_gas(index),
            created: receipts.created(index),
            logs: receipts.log_indices(index).map(|at| log_view(block, index, at)).collect(),
        })
    }
}

fn log_view(block: &StoredBlock, tx: usize, at: usize) -> LogView {
    LogView {
        log: block.receipts.log(at).to_log(),
        block_number: block.header.number,
        block_hash: block.hash,
        timestamp: block.header.timestamp,
        transaction: block.txs[tx].hash,
        transaction_index: tx as u64,
        index: at as u64,
    }
}
