//! Decoding of arguments, bounded, with the place of every value.
//!
//! What decodes here decodes on chain, and to the same values: offsets may overlap and leave gaps, as Solidity allows; words
//! with bits that their type does not have are refused, as Solidity refuses them since 0.8. [`Decoded::at`] counts from the start
//! of the whole payload, so that a fault or a difference can be found in a hex dump.
//!
//! Nothing is copied while decoding: `bytes` and `string` are spans of the payload. Offsets that overlap can nevertheless make a
//! small payload stand for many values, so the values of one payload are counted and so are the bytes they stand for ([`Budget`]).

use alloy_primitives::{Address, B256, I256, U256};
use serde::Serialize;

use crate::{
    budget::Budget,
    types::{Param, Type},
};

/// A part of the payload.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Span {
    /// Its first byte.
    pub start: usize,
    /// The number of its bytes.
    pub len: usize,
}

impl Span {
    /// The byte after the last.
    #[must_use]
    pub const fn end(self) -> usize {
        self.start + self.len
    }

    /// The bytes; none of a span that is not in the payload.
    #[must_use]
    pub fn of(self, payload: &[u8]) -> &[u8] {
        payload.get(self.start..self.end()).unwrap_or_default()
    }

    /// What is left of the span after `bytes`.
    #[must_use]
    pub const fn after(self, bytes: usize) -> Self {
        let bytes = if bytes > self.len { self.len } else { bytes };
        Self { start: self.start + bytes, len: self.len - bytes }
    }
}

/// A decoded value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// An address.
    Address(Address),
    /// A truth value.
    Bool(bool),
    /// An unsigned number.
    Uint(U256),
    /// A signed number.
    Int(I256),
    /// One to 32 bytes, left-aligned, and how many.
    FixedBytes(B256, usize),
    /// Bytes.
    Bytes(Span),
    /// Text, which need not be UTF-8.
    String(Span),
    /// The elements of an array.
    List(Vec<Decoded>),
    /// The members of a tuple.
    Tuple(Vec<Decoded>),
}

/// A decoded value and where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decoded {
    /// The value.
    pub value: Value,
    /// The first byte of its word, of its bytes or of its elements.
    pub at: usize,
}

/// Why arguments do not decode.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, thiserror::Error)]
#[serde(rename_all = "kebab-case", tag = "fault")]
pub enum Fault {
    /// The calldata ends too early.
    #[error("{wanted} bytes are wanted here, and {left} are left")]
    Truncated {
        /// Bytes wanted.
        wanted: usize,
        /// Bytes left.
        left: usize,
    },
    /// An offset leads out of the calldata.
    #[error("the offset {offset} leads beyond the {size} bytes there are")]
    OffsetOutside {
        /// The offset.
        offset: U256,
        /// Bytes there are.
        size: usize,
    },
    /// A length is greater than what is left.
    #[error("the length {length} does not fit into the {left} bytes that are left")]
    LengthOutside {
        /// The length.
        length: U256,
        /// Bytes left.
        left: usize,
    },
    /// A word has bits that its type does not have.
    #[error("the word has bits that {ty} does not have")]
    DirtyWord {
        /// The type.
        ty: String,
    },
    /// The payload stands for more values, or for more bytes, than are looked at.
    #[error("the payload stands for more than is looked at: at most {most} {of}")]
    TooMuch {
        /// The bound.
        most: usize,
        /// Of what.
        of: &'static str,
    },
    /// A packed transaction of a MultiSend says what does not exist.
    #[error("a packed transaction has the operation {operation}; 0 is a call and 1 a delegate call")]
    UnknownOperation {
        /// The operation.
        operation: u8,
    },
}

/// A fault and where it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, thiserror::Error)]
#[error("byte {at}: {fault}")]
pub struct Malformed {
    /// The byte, from the start of the payload.
    pub at: usize,
    /// What is wrong.
    #[serde(flatten)]
    pub fault: Fault,
}

/// Decodes `params` from the arguments in `region`.
///
/// # Errors
/// The first fault.
pub fn decode(payload: &[u8], params: &[Param], region: Span, budget: &mut Budget) -> Result<Vec<Decoded>, Malformed> {
    Reader { payload, budget }.sequence(params.iter().map(|param| &param.ty), region)
}

