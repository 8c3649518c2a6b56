//! An election in miniature, for measuring: the token, the manager and both election governors on one chain.
//!
//! [`Term`] goes through the stages as the contracts demand it: delegates, an election, contenders by signature, endorsements,
//! vetting, the member election. Nothing is written into storage behind the contracts' backs. Everybody who is nobody in
//! particular has an address made of a number.

mod cpu_time;

use std::sync::Arc;

use alloy_consensus::{SignableTransaction, TxEip1559, TxEnvelope};
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
use ephor_chain::{
    BlockTime, Chain, ChainConfig, Code, Genesis, GenesisAccount, Message, SignedTx, SnapshotId, Status, TxResult,
};
use ephor_programs::{COUNCIL_MANAGER, MEMBER_ELECTION, NOMINEE_ELECTION, VOTES_TOKEN};

pub use cpu_time::CpuTime;

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
/// Keys of contenders are the numbers from one on, those of delegates the numbers from here on.
const DELEGATE_KEYS: u64 = 1_000_000;
/// 2030-01-01T00:00Z.
const START_SECONDS: u64 = 1_893_456_000;

/// Transactions in a block of ballots.
const BLOCK: usize = 1_000;
/// More than a ballot costs.
const BALLOT_GAS: u64 = 1_000_000;

/// A term of the council, at some stage.
pub struct Term {
    chain: Chain,
    time: BlockTime,
    proposal: U256,
    /// Of the delegates.
    keys: Vec<PrivateKeySigner>,
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
        let programs = [
            (TOKEN, VOTES_TOKEN),
            (MANAGER, COUNCIL_MANAGER),
            (NOMINEE_GOVERNOR, NOMINEE_ELECTION),
            (MEMBER_GOVERNOR, MEMBER_ELECTION),
        ];
        let account = |(address, program)| GenesisAccount {
            address,
            code: Some(Code::Program(program)),
            ..GenesisAccount::default()
        };
        let time = BlockTime { timestamp: START_SECONDS - 3_600, l1_block: 1_000_000 };
        let genesis = Genesis { number: 0, time, accounts: programs.map(account).to_vec() };
        let config = ChainConfig::arbitrum(CHAIN_ID);
        let chain = Chain::in_memory(config, &genesis, Arc::new(ephor_programs::all()));
        let keys: Vec<_> = (0..delegates).map(|number| key(DELEGATE_KEYS + number)).collect();
        let delegates = keys.iter().map(PrivateKeySigner::address).collect();
        let mut term = Self { chain, time, proposal: U256::ZERO, keys, delegates, contenders: Vec::new() };
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
        let all = self.contenders.clone();
        let ballots =
            all.into_iter().map(|contender| self.ballot(NOMINEE_GOVERNOR, WHALE, contender, threshold)).collect();
        self.hold(ballots);
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

    /// One endorsement with one vote each by the first `count` delegates, for the contenders in turn.
    #[must_use]
    pub fn endorsements(&self, count: usize) -> Vec<Message> {
        self.one_vote_each(NOMINEE_GOVERNOR, count)
    }

    /// As [`Term::endorsements`], but for votes.
    #[must_use]
    pub fn votes(&self, count: usize) -> Vec<Message> {
        self.one_vote_each(MEMBER_GOVERNOR, count)
    }

    /// An endorsement.
    #[must_use]
    pub fn endorsement(&self, voter: Address, contender: Address, votes: U256) -> Message {
        self.ballot(NOMINEE_GOVERNOR, voter, contender, votes)
    }

    /// A vote.
    #[must_use]
    pub fn vote(&self, voter: Address, nominee: Address, votes: U256) -> Message {
        self.ballot(MEMBER_GOVERNOR, voter, nominee, votes)
    }

    /// The same ballots as transactions, which the delegates sign.
    ///
    /// # Panics
    /// When a ballot is nobody's whose key is known.
    #[must_use]
    pub fn signed(&self, ballots: &[Message]) -> Vec<TxEnvelope> {
        let sign = |ballot: &Message| -> TxEnvelope {
            let place = self.delegates.iter().position(|delegate| *delegate == ballot.from).expect("a delegate");
            let tx = TxEip1559 {
                chain_id: CHAIN_ID,
                nonce: self.chain.next_nonce(ballot.from),
                gas_limit: ballot.gas_limit,
                to: ballot.to,
                input: ballot.data.clone(),
                ..TxEip1559::default()
            };
            let signature = self.keys[place].sign_hash_sync(&tx.signature_hash()).expect("a signature");
            tx.into_signed(signature).into()
        };
        ballots.iter().map(sign).collect()
    }

