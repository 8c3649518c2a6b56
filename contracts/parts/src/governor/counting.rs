//! Counting For, Against and Abstain.
//!
//! An account votes once, with all its power. For and Abstain count towards the quorum; the proposal wins with more For
//! than Against, unless the governor asks for more.

use alloc::{vec, vec::Vec};

use alloy_primitives::{Address, U256};
use ephor_abi::governor::ILateQuorum;
use stylus_sdk::{
    prelude::*,
    storage::{StorageBool, StorageMap, StorageU256},
};

use super::Governor;
use crate::{
    revert::{Checked, Outcome, Revert, require},
    routes,
    storage::Gap,
};

/// The counting mode that wallets read.
pub const COUNTING_MODE: &str = "support=bravo&quorum=for,abstain";

/// The votes on one proposal, as they are stored: four slots.
#[storage]
pub struct ProposalVotes {
    against: StorageU256,
    favour: StorageU256,
    abstain: StorageU256,
    voted: StorageMap<Address, StorageBool>,
}

/// The votes on all proposals: one slot, and forty-nine in reserve.
#[storage]
pub struct SimpleCount {
    votes: StorageMap<U256, ProposalVotes>,
    _gap: Gap<49>,
}

/// The votes on one proposal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tally {
    /// Votes against.
    pub against: U256,
    /// Votes in favour.
    pub favour: U256,
    /// Votes for neither.
    pub abstain: U256,
}

impl SimpleCount {
    /// The votes on a proposal.
    #[must_use]
    pub fn tally(&self, proposal: U256) -> Tally {
        let votes = self.votes.getter(proposal);
        Tally { against: votes.against.get(), favour: votes.favour.get(), abstain: votes.abstain.get() }
    }

    /// Votes that count towards the quorum.
    ///
    /// # Errors
    /// `Panic(0x11)` on overflow.
    pub fn participation(&self, proposal: U256) -> Outcome<U256> {
        let votes = self.votes.getter(proposal);
        votes.favour.get().plus(votes.abstain.get())
    }

    /// Whether `account` has voted.
    #[must_use]
    pub fn has_voted(&self, proposal: U256, account: Address) -> bool {
        self.votes.getter(proposal).voted.get(account)
    }

    /// Counts a vote: 0 against, 1 in favour, 2 for neither.
    ///
    /// # Errors
    /// "GovernorVotingSimple: vote already cast"; "GovernorVotingSimple: invalid value for enum VoteType";
    /// `Panic(0x11)`.
    pub fn count(&mut self, proposal: U256, account: Address, support: u8, power: U256) -> Outcome {
        let mut votes = self.votes.setter(proposal);
        let mut voted = votes.voted.setter(account);
        require(!voted.get(), "GovernorVotingSimple: vote already cast")?;
        voted.set(true);
        let count = match support {
            0 => &mut votes.against,
            1 => &mut votes.favour,
            2 => &mut votes.abstain,
            _ => return Err(Revert::message("GovernorVotingSimple: invalid value for enum VoteType")),
        };
        let total = count.get().plus(power)?;
        count.set(total);
        Ok(())
    }
}

/// A governor that counts For, Against and Abstain.
pub trait CountsSimply: Governor {
    /// The votes.
    fn count(&self) -> &SimpleCount;

    /// Whether For and Abstain reach the quorum of the snapshot block.
    ///
    /// # Errors
    /// As [`Governor::quorum`].
    fn participation_reached(&self, proposal: U256) -> Outcome<bool> {
        // As the deployed contract: the right side of the comparison first.
        let participation = self.count().participation(proposal)?;
        Ok(self.quorum(self.proposals().snapshot(proposal))? <= participation)
    }

    /// The votes on a proposal: against, in favour, for neither.
    ///
    /// # Errors
    /// None.
    fn proposal_votes(&self, proposal: U256) -> Outcome<(U256, U256, U256)> {
        let Tally { against, favour, abstain } = self.count().tally(proposal);
        Ok((against, favour, abstain))
    }
}

routes! {
    /// The functions of a governor that counts For, Against and Abstain.
    pub fn routes<C: CountsSimply>;
    nonpayable ILateQuorum::proposalVotesCall => proposal_votes(proposal: U256);
}
