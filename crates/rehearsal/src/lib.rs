//! Rehearsals: a scenario, told in TOML, is run on an embedded network, and what happened is reported.
//!
//! ```text
//! scenario (TOML) + charter ─▶ Scenario ─▶ run: stand up, act at the given times, check what is expected ─▶ Report
//! ```
//!
//! - People act through `ephor-client` and are seen through its views, as on live chains. Only the clock, the faults of bridges and
//!   the making of blocks for crowds of voters are the network's own.
//! - A run is determined by charter, scenario and data: the same input gives the same report, byte for byte.
//! - The first expectation that is not met ends the run.
//! - Nobody's key is needed: accounts are acted for on the rehearsal chains, whose ids no live chain has, and signatures of people
//!   whose keys are not known are stand-ins that only rehearsal chains take. Reports say so.

mod draws;
mod model;
pub mod render;
pub mod report;
mod run;
pub mod scenario;
mod text;

pub use report::Report;
pub use run::{Event, Impossible, Observer, Options, RehearsalError, Silent, Unmet, run};
pub use scenario::Scenario;
