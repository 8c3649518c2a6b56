//! What a person can do with a council and see of it, over any provider.
//!
//! ```text
//! Deployment + providers ─▶ Council ─┬─ actions ─▶ Prepared ─▶ send: a node's account, or a signer ─▶ Done
//!                                    └─ views ───▶ elections, the council per Safe, updates under way, proposals
//! ```
//!
//! The crate does not know whether the chain behind a provider is embedded or live. It reads no clock but that of the
//! chains' blocks. Nobody else builds calldata: the console, the scenario runner and the command line act and look through
//! this crate.

pub mod actions;
pub mod council;
pub mod deployment;
pub mod election;
mod logs;
pub mod messages;
pub mod revert;
pub mod route;
pub mod send;
pub mod signing;
pub mod views;

pub use actions::{Action, Prepared, Support};
pub use council::{Council, Deadline, L1Clock, Moment, ReadError};
pub use deployment::{BridgeSite, ChainSite, Deployment, DeploymentError, SafeSite};
pub use election::{Proposal, ProposalState, election_id};
pub use revert::Revert;
pub use send::{Done, SendError, root_cause};
