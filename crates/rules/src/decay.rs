//! The weight of a vote over time.
//!
//! ```text
//! votes ┤  ━━━━━━━━━━╲
//!       │             ╲
//!     0 ┼─┬─────────┬──┬──▶ L1 blocks
//!   snapshot  full_until  deadline
//! ```
//!
//! A vote cast in a block after the snapshot counts in full up to and including `full_until`, then loses
//! `votes × (block − full_until) / (deadline − full_until)`, and is worth nothing after the deadline. The lost part is
//! rounded down, so rounding favours the voter. Source: seed 004, "Member election".
//!
//! Weights are bounded by 240 bits, since the selection of winners packs an index beside them ([`crate::selection`]).

use alloy_primitives::U256;
use core::fmt;

use crate::division::quotient;

/// Bits a weight may have.
pub const WEIGHT_BITS: usize = 240;

/// The L1 blocks between which votes count.
///
/// Expected, not required: `snapshot <= full_until <= deadline`. A `full_until` past the deadline means that no vote
/// decays.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VotingWindow {
    /// The block at which voting power is measured; votes count after it.
    pub snapshot: U256,
    /// The last block in which a vote has its full weight.
    pub full_until: U256,
    /// The last block in which a vote has any weight.
    pub deadline: U256,
}

/// Why a vote has no representable weight.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DecayError {
    /// `votes × blocks since full weight` exceeds 256 bits.
    Overflow {
        /// The votes cast.
        votes: U256,
    },
    /// The weight needs more than [`WEIGHT_BITS`] bits.
    TooLarge {
        /// The weight.
        weight: U256,
    },
}

impl VotingWindow {
    /// The window of an election with the given snapshot, deadline and full-weight duration, all in L1 blocks.
    pub fn new(snapshot: u64, full_weight_blocks: u64, deadline: u64) -> Self {
        Self {
            snapshot: U256::from(snapshot),
            full_until: U256::from(u128::from(snapshot) + u128::from(full_weight_blocks)),
            deadline: U256::from(deadline),
        }
    }

    /// The weight of `votes` cast in `block`; zero outside the window.
    ///
    /// # Errors
    /// [`DecayError::Overflow`] and [`DecayError::TooLarge`], both only for votes far beyond any token's supply.
    pub fn weight(&self, votes: U256, block: U256) -> Result<U256, DecayError> {
        if block <= self.snapshot || block > self.deadline {
            return Ok(U256::ZERO);
        }
        let weight = if block <= self.full_until {
            votes
        } else {
            // `full_until < block <= deadline`, so neither difference wraps, the divisor is not zero, and no more than all is lost.
            let product = votes.checked_mul(block - self.full_until).ok_or(DecayError::Overflow { votes })?;
            votes - quotient(product, self.deadline - self.full_until)
        };
        if weight.bit_len() > WEIGHT_BITS { Err(DecayError::TooLarge { weight }) } else { Ok(weight) }
    }
}

impl fmt::Display for DecayError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Overflow { votes } => write!(f, "{votes} votes are too many to be weighed"),
            Self::TooLarge { weight } => write!(f, "a weight of {weight} exceeds {WEIGHT_BITS} bits"),
        }
    }
}

impl core::error::Error for DecayError {}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn weighs_votes_by_the_block_in_which_they_are_cast() {
        let window = VotingWindow::new(1_000, 50_400, 1_000 + 151_200);
        #[track_caller]
        fn check(window: &VotingWindow, votes: u64, block: u64, expected: u64) {
            assert_eq!(window.weight(U256::from(votes), U256::from(block)), Ok(U256::from(expected)));
        }
        check(&window, 100, 0, 0);
        check(&window, 100, 1_000, 0);
        check(&window, 100, 1_001, 100);
        check(&window, 100, 51_400, 100);
        // One block later nothing is lost yet: the loss is rounded down.
        check(&window, 100, 51_401, 100);
        check(&window, 100_800, 51_401, 100_799);
        check(&window, 1_000_000, 51_400 + 50_400, 500_000);
        check(&window, 1, 152_199, 1);
        check(&window, 1, 152_200, 0);
        check(&window, 1_000_000, 152_201, 0);
    }

    #[test]
    fn a_vote_does_not_decay_where_full_weight_lasts_to_the_end_or_beyond() {
        for full_weight in [100, 101, u64::MAX] {
            let window = VotingWindow::new(u64::MAX - 100, full_weight, u64::MAX);
            assert_eq!(window.weight(U256::from(7), U256::from(u64::MAX)), Ok(U256::from(7)));
        }
    }

    #[test]
    fn refuses_weights_that_cannot_be_represented() {
        let window = VotingWindow::new(0, 10, 20);
        let most = U256::MAX >> 16;
        assert_eq!(window.weight(most, U256::from(10)), Ok(most));
        let votes = most + U256::ONE;
        assert_eq!(window.weight(votes, U256::from(10)), Err(DecayError::TooLarge { weight: votes }));
        assert_eq!(window.weight(U256::MAX, U256::from(12)), Err(DecayError::Overflow { votes: U256::MAX }));
        assert_eq!(window.weight(U256::MAX, U256::from(21)), Ok(U256::ZERO));
    }

    proptest! {
        #[test]
        fn agrees_with_exact_arithmetic_and_never_rises(
            votes in 0u64.., full in 0u64..1_000, decay in 1u64..1_000, snapshot in 0u64..1_000, block in 1u64..3_000
        ) {
            let window = VotingWindow::new(snapshot, full, snapshot + full + decay);
            let weight = |block: u64| window.weight(U256::from(votes), U256::from(block)).unwrap();
            let passed = block.saturating_sub(snapshot + full).min(decay);
            let expected = if block <= snapshot || block > snapshot + full + decay {
                0
            } else {
                u128::from(votes) - u128::from(votes) * u128::from(passed) / u128::from(decay)
            };
            prop_assert_eq!(weight(block), U256::from(expected));
            if block > snapshot {
                prop_assert!(weight(block + 1) <= weight(block));
            }
        }

        #[test]
        fn never_panics(words: [[u64; 4]; 5]) {
            let [snapshot, full_until, deadline, votes, block] = words.map(U256::from_limbs);
            let _ = VotingWindow { snapshot, full_until, deadline }.weight(votes, block);
        }
    }
}
