//! What a rehearsal tells afterwards: plain data, from which everything shown is made.
//!
//! Nothing here depends on the machine or the time of day. Amounts are in the token's smallest unit, written as decimal text in JSON; times
//! are Unix seconds, with UTC beside them.

use std::fmt;

use alloy_primitives::{Address, B256, U256};
use serde::{Serialize, Serializer};

use crate::text;

/// Votes or weight, in the token's smallest unit. `Display` writes whole tokens.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Amount(pub U256);

impl fmt::Display for Amount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&text::tokens(self.0))
    }
}

impl Serialize for Amount {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

/// A time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Time {
    /// Seconds since the Unix epoch.
    pub seconds: u64,
    /// The same in UTC: `2025-09-15T12:00:00Z`.
    pub utc: String,
}

impl Time {
    /// The time at so many seconds since the Unix epoch.
    #[must_use]
    pub fn at(seconds: u64) -> Self {
        Self { seconds, utc: text::utc(seconds) }
    }
}

/// Somebody, by the name the scenario uses and by address.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Person {
    /// The name; a shortened address where there is none.
    pub name: String,
    /// The address.
    pub address: Address,
}

impl fmt::Display for Person {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}

/// What happened in a rehearsal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Report {
    /// The scenario's name.
    pub scenario: String,
    /// What it is about.
    pub description: String,
    /// The council, by the charter's name.
    pub council_name: String,
    /// The seed.
    pub seed: u64,
    /// Where the clock stood in the beginning.
    pub began: Time,
    /// Where it stood in the end.
    pub ended: Time,
    /// The token's symbol.
    pub symbol: String,
    /// What is fact and what is filled in.
    pub statements: Vec<Statement>,
    /// The chains, parents first.
    pub chains: Vec<ChainInfo>,
    /// What happened, in order.
    pub timeline: Vec<Entry>,
    /// What was expected, and what was found.
    pub checks: Vec<Check>,
    /// The elections, in order.
    pub elections: Vec<Election>,
    /// The council before and after.
    pub council: Seats,
    /// The Safes before and after.
    pub safes: Vec<Safe>,
    /// Every update on its way through timelocks and bridges.
    pub updates: Vec<Update>,
    /// Sums.
    pub totals: Totals,
}

impl Report {
    /// How many expectations were met, and how many there were.
    #[must_use]
    pub fn passed(&self) -> (usize, usize) {
        (self.checks.iter().filter(|check| check.passed).count(), self.checks.len())
    }
}

/// One sentence about where input comes from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Statement {
    /// What kind of truth it has.
    pub kind: StatementKind,
    /// The sentence.
    pub text: String,
}

/// How much truth there is in an input.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum StatementKind {
    /// Read from a chain, or published.
    Measured,
    /// Made by the scenario's model.
    Modelled,
    /// Made up by the scenario itself.
    Scenario,
    /// True of every rehearsal.
    Rehearsal,
}

/// A chain.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ChainInfo {
    /// Its name in the charter.
    pub name: String,
    /// Its name for people.
    pub title: String,
    /// Its id in the rehearsal.
    pub rehearsal_id: u64,
    /// The id of the live chain it stands for.
    pub live_id: u64,
}

/// Something that happened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Entry {
    /// The scenario's step, from 1; none for what happened by itself.
    pub step: Option<usize>,
    /// When.
    pub time: Time,
    /// The chain's name.
    pub chain: String,
    /// The chain's name for people.
    pub chain_title: String,
    /// The chain's own block.
    pub block: u64,
    /// Ethereum's block at the time, by which governance counts.
    pub l1_block: u64,
    /// Who did it; none if it happened by itself.
    pub who: Option<Person>,
    /// What happened, as a sentence without its end.
    pub what: String,
    /// Who could have done it.
    pub could: String,
    /// What became of it.
    pub outcome: Outcome,
    /// More about it, a sentence each.
    pub details: Vec<String>,
    /// What can or will happen next, the earliest first.
    pub next: Vec<Next>,
    /// Transactions it took.
    pub transactions: u64,
    /// Gas they used.
    pub gas: u64,
}

/// What became of an act.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "outcome", rename_all = "kebab-case")]
pub enum Outcome {
    /// It was done.
    Done,
    /// A contract refused it.
    Refused {
        /// The error's name, the message of a requirement, or `Panic(0x11)`.
        error: String,
        /// The error with its arguments.
        detail: String,
    },
    /// It happened by itself.
    Happened,
}

/// What can or will happen next.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Next {
    /// What, as a sentence without its end.
    pub what: String,
    /// The chain's name.
    pub chain: String,
    /// The earliest time.
    pub earliest: Time,
    /// Who may.
    pub who: String,
}

