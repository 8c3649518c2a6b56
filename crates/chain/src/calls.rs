//! Calls that leave no trace, and how much gas they would need.

use alloy_primitives::Bytes;
use revm::{
    context::result::ExecutionResult,
    context_interface::{ContextSetters, JournalTr},
    handler::Handler,
    state::EvmState,
};

use crate::{
    HaltReason,
    chain::Chain,
    executor::{BlockEnv, Changes, ExecuteError, Message, Outcome, outcome, unchecked_tx},
    handler::{Rules, Runner},
};

/// Why gas cannot be estimated.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EstimateError {
    /// It reverts whatever the gas.
    #[error("the message reverts: {0}")]
    Reverts(Bytes),
    /// It halts whatever the gas.
    #[error("the message halts: {0:?}")]
    Halts(HaltReason),
    /// It cannot be executed at all.
    #[error(transparent)]
    Execute(#[from] ExecuteError),
}

impl Chain {
    /// Executes a message at the latest block and discards its effects: `eth_call`.
    ///
    /// # Errors
    /// [`ExecuteError`] when the message cannot be executed; a revert or halt is an [`Outcome`].
    pub fn view(&mut self, message: Message) -> Result<Outcome, ExecuteError> {
        let env = self.env();
        self.view_in(&env, message)
    }

    /// Executes a message in any block environment and discards its effects; the outcome's changes stay empty.
    ///
    /// # Errors
    /// As [`Self::view`].
    pub fn view_in(&mut self, env: &BlockEnv, message: Message) -> Result<Outcome, ExecuteError> {
        let (result, _) = self.try_message(env, message)?;
        Ok(outcome(result, Changes::default(), self.vm.panic.take()))
    }

    fn try_message(&mut self, env: &BlockEnv, message: Message) -> Result<(ExecutionResult, EvmState), ExecuteError> {
        let vm = &mut self.vm;
        vm.panic = None;
        vm.inner.ctx.set_block(env.to_revm());
        vm.inner.ctx.set_tx(unchecked_tx(message));
        let result = Runner::new(Rules::Free).run(vm);
        let state = vm.inner.ctx.journaled_state.finalize();
        Ok((result?, state))
    }

    /// The least gas limit with which a message succeeds at the latest block, up to its own limit.
    ///
    /// # Errors
    /// [`EstimateError`] when no limit helps.
    pub fn estimate_gas(&mut self, message: &Message) -> Result<u64, EstimateError> {
        let env = self.env();
        let mut attempt = |gas_limit: u64| match self.try_message(&env, message.clone().with_gas_limit(gas_limit)) {
            Ok((result, _)) => Ok(Some(result)),
            Err(ExecuteError::IntrinsicGas { .. }) => Ok(None),
            Err(error) => Err(error),
        };
        let mut enough = message.gas_limit.min(env.gas_limit);
        let used = match attempt(enough)? {
            Some(result @ ExecutionResult::Success { .. }) => result.tx_gas_used(),
            Some(ExecutionResult::Revert { output, .. }) => return Err(EstimateError::Reverts(output)),
            Some(ExecutionResult::Halt { reason, .. }) => return Err(EstimateError::Halts(reason)),
            // The full limit does not even cover intrinsic gas: say by how much.
            None => {
                return Err(self.view(message.clone()).err().map_or(EstimateError::Reverts(Bytes::new()), Into::into));
            }
        };
        let mut too_little = used.saturating_sub(1).min(enough.saturating_sub(1));
        // What is used is mostly nearly enough; the search is cheap if it starts there.
        let mut guess = used;
        while too_little + 1 < enough {
            let middle = guess.clamp(too_little + 1, enough - 1);
            match attempt(middle)? {
                Some(ExecutionResult::Success { .. }) => enough = middle,
                _ => too_little = middle,
            }
            let double = too_little.saturating_mul(2);
            guess = (too_little + (enough - too_little) / 2).min(double);
        }
        Ok(enough)
    }
}
