//! Decoding of calldata and of returned data, with the strictness of Solidity 0.8 (ABI coder v2).
//!
//! General decoders accept what Solidity refuses and refuse what it accepts, and a contract that stands in for a deployed
//! one must do neither. The rules, in the order in which they are checked:
//!
//! - The head must be there in full; a value of fewer than 256 bits must have no dirty bits: else a revert without data.
//! - An offset is at most 2^64 − 1 and may point anywhere inside the data, aliases and overlaps included.
//! - A dynamic value copied to memory first reserves its length (`Panic(0x41)` when that cannot be), then must lie inside
//!   the data. A dynamic value left in calldata (`&[u8]`, [`Slice`]) must lie inside the data, and the elements of a
//!   [`Slice`] are checked when they are read: the offset of a dynamic one is a signed number there, so it may point
//!   back, and what it points at before the data is empty.
//! - Bytes after the last value are ignored.

use alloc::vec::Vec;
use core::marker::PhantomData;

use alloy_primitives::{Address, B256, Bytes, FixedBytes, I256, U256};
use alloy_sol_types::{SolValue, sol_data};

use crate::revert::{Outcome, Revert};

const WORD: u128 = 32;

/// Bytes before the data of a call.
const SELECTOR: u128 = 4;

/// Data being decoded, with offsets counted from `base` (the start of the enclosing tuple).
#[derive(Clone, Copy, Debug)]
pub struct Decoder<'a> {
    data: &'a [u8],
    base: u128,
}

impl<'a> Decoder<'a> {
    /// A decoder of arguments (calldata without the selector) or of returned data.
    #[must_use]
    pub const fn new(data: &'a [u8]) -> Self {
        Self { data, base: 0 }
    }

    /// The same data with offsets counted from `base`.
    const fn at(self, base: u128) -> Self {
        Self { data: self.data, base }
    }

    const fn end(&self) -> u128 {
        self.data.len() as u128
    }

    /// All of the data, the head included.
    #[must_use]
    pub const fn data(&self) -> &'a [u8] {
        self.data
    }

    /// The word at `position`. Like `calldataload`, it reads zeros beyond the end.
    #[must_use]
    pub fn word(&self, position: u128) -> B256 {
        let mut word = B256::ZERO;
        let tail = usize::try_from(position).ok().and_then(|position| self.data.get(position..));
        word.0.iter_mut().zip(tail.unwrap_or_default()).for_each(|(to, from)| *to = *from);
        word
    }

    /// The bytes `from..from + len`, which the caller has checked to lie inside the data.
    fn slice(&self, from: u128, len: u128) -> Outcome<&'a [u8]> {
        let range = usize::try_from(from).ok().zip(usize::try_from(from + len).ok());
        range.and_then(|(from, to)| self.data.get(from..to)).ok_or_else(Revert::empty)
    }

    /// Follows the offset stored at `head`: the position of a dynamic value.
    fn follow(&self, head: u128) -> Outcome<u128> {
        let offset = small(self.word(head)).ok_or_else(Revert::empty)?;
        Ok(self.base + u128::from(offset))
    }

    /// Follows the signed offset stored at `head`: the position of a dynamic value, or none if it lies before the data, where
    /// everything is zero. The selector precedes the data, and a length read from within it is never possible.
    fn follow_signed(&self, head: u128) -> Outcome<Option<u128>> {
        let offset = I256::from_be_bytes(self.word(head).0);
        if !offset.is_negative() {
            return self.follow(head).map(Some);
        }
        let position = offset.wrapping_add(I256::from_raw(U256::from(self.base)));
        if !position.is_negative() {
            return u128::try_from(position.into_raw()).map(Some).map_err(|_| Revert::empty());
        }
        if position.unsigned_abs() <= U256::from(SELECTOR) { Err(Revert::empty()) } else { Ok(None) }
    }

    /// The length word at `position` and the position after it. A revert without data if the word is not all there.
    fn length(&self, position: u128) -> Outcome<(B256, u128)> {
        if position + 31 >= self.end() {
            return Err(Revert::empty());
        }
        Ok((self.word(position), position + WORD))
    }
}

/// The word as a number, if it fits in 64 bits.
fn small(word: B256) -> Option<u64> {
    U256::from_be_bytes(word.0).try_into().ok()
}

