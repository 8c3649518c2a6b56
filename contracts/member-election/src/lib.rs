//! The member election: who of the nominees sits on the council.
//!
//! ```text
//! nominee election ─▶ Pending ─▶ Active ─────────────▶ Succeeded ─▶ execute ─▶ council manager: replaceCohort
//!                                voting                             selection
//!                                full weight, then decaying
//! ```
//! - `voting`: delegates vote for compliant nominees; votes lose weight over time.
//! - `selection`: the nominees of greatest weight are installed.
//!
//! Only the nominee election creates an election here, under the same proposal id as its own. It always "succeeds" when its
//! votes end. Storage, interface and behaviour are those of the deployed `SecurityCouncilMemberElectionGovernor`.

#![cfg_attr(target_arch = "wasm32", no_std, no_main, allow(missing_docs, reason = "the macro's entry point"))]

extern crate alloc;

mod selection;
mod voting;

use alloc::{vec, vec::Vec};

use alloy_primitives::{Address, B256, FixedBytes, U256};
use ephor_abi::{
    common::ICommonErrors::NotAContract,
    election::IMemberElection::{self, InvalidDurations, OnlyNomineeElectionGovernor},
};
use ephor_parts::{
    Eip712, Gap, Memory, Outcome, accessors,
    call::is_contract,
    calldata::U240,
    dispatch,
    ecdsa::Signature,
    election::{self, CastBallots, Election, SignedBallot, index_of, refuse_proposal, refuse_vote},
    ensure,
    erc165::{self, Erc165},
    governor::{self, Governor, Operations, Proposals, Settings, VotingToken, interfaces::OF_EVERY_GOVERNOR},
    initializer::{Initializable, InitializableStorage},
    ownable::{self, Ownable, OwnableStorage},
    token_receiver::{self, TokenReceiver},
};
use stylus_sdk::{prelude::*, storage::StorageAddress};

use crate::voting::Counts;

/// Storage of the contract.
#[entrypoint]
#[storage]
pub struct MemberElection {
    initializable: InitializableStorage,
    _context_gap: Gap<50>,
    _erc165_gap: Gap<50>,
    eip712: Eip712,
    _interface_gap: Gap<50>,
    proposals: Proposals,
    token: VotingToken,
    counts: Counts,
    settings: Settings,
    ownable: OwnableStorage,
    cast_ballots: CastBallots,
    nominee_election: StorageAddress,
    manager: StorageAddress,
    _gap: Gap<48>,
}

dispatch! {
    MemberElection;
    nonpayable IMemberElection::proposeFromNomineeElectionGovernorCall => propose_from_nominee_election(index: U256);
    nonpayable IMemberElection::topNomineesCall => top_nominees(proposal_id: U256);
    nonpayable IMemberElection::selectTopNomineesCall => select_top_nominees(nominees: Vec<Address>, weights: Vec<U240>, seats: U256);
    nonpayable IMemberElection::weightReceivedCall => weight_received(proposal_id: U256, nominee: Address);
    nonpayable IMemberElection::votesToWeightCall => votes_to_weight(proposal_id: U256, block: U256, votes: U256);
    nonpayable IMemberElection::fullWeightDurationCall => full_weight_duration();
    nonpayable IMemberElection::fullWeightVotingDeadlineCall => full_weight_voting_deadline(proposal_id: U256);
    nonpayable IMemberElection::setFullWeightDurationCall => set_full_weight_duration(blocks: U256);
    nonpayable IMemberElection::nomineeElectionGovernorCall => nominee_election_governor();
    nonpayable IMemberElection::initializeCall => initialize(nominee_election: Address, manager: Address, token: Address, owner: Address, voting_blocks: U256, full_weight_blocks: U256);
    inherit [governor::routes, election::routes, ownable::routes, erc165::routes, token_receiver::routes];
    receive receive_ether;
}

impl MemberElection {
    /// Sets the contract up, once.
    ///
    /// # Errors
    /// `InvalidDurations` if votes had their full weight longer than they count; `NotAContract`; `Error(string)` of a part that
    /// refuses its settings.
    fn initialize(
        &mut self,
        nominee_election: Address,
        manager: Address,
        token: Address,
        owner: Address,
        voting_blocks: U256,
        full_weight_blocks: U256,
    ) -> Outcome {
        self.initialize_once(|this| {
            ensure(full_weight_blocks <= voting_blocks, || InvalidDurations {
                fullWeightDuration: full_weight_blocks,
                votingPeriod: voting_blocks,
            })?;
            this.init_governor("SecurityCouncilMemberElectionGovernor");
            this.token.init(token);
            this.init_full_weight_duration(full_weight_blocks);
            this.settings.init(U256::ZERO, voting_blocks, U256::ZERO)?;
            for account in [nominee_election, manager] {
                ensure(is_contract(this.vm(), account), || NotAContract { account })?;
            }
            this.nominee_election.set(nominee_election);
            this.manager.set(manager);
            this.set_owner(owner);
            Ok(())
        })
    }

