//! A record of a council's past: what its manager held after each update, what was sent, and who owned the Safes.
//!
//! The form, in JSON; whatever else is in the file is passed over:
//!
//! ```text
//! manager_history[]             by ascending nonce; the first may be the council before its first update
//!   nonce, first_cohort, second_cohort            the manager after the update
//!   computed { salt, l2_operation_id, l1_operation_id }                          recomputed from members and nonce
//!   observed { the same, l2_to_l1 { hash, l2_block, l1_block, timestamp } }      read on chain
//!   l2_timelock_call_data, l1_timelock_call_data                                 what each timelock was given
//!   event, source                                                                in words
//! safe_owner_order_vectors[]    safe, chain, nonce, before, members, after_observed
//! ```
//!
//! An update is made from the state before it by one change. Where the record lacks that state it is filled in: everything is
//! as after the update, but for the cohort that changes last, which is as it was last known. If one of the cohorts can have
//! come about by a rotation, that is the one. Whether the record agrees with itself beyond its form is for the replay to find out.

mod turn;

use std::path::Path;

use alloy_primitives::{Address, B256, Bytes};
use ephor_charter::{Charter, reading::Sited};
use serde::Deserialize;

pub use turn::Turn;

use super::{Defect, voters};

/// More updates than a council makes in a century.
const MOST_UPDATES: usize = 1_000;

/// A record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// Its file, as written.
    pub file: String,
    /// The council before the first update.
    pub start: State,
    /// The updates, by ascending nonce.
    pub updates: Vec<Update>,
}

/// What the manager holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct State {
    /// The cohorts, in the manager's order.
    pub cohorts: [Vec<Address>; 2],
    /// The nonce of the last update.
    pub nonce: u64,
}

impl State {
    /// All members, in the manager's order.
    #[must_use]
    pub fn members(&self) -> Vec<Address> {
        self.cohorts.concat()
    }
}

/// An update.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Update {
    /// The state before, where the record lacks it and it is filled in.
    pub filled: Option<State>,
    /// What changed.
    pub turn: Turn,
    /// The state after it.
    pub after: State,
    /// What the record says of it in words.
    pub words: String,
    /// How it was called, by how that is known.
    pub identities: Vec<(Source, Identity)>,
    /// The message to the L1, as its bridge knew it.
    pub sent: Option<Sent>,
    /// The calldata that the core timelock was given.
    pub core_calldata: Option<Bytes>,
    /// The calldata that the L1 timelock was given.
    pub l1_calldata: Option<Bytes>,
    /// Safes whose owners are known before and after it.
    pub owners: Vec<OwnerChange>,
}

/// How an identity is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// It was computed from members and nonce.
    Computed,
    /// It was read on chain.
    Observed,
}

/// How an update is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub struct Identity {
    /// The salt of its operations.
    pub salt: B256,
    /// The id of its operation on the core timelock.
    #[serde(rename = "l2_operation_id")]
    pub operation: B256,
    /// The id of its operation on the L1 timelock.
    #[serde(rename = "l1_operation_id")]
    pub l1_operation: B256,
}

/// A message to the L1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub struct Sent {
    /// Its item hash.
    pub hash: B256,
    /// The governance chain's block.
    pub l2_block: u64,
    /// The L1's block.
    pub l1_block: u64,
    /// Unix seconds.
    #[serde(rename = "timestamp")]
    pub seconds: u64,
}

/// A Safe's owners before and after an update, in the Safe's order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnerChange {
    /// The Safe, by name.
    pub safe: String,
    /// Before.
    pub before: Vec<Address>,
    /// The council that the Safe was told of.
    pub members: Vec<Address>,
    /// After.
    pub after: Vec<Address>,
}

#[derive(Deserialize)]
struct Written {
    manager_history: Vec<Entry>,
    #[serde(default)]
    safe_owner_order_vectors: Vec<Owners>,
}

