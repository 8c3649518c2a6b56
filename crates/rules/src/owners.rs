//! The changes that turn a Safe's owners into a given list of members.
//!
//! A Safe keeps its owners as a linked list that starts and ends at the sentinel; a new owner becomes the head, and an
//! owner is removed by naming the one before. The update adds the missing members first, in list order, and then removes
//! the owners who are not members, in the order in which the Safe listed them before the update. The threshold stays.
//! Adding before removing keeps the number of owners above the threshold as long as the new list is.
//!
//! ```text
//! owners [b, c]  members [a, b, d]
//!   add a    → [a, b, c]
//!   add d    → [d, a, b, c]
//!   remove c → [d, a, b]      (previous owner: b)
//! ```
//!
//! Source: seed 004, "Individual council update"; the recorded behaviour of the sync action and the real owner lists.

use alloc::vec::Vec;
use alloy_primitives::{Address, address};
use core::fmt;

/// The head and end of a Safe's list of owners.
pub const SENTINEL: Address = address!("0000000000000000000000000000000000000001");

/// A removal: a Safe wants to know who stands before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Removal {
    /// The owner before, or [`SENTINEL`].
    pub previous: Address,
    /// The owner who goes.
    pub owner: Address,
}

/// The changes of an update, in the order in which they are made.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OwnerChanges {
    /// Owners to add, one after the other.
    pub additions: Vec<Address>,
    /// Owners to remove, after all additions, one after the other.
    pub removals: Vec<Removal>,
    /// The owners afterwards, as the Safe will list them.
    pub after: Vec<Address>,
}

/// Why a Safe will refuse an update.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OwnersError {
    /// The zero address, the sentinel or the Safe itself was to be an owner.
    InvalidOwner {
        /// Who cannot be an owner.
        owner: Address,
    },
    /// Too few owners would be left to reach the threshold.
    BelowThreshold {
        /// The owner whose removal is refused.
        owner: Address,
        /// Owners that would be left.
        left: usize,
        /// Signatures the Safe asks for.
        threshold: usize,
    },
}

/// The changes that turn the `owners` of `safe`, as it lists them, into `members`, keeping `threshold`.
///
/// A member named twice is added once.
///
/// # Errors
/// [`OwnersError`], for the first change that the Safe would refuse.
pub fn owner_changes(
    safe: Address,
    owners: &[Address],
    members: &[Address],
    threshold: usize,
) -> Result<OwnerChanges, OwnersError> {
    let mut additions = Vec::new();
    for &member in members {
        if owners.contains(&member) || additions.contains(&member) {
            continue;
        }
        if member.is_zero() || member == SENTINEL || member == safe {
            return Err(OwnersError::InvalidOwner { owner: member });
        }
        additions.push(member);
    }
    let mut after: Vec<Address> = additions.iter().rev().chain(owners).copied().collect();
    let mut removals = Vec::new();
    for &owner in owners {
        if members.contains(&owner) {
            continue;
        }
        let Some(at) = after.iter().position(|o| *o == owner) else { continue };
        let left = after.len() - 1;
        if left < threshold {
            return Err(OwnersError::BelowThreshold { owner, left, threshold });
        }
        let previous = if at == 0 { SENTINEL } else { after[at - 1] };
        after.remove(at);
        removals.push(Removal { previous, owner });
    }
    Ok(OwnerChanges { additions, removals, after })
}

/// Who stands before `owner` in a Safe's list; [`SENTINEL`] before the first; nothing for who is not in it.
pub fn previous_owner(owners: &[Address], owner: Address) -> Option<Address> {
    let at = owners.iter().position(|o| *o == owner)?;
    Some(if at == 0 { SENTINEL } else { owners[at - 1] })
}

impl fmt::Display for OwnersError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::InvalidOwner { owner } => write!(f, "{owner} cannot own a Safe"),
            Self::BelowThreshold { owner, left, threshold } => {
                write!(f, "removing {owner} would leave {left} owners for a threshold of {threshold}")
            }
        }
    }
}

