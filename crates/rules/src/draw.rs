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

/// One draw, with all that it takes to repeat it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Drawn {
    /// Who was drawn.
    pub candidate: Address,
    /// The counter whose word decided.
    pub counter: U256,
    /// `keccak256(seed ‖ counter)`.
    pub word: U256,
    /// The candidates in the urn before.
    pub left: usize,
    /// The place in the urn, from zero.
    pub place: usize,
}

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
    Ok(draws(seed, candidates, seats)?.into_iter().map(|drawn| drawn.candidate).collect())
}

/// As [`draw`], with how each of them was drawn.
///
/// # Errors
/// [`DrawError::Duplicate`].
pub fn draws(seed: B256, candidates: &[Address], seats: usize) -> Result<Vec<Drawn>, DrawError> {
    let mut urn = candidates.to_vec();
    urn.sort_unstable();
    if let Some(pair) = urn.windows(2).find(|pair| pair[0] == pair[1]) {
        return Err(DrawError::Duplicate { candidate: pair[0] });
    }
    let mut drawn = Vec::with_capacity(seats.min(urn.len()));
    let mut counter = U256::ZERO;
    while drawn.len() < seats && !urn.is_empty() {
        let (word, left) = (word(seed, counter), urn.len());
        if let Some(place) = place(word, left) {
            drawn.push(Drawn { candidate: urn.remove(place), counter, word, left, place });
        }
        counter = counter.wrapping_add(U256::ONE);
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

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::{collections::BTreeSet, vec};
    use alloy_primitives::b256;
    use proptest::prelude::*;

    fn candidates(list: impl IntoIterator<Item = u8>) -> Vec<Address> {
        list.into_iter().map(Address::with_last_byte).collect()
    }

    #[test]
    fn can_be_recomputed_by_hand() {
        // keccak256(seed ‖ 0) mod 6, keccak256(seed ‖ 1) mod 5, … with the seed of 32 bytes 0x11.
        let seed = B256::repeat_byte(0x11);
        let words: Vec<U256> = (0u8..3).map(|counter| word(seed, U256::from(counter))).collect();
        let mut preimage = vec![0x11u8; 32];
        preimage.extend([0; 31]);
        preimage.push(2);
        assert_eq!(words[2], U256::from_be_bytes(keccak256(&preimage).0));
        let mut urn = candidates(1..=6);
        let mut expected = Vec::new();
        for (word, left) in words.iter().zip([6u8, 5, 4]) {
            expected.push(urn.remove((word % U256::from(left)).to::<usize>()));
        }
        assert_eq!(draw(seed, &candidates([3, 1, 6, 2, 5, 4]), 3), Ok(expected));
    }

    #[test]
    fn does_not_change_from_one_version_to_the_next() {
        // Computed by an independent implementation of keccak and of the procedure above.
        let seed = b256!("c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470");
        let drawn: Vec<u8> = draw(seed, &candidates(1..=6), 6).unwrap().iter().map(|a| a.0[19]).collect();
        assert_eq!(drawn, [4, 1, 6, 2, 3, 5]);
    }

    #[test]
    fn tells_how_each_was_drawn() {
        let seed = B256::repeat_byte(0x11);
        let mut urn = candidates(1..=6);
        for (number, drawn) in draws(seed, &urn.clone(), 4).unwrap().into_iter().enumerate() {
            let words = (word(seed, drawn.counter), U256::from(number), urn.len());
            assert_eq!((drawn.word, drawn.counter, drawn.left), words, "no word of this seed is passed over");
            assert_eq!(drawn.place, (drawn.word % U256::from(urn.len())).to::<usize>());
            assert_eq!(urn.remove(drawn.place), drawn.candidate);
        }
    }

    #[test]
    fn draws_no_more_than_there_are() {
        let seed = B256::repeat_byte(1);
        assert_eq!(draw(seed, &[], 3), Ok(vec![]));
        assert_eq!(draw(seed, &candidates(1..=3), 0), Ok(vec![]));
        assert_eq!(draw(seed, &candidates(1..=3), 9).unwrap().len(), 3);
        let candidate = Address::with_last_byte(2);
        assert_eq!(draw(seed, &candidates([2, 1, 2]), 1), Err(DrawError::Duplicate { candidate }));
    }

    #[test]
    fn rejects_words_that_would_favour_low_places() {
        // 2^256 mod 6 is 4, so the last four words are rejected, and with them nothing is left over.
        let surplus = U256::from(4);
        assert_eq!(place(U256::MAX, 6), None);
        assert_eq!(place(U256::MAX - (surplus - U256::ONE), 6), None);
        assert_eq!(place(U256::MAX - surplus, 6), Some(5));
        assert_eq!(place(U256::ZERO, 6), Some(0));
        // Powers of two divide 2^256: nothing is rejected.
        assert_eq!(place(U256::MAX, 8), Some(7));
        assert_eq!(place(U256::MAX, 1), Some(0));
    }

    #[test]
    fn every_candidate_has_the_same_chance() {
        // 6,000 draws of one in six: 1,000 each, and no more than five standard deviations (29) away.
        let mut count = [0i64; 6];
        for i in 0..6_000u64 {
            let seed = keccak256(i.to_be_bytes());
            let drawn = draw(seed, &candidates(0..6), 1).unwrap();
            count[usize::from(drawn[0].0[19])] += 1;
        }
        assert!(count.iter().all(|n| (n - 1_000).abs() < 145), "{count:?}");
    }

    proptest! {
        #[test]
        fn the_order_of_the_candidates_does_not_matter(
            seed: [u8; 32], list in Just((1u8..=9).collect::<Vec<_>>()).prop_shuffle(), seats in 0usize..10
        ) {
            let drawn = draw(seed.into(), &candidates(list), seats).unwrap();
            prop_assert_eq!(&drawn, &draw(seed.into(), &candidates(1..=9), seats).unwrap());
            prop_assert_eq!(drawn.iter().collect::<BTreeSet<_>>().len(), seats.min(9));
        }

        #[test]
        fn fewer_seats_are_filled_by_the_first_drawn(seed: [u8; 32], seats in 0usize..9) {
            let all = draw(seed.into(), &candidates(1..=9), 9).unwrap();
            prop_assert_eq!(draw(seed.into(), &candidates(1..=9), seats).unwrap(), &all[..seats]);
        }
    }
}
