//! The nodes that prove what a trie says of a key.

use alloy_primitives::{B256, Bytes};
use alloy_trie::{
    Nibbles,
    nodes::{BranchNode, RlpNode, TrieNode},
};

use super::{NodeKey, Nodes, TrieError, TrieId};

/// The nodes from the root towards a key, each hashed in the one before, as far as they go: they prove its value, or that it has
/// none. Nodes within their parents are not listed by themselves; an empty trie has no nodes.
pub(crate) fn prove<N: Nodes>(nodes: &N, trie: TrieId, key: B256) -> Result<Vec<Bytes>, TrieError> {
    let key = Nibbles::unpack_array(&key.0);
    let mut at = NodeKey::root(trie);
    let Some(root) = nodes.node(&at) else { return Ok(Vec::new()) };
    let mut node = at.decode(&root)?;
    let mut proof = vec![root];
    while let Way::On { nibbles, child } = way(&node, &key, at.path.len()) {
        at.path.extend(&key.slice(at.path.len()..at.path.len() + nibbles));
        node = if child.is_hash() {
            let encoded = at.read(nodes)?;
            let node = at.decode(&encoded)?;
            proof.push(encoded);
            node
        } else {
            at.decode(&child)?
        };
    }
    Ok(proof)
}

/// Where a node leads.
pub(super) enum Way {
    /// To a child, so many nibbles further.
    On {
        /// How many.
        nibbles: usize,
        /// The child.
        child: RlpNode,
    },
    /// To a value.
    Value(Bytes),
    /// Nowhere: the trie has no such key.
    Nowhere,
}

/// The way from a node at some depth towards a key.
pub(super) fn way(node: &TrieNode, key: &Nibbles, depth: usize) -> Way {
    match node {
        TrieNode::Leaf(leaf) if depth <= key.len() && key.slice(depth..) == leaf.key => {
            Way::Value(leaf.value.clone().into())
        }
        TrieNode::Extension(extension) if depth <= key.len() && key.slice(depth..).starts_with(&extension.key) => {
            Way::On { nibbles: extension.key.len(), child: extension.child.clone() }
        }
        TrieNode::EmptyRoot | TrieNode::Leaf(_) | TrieNode::Extension(_) => Way::Nowhere,
        TrieNode::Branch(branch) => match key.get(depth).and_then(|nibble| child(branch, nibble)) {
            Some(child) => Way::On { nibbles: 1, child: child.clone() },
            None => Way::Nowhere,
        },
    }
}

fn child(branch: &BranchNode, nibble: u8) -> Option<&RlpNode> {
    let index = branch.state_mask.iter().position(|present| present == nibble)?;
    branch.stack.get(index)
}
