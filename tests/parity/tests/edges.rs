//! What the reference does where the traces do not look: at exact bounds, in the order of its calls, and towards precompiled contracts.
//!
//! Each test says what the reference's source says, compiled by Solidity 0.8.16: the operands of a difference are evaluated from right to
//! left, and an address is asked for code only before a call from which nothing is expected back.

use std::sync::Arc;

use alloy_primitives::{Address, B256, Bytes, U256, address, keccak256};
use alloy_sol_types::{SolCall, SolError, SolValue};
use ephor_abi::{
    council::ICouncilManager::removeMemberCall,
    election::{
        IElectionGovernor::UnexpectedParamsLength,
        IMemberRemoval,
        INomineeElection::{self, Date, InitParams, InsufficientTokens, StartDateTooEarly},
    },
    governor::{ICirculatingQuorum::getPastCirculatingSupplyCall, IGovernor, ILateQuorum},
    token::IVotesToken::{getPastTotalSupplyCall, getPastVotesCall},
};
use ephor_chain::{BlockEnv, Code, Executor, Message, Outcome, SpecId};
use ephor_programs as programs;

const GOVERNOR: Address = Address::repeat_byte(0x90);
const TOKEN: Address = Address::repeat_byte(0x70);
const MANAGER: Address = Address::repeat_byte(0xc0);
const OWNER: Address = Address::repeat_byte(0x0e);
const EXCLUDE: Address = address!("00000000000000000000000000000000000A4B86");
const SHA256: Address = Address::with_last_byte(2);

/// 15 September 2023, 12:00 UTC.
const START: u64 = 1_694_779_200;

/// Returns `word` to every call.
fn always(word: u8) -> Code {
    // push1 word, push0, mstore, push1 32, push0, return
    Code::Evm(Bytes::from(vec![0x60, word, 0x5f, 0x52, 0x60, 0x20, 0x5f, 0xf3]))
}

/// Reverts with its calldata.
fn reverting() -> Code {
    // calldatasize, push0, push0, calldatacopy, calldatasize, push0, revert
    Code::Evm(Bytes::from_static(&[0x36, 0x5f, 0x5f, 0x37, 0x36, 0x5f, 0xfd]))
}

/// Reverts when asked for the supply; returns `word` to every other call.
fn without_supply(word: u8) -> Code {
    // push0, calldataload, push1 224, shr, push4 selector, eq, push1 21, jumpi, …, jumpdest, push0, push0, revert
    let mut code = vec![0x5f, 0x35, 0x60, 0xe0, 0x1c, 0x63];
    code.extend(getPastTotalSupplyCall::SELECTOR);
    code.extend([0x14, 0x60, 22, 0x57, 0x60, word, 0x5f, 0x52, 0x60, 0x20, 0x5f, 0xf3]);
    code.extend([0x5b, 0x5f, 0x5f, 0xfd]);
    Code::Evm(code.into())
}

/// One chain with a governor, its token and its manager.
struct Chain {
    executor: Executor,
    block: BlockEnv,
}

impl Chain {
    fn with(governor: u32, token: &Code) -> Self {
        let mut executor = Executor::new(Arc::new(programs::all()), 42_161, SpecId::PRAGUE);
        executor.install(GOVERNOR, &Code::Program(governor), []);
        executor.install(TOKEN, token, []);
        executor.install(MANAGER, &always(1), []);
        Self { executor, block: BlockEnv { number: 100, timestamp: START - 1, ..BlockEnv::default() } }
    }

    fn call<C: SolCall>(&mut self, from: Address, call: &C) -> Outcome {
        let message = Message::call(from, GOVERNOR, call.abi_encode());
        self.executor.call(&self.block, message).expect("the message can be executed")
    }

    #[track_caller]
    fn succeeds<C: SolCall>(&mut self, from: Address, call: &C) -> C::Return {
        let outcome = self.call(from, call);
        assert!(outcome.is_success(), "{}: {outcome:?}", C::SIGNATURE);
        C::abi_decode_returns(&outcome.output).expect("the answer decodes")
    }

    #[track_caller]
    fn refuses<C: SolCall>(&mut self, from: Address, call: &C, with: &[u8]) {
        let outcome = self.call(from, call);
        assert_eq!((outcome.is_success(), &outcome.output[..]), (false, with), "{}", C::SIGNATURE);
    }
}

fn nominee_election(token: Address) -> INomineeElection::initializeCall {
    let params = InitParams {
        firstNominationStartDate: Date {
            year: U256::from(2023),
            month: U256::from(9),
            day: U256::from(15),
            hour: U256::from(12),
        },
        nomineeVettingDuration: U256::from(10),
        nomineeVetter: OWNER,
        securityCouncilManager: MANAGER,
        securityCouncilMemberElectionGovernor: MANAGER,
        token,
        owner: OWNER,
        quorumNumeratorValue: U256::from(20),
        votingPeriod: U256::from(10),
    };
    INomineeElection::initializeCall { params }
}

#[test]
fn the_first_election_starts_after_the_contract_is_set_up() {
    let mut chain = Chain::with(programs::NOMINEE_ELECTION, &always(7));
    for now in [START, START + 1] {
        chain.block.timestamp = now;
        let early = StartDateTooEarly { startTime: U256::from(START), currentTime: U256::from(now) };
        chain.refuses(OWNER, &nominee_election(TOKEN), &early.abi_encode());
    }
    chain.block.timestamp = START - 1;
    chain.succeeds(OWNER, &nominee_election(TOKEN));
}

