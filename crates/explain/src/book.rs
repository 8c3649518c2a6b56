//! The address book: what stands where, under which name.
//!
//! Names come from a charter, from files of deployed addresses, and from a few contracts that have the same address on every chain.
//! A name belongs to an address on a chain. Where the chain of a call is not known, a name is used if the address has the
//! same one everywhere; else it has none. Names are labels: nothing is decided by them alone but which reading of a selector
//! is certain, and how amounts of a token are written.

use std::{borrow::Cow, collections::BTreeMap};

use alloy_primitives::{Address, U160, address};
use ephor_abi::{
    batch,
    bridge::{ARB_RETRYABLE_TX, ARB_SYS, RETRYABLE_TICKET_MAGIC},
    catalog,
};
use ephor_charter::{Charter, Part, SafeKind};
use serde_json::Value;

use crate::{
    strict,
    text::{is_disguised, one_line},
    units::Unit,
};

/// What an address stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its chain; none where it is the same on every chain.
    pub chain: Option<u64>,
    /// Its name.
    pub name: String,
    /// The kind of contract, as [`catalog::contract`] knows it, or the name of an interface; none if it is not known.
    pub contract: Option<&'static str>,
    /// Its unit, if it is a token.
    pub unit: Option<Unit>,
    /// Whether the reader put the name there. Code of which only somebody else says what it is called, such as the author of a
    /// bundle, stays unknown code where it runs in another's name.
    pub vouched: bool,
}

impl Entry {
    /// A name of the reader's own, and nothing else.
    #[must_use]
    pub const fn named(chain: Option<u64>, name: String) -> Self {
        Self { chain, name, contract: None, unit: None, vouched: true }
    }
}

/// A chain.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Site {
    title: String,
    parent: Option<u64>,
}

/// Names of addresses and chains.
#[derive(Clone, Debug, Default)]
pub struct Book {
    entries: BTreeMap<Address, Vec<Entry>>,
    chains: BTreeMap<u64, Site>,
    inboxes: BTreeMap<Address, u64>,
    timelocks: BTreeMap<Address, Option<Address>>,
}

/// Why a file is no address book.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BookError {
    /// Not JSON, or a key that stands twice.
    #[error("this is not JSON that can be read: {cause}")]
    Json {
        /// What is wrong, and where.
        cause: String,
    },
    /// Not an object.
    #[error("an address book is a JSON object of names and addresses")]
    Shape,
    /// A name that looks like something else.
    #[error(
        "the name {0:?} looks like something else: it has characters that are not seen or that reorder text, letters of several alphabets in a word, or an address in it"
    )]
    Name(String),
    /// No address in it.
    #[error("there is no address in it; expected {{\"Name\": \"0x…\"}} or {{\"Name\": {{\"address\": \"0x…\"}}}}")]
    Empty,
}

/// How deep groups of a file may nest.
const MOST_LEVELS: usize = 4;

impl Book {
    /// What has the same address on every chain.
    #[must_use]
    pub fn common() -> Self {
        let mut book = Self::default();
        for (address, name) in [
            (RETRYABLE_TICKET_MAGIC, "retryable ticket (magic target)"),
            (batch::MULTICALL3, "Multicall3"),
            (batch::MULTICALL3_DELEGATECALL, "Multicall3Delegatecall"),
            (batch::MULTI_SEND_1_3_0, "MultiSend 1.3.0"),
            (batch::MULTI_SEND_1_3_0_EIP155, "MultiSend 1.3.0"),
            (batch::MULTI_SEND_CALL_ONLY_1_3_0, "MultiSendCallOnly 1.3.0"),
            (batch::MULTI_SEND_CALL_ONLY_1_3_0_EIP155, "MultiSendCallOnly 1.3.0"),
            (batch::MULTI_SEND_1_4_1, "MultiSend 1.4.1"),
            (batch::MULTI_SEND_CALL_ONLY_1_4_1, "MultiSendCallOnly 1.4.1"),
        ] {
            book.add(address, Entry::named(None, name.to_owned()));
        }
        book
    }

