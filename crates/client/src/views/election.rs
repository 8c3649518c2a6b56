//! An election: where it stands, who runs, who would win, and what an account can still vote.
//!
//! The phase is that of [`ephor_rules::stages`], reckoned from the deadlines that the contracts tell. Deadlines are the last
//! L1 block of a phase, with its time.

use alloy_primitives::{Address, U256};
use ephor_abi::{
    council::ICouncilManager,
    election::{IElectionGovernor, IMemberElection, INomineeElection},
    governor::{ICirculatingQuorum, IGovernor},
};
use ephor_charter::Part;
use ephor_rules::{
    selection::select,
    stages::{Durations, L1Block, Now, Phase, Progress, phase},
};
use serde::{Serialize, Serializer};

use crate::{
    Council,
    actions::election::Round,
    council::{Deadline, L1Clock, Moment, ReadError, fitting},
    election::{ProposalState, election_id},
};

/// An election.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ElectionView {
    /// Its index.
    pub index: u64,
    /// Its proposal, in both governors.
    pub id: U256,
    /// The cohort that is up.
    pub cohort: u8,
    /// Seats of the cohort.
    pub seats: usize,
    /// Now, on the governance chain.
    pub now: Moment,
    /// Its phase.
    #[serde(serialize_with = "by_name")]
    pub phase: Phase,
    /// The end of the phase, if a block ends it.
    pub until: Option<Deadline>,
    /// From when on it may be, or might have been, created; in Unix seconds.
    pub start_seconds: u64,
    /// The nominee election; none before the election is created.
    pub nomination: Option<NominationView>,
    /// The member election; none before it is started.
    pub voting: Option<VotingView>,
}

/// The first stage of an election.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct NominationView {
    /// What the governor says.
    pub state: ProposalState,
    /// The last block of registration, at which endorsing power is measured.
    pub registration: Deadline,
    /// The last block of endorsement.
    pub endorsement: Deadline,
    /// The last block of vetting.
    pub vetting: Deadline,
    /// The votes that make a contender a nominee; known once registration is over.
    pub threshold: Option<U256>,
    /// Contenders in the order of registration, then who was included.
    pub contenders: Vec<ContenderView>,
    /// Nominees who are not excluded.
    pub compliant: Vec<Address>,
}

/// A contender, or who was included without being one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct ContenderView {
    /// Who.
    pub address: Address,
    /// Endorsing votes received.
    pub endorsed: U256,
    /// Whether a nominee.
    pub nominee: bool,
    /// Whether excluded by the vetter.
    pub excluded: bool,
    /// Whether the vetter brought them in.
    pub included: bool,
}

/// The second stage of an election.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct VotingView {
    /// What the governor says.
    pub state: ProposalState,
    /// The block at which voting power is measured.
    pub snapshot: Deadline,
    /// The last block of full weight.
    pub full_weight: Deadline,
    /// The last block of voting.
    pub deadline: Deadline,
    /// Nominees by descending weight; of two equal ones the one first who would win.
    pub standings: Vec<Standing>,
    /// The weight of the last who would win; none while there are fewer nominees than seats.
    pub cut_line: Option<U256>,
}

/// A nominee in the member election.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Standing {
    /// Who.
    pub nominee: Address,
    /// Weight received.
    pub weight: U256,
    /// Whether among the winners, if voting ended now.
    pub winning: bool,
}

/// What an account can vote in an election.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct PowerView {
    /// Votes at the snapshot; current votes while there is no snapshot yet.
    pub power: U256,
    /// Votes used.
    pub used: U256,
    /// Votes left.
    pub available: U256,
    /// What the votes left would weigh if cast now; for an endorsement, as much.
    pub weight_now: U256,
}

fn by_name<S: Serializer>(phase: &Phase, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(phase.name())
}

impl Council {
    /// How many elections have been created; also the index of the next one.
    ///
    /// # Errors
    /// [`ReadError`].
    pub async fn elections(&self) -> Result<u64, ReadError> {
        Ok(fitting(self.ask(Part::NomineeElection, &INomineeElection::electionCountCall {}).await?))
    }

