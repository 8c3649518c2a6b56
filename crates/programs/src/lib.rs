//! Every contract of the project as a native program of the embedded chain.
//!
//! A program's id is part of the state of every chain that hosts it: ids are never reused. A program's name is that of the deployed
//! contract whose interface, storage and behaviour it has.

use alloy_primitives::Address;
use ephor_abi::batch;
use ephor_chain::{Program, Programs};

/// `SecurityCouncilNomineeElectionGovernor`.
pub const NOMINEE_ELECTION: u32 = 1;
/// `SecurityCouncilMemberElectionGovernor`.
pub const MEMBER_ELECTION: u32 = 2;
/// `SecurityCouncilMemberRemovalGovernor`.
pub const MEMBER_REMOVAL: u32 = 3;
/// `SecurityCouncilManager`.
pub const COUNCIL_MANAGER: u32 = 4;
/// `UpgradeExecRouteBuilder`.
pub const ROUTE_BUILDER: u32 = 5;
/// `SecurityCouncilMemberSyncAction`.
pub const MEMBER_SYNC: u32 = 6;
/// `UpgradeExecutor`.
pub const UPGRADE_EXECUTOR: u32 = 7;
/// `KeyValueStore`.
pub const KV_STORE: u32 = 8;
/// `ArbitrumTimelock`.
pub const TIMELOCK: u32 = 9;
/// `L1ArbitrumTimelock`.
pub const L1_TIMELOCK: u32 = 10;
/// `L2ArbitrumToken`.
pub const VOTES_TOKEN: u32 = 11;
/// `L2ArbitrumGovernor`.
pub const GOVERNOR: u32 = 12;
/// `Proxy`.
pub const PROXY: u32 = 13;
/// `GnosisSafe`.
pub const SAFE: u32 = 14;
/// `GnosisSafeL2`.
pub const SAFE_L2: u32 = 15;
/// `GnosisSafeProxy`.
pub const SAFE_PROXY: u32 = 16;
/// `LocalRoute`.
pub const LOCAL_ROUTE: u32 = 17;
/// `Multicall3`.
pub const MULTICALL3: u32 = 18;
/// `Multicall3Delegatecall`.
pub const MULTICALL3_DELEGATECALL: u32 = 19;
/// `MultiSend`.
pub const MULTI_SEND: u32 = 20;
/// `MultiSendCallOnly`.
pub const MULTI_SEND_CALL_ONLY: u32 = 21;
/// `Safe` 1.4.1.
pub const SAFE_1_4_1: u32 = 22;
/// `SafeL2` 1.4.1.
pub const SAFE_L2_1_4_1: u32 = 23;

/// Account code of the action that keeps a Safe's owners in line, and the data that deploys it; see the crate.
pub use ephor_member_sync::{action_code, action_init_code};

