//! Endorsement: contenders become nominees by votes.
//!
//! A delegate splits a voting power among contenders at will. A contender who has received the threshold, the quorum at the
//! election's snapshot, is a nominee and needs no more: of the ballot that reaches it only what was missing is used.
//! Source: seed 004, "Endorsing candidates"; the arithmetic is `ephor_rules::tally`.

use alloc::{vec, vec::Vec};

use alloy_primitives::{Address, U256};
use ephor_abi::election::INomineeElection::{
    InsufficientTokens, NewNominee, NomineeAlreadyAdded, NotEligibleContender, VoteCastForContender,
};
use ephor_parts::{
    Gap, Outcome, Revert,
    addresses::AddressList,
    election::{Ballot, Election},
    emit, ensure,
    governor::Governor,
    storage::FocusMap,
};
use ephor_rules::tally::{TallyError, Voter, endorse};
use stylus_sdk::{
    prelude::*,
    storage::{StorageBool, StorageMap, StorageU256},
};

use crate::NomineeElection;

/// The count of one election.
#[storage]
pub(crate) struct Count {
    pub(crate) votes_used: StorageMap<Address, StorageU256>,
    votes_received: StorageMap<Address, StorageU256>,
    nominees: AddressList,
    is_nominee: StorageMap<Address, StorageBool>,
}

/// The counts of all elections, by proposal id: fifty slots.
#[storage]
pub(crate) struct Counts {
    pub(crate) elections: FocusMap<Count>,
    _gap: Gap<49>,
}

impl NomineeElection {
    /// Counts a ballot of `voter`, who had `power` votes at the snapshot.
    ///
    /// # Errors
    /// `InvalidSupport`, `UnexpectedParamsLength`, `NotEligibleContender`, `NomineeAlreadyAdded`, `InsufficientTokens`.
    /// # Events
    /// `NewNominee` if this ballot reaches the threshold, `VoteCastForContender`.
    pub(crate) fn count_endorsement(
        &mut self,
        proposal_id: U256,
        voter: Address,
        support: u8,
        power: U256,
        params: &[u8],
    ) -> Outcome {
        let Ballot { candidate: contender, votes } = Ballot::read(support, params)?;
        ensure(self.is_contender(proposal_id, contender)?, || NotEligibleContender { contender })?;
        ensure(!self.is_nominee(proposal_id, contender)?, || NomineeAlreadyAdded { nominee: contender })?;
        let standing = Voter { power, used: self.votes_used(proposal_id, voter)? };
        standing.using(votes).map_err(refuse)?;
        let threshold = self.quorum(self.proposals().snapshot(proposal_id))?;

        let mut count = self.counts.elections.setter(proposal_id);
        let Count { votes_used, votes_received, .. } = &mut *count;
        let (mut used, mut received) = (votes_used.setter(voter), votes_received.setter(contender));
        let endorsement = endorse(standing, votes, received.get(), threshold).map_err(refuse)?;
        used.set(endorsement.used);
        received.set(endorsement.received);
        if endorsement.nominated {
            self.add_nominee(proposal_id, contender);
        }
        let cast = VoteCastForContender {
            proposalId: proposal_id,
            voter,
            contender,
            votes: endorsement.counted,
            totalUsedVotes: endorsement.used,
            usableVotes: power,
        };
        emit(self.vm(), &cast);
        Ok(())
    }

    /// Adds a nominee at the end of the list. Emits `NewNominee`.
    pub(crate) fn add_nominee(&mut self, proposal_id: U256, nominee: Address) {
        let mut count = self.counts.elections.setter(proposal_id);
        count.nominees.push(nominee);
        count.is_nominee.setter(nominee).set(true);
        emit(self.vm(), &NewNominee { proposalId: proposal_id, nominee });
    }

    /// Puts one nominee in the place of another, with the votes that the other received.
    pub(crate) fn replace_nominee(&mut self, proposal_id: U256, old: Address, new: Address) {
        let mut count = self.counts.elections.setter(proposal_id);
        count.nominees.replace(old, new);
        count.is_nominee.setter(old).set(false);
        count.is_nominee.setter(new).set(true);
        let received = count.votes_received.get(old);
        count.votes_received.setter(old).set(U256::ZERO);
        count.votes_received.setter(new).set(received);
    }

    /// How many votes a contender has received: the threshold at the most.
    pub(crate) fn votes_received(&self, proposal_id: U256, contender: Address) -> Outcome<U256> {
        Ok(self.counts.elections.getter(proposal_id).votes_received.get(contender))
    }

    /// The nominees in the order in which they became so, excluded ones included.
    pub(crate) fn nominees(&self, proposal_id: U256) -> Outcome<Vec<Address>> {
        Ok(self.counts.elections.getter(proposal_id).nominees.all())
    }

    /// How many nominees there are, excluded ones included.
    pub(crate) fn nominee_count(&self, proposal_id: U256) -> Outcome<U256> {
        Ok(self.counts.elections.getter(proposal_id).nominees.len())
    }

    /// Whether an account is a nominee, excluded or not.
    pub(crate) fn is_nominee(&self, proposal_id: U256, contender: Address) -> Outcome<bool> {
        Ok(self.counts.elections.getter(proposal_id).is_nominee.get(contender))
    }
}

/// How the contract says what the tally refuses.
fn refuse(error: TallyError) -> Revert {
    match error {
        TallyError::Insufficient { votes, used, power } => {
            InsufficientTokens { votes, prevVotesUsed: used, weight: power }.into()
        }
        TallyError::AlreadyNominee { .. } | TallyError::Overflow => Revert::overflow(),
    }
}
