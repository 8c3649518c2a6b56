//! The timelock on the governance chain.
//!
//! Proposals of the governor wait here before they leave for the chains they concern. All it does is in
//! [`ephor_parts::timelock`]; this contract adds nothing of its own. Source: the ABI, storage layout and traces of the
//! deployed `ArbitrumTimelock`.

#![cfg_attr(target_arch = "wasm32", no_std, no_main, allow(missing_docs, reason = "the macro's entry point"))]

extern crate alloc;

use alloc::{vec, vec::Vec};

use alloy_primitives::FixedBytes;
use ephor_parts::{
    AccessControl, AccessControlStorage, Erc165, Initializable, InitializableStorage, Timelock, TimelockStorage,
    TokenReceiver, access_control, dispatch, erc165, timelock, token_receiver,
};
use stylus_sdk::prelude::*;

/// Storage of the contract.
#[entrypoint]
#[storage]
pub struct ArbitrumTimelock {
    timelock: TimelockStorage,
}

dispatch! {
    ArbitrumTimelock;
    inherit [timelock::routes, access_control::routes, erc165::routes, token_receiver::routes];
    receive receive_ether;
}

impl Timelock for ArbitrumTimelock {
    fn timelock(&self) -> &TimelockStorage {
        &self.timelock
    }

    fn timelock_mut(&mut self) -> &mut TimelockStorage {
        &mut self.timelock
    }
}

impl AccessControl for ArbitrumTimelock {
    fn access_control(&self) -> &AccessControlStorage {
        &self.timelock.roles
    }

    fn access_control_mut(&mut self) -> &mut AccessControlStorage {
        &mut self.timelock.roles
    }
}

impl Initializable for ArbitrumTimelock {
    fn initializable(&self) -> &InitializableStorage {
        &self.timelock.initializable
    }

    fn initializable_mut(&mut self) -> &mut InitializableStorage {
        &mut self.timelock.initializable
    }
}

impl Erc165 for ArbitrumTimelock {
    const INTERFACES: &'static [FixedBytes<4>] = timelock::INTERFACES;
}

impl TokenReceiver for ArbitrumTimelock {}
