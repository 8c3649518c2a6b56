//! The Merkle-Patricia tries that commit to a chain's state, and proofs from them.
//!
//! There is one trie of accounts, and one of storage for each account that has any. Keys are hashed: `keccak256(address)` and
//! `keccak256(slot)`; values are `rlp(nonce, balance, storage root, code hash)` and `rlp(value)`. Source: the Yellow Paper,
//! appendix D.
//!
//! ```text
//! changes ─▶ update: take the nodes on the changed paths ─▶ rebuild them ─▶ hash them, deepest first ─▶ root
//! ```
//!
//! A node is kept under its trie and its path from the root, not under its hash. So a node that changes replaces its predecessor, nothing
//! has to be counted or swept up, and there is one version of each trie: the latest.
//!
//! Invariants:
//! - Kept are the root of a trie that is not empty, and every node that its parent names by hash. A node whose encoding is shorter than 32
//!   bytes is a part of its parent's, and is not kept by itself.
//! - An update reads only; what it would change is handed back, so that it can be written together with what caused it.
//! - The root is a function of the content: neither the order of changes nor their division into updates matters.

mod memory;
mod proof;
mod state;
#[cfg(test)]
mod tests;
mod update;
mod verify;

use alloy_primitives::{B256, Bytes};
use alloy_rlp::Decodable;
use alloy_trie::{Nibbles, nodes::TrieNode};

pub(crate) use memory::MemoryNodes;
pub use verify::{NodesByHash, ProofFault, account_key, decode_account, decode_slot, slot_key, value_at, verify_proof};
pub(crate) use {
    proof::prove,
    state::{TrieDelta, advance, hashed_slot},
    update::root,
};

/// Nibbles of a hashed key.
const KEY_NIBBLES: usize = 64;

/// One of the tries of a chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TrieId {
    /// That of the accounts.
    Accounts,
    /// That of the storage of the account whose address hashes to this.
    Storage(B256),
}

/// The place of a node: its trie, and the nibbles from the root down to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct NodeKey {
    pub(crate) trie: TrieId,
    pub(crate) path: Nibbles,
}

/// Nodes that differ, by place: their new encoding, or `None` for those that are no more.
pub(crate) type NodeChanges = Vec<(NodeKey, Option<Bytes>)>;

/// Where the nodes of tries are kept.
pub(crate) trait Nodes {
    /// The encoding of a node, or `None` if there is none at this place or it cannot be read.
    fn node(&self, key: &NodeKey) -> Option<Bytes>;
}

/// A trie that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TrieError {
    /// A node that its parent names is not there.
    #[error("the trie {trie:?} has no node at {path:?}: what is kept of it is damaged")]
    Missing {
        /// The trie.
        trie: TrieId,
        /// The nibbles from its root.
        path: Vec<u8>,
    },
    /// A node is not encoded as one.
    #[error("the node at {path:?} of the trie {trie:?} is damaged: {fault}")]
    Damaged {
        /// The trie.
        trie: TrieId,
        /// The nibbles from its root.
        path: Vec<u8>,
        /// What is wrong with it.
        fault: alloy_rlp::Error,
    },
}

/// Whether bytes are the encoding of a node of the accounts: for fuzzing.
pub(crate) fn is_node(bytes: &[u8]) -> bool {
    NodeKey::root(TrieId::Accounts).decode(bytes).is_ok()
}

impl NodeKey {
    fn root(trie: TrieId) -> Self {
        Self { trie, path: Nibbles::new() }
    }

    /// The encoding of a node that its parent names by hash.
    fn read(&self, nodes: &impl Nodes) -> Result<Bytes, TrieError> {
        nodes.node(self).ok_or_else(|| TrieError::Missing { trie: self.trie, path: self.path.to_vec() })
    }

    fn decode(&self, mut encoded: &[u8]) -> Result<TrieNode, TrieError> {
        let damaged = |fault| TrieError::Damaged { trie: self.trie, path: self.path.to_vec(), fault };
        let node = TrieNode::decode(&mut encoded).map_err(damaged)?;
        let way = match &node {
            TrieNode::Leaf(leaf) => leaf.key.len(),
            TrieNode::Extension(extension) => extension.key.len(),
            TrieNode::Branch(_) => 1,
            TrieNode::EmptyRoot => 0,
        };
        if self.path.len() + way > KEY_NIBBLES {
            return Err(damaged(alloy_rlp::Error::Custom("it leads further than a key")));
        }
        Ok(node)
    }
}
