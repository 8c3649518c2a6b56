//! The tree of messages to the parent chain: which root stands for the first `n` messages, and what proves one of them.
//!
//! Leaves are the keccak of each message's item hash; a tree of `n` leaves is padded with zero words to the next power of
//! two; a node is the keccak of its two children. A proof lists the siblings from the leaf up, and the bits of the index say on
//! which side each stands. Source: `MerkleLib` and `Outbox` of the Nitro contracts.

use alloc::vec::Vec;

use alloy_primitives::{B256, keccak256};

fn node(left: B256, right: B256) -> B256 {
    keccak256([left.0, right.0].concat())
}

/// The leaf that stands for an item.
#[must_use]
pub fn leaf(item: B256) -> B256 {
    keccak256(item)
}

/// The root over the leaves and the proof of the one at `index`, if it exists.
#[must_use]
pub fn prove(leaves: &[B256], index: usize) -> Option<(B256, Vec<B256>)> {
    if index >= leaves.len() {
        return None;
    }
    let mut level = leaves.to_vec();
    level.resize(leaves.len().next_power_of_two(), B256::ZERO);
    let (mut at, mut proof) = (index, Vec::new());
    while level.len() > 1 {
        proof.push(level[at ^ 1]);
        at /= 2;
        level = level.chunks_exact(2).map(|pair| node(pair[0], pair[1])).collect();
    }
    Some((level[0], proof))
}

/// The root that a proof leads to.
#[must_use]
pub fn root(item: B256, index: u64, proof: &[B256]) -> B256 {
    let mut hash = leaf(item);
    for (level, sibling) in proof.iter().enumerate() {
        hash = if (index >> level) & 1 == 0 { node(hash, *sibling) } else { node(*sibling, hash) };
    }
    hash
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_message_of_every_tree_is_proven_by_its_proof_alone() {
        let items: Vec<B256> = (1..=9).map(B256::with_last_byte).collect();
        for size in 1..=items.len() {
            let leaves: Vec<B256> = items[..size].iter().copied().map(leaf).collect();
            for index in 0..size {
                let (expected, proof) = prove(&leaves, index).unwrap();
                assert_eq!(root(items[index], index as u64, &proof), expected, "{index} of {size}");
                let other = items[(index + 1) % items.len()];
                assert_ne!(root(other, index as u64, &proof), expected, "another item at {index} of {size}");
            }
            assert_eq!(prove(&leaves, size), None);
        }
    }
}
