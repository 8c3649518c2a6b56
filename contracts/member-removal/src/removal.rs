//! What may be proposed, and how many votes are enough.

use alloc::vec::Vec;

use alloy_primitives::{Address, FixedBytes, U256, uint};
use alloy_sol_types::{SolCall, SolEvent, SolValue};
use ephor_abi::{
    council::ICouncilManager::{firstCohortIncludesCall, removeMemberCall, secondCohortIncludesCall},
    election::IMemberRemoval::{
        CallNotRemoveMember, InvalidOperationsLength, InvalidVoteSuccessNumerator, MemberNotFound,
        MemberRemovalProposed, TargetNotManager, UnexpectedCalldataLength, ValueNotZero, VoteSuccessNumeratorSet,
    },
};
use ephor_parts::{
    Memory, Outcome, Revert,
    calldata::decode,
    emit, ensure,
    governor::{Operations, lifecycle},
    log::emit_raw,
    ownable::Ownable,
    query,
};
use ephor_rules::threshold::{Fraction, vote_succeeded};
use stylus_sdk::prelude::*;

use crate::MemberRemovalGovernor;

/// What the numerator of the share of votes in favour is divided by.
const VOTE_SUCCESS_DENOMINATOR: U256 = uint!(10_000_U256);

/// A selector and one address.
const CALL_LENGTH: usize = 36;

impl MemberRemovalGovernor {
    /// Proposes to remove a member. Returns the id. Emits `MemberRemovalProposed`, `ProposalCreated`.
    ///
    /// # Errors
    /// `InvalidOperationsLength` for more or less than one call, `TargetNotManager`, `ValueNotZero`,
    /// `UnexpectedCalldataLength`, `CallNotRemoveMember`, `MemberNotFound`; as [`lifecycle::propose`].
    pub(crate) fn propose_removal(
        &mut self,
        targets: Vec<Address>,
        values: Vec<U256>,
        calldatas: Vec<Memory<'_>>,
        description: &[u8],
    ) -> Outcome<U256> {
        let [target] = targets[..] else {
            return Err(InvalidOperationsLength { len: U256::from(targets.len()) }.into());
        };
        let manager = self.security_council_manager.get();
        ensure(target == manager, || TargetNotManager { target })?;
        let value = *values.first().ok_or_else(Revert::out_of_bounds)?;
        ensure(value.is_zero(), || ValueNotZero { value })?;
        let Memory(call) = *calldatas.first().ok_or_else(Revert::out_of_bounds)?;
        ensure(call.len() == CALL_LENGTH, || UnexpectedCalldataLength { len: U256::from(call.len()) })?;
        let (selector, arguments) = self.separate_selector(call)?;
        let expected = FixedBytes(removeMemberCall::SELECTOR);
        ensure(selector == expected, || CallNotRemoveMember { selector, expectedSelector: expected })?;
        let (member,): (Address,) = decode(arguments)?;
        ensure(self.is_member(manager, member)?, || MemberNotFound { memberToRemove: member })?;

        // The description may be no UTF-8, so it is encoded as bytes, which look the same.
        emit_raw(self.vm(), &[MemberRemovalProposed::SIGNATURE_HASH], &(member, description).abi_encode_params());
        lifecycle::propose(self, &Operations { targets, values, calldatas }, description)
    }

    /// Whether the manager has `account` in one of the cohorts.
    fn is_member(&self, manager: Address, account: Address) -> Outcome<bool> {
        let (first,): (bool,) = query(self.vm(), manager, &firstCohortIncludesCall { account })?;
        if first {
            return Ok(true);
        }
        let (second,): (bool,) = query(self.vm(), manager, &secondCohortIncludesCall { account })?;
        Ok(second)
    }

    /// A call's selector and its arguments.
    ///
    /// # Errors
    /// No data for less than four bytes.
    pub(crate) fn separate_selector<'a>(&self, call: &'a [u8]) -> Outcome<(FixedBytes<4>, &'a [u8])> {
        let (selector, arguments) = call.split_first_chunk().ok_or_else(Revert::empty)?;
        Ok((FixedBytes(*selector), arguments))
    }

    /// Whether the votes in favour are at least the share of all that is asked for.
    ///
    /// # Errors
    /// `Panic(0x11)`.
    pub(crate) fn removal_succeeded(&self, proposal: U256) -> Outcome<bool> {
        let tally = self.count.tally(proposal);
        let share = Fraction { numerator: self.vote_success_numerator.get(), denominator: VOTE_SUCCESS_DENOMINATOR };
        vote_succeeded(tally.favour, tally.against, share).map_err(|_| Revert::overflow())
    }

    /// What the numerator is divided by.
    pub(crate) fn vote_success_denominator(&self) -> Outcome<U256> {
        Ok(VOTE_SUCCESS_DENOMINATOR)
    }

    /// The share of the votes that is enough, in ten-thousandths.
    pub(crate) fn vote_success_numerator(&self) -> Outcome<U256> {
        Ok(self.vote_success_numerator.get())
    }

    /// Changes the share of the votes. Only for the owner. Emits `VoteSuccessNumeratorSet`.
    ///
    /// # Errors
    /// The refusal of another caller; `InvalidVoteSuccessNumerator`.
    pub(crate) fn set_vote_success_numerator(&mut self, numerator: U256) -> Outcome {
        self.only_owner()?;
        self.accept_vote_success_numerator(numerator)
    }

    /// Changes the share of the votes without asking who calls. Emits `VoteSuccessNumeratorSet`.
    ///
    /// # Errors
    /// `InvalidVoteSuccessNumerator` for zero, or more than one.
    pub(crate) fn accept_vote_success_numerator(&mut self, numerator: U256) -> Outcome {
        let sound = !numerator.is_zero() && numerator <= VOTE_SUCCESS_DENOMINATOR;
        ensure(sound, || InvalidVoteSuccessNumerator { voteSuccessNumerator: numerator })?;
        self.vote_success_numerator.set(numerator);
        emit(self.vm(), &VoteSuccessNumeratorSet { voteSuccessNumerator: numerator });
        Ok(())
    }

    /// The manager of the council.
    pub(crate) fn security_council_manager(&self) -> Outcome<Address> {
        Ok(self.security_council_manager.get())
    }
}
