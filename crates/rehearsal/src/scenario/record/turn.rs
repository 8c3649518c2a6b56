//! Which change of the council led from one state to the next, told from the cohorts alone.

use alloy_primitives::Address;
use ephor_rules::membership::{Cohorts, MembershipError};

/// A change of one cohort.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Turn {
    /// The whole cohort was replaced, as an election does it.
    Elected {
        /// The cohort, from 0.
        cohort: usize,
    },
    /// A member's key was exchanged. Replacing a member by another person leaves the same trace.
    Rotated {
        /// The cohort, from 0.
        cohort: usize,
        /// The key.
        current: Address,
        /// The key from then on.
        next: Address,
    },
    /// Somebody was added.
    Added {
        /// The cohort, from 0.
        cohort: usize,
        /// Who.
        member: Address,
    },
    /// A member was removed.
    Removed {
        /// The cohort, from 0.
        cohort: usize,
        /// Who.
        member: Address,
    },
}

impl Turn {
    /// The change that was made last on the way from the cohorts `before` to those `after`. Of two cohorts that differ, the one
    /// that differs by a single member; else the first. Where none differs, the first was replaced by itself.
    #[must_use]
    pub fn between(before: &[Vec<Address>; 2], after: &[Vec<Address>; 2]) -> Self {
        let differing = || [0, 1].into_iter().filter(|cohort| before[*cohort] != after[*cohort]);
        let single = differing().find_map(|cohort| Self::single(cohort, &before[cohort], &after[cohort]));
        single.unwrap_or_else(|| Self::Elected { cohort: differing().next().unwrap_or(0) })
    }

    /// The change of a single member that makes one cohort of the other, order and all.
    fn single(cohort: usize, before: &[Address], after: &[Address]) -> Option<Self> {
        let only = |of: &[Address], not: &[Address]| -> Vec<Address> {
            of.iter().filter(|member| !not.contains(member)).copied().collect()
        };
        let (gone, come) = (only(before, after), only(after, before));
        let mut council = Cohorts::trusted(vec![before.to_vec()], before.len().max(after.len()));
        let (done, turn): (Result<_, MembershipError>, _) = match (&gone[..], &come[..]) {
            (&[current], &[next]) => {
                (council.replace(current, next).map(drop), Self::Rotated { cohort, current, next })
            }
            (&[member], []) => (council.remove(member).map(drop), Self::Removed { cohort, member }),
            ([], &[member]) => (council.add(0, member), Self::Added { cohort, member }),
            _ => return None,
        };
        (done.is_ok() && council.cohort(0) == after).then_some(turn)
    }

    /// The cohort that changed, from 0.
    #[must_use]
    pub const fn cohort(&self) -> usize {
        match self {
            Self::Elected { cohort }
            | Self::Rotated { cohort, .. }
            | Self::Added { cohort, .. }
            | Self::Removed { cohort, .. } => *cohort,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cohort(members: &[u8]) -> Vec<Address> {
        members.iter().map(|member| Address::repeat_byte(*member)).collect()
    }

    #[track_caller]
    fn check(before: [&[u8]; 2], after: [&[u8]; 2], turn: &Turn) {
        assert_eq!(Turn::between(&before.map(cohort), &after.map(cohort)), *turn);
    }

    #[test]
    fn tells_what_changed() {
        let member = Address::repeat_byte;
        check([&[1, 2, 3], &[4]], [&[5, 6, 3], &[4]], &Turn::Elected { cohort: 0 });
        check([&[1, 2, 3], &[4]], [&[1, 2, 3], &[4]], &Turn::Elected { cohort: 0 });
        let rotated = Turn::Rotated { cohort: 0, current: member(1), next: member(5) };
        check([&[1, 2, 3], &[4]], [&[3, 2, 5], &[4]], &rotated);
        check([&[4], &[1, 2, 3]], [&[4], &[1, 2]], &Turn::Removed { cohort: 1, member: member(3) });
        check([&[4], &[1, 2]], [&[4], &[1, 2, 3]], &Turn::Added { cohort: 1, member: member(3) });
    }

    #[test]
    fn the_order_decides_between_a_rotation_and_an_election() {
        check([&[1, 2, 3], &[4]], [&[5, 2, 3], &[4]], &Turn::Elected { cohort: 0 });
    }

    #[test]
    fn a_single_change_is_taken_for_the_last() {
        let rotated = Turn::Rotated { cohort: 1, current: Address::repeat_byte(4), next: Address::repeat_byte(7) };
        check([&[1, 2], &[4, 3]], [&[5, 6], &[3, 7]], &rotated);
        check([&[1, 2], &[4, 3]], [&[5, 6], &[7, 8]], &Turn::Elected { cohort: 0 });
    }
}
