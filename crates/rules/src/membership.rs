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
