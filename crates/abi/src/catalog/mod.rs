//! What a selector, a topic or a piece of revert data means.
//!
//! [`INTERFACES`] lists every interface of this crate with its functions, events and errors; [`CONTRACTS`] says which of them
//! make up a kind of contract. Both are checked against the ABI of the deployed contracts. Lookups go through all
//! interfaces in the order of the list and the first hit counts: an equal selector means an equal signature, so only the name of the
//! interface can depend on the order.
//!
//! For tools that explain calls to people. Contracts have no use for it, and it does not exist in WASM builds.

mod contracts;
mod interfaces;
mod revert;

use alloc::{format, string::String};

use alloy_primitives::{B256, Selector};

pub use contracts::{CONTRACTS, Contract, contract};
pub use interfaces::INTERFACES;
pub use revert::{RevertReason, decode_revert};

/// A function, event or error of an interface.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Item {
    /// The interface it belongs to, such as `IGovernor`.
    pub interface: &'static str,
    /// Its canonical signature, such as `castVote(uint256,uint8)`.
    pub signature: &'static str,
}

impl Item {
    /// Its name: the signature without the parameters.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.signature.split_once('(').map_or(self.signature, |(name, _)| name)
    }
}

/// Selectors or topics, ascending, with the signatures in the same order.
#[derive(Clone, Copy, Debug)]
struct Table<S: 'static> {
    keys: &'static [S],
    signatures: &'static [&'static str],
}

impl<S: Copy + Ord> Table<S> {
    const EMPTY: Self = Self { keys: &[], signatures: &[] };

    fn find(&self, key: S) -> Option<&'static str> {
        self.keys.binary_search(&key).ok().and_then(|index| self.signatures.get(index).copied())
    }

    fn rows(self) -> impl Iterator<Item = (S, &'static str)> {
        self.keys.iter().copied().zip(self.signatures.iter().copied())
    }
}

/// An interface: its functions, events and errors, and how to read them.
#[derive(Clone, Copy, Debug)]
pub struct Interface {
    /// The name, such as `IGovernor`.
    pub name: &'static str,
    functions: Table<[u8; 4]>,
    events: Table<[u8; 32]>,
    errors: Table<[u8; 4]>,
    read_call: fn(&[u8]) -> Option<String>,
    read_event: fn(&[B256], &[u8]) -> Option<String>,
    read_error: fn(&[u8]) -> Option<String>,
}

impl Interface {
    /// The function with this selector.
    #[must_use]
    pub fn function(&self, selector: Selector) -> Option<Item> {
        self.item(self.functions.find(selector.0))
    }

    /// The event with this first topic.
    #[must_use]
    pub fn event(&self, topic: B256) -> Option<Item> {
        self.item(self.events.find(topic.0))
    }

    /// The error with this selector.
    #[must_use]
    pub fn error(&self, selector: Selector) -> Option<Item> {
        self.item(self.errors.find(selector.0))
    }

    /// All functions, by ascending selector.
    pub fn functions(&self) -> impl Iterator<Item = (Selector, Item)> + use<> {
        let interface = self.name;
        self.functions.rows().map(move |(key, signature)| (Selector::from(key), Item { interface, signature }))
    }

    /// All events, by ascending topic.
    pub fn events(&self) -> impl Iterator<Item = (B256, Item)> + use<> {
        let interface = self.name;
        self.events.rows().map(move |(key, signature)| (B256::from(key), Item { interface, signature }))
    }

    /// All errors, by ascending selector.
    pub fn errors(&self) -> impl Iterator<Item = (Selector, Item)> + use<> {
        let interface = self.name;
        self.errors.rows().map(move |(key, signature)| (Selector::from(key), Item { interface, signature }))
    }

    fn item(&self, signature: Option<&'static str>) -> Option<Item> {
        signature.map(|signature| Item { interface: self.name, signature })
    }
}

/// The function with this selector, in whichever interface.
#[must_use]
pub fn function(selector: Selector) -> Option<Item> {
    INTERFACES.iter().find_map(|interface| interface.function(selector))
}

/// The event with this first topic, in whichever interface.
#[must_use]
pub fn event(topic: B256) -> Option<Item> {
    INTERFACES.iter().find_map(|interface| interface.event(topic))
}

/// The error with this selector, in whichever interface.
#[must_use]
pub fn error(selector: Selector) -> Option<Item> {
    INTERFACES.iter().find_map(|interface| interface.error(selector))
}

/// Calldata as text, with named arguments: `transferOwnership { newOwner: 0x… }`. `None` if no interface has the function or the
/// arguments do not decode.
#[must_use]
pub fn decode_call(calldata: &[u8]) -> Option<String> {
    let selector = Selector::from(*calldata.first_chunk::<4>()?);
    INTERFACES.iter().find_map(|interface| {
        let item = interface.function(selector)?;
        let text = (interface.read_call)(calldata)?;
        // The generated type of a call is named after the function and its place among overloads.
        let arguments = text.find(' ').map_or("", |at| &text[at..]);
        Some(format!("{}{arguments}", item.name()))
    })
}

/// A log as text, with named arguments. `None` if no interface has the event, or none with as many indexed arguments.
#[must_use]
pub fn decode_event(topics: &[B256], data: &[u8]) -> Option<String> {
    let topic = *topics.first()?;
    let mut having = INTERFACES.iter().filter(|interface| interface.event(topic).is_some());
    having.find_map(|interface| (interface.read_event)(topics, data))
}
