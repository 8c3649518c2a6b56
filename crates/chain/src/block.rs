//! Blocks: those with transactions, which are stored, and the empty ones between them, which are computed.
//!
//! A stored block is sealed as on Ethereum: its hash is the hash of its RLP-encoded header, with the roots of its transactions and
//! receipts.
//!
//! A chain with slots has a block for every slot. Moving the clock by half a year would mean a million headers, each hashed into
//! the next; instead, an empty block has by definition
//!
//! ```text
//! hash(n) = keccak256("ephor: empty block" ‖ hash of the last stored block before n ‖ n as 8 bytes)
//! ```
//!
//! so that any of them is known at once, parent hashes still link every block to the one before, and a different past still means
//! different hashes. Deviation: the hash of an empty block is therefore not the hash of its header, and is
//! always given beside it.
//!
//! Deviation: `state_root` is zero unless [`ChainConfig::state_roots`] says otherwise.

use alloy_consensus::{EMPTY_OMMER_ROOT_HASH, EMPTY_ROOT_HASH, Header};
use alloy_eips::eip7685::EMPTY_REQUESTS_HASH;
use alloy_primitives::{Address, B256, Bytes, keccak256};
use alloy_trie::root::ordered_trie_root_encoded;

use crate::{
    config::{BlockRule, BlockTime, ChainConfig},
    disk::records::Head,
    executor::BlockEnv,
    receipts::{BlockReceipts, Receipts},
    tx::Transaction,
};

/// A block without its transactions' contents.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Block {
    /// Its hash.
    pub hash: B256,
    /// Its header.
    pub header: Header,
    /// Ethereum's block number when it was made; the chain's own on chains with slots.
    pub l1_block: u64,
    /// Its transactions, in order.
    pub transactions: Vec<B256>,
}

/// A block with everything in it, as the chain keeps it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct StoredBlock {
    pub(crate) hash: B256,
    pub(crate) header: Header,
    pub(crate) l1_block: u64,
    pub(crate) txs: Vec<StoredTx>,
    pub(crate) receipts: Receipts,
}

/// A transaction in a block: encoded, which is a third of its size in memory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct StoredTx {
    pub(crate) hash: B256,
    pub(crate) sender: Address,
    pub(crate) encoded: Bytes,
}

impl StoredTx {
    pub(crate) fn new(tx: &Transaction) -> Self {
        Self { hash: tx.hash(), sender: tx.from(), encoded: tx.encoded().into() }
    }
}

/// Transactions encoded for a block, with the root of their trie.
#[derive(Debug)]
pub(crate) struct BlockTxs {
    pub(crate) list: Vec<StoredTx>,
    root: B256,
}

impl BlockTxs {
    pub(crate) fn new(txs: &[Transaction]) -> Self {
        Self::of(txs.iter().map(StoredTx::new).collect())
    }

    fn of(list: Vec<StoredTx>) -> Self {
        Self { root: ordered_trie_root_encoded(&list), list }
    }

    /// Those at the given places, which ascend.
    pub(crate) fn keeping(self, places: &[usize]) -> Self {
        if places.len() == self.list.len() {
            return self;
        }
        let mut places = places.iter().peekable();
        let all = self.list.into_iter().enumerate();
        Self::of(all.filter(|(place, _)| places.next_if_eq(&place).is_some()).map(|(_, tx)| tx).collect())
    }
}

impl AsRef<[u8]> for StoredTx {
    fn as_ref(&self) -> &[u8] {
        &self.encoded
    }
}

impl StoredBlock {
    pub(crate) fn time(&self) -> BlockTime {
        BlockTime { timestamp: self.header.timestamp, l1_block: self.l1_block }
    }

    pub(crate) fn to_block(&self) -> Block {
        Block {
            hash: self.hash,
            header: self.header.clone(),
            l1_block: self.l1_block,
            transactions: self.txs.iter().map(|tx| tx.hash).collect(),
        }
    }
}

/// What is known at once of the last stored block.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tip {
    pub(crate) number: u64,
    pub(crate) hash: B256,
    pub(crate) time: BlockTime,
    pub(crate) state_root: B256,
}

impl Tip {
    pub(crate) fn of(head: &Head) -> Self {
        let Head { hash, header, .. } = head;
        Self { number: header.number, hash: *hash, time: head.time(), state_root: header.state_root }
    }

