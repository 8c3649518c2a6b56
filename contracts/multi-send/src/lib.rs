//! Many transactions of a Safe in one: calls and delegate calls.
//!
//! The transactions are made by [`ephor_parts::multi_send`]; nothing is kept. Called instead of delegate-called it would act for
//! itself, so it refuses at its own addresses. Source: the interface and documented behaviour of the deployed library. Deliberate
//! deviation: the reference knows its address from its code; a program without storage of its own knows those of the deployed ones.

#![cfg_attr(target_arch = "wasm32", no_std, no_main, allow(missing_docs, reason = "the macro's entry point"))]

extern crate alloc;

use alloc::{vec, vec::Vec};

use ephor_abi::batch::{IMultiSend, MULTI_SEND_1_3_0, MULTI_SEND_1_3_0_EIP155, MULTI_SEND_1_4_1};
use ephor_parts::{Outcome, dispatch, multi_send, require, safe::calldata::Blob};
use stylus_sdk::prelude::*;

/// Storage of the contract: none.
#[entrypoint]
#[storage]
pub struct MultiSend {}

dispatch! {
    MultiSend;
    payable IMultiSend::multiSendCall => multi_send(transactions: Blob<'_>);
}

impl MultiSend {
    /// Makes the packed transactions as the caller's own.
    ///
    /// Errors: "MultiSend should only be called via delegatecall"; no data when one of them fails.
    fn multi_send(&mut self, transactions: Blob<'_>) -> Outcome {
        let own = [MULTI_SEND_1_3_0, MULTI_SEND_1_3_0_EIP155, MULTI_SEND_1_4_1];
        let here = self.vm().contract_address();
        require(!own.contains(&here), "MultiSend should only be called via delegatecall")?;
        multi_send::run(self.vm(), transactions.0, true)
    }
}
