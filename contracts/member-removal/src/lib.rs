//! Removal of one member of the council by the DAO, between elections.
//!
//! ```text
//! Pending ──▶ Active ──▶ Defeated
//!                └─────▶ Succeeded ──execute──▶ Executed
//!                            └─expiration_blocks──▶ Expired
//! ```
//! A proposal is one call of the manager's `removeMember` for somebody who is a member when it is proposed, and nothing
//! else. It needs a quorum of the votable supply, counted in votes in favour since abstaining is not allowed, and at
//! least a set share of the votes. Whoever executes it must do so before it expires, so that a removal cannot be kept in
//! store. A quorum reached late extends the vote.
//!
//! Source: seed 004, "Removal of members"; the ABI and the traces of the deployed contract
//! (`SecurityCouncilMemberRemovalGovernor`).

#![cfg_attr(target_arch = "wasm32", no_std, no_main, allow(missing_docs, reason = "the macro's entry point"))]

extern crate alloc;

mod expiration;
mod removal;

use alloc::{vec, vec::Vec};

use alloy_primitives::{Address, FixedBytes, U256};
use ephor_abi::{
    common::ICommonErrors::NotAContract,
    election::{
        ICouncilGovernor,
        IMemberRemoval::{self, AbstainDisallowed},
    },
};
use ephor_parts::{
    Eip712, Gap, Memory, Outcome, Revert, accessors,
    call::is_contract,
    dispatch, ensure,
    erc165::{self, Erc165},
    governor::{
        self, Governor, ProposalState, Proposals, Settings, VotingToken,
        counting::{self, CountsSimply, SimpleCount},
        interfaces::OF_EVERY_GOVERNOR,
        late_quorum::{self, ExtendsLateQuorum, LateQuorum},
        quorum::{self, CirculatingQuorum, QuorumFraction},
    },
    initializer::{Initializable, InitializableStorage},
    ownable::{self, Ownable, OwnableStorage},
    token_receiver::{self, TokenReceiver},
};
use stylus_sdk::{
    prelude::*,
    storage::{StorageAddress, StorageU256},
};

use crate::expiration::Expiration;

/// The support that means neither for nor against.
const ABSTAIN: u8 = 2;

/// Storage of the contract.
#[entrypoint]
#[storage]
pub struct MemberRemovalGovernor {
    initializable: InitializableStorage,
    _context: Gap<50>,
    _erc165: Gap<50>,
    eip712: Eip712,
    _interface: Gap<50>,
    proposals: Proposals,
    voting_token: VotingToken,
    late_quorum: LateQuorum,
    count: SimpleCount,
    quorum_fraction: QuorumFraction,
    _quorum: Gap<50>,
    settings: Settings,
    expiration: Expiration,
    ownable: OwnableStorage,
    vote_success_numerator: StorageU256,
    security_council_manager: StorageAddress,
    _gap: Gap<48>,
}

dispatch! {
    MemberRemovalGovernor;
    nonpayable IMemberRemoval::initializeCall =>
        initialize(
            vote_success_numerator: U256, manager: Address, token: Address, owner: Address, voting_delay: U256,
            voting_period: U256, quorum_numerator: U256, proposal_threshold: U256, late_quorum_extension: u64,
            expiration: U256,
        );
    nonpayable IMemberRemoval::VOTE_SUCCESS_DENOMINATORCall => vote_success_denominator();
    nonpayable IMemberRemoval::proposalExpirationBlocksCall => proposal_expiration_blocks();
    nonpayable IMemberRemoval::proposalExpirationDeadlineCall => proposal_expiration_deadline(proposal: U256);
    nonpayable IMemberRemoval::separateSelectorCall => separate_selector(call: &[u8]);
    nonpayable IMemberRemoval::setVoteSuccessNumeratorCall => set_vote_success_numerator(numerator: U256);
    nonpayable IMemberRemoval::voteSuccessNumeratorCall => vote_success_numerator();
    nonpayable ICouncilGovernor::securityCouncilManagerCall => security_council_manager();
    inherit [
        governor::routes, counting::routes, late_quorum::routes, quorum::routes, ownable::routes, erc165::routes,
        token_receiver::routes,
    ];
    receive receive_ether;
}

