//! A charter: the parameters and powers of one council, typed and validated, from TOML.
//!
//! Everything that distinguishes one council from another stands in its charter and nowhere in code: chains, token, seats,
//! calendar, periods, thresholds, delays, Safes and roles. `charters/minimal.toml` explains every setting.
//!
//! - [`Charter::load`] and [`Charter::parse`] read a charter whole and check it whole. A charter that loads is sound: what
//!   it refers to exists, thresholds can be reached, elections end before the next begins, every Safe can be updated.
//! - A charter that does not load says everything that is wrong with it at once, each with place, cause and remedy
//!   ([`Faults`]). Where a section cannot be read, what would compare other sections with it is left out, so that no
//!   fault is merely the consequence of another.
//! - Addresses are live ones and serve as labels; a rehearsal chooses its own. Chains have a live and a rehearsal id, and
//!   no rehearsal id may be a live id of the charter.
//!
//! Periods of elections and votes are in L1 blocks, delays in seconds, amounts of tokens in their smallest units.

mod chains;
mod charter;
mod council;
mod document;
mod election;
mod fault;
mod fraction;
mod governance;
mod places;
mod powers;
mod problem;
pub mod reading;
mod safes;
mod token;

pub use chains::{Bridge, Chain, ChainKind};
pub use charter::Charter;
pub use council::{COHORTS, Cohort, Council, Member};
pub use election::Election;
pub use fault::{Fault, Faults};
pub use fraction::{Fraction, TEN_THOUSANDTHS};
pub use governance::{CoreGovernor, Fallback, Removal, Timelocks};
pub use powers::{Contract, Holder, Part, Place, Role, RoleGrant};
pub use problem::{ChainProblem, PowerProblem, Problem, SeatProblem, VoteProblem};
pub use reading::MOST_BYTES;
pub use safes::{Safe, SafeKind};
pub use token::{Holding, Token};
