//! A Safe 1.3.0 account for chains whose history is read from logs.
//!
//! The code is that of [`ephor_parts::safe`], with its [announcements]. Source: the ABI and traces of the deployed contract.

#![cfg_attr(target_arch = "wasm32", no_std, no_main, allow(missing_docs, reason = "the macro's entry point"))]

extern crate alloc;

use alloc::{vec, vec::Vec};

use alloy_primitives::{Address, U256};
use ephor_parts::{
    dispatch,
    safe::{self, Account, OperationByte, SafeAccount, SafeTransaction, Settings, Setup, announcements},
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

    fn announce_transaction(&self, transaction: &SafeTransaction<'_>, signatures: &[u8]) {
        announcements::announce_transaction(self, transaction, signatures);
    }

    fn announce_module_transaction(&self, to: Address, value: U256, data: &[u8], operation: OperationByte) {
        announcements::announce_module_transaction(self, to, value, data, operation);
    }
}