    /// What [`Book::common`] knows and what a charter names.
    #[must_use]
    pub fn of(charter: &Charter) -> Self {
        let mut book = Self::common();
        let id = |name: &str| charter.chain(name).map(|chain| chain.id);
        for chain in &charter.chains {
            let parent = chain.parent.as_deref().and_then(id);
            book.name_chain(chain.id, &chain.title, parent);
            let (Some(bridge), Some(parent)) = (&chain.bridge, parent) else { continue };
            for (address, name, interface) in
                [(ARB_SYS, "ArbSys", "IArbSys"), (ARB_RETRYABLE_TX, "ArbRetryableTx", "IArbRetryableTx")]
            {
                book.add(address, Entry { contract: Some(interface), ..Entry::named(Some(chain.id), name.to_owned()) });
            }
            for (address, name, interface) in [
                (bridge.inbox, "inbox", "IInbox"),
                (bridge.bridge, "bridge", "IBridge"),
                (bridge.outbox, "outbox", "IOutbox"),
            ] {
                if let Some(address) = address {
                    let name = format!("{name} of {}", chain.title);
                    book.add(address, Entry { contract: Some(interface), ..Entry::named(Some(parent), name) });
                }
            }
            if let Some(inbox) = bridge.inbox {
                book.inboxes.insert(inbox, chain.id);
            }
        }
        for contract in &charter.contracts {
            let unit = (contract.part == Part::Token)
                .then(|| Unit::Token { symbol: charter.token.symbol.clone(), decimals: 18 });
            let name = contract.part.name().replace('-', " ");
            let entry = Entry { contract: kind(contract.part), unit, ..Entry::named(id(&contract.chain), name) };
            book.add(contract.address, entry);
            if contract.part == Part::L1Timelock {
                for child in charter.chains.iter().filter(|chain| chain.parent.is_some()) {
                    book.add(
                        alias(contract.address),
                        Entry::named(Some(child.id), "alias of the l1 timelock".to_owned()),
                    );
                }
            }
        }
        let place = |part| charter.contract(part, &charter.governance_chain().name);
        for (governor, timelock) in [
            (Part::CoreGovernor, Some(Part::CoreTimelock)),
            (Part::TreasuryGovernor, Some(Part::TreasuryTimelock)),
            (Part::NomineeElection, None),
            (Part::MemberElection, None),
            (Part::MemberRemoval, None),
        ] {
            if let Some(governor) = place(governor) {
                book.timelocks.insert(governor, timelock.and_then(place));
            }
        }
        for safe in &charter.safes {
            let kind = if safe.kind == SafeKind::Emergency { "emergency" } else { "non-emergency" };
            if let Some(address) = safe.address {
                let entry = Entry {
                    contract: Some("safe-l2"),
                    ..Entry::named(id(&safe.chain), format!("{kind} Safe {}", safe.name))
                };
                book.add(address, entry);
            }
        }
        for cohort in &charter.council.cohorts {
            for (i, member) in cohort.members.iter().enumerate() {
                let seat = format!("member {} of {}", i + 1, cohort.name);
                let name = member.name.as_ref().map_or_else(|| seat.clone(), |name| format!("{name}, {seat}"));
                book.add(member.address, Entry::named(None, name));
            }
        }
        book.add(charter.election.vetter, Entry::named(None, "nominee vetter".to_owned()));
        book
    }

    /// Names a chain.
    pub fn name_chain(&mut self, id: u64, title: &str, parent: Option<u64>) {
        self.chains.insert(id, Site { title: title.to_owned(), parent });
    }

    /// Adds an entry. An address has one name on a chain: the first. Names are in one line.
    pub fn add(&mut self, address: Address, mut entry: Entry) {
        if let Cow::Owned(name) = one_line(&entry.name) {
            entry.name = name;
        }
        let entries = self.entries.entry(address).or_default();
        if !entries.iter().any(|other| other.chain == entry.chain) {
            entries.push(entry);
        }
    }

