//! What a transaction does, as an indented outline down to the calls it is made of.
//!
//! A call whose function is not known is said to be unknown and shown as bytes; nothing is guessed from a selector that several
//! functions may share without its arguments decoding in full. Bounds: [`MAX_LEVELS`] levels, [`MAX_LINES`] lines.

use std::fmt::Write as _;

use alloy_primitives::{U256, hex};
use alloy_sol_types::SolCall;
use ephor_abi::{
    catalog,
    safe::ISafe::{approveHashCall, execTransactionCall},
};

use crate::{
    calls::{Batch, Call},
    ceremony::Ceremony,
    transaction::{Action, Operation},
};

/// The most levels that are shown.
pub const MAX_LEVELS: usize = 8;
/// The most lines that are shown.
pub const MAX_LINES: usize = 2_000;
/// The most characters of decoded arguments.
const MAX_ARGUMENTS: usize = 600;

/// An outline of what an action does.
#[must_use]
pub fn outline(ceremony: &Ceremony, action: &Action) -> String {
    let mut text = String::new();
    let call = Call {
        to: action.to,
        value: action.value,
        data: action.data.clone(),
        operation: action.operation,
        allow_failure: false,
    };
    let mut lines = 0;
    push(ceremony, &call, 0, &mut lines, &mut text);
    if lines >= MAX_LINES {
        let _ = writeln!(text, "… more than {MAX_LINES} lines: look at the calldata itself");
    }
    text
}

fn push(ceremony: &Ceremony, call: &Call, level: usize, lines: &mut usize, text: &mut String) {
    *lines += 1;
    if *lines >= MAX_LINES {
        return;
    }
    let how = match call.operation {
        Operation::Call => "call",
        Operation::DelegateCall => "DELEGATE CALL (runs as the Safe itself)",
    };
    let value = if call.value.is_zero() {
        String::new()
    } else {
        format!(", {} wei ({} ether)", call.value, ether(call.value))
    };
    let failing = if call.allow_failure { ", may fail without undoing the rest" } else { "" };
    let indent = "  ".repeat(level);
    let what = describe(call);
    let _ = writeln!(text, "{indent}{how} {}{value}{failing}: {what}", ceremony.label(call.to));
    if level + 1 >= MAX_LEVELS {
        return;
    }
    for inner in inner_calls(call) {
        push(ceremony, &inner, level + 1, lines, text);
    }
}

/// The calls that a call consists of, as far as they are known.
fn inner_calls(call: &Call) -> Vec<Call> {
    if let Some((_, calls)) = Batch::decode(&call.data) {
        return calls;
    }
    let transaction = execTransactionCall::abi_decode_validate(&call.data).ok();
    let inner = transaction.and_then(|inner| {
        Some(Call {
            to: inner.to,
            value: inner.value,
            operation: Operation::of_number(inner.operation)?,
            data: inner.data,
            allow_failure: false,
        })
    });
    inner.into_iter().collect()
}

fn describe(call: &Call) -> String {
    if call.data.is_empty() {
        return "a plain transfer, without calldata".to_owned();
    }
    if let Some((batch, calls)) = Batch::decode(&call.data) {
        return format!("{} of {} call{}", batch.name(), calls.len(), if calls.len() == 1 { "" } else { "s" });
    }
    if let Ok(approve) = approveHashCall::abi_decode_validate(&call.data) {
        return format!("approveHash({})", approve.hashToApprove);
    }
    if execTransactionCall::abi_decode_validate(&call.data).is_ok() {
        return "execTransaction of".to_owned();
    }
    if let Some(decoded) = catalog::decode_call(&call.data) {
        // Decoded text of an address book's stranger may hold anything.
        let clean: String = decoded.chars().filter(|c| !c.is_control()).take(MAX_ARGUMENTS).collect();
        return clean;
    }
    let selector = call.data.get(..4).map_or_else(|| "none".to_owned(), hex::encode_prefixed);
    let shown = hex::encode(&call.data[..call.data.len().min(260)]);
    let more = if call.data.len() > 260 { "…" } else { "" };
    format!("UNKNOWN function {selector}, {} bytes: 0x{shown}{more}", call.data.len())
}

fn ether(wei: U256) -> String {
    let unit = U256::from(10).pow(U256::from(18));
    let rest = (wei % unit).to_string();
    let digits = format!("{}.{rest:0>18}", wei / unit);
    digits.trim_end_matches('0').trim_end_matches('.').to_owned()
}