    /// An election, created or to come.
    ///
    /// # Errors
    /// [`ReadError`].
    pub async fn election(&self, index: u64) -> Result<ElectionView, ReadError> {
        let (number, id) = (U256::from(index), election_id(index));
        let (now, clock) = (self.governance_now().await?, self.l1_clock().await?);
        let nominees = Part::NomineeElection;
        let start = INomineeElection::electionToTimestampCall { electionIndex: number };
        let start_seconds = fitting(self.ask(nominees, &start).await?);
        let cohort = IElectionGovernor::electionIndexToCohortCall { electionIndex: number };
        let cohort = self.ask(nominees, &cohort).await?;
        let seats: U256 = self.ask(Part::CouncilManager, &ICouncilManager::cohortSizeCall {}).await?;
        let seats = usize::try_from(seats).unwrap_or(usize::MAX);
        let (nomination, mut durations) = if index < self.elections().await? {
            let (view, durations) = self.nomination(id, &clock, now.l1_block).await?;
            (Some(view), durations)
        } else {
            (None, Durations { registration_blocks: 0, endorsement_blocks: 0, vetting_blocks: 0, ..NO_DURATIONS })
        };
        let started = nomination.as_ref().is_some_and(|view| view.state == ProposalState::Executed);
        let voting = if started {
            let compliant = nomination.as_ref().map(|view| view.compliant.clone()).unwrap_or_default();
            Some(self.voting(id, &compliant, seats, &clock).await?)
        } else {
            None
        };
        let progress = match (&nomination, &voting) {
            (None, _) => Progress::NotCreated { start_seconds },
            (_, Some(voting)) if voting.state == ProposalState::Executed => Progress::Installed,
            (_, Some(voting)) => {
                // Reckoned from the snapshot, which the contract keeps, as if there had been no delay before it.
                durations.full_weight_blocks = voting.full_weight.l1_block.saturating_sub(voting.snapshot.l1_block);
                durations.member_voting_blocks = voting.deadline.l1_block.saturating_sub(voting.snapshot.l1_block);
                Progress::Electing { created: L1Block(voting.snapshot.l1_block) }
            }
            (Some(nomination), None) => Progress::Nominating {
                created: L1Block(nomination.registration.l1_block),
                compliant_nominees: nomination.compliant.len(),
            },
        };
        let at = Now { l1_block: L1Block(now.l1_block), seconds: now.seconds };
        let phase = phase(&durations, seats, progress, at);
        let until = phase.until().map(|block| clock.deadline(block.0));
        Ok(ElectionView { index, id, cohort, seats, now, phase, until, start_seconds, nomination, voting })
    }

    async fn nomination(
        &self,
        id: U256,
        clock: &L1Clock,
        l1_block: u64,
    ) -> Result<(NominationView, Durations), ReadError> {
        let governor = Part::NomineeElection;
        let state = self.state(governor, id).await?;
        let registration = fitting(self.ask(governor, &IGovernor::proposalSnapshotCall { proposalId: id }).await?);
        let endorsement = fitting(self.ask(governor, &IGovernor::proposalDeadlineCall { proposalId: id }).await?);
        let vetting = INomineeElection::proposalVettingDeadlineCall { proposalId: id };
        let vetting = fitting(self.ask(governor, &vetting).await?);
        let threshold = if registration < l1_block {
            Some(self.ask(governor, &IGovernor::quorumCall { blockNumber: U256::from(registration) }).await?)
        } else {
            None
        };
        let chain = &self.governance_chain()?.name;
        let at = self.deployment().governance(governor)?;
        let topics = [Some(id.into()), None, None];
        let added = self.logs::<INomineeElection::ContenderAdded>(chain, at, topics).await?;
        let nominees = self.ask(governor, &INomineeElection::nomineesCall { proposalId: id }).await?;
        let compliant = self.ask(governor, &INomineeElection::compliantNomineesCall { proposalId: id }).await?;
        let mut everybody: Vec<Address> = added.iter().map(|(event, _)| event.contender).collect();
        let registered = everybody.len();
        everybody
            .extend(nominees.iter().filter(|nominee| !added.iter().any(|(event, _)| event.contender == **nominee)));
        let excluded = self.logs::<INomineeElection::NomineeExcluded>(chain, at, topics).await?;
        let mut contenders = Vec::with_capacity(everybody.len());
        for (i, contender) in everybody.into_iter().enumerate() {
            let votes = INomineeElection::votesReceivedCall { proposalId: id, contender };
            contenders.push(ContenderView {
                address: contender,
                endorsed: self.ask(governor, &votes).await?,
                nominee: nominees.contains(&contender),
                excluded: excluded.iter().any(|(event, _)| event.nominee == contender)
                    && !compliant.contains(&contender),
                included: i >= registered,
            });
        }
        // Reckoned from the end of registration, which the contract keeps, as if registration took no time: the phase of
        // a block up to that end is registration all the same.
        let durations = Durations {
            registration_blocks: 0,
            endorsement_blocks: endorsement.saturating_sub(registration),
            vetting_blocks: vetting.saturating_sub(endorsement),
            ..NO_DURATIONS
        };
        let view = NominationView {
            state,
            registration: clock.deadline(registration),
            endorsement: clock.deadline(endorsement),
            vetting: clock.deadline(vetting),
            threshold,
            contenders,
            compliant,
        };
        Ok((view, durations))
    }

