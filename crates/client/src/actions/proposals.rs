//! Proposals of token holders: removals of members, and whatever the core governor decides.

use alloy_primitives::{Address, Signature, U256};
use alloy_sol_types::SolCall;
use ephor_abi::{
    council::ICouncilManager,
    governor::{IGovernor, ITimelockedGovernor},
    typed::{self, Ballot},
};
use ephor_charter::Part;
use serde_json::json;

use super::{Action, Prepared, Support};
use crate::{
    Council,
    deployment::DeploymentError,
    election::Proposal,
    signing::{TypedData, typed_data},
};

/// A governor that takes proposals from token holders.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Governor {
    /// Removes members.
    Removal,
    /// Changes the system.
    Core,
}

impl Governor {
    /// Its contract.
    #[must_use]
    pub const fn part(self) -> Part {
        match self {
            Self::Removal => Part::MemberRemoval,
            Self::Core => Part::CoreGovernor,
        }
    }

    const fn domain_name(self) -> &'static str {
        match self {
            Self::Removal => typed::MEMBER_REMOVAL,
            Self::Core => typed::CORE_GOVERNOR,
        }
    }

    const fn name(self) -> &'static str {
        self.part().name()
    }
}

impl Council {
    /// The proposal to remove a member.
    ///
    /// # Errors
    /// What the deployment lacks.
    pub fn removal(&self, member: Address, description: &str) -> Result<Proposal, DeploymentError> {
        let remove = ICouncilManager::removeMemberCall { _member: member };
        Ok(Proposal {
            targets: vec![self.deployment().governance(Part::CouncilManager)?],
            values: vec![U256::ZERO],
            calldatas: vec![remove.abi_encode().into()],
            description: description.to_owned(),
        })
    }

    /// Proposes to remove a member; sent by a delegate with enough votes.
    ///
    /// # Errors
    /// What the deployment lacks.
    pub fn propose_removal(&self, member: Address, description: &str) -> Result<Prepared, DeploymentError> {
        let data = self.removal(member, description)?.propose_calldata();
        self.prepare_data(Part::MemberRemoval, data, Action::ProposeRemoval { member })
    }

    /// Proposes; sent by a delegate with enough votes.
    ///
    /// # Errors
    /// What the deployment lacks.
    pub fn propose(&self, governor: Governor, proposal: &Proposal) -> Result<Prepared, DeploymentError> {
        let action = Action::Propose { governor: governor.name(), description: proposal.description.clone() };
        self.prepare_data(governor.part(), proposal.propose_calldata(), action)
    }

    /// Votes on a proposal; sent by the delegate, with all votes.
    ///
    /// # Errors
    /// What the deployment lacks.
    pub fn vote_on(&self, governor: Governor, proposal: U256, support: Support) -> Result<Prepared, DeploymentError> {
        let call = IGovernor::castVoteCall { _0: proposal, _1: support.number() };
        let action = Action::VoteOnProposal { governor: governor.name(), proposal, support, signed: false };
        self.prepare(governor.part(), &call, action)
    }

    /// What a delegate signs to vote on a proposal without sending a transaction.
    ///
    /// # Errors
    /// What the deployment lacks.
    pub fn proposal_ballot(
        &self,
        governor: Governor,
        proposal: U256,
        support: Support,
    ) -> Result<TypedData, DeploymentError> {
        let domain = self.governor_domain(governor.part(), governor.domain_name())?;
        let message = Ballot { proposalId: proposal, support: support.number() };
        let members = json!({ "proposalId": proposal.to_string(), "support": support.number() });
        Ok(typed_data(&domain, &message, &members))
    }

    /// Votes on a proposal by signature; anybody may send it.
    ///
    /// # Errors
    /// What the deployment lacks.
    pub fn vote_on_signed(
        &self,
        governor: Governor,
        proposal: U256,
        support: Support,
        signature: &Signature,
    ) -> Result<Prepared, DeploymentError> {
        let call = IGovernor::castVoteBySigCall {
            _0: proposal,
            _1: support.number(),
            _2: 27 + u8::from(signature.v()),
            _3: signature.r().into(),
            _4: signature.s().into(),
        };
        let action = Action::VoteOnProposal { governor: governor.name(), proposal, support, signed: true };
        self.prepare(governor.part(), &call, action)
    }

    /// Puts a proposal that succeeded into the core timelock. Anybody may.
    ///
    /// # Errors
    /// What the deployment lacks.
    pub fn queue(&self, proposal: &Proposal) -> Result<Prepared, DeploymentError> {
        let Proposal { targets, values, calldatas, .. } = proposal.clone();
        let hash = proposal.description_hash();
        let call = ITimelockedGovernor::queueCall { targets, values, calldatas, descriptionHash: hash };
        let action = Action::Queue { governor: Governor::Core.name(), proposal: proposal.id() };
        self.prepare(Part::CoreGovernor, &call, action)
    }

    /// Executes a proposal: a removal that succeeded, or one of the core governor that has waited in the timelock. Anybody may.
    ///
    /// # Errors
    /// What the deployment lacks.
    pub fn execute(&self, governor: Governor, proposal: &Proposal) -> Result<Prepared, DeploymentError> {
        let action = Action::Execute { governor: governor.name(), proposal: proposal.id() };
        self.prepare_data(governor.part(), proposal.execute_calldata(), action)
    }
}
