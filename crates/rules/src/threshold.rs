//! How many are enough.
//!
//! - A **quorum** is a fraction of the votable supply, rounded down: `supply × numerator / denominator`.
//! - A vote **succeeds** when its For share is at least the ratio: `for × denominator ≥ (for + against) × numerator`.
//!   Exactly the ratio is enough. (The constitution says "at least 5/6 of all casted votes are in favor"; the charter's
//!   8,333 / 10,000 is a little less than 5/6.)
//! - A **signature threshold** must be reachable (no more than the seats) and a majority of them.
//! - A threshold of endorsements bounds the **number of nominees**: each needs its own part of the supply.
//!
//! Source: seed 004; the removal governor's recorded behaviour.

use alloy_primitives::{Address, U256, address, uint};
use core::fmt;

use crate::division::quotient;

/// Votes delegated to this address are held out of the votable supply.
pub const EXCLUDE_ADDRESS: Address = address!("00000000000000000000000000000000000a4b86");

/// A nominee election is not initialised with a threshold that more than so many can reach; it may be lowered afterwards.
pub const MOST_NOMINEES_AT_FIRST: U256 = uint!(500_U256);

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
        checked_quotient(product, self.denominator)
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

/// Whether the For votes are at least `ratio` of For and Against together. No votes at all succeed: it is the quorum that asks for some.
///
/// # Errors
/// [`ThresholdError::Overflow`].
pub fn vote_succeeded(for_votes: U256, against_votes: U256, ratio: Fraction) -> Result<bool, ThresholdError> {
    let cast = for_votes.checked_add(against_votes).ok_or(ThresholdError::Overflow)?;
    let have = for_votes.checked_mul(ratio.denominator).ok_or(ThresholdError::Overflow)?;
    let need = cast.checked_mul(ratio.numerator).ok_or(ThresholdError::Overflow)?;
    Ok(have >= need)
}

/// The most nominees there can be when each needs `fraction` of the supply: `denominator / numerator`.
///
/// # Errors
/// [`ThresholdError::DivisionByZero`] for a zero numerator.
pub fn most_nominees(fraction: Fraction) -> Result<U256, ThresholdError> {
    checked_quotient(fraction.denominator, fraction.numerator)
}

fn checked_quotient(numerator: U256, divisor: U256) -> Result<U256, ThresholdError> {
    if divisor.is_zero() { Err(ThresholdError::DivisionByZero) } else { Ok(quotient(numerator, divisor)) }
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

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_quorum_is_rounded_down() {
        #[track_caller]
        fn check(supply: u64, numerator: u64, expected: u64) {
            let quorum = quorum(U256::from(supply), Fraction::new(numerator, 10_000));
            assert_eq!(quorum, Ok(U256::from(expected)));
        }
        check(4_588_999_427, 20, 9_177_998);
        check(499, 20, 0);
        check(500, 20, 1);
        check(500, 10_000, 500);
        check(0, 20, 0);
        let fraction = Fraction::new(20, 10_000);
        assert_eq!(quorum(U256::MAX, fraction), Err(ThresholdError::Overflow));
        assert_eq!(quorum(U256::ONE, Fraction::new(1, 0)), Err(ThresholdError::DivisionByZero));
    }

    #[test]
    fn exactly_the_ratio_succeeds() {
        #[track_caller]
        fn check(for_votes: u64, against_votes: u64, expected: bool) {
            let ratio = Fraction::new(8_333, 10_000);
            assert_eq!(vote_succeeded(U256::from(for_votes), U256::from(against_votes), ratio), Ok(expected));
        }
        check(8_333, 1_667, true);
        check(8_334, 1_667, true);
        check(8_333, 1_668, false);
        check(5, 1, true);
        check(1, 0, true);
        check(0, 0, true);
        check(0, 1, false);
        let ratio = Fraction::new(8_333, 10_000);
        assert_eq!(vote_succeeded(U256::MAX, U256::ONE, ratio), Err(ThresholdError::Overflow));
        assert_eq!(vote_succeeded(U256::MAX, U256::ZERO, ratio), Err(ThresholdError::Overflow));
    }

    #[test]
    fn bounds_the_number_of_nominees() {
        assert_eq!(most_nominees(Fraction::new(20, 10_000)), Ok(U256::from(500)));
        assert_eq!(most_nominees(Fraction::new(19, 10_000)), Ok(U256::from(526)));
        assert_eq!(most_nominees(Fraction::new(0, 10_000)), Err(ThresholdError::DivisionByZero));
    }

    #[test]
    fn signatures_must_be_a_reachable_majority() {
        use ThresholdError as E;
        #[track_caller]
        fn check(threshold: usize, seats: usize, expected: Result<(), ThresholdError>) {
            assert_eq!(check_signatures(threshold, seats), expected);
        }
        check(9, 12, Ok(()));
        check(12, 12, Ok(()));
        check(7, 12, Ok(()));
        check(6, 12, Err(E::NoMajority { threshold: 6, seats: 12 }));
        check(13, 12, Err(E::AboveSeats { threshold: 13, seats: 12 }));
        check(3, 5, Ok(()));
        check(2, 5, Err(E::NoMajority { threshold: 2, seats: 5 }));
        check(0, 0, Err(E::NoMajority { threshold: 0, seats: 0 }));
    }

    #[test]
    fn fractions_are_at_most_one() {
        assert_eq!(Fraction::new(10_000, 10_000).check(), Ok(()));
        let fraction = Fraction::new(10_001, 10_000);
        assert_eq!(fraction.check(), Err(ThresholdError::AboveOne { fraction }));
        assert_eq!(Fraction::new(1, 0).check(), Err(ThresholdError::DivisionByZero));
    }

    #[test]
    fn excluded_votes_do_not_count() {
        assert_eq!(votable_supply(U256::from(10), U256::from(4)), Ok(U256::from(6)));
        assert_eq!(votable_supply(U256::from(4), U256::from(10)), Err(ThresholdError::Overflow));
    }

    proptest! {
        #[test]
        fn no_more_than_the_most_nominees_can_reach_the_quorum(supply in 10_000u64.., numerator in 1u64..=10_000) {
            let fraction = Fraction::new(numerator, 10_000);
            let (quorum, most) = (quorum(U256::from(supply), fraction).unwrap(), most_nominees(fraction).unwrap());
            prop_assert!(quorum * most <= U256::from(supply));
        }

        #[test]
        fn more_for_votes_never_turn_success_into_failure(
            for_votes in 0u64..1 << 60, against_votes in 0u64.., more in 0u64..1 << 60, numerator in 0u64..=10_000
        ) {
            let ratio = Fraction::new(numerator, 10_000);
            let succeeded = |votes: u64| vote_succeeded(U256::from(votes), U256::from(against_votes), ratio).unwrap();
            prop_assert!(!succeeded(for_votes) || succeeded(for_votes + more));
        }
    }
}