struct Reader<'a> {
    payload: &'a [u8],
    budget: &'a mut Budget,
}

impl Reader<'_> {
    /// The word at `at`, in calldata that ends where `region` does.
    fn word(&self, region: Span, at: usize) -> Result<B256, Malformed> {
        let end = region.end().min(self.payload.len());
        let word = at.checked_add(32).filter(|after| *after <= end).and_then(|after| self.payload.get(at..after));
        let truncated = || Malformed { at, fault: Fault::Truncated { wanted: 32, left: end.saturating_sub(at) } };
        word.map(B256::from_slice).ok_or_else(truncated)
    }

    fn sequence<'t>(&mut self, types: impl Iterator<Item = &'t Type>, region: Span) -> Result<Vec<Decoded>, Malformed> {
        let mut values = Vec::new();
        let mut at = region.start;
        for ty in types {
            values.push(if ty.is_dynamic() {
                let word = U256::from_be_bytes(self.word(region, at)?.0);
                let inside = usize::try_from(word).ok().filter(|offset| *offset <= region.len);
                let outside = Malformed { at, fault: Fault::OffsetOutside { offset: word, size: region.len } };
                self.tail(ty, region.after(inside.ok_or(outside)?))?
            } else {
                self.inline(ty, region, at)?
            });
            at = at.saturating_add(ty.head_bytes());
        }
        Ok(values)
    }

    /// A value of a static type.
    fn inline(&mut self, ty: &Type, region: Span, at: usize) -> Result<Decoded, Malformed> {
        self.budget.value(at)?;
        let mut members = |types: &mut dyn Iterator<Item = &Type>| {
            let mut at = at;
            let mut values = Vec::new();
            for ty in types {
                values.push(self.inline(ty, region, at)?);
                at = at.saturating_add(ty.head_bytes());
            }
            Ok(values)
        };
        let value = match ty {
            Type::FixedArray(inner, length) => Value::List(members(&mut std::iter::repeat_n(inner.as_ref(), *length))?),
            Type::Tuple(params) => Value::Tuple(members(&mut params.iter().map(|param| &param.ty))?),
            _ => elementary(ty, self.word(region, at)?)
                .ok_or_else(|| Malformed { at, fault: Fault::DirtyWord { ty: ty.to_string() } })?,
        };
        Ok(Decoded { value, at })
    }

    /// A value of a dynamic type, which starts where `region` does.
    fn tail(&mut self, ty: &Type, region: Span) -> Result<Decoded, Malformed> {
        self.budget.value(region.start)?;
        match ty {
            Type::Bytes | Type::String => {
                let (length, rest) = self.length(region, 1)?;
                self.budget.bytes(region.start, length)?;
                let span = Span { start: rest.start, len: length };
                let value = if *ty == Type::Bytes { Value::Bytes(span) } else { Value::String(span) };
                Ok(Decoded { value, at: span.start })
            }
            Type::Array(inner) => {
                let (length, rest) = self.length(region, inner.head_bytes())?;
                let values = self.sequence(std::iter::repeat_n(inner.as_ref(), length), rest)?;
                Ok(Decoded { value: Value::List(values), at: rest.start })
            }
            Type::FixedArray(inner, length) => {
                let values = self.sequence(std::iter::repeat_n(inner.as_ref(), *length), region)?;
                Ok(Decoded { value: Value::List(values), at: region.start })
            }
            Type::Tuple(params) => {
                let values = self.sequence(params.iter().map(|param| &param.ty), region)?;
                Ok(Decoded { value: Value::Tuple(values), at: region.start })
            }
            _ => self.inline(ty, region, region.start),
        }
    }

    /// A length and what follows it, in which as many elements of `bytes` each have room.
    fn length(&self, region: Span, bytes: usize) -> Result<(usize, Span), Malformed> {
        let word = U256::from_be_bytes(self.word(region, region.start)?.0);
        let rest = region.after(32);
        let fits = |length: &usize| length.checked_mul(bytes).is_some_and(|bytes| bytes <= rest.len);
        let length = usize::try_from(word).ok().filter(fits);
        let fault = Fault::LengthOutside { length: word, left: rest.len };
        length.map(|length| (length, rest)).ok_or(Malformed { at: region.start, fault })
    }
}

