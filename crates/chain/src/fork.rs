//! Executes messages over a state that lies elsewhere, as [`Executor`](crate::Executor) does over one in memory.
//!
//! ```text
//! account or slot is read ─▶ written here before? ─▶ read before? ─▶ the source is asked, once
//! ```
//! What a message writes stays here, above the source, and is what later messages read. The source is asked for nothing twice, and for
//! nothing that no message reads. When it has no answer, the message ends at once, without effects.
//!
//! As there, the sender of a message need not sign, pay or have the right nonce. Native programs run where the source has their code.

use std::{collections::BTreeSet, convert::Infallible, fmt, sync::Arc};

use alloy_primitives::{Address, B256, Bytes, U256};
use revm::{
    Database,
    context::result::EVMError,
    context_interface::{ContextSetters, JournalTr},
    database_interface::DBErrorMarker,
    handler::Handler,
    primitives::hardfork::SpecId,
    state::{AccountInfo, Bytecode, EvmState},
};

use crate::{
    executor::{BlockEnv, Changes, ExecuteError, Message, Outcome, outcome, unchecked_tx},
    handler::{Rules, Runner},
    program::Programs,
    state::{AccountRecord, Accounts, MemoryState, StateDelta},
    vm::Vm,
};

/// A state that lies elsewhere. It must not change while it is read.
pub trait Source: 'static {
    /// Why there is no answer.
    type Error: std::error::Error + Send + Sync + 'static;

    /// An account with its code; `None` if there is none.
    ///
    /// # Errors
    /// There is no answer.
    fn account(&mut self, address: Address) -> Result<Option<SourceAccount>, Self::Error>;

    /// The value of a slot; zero where nothing is stored.
    ///
    /// # Errors
    /// There is no answer.
    fn slot(&mut self, address: Address, slot: U256) -> Result<U256, Self::Error>;

    /// What `BLOCKHASH` returns for the number of a block that contracts see, one of the last 256.
    ///
    /// # Errors
    /// There is no answer.
    fn block_hash(&mut self, number: u64) -> Result<B256, Self::Error>;
}

/// An account, its storage aside.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SourceAccount {
    /// Wei.
    pub balance: U256,
    /// Transactions sent.
    pub nonce: u64,
    /// Code; empty without.
    pub code: Bytes,
}

/// Why a message cannot be executed over a source.
#[derive(Debug, thiserror::Error)]
pub enum ForkError<E: std::error::Error> {
    /// The source has no answer.
    #[error(transparent)]
    Source(E),
    /// The message is at fault.
    #[error(transparent)]
    Execute(ExecuteError),
}

/// The source's error on its way through the machine.
struct Fault<E>(E);

impl<E: fmt::Debug> fmt::Debug for Fault<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl<E: fmt::Display> fmt::Display for Fault<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl<E: std::error::Error> std::error::Error for Fault<E> {}
impl<E: std::error::Error + Send + Sync + 'static> DBErrorMarker for Fault<E> {}

impl<E: std::error::Error> From<EVMError<Fault<E>>> for ForkError<E> {
    fn from(error: EVMError<Fault<E>>) -> Self {
        let mut fault = None;
        // The error of the state is taken out, so what is left cannot have one.
        let error: EVMError<Infallible> = match error {
            EVMError::Database(Fault(error)) => {
                fault = Some(error);
                EVMError::Custom(String::new())
            }
            EVMError::Transaction(error) => EVMError::Transaction(error),
            EVMError::Header(error) => EVMError::Header(error),
            EVMError::Custom(error) => EVMError::Custom(error),
            EVMError::CustomAny(error) => EVMError::CustomAny(error),
        };
        fault.map_or_else(|| Self::Execute(error.into()), Self::Source)
    }
}

/// What was read of a source, with what was written since.
struct Above<S> {
    source: S,
    memory: MemoryState,
    accounts: BTreeSet<Address>,
    slots: BTreeSet<(Address, U256)>,
}

impl<S: Source> Above<S> {
    fn read_account(&mut self, address: Address) -> Result<(), S::Error> {
        if !self.accounts.contains(&address) {
            let mut delta = StateDelta::default();
            if let Some(SourceAccount { balance, nonce, code }) = self.source.account(address)? {
                let code = Bytecode::new_raw_checked(code.clone()).unwrap_or_else(|_| Bytecode::new_legacy(code));
                let code_hash = code.hash_slow();
                delta.codes.push((code_hash, code));
                delta.accounts.push((address, Some(AccountRecord { balance, nonce, code_hash })));
            }
            self.memory.apply(&delta);
            self.accounts.insert(address);
        }
        Ok(())
    }

