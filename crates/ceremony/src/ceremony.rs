//! A ceremony: one transaction of one Safe, and everybody whom it takes.

use std::collections::BTreeMap;

use alloy_primitives::{Address, U256};
use ephor_explain::text::{is_disguised, misleads};
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
        "the name {0:?} is too long or looks like something else: a name has at most {MAX_NAME} visible characters, no letters of several alphabets in a word, no address and no ` or | in it"
    )]
    Name(String),
    /// A title that could mislead.
    #[error(
        "the title {0:?} is too long or misleads: it has at most {MAX_NAME} visible characters, and no ` or | among them"
    )]
    Title(String),
    /// A name of two addresses.
    #[error("the name {name:?} stands for {one} and for {other}: give each a name of its own")]
    SameName {
        /// The name.
        name: String,
        /// An address.
        one: Address,
        /// Another address.
        other: Address,
    },
    /// Too many names.
    #[error("{0} names are more than the {MAX_NAMES} that an address book may have")]
    Names(usize),
}

fn is_readable(text: &str) -> bool {
    // The runbook is Markdown, in which these two end what they stand in.
    text.chars().count() <= MAX_NAME && !text.contains(|c| misleads(c) || matches!(c, '`' | '|'))
}

fn shortened(text: &str) -> String {
    text.chars().take(40).collect()
}

/// The names that signers see, each checked by itself and against the others.
#[derive(Default)]
struct Names {
    seen: BTreeMap<String, Address>,
}

impl Names {
    fn check(&mut self, address: Address, name: &str) -> Result<(), CeremonyError> {
        if name.is_empty() {
            return Ok(());
        }
        if !is_readable(name) || is_disguised(name) {
            return Err(CeremonyError::Name(shortened(name)));
        }
        match self.seen.insert(name.to_lowercase(), address) {
            Some(other) if other != address => {
                Err(CeremonyError::SameName { name: shortened(name), one: other, other: address })
            }
            _ => Ok(()),
        }
    }

    fn check_below(&mut self, safe: &SafeNode) -> Result<(), CeremonyError> {
        self.check(safe.address, &safe.name)?;
        safe.children.iter().try_for_each(|child| self.check_below(child))
    }
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
        if !is_readable(&self.title) {
            return Err(CeremonyError::Title(shortened(&self.title)));
        }
        let mut names = Names::default();
        names.check_below(&self.root)?;
        self.names.iter().try_for_each(|(address, name)| names.check(*address, name))
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::release::Release;

    fn named(names: &[(u8, &str)], title: &str) -> Result<(), CeremonyError> {
        let mut root = SafeNode::new(Address::repeat_byte(0xa0), Release::V1_3_0, U256::ZERO);
        root.name = "Council".to_owned();
        let names = names.iter().map(|(byte, name)| (Address::repeat_byte(*byte), (*name).to_owned())).collect();
        let (action, former_owners, world) = (Action::default(), BTreeMap::new(), None);
        Ceremony { title: title.to_owned(), chain_id: 1, root, action, names, former_owners, world }.check()
    }

    #[test]
    fn takes_names_that_are_what_they_look_like() {
        let long = "x".repeat(MAX_NAME);
        let names = [(1, "Foundation"), (2, "Rat für Sicherheit"), (3, "Совет"), (4, ""), (5, ""), (6, &long)];
        assert_eq!(named(&names, "Rotate the owners of 0xA0a0a0A0A0A0a0a0A0A0a0A0a0A0a0A0A0A0a0a0"), Ok(()));
        // The root by both of its names.
        assert_eq!(named(&[(0xa0, "Council")], "title"), Ok(()));
    }

    #[test]
    fn refuses_names_that_make_signers_see_something_else() {
        for name in ["a\nEverything fits.", "a\u{202e}b", "a\u{2028}b", "Coun\u{ad}cil", "C\u{43e}uncil", "a|b", "a`b"]
        {
            assert_eq!(named(&[(1, name)], "title"), Err(CeremonyError::Name(name.to_owned())), "{name:?}");
        }
        let address = "0x3ffFbAdAF827559da092217e474760E2b2c3CeDd";
        assert!(matches!(named(&[(1, address)], "title"), Err(CeremonyError::Name(_))));
        assert!(matches!(named(&[(1, &"x".repeat(MAX_NAME + 1))], "title"), Err(CeremonyError::Name(_))));
        assert!(matches!(named(&[], "a\u{202e}b"), Err(CeremonyError::Title(_))));
        for names in [[(1, "Auditors"), (2, "auditors")], [(1, "council"), (2, "Auditors")]] {
            assert!(matches!(named(&names, "title"), Err(CeremonyError::SameName { .. })), "{names:?}");
        }
    }
}
