//! Elections: creating, registering, endorsing, vetting, voting, installing.

use alloy_primitives::{Address, Bytes, Signature, U256};
use alloy_sol_types::{SolCall, SolValue};
use ephor_abi::{
    election::INomineeElection,
    governor::IGovernor,
    typed::{self, AddContenderMessage, ExtendedBallot},
};
use ephor_charter::Part;
use serde_json::json;

use super::{Action, Prepared};
use crate::{
    Council,
    deployment::DeploymentError,
    election::{Proposal, election_id},
    signing::{Domain, TypedData, typed_data},
};

/// A vote for one candidate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Choice {
    /// The contender, or the nominee.
    pub candidate: Address,
    /// Votes, in the token's smallest unit.
    pub votes: U256,
}

impl Choice {
    fn params(&self) -> Bytes {
        (self.candidate, self.votes).abi_encode_params().into()
    }
}

/// Which of an election's two votes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Round {
    /// Contenders are endorsed and become nominees.
    Endorsement,
    /// Nominees are elected.
    Members,
}

impl Round {
    /// The governor that counts.
    #[must_use]
    pub const fn governor(self) -> Part {
        match self {
            Self::Endorsement => Part::NomineeElection,
            Self::Members => Part::MemberElection,
        }
    }

    const fn domain_name(self) -> &'static str {
        match self {
            Self::Endorsement => typed::NOMINEE_ELECTION,
            Self::Members => typed::MEMBER_ELECTION,
        }
    }

    const fn action(self, index: u64, choice: Choice, signed: bool) -> Action {
        let Choice { candidate, votes } = choice;
        match self {
            Self::Endorsement => Action::Endorse { index, contender: candidate, votes, signed },
            Self::Members => Action::Vote { index, nominee: candidate, votes, signed },
        }
    }
}

impl Council {
    /// Creates the next election, whose index is `index`. Anybody may, once it is due.
    ///
    /// # Errors
    /// What the deployment lacks; as with all actions here.
    pub fn create_election(&self, index: u64) -> Result<Prepared, DeploymentError> {
        let call = INomineeElection::createElectionCall {};
        self.prepare(Part::NomineeElection, &call, Action::CreateElection { index })
    }

    /// What a contender signs to register.
    ///
    /// # Errors
    /// What the deployment lacks.
    pub fn registration(&self, index: u64) -> Result<TypedData, DeploymentError> {
        let id = election_id(index);
        let domain = self.governor_domain(Part::NomineeElection, typed::NOMINEE_ELECTION)?;
        let message = AddContenderMessage { proposalId: id };
        Ok(typed_data(&domain, &message, &json!({ "proposalId": id.to_string() })))
    }

    /// Registers whoever signed. Anybody may hand the signature in. `contender` is who that is, if it is known.
    ///
    /// # Errors
    /// What the deployment lacks.
    pub fn register(
        &self,
        index: u64,
        signature: &Signature,
        contender: Option<Address>,
    ) -> Result<Prepared, DeploymentError> {
        let call = INomineeElection::addContender_1Call {
            proposalId: election_id(index),
            signature: signature.as_bytes().into(),
        };
        self.prepare(Part::NomineeElection, &call, Action::Register { index, contender })
    }

    /// Endorses a contender; sent by the delegate.
    ///
    /// # Errors
    /// What the deployment lacks.
    pub fn endorse(&self, index: u64, contender: Address, votes: U256) -> Result<Prepared, DeploymentError> {
        self.cast(Round::Endorsement, index, Choice { candidate: contender, votes })
    }

    /// Votes for a nominee; sent by the delegate.
    ///
    /// # Errors
    /// What the deployment lacks.
    pub fn vote(&self, index: u64, nominee: Address, votes: U256) -> Result<Prepared, DeploymentError> {
        self.cast(Round::Members, index, Choice { candidate: nominee, votes })
    }

    /// Splits votes among several candidates: one transaction each.
    ///
    /// # Errors
    /// What the deployment lacks.
    pub fn split(&self, round: Round, index: u64, choices: &[Choice]) -> Result<Vec<Prepared>, DeploymentError> {
        choices.iter().map(|choice| self.cast(round, index, *choice)).collect()
    }

