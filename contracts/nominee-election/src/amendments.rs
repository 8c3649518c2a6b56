//! Rules that may be amended: what the deployed contract has in its code, or not at all.
//!
//! - The interval between elections. The deployed contract knows six months and nothing else.
//! - Whether sitting members of the cohort that is up stand without endorsements: registering makes them nominees.
//! - Until when a nominee may exchange a key: so many L1 blocks before the end of vetting, or never.
//!
//! All are zero until set, and then the contract behaves as the deployed one. They live in slots that the deployed layout keeps
//! for later versions, so a live proxy upgraded to this implementation goes on as before. Source: the proposed improvement of
//! the election process (yearly elections, sitting members skip the nominee selection, nominees rotate keys while they are vetted).

use alloc::{vec, vec::Vec};

use alloy_primitives::{Address, U256, keccak256};
use ephor_abi::{
    council::ICouncilManager::cohortIncludesCall,
    election::{
        IElectionRules::{ElectionRulesSet, InvalidElectionInterval, NomineeRotated, RotationClosed},
        INomineeElection::{AlreadyContender, NomineeAlreadyAdded, NotNominee, ProposalNotSucceededState},
    },
};
use ephor_parts::{
    Outcome, ecdsa,
    eip712::hash_struct,
    election::Election,
    emit, ensure,
    governor::{Governor, ProposalState},
    query,
};
use ephor_rules::calendar::MOST_INTERVAL_MONTHS;
use stylus_sdk::{
    prelude::*,
    storage::{StorageBool, StorageU256},
};

use crate::NomineeElection;

/// Calendar months from one election to the next, unless amended: what the deployed contract has in its code.
const USUAL_INTERVAL_MONTHS: u32 = 6;

/// What the new key of a nominee signs.
const ROTATE_NOMINEE_TYPE: &str = "RotateNomineeMessage(uint256 proposalId,address from)";

/// The amended rules: three slots, zero where nothing was amended.
#[storage]
pub(crate) struct Amendments {
    interval_months: StorageU256,
    sitting_members_stand: StorageBool,
    rotation_cutoff_blocks: StorageU256,
}

impl Amendments {
    /// Calendar months from one election to the next.
    pub(crate) fn interval_months(&self) -> u32 {
        match self.interval_months.get().saturating_to() {
            0 => USUAL_INTERVAL_MONTHS,
            months => months,
        }
    }
}

impl NomineeElection {
    /// The rules in force: months between elections, whether sitting members stand without endorsements, and how many L1 blocks
    /// before the end of vetting keys are frozen (zero: always).
    pub(crate) fn election_rules(&self) -> Outcome<(U256, bool, U256)> {
        let rules = &self.amendments;
        let interval = U256::from(rules.interval_months());
        Ok((interval, rules.sitting_members_stand.get(), rules.rotation_cutoff_blocks.get()))
    }

    /// Amends the rules. Only for governance.
    ///
    /// # Errors
    /// `Error(string)` for others; `InvalidElectionInterval` for no months, or more than ten years.
    /// # Events
    /// `ElectionRulesSet`.
    pub(crate) fn set_election_rules(&mut self, months: U256, sitting_stand: bool, cutoff_blocks: U256) -> Outcome {
        self.only_governance()?;
        let possible = !months.is_zero() && months <= U256::from(MOST_INTERVAL_MONTHS);
        ensure(possible, || InvalidElectionInterval { intervalMonths: months })?;
        self.amendments.interval_months.set(months);
        self.amendments.sitting_members_stand.set(sitting_stand);
        self.amendments.rotation_cutoff_blocks.set(cutoff_blocks);
        let set = ElectionRulesSet {
            intervalMonths: months,
            sittingMembersStand: sitting_stand,
            rotationCutoffBlocks: cutoff_blocks,
        };
        emit(self.vm(), &set);
        Ok(())
    }

    /// Makes a contender a nominee who sits in the cohort that is up, where the rules say so.
    pub(crate) fn nominate_if_sitting(&mut self, proposal_id: U256, contender: Address) -> Outcome {
        if !self.amendments.sitting_members_stand.get() {
            return Ok(());
        }
        let includes = cohortIncludesCall { cohort: self.current_cohort()?, account: contender };
        let (sits,) = query::<_, (bool,)>(self.vm(), self.manager.get(), &includes)?;
        if sits {
            self.add_nominee(proposal_id, contender);
        }
        Ok(())
    }

    /// Puts the signer of `signature` in the caller's place among the nominees, with the votes received.
    ///
    /// # Errors
    /// `ProposalNotSucceededState` outside of vetting, `RotationClosed` too near its end or where the rules know no rotation, `NotNominee`,
    /// `AlreadyContender`, `NomineeAlreadyAdded`, `AccountInOtherCohort`; `Error(string)` of the signature check.
    /// # Events
    /// `NomineeRotated`.
    pub(crate) fn rotate_nominee(&mut self, proposal_id: U256, signature: &[u8]) -> Outcome {
        let nominee = self.vm().msg_sender();
        let state = self.state(proposal_id)?;
        ensure(state == ProposalState::Succeeded, || ProposalNotSucceededState { state: state as u8 })?;
        let (block, cutoff) = (self.block(), self.amendments.rotation_cutoff_blocks.get());
        let last = self.proposal_vetting_deadline(proposal_id)?.saturating_sub(cutoff);
        ensure(!cutoff.is_zero() && block <= last, || RotationClosed { blockNumber: block, lastBlock: last })?;
        ensure(self.is_compliant_nominee(proposal_id, nominee)?, || NotNominee { nominee })?;

        let message = hash_struct(self.vm(), [keccak256(ROTATE_NOMINEE_TYPE), proposal_id.into(), nominee.into_word()]);
        let contender = ecdsa::recover_bytes(self.vm(), self.eip712.digest(message), signature)?;
        ensure(!self.is_contender(proposal_id, contender)?, || AlreadyContender { contender })?;
        ensure(!self.is_nominee(proposal_id, contender)?, || NomineeAlreadyAdded { nominee: contender })?;
        self.require_not_in_other_cohort(contender)?;

        self.replace_nominee(proposal_id, nominee, contender);
        self.registers.setter(proposal_id).is_contender.setter(contender).set(true);
        emit(self.vm(), &NomineeRotated { proposalId: proposal_id, oldNominee: nominee, newNominee: contender });
        Ok(())
    }
}
