//! Scenarios: who takes part, and what they do when, with what must come of it. From TOML.
//!
//! A scenario is meant to be read aloud. It is read whole and checked whole: whatever is wrong is reported at once, with place,
//! cause and remedy, as for charters. What refers to people, Safes or times must exist before anything runs.
//!
//! | section | says |
//! |---|---|
//! | top | `name`, `description`, `charter` (a path from the file), `seed` |
//! | `[clock]` | `start`, a UTC time; `l1_block` and `at`, an L1 block whose time is known; all optional |
//! | `[voters]` | `file`, or `list`, or `count` |
//! | `[contenders]` | `file` and `election`, or `names`, or `count` |
//! | `[model]` | how the crowd of voters votes |
//! | `[[actors]]` | `name`, `address`, `organisation` |
//! | `[[step]]` | `note`, `at`, `who`, `does`, `expect` |
//!
//! People are called by an actor's name, or `delegate-1`, `contender-1`, `member-1`, … in the order of voters, contenders and the
//! charter's members, `vetter`, `anyone`, or by their address.

mod deed;
mod defect;
mod expect;
mod people;
mod read;
mod record;
mod voters;
mod when;

pub use deed::{Candidate, Change, Deed, Fault, Stage};
pub use defect::Defect;
pub use expect::Expect;
pub use people::People;
pub use read::charter_of;
pub use record::{Identity, OwnerChange, Record, Sent, Source, State, Turn, Update};
pub use voters::{Model, Voter};
pub use when::{Base, Mark, When};

use std::path::PathBuf;

use crate::report::{Person, Statement};

/// A scenario.
#[derive(Clone, Debug)]
pub struct Scenario {
    /// Its file, as it was named.
    pub file: String,
    /// Its name.
    pub name: String,
    /// What it is about.
    pub description: String,
    /// The charter it is written for.
    pub charter: PathBuf,
    /// What everything random follows from.
    pub seed: u64,
    /// When the story begins, in Unix seconds; none means a day before the next election is due.
    pub start_seconds: Option<u64>,
    /// An L1 block and its time in Unix seconds, to count blocks from.
    pub anchor: Option<(u64, u64)>,
    /// Who takes part.
    pub people: People,
    /// Who votes, and with what.
    pub voters: Vec<Voter>,
    /// Whether the voters' transactions are signed with keys of their own.
    pub signed: bool,
    /// Who registers when all do, with the time at which they really did, in Unix seconds, where it is known.
    pub contenders: Vec<(Person, Option<u64>)>,
    /// How the crowd votes.
    pub model: Option<Model>,
    /// Where the input comes from.
    pub statements: Vec<Statement>,
    /// What happens.
    pub steps: Vec<Step>,
}

/// A step of a scenario.
#[derive(Clone, Debug)]
pub struct Step {
    /// Its line in the file.
    pub line: usize,
    /// What it is about, for people.
    pub note: Option<String>,
    /// When; none means now.
    pub at: Option<When>,
    /// Who acts; empty where the deed says who.
    pub who: Vec<Person>,
    /// The Safe that acts, by name.
    pub safe: Option<String>,
    /// What is done; none if the step only waits or looks.
    pub does: Option<Deed>,
    /// What must come of it.
    pub expect: Expect,
}
