//! `Outbox`, on the parent chain: executes messages of the child chain, once each, against a confirmed root.

use alloc::{vec, vec::Vec};

use alloy_primitives::{Address, B256, U256};
use alloy_sol_types::SolCall;
use ephor_abi::{
    bridge::{
        IBridge,
        IOutbox::{self, OutBoxTransactionExecuted, SendRootUpdated},
    },
    message::Item,
};
use ephor_parts::{Outcome, Revert, Slice, call, calldata, dispatch, emit, ensure};
use stylus_sdk::{
    prelude::*,
    storage::{StorageAddress, StorageB256, StorageBool, StorageMap, StorageU256},
};

use crate::{SYSTEM, merkle};

/// A message's sender, blocks and time.
type Context = (Address, U256, U256, U256);

/// Storage of the contract.
#[entrypoint]
#[storage]
pub struct Outbox {
    bridge: StorageAddress,
    /// The message being executed: its sender, blocks and time.
    sender: StorageAddress,
    l2_block: StorageU256,
    l1_block: StorageU256,
    timestamp: StorageU256,
    roots: StorageMap<B256, StorageB256>,
    spent: StorageMap<U256, StorageBool>,
}

dispatch! {
    Outbox;
    nonpayable IOutbox::l2ToL1SenderCall => sender();
    nonpayable IOutbox::l2ToL1BlockCall => l2_block();
    nonpayable IOutbox::l2ToL1EthBlockCall => l1_block();
    nonpayable IOutbox::l2ToL1TimestampCall => timestamp();
    nonpayable IOutbox::isSpentCall => is_spent(index: U256);
    nonpayable IOutbox::rootsCall => roots(root: B256);
    nonpayable IOutbox::updateSendRootCall => update_send_root(root: B256, block_hash: B256);
    nonpayable IOutbox::executeTransactionCall => execute_transaction(
        proof: Slice<'_, B256>, index: U256, l2_sender: Address, to: Address, l2_block: U256, l1_block: U256,
        timestamp: U256, value: U256, data: &[u8],
    );
    constructor construct(bridge: Address);
}

impl Outbox {
    fn construct(&mut self, bridge: Address) -> Outcome {
        self.bridge.set(bridge);
        Ok(())
    }

    fn sender(&self) -> Outcome<Address> {
        Ok(self.sender.get())
    }

    fn l2_block(&self) -> Outcome<U256> {
        Ok(self.l2_block.get())
    }

    fn l1_block(&self) -> Outcome<U256> {
        Ok(self.l1_block.get())
    }

    fn timestamp(&self) -> Outcome<U256> {
        Ok(self.timestamp.get())
    }

    fn is_spent(&self, index: U256) -> Outcome<bool> {
        Ok(self.spent.get(index))
    }

    /// The child chain's block that a confirmed root belongs to; zero if it is not confirmed.
    fn roots(&self, root: B256) -> Outcome<B256> {
        Ok(self.roots.get(root))
    }

    /// Confirms a root, for the operators of the bridge. Emits `SendRootUpdated`.
    fn update_send_root(&mut self, root: B256, block_hash: B256) -> Outcome {
        let caller = self.vm().msg_sender();
        ensure(caller == SYSTEM, || IOutbox::NotRollup { sender: caller, rollup: SYSTEM })?;
        self.roots.setter(root).set(block_hash);
        emit(self.vm(), &SendRootUpdated { outputRoot: root, l2BlockHash: block_hash });
        Ok(())
    }

    /// Executes a message: anyone may, once.
    ///
    /// Errors: `ProofTooLong`, `PathNotMinimal`, `UnknownRoot`, `AlreadySpent`; `NotContract` of the bridge; what the target reverted with, or
    /// `BridgeCallFailed` when it gave no data. Emits `OutBoxTransactionExecuted`.
    #[allow(clippy::too_many_arguments, reason = "the interface has that many")]
    fn execute_transaction(
        &mut self,
        proof: Slice<'_, B256>,
        index: U256,
        l2_sender: Address,
        to: Address,
        l2_block: U256,
        l1_block: U256,
        timestamp: U256,
        value: U256,
        data: &[u8],
    ) -> Outcome {
        let item = Item { sender: l2_sender, to, l2_block, l1_block, timestamp, value, data };
        ensure(proof.len() < 64, || IOutbox::ProofTooLong { proofLength: U256::from(proof.len()) })?;
        let most = U256::from(1_u64 << proof.len());
        ensure(index < most, || IOutbox::PathNotMinimal { index, maxIndex: most })?;
        let root = merkle::root(item.hash(), index.to(), &proof.to_vec()?);
        ensure(!self.roots.get(root).is_zero(), || IOutbox::UnknownRoot { root })?;
        ensure(!self.spent.get(index), || IOutbox::AlreadySpent { index })?;
        self.spent.setter(index).set(true);
        emit(
            self.vm(),
            &OutBoxTransactionExecuted { to, l2Sender: l2_sender, zero: U256::ZERO, transactionIndex: index },
        );

        // A message may execute another one, and is itself again afterwards.
        let outer = self.enter((l2_sender, l2_block, l1_block, timestamp));
        let call = IBridge::executeCallCall { to, value, data: data.to_vec().into() };
        let bridge = self.bridge.get();
        let returned = call::call(self.vm(), bridge, U256::ZERO, &call.abi_encode()).map_err(Revert::bubble)?;
        self.enter(outer);

        let (success, data) = calldata::decode::<(bool, alloy_primitives::Bytes)>(&returned)?;
        match (success, data.is_empty()) {
            (true, _) => Ok(()),
            (false, true) => Err(IOutbox::BridgeCallFailed {}.into()),
            (false, false) => Err(Revert::bubble(data.to_vec())),
        }
    }

    /// Says which message is being executed, by its sender, blocks and time, and returns what was said before.
    fn enter(&mut self, (sender, l2_block, l1_block, timestamp): Context) -> Context {
        let before = (self.sender.get(), self.l2_block.get(), self.l1_block.get(), self.timestamp.get());
        self.sender.set(sender);
        self.l2_block.set(l2_block);
        self.l1_block.set(l1_block);
        self.timestamp.set(timestamp);
        before
    }
}
