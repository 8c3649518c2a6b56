//! Values and calls in words.

use std::fmt::Write as _;

use alloy_primitives::{Address, B256, U256, hex};

use crate::{
    book::Book,
    decode::{Decoded, Span, Value},
    node::{Field, Manner, Node},
    units::{self, Unit},
};

/// Characters of a value's text.
const MOST_CHARACTERS: usize = 4_096;
/// Bytes that are shown whole.
const MOST_HEX: usize = 64;

/// Says what addresses are called on a chain.
#[derive(Clone, Copy)]
pub(crate) struct Words<'a> {
    pub(crate) book: &'a Book,
    pub(crate) payload: &'a [u8],
    pub(crate) chain: Option<u64>,
}

/// The unit of a number, as far as it is known.
enum Measure {
    Known(Unit),
    /// Units of a token that the book does not know.
    Of(Address),
    Role,
}

impl Words<'_> {
    /// What an address is called, or the address.
    pub(crate) fn label(&self, address: Address) -> String {
        self.book.entry(self.chain, address).map_or_else(|| address.to_string(), |entry| entry.name.clone())
    }

    /// The address, and what it is called.
    pub(crate) fn full(&self, address: Address) -> String {
        let name = self.book.entry(self.chain, address).map(|entry| format!(" ({})", entry.name));
        format!("{address}{}", name.unwrap_or_default())
    }

    /// A value with the measure that `sentence` gives its parameter.
    pub(crate) fn field(
        &self,
        sentence: &str,
        name: &str,
        decoded: &Decoded,
        others: &[(String, Decoded)],
        callee: Option<Address>,
    ) -> String {
        let measure = self.measure(sentence, name, others, callee);
        let mut text = String::new();
        self.write(&mut text, decoded, &measure, true);
        text
    }

    fn measure(&self, sentence: &str, name: &str, others: &[(String, Decoded)], callee: Option<Address>) -> Measure {
        let unit = sentence.split('{').find_map(|part| part.split_once('}')?.0.strip_prefix(name)?.strip_prefix(':'));
        let of = |token: Option<Address>| match token {
            None => Measure::Known(Unit::Plain),
            Some(token) => {
                let unit = self.book.entry(self.chain, token).and_then(|entry| entry.unit.clone());
                unit.map_or(Measure::Of(token), Measure::Known)
            }
        };
        match unit {
            Some("wei") => Measure::Known(Unit::Wei),
            Some("gwei") => Measure::Known(Unit::GasPrice),
            Some("seconds") => Measure::Known(Unit::Seconds),
            Some("time") => Measure::Known(Unit::Time),
            Some("blocks") => Measure::Known(Unit::L1Blocks),
            Some("role") => Measure::Role,
            Some("self") => of(callee),
            Some(token) if token.starts_with("token(") => {
                let name = &token["token(".len()..token.len() - 1];
                of(others.iter().find(|(other, _)| other == name).and_then(|(_, decoded)| match decoded.value {
                    Value::Address(address) => Some(address),
                    _ => None,
                }))
            }
            _ => Measure::Known(Unit::Plain),
        }
    }

    fn write(&self, out: &mut String, decoded: &Decoded, measure: &Measure, full: bool) {
        if out.len() > MOST_CHARACTERS {
            return;
        }
        match &decoded.value {
            Value::Address(address) => {
                out.push_str(&if full { self.full(*address) } else { self.label(*address) });
            }
            Value::Bool(truth) => out.push_str(if *truth { "yes" } else { "no" }),
            Value::Uint(number) => out.push_str(&self.number(*number, measure)),
            Value::Int(number) => out.push_str(&number.to_string()),
            Value::FixedBytes(word, bytes) => out.push_str(&fixed(*word, *bytes, measure)),
            Value::Bytes(span) => out.push_str(&self.bytes(*span)),
            Value::String(span) => {
                let text = String::from_utf8_lossy(span.of(self.payload));
                let short: String = text.chars().take(200).collect();
                let _ = write!(out, "\"{}\"", short.escape_debug());
                if short.len() < text.len() {
                    let _ = write!(out, "… ({} bytes)", span.len);
                }
            }
            Value::List(items) | Value::Tuple(items) => {
                let list = matches!(decoded.value, Value::List(_));
                out.push(if list { '[' } else { '(' });
                for (i, item) in items.iter().enumerate() {
                    if i > 0 {
                        out.push_str(", ");
                    }
                    if out.len() > MOST_CHARACTERS {
                        let _ = write!(out, "… {} in all", items.len());
                        break;
                    }
                    self.write(out, item, measure, full);
                }
                out.push(if list { ']' } else { ')' });
            }
        }
    }

    fn number(&self, number: U256, measure: &Measure) -> String {
        match measure {
            // Hashes and ids are numbers, too, but nobody groups their digits.
            Measure::Known(Unit::Plain) if number.bit_len() > 128 && number != U256::MAX => number.to_string(),
            Measure::Known(unit) => unit.show(number),
            Measure::Of(_) if number == U256::MAX => "all tokens without limit".to_owned(),
            Measure::Of(token) => format!("{} units of {}", units::grouped(&number.to_string()), self.label(*token)),
            Measure::Role => number.to_string(),
        }
    }

    pub(crate) fn bytes(&self, span: Span) -> String {
        let bytes = span.of(self.payload);
        match bytes.get(..MOST_HEX / 2) {
            Some(first) if bytes.len() > MOST_HEX => {
                format!("0x{}… ({} bytes)", hex::encode(first), units::grouped(&bytes.len().to_string()))
            }
            _ => format!("0x{}", hex::encode(bytes)),
        }
    }

    /// Fills the placeholders of a sentence.
    pub(crate) fn fill(&self, sentence: &str, node: &Node) -> String {
        let others: Vec<(String, Decoded)> =
            node.fields.iter().map(|field| (field.name.clone(), field.decoded.clone())).collect();
        let mut text = String::new();
        let mut rest = sentence;
        while let Some((before, after)) = rest.split_once('{') {
            text.push_str(before);
            let (key, after) = after.split_once('}').unwrap_or((after, ""));
            let name = key.split(':').next().unwrap_or_default();
            match name {
                "@" => text.push_str(&node.to.map_or_else(|| "the callee".to_owned(), |to| self.label(to))),
                "$" => text.push_str(&Unit::Wei.show(node.value)),
                _ => {
                    if let Some(field) = node.fields.iter().find(|field| field.name == name) {
                        let measure = self.measure(sentence, name, &others, node.to);
                        self.write(&mut text, &field.decoded, &measure, false);
                    }
                }
            }
            rest = after;
        }
        text.push_str(rest);
        if !sentence.contains("{$}") {
            text.push_str(&along(node));
        }
        text
    }

    /// The sentence of a call without words of its own.
    pub(crate) fn plain(&self, node: &Node) -> String {
        let to = node.to.map_or_else(|| "an unknown contract".to_owned(), |to| self.label(to));
        let name = node.reading.as_ref().and_then(|reading| reading.signature.split('(').next()).unwrap_or_default();
        let arguments: Vec<String> = node.fields.iter().map(|field| short(field, self)).collect();
        let whose = match node.manner {
            Manner::Call => String::new(),
            Manner::Delegate => " in the name of the caller".to_owned(),
        };
        format!("Call {name}({}) of {to}{whose}.{}", arguments.join(", "), along(node))
    }
}

/// An argument in a sentence: whole where it is short.
fn short(field: &Field, words: &Words<'_>) -> String {
    let mut text = String::new();
    words.write(&mut text, &field.decoded, &Measure::Known(Unit::Plain), false);
    if text.chars().count() > 80 { format!("{} …", field.ty) } else { text }
}

fn along(node: &Node) -> String {
    let sends = node.manner == Manner::Call && !node.value.is_zero();
    if sends { format!(" {} go along.", Unit::Wei.show(node.value)) } else { String::new() }
}

fn fixed(word: B256, bytes: usize, measure: &Measure) -> String {
    let role = if matches!(measure, Measure::Role) { units::role(word) } else { None };
    role.map_or_else(|| format!("0x{}", hex::encode(&word[..bytes.min(32)])), str::to_owned)
}
