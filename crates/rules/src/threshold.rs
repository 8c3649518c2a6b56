//! How many are enough.
//!
//! - A **quorum** is a fraction of the votable supply, rounded down: `supply × numerator / denominator`.
//! - A vote **succeeds** when its For share is strictly greater than the ratio:
//!   `for × denominator > (for + against) × numerator`. Exactly the ratio is not enough. (The constitution says "5/6 of
//!   cast votes are in favour"; the charter's 8,333 / 10,000 is a little less than 5/6.)
//! - A **signature threshold** must be reachable (no more than the seats) and a majority of them.
//! - A threshold of endorsements bounds the **number of nominees**: each needs its own part of the supply.
//!
//! Source: seed 004; the removal governor's recorded behaviour.

use alloy_primitives::U256;
use core::fmt;

/// A fraction of votes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fraction {
    /// Above the line.
    pub numerator: U256,
    /// Below the line.
    pub denominator: U256,
}

/// Why a threshold cannot be computed or is not sound.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ThresholdError {
    /// A product or sum exceeds 256 bits.
    Overflow,
    /// The divisor is zero.
    DivisionByZero,
    /// A fraction greater than one.
    AboveOne {
        /// The fraction.
        fraction: Fraction,
    },
    /// More signatures than seats are asked for.
    AboveSeats {
        /// Signatures asked for.
        threshold: usize,
        /// Seats there are.
        seats: usize,
    },
    /// Half of the seats or fewer would be enough.
    NoMajority {
        /// Signatures asked for.
        threshold: usize,
        /// Seats there are.
        seats: usize,
    },
}

impl Fraction {
    /// A fraction by its two numbers.
    pub fn new(numerator: u64, denominator: u64) -> Self {
        Self { numerator: U256::from(numerator), denominator: U256::from(denominator) }
    }

    /// This fraction of `amount`, rounded down.
    ///
    /// # Errors
    /// [`ThresholdError::Overflow`], [`ThresholdError::DivisionByZero`].
    pub fn of(&self, amount: U256) -> Result<U256, ThresholdError> {
        let product = amount.checked_mul(self.numerator).ok_or(ThresholdError::Overflow)?;
        product.checked_div(self.denominator).ok_or(ThresholdError::DivisionByZero)
    }

    /// Checks that the fraction exists and is at most one.
    ///
    /// # Errors
    /// [`ThresholdError::DivisionByZero`], [`ThresholdError::AboveOne`].
    pub fn check(&self) -> Result<(), ThresholdError> {
        if self.denominator.is_zero() {
            return Err(ThresholdError::DivisionByZero);
        }
        if self.numerator > self.denominator {
            return Err(ThresholdError::AboveOne { fraction: *self });
        }
        Ok(())
    }
}

/// Votes that can be counted: the supply less the excluded votes.
///
/// # Errors
/// [`ThresholdError::Overflow`] when more is excluded than there is.
pub fn votable_supply(supply: U256, excluded: U256) -> Result<U256, ThresholdError> {
    supply.checked_sub(excluded).ok_or(ThresholdError::Overflow)
}

/// Votes needed: `fraction` of `supply`, rounded down.
///
/// # Errors
/// As [`Fraction::of`].
pub fn quorum(supply: U256, fraction: Fraction) -> Result<U256, ThresholdError> {
    fraction.of(supply)
}

/// Whether the For votes are strictly more than `ratio` of For and Against together. No votes at all do not succeed.
///
/// # Errors
/// [`ThresholdError::Overflow`].
pub fn vote_succeeded(for_votes: U256, against_votes: U256, ratio: Fraction) -> Result<bool, ThresholdError> {
    let cast = for_votes.checked_add(against_votes).ok_or(ThresholdError::Overflow)?;
    let have = for_votes.checked_mul(ratio.denominator).ok_or(ThresholdError::Overflow)?;
    let need = cast.checked_mul(ratio.numerator).ok_or(ThresholdError::Overflow)?;
    Ok(have > need)
}

/// The most nominees there can be when each needs `fraction` of the supply: `denominator / numerator`.
///
/// # Errors
/// [`ThresholdError::DivisionByZero`] for a zero numerator.
pub fn most_nominees(fraction: Fraction) -> Result<U256, ThresholdError> {
    fraction.denominator.checked_div(fraction.numerator).ok_or(ThresholdError::DivisionByZero)
}

/// Checks a signature threshold against the seats of a council: reachable, and a majority.
///
/// # Errors
/// [`ThresholdError::AboveSeats`], [`ThresholdError::NoMajority`].
pub fn check_signatures(threshold: usize, seats: usize) -> Result<(), ThresholdError> {
    if threshold > seats {
        return Err(ThresholdError::AboveSeats { threshold, seats });
    }
    if threshold <= seats / 2 {
        return Err(ThresholdError::NoMajority { threshold, seats });
    }
    Ok(())
}

impl fmt::Display for ThresholdError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Overflow => f.write_str("the votes do not fit 256 bits"),
            Self::DivisionByZero => f.write_str("a fraction with a zero divisor"),
            Self::AboveOne { fraction } => {
                write!(f, "the fraction {} / {} is greater than one", fraction.numerator, fraction.denominator)
            }
            Self::AboveSeats { threshold, seats } => {
                write!(f, "a threshold of {threshold} signatures cannot be reached with {seats} seats")
            }
            Self::NoMajority { threshold, seats } => {
                write!(f, "a threshold of {threshold} signatures is no majority of {seats} seats")
            }
        }
    }
}

impl core::error::Error for ThresholdError {}
