//! An election in miniature, for measuring: the token, the manager and both election governors on one executor.
//!
//! [`Term`] goes through the stages as the contracts demand it: delegates, an election, contenders by signature, endorsements,
//! vetting, the member election. Nothing is written into storage behind the contracts' backs. Everybody who is nobody in
//! particular has an address made of a number.

use std::sync::Arc;

use alloy_primitives::{Address, B256, Bytes, U256};
use alloy_signer::SignerSync;
use alloy_signer_local::PrivateKeySigner;
use alloy_sol_types::{Eip712Domain, SolCall, SolStruct, SolValue, sol};
use ephor_abi::{
    council::ICouncilManager,
    election::{IElectionGovernor, IMemberElection, INomineeElection},
    governor::IGovernor,
    token::IVotesToken,
};
use ephor_chain::{BlockEnv, Code, Executor, Message, Outcome, SpecId};
use ephor_programs::{COUNCIL_MANAGER, MEMBER_ELECTION, NOMINEE_ELECTION, VOTES_TOKEN};

sol! {
    /// What a contender signs.
    struct AddContenderMessage {
        uint256 proposalId;
    }
}

/// The voting token.
pub const TOKEN: Address = Address::with_last_byte(0xA1);
/// The council manager.
pub const MANAGER: Address = Address::with_last_byte(0xA2);
/// The nominee election.
pub const NOMINEE_GOVERNOR: Address = Address::with_last_byte(0xA3);
/// The member election.
pub const MEMBER_GOVERNOR: Address = Address::with_last_byte(0xA4);
/// Owns everything and holds what the delegates do not.
pub const WHALE: Address = Address::with_last_byte(0xB1);

/// Seats of a cohort.
pub const SEATS: usize = 6;
/// Tokens of each delegate.
pub const DELEGATED: u64 = 1_000_000_000;

const CHAIN_ID: u64 = 412_346;
const SUPPLY: u128 = 10_000_000_000_000_000_000_000_000_000;
/// Ten thousandths of the supply that a nominee needs.
const THRESHOLD: u64 = 20;
const VOTING_BLOCKS: u64 = 50_400;
const VETTING_BLOCKS: u64 = 100_800;
/// 2030-01-01T00:00Z.
const START_SECONDS: u64 = 1_893_456_000;

/// A term of the council, at some stage.
pub struct Term {
    executor: Executor,
    block: BlockEnv,
    proposal: U256,
    /// Whoever has votes to cast, beside the whale.
    pub delegates: Vec<Address>,
    /// Whoever stands for election.
    pub contenders: Vec<Address>,
}

impl Term {
    /// A term at the start of endorsement, with so many delegates and contenders.
    ///
    /// # Panics
    /// If a contract refuses a step: then there is nothing to measure.
    #[must_use]
    pub fn endorsing(delegates: u64, contenders: u64) -> Self {
        let mut executor = Executor::new(Arc::new(ephor_programs::all()), CHAIN_ID, SpecId::PRAGUE);
        for (address, program) in [
            (TOKEN, VOTES_TOKEN),
            (MANAGER, COUNCIL_MANAGER),
            (NOMINEE_GOVERNOR, NOMINEE_ELECTION),
            (MEMBER_GOVERNOR, MEMBER_ELECTION),
        ] {
            executor.install(address, &Code::Program(program), []);
        }
        let block = BlockEnv { number: 1_000_000, timestamp: START_SECONDS - 3_600, ..BlockEnv::default() };
        let delegates = (0..delegates).map(|n| account(0xD0, n)).collect();
        let mut term = Self { executor, block, proposal: U256::ZERO, delegates, contenders: Vec::new() };
        term.initialize();
        term.distribute();
        term.register(contenders);
        term.advance(1);
        term
    }

    /// Moves from endorsement to the member election, with every contender a nominee.
    ///
    /// # Panics
    /// As [`Term::endorsing`].
    pub fn elect(&mut self) {
        let threshold = U256::from(SUPPLY) * U256::from(THRESHOLD) / U256::from(10_000);
        for contender in self.contenders.clone() {
            self.endorse(WHALE, contender, threshold);
        }
        self.advance(VOTING_BLOCKS + VETTING_BLOCKS);
        let arguments = IElectionGovernor::getProposeArgsCall { electionIndex: U256::ZERO };
        let output = self.call(WHALE, NOMINEE_GOVERNOR, &arguments).output;
        let (targets, values, calldatas, description) =
            <(Vec<Address>, Vec<U256>, Vec<Bytes>, String)>::abi_decode_params(&output)
                .expect("the arguments of a proposal");
        let hash = alloy_primitives::keccak256(description);
        let execute = IGovernor::executeCall { targets, values, calldatas, descriptionHash: hash };
        self.call(WHALE, NOMINEE_GOVERNOR, &execute);
        self.advance(1);
    }

    /// Endorses a contender.
    ///
    /// # Panics
    /// If the endorsement is refused.
    pub fn endorse(&mut self, voter: Address, contender: Address, votes: U256) -> Outcome {
        self.ballot(NOMINEE_GOVERNOR, voter, contender, votes)
    }

    /// Votes for a nominee.
    ///
    /// # Panics
    /// If the vote is refused.
    pub fn vote(&mut self, voter: Address, nominee: Address, votes: U256) -> Outcome {
        self.ballot(MEMBER_GOVERNOR, voter, nominee, votes)
    }

