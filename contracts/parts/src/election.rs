//! What the nominee and the member election share.
//!
//! - An election is one proposal whose arguments derive from the election's index alone, so that both governors know it
//!   under the same id and nobody can propose anything else.
//! - Cohorts take turns: the first is up at even indices.
//! - A ballot says `support = 1` and names, in its params, one candidate and a number of votes; a voter may cast many.
//! - A ballot by signature may be cast once: not a counter but the ballot itself, together with its voter, is remembered.
//!
//! Source: seed 004, "The election governors"; the recorded behaviour of `getProposeArgs` and `castVoteWithReasonAndParamsBySig`.

use alloc::{string::String, vec, vec::Vec};

use alloy_primitives::{Address, B256, U256};
use ephor_abi::election::{
    ICouncilGovernor,
    IElectionGovernor::{
        self, CastVoteDisabled, InvalidSupport, ProposeDisabled, UnexpectedParamsLength, VoteAlreadyCast,
    },
};
use ephor_rules::{calendar::cohort_up, division::divide};
use stylus_sdk::{
    prelude::*,
    storage::{StorageBool, StorageMap},
    stylus_core::{BlockAccess, CryptographyAccess},
};

use crate::{
    calldata::{Memory, decode},
    ecdsa::Signature,
    governor::{Governor, Operations, ballots, lifecycle},
    revert::{Outcome, Revert, ensure},
    routes,
    storage::Gap,
};

/// Cohorts of a council; they take turns.
pub const COHORTS: u32 = 2;

/// The data of the call of election `index`: `abi.encode(index)`.
#[must_use]
pub const fn call_data(index: U256) -> [u8; 32] {
    index.to_be_bytes()
}

/// What the proposal of an election would do: one call, to nobody, without ether, with this [`call_data`].
#[must_use]
pub fn operations(call_data: &[u8; 32]) -> Operations<'_> {
    Operations { targets: vec![Address::ZERO], values: vec![U256::ZERO], calldatas: vec![Memory(call_data)] }
}

/// The arguments of `propose`: targets, values, calldatas, description.
pub type ProposeArgs = (Vec<Address>, Vec<U256>, Vec<Vec<u8>>, String);

/// "Security Council Election #7".
#[must_use]
pub fn description(index: U256) -> String {
    let mut text = String::from("Security Council Election #");
    text.push_str(&decimal(index));
    text
}

