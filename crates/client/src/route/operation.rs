//! What timelocks hold of an update: operations, their calldata, and their ids.

use alloy_primitives::{Address, B256, Bytes, U256, keccak256};
use alloy_sol_types::{SolCall, SolValue};
use ephor_abi::timelock::ITimelock;

use super::reading::{Delivery, delivery};

/// An operation of one call, as the core timelock takes it from the manager.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Operation {
    /// Whom it calls.
    pub target: Address,
    /// With what.
    pub data: Bytes,
    /// Its salt.
    pub salt: B256,
}

/// An operation of several calls, as the L1 timelock takes it from the bridge.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Batch {
    /// Whom it calls.
    pub targets: Vec<Address>,
    /// Wei for each call.
    pub values: Vec<U256>,
    /// Calldata of each call, or what describes a ticket.
    pub payloads: Vec<Bytes>,
    /// The operation that must be done before; zero if none.
    pub predecessor: B256,
    /// Its salt.
    pub salt: B256,
    /// Seconds it waits.
    pub delay_seconds: U256,
}

impl Operation {
    /// Its id on the timelock.
    #[must_use]
    pub fn id(&self) -> B256 {
        keccak256((self.target, U256::ZERO, self.data.clone(), B256::ZERO, self.salt).abi_encode_params())
    }
}

impl Batch {
    /// Its id on the timelock.
    #[must_use]
    pub fn id(&self) -> B256 {
        let Self { targets, values, payloads, predecessor, salt, .. } = self.clone();
        keccak256((targets, values, payloads, predecessor, salt).abi_encode_params())
    }

    /// Reads the calldata of `scheduleBatch`.
    #[must_use]
    pub fn read(calldata: &[u8]) -> Option<Self> {
        let call = ITimelock::scheduleBatchCall::abi_decode(calldata).ok()?;
        let ITimelock::scheduleBatchCall { targets, values, payloads, predecessor, salt, delay } = call;
        (targets.len() == values.len() && targets.len() == payloads.len()).then_some(Self {
            targets,
            values,
            payloads,
            predecessor,
            salt,
            delay_seconds: delay,
        })
    }

    /// The calldata that schedules it.
    #[must_use]
    pub fn schedule_calldata(&self) -> Bytes {
        let Self { targets, values, payloads, predecessor, salt, delay_seconds } = self.clone();
        let call = ITimelock::scheduleBatchCall { targets, values, payloads, predecessor, salt, delay: delay_seconds };
        call.abi_encode().into()
    }

    /// The calldata that executes it.
    #[must_use]
    pub fn execute_calldata(&self) -> Bytes {
        let Self { targets, values, payloads, predecessor, salt, .. } = self.clone();
        ITimelock::executeBatchCall { targets, values, payloads, predecessor, salt }.abi_encode().into()
    }

    /// The calls of executors that it makes.
    #[must_use]
    pub fn deliveries(&self) -> Vec<Delivery> {
        let calls = self.targets.iter().zip(&self.values).zip(&self.payloads);
        calls.map(|((target, value), payload)| delivery(*target, *value, payload)).collect()
    }
}
