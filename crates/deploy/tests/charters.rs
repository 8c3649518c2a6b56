//! The charters of this project, stood up.

#![allow(clippy::needless_pass_by_value, reason = "a call is written where it is made")]

use std::path::Path;

use alloy_primitives::{Address, U256, keccak256};
use alloy_sol_types::{SolCall, SolEvent, SolValue};
use ephor_abi::{
    common::{IAccessControl::hasRoleCall, INamed::nameCall},
    council::ICouncilManager::{getBothCohortsCall, securityCouncilsLengthCall, updateNonceCall},
    election::{
        IElectionGovernor::getProposeArgsCall,
        IElectionRules::electionRulesCall,
        INomineeElection::{currentCohortCall, electionCountCall, electionToTimestampCall},
    },
    governor::{ICirculatingQuorum, IGovernor},
    roles,
    safe::ISafe::{getOwnersCall, getThresholdCall, isModuleEnabledCall},
    token::IVotesToken::symbolCall,
};
use ephor_chain::{LogFilter, Message as Call};
use ephor_charter::{Charter, Part};
use ephor_deploy::{Allocation, StandUp, stand_up};
use ephor_stand_ins::alias;

fn charter(name: &str) -> Charter {
    Charter::load(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../charters").join(name)).unwrap()
}

fn delegates() -> Vec<Allocation> {
    let one = U256::from(10).pow(U256::from(18));
    (1..=20)
        .map(|n| Allocation { account: Address::with_last_byte(n), votes: one * U256::from(1_000) * U256::from(n) })
        .collect()
}

struct Stand {
    charter: Charter,
    stood: StandUp,
}

impl Stand {
    fn up(name: &str) -> Self {
        let charter = charter(name);
        let start = charter.next_election_seconds() - 86_400;
        let stood = stand_up(&charter, &delegates(), start, None).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(stood.network.clock().now_seconds(), start);
        Self { charter, stood }
    }

    #[track_caller]
    fn view<C: SolCall>(&mut self, chain: u64, to: Address, call: C) -> C::Return {
        let chain = self.stood.network.chain_mut(chain).unwrap();
        let outcome = chain.view(Call::call(Address::ZERO, to, call.abi_encode())).unwrap();
        assert!(
            outcome.is_success(),
            "{} of {to}: {}",
            C::SIGNATURE,
            ephor_abi::catalog::decode_revert(&outcome.output)
        );
        C::abi_decode_returns(&outcome.output).unwrap()
    }

    #[track_caller]
    fn ask<C: SolCall>(&mut self, part: Part, call: C) -> C::Return {
        let chain = self.stood.deployment.governance_chain().unwrap().chain_id;
        let to = self.stood.deployment.governance(part).unwrap();
        self.view(chain, to, call)
    }
}

#[track_caller]
fn check_safes_and_manager(name: &str) -> Stand {
    let mut stand = Stand::up(name);
    let members = stand.charter.council.addresses().concat();
    assert_eq!(stand.ask(Part::CouncilManager, getBothCohortsCall {}), members);
    assert_eq!(stand.ask(Part::CouncilManager, updateNonceCall {}), U256::from(stand.charter.council.update_nonce));
    let councils = stand.charter.safes.len();
    assert_eq!(stand.ask(Part::CouncilManager, securityCouncilsLengthCall {}), U256::from(councils));
    for safe in stand.charter.safes.clone() {
        let chain = stand.stood.deployment.chain(&safe.chain).unwrap().chain_id;
        let at = stand.stood.deployment.safe(&safe.name).unwrap().address;
        assert_eq!(stand.view(chain, at, getOwnersCall {}), members, "{}", safe.name);
        assert_eq!(stand.view(chain, at, getThresholdCall {}), U256::from(safe.threshold), "{}", safe.name);
        let module = stand.stood.deployment.address(&safe.chain, Part::UpgradeExecutor).unwrap();
        assert!(stand.view(chain, at, isModuleEnabledCall { module }), "{}", safe.name);
    }
    stand
}

#[test]
fn stands_up_arbitrum_as_it_was_before_its_fifth_election() {
    let mut stand = check_safes_and_manager("arbitrum.toml");
    assert_eq!(stand.ask(Part::NomineeElection, electionCountCall {}), U256::from(4));
    assert_eq!(stand.ask(Part::NomineeElection, currentCohortCall {}), 1, "of the last election held, the second");
    let next = stand.ask(Part::NomineeElection, electionToTimestampCall { electionIndex: U256::from(4) });
    assert_eq!(next, U256::from(1_757_937_600), "2025-09-15T12:00Z");
    assert_eq!(stand.ask(Part::NomineeElection, IGovernor::votingDelayCall {}), U256::from(50_400));

    // The last election's member proposal counts as executed.
    let args = stand.ask(Part::MemberElection, getProposeArgsCall { electionIndex: U256::from(3) });
    let encoded = (args._0, args._1, args._2, keccak256(args._3.as_bytes())).abi_encode_params();
    let id = U256::from_be_bytes(keccak256(encoded).0);
    assert_eq!(stand.ask(Part::MemberElection, IGovernor::stateCall { proposalId: id }), 7, "executed");

    // 0.2 % of what may vote: 10 billion less what is delegated to the exclude address.
    let block = U256::from(stand.stood.network.clock().l1_block() - 1);
    let votable = stand.charter.token.votable_supply();
    let supply =
        stand.ask(Part::NomineeElection, ICirculatingQuorum::getPastCirculatingSupplyCall { blockNumber: block });
    assert_eq!(supply, votable);
}

#[test]
fn grants_the_powers_of_the_charter_and_no_others() {
    let mut stand = Stand::up("arbitrum.toml");
    let deployment = stand.stood.deployment.clone();
    let timelock = Part::CoreTimelock;
    let executor = deployment.governance(Part::UpgradeExecutor).unwrap();
    let manager = deployment.governance(Part::CouncilManager).unwrap();
    let own = deployment.governance(timelock).unwrap();
    let deployer = ephor_deploy::derived("deployer", "account");
    for (role, account, expected) in [
        (roles::TIMELOCK_ADMIN, executor, true),
        (roles::TIMELOCK_ADMIN, own, false),
        (roles::TIMELOCK_ADMIN, deployer, false),
        (roles::PROPOSER, manager, true),
        (roles::CANCELLER, manager, false),
        (roles::EXECUTOR, Address::ZERO, true),
    ] {
        assert_eq!(stand.ask(timelock, hasRoleCall { role, account }), expected, "{role} {account}");
    }
    let l1_timelock = deployment.l1_timelock().unwrap();
    let acting = hasRoleCall { role: roles::EXECUTOR, account: alias(l1_timelock) };
    assert!(stand.ask(Part::UpgradeExecutor, acting));
}

#[test]
fn stands_up_a_council_on_one_chain() {
    let mut stand = check_safes_and_manager("minimal.toml");
    assert_eq!(stand.ask(Part::Token, nameCall {}), "Minimal votes");
    assert_eq!(stand.ask(Part::Token, symbolCall {}), "MIN");
    assert_eq!(stand.ask(Part::NomineeElection, electionRulesCall {}).intervalMonths, U256::from(3));
}

#[test]
fn initialises_with_another_threshold_where_the_charter_says_so() {
    let mut charter = charter("minimal.toml");
    let half = ephor_charter::Fraction { numerator: 1, denominator: 2 };
    charter.election.initial_threshold = Some(half);
    let stood = stand_up(&charter, &[], charter.next_election_seconds(), None).unwrap();
    let mut stand = Stand { charter, stood };
    let now = U256::from(stand.charter.election.threshold.ten_thousandths());
    assert_eq!(stand.ask(Part::NomineeElection, ICirculatingQuorum::quorumNumerator_1Call {}), now);
    let nominee = stand.stood.deployment.governance(Part::NomineeElection).unwrap();
    let chain = stand.stood.network.chain(stand.charter.governance_chain().rehearsal_id).unwrap();
    let filter = LogFilter { addresses: vec![nominee], ..LogFilter::default() };
    let set: Vec<(U256, U256)> = chain
        .logs(&filter)
        .iter()
        .filter_map(|found| ICirculatingQuorum::QuorumNumeratorUpdated::decode_log_data(&found.log.data).ok())
        .map(|set| (set.oldQuorumNumerator, set.newQuorumNumerator))
        .collect();
    assert_eq!(set, [(U256::ZERO, U256::from(5_000)), (U256::from(5_000), now)]);
}

#[test]
fn bridges_and_fees_are_those_of_the_charter() {
    let mut charter = charter("arbitrum.toml");
    for (chain, number) in charter.chains.iter_mut().zip(1..) {
        chain.rehearsal_base_fee_wei = number;
        if let Some(bridge) = &mut chain.bridge {
            bridge.delivery_seconds = 100 * number;
        }
    }
    let stood = stand_up(&charter, &delegates(), charter.next_election_seconds(), None).unwrap();
    for (id, number) in [(7_000_001, 1), (7_042_161, 2), (7_042_170, 3)] {
        assert_eq!(stood.network.chain(id).unwrap().config().base_fee, number);
        let bridge = stood.network.spec(id).unwrap().bridge.as_ref();
        assert_eq!(bridge.map(|bridge| bridge.delivery_seconds), (number > 1).then_some(100 * number));
    }
}

#[test]
fn a_long_name_is_stored_as_solidity_stores_it() {
    let mut charter = charter("minimal.toml");
    charter.token.name = "A name of more than thirty-one bytes, which takes slots of its own: two".into();
    let stood = stand_up(&charter, &[], charter.next_election_seconds(), None).unwrap();
    let mut stand = Stand { charter, stood };
    assert_eq!(stand.ask(Part::Token, nameCall {}), stand.charter.token.name);
}

#[test]
fn stands_up_the_proposed_rules() {
    let mut stand = check_safes_and_manager("arbitrum-next.toml");
    let numerator = stand.ask(Part::NomineeElection, ICirculatingQuorum::quorumNumerator_1Call {});
    assert_eq!(numerator, U256::from(10));
    let rules = stand.ask(Part::NomineeElection, electionRulesCall {});
    assert_eq!(
        (rules.intervalMonths, rules.sittingMembersStand, rules.rotationCutoffBlocks),
        (U256::from(12), true, U256::from(21_600))
    );
    let next = stand.ask(Part::NomineeElection, electionToTimestampCall { electionIndex: U256::from(4) });
    assert_eq!(next, U256::from(1_757_937_600), "2025-09-15T12:00Z");
}

#[test]
fn refuses_more_votes_than_tokens() {
    let charter = charter("minimal.toml");
    let all = [Allocation { account: Address::with_last_byte(1), votes: charter.token.supply }];
    let start = charter.next_election_seconds();
    assert!(matches!(stand_up(&charter, &all, start, None), Err(ephor_deploy::StandUpError::Overallocated { .. })));
}

#[test]
fn a_council_older_than_the_slots_of_today_stands_up() {
    // At one block a second, or before October 2016, Ethereum's numbers cannot be counted back that far.
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../charters/minimal.toml");
    let text = std::fs::read_to_string(path).unwrap();
    for (from, to) in [("2026-01-15", "2015-01-01"), ("= 12_000", "= 1_000")] {
        let text = text.replace(from, to).replace("2026-01-15", "2022-01-15");
        let charter = Charter::parse("minimal.toml", &text).unwrap();
        let start = charter.next_election_seconds() - 86_400;
        let stood = stand_up(&charter, &delegates(), start, None).unwrap();
        assert_eq!(stood.network.clock().now_seconds(), start);
    }
}
