//! The rules of councils as pure functions: calendars, decay, tallies, thresholds, seats, stages.
//!
//! Everything a council's constitution decides is decided here, once, and read by the contracts, the charter, the client
//! and the watcher alike. Invariants, stated as absences:
//!
//! - no input or output, no clock, no EVM, no serialisation, no randomness;
//! - no panics and no silent wrapping: every function is total over its inputs and returns a value or a typed refusal
//!   that carries the offender and the expectation (the one exception is [`calendar`], which says why);
//! - no numbers of any particular council: seats, periods and fractions are arguments.
//!
//! | module | decides |
//! |---|---|
//! | [`calendar`] | when election *n* may start, and which cohort is up |
//! | [`stages`] | which phase a term is in, from blocks and what has been executed |
//! | [`tally`] | what an endorsement or a split vote uses and adds |
//! | [`decay`] | what a vote is worth in the block it is cast |
//! | [`selection`] | who is elected |
//! | [`threshold`] | quorums, success ratios, signatures against seats |
//! | [`membership`] | adding, removing, replacing members of cohorts |
//! | [`owners`] | the changes that turn a Safe's owners into a list of members |
//! | [`organisations`] | who exceeds the seats one organisation may hold |
//! | [`draw`] | the verifiable draw that fills missing seats |
//! | [`division`] | nothing: the arithmetic that the others share |
#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;
#[cfg(test)]
extern crate std;

pub mod calendar;
pub mod decay;
pub mod division;
pub mod draw;
pub mod membership;
pub mod organisations;
pub mod owners;
pub mod selection;
pub mod stages;
pub mod tally;
pub mod threshold;
