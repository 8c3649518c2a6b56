//! A ceremony: one transaction of one Safe, and everybody whom it takes.

use std::collections::BTreeMap;

use alloy_primitives::{Address, U256};
use serde::{Deserialize, Serialize};

use crate::{
    calls::MAX_CALLDATA_BYTES,
    embedded::World,
    nesting::{SafeNode, Step, TreeError},
    transaction::Action,
};

/// The longest title and name, in characters.
pub const MAX_NAME: usize = 200;
/// The most names in an address book.
pub const MAX_NAMES: usize = 4_096;

/// All that the files of a bundle follow from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ceremony {
    /// What it is about, in a line.
    pub title: String,
    /// The chain's id.
    pub chain_id: u64,
    /// The Safe that acts, with the Safes that own it and take part.
    pub root: SafeNode,
    /// What it does.
    pub action: Action,
    /// Address → what people call it.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub names: BTreeMap<Address, String>,
    /// Safe → owners of the past, whose signatures are refused by that name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub former_owners: BTreeMap<Address, Vec<Address>>,
    /// The state on which it is simulated; none if it is not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub world: Option<World>,
}

/// A ceremony that cannot be held.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CeremonyError {
    /// The Safes make no tree.
    #[error(transparent)]
    Tree(#[from] TreeError),
    /// Too much calldata.
    #[error("{0} bytes of calldata are more than the {MAX_CALLDATA_BYTES} that fit into a transaction")]
    Calldata(usize),
    /// A name that could mislead.
    #[error(
        "the name {0:?} is too long or contains control characters: a name has at most {MAX_NAME} visible characters"
    )]
    Name(String),
    /// Too many names.
    #[error("{0} names are more than the {MAX_NAMES} that an address book may have")]
    Names(usize),
}

fn check_name(name: &str) -> Result<(), CeremonyError> {
    // Marks that reorder text could make one address look like another's name.
    let misleading = |c: char| {
        c.is_control()
            || matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '`' | '|')
    };
    if name.chars().count() > MAX_NAME || name.chars().any(misleading) {
        return Err(CeremonyError::Name(name.chars().take(40).collect()));
    }
    Ok(())
}

fn check_names_below(safe: &SafeNode) -> Result<(), CeremonyError> {
    check_name(&safe.name)?;
    safe.children.iter().try_for_each(check_names_below)
}

impl Ceremony {
    /// Looks whether it can be held.
    ///
    /// # Errors
    /// [`CeremonyError`].
    pub fn check(&self) -> Result<(), CeremonyError> {
        self.root.check()?;
        if self.action.data.len() > MAX_CALLDATA_BYTES {
            return Err(CeremonyError::Calldata(self.action.data.len()));
        }
        if self.names.len() > MAX_NAMES {
            return Err(CeremonyError::Names(self.names.len()));
        }
        check_name(&self.title)?;
        check_names_below(&self.root)?;
        self.names.values().try_for_each(|name| check_name(name))
    }

    /// What each Safe signs.
    #[must_use]
    pub fn steps(&self) -> Vec<Step<'_>> {
        self.root.steps(self.chain_id, &self.action)
    }

    /// The same with other nonces, for the Safes named.
    #[must_use]
    pub fn with_nonces(&self, nonces: &BTreeMap<Address, U256>) -> Self {
        fn set(safe: &mut SafeNode, nonces: &BTreeMap<Address, U256>) {
            if let Some(nonce) = nonces.get(&safe.address) {
                safe.nonce = *nonce;
            }
            safe.children.iter_mut().for_each(|child| set(child, nonces));
        }
        let mut other = self.clone();
        set(&mut other.root, nonces);
        other
    }

    /// What people call an address, with the address.
    #[must_use]
    pub fn label(&self, address: Address) -> String {
        if let Some(safe) = self.root.find(address).filter(|safe| !safe.name.is_empty()) {
            return safe.label();
        }
        self.names.get(&address).map_or_else(|| address.to_string(), |name| format!("{name} ({address})"))
    }
}
