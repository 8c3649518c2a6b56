//! Every Solidity interface, event, error and role that Ephor speaks, once.
//!
//! Contracts implement these, clients call them, and the explorer of payloads decodes by them. Names are those of the
//! deployed contracts. Enumerations travel as `uint8` and contract types as `address`, which is what the ABI does.
//! The crate has no opinion about what the calls mean: see `ephor-rules` for the decisions and `contracts/` for the state.

#![no_std]
#![allow(
    clippy::too_many_arguments,
    reason = "the macro makes constructors with as many parameters as Solidity's functions"
)]

extern crate alloc;

pub mod batch;
pub mod bridge;
#[cfg(not(target_arch = "wasm32"))]
pub mod catalog;
pub mod common;
pub mod council;
pub mod election;
pub mod governor;
pub mod message;
pub mod proxy;
pub mod roles;
pub mod safe;
pub mod timelock;
pub mod token;
pub mod typed;