/// The value of a word; `None` if it has bits that its type does not have.
fn elementary(ty: &Type, word: B256) -> Option<Value> {
    let number = U256::from_be_bytes(word.0);
    match ty {
        Type::Address => word[..12].iter().all(|byte| *byte == 0).then(|| Value::Address(Address::from_word(word))),
        Type::Bool => (number <= U256::ONE).then(|| Value::Bool(!number.is_zero())),
        Type::Uint(bits) => (number.bit_len() <= *bits).then_some(Value::Uint(number)),
        Type::Int(bits) => {
            let signed = I256::from_raw(number);
            let magnitude = if signed.is_negative() { (!number).bit_len() } else { number.bit_len() };
            (magnitude < *bits).then_some(Value::Int(signed))
        }
        Type::FixedBytes(bytes) => {
            word[*bytes..].iter().all(|byte| *byte == 0).then_some(Value::FixedBytes(word, *bytes))
        }
        _ => None,
    }
}

/// Whether the arguments in `region` are encoded as every tool encodes these values; else the first byte that is not.
///
/// Another encoding does the same on chain, but its hash differs, and somebody has made it by hand.
#[must_use]
pub fn unusual(payload: &[u8], params: &[Param], values: &[Decoded], region: Span) -> Option<usize> {
    let mut usual = Vec::with_capacity(region.len);
    encode(payload, params.iter().map(|param| &param.ty).zip(values), &mut usual);
    let actual = region.of(payload);
    let common = usual.iter().zip(actual).take_while(|(a, b)| a == b).count();
    (common < actual.len() || common < usual.len()).then_some(region.start + common)
}

fn encode<'v>(payload: &[u8], items: impl Iterator<Item = (&'v Type, &'v Decoded)> + Clone, out: &mut Vec<u8>) {
    let start = out.len();
    for (ty, item) in items.clone() {
        if ty.is_dynamic() { out.extend([0; 32]) } else { encode_static(ty, &item.value, out) }
    }
    let mut head = start;
    for (ty, item) in items {
        if ty.is_dynamic() {
            let offset = U256::from(out.len() - start).to_be_bytes::<32>();
            out[head..head + 32].copy_from_slice(&offset);
            encode_tail(payload, ty, &item.value, out);
        }
        head += ty.head_bytes();
    }
}

fn encode_static(ty: &Type, value: &Value, out: &mut Vec<u8>) {
    match (ty, value) {
        (Type::FixedArray(inner, _), Value::List(items)) => {
            items.iter().for_each(|item| encode_static(inner, &item.value, out));
        }
        (Type::Tuple(params), Value::Tuple(items)) => {
            params.iter().zip(items).for_each(|(param, item)| encode_static(&param.ty, &item.value, out));
        }
        (_, Value::Address(address)) => out.extend(address.into_word()),
        (_, Value::Bool(truth)) => out.extend(U256::from(*truth).to_be_bytes::<32>()),
        (_, Value::Uint(number)) => out.extend(number.to_be_bytes::<32>()),
        (_, Value::Int(number)) => out.extend(number.into_raw().to_be_bytes::<32>()),
        (_, Value::FixedBytes(word, _)) => out.extend(word),
        _ => {}
    }
}

fn encode_tail(payload: &[u8], ty: &Type, value: &Value, out: &mut Vec<u8>) {
    match (ty, value) {
        (_, Value::Bytes(span) | Value::String(span)) => {
            out.extend(U256::from(span.len).to_be_bytes::<32>());
            out.extend(span.of(payload));
            out.resize(out.len().next_multiple_of(32), 0);
        }
        (Type::Array(inner), Value::List(items)) => {
            out.extend(U256::from(items.len()).to_be_bytes::<32>());
            encode(payload, items.iter().map(|item| (inner.as_ref(), item)), out);
        }
        (Type::FixedArray(inner, _), Value::List(items)) => {
            encode(payload, items.iter().map(|item| (inner.as_ref(), item)), out);
        }
        (Type::Tuple(params), Value::Tuple(items)) => {
            encode(payload, params.iter().map(|param| &param.ty).zip(items), out);
        }
        _ => {}
    }
}