    async fn voting(
        &self,
        id: U256,
        compliant: &[Address],
        seats: usize,
        clock: &L1Clock,
    ) -> Result<VotingView, ReadError> {
        let governor = Part::MemberElection;
        let snapshot = fitting(self.ask(governor, &IGovernor::proposalSnapshotCall { proposalId: id }).await?);
        let deadline = fitting(self.ask(governor, &IGovernor::proposalDeadlineCall { proposalId: id }).await?);
        let full = IMemberElection::fullWeightVotingDeadlineCall { proposalId: id };
        let full_weight = fitting(self.ask(governor, &full).await?);
        let mut weights = Vec::with_capacity(compliant.len());
        for nominee in compliant {
            let received = IMemberElection::weightReceivedCall { proposalId: id, nominee: *nominee };
            weights.push(self.ask(governor, &received).await?);
        }
        let (standings, cut_line) = standings(compliant, &weights, seats);
        Ok(VotingView {
            state: self.state(governor, id).await?,
            snapshot: clock.deadline(snapshot),
            full_weight: clock.deadline(full_weight),
            deadline: clock.deadline(deadline),
            standings,
            cut_line,
        })
    }

    /// What an account can vote in an election's round.
    ///
    /// # Errors
    /// [`ReadError`].
    pub async fn power(&self, round: Round, index: u64, account: Address) -> Result<PowerView, ReadError> {
        let (governor, id) = (round.governor(), election_id(index));
        let now = self.governance_now().await?;
        let snapshot: U256 = self.ask(governor, &IGovernor::proposalSnapshotCall { proposalId: id }).await?;
        let power = if !snapshot.is_zero() && snapshot < U256::from(now.l1_block) {
            self.ask(governor, &IGovernor::getVotesCall { account, blockNumber: snapshot }).await?
        } else {
            self.ask(Part::Token, &ephor_abi::token::IVotesToken::getVotesCall { account }).await?
        };
        let used = self.ask(governor, &IElectionGovernor::votesUsedCall { proposalId: id, account }).await?;
        let available = power.saturating_sub(used);
        let weight_now = match round {
            Round::Endorsement => available,
            Round::Members => {
                let weight = IMemberElection::votesToWeightCall {
                    proposalId: id,
                    blockNumber: U256::from(now.l1_block),
                    votes: available,
                };
                U256::from(self.ask(governor, &weight).await?)
            }
        };
        Ok(PowerView { power, used, available, weight_now })
    }

    /// The share of the votable supply that makes a nominee: numerator and denominator.
    ///
    /// # Errors
    /// [`ReadError`].
    pub async fn nominee_share(&self) -> Result<(U256, U256), ReadError> {
        let governor = Part::NomineeElection;
        let numerator = self.ask(governor, &ICirculatingQuorum::quorumNumerator_1Call {}).await?;
        Ok((numerator, self.ask(governor, &ICirculatingQuorum::quorumDenominatorCall {}).await?))
    }

    pub(crate) async fn state(&self, governor: Part, id: U256) -> Result<ProposalState, ReadError> {
        let number = self.ask(governor, &IGovernor::stateCall { proposalId: id }).await?;
        let undecodable = || ReadError::Undecodable {
            chain: self.governance_chain().map(|chain| chain.name.clone()).unwrap_or_default(),
            to: self.deployment().governance(governor).unwrap_or_default(),
            function: "state(uint256)",
        };
        ProposalState::from_number(number).ok_or_else(undecodable)
    }
}

const NO_DURATIONS: Durations = Durations {
    registration_blocks: 0,
    endorsement_blocks: 0,
    vetting_blocks: 0,
    member_delay_blocks: 0,
    member_voting_blocks: 0,
    full_weight_blocks: 0,
};

/// Nominees by descending weight, with who would win, and the weight of the last winner.
fn standings(nominees: &[Address], weights: &[U256], seats: usize) -> (Vec<Standing>, Option<U256>) {
    let winners = select(weights, seats).unwrap_or_default();
    let mut order: Vec<usize> = (0..nominees.len()).collect();
    // Of equal weights the later in the list wins.
    order.sort_by_key(|&i| std::cmp::Reverse((weights[i], i)));
    let standings: Vec<Standing> = order
        .into_iter()
        .map(|i| Standing {
            nominee: nominees[i],
            weight: weights[i],
            winning: winners.iter().any(|winner| usize::from(*winner) == i),
        })
        .collect();
    let cut_line = standings.iter().filter(|standing| standing.winning).map(|standing| standing.weight).min();
    (standings, cut_line)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranks_equal_weights_as_the_selection_does() {
        let nominees: Vec<Address> = (1..=4).map(Address::with_last_byte).collect();
        let weights = [5_u64, 9, 5, 1].map(U256::from);
        let (ranked, cut) = standings(&nominees, &weights, 2);
        let order: Vec<(Address, bool)> = ranked.iter().map(|standing| (standing.nominee, standing.winning)).collect();
        let at = |i: usize| nominees[i];
        assert_eq!(order, [(at(1), true), (at(2), true), (at(0), false), (at(3), false)]);
        assert_eq!(cut, Some(U256::from(5)));
    }

    #[test]
    fn draws_no_line_while_there_are_too_few() {
        let nominees = [Address::with_last_byte(1)];
        let (ranked, cut) = standings(&nominees, &[U256::from(3)], 2);
        assert!(!ranked[0].winning);
        assert_eq!(cut, None);
    }
}
