//! Who sits in which cohort, and what may change it.
//!
//! A council is a list of cohorts, each a list of members in a meaningful order: the order is what is hashed and sent to
//! the Safes. Invariants, kept by every operation here:
//!
//! - nobody sits twice, in one cohort or in two;
//! - the zero address does not sit;
//! - no cohort has more members than seats.
//!
//! Changes: *add* appends to a cohort; *remove* moves the cohort's last member into the gap; *replace* (and a key
//! rotation, which is the same) removes and then appends; *replace cohort* takes the new list as it is, of exactly as many
//! members as there are seats. A refused change leaves the council as it was. Source: seed 004, "Security Council
//! manager"; the order is the recorded behaviour of the manager.

use alloc::vec::Vec;
use alloy_primitives::Address;
use core::fmt;

/// A cohort by its number: 0 is the first.
pub type CohortIndex = usize;

/// The cohorts of a council.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cohorts {
    members: Vec<Vec<Address>>,
    seats: usize,
}

/// Why a change of members is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MembershipError {
    /// The zero address was named.
    ZeroAddress,
    /// All seats of the cohort are taken.
    CohortFull {
        /// The cohort.
        cohort: CohortIndex,
        /// Its seats.
        seats: usize,
    },
    /// The newcomer sits already.
    AlreadyMember {
        /// The newcomer.
        member: Address,
        /// The cohort in which it sits.
        cohort: CohortIndex,
    },
    /// Who should go does not sit.
    NotAMember {
        /// Who should go.
        member: Address,
    },
    /// A new cohort has not as many members as there are seats.
    WrongSize {
        /// Members of the new cohort.
        members: usize,
        /// Seats to fill.
        seats: usize,
    },
    /// There is no such cohort.
    NoSuchCohort {
        /// The cohort asked for.
        cohort: CohortIndex,
        /// Cohorts there are.
        cohorts: usize,
    },
}

impl Cohorts {
    /// A council from its cohorts.
    ///
    /// # Errors
    /// The first member who is the zero address or sits twice, or the first cohort with too many members.
    pub fn new(members: Vec<Vec<Address>>, seats: usize) -> Result<Self, MembershipError> {
        let mut council = Self { members: Vec::with_capacity(members.len()), seats };
        for cohort in members {
            council.members.push(Vec::with_capacity(cohort.len()));
            for member in cohort {
                council.add(council.members.len() - 1, member)?;
            }
        }
        Ok(council)
    }

    /// A council from cohorts that are known to keep the invariants, for example because they were stored by this module.
    pub fn trusted(members: Vec<Vec<Address>>, seats: usize) -> Self {
        Self { members, seats }
    }

    /// The members of a cohort, in order; empty for a cohort that does not exist.
    pub fn cohort(&self, cohort: CohortIndex) -> &[Address] {
        self.members.get(cohort).map_or(&[], Vec::as_slice)
    }

    /// Seats of each cohort.
    pub fn seats(&self) -> usize {
        self.seats
    }

    /// All members, cohort after cohort: the list that is hashed and sent to the Safes.
    pub fn union(&self) -> Vec<Address> {
        self.members.iter().flatten().copied().collect()
    }

    /// The cohort in which somebody sits.
    pub fn cohort_of(&self, member: Address) -> Option<CohortIndex> {
        self.place_of(member).map(|(cohort, _)| cohort)
    }

    /// Appends a member to a cohort.
    ///
    /// # Errors
    /// In this order: `ZeroAddress`, `NoSuchCohort`, `CohortFull`, `AlreadyMember`.
    pub fn add(&mut self, cohort: CohortIndex, member: Address) -> Result<(), MembershipError> {
        if member.is_zero() {
            return Err(MembershipError::ZeroAddress);
        }
        if self.existing(cohort)?.len() >= self.seats {
            return Err(MembershipError::CohortFull { cohort, seats: self.seats });
        }
        if let Some(cohort) = self.cohort_of(member) {
            return Err(MembershipError::AlreadyMember { member, cohort });
        }
        self.members[cohort].push(member);
        Ok(())
    }

    /// Removes a member, moving the cohort's last into the gap; returns the cohort.
    ///
    /// # Errors
    /// `ZeroAddress`, `NotAMember`.
    pub fn remove(&mut self, member: Address) -> Result<CohortIndex, MembershipError> {
        if member.is_zero() {
            return Err(MembershipError::ZeroAddress);
        }
        let (cohort, at) = self.place_of(member).ok_or(MembershipError::NotAMember { member })?;
        self.members[cohort].swap_remove(at);
        Ok(cohort)
    }