impl MemberRemovalGovernor {
    /// Sets the governor up, once. Delay, period, extension and expiration are in blocks.
    ///
    /// # Errors
    /// A second initialisation; a period of zero; a quorum above one; `NotAContract` for the manager;
    /// `InvalidVoteSuccessNumerator`.
    #[allow(clippy::too_many_arguments, reason = "the parameters of the interface")]
    fn initialize(
        &mut self,
        vote_success_numerator: U256,
        manager: Address,
        token: Address,
        owner: Address,
        voting_delay: U256,
        voting_period: U256,
        quorum_numerator: U256,
        proposal_threshold: U256,
        late_quorum_extension: u64,
        expiration: U256,
    ) -> Outcome {
        self.initialize_once(|this| {
            this.init_governor("SecurityCouncilMemberRemovalGovernor");
            this.settings.init(voting_delay, voting_period, proposal_threshold)?;
            this.voting_token.init(token);
            this.quorum_fraction.set(quorum_numerator)?;
            this.late_quorum.set_extension(late_quorum_extension);
            this.expiration.init(expiration);
            this.set_owner(owner);
            ensure(is_contract(this.vm(), manager), || NotAContract { account: manager })?;
            this.security_council_manager.set(manager);
            this.accept_vote_success_numerator(vote_success_numerator)
        })
    }
}

impl Governor for MemberRemovalGovernor {
    const COUNTING_MODE: &'static str = "support=for,against&quorum=for";

    accessors! {
        proposals, proposals_mut: Proposals = proposals;
        settings, settings_mut: Settings = settings;
        voting_token, voting_token_mut: VotingToken = voting_token;
        eip712, eip712_mut: Eip712 = eip712;
    }

    fn quorum(&self, block: U256) -> Outcome<U256> {
        self.circulating_quorum(block)
    }

    fn quorum_reached(&self, proposal: U256) -> Outcome<bool> {
        self.participation_reached(proposal)
    }

    fn vote_succeeded(&self, proposal: U256) -> Outcome<bool> {
        self.removal_succeeded(proposal)
    }

    fn has_voted(&self, proposal: U256, account: Address) -> Outcome<bool> {
        Ok(self.count.has_voted(proposal, account))
    }

    fn count_vote(&mut self, proposal: U256, account: Address, support: u8, power: U256, _params: &[u8]) -> Outcome {
        if support > ABSTAIN {
            return Err(Revert::panic(0x21));
        }
        ensure(support != ABSTAIN, || AbstainDisallowed {})?;
        self.count.count(proposal, account, support, power)
    }

    fn state(&self, proposal: U256) -> Outcome<ProposalState> {
        self.expiring_state(proposal)
    }

    fn proposal_deadline(&self, proposal: U256) -> Outcome<U256> {
        self.extended_deadline(proposal)
    }

    fn cast(&mut self, proposal: U256, voter: Address, support: u8, reason: &[u8], params: &[u8]) -> Outcome<U256> {
        self.cast_and_extend(proposal, voter, support, reason, params)
    }

    fn propose(
        &mut self,
        targets: Vec<Address>,
        values: Vec<U256>,
        calldatas: Vec<Memory<'_>>,
        description: Memory<'_>,
    ) -> Outcome<U256> {
        self.propose_removal(targets, values, calldatas, description.0)
    }
}

impl CountsSimply for MemberRemovalGovernor {
    fn count(&self) -> &SimpleCount {
        &self.count
    }
}

impl ExtendsLateQuorum for MemberRemovalGovernor {
    accessors! { late_quorum, late_quorum_mut: LateQuorum = late_quorum; }
}

impl CirculatingQuorum for MemberRemovalGovernor {
    accessors! { quorum_fraction, quorum_fraction_mut: QuorumFraction = quorum_fraction; }
}

impl Initializable for MemberRemovalGovernor {
    accessors! { initializable, initializable_mut: InitializableStorage = initializable; }
}

impl Ownable for MemberRemovalGovernor {
    accessors! { ownable, ownable_mut: OwnableStorage = ownable; }
}

impl Erc165 for MemberRemovalGovernor {
    const INTERFACES: &'static [FixedBytes<4>] = OF_EVERY_GOVERNOR;
}

impl TokenReceiver for MemberRemovalGovernor {}
