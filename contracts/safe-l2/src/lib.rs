//! A Safe 1.3.0 account for chains whose history is read from logs.
//!
//! The code is that of [`ephor_parts::safe`]. Every transaction of the owners and of modules is announced in full before it is
//! checked; if it is refused, the announcement is undone with the rest. Source: the ABI and traces of the deployed contract.

#![cfg_attr(target_arch = "wasm32", no_std, no_main, allow(missing_docs, reason = "the macro's entry point"))]

extern crate alloc;

use alloc::{vec, vec::Vec};

use alloy_primitives::{Address, U256};
use alloy_sol_types::SolValue;
use ephor_abi::safe::ISafeL2::{SafeModuleTransaction, SafeMultiSigTransaction};
use ephor_parts::{
    dispatch, emit,
    safe::{self, Account, OperationByte, SafeAccount, SafeTransaction, Settings, Setup},
};
use stylus_sdk::prelude::*;

/// Storage of the contract.
#[entrypoint]
#[storage]
pub struct SafeL2 {
    account: Account,
}

dispatch! {
    SafeL2;
    inherit [safe::routes];
    receive receive_ether;
    fallback forward;
    constructor lock();
}

impl SafeAccount for SafeL2 {
    fn account(&self) -> &Account {
        &self.account
    }

    fn account_mut(&mut self) -> &mut Account {
        &mut self.account
    }

    /// Emits `SafeMultiSigTransaction`, whose additional information is the nonce, the sender and the threshold.
    fn announce_transaction(&self, transaction: &SafeTransaction<'_>, signatures: &[u8]) {
        let sender = self.vm().msg_sender();
        let additional = (self.account.nonce(), sender, self.account.threshold()).abi_encode();
        let announced = SafeMultiSigTransaction {
            to: transaction.to,
            value: transaction.value,
            data: transaction.data.to_vec().into(),
            operation: transaction.operation.checked() as u8,
            safeTxGas: transaction.safe_tx_gas,
            baseGas: transaction.base_gas,
            gasPrice: transaction.gas_price,
            gasToken: transaction.gas_token,
            refundReceiver: transaction.refund_receiver,
            signatures: signatures.to_vec().into(),
            additionalInfo: additional.into(),
        };
        emit(self.vm(), &announced);
    }

    /// Emits `SafeModuleTransaction`.
    fn announce_module_transaction(&self, to: Address, value: U256, data: &[u8], operation: OperationByte) {
        let announced = SafeModuleTransaction {
            module: self.vm().msg_sender(),
            to,
            value,
            data: data.to_vec().into(),
            operation: operation.checked() as u8,
        };
        emit(self.vm(), &announced);
    }
}
