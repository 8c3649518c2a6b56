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
            let lost = votes.checked_mul(block - self.full_until).ok_or(DecayError::Overflow { votes })?
                / (self.deadline - self.full_until);
            votes - lost
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
