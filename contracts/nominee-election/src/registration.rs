//! Registration: an election is created, contenders sign up.
//!
//! Anyone may create the next election once its time has come and the council elected last is installed. While the election
//! is pending, whoever signs `AddContenderMessage` for it is a contender, unless they sit in the cohort that is not up.
//! Anybody may hand the signature in. Source: seed 004, "Candidate registration".

use alloc::{vec, vec::Vec};

use alloy_primitives::{Address, U256, keccak256};
use ephor_abi::{
    council::ICouncilManager::cohortIncludesCall,
    election::INomineeElection::{
        AccountInOtherCohort, AlreadyContender, ContenderAdded, CreateTooEarly, Deprecated,
        LastMemberElectionNotExecuted, ProposalNotPending,
    },
    governor::IGovernor::stateCall,
};
use ephor_parts::{
    Checked, Outcome, Revert, ecdsa,
    eip712::hash_struct,
    election::{Election, cohort},
    emit, ensure,
    governor::{Governor, ProposalState},
    query,
};
use stylus_sdk::{
    prelude::*,
    storage::{StorageBool, StorageMap, StorageU256},
};

use crate::NomineeElection;

/// What a contender signs.
const ADD_CONTENDER_TYPE: &str = "AddContenderMessage(uint256 proposalId)";

/// Where callers of the old `addContender` are sent.
const DEPRECATED: &str = "addContender(uint256 proposalId) has been deprecated. \
                          Use addContender(uint256 proposalId, bytes calldata signature) instead";

/// The greatest number of a state; a greater one does not decode.
const LAST_STATE: u8 = ProposalState::Executed as u8;

/// Who takes part in one election, and whom the vetter has excluded.
#[storage]
pub(crate) struct Register {
    pub(crate) is_contender: StorageMap<Address, StorageBool>,
    pub(crate) is_excluded: StorageMap<Address, StorageBool>,
    pub(crate) excluded: StorageU256,
}

impl NomineeElection {
    /// Creates the next election. Returns its proposal id.
    ///
    /// # Errors
    /// `LastMemberElectionNotExecuted`, `CreateTooEarly`; what proposing is refused with.
    /// # Events
    /// `ProposalCreated`.
    pub(crate) fn create_election(&mut self) -> Outcome<U256> {
        let index = self.election_count.get();
        if !index.is_zero() {
            self.require_installed(index - U256::ONE)?;
        }
        let (now, start) = (U256::from(self.vm().block_timestamp()), self.election_to_timestamp(index)?);
        ensure(now >= start, || CreateTooEarly { blockTimestamp: now, startTime: start })?;
        let proposal_id = self.propose_election(index)?;
        self.election_count.set(index.plus(U256::ONE)?);
        Ok(proposal_id)
    }

    /// Requires that the members of election `index` are installed.
    fn require_installed(&self, index: U256) -> Outcome {
        let previous = self.election_id(index);
        let (state,) = query::<_, (u8,)>(self.vm(), self.member_election.get(), &stateCall { proposalId: previous })?;
        if state > LAST_STATE {
            return Err(Revert::empty());
        }
        ensure(state == ProposalState::Executed as u8, || LastMemberElectionNotExecuted { prevProposalId: previous })
    }

    /// The old way to register.
    ///
    /// # Errors
    /// `Deprecated`, always.
    pub(crate) fn add_contender_by_call(&self, _: U256) -> Outcome {
        Err(Deprecated { message: DEPRECATED.into() }.into())
    }

    /// Registers the signer of `signature` as a contender.
    ///
    /// # Errors
    /// `Error(string)` for a bad signature or an unknown proposal; `AlreadyContender`, `ProposalNotPending`, `AccountInOtherCohort`.
    /// # Events
    /// `ContenderAdded`; `NewNominee` for a sitting member where the rules spare those the endorsements.
    pub(crate) fn add_contender(&mut self, proposal_id: U256, signature: &[u8]) -> Outcome {
        let contender = self.recover_add_contender_message(proposal_id, signature)?;
        ensure(!self.is_contender(proposal_id, contender)?, || AlreadyContender { contender })?;
        let state = self.state(proposal_id)?;
        ensure(state == ProposalState::Pending, || ProposalNotPending { state: state as u8 })?;
        self.require_not_in_other_cohort(contender)?;
        self.registers.setter(proposal_id).is_contender.setter(contender).set(true);
        emit(self.vm(), &ContenderAdded { proposalId: proposal_id, contender });
        self.nominate_if_sitting(proposal_id, contender)
    }

    /// Who signed `AddContenderMessage(proposal_id)`.
    ///
    /// # Errors
    /// `Error(string)` of the signature check.
    pub(crate) fn recover_add_contender_message(&self, proposal_id: U256, signature: &[u8]) -> Outcome<Address> {
        let message = hash_struct(self.vm(), [keccak256(ADD_CONTENDER_TYPE), proposal_id.into()]);
        ecdsa::recover_bytes(self.vm(), self.eip712.digest(message), signature)
    }

    /// Refuses a member of the cohort that is not up for election.
    ///
    /// # Errors
    /// `AccountInOtherCohort`.
    pub(crate) fn require_not_in_other_cohort(&self, account: Address) -> Outcome {
        let cohort = self.other_cohort()?;
        let includes = cohortIncludesCall { cohort, account };
        let (sits,) = query::<_, (bool,)>(self.vm(), self.manager.get(), &includes)?;
        ensure(!sits, || AccountInOtherCohort { cohort, account })
    }

    /// Whether an account is registered.
    pub(crate) fn is_contender(&self, proposal_id: U256, account: Address) -> Outcome<bool> {
        Ok(self.registers.getter(proposal_id).is_contender.get(account))
    }

    /// How many elections have been created.
    pub(crate) fn election_count(&self) -> Outcome<U256> {
        Ok(self.election_count.get())
    }

    /// The cohort up at the election created last; the first one before there was any.
    pub(crate) fn current_cohort(&self) -> Outcome<u8> {
        Ok(cohort(self.election_count.get().saturating_sub(U256::ONE)))
    }

    /// The cohort that is not up.
    pub(crate) fn other_cohort(&self) -> Outcome<u8> {
        Ok(cohort(U256::from(self.current_cohort()?) + U256::ONE))
    }
}
