//! What a vote uses of its voter's power and adds to its candidate.
//!
//! Both stages of an election let a voter split: any number of votes, each for one candidate, together no more than the
//! voter's power at the snapshot.
//!
//! - **Endorsement**: a contender needs a fixed number of votes (the threshold) to become a nominee, and can receive no
//!   more. A vote that reaches or crosses the threshold uses only what was missing; the rest stays with the voter.
//! - **Member vote**: the votes are used in full; their weight ([`crate::decay`]) goes to the nominee.
//!
//! Source: seed 004, "Endorsing candidates" and "Split voting". Whether somebody may be voted for at all is the caller's
//! question, except that a nominee needs no endorsements.

use alloy_primitives::U256;
use core::fmt;

/// A voter's standing in one election.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Voter {
    /// Votes at the election's snapshot.
    pub power: U256,
    /// Votes already used.
    pub used: U256,
}

/// What an accepted endorsement changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Endorsement {
    /// The votes that count: those given, or what was missing to the threshold.
    pub counted: U256,
    /// The voter's used votes afterwards.
    pub used: U256,
    /// The contender's received votes afterwards.
    pub received: U256,
    /// Whether the contender becomes a nominee by this vote.
    pub nominated: bool,
}

/// What an accepted member vote changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MemberVote {
    /// The voter's used votes afterwards.
    pub used: U256,
    /// The nominee's weight afterwards.
    pub received: U256,
}

/// Why a vote is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TallyError {
    /// The voter has not that many votes left.
    Insufficient {
        /// Votes the voter wants to use.
        votes: U256,
        /// Votes the voter used before.
        used: U256,
        /// Votes the voter had at the snapshot.
        power: U256,
    },
    /// The contender has reached the threshold already.
    AlreadyNominee {
        /// Votes received.
        received: U256,
        /// Votes needed.
        threshold: U256,
    },
    /// A sum exceeds 256 bits.
    Overflow,
}

impl Voter {
    /// Votes that can still be used.
    pub fn left(&self) -> U256 {
        self.power.saturating_sub(self.used)
    }

    /// The votes used after using `votes` more.
    ///
    /// # Errors
    /// [`TallyError::Insufficient`] beyond the voter's power, [`TallyError::Overflow`] beyond 256 bits.
    pub fn using(&self, votes: U256) -> Result<U256, TallyError> {
        let used = self.used.checked_add(votes).ok_or(TallyError::Overflow)?;
        if used > self.power {
            return Err(TallyError::Insufficient { votes, used: self.used, power: self.power });
        }
        Ok(used)
    }
}

/// Counts an endorsement of `votes` for a contender who has `received` of `threshold` votes.
///
/// The voter must have all `votes`, even where fewer will count.
///
/// # Errors
/// [`TallyError::Insufficient`]; [`TallyError::AlreadyNominee`] when nothing is missing to a threshold that is not zero
/// and was met before; [`TallyError::Overflow`].
pub fn endorse(voter: Voter, votes: U256, received: U256, threshold: U256) -> Result<Endorsement, TallyError> {
    voter.using(votes)?;
    if received >= threshold && !received.is_zero() {
        return Err(TallyError::AlreadyNominee { received, threshold });
    }
    let sum = received.checked_add(votes).ok_or(TallyError::Overflow)?;
    let nominated = sum >= threshold;
    // `received < threshold` here, or both are zero.
    let counted = if nominated { threshold - received } else { votes };
    Ok(Endorsement { counted, used: voter.used + counted, received: received + counted, nominated })
}

/// Counts `votes` that weigh `weight` for a nominee who has `received` weight.
///
/// # Errors
/// [`TallyError::Insufficient`], [`TallyError::Overflow`].
pub fn vote(voter: Voter, votes: U256, weight: U256, received: U256) -> Result<MemberVote, TallyError> {
    let used = voter.using(votes)?;
    let received = received.checked_add(weight).ok_or(TallyError::Overflow)?;
    Ok(MemberVote { used, received })
}

impl fmt::Display for TallyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Insufficient { votes, used, power } => {
                write!(f, "{votes} votes asked for, but {used} of {power} are used already")
            }
            Self::AlreadyNominee { received, threshold } => {
                write!(f, "already a nominee with {received} of {threshold} votes")
            }
            Self::Overflow => f.write_str("the votes do not fit 256 bits"),
        }
    }
}

