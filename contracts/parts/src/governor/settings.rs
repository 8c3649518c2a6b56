//! Delay, period, threshold, and whose votes count.

use alloc::{vec, vec::Vec};

use alloy_primitives::{Address, U256};
use ephor_abi::{
    governor::IGovernor::{ProposalThresholdSet, VotingDelaySet, VotingPeriodSet},
    token::IVotesToken::{getPastTotalSupplyCall, getPastVotesCall},
};
use stylus_sdk::{
    prelude::*,
    storage::{StorageAddress, StorageU256},
};

use crate::{
    call::query,
    log::emit,
    revert::{Outcome, require},
    storage::Gap,
};

/// Delay, period and threshold of proposals: three slots, and forty-seven in reserve.
#[storage]
pub struct Settings {
    voting_delay: StorageU256,
    voting_period: StorageU256,
    proposal_threshold: StorageU256,
    _gap: Gap<47>,
}

impl Settings {
    /// Sets all three, on initialisation. Emits as the setters do.
    ///
    /// # Errors
    /// As [`Settings::set_voting_period`].
    pub fn init(&mut self, delay_blocks: U256, period_blocks: U256, threshold_votes: U256) -> Outcome {
        self.set_voting_delay(delay_blocks);
        self.set_voting_period(period_blocks)?;
        self.set_proposal_threshold(threshold_votes);
        Ok(())
    }

    /// Blocks between a proposal and its snapshot.
    #[must_use]
    pub fn voting_delay(&self) -> U256 {
        self.voting_delay.get()
    }

    /// Blocks between the snapshot and the deadline.
    #[must_use]
    pub fn voting_period(&self) -> U256 {
        self.voting_period.get()
    }

    /// Votes that a proposer needs.
    #[must_use]
    pub fn proposal_threshold(&self) -> U256 {
        self.proposal_threshold.get()
    }

    /// Sets the delay. Emits `VotingDelaySet`.
    pub fn set_voting_delay(&mut self, blocks: U256) {
        emit(self.vm(), &VotingDelaySet { oldVotingDelay: self.voting_delay.get(), newVotingDelay: blocks });
        self.voting_delay.set(blocks);
    }

    /// Sets the period. Emits `VotingPeriodSet`.
    ///
    /// # Errors
    /// "GovernorSettings: voting period too low" for zero.
    pub fn set_voting_period(&mut self, blocks: U256) -> Outcome {
        require(!blocks.is_zero(), "GovernorSettings: voting period too low")?;
        emit(self.vm(), &VotingPeriodSet { oldVotingPeriod: self.voting_period.get(), newVotingPeriod: blocks });
        self.voting_period.set(blocks);
        Ok(())
    }

    /// Sets the threshold. Emits `ProposalThresholdSet`.
    pub fn set_proposal_threshold(&mut self, votes: U256) {
        let old = self.proposal_threshold.get();
        emit(self.vm(), &ProposalThresholdSet { oldProposalThreshold: old, newProposalThreshold: votes });
        self.proposal_threshold.set(votes);
    }
}

/// The token whose delegates vote: one slot, and fifty in reserve.
#[storage]
pub struct VotingToken {
    token: StorageAddress,
    _gap: Gap<50>,
}

impl VotingToken {
    /// Sets the token, on initialisation.
    pub fn init(&mut self, token: Address) {
        self.token.set(token);
    }

    /// The token.
    #[must_use]
    pub fn address(&self) -> Address {
        self.token.get()
    }

    /// The power of `account` in `block`.
    ///
    /// # Errors
    /// What the token refuses, such as a block not yet mined.
    pub fn votes(&self, account: Address, block: U256) -> Outcome<U256> {
        let (votes,) = query(self.vm(), self.address(), &getPastVotesCall { account, blockNumber: block })?;
        Ok(votes)
    }

    /// The supply in `block`.
    ///
    /// # Errors
    /// What the token refuses, such as a block not yet mined.
    pub fn supply(&self, block: U256) -> Outcome<U256> {
        let (supply,) = query(self.vm(), self.address(), &getPastTotalSupplyCall { blockNumber: block })?;
        Ok(supply)
    }
}
