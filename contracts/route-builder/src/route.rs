//! The encoding of a route, step by step from the action outwards. Pure; the contract looks up where the steps lead.

use alloc::vec::Vec;

use alloy_primitives::{Address, B256, Bytes, U256};
use alloy_sol_types::{SolCall, SolValue};
use ephor_abi::{
    bridge::{ARB_SYS, IArbSys, RETRYABLE_TICKET_MAGIC},
    council::{IRouteBuilder::InvalidActionType, IUpgradeExecutor},
    timelock::ITimelock,
};
use ephor_parts::{Outcome, Revert};

/// How an executor runs an action.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ActionKind {
    /// By a delegate call: the action acts as the executor.
    DelegateCall,
    /// By a call.
    Call,
}

impl ActionKind {
    /// The kind with that number.
    pub(crate) fn of(number: U256) -> Outcome<Self> {
        if number.is_zero() {
            Ok(Self::DelegateCall)
        } else if number == U256::ONE {
            Ok(Self::Call)
        } else {
            Err(Revert::from(InvalidActionType { actionType: number }))
        }
    }
}

/// Where an action is to run.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Destination {
    /// The inbox on L1 that leads to the chain; zero if the chain is L1.
    pub(crate) inbox: Address,
    /// The executor on the chain.
    pub(crate) upgrade_executor: Address,
}

/// What is to run.
#[derive(Clone, Debug)]
pub(crate) struct Action {
    pub(crate) address: Address,
    pub(crate) value: U256,
    pub(crate) data: Bytes,
}

/// One call of the batch on the L1 timelock.
#[derive(Clone, Debug)]
pub(crate) struct Step {
    target: Address,
    value: U256,
    data: Bytes,
}

impl Action {
    /// The call of the L1 timelock that runs the action.
    pub(crate) fn step(self, kind: ActionKind, to: Destination) -> Step {
        let data = match kind {
            ActionKind::DelegateCall => {
                IUpgradeExecutor::executeCall { upgrade: self.address, upgradeCallData: self.data }.abi_encode()
            }
            ActionKind::Call => {
                IUpgradeExecutor::executeCallCall { target: self.address, targetCallData: self.data }.abi_encode()
            }
        };
        if to.inbox.is_zero() {
            return Step { target: to.upgrade_executor, value: self.value, data: data.into() };
        }
        // Gas limit and gas price of the ticket are left at zero: the L1 timelock fills them in when it executes.
        let ticket = (to.inbox, to.upgrade_executor, self.value, U256::ZERO, U256::ZERO, Bytes::from(data));
        Step { target: RETRYABLE_TICKET_MAGIC, value: U256::ZERO, data: ticket.abi_encode_params().into() }
    }
}

/// The call on the governance chain that schedules the steps as one batch on the L1 timelock: target and calldata.
pub(crate) fn across(
    l1_timelock: Address,
    steps: Vec<Step>,
    predecessor: B256,
    salt: B256,
    delay_seconds: U256,
) -> (Address, Bytes) {
    let mut batch = ITimelock::scheduleBatchCall {
        targets: Vec::with_capacity(steps.len()),
        values: Vec::with_capacity(steps.len()),
        payloads: Vec::with_capacity(steps.len()),
        predecessor,
        salt,
        delay: delay_seconds,
    };
    for step in steps {
        batch.targets.push(step.target);
        batch.values.push(step.value);
        batch.payloads.push(step.data);
    }
    let message = IArbSys::sendTxToL1Call { destination: l1_timelock, data: batch.abi_encode().into() };
    (ARB_SYS, message.abi_encode().into())
}
