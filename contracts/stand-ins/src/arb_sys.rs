//! `ArbSys`: sends messages to the parent chain, and tells the chain's own block number.
//!
//! Slot 0 counts the messages, slot 1 holds the chain's block number (written by the chain before each block, since `block.number`
//! is the parent's), slot 2 is the list of leaves. Ether sent along stays here, as it would be burnt there.

use alloc::{vec, vec::Vec};

use alloy_primitives::{Address, B256, U256};
use ephor_abi::{
    bridge::IArbSys::{self, L2ToL1Tx},
    message::Item,
};
use ephor_parts::{Outcome, dispatch, emit};
use stylus_sdk::{
    prelude::*,
    storage::{StorageB256, StorageMap, StorageU256},
};

use crate::merkle;

/// The slot that holds the chain's own block number.
pub const BLOCK_NUMBER_SLOT: U256 = U256::ONE;

/// Storage of the precompile.
#[entrypoint]
#[storage]
pub struct ArbSys {
    size: StorageU256,
    block_number: StorageU256,
    leaves: StorageMap<U256, StorageB256>,
}

alloy_sol_types::sol! {
    /// What the other stand-ins ask of this one.
    interface ISendTree {
        function sendCount() external view returns (uint256);
        function sendLeaf(uint256 index) external view returns (bytes32);
    }
}

dispatch! {
    ArbSys;
    payable IArbSys::sendTxToL1Call => send_tx_to_l1(destination: Address, data: &[u8]);
    nonpayable IArbSys::arbBlockNumberCall => arb_block_number();
    nonpayable IArbSys::arbChainIDCall => arb_chain_id();
    nonpayable ISendTree::sendCountCall => send_count();
    nonpayable ISendTree::sendLeafCall => send_leaf(index: U256);
}

impl ArbSys {
    /// Sends a message; returns its position. Emits `L2ToL1Tx`.
    fn send_tx_to_l1(&mut self, destination: Address, data: &[u8]) -> Outcome<U256> {
        let vm = self.vm();
        let item = Item {
            sender: vm.msg_sender(),
            to: destination,
            l2_block: self.block_number.get(),
            l1_block: U256::from(vm.block_number()),
            timestamp: U256::from(vm.block_timestamp()),
            value: vm.msg_value(),
            data,
        };
        let hash = item.hash();
        let position = self.size.get();
        emit(
            vm,
            &L2ToL1Tx {
                caller: item.sender,
                destination,
                hash: hash.into(),
                position,
                arbBlockNum: item.l2_block,
                ethBlockNum: item.l1_block,
                timestamp: item.timestamp,
                callvalue: item.value,
                data: data.to_vec().into(),
            },
        );
        self.leaves.setter(position).set(merkle::leaf(hash));
        self.size.set(position.wrapping_add(U256::ONE));
        Ok(position)
    }

    fn arb_block_number(&self) -> Outcome<U256> {
        Ok(self.block_number.get())
    }

    fn arb_chain_id(&self) -> Outcome<U256> {
        Ok(U256::from(self.vm().chain_id()))
    }

    fn send_count(&self) -> Outcome<U256> {
        Ok(self.size.get())
    }

    fn send_leaf(&self, index: U256) -> Outcome<B256> {
        Ok(self.leaves.get(index))
    }
}
