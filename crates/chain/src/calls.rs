//! Calls that leave no trace, how much gas they would need, and what they would access.

use alloy_eips::eip2930::{AccessList, AccessListItem};
use alloy_primitives::{Address, B256, Bytes, TxKind, U256};
use revm::{
    context::result::ExecutionResult,
    context_interface::{ContextSetters, JournalTr},
    state::{EvmState, TransactionId},
};

use crate::{
    HaltReason,
    chain::Chain,
    executor::{BlockEnv, Changes, ExecuteError, Message, Outcome, outcome, unchecked_tx},
    handler::Rules,
    scene::{Ask, Scene},
};

/// Why gas cannot be estimated.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EstimateError {
    /// It reverts whatever the gas.
    #[error("the message reverts: {0}")]
    Reverts(Bytes),
    /// It halts whatever the gas, up to the limit given beside.
    #[error("the message halts: {0:?}")]
    Halts(HaltReason, u64),
    /// It cannot be executed at all.
    #[error(transparent)]
    Execute(#[from] ExecuteError),
}

/// What a message would access.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Accessed {
    /// Accounts and slots beyond the sender, the account called and precompiled contracts, which are warm anyway. By address.
    pub list: AccessList,
    /// What came of it with that list.
    pub outcome: Outcome,
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
        self.vm.inner.ctx.set_block(env.to_revm());
        let tried = self.attempt(unchecked_tx(message), Rules::Free);
        self.forget();
        Ok(outcome(tried?, Changes::default(), self.vm.panic.take()))
    }

    /// Empties the journal, and keeps the room that the next call will most likely need.
    fn forget(&mut self) {
        /// More accounts than most calls touch; emptying takes as long as the room is large.
        const ACCOUNTS: usize = 64;
        let journal = &mut self.vm.inner.ctx.journaled_state;
        let mut state = journal.finalize();
        if state.capacity() <= ACCOUNTS {
            state.clear();
            journal.inner.state = state;
        }
    }

    /// The least gas limit with which a message succeeds at the latest block, up to its own limit.
    ///
    /// # Errors
    /// [`EstimateError`] when no limit helps.
    pub fn estimate_gas(&mut self, message: &Message) -> Result<u64, EstimateError> {
        let scene = Scene::new(self.env());
        self.estimate_gas_in(&scene, &message.clone().into())
    }

    /// The least gas limit with which a message succeeds in a scene, up to its own limit and to what its sender can pay for.
    ///
    /// # Errors
    /// As [`Self::estimate_gas`].
    pub fn estimate_gas_in(&mut self, scene: &Scene, ask: &Ask) -> Result<u64, EstimateError> {
        let mut most = ask.message.gas_limit.min(scene.env.gas_limit);
        self.set(scene)?;
        let (balance, transfer) = (self.seen_balance(ask.message.from), self.is_transfer(ask));
        self.vm.inner.ctx.journaled_state.finalize();
        let Some(left) = balance.checked_sub(ask.message.value) else {
            let (address, needed) = (ask.message.from, ask.message.value);
            return Err(ExecuteError::InsufficientFunds { address, balance, needed }.into());
        };
        if let Some(affordable) = left.checked_div(U256::from(ask.gas_price)) {
            most = most.min(affordable.saturating_to());
        }
        // A transfer of ether costs the same whoever gets it.
        const TRANSFER_GAS: u64 = 21_000;
        if transfer
            && most >= TRANSFER_GAS
            && let Some(ExecutionResult::Success { .. }) = self.try_with(scene, ask, TRANSFER_GAS)?
        {
            return Ok(TRANSFER_GAS);
        }
        let (used, refunded) = match self.try_with(scene, ask, most)? {
            Some(result @ ExecutionResult::Success { .. }) => (result.tx_gas_used(), result.gas().final_refunded()),
            Some(ExecutionResult::Revert { output, .. }) => return Err(EstimateError::Reverts(output)),
            Some(ExecutionResult::Halt { reason, .. }) => return Err(EstimateError::Halts(reason, most)),
            // The full limit does not even cover intrinsic gas: say by how much.
            None => return Err(self.intrinsic(scene, ask, most).into()),
        };
        let (mut too_little, mut enough) = (used.saturating_sub(1).min(most.saturating_sub(1)), most);
        // What is used, refunds and the stipend included, mostly suffices when a 64th more is there for calls to withhold.
        const CALL_STIPEND: u64 = 2_300;
        let likely = used.saturating_add(refunded).saturating_add(CALL_STIPEND);
        let likely = likely.saturating_add(likely / 63);
        if likely > too_little && likely < enough {
            match self.try_with(scene, ask, likely)? {
                Some(ExecutionResult::Success { .. }) => enough = likely,
                _ => too_little = likely,
            }
        }
        while too_little + 1 < enough {
            // Most messages need little more than they use, so the search stays low.
            let middle = (too_little + (enough - too_little) / 2).min(too_little.saturating_mul(2).max(1));
            match self.try_with(scene, ask, middle)? {
                Some(ExecutionResult::Success { .. }) => enough = middle,
                _ => too_little = middle,
            }
        }
        Ok(enough)
    }

    fn is_transfer(&self, ask: &Ask) -> bool {
        let to = match ask.message.to {
            TxKind::Call(to) => to,
            TxKind::Create => return false,
        };
        ask.message.data.is_empty() && ask.access_list.0.is_empty() && !self.seen_code(to)
    }

    /// What comes of a message with another gas limit; `None` if that does not cover intrinsic gas.
    fn try_with(&mut self, scene: &Scene, ask: &Ask, gas_limit: u64) -> Result<Option<ExecutionResult>, ExecuteError> {
        self.set(scene)?;
        let tx = revm::context::TxEnv { gas_limit, ..ask.to_revm() };
        let tried = self.attempt(tx, Rules::Free);
        self.vm.inner.ctx.journaled_state.finalize();
        match tried {
            Ok(result) => Ok(Some(result)),
            Err(ExecuteError::IntrinsicGas { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn intrinsic(&mut self, scene: &Scene, ask: &Ask, limit: u64) -> ExecuteError {
        let message = ask.message.clone().with_gas_limit(limit);
        let intrinsic = 0;
        let tried = self.call_in(scene, &Ask { message, gas_price: 0, ..ask.clone() });
        tried.err().unwrap_or(ExecuteError::IntrinsicGas { intrinsic, limit })
    }

    /// What a message would access, found by running it until the list stays the same.
    ///
    /// # Errors
    /// [`ExecuteError`] when the message cannot be executed.
    pub fn access_list_in(&mut self, scene: &Scene, ask: &Ask) -> Result<Accessed, ExecuteError> {
        /// A contract whose accesses depend on what they cost need not come to rest.
        const ROUNDS: usize = 8;
        let mut ask = ask.clone();
        for round in 1.. {
            self.set(scene)?;
            let id = self.vm.inner.ctx.journaled_state.inner.transaction_id;
            let tried = self.afford(&ask).and_then(|()| self.attempt(ask.to_revm(), Rules::Free));
            let state = self.vm.inner.ctx.journaled_state.finalize();
            let outcome = outcome(tried?, Changes::default(), self.vm.panic.take());
            let list = self.accessed(&state, id, &ask);
            if list == ask.access_list || round == ROUNDS {
                return Ok(Accessed { list, outcome });
            }
            ask.access_list = list;
        }
        unreachable!("the rounds are counted")
    }

    fn accessed(&self, state: &EvmState, id: TransactionId, ask: &Ask) -> AccessList {
        let warm = |address: &Address| {
            *address == ask.message.from
                || ask.message.to == TxKind::Call(*address)
                || self.vm.inner.precompiles.precompiles.contains(address)
        };
        let mut items: Vec<AccessListItem> = state
            .iter()
            .filter(|(_, account)| account.transaction_id == id)
            .filter_map(|(address, account)| {
                let seen = account.storage.iter().filter(|(_, slot)| slot.transaction_id == id);
                let mut storage_keys: Vec<B256> = seen.map(|(slot, _)| B256::from(*slot)).collect();
                storage_keys.sort_unstable();
                let needed = !storage_keys.is_empty() || !(warm(address) || account.is_created_locally());
                needed.then_some(AccessListItem { address: *address, storage_keys })
            })
            .collect();
        items.sort_unstable_by_key(|item| item.address);
        AccessList(items)
    }
}