    /// Casts votes; sent by the delegate.
    ///
    /// # Errors
    /// What the deployment lacks.
    pub fn cast(&self, round: Round, index: u64, choice: Choice) -> Result<Prepared, DeploymentError> {
        let call = IGovernor::castVoteWithReasonAndParamsCall {
            proposalId: election_id(index),
            support: 1,
            reason: String::new(),
            params: choice.params(),
        };
        self.prepare(round.governor(), &call, round.action(index, choice, false))
    }

    /// What a delegate signs to vote without sending a transaction. Good for one use: an equal ballot needs another `reason`.
    ///
    /// # Errors
    /// What the deployment lacks.
    pub fn ballot(&self, round: Round, index: u64, choice: Choice, reason: &str) -> Result<TypedData, DeploymentError> {
        let domain = self.governor_domain(round.governor(), round.domain_name())?;
        let (id, params) = (election_id(index), choice.params());
        let message = ExtendedBallot { proposalId: id, support: 1, reason: reason.to_owned(), params: params.clone() };
        let members = json!({ "proposalId": id.to_string(), "support": 1, "reason": reason, "params": params });
        Ok(typed_data(&domain, &message, &members))
    }

    /// Casts votes by signature; anybody may send it.
    ///
    /// # Errors
    /// What the deployment lacks.
    pub fn cast_signed(
        &self,
        round: Round,
        index: u64,
        choice: Choice,
        reason: &str,
        signature: &Signature,
    ) -> Result<Prepared, DeploymentError> {
        let call = IGovernor::castVoteWithReasonAndParamsBySigCall {
            proposalId: election_id(index),
            support: 1,
            reason: reason.to_owned(),
            params: choice.params(),
            v: 27 + u8::from(signature.v()),
            r: signature.r().into(),
            s: signature.s().into(),
        };
        self.prepare(round.governor(), &call, round.action(index, choice, true))
    }

    /// Excludes a nominee; sent by the vetter.
    ///
    /// # Errors
    /// What the deployment lacks.
    pub fn exclude(&self, index: u64, nominee: Address) -> Result<Prepared, DeploymentError> {
        let call = INomineeElection::excludeNomineeCall { proposalId: election_id(index), nominee };
        self.prepare(Part::NomineeElection, &call, Action::Exclude { index, nominee })
    }

    /// Includes a nominee; sent by the vetter.
    ///
    /// # Errors
    /// What the deployment lacks.
    pub fn include(&self, index: u64, nominee: Address) -> Result<Prepared, DeploymentError> {
        let call = INomineeElection::includeNomineeCall { proposalId: election_id(index), account: nominee };
        self.prepare(Part::NomineeElection, &call, Action::Include { index, nominee })
    }

    /// Ends the nominee election and starts the member election. Anybody may.
    ///
    /// # Errors
    /// What the deployment lacks.
    pub fn start_member_election(&self, index: u64) -> Result<Prepared, DeploymentError> {
        let data = Proposal::election(index).execute_calldata();
        self.prepare_data(Part::NomineeElection, data, Action::StartMemberElection { index })
    }

    /// Ends the member election and hands the winners to the manager. Anybody may.
    ///
    /// # Errors
    /// What the deployment lacks.
    pub fn install_cohort(&self, index: u64) -> Result<Prepared, DeploymentError> {
        let data = Proposal::election(index).execute_calldata();
        self.prepare_data(Part::MemberElection, data, Action::InstallCohort { index })
    }

    /// Whatever call of whatever contract on the governance chain, for what has no action of its own.
    ///
    /// # Errors
    /// What the deployment lacks.
    pub fn other<C: SolCall>(&self, part: Part, call: &C) -> Result<Prepared, DeploymentError> {
        let to = self.deployment().governance(part)?;
        let function = C::SIGNATURE.split('(').next().unwrap_or_default().to_owned();
        self.prepare(part, call, Action::Other { function, to })
    }

    pub(crate) fn governor_domain(&self, governor: Part, name: &'static str) -> Result<Domain, DeploymentError> {
        Ok(Domain {
            name: Some(name),
            version: Some(typed::GOVERNOR_VERSION),
            chain_id: self.deployment().governance_chain()?.chain_id,
            contract: self.deployment().governance(governor)?,
        })
    }
}