impl core::error::Error for OwnersError {}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::{collections::BTreeSet, vec};
    use proptest::prelude::*;

    const SAFE: Address = address!("00000000000000000000000000000000000000ff");

    fn owner(n: u8) -> Address {
        Address::with_last_byte(n)
    }

    fn owners(list: &[u8]) -> Vec<Address> {
        list.iter().copied().map(owner).collect()
    }

    #[test]
    fn adds_in_list_order_and_then_removes() {
        let changes = owner_changes(SAFE, &owners(&[11, 12]), &owners(&[10, 11, 13]), 2).unwrap();
        assert_eq!(changes.additions, owners(&[10, 13]));
        assert_eq!(changes.removals, vec![Removal { previous: owner(11), owner: owner(12) }]);
        assert_eq!(changes.after, owners(&[13, 10, 11]));
    }

    #[test]
    fn the_first_owner_stands_behind_the_sentinel() {
        let changes = owner_changes(SAFE, &owners(&[10, 11, 12]), &owners(&[12]), 1).unwrap();
        let expected = [owner(10), owner(11)].map(|owner| Removal { previous: SENTINEL, owner });
        assert_eq!(changes.removals, expected);
        assert_eq!(previous_owner(&owners(&[10, 11]), owner(10)), Some(SENTINEL));
        assert_eq!(previous_owner(&owners(&[10, 11]), owner(11)), Some(owner(10)));
        assert_eq!(previous_owner(&owners(&[10, 11]), owner(12)), None);
    }

    #[test]
    fn refuses_what_the_safe_would_refuse() {
        #[track_caller]
        fn check(members: &[Address], expected: OwnersError) {
            assert_eq!(owner_changes(SAFE, &owners(&[10, 11, 12]), members, 2), Err(expected));
        }
        for owner in [Address::ZERO, SENTINEL, SAFE] {
            check(&[super::tests::owner(10), owner], OwnersError::InvalidOwner { owner });
        }
        check(&owners(&[12]), OwnersError::BelowThreshold { owner: owner(11), left: 1, threshold: 2 });
        check(&[], OwnersError::BelowThreshold { owner: owner(11), left: 1, threshold: 2 });
    }

    #[test]
    fn reproduces_the_owners_of_a_live_safe() {
        let mut updates = 0;
        let text = include_str!("../testdata/owner_updates.txt");
        let (mut safe, mut before, mut members) = (Address::ZERO, Vec::new(), Vec::new());
        for line in text.lines().filter(|line| !line.starts_with('#')) {
            let (word, rest) = line.split_once(' ').unwrap_or((line, ""));
            let list = || rest.split(' ').map(|address| address.parse().unwrap()).collect::<Vec<Address>>();
            match word {
                "safe" => safe = rest.split(' ').next().unwrap().parse().unwrap(),
                "before" => before = list(),
                "members" => members = list(),
                "after" => {
                    let changes = owner_changes(safe, &before, &members, 9).unwrap();
                    assert_eq!(changes.after, list());
                    updates += 1;
                }
                _ => {}
            }
        }
        assert_eq!(updates, 3);
    }

    /// A Safe's linked list, changed one call at a time.
    fn run(mut list: Vec<Address>, changes: &OwnerChanges) -> Vec<Address> {
        for owner in &changes.additions {
            list.insert(0, *owner);
        }
        for removal in &changes.removals {
            assert_eq!(previous_owner(&list, removal.owner), Some(removal.previous));
            list.retain(|owner| *owner != removal.owner);
        }
        list
    }

    proptest! {
        #[test]
        fn the_calls_lead_to_the_members(
            before in proptest::sample::subsequence((10u8..30).collect::<Vec<_>>(), 1..15).prop_shuffle(),
            wanted in proptest::collection::vec(10u8..30, 1..15)
        ) {
            let (before, wanted) = (owners(&before), owners(&wanted));
            let changes = owner_changes(SAFE, &before, &wanted, 1).unwrap();
            prop_assert_eq!(&run(before, &changes), &changes.after);
            let after: BTreeSet<_> = changes.after.iter().collect();
            prop_assert_eq!(after.len(), changes.after.len());
            prop_assert_eq!(after, wanted.iter().collect());
        }
    }
}
