//! The receipts and logs of a block, packed.
//!
//! A term has a hundred thousand transactions and more logs than that, so a block keeps its logs in three flat arrays instead of
//! one allocation per log and topic list. Readers get ordinary values.

use alloy_consensus::{Eip658Value, Receipt as ConsensusReceipt, RlpEncodableReceipt};
use alloy_primitives::{
    Address, B256, Bloom, BloomInput, Bytes, Log, LogData, keccak256,
    map::{AddressMap, B256Map},
};
use alloy_trie::{HashBuilder, Nibbles};

use crate::{scribe::Ended, tx::UNSIGNED_TX_TYPE};

/// The packed receipts of one block.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Receipts {
    entries: Vec<Entry>,
    logs: Vec<PackedLog>,
    topics: Vec<B256>,
    data: Bytes,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Entry {
    success: bool,
    cumulative_gas: u64,
    /// The index behind the transaction's last log.
    logs_end: u64,
    /// Zero if none.
    created: Address,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct PackedLog {
    address: Address,
    /// The index behind its last topic.
    topics_end: u64,
    /// The index behind its last byte of data.
    data_end: u64,
}

/// One log as it lies in the block.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LogRef<'a> {
    pub(crate) address: Address,
    pub(crate) topics: &'a [B256],
    pub(crate) data: &'a [u8],
}

impl LogRef<'_> {
    pub(crate) fn to_log(self) -> Log {
        Log {
            address: self.address,
            data: LogData::new_unchecked(self.topics.to_vec(), Bytes::copy_from_slice(self.data)),
        }
    }
}

impl Receipts {
    pub(crate) fn len(&self) -> usize {
        self.entries.len()
    }

    pub(crate) fn success(&self, tx: usize) -> bool {
        self.entries[tx].success
    }

    pub(crate) fn created(&self, tx: usize) -> Option<Address> {
        Some(self.entries[tx].created).filter(|created| !created.is_zero())
    }

    pub(crate) fn cumulative_gas(&self, tx: usize) -> u64 {
        self.entries[tx].cumulative_gas
    }

    pub(crate) fn gas_used(&self, tx: usize) -> u64 {
        self.cumulative_gas(tx) - tx.checked_sub(1).map_or(0, |before| self.cumulative_gas(before))
    }

    /// The indices in the block of the transaction's logs.
    pub(crate) fn log_indices(&self, tx: usize) -> std::ops::Range<usize> {
        let start = tx.checked_sub(1).map_or(0, |before| self.entries[before].logs_end);
        index(start)..index(self.entries[tx].logs_end)
    }

    /// Every log, in order.
    pub(crate) fn logs(&self) -> impl Iterator<Item = LogRef<'_>> {
        (0..self.logs.len()).map(|at| self.log(at))
    }

    /// The log at an index in the block.
    pub(crate) fn log(&self, at: usize) -> LogRef<'_> {
        let log = &self.logs[at];
        let (topics_start, data_start) =
            at.checked_sub(1).map_or((0, 0), |before| (self.logs[before].topics_end, self.logs[before].data_end));
        LogRef {
            address: log.address,
            topics: &self.topics[index(topics_start)..index(log.topics_end)],
            data: &self.data[index(data_start)..index(log.data_end)],
        }
    }
}

fn index(value: u64) -> usize {
    usize::try_from(value).unwrap_or(usize::MAX)
}

/// The receipts of a block, with what its header says of them.
#[derive(Debug)]
pub(crate) struct BlockReceipts {
    pub(crate) list: Receipts,
    pub(crate) root: B256,
    pub(crate) bloom: Bloom,
    pub(crate) gas_used: u64,
}

impl Default for BlockReceipts {
    /// Those of a block without transactions.
    fn default() -> Self {
        ReceiptsBuilder::default().finish()
    }
}

