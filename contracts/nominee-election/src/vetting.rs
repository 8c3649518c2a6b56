//! Vetting: the nominee vetter excludes who does not comply and fills up what is missing.
//!
//! ```text
//!           votes end            vetting deadline
//! Active ───────┼── exclude, include ──┼── include, while seats are missing ──▶ execute
//! ```
//! There must be as many compliant nominees as seats; as long as there are not, the phase goes on. Then anyone starts the
//! member election. Source: seed 004, "Compliance check".

use alloc::vec::Vec;

use alloy_primitives::{Address, U256};
use ephor_abi::{
    common::ICommonErrors::ZeroAddress,
    council::ICouncilManager::cohortSizeCall,
    election::{
        IMemberElection::proposeFromNomineeElectionGovernorCall,
        INomineeElection::{
            CompliantNomineeTargetHit, InsufficientCompliantNomineeCount, NomineeAlreadyAdded, NomineeAlreadyExcluded,
            NomineeExcluded, NomineeVetterChanged, NotNominee, OnlyNomineeVetter, ProposalIdMismatch,
            ProposalInVettingPeriod, ProposalNotInVettingPeriod, ProposalNotSucceededState,
        },
    },
};
use ephor_parts::{
    Checked, Memory, Outcome,
    calldata::decode,
    election::{Election, index_of},
    emit, ensure,
    governor::{Governor, ProposalState},
    invoke, query,
};
use stylus_sdk::prelude::*;

use crate::NomineeElection;

impl NomineeElection {
    /// Excludes a nominee. For the vetter, in the vetting period.
    ///
    /// # Errors
    /// `OnlyNomineeVetter`, `ProposalNotSucceededState`, `ProposalNotInVettingPeriod`, `NomineeAlreadyExcluded`, `NotNominee`.
    /// # Events
    /// `NomineeExcluded`.
    pub(crate) fn exclude_nominee(&mut self, proposal_id: U256, nominee: Address) -> Outcome {
        self.only_nominee_vetter()?;
        self.require_succeeded(proposal_id)?;
        let (block, deadline) = (self.block(), self.proposal_vetting_deadline(proposal_id)?);
        ensure(block <= deadline, || ProposalNotInVettingPeriod { blockNumber: block, vettingDeadline: deadline })?;
        ensure(!self.is_excluded(proposal_id, nominee)?, || NomineeAlreadyExcluded { nominee })?;
        ensure(self.is_nominee(proposal_id, nominee)?, || NotNominee { nominee })?;

        let mut register = self.registers.setter(proposal_id);
        register.is_excluded.setter(nominee).set(true);
        let excluded = register.excluded.get().plus(U256::ONE)?;
        register.excluded.set(excluded);
        emit(self.vm(), &NomineeExcluded { proposalId: proposal_id, nominee });
        Ok(())
    }

    /// Adds a nominee without endorsements, while there are fewer compliant ones than seats. For the vetter.
    ///
    /// # Errors
    /// `OnlyNomineeVetter`, `ZeroAddress`, `ProposalNotSucceededState`, `NomineeAlreadyAdded`, `CompliantNomineeTargetHit`,
    /// `AccountInOtherCohort`.
    /// # Events
    /// `NewNominee`.
    pub(crate) fn include_nominee(&mut self, proposal_id: U256, account: Address) -> Outcome {
        self.only_nominee_vetter()?;
        ensure(!account.is_zero(), || ZeroAddress {})?;
        self.require_succeeded(proposal_id)?;
        ensure(!self.is_nominee(proposal_id, account)?, || NomineeAlreadyAdded { nominee: account })?;
        let (nominees, seats) = (self.compliant_nominee_count(proposal_id)?, self.seats()?);
        ensure(nominees < seats, || CompliantNomineeTargetHit { nomineeCount: nominees, expectedCount: seats })?;
        self.require_not_in_other_cohort(account)?;
        self.add_nominee(proposal_id, account);
        Ok(())
    }

