//! Safes that own Safes: a tree, and the transaction that each of them signs.
//!
//! ```text
//! root    acts                                            hash(root)
//! child   root.approveHash(hash(root))      in a batch    hash(child)
//! grandchild   child.approveHash(hash(child)) in a batch  hash(grandchild)
//! ```
//! A child approves by one call of its parent, wrapped in a batch of Multicall3, delegate-called; all gas fields are zero. Source:
//! the published signing tasks. Bounds: [`MAX_DEPTH`] levels, [`MAX_SAFES`] Safes.

use std::collections::BTreeSet;

use alloy_primitives::{Address, B256, U256};
use alloy_sol_types::SolCall;
use ephor_abi::{
    batch::{self, IMulticall3},
    safe::ISafe::approveHashCall,
};
use serde::{Deserialize, Serialize};

use crate::{
    release::Release,
    transaction::{Account, Action, Hashes, Operation},
};

/// The most levels of a tree, the root's included.
pub const MAX_DEPTH: usize = 8;
/// The most Safes of a tree.
pub const MAX_SAFES: usize = 64;
/// The most owners of a Safe.
pub const MAX_OWNERS: usize = 256;

/// How a child wraps its approval.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Approval {
    /// One `aggregate3Value` of Multicall3, delegate-called: the present way.
    #[default]
    Aggregate3Value,
    /// One `aggregate3` of Multicall3, delegate-called: the way of 2024.
    Aggregate3,
    /// A plain call of the parent.
    Plain,
}

impl Approval {
    /// The words for it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Aggregate3Value => "aggregate3Value",
            Self::Aggregate3 => "aggregate3",
            Self::Plain => "a plain call",
        }
    }

    /// What a child does to approve `hash` of `parent`.
    #[must_use]
    pub fn action(self, parent: Address, hash: B256) -> Action {
        let approve = approveHashCall { hashToApprove: hash }.abi_encode();
        let (to, data, operation) = match self {
            Self::Aggregate3Value => {
                let call = IMulticall3::Call3Value {
                    target: parent,
                    allowFailure: false,
                    value: U256::ZERO,
                    callData: approve.into(),
                };
                let data = IMulticall3::aggregate3ValueCall { calls: vec![call] }.abi_encode();
                (batch::MULTICALL3, data, Operation::DelegateCall)
            }
            Self::Aggregate3 => {
                let call = IMulticall3::Call3 { target: parent, allowFailure: false, callData: approve.into() };
                let data = IMulticall3::aggregate3Call { calls: vec![call] }.abi_encode();
                (batch::MULTICALL3, data, Operation::DelegateCall)
            }
            Self::Plain => (parent, approve, Operation::Call),
        };
        Action { to, data: data.into(), operation, ..Action::default() }
    }
}

/// A Safe of a ceremony, with the Safes that own it and take part.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SafeNode {
    /// What people call it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub name: String,
    /// The Safe.
    pub address: Address,
    /// Its release.
    #[serde(default)]
    pub release: Release,
    /// The nonce that its transaction uses up.
    #[serde(with = "crate::number")]
    pub nonce: U256,
    /// Its owners, in the Safe's order; none if they are not known.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub owners: Vec<Address>,
    /// How many owners act together; zero if it is not known.
    #[serde(default)]
    pub threshold: u64,
    /// How it approves its parent's transaction; without meaning for the root.
    #[serde(default)]
    pub approval: Approval,
    /// Owners that are Safes themselves and take part.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub children: Vec<SafeNode>,
}

/// A tree that cannot be one.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TreeError {
    /// Too deep.
    #[error("the Safes are nested deeper than {MAX_DEPTH} levels: nobody can follow that, so it is refused")]
    TooDeep,
    /// Too many.
    #[error("there are more than {MAX_SAFES} Safes in one ceremony: split it")]
    TooMany,
    /// A Safe that occurs twice.
    #[error("Safe {0} takes part twice: each Safe signs one transaction of a ceremony")]
    Repeated(Address),
    /// Owners are known, and the child is none of them.
    #[error("Safe {child} is no owner of {parent}, so its approval counts for nothing: correct the tree or the owners")]
    NotAnOwner {
        /// The child.
        child: Address,
        /// The parent.
        parent: Address,
    },
    /// More signatures than owners.
    #[error("Safe {safe} needs {threshold} of {owners} owners: a threshold lies between 1 and the number of owners")]
    Threshold {
        /// The Safe.
        safe: Address,
        /// Its threshold.
        threshold: u64,
        /// How many owners it has.
        owners: usize,
    },
    /// Too many owners, or one twice.
    #[error("the owners of Safe {0} are not distinct, or more than {MAX_OWNERS}")]
    Owners(Address),
}