/// Packs the receipts of a block one by one, and puts each into the receipts' trie.
#[derive(Debug, Default)]
pub(crate) struct ReceiptsBuilder {
    packed: Receipts,
    data: Vec<u8>,
    /// Hashes of the addresses and topics seen in this block: most recur, and hashing them is a bloom's whole cost.
    addresses: AddressMap<B256>,
    topics: B256Map<B256>,
    root: ListRoot,
    /// Room to encode in.
    encoded: Vec<u8>,
    bloom: Bloom,
    gas_used: u64,
}

impl ReceiptsBuilder {
    /// Adds the receipt of the next transaction.
    pub(crate) fn push(&mut self, ended: Ended) {
        let Ended { tx_type, success, gas_used, created, logs } = ended;
        self.gas_used += gas_used;
        let mut bloom = Bloom::ZERO;
        for log in &logs {
            let address = self.addresses.entry(log.address).or_insert_with(|| keccak256(log.address));
            bloom.accrue(BloomInput::Hash(*address));
            for topic in log.topics() {
                let topic = self.topics.entry(*topic).or_insert_with(|| keccak256(topic));
                bloom.accrue(BloomInput::Hash(*topic));
            }
            self.packed.topics.extend_from_slice(log.topics());
            self.data.extend_from_slice(&log.data.data);
            self.packed.logs.push(PackedLog {
                address: log.address,
                topics_end: self.packed.topics.len() as u64,
                data_end: self.data.len() as u64,
            });
        }
        self.bloom |= bloom;
        self.packed.entries.push(Entry {
            success,
            cumulative_gas: self.gas_used,
            logs_end: self.packed.logs.len() as u64,
            created: created.unwrap_or_default(),
        });
        self.encoded.clear();
        if tx_type != 0 {
            debug_assert!(tx_type <= UNSIGNED_TX_TYPE);
            self.encoded.push(tx_type);
        }
        let receipt =
            ConsensusReceipt { status: Eip658Value::Eip658(success), cumulative_gas_used: self.gas_used, logs };
        receipt.rlp_encode_with_bloom(&bloom, &mut self.encoded);
        self.root.push(&self.encoded);
    }

    pub(crate) fn finish(self) -> BlockReceipts {
        let Self { packed, data, root, bloom, gas_used, .. } = self;
        BlockReceipts { list: Receipts { data: data.into(), ..packed }, root: root.finish(), bloom, gas_used }
    }
}

/// The root of the trie of a list, made while the list grows.
///
/// The keys of the trie are the RLP of the indices, and they have to come in order. That of zero, `0x80`, is after that of 127 and
/// before that of 128, `0x8180`, so the first value waits.
#[derive(Debug, Default)]
struct ListRoot {
    trie: HashBuilder,
    first: Option<Vec<u8>>,
    len: usize,
}

impl ListRoot {
    fn push(&mut self, value: &[u8]) {
        /// The last index whose RLP is the index itself.
        const LAST_BYTE: usize = 0x7f;
        match self.len {
            0 => self.first = Some(value.to_vec()),
            index => self.add(index, value),
        }
        if self.len == LAST_BYTE {
            self.add_first();
        }
        self.len += 1;
    }

    fn add(&mut self, index: usize, value: &[u8]) {
        self.trie.add_leaf(Nibbles::unpack(alloy_rlp::encode_fixed_size(&index)), value);
    }

    fn add_first(&mut self) {
        if let Some(first) = self.first.take() {
            self.add(0, &first);
        }
    }

    fn finish(mut self) -> B256 {
        self.add_first();
        self.trie.root()
    }
}

#[cfg(test)]
mod tests {
    use alloy_trie::root::ordered_trie_root_encoded;

    use super::*;

    #[test]
    fn a_growing_list_has_the_root_of_the_whole_list() {
        let values: Vec<Vec<u8>> = (0..700_usize).map(|index| vec![index.to_be_bytes()[7]; 1 + index % 50]).collect();
        for len in (0..=260).chain([511, 512, 513, 700]) {
            let mut root = ListRoot::default();
            values[..len].iter().for_each(|value| root.push(value));
            assert_eq!(root.finish(), ordered_trie_root_encoded(&values[..len]), "of {len}");
        }
    }
}
