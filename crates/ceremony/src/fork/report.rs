//! What is told of a fork beside what the ceremony changed on it.

use std::fmt;

use alloy_primitives::{Address, B256, U256};
use serde::Serialize;

use super::block::Commitment;
use crate::release::Release;

/// Which state a ceremony was carried through on, and how much of it is proven.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ForkReport {
    /// The block.
    pub block: u64,
    /// Its hash.
    pub hash: B256,
    /// What the hash commits to, as computed.
    pub hash_commits_to: Commitment,
    /// Its time, in seconds.
    pub timestamp: u64,
    /// What its contracts see as the block's number.
    pub seen_as: u64,
    /// Why nothing is proven, as the endpoint says; none if everything that was read is proven against the block's state root.
    pub unproven: Option<String>,
    /// How many accounts were read.
    pub accounts: usize,
    /// How many slots were read.
    pub slots: usize,
    /// Earlier blocks whose hashes were read and are believed.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub believed_hashes: Vec<u64>,
    /// What is to be known beside.
    pub notes: Vec<Note>,
}

/// Something to be known of a Safe or an account on the fork.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case", tag = "note")]
pub enum Note {
    /// The Safe's nonce is not there yet.
    Ahead {
        /// The Safe.
        safe: Address,
        /// The chain's.
        found: U256,
        /// The ceremony's.
        stated: U256,
    },
    /// The Safe's nonce is used up.
    UsedUp {
        /// The Safe.
        safe: Address,
        /// The chain's.
        found: U256,
        /// The ceremony's.
        stated: U256,
    },
    /// A child whose approval is on the chain already.
    Approved {
        /// The child.
        safe: Address,
    },
    /// Owners or threshold are not the ceremony's.
    Owners {
        /// The Safe.
        safe: Address,
        /// The chain's.
        owners: Vec<Address>,
        /// The chain's.
        threshold: U256,
    },
    /// The release is not the ceremony's.
    Release {
        /// The Safe.
        safe: Address,
        /// As the Safe says.
        found: String,
        /// The ceremony's.
        stated: Release,
    },
    /// Runs on that chain beside the EVM, and so not here.
    NotRun {
        /// What was reached.
        address: Address,
    },
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ahead { safe, found, stated } => write!(
                f,
                "nonce of {safe}: the chain is at {found}, the ceremony is for {stated}; what goes first, and what it changes, is not simulated"
            ),
            Self::UsedUp { safe, found, stated } => {
                write!(f, "nonce of {safe}: the ceremony is for {stated}, which is used up; the chain is at {found}")
            }
            Self::Approved { safe } => write!(f, "{safe} has approved on the chain already; its part is not simulated"),
            Self::Owners { safe, owners, threshold } => {
                let owners: Vec<String> = owners.iter().map(Address::to_string).collect();
                write!(f, "{safe} needs {threshold} of other owners than the ceremony says: {}", owners.join(", "))
            }
            Self::Release { safe, found, stated } => {
                write!(f, "{safe} says that it is of version {found}, the ceremony says {stated}")
            }
            Self::NotRun { address } => {
                write!(f, "{address} is run by the chain itself, beside the EVM: what calls of it do is not known here")
            }
        }
    }
}