    /// Asks for the winners as votes stand.
    ///
    /// # Panics
    /// If there are too few nominees.
    pub fn top_nominees(&mut self) -> (Vec<Address>, u64) {
        let outcome =
            self.call(WHALE, MEMBER_GOVERNOR, &IMemberElection::topNomineesCall { proposalId: self.proposal });
        let winners = Vec::<Address>::abi_decode(&outcome.output).expect("a list of addresses");
        (winners, outcome.gas_used)
    }

    fn ballot(&mut self, governor: Address, voter: Address, candidate: Address, votes: U256) -> Outcome {
        let ballot = IGovernor::castVoteWithReasonAndParamsCall {
            proposalId: self.proposal,
            support: 1,
            reason: String::new(),
            params: (candidate, votes).abi_encode().into(),
        };
        self.call(voter, governor, &ballot)
    }

    fn initialize(&mut self) {
        let token = IVotesToken::initializeCall {
            _l1TokenAddress: Address::with_last_byte(0xC1),
            _initialSupply: U256::from(SUPPLY),
            _owner: WHALE,
        };
        self.call(WHALE, TOKEN, &token);
        let cohort = |kind| (0..SEATS as u64).map(|n| account(kind, n)).collect();
        let manager = ICouncilManager::initializeCall {
            _firstCohort: cohort(0xE0),
            _secondCohort: cohort(0xE1),
            _securityCouncils: Vec::new(),
            _roles: ICouncilManager::SecurityCouncilManagerRoles {
                admin: WHALE,
                cohortUpdator: MEMBER_GOVERNOR,
                memberAdder: WHALE,
                memberRemovers: vec![WHALE],
                memberRotator: WHALE,
                memberReplacer: WHALE,
            },
            // Neither is called in what is measured; they only have to be contracts.
            _l2CoreGovTimelock: TOKEN,
            _router: TOKEN,
        };
        self.call(WHALE, MANAGER, &manager);
        let nominee = INomineeElection::InitParams {
            firstNominationStartDate: INomineeElection::Date {
                year: U256::from(2030),
                month: U256::ONE,
                day: U256::ONE,
                hour: U256::ZERO,
            },
            nomineeVettingDuration: U256::from(VETTING_BLOCKS),
            nomineeVetter: WHALE,
            securityCouncilManager: MANAGER,
            securityCouncilMemberElectionGovernor: MEMBER_GOVERNOR,
            token: TOKEN,
            owner: WHALE,
            quorumNumeratorValue: U256::from(THRESHOLD),
            votingPeriod: U256::from(VOTING_BLOCKS),
        };
        self.call(WHALE, NOMINEE_GOVERNOR, &INomineeElection::initializeCall { params: nominee });
        let member = IMemberElection::initializeCall {
            _nomineeElectionGovernor: NOMINEE_GOVERNOR,
            _securityCouncilManager: MANAGER,
            _token: TOKEN,
            _owner: WHALE,
            _votingPeriod: U256::from(3 * VOTING_BLOCKS),
            _fullWeightDuration: U256::from(VOTING_BLOCKS),
        };
        self.call(WHALE, MEMBER_GOVERNOR, &member);
    }

    fn distribute(&mut self) {
        for delegate in self.delegates.clone() {
            self.call(WHALE, TOKEN, &IVotesToken::transferCall { to: delegate, amount: U256::from(DELEGATED) });
            self.call(delegate, TOKEN, &IVotesToken::delegateCall { delegatee: delegate });
        }
        self.call(WHALE, TOKEN, &IVotesToken::delegateCall { delegatee: WHALE });
        self.advance(300);
    }

    fn register(&mut self, contenders: u64) {
        let output = self.call(WHALE, NOMINEE_GOVERNOR, &INomineeElection::createElectionCall {}).output;
        self.proposal = U256::abi_decode(&output).expect("a proposal id");
        let domain = Eip712Domain::new(
            Some("SecurityCouncilNomineeElectionGovernor".into()),
            Some("1".into()),
            Some(U256::from(CHAIN_ID)),
            Some(NOMINEE_GOVERNOR),
            None,
        );
        let digest = AddContenderMessage { proposalId: self.proposal }.eip712_signing_hash(&domain);
        for number in 1..=contenders {
            let signer = PrivateKeySigner::from_bytes(&B256::from(U256::from(number))).expect("a valid key");
            let signature = signer.sign_hash_sync(&digest).expect("a signature").as_bytes();
            let add = INomineeElection::addContender_1Call { proposalId: self.proposal, signature: signature.into() };
            self.call(WHALE, NOMINEE_GOVERNOR, &add);
            self.contenders.push(signer.address());
        }
    }

    fn advance(&mut self, blocks: u64) {
        self.block.number += blocks;
        self.block.timestamp += 12 * blocks;
    }

    fn call<C: SolCall>(&mut self, from: Address, to: Address, call: &C) -> Outcome {
        let outcome =
            self.executor.call(&self.block, Message::call(from, to, call.abi_encode())).expect("a valid message");
        assert!(outcome.is_success(), "{} is refused: {} {:?}", C::SIGNATURE, outcome.output, outcome.panic);
        outcome
    }
}

/// The address of somebody: a kind and a number.
fn account(kind: u8, number: u64) -> Address {
    let mut bytes = [0; 20];
    bytes[0] = kind;
    bytes[12..].copy_from_slice(&number.to_be_bytes());
    Address::from(bytes)
}
