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
    /// Two Safes on one chain have one address.
    #[error("the address {address} belongs to the Safe \"{safe}\" on this chain already")]
    DuplicateSafeAddress {
        /// The address.
        address: Address,
        /// The first Safe.
        safe: String,
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
            Self::DuplicateSafeAddress { .. } => "write the address of the other Safe".into(),
        }
    }
}
