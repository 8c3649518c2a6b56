//! From a proposal to its execution.

use alloc::{string::String, vec, vec::Vec};

use alloy_primitives::{Address, B256, U256};
use alloy_sol_types::{SolEvent, SolValue};
use ephor_abi::governor::IGovernor::{ProposalCreated, ProposalExecuted};
use stylus_sdk::{
    host::VM,
    stylus_core::{AccountAccess, BlockAccess, CryptographyAccess, MessageAccess},
};

use super::{
    Governor,
    proposal::{Operations, ProposalState},
};
use crate::{
    call::{call, is_contract, verify},
    log::{emit, emit_raw},
    revert::{Checked, Outcome, Revert, require},
};

/// Where a proposal stands by its dates and its votes.
///
/// # Errors
/// "Governor: unknown proposal id"; what the counting refuses.
pub fn state<G: Governor>(this: &G, id: U256) -> Outcome<ProposalState> {
    let proposal = this.proposals().get(id);
    if proposal.is_executed() {
        return Ok(ProposalState::Executed);
    }
    if proposal.is_canceled() {
        return Ok(ProposalState::Canceled);
    }
    let (snapshot, now) = (proposal.snapshot(), this.vm().block_number());
    require(snapshot != 0, "Governor: unknown proposal id")?;
    if snapshot >= now {
        return Ok(ProposalState::Pending);
    }
    if this.proposal_deadline(id)? >= U256::from(now) {
        return Ok(ProposalState::Active);
    }
    let succeeded = this.quorum_reached(id)? && this.vote_succeeded(id)?;
    Ok(if succeeded { ProposalState::Succeeded } else { ProposalState::Defeated })
}

/// Opens a proposal of the caller. Returns its id. Emits `ProposalCreated`.
///
/// # Errors
/// A proposer below the threshold in the block before; lists of different lengths or none; a proposal known already; a
/// delay or period beyond 64 bits, or dates beyond them (`Panic(0x11)`).
pub fn propose<G: Governor>(this: &mut G, operations: &Operations<'_>, description: &[u8]) -> Outcome<U256> {
    let proposer = this.vm().msg_sender();
    let now = this.vm().block_number();
    let power = this.get_votes(proposer, U256::from(now.minus(1)?))?;
    require(power >= this.proposal_threshold()?, "Governor: proposer votes below proposal threshold")?;

    let id = operations.id(this.vm(), this.vm().native_keccak256(description));
    let length = operations.targets.len();
    require(length == operations.values.len(), "Governor: invalid proposal length")?;
    require(length == operations.calldatas.len(), "Governor: invalid proposal length")?;
    require(length > 0, "Governor: empty proposal")?;
    require(this.proposals().get(id).snapshot() == 0, "Governor: proposal already exists")?;

    let snapshot = now.plus(to_u64(this.voting_delay()?)?)?;
    let deadline = snapshot.plus(to_u64(this.voting_period()?)?)?;
    this.proposals_mut().open(id, snapshot, deadline);

    // The description may be no UTF-8, so it is encoded as bytes, which look the same.
    let signatures: Vec<String> = vec![String::new(); length];
    let data = (
        id,
        proposer,
        operations.targets.as_slice(),
        operations.values.as_slice(),
        signatures,
        operations.calldatas.as_slice(),
        U256::from(snapshot),
        U256::from(deadline),
        description,
    )
        .abi_encode_params();
    emit_raw(this.vm(), &[ProposalCreated::SIGNATURE_HASH], &data);
    Ok(id)
}

/// `SafeCast.toUint64`.
///
/// # Errors
/// "SafeCast: value doesn't fit in 64 bits".
pub fn to_u64(value: U256) -> Outcome<u64> {
    value.try_into().map_err(|_| Revert::message("SafeCast: value doesn't fit in 64 bits"))
}

/// Marks a proposal as executed and carries it out. Returns its id. Emits `ProposalExecuted`.
///
/// # Errors
/// "Governor: proposal not successful"; what [`Governor::carry_out`] refuses.
pub fn execute<G: Governor>(this: &mut G, operations: &Operations<'_>, description_hash: B256) -> Outcome<U256> {
    let id = operations.id(this.vm(), description_hash);
    let state = this.state(id)?;
    require(matches!(state, ProposalState::Succeeded | ProposalState::Queued), "Governor: proposal not successful")?;
    this.proposals_mut().mark_executed(id);
    emit(this.vm(), &ProposalExecuted { proposalId: id });
    this.carry_out(id, operations, description_hash)?;
    Ok(id)
}

/// Makes the calls of a proposal, one after the other, all or none.
///
/// # Errors
/// What the first call that fails reverts with, or "Governor: call reverted without message".
pub fn call_each<G: Governor>(this: &mut G, operations: &Operations<'_>) -> Outcome {
    let Operations { targets, values, calldatas } = operations;
    for ((target, value), data) in targets.iter().zip(values).zip(calldatas) {
        verify(call(this.vm(), *target, *value, data.0), "Governor: call reverted without message")?;
    }
    Ok(())
}

/// Calls a contract with ether of this one.
///
/// # Errors
/// Too little ether; no code at `target`; what the callee reverts with, or "Address: low-level call with value failed".
pub fn relay(vm: &VM, target: Address, value: U256, data: &[u8]) -> Outcome {
    require(vm.balance(vm.contract_address()) >= value, "Address: insufficient balance for call")?;
    require(is_contract(vm, target), "Address: call to non-contract")?;
    verify(call(vm, target, value, data), "Address: low-level call with value failed").map(drop)
}
