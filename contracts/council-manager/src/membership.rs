//! Changes of members.
//!
//! Each change asks `ephor_rules::membership` what the cohorts become, writes down where they differ, schedules the
//! update, and only then announces the change, after whatever the timelock announces.

use alloc::vec::Vec;

use alloy_primitives::{Address, U256};
use ephor_abi::{
    common::ICommonErrors::ZeroAddress,
    council::ICouncilManager::{
        CohortFull, CohortReplaced, InvalidNewCohortLength, MemberAdded, MemberInCohort, MemberRemoved, MemberReplaced,
        MemberRotated, NotAMember,
    },
    roles,
};
use ephor_parts::{AccessControl, Decode, Outcome, Revert, calldata::Decoder, emit, ensure};
use ephor_rules::membership::{CohortIndex, Cohorts, MembershipError};
use stylus_sdk::prelude::*;

use crate::CouncilManager;

/// A cohort. Travels as its number, and any other number does not decode.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cohort {
    /// Number 0.
    First,
    /// Number 1.
    Second,
}

impl Cohort {
    const BOTH: [Self; 2] = [Self::First, Self::Second];

    const fn index(self) -> CohortIndex {
        match self {
            Self::First => 0,
            Self::Second => 1,
        }
    }
}

impl<'a> Decode<'a> for Cohort {
    fn decode(from: Decoder<'a>, head: u128) -> Outcome<Self> {
        match u8::decode(from, head)? {
            0 => Ok(Self::First),
            1 => Ok(Self::Second),
            _ => Err(Revert::empty()),
        }
    }
}

/// The number of one of the two cohorts.
fn number(cohort: CohortIndex) -> u8 {
    u8::from(cohort != 0)
}

/// A refusal as the contract's error.
fn refuse(error: MembershipError) -> Revert {
    match error {
        MembershipError::ZeroAddress => ZeroAddress {}.into(),
        MembershipError::CohortFull { cohort, .. } => CohortFull { cohort: number(cohort) }.into(),
        MembershipError::AlreadyMember { member, cohort } => MemberInCohort { member, cohort: number(cohort) }.into(),
        MembershipError::NotAMember { member } => NotAMember { member }.into(),
        MembershipError::WrongSize { .. } | MembershipError::NoSuchCohort { .. } => Revert::panic(0x21),
    }
}

impl CouncilManager {
    /// Replaces a whole cohort, in the order given. For holders of `COHORT_REPLACER`.
    ///
    /// # Errors
    /// A missing role; `InvalidNewCohortLength`; for the first newcomer at fault `ZeroAddress` or `MemberInCohort`; those of
    /// the update.
    ///
    /// # Events
    /// Those of the update, then `CohortReplaced`.
    pub(crate) fn replace_cohort(&mut self, newcomers: Vec<Address>, cohort: Cohort) -> Outcome {
        self.only_role(roles::COHORT_REPLACER)?;
        let size = self.cohort_size.get();
        if U256::from(newcomers.len()) != size {
            return Err(InvalidNewCohortLength { cohort: newcomers, cohortSize: size }.into());
        }
        self.change(|cohorts| cohorts.replace_cohort(cohort.index(), &newcomers))?;
        emit(self.vm(), &CohortReplaced { newCohort: newcomers, cohort: number(cohort.index()) });
        Ok(())
    }

    /// Appends a member to a cohort that is not full. For holders of `MEMBER_ADDER`.
    ///
    /// # Errors
    /// A missing role; `ZeroAddress`; `CohortFull`; `MemberInCohort`; those of the update.
    ///
    /// # Events
    /// Those of the update, then `MemberAdded`.
    pub(crate) fn add_member(&mut self, newcomer: Address, cohort: Cohort) -> Outcome {
        self.only_role(roles::MEMBER_ADDER)?;
        self.change(|cohorts| cohorts.add(cohort.index(), newcomer))?;
        emit(self.vm(), &MemberAdded { newMember: newcomer, cohort: number(cohort.index()) });
        Ok(())
    }

    /// Removes a member; the cohort's last takes the place. For holders of `MEMBER_REMOVER`.
    ///
    /// # Errors
    /// A missing role; `ZeroAddress`; `NotAMember`; those of the update.
    ///
    /// # Events
    /// Those of the update, then `MemberRemoved`.
    pub(crate) fn remove_member(&mut self, member: Address) -> Outcome {
        self.only_role(roles::MEMBER_REMOVER)?;
        let cohort = self.change(|cohorts| cohorts.remove(member))?;
        emit(self.vm(), &MemberRemoved { member, cohort: number(cohort) });
        Ok(())
    }