/// How a removal stands for which and against which one account of seven votes voted each, where `numerator` ten-thousandths are needed.
fn removal(numerator: u64) -> u8 {
    let mut chain = Chain::with(programs::MEMBER_REMOVAL, &always(7));
    let initialize = IMemberRemoval::initializeCall {
        _voteSuccessNumerator: U256::from(numerator),
        _securityCouncilManager: MANAGER,
        _token: TOKEN,
        _owner: OWNER,
        _votingDelay: U256::ZERO,
        _votingPeriod: U256::from(10),
        _quorumNumerator: U256::from(300),
        _proposalThreshold: U256::ZERO,
        _minPeriodAfterQuorum: 0,
        _proposalExpirationBlocks: U256::from(1_000),
    };
    chain.succeeds(OWNER, &initialize);
    let member = Address::repeat_byte(1);
    let remove = removeMemberCall { _member: member }.abi_encode().into();
    let propose =
        IGovernor::proposeCall { _0: vec![MANAGER], _1: vec![U256::ZERO], _2: vec![remove], _3: String::new() };
    let proposal = chain.succeeds(OWNER, &propose);
    chain.block.number += 1;
    for support in [0, 1] {
        let voter = Address::repeat_byte(0x40 + support);
        chain.succeeds(voter, &IGovernor::castVoteCall { _0: proposal, _1: support });
    }
    let votes = chain.succeeds(OWNER, &ILateQuorum::proposalVotesCall { proposalId: proposal });
    assert_eq!((votes.forVotes, votes.againstVotes), (U256::from(7), U256::from(7)));
    chain.block.number += 10;
    chain.succeeds(OWNER, &IGovernor::stateCall { proposalId: proposal })
}

#[test]
fn exactly_the_share_of_the_votes_is_enough_for_a_removal() {
    const DEFEATED: u8 = 3;
    const SUCCEEDED: u8 = 4;
    assert_eq!([4_999, 5_000, 5_001].map(removal), [SUCCEEDED, SUCCEEDED, DEFEATED]);
}

#[test]
fn what_is_held_out_is_asked_before_the_supply() {
    let mut chain = Chain::with(programs::NOMINEE_ELECTION, &reverting());
    chain.succeeds(OWNER, &nominee_election(TOKEN));
    let block = U256::from(50);
    let asked = getPastVotesCall { account: EXCLUDE, blockNumber: block }.abi_encode();
    chain.refuses(OWNER, &getPastCirculatingSupplyCall { blockNumber: block }, &asked);
    chain.refuses(OWNER, &IGovernor::quorumCall { blockNumber: block }, &asked);
}

#[test]
fn a_precompiled_contract_answers_though_it_has_no_code() {
    let mut chain = Chain::with(programs::NOMINEE_ELECTION, &always(7));
    chain.succeeds(OWNER, &nominee_election(SHA256));
    let call = getPastVotesCall { account: OWNER, blockNumber: U256::from(50) };
    let digest = chain.executor.view(&chain.block, Message::call(OWNER, SHA256, call.abi_encode())).expect("it runs");
    let votes = chain.succeeds(OWNER, &IGovernor::getVotesCall { account: OWNER, blockNumber: U256::from(50) });
    assert_eq!(votes.abi_encode(), digest.output.to_vec());
    assert_ne!(votes, U256::ZERO);
}

#[test]
fn an_address_that_answers_nothing_is_refused_without_data() {
    let mut chain = Chain::with(programs::NOMINEE_ELECTION, &always(7));
    chain.succeeds(OWNER, &nominee_election(Address::repeat_byte(0xee)));
    chain.refuses(OWNER, &IGovernor::getVotesCall { account: OWNER, blockNumber: U256::from(50) }, &[]);
}

/// The slot of `key` in a mapping at `slot`.
fn entry(key: impl Into<B256>, slot: impl Into<U256>) -> U256 {
    let slot: U256 = slot.into();
    keccak256((key.into(), slot).abi_encode()).into()
}

#[test]
fn an_endorsement_of_too_many_votes_is_refused_before_the_quorum_is_asked_for() {
    let mut chain = Chain::with(programs::NOMINEE_ELECTION, &without_supply(7));
    let proposal = U256::from(1);
    let contender = Address::repeat_byte(0x33);
    // A proposal from block 90 to block 110, and a contender: `_proposals` is slot 204, `_elections` 658.
    let place = entry(proposal, U256::from(204));
    let storage = [
        (U256::from(253), U256::from_be_slice(TOKEN.as_slice())),
        (place, U256::from(90)),
        (place + U256::ONE, U256::from(110)),
        (entry(contender.into_word(), entry(proposal, U256::from(658))), U256::ONE),
    ];
    chain.executor.install(GOVERNOR, &Code::Program(programs::NOMINEE_ELECTION), storage);
    let vote = |votes: u64| IGovernor::castVoteWithReasonAndParamsCall {
        proposalId: proposal,
        support: 1,
        reason: String::new(),
        params: (contender, U256::from(votes)).abi_encode().into(),
    };
    let insufficient = InsufficientTokens { votes: U256::from(8), prevVotesUsed: U256::ZERO, weight: U256::from(7) };
    chain.refuses(OWNER, &vote(8), &insufficient.abi_encode());
    chain.refuses(OWNER, &vote(7), &[]);
    let mut short = vote(8);
    short.params = Bytes::from_static(&[1]);
    chain.refuses(OWNER, &short, &UnexpectedParamsLength { paramLength: U256::ONE }.abi_encode());
}
