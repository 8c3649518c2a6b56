//! How many seats one organisation may hold.
//!
//! The constitution lets no organisation hold more than a given number of seats of the whole council, both cohorts
//! together. It is judged by the vetter while nominees are vetted: going through the nominees from most votes to fewest,
//! those go who would lift their organisation above the cap, counting the members who stay in office and the nominees
//! kept so far. Who belongs to no organisation is never excluded. Source: seed 004, "Compliance check".

use alloc::{collections::BTreeMap, vec::Vec};

/// The nominees, by place, who must be excluded so that no organisation can exceed `most_seats`.
///
/// - `sitting`: the organisations of the members who stay in office (those of the other cohorts);
/// - `nominees`: the organisations of the nominees, most votes first.
pub fn excluded<O: Ord>(sitting: &[Option<O>], nominees: &[Option<O>], most_seats: usize) -> Vec<usize> {
    let mut seats: BTreeMap<&O, usize> = BTreeMap::new();
    for organisation in sitting.iter().flatten() {
        *seats.entry(organisation).or_default() += 1;
    }
    let mut excluded = Vec::new();
    for (index, organisation) in nominees.iter().enumerate() {
        let Some(organisation) = organisation else { continue };
        let held = seats.entry(organisation).or_default();
        if *held < most_seats {
            *held += 1;
        } else {
            excluded.push(index);
        }
    }
    excluded
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[track_caller]
    fn check(sitting: &str, nominees: &str, most_seats: usize, expected: &[usize]) {
        // A letter is an organisation, a dot none.
        let read = |list: &str| list.chars().map(|c| (c != '.').then_some(c)).collect::<Vec<_>>();
        assert_eq!(excluded(&read(sitting), &read(nominees), most_seats), expected);
    }

    #[test]
    fn excludes_those_with_the_fewest_votes_above_the_cap() {
        check("", "aaaa", 3, &[3]);
        check("aa", "abab", 3, &[2]);
        check("aaa", "aba", 3, &[0, 2]);
        check("aaaa", "a", 3, &[0]);
        check("ab", "abcabc", 3, &[]);
    }

    #[test]
    fn who_belongs_to_no_organisation_stays() {
        check("......", ".........", 1, &[]);
        check("", ".a.a", 1, &[3]);
        check("", "a.a", 0, &[0, 2]);
    }

    proptest! {
        #[test]
        fn nobody_exceeds_the_cap_and_nobody_is_excluded_needlessly(
            sitting in proptest::collection::vec(proptest::option::of(0u8..4), 0..6),
            nominees in proptest::collection::vec(proptest::option::of(0u8..4), 0..20),
            most in 0usize..5
        ) {
            let excluded = excluded(&sitting, &nominees, most);
            let mut kept = nominees.clone();
            for index in excluded.iter().rev() {
                kept.remove(*index);
            }
            for organisation in 0..4 {
                let of = |list: &[Option<u8>]| list.iter().filter(|o| **o == Some(organisation)).count();
                let (before, after, wanted) = (of(&sitting), of(&kept), of(&nominees));
                prop_assert_eq!(after, wanted.min(most.saturating_sub(before)));
            }
            prop_assert!(excluded.iter().all(|index| nominees[*index].is_some()));
        }
    }
}
