//! What endpoints answer, in the form of the Ethereum JSON-RPC.

use alloy_consensus::Header;
use alloy_primitives::{B256, Bytes, U64, U256};
use serde::Deserialize;

/// A block without its transactions.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct BlockAnswer {
    pub(super) hash: B256,
    #[serde(flatten)]
    pub(super) header: Header,
    /// What the block's contracts see as its number, where that is another chain's.
    pub(super) l1_block_number: Option<U64>,
    /// On networks of `ephor up`: the last stored block before this one, which is empty, so that its hash is not that of its fields.
    pub(super) empty_since: Option<U64>,
}

/// An account, proven, with the slots that were asked for. Source: EIP-1186.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ProofAnswer {
    pub(super) balance: U256,
    pub(super) nonce: U64,
    pub(super) code_hash: B256,
    pub(super) storage_hash: B256,
    pub(super) account_proof: Vec<Bytes>,
    pub(super) storage_proof: Vec<SlotAnswer>,
}

/// A slot, proven.
#[derive(Debug, Deserialize)]
pub(super) struct SlotAnswer {
    pub(super) key: U256,
    pub(super) value: U256,
    pub(super) proof: Vec<Bytes>,
}