#[derive(Deserialize)]
struct Entry {
    nonce: u64,
    first_cohort: Vec<Address>,
    second_cohort: Vec<Address>,
    computed: Option<Identity>,
    observed: Option<Observed>,
    l2_timelock_call_data: Option<Bytes>,
    l1_timelock_call_data: Option<Bytes>,
    event: Option<String>,
    source: Option<String>,
}

/// The members of [`Identity`] again: flattened, a fault would not be told with its line.
#[derive(Deserialize)]
struct Observed {
    salt: B256,
    l2_operation_id: B256,
    l1_operation_id: B256,
    l2_to_l1: Option<Sent>,
}

#[derive(Deserialize)]
struct Owners {
    safe: Address,
    chain: Option<u64>,
    nonce: u64,
    before: Vec<Address>,
    members: Vec<Address>,
    after_observed: Vec<Address>,
}

impl Entry {
    /// Whether the record knows more of it than the council.
    fn is_identified(&self) -> bool {
        let calldata = self.l2_timelock_call_data.is_some() || self.l1_timelock_call_data.is_some();
        self.computed.is_some() || self.observed.is_some() || calldata
    }

    fn state(&self) -> State {
        State { cohorts: [self.first_cohort.clone(), self.second_cohort.clone()], nonce: self.nonce }
    }

    /// What the record says of it, in words, without what does not belong into a line of text.
    fn words(&self) -> String {
        let source = self.source.as_ref().map(|source| format!("source: {source}"));
        let words: Vec<&str> = [self.event.as_deref(), source.as_deref()].into_iter().flatten().collect();
        words.join("; ").chars().filter(|letter| !letter.is_control()).take(300).collect()
    }

    fn update(&self, turn: Turn, filled: Option<State>, owners: Vec<OwnerChange>) -> Update {
        let observed = self.observed.as_ref();
        let read = observed.map(|Observed { salt, l2_operation_id, l1_operation_id, .. }| Identity {
            salt: *salt,
            operation: *l2_operation_id,
            l1_operation: *l1_operation_id,
        });
        let computed = self.computed.map(|identity| (Source::Computed, identity));
        Update {
            filled,
            turn,
            after: self.state(),
            words: self.words(),
            identities: computed.into_iter().chain(read.map(|identity| (Source::Observed, identity))).collect(),
            sent: observed.and_then(|observed| observed.l2_to_l1),
            core_calldata: self.l2_timelock_call_data.clone(),
            l1_calldata: self.l1_timelock_call_data.clone(),
            owners,
        }
    }
}

/// What a record says that cannot be, with its place in the file.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
enum Flaw {
    #[error("`manager_history` has no update")]
    NoUpdate,
    #[error("`manager_history` has {found} entries, more than {MOST_UPDATES}")]
    Many { found: usize },
    #[error("{at}.nonce is {nonce}, which must be above the {before} of the entry before")]
    Order { at: String, nonce: u64, before: u64 },
    #[error("{at} is said to be an update, but nonce 0 is that of no update")]
    NotAnUpdate { at: String },
    #[error("{at} has {found} members, but the charter has {seats} seats")]
    Seats { at: String, found: usize, seats: usize },
    #[error("{at} has the address {address}, which cannot be a member")]
    Nobody { at: String, address: Address },
    #[error("{at} has {address} twice")]
    Twice { at: String, address: Address },
    #[error("{at}.safe is {safe}, but the charter has no such Safe{}", .chain.map(|chain| format!(" on chain {chain}")).unwrap_or_default())]
    NoSafe { at: String, safe: Address, chain: Option<u64> },
    #[error("{at}.nonce is {nonce}, but `manager_history` has no such update")]
    OfNoUpdate { at: String, nonce: u64 },
}

/// Reads and checks a record; the path counts from `folder`.
pub(super) fn read(folder: &Path, file: &Sited<String>, charter: &Charter) -> Result<Record, Defect> {
    let written = voters::data(folder, file)?;
    checked(&file.value, &written, charter)
        .map_err(|flaw| Defect::Data { file: file.value.clone(), why: flaw.to_string() })
}

