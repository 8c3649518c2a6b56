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
