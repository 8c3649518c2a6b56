//! How a crowd of voters decides, as far as no chain is needed for it. Everything follows from the seed.

use alloy_primitives::U256;

use crate::{draws::Draws, scenario::Model};

/// How popular each of so many candidates is: 1/n^skew of the first one's popularity for the one in place n of a drawn order.
pub(crate) fn popularity(model: &Model, draws: &mut Draws, candidates: usize) -> Vec<u64> {
    const FIRST: u64 = 1_000_000_000;
    let mut places: Vec<u64> = (1..=candidates as u64).collect();
    draws.shuffle(&mut places);
    places.into_iter().map(|place| (FIRST / place.saturating_pow(model.skew)).max(1)).collect()
}

/// Candidates that one voter chooses: up to `most` different ones, none without popularity.
pub(crate) fn choose(draws: &mut Draws, popularity: &[u64], most: u64) -> Vec<usize> {
    let mut left = popularity.to_vec();
    let mut chosen = Vec::new();
    for _ in 0..=draws.below(most) {
        let Some(at) = draws.weighted(&left) else { break };
        left[at] = 0;
        chosen.push(at);
    }
    chosen
}

/// Votes in equal parts; what is left over goes to the first.
pub(crate) fn shares(votes: U256, parts: usize) -> Vec<U256> {
    if parts == 0 {
        return Vec::new();
    }
    let (each, rest) = votes.div_rem(U256::from(parts));
    let mut shares = vec![each; parts];
    shares[0] += rest;
    shares
}

#[cfg(test)]
mod tests {
    use super::*;

    const MODEL: Model = Model { participation_percent: 50, choices_most: 3, skew: 1, early_percent: 60, batches: 10 };

    #[test]
    fn divides_all_votes_and_no_more() {
        for parts in 1..8usize {
            let shares = shares(U256::from(1_000_003), parts);
            assert_eq!(shares.len(), parts);
            assert_eq!(shares.iter().sum::<U256>(), U256::from(1_000_003));
        }
    }

    #[test]
    fn chooses_different_candidates_and_the_popular_ones_more_often() {
        let mut draws = Draws::new(1, "test");
        let popularity = popularity(&MODEL, &mut draws, 6);
        let mut count = [0u64; 6];
        for _ in 0..2_000 {
            let mut chosen = choose(&mut draws, &popularity, 3);
            assert!((1..=3).contains(&chosen.len()));
            chosen.iter().for_each(|at| count[*at] += 1);
            let chosen_count = chosen.len();
            chosen.sort_unstable();
            chosen.dedup();
            assert_eq!(chosen.len(), chosen_count);
        }
        let most = (0..6).max_by_key(|at| popularity[*at]).unwrap();
        let least = (0..6).min_by_key(|at| popularity[*at]).unwrap();
        assert!(count[most] > 2 * count[least]);
    }

    #[test]
    fn chooses_nobody_where_nobody_can_be_chosen() {
        assert_eq!(choose(&mut Draws::new(1, "test"), &[0, 0], 3), Vec::<usize>::new());
    }
}
