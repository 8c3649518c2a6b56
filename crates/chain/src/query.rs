//! Looking up transactions, receipts and logs.

use std::ops::ControlFlow;

use alloy_primitives::{Address, B256, Bloom, BloomInput, Log};

use crate::{
    block::StoredBlock,
    chain::Chain,
    database::table::Table,
    disk::{
        Disk,
        logs::Wanted,
        records::{Head, TxRow},
    },
    receipts::LogRef,
    tx::Transaction,
};

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
    pub(crate) fn may_be_in(&self, bloom: &Bloom) -> bool {
        let has = |bytes: &[u8]| bloom.contains_input(BloomInput::Raw(bytes));
        (self.addresses.is_empty() || self.addresses.iter().any(|address| has(address.as_slice())))
            && self.topics.iter().all(|wanted| wanted.is_empty() || wanted.iter().any(|topic| has(topic.as_slice())))
    }

    fn is_open(&self) -> bool {
        self.addresses.is_empty() && self.topics.iter().all(Vec::is_empty)
    }
}

impl Chain {
    /// A mined transaction.
    pub fn transaction(&self, hash: B256) -> Option<TransactionView> {
        let (number, index) = self.ledger().place_of(hash)?;
        self.transaction_in(number, index)
    }

    /// The transaction at an index of a block.
    pub fn transaction_at(&self, block_number: u64, index: u64) -> Option<TransactionView> {
        self.transaction_in(block_number, u32::try_from(index).ok()?)
    }

    fn transaction_in(&self, number: u64, index: u32) -> Option<TransactionView> {
        let (head, row) = (self.ledger().head(number)?, self.ledger().row(number, index)?);
        self.transaction_of(&head, index, &row)
    }

    /// The receipt of a mined transaction.
    pub fn receipt(&self, hash: B256) -> Option<Receipt> {
        let (number, index) = self.ledger().place_of(hash)?;
        self.receipt_of(&*self.ledger().head(number)?, index, self.ledger().row(number, index)?)
    }

    /// The receipts of a block, in order; none for an empty one.
    pub fn receipts(&self, block_number: u64) -> Vec<Receipt> {
        let Some(head) = self.ledger().head(block_number) else { return Vec::new() };
        let indices = 0..u32::try_from(head.txs).unwrap_or(u32::MAX);
        indices
            .map_while(|index| Some((index, self.ledger().row(block_number, index)?)))
            .filter_map(|(index, row)| self.receipt_of(&head, index, row))
            .collect()
    }

    /// The logs that pass a filter, in order. In a database an index finds them; in memory, one does if there are many blocks.
    pub fn logs(&self, filter: &LogFilter) -> Vec<LogView> {
        let mut found = Vec::new();
        self.visit_logs(filter, |log| {
            found.push(log);
            ControlFlow::Continue(())
        });
        found
    }

    /// The logs that pass a filter, in order, if there are not more than `most`.
    pub fn logs_up_to(&self, filter: &LogFilter, most: usize) -> Option<Vec<LogView>> {
        let mut found = Vec::new();
        let mut too_many = false;
        self.visit_logs(filter, |log| {
            too_many = found.len() == most;
            if too_many {
                return ControlFlow::Break(());
            }
            found.push(log);
            ControlFlow::Continue(())
        });
        (!too_many).then_some(found)
    }

    fn visit_logs(&self, filter: &LogFilter, mut visit: impl FnMut(LogView) -> ControlFlow<()>) {
        let (first, last) = (filter.from_block, filter.to_block.unwrap_or(u64::MAX));
        if let Some(disk) = self.ledger().disk() {
            disk.visit_logs(filter, first, last, &mut visit);
            return;
        }
        for block in self.ledger().book.candidates(filter, first..=last) {
            for tx in 0..block.receipts.len() {
                for at in block.receipts.log_indices(tx) {
                    let log = block.receipts.log(at);
                    if filter.passes(&log) && visit(log_view(block, tx, at)).is_break() {
                        return;
                    }
                }
            }
        }
    }

    fn transaction_of(&self, head: &Head, index: u32, row: &TxRow) -> Option<TransactionView> {
        let decoded = Transaction::decode(&row.encoded, row.sender);
        let transaction = decoded
            .map_err(|error| {
                if let Some(database) = self.database() {
                    database.damaged(Table::Transactions, error);
                }
            })
            .ok()?;
        let effective_gas_price = transaction.effective_gas_price(self.config().base_fee);
        Some(TransactionView {
            transaction,
            hash: row.hash,
            block_number: head.header.number,
            block_hash: head.hash,
            index: u64::from(index),
            timestamp: head.header.timestamp,
            effective_gas_price,
        })
    }

    fn receipt_of(&self, head: &Head, index: u32, row: TxRow) -> Option<Receipt> {
        Some(Receipt {
            transaction: self.transaction_of(head, index, &row)?,
            success: row.success,
            gas_used: row.gas_used,
            cumulative_gas_used: row.cumulative_gas,
            created: row.created(),
            logs: (row.first_log..).zip(row.logs).map(|(at, log)| log_in(head, row.hash, index, at, log)).collect(),
        })
    }
}

impl Disk {
    fn visit_logs(&self, filter: &LogFilter, first: u64, last: u64, visit: &mut dyn FnMut(LogView) -> ControlFlow<()>) {
        if filter.is_open() {
            return self.stored_in(first, last, |number| {
                let Some(head) = self.head(number) else { return ControlFlow::Continue(()) };
                for index in 0..u32::try_from(head.txs).unwrap_or(u32::MAX) {
                    let Some(row) = self.row(number, index) else { continue };
                    for (at, log) in (row.first_log..).zip(row.logs) {
                        visit(log_in(&head, row.hash, index, at, log))?;
                    }
                }
                ControlFlow::Continue(())
            });
        }
        let wanted = Wanted { addresses: &filter.addresses, topics: &filter.topics };
        self.places_of_logs(&wanted, first, last, |number, places| {
            let Some(head) = self.head(number) else { return ControlFlow::Continue(()) };
            let mut row: Option<(u32, TxRow)> = None;
            for place in places {
                if row.as_ref().is_none_or(|(index, _)| *index != place.tx) {
                    row = self.row(number, place.tx).map(|row| (place.tx, row));
                }
                let Some((_, row)) = &row else { continue };
                let at = u64::from(place.log);
                let offset = at.checked_sub(row.first_log).and_then(|offset| usize::try_from(offset).ok());
                let Some(log) = offset.and_then(|offset| row.logs.get(offset)) else { continue };
                if filter.matches(log) {
                    visit(log_in(&head, row.hash, place.tx, at, log.clone()))?;
                }
            }
            ControlFlow::Continue(())
        });
    }
}

fn log_in(head: &Head, transaction: B256, index: u32, at: u64, log: Log) -> LogView {
    LogView {
        log,
        block_number: head.header.number,
        block_hash: head.hash,
        timestamp: head.header.timestamp,
        transaction,
        transaction_index: u64::from(index),
        index: at,
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