    /// Starts the member election of the same index: what executing an election means.
    ///
    /// # Errors
    /// `ProposalInVettingPeriod`, `InsufficientCompliantNomineeCount`, `ProposalIdMismatch`; what the member election refuses.
    pub(crate) fn start_member_election(&mut self, proposal_id: U256, calldatas: &[Memory<'_>]) -> Outcome {
        let (block, deadline) = (self.block(), self.proposal_vetting_deadline(proposal_id)?);
        ensure(block > deadline, || ProposalInVettingPeriod { blockNumber: block, vettingDeadline: deadline })?;
        let (nominees, seats) = (self.compliant_nominee_count(proposal_id)?, self.seats()?);
        ensure(nominees >= seats, || InsufficientCompliantNomineeCount {
            compliantNomineeCount: nominees,
            expectedCount: seats,
        })?;
        let propose = proposeFromNomineeElectionGovernorCall { electionIndex: index_of(calldatas)? };
        let returned = invoke(self.vm(), self.member_election.get(), U256::ZERO, &propose)?;
        let (created,) = decode::<(U256,)>(&returned)?;
        ensure(created == proposal_id, || ProposalIdMismatch {
            nomineeProposalId: proposal_id,
            memberProposalId: created,
        })
    }

    /// Changes the vetter. For governance. Emits `NomineeVetterChanged`.
    pub(crate) fn set_nominee_vetter(&mut self, vetter: Address) -> Outcome {
        self.only_governance()?;
        let old = self.vetter.get();
        self.vetter.set(vetter);
        emit(self.vm(), &NomineeVetterChanged { oldNomineeVetter: old, newNomineeVetter: vetter });
        Ok(())
    }

    /// The nominees who are not excluded, in the order in which they became nominees.
    pub(crate) fn compliant_nominees(&self, proposal_id: U256) -> Outcome<Vec<Address>> {
        let mut nominees = self.nominees(proposal_id)?;
        let register = self.registers.getter(proposal_id);
        // Only nominees are ever excluded, each counts once, so that nobody is looked up once all excluded ones are found.
        let mut left = register.excluded.get();
        nominees.retain(|nominee| {
            let excluded = !left.is_zero() && register.is_excluded.get(*nominee);
            left -= U256::from(excluded);
            !excluded
        });
        Ok(nominees)
    }

    /// How many nominees are not excluded.
    pub(crate) fn compliant_nominee_count(&self, proposal_id: U256) -> Outcome<U256> {
        self.nominee_count(proposal_id)?.minus(self.registers.getter(proposal_id).excluded.get())
    }

    /// Whether an account is a nominee who is not excluded.
    pub(crate) fn is_compliant_nominee(&self, proposal_id: U256, account: Address) -> Outcome<bool> {
        Ok(self.is_nominee(proposal_id, account)? && !self.is_excluded(proposal_id, account)?)
    }

    /// Whether an account is excluded.
    pub(crate) fn is_excluded(&self, proposal_id: U256, account: Address) -> Outcome<bool> {
        Ok(self.registers.getter(proposal_id).is_excluded.get(account))
    }

    /// How many nominees are excluded.
    pub(crate) fn excluded_nominee_count(&self, proposal_id: U256) -> Outcome<U256> {
        Ok(self.registers.getter(proposal_id).excluded.get())
    }

    /// Who vets nominees.
    pub(crate) fn nominee_vetter(&self) -> Outcome<Address> {
        Ok(self.vetter.get())
    }

    fn only_nominee_vetter(&self) -> Outcome {
        ensure(self.vm().msg_sender() == self.vetter.get(), || OnlyNomineeVetter {})
    }

    fn require_succeeded(&self, proposal_id: U256) -> Outcome {
        let state = self.state(proposal_id)?;
        ensure(state == ProposalState::Succeeded, || ProposalNotSucceededState { state: state as u8 })
    }

    /// The seats of a cohort.
    fn seats(&self) -> Outcome<U256> {
        query::<_, (U256,)>(self.vm(), self.manager.get(), &cohortSizeCall {}).map(|(seats,)| seats)
    }
}
