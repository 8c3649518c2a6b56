//! Rotation of owners: from those a Safe has to those it shall have, in the fewest calls.
//!
//! ```text
//! swap one for one ─▶ add or remove the rest ─▶ change the threshold, where no other call can carry it
//! ```
//! A call changes at most one owner for one, so no batch is shorter than the larger of "to add" and "to remove"; this one is exactly that
//! long, plus one call where only swaps are left to carry a new threshold. `prevOwner` is that of the list as the calls before have
//! left it. The threshold is raised as early and lowered as late as the owners allow, and never below the floor. Source: the
//! linked list of the Safe, [`ephor_rules::owners`].

use std::collections::BTreeSet;

use alloy_primitives::{Address, U256};
use alloy_sol_types::SolCall;
use ephor_abi::safe::ISafe::{addOwnerWithThresholdCall, changeThresholdCall, removeOwnerCall, swapOwnerCall};
use ephor_rules::owners::SENTINEL;
use serde::Serialize;

use crate::{calls::Call, nesting::MAX_OWNERS, transaction::Operation};

/// A Safe's owners, in its order, and how many of them act together.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Owners {
    /// The owners, the newest first.
    pub owners: Vec<Address>,
    /// How many act together.
    pub threshold: u64,
}

/// One call of a rotation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case", tag = "call")]
pub enum Change {
    /// `swapOwner`.
    Swap {
        /// The owner before, or the sentinel.
        previous: Address,
        /// Who goes.
        old: Address,
        /// Who comes.
        new: Address,
    },
    /// `addOwnerWithThreshold`.
    Add {
        /// Who comes.
        owner: Address,
        /// The threshold from then on.
        threshold: u64,
    },
    /// `removeOwner`.
    Remove {
        /// The owner before, or the sentinel.
        previous: Address,
        /// Who goes.
        owner: Address,
        /// The threshold from then on.
        threshold: u64,
    },
    /// `changeThreshold`.
    Threshold {
        /// The threshold from then on.
        threshold: u64,
    },
}

/// Owners that a Safe cannot have or must not get.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RotationError {
    /// Nobody, the sentinel or the Safe itself.
    #[error("{0} cannot own the Safe: the zero address, the sentinel 0x…01 and the Safe itself are refused")]
    Impossible(Address),
    /// Twice in one list.
    #[error("{0} is named twice: each owner counts once")]
    Repeated(Address),
    /// More than can be handled.
    #[error("{0} owners are more than {MAX_OWNERS}")]
    TooMany(usize),
    /// A threshold that cannot be reached or is none.
    #[error("a threshold of {threshold} with {owners} owners: it lies between 1 and the number of owners")]
    Threshold {
        /// The threshold.
        threshold: u64,
        /// The owners.
        owners: usize,
    },
    /// Fewer signatures than the charter asks for.
    #[error("the threshold would be {threshold}, below the charter's {floor}: name more owners or a higher threshold")]
    BelowFloor {
        /// The threshold wanted.
        threshold: u64,
        /// The charter's.
        floor: u64,
    },
}

impl Owners {
    fn check(&self, safe: Address) -> Result<(), RotationError> {
        if self.owners.len() > MAX_OWNERS {
            return Err(RotationError::TooMany(self.owners.len()));
        }
        let mut seen = BTreeSet::new();
        for owner in &self.owners {
            if owner.is_zero() || *owner == SENTINEL || *owner == safe {
                return Err(RotationError::Impossible(*owner));
            }
            if !seen.insert(owner) {
                return Err(RotationError::Repeated(*owner));
            }
        }
        let owners = self.owners.len();
        if self.threshold == 0 || self.threshold > owners as u64 {
            return Err(RotationError::Threshold { threshold: self.threshold, owners });
        }
        Ok(())
    }

    /// Who stands before an owner in the list.
    fn previous(&self, at: usize) -> Address {
        if at == 0 { SENTINEL } else { self.owners[at - 1] }
    }
}

/// The shortest batch that turns the owners of `safe` from `now` into `wanted`, whose order does not matter.
///
/// # Errors
/// [`RotationError`].
pub fn plan(safe: Address, now: &Owners, wanted: &Owners, floor: u64) -> Result<Vec<Change>, RotationError> {
    now.check(safe)?;
    wanted.check(safe)?;
    if wanted.threshold < floor {
        return Err(RotationError::BelowFloor { threshold: wanted.threshold, floor });
    }
    let leaving: Vec<Address> = now.owners.iter().copied().filter(|owner| !wanted.owners.contains(owner)).collect();
    let coming: Vec<Address> = wanted.owners.iter().copied().filter(|owner| !now.owners.contains(owner)).collect();
    let mut list = now.clone();
    let mut changes = Vec::new();
    for (old, new) in leaving.iter().copied().zip(coming.iter().copied()) {
        let at = position(&list, old);
        changes.push(Change::Swap { previous: list.previous(at), old, new });
        list.owners[at] = new;
    }
    let swaps = changes.len();
    let target = wanted.threshold;
    for owner in coming.iter().copied().skip(swaps) {
        list.owners.insert(0, owner);
        list.threshold = step(&list, target, list.owners.len() == wanted.owners.len());
        changes.push(Change::Add { owner, threshold: list.threshold });
    }
    for owner in leaving.iter().copied().skip(swaps) {
        let at = position(&list, owner);
        let previous = list.previous(at);
        list.owners.remove(at);
        list.threshold = step(&list, target, list.owners.len() == wanted.owners.len());
        changes.push(Change::Remove { previous, owner, threshold: list.threshold });
    }
    if list.threshold != target {
        changes.push(Change::Threshold { threshold: target });
    }
    Ok(changes)
}

