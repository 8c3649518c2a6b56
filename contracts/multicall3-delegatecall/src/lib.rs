//! Many delegate calls in one: each target's code runs as the caller's own.
//!
//! A Safe delegate-calls this to run the upgrade code of the OP Stack, which must act as the Safe. The interface is that of
//! Multicall3, values included, but nothing is sent. Source: the published tasks, whose root transactions name the contract.

#![cfg_attr(target_arch = "wasm32", no_std, no_main, allow(missing_docs, reason = "the macro's entry point"))]

extern crate alloc;

use alloc::{vec, vec::Vec};

use ephor_abi::batch::IMulticall3;
use ephor_parts::{
    Outcome, dispatch,
    multicall::{self, Call3, Call3Value, Reach, Results},
};
use stylus_sdk::prelude::*;

/// Storage of the contract: none.
#[entrypoint]
#[storage]
pub struct Multicall3Delegatecall {}

dispatch! {
    Multicall3Delegatecall;
    payable IMulticall3::aggregate3Call => aggregate3(calls: Vec<Call3>);
    payable IMulticall3::aggregate3ValueCall => aggregate3_value(calls: Vec<Call3Value>);
}

impl Multicall3Delegatecall {
    /// Makes delegate calls, each of which says whether it may fail.
    ///
    /// Errors: "Multicall3: call failed".
    fn aggregate3(&mut self, calls: Vec<Call3>) -> Outcome<Results> {
        multicall::run(self.vm(), Reach::DelegateCall, calls.into_iter().map(Into::into))
    }

    /// The same; the values are not looked at.
    ///
    /// Errors: "Multicall3: call failed".
    fn aggregate3_value(&mut self, calls: Vec<Call3Value>) -> Outcome<Results> {
        multicall::run(self.vm(), Reach::DelegateCall, calls)
    }
}
