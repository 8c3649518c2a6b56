//! The nominee election: who may be voted onto the council.
//!
//! ```text
//! createElection ─▶ Pending ──────▶ Active ─────────▶ Succeeded ──────────▶ execute ─▶ member election
//!                   registration    endorsement       vetting
//!                   addContender    castVote…Params   exclude, includeNominee
//! ```
//! - `registration`: anyone creates an election when it is due; contenders register by signature.
//! - `endorsement`: delegates endorse; a contender with enough votes is a nominee.
//! - `vetting`: the vetter excludes and includes; then anyone starts the member election.
//! - `timing`: the calendar of elections and the duration of vetting.
//! - `amendments`: rules that the deployed contract has in its code, or does not know.
//!
//! An election always "succeeds" when its votes end; whether there are enough nominees is asked when it is executed.
//! Storage, interface and behaviour are those of the deployed `SecurityCouncilNomineeElectionGovernor`.

#![cfg_attr(target_arch = "wasm32", no_std, no_main, allow(missing_docs, reason = "the macro's entry point"))]

extern crate alloc;

mod amendments;
mod endorsement;
mod registration;
mod timing;
mod vetting;

use alloc::{vec, vec::Vec};

use alloy_primitives::{Address, B256, FixedBytes, U256};
use ephor_abi::{
    common::ICommonErrors::NotAContract,
    election::{
        IElectionRules,
        INomineeElection::{self, QuorumNumeratorTooLow},
    },
};
use ephor_parts::{
    Eip712, Gap, Memory, Outcome, Revert, accessors,
    call::is_contract,
    dispatch,
    ecdsa::Signature,
    election::{self, CastBallots, Election, SignedBallot, refuse_proposal, refuse_vote},
    ensure,
    erc165::{self, Erc165},
    governor::{
        self, Governor, Operations, Proposals, Settings, VotingToken,
        interfaces::OF_EVERY_GOVERNOR,
        quorum::{self, CirculatingQuorum, DENOMINATOR, QuorumFraction},
    },
    initializer::{Initializable, InitializableStorage},
    ownable::{self, Ownable, OwnableStorage},
    static_struct,
    token_receiver::{self, TokenReceiver},
};
use ephor_rules::threshold::{Fraction, MOST_NOMINEES_AT_FIRST, most_nominees};
use stylus_sdk::{
    prelude::*,
    storage::{StorageAddress, StorageMap, StorageU256},
};

use crate::{
    amendments::Amendments,
    endorsement::Counts,
    registration::Register,
    timing::{Date, Timing},
};

/// Storage of the contract.
#[entrypoint]
#[storage]
pub struct NomineeElection {
    initializable: InitializableStorage,
    _context_gap: Gap<50>,
    _erc165_gap: Gap<50>,
    eip712: Eip712,
    _interface_gap: Gap<50>,
    proposals: Proposals,
    token: VotingToken,
    counts: Counts,
    quorum: QuorumFraction,
    _quorum_gap: Gap<50>,
    settings: Settings,
    ownable: OwnableStorage,
    timing: Timing,
    cast_ballots: CastBallots,
    vetter: StorageAddress,
    manager: StorageAddress,
    member_election: StorageAddress,
    election_count: StorageU256,
    registers: StorageMap<U256, Register>,
    amendments: Amendments,
    _gap: Gap<42>,
}

static_struct! {
    /// What the contract is initialised with.
    #[derive(Clone, Copy, Debug)]
    struct InitParams {
        /// From when on the first election may be created.
        first: Date,
        /// How long nominees are vetted, in L1 blocks.
        vetting_blocks: U256,
        /// Who vets them.
        vetter: Address,
        /// The council manager.
        manager: Address,
        /// The member election.
        member_election: Address,
        /// The token whose delegates vote.
        token: Address,
        /// Who may relay calls through the contract.
        owner: Address,
        /// The votes a nominee needs, in ten thousandths of the votable supply.
        quorum_numerator: U256,
        /// How long votes count, in L1 blocks.
        voting_blocks: U256,
    }
}

