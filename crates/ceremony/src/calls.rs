//! Several calls in one transaction: making them and taking them apart.
//!
//! A batch is decoded only if encoding it again gives the same bytes; everything else is shown as one call of unknown content. So
//! nothing can hide between the words of calldata, and offsets that overlap or lead back are never followed twice.
//! Bounds: [`MAX_CALLS`] calls, [`MAX_CALLDATA_BYTES`] of calldata.

use alloy_primitives::{Address, Bytes, U256};
use alloy_sol_types::SolCall;
use ephor_abi::batch::{
    IMultiSend::multiSendCall,
    IMulticall3::{Call3, Call3Value, aggregate3Call, aggregate3ValueCall},
};
use serde::{Deserialize, Serialize};

use crate::transaction::Operation;

/// The most calls in a batch.
pub const MAX_CALLS: usize = 4_096;
/// The most bytes of calldata in a transaction: what fits into a transaction of Ethereum.
pub const MAX_CALLDATA_BYTES: usize = 128 * 1024;
/// Bytes ahead of a packed transaction's data: operation, target, value, length.
const PACKED_HEAD: usize = 1 + 20 + 32 + 32;

/// One call of a batch.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Call {
    /// The target.
    pub to: Address,
    /// Wei.
    #[serde(default, with = "crate::number")]
    pub value: U256,
    /// Calldata.
    #[serde(default)]
    pub data: Bytes,
    /// How the target is reached; only `multiSend` mixes both.
    #[serde(default)]
    pub operation: Operation,
    /// Whether the others go on when it fails; only Multicall3 knows such calls.
    #[serde(default)]
    pub allow_failure: bool,
}

/// How calls travel together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Batch {
    /// `aggregate3` of Multicall3: no values.
    Aggregate3,
    /// `aggregate3Value` of Multicall3.
    #[default]
    Aggregate3Value,
    /// `multiSend` of the Safe's libraries.
    MultiSend,
}

/// Calls that cannot be sent as a batch of that kind.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BatchError {
    /// A value where there is no place for it.
    #[error("call {index} carries {value} wei, which {batch} cannot: use {instead}")]
    Value {
        /// Counted from one.
        index: usize,
        /// Wei.
        value: U256,
        /// The kind.
        batch: &'static str,
        /// The kind to use.
        instead: &'static str,
    },
    /// A call that may fail.
    #[error("call {index} may fail, and multiSend knows no such calls: use aggregate3Value, or let it not fail")]
    AllowFailure {
        /// Counted from one.
        index: usize,
    },
    /// A delegate call among calls.
    #[error("call {index} is a delegate call, which Multicall3 does not make: use multiSend")]
    DelegateCall {
        /// Counted from one.
        index: usize,
    },
    /// Nothing to do.
    #[error("there is no call: name at least one")]
    Empty,
    /// Too many.
    #[error("{0} calls are more than the {MAX_CALLS} that a batch may have")]
    TooMany(usize),
    /// Too long.
    #[error("{0} bytes of calldata are more than the {MAX_CALLDATA_BYTES} that fit into a transaction")]
    TooLong(usize),
}