/// A type that can be decoded.
pub trait Decode<'a>: Sized {
    /// Bytes in the head: 32 for all but static structs.
    const HEAD: u128 = WORD;

    /// Decodes the value whose head is at `head`.
    ///
    /// # Errors
    /// The revert that Solidity gives, see the module.
    fn decode(from: Decoder<'a>, head: u128) -> Outcome<Self>;

    /// Decodes the value as an element of an array left in calldata, whose head is at `head`.
    ///
    /// # Errors
    /// The revert that Solidity gives, see the module.
    fn element(from: Decoder<'a>, head: u128) -> Outcome<Self> {
        Self::decode(from, head)
    }
}

/// A list of arguments or of returned values.
pub trait DecodeAll<'a>: Sized {
    /// Decodes the whole list.
    ///
    /// # Errors
    /// The revert that Solidity gives, see the module.
    fn decode_all(data: &'a [u8]) -> Outcome<Self>;
}

impl<'a> Decode<'a> for U256 {
    fn decode(from: Decoder<'a>, head: u128) -> Outcome<Self> {
        Ok(Self::from_be_bytes(from.word(head).0))
    }
}

impl<'a> Decode<'a> for B256 {
    fn decode(from: Decoder<'a>, head: u128) -> Outcome<Self> {
        Ok(from.word(head))
    }
}

impl<'a> Decode<'a> for FixedBytes<4> {
    fn decode(from: Decoder<'a>, head: u128) -> Outcome<Self> {
        match from.word(head).0.split_first_chunk() {
            Some((bytes, rest)) if rest.iter().all(|byte| *byte == 0) => Ok(Self(*bytes)),
            _ => Err(Revert::empty()),
        }
    }
}

impl<'a> Decode<'a> for Address {
    fn decode(from: Decoder<'a>, head: u128) -> Outcome<Self> {
        match from.word(head).0.split_last_chunk() {
            Some((rest, bytes)) if rest.iter().all(|byte| *byte == 0) => Ok(Self::new(*bytes)),
            _ => Err(Revert::empty()),
        }
    }
}

impl<'a> Decode<'a> for bool {
    fn decode(from: Decoder<'a>, head: u128) -> Outcome<Self> {
        match small(from.word(head)) {
            Some(0) => Ok(false),
            Some(1) => Ok(true),
            _ => Err(Revert::empty()),
        }
    }
}

macro_rules! decode_uint {
    ($($ty:ty),*) => {$(
        impl<'a> Decode<'a> for $ty {
            fn decode(from: Decoder<'a>, head: u128) -> Outcome<Self> {
                small(from.word(head)).and_then(|n| n.try_into().ok()).ok_or_else(Revert::empty)
            }
        }
    )*};
}

decode_uint!(u8, u16, u32, u64);

/// A `uint240`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct U240(pub U256);

impl<'a> Decode<'a> for U240 {
    fn decode(from: Decoder<'a>, head: u128) -> Outcome<Self> {
        let value = U256::decode(from, head)?;
        if value.bit_len() > 240 { Err(Revert::empty()) } else { Ok(Self(value)) }
    }
}

/// Reserves memory for `length` elements of `stride` bytes: `Panic(0x41)` where Solidity's allocator gives up.
fn reserve(length: B256, stride: u128) -> Outcome<u128> {
    let length = u128::from(small(length).ok_or_else(|| Revert::panic(0x41))?);
    let padded = (length * stride).div_ceil(WORD) * WORD + WORD;
    if padded + 0x80 > u128::from(u64::MAX) { Err(Revert::panic(0x41)) } else { Ok(length) }
}

/// `bytes memory` at `position`.
fn memory_bytes(from: Decoder<'_>, position: u128) -> Outcome<&[u8]> {
    let (length, start) = from.length(position)?;
    let length = reserve(length, 1)?;
    if start + length > from.end() {
        return Err(Revert::empty());
    }
    from.slice(start, length)
}

impl<'a> Decode<'a> for Bytes {
    fn decode(from: Decoder<'a>, head: u128) -> Outcome<Self> {
        memory_bytes(from, from.follow(head)?).map(Self::copy_from_slice)
    }
}

/// A `bytes memory` or `string memory`, with the bounds of one and not copied. Solidity does not check UTF-8.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Memory<'a>(pub &'a [u8]);

impl<'a> Decode<'a> for Memory<'a> {
    fn decode(from: Decoder<'a>, head: u128) -> Outcome<Self> {
        memory_bytes(from, from.follow(head)?).map(Self)
    }
}

impl AsRef<[u8]> for Memory<'_> {
    fn as_ref(&self) -> &[u8] {
        self.0
    }
}

impl SolValue for Memory<'_> {
    type SolType = sol_data::Bytes;
}

