//! Many transactions of a Safe in one: calls alone.
//!
//! The transactions are made by [`ephor_parts::multi_send`]; nothing is kept. A delegate call among them undoes all. Source: the
//! interface and documented behaviour of the deployed library.

#![cfg_attr(target_arch = "wasm32", no_std, no_main, allow(missing_docs, reason = "the macro's entry point"))]

extern crate alloc;

use alloc::{vec, vec::Vec};

use ephor_abi::batch::IMultiSend;
use ephor_parts::{Outcome, dispatch, multi_send, safe::calldata::Blob};
use stylus_sdk::prelude::*;

/// Storage of the contract: none.
#[entrypoint]
#[storage]
pub struct MultiSendCallOnly {}

dispatch! {
    MultiSendCallOnly;
    payable IMultiSend::multiSendCall => multi_send(transactions: Blob<'_>);
}

impl MultiSendCallOnly {
    /// Makes the packed transactions.
    ///
    /// Errors: no data when one of them fails or is a delegate call.
    fn multi_send(&mut self, transactions: Blob<'_>) -> Outcome {
        multi_send::run(self.vm(), transactions.0, false)
    }
}
