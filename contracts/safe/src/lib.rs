//! A Safe 1.3.0 account.
//!
//! The code is that of [`ephor_parts::safe`]; nothing is announced beyond the base version. Source: the ABI and traces of the
//! deployed contract.

#![cfg_attr(target_arch = "wasm32", no_std, no_main, allow(missing_docs, reason = "the macro's entry point"))]

extern crate alloc;

use alloc::{vec, vec::Vec};

use ephor_parts::{
    dispatch,
    safe::{self, Account, SafeAccount, Settings, Setup},
};
use stylus_sdk::prelude::*;

/// Storage of the contract.
#[entrypoint]
#[storage]
pub struct Safe {
    account: Account,
}

dispatch! {
    Safe;
    inherit [safe::routes];
    receive receive_ether;
    fallback forward;
    constructor lock();
}

impl SafeAccount for Safe {
    fn account(&self) -> &Account {
        &self.account
    }

    fn account_mut(&mut self) -> &mut Account {
        &mut self.account
    }
}
