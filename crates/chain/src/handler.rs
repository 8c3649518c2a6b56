//! How a message or transaction becomes frames: revm's mainnet handler, with its checks made optional.
//!
//! Intrinsic gas counts under all rules.

use std::marker::PhantomData;

use revm::{
    Database,
    context::result::{EVMError, HaltReason},
    context_interface::{ContextTr, JournalTr, Transaction, journaled_state::account::JournaledAccountTr},
    handler::{EvmTr, FrameResult, Handler, post_execution, pre_execution, validation},
    interpreter::InitialAndFloorGas,
};

use crate::vm::Vm;

/// Which checks apply, and what the sender pays.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Rules {
    /// A signed transaction: chain id, nonce, fees, balance, a sender without code, the block's gas limit. It pays for its gas.
    Signed,
    /// Anyone may be the sender and pays nothing, but its nonce moves as if it had signed.
    Impersonated,
    /// Anyone may be the sender, pays nothing, and its nonce moves by CREATE only.
    Free,
}

/// The handler of one transaction.
pub(crate) struct Runner<D> {
    rules: Rules,
    marker: PhantomData<D>,
}

impl<D> Runner<D> {
    pub(crate) fn new(rules: Rules) -> Self {
        Self { rules, marker: PhantomData }
    }

    fn signed(&self) -> bool {
        self.rules == Rules::Signed
    }
}

impl<D: Database + 'static> Handler for Runner<D> {
    type Evm = Vm<D>;
    type Error = EVMError<D::Error>;
    type HaltReason = HaltReason;

    fn validate_env(&self, vm: &mut Vm<D>) -> Result<(), Self::Error> {
        if self.signed() { validation::validate_env(vm.ctx()) } else { Ok(()) }
    }

    fn validate_against_state_and_deduct_caller(
        &self,
        vm: &mut Vm<D>,
        _gas: &mut InitialAndFloorGas,
    ) -> Result<(), Self::Error> {
        if self.signed() {
            return pre_execution::validate_against_state_and_deduct_caller(vm.ctx());
        }
        // Value transfers expect the sender to be loaded.
        let (caller, is_call) = (vm.inner.ctx.tx.caller(), vm.inner.ctx.tx.kind().is_call());
        let mut caller = vm.ctx().journal_mut().load_account_mut(caller)?;
        // A creation moves the nonce by itself.
        if self.rules == Rules::Impersonated && is_call {
            caller.bump_nonce();
        }
        Ok(())
    }

    fn reimburse_caller(&self, vm: &mut Vm<D>, result: &mut FrameResult) -> Result<(), Self::Error> {
        if self.signed() {
            post_execution::reimburse_caller(vm.ctx(), result.gas(), Default::default())?;
        }
        Ok(())
    }

    fn reward_beneficiary(&self, vm: &mut Vm<D>, result: &mut FrameResult) -> Result<(), Self::Error> {
        if self.signed() {
            post_execution::reward_beneficiary(vm.ctx(), result.gas())?;
        }
        Ok(())
    }
}