/// A number in decimal. The number type's own formatting brings long division along, which is large as WASM.
fn decimal(number: U256) -> String {
    let (mut rest, mut digits) = (number, Vec::new());
    loop {
        let (quotient, digit) = divide(rest, U256::from(10));
        digits.push(char::from(b'0' + digit.byte(0)));
        rest = quotient;
        if rest.is_zero() {
            return digits.into_iter().rev().collect();
        }
    }
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
pub fn index_of(calldatas: &[Memory<'_>]) -> Outcome<U256> {
    let first = calldatas.first().ok_or_else(Revert::out_of_bounds)?;
    decode::<(U256,)>(first.0).map(|(index,)| index)
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

/// Which ballots by signature have been cast: fifty slots.
#[storage]
pub struct CastBallots {
    used: StorageMap<B256, StorageBool>,
    _gap: Gap<49>,
}

impl CastBallots {
    /// Whether a ballot, named by its hash together with its voter's address, has been cast.
    #[must_use]
    pub fn contains(&self, replay: B256) -> bool {
        self.used.get(replay)
    }

    /// Remembers the ballot of `voter` with the digest that was signed.
    ///
    /// # Errors
    /// `VoteAlreadyCast` the second time.
    pub fn remember(&mut self, proposal_id: U256, digest: B256, voter: Address) -> Outcome {
        let mut preimage = digest.to_vec();
        preimage.extend_from_slice(voter.as_slice());
        let replay = self.vm().native_keccak256(&preimage);
        let mut used = self.used.setter(replay);
        ensure(!used.get(), || VoteAlreadyCast { voter, proposalId: proposal_id, replayHash: replay })?;
        used.set(true);
        Ok(())
    }
}

/// A governor that holds elections.
///
/// What every governor has and an election has not is overridden in `Governor` by the `refuse_…` functions.
pub trait Election: Governor {
    /// Which ballots by signature have been cast.
    fn cast_ballots(&self) -> &CastBallots;
    /// Which ballots by signature have been cast, to be added to.
    fn cast_ballots_mut(&mut self) -> &mut CastBallots;
    /// The council manager.
    ///
    /// # Errors
    /// None.
    fn security_council_manager(&self) -> Outcome<Address>;
    /// How much of a voting power is used in an election.
    ///
    /// # Errors
    /// None.
    fn votes_used(&self, proposal_id: U256, account: Address) -> Outcome<U256>;

    /// Proposes election `index`. Returns the proposal's id.
    ///
    /// # Errors
    /// As [`lifecycle::propose`].
    fn propose_election(&mut self, index: U256) -> Outcome<U256> {
        lifecycle::propose(self, &operations(&call_data(index)), description(index).as_bytes())
    }

    /// The proposal id of election `index`.
    fn election_id(&self, index: U256) -> U256 {
        operations(&call_data(index)).id(self.vm(), self.vm().native_keccak256(description(index).as_bytes()))
    }

    /// Casts a ballot by signature, once.
    ///
    /// # Errors
    /// `Error(string)` for a bad signature, `VoteAlreadyCast`; as [`Governor::cast`].
    fn cast_signed(&mut self, ballot: SignedBallot<'_>) -> Outcome<U256> {
        let SignedBallot { proposal_id, support, reason, params, signature } = ballot;
        let (digest, voter) = ballots::params_signer(self, proposal_id, support, reason, params, signature)?;
        self.cast_ballots_mut().remember(proposal_id, digest, voter)?;
        self.cast(proposal_id, voter, support, reason, params)
    }

    /// The block in which the call runs, of L1 on Arbitrum chains.
    fn block(&self) -> U256 {
        U256::from(self.vm().block_number())
    }

    /// The cohort that is up at election `index`.
    ///
    /// # Errors
    /// None.
    fn election_index_to_cohort(&self, index: U256) -> Outcome<u8> {
        Ok(cohort(index))
    }

    /// What election `index` is called.
    ///
    /// # Errors
    /// None.
    fn election_index_to_description(&self, index: U256) -> Outcome<String> {
        Ok(description(index))
    }

    /// The arguments of the proposal of election `index`.
    ///
    /// # Errors
    /// None.
    fn get_propose_args(&self, index: U256) -> Outcome<ProposeArgs> {
        let call_data = call_data(index);
        let Operations { targets, values, .. } = operations(&call_data);
        Ok((targets, values, vec![call_data.to_vec()], description(index)))
    }

    /// Whether a ballot by signature has been cast.
    ///
    /// # Errors
    /// None.
    fn used_nonces(&self, replay: B256) -> Outcome<bool> {
        Ok(self.cast_ballots().contains(replay))
    }
}

/// A ballot that somebody signed, cast by anybody.
#[derive(Clone, Copy, Debug)]
pub struct SignedBallot<'a> {
    /// The election.
    pub proposal_id: U256,
    /// 1: in favour.
    pub support: u8,
    /// Why, in the voter's words.
    pub reason: &'a [u8],
    /// Candidate and votes.
    pub params: &'a [u8],
    /// The voter's signature.
    pub signature: Signature,
}

/// A vote that names no candidate.
///
/// # Errors
/// `CastVoteDisabled`, always.
pub fn refuse_vote<T>() -> Outcome<T> {
    Err(CastVoteDisabled {}.into())
}

/// A proposal that is no election.
///
/// # Errors
/// `ProposeDisabled`, always.
pub fn refuse_proposal<T>() -> Outcome<T> {
    Err(ProposeDisabled {}.into())
}

routes! {
    /// The functions that both elections have.
    pub fn routes<C: Election>;
    nonpayable IElectionGovernor::electionIndexToCohortCall => election_index_to_cohort(index: U256);
    nonpayable IElectionGovernor::electionIndexToDescriptionCall => election_index_to_description(index: U256);
    nonpayable IElectionGovernor::getProposeArgsCall => get_propose_args(index: U256);
    nonpayable IElectionGovernor::usedNoncesCall => used_nonces(replay: B256);
    nonpayable IElectionGovernor::votesUsedCall => votes_used(proposal_id: U256, account: Address);
    nonpayable ICouncilGovernor::securityCouncilManagerCall => security_council_manager();
}

#[cfg(test)]
mod tests {
    use alloy_sol_types::SolValue;

    use super::*;

    #[test]
    fn derives_the_proposal_from_the_index() {
        let call_data = call_data(U256::from(3));
        let Operations { targets, values, calldatas } = operations(&call_data);
        assert_eq!((targets.as_slice(), values.as_slice()), ([Address::ZERO].as_slice(), [U256::ZERO].as_slice()));
        assert_eq!(calldatas, [Memory(&U256::from(3).abi_encode())]);
        assert_eq!(index_of(&calldatas), Ok(U256::from(3)));
        assert_eq!(index_of(&[]), Err(Revert::out_of_bounds()));
        assert_eq!(description(U256::ZERO), "Security Council Election #0");
        assert_eq!(description(U256::from(3)), "Security Council Election #3");
        assert_eq!(description(U256::MAX), format!("Security Council Election #{}", U256::MAX));
        assert_eq!((cohort(U256::ZERO), cohort(U256::from(7))), (0, 1));
    }

    #[track_caller]
    fn check(support: u8, params: &[u8], expected: &Outcome<Ballot>) {
        assert_eq!(&Ballot::read(support, params), expected);
    }

    #[test]
    fn reads_a_ballot_of_two_words_and_nothing_else() {
        let ballot = Ballot { candidate: Address::repeat_byte(7), votes: U256::from(5) };
        let params = (ballot.candidate, ballot.votes).abi_encode();
        check(1, &params, &Ok(ballot));
        check(0, &params, &Err(InvalidSupport { support: 0 }.into()));
        check(1, &params[..63], &Err(UnexpectedParamsLength { paramLength: U256::from(63) }.into()));
        check(1, &[&params[..], &[0]].concat(), &Err(UnexpectedParamsLength { paramLength: U256::from(65) }.into()));
        check(2, &[], &Err(InvalidSupport { support: 2 }.into()));
        let mut dirty = params;
        dirty[0] = 1;
        check(1, &dirty, &Err(Revert::empty()));
    }
}
