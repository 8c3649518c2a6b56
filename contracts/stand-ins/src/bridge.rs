//! `Bridge`, on the parent chain: holds the ether of the child chain, numbers the messages to it, and calls on its behalf.

use alloc::{vec, vec::Vec};

use alloy_primitives::{Address, B256, Bytes, U256, keccak256};
use alloy_sol_types::SolValue;
use ephor_abi::bridge::IBridge::{self, MessageDelivered};
use ephor_parts::{Outcome, call, dispatch, emit, encode::Raw, ensure};
use stylus_sdk::{
    prelude::*,
    storage::{StorageAddress, StorageB256, StorageU256},
};

use crate::alias;

/// Storage of the contract.
#[entrypoint]
#[storage]
pub struct Bridge {
    inbox: StorageAddress,
    outbox: StorageAddress,
    active_outbox: StorageAddress,
    message_count: StorageU256,
    accumulator: StorageB256,
}

dispatch! {
    Bridge;
    nonpayable IBridge::activeOutboxCall => active_outbox();
    nonpayable IBridge::delayedMessageCountCall => delayed_message_count();
    payable IBridge::enqueueDelayedMessageCall => enqueue(kind: u8, sender: Address, data_hash: B256);
    nonpayable IBridge::executeCallCall => execute_call(to: Address, value: U256, data: &[u8]);
    receive accept_funds;
    constructor construct(inbox: Address, outbox: Address);
}

impl Bridge {
    fn construct(&mut self, inbox: Address, outbox: Address) -> Outcome {
        self.inbox.set(inbox);
        self.outbox.set(outbox);
        Ok(())
    }

    /// Ether for the child chain.
    fn accept_funds(&mut self) -> Outcome {
        Ok(())
    }

    /// The outbox whose message is being executed; zero outside of one.
    fn active_outbox(&self) -> Outcome<Address> {
        Ok(self.active_outbox.get())
    }

    fn delayed_message_count(&self) -> Outcome<U256> {
        Ok(self.message_count.get())
    }

    /// Numbers a message of the inbox. Emits `MessageDelivered` with the sender aliased.
    fn enqueue(&mut self, kind: u8, sender: Address, data_hash: B256) -> Outcome<U256> {
        let caller = self.vm().msg_sender();
        ensure(caller == self.inbox.get(), || IBridge::NotDelayedInbox { sender: caller })?;
        let index = self.message_count.get();
        let before = self.accumulator.get();
        let sender = alias(sender);
        emit(
            self.vm(),
            &MessageDelivered {
                messageIndex: index,
                beforeInboxAcc: before,
                inbox: caller,
                kind,
                sender,
                messageDataHash: data_hash,
                baseFeeL1: self.vm().block_basefee(),
                timestamp: self.vm().block_timestamp(),
            },
        );
        self.accumulator.set(keccak256((before, U256::from(kind), sender, data_hash).abi_encode_packed()));
        self.message_count.set(index.wrapping_add(U256::ONE));
        Ok(index)
    }

    /// Calls `to` for the outbox, which is the active one meanwhile. Returns whether it succeeded, and its data.
    fn execute_call(&mut self, to: Address, value: U256, data: &[u8]) -> Outcome<Raw> {
        let caller = self.vm().msg_sender();
        ensure(caller == self.outbox.get(), || IBridge::NotOutbox { sender: caller })?;
        ensure(data.is_empty() || self.vm().code_size(to) > 0, || IBridge::NotContract { addr: to })?;
        let previous = self.active_outbox.get();
        self.active_outbox.set(caller);
        let returned = call::call(self.vm(), to, value, data);
        self.active_outbox.set(previous);
        let (success, data) = match returned {
            Ok(data) => (true, data),
            Err(data) => (false, data),
        };
        Ok(Raw((success, Bytes::from(data)).abi_encode_params()))
    }
}
