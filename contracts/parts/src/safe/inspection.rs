//! Looking into an account from outside: its version, its storage, and what a call would do.
//!
//! Two functions answer by reverting, so that whatever they try leaves no trace. Source: the traces of the deployed contracts.

use alloc::vec::Vec;

use alloy_primitives::{Bytes, U256};
use alloy_sol_types::{Revert as ErrorString, SolError};
use ephor_abi::safe::ISafe;
use stylus_sdk::prelude::*;

use super::{
    SafeAccount,
    calldata::{Blob, Masked, OperationByte, halt},
    execute,
    modules::UNPAYABLE_WORDS,
};
use crate::{
    call::delegate_call,
    revert::{Outcome, Revert},
    routes,
};

routes! {
    /// Calls that look into an account.
    pub fn routes<C: Inspection>;
    nonpayable ISafe::VERSIONCall => version();
    nonpayable ISafe::getStorageAtCall => storage_at(offset: U256, length: U256);
    nonpayable ISafe::simulateAndRevertCall => simulate_and_revert(target: Masked, data: Blob<'_>);
    nonpayable ISafe::requiredTxGasCall => required_gas(
        to: Masked, value: U256, data: Blob<'_>, operation: OperationByte
    );
}

/// Looking into an account.
pub trait Inspection: SafeAccount {
    /// The version.
    ///
    /// # Errors
    /// None.
    fn version(&self) -> Outcome<&'static str> {
        Ok(Self::RELEASE.version())
    }

    /// `length` slots from `offset` on.
    ///
    /// # Errors
    /// No data when there is no memory for as many; the number of bytes wraps around, as in the reference.
    fn storage_at(&self, offset: U256, length: U256) -> Outcome<Bytes> {
        let bytes = length.wrapping_mul(U256::from(32));
        u64::try_from(bytes).map_err(|_| Revert::empty())?;
        let length = u64::try_from(length).ok().filter(|words| *words <= UNPAYABLE_WORDS).unwrap_or_else(|| halt());
        let vm = self.vm();
        let mut words = Vec::new();
        for index in 0..length {
            words.extend_from_slice(vm.storage_load_bytes32(offset.wrapping_add(U256::from(index))).as_slice());
        }
        Ok(words.into())
    }

    /// Runs `target`'s code as the account's own.
    ///
    /// # Errors
    /// Always: whether it succeeded and the length of what it returned, a word each, and that.
    fn simulate_and_revert(&mut self, target: Masked, data: Blob<'_>) -> Outcome {
        let returned = delegate_call(self.vm(), target.0, data.0);
        let success = U256::from(returned.is_ok());
        let returned = returned.unwrap_or_else(|data| data);
        let length = U256::from(returned.len());
        let head = [success.to_be_bytes::<32>(), length.to_be_bytes::<32>()].concat();
        Err(Revert::bubble([head, returned].concat()))
    }

    /// What a transaction would take.
    ///
    /// # Errors
    /// Always: without data if the transaction fails, else `Error(string)` whose string is the gas as a word.
    fn required_gas(&mut self, to: Masked, value: U256, data: Blob<'_>, operation: OperationByte) -> Outcome<U256> {
        let before = self.vm().evm_gas_left();
        let returned = execute(self.vm(), to.0, value, data.0, operation.checked(), u64::MAX);
        returned.map_err(|_| Revert::empty())?;
        let gas = U256::from(before.saturating_sub(self.vm().evm_gas_left()));
        let words = [U256::from(32), U256::from(32), gas].map(|word| word.to_be_bytes::<32>());
        Err(Revert::bubble([ErrorString::SELECTOR.as_slice(), words.as_flattened()].concat()))
    }
}

impl<C: SafeAccount> Inspection for C {}
