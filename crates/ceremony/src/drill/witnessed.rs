//! Where a drill is held on a served network, and what the chain shows of it.

use alloy_primitives::{Address, B256};
use serde::{Deserialize, Serialize};

/// Where the exercises of a drill stand on a served network.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Place {
    /// The Safe of everybody.
    pub council: Address,
    /// The two Safes of the joint upgrade, each of half of the people.
    pub halves: [Address; 2],
    /// The Safe that these two own.
    pub upgrade: Address,
    /// The proxy that is upgraded.
    pub proxy: Address,
    /// The block from which on the chain is looked at.
    pub from_block: u64,
}

/// What a chain shows of a drill.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Witnessed {
    /// Counted from one.
    pub exercise: usize,
    /// The block's time, in seconds since 1970.
    pub at_seconds: u64,
    /// The block.
    pub block: u64,
    /// The transaction.
    pub transaction: B256,
    /// Who sent it.
    pub sender: Address,
    /// The Safe whose transaction it is about.
    pub safe: Address,
    /// What happened.
    pub deed: Deed,
}

/// What happened to a Safe.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "kind", deny_unknown_fields)]
pub enum Deed {
    /// It executed a transaction.
    Executed {
        /// Its hash.
        safe_tx_hash: B256,
        /// Whose signatures and approvals were given with it.
        agreed: Vec<Address>,
    },
    /// What it called failed, and the nonce is used up.
    Failed {
        /// The transaction's hash.
        safe_tx_hash: B256,
    },
    /// An owner approved a transaction on the chain.
    Approved {
        /// The transaction's hash.
        safe_tx_hash: B256,
        /// Who approved.
        owner: Address,
    },
    /// It refused a transaction that was sent to it.
    Refused {
        /// Why.
        reason: String,
    },
}
