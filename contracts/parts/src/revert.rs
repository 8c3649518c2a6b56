//! Why a call is refused: the bytes that a contract reverts with.
//!
//! A refusal is data, not control flow: every function of a contract returns `Result<T, Revert>`, and the entry point hands
//! the bytes to the caller. The encodings are Solidity's: nothing, `Error(string)`, `Panic(uint256)` or a custom error.

use alloc::vec::Vec;

use alloy_primitives::U256;
use alloy_sol_types::{Panic, Revert as ErrorString, SolError};

/// The data a call reverts with.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Revert(pub Vec<u8>);

/// What a function of a contract returns.
pub type Outcome<T = ()> = Result<T, Revert>;

impl Revert {
    /// No data at all: calldata that does not decode, ether sent to a function that takes none, an unknown selector.
    #[must_use]
    pub const fn empty() -> Self {
        Self(Vec::new())
    }

    /// `Error(string)`, as `require(…, "reason")` gives it.
    #[must_use]
    pub fn message(reason: &str) -> Self {
        Self(ErrorString::from(reason).abi_encode())
    }

    /// `Panic(uint256)`: 0x01 assertion, 0x11 overflow, 0x12 division by zero, 0x21 enum, 0x32 index, 0x41 allocation.
    #[must_use]
    pub fn panic(code: u8) -> Self {
        Self(Panic { code: U256::from(code) }.abi_encode())
    }

    /// `Panic(0x11)`: checked arithmetic left its range.
    #[must_use]
    pub fn overflow() -> Self {
        Self::panic(0x11)
    }

    /// `Panic(0x32)`: an index beyond the end of an array.
    #[must_use]
    pub fn out_of_bounds() -> Self {
        Self::panic(0x32)
    }

    /// Data that a callee reverted with, handed on as it is.
    #[must_use]
    pub const fn bubble(data: Vec<u8>) -> Self {
        Self(data)
    }
}

impl<E: SolError> From<E> for Revert {
    fn from(error: E) -> Self {
        Self(error.abi_encode())
    }
}

/// `require(condition, "reason")`.
///
/// # Errors
/// `Error(string)` with the reason when the condition does not hold.
#[inline(never)] // Inlined, it makes contracts larger.
pub fn require(condition: bool, reason: &str) -> Outcome {
    if condition { Ok(()) } else { Err(Revert::message(reason)) }
}

/// `if (!condition) revert error`, with the error made only when it is needed.
///
/// # Errors
/// The error when the condition does not hold.
#[inline(never)] // Inlined, it makes contracts larger.
pub fn ensure<E: SolError>(condition: bool, error: impl FnOnce() -> E) -> Outcome {
    if condition { Ok(()) } else { Err(error().into()) }
}

/// Solidity's checked arithmetic: `Panic(0x11)` instead of wrapping around.
pub trait Checked: Sized {
    /// `self + other`.
    ///
    /// # Errors
    /// `Panic(0x11)` on overflow.
    fn plus(self, other: Self) -> Outcome<Self>;
    /// `self - other`.
    ///
    /// # Errors
    /// `Panic(0x11)` below zero.
    fn minus(self, other: Self) -> Outcome<Self>;
    /// `self * other`.
    ///
    /// # Errors
    /// `Panic(0x11)` on overflow.
    fn times(self, other: Self) -> Outcome<Self>;
}

macro_rules! checked {
    ($($ty:ty),*) => {$(
        impl Checked for $ty {
            fn plus(self, other: Self) -> Outcome<Self> {
                self.checked_add(other).ok_or_else(Revert::overflow)
            }
            fn minus(self, other: Self) -> Outcome<Self> {
                self.checked_sub(other).ok_or_else(Revert::overflow)
            }
            fn times(self, other: Self) -> Outcome<Self> {
                self.checked_mul(other).ok_or_else(Revert::overflow)
            }
        }
    )*};
}

checked!(U256, u64, u32);