    /// Removes `old` and appends `new` to the same cohort; returns the cohort. A key rotation is the same.
    ///
    /// Replacing somebody by themselves is allowed and moves them to the end, as it does on chain.
    ///
    /// # Errors
    /// In this order: `ZeroAddress` for either, `NotAMember` for `old`, `AlreadyMember` for `new`.
    pub fn replace(&mut self, old: Address, new: Address) -> Result<CohortIndex, MembershipError> {
        if old.is_zero() || new.is_zero() {
            return Err(MembershipError::ZeroAddress);
        }
        let (cohort, at) = self.place_of(old).ok_or(MembershipError::NotAMember { member: old })?;
        if old != new
            && let Some(cohort) = self.cohort_of(new)
        {
            return Err(MembershipError::AlreadyMember { member: new, cohort });
        }
        self.members[cohort].swap_remove(at);
        self.members[cohort].push(new);
        Ok(cohort)
    }

    /// Replaces a whole cohort, in the order given.
    ///
    /// # Errors
    /// `NoSuchCohort`, `WrongSize`; then, for the first newcomer at fault, `ZeroAddress` or `AlreadyMember` (with the other
    /// cohort, or with this one for a duplicate in the list).
    pub fn replace_cohort(&mut self, cohort: CohortIndex, newcomers: &[Address]) -> Result<(), MembershipError> {
        self.existing(cohort)?;
        if newcomers.len() != self.seats {
            return Err(MembershipError::WrongSize { members: newcomers.len(), seats: self.seats });
        }
        for (i, &member) in newcomers.iter().enumerate() {
            if member.is_zero() {
                return Err(MembershipError::ZeroAddress);
            }
            // Of two conflicts the lower cohort is named, as a search through the cohorts in order would.
            let elsewhere = self.members.iter().enumerate().position(|(other, members)| {
                if other == cohort { newcomers[..i].contains(&member) } else { members.contains(&member) }
            });
            if let Some(cohort) = elsewhere {
                return Err(MembershipError::AlreadyMember { member, cohort });
            }
        }
        self.members[cohort] = newcomers.to_vec();
        Ok(())
    }

    fn existing(&self, cohort: CohortIndex) -> Result<&Vec<Address>, MembershipError> {
        self.members.get(cohort).ok_or(MembershipError::NoSuchCohort { cohort, cohorts: self.members.len() })
    }

    fn place_of(&self, member: Address) -> Option<(CohortIndex, usize)> {
        self.members
            .iter()
            .enumerate()
            .find_map(|(cohort, members)| members.iter().position(|m| *m == member).map(|at| (cohort, at)))
    }
}

impl fmt::Display for MembershipError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ZeroAddress => f.write_str("the zero address cannot be a member"),
            Self::CohortFull { cohort, seats } => write!(f, "all {seats} seats of cohort {cohort} are taken"),
            Self::AlreadyMember { member, cohort } => write!(f, "{member} sits in cohort {cohort} already"),
            Self::NotAMember { member } => write!(f, "{member} is not a member"),
            Self::WrongSize { members, seats } => write!(f, "{members} members for {seats} seats"),
            Self::NoSuchCohort { cohort, cohorts } => write!(f, "there is no cohort {cohort} of {cohorts}"),
        }
    }
}

