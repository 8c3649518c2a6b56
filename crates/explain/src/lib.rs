//! What a governance payload does, to the leaves, and whether it is what was voted.
//!
//! ```text
//! calldata ─▶ explain ─▶ tree: proposal ─▶ operation ─▶ message ─▶ operation ─▶ ticket ─▶ executor ─▶ the call in the end
//!                          │     each node: names, units, a sentence, what it will be called (ids), what to beware of
//! voted ───▶ tree ─┐
//! presented ▶ tree ┴─▶ verify ─▶ the same, and where it sits │ the differences: node, field, both values, both bytes
//! ```
//!
//! - Everything is computed from the calldata and what is passed in: the crate does no I/O, asks no chain and knows no clock.
//! - A selector is never guessed silently. [`Basis`] says whether the address book confirms the reading; unknown
//!   functions stay unknown; what is ambiguous says so.
//! - Hostile payloads are decoded within the bounds of [`budget`], never panic, and end in nodes that say what is wrong at
//!   which byte. Offsets count from the start of the payload's calldata, through all levels of nesting.
//! - Two payloads are the same only if they do the same in the same name: leaves alone are not compared, but the operations
//!   they are in, by their ids.

pub mod book;
pub mod budget;
pub mod decode;
mod difference;
mod expand;
pub mod ids;
pub mod input;
mod json;
mod lexicon;
mod node;
mod phrases;
mod render;
pub mod strict;
pub mod text;
pub mod types;
pub mod units;
mod verify;
mod walk;
mod words;

use std::collections::BTreeMap;

use alloy_primitives::{Address, U256};

pub use book::{Book, BookError, Entry};
pub use difference::{Difference, Place};
pub use lexicon::{AbiError, Basis, Lexicon};
pub use node::{Explanation, Field, Id, IdKind, Kind, Manner, Node, Note, Payload, Reading};
pub use verify::{Match, Verdict, verify};

use budget::{Budget, MOST_PAYLOAD_BYTES};
use decode::Span;

/// When and where a message to the parent chain was sent, which its hash holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sent {
    /// The child chain's block.
    pub l2_block: U256,
    /// The L1 block.
    pub l1_block: U256,
    /// Seconds since 1970.
    pub timestamp_seconds: U256,
}

/// What becomes known when a retryable ticket is created, which its id holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Submitted {
    /// The number of its message.
    pub message_number: U256,
    /// The L1's base fee, in wei.
    pub l1_base_fee: U256,
    /// What was offered for keeping the ticket, in wei.
    pub submission_cost: U256,
    /// Who gets what fees leave over, as the inbox logged it.
    pub excess_fee_refund: Address,
    /// Who gets the value if the ticket expires, as the inbox logged it; what the ticket says, where it is not given.
    pub call_value_refund: Option<Address>,
}

/// What calldata does not say, but names depend on.
#[derive(Clone, Debug, Default)]
pub struct Facts {
    /// Nonces of Safes.
    pub safe_nonces: BTreeMap<Address, U256>,
    /// Whether the Safes are older than 1.3.0, so that their domains have no chain id.
    pub safe_domain_without_chain: bool,
    /// When the message to the parent chain was sent.
    pub sent: Option<Sent>,
    /// What is known of the tickets, in their order.
    pub tickets: Vec<Submitted>,
}

/// What payloads are explained with.
#[derive(Clone, Debug, Default)]
pub struct Knowledge {
    /// Names.
    pub book: Book,
    /// Functions beside the built-in ones.
    pub lexicon: Lexicon,
    /// What calldata does not say.
    pub facts: Facts,
}

/// A payload that is too long to look at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{bytes} bytes of calldata are more than the {MOST_PAYLOAD_BYTES} that are looked at")]
pub struct TooLong {
    /// Its bytes.
    pub bytes: usize,
}

/// Explains a payload.
///
/// # Errors
/// [`TooLong`]; nothing else about a payload is an error.
pub fn explain(payload: Payload, knowledge: &Knowledge) -> Result<Explanation, TooLong> {
    let bytes = payload.data.len();
    if bytes > MOST_PAYLOAD_BYTES {
        return Err(TooLong { bytes });
    }
    let mut walk = walk::Walk { payload: &payload.data, knowledge, budget: Budget::default(), tickets: 0 };
    let call = walk::Call {
        chain: payload.chain,
        from: payload.from,
        to: payload.to,
        manner: payload.manner,
        value: payload.value,
        data: Span { start: 0, len: bytes },
        depth: 0,
        elsewhere: None,
    };
    let root = match payload.manner {
        Manner::Call => walk.call(call),
        Manner::Delegate => walk.delegate(call),
    };
    Ok(Explanation { payload, root })
}
