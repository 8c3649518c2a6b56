//! What the nominee and the member election share.
//!
//! - An election is one proposal whose arguments derive from the election's index alone, so that both governors know it
//!   under the same id and nobody can propose anything else.
//! - Cohorts take turns: the first is up at even indices.
//! - A ballot says `support = 1` and names, in its params, one candidate and a number of votes; a voter may cast many.
//! - A ballot by signature may be cast once: not a counter but the ballot itself, together with its voter, is remembered.
//!
//! Source: seed 004, "The election governors"; the recorded behaviour of `getProposeArgs` and `castVoteWithReasonAndParamsBySig`.

use alloc::{format, string::String, vec, vec::Vec};

use alloy_primitives::{Address, B256, Bytes, U256};
use alloy_sol_types::SolValue;
use ephor_abi::election::IElectionGovernor::{InvalidSupport, UnexpectedParamsLength};
use ephor_rules::calendar::cohort_up;

use crate::{
    calldata::decode,
    revert::{Outcome, Revert, ensure},
};

/// Cohorts of a council; they take turns.
pub const COHORTS: u32 = 2;

/// The arguments of an election's proposal: one call, to nobody, whose data is the election's index.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProposeArgs {
    /// The zero address.
    pub targets: Vec<Address>,
    /// No ether.
    pub values: Vec<U256>,
    /// `abi.encode(index)`.
    pub calldatas: Vec<Bytes>,
    /// For people, and part of the proposal's id.
    pub description: String,
}

/// What is proposed for election `index`.
#[must_use]
pub fn propose_args(index: U256) -> ProposeArgs {
    ProposeArgs {
        targets: vec![Address::ZERO],
        values: vec![U256::ZERO],
        calldatas: vec![index.abi_encode().into()],
        description: description(index),
    }
}

/// "Security Council Election #7".
#[must_use]
pub fn description(index: U256) -> String {
    format!("Security Council Election #{index}")
}

/// The cohort that is up at election `index`.
#[must_use]
pub fn cohort(index: U256) -> u8 {
    u8::try_from(cohort_up(COHORTS, index)).unwrap_or_default()
}

/// The index of the election that a proposal with these `calldatas` is for.
///
/// # Errors
/// `Panic(0x32)` where there is no call, no data where its data is no index.
pub fn index_of(calldatas: &[Bytes]) -> Outcome<U256> {
    let first = calldatas.first().ok_or_else(Revert::out_of_bounds)?;
    decode::<(U256,)>(first).map(|(index,)| index)
}

/// What a ballot asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ballot {
    /// Whom the votes are for.
    pub candidate: Address,
    /// How many votes.
    pub votes: U256,
}

impl Ballot {
    /// Reads a ballot.
    ///
    /// # Errors
    /// `InvalidSupport` if it is not in favour, `UnexpectedParamsLength` if the params are not two words, no data if the first
    /// of them is no address.
    pub fn read(support: u8, params: &[u8]) -> Outcome<Self> {
        ensure(support == 1, || InvalidSupport { support })?;
        ensure(params.len() == 64, || UnexpectedParamsLength { paramLength: U256::from(params.len()) })?;
        let (candidate, votes) = decode(params)?;
        Ok(Self { candidate, votes })
    }
}

/// What is remembered of a ballot by signature: the hash of what was signed, and who signed it.
#[must_use]
pub fn replay_preimage(ballot: B256, voter: Address) -> [u8; 52] {
    let mut bytes = [0; 52];
    bytes[..32].copy_from_slice(ballot.as_slice());
    bytes[32..].copy_from_slice(voter.as_slice());
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn derives_the_proposal_from_the_index() {
        let args = propose_args(U256::from(3));
        assert_eq!(
            (args.targets.as_slice(), args.values.as_slice()),
            ([Address::ZERO].as_slice(), [U256::ZERO].as_slice())
        );
        assert_eq!(args.calldatas, [Bytes::from(U256::from(3).to_be_bytes::<32>())]);
        assert_eq!(args.description, "Security Council Election #3");
        assert_eq!(index_of(&args.calldatas), Ok(U256::from(3)));
        assert_eq!(index_of(&[]), Err(Revert::out_of_bounds()));
        assert_eq!((cohort(U256::ZERO), cohort(U256::from(7))), (0, 1));
    }

    #[track_caller]
    fn check(support: u8, params: &[u8], expected: Outcome<Ballot>) {
        assert_eq!(Ballot::read(support, params), expected);
    }

    #[test]
    fn reads_a_ballot_of_two_words_and_nothing_else() {
        let ballot = Ballot { candidate: Address::repeat_byte(7), votes: U256::from(5) };
        let params = (ballot.candidate, ballot.votes).abi_encode();
        check(1, &params, Ok(ballot));
        check(0, &params, Err(InvalidSupport { support: 0 }.into()));
        check(1, &params[..63], Err(UnexpectedParamsLength { paramLength: U256::from(63) }.into()));
        check(1, &[&params[..], &[0]].concat(), Err(UnexpectedParamsLength { paramLength: U256::from(65) }.into()));
        check(2, &[], Err(InvalidSupport { support: 2 }.into()));
        let mut dirty = params;
        dirty[0] = 1;
        check(1, &dirty, Err(Revert::empty()));
    }
}
