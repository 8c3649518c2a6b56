//! Recorded governance proposals, with what they were called at each step of their way.
//!
//! The record is `data/arbitrum/governance-proposals.json`, or whatever file of the same form `EPHOR_PROPOSALS` names. Ids in it were
//! observed on chain; the tests compute them anew from targets, values, calldatas and the hash of the description alone.

use std::path::{Path, PathBuf};

use alloy_primitives::{Address, B256, Bytes, U256};
use ephor_charter::Charter;
use ephor_explain::{Book, Explanation, Knowledge, Payload, explain, input};
use serde::Deserialize;

/// The project's own folder of this path.
#[must_use]
pub fn folder(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(path)
}

/// A record of proposals.
#[derive(Debug, Deserialize)]
pub struct Record {
    /// The proposals.
    pub proposals: Vec<Recorded>,
}

/// A proposal, and what it was called.
#[derive(Clone, Debug, Deserialize)]
pub struct Recorded {
    /// The id, in decimals.
    pub proposal_id: U256,
    /// The governor.
    pub governor_address: Address,
    /// Whom it calls.
    pub targets: Vec<Address>,
    /// Wei, in decimals.
    pub values: Vec<U256>,
    /// With what.
    pub calldatas: Vec<Bytes>,
    /// The hash of the description.
    pub description_hash: B256,
    /// The operation of the governor's timelock, if the vote succeeded.
    pub l2_timelock: Option<Operation>,
    /// The operation of the L1 timelock, if it went there.
    pub l1_timelock: Option<Operation>,
    /// What the L1 timelock is told, for proposals that go there, whether or not they got that far.
    pub l1_payload: Option<L1Payload>,
}

/// An operation of a timelock.
#[derive(Clone, Debug, Deserialize)]
pub struct Operation {
    /// The timelock.
    pub address: Option<Address>,
    /// The id.
    pub operation_id: Option<B256>,
    /// The salt.
    pub salt: Option<B256>,
}

/// What the L1 timelock is told.
#[derive(Clone, Debug, Deserialize)]
pub struct L1Payload {
    /// The id of the operation.
    #[serde(rename = "l1OperationId")]
    pub operation_id: B256,
    /// The calls; none where they are not recorded.
    #[serde(default)]
    pub calls: Vec<serde_json::Value>,
}

/// The project's own record.
fn own() -> PathBuf {
    folder("data/arbitrum/governance-proposals.json")
}

fn text_of(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The text of the record.
///
/// # Panics
/// If it cannot be read: nothing can be tested then.
#[must_use]
pub fn record_text() -> String {
    text_of(&std::env::var_os("EPHOR_PROPOSALS").map_or_else(own, PathBuf::from))
}

/// The record.
///
/// # Panics
/// If it is none.
#[must_use]
pub fn record() -> Vec<Recorded> {
    let record: Record = serde_json::from_str(&record_text()).expect("a record of proposals");
    record.proposals
}

/// What the charter of Arbitrum knows.
///
/// # Panics
/// If the charter cannot be read.
#[must_use]
pub fn knowledge() -> Knowledge {
    let charter = Charter::load(folder("charters/arbitrum.toml")).expect("the charter");
    Knowledge { book: Book::of(&charter), ..Knowledge::default() }
}

/// Every recorded proposal, as the command reads it.
///
/// # Panics
/// If one cannot be read.
#[must_use]
pub fn payloads() -> Vec<Payload> {
    read(&record_text())
}

fn read(text: &str) -> Vec<Payload> {
    let subjects = input::read(text).expect("proposals");
    subjects.iter().map(input::Subject::payload).collect()
}

/// Every recorded proposal, explained.
///
/// # Panics
/// If one is too long.
#[must_use]
pub fn explanations(knowledge: &Knowledge) -> Vec<Explanation> {
    payloads().into_iter().map(|payload| explain(payload, knowledge).expect("short")).collect()
}

/// Every proposal of the project's own record, explained, whatever other file is tested: for tests of a certain one.
///
/// # Panics
/// If one is too long.
#[must_use]
pub fn own_explanations(knowledge: &Knowledge) -> Vec<Explanation> {
    read(&text_of(&own())).into_iter().map(|payload| explain(payload, knowledge).expect("short")).collect()
}