    /// Replaces a member by somebody else, who goes to the end of the cohort. For holders of `MEMBER_REPLACER`.
    ///
    /// # Errors
    /// A missing role; `ZeroAddress` for either; `NotAMember`; `MemberInCohort`; those of the update.
    ///
    /// # Events
    /// Those of the update, then `MemberReplaced`.
    pub(crate) fn replace_member(&mut self, member: Address, newcomer: Address) -> Outcome {
        self.only_role(roles::MEMBER_REPLACER)?;
        let cohort = self.swap(member, newcomer)?;
        emit(self.vm(), &MemberReplaced { replacedMember: member, newMember: newcomer, cohort });
        Ok(())
    }

    /// Exchanges the key of a member, who goes to the end of the cohort. For holders of `MEMBER_ROTATOR`.
    ///
    /// # Errors
    /// As [`Self::replace_member`].
    ///
    /// # Events
    /// Those of the update, then `MemberRotated`.
    pub(crate) fn rotate_member(&mut self, current: Address, next: Address) -> Outcome {
        self.only_role(roles::MEMBER_ROTATOR)?;
        let cohort = self.swap(current, next)?;
        emit(self.vm(), &MemberRotated { replacedAddress: current, newAddress: next, cohort });
        Ok(())
    }

    /// The members of the first cohort.
    pub(crate) fn first_cohort(&self) -> Outcome<Vec<Address>> {
        Ok(self.members(Cohort::First))
    }

    /// The members of the second cohort.
    pub(crate) fn second_cohort(&self) -> Outcome<Vec<Address>> {
        Ok(self.members(Cohort::Second))
    }

    /// The whole council, the first cohort first.
    pub(crate) fn both_cohorts(&self) -> Outcome<Vec<Address>> {
        Ok(self.cohorts().union())
    }

    /// Whether `account` sits in the first cohort.
    pub(crate) fn first_cohort_includes(&self, account: Address) -> Outcome<bool> {
        self.cohort_includes(Cohort::First, account)
    }

    /// Whether `account` sits in the second cohort.
    pub(crate) fn second_cohort_includes(&self, account: Address) -> Outcome<bool> {
        self.cohort_includes(Cohort::Second, account)
    }

    /// Whether `account` sits in a cohort.
    pub(crate) fn cohort_includes(&self, cohort: Cohort, account: Address) -> Outcome<bool> {
        Ok(self.members(cohort).contains(&account))
    }

    /// Seats of each cohort.
    pub(crate) fn cohort_size(&self) -> Outcome<U256> {
        Ok(self.cohort_size.get())
    }

    /// Replaces `old` by `new`; returns the cohort's number.
    fn swap(&mut self, old: Address, new: Address) -> Outcome<u8> {
        ensure(!old.is_zero() && !new.is_zero(), || ZeroAddress {})?;
        // Two changes rather than `Cohorts::replace`, because the initial cohorts may name somebody twice.
        self.change(|cohorts| {
            let cohort = cohorts.remove(old)?;
            cohorts.add(cohort, new)?;
            Ok(number(cohort))
        })
    }

    /// Changes the cohorts and schedules the update.
    fn change<T>(&mut self, change: impl FnOnce(&mut Cohorts) -> Result<T, MembershipError>) -> Outcome<T> {
        let before = self.cohorts();
        let mut after = before.clone();
        let changed = change(&mut after).map_err(refuse)?;
        for cohort in Cohort::BOTH {
            self.store_cohort(cohort, before.cohort(cohort.index()), after.cohort(cohort.index()));
        }
        self.schedule_update(after.union())?;
        Ok(changed)
    }

    fn cohorts(&self) -> Cohorts {
        let members = Cohort::BOTH.map(|cohort| self.members(cohort)).into();
        Cohorts::trusted(members, self.cohort_size.get().saturating_to())
    }

    fn members(&self, cohort: Cohort) -> Vec<Address> {
        let list = match cohort {
            Cohort::First => &self.first_cohort,
            Cohort::Second => &self.second_cohort,
        };
        (0..list.len()).filter_map(|index| list.get(index)).collect()
    }

    /// Writes `after` where it differs from `before`, which is what is stored.
    pub(crate) fn store_cohort(&mut self, cohort: Cohort, before: &[Address], after: &[Address]) {
        let list = match cohort {
            Cohort::First => &mut self.first_cohort,
            Cohort::Second => &mut self.second_cohort,
        };
        for (index, member) in after.iter().enumerate() {
            match before.get(index) {
                None => list.push(*member),
                Some(stored) if stored != member => {
                    if let Some(mut place) = list.setter(index) {
                        place.set(*member);
                    }
                }
                Some(_) => {}
            }
        }
        (after.len()..before.len()).for_each(|_| list.erase_last());
    }
}
