//! `NodeInterface`: what relayers ask a node of an Arbitrum chain, here the proof of a message to the parent chain.

use alloc::{vec, vec::Vec};

use alloy_primitives::{B256, U256};
use ephor_abi::bridge::INodeInterface;
use ephor_parts::{Outcome, Revert, dispatch, encode::Raw, query};
use stylus_sdk::prelude::*;

use crate::{ARB_SYS, arb_sys::ISendTree, merkle};

/// No storage of its own.
#[entrypoint]
#[storage]
pub struct NodeInterface {}

dispatch! {
    NodeInterface;
    nonpayable INodeInterface::constructOutboxProofCall => construct_outbox_proof(size: u64, leaf: u64);
}

impl NodeInterface {
    /// The item's leaf, the root over the first `size` messages, and the proof of message `leaf`.
    ///
    /// Reverts without data when there are fewer messages than `size`, or `leaf` is not one of them.
    fn construct_outbox_proof(&self, size: u64, leaf: u64) -> Outcome<Raw> {
        let (count,) = query::<_, (U256,)>(self.vm(), ARB_SYS, &ISendTree::sendCountCall {})?;
        if U256::from(size) > count {
            return Err(Revert::empty());
        }
        let mut leaves = Vec::new();
        for index in 0..size {
            let index = U256::from(index);
            let (word,) = query::<_, (B256,)>(self.vm(), ARB_SYS, &ISendTree::sendLeafCall { index })?;
            leaves.push(word);
        }
        let index = usize::try_from(leaf).map_err(|_| Revert::empty())?;
        let (root, proof) = merkle::prove(&leaves, index).ok_or_else(Revert::empty)?;
        let send = leaves[index];
        let returned = INodeInterface::constructOutboxProofReturn { send, root, proof };
        Ok(Raw(<INodeInterface::constructOutboxProofCall as alloy_sol_types::SolCall>::abi_encode_returns(&returned)))
    }
}
