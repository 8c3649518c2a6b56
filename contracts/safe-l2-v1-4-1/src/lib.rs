//! A Safe 1.4.1 account for chains whose history is read from logs.
//!
//! The code is that of [`ephor_parts::safe`], whose [release](ephor_parts::safe::Release) says what sets 1.4.1 apart, with its
//! [announcements]. Source: the published list of changes and the ABI of the deployed contract.

#![cfg_attr(target_arch = "wasm32", no_std, no_main, allow(missing_docs, reason = "the macro's entry point"))]

extern crate alloc;

use alloc::{vec, vec::Vec};

use alloy_primitives::{Address, U256};
use ephor_parts::{
    dispatch,
    safe::{self, Account, OperationByte, Release, SafeAccount, SafeTransaction, Settings, Setup, announcements},
};
use stylus_sdk::prelude::*;

/// Storage of the contract.
#[entrypoint]
#[storage]
pub struct SafeL2V1_4_1 {
    account: Account,
}

dispatch! {
    SafeL2V1_4_1;
    inherit [safe::routes];
    receive receive_ether;
    fallback forward;
    constructor lock();
}

impl SafeAccount for SafeL2V1_4_1 {
    const RELEASE: Release = Release::V1_4_1;

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
