//! Stands a charter up on an embedded network: chains, bridges, contracts, roles, Safes, tokens.
//!
//! Contracts stand at their live addresses where the charter knows them, so that what is computed from addresses (operation ids,
//! payloads) is what it is on the live chains; elsewhere their addresses are derived from their names. Chain ids are the
//! rehearsal's own, so nothing signed here is valid there. Every contract is brought up by the same calls a deployment
//! makes: constructor, `initialize`, grants, handing over of ownership. What cannot come about by calls in reasonable time
//! (elections held in past years) is written into storage, see [`history`].

mod addresses;
mod builder;
mod governance;
pub mod history;
mod route;
mod safes;
mod stand_up;
mod token;

pub use addresses::{deployment, derived};
pub use stand_up::{Keeping, StandUp, StandUpError, stand_up, stand_up_in};
pub use token::Allocation;
