//! Transactions packed one after the other, which a Safe delegate-calls as one.
//!
//! ```text
//! operation (1) │ target (20) │ value (32) │ length (32) │ data … │ operation …
//! ```
//! One that fails undoes all, without data. Source: the interface and documented behaviour of the deployed libraries of
//! Safe 1.3.0 and 1.4.1. Deliberate deviation: a transaction cut off at the end is refused, where the reference reads on in memory.

use alloy_primitives::{Address, U256};
use stylus_sdk::host::VM;

use crate::{
    call::{call, delegate_call},
    revert::{Outcome, Revert},
};

/// Bytes ahead of a transaction's data.
pub const HEAD: usize = 1 + 20 + 32 + 32;

/// One of the packed transactions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Packed<'a> {
    /// 0 for a call, 1 for a delegate call.
    pub operation: u8,
    /// The target.
    pub to: Address,
    /// Wei.
    pub value: U256,
    /// Calldata.
    pub data: &'a [u8],
}

/// Takes the first transaction off, and returns it with the rest. `None` when it is cut off.
#[must_use]
pub fn split_first(packed: &[u8]) -> Option<(Packed<'_>, &[u8])> {
    let (head, rest) = packed.split_at_checked(HEAD)?;
    let length = usize::try_from(U256::from_be_slice(&head[53..])).ok()?;
    let (data, rest) = rest.split_at_checked(length)?;
    let to = Address::from_slice(&head[1..21]);
    Some((Packed { operation: head[0], to, value: U256::from_be_slice(&head[21..53]), data }, rest))
}

/// Makes the transactions, delegate calls only where they are allowed.
///
/// # Errors
/// No data: when one fails, is cut off or has no such operation.
pub fn run(vm: &VM, mut packed: &[u8], delegate_calls: bool) -> Outcome {
    while !packed.is_empty() {
        let (transaction, rest) = split_first(packed).ok_or_else(Revert::empty)?;
        let Packed { operation, to, value, data } = transaction;
        let returned = match operation {
            0 => call(vm, to, value, data),
            1 if delegate_calls => delegate_call(vm, to, data),
            _ => return Err(Revert::empty()),
        };
        returned.map_err(|_| Revert::empty())?;
        packed = rest;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use alloc::vec::Vec;

    use super::*;

    fn packed(length: u8, data: &[u8]) -> Vec<u8> {
        [&[1][..], &[7; 20], &[0; 31], &[5], &[0; 31], &[length], data].concat()
    }

    #[test]
    fn takes_one_off_after_the_other() {
        let two = [packed(3, b"abc"), packed(0, b"")].concat();
        let (first, rest) = split_first(&two).unwrap();
        let to = Address::repeat_byte(7);
        assert_eq!(first, Packed { operation: 1, to, value: U256::from(5), data: b"abc" });
        let (second, rest) = split_first(rest).unwrap();
        assert_eq!((second.data, rest), (&b""[..], &b""[..]));
    }

    #[test]
    fn refuses_what_is_cut_off() {
        assert_eq!(split_first(&packed(4, b"abc")), None);
        assert_eq!(split_first(&packed(0, b"")[..HEAD - 1]), None);
        let mut endless = packed(0, b"abc");
        endless[53..85].fill(0xff);
        assert_eq!(split_first(&endless), None);
    }
}
