//! The manager foretells the recorded updates of a real council.
//!
//! From the members that the manager had after each recorded update it foretells, without a transaction and without what came
//! before, the salt and the operations on both timelocks. It is asked through the route builder of the launch, which another has
//! replaced since. That the changes themselves lead there, and the Safes to their real owners, is shown by the scenario
//! `scenarios/arbitrum-history.toml`. Source of the records: the file's own `source` entries; addresses are those of the live
//! deployment.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use alloy_primitives::{Address, B256, Bytes, U256, address};
use alloy_sol_types::SolCall;
use ephor_abi::{
    bridge::IArbSys,
    council::ICouncilManager::{self, SecurityCouncilData, SecurityCouncilManagerRoles},
    timelock::ITimelock,
};
use ephor_chain::{BlockEnv, Code, Executor, Message, SpecId};
use ephor_programs as programs;
use serde::Deserialize;

const ARBITRUM_ONE: u64 = 42161;

const MANAGER: Address = address!("D509E5f5aEe2A205F554f36E8a7d56094494eDFC");
const ROUTER: Address = address!("474b3dE6d993BAd662E68Ef2aea050BB67847a77");
const L2_TIMELOCK: Address = address!("34d45e99f7D8c45ed05B5cA72D54bbD1fb3F98f0");
const L1_TIMELOCK: Address = address!("E6841D92B0C345144506576eC13ECf5103aC7f49");
const SYNC: Address = address!("9BF7b8884Fa381a45f8CB2525905fb36C996297a");

/// Chain, inbox, upgrade executor.
const EXECUTORS: [(u64, Address, Address); 3] = [
    (1, Address::ZERO, address!("3ffFbAdAF827559da092217e474760E2b2c3CeDd")),
    (
        ARBITRUM_ONE,
        address!("4Dbd4fc535Ac27206064B68FfCf827b0A60BAB3f"),
        address!("CF57572261c7c2BCF21ffD220ea7d1a27D40A827"),
    ),
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

#[derive(Deserialize)]
struct Record {
    manager_history: Vec<Entry>,
}

#[derive(Deserialize)]
struct Entry {
    nonce: u64,
    first_cohort: Vec<Address>,
    second_cohort: Vec<Address>,
    computed: Option<Identity>,
}

#[derive(Deserialize, Debug, PartialEq, Eq)]
struct Identity {
    salt: B256,
    l1_operation_id: B256,
    l2_operation_id: B256,
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
    fn install(&mut self, address: Address, program: u32) {
        self.0.install(address, &Code::Program(program), []);
    }

    #[track_caller]
    fn call<C: SolCall>(&mut self, to: Address, call: &C) {
        let message = Message::call(GOVERNANCE, to, call.abi_encode());
        let outcome = self.0.call(&block(), message).expect("it can be executed");
        assert!(outcome.is_success(), "{}: {outcome:?}", C::SIGNATURE);
    }

    #[track_caller]
    fn ask<C: SolCall>(&mut self, to: Address, call: &C) -> C::Return {
        let message = Message::call(Address::ZERO, to, call.abi_encode());
        let outcome = self.0.view(&block(), message).expect("the message can be executed");
        assert!(outcome.is_success(), "{}: {outcome:?}", C::SIGNATURE);
        C::abi_decode_returns(&outcome.output).expect("the answer decodes")
    }

    /// Manager, router and timelock, with the cohorts after a recorded update.
    #[track_caller]
    fn with_manager(entry: &Entry) -> Self {
        let mut chain = Self(Executor::new(Arc::new(programs::all()), ARBITRUM_ONE, SpecId::PRAGUE));
        chain.install(L2_TIMELOCK, programs::TIMELOCK);
        let timelock = ITimelock::initializeCall {
            minDelay: U256::from(L2_DELAY_SECONDS),
            proposers: vec![MANAGER],
            executors: vec![Address::ZERO],
        };
        chain.call(L2_TIMELOCK, &timelock);
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
        chain.call(MANAGER, &manager);
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
fn the_manager_foretells_every_recorded_update() {
    let mut foretold = 0;
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
        let l2_operation =
            ITimelock::hashOperationCall { target, value: U256::ZERO, data, predecessor: B256::ZERO, salt };
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
        foretold += 1;
    }
    println!("{foretold} updates foretold");
    if std::env::var_os("EPHOR_COUNCIL_HISTORY").is_none() {
        assert_eq!(foretold, 7, "the project's record has seven updates");
    }
}
