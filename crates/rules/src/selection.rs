//! Who is elected: the `seats` nominees of greatest weight.
//!
//! On equal weight the one later in the nominee list wins. The result is ascending: the last elected first, the winner
//! last, and among equals the earlier in the list first. Both follow from one comparison, of `weight × 2^16 + index`.
//! Source: seed 004, "the top 6 nominees are selected"; the order is the recorded behaviour of `selectTopNominees`.
//!
//! The best so far are kept in a heap of `seats` entries with the weakest on top: O(n log seats) comparisons, and mostly
//! one comparison a nominee, without sorting all of them.

use crate::decay::WEIGHT_BITS;
use alloc::vec::Vec;
use alloy_primitives::U256;
use core::fmt;

/// Nominees that can be told apart beside a weight in one word.
pub const MOST_NOMINEES: usize = 1 << 16;

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
    let mut best = Best::new(seats);
    for (index, &weight) in weights.iter().enumerate() {
        if weight.bit_len() > WEIGHT_BITS {
            return Err(SelectionError::WeightTooLarge { index, weight });
        }
        best.offer(weight << 16 | U256::from(index));
    }
    Ok(best.into_ascending().into_iter().map(|packed| (packed.as_limbs()[0] & 0xffff) as u16).collect())
}

/// The greatest `seats` words offered, as a binary heap with the least on top.
struct Best {
    seats: usize,
    heap: Vec<U256>,
}

impl Best {
    fn new(seats: usize) -> Self {
        Self { seats, heap: Vec::with_capacity(seats) }
    }

    fn offer(&mut self, packed: U256) {
        if self.heap.len() < self.seats {
            self.heap.push(packed);
            self.sift_up(self.heap.len() - 1);
        } else if self.heap.first().is_some_and(|least| packed > *least) {
            self.heap[0] = packed;
            self.sift_down(self.heap.len());
        }
    }

    /// Sorts the heap in place: the least goes behind the others again and again, then the whole is turned round.
    fn into_ascending(mut self) -> Vec<U256> {
        for end in (1..self.heap.len()).rev() {
            self.heap.swap(0, end);
            self.sift_down(end);
        }
        self.heap.reverse();
        self.heap
    }

    fn sift_up(&mut self, mut at: usize) {
        while at > 0 {
            let parent = (at - 1) / 2;
            if self.heap[parent] <= self.heap[at] {
                return;
            }
            self.heap.swap(parent, at);
            at = parent;
        }
    }

    /// Lets the top of the first `len` entries sink to its place.
    fn sift_down(&mut self, len: usize) {
        let mut at = 0;
        loop {
            let mut least = at;
            for child in [2 * at + 1, 2 * at + 2] {
                if child < len && self.heap[child] < self.heap[least] {
                    least = child;
                }
            }
            if least == at {
                return;
            }
            self.heap.swap(at, least);
            at = least;
        }
    }
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