impl Batch {
    /// The function's name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Aggregate3 => "aggregate3",
            Self::Aggregate3Value => "aggregate3Value",
            Self::MultiSend => "multiSend",
        }
    }

    /// The calldata of a batch.
    ///
    /// # Errors
    /// What this kind of batch cannot carry.
    pub fn encode(self, calls: &[Call]) -> Result<Bytes, BatchError> {
        if calls.is_empty() {
            return Err(BatchError::Empty);
        }
        if calls.len() > MAX_CALLS {
            return Err(BatchError::TooMany(calls.len()));
        }
        for (index, call) in (1..).zip(calls) {
            self.check(index, call)?;
        }
        let data = self.encode_unchecked(calls);
        if data.len() > MAX_CALLDATA_BYTES { Err(BatchError::TooLong(data.len())) } else { Ok(data) }
    }

    fn check(self, index: usize, call: &Call) -> Result<(), BatchError> {
        let multi_send = self == Self::MultiSend;
        if self == Self::Aggregate3 && !call.value.is_zero() {
            let instead = Self::Aggregate3Value.name();
            return Err(BatchError::Value { index, value: call.value, batch: self.name(), instead });
        }
        if multi_send && call.allow_failure {
            return Err(BatchError::AllowFailure { index });
        }
        if !multi_send && call.operation == Operation::DelegateCall {
            return Err(BatchError::DelegateCall { index });
        }
        Ok(())
    }

    fn encode_unchecked(self, calls: &[Call]) -> Bytes {
        match self {
            Self::Aggregate3 => {
                let call = |Call { to, data, allow_failure, .. }: &Call| Call3 {
                    target: *to,
                    allowFailure: *allow_failure,
                    callData: data.clone(),
                };
                aggregate3Call { calls: calls.iter().map(call).collect() }.abi_encode().into()
            }
            Self::Aggregate3Value => {
                let call = |Call { to, value, data, allow_failure, .. }: &Call| Call3Value {
                    target: *to,
                    allowFailure: *allow_failure,
                    value: *value,
                    callData: data.clone(),
                };
                aggregate3ValueCall { calls: calls.iter().map(call).collect() }.abi_encode().into()
            }
            Self::MultiSend => {
                let mut transactions = Vec::new();
                for call in calls {
                    transactions.push(call.operation.number());
                    transactions.extend_from_slice(call.to.as_slice());
                    transactions.extend_from_slice(&call.value.to_be_bytes::<32>());
                    transactions.extend_from_slice(&U256::from(call.data.len()).to_be_bytes::<32>());
                    transactions.extend_from_slice(&call.data);
                }
                multiSendCall { transactions: transactions.into() }.abi_encode().into()
            }
        }
    }

    /// Takes a batch apart. `None` for everything that is not the plain encoding of one.
    #[must_use]
    pub fn decode(calldata: &[u8]) -> Option<(Self, Vec<Call>)> {
        let selector: [u8; 4] = calldata.get(..4)?.try_into().ok()?;
        if calldata.len() > MAX_CALLDATA_BYTES || hostile(selector, calldata) {
            return None;
        }
        let operation = Operation::Call;
        let (batch, calls): (Self, Vec<Call>) = match selector {
            aggregate3Call::SELECTOR => {
                let decoded = aggregate3Call::abi_decode_validate(calldata).ok()?;
                let call = |call: Call3| Call {
                    to: call.target,
                    value: U256::ZERO,
                    data: call.callData,
                    operation,
                    allow_failure: call.allowFailure,
                };
                (Self::Aggregate3, decoded.calls.into_iter().map(call).collect())
            }
            aggregate3ValueCall::SELECTOR => {
                let decoded = aggregate3ValueCall::abi_decode_validate(calldata).ok()?;
                let call = |call: Call3Value| Call {
                    to: call.target,
                    value: call.value,
                    data: call.callData,
                    operation,
                    allow_failure: call.allowFailure,
                };
                (Self::Aggregate3Value, decoded.calls.into_iter().map(call).collect())
            }
            multiSendCall::SELECTOR => {
                let decoded = multiSendCall::abi_decode_validate(calldata).ok()?;
                (Self::MultiSend, unpack(&decoded.transactions)?)
            }
            _ => return None,
        };
        (calls.len() <= MAX_CALLS && *batch.encode_unchecked(&calls) == *calldata).then_some((batch, calls))
    }
}

/// Whether an array claims more elements than its calldata has words for, or an element lies outside the plain order: a decoder
/// that follows such offsets copies the same bytes many times.
fn hostile(selector: [u8; 4], calldata: &[u8]) -> bool {
    if selector == multiSendCall::SELECTOR {
        return false;
    }
    let word = |at: usize| calldata.get(at..at + 32).map(U256::from_be_slice);
    let (Some(offset), Some(length)) = (word(4), word(36)) else { return true };
    let Ok(length) = usize::try_from(length) else { return true };
    if offset != U256::from(32) || length > MAX_CALLS {
        return true;
    }
    // In the plain encoding offsets rise strictly, so every byte is reached once.
    let offsets: Option<Vec<U256>> = (0..length).map(|index| word(68 + 32 * index)).collect();
    offsets.is_none_or(|offsets| offsets.windows(2).any(|pair| pair[0] >= pair[1]))
}

