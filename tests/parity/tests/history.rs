//! Replays the history of a real council.
//!
//! From the members that the council manager had after each recorded update, our contracts must rebuild what was sent: the
//! salt, the operations on both timelocks, and, where it is on record, every byte of the calldata. From the owners that a
//! real Safe listed before an update, they must get to the owners it listed afterwards. Source of the records: the files'
//! own `source` entries; addresses are those of the live deployment.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use alloy_primitives::{Address, B256, Bytes, U256, address};
use alloy_sol_types::{SolCall, SolEvent};
use ephor_abi::{
    bridge::IArbSys,
    catalog,
    council::{
        ICouncilManager::{self, SecurityCouncilData, SecurityCouncilManagerRoles},
        IMemberSync, IUpgradeExecutor,
    },
    message::Item,
    safe::ISafe,
    timelock::ITimelock,
};
use ephor_chain::{BlockEnv, Code, Executor, Message, Outcome, SpecId};
use ephor_programs as programs;
use serde::Deserialize;

const ARBITRUM_ONE: u64 = 42161;

const MANAGER: Address = address!("D509E5f5aEe2A205F554f36E8a7d56094494eDFC");
const ROUTER: Address = address!("474b3dE6d993BAd662E68Ef2aea050BB67847a77");
const L2_TIMELOCK: Address = address!("34d45e99f7D8c45ed05B5cA72D54bbD1fb3F98f0");
const L1_TIMELOCK: Address = address!("E6841D92B0C345144506576eC13ECf5103aC7f49");
const SYNC: Address = address!("9BF7b8884Fa381a45f8CB2525905fb36C996297a");
const STORE: Address = address!("d343Fd9ba453D3AD0f868c24734808FB73f5F52B");
const L2_EXECUTOR: Address = address!("CF57572261c7c2BCF21ffD220ea7d1a27D40A827");

/// Chain, inbox, upgrade executor.
const EXECUTORS: [(u64, Address, Address); 3] = [
    (1, Address::ZERO, address!("3ffFbAdAF827559da092217e474760E2b2c3CeDd")),
    (ARBITRUM_ONE, address!("4Dbd4fc535Ac27206064B68FfCf827b0A60BAB3f"), L2_EXECUTOR),
    (42170, address!("c4448b71118c9071Bcb9734A0EAc55D18A153949"), address!("86a02dD71363c440b21F4c0E5B2Ad01Ffe1A7482")),
];

/// Chain and Safe, in the manager's order.
const SAFES: [(u64, Address); 4] = [
    (1, address!("F06E95eF589D9c38af242a8AAee8375f14023F85")),
    (ARBITRUM_ONE, address!("423552c0F05baCCac5Bfa91C6dCF1dc53a0A1641")),
    (42170, address!("c232ee726E3C51B86778BB4dBe61C52cC07A60F3")),
    (ARBITRUM_ONE, address!("ADd68bCb0f66878aB9D37a447C7b9067C5dfa941")),
];

const L1_DELAY_SECONDS: u64 = 259_200;
const L2_DELAY_SECONDS: u64 = 691_200;

/// Holds every role.
const GOVERNANCE: Address = Address::repeat_byte(0x60);

/// Where the manager keeps the nonce of the last update.
const NONCE_SLOT: u64 = 156;

#[derive(Deserialize)]
struct Record {
    manager_history: Vec<Entry>,
    safe_owner_order_vectors: Vec<OwnerChange>,
}

#[derive(Deserialize)]
struct Entry {
    nonce: u64,
    first_cohort: Vec<Address>,
    second_cohort: Vec<Address>,
    computed: Option<Identity>,
    observed: Option<Observed>,
    l2_timelock_call_data: Option<Bytes>,
    l1_timelock_call_data: Option<Bytes>,
}

#[derive(Deserialize, Debug, PartialEq, Eq)]
struct Identity {
    salt: B256,
    l1_operation_id: B256,
    l2_operation_id: B256,
}

/// What was read on chain.
#[derive(Deserialize)]
struct Observed {
    #[serde(flatten)]
    identity: Identity,
    l2_to_l1: Option<SentToL1>,
}

/// The message to L1, as the bridge knows it.
#[derive(Deserialize)]
struct SentToL1 {
    hash: B256,
    l2_block: u64,
    l1_block: u64,
    timestamp: u64,
}