fn checked(file: &str, written: &Written, charter: &Charter) -> Result<Record, Flaw> {
    let entries = &written.manager_history;
    if entries.len() > MOST_UPDATES {
        return Err(Flaw::Many { found: entries.len() });
    }
    let (mut start, mut updates, mut last): (Option<State>, Vec<Update>, Option<State>) = (None, Vec::new(), None);
    for (i, entry) in entries.iter().enumerate() {
        let at = format!("manager_history[{i}]");
        well_formed(&at, entry, charter.council.seats_per_cohort)?;
        let after = entry.state();
        if last.is_none() && !entry.is_identified() {
            (start, last) = (Some(after.clone()), Some(after));
            continue;
        }
        let before_nonce = after.nonce.checked_sub(1).ok_or_else(|| Flaw::NotAnUpdate { at: at.clone() })?;
        let known = last.as_ref().map_or(&after, |last| last);
        if let Some(last) = last.as_ref().filter(|last| last.nonce >= after.nonce) {
            return Err(Flaw::Order { at, nonce: after.nonce, before: last.nonce });
        }
        let follows = last.as_ref().is_some_and(|last| last.nonce == before_nonce);
        let turn = Turn::between(&known.cohorts, &after.cohorts);
        let mut cohorts = after.cohorts.clone();
        cohorts[turn.cohort()].clone_from(&known.cohorts[turn.cohort()]);
        let before = State { cohorts, nonce: before_nonce };
        start.get_or_insert_with(|| before.clone());
        let owners = owners_of(after.nonce, written, charter)?;
        updates.push(entry.update(turn, (!follows).then_some(before), owners));
        last = Some(after);
    }
    let start = start.filter(|_| !updates.is_empty()).ok_or(Flaw::NoUpdate)?;
    for (i, change) in written.safe_owner_order_vectors.iter().enumerate() {
        if !updates.iter().any(|update| update.after.nonce == change.nonce) {
            return Err(Flaw::OfNoUpdate { at: format!("safe_owner_order_vectors[{i}]"), nonce: change.nonce });
        }
    }
    Ok(Record { file: file.to_owned(), start, updates })
}

fn well_formed(at: &str, entry: &Entry, seats: usize) -> Result<(), Flaw> {
    for (name, cohort) in [("first_cohort", &entry.first_cohort), ("second_cohort", &entry.second_cohort)] {
        if cohort.len() > seats {
            return Err(Flaw::Seats { at: format!("{at}.{name}"), found: cohort.len(), seats });
        }
    }
    different(at, &entry.state().members())
}

/// The owners that the record has before and after an update.
fn owners_of(nonce: u64, written: &Written, charter: &Charter) -> Result<Vec<OwnerChange>, Flaw> {
    let mut changes = Vec::new();
    for (i, change) in written.safe_owner_order_vectors.iter().enumerate().filter(|(_, of)| of.nonce == nonce) {
        let at = format!("safe_owner_order_vectors[{i}]");
        let Owners { safe, chain, before, members, after_observed, .. } = change;
        let stands = |chain_name: &str| chain.is_none() || charter.chain(chain_name).map(|chain| chain.id) == *chain;
        let found = charter.safes.iter().find(|known| known.address == Some(*safe) && stands(&known.chain));
        let Some(found) = found else { return Err(Flaw::NoSafe { at, safe: *safe, chain: *chain }) };
        for (name, list) in [("before", before), ("members", members), ("after_observed", after_observed)] {
            different(&format!("{at}.{name}"), list)?;
        }
        changes.push(OwnerChange {
            safe: found.name.clone(),
            before: before.clone(),
            members: members.clone(),
            after: after_observed.clone(),
        });
    }
    Ok(changes)
}

/// Members and owners are different, and none is the zero address or address 1, the ends of a Safe's list.
fn different(at: &str, addresses: &[Address]) -> Result<(), Flaw> {
    for (i, address) in addresses.iter().enumerate() {
        if *address <= Address::with_last_byte(1) {
            return Err(Flaw::Nobody { at: at.to_owned(), address: *address });
        }
        if addresses[..i].contains(address) {
            return Err(Flaw::Twice { at: at.to_owned(), address: *address });
        }
    }
    Ok(())
}
