//! What the four governors share: proposals, their lifecycle, and ballots.
//!
//! ```text
//!             snapshot            deadline
//! Pending ───────┼──── Active ───────┼──▶ Defeated
//!                                    └──▶ Succeeded ──▶ Executed
//! ```
//! A proposal is a list of calls, known by the hash of the calls and of its description. Votes count by the power that
//! an account had in the snapshot block. Anybody may execute a proposal that succeeded.
//!
//! [`Governor`] is the whole: a contract names its storage, says what a vote does and when a proposal has won, and
//! overrides the hooks in which it differs. What a hook does unless overridden is a function of a module
//! ([`lifecycle`], [`ballots`]), so that an override can call it. Block numbers are those of `block.number`, which on
//! Arbitrum chains is the block of L1.
//!
//! Source: the ABI and the traces of the deployed contracts (OpenZeppelin Governor 4.7.3 under Arbitrum's governors).
//! In all four the governor executes its proposals itself ("only governance" means a call from its own address, reached
//! through [`Governor::relay`] by the owner); the queue of expected governance calls that the reference keeps for
//! foreign executors is never used there and is only room in the storage here. Nothing cancels a proposal either, but
//! the flag is honoured.

pub mod ballots;
pub mod counting;
pub mod interfaces;
pub mod late_quorum;
pub mod lifecycle;
pub mod proposal;
pub mod quorum;
pub mod settings;

use alloc::vec::Vec;

use alloy_primitives::{Address, B256, U256};
use ephor_abi::{common::INamed, governor::IGovernor};
use stylus_sdk::{
    host::VM,
    stylus_core::{AccountAccess, HostAccess, MessageAccess},
};

pub use self::{
    proposal::{Operations, ProposalState, Proposals},
    settings::{Settings, VotingToken},
};
use crate::{
    calldata::Memory,
    ecdsa::Signature,
    eip712::Eip712,
    erc165::Erc165,
    ownable::Ownable,
    revert::{Outcome, require},
    routes,
    text::Text,
    token_receiver::TokenReceiver,
};

/// A contract that decides on proposals by votes.
pub trait Governor: HostAccess<Host = VM> + Ownable + Erc165 + TokenReceiver + Sized {
    /// How votes are counted, in the form that wallets read: `support=…&quorum=…`.
    const COUNTING_MODE: &'static str;

    // Storage.

    /// The proposals.
    fn proposals(&self) -> &Proposals;
    /// The proposals, to be changed.
    fn proposals_mut(&mut self) -> &mut Proposals;
    /// Delay, period and threshold.
    fn settings(&self) -> &Settings;
    /// Delay, period and threshold, to be changed.
    fn settings_mut(&mut self) -> &mut Settings;
    /// The token whose delegates vote.
    fn voting_token(&self) -> &VotingToken;
    /// The token whose delegates vote, to be set on initialisation.
    fn voting_token_mut(&mut self) -> &mut VotingToken;
    /// The domain of ballots by signature.
    fn eip712(&self) -> &Eip712;
    /// The domain of ballots by signature, to be set on initialisation.
    fn eip712_mut(&mut self) -> &mut Eip712;

    // What every governor decides for itself.

    /// The votes needed on a proposal with this snapshot block.
    ///
    /// # Errors
    /// What the token or the arithmetic refuses.
    fn quorum(&self, block: U256) -> Outcome<U256>;
    /// Whether enough votes were cast.
    ///
    /// # Errors
    /// As [`Governor::quorum`].
    fn quorum_reached(&self, proposal: U256) -> Outcome<bool>;
    /// Whether the votes were in favour.
    ///
    /// # Errors
    /// What the arithmetic refuses.
    fn vote_succeeded(&self, proposal: U256) -> Outcome<bool>;
    /// Whether `account` has voted.
    ///
    /// # Errors
    /// None in the reference.
    fn has_voted(&self, proposal: U256, account: Address) -> Outcome<bool>;
    /// Counts a vote of `account`, whose power at the snapshot is `power`.
    ///
    /// # Errors
    /// A vote that is not allowed.
    fn count_vote(&mut self, proposal: U256, account: Address, support: u8, power: U256, params: &[u8]) -> Outcome;

