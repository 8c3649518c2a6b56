//! Trying things without leaving a trace: in the block that a [`Scene`] describes, on accounts that are not what they are.
//!
//! Overrides go into the journal before the message runs, as if an earlier transaction had made them: they are cold, are seen by
//! everything the message does, and vanish with the journal.

use alloy_eips::eip2930::AccessList;
use alloy_primitives::{Address, Bytes, U256};
use revm::{
    context::{TxEnv, result::ExecutionResult},
    context_interface::{ContextSetters, JournalTr},
    handler::Handler,
    state::{AccountStatus, Bytecode, EvmStorageSlot},
};

use crate::{
    chain::Chain,
    executor::{BlockEnv, Changes, ExecuteError, Message, Outcome, outcome, unchecked_tx},
    handler::{Rules, Runner},
};

/// Where a message is tried: a block on top of the latest state, and accounts that differ from it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scene {
    /// What contracts see of the block.
    pub env: BlockEnv,
    /// What differs from the state. A later entry for the same account counts on top of an earlier one.
    pub accounts: Vec<(Address, AccountOverride)>,
}

/// How an account is to differ. What is `None` stays.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AccountOverride {
    /// Wei.
    pub balance: Option<U256>,
    /// Transactions sent.
    pub nonce: Option<u64>,
    /// Code.
    pub code: Option<Bytes>,
    /// Slots.
    pub storage: StorageOverride,
}

/// How the storage of an account is to differ.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StorageOverride {
    /// These slots; all others stay.
    Slots(Vec<(U256, U256)>),
    /// These slots; all others are zero.
    Whole(Vec<(U256, U256)>),
}

impl Default for StorageOverride {
    fn default() -> Self {
        Self::Slots(Vec::new())
    }
}

/// A message to be tried, with what a transaction says beside it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ask {
    /// The message.
    pub message: Message,
    /// Wei per gas that contracts see, and that the sender must be able to pay; nothing is taken from it.
    pub gas_price: u128,
    /// What is accessed at the price of a warm access.
    pub access_list: AccessList,
}

impl From<Message> for Ask {
    fn from(message: Message) -> Self {
        Self { message, gas_price: 0, access_list: AccessList::default() }
    }
}

impl Ask {
    pub(crate) fn to_revm(&self) -> TxEnv {
        let mut tx = unchecked_tx(self.message.clone());
        tx.gas_price = self.gas_price;
        if !self.access_list.0.is_empty() {
            tx.tx_type = 1;
            tx.access_list = self.access_list.clone();
        }
        tx
    }

    /// The most it can cost its sender.
    fn cost(&self) -> U256 {
        let fee = U256::from(self.gas_price).saturating_mul(U256::from(self.message.gas_limit));
        // Without a price, gas is free however much of it there is.
        fee.saturating_add(self.message.value)
    }
}

impl Scene {
    /// The state as it is, in a block of that environment.
    pub fn new(env: BlockEnv) -> Self {
        Self { env, accounts: Vec::new() }
    }
}

impl Chain {
    /// Executes a message in a scene and discards its effects; the outcome's changes stay empty.
    ///
    /// # Errors
    /// [`ExecuteError`] when it cannot be executed, [`ExecuteError::InsufficientFunds`] among them.
    pub fn call_in(&mut self, scene: &Scene, ask: &Ask) -> Result<Outcome, ExecuteError> {
        self.set(scene)?;
        let tried = self.afford(ask).and_then(|()| self.attempt(ask.to_revm(), Rules::Free));
        self.vm.inner.ctx.journaled_state.finalize();
        Ok(outcome(tried?, Changes::default(), self.vm.panic.take()))
    }

    /// Sets the stage. Whoever calls this takes the journal away when done.
    pub(crate) fn set(&mut self, scene: &Scene) -> Result<(), ExecuteError> {
        self.vm.inner.ctx.set_block(scene.env.to_revm());
        self.pretend(&scene.accounts)
    }

    /// Makes accounts differ for what runs next in the same journal.
    pub(crate) fn pretend(&mut self, accounts: &[(Address, AccountOverride)]) -> Result<(), ExecuteError> {
        if accounts.is_empty() {
            return Ok(());
        }
        let journal = &mut self.vm.inner.ctx.journaled_state;
        for (address, wanted) in accounts {
            journal
                .load_account(*address)
                .map_err(|error| ExecuteError::from(revm::context::result::EVMError::Database(error)))?;
            let id = journal.inner.transaction_id;
            let Some(account) = journal.inner.state.get_mut(address) else { continue };
            account.info.balance = wanted.balance.unwrap_or(account.info.balance);
            account.info.nonce = wanted.nonce.unwrap_or(account.info.nonce);
            if let Some(code) = &wanted.code {
                let code =
                    Bytecode::new_raw_checked(code.clone()).unwrap_or_else(|_| Bytecode::new_legacy(code.clone()));
                account.info.set_code(code);
            }
            let slots = match &wanted.storage {
                StorageOverride::Slots(slots) => slots,
                StorageOverride::Whole(slots) => {
                    account.storage.clear();
                    // Slots of an account created here are not looked for in the state.
                    account.status |= AccountStatus::Created;
                    slots
                }
            };
            account.storage.extend(slots.iter().map(|(slot, value)| (*slot, EvmStorageSlot::new(*value, id))));
            account.mark_touch();
        }
        // What was loaded for this is cold again.
        journal.commit_tx();
        Ok(())
    }

    /// Whether the sender has what it would have to pay at most.
    pub(crate) fn afford(&mut self, ask: &Ask) -> Result<(), ExecuteError> {
        let (address, needed) = (ask.message.from, ask.cost());
        let balance = self.seen_balance(address);
        if needed > balance { Err(ExecuteError::InsufficientFunds { address, balance, needed }) } else { Ok(()) }
    }

    /// A balance as the scene has it.
    pub(crate) fn seen_balance(&self, address: Address) -> U256 {
        let journaled = self.vm.inner.ctx.journaled_state.inner.state.get(&address);
        journaled.map_or_else(|| self.balance(address), |account| account.info.balance)
    }

    /// Whether an account has code, as the scene has it.
    pub(crate) fn seen_code(&self, address: Address) -> bool {
        let journaled = self.vm.inner.ctx.journaled_state.inner.state.get(&address);
        journaled.map_or_else(|| !self.code(address).is_empty(), |account| !account.info.is_empty_code_hash())
    }

    /// Runs a transaction on the journal as it is, and leaves its effects there.
    pub(crate) fn attempt(&mut self, tx: TxEnv, rules: Rules) -> Result<ExecutionResult, ExecuteError> {
        self.vm.panic = None;
        self.vm.inner.ctx.set_tx(tx);
        Ok(Runner::new(rules).run(&mut self.vm)?)
    }
}