dispatch! {
    NomineeElection;
    nonpayable INomineeElection::isCompliantNomineeCall => is_compliant_nominee(proposal_id: U256, account: Address);
    nonpayable INomineeElection::addContender_0Call => add_contender_by_call(proposal_id: U256);
    nonpayable INomineeElection::addContender_1Call => add_contender(proposal_id: U256, signature: &[u8]);
    nonpayable INomineeElection::recoverAddContenderMessageCall => recover_add_contender_message(proposal_id: U256, signature: &[u8]);
    nonpayable INomineeElection::createElectionCall => create_election();
    nonpayable INomineeElection::isContenderCall => is_contender(proposal_id: U256, account: Address);
    nonpayable INomineeElection::electionCountCall => election_count();
    nonpayable INomineeElection::currentCohortCall => current_cohort();
    nonpayable INomineeElection::otherCohortCall => other_cohort();
    nonpayable INomineeElection::votesReceivedCall => votes_received(proposal_id: U256, contender: Address);
    nonpayable INomineeElection::nomineesCall => nominees(proposal_id: U256);
    nonpayable INomineeElection::nomineeCountCall => nominee_count(proposal_id: U256);
    nonpayable INomineeElection::isNomineeCall => is_nominee(proposal_id: U256, contender: Address);
    nonpayable INomineeElection::excludeNomineeCall => exclude_nominee(proposal_id: U256, nominee: Address);
    nonpayable INomineeElection::includeNomineeCall => include_nominee(proposal_id: U256, account: Address);
    nonpayable INomineeElection::setNomineeVetterCall => set_nominee_vetter(vetter: Address);
    nonpayable INomineeElection::compliantNomineesCall => compliant_nominees(proposal_id: U256);
    nonpayable INomineeElection::compliantNomineeCountCall => compliant_nominee_count(proposal_id: U256);
    nonpayable INomineeElection::isExcludedCall => is_excluded(proposal_id: U256, account: Address);
    nonpayable INomineeElection::excludedNomineeCountCall => excluded_nominee_count(proposal_id: U256);
    nonpayable INomineeElection::nomineeVetterCall => nominee_vetter();
    nonpayable INomineeElection::electionToTimestampCall => election_to_timestamp(index: U256);
    nonpayable INomineeElection::firstNominationStartDateCall => first_nomination_start_date();
    nonpayable INomineeElection::nomineeVettingDurationCall => nominee_vetting_duration();
    nonpayable INomineeElection::proposalVettingDeadlineCall => proposal_vetting_deadline(proposal_id: U256);
    nonpayable INomineeElection::securityCouncilMemberElectionGovernorCall => member_election_governor();
    nonpayable INomineeElection::initializeCall => initialize(params: InitParams);
    nonpayable IElectionRules::electionRulesCall => election_rules();
    nonpayable IElectionRules::setElectionRulesCall => set_election_rules(months: U256, sitting_stand: bool, cutoff_blocks: U256);
    nonpayable IElectionRules::rotateNomineeCall => rotate_nominee(proposal_id: U256, signature: &[u8]);
    inherit [governor::routes, election::routes, quorum::routes, ownable::routes, erc165::routes, token_receiver::routes];
    receive receive_ether;
}

impl NomineeElection {
    /// Sets the contract up, once.
    ///
    /// # Errors
    /// `Error(string)` of a part that refuses its settings; `InvalidStartDate`, `StartDateTooEarly`, `NotAContract`,
    /// `QuorumNumeratorTooLow` if there could be too many nominees.
    fn initialize(&mut self, params: InitParams) -> Outcome {
        self.initialize_once(|this| {
            this.init_governor("SecurityCouncilNomineeElectionGovernor");
            this.token.init(params.token);
            this.quorum.set(params.quorum_numerator)?;
            this.settings.init(U256::ZERO, params.voting_blocks, U256::ZERO)?;
            let now = this.vm().block_timestamp();
            this.timing.init(params.first, params.vetting_blocks, now)?;
            this.set_owner(params.owner);
            this.vetter.set(params.vetter);
            for account in [params.manager, params.member_election] {
                ensure(is_contract(this.vm(), account), || NotAContract { account })?;
            }
            this.manager.set(params.manager);
            this.member_election.set(params.member_election);

            let share = Fraction { numerator: params.quorum_numerator, denominator: DENOMINATOR };
            let most = most_nominees(share).map_err(|_| Revert::panic(0x12))?;
            ensure(most <= MOST_NOMINEES_AT_FIRST, || QuorumNumeratorTooLow {
                quorumNumeratorValue: params.quorum_numerator,
            })
        })
    }

    /// The contract of the member election.
    fn member_election_governor(&self) -> Outcome<Address> {
        Ok(self.member_election.get())
    }
}

impl Governor for NomineeElection {
    const COUNTING_MODE: &'static str = "support=for&params=account&counting=threshold";

    accessors! {
        proposals, proposals_mut: Proposals = proposals;
        settings, settings_mut: Settings = settings;
        voting_token, voting_token_mut: VotingToken = token;
        eip712, eip712_mut: Eip712 = eip712;
    }

    /// The votes that a contender needs.
    fn quorum(&self, block: U256) -> Outcome<U256> {
        self.circulating_quorum(block)
    }
    /// An election needs no quorum: it is the contenders who do.
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
        self.count_endorsement(proposal_id, voter, support, power, params)
    }
    /// Nobody proposes but the contract itself, for which no votes are needed, whatever the setting says.
    fn proposal_threshold(&self) -> Outcome<U256> {
        Ok(U256::ZERO)
    }
    fn carry_out(&mut self, proposal_id: U256, operations: &Operations<'_>, _: B256) -> Outcome {
        self.start_member_election(proposal_id, &operations.calldatas)
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

impl Election for NomineeElection {
    accessors! { cast_ballots, cast_ballots_mut: CastBallots = cast_ballots; }
    fn security_council_manager(&self) -> Outcome<Address> {
        Ok(self.manager.get())
    }
    fn votes_used(&self, proposal_id: U256, account: Address) -> Outcome<U256> {
        Ok(self.counts.elections.getter(proposal_id).votes_used.get(account))
    }
}

impl CirculatingQuorum for NomineeElection {
    accessors! { quorum_fraction, quorum_fraction_mut: QuorumFraction = quorum; }
}

impl Initializable for NomineeElection {
    accessors! { initializable, initializable_mut: InitializableStorage = initializable; }
}

impl Ownable for NomineeElection {
    accessors! { ownable, ownable_mut: OwnableStorage = ownable; }
}

impl Erc165 for NomineeElection {
    const INTERFACES: &'static [FixedBytes<4>] = OF_EVERY_GOVERNOR;
}

impl TokenReceiver for NomineeElection {}
