//! Changes of one trie, many at once.
//!
//! The trie is walked once, from the root down, with the changes in order. On the way down each node on a changed path is taken out of where
//! it was kept; on the way up what came of it is put where it now belongs. Nodes off those paths are known by their hashes
//! only and stay where they are, since a node's place does not depend on the shape of the trie above it.
//!
//! A node is in its shortest form or not there: a branch has two children at least, an extension leads to a branch. Whatever loses that form
//! by a removal is drawn together on the way up ([`Update::lead`]).

use std::collections::BTreeMap;

use alloy_primitives::{B256, Bytes, keccak256};
use alloy_rlp::Encodable;
use alloy_trie::{
    EMPTY_ROOT_HASH, Nibbles, TrieMask,
    nodes::{BranchNode, ExtensionNode, LeafNode, RlpNode, TrieNode},
};

use super::{NodeChanges, NodeKey, Nodes, TrieError, TrieId};

/// A key's whole path and its new value; `None` removes it.
type Change<'a> = (Nibbles, Option<&'a [u8]>);

/// Changes a trie: values by hashed key, `None` for those to be removed. Appends the nodes that differ to `out` and returns the new root.
///
/// # Errors
/// [`TrieError`] when a node on a changed path cannot be read; then `out` is as it was.
pub(crate) fn update<N: Nodes>(
    nodes: &N,
    trie: TrieId,
    changes: &BTreeMap<B256, Option<Vec<u8>>>,
    out: &mut NodeChanges,
) -> Result<B256, TrieError> {
    let changes: Vec<Change<'_>> =
        changes.iter().map(|(key, value)| (Nibbles::unpack_array(&key.0), value.as_deref())).collect();
    let mut update = Update { nodes, trie, touched: BTreeMap::new(), encoded: Vec::new() };
    let top = Nibbles::new();
    let old = nodes.node(&NodeKey::root(trie));
    let node = match &old {
        Some(encoded) => NodeKey::root(trie).decode(encoded)?,
        None => TrieNode::EmptyRoot,
    };
    update.touched.insert(top, Touched { old, new: None });
    let node = update.change(&top, node, &changes)?;
    let root = if node == TrieNode::EmptyRoot {
        EMPTY_ROOT_HASH
    } else {
        // Unlike any other node, the root is kept and hashed however short it is.
        let encoded: Bytes = alloy_rlp::encode(&node).into();
        let root = keccak256(&encoded);
        update.keep(top, encoded);
        root
    };
    let differing = update.touched.into_iter().filter(|(_, touched)| touched.old != touched.new);
    out.extend(differing.map(|(path, touched)| (NodeKey { trie, path }, touched.new)));
    Ok(root)
}

/// The root of a trie as it is kept.
pub(crate) fn root<N: Nodes>(nodes: &N, trie: TrieId) -> B256 {
    nodes.node(&NodeKey::root(trie)).map_or(EMPTY_ROOT_HASH, keccak256)
}

struct Update<'n, N> {
    nodes: &'n N,
    trie: TrieId,
    touched: BTreeMap<Nibbles, Touched>,
    /// Scratch space for encoding.
    encoded: Vec<u8>,
}

/// What was kept at a path, and what will be.
struct Touched {
    old: Option<Bytes>,
    new: Option<Bytes>,
}

/// A child of a branch at work.
enum Child {
    None,
    /// As it was: its encoding or the hash of it.
    Known(RlpNode),
    /// Rebuilt, and not put anywhere yet.
    Rebuilt(TrieNode),
}

type Children = [Child; 16];

const CHILDLESS: Children = [const { Child::None }; 16];

