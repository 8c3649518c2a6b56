//! A council's transactions: what is signed, by whom, and with which effect.
//!
//! ```text
//! recipe, batch, task ─▶ Action + tree of Safes ─▶ hashes at every level ─▶ bundle ─▶ signatures ─▶ execution
//!                                                        │                    │
//!                                         published hashes, devices      verified anew by every signer
//! ```
//! Everything here is a pure function of its inputs: no file is read, nothing printed, no clock or network asked. What comes from outside
//! (bundles, signature files, recipes) is bounded in size and depth before it is looked at, and refused with a reason.

pub mod bundle;
pub mod calls;
pub mod ceremony;
pub mod chunks;
pub mod collection;
pub mod creation;
pub mod difference;
pub mod drill;
pub mod embedded;
pub mod expectation;
pub mod forecast;
pub mod fork;
pub mod formats;
pub mod nesting;
mod number;
pub mod outline;
pub mod recipe;
pub mod release;
pub mod rotation;
pub mod runbook;
pub mod signature;
pub mod simulation;
pub mod state_diff;
pub mod task;
pub mod transaction;
pub mod typed_data;

pub use bundle::{Bundle, BundleError, BundleFinding};
pub use calls::{Batch, Call};
pub use ceremony::{Ceremony, CeremonyError};
pub use collection::{Collection, Known, Level, SignatureFile};
pub use embedded::{Simulation, Stage, World};
pub use nesting::{Approval, SafeNode, Step};
pub use release::{Hashing, Release};
pub use signature::{Consent, Refusal, Signature};
pub use transaction::{Account, Action, Hashes, Operation, Refund};