impl core::error::Error for TallyError {}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn voter(power: u64, used: u64) -> Voter {
        Voter { power: U256::from(power), used: U256::from(used) }
    }

    #[test]
    fn counts_endorsements_up_to_the_threshold() {
        #[track_caller]
        fn check(voter: Voter, votes: u64, received: u64, expected: (u64, u64, u64, bool)) {
            let (counted, used, received_after, nominated) = expected;
            let expected = Endorsement {
                counted: U256::from(counted),
                used: U256::from(used),
                received: U256::from(received_after),
                nominated,
            };
            assert_eq!(endorse(voter, U256::from(votes), U256::from(received), U256::from(100)), Ok(expected));
        }
        check(voter(50, 0), 50, 0, (50, 50, 50, false));
        check(voter(50, 10), 40, 59, (40, 50, 99, false));
        check(voter(500, 0), 1, 99, (1, 1, 100, true));
        check(voter(500, 100), 400, 70, (30, 130, 100, true));
        check(voter(500, 0), 0, 70, (0, 0, 70, false));
    }

    #[test]
    fn refuses_endorsements_beyond_power_or_need() {
        let hundred = U256::from(100);
        let insufficient =
            TallyError::Insufficient { votes: U256::from(41), used: U256::from(10), power: U256::from(50) };
        assert_eq!(endorse(voter(50, 10), U256::from(41), U256::from(99), hundred), Err(insufficient));
        let nominee = TallyError::AlreadyNominee { received: hundred, threshold: hundred };
        assert_eq!(endorse(voter(50, 0), U256::from(1), hundred, hundred), Err(nominee));
        assert_eq!(endorse(voter(50, 1), U256::MAX, U256::ZERO, hundred), Err(TallyError::Overflow));
    }

    #[test]
    fn a_threshold_of_zero_is_reached_by_any_vote_and_uses_none() {
        let endorsed = endorse(voter(50, 0), U256::from(7), U256::ZERO, U256::ZERO).unwrap();
        assert_eq!((endorsed.counted, endorsed.used, endorsed.nominated), (U256::ZERO, U256::ZERO, true));
    }

    #[test]
    fn counts_member_votes_in_full() {
        let counted = vote(voter(50, 10), U256::from(40), U256::from(20), U256::from(5));
        assert_eq!(counted, Ok(MemberVote { used: U256::from(50), received: U256::from(25) }));
        let refused = TallyError::Insufficient { votes: U256::from(41), used: U256::from(10), power: U256::from(50) };
        assert_eq!(vote(voter(50, 10), U256::from(41), U256::ZERO, U256::ZERO), Err(refused));
        assert_eq!(vote(voter(50, 10), U256::ONE, U256::MAX, U256::ONE), Err(TallyError::Overflow));
    }

    proptest! {
        #[test]
        fn nobody_uses_more_than_they_have_or_receives_more_than_is_needed(
            power in 0u64..1_000, threshold in 1u64..500, ballots in proptest::collection::vec((0usize..3, 0u64..400), 0..20)
        ) {
            let mut voter = voter(power, 0);
            let mut received = [U256::ZERO; 3];
            let mut refused = 0u64;
            for (contender, votes) in ballots {
                match endorse(voter, U256::from(votes), received[contender], U256::from(threshold)) {
                    Ok(endorsement) => {
                        prop_assert_eq!(endorsement.used, voter.used + endorsement.counted);
                        prop_assert!(endorsement.counted <= U256::from(votes));
                        prop_assert_eq!(endorsement.nominated, endorsement.received == U256::from(threshold));
                        voter.used = endorsement.used;
                        received[contender] = endorsement.received;
                    }
                    Err(TallyError::Insufficient { .. }) => prop_assert!(U256::from(votes) > voter.left()),
                    Err(TallyError::AlreadyNominee { .. }) => refused += 1,
                    Err(TallyError::Overflow) => prop_assert!(false, "small numbers do not overflow"),
                }
                prop_assert!(voter.used <= voter.power);
                prop_assert!(received.iter().all(|votes| *votes <= U256::from(threshold)));
                prop_assert_eq!(received.iter().sum::<U256>(), voter.used);
            }
            prop_assert!(refused == 0 || received.iter().any(|votes| *votes == U256::from(threshold)));
        }
    }
}