    /// Creates the election of the same index as the nominee election that calls. Returns the proposal id, which is the same.
    ///
    /// # Errors
    /// `OnlyNomineeElectionGovernor`; what proposing is refused with.
    /// # Events
    /// `ProposalCreated`.
    fn propose_from_nominee_election(&mut self, index: U256) -> Outcome<U256> {
        let caller = self.vm().msg_sender();
        ensure(caller == self.nominee_election.get(), || OnlyNomineeElectionGovernor {})?;
        self.propose_election(index)
    }

    /// The contract of the nominee election.
    fn nominee_election_governor(&self) -> Outcome<Address> {
        Ok(self.nominee_election.get())
    }
}

impl Governor for MemberElection {
    const COUNTING_MODE: &'static str = "support=for&params=account&counting=n-winners";

    accessors! {
        proposals, proposals_mut: Proposals = proposals;
        settings, settings_mut: Settings = settings;
        voting_token, voting_token_mut: VotingToken = token;
        eip712, eip712_mut: Eip712 = eip712;
    }

    /// None is needed.
    fn quorum(&self, _: U256) -> Outcome<U256> {
        Ok(U256::ZERO)
    }
    fn quorum_reached(&self, _: U256) -> Outcome<bool> {
        Ok(true)
    }
    fn vote_succeeded(&self, _: U256) -> Outcome<bool> {
        Ok(true)
    }
    fn has_voted(&self, proposal_id: U256, account: Address) -> Outcome<bool> {
        Ok(!self.votes_used(proposal_id, account)?.is_zero())
    }
    fn count_vote(&mut self, proposal_id: U256, voter: Address, support: u8, power: U256, params: &[u8]) -> Outcome {
        self.count_member_vote(proposal_id, voter, support, power, params)
    }
    /// Nobody proposes but the nominee election, which needs no votes, whatever the setting says.
    fn proposal_threshold(&self) -> Outcome<U256> {
        Ok(U256::ZERO)
    }
    fn carry_out(&mut self, proposal_id: U256, operations: &Operations<'_>, _: B256) -> Outcome {
        self.install(proposal_id, index_of(&operations.calldatas)?)
    }

    fn propose(&mut self, _: Vec<Address>, _: Vec<U256>, _: Vec<Memory<'_>>, _: Memory<'_>) -> Outcome<U256> {
        refuse_proposal()
    }
    fn cast_vote(&mut self, _: U256, _: u8) -> Outcome<U256> {
        refuse_vote()
    }
    fn cast_vote_with_reason(&mut self, _: U256, _: u8, _: &[u8]) -> Outcome<U256> {
        refuse_vote()
    }
    fn cast_vote_by_sig(&mut self, _: U256, _: u8, _: u8, _: B256, _: B256) -> Outcome<U256> {
        refuse_vote()
    }
    fn cast_vote_with_params_by_sig(
        &mut self,
        proposal_id: U256,
        support: u8,
        reason: &[u8],
        params: Memory<'_>,
        v: u8,
        r: B256,
        s: B256,
    ) -> Outcome<U256> {
        let signature = Signature { v, r, s };
        self.cast_signed(SignedBallot { proposal_id, support, reason, params: params.0, signature })
    }
}

impl Election for MemberElection {
    accessors! { cast_ballots, cast_ballots_mut: CastBallots = cast_ballots; }
    fn security_council_manager(&self) -> Outcome<Address> {
        Ok(self.manager.get())
    }
    fn votes_used(&self, proposal_id: U256, account: Address) -> Outcome<U256> {
        Ok(self.counts.elections.getter(proposal_id).votes_used.get(account))
    }
}

impl Initializable for MemberElection {
    accessors! { initializable, initializable_mut: InitializableStorage = initializable; }
}

impl Ownable for MemberElection {
    accessors! { ownable, ownable_mut: OwnableStorage = ownable; }
}

impl Erc165 for MemberElection {
    const INTERFACES: &'static [FixedBytes<4>] = OF_EVERY_GOVERNOR;
}

impl TokenReceiver for MemberElection {}
