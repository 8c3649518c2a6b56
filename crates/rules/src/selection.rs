//! Who is elected: the `seats` nominees of greatest weight.
//!
//! On equal weight the one later in the nominee list wins. The result is ascending: the last elected first, the winner
//! last, and among equals the earlier in the list first. Both follow from one comparison, of `weight × 2^16 + index`.
//! Source: seed 004, "the top 6 nominees are selected"; the order is the recorded behaviour of `selectTopNominees`.
//!
//! The best so far are kept in a heap of `seats` entries with the weakest on top: O(n log seats) comparisons, and mostly
//! one comparison a nominee, without sorting all of them.

use crate::decay::WEIGHT_BITS;
use alloc::{collections::BinaryHeap, vec::Vec};
use alloy_primitives::U256;
use core::{cmp::Reverse, fmt};

/// Nominees that a counter of 16 bits can count to the end of: the deployed contract stops at one more (`Panic(0x11)`).
pub const MOST_NOMINEES: usize = (1 << 16) - 1;

/// Why nobody can be selected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SelectionError {
    /// There are fewer nominees than seats.
    TooFew {
        /// Nominees there are.
        nominees: usize,
        /// Seats to fill.
        seats: usize,
    },
    /// There are more nominees than an index of 16 bits can name.
    TooMany {
        /// Nominees there are.
        nominees: usize,
    },
    /// A weight needs more than 240 bits.
    WeightTooLarge {
        /// The nominee, by place in the list.
        index: usize,
        /// The nominee's weight.
        weight: U256,
    },
}

/// The places, in the list of `weights`, of the `seats` greatest: ascending, ties to the later.
///
/// # Errors
/// [`SelectionError`], checked in the order too many, too few, too large.
pub fn select(weights: &[U256], seats: usize) -> Result<Vec<u16>, SelectionError> {
    let nominees = weights.len();
    if nominees > MOST_NOMINEES {
        return Err(SelectionError::TooMany { nominees });
    }
    if nominees < seats {
        return Err(SelectionError::TooFew { nominees, seats });
    }
    let mut best: BinaryHeap<Reverse<U256>> = BinaryHeap::with_capacity(seats);
    for (index, &weight) in weights.iter().enumerate() {
        if weight.bit_len() > WEIGHT_BITS {
            return Err(SelectionError::WeightTooLarge { index, weight });
        }
        let packed = Reverse(weight << 16 | U256::from(index));
        if best.len() < seats {
            best.push(packed);
        } else if let Some(mut least) = best.peek_mut()
            && packed < *least
        {
            *least = packed;
        }
    }
    // Reversed words in ascending order are words in descending order.
    let descending = best.into_sorted_vec();
    Ok(descending.into_iter().rev().map(|Reverse(packed)| (packed.as_limbs()[0] & 0xffff) as u16).collect())
}

impl fmt::Display for SelectionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooFew { nominees, seats } => write!(f, "{nominees} nominees cannot fill {seats} seats"),
            Self::TooMany { nominees } => write!(f, "{nominees} nominees exceed {MOST_NOMINEES}"),
            Self::WeightTooLarge { index, weight } => {
                write!(f, "the weight {weight} of nominee {index} exceeds {WEIGHT_BITS} bits")
            }
        }
    }
}

impl core::error::Error for SelectionError {}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[track_caller]
    fn check(weights: &[u64], seats: usize, expected: Result<&[u16], SelectionError>) {
        let weights: Vec<U256> = weights.iter().copied().map(U256::from).collect();
        assert_eq!(select(&weights, seats), expected.map(<[u16]>::to_vec));
    }

    #[test]
    fn elects_the_heaviest_in_ascending_order() {
        check(&[50, 10, 40, 30, 20], 3, Ok(&[3, 2, 0]));
        check(&[5], 1, Ok(&[0]));
        check(&[], 0, Ok(&[]));
        check(&[1, 2, 3], 0, Ok(&[]));
    }

    #[test]
    fn on_a_tie_the_later_in_the_list_wins() {
        check(&[1, 1, 1, 1], 2, Ok(&[2, 3]));
        check(&[0, 0, 0], 3, Ok(&[0, 1, 2]));
        check(&[2, 1, 2, 1, 2], 4, Ok(&[3, 0, 2, 4]));
    }

    #[test]
    fn refuses_what_cannot_be_selected() {
        check(&[1, 2], 3, Err(SelectionError::TooFew { nominees: 2, seats: 3 }));
        let weight = U256::ONE << WEIGHT_BITS;
        let refused = select(&[U256::ZERO, weight], 1);
        assert_eq!(refused, Err(SelectionError::WeightTooLarge { index: 1, weight }));
        assert_eq!(select(&[weight - U256::ONE, U256::ONE], 1), Ok(alloc::vec![0]));
        let many = alloc::vec![U256::ZERO; MOST_NOMINEES + 1];
        assert_eq!(select(&many, 1), Err(SelectionError::TooMany { nominees: MOST_NOMINEES + 1 }));
        assert_eq!(select(&many[1..], 1), Ok(alloc::vec![u16::MAX - 1]));
    }

    proptest! {
        #[test]
        fn agrees_with_sorting_everybody(
            weights in proptest::collection::vec(prop_oneof![0u64..4, any::<u64>()], 0..600), seats in 0usize..40
        ) {
            prop_assume!(seats <= weights.len());
            let mut order: Vec<u16> = (0..u16::try_from(weights.len()).unwrap()).collect();
            order.sort_by_key(|index| weights[usize::from(*index)]); // Stable, so ties stay in list order.
            let expected = order.split_off(order.len() - seats);
            let weights: Vec<U256> = weights.into_iter().map(U256::from).collect();
            prop_assert_eq!(select(&weights, seats), Ok(expected));
        }
    }
}