/// An expectation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Check {
    /// The scenario's step, from 1.
    pub step: usize,
    /// The line of the scenario's file.
    pub line: usize,
    /// What is compared.
    pub what: String,
    /// What was expected.
    pub expected: String,
    /// What was found.
    pub actual: String,
    /// Whether they agree.
    pub passed: bool,
}

/// An election.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Election {
    /// Its index.
    pub index: u64,
    /// Its proposal's id, in decimal.
    pub proposal: String,
    /// The name of the cohort that was up.
    pub cohort: String,
    /// Seats.
    pub seats: usize,
    /// Its phase in the end.
    pub phase: String,
    /// Votes that make a nominee.
    pub threshold: Option<Amount>,
    /// The last L1 blocks of the phases, in order: registration, endorsement, vetting; full weight and voting where there was a
    /// member election.
    pub deadlines: Vec<PhaseEnd>,
    /// Everybody who ran, in the order of registration.
    pub contenders: Vec<Contender>,
    /// The weight of the last who was elected.
    pub cut_line: Option<Amount>,
    /// Each nominee's weight over time, in the order of the final standings.
    pub series: Vec<Series>,
}

/// The end of a phase.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PhaseEnd {
    /// The phase: `registration`, `endorsement`, `vetting`, `snapshot`, `full weight`, `voting`.
    pub phase: &'static str,
    /// Its last L1 block.
    pub l1_block: u64,
    /// Its time.
    pub time: Time,
}

/// Somebody who ran.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Contender {
    /// Who.
    pub person: Person,
    /// Endorsing votes.
    pub endorsed: Amount,
    /// Whether a nominee.
    pub nominee: bool,
    /// Whether excluded by the vetter.
    pub excluded: bool,
    /// Whether brought in by the vetter.
    pub included: bool,
    /// Weight in the member election, for those who stood in it.
    pub weight: Option<Amount>,
    /// Whether elected, or ahead where voting is not over.
    pub elected: bool,
}

/// A nominee's weight over time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Series {
    /// Who.
    pub nominee: Person,
    /// Whether elected.
    pub elected: bool,
    /// L1 block, time in Unix seconds, weight; ascending. The first is the beginning of voting.
    pub points: Vec<Point>,
}

/// A nominee's weight at a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Point {
    /// The L1 block.
    pub l1_block: u64,
    /// Unix seconds.
    pub seconds: u64,
    /// The weight.
    pub weight: Amount,
}

/// The council before and after, by the manager.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Seats {
    /// The cohorts, in order.
    pub cohorts: Vec<CohortChange>,
}

/// A cohort before and after.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CohortChange {
    /// Its name.
    pub name: String,
    /// Who sat.
    pub before: Vec<Person>,
    /// Who sits.
    pub after: Vec<Person>,
}

/// A Safe before and after.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Safe {
    /// Its name.
    pub name: String,
    /// Its chain's name.
    pub chain: String,
    /// Its chain's name for people.
    pub chain_title: String,
    /// Its address.
    pub address: Address,
    /// Signatures it takes.
    pub threshold: u64,
    /// Its owners, in the Safe's order.
    pub owners: Vec<Person>,
    /// Owners who are new.
    pub added: Vec<Person>,
    /// Owners who are gone.
    pub removed: Vec<Person>,
    /// Owners who stayed.
    pub kept: Vec<Person>,
    /// Whether its owners are the council.
    pub in_line: bool,
    /// The nonce of the last update that reached it.
    pub update_nonce: u64,
}

/// An update on its way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Update {
    /// Its nonce; none for an operation that is no update.
    pub nonce: Option<u64>,
    /// The salt of its operations.
    pub salt: Option<B256>,
    /// The id of its operation on the core timelock.
    pub operation: B256,
    /// The id of its operation on the L1 timelock.
    pub l1_operation: Option<B256>,
    /// The hash of its message to the L1.
    pub message: Option<B256>,
    /// When it was scheduled.
    pub scheduled: Time,
    /// Where it goes, and what became of it there.
    pub deliveries: Vec<Delivery>,
}

/// One destination of an update.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Delivery {
    /// The chain's name.
    pub chain: Option<String>,
    /// The Safes.
    pub safes: Vec<String>,
    /// The ticket it travelled in.
    pub ticket: Option<B256>,
    /// What became of it: `waiting`, `travelling`, `lost`, `redeemable`, `expired`, `delivered`, `came too late`, `cancelled`.
    pub state: &'static str,
    /// When it was delivered.
    pub time: Option<Time>,
}

/// Sums.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Totals {
    /// Steps of the scenario.
    pub steps: usize,
    /// Transactions, those of the voters' model included.
    pub transactions: u64,
    /// Gas they used.
    pub gas: u64,
    /// Endorsements and votes that the model cast.
    pub modelled_votes: u64,
    /// Transactions that carried a signature which was checked.
    pub signed: u64,
}
