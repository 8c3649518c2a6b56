//! Looking at a chain as it was.

use alloy_primitives::{Address, Bytes, U256};

use crate::{
    chain::{Chain, ChainError, NoState},
    executor::{ExecuteError, Message, Outcome},
};

/// A message that cannot be executed at a block of the past.
#[derive(Debug, thiserror::Error)]
pub enum PastError {
    /// The state of that block is not known.
    #[error(transparent)]
    State(#[from] ChainError),
    /// The message cannot be executed at all.
    #[error(transparent)]
    Execute(#[from] ExecuteError),
}

/// A chain as it was at a block. Only what belongs to the state differs; blocks, transactions and logs are looked up in the chain.
#[derive(Clone, Copy)]
pub struct At<'a> {
    chain: &'a Chain,
    /// `None` is the present.
    block: Option<u64>,
}

impl At<'_> {
    /// The balance of an account in wei.
    pub fn balance(&self, address: Address) -> U256 {
        self.chain.ledger().state.balance_at(address, self.block)
    }

    /// The nonce of an account.
    pub fn nonce(&self, address: Address) -> u64 {
        self.chain.ledger().state.nonce_at(address, self.block)
    }

    /// The code of an account.
    pub fn code(&self, address: Address) -> Bytes {
        self.chain.ledger().state.code_at(address, self.block)
    }

    /// The value of a storage slot.
    pub fn slot(&self, address: Address, slot: U256) -> U256 {
        self.chain.ledger().state.slot_at(address, slot, self.block)
    }
}

impl Chain {
    /// Whether the state of past blocks is known.
    pub fn keeps_past(&self) -> bool {
        self.ledger().state.keeps_past()
    }

    /// The state after a block, stored or empty.
    ///
    /// # Errors
    /// [`ChainError::NoState`].
    pub fn at(&self, number: u64) -> Result<At<'_>, ChainError> {
        Ok(At { chain: self, block: self.block_to_look_at(number)? })
    }

    /// Executes a message on the state after a block, as that block, and discards its effects: `eth_call` at a block.
    ///
    /// # Errors
    /// [`PastError`] when the state is not known or the message cannot be executed; a revert or halt is an [`Outcome`].
    pub fn view_at(&mut self, number: u64, message: Message) -> Result<Outcome, PastError> {
        Ok(self.with_state_at(number, |chain| chain.view(message))??)
    }

    /// Lets `look` see the chain's state as it was after a block: all that reads state, and all that executes without keeping what it
    /// does, is then about that block, `head` and `env` included. The time at which transactions are accepted stays.
    ///
    /// # Errors
    /// [`ChainError::NoState`].
    pub fn with_state_at<T>(&mut self, number: u64, look: impl FnOnce(&mut Self) -> T) -> Result<T, ChainError> {
        let block = self.block_to_look_at(number)?;
        let before = self.vm.state_mut().state.look_at(block);
        let seen = Looking { chain: self, before };
        Ok(look(seen.chain))
    }

    /// `None` for the latest block.
    fn block_to_look_at(&self, number: u64) -> Result<Option<u64>, ChainError> {
        let (first, head) = (self.ledger().origin().number, self.head());
        let no_state = |why| Err(ChainError::NoState { number, why });
        match number {
            _ if number == head => Ok(self.ledger().state.looks_at()),
            _ if number < first => no_state(NoState::BeforeFirst(first)),
            _ if number > head => no_state(NoState::AfterLatest(head)),
            _ if !self.keeps_past() => no_state(NoState::NotKept),
            _ => Ok(Some(number)),
        }
    }
}

/// Goes back to where one looked before, also when looking panics.
struct Looking<'a> {
    chain: &'a mut Chain,
    before: Option<u64>,
}

impl Drop for Looking<'_> {
    fn drop(&mut self) {
        self.chain.vm.state_mut().state.look_at(self.before);
    }
}
