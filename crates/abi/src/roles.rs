//! The roles of access-controlled contracts: `keccak256` of the role's name, but for the default admin, which is zero.

use alloy_primitives::{B256, b256};

/// May grant and revoke every role that names no other administrator.
pub const DEFAULT_ADMIN: B256 = B256::ZERO;

/// May replace a whole cohort of the council: the member election governor. `keccak256("COHORT_REPLACER")`.
pub const COHORT_REPLACER: B256 = b256!("1b3e51262cf8f48cf0dc9fdd7d86c0378cf467608e72e72cd4da66efe423f195");

/// May add a member to a cohort that is not full. `keccak256("MEMBER_ADDER")`.
pub const MEMBER_ADDER: B256 = b256!("2f56750d3d98dff016e42fad39837f716b90445c26a7897ff841b45443b88baf");

/// May remove a member. `keccak256("MEMBER_REMOVER")`.
pub const MEMBER_REMOVER: B256 = b256!("1f53fe8d2028e3a743c2a9f8a37ec4e6497bdeb138c332a42c6b247ed57af6bc");

/// May exchange one key of a member for another. `keccak256("MEMBER_ROTATOR")`.
pub const MEMBER_ROTATOR: B256 = b256!("a44e94d0336494999bf078b89dcb976c3a263d47c50d54108482296643cc399d");

/// May replace a member by somebody else. `keccak256("MEMBER_REPLACER")`.
pub const MEMBER_REPLACER: B256 = b256!("bc0a6794965897e766f364ebb1616218e4b9b088c2e6fa66bc81beb32118e600");

/// Administers the roles of a timelock. `keccak256("TIMELOCK_ADMIN_ROLE")`.
pub const TIMELOCK_ADMIN: B256 = b256!("5f58e3a2316349923ce3780f8d587db2d72378aed66a8261c916544fa6846ca5");

/// May schedule operations of a timelock. `keccak256("PROPOSER_ROLE")`.
pub const PROPOSER: B256 = b256!("b09aa5aeb3702cfd50b6b62bc4532604938f21248a27a1d5ca736082b6819cc1");

/// May execute: ready operations of a timelock (the zero address stands for anyone), or upgrades through an executor. `keccak256("EXECUTOR_ROLE")`.
pub const EXECUTOR: B256 = b256!("d8aa0f3194971a2a116679f7c2090f6939c8d4e01a2a8d7e41d55e5351469e63");

/// May cancel pending operations of a timelock. `keccak256("CANCELLER_ROLE")`.
pub const CANCELLER: B256 = b256!("fd643c72710c63c0180259aba6b2d05451e3591a24e58b62239378085726f783");

/// Administers the roles of an upgrade executor. `keccak256("ADMIN_ROLE")`.
pub const ADMIN: B256 = b256!("a49807205ce4d355092ef5a8a18f56e8913cf4a201fbe287825b095693c21775");