    // Hooks.

    /// The power of `account` in `block`.
    ///
    /// # Errors
    /// What the token refuses, such as a block not yet mined.
    fn votes_of(&self, account: Address, block: U256, params: &[u8]) -> Outcome<U256> {
        let _ = params;
        self.voting_token().votes(account, block)
    }

    /// What a proposer needs.
    ///
    /// # Errors
    /// None unless overridden.
    fn proposal_threshold(&self) -> Outcome<U256> {
        Ok(self.settings().proposal_threshold())
    }

    /// Where the proposal stands.
    ///
    /// # Errors
    /// "Governor: unknown proposal id".
    fn state(&self, proposal: U256) -> Outcome<ProposalState> {
        lifecycle::state(self, proposal)
    }

    /// The last block in which votes count.
    ///
    /// # Errors
    /// None unless overridden.
    fn proposal_deadline(&self, proposal: U256) -> Outcome<U256> {
        Ok(self.proposals().deadline(proposal))
    }

    /// Casts a ballot whose voter is established. All ways to vote end here.
    ///
    /// # Errors
    /// As [`ballots::cast`].
    fn cast(&mut self, proposal: U256, voter: Address, support: u8, reason: &[u8], params: &[u8]) -> Outcome<U256> {
        ballots::cast(self, proposal, voter, support, reason, params)
    }

    /// Carries out a proposal that succeeded and is marked as executed.
    ///
    /// # Errors
    /// As [`lifecycle::call_each`].
    fn carry_out(&mut self, proposal: U256, operations: &Operations<'_>, description_hash: B256) -> Outcome {
        let _ = (proposal, description_hash);
        lifecycle::call_each(self, operations)
    }

    // The public functions. Those that governors replace are overridden there.

    /// Proposes calls. Returns the id.
    ///
    /// # Errors
    /// As [`lifecycle::propose`].
    fn propose(
        &mut self,
        targets: Vec<Address>,
        values: Vec<U256>,
        calldatas: Vec<Memory<'_>>,
        description: Memory<'_>,
    ) -> Outcome<U256> {
        lifecycle::propose(self, &Operations { targets, values, calldatas }, description.0)
    }

    /// Executes a proposal that succeeded. Returns the id.
    ///
    /// # Errors
    /// As [`lifecycle::execute`].
    fn execute(
        &mut self,
        targets: Vec<Address>,
        values: Vec<U256>,
        calldatas: Vec<Memory<'_>>,
        description_hash: B256,
    ) -> Outcome<U256> {
        lifecycle::execute(self, &Operations { targets, values, calldatas }, description_hash)
    }

    /// Votes. Returns the power of the voter.
    ///
    /// # Errors
    /// As [`Governor::cast`].
    fn cast_vote(&mut self, proposal: U256, support: u8) -> Outcome<U256> {
        let voter = self.vm().msg_sender();
        self.cast(proposal, voter, support, &[], &[])
    }

    /// Votes and says why.
    ///
    /// # Errors
    /// As [`Governor::cast`].
    fn cast_vote_with_reason(&mut self, proposal: U256, support: u8, reason: &[u8]) -> Outcome<U256> {
        let voter = self.vm().msg_sender();
        self.cast(proposal, voter, support, reason, &[])
    }

    /// Votes with parameters that the counting understands.
    ///
    /// # Errors
    /// As [`Governor::cast`].
    fn cast_vote_with_reason_and_params(
        &mut self,
        proposal: U256,
        support: u8,
        reason: &[u8],
        params: Memory<'_>,
    ) -> Outcome<U256> {
        let voter = self.vm().msg_sender();
        self.cast(proposal, voter, support, reason, params.0)
    }

    /// Casts the vote that somebody signed.
    ///
    /// # Errors
    /// An invalid signature; as [`Governor::cast`].
    fn cast_vote_by_sig(&mut self, proposal: U256, support: u8, v: u8, r: B256, s: B256) -> Outcome<U256> {
        let voter = ballots::signer(self, proposal, support, Signature { v, r, s })?;
        self.cast(proposal, voter, support, &[], &[])
    }

