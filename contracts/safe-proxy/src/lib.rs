//! A proxy of a Safe, whose slot 0 names the code behind it.
//!
//! The code behind can be changed only by that code itself, which shares the slot (`singleton`). Every call is handed on, ether included,
//! except one of `masterCopy()` and nothing more, which is answered here. Source: the interface of the deployed contract.

#![cfg_attr(target_arch = "wasm32", no_std, no_main, allow(missing_docs, reason = "the macro's entry point"))]

extern crate alloc;

use alloc::{vec, vec::Vec};

use alloy_primitives::Address;
use alloy_sol_types::SolCall;
use ephor_abi::safe::ISafeProxy;
use ephor_parts::{Encode, Outcome, Revert, call::delegate_call, dispatch, require};
use stylus_sdk::{prelude::*, storage::StorageAddress};

/// Storage of the contract.
#[entrypoint]
#[storage]
pub struct SafeProxy {
    singleton: StorageAddress,
}

dispatch! {
    SafeProxy;
    fallback forward;
    constructor construct(singleton: Address);
}

impl SafeProxy {
    /// Puts the proxy before `singleton`.
    ///
    /// # Errors
    /// "Invalid singleton address provided".
    fn construct(&mut self, singleton: Address) -> Outcome {
        require(!singleton.is_zero(), "Invalid singleton address provided")?;
        self.singleton.set(singleton);
        Ok(())
    }

    /// Runs the code behind the proxy as the proxy's own.
    ///
    /// # Errors
    /// What that code reverts with.
    fn forward(&mut self, calldata: &[u8]) -> Outcome<Vec<u8>> {
        let singleton = self.singleton.get();
        if is_master_copy(calldata) {
            return Ok(singleton.encode());
        }
        delegate_call(self.vm(), singleton, calldata).map_err(Revert::bubble)
    }
}

/// Whether the first word of the calldata is the selector and zeros; what follows is not looked at.
fn is_master_copy(calldata: &[u8]) -> bool {
    let selector = ISafeProxy::masterCopyCall::SELECTOR;
    calldata.starts_with(&selector) && calldata[4..].iter().take(28).all(|byte| *byte == 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(tail: &[u8], expected: bool) {
        let calldata = [ISafeProxy::masterCopyCall::SELECTOR.as_slice(), tail].concat();
        assert_eq!(is_master_copy(&calldata), expected);
    }

    #[test]
    fn answers_a_call_of_master_copy_alone() {
        assert_eq!(ISafeProxy::masterCopyCall::SELECTOR, [0xa6, 0x19, 0x48, 0x6e]);
        check(&[], true);
        check(&[0; 28], true);
        check(&[[0; 28].as_slice(), &[1]].concat(), true);
        check(&[1], false);
        assert!(!is_master_copy(&[0xa6, 0x19]));
    }
}
