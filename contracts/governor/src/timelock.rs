//! Carrying proposals out through a timelock.
//!
//! A proposal that succeeded is queued: it becomes one batch in the timelock, remembered by its operation id. From then
//! on the timelock says where the proposal stands: done is executed, waiting is queued, unknown is cancelled. Executing
//! runs the batch.

use alloc::{vec, vec::Vec};

use alloy_primitives::{Address, B256, U256};
use ephor_abi::{
    governor::ITimelockedGovernor::{ProposalQueued, TimelockChange},
    timelock::ITimelock::{
        executeBatchCall, getMinDelayCall, getTimestampCall, hashOperationBatchCall, isOperationDoneCall,
        isOperationPendingCall, scheduleBatchCall,
    },
};
use ephor_parts::{
    Checked, Gap, Memory, Outcome,
    call::{encode_call, invoke_encoded, query_encoded},
    emit,
    governor::{Governor, Operations, ProposalState, lifecycle},
    query, require,
};
use stylus_sdk::{
    prelude::*,
    storage::{StorageAddress, StorageB256, StorageMap},
};

use crate::L2ArbitrumGovernor;

/// The timestamp of an operation that is done.
const DONE: U256 = U256::ONE;

/// The timelock, and the operation of each queued proposal: two slots, and forty-eight in reserve.
#[storage]
pub(crate) struct TimelockControl {
    timelock: StorageAddress,
    operations: StorageMap<U256, StorageB256>,
    _gap: Gap<48>,
}

impl TimelockControl {
    /// Changes the timelock. Emits `TimelockChange`.
    pub(crate) fn set(&mut self, timelock: Address) {
        emit(self.vm(), &TimelockChange { oldTimelock: self.timelock.get(), newTimelock: timelock });
        self.timelock.set(timelock);
    }
}

impl L2ArbitrumGovernor {
    /// The timelock.
    pub(crate) fn timelock(&self) -> Outcome<Address> {
        Ok(self.timelock.timelock.get())
    }

    /// Changes the timelock. Only for governance. Proposals queued in the old one are lost from sight.
    ///
    /// # Errors
    /// "Governor: onlyGovernance".
    pub(crate) fn update_timelock(&mut self, timelock: Address) -> Outcome {
        self.only_governance()?;
        self.timelock.set(timelock);
        Ok(())
    }

    /// Where a proposal stands, by the timelock once it is queued.
    ///
    /// # Errors
    /// As [`lifecycle::state`]; what the timelock refuses.
    pub(crate) fn timelocked_state(&self, proposal: U256) -> Outcome<ProposalState> {
        let state = lifecycle::state(self, proposal)?;
        if state != ProposalState::Succeeded {
            return Ok(state);
        }
        let id = self.timelock.operations.get(proposal);
        if id.is_zero() {
            return Ok(state);
        }
        let timelock = self.timelock()?;
        let (done,): (bool,) = query(self.vm(), timelock, &isOperationDoneCall { id })?;
        if done {
            return Ok(ProposalState::Executed);
        }
        let (pending,): (bool,) = query(self.vm(), timelock, &isOperationPendingCall { id })?;
        Ok(if pending { ProposalState::Queued } else { ProposalState::Canceled })
    }

    /// When a queued proposal may be executed, in seconds; zero if it is not queued, or done.
    ///
    /// # Errors
    /// What the timelock refuses.
    pub(crate) fn proposal_eta(&self, proposal: U256) -> Outcome<U256> {
        let id = self.timelock.operations.get(proposal);
        let (eta,): (U256,) = query(self.vm(), self.timelock()?, &getTimestampCall { id })?;
        Ok(if eta == DONE { U256::ZERO } else { eta })
    }

    /// Queues a proposal that succeeded, with the least delay of the timelock. Returns its id. Emits `ProposalQueued`.
    ///
    /// # Errors
    /// "Governor: proposal not successful"; what the timelock refuses.
    pub(crate) fn queue(
        &mut self,
        targets: Vec<Address>,
        values: Vec<U256>,
        calldatas: Vec<Memory<'_>>,
        description_hash: B256,
    ) -> Outcome<U256> {
        let operations = Operations { targets, values, calldatas };
        let proposal = operations.id(self.vm(), description_hash);
        require(self.state(proposal)? == ProposalState::Succeeded, "Governor: proposal not successful")?;

        let timelock = self.timelock()?;
        let (delay,): (U256,) = query(self.vm(), timelock, &getMinDelayCall {})?;
        let Operations { targets, values, calldatas } = &operations;
        let (targets, values, payloads) = (targets.as_slice(), values.as_slice(), calldatas.as_slice());
        let batch = (targets, values, payloads, B256::ZERO, description_hash);
        let (id,): (B256,) = query_encoded(self.vm(), timelock, &encode_call::<hashOperationBatchCall, _>(&batch))?;
        self.timelock.operations.setter(proposal).set(id);
        let batch = (targets, values, payloads, B256::ZERO, description_hash, delay);
        invoke_encoded(self.vm(), timelock, U256::ZERO, &encode_call::<scheduleBatchCall, _>(&batch))?;
        let eta = U256::from(self.vm().block_timestamp()).plus(delay)?;
        emit(self.vm(), &ProposalQueued { proposalId: proposal, eta });
        Ok(proposal)
    }

    /// Executes the batch of a proposal in the timelock, with the ether that came along.
    ///
    /// # Errors
    /// What the timelock refuses.
    pub(crate) fn execute_in_timelock(&self, operations: &Operations<'_>, description_hash: B256) -> Outcome {
        let Operations { targets, values, calldatas } = operations;
        let batch = (targets.as_slice(), values.as_slice(), calldatas.as_slice(), B256::ZERO, description_hash);
        let execute = encode_call::<executeBatchCall, _>(&batch);
        invoke_encoded(self.vm(), self.timelock()?, self.vm().msg_value(), &execute).map(drop)
    }
}