fn unpack(mut packed: &[u8]) -> Option<Vec<Call>> {
    let mut calls = Vec::new();
    while !packed.is_empty() {
        let (head, rest) = packed.split_at_checked(PACKED_HEAD)?;
        let length = usize::try_from(U256::from_be_slice(&head[53..])).ok()?;
        let (data, rest) = rest.split_at_checked(length)?;
        calls.push(Call {
            to: Address::from_slice(&head[1..21]),
            value: U256::from_be_slice(&head[21..53]),
            data: Bytes::copy_from_slice(data),
            operation: Operation::of_number(head[0])?,
            allow_failure: false,
        });
        packed = rest;
        if calls.len() > MAX_CALLS {
            return None;
        }
    }
    Some(calls)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call(byte: u8, value: u64) -> Call {
        Call {
            to: Address::repeat_byte(byte),
            value: U256::from(value),
            data: vec![byte; usize::from(byte)].into(),
            operation: Operation::Call,
            allow_failure: false,
        }
    }

    #[test]
    fn batches_come_back_as_they_were() {
        for batch in [Batch::Aggregate3, Batch::Aggregate3Value, Batch::MultiSend] {
            let value = u64::from(batch != Batch::Aggregate3);
            let calls = vec![call(3, value), call(40, 0), call(0, value)];
            let encoded = batch.encode(&calls).unwrap();
            assert_eq!(Batch::decode(&encoded), Some((batch, calls)));
        }
    }

    #[track_caller]
    fn check_refused(batch: Batch, calls: &[Call], expected: &BatchError) {
        assert_eq!(batch.encode(calls).as_ref(), Err(expected));
    }

    #[test]
    fn a_batch_refuses_what_it_cannot_carry() {
        let value =
            BatchError::Value { index: 2, value: U256::from(9), batch: "aggregate3", instead: "aggregate3Value" };
        check_refused(Batch::Aggregate3, &[call(1, 0), call(1, 9)], &value);
        let delegated = Call { operation: Operation::DelegateCall, ..call(1, 0) };
        check_refused(Batch::Aggregate3Value, &[delegated], &BatchError::DelegateCall { index: 1 });
        let failing = Call { allow_failure: true, ..call(1, 0) };
        check_refused(Batch::MultiSend, &[failing], &BatchError::AllowFailure { index: 1 });
        check_refused(Batch::MultiSend, &[], &BatchError::Empty);
        check_refused(Batch::Aggregate3, &vec![call(0, 0); MAX_CALLS + 1], &BatchError::TooMany(MAX_CALLS + 1));
        let long = Call { data: vec![0; MAX_CALLDATA_BYTES].into(), ..call(0, 0) };
        assert!(matches!(Batch::MultiSend.encode(&[long]), Err(BatchError::TooLong(_))));
    }

    #[test]
    fn only_the_plain_encoding_is_taken_apart() {
        let encoded = Batch::Aggregate3Value.encode(&[call(1, 0), call(2, 0)]).unwrap().to_vec();
        let altered = |at: usize, word: U256| {
            let mut altered = encoded.clone();
            altered[at..at + 32].copy_from_slice(&word.to_be_bytes::<32>());
            altered
        };
        // Array far away, endless array, two elements in one place, element beyond the end.
        for hostile in
            [altered(4, U256::MAX), altered(36, U256::MAX), altered(100, U256::from(64)), altered(100, U256::MAX)]
        {
            assert_eq!(Batch::decode(&hostile), None);
        }
        assert_eq!(Batch::decode(&[&encoded[..], &[0]].concat()), None, "a byte behind the end");
        assert_eq!(Batch::decode(&encoded[..encoded.len() - 1]), None);
        assert_eq!(Batch::decode(&[]), None);
    }
}