/// `bytes calldata` at `position`.
fn calldata_bytes(from: Decoder<'_>, position: u128) -> Outcome<&[u8]> {
    let (length, start) = from.length(position)?;
    let length = u128::from(small(length).ok_or_else(Revert::empty)?);
    if start + length > from.end() {
        return Err(Revert::empty());
    }
    from.slice(start, length)
}

/// `bytes calldata` or `string calldata`.
impl<'a> Decode<'a> for &'a [u8] {
    fn decode(from: Decoder<'a>, head: u128) -> Outcome<Self> {
        calldata_bytes(from, from.follow(head)?)
    }

    fn element(from: Decoder<'a>, head: u128) -> Outcome<Self> {
        from.follow_signed(head)?.map_or(Ok(&[]), |position| calldata_bytes(from, position))
    }
}

/// `T[] memory`.
impl<'a, T: Decode<'a>> Decode<'a> for Vec<T> {
    fn decode(from: Decoder<'a>, head: u128) -> Outcome<Self> {
        let (length, start) = from.length(from.follow(head)?)?;
        let length = reserve(length, WORD)?;
        if start + length * T::HEAD > from.end() {
            return Err(Revert::empty());
        }
        // Offsets of dynamic elements are counted from the first element.
        let elements = from.at(start);
        (0..length).map(|i| T::decode(elements, start + i * T::HEAD)).collect()
    }
}

/// `T[] calldata`: its bounds are checked on decoding, its elements when they are read.
#[derive(Clone, Copy, Debug)]
pub struct Slice<'a, T> {
    elements: Decoder<'a>,
    start: u128,
    length: u128,
    of: PhantomData<T>,
}

impl<'a, T: Decode<'a>> Decode<'a> for Slice<'a, T> {
    fn decode(from: Decoder<'a>, head: u128) -> Outcome<Self> {
        let (length, start) = from.length(from.follow(head)?)?;
        let length = u128::from(small(length).ok_or_else(Revert::empty)?);
        if start + length * T::HEAD > from.end() {
            return Err(Revert::empty());
        }
        Ok(Self { elements: from.at(start), start, length, of: PhantomData })
    }
}

impl<'a, T: Decode<'a>> Slice<'a, T> {
    /// The number of elements.
    #[must_use]
    pub fn len(&self) -> usize {
        usize::try_from(self.length).unwrap_or(usize::MAX)
    }

    /// Whether there are none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.length == 0
    }

    /// Element `index`.
    ///
    /// # Errors
    /// `Panic(0x32)` beyond the end; no data when the element does not decode.
    pub fn get(&self, index: usize) -> Outcome<T> {
        let index = index as u128;
        if index >= self.length {
            return Err(Revert::out_of_bounds());
        }
        T::element(self.elements, self.start + index * T::HEAD)
    }

    /// All elements, each decoded when it is reached.
    pub fn iter(&self) -> impl Iterator<Item = Outcome<T>> + '_ {
        (0..self.len()).map(|index| self.get(index))
    }

    /// All elements.
    ///
    /// # Errors
    /// No data when an element does not decode.
    pub fn to_vec(&self) -> Outcome<Vec<T>> {
        self.iter().collect()
    }
}

