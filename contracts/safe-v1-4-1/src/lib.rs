//! A Safe 1.4.1 account.
//!
//! The code is that of [`ephor_parts::safe`], whose [release](ephor_parts::safe::Release) says what sets 1.4.1 apart. Source: the
//! published list of changes and the interface of the deployed contract.

#![cfg_attr(target_arch = "wasm32", no_std, no_main, allow(missing_docs, reason = "the macro's entry point"))]

extern crate alloc;

use alloc::{vec, vec::Vec};

use ephor_parts::{
    dispatch,
    safe::{self, Account, Release, SafeAccount, Settings, Setup},
};
use stylus_sdk::prelude::*;

/// Storage of the contract.
#[entrypoint]
#[storage]
pub struct SafeV1_4_1 {
    account: Account,
}

dispatch! {
    SafeV1_4_1;
    inherit [safe::routes];
    receive receive_ether;
    fallback forward;
    constructor lock();
}

impl SafeAccount for SafeV1_4_1 {
    const RELEASE: Release = Release::V1_4_1;

    fn account(&self) -> &Account {
        &self.account
    }

    fn account_mut(&mut self) -> &mut Account {
        &mut self.account
    }
}
