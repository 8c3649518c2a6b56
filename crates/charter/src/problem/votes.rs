//! What can be wrong with elections, votes and the token.

use alloy_primitives::{Address, U256};
use ephor_rules::threshold::ThresholdError;

use super::words::in_tokens;

/// The year of Ethereum's first block.
pub(crate) const FIRST_YEAR: u32 = 2015;

/// A problem of elections, votes or the token.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum VoteProblem {
    /// Votes have their full weight for longer than they can be cast.
    #[error("votes have full weight for {full_weight_blocks} blocks, but voting lasts {voting_blocks}")]
    FullWeightTooLong {
        /// Blocks of full weight.
        full_weight_blocks: u64,
        /// Blocks of voting.
        voting_blocks: u64,
    },
    /// An election is not over when the next one starts.
    #[error("an election takes {term_days} days, but the next one starts after {interval_days}")]
    Overlap {
        /// Days from the creation of an election to the end of its last vote.
        term_days: u64,
        /// The fewest days between two elections.
        interval_days: u64,
    },
    /// A fraction is not sound.
    #[error("{0}")]
    Fraction(ThresholdError),
    /// A fraction cannot be expressed in ten-thousandths, as the contracts count.
    #[error("{numerator} / {denominator} is not a whole number of ten-thousandths")]
    NotInTenThousandths {
        /// Above the line.
        numerator: u64,
        /// Below the line.
        denominator: u64,
    },
    /// More nominees can reach the threshold than there may be.
    #[error("{possible} contenders can reach the threshold, but at most {most} nominees are allowed")]
    TooManyNominees {
        /// Nominees there can be.
        possible: u64,
        /// Nominees there may be.
        most: u64,
    },
    /// The contract refuses to be initialised with a threshold that so many can reach.
    #[error("{possible} contenders could reach this threshold, and the contract is initialised for {most} at most")]
    InitialThreshold {
        /// Nominees there could be.
        possible: u64,
        /// Nominees the contract is initialised for.
        most: u64,
    },
    /// Fewer nominees are possible than seats.
    #[error("at most {most} nominees cannot fill {seats} seats")]
    TooFewNominees {
        /// Nominees there can be.
        most: u64,
        /// Seats to fill.
        seats: usize,
    },
    /// A block of vetting lies after its end.
    #[error("{blocks} blocks exceed the vetting of {vetting_blocks}")]
    BeyondVetting {
        /// The blocks.
        blocks: u64,
        /// Blocks of vetting.
        vetting_blocks: u64,
    },
    /// Votes would be held out under an address that the contracts do not hold out.
    #[error("votes delegated to {found} would count: the contracts hold out those of {known}, and no others")]
    ExcludeAddress {
        /// The address.
        found: Address,
        /// The one in the contracts.
        known: Address,
    },
    /// More tokens are given out, or asked for, than there are.
    #[error("{} tokens exceed the supply of {}", in_tokens(*amount), in_tokens(*supply))]
    AboveSupply {
        /// The tokens, in the smallest unit.
        amount: U256,
        /// The supply, in the smallest unit.
        supply: U256,
    },
    /// More tokens than the contract counts.
    #[error("a supply of {} tokens exceeds the 224 bits in which votes are counted", in_tokens(*supply))]
    SupplyTooGreat {
        /// The supply, in the smallest unit.
        supply: U256,
    },
    /// Nobody could vote.
    #[error("all of the supply is held out of the votes")]
    NothingVotable,
    /// A share of the votes cast that For cannot exceed.
    #[error("no vote succeeds: For would have to exceed all votes cast")]
    NeverSucceeds,
    /// An election before there were blocks to count.
    #[error("the first election is of {year}, before there were blocks by which to count")]
    TooEarly {
        /// The year.
        year: u32,
    },
    /// An election whose blocks the token cannot count.
    #[error("election {election} would end beyond L1 block {last_block}, the last in which votes are counted")]
    TooLate {
        /// The next election.
        election: u64,
        /// The last block that the token's checkpoints can name.
        last_block: u64,
    },
}

impl VoteProblem {
    /// What to do about it.
    pub(super) fn remedy(&self) -> String {
        match self {
            Self::FullWeightTooLong { voting_blocks, .. } => format!("write at most {voting_blocks}"),
            Self::Overlap { .. } => "shorten the phases, or raise `interval_months`".into(),
            Self::Fraction(ThresholdError::AboveOne { .. }) => {
                "write a numerator no greater than the denominator".into()
            }
            Self::Fraction(_) => "write a denominator greater than zero".into(),
            Self::NotInTenThousandths { .. } => "write the fraction with the denominator 10_000".into(),
            Self::TooManyNominees { possible, .. } => {
                format!("raise `threshold`, or `nominees_max` to {possible} if so many can be vetted")
            }
            Self::InitialThreshold { most, .. } => format!(
                "write an `initial_threshold` of at least 1 / {most}, with which the contract is initialised before it is lowered"
            ),
            Self::TooFewNominees { seats, .. } => {
                format!("lower `threshold` and raise `nominees_max` until {seats} are possible")
            }
            Self::BeyondVetting { vetting_blocks, .. } => format!("write at most {vetting_blocks}"),
            Self::ExcludeAddress { known, .. } => format!("write {known}"),
            Self::AboveSupply { .. } => "lower it, or raise `supply`".into(),
            Self::SupplyTooGreat { .. } => "lower `supply`; it is in whole tokens".into(),
            Self::NothingVotable => "lower an excluded `amount`, or raise `supply`".into(),
            Self::NeverSucceeds => "write a numerator less than the denominator".into(),
            Self::TooEarly { .. } => format!("write a date from {FIRST_YEAR} on"),
            Self::TooLate { .. } => {
                "write an earlier `first`, fewer `interval_months` or fewer `elections_held`".into()
            }
        }
    }
}
