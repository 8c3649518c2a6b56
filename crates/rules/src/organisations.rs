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
