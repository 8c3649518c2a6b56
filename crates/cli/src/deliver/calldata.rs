//! Calldata as a tree: the call with its arguments, and below it the calls that its arguments contain.
//!
//! An argument of bytes that has the length of a call and whose selector is known is shown as a call below. Where a selector is not
//! known, the bytes are shown as they are: nothing is guessed.

use crate::link::names::Names;
use alloy_primitives::{Bytes, Selector, hex};
use ephor_abi::catalog;
use serde::Serialize;

/// How deep calls are looked for; no path of an update is as deep.
const DEEPEST: usize = 12;
/// The most calls shown: a hostile payload cannot make a tree without end.
const MOST_CALLS: usize = 256;
/// The shortest call with an argument.
const SHORTEST: usize = 4;

/// A call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Call {
    /// The function's signature; none if it is not known.
    pub(crate) function: Option<&'static str>,
    /// The call with named arguments; the bytes if it is not known.
    pub(crate) text: String,
    /// Calls among the arguments.
    pub(crate) calls: Vec<Call>,
}

impl Call {
    /// Decodes calldata.
    pub(crate) fn decode(data: &Bytes) -> Self {
        Self::at(data, DEEPEST, &mut MOST_CALLS.clone())
    }

    fn at(data: &[u8], depth: usize, left: &mut usize) -> Self {
        *left = left.saturating_sub(1);
        let Some((item, text)) = known(data) else {
            let text = if data.is_empty() { "no call".to_owned() } else { hex::encode_prefixed(data) };
            return Self { function: None, text, calls: Vec::new() };
        };
        let mut calls = Vec::new();
        for inner in bytes_in(&text) {
            if depth > 0 && *left > 0 && known(&inner).is_some() {
                calls.push(Self::at(&inner, depth - 1, left));
            }
        }
        Self { function: Some(item.signature), text, calls }
    }

    /// The tree as indented lines, with names beside addresses. What is shown below is not repeated above.
    pub(crate) fn lines(&self, names: &Names, indent: usize, lines: &mut Vec<String>) {
        let text = names.annotate(&shortened(&self.text, !self.calls.is_empty()));
        let unknown = if self.function.is_none() && self.text.starts_with("0x") { "an unknown function: " } else { "" };
        lines.push(format!("{}{unknown}{text}", " ".repeat(indent)));
        for call in &self.calls {
            call.lines(names, indent + 2, lines);
        }
    }
}

fn known(data: &[u8]) -> Option<(catalog::Item, String)> {
    if data.len() < SHORTEST || data.len() % 32 != SHORTEST {
        return None;
    }
    let item = catalog::function(Selector::from(*data.first_chunk::<4>()?))?;
    Some((item, catalog::decode_call(data)?))
}

/// The values in hexadecimal digits of a text.
fn bytes_in(text: &str) -> Vec<Vec<u8>> {
    let mut found = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.find("0x") {
        let digits = rest[at + 2..].bytes().take_while(u8::is_ascii_hexdigit).count();
        let end = at + 2 + digits;
        found.extend(hex::decode(&rest[at + 2..end]).ok());
        rest = &rest[end..];
    }
    found
}

/// The text with long values cut; those that are shown as calls below become "(below)".
fn shortened(text: &str, below: bool) -> String {
    const LONGEST: usize = 2 + 64 * 2;
    let mut shown = String::new();
    let mut rest = text;
    while let Some(at) = rest.find("0x") {
        let digits = rest[at + 2..].bytes().take_while(u8::is_ascii_hexdigit).count();
        let end = at + 2 + digits;
        shown.push_str(&rest[..at]);
        let value = &rest[at..end];
        if below && hex::decode(value).is_ok_and(|bytes| known(&bytes).is_some()) {
            shown.push_str("(below)");
        } else if value.len() > LONGEST {
            shown.push_str(&format!("{}…{} ({} bytes)", &value[..18], &value[value.len() - 8..], digits / 2));
        } else {
            shown.push_str(value);
        }
        rest = &rest[end..];
    }
    shown + rest
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloy_primitives::{Address, B256, U256};
    use alloy_sol_types::SolCall;
    use ephor_abi::{council::ICouncilManager, safe::ISafe, timelock::ITimelock};

    #[test]
    fn shows_a_call_within_a_call() {
        let member = Address::repeat_byte(1);
        let remove = ICouncilManager::removeMemberCall { _member: member }.abi_encode();
        let execute = ITimelock::executeCall {
            target: Address::repeat_byte(2),
            value: U256::ZERO,
            payload: remove.into(),
            predecessor: B256::ZERO,
            salt: B256::ZERO,
        };
        let safe = ISafe::execTransactionCall {
            to: Address::repeat_byte(3),
            value: U256::ZERO,
            data: execute.abi_encode().into(),
            operation: 0,
            safeTxGas: U256::ZERO,
            baseGas: U256::ZERO,
            gasPrice: U256::ZERO,
            gasToken: Address::ZERO,
            refundReceiver: Address::ZERO,
            signatures: Bytes::new(),
        };
        let call = Call::decode(&safe.abi_encode().into());
        assert!(call.text.starts_with("execTransaction {"), "{}", call.text);
        assert_eq!(call.calls[0].function, Some("execute(address,uint256,bytes,bytes32,bytes32)"));
        assert_eq!(call.calls[0].calls[0].text, format!("removeMember {{ _member: {member} }}"));
        let mut lines = Vec::new();
        call.lines(&Names::default(), 0, &mut lines);
        assert_eq!(lines.len(), 3);
        assert!(lines[0].contains("data: (below)"), "{}", lines[0]);
    }

    #[test]
    fn shows_what_it_does_not_know_as_it_is() {
        for data in [vec![], vec![1], vec![1, 2, 3, 4], vec![0xff; 36]] {
            let call = Call::decode(&data.clone().into());
            assert_eq!((call.function, call.calls.len()), (None, 0));
            assert!(data.is_empty() || call.text == hex::encode_prefixed(&data));
        }
    }
}