    /// Adds the names of a file `<chain id>.json`: `{"Name": "0x…"}`, `{"Name": {"address": "0x…"}}`, also in groups. Returns how
    /// many addresses there were. Names that a charter gave stay.
    ///
    /// # Errors
    /// What is wrong with the file.
    pub fn add_file(&mut self, chain: Option<u64>, text: &str) -> Result<usize, BookError> {
        let value = strict::read(text).map_err(|error| BookError::Json { cause: error.to_string() })?;
        if !value.is_object() {
            return Err(BookError::Shape);
        }
        match self.add_group(chain, "", &value, 0)? {
            0 => Err(BookError::Empty),
            added => Ok(added),
        }
    }

    fn add_group(&mut self, chain: Option<u64>, prefix: &str, group: &Value, level: usize) -> Result<usize, BookError> {
        let mut added = 0;
        for (key, value) in group.as_object().into_iter().flatten() {
            let name = if prefix.is_empty() { key.clone() } else { format!("{prefix}.{key}") };
            let address = value.as_str().or_else(|| value.get("address").and_then(Value::as_str));
            if let Some(address) = address.and_then(|text| text.parse::<Address>().ok()) {
                let decimals = value.get("decimals").and_then(Value::as_u64).and_then(|d| u8::try_from(d).ok());
                let symbol = value.get("symbol").and_then(Value::as_str);
                let unit = symbol.zip(decimals.filter(|decimals| *decimals <= 77));
                let unit = unit.map(|(symbol, decimals)| Unit::Token { symbol: symbol.to_owned(), decimals });
                if let Some(disguised) =
                    [name.as_str(), symbol.unwrap_or_default()].into_iter().find(|name| is_disguised(name))
                {
                    return Err(BookError::Name(disguised.chars().take(80).collect()));
                }
                let kind = value.get("contract").and_then(Value::as_str).and_then(kind_of);
                self.add(address, Entry { contract: kind, unit, ..Entry::named(chain, name) });
                added += 1;
            } else if level < MOST_LEVELS {
                added += self.add_group(chain, &name, value, level + 1)?;
            }
        }
        Ok(added)
    }

    /// What stands at an address.
    #[must_use]
    pub fn entry(&self, chain: Option<u64>, address: Address) -> Option<&Entry> {
        let entries = self.entries.get(&address)?;
        let everywhere = entries.iter().find(|entry| entry.chain.is_none());
        match chain {
            Some(_) => entries.iter().find(|entry| entry.chain == chain).or(everywhere),
            None => everywhere.or_else(|| {
                let first = entries.first()?;
                entries.iter().all(|entry| entry.name == first.name).then_some(first)
            }),
        }
    }

    /// Every address with an entry, ascending.
    pub fn iter(&self) -> impl Iterator<Item = (Address, &Entry)> {
        self.entries.iter().flat_map(|(address, entries)| entries.iter().map(move |entry| (*address, entry)))
    }

    /// The one chain that an address is known on.
    #[must_use]
    pub fn only_chain(&self, address: Address) -> Option<u64> {
        match &self.entries.get(&address)?[..] {
            [entry] => entry.chain,
            _ => None,
        }
    }

    /// The title of a chain.
    #[must_use]
    pub fn title(&self, chain: u64) -> String {
        self.chains.get(&chain).map_or_else(|| format!("chain {chain}"), |site| site.title.clone())
    }

    /// The chain that a name or an id stands for.
    #[must_use]
    pub fn chain(&self, text: &str) -> Option<u64> {
        let folded = |text: &str| text.to_lowercase().replace([' ', '_'], "-");
        let by_title = self.chains.iter().find(|(_, site)| folded(&site.title) == folded(text));
        by_title.map(|(id, _)| *id).or_else(|| text.parse().ok())
    }

    /// The chain that a chain stands on.
    #[must_use]
    pub fn parent(&self, chain: u64) -> Option<u64> {
        self.chains.get(&chain).and_then(|site| site.parent)
    }

    /// The chain that an inbox leads to.
    #[must_use]
    pub fn behind(&self, inbox: Address) -> Option<u64> {
        self.inboxes.get(&inbox).copied()
    }

