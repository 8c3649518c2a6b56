//! The draw that fills seats when an election has too few nominees.
//!
//! The constitution lets the missing seats be filled at random from the outgoing cohort. So that everybody can recompute
//! the draw and nobody can steer it, its randomness is the hash of an L1 block that was announced before it existed.
//! The whole procedure, to be repeated with any keccak tool:
//!
//! 1. Sort the candidates by address, ascending. They are the urn.
//! 2. Let `counter = 0`.
//! 3. For each draw: let `word = keccak256(seed ‖ counter)`, where `seed` is the block hash (32 bytes) and `counter` is 32
//!    bytes, big-endian; add one to `counter`. Let `n` be the candidates left. If `word ≥ 2^256 − (2^256 mod n)`, repeat
//!    with the next counter: those words would favour the low places. Otherwise take out the candidate at place
//!    `word mod n`, counting from zero; the others close up.
//! 4. Repeat 3 until the seats are filled or the urn is empty.
//!
//! Source: seed 004, "Fallback in case of too few candidates". The procedure is ours; the seed leaves it open.

use alloc::vec::Vec;
use alloy_primitives::{Address, B256, U256, keccak256};
use core::fmt;

/// Why there is no draw.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DrawError {
    /// A candidate is in the urn twice, which would double the chance.
    Duplicate {
        /// The candidate.
        candidate: Address,
    },
}

/// Draws up to `seats` of the `candidates` with the given seed, in the order drawn.
///
/// The order in which the candidates are given does not matter.
///
/// # Errors
/// [`DrawError::Duplicate`].
pub fn draw(seed: B256, candidates: &[Address], seats: usize) -> Result<Vec<Address>, DrawError> {
    let mut urn = candidates.to_vec();
    urn.sort_unstable();
    if let Some(pair) = urn.windows(2).find(|pair| pair[0] == pair[1]) {
        return Err(DrawError::Duplicate { candidate: pair[0] });
    }
    let mut drawn = Vec::with_capacity(seats.min(urn.len()));
    let mut counter = U256::ZERO;
    while drawn.len() < seats && !urn.is_empty() {
        let word = word(seed, counter);
        counter = counter.wrapping_add(U256::ONE);
        if let Some(place) = place(word, urn.len()) {
            drawn.push(urn.remove(place));
        }
    }
    Ok(drawn)
}

/// The random word number `counter` of a seed.
fn word(seed: B256, counter: U256) -> U256 {
    let mut preimage = [0u8; 64];
    preimage[..32].copy_from_slice(seed.as_slice());
    preimage[32..].copy_from_slice(&counter.to_be_bytes::<32>());
    keccak256(preimage).into()
}

/// The place among `n` that a word stands for, or nothing for a word that would favour some places.
fn place(word: U256, n: usize) -> Option<usize> {
    let n_word = U256::from(n);
    // 2^256 mod n, without 2^256.
    let surplus = (U256::MAX % n_word).wrapping_add(U256::ONE) % n_word;
    if word > U256::MAX - surplus { None } else { Some((word % n_word).saturating_to()) }
}

impl fmt::Display for DrawError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Duplicate { candidate } => write!(f, "{candidate} is in the urn twice"),
        }
    }
}

impl core::error::Error for DrawError {}