#[derive(Deserialize)]
struct OwnerChange {
    safe: Address,
    nonce: u64,
    before: Vec<Address>,
    members: Vec<Address>,
    after_observed: Vec<Address>,
}

/// The record: `EPHOR_COUNCIL_HISTORY`, or the project's own.
fn record() -> Record {
    let own = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../data/arbitrum/security-council.json");
    let path = std::env::var_os("EPHOR_COUNCIL_HISTORY").map_or_else(own, PathBuf::from);
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// One chain, called as anybody.
struct Chain(Executor);

impl Chain {
    fn new() -> Self {
        Self(Executor::new(Arc::new(programs::all()), ARBITRUM_ONE, SpecId::PRAGUE))
    }

    fn install(&mut self, address: Address, program: u32) {
        self.0.install(address, &Code::Program(program), []);
    }

    #[track_caller]
    fn call<C: SolCall>(&mut self, from: Address, to: Address, call: &C) -> Outcome {
        self.raw(from, to, &call.abi_encode())
    }

    #[track_caller]
    fn raw(&mut self, from: Address, to: Address, data: &[u8]) -> Outcome {
        let outcome = self.0.call(&block(), Message::call(from, to, data.to_vec())).expect("it can be executed");
        assert!(outcome.is_success(), "{:?}: {outcome:?}", catalog::decode_call(data));
        outcome
    }

    #[track_caller]
    fn ask<C: SolCall>(&mut self, to: Address, call: &C) -> C::Return {
        let message = Message::call(Address::ZERO, to, call.abi_encode());
        let outcome = self.0.view(&block(), message).expect("the message can be executed");
        assert!(outcome.is_success(), "{}: {outcome:?}", C::SIGNATURE);
        C::abi_decode_returns(&outcome.output).expect("the answer decodes")
    }

    /// Manager, router and timelock, with the cohorts and the nonce after a recorded update.
    #[track_caller]
    fn with_manager(entry: &Entry) -> Self {
        let mut chain = Self::new();
        chain.install(L2_TIMELOCK, programs::TIMELOCK);
        let timelock = ITimelock::initializeCall {
            minDelay: U256::from(L2_DELAY_SECONDS),
            proposers: vec![MANAGER],
            executors: vec![Address::ZERO],
        };
        chain.call(GOVERNANCE, L2_TIMELOCK, &timelock);
        chain.install(ROUTER, programs::ROUTE_BUILDER);
        let outcome =
            chain.0.construct(&block(), GOVERNANCE, ROUTER, &router_args()).expect("the message can be executed");
        assert!(outcome.is_success(), "{outcome:?}");
        chain.install(MANAGER, programs::COUNCIL_MANAGER);
        let councils = SAFES.map(|(chain_id, safe)| SecurityCouncilData {
            securityCouncil: safe,
            updateAction: SYNC,
            chainId: U256::from(chain_id),
        });
        let manager = ICouncilManager::initializeCall {
            _firstCohort: entry.first_cohort.clone(),
            _secondCohort: entry.second_cohort.clone(),
            _securityCouncils: councils.into(),
            _roles: SecurityCouncilManagerRoles {
                admin: GOVERNANCE,
                cohortUpdator: GOVERNANCE,
                memberAdder: GOVERNANCE,
                memberRemovers: vec![GOVERNANCE],
                memberRotator: GOVERNANCE,
                memberReplacer: GOVERNANCE,
            },
            _l2CoreGovTimelock: L2_TIMELOCK,
            _router: ROUTER,
        };
        chain.call(GOVERNANCE, MANAGER, &manager);
        let nonce = [(U256::from(NONCE_SLOT), U256::from(entry.nonce))];
        chain.0.install(MANAGER, &Code::Program(programs::COUNCIL_MANAGER), nonce);
        chain
    }
}

fn block() -> BlockEnv {
    BlockEnv { number: 1, timestamp: 1_700_000_000, ..BlockEnv::default() }
}

/// The router's constructor takes what one function could take: chains, the L1 timelock, its delay.
fn router_args() -> Bytes {
    alloy_sol_types::sol! {
        struct Location { address inbox; address upgradeExecutor; }
        struct ChainLocation { uint256 chainId; Location location; }
        function construct(ChainLocation[] chains, address l1Timelock, uint256 delaySeconds);
    }
    let chains = EXECUTORS.map(|(chain_id, inbox, executor)| ChainLocation {
        chainId: U256::from(chain_id),
        location: Location { inbox, upgradeExecutor: executor },
    });
    let args =
        constructCall { chains: chains.into(), l1Timelock: L1_TIMELOCK, delaySeconds: U256::from(L1_DELAY_SECONDS) };
    args.abi_encode()[4..].to_vec().into()
}

#[test]
fn rebuilds_every_recorded_update() {
    let (mut rebuilt, mut sent_items) = (0, 0);
    for entry in record().manager_history {
        let Some(recorded) = &entry.computed else { continue };
        let mut chain = Chain::with_manager(&entry);
        let nonce = U256::from(entry.nonce);
        let update = chain.ask(MANAGER, &ICouncilManager::getScheduleUpdateInnerDataCall { nonce });
        let (members, target, data) = (update._0, update._1, update._2);
        assert_eq!(members, [entry.first_cohort.clone(), entry.second_cohort.clone()].concat());
        let salt = chain.ask(MANAGER, &ICouncilManager::generateSaltCall { _members: members, nonce });
        let message = IArbSys::sendTxToL1Call::abi_decode(&data).expect("a message to L1");
        assert_eq!(message.destination, L1_TIMELOCK);
        let batch = ITimelock::scheduleBatchCall::abi_decode(&message.data).expect("a batch");
        assert_eq!((batch.salt, batch.delay), (salt, U256::from(L1_DELAY_SECONDS)));
        let l2_operation = ITimelock::hashOperationCall {
            target,
            value: U256::ZERO,
            data: data.clone(),
            predecessor: B256::ZERO,
            salt,
        };
        let l1_operation = ITimelock::hashOperationBatchCall {
            targets: batch.targets,
            values: batch.values,
            payloads: batch.payloads,
            predecessor: batch.predecessor,
            salt,
        };
        let ours = Identity {
            salt,
            // Both timelocks hash alike.
            l1_operation_id: chain.ask(L2_TIMELOCK, &l1_operation),
            l2_operation_id: chain.ask(L2_TIMELOCK, &l2_operation),
        };
        assert_eq!(&ours, recorded, "update {}", entry.nonce);
        if let Some(observed) = &entry.observed {
            assert_eq!(observed.identity, ours, "update {}", entry.nonce);
            if let Some(sent) = &observed.l2_to_l1 {
                let item = Item {
                    sender: L2_TIMELOCK,
                    to: L1_TIMELOCK,
                    l2_block: U256::from(sent.l2_block),
                    l1_block: U256::from(sent.l1_block),
                    timestamp: U256::from(sent.timestamp),
                    value: U256::ZERO,
                    data: &message.data,
                };
                assert_eq!(item.hash(), sent.hash, "update {}", entry.nonce);
                sent_items += 1;
            }
        }
        assert!(entry.l2_timelock_call_data.is_none_or(|calldata| calldata == data), "update {}", entry.nonce);
        assert!(entry.l1_timelock_call_data.is_none_or(|calldata| calldata == message.data), "update {}", entry.nonce);
        rebuilt += 1;
    }
    println!("{rebuilt} updates rebuilt, {sent_items} of them with the hash of their message to L1");
    if std::env::var_os("EPHOR_COUNCIL_HISTORY").is_none() {
        assert_eq!((rebuilt, sent_items), (7, 1), "the project's record has seven updates, one of them whole");
    }
}

/// The call that led from one update to the next: a rotation where one key took the place of another, else an election.
fn change(before: &Entry, after: &Entry) -> Vec<u8> {
    let cohorts = [(0, &before.first_cohort, &after.first_cohort), (1, &before.second_cohort, &after.second_cohort)];
    let mut changed = cohorts.into_iter().filter(|(_, before, after)| before != after);
    let (cohort, old, new) = changed.next().expect("an update changes a cohort");
    assert_eq!(changed.next(), None, "an update changes one cohort");
    let gone: Vec<&Address> = old.iter().filter(|member| !new.contains(member)).collect();
    let come: Vec<&Address> = new.iter().filter(|member| !old.contains(member)).collect();
    if let ([gone], [come]) = (&gone[..], &come[..]) {
        // The last member moves into the freed place, and the new key goes to the end.
        let mut rotated = old.clone();
        rotated.swap_remove(old.iter().position(|member| member == *gone).expect("a member"));
        rotated.push(**come);
        if rotated == *new {
            let rotate = ICouncilManager::rotateMemberCall { _currentAddress: **gone, _newAddress: **come };
            return rotate.abi_encode();
        }
    }
    ICouncilManager::replaceCohortCall { _newCohort: new.clone(), _cohort: cohort }.abi_encode()
}

#[test]
fn every_change_between_consecutive_updates_schedules_the_recorded_operation() {
    let history = record().manager_history;
    let mut checked = 0;
    for pair in history.windows(2).filter(|pair| pair[0].nonce + 1 == pair[1].nonce) {
        let (before, after) = (&pair[0], &pair[1]);
        let mut chain = Chain::with_manager(before);
        let outcome = chain.raw(GOVERNANCE, MANAGER, &change(before, after));
        let scheduled: Vec<B256> = outcome
            .logs
            .iter()
            .filter(|log| log.address == L2_TIMELOCK)
            .filter_map(|log| ITimelock::CallScheduled::decode_log_data(&log.data).ok())
            .map(|event| event.id)
            .collect();
        let recorded = after.computed.as_ref().expect("identified").l2_operation_id;
        assert_eq!(scheduled, [recorded], "update {}", after.nonce);
        assert_eq!(chain.ask(MANAGER, &ICouncilManager::getFirstCohortCall {}), after.first_cohort);
        assert_eq!(chain.ask(MANAGER, &ICouncilManager::getSecondCohortCall {}), after.second_cohort);
        assert_eq!(chain.ask(MANAGER, &ICouncilManager::updateNonceCall {}), U256::from(after.nonce));
        checked += 1;
    }
    println!("{checked} changes made");
    if std::env::var_os("EPHOR_COUNCIL_HISTORY").is_none() {
        assert_eq!(checked, 4, "three elections and a rotation are on record with what came before");
    }
}

#[test]
fn a_safe_ends_with_the_owners_it_had() {
    let changes = record().safe_owner_order_vectors;
    assert!(!changes.is_empty(), "the record has no owner lists");
    for change in changes {
        let mut chain = Chain::new();
        let program = Address::repeat_byte(0xA5);
        chain.install(program, programs::MEMBER_SYNC);
        chain.0.install(SYNC, &Code::Evm(programs::action_code(program, STORE).into()), []);
        chain.install(STORE, programs::KV_STORE);
        chain.install(L2_EXECUTOR, programs::UPGRADE_EXECUTOR);
        chain.call(
            GOVERNANCE,
            L2_EXECUTOR,
            &IUpgradeExecutor::initializeCall { admin: GOVERNANCE, executors: vec![GOVERNANCE] },
        );
        chain.install(change.safe, programs::SAFE);
        let setup = ISafe::setupCall {
            _owners: change.before.clone(),
            _threshold: U256::from(9),
            to: Address::ZERO,
            data: Bytes::new(),
            fallbackHandler: Address::ZERO,
            paymentToken: Address::ZERO,
            payment: U256::ZERO,
            paymentReceiver: Address::ZERO,
        };
        chain.call(GOVERNANCE, change.safe, &setup);
        chain.call(change.safe, change.safe, &ISafe::enableModuleCall { module: L2_EXECUTOR });
        let perform = IMemberSync::performCall {
            _securityCouncil: change.safe,
            _updatedMembers: change.members.clone(),
            _nonce: U256::from(change.nonce),
        };
        let execute = IUpgradeExecutor::executeCall { upgrade: SYNC, upgradeCallData: perform.abi_encode().into() };
        chain.call(GOVERNANCE, L2_EXECUTOR, &execute);
        assert_eq!(chain.ask(change.safe, &ISafe::getOwnersCall {}), change.after_observed, "update {}", change.nonce);
        assert_eq!(chain.ask(change.safe, &ISafe::getThresholdCall {}), U256::from(9));
        // The same update again changes nothing and says so.
        let again = chain.call(GOVERNANCE, L2_EXECUTOR, &execute);
        let late = again.logs.iter().filter_map(|log| IMemberSync::UpdateNonceTooLow::decode_log_data(&log.data).ok());
        assert_eq!(late.map(|event| event.providedNonce).collect::<Vec<_>>(), [U256::from(change.nonce)]);
        assert_eq!(chain.ask(change.safe, &ISafe::getOwnersCall {}), change.after_observed);
    }
}