/// Where an owner stands, who is in the list by construction.
fn position(list: &Owners, owner: Address) -> usize {
    list.owners.iter().position(|other| *other == owner).unwrap_or_default()
}

/// The threshold after a change: the target at the end; before it, as high as can be while rising, as before while falling.
fn step(list: &Owners, target: u64, last: bool) -> u64 {
    let reachable = list.owners.len() as u64;
    if last || list.threshold < target { target.min(reachable) } else { list.threshold.min(reachable) }
}

impl Change {
    /// The call that makes the change; it is a call of the Safe to itself.
    #[must_use]
    pub fn call(&self, safe: Address) -> Call {
        let data = match *self {
            Self::Swap { previous, old, new } => {
                swapOwnerCall { prevOwner: previous, oldOwner: old, newOwner: new }.abi_encode()
            }
            Self::Add { owner, threshold } => {
                addOwnerWithThresholdCall { owner, _threshold: U256::from(threshold) }.abi_encode()
            }
            Self::Remove { previous, owner, threshold } => {
                removeOwnerCall { prevOwner: previous, owner, _threshold: U256::from(threshold) }.abi_encode()
            }
            Self::Threshold { threshold } => changeThresholdCall { _threshold: U256::from(threshold) }.abi_encode(),
        };
        Call { to: safe, value: U256::ZERO, data: data.into(), operation: Operation::Call, allow_failure: false }
    }
}

impl std::fmt::Display for Change {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Swap { previous, old, new } => write!(f, "swap {old} for {new} (after {previous})"),
            Self::Add { owner, threshold } => write!(f, "add {owner}, threshold {threshold}"),
            Self::Remove { previous, owner, threshold } => {
                write!(f, "remove {owner} (after {previous}), threshold {threshold}")
            }
            Self::Threshold { threshold } => write!(f, "set the threshold to {threshold}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SAFE: Address = Address::repeat_byte(0xAA);

    fn owners(bytes: &[u8], threshold: u64) -> Owners {
        Owners { owners: bytes.iter().map(|byte| Address::repeat_byte(*byte)).collect(), threshold }
    }

    #[track_caller]
    fn check(now: (&[u8], u64), wanted: (&[u8], u64), calls: usize) {
        let plan = plan(SAFE, &owners(now.0, now.1), &owners(wanted.0, wanted.1), 1).unwrap();
        assert_eq!(plan.len(), calls, "{plan:?}");
    }

    #[test]
    fn takes_the_fewest_calls() {
        check((&[2, 3, 4], 2), (&[4, 3, 2], 2), 0);
        check((&[2, 3, 4], 2), (&[5, 3, 4], 2), 1);
        check((&[2, 3, 4], 2), (&[5, 3, 4], 3), 2);
        check((&[2, 3, 4], 2), (&[5, 3, 4, 6], 3), 2);
        check((&[2, 3, 4], 3), (&[5], 1), 3);
        check((&[2, 3, 4], 2), (&[2, 3, 4], 3), 1);
        check((&[2], 1), (&[3, 4, 5], 3), 3);
    }

    #[track_caller]
    fn check_refused(now: (&[u8], u64), wanted: (&[u8], u64), floor: u64, expected: &RotationError) {
        let refused = plan(SAFE, &owners(now.0, now.1), &owners(wanted.0, wanted.1), floor);
        assert_eq!(refused.as_ref(), Err(expected));
    }

    #[test]
    fn refuses_owners_that_a_safe_cannot_have() {
        check_refused((&[2], 1), (&[0], 1), 1, &RotationError::Impossible(Address::ZERO));
        check_refused((&[2], 1), (&[0xAA], 1), 1, &RotationError::Impossible(SAFE));
        check_refused((&[2], 1), (&[3, 3], 1), 1, &RotationError::Repeated(Address::repeat_byte(3)));
        check_refused((&[2], 1), (&[3], 2), 1, &RotationError::Threshold { threshold: 2, owners: 1 });
        check_refused((&[2, 3, 4], 2), (&[3, 4], 1), 2, &RotationError::BelowFloor { threshold: 1, floor: 2 });
    }
}