    /// Executes ballots in blocks of a thousand, nobody's signature being looked at.
    ///
    /// # Panics
    /// If one is refused.
    pub fn hold(&mut self, ballots: Vec<Message>) {
        let mut ballots = ballots.into_iter();
        while ballots.len() > 0 {
            for ballot in ballots.by_ref().take(BLOCK) {
                self.chain.impersonate(ballot).expect("a valid ballot");
            }
            self.mine();
        }
    }

    /// Executes ballots and drops their effects.
    ///
    /// # Panics
    /// If one is refused.
    pub fn ask(&mut self, ballots: &[Message]) {
        self.chain.advance(self.time).expect("time runs forward");
        for ballot in ballots {
            let outcome = self.chain.view(ballot.clone()).expect("a valid call");
            assert!(outcome.is_success(), "refused: {} {:?}", outcome.output, outcome.panic);
        }
    }

    /// Executes signed ballots in blocks of a thousand.
    ///
    /// # Panics
    /// If one is refused.
    pub fn hold_signed(&mut self, ballots: Vec<SignedTx>) {
        let mut ballots = ballots.into_iter();
        while ballots.len() > 0 {
            for ballot in ballots.by_ref().take(BLOCK) {
                self.chain.submit_signed(ballot).expect("a valid ballot");
            }
            self.mine();
        }
    }

    /// Remembers how things stand.
    pub fn snapshot(&mut self) -> SnapshotId {
        self.chain.snapshot()
    }

    /// Goes back to how things stood.
    ///
    /// # Panics
    /// If that is not remembered any more.
    pub fn revert(&mut self, to: SnapshotId) {
        self.chain.revert(to).expect("a snapshot");
    }

    /// Asks for the winners as votes stand.
    ///
    /// # Panics
    /// If there are too few nominees.
    pub fn top_nominees(&mut self) -> (Vec<Address>, u64) {
        let call = IMemberElection::topNomineesCall { proposalId: self.proposal };
        let outcome = self.chain.view(Message::call(WHALE, MEMBER_GOVERNOR, call.abi_encode())).expect("a valid call");
        assert!(outcome.is_success(), "no winners: {} {:?}", outcome.output, outcome.panic);
        let winners = Vec::<Address>::abi_decode(&outcome.output).expect("a list of addresses");
        (winners, outcome.gas_used)
    }

    fn one_vote_each(&self, governor: Address, count: usize) -> Vec<Message> {
        let pairs = self.delegates.iter().zip(self.contenders.iter().cycle()).take(count);
        pairs.map(|(voter, candidate)| self.ballot(governor, *voter, *candidate, U256::ONE)).collect()
    }

    fn ballot(&self, governor: Address, voter: Address, candidate: Address, votes: U256) -> Message {
        let ballot = IGovernor::castVoteWithReasonAndParamsCall {
            proposalId: self.proposal,
            support: 1,
            reason: String::new(),
            params: (candidate, votes).abi_encode().into(),
        };
        Message::call(voter, governor, ballot.abi_encode()).with_gas_limit(BALLOT_GAS)
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
        let mut calls = Vec::with_capacity(2 * self.delegates.len());
        for &delegate in &self.delegates {
            let transfer = IVotesToken::transferCall { to: delegate, amount: U256::from(DELEGATED) };
            let delegation = IVotesToken::delegateCall { delegatee: delegate };
            calls.push(Message::call(WHALE, TOKEN, transfer.abi_encode()));
            calls.push(Message::call(delegate, TOKEN, delegation.abi_encode()));
        }
        self.hold(calls);
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
            let signer = key(number);
            let signature = signer.sign_hash_sync(&digest).expect("a signature").as_bytes();
            let add = INomineeElection::addContender_1Call { proposalId: self.proposal, signature: signature.into() };
            self.call(WHALE, NOMINEE_GOVERNOR, &add);
            self.contenders.push(signer.address());
        }
    }

    fn advance(&mut self, blocks: u64) {
        self.time.l1_block += blocks;
        self.time.timestamp += 12 * blocks;
    }

    fn call<C: SolCall>(&mut self, from: Address, to: Address, call: &C) -> TxResult {
        self.chain.impersonate(Message::call(from, to, call.abi_encode())).expect("a valid message");
        self.mine().remove(0)
    }

    fn mine(&mut self) -> Vec<TxResult> {
        let mined = self.chain.mine(self.time).expect("a block");
        assert!(mined.dropped.is_empty(), "{:?}", mined.dropped);
        for result in &mined.results {
            assert!(result.status == Status::Success, "refused: {} {:?}", result.output, result.panic);
        }
        mined.results
    }
}

fn key(number: u64) -> PrivateKeySigner {
    PrivateKeySigner::from_bytes(&B256::from(U256::from(number))).expect("a valid key")
}

/// The address of somebody: a kind and a number.
fn account(kind: u8, number: u64) -> Address {
    let mut bytes = [0; 20];
    bytes[0] = kind;
    bytes[12..].copy_from_slice(&number.to_be_bytes());
    Address::from(bytes)
}
