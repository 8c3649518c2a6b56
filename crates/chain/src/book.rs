//! The blocks of a chain in memory, and an index of their logs.
//!
//! The index is made when a query over many blocks first needs it, and goes on from there: whoever never asks never pays.

use std::{cell::RefCell, collections::BTreeMap, ops::RangeInclusive, sync::Arc};

use alloy_primitives::{
    B256,
    map::{AddressMap, B256Map, HashMap},
};

use crate::{block::StoredBlock, query::LogFilter};

/// Queries over fewer blocks look at each.
const WORTH_AN_INDEX: usize = 64;

/// Stored blocks and where to find what is in them.
#[derive(Debug, Default)]
pub(crate) struct Book {
    blocks: BTreeMap<u64, Arc<StoredBlock>>,
    by_hash: B256Map<u64>,
    by_tx: B256Map<(u64, u32)>,
    index: RefCell<LogIndex>,
}

/// The blocks with logs of an address, or with a topic at a position, ascending.
#[derive(Debug, Default)]
struct LogIndex {
    /// The first block that is not in the index.
    next: u64,
    addresses: AddressMap<Vec<u64>>,
    topics: HashMap<(u8, B256), Vec<u64>>,
}

impl LogIndex {
    fn extend(&mut self, blocks: &BTreeMap<u64, Arc<StoredBlock>>) {
        let note = |list: &mut Vec<u64>, number| {
            if list.last() != Some(&number) {
                list.push(number);
            }
        };
        for (number, block) in blocks.range(self.next..) {
            for log in block.receipts.logs() {
                note(self.addresses.entry(log.address).or_default(), *number);
                for (position, topic) in (0..).zip(log.topics) {
                    note(self.topics.entry((position, *topic)).or_default(), *number);
                }
            }
            self.next = number.saturating_add(1);
        }
    }

    /// The blocks of the alternatives of which there are the fewest; `None` if anything goes.
    fn fewest(&self, filter: &LogFilter, numbers: &RangeInclusive<u64>) -> Option<Vec<u64>> {
        let cut = |list: Option<&Vec<u64>>| -> Vec<u64> {
            let list = list.map_or(&[][..], Vec::as_slice);
            let from = list.partition_point(|number| number < numbers.start());
            let to = list.partition_point(|number| number <= numbers.end());
            list.get(from..to).unwrap_or_default().to_vec()
        };
        let join = |lists: Vec<Vec<u64>>| {
            let mut all = lists.concat();
            all.sort_unstable();
            all.dedup();
            all
        };
        let mut all = Vec::new();
        if !filter.addresses.is_empty() {
            all.push(join(filter.addresses.iter().map(|address| cut(self.addresses.get(address))).collect()));
        }
        for (position, topics) in (0..).zip(&filter.topics) {
            if !topics.is_empty() {
                all.push(join(topics.iter().map(|topic| cut(self.topics.get(&(position, *topic)))).collect()));
            }
        }
        all.into_iter().min_by_key(Vec::len)
    }
}

impl Book {
    pub(crate) fn add(&mut self, block: &Arc<StoredBlock>) {
        let number = block.header.number;
        self.by_hash.insert(block.hash, number);
        for (tx, index) in block.txs.iter().zip(0..) {
            self.by_tx.insert(tx.hash, (number, index));
        }
        self.blocks.insert(number, Arc::clone(block));
    }

    pub(crate) fn remove(&mut self, number: u64) {
        let Some(block) = self.blocks.remove(&number) else { return };
        self.by_hash.remove(&block.hash);
        for tx in &block.txs {
            self.by_tx.remove(&tx.hash);
        }
        if number < self.index.get_mut().next {
            *self.index.get_mut() = LogIndex::default();
        }
    }

    pub(crate) fn get(&self, number: u64) -> Option<&Arc<StoredBlock>> {
        self.blocks.get(&number)
    }

    pub(crate) fn last(&self) -> Option<&Arc<StoredBlock>> {
        self.blocks.values().next_back()
    }

    pub(crate) fn last_until(&self, number: u64) -> Option<&Arc<StoredBlock>> {
        self.blocks.range(..=number).next_back().map(|(_, block)| block)
    }

    pub(crate) fn number_of(&self, hash: B256) -> Option<u64> {
        self.by_hash.get(&hash).copied()
    }

    pub(crate) fn place_of(&self, tx: B256) -> Option<(u64, u32)> {
        self.by_tx.get(&tx).copied()
    }

    /// The blocks of a range that can have logs as a filter wants them, in order.
    pub(crate) fn candidates(&self, filter: &LogFilter, numbers: RangeInclusive<u64>) -> Vec<&Arc<StoredBlock>> {
        if numbers.is_empty() {
            return Vec::new();
        }
        let few = self.blocks.range(numbers.clone()).take(WORTH_AN_INDEX).count() < WORTH_AN_INDEX;
        if !few {
            let mut index = self.index.borrow_mut();
            index.extend(&self.blocks);
            if let Some(numbers) = index.fewest(filter, &numbers) {
                return numbers.iter().filter_map(|number| self.blocks.get(number)).collect();
            }
        }
        let blocks = self.blocks.range(numbers).map(|(_, block)| block);
        blocks.filter(|block| filter.may_be_in(&block.header.logs_bloom)).collect()
    }
}