    fn read_slot(&mut self, address: Address, slot: U256) -> Result<U256, S::Error> {
        if !self.slots.contains(&(address, slot)) {
            let value = self.source.slot(address, slot)?;
            self.memory.apply(&StateDelta { slots: vec![(address, slot, value)], ..StateDelta::default() });
            self.slots.insert((address, slot));
        }
        Ok(self.memory.slot(address, slot))
    }
}

impl<S: Source> Database for Above<S> {
    type Error = Fault<S::Error>;

    fn basic(&mut self, address: Address) -> Result<Option<AccountInfo>, Self::Error> {
        self.read_account(address).map_err(Fault)?;
        let Ok(info) = self.memory.basic(address);
        Ok(info)
    }

    fn code_by_hash(&mut self, hash: B256) -> Result<Bytecode, Self::Error> {
        let Ok(code) = self.memory.code_by_hash(hash);
        Ok(code)
    }

    fn storage(&mut self, address: Address, slot: U256) -> Result<U256, Self::Error> {
        self.read_slot(address, slot).map_err(Fault)
    }

    fn block_hash(&mut self, number: u64) -> Result<B256, Self::Error> {
        self.source.block_hash(number).map_err(Fault)
    }
}

/// Executes messages one at a time over a state that lies elsewhere.
pub struct Fork<S: Source> {
    vm: Vm<Above<S>>,
}

impl<S: Source> Fork<S> {
    /// A fork of a state, under the rules of `spec`.
    pub fn new(source: S, programs: Arc<Programs>, chain_id: u64, spec: SpecId) -> Self {
        let above = Above { source, memory: MemoryState::default(), accounts: BTreeSet::new(), slots: BTreeSet::new() };
        Self { vm: Vm::new(above, programs, spec, chain_id) }
    }

    /// The source.
    pub fn source(&mut self) -> &mut S {
        &mut self.vm.state_mut().source
    }

    /// What was read so far, with what messages wrote: all that the changes of an outcome are of.
    pub fn read(&self) -> &MemoryState {
        &self.vm.state().memory
    }

    /// The code of an account.
    ///
    /// # Errors
    /// The source has no answer.
    pub fn code(&mut self, address: Address) -> Result<Bytes, S::Error> {
        let above = self.vm.state_mut();
        above.read_account(address)?;
        Ok(above.memory.code(address).original_bytes())
    }

    /// Gives a slot another value than the source has.
    ///
    /// # Errors
    /// The source has no answer for its account.
    pub fn set_slot(&mut self, address: Address, slot: U256, value: U256) -> Result<(), S::Error> {
        let above = self.vm.state_mut();
        above.read_account(address)?;
        above.read_slot(address, slot)?;
        above.memory.apply(&StateDelta { slots: vec![(address, slot, value)], ..StateDelta::default() });
        Ok(())
    }

    /// Executes a message and keeps its effects if it succeeds.
    ///
    /// # Errors
    /// [`ForkError`]; a revert or halt is an [`Outcome`].
    pub fn call(&mut self, block: &BlockEnv, message: Message) -> Result<Outcome, ForkError<S::Error>> {
        let (outcome, state) = self.run(block, message)?;
        let memory = &mut self.vm.state_mut().memory;
        let delta = memory.difference(state);
        memory.apply(&delta);
        Ok(outcome)
    }

    /// Executes a message and discards its effects; the outcome still lists them.
    ///
    /// # Errors
    /// As [`Self::call`].
    pub fn view(&mut self, block: &BlockEnv, message: Message) -> Result<Outcome, ForkError<S::Error>> {
        Ok(self.run(block, message)?.0)
    }

    fn run(&mut self, block: &BlockEnv, message: Message) -> Result<(Outcome, EvmState), ForkError<S::Error>> {
        let vm = &mut self.vm;
        vm.panic = None;
        vm.inner.ctx.set_block(block.to_revm());
        vm.inner.ctx.set_tx(unchecked_tx(message));
        let result = Runner::new(Rules::Free).run(vm);
        let state = vm.inner.ctx.journaled_state.finalize();
        let result = result.map_err(ForkError::from)?;
        let changes = if result.is_success() { Changes::of(&state, &vm.state().memory) } else { Changes::default() };
        let panic = vm.panic.take();
        Ok((outcome(result, changes, panic), state))
    }
}
