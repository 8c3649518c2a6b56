//! Replays traces of the deployed reference contracts, bit for bit.
//!
//! A trace lists messages and everything each of them did: success, return or revert data, logs, changed slots, changed
//! balances. The replay runs the same messages on our contracts and compares all of it, both ways: a slot that only we
//! wrote is a difference too. Steps we are known to differ in are listed in `tests/vectors/deviations.txt` with the reason;
//! a listed step that matches is a fault of the list.

pub mod format;
mod replay;

pub use format::Trace;
pub use replay::{Difference, Filter, Report, replay};
