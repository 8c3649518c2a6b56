//! How a message or transaction becomes frames: revm's mainnet handler, with its checks made optional.
//!
//! A *checked* transaction passes every check a node makes: chain id, nonce, fees, balance, sender without code, block gas limit; it
//! pays for its gas. An *unchecked* message is executed as it stands: anyone may be the sender, it pays nothing,
//! and its sender's nonce does not move (except by CREATE). Intrinsic gas counts in both.

use std::marker::PhantomData;

use revm::{
    Database,
    context::result::{EVMError, HaltReason},
    context_interface::{ContextTr, JournalTr, Transaction},
    handler::{EvmTr, FrameResult, Handler, post_execution, pre_execution, validation},
    interpreter::InitialAndFloorGas,
};

use crate::vm::Vm;

/// The handler of one transaction.
pub(crate) struct Runner<D> {
    /// Whether the checks of a signed transaction apply, and its fees.
    pub(crate) checked: bool,
    marker: PhantomData<D>,
}

impl<D> Runner<D> {
    pub(crate) fn new(checked: bool) -> Self {
        Self { checked, marker: PhantomData }
    }
}

impl<D: Database + 'static> Handler for Runner<D> {
    type Evm = Vm<D>;
    type Error = EVMError<D::Error>;
    type HaltReason = HaltReason;

    fn validate_env(&self, vm: &mut Vm<D>) -> Result<(), Self::Error> {
        if self.checked { validation::validate_env(vm.ctx()) } else { Ok(()) }
    }

    fn validate_against_state_and_deduct_caller(
        &self,
        vm: &mut Vm<D>,
        _gas: &mut InitialAndFloorGas,
    ) -> Result<(), Self::Error> {
        if self.checked {
            return pre_execution::validate_against_state_and_deduct_caller(vm.ctx());
        }
        // Value transfers expect the sender to be loaded.
        let caller = vm.inner.ctx.tx.caller();
        vm.ctx().journal_mut().load_account(caller)?;
        Ok(())
    }

    fn reimburse_caller(&self, vm: &mut Vm<D>, result: &mut FrameResult) -> Result<(), Self::Error> {
        if self.checked {
            post_execution::reimburse_caller(vm.ctx(), result.gas(), Default::default())?;
        }
        Ok(())
    }

    fn reward_beneficiary(&self, vm: &mut Vm<D>, result: &mut FrameResult) -> Result<(), Self::Error> {
        if self.checked {
            post_execution::reward_beneficiary(vm.ctx(), result.gas())?;
        }
        Ok(())
    }
}
