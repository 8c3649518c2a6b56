//! Who votes for whom, and with how much at any block gone by (ERC20Votes).
//!
//! A balance counts as votes once its holder has named a delegate, who may be the holder. The votes of a delegate are the sum of
//! the balances delegated to it, as checkpoints; so is the total supply, delegated or not. What happens in a block
//! is final when the block is over, and may be asked for only then. At most 2^224 − 1 votes exist.

use alloc::{vec, vec::Vec};

use alloy_primitives::{Address, U256};
use ephor_abi::token::IVotesToken::{DelegateChanged, DelegateVotesChanged};
use ephor_parts::{Checked, Gap, Outcome, Revert, checkpoints::Checkpoints, emit, require};
use stylus_sdk::{
    prelude::*,
    storage::{StorageAddress, StorageMap},
};

/// Delegations and their history: three slots, and forty-seven in reserve.
#[storage]
pub struct Votes {
    delegates: StorageMap<Address, StorageAddress>,
    checkpoints: StorageMap<Address, Checkpoints>,
    total_supply: Checkpoints,
    _gap: Gap<47>,
}

impl Votes {
    /// The delegate of `account`; the zero address if it has named none.
    pub(crate) fn delegate_of(&self, account: Address) -> Address {
        self.delegates.get(account)
    }

    /// The votes of `account` now.
    pub(crate) fn of(&self, account: Address) -> U256 {
        self.checkpoints.getter(account).latest()
    }

    /// The votes of `account` at the end of `block`.
    pub(crate) fn of_at(&self, account: Address, block: U256) -> Outcome<U256> {
        self.require_over(block)?;
        Ok(self.checkpoints.getter(account).at_block(block))
    }

    /// The total supply at the end of `block`.
    pub(crate) fn total_supply_at(&self, block: U256) -> Outcome<U256> {
        self.require_over(block)?;
        Ok(self.total_supply.at_block(block))
    }

    /// How many checkpoints `account` has.
    pub(crate) fn checkpoints_of(&self, account: Address) -> Outcome<u32> {
        let count = self.checkpoints.getter(account).len();
        u32::try_from(count).map_err(|_| Revert::message("SafeCast: value doesn't fit in 32 bits"))
    }

    /// Checkpoint `index` of `account`: the block it was written in, and the votes from then on.
    pub(crate) fn checkpoint(&self, account: Address, index: u32) -> Outcome<(u32, U256)> {
        let checkpoint = self.checkpoints.getter(account).get(index.into())?;
        Ok((checkpoint.from_block, checkpoint.value))
    }

    /// Hands the votes of `delegator`, who holds `balance`, to `delegatee`. Emits `DelegateChanged` and `DelegateVotesChanged`.
    pub(crate) fn delegate(&mut self, delegator: Address, balance: U256, delegatee: Address) -> Outcome {
        let mut delegate = self.delegates.setter(delegator);
        let former = delegate.get();
        delegate.set(delegatee);
        drop(delegate);
        emit(self.vm(), &DelegateChanged { delegator, fromDelegate: former, toDelegate: delegatee });
        self.shift(former, delegatee, balance)
    }

    /// Lets votes follow `amount` that went `from` one holder `to` another. Emits `DelegateVotesChanged` for each delegate
    /// concerned.
    pub(crate) fn follow(&mut self, from: Address, to: Address, amount: U256) -> Outcome {
        let (from, to) = (self.delegate_of(from), self.delegate_of(to));
        self.shift(from, to, amount)
    }

    /// Notes that `amount` was created.
    pub(crate) fn minted(&mut self, amount: U256) -> Outcome {
        self.total_supply.write(|supply| supply.plus(amount)).map(drop)
    }

    /// Notes that `amount` was destroyed.
    pub(crate) fn burned(&mut self, amount: U256) -> Outcome {
        self.total_supply.write(|supply| supply.minus(amount)).map(drop)
    }

    fn shift(&mut self, from: Address, to: Address, amount: U256) -> Outcome {
        if from == to || amount.is_zero() {
            return Ok(());
        }
        if !from.is_zero() {
            self.change(from, |votes| votes.minus(amount))?;
        }
        if !to.is_zero() {
            self.change(to, |votes| votes.plus(amount))?;
        }
        Ok(())
    }

    fn change(&mut self, delegate: Address, change: impl FnOnce(U256) -> Outcome<U256>) -> Outcome {
        let change = self.checkpoints.setter(delegate).write(change)?;
        let event = DelegateVotesChanged { delegate, previousBalance: change.before, newBalance: change.after };
        emit(self.vm(), &event);
        Ok(())
    }

    fn require_over(&self, block: U256) -> Outcome {
        require(block < U256::from(self.vm().block_number()), "ERC20Votes: block not yet mined")
    }
}