/// Declares a struct whose members are all static, decoded in place.
#[macro_export]
macro_rules! static_struct {
    ($(#[$meta:meta])* $vis:vis struct $name:ident { $($(#[$fmeta:meta])* $field:ident: $ty:ty),* $(,)? }) => {
        $(#[$meta])*
        $vis struct $name { $($(#[$fmeta])* pub $field: $ty),* }

        impl<'a> $crate::calldata::Decode<'a> for $name {
            const HEAD: u128 = 0 $(+ <$ty as $crate::calldata::Decode<'a>>::HEAD)*;

            fn decode(from: $crate::calldata::Decoder<'a>, head: u128) -> $crate::revert::Outcome<Self> {
                let mut at = head;
                $(
                    let $field = <$ty as $crate::calldata::Decode<'a>>::decode(from, at)?;
                    at += <$ty as $crate::calldata::Decode<'a>>::HEAD;
                )*
                let _ = at;
                Ok(Self { $($field),* })
            }
        }
    };
}

/// Declares a struct with dynamic members, reached through an offset.
#[macro_export]
macro_rules! dynamic_struct {
    ($(#[$meta:meta])* $vis:vis struct $name:ident { $($(#[$fmeta:meta])* $field:ident: $ty:ty),* $(,)? }) => {
        $(#[$meta])*
        $vis struct $name { $($(#[$fmeta])* pub $field: $ty),* }

        impl<'a> $crate::calldata::Decode<'a> for $name {
            fn decode(from: $crate::calldata::Decoder<'a>, head: u128) -> $crate::revert::Outcome<Self> {
                let members = 0 $(+ <$ty as $crate::calldata::Decode<'a>>::HEAD)*;
                let (from, mut at) = from.enter(head, members)?;
                $(
                    let $field = <$ty as $crate::calldata::Decode<'a>>::decode(from, at)?;
                    at += <$ty as $crate::calldata::Decode<'a>>::HEAD;
                )*
                let _ = at;
                Ok(Self { $($field),* })
            }
        }
    };
}

impl Decoder<'_> {
    /// Follows the offset at `head` into a struct with `members` bytes of head. Used by [`dynamic_struct!`].
    ///
    /// # Errors
    /// No data when the struct does not lie inside the data.
    pub fn enter(self, head: u128, members: u128) -> Outcome<(Self, u128)> {
        let start = self.follow(head)?;
        if start + members > self.end() {
            return Err(Revert::empty());
        }
        Ok((self.at(start), start))
    }
}

macro_rules! decode_tuple {
    ($($ty:ident),*) => {
        impl<'a, $($ty: Decode<'a>),*> DecodeAll<'a> for ($($ty,)*) {
            #[allow(unused_mut, unused_assignments, unused_variables, non_snake_case, reason = "for every arity, zero included")]
            fn decode_all(data: &'a [u8]) -> Outcome<Self> {
                let from = Decoder::new(data);
                let heads = 0 $(+ $ty::HEAD)*;
                if from.end() < heads {
                    return Err(Revert::empty());
                }
                let mut at = 0;
                $(
                    let $ty = $ty::decode(from, at)?;
                    at += $ty::HEAD;
                )*
                Ok(($($ty,)*))
            }
        }
    };
}

decode_tuple!();
decode_tuple!(A);
decode_tuple!(A, B);
decode_tuple!(A, B, C);
decode_tuple!(A, B, C, D);
decode_tuple!(A, B, C, D, E);
decode_tuple!(A, B, C, D, E, F);
decode_tuple!(A, B, C, D, E, F, G);
decode_tuple!(A, B, C, D, E, F, G, H);
decode_tuple!(A, B, C, D, E, F, G, H, I);
decode_tuple!(A, B, C, D, E, F, G, H, I, J);

/// Decodes a list of values.
///
/// # Errors
/// The revert that Solidity gives, see the module.
pub fn decode<'a, T: DecodeAll<'a>>(data: &'a [u8]) -> Outcome<T> {
    T::decode_all(data)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A list of one byte string whose offset, counted from the first element, is `offset`; behind it a string of `length`.
    #[track_caller]
    fn check(offset: I256, length: u64, expected: &Outcome<&[u8]>) {
        let words = [U256::from(0x20), U256::ONE, offset.into_raw(), U256::from(length), U256::from(0xab) << 248];
        let data: Vec<u8> = words.iter().flat_map(U256::to_be_bytes::<32>).collect();
        let (list,) = decode::<(Slice<'_, &[u8]>,)>(&data).unwrap();
        assert_eq!(&list.get(0), expected);
    }

    fn offset(n: i64) -> I256 {
        I256::try_from(n).unwrap()
    }

    #[test]
    fn reads_an_element_where_its_offset_points() {
        check(offset(0x20), 1, &Ok(&[0xab]));
        check(offset(0x20), 0x20, &Ok(&[&[0xab][..], &[0; 31]].concat()));
        check(offset(0x20), 0x21, &Err(Revert::empty()));
        check(offset(0x41), 0, &Err(Revert::empty()));
        check(I256::MAX, 0, &Err(Revert::empty()));
    }

    #[test]
    fn follows_a_negative_offset_back_to_a_length_in_the_data() {
        // The number of elements, one, is the length, and the offset itself the bytes: `0xff…`.
        check(offset(-0x20), 0, &Ok(&[0xff]));
    }

    #[test]
    fn takes_an_element_before_the_data_for_empty() {
        check(offset(-0x45), 0, &Ok(&[]));
        check(I256::MIN, 0, &Ok(&[]));
    }

    #[test]
    fn refuses_a_length_within_the_selector() {
        check(offset(-0x44), 0, &Err(Revert::empty()));
        check(offset(-0x41), 0, &Err(Revert::empty()));
    }
}
