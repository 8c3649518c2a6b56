//! Modules: contracts that act for an account without its owners.
//!
//! A list like that of the owners. Failures: `GS101` what cannot be a module, `GS102` what is one already, `GS103` not the one before,
//! `GS104` not a module. The guard is not asked about what modules do. Source: the traces of the deployed contracts.

use alloc::vec::Vec;

use alloy_primitives::{Address, Bytes, U256};
use ephor_abi::safe::ISafe::{self, ExecutionFromModuleFailure, ExecutionFromModuleSuccess};
use stylus_sdk::prelude::*;

use super::{
    Release, SENTINEL, SafeAccount,
    calldata::{Blob, Masked, OperationByte, halt},
    execute,
};
use crate::{
    call::Returned,
    log::emit,
    revert::{Outcome, Revert, require},
    routes,
};

/// More words than any amount of gas buys memory for.
pub(super) const UNPAYABLE_WORDS: u64 = 1 << 32;

routes! {
    /// Calls about modules.
    pub fn routes<C: Modules>;
    nonpayable ISafe::execTransactionFromModuleCall => execute_from_module(
        to: Masked, value: U256, data: Blob<'_>, operation: OperationByte
    );
    nonpayable ISafe::execTransactionFromModuleReturnDataCall => execute_from_module_with_data(
        to: Masked, value: U256, data: Blob<'_>, operation: OperationByte
    );
    nonpayable ISafe::isModuleEnabledCall => is_module_enabled(module: Masked);
    nonpayable ISafe::getModulesPaginatedCall => modules_paginated(start: Masked, page_size: U256);
    nonpayable ISafe::enableModuleCall => enable_module(module: Masked);
    nonpayable ISafe::disableModuleCall => disable_module(previous: Masked, module: Masked);
}

/// The modules of an account.
pub trait Modules: SafeAccount {
    /// Lets a contract act for the account. Emits `EnabledModule`.
    ///
    /// # Errors
    /// `GS031`, `GS101`, `GS102`.
    fn enable_module(&mut self, module: Masked) -> Outcome {
        self.require_self()?;
        let module = module.0;
        require(!module.is_zero() && module != SENTINEL, "GS101")?;
        let modules = &mut self.account_mut().modules;
        require(modules.get(module).is_zero(), "GS102")?;
        let first = modules.get(SENTINEL);
        modules.setter(module).set(first);
        modules.setter(SENTINEL).set(module);
        Self::RELEASE.enabled_module(self.vm(), module);
        Ok(())
    }

    /// Takes that right back. Emits `DisabledModule`.
    ///
    /// # Errors
    /// `GS031`, `GS101`, `GS103`.
    fn disable_module(&mut self, previous: Masked, module: Masked) -> Outcome {
        self.require_self()?;
        let (previous, module) = (previous.0, module.0);
        require(!module.is_zero() && module != SENTINEL, "GS101")?;
        let modules = &mut self.account_mut().modules;
        require(modules.get(previous) == module, "GS103")?;
        let next = modules.get(module);
        modules.setter(previous).set(next);
        modules.setter(module).set(Address::ZERO);
        Self::RELEASE.disabled_module(self.vm(), module);
        Ok(())
    }

    /// Runs a transaction for the calling module; returns whether it succeeded. Emits `ExecutionFromModuleSuccess` or
    /// `ExecutionFromModuleFailure`.
    ///
    /// # Errors
    /// `GS104`. [Halts](halt) when there is no such operation.
    fn execute_from_module(
        &mut self,
        to: Masked,
        value: U256,
        data: Blob<'_>,
        operation: OperationByte,
    ) -> Outcome<bool> {
        self.run_for_module(to.0, value, data.0, operation).map(|returned| returned.is_ok())
    }

    /// Like [`execute_from_module`](Self::execute_from_module), with what the target returned or reverted with.
    ///
    /// # Errors
    /// As there.
    fn execute_from_module_with_data(
        &mut self,
        to: Masked,
        value: U256,
        data: Blob<'_>,
        operation: OperationByte,
    ) -> Outcome<(bool, Bytes)> {
        let returned = self.run_for_module(to.0, value, data.0, operation)?;
        Ok((returned.is_ok(), returned.unwrap_or_else(|data| data).into()))
    }

    /// What both have in common.
    ///
    /// # Errors
    /// `GS104`.
    fn run_for_module(&mut self, to: Address, value: U256, data: &[u8], operation: OperationByte) -> Outcome<Returned> {
        self.announce_module_transaction(to, value, data, operation);
        let module = self.vm().msg_sender();
        require(self.has_module(module), "GS104")?;
        let returned = execute(self.vm(), to, value, data, operation.checked(), u64::MAX);
        if returned.is_ok() {
            emit(self.vm(), &ExecutionFromModuleSuccess { module });
        } else {
            emit(self.vm(), &ExecutionFromModuleFailure { module });
        }
        Ok(returned)
    }

    /// Whether a contract is a module.
    ///
    /// # Errors
    /// None.
    fn is_module_enabled(&self, module: Masked) -> Outcome<bool> {
        Ok(self.has_module(module.0))
    }

    /// Whether `module` is in the list and not its end.
    fn has_module(&self, module: Address) -> bool {
        module != SENTINEL && !self.account().modules.get(module).is_zero()
    }

    /// Up to `page_size` modules after `start`, and from where to go on: in 1.3.0 the module after the page, which a reader then
    /// misses, in 1.4.1 the last of the page; the sentinel or zero at the end.
    ///
    /// # Errors
    /// No data when there is no memory for as many; from 1.4.1 on `GS105` no such module, `GS106` an empty page. From 1.4.1 on it
    /// [halts](halt) while the account is not set up.
    fn modules_paginated(&self, start: Masked, page_size: U256) -> Outcome<(Vec<Address>, Address)> {
        if Self::RELEASE >= Release::V1_4_1 {
            require(start.0 == SENTINEL || self.has_module(start.0), "GS105")?;
            require(!page_size.is_zero(), "GS106")?;
        }
        let page_size = u64::try_from(page_size).map_err(|_| Revert::empty())?;
        if page_size > UNPAYABLE_WORDS {
            halt();
        }
        let modules = &self.account().modules;
        let mut page = Vec::new();
        let mut next = modules.get(start.0);
        while !next.is_zero() && next != SENTINEL && (page.len() as u64) < page_size {
            page.push(next);
            next = modules.get(next);
        }
        if Self::RELEASE >= Release::V1_4_1 && next != SENTINEL {
            next = page.last().copied().unwrap_or_else(|| halt());
        }
        Ok((page, next))
    }
}

impl<C: SafeAccount> Modules for C {}
