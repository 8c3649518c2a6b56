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
    while let Some((way, child)) = next(&node, &key, at.path.len()) {
        at.path.extend(&way);
        node = if child.is_hash() {
            let encoded = at.read(nodes)?;
            let node = at.decode(&encoded)?;
            proof.push(encoded);
            node
        } else {
            at.decode(child)?
        };
    }
    Ok(proof)
}

/// The way from a node at some depth towards a key, and the child there.
fn next<'a>(node: &'a TrieNode, key: &Nibbles, depth: usize) -> Option<(Nibbles, &'a RlpNode)> {
    match node {
        TrieNode::EmptyRoot | TrieNode::Leaf(_) => None,
        TrieNode::Extension(extension) => {
            key.slice(depth..).starts_with(&extension.key).then_some((extension.key, &extension.child))
        }
        TrieNode::Branch(branch) => {
            let nibble = key.get(depth)?;
            Some((Nibbles::from_nibbles_unchecked([nibble]), child(branch, nibble)?))
        }
    }
}

fn child(branch: &BranchNode, nibble: u8) -> Option<&RlpNode> {
    let index = branch.state_mask.iter().position(|present| present == nibble)?;
    branch.stack.get(index)
}
