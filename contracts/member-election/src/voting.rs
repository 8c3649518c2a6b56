//! Voting: delegates split their voting power among the compliant nominees.
//!
//! A vote weighs what `ephor_rules::decay` says: in full for `full_weight_blocks` after the snapshot, then less and less until
//! the deadline. Votes are used in full, whatever they weigh. Source: seed 004, "Member election".

use alloc::{vec, vec::Vec};

use alloy_primitives::{Address, U256, aliases::U240};
use ephor_abi::election::{
    IMemberElection::{
        FullWeightDurationGreaterThanVotingPeriod, FullWeightDurationSet, InsufficientVotes, NotCompliantNominee,
        UintTooLarge, VoteCastForNominee, ZeroWeightVote,
    },
    INomineeElection::isCompliantNomineeCall,
};
use ephor_parts::{
    Checked, Gap, Outcome, Revert,
    election::{Ballot, Election},
    emit, ensure,
    governor::Governor,
    query,
    storage::FocusMap,
};
use ephor_rules::{
    decay::{DecayError, VotingWindow},
    tally::{TallyError, Voter, vote},
};
use stylus_sdk::{
    prelude::*,
    storage::{StorageMap, StorageU256, StorageUint},
};

use crate::MemberElection;

/// The count of one election.
#[storage]
pub(crate) struct Count {
    pub(crate) votes_used: StorageMap<Address, StorageU256>,
    pub(crate) weight_received: StorageMap<Address, StorageUint<240, 4>>,
}

/// How votes weigh, and the counts of all elections by proposal id: fifty slots.
#[storage]
pub(crate) struct Counts {
    pub(crate) full_weight_blocks: StorageU256,
    pub(crate) elections: FocusMap<Count>,
    _gap: Gap<48>,
}

impl MemberElection {
    /// Counts a ballot of `voter`, who had `power` votes at the snapshot.
    ///
    /// # Errors
    /// `InvalidSupport`, `UnexpectedParamsLength`, `NotCompliantNominee`, `ZeroWeightVote`, `InsufficientVotes`.
    /// # Events
    /// `VoteCastForNominee`.
    pub(crate) fn count_member_vote(
        &mut self,
        proposal_id: U256,
        voter: Address,
        support: u8,
        power: U256,
        params: &[u8],
    ) -> Outcome {
        let Ballot { candidate: nominee, votes } = Ballot::read(support, params)?;
        ensure(self.is_compliant_nominee(proposal_id, nominee)?, || NotCompliantNominee { nominee })?;
        let block = self.block();
        let weight = self.votes_to_weight(proposal_id, block, votes)?;
        ensure(!weight.is_zero(), || ZeroWeightVote { blockNumber: block, votes })?;

        let mut count = self.counts.elections.setter(proposal_id);
        let Count { votes_used, weight_received, .. } = &mut *count;
        let (mut used, mut received) = (votes_used.setter(voter), weight_received.setter(nominee));
        let standing = Voter { power, used: used.get() };
        let counted = vote(standing, votes, weight, wide(received.get())).map_err(refuse)?;
        let total = U240::checked_from_limbs_slice(counted.received.as_limbs()).ok_or_else(Revert::overflow)?;
        used.set(counted.used);
        received.set(total);
        let cast = VoteCastForNominee {
            voter,
            proposalId: proposal_id,
            nominee,
            votes,
            weight,
            totalUsedVotes: counted.used,
            usableVotes: power,
            weightReceived: counted.received,
        };
        emit(self.vm(), &cast);
        Ok(())
    }

    /// The weight of `votes` cast in `block`; zero outside the voting window.
    ///
    /// # Errors
    /// `UintTooLarge` beyond 240 bits, `Panic(0x11)` where the arithmetic leaves its range.
    pub(crate) fn votes_to_weight(&self, proposal_id: U256, block: U256, votes: U256) -> Outcome<U256> {
        let (snapshot, deadline) = (self.proposal_snapshot(proposal_id)?, self.proposal_deadline(proposal_id)?);
        // Outside the window nothing is added up, so that nothing is refused there.
        if block <= snapshot || block > deadline {
            return Ok(U256::ZERO);
        }
        let full_until = snapshot.plus(self.counts.full_weight_blocks.get())?;
        VotingWindow { snapshot, full_until, deadline }.weight(votes, block).map_err(|error| match error {
            DecayError::Overflow { .. } => Revert::overflow(),
            DecayError::TooLarge { weight } => UintTooLarge { x: weight }.into(),
        })
    }

    /// The last block in which a vote has its full weight.
    pub(crate) fn full_weight_voting_deadline(&self, proposal_id: U256) -> Outcome<U256> {
        self.proposal_snapshot(proposal_id)?.plus(self.counts.full_weight_blocks.get())
    }

    /// How long votes have their full weight, in L1 blocks.
    pub(crate) fn full_weight_duration(&self) -> Outcome<U256> {
        Ok(self.counts.full_weight_blocks.get())
    }

    /// Changes how long votes have their full weight. For governance. Emits `FullWeightDurationSet`.
    ///
    /// # Errors
    /// `FullWeightDurationGreaterThanVotingPeriod`.
    pub(crate) fn set_full_weight_duration(&mut self, blocks: U256) -> Outcome {
        self.only_governance()?;
        let period = self.voting_period()?;
        ensure(blocks <= period, || FullWeightDurationGreaterThanVotingPeriod {
            fullWeightDuration: blocks,
            votingPeriod: period,
        })?;
        self.init_full_weight_duration(blocks);
        Ok(())
    }

    /// Sets how long votes have their full weight. Emits `FullWeightDurationSet`.
    pub(crate) fn init_full_weight_duration(&mut self, blocks: U256) {
        self.counts.full_weight_blocks.set(blocks);
        emit(self.vm(), &FullWeightDurationSet { newFullWeightDuration: blocks });
    }

    /// The weight of all votes for a nominee.
    pub(crate) fn weight_received(&self, proposal_id: U256, nominee: Address) -> Outcome<U256> {
        Ok(wide(self.counts.elections.getter(proposal_id).weight_received.get(nominee)))
    }

    fn is_compliant_nominee(&self, proposal_id: U256, nominee: Address) -> Outcome<bool> {
        let question = isCompliantNomineeCall { proposalId: proposal_id, account: nominee };
        query::<_, (bool,)>(self.vm(), self.nominee_election.get(), &question).map(|(compliant,)| compliant)
    }
}

/// A weight as a whole word.
pub(crate) const fn wide(weight: U240) -> U256 {
    U256::from_limbs(*weight.as_limbs())
}

/// How the contract says what the tally refuses.
fn refuse(error: TallyError) -> Revert {
    match error {
        TallyError::Insufficient { votes, used, power } => {
            InsufficientVotes { prevVotesUsed: used, votes, availableVotes: power }.into()
        }
        TallyError::AlreadyNominee { .. } | TallyError::Overflow => Revert::overflow(),
    }
}
