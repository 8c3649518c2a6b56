//! What a trie of which only the root is known says of a key, by the nodes that lead there.
//!
//! ```text
//! root ─hash─▶ node ─hash─▶ node ─▶ value, or a place where the key's way ends: there is none
//! ```
//! Each node is accepted by its hash alone, which the root or the node above names. So whoever hands the nodes over can leave some out,
//! which is a fault, and cannot make the trie say anything else. Source: the Yellow Paper, appendix D; EIP-1186 for the order of a proof.

use alloy_primitives::{Address, B256, Bytes, U256, keccak256};
use alloy_rlp::Decodable;
use alloy_trie::{EMPTY_ROOT_HASH, Nibbles, TrieAccount, nodes::TrieNode};

use super::{
    KEY_NIBBLES,
    proof::{Way, way},
};

/// Why nodes prove nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProofFault {
    /// A node is not there.
    #[error("node {index} of the proof is missing: it should be the one that hashes to {hash}")]
    Missing {
        /// How many nodes stand above it.
        index: usize,
        /// Its hash.
        hash: B256,
    },
    /// A node is another one.
    #[error("node {index} of the proof hashes to {found}; above it stands {expected}")]
    Altered {
        /// How many nodes stand above it.
        index: usize,
        /// As the node above, or the root, has it.
        expected: B256,
        /// As it is.
        found: B256,
    },
    /// A node or a value is not encoded as one.
    #[error("node {index} of the proof is no node of a trie: {fault}")]
    Malformed {
        /// How many nodes stand above it.
        index: usize,
        /// What is wrong with it.
        fault: alloy_rlp::Error,
    },
    /// Nodes follow after the end of the way.
    #[error("{nodes} nodes follow after the end of the proof")]
    Surplus {
        /// How many.
        nodes: usize,
    },
}

/// Nodes by their hashes, from wherever they come. What is handed out need not be what was asked for.
pub trait NodesByHash {
    /// The node that hashes so, or is said to.
    fn node(&mut self, hash: B256) -> Option<Bytes>;
}

/// What the trie with that root says of a hashed key: its value as encoded, or that it has none.
///
/// # Errors
/// [`ProofFault`].
pub fn value_at(root: B256, key: B256, nodes: &mut impl NodesByHash) -> Result<Option<Bytes>, ProofFault> {
    if root == EMPTY_ROOT_HASH {
        return Ok(None);
    }
    let key = Nibbles::unpack_array(&key.0);
    let (mut hash, mut depth) = (root, 0);
    for index in 0.. {
        let encoded = nodes.node(hash).ok_or(ProofFault::Missing { index, hash })?;
        let found = keccak256(&encoded);
        if found != hash {
            return Err(ProofFault::Altered { index, expected: hash, found });
        }
        let malformed = |fault| ProofFault::Malformed { index, fault };
        let mut node = decode(&encoded).map_err(malformed)?;
        // Nodes within their parents have no hash of their own.
        hash = loop {
            match way(&node, &key, depth) {
                Way::Nowhere => return Ok(None),
                Way::Value(value) => return Ok(Some(value)),
                Way::On { nibbles: 0, .. } => return Err(malformed(alloy_rlp::Error::Custom("it leads nowhere"))),
                Way::On { nibbles, child } => {
                    depth += nibbles;
                    match child.as_hash() {
                        Some(hash) => break hash,
                        None => node = decode(&child).map_err(malformed)?,
                    }
                }
            }
            if depth > KEY_NIBBLES {
                return Err(malformed(alloy_rlp::Error::Custom("it leads further than a key")));
            }
        };
    }
    Ok(None)
}

fn decode(mut encoded: &[u8]) -> Result<TrieNode, alloy_rlp::Error> {
    let node = TrieNode::decode(&mut encoded)?;
    if encoded.is_empty() { Ok(node) } else { Err(alloy_rlp::Error::UnexpectedLength) }
}

/// What the nodes of a proof, in their order, say of a hashed key. Each of them must count.
///
/// # Errors
/// [`ProofFault`].
pub fn verify_proof(root: B256, key: B256, proof: &[Bytes]) -> Result<Option<Bytes>, ProofFault> {
    struct InOrder<'a>(&'a [Bytes]);
    impl NodesByHash for InOrder<'_> {
        fn node(&mut self, _: B256) -> Option<Bytes> {
            let (node, rest) = self.0.split_first()?;
            self.0 = rest;
            Some(node.clone())
        }
    }
    // Some nodes prove an empty trie by nothing, some by its encoding.
    let proof = if root == EMPTY_ROOT_HASH && proof.first().is_some_and(|node| node[..] == [0x80]) {
        &proof[1..]
    } else {
        proof
    };
    let mut nodes = InOrder(proof);
    let value = value_at(root, key, &mut nodes)?;
    if nodes.0.is_empty() { Ok(value) } else { Err(ProofFault::Surplus { nodes: nodes.0.len() }) }
}

/// An account as its value in a state's trie says; `None` for one that is not there.
///
/// # Errors
/// The encoding's fault.
pub fn decode_account(value: Option<&Bytes>) -> Result<Option<TrieAccount>, alloy_rlp::Error> {
    value.map(|value| exactly::<TrieAccount>(value)).transpose()
}

/// A slot's value as its trie says; zero for one that is not there.
///
/// # Errors
/// The encoding's fault.
pub fn decode_slot(value: Option<&Bytes>) -> Result<U256, alloy_rlp::Error> {
    value.map_or(Ok(U256::ZERO), |value| exactly::<U256>(value))
}

fn exactly<T: Decodable>(mut encoded: &[u8]) -> Result<T, alloy_rlp::Error> {
    let value = T::decode(&mut encoded)?;
    if encoded.is_empty() { Ok(value) } else { Err(alloy_rlp::Error::UnexpectedLength) }
}

/// The key of an account in a state's trie.
#[must_use]
pub fn account_key(address: Address) -> B256 {
    keccak256(address)
}

/// The key of a slot in the trie of an account's storage.
#[must_use]
pub fn slot_key(slot: U256) -> B256 {
    super::hashed_slot(slot)
}