    pub(crate) fn of_stored(block: &StoredBlock) -> Self {
        let StoredBlock { hash, header, .. } = block;
        Self { number: header.number, hash: *hash, time: block.time(), state_root: header.state_root }
    }
}

/// The place of a block on its chain, before anything is known of its contents.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) number: u64,
    pub(crate) time: BlockTime,
}

impl Place {
    /// What contracts see as `block.number`.
    pub(crate) fn evm_number(self, config: &ChainConfig) -> u64 {
        match config.blocks {
            BlockRule::Slots { .. } => self.number,
            BlockRule::OnDemand => self.time.l1_block,
        }
    }

    pub(crate) fn env(self, config: &ChainConfig) -> BlockEnv {
        BlockEnv {
            number: self.evm_number(config),
            timestamp: self.time.timestamp,
            coinbase: config.coinbase,
            base_fee: config.base_fee,
            gas_limit: config.gas_limit,
            prevrandao: prevrandao(config.chain_id, self.number),
        }
    }

    /// A header of this place without contents.
    fn header(self, config: &ChainConfig, parent_hash: B256, state_root: B256) -> Header {
        let mix_hash = match config.blocks {
            BlockRule::Slots { .. } => prevrandao(config.chain_id, self.number),
            // As on live Arbitrum chains, bytes 8 to 16 carry Ethereum's block number.
            BlockRule::OnDemand => {
                let mut mix = B256::ZERO;
                mix[8..16].copy_from_slice(&self.time.l1_block.to_be_bytes());
                mix
            }
        };
        Header {
            parent_hash,
            ommers_hash: EMPTY_OMMER_ROOT_HASH,
            beneficiary: config.coinbase,
            state_root,
            transactions_root: EMPTY_ROOT_HASH,
            receipts_root: EMPTY_ROOT_HASH,
            number: self.number,
            gas_limit: config.gas_limit,
            timestamp: self.time.timestamp,
            mix_hash,
            base_fee_per_gas: Some(config.base_fee),
            withdrawals_root: Some(EMPTY_ROOT_HASH),
            blob_gas_used: Some(0),
            excess_blob_gas: Some(0),
            parent_beacon_block_root: Some(B256::ZERO),
            requests_hash: Some(EMPTY_REQUESTS_HASH),
            ..Header::default()
        }
    }

    /// Seals a block with its contents.
    pub(crate) fn seal(
        self,
        config: &ChainConfig,
        parent_hash: B256,
        state_root: B256,
        txs: BlockTxs,
        receipts: BlockReceipts,
    ) -> StoredBlock {
        let header = Header {
            transactions_root: txs.root,
            receipts_root: receipts.root,
            logs_bloom: receipts.bloom,
            gas_used: receipts.gas_used,
            ..self.header(config, parent_hash, state_root)
        };
        let l1_block = self.evm_number(config);
        StoredBlock { hash: header.hash_slow(), header, l1_block, txs: txs.list, receipts: receipts.list }
    }

    /// The empty block of this place, after the stored block `anchor`. The state is still the same.
    pub(crate) fn empty(self, config: &ChainConfig, anchor: Tip) -> Block {
        let parent = self.number.saturating_sub(1);
        let parent_hash = if parent == anchor.number { anchor.hash } else { empty_hash(anchor.hash, parent) };
        Block {
            hash: empty_hash(anchor.hash, self.number),
            header: self.header(config, parent_hash, anchor.state_root),
            l1_block: self.evm_number(config),
            transactions: Vec::new(),
        }
    }
}

/// The hash of an empty block after the stored block that hashes to `anchor`.
#[must_use]
pub fn empty_hash(anchor: B256, number: u64) -> B256 {
    keccak256([&b"ephor: empty block"[..], anchor.as_slice(), &number.to_be_bytes()].concat())
}

/// The randomness of a block: known to everyone beforehand, as nobody's stake depends on it here.
fn prevrandao(chain_id: u64, number: u64) -> B256 {
    keccak256([&b"ephor: randao"[..], &chain_id.to_be_bytes(), &number.to_be_bytes()].concat())
}

/// What `BLOCKHASH` returns where contracts see Ethereum's block numbers: as on live Arbitrum chains, a value of its own for each
/// number, unrelated to Ethereum's hashes.
pub(crate) fn pseudo_hash(chain_id: u64, number: u64) -> B256 {
    keccak256([&b"ephor: l1 hash"[..], &chain_id.to_be_bytes(), &number.to_be_bytes()].concat())
}