impl core::error::Error for MembershipError {}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::{collections::BTreeSet, vec};
    use alloy_primitives::address;
    use proptest::prelude::*;

    fn member(n: u8) -> Address {
        Address::with_last_byte(n)
    }

    fn members(list: &[u8]) -> Vec<Address> {
        list.iter().copied().map(member).collect()
    }

    fn council() -> Cohorts {
        Cohorts::new(vec![members(&[1, 2, 3]), members(&[4, 5])], 3).unwrap()
    }

    #[track_caller]
    #[expect(clippy::needless_pass_by_value, reason = "the cases of a table read better as values")]
    fn check<T: fmt::Debug + PartialEq>(
        change: impl FnOnce(&mut Cohorts) -> Result<T, MembershipError>,
        result: Result<T, MembershipError>,
        first: &[u8],
        second: &[u8],
    ) {
        let mut council = council();
        assert_eq!(change(&mut council), result);
        assert_eq!(council.cohort(0), members(first));
        assert_eq!(council.cohort(1), members(second));
    }

    #[test]
    fn changes_keep_the_order_of_the_chain() {
        check(|c| c.add(1, member(6)), Ok(()), &[1, 2, 3], &[4, 5, 6]);
        check(|c| c.remove(member(1)), Ok(0), &[3, 2], &[4, 5]);
        check(|c| c.remove(member(5)), Ok(1), &[1, 2, 3], &[4]);
        check(|c| c.replace(member(1), member(9)), Ok(0), &[3, 2, 9], &[4, 5]);
        check(|c| c.replace(member(3), member(9)), Ok(0), &[1, 2, 9], &[4, 5]);
        check(|c| c.replace(member(1), member(1)), Ok(0), &[3, 2, 1], &[4, 5]);
        check(|c| c.replace_cohort(0, &members(&[7, 1, 8])), Ok(()), &[7, 1, 8], &[4, 5]);
    }

    #[test]
    fn refused_changes_change_nothing() {
        use MembershipError as E;
        let zero = Address::ZERO;
        let unchanged: (&[u8], &[u8]) = (&[1, 2, 3], &[4, 5]);
        let (a, b) = unchanged;
        check(|c| c.add(1, zero), Err(E::ZeroAddress), a, b);
        check(|c| c.add(2, member(6)), Err(E::NoSuchCohort { cohort: 2, cohorts: 2 }), a, b);
        check(|c| c.add(0, member(4)), Err(E::CohortFull { cohort: 0, seats: 3 }), a, b);
        check(|c| c.add(1, member(2)), Err(E::AlreadyMember { member: member(2), cohort: 0 }), a, b);
        check(|c| c.remove(zero), Err(E::ZeroAddress), a, b);
        check(|c| c.remove(member(6)), Err(E::NotAMember { member: member(6) }), a, b);
        check(|c| c.replace(member(1), zero), Err(E::ZeroAddress), a, b);
        check(|c| c.replace(zero, member(1)), Err(E::ZeroAddress), a, b);
        check(|c| c.replace(member(7), member(8)), Err(E::NotAMember { member: member(7) }), a, b);
        check(|c| c.replace(member(1), member(4)), Err(E::AlreadyMember { member: member(4), cohort: 1 }), a, b);
        check(|c| c.replace(member(1), member(2)), Err(E::AlreadyMember { member: member(2), cohort: 0 }), a, b);
        check(|c| c.replace_cohort(0, &members(&[7, 8])), Err(E::WrongSize { members: 2, seats: 3 }), a, b);
        let refused = Err(E::AlreadyMember { member: member(5), cohort: 1 });
        check(|c| c.replace_cohort(0, &members(&[7, 5, 5])), refused, a, b);
        let refused = Err(E::AlreadyMember { member: member(7), cohort: 1 });
        check(|c| c.replace_cohort(1, &members(&[7, 8, 7])), refused, a, b);
        check(|c| c.replace_cohort(1, &[member(7), zero, zero]), Err(E::ZeroAddress), a, b);
    }

    #[test]
    fn rotates_as_the_live_council_did_in_2024() {
        // The manager's second cohort at nonce 6, and at nonce 7 after one rotation.
        let before = vec![
            address!("5DD2205C3aac13E592F0a3D85188c948D1781df1"),
            address!("5a09A94eE8198D3c474d723337aa58023810022C"),
            address!("0275b3D54a5dDbf8205A75984796eFE8b7357Bae"),
            address!("475816ca2a31D601B4e336f5c2418A67978aBf09"),
            address!("A821c8c245d1F3A257e3B0DEC99268cA05144422"),
            address!("70C006fC86A392c16D7E085cefc0Ad1FF7de6C75"),
        ];
        let (old, new) = (before[4], address!("9316ca66f5f936E3239e4fD2AAAEA5C7b6f3C4cC"));
        let after = vec![before[0], before[1], before[2], before[3], before[5], new];
        let mut council = Cohorts::new(vec![Vec::new(), before], 6).unwrap();
        assert_eq!(council.replace(old, new), Ok(1));
        assert_eq!(council.cohort(1), after);
        assert_eq!(council.union(), after);
    }

    #[derive(Clone, Debug)]
    enum Change {
        Add(usize, u8),
        Remove(u8),
        Replace(u8, u8),
        Cohort(usize, Vec<u8>),
    }

    fn change() -> impl Strategy<Value = Change> {
        let who = 0u8..12;
        prop_oneof![
            (0usize..3, who.clone()).prop_map(|(cohort, new)| Change::Add(cohort, new)),
            who.clone().prop_map(Change::Remove),
            (who.clone(), who.clone()).prop_map(|(old, new)| Change::Replace(old, new)),
            (0usize..3, proptest::collection::vec(who, 2..5)).prop_map(|(cohort, new)| Change::Cohort(cohort, new)),
        ]
    }

    proptest! {
        #[test]
        fn the_invariants_survive_any_changes(changes in proptest::collection::vec(change(), 0..40)) {
            let mut council = council();
            for change in changes {
                let before = council.clone();
                let refused = match change {
                    Change::Add(cohort, new) => council.add(cohort, member(new)).is_err(),
                    Change::Remove(old) => council.remove(member(old)).is_err(),
                    Change::Replace(old, new) => council.replace(member(old), member(new)).is_err(),
                    Change::Cohort(cohort, new) => council.replace_cohort(cohort, &members(&new)).is_err(),
                };
                if refused {
                    prop_assert_eq!(&council, &before);
                }
                let all = council.union();
                prop_assert_eq!(all.iter().collect::<BTreeSet<_>>().len(), all.len());
                prop_assert!(!all.contains(&Address::ZERO));
                prop_assert!((0..2).all(|cohort| council.cohort(cohort).len() <= council.seats()));
            }
        }
    }
}
