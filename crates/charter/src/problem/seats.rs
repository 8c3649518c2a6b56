//! What can be wrong with seats, members and Safes.

use alloy_primitives::Address;
use ephor_rules::threshold::ThresholdError;

/// A problem of seats, members or Safes.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum SeatProblem {
    /// The contracts know two cohorts.
    #[error("{found} cohorts, but the contracts know exactly {expected}")]
    CohortCount {
        /// Cohorts of the charter.
        found: usize,
        /// Cohorts of the contracts.
        expected: usize,
    },
    /// A cohort has more members than seats.
    #[error("the cohort \"{cohort}\" has {members} members for {seats} seats")]
    TooManyMembers {
        /// The cohort.
        cohort: String,
        /// Its members.
        members: usize,
        /// Its seats.
        seats: usize,
    },
    /// Somebody sits twice.
    #[error("{member} sits already, in the cohort \"{cohort}\"")]
    DuplicateMember {
        /// The member.
        member: Address,
        /// Where they sit.
        cohort: String,
    },
    /// An organisation holds more seats than it may.
    #[error("\"{organisation}\" holds {seats} seats, and {most} are allowed")]
    OrganisationAboveCap {
        /// The organisation.
        organisation: String,
        /// Seats it holds.
        seats: usize,
        /// Seats it may hold.
        most: usize,
    },
    /// The cap of an organisation exceeds the seats.
    #[error("an organisation may hold {most} seats, but there are only {seats}")]
    CapAboveSeats {
        /// Seats an organisation may hold.
        most: usize,
        /// Seats there are.
        seats: usize,
    },
    /// A signature threshold is not sound.
    #[error("the Safe \"{safe}\": {error}")]
    SafeThreshold {
        /// The Safe.
        safe: String,
        /// What is not sound.
        error: ThresholdError,
    },
    /// A Safe takes more signatures than there are members to give them.
    #[error("the Safe \"{safe}\" takes {threshold} signatures, but only {members} members sit")]
    TooFewOwners {
        /// The Safe.
        safe: String,
        /// Signatures it takes.
        threshold: usize,
        /// Members who sit.
        members: usize,
    },
    /// A member whom no Safe accepts as an owner.
    #[error("{member} cannot own a Safe: with it the list of a Safe's owners begins and ends")]
    NoOwner {
        /// The member.
        member: Address,
    },
    /// A Safe would own itself.
    #[error("the Safe \"{safe}\" is a member of the council, and cannot own itself")]
    OwnsItself {
        /// The Safe.
        safe: String,
    },
    /// A Safe has the name of something else that can hold a role.
    #[error("\"{name}\" means something else where a role is given")]
    NameReserved {
        /// The name.
        name: String,
    },
}

impl SeatProblem {
    /// What to do about it.
    pub(super) fn remedy(&self) -> String {
        match self {
            Self::CohortCount { expected, .. } => format!("write {expected} [[council.cohorts]]"),
            Self::TooManyMembers { .. } => "remove members, or raise `seats_per_cohort`".into(),
            Self::DuplicateMember { .. } => "let everybody sit once".into(),
            Self::OrganisationAboveCap { .. } => "remove members, or raise `seats_per_organisation`".into(),
            Self::CapAboveSeats { seats, .. } => format!("write at most {seats}"),
            Self::SafeThreshold { error, .. } => match error {
                ThresholdError::AboveSeats { seats, .. } => format!("write at most {seats}"),
                ThresholdError::NoMajority { seats, .. } => format!("write at least {}", seats / 2 + 1),
                _ => "write a threshold between the majority and all of the seats".into(),
            },
            Self::TooFewOwners { .. } => "seat members in [[council.cohorts]], or lower `threshold`".into(),
            Self::NoOwner { .. } => "write the address that is meant".into(),
            Self::OwnsItself { .. } => "correct the member, or the Safe's address".into(),
            Self::NameReserved { .. } => "give this Safe another name".into(),
        }
    }
}