/// What one Safe of the tree signs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Step<'a> {
    /// The Safe.
    #[serde(skip)]
    pub safe: &'a SafeNode,
    /// Its level; the root's is 0.
    pub depth: usize,
    /// The Safes above it, the nearest last.
    pub above: Vec<Address>,
    /// What it does.
    pub action: Action,
    /// Its hashes.
    pub hashes: Hashes,
}

impl SafeNode {
    /// A Safe whose owners are not known.
    #[must_use]
    pub fn new(address: Address, release: Release, nonce: U256) -> Self {
        Self {
            name: String::new(),
            address,
            release,
            nonce,
            owners: Vec::new(),
            threshold: 0,
            approval: Approval::default(),
            children: Vec::new(),
        }
    }

    /// As far as it matters for hashes.
    #[must_use]
    pub const fn account(&self, chain_id: u64) -> Account {
        Account { chain_id, safe: self.address, release: self.release }
    }

    /// Looks whether the tree can be one.
    ///
    /// # Errors
    /// [`TreeError`].
    pub fn check(&self) -> Result<(), TreeError> {
        let mut seen = BTreeSet::new();
        self.check_below(1, &mut seen)
    }

    fn check_below(&self, level: usize, seen: &mut BTreeSet<Address>) -> Result<(), TreeError> {
        if level > MAX_DEPTH {
            return Err(TreeError::TooDeep);
        }
        if !seen.insert(self.address) {
            return Err(TreeError::Repeated(self.address));
        }
        if seen.len() > MAX_SAFES {
            return Err(TreeError::TooMany);
        }
        let distinct: BTreeSet<&Address> = self.owners.iter().collect();
        if self.owners.len() > MAX_OWNERS || distinct.len() != self.owners.len() {
            return Err(TreeError::Owners(self.address));
        }
        let owners = self.owners.len();
        if owners > 0 && (self.threshold == 0 || usize::try_from(self.threshold).is_ok_and(|least| least > owners)) {
            return Err(TreeError::Threshold { safe: self.address, threshold: self.threshold, owners });
        }
        for child in &self.children {
            if owners > 0 && !self.owners.contains(&child.address) {
                return Err(TreeError::NotAnOwner { child: child.address, parent: self.address });
            }
            child.check_below(level + 1, seen)?;
        }
        Ok(())
    }

    /// What each Safe signs when the root is to do `action`: the root first, every Safe before its children.
    #[must_use]
    pub fn steps(&self, chain_id: u64, action: &Action) -> Vec<Step<'_>> {
        let mut steps = Vec::new();
        self.push_steps(chain_id, action.clone(), &mut Vec::new(), &mut steps);
        steps
    }

    fn push_steps<'a>(&'a self, chain_id: u64, action: Action, above: &mut Vec<Address>, steps: &mut Vec<Step<'a>>) {
        let hashes = self.account(chain_id).hashes(&action, self.nonce);
        steps.push(Step { safe: self, depth: above.len(), above: above.clone(), action, hashes });
        above.push(self.address);
        for child in &self.children {
            let approve = child.approval.action(self.address, hashes.safe_tx);
            child.push_steps(chain_id, approve, above, steps);
        }
        above.pop();
    }

    /// What people call it, or its address.
    #[must_use]
    pub fn label(&self) -> String {
        if self.name.is_empty() { self.address.to_string() } else { format!("{} ({})", self.name, self.address) }
    }

    /// The Safe with that address in the tree.
    #[must_use]
    pub fn find(&self, address: Address) -> Option<&Self> {
        if self.address == address {
            return Some(self);
        }
        self.children.iter().find_map(|child| child.find(address))
    }
}
