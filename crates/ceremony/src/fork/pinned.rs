//! What was read of a chain as of one block, to be read again offline.
//!
//! Of a proven fork, the nodes of its proofs are kept and no values: what an account or slot is follows from the state root each time it
//! is read. Of an unproven one, values are kept, with the reason why they are believed.

use std::collections::BTreeMap;

use alloy_consensus::Header;
use alloy_primitives::{Address, B256, Bytes, KECCAK256_EMPTY, U256, keccak256};
use ephor_chain::{
    NodesByHash, ProofFault, Source, SourceAccount, TrieAccount, account_key, decode_account, decode_slot, slot_key,
    value_at,
};
use serde::{Deserialize, Serialize};

use super::{
    ForkError,
    block::{Commitment, check_header, sees_own_number},
    stage::{Base, Reads},
};

/// The most characters of a reason.
const MAX_REASON: usize = 300;

/// What was read of a chain as of one block.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pinned {
    /// The block's hash.
    pub hash: B256,
    /// The block's header.
    pub header: Header,
    /// The header of the last stored block before an empty one, on networks of `ephor up`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stored: Option<Header>,
    /// Why nothing is proven; none if all is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unproven: Option<String>,
    /// Nodes of the tries of the state.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub nodes: Vec<Bytes>,
    /// Code of accounts.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub codes: Vec<Bytes>,
    /// Accounts that are not proven.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub accounts: BTreeMap<Address, PinnedAccount>,
    /// Headers of the blocks before, each hashed in the one before it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub headers: Vec<Header>,
    /// Hashes of earlier blocks that are believed.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub block_hashes: BTreeMap<u64, B256>,
}

/// An account that is believed to be so.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PinnedAccount {
    /// Wei.
    pub balance: U256,
    /// Transactions sent.
    pub nonce: u64,
    /// The hash of its code.
    pub code_hash: B256,
    /// Slots that were read.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub storage: BTreeMap<U256, U256>,
}

impl Pinned {
    /// A state to read again.
    pub(super) fn open(&self) -> Result<Replay, ForkError> {
        let commitment = check_header(self.hash, &self.header, self.stored.as_ref())?;
        let reason = self.unproven.as_deref().unwrap_or_default();
        if reason.chars().count() > MAX_REASON || reason.chars().any(char::is_control) {
            return Err(ForkError::Pinned("its reason for being unproven is too long or holds control characters"));
        }
        if self.unproven.is_none() && !self.accounts.is_empty() {
            return Err(ForkError::Pinned("it is said to be proven, and states accounts without proofs"));
        }
        let by_hash = |list: &[Bytes]| list.iter().map(|bytes| (keccak256(bytes), bytes.clone())).collect();
        let (nodes, codes) = (by_hash(&self.nodes), by_hash(&self.codes));
        Ok(Replay { pinned: self.clone(), commitment, nodes: Nodes(nodes), codes, reads: Reads::default() })
    }
}

/// The hash of an ancestor, by the headers between; `None` if they do not reach so far.
pub(super) fn ancestor_hash(header: &Header, headers: &[Header], number: u64) -> Option<B256> {
    let mut child = header;
    for earlier in headers {
        if child.number.checked_sub(1) == Some(number) {
            break;
        }
        if earlier.hash_slow() != child.parent_hash {
            return None;
        }
        child = earlier;
    }
    (child.number.checked_sub(1) == Some(number)).then_some(child.parent_hash)
}

/// Nodes by their hashes.
#[derive(Clone, Debug, Default)]
pub(super) struct Nodes(pub(super) BTreeMap<B256, Bytes>);

impl NodesByHash for &Nodes {
    fn node(&mut self, hash: B256) -> Option<Bytes> {
        self.0.get(&hash).cloned()
    }
}

/// An account by the nodes of a state.
pub(super) fn account_in(root: B256, address: Address, nodes: &Nodes) -> Result<Option<TrieAccount>, ForkError> {
    let value = value_at(root, account_key(address), &mut &*nodes).map_err(|fault| ForkError::AccountProof {
        address,
        root,
        fault: fault.into(),
    })?;
    decode_account(value.as_ref()).map_err(|fault| ForkError::NotAnAccount { address, fault })
}

/// The value of a slot by the nodes of a storage.
pub(super) fn slot_in(root: B256, address: Address, slot: U256, nodes: &Nodes) -> Result<U256, ForkError> {
    let failed = |fault: ProofFault| ForkError::SlotProof { address, slot, root, fault: fault.into() };
    let value = value_at(root, slot_key(slot), &mut &*nodes).map_err(failed)?;
    decode_slot(value.as_ref()).map_err(|fault| ForkError::NotASlot { address, slot, fault })
}

/// What is pinned, as a state.
pub(super) struct Replay {
    pinned: Pinned,
    commitment: Commitment,
    nodes: Nodes,
    codes: BTreeMap<B256, Bytes>,
    reads: Reads,
}

impl Replay {
    fn believed(&self, address: Address) -> Result<&PinnedAccount, ForkError> {
        self.pinned.accounts.get(&address).ok_or_else(|| ForkError::NotPinned(format!("account {address}")))
    }
}

impl Source for Replay {
    type Error = ForkError;

    fn account(&mut self, address: Address) -> Result<Option<SourceAccount>, ForkError> {
        self.reads.accounts += 1;
        let (balance, nonce, code_hash) = if self.pinned.unproven.is_some() {
            let account = self.believed(address)?;
            (account.balance, account.nonce, account.code_hash)
        } else {
            let Some(account) = account_in(self.pinned.header.state_root, address, &self.nodes)? else {
                return Ok(None);
            };
            (account.balance, account.nonce, account.code_hash)
        };
        let code = match code_hash {
            KECCAK256_EMPTY => Bytes::new(),
            hash => self.codes.get(&hash).cloned().ok_or_else(|| ForkError::NotPinned(format!("code of {address}")))?,
        };
        Ok(Some(SourceAccount { balance, nonce, code }))
    }

    fn slot(&mut self, address: Address, slot: U256) -> Result<U256, ForkError> {
        self.reads.slots += 1;
        if self.pinned.unproven.is_some() {
            let found = self.believed(address)?.storage.get(&slot).copied();
            return found.ok_or_else(|| ForkError::NotPinned(format!("slot {slot:#x} of {address}")));
        }
        let account = account_in(self.pinned.header.state_root, address, &self.nodes)?.unwrap_or_default();
        slot_in(account.storage_root, address, slot, &self.nodes)
    }

    fn block_hash(&mut self, number: u64) -> Result<B256, ForkError> {
        let Pinned { header, headers, block_hashes, .. } = &self.pinned;
        if let Some(hash) = block_hashes.get(&number) {
            return Ok(*hash);
        }
        let follows = self.commitment == Commitment::Fields && sees_own_number(header);
        let found = follows.then(|| ancestor_hash(header, headers, number)).flatten();
        found.ok_or_else(|| ForkError::NotPinned(format!("hash of block {number}")))
    }
}

impl Base for Replay {
    fn hash(&self) -> B256 {
        self.pinned.hash
    }

    fn header(&self) -> &Header {
        &self.pinned.header
    }

    fn commitment(&self) -> Commitment {
        self.commitment
    }

    fn unproven(&self) -> Option<&str> {
        self.pinned.unproven.as_deref()
    }

    fn believed_hashes(&self) -> Vec<u64> {
        self.pinned.block_hashes.keys().copied().collect()
    }

    fn reads(&self) -> Reads {
        self.reads
    }
}
