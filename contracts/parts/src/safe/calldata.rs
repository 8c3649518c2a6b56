//! Decoding of calldata with the leniency of Solidity 0.7 (ABI coder v1), under which the Safe was compiled.
//!
//! It differs from [`crate::calldata`] in what it accepts:
//!
//! - Dirty bits above a value of fewer than 256 bits are masked off, not refused. An enum is masked to eight bits and checked when it is
//!   used, by an invalid opcode ([`halt`]) instead of a revert.
//! - An offset and a length are at most 2^32, and are counted from the first byte after the selector.
//! - The elements of an array are not looked at: whoever reads one masks it.
//! - The head must be there in full and dynamic values must lie inside the data, else a revert without data, as in every version.

use alloc::vec::Vec;

use alloy_primitives::{Address, B256, U256};

use crate::{
    calldata::{Decode, Decoder},
    revert::{Outcome, Revert},
};

/// The greatest offset and the greatest length.
const LIMIT: u64 = 1 << 32;

/// Stops as an invalid opcode does: all gas is gone, and there is no data. A panic of a contract is just that, natively and as a trap
/// in WASM.
pub fn halt() -> ! {
    panic!("invalid opcode: the reference stops here as well")
}

/// An address: the lower 160 bits of its word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Masked(pub Address);

impl<'a> Decode<'a> for Masked {
    fn decode(from: Decoder<'a>, head: u128) -> Outcome<Self> {
        Ok(Self(Address::from_word(from.word(head))))
    }
}

/// How a Safe reaches the target of a transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operation {
    /// By a call.
    Call,
    /// By a delegate call: the target's code runs as the Safe's own.
    DelegateCall,
}

/// An [`Operation`] not looked at yet: the lower eight bits of its word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OperationByte(u8);

impl OperationByte {
    /// The operation. There is no third: the contract [halts](halt).
    #[must_use]
    pub fn checked(self) -> Operation {
        match self.0 {
            0 => Operation::Call,
            1 => Operation::DelegateCall,
            _ => halt(),
        }
    }
}

impl<'a> Decode<'a> for OperationByte {
    fn decode(from: Decoder<'a>, head: u128) -> Outcome<Self> {
        Ok(Self(from.word(head)[31]))
    }
}

/// `bytes`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Blob<'a>(pub &'a [u8]);

impl<'a> Decode<'a> for Blob<'a> {
    fn decode(from: Decoder<'a>, head: u128) -> Outcome<Self> {
        tail(from, head, 1).map(Self)
    }
}

/// `address[]`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Masks<'a>(&'a [u8]);

impl<'a> Decode<'a> for Masks<'a> {
    fn decode(from: Decoder<'a>, head: u128) -> Outcome<Self> {
        tail(from, head, 32).map(Self)
    }
}

impl Masks<'_> {
    /// The words as they came, dirty bits included.
    #[must_use]
    pub const fn raw(&self) -> &[u8] {
        self.0
    }

    /// The addresses.
    #[must_use]
    pub fn to_vec(&self) -> Vec<Address> {
        self.0.chunks_exact(32).map(|word| Address::from_word(B256::from_slice(word))).collect()
    }
}

/// The elements, of `stride` bytes each, of the dynamic value whose offset is at `head`.
fn tail<'a>(from: Decoder<'a>, head: u128, stride: u64) -> Outcome<&'a [u8]> {
    let limited = |word: B256| U256::from_be_bytes(word.0).try_into().ok().filter(|n: &u64| *n <= LIMIT);
    let offset = limited(from.word(head)).ok_or_else(Revert::empty)?;
    let start = offset + 32;
    if start > from.data().len() as u64 {
        return Err(Revert::empty());
    }
    let length = limited(from.word(u128::from(offset))).ok_or_else(Revert::empty)?;
    let range = usize::try_from(start).ok().zip(usize::try_from(start + length * stride).ok());
    range.and_then(|(start, end)| from.data().get(start..end)).ok_or_else(Revert::empty)
}

#[cfg(test)]
mod tests {
    use alloc::vec;

    use super::*;
    use crate::calldata::decode;

    fn words(words: &[U256]) -> Vec<u8> {
        words.iter().flat_map(U256::to_be_bytes::<32>).collect()
    }

    #[track_caller]
    fn check(offset: U256, length: U256, tail: usize, expected: Option<usize>) {
        let mut data = words(&[offset, length]);
        data.extend(vec![7; tail]);
        let decoded = decode::<(Blob<'_>,)>(&data).map(|(blob,)| blob.0.len());
        assert_eq!(decoded, expected.ok_or_else(Revert::empty));
    }

    #[test]
    fn bytes_lie_inside_the_data() {
        check(U256::from(32), U256::from(3), 3, Some(3));
        check(U256::from(32), U256::from(4), 3, None);
        check(U256::from(33), U256::ZERO, 0, None);
        check(U256::ZERO, U256::from(3), 0, Some(0));
        check(U256::from(32), U256::MAX, 3, None);
        check(U256::MAX, U256::ZERO, 3, None);
    }

    #[test]
    fn dirty_bits_are_masked() {
        let data = words(&[U256::MAX, U256::from(0x101)]);
        let (address, operation) = decode::<(Masked, OperationByte)>(&data).unwrap();
        assert_eq!(address.0, Address::repeat_byte(0xFF));
        assert_eq!(operation.checked(), Operation::DelegateCall);
    }
}
