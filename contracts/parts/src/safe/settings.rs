//! The guard, the fallback handler, and ether that comes in.
//!
//! Both addresses lie in slots of their own, far from the layout: `keccak256("guard_manager.guard.address")` and
//! `keccak256("fallback_manager.handler.address")`. 1.3.0 checks neither; 1.4.1 asks a guard whether it is one, and refuses the
//! account itself as handler. Source: the traces of the deployed contracts, the published list of changes.

use alloc::vec::Vec;

use alloy_primitives::{Address, B256, FixedBytes, U256, uint};
use alloy_sol_types::SolCall;
use ephor_abi::{
    common::IERC165,
    safe::{
        IGuard,
        ISafe::{self, SafeReceived},
    },
};
use stylus_sdk::prelude::*;

use super::{Release, SafeAccount, calldata::Masked};
use crate::{
    call::{call, require_code, static_call},
    dispatch::non_payable,
    erc165::interface_id,
    log::emit,
    revert::{Outcome, Revert, require},
    routes,
};

/// Where the guard is kept.
const GUARD: U256 = uint!(0x4a204f620c8c5ccdca3fd54d003badd85ba500436a431f0cbda4f558c93c34c8_U256);
/// Where the fallback handler is kept.
const FALLBACK_HANDLER: U256 = uint!(0x6c9a6c4a39284e37ed1cf53d337577d14212a4870fb976a4366c693b939918d5_U256);

/// The interface of a guard.
const GUARD_INTERFACE: FixedBytes<4> =
    interface_id(&[IGuard::checkTransactionCall::SELECTOR, IGuard::checkAfterExecutionCall::SELECTOR]);

routes! {
    /// Calls about settings.
    pub fn routes<C: Settings>;
    nonpayable ISafe::setGuardCall => set_guard(guard: Masked);
    nonpayable ISafe::setFallbackHandlerCall => set_fallback_handler(handler: Masked);
}

/// Guard, fallback handler and ether.
pub trait Settings: SafeAccount {
    /// The guard; zero for none.
    fn guard(&self) -> Address {
        Address::from_word(self.vm().storage_load_bytes32(GUARD))
    }

    /// Sets the guard that is asked about every transaction of the owners; zero for none. Emits `ChangedGuard`.
    ///
    /// # Errors
    /// `GS031`; from 1.4.1 on `GS300` when the contract does not say that it is a guard, no data when it has no code.
    fn set_guard(&mut self, guard: Masked) -> Outcome {
        self.require_self()?;
        if Self::RELEASE >= Release::V1_4_1 && !guard.0.is_zero() {
            require(self.says_it_is_a_guard(guard.0)?, "GS300")?;
        }
        write_word(self.vm(), GUARD, guard.0.into_word());
        Self::RELEASE.changed_guard(self.vm(), guard.0);
        Ok(())
    }

    /// Sets the contract that answers calls of unknown functions; zero for none. Emits `ChangedFallbackHandler`.
    ///
    /// # Errors
    /// `GS031`; from 1.4.1 on `GS400` for the account itself.
    fn set_fallback_handler(&mut self, handler: Masked) -> Outcome {
        self.require_self()?;
        self.write_fallback_handler(handler.0)?;
        Self::RELEASE.changed_handler(self.vm(), handler.0);
        Ok(())
    }

    /// Sets the fallback handler in silence.
    ///
    /// # Errors
    /// From 1.4.1 on `GS400` for the account itself.
    fn write_fallback_handler(&mut self, handler: Address) -> Outcome {
        let itself = handler == self.vm().contract_address();
        require(Self::RELEASE < Release::V1_4_1 || !itself, "GS400")?;
        write_word(self.vm(), FALLBACK_HANDLER, handler.into_word());
        Ok(())
    }

    /// Whether a contract answers that it has the interface of a guard.
    ///
    /// # Errors
    /// No data when it has no code or no answer; what it reverts with.
    fn says_it_is_a_guard(&self, guard: Address) -> Outcome<bool> {
        require_code(self.vm(), guard)?;
        let question = IERC165::supportsInterfaceCall { interfaceId: GUARD_INTERFACE };
        let answer = static_call(self.vm(), guard, &question.abi_encode()).map_err(Revert::bubble)?;
        let word = answer.get(..32).ok_or_else(Revert::empty)?;
        Ok(word.iter().any(|byte| *byte != 0))
    }

    /// Hands a call of an unknown function to the fallback handler, with the caller's address behind the calldata. Without a handler
    /// the call succeeds and returns nothing.
    ///
    /// # Errors
    /// No data when ether came along; what the handler reverts with.
    fn forward(&mut self, calldata: &[u8]) -> Outcome<Vec<u8>> {
        let vm = self.vm();
        non_payable(vm)?;
        let handler = Address::from_word(vm.storage_load_bytes32(FALLBACK_HANDLER));
        if handler.is_zero() {
            return Ok(Vec::new());
        }
        let data = [calldata, vm.msg_sender().as_slice()].concat();
        call(vm, handler, U256::ZERO, &data).map_err(Revert::bubble)
    }

    /// Accepts ether. Emits `SafeReceived`.
    ///
    /// # Errors
    /// None.
    fn receive_ether(&mut self) -> Outcome {
        let vm = self.vm();
        emit(vm, &SafeReceived { sender: vm.msg_sender(), value: vm.msg_value() });
        Ok(())
    }
}

impl<C: SafeAccount> Settings for C {}

/// Writes a slot outside the layout.
fn write_word(vm: &stylus_sdk::host::VM, slot: U256, word: B256) {
    // SAFETY: no storage type stands for the slot, so nothing aliases it.
    unsafe { vm.storage_cache_bytes32(slot, word) };
}