    /// Casts the vote with parameters that somebody signed.
    ///
    /// # Errors
    /// An invalid signature; as [`Governor::cast`].
    #[allow(clippy::too_many_arguments, reason = "the parameters of the interface")]
    fn cast_vote_with_params_by_sig(
        &mut self,
        proposal: U256,
        support: u8,
        reason: &[u8],
        params: Memory<'_>,
        v: u8,
        r: B256,
        s: B256,
    ) -> Outcome<U256> {
        let (_, voter) = ballots::params_signer(self, proposal, support, reason, params.0, Signature { v, r, s })?;
        self.cast(proposal, voter, support, reason, params.0)
    }

    /// Calls `target` in the governor's name. Only for the owner.
    ///
    /// # Errors
    /// The refusal of another caller; as [`lifecycle::relay`].
    fn relay(&mut self, target: Address, value: U256, data: &[u8]) -> Outcome {
        self.only_owner()?;
        lifecycle::relay(self.vm(), target, value, data)
    }

    // The public functions that are the same everywhere.

    /// Takes ether.
    ///
    /// # Errors
    /// None.
    fn receive_ether(&mut self) -> Outcome {
        Ok(())
    }

    /// Refuses callers other than the governor itself.
    ///
    /// # Errors
    /// "Governor: onlyGovernance".
    fn only_governance(&self) -> Outcome {
        let vm = self.vm();
        require(vm.msg_sender() == vm.contract_address(), "Governor: onlyGovernance")
    }

    /// The name.
    ///
    /// # Errors
    /// None.
    fn name(&self) -> Outcome<Text> {
        Ok(self.proposals().name())
    }

    /// The version of the domain of signatures.
    ///
    /// # Errors
    /// None.
    fn version(&self) -> Outcome<&'static str> {
        Ok(ballots::VERSION)
    }

    /// How votes are counted.
    ///
    /// # Errors
    /// None.
    fn counting_mode(&self) -> Outcome<&'static str> {
        Ok(Self::COUNTING_MODE)
    }

    /// The type of a ballot.
    ///
    /// # Errors
    /// None.
    fn ballot_typehash(&self) -> Outcome<B256> {
        Ok(ballots::BALLOT_TYPEHASH)
    }

    /// The type of a ballot with reason and parameters.
    ///
    /// # Errors
    /// None.
    fn extended_ballot_typehash(&self) -> Outcome<B256> {
        Ok(ballots::EXTENDED_BALLOT_TYPEHASH)
    }

    /// The power of `account` in `block`.
    ///
    /// # Errors
    /// As [`Governor::votes_of`].
    fn get_votes(&self, account: Address, block: U256) -> Outcome<U256> {
        self.votes_of(account, block, &[])
    }

    /// The power of `account` in `block`, under parameters.
    ///
    /// # Errors
    /// As [`Governor::votes_of`].
    fn get_votes_with_params(&self, account: Address, block: U256, params: Memory<'_>) -> Outcome<U256> {
        self.votes_of(account, block, params.0)
    }

    /// The id of a proposal.
    ///
    /// # Errors
    /// None.
    fn hash_proposal(
        &self,
        targets: Vec<Address>,
        values: Vec<U256>,
        calldatas: Vec<Memory<'_>>,
        description_hash: B256,
    ) -> Outcome<U256> {
        Ok(Operations { targets, values, calldatas }.id(self.vm(), description_hash))
    }

    /// The block whose powers count; zero for an unknown proposal.
    ///
    /// # Errors
    /// None.
    fn proposal_snapshot(&self, proposal: U256) -> Outcome<U256> {
        Ok(self.proposals().snapshot(proposal))
    }

    /// The token.
    ///
    /// # Errors
    /// None.
    fn token(&self) -> Outcome<Address> {
        Ok(self.voting_token().address())
    }

    /// Blocks between a proposal and its snapshot.
    ///
    /// # Errors
    /// None.
    fn voting_delay(&self) -> Outcome<U256> {
        Ok(self.settings().voting_delay())
    }

    /// Blocks between the snapshot and the deadline.
    ///
    /// # Errors
    /// None.
    fn voting_period(&self) -> Outcome<U256> {
        Ok(self.settings().voting_period())
    }

    /// Sets the delay. Only for governance.
    ///
    /// # Errors
    /// As [`Governor::only_governance`].
    fn set_voting_delay(&mut self, blocks: U256) -> Outcome {
        self.only_governance()?;
        self.settings_mut().set_voting_delay(blocks);
        Ok(())
    }

    /// Sets the period. Only for governance.
    ///
    /// # Errors
    /// As [`Governor::only_governance`]; a period of zero.
    fn set_voting_period(&mut self, blocks: U256) -> Outcome {
        self.only_governance()?;
        self.settings_mut().set_voting_period(blocks)
    }

    /// Sets the threshold. Only for governance.
    ///
    /// # Errors
    /// As [`Governor::only_governance`].
    fn set_proposal_threshold(&mut self, votes: U256) -> Outcome {
        self.only_governance()?;
        self.settings_mut().set_proposal_threshold(votes);
        Ok(())
    }

    /// Names the governor and its domain of signatures, on initialisation.
    fn init_governor(&mut self, name: &str) {
        self.eip712_mut().init(name.as_bytes(), ballots::VERSION.as_bytes());
        self.proposals_mut().init(name);
    }
}