/// The programs, by their ids.
#[must_use]
pub fn all() -> Programs {
    let programs = [
        Program { id: LOCAL_ROUTE, name: "LocalRoute", entry: ephor_local_route::entry },
        Program {
            id: NOMINEE_ELECTION,
            name: "SecurityCouncilNomineeElectionGovernor",
            entry: ephor_nominee_election::entry,
        },
        Program {
            id: MEMBER_ELECTION,
            name: "SecurityCouncilMemberElectionGovernor",
            entry: ephor_member_election::entry,
        },
        Program {
            id: MEMBER_REMOVAL,
            name: "SecurityCouncilMemberRemovalGovernor",
            entry: ephor_member_removal::entry,
        },
        Program { id: COUNCIL_MANAGER, name: "SecurityCouncilManager", entry: ephor_council_manager::entry },
        Program { id: ROUTE_BUILDER, name: "UpgradeExecRouteBuilder", entry: ephor_route_builder::entry },
        Program { id: MEMBER_SYNC, name: "SecurityCouncilMemberSyncAction", entry: ephor_member_sync::entry },
        Program { id: UPGRADE_EXECUTOR, name: "UpgradeExecutor", entry: ephor_upgrade_executor::entry },
        Program { id: KV_STORE, name: "KeyValueStore", entry: ephor_kv_store::entry },
        Program { id: TIMELOCK, name: "ArbitrumTimelock", entry: ephor_timelock::entry },
        Program { id: L1_TIMELOCK, name: "L1ArbitrumTimelock", entry: ephor_l1_timelock::entry },
        Program { id: VOTES_TOKEN, name: "L2ArbitrumToken", entry: ephor_votes_token::entry },
        Program { id: GOVERNOR, name: "L2ArbitrumGovernor", entry: ephor_governor::entry },
        Program { id: PROXY, name: "Proxy", entry: ephor_proxy::entry },
        Program { id: SAFE, name: "GnosisSafe", entry: ephor_safe::entry },
        Program { id: SAFE_L2, name: "GnosisSafeL2", entry: ephor_safe_l2::entry },
        Program { id: SAFE_PROXY, name: "GnosisSafeProxy", entry: ephor_safe_proxy::entry },
        Program { id: MULTICALL3, name: "Multicall3", entry: ephor_multicall3::entry },
        Program {
            id: MULTICALL3_DELEGATECALL,
            name: "Multicall3Delegatecall",
            entry: ephor_multicall3_delegatecall::entry,
        },
        Program { id: MULTI_SEND, name: "MultiSend", entry: ephor_multi_send::entry },
        Program { id: MULTI_SEND_CALL_ONLY, name: "MultiSendCallOnly", entry: ephor_multi_send_call_only::entry },
        Program { id: SAFE_1_4_1, name: "Safe", entry: ephor_safe_v1_4_1::entry },
        Program { id: SAFE_L2_1_4_1, name: "SafeL2", entry: ephor_safe_l2_v1_4_1::entry },
    ];
    Programs::new(programs).unwrap_or_else(|clash| unreachable!("ids are distinct by construction: {clash}"))
}

/// The id of the program with that name.
#[must_use]
pub fn id_of(name: &str) -> Option<u32> {
    all().iter().find(|program| program.name == name).map(|program| program.id)
}

/// The libraries that transactions of Safes use, and the code behind Safes, each at its address on live chains.
pub const LIBRARIES: &[(Address, u32)] = &[
    (batch::MULTICALL3, MULTICALL3),
    (batch::MULTICALL3_DELEGATECALL, MULTICALL3_DELEGATECALL),
    (batch::MULTI_SEND_1_3_0, MULTI_SEND),
    (batch::MULTI_SEND_1_3_0_EIP155, MULTI_SEND),
    (batch::MULTI_SEND_1_4_1, MULTI_SEND),
    (batch::MULTI_SEND_CALL_ONLY_1_3_0, MULTI_SEND_CALL_ONLY),
    (batch::MULTI_SEND_CALL_ONLY_1_3_0_EIP155, MULTI_SEND_CALL_ONLY),
    (batch::MULTI_SEND_CALL_ONLY_1_4_1, MULTI_SEND_CALL_ONLY),
    (batch::SAFE_SINGLETON_1_3_0, SAFE),
    (batch::SAFE_SINGLETON_1_4_1, SAFE_1_4_1),
    (batch::SAFE_L2_SINGLETON_1_3_0, SAFE_L2),
    (batch::SAFE_L2_SINGLETON_1_4_1, SAFE_L2_1_4_1),
];

/// Where the SDK marks that a constructor has run.
pub const CONSTRUCTOR_SLOT: alloy_primitives::U256 = stylus_sdk::abi::internal::CONSTRUCTOR_EXECUTED_SLOT;

/// Slots beyond the layout of the deployed contracts: what those keep as immutables in their code.
#[must_use]
pub fn namespaced_slots() -> Vec<alloy_primitives::U256> {
    let slots: &[&[alloy_primitives::U256]] = &[ephor_route_builder::NAMESPACED_SLOTS];
    slots.concat()
}