    /// The timelock of a governor: `None` if the governor is not known, `Some(None)` if it has none.
    #[must_use]
    pub fn timelock(&self, governor: Address) -> Option<Option<Address>> {
        self.timelocks.get(&governor).copied()
    }
}

/// The kind of contract, or the interface, of this name.
fn kind_of(name: &str) -> Option<&'static str> {
    let interface =
        || catalog::INTERFACES.iter().find(|interface| interface.name == name).map(|interface| interface.name);
    catalog::contract(name).map(|contract| contract.name).or_else(interface)
}

/// The kind of contract that a part is.
fn kind(part: Part) -> Option<&'static str> {
    match part {
        Part::Token => Some("votes-token"),
        Part::CoreGovernor | Part::TreasuryGovernor => Some("governor"),
        Part::CoreTimelock | Part::TreasuryTimelock => Some("timelock"),
        Part::ProxyAdmin | Part::Treasury | Part::Constitution => None,
        Part::KeyValueStore => Some("kv-store"),
        named => catalog::contract(named.name()).map(|contract| contract.name),
    }
}

/// The address that a contract of a parent chain has as sender on a child chain.
#[must_use]
pub fn alias(sender: Address) -> Address {
    const OFFSET: U160 = U160::from_be_bytes(address!("1111000000000000000000000000000000001111").into_array());
    Address::from(U160::from_be_bytes(sender.into_array()).wrapping_add(OFFSET))
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: Address = Address::repeat_byte(1);

    #[test]
    fn reads_deployments_in_every_shape() {
        let text = r#"{"A": "0x0101010101010101010101010101010101010101", "note": "x", "group": {
            "B": {"address": "0x0202020202020202020202020202020202020202", "symbol": "USDC", "decimals": 6}}}"#;
        let mut book = Book::default();
        assert_eq!(book.add_file(Some(10), text), Ok(2));
        assert_eq!(book.entry(Some(10), ONE).map(|entry| entry.name.as_str()), Some("A"));
        assert_eq!(book.entry(Some(1), ONE), None);
        let token = book.entry(Some(10), Address::repeat_byte(2)).expect("added");
        assert_eq!((token.name.as_str(), token.unit.is_some()), ("group.B", true));
    }

    #[test]
    fn refuses_files_that_are_no_address_book() {
        let mut book = Book::default();
        for text in ["{".to_owned(), format!(r#"{{"A": "{ONE}", "A": "{}"}}"#, Address::repeat_byte(2))] {
            assert!(matches!(book.add_file(None, &text), Err(BookError::Json { .. })), "{text}");
        }
        assert_eq!(book.add_file(None, "[]"), Err(BookError::Shape));
        assert_eq!(book.add_file(None, r#"{"a": 1}"#), Err(BookError::Empty));
        let named = |name: &str| format!(r#"{{"{name}": "{ONE}"}}"#);
        for name in ["Council\\nEverything fits.", "C\u{43e}uncil", "0x0202020202020202020202020202020202020202"] {
            assert!(matches!(book.add_file(None, &named(name)), Err(BookError::Name(_))), "{name}");
        }
        let symbol = format!(r#"{{"a": {{"address": "{ONE}", "symbol": "US\u202eD", "decimals": 6}}}}"#);
        assert!(matches!(book.add_file(None, &symbol), Err(BookError::Name(_))));
    }

    #[test]
    fn names_nothing_that_differs_by_chain_where_the_chain_is_unknown() {
        let mut book = Book::default();
        let entry = |chain, name: &str| Entry::named(Some(chain), name.to_owned());
        book.add(ONE, entry(1, "same"));
        book.add(ONE, entry(2, "same"));
        assert!(book.entry(None, ONE).is_some());
        book.add(ONE, entry(3, "other"));
        assert_eq!(book.entry(None, ONE), None);
    }

    #[test]
    fn aliases_as_the_bridge_does() {
        let l1_timelock = address!("E6841D92B0C345144506576eC13ECf5103aC7f49");
        assert_eq!(alias(l1_timelock), address!("f7951D92B0C345144506576eC13Ecf5103aC905a"));
    }
}