impl<N: Nodes> Update<'_, N> {
    /// What becomes of the `node` at a path by changes of keys below it. `changes` ascend.
    fn change(&mut self, at: &Nibbles, node: TrieNode, changes: &[Change<'_>]) -> Result<TrieNode, TrieError> {
        match node {
            TrieNode::EmptyRoot => self.grow(at, changes),
            TrieNode::Leaf(leaf) => {
                let key = at.join(&leaf.key);
                match changes.binary_search_by_key(&key, |(key, _)| *key) {
                    Ok(_) => self.grow(at, changes),
                    Err(index) => {
                        let before = &changes[..index];
                        let all = [before, &[(key, Some(&leaf.value[..]))], &changes[index..]].concat();
                        self.grow(at, &all)
                    }
                }
            }
            TrieNode::Extension(ExtensionNode { key, child }) => {
                let end = at.join(&key);
                let fork = shared(changes).map_or(end.len(), |path| path.common_prefix_length(&end));
                if fork == end.len() {
                    let node = self.take(end, &child)?;
                    let node = self.change(&end, node, changes)?;
                    return Ok(self.lead(at, &key, node));
                }
                // The way parts within the extension: what is left of it begins below the fork.
                let mut children = CHILDLESS;
                let rest = end.slice(fork + 1..);
                children[usize::from(end.get_unchecked(fork))] = match rest.is_empty() {
                    true => Child::Known(child),
                    false => Child::Rebuilt(TrieNode::Extension(ExtensionNode::new(rest, child))),
                };
                self.branch(at, &end.slice(..fork), children, changes)
            }
            TrieNode::Branch(BranchNode { stack, state_mask }) => {
                let mut children = CHILDLESS;
                for (nibble, child) in state_mask.iter().zip(stack) {
                    children[usize::from(nibble)] = Child::Known(child);
                }
                self.branch(at, at, children, changes)
            }
        }
    }

    /// What grows where nothing was.
    fn grow(&mut self, at: &Nibbles, changes: &[Change<'_>]) -> Result<TrieNode, TrieError> {
        match changes {
            [] | [(_, None)] => Ok(TrieNode::EmptyRoot),
            [(key, Some(value))] => Ok(TrieNode::Leaf(LeafNode::new(key.slice(at.len()..), value.to_vec()))),
            _ => self.branch(at, &shared(changes).unwrap_or(*at), CHILDLESS, changes),
        }
    }

    /// What becomes, at `at`, of a branch further down at `fork`.
    fn branch(
        &mut self,
        at: &Nibbles,
        fork: &Nibbles,
        mut children: Children,
        changes: &[Change<'_>],
    ) -> Result<TrieNode, TrieError> {
        let depth = fork.len();
        for group in changes.chunk_by(|(a, _), (b, _)| a.get(depth) == b.get(depth)) {
            let nibble = group[0].0.get_unchecked(depth);
            let path = below(fork, nibble);
            let child = &mut children[usize::from(nibble)];
            let node = match std::mem::replace(child, Child::None) {
                Child::None => TrieNode::EmptyRoot,
                Child::Known(known) => self.take(path, &known)?,
                Child::Rebuilt(node) => node,
            };
            *child = match self.change(&path, node, group)? {
                TrieNode::EmptyRoot => Child::None,
                node => Child::Rebuilt(node),
            };
        }
        let mut present = (0u8..).zip(children).filter(|(_, child)| !matches!(child, Child::None));
        let way = fork.slice(at.len()..);
        let (Some(first), second) = (present.next(), present.next()) else { return Ok(TrieNode::EmptyRoot) };
        let Some(second) = second else {
            let (nibble, child) = first;
            let node = match child {
                Child::Known(known) => self.take(below(fork, nibble), &known)?,
                Child::Rebuilt(node) => node,
                Child::None => TrieNode::EmptyRoot,
            };
            return Ok(self.lead(at, &below(&way, nibble), node));
        };
        let mut branch = BranchNode::new(Vec::with_capacity(16), TrieMask::default());
        for (nibble, child) in [first, second].into_iter().chain(present) {
            branch.state_mask.set_bit(nibble);
            branch.stack.push(match child {
                Child::Known(known) => known,
                Child::Rebuilt(node) => self.put(below(fork, nibble), &node),
                Child::None => continue,
            });
        }
        Ok(self.lead(at, &way, TrieNode::Branch(branch)))
    }

    /// The node at `at` that leads, by `way`, to `node`.
    fn lead(&mut self, at: &Nibbles, way: &Nibbles, node: TrieNode) -> TrieNode {
        if way.is_empty() {
            return node;
        }
        match node {
            TrieNode::EmptyRoot => TrieNode::EmptyRoot,
            TrieNode::Leaf(leaf) => TrieNode::Leaf(LeafNode::new(way.join(&leaf.key), leaf.value)),
            TrieNode::Extension(on) => TrieNode::Extension(ExtensionNode::new(way.join(&on.key), on.child)),
            TrieNode::Branch(_) => TrieNode::Extension(ExtensionNode::new(*way, self.put(at.join(way), &node))),
        }
    }

    /// Takes a node out of where it is kept: by itself, or in its parent.
    fn take(&mut self, path: Nibbles, known: &RlpNode) -> Result<TrieNode, TrieError> {
        let key = NodeKey { trie: self.trie, path };
        if !known.is_hash() {
            return key.decode(known);
        }
        let old = key.read(self.nodes)?;
        let node = key.decode(&old)?;
        self.touched.insert(path, Touched { old: Some(old), new: None });
        Ok(node)
    }

    /// Puts a node where it belongs, and returns what its parent names it by.
    fn put(&mut self, path: Nibbles, node: &TrieNode) -> RlpNode {
        self.encoded.clear();
        node.encode(&mut self.encoded);
        let known = RlpNode::from_rlp(&self.encoded);
        if known.is_hash() {
            let encoded = Bytes::copy_from_slice(&self.encoded);
            self.keep(path, encoded);
        }
        known
    }

    fn keep(&mut self, path: Nibbles, encoded: Bytes) {
        self.touched.entry(path).or_insert(Touched { old: None, new: None }).new = Some(encoded);
    }
}

/// The path that all changes share.
fn shared(changes: &[Change<'_>]) -> Option<Nibbles> {
    let ((first, _), (last, _)) = (changes.first()?, changes.last()?);
    Some(first.slice(..first.common_prefix_length(last)))
}

fn below(path: &Nibbles, nibble: u8) -> Nibbles {
    let mut path = *path;
    path.push(nibble);
    path
}