routes! {
    /// The functions of every governor.
    pub fn routes<C: Governor>;
    nonpayable IGovernor::castVoteWithReasonAndParamsCall =>
        cast_vote_with_reason_and_params(proposal: U256, support: u8, reason: &[u8], params: Memory);
    nonpayable IGovernor::castVoteWithReasonAndParamsBySigCall =>
        cast_vote_with_params_by_sig(
            proposal: U256, support: u8, reason: &[u8], params: Memory, v: u8, r: B256, s: B256,
        );
    nonpayable IGovernor::castVoteCall => cast_vote(proposal: U256, support: u8);
    nonpayable IGovernor::castVoteWithReasonCall => cast_vote_with_reason(proposal: U256, support: u8, reason: &[u8]);
    nonpayable IGovernor::castVoteBySigCall => cast_vote_by_sig(proposal: U256, support: u8, v: u8, r: B256, s: B256);
    nonpayable IGovernor::proposeCall =>
        propose(targets: Vec<Address>, values: Vec<U256>, calldatas: Vec<Memory>, description: Memory);
    payable IGovernor::executeCall =>
        execute(targets: Vec<Address>, values: Vec<U256>, calldatas: Vec<Memory>, description_hash: B256);
    nonpayable IGovernor::relayCall => relay(target: Address, value: U256, data: &[u8]);
    nonpayable IGovernor::stateCall => state(proposal: U256);
    nonpayable IGovernor::proposalSnapshotCall => proposal_snapshot(proposal: U256);
    nonpayable IGovernor::proposalDeadlineCall => proposal_deadline(proposal: U256);
    nonpayable IGovernor::hasVotedCall => has_voted(proposal: U256, account: Address);
    nonpayable IGovernor::getVotesCall => get_votes(account: Address, block: U256);
    nonpayable IGovernor::getVotesWithParamsCall => get_votes_with_params(account: Address, block: U256, params: Memory);
    nonpayable IGovernor::quorumCall => quorum(block: U256);
    nonpayable IGovernor::hashProposalCall =>
        hash_proposal(targets: Vec<Address>, values: Vec<U256>, calldatas: Vec<Memory>, description_hash: B256);
    nonpayable IGovernor::proposalThresholdCall => proposal_threshold();
    nonpayable IGovernor::votingDelayCall => voting_delay();
    nonpayable IGovernor::votingPeriodCall => voting_period();
    nonpayable IGovernor::setVotingDelayCall => set_voting_delay(blocks: U256);
    nonpayable IGovernor::setVotingPeriodCall => set_voting_period(blocks: U256);
    nonpayable IGovernor::setProposalThresholdCall => set_proposal_threshold(votes: U256);
    nonpayable IGovernor::tokenCall => token();
    nonpayable INamed::nameCall => name();
    nonpayable IGovernor::versionCall => version();
    nonpayable IGovernor::COUNTING_MODECall => counting_mode();
    nonpayable IGovernor::BALLOT_TYPEHASHCall => ballot_typehash();
    nonpayable IGovernor::EXTENDED_BALLOT_TYPEHASHCall => extended_ballot_typehash();
}
