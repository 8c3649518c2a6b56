//! Back from calldata: what a scheduled call does in the end, and which Safes it brings in line.

use alloy_primitives::{Address, Bytes, U256};
use alloy_sol_types::{SolCall, SolValue};
use ephor_abi::{
    bridge::{ARB_SYS, IArbSys, RETRYABLE_TICKET_MAGIC},
    council::{ILocalRoute, IMemberSync, IUpgradeExecutor},
};
use serde::Serialize;

use super::operation::Batch;

/// One Safe's part in an update.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Sync {
    /// The Safe.
    pub safe: Address,
    /// The action that brings its owners in line.
    pub action: Address,
    /// The whole council.
    pub members: Vec<Address>,
    /// The update's nonce.
    pub nonce: U256,
}

/// One call of an executor, where an operation ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivery {
    /// The inbox the call goes through, on its way to another chain.
    pub inbox: Option<Address>,
    /// Who is called: an executor, if all is as it should be.
    pub executor: Address,
    /// Wei the call carries.
    pub value: U256,
    /// Gas for a ticket's first attempt; none means that somebody must redeem it.
    pub gas_limit: U256,
    /// Wei per gas for a ticket's first attempt.
    pub max_fee_per_gas: U256,
    /// Calldata.
    pub data: Bytes,
    /// The Safes that it brings in line; none if it does something else.
    pub syncs: Vec<Sync>,
}

/// What a scheduled call does in the end, read from its calldata.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shipment {
    /// The L1 timelock and its operation, where the call crosses the bridge.
    pub batch: Option<(Address, Batch)>,
    /// The calls of executors, in order.
    pub deliveries: Vec<Delivery>,
}

/// Reads a call that the core timelock has scheduled: what it does in the end.
#[must_use]
pub fn read(target: Address, value: U256, data: &Bytes) -> Shipment {
    if target == ARB_SYS
        && let Ok(send) = IArbSys::sendTxToL1Call::abi_decode(data)
        && let Some(batch) = Batch::read(&send.data)
    {
        let deliveries = batch.deliveries();
        return Shipment { batch: Some((send.destination, batch)), deliveries };
    }
    Shipment { batch: None, deliveries: vec![delivery(target, value, data)] }
}

/// Reads one call of the last timelock.
pub(super) fn delivery(target: Address, value: U256, data: &Bytes) -> Delivery {
    type Ticket = (Address, Address, U256, U256, U256, Bytes);
    let ticket = || Ticket::abi_decode_params(data).ok().filter(|_| target == RETRYABLE_TICKET_MAGIC);
    let direct = || (Address::ZERO, target, value, U256::ZERO, U256::ZERO, data.clone());
    let (inbox, executor, value, gas_limit, max_fee_per_gas, data) = ticket().unwrap_or_else(direct);
    let inbox = Some(inbox).filter(|inbox| !inbox.is_zero());
    let syncs = syncs(&data);
    Delivery { inbox, executor, value, gas_limit, max_fee_per_gas, data, syncs }
}

/// The Safes that a call of an executor brings in line.
fn syncs(data: &[u8]) -> Vec<Sync> {
    let Ok(call) = IUpgradeExecutor::executeCall::abi_decode(data) else { return Vec::new() };
    let one = |action: Address, data: &[u8]| {
        let perform = IMemberSync::performCall::abi_decode(data).ok()?;
        let IMemberSync::performCall { _securityCouncil: safe, _updatedMembers: members, _nonce: nonce } = perform;
        Some(Sync { safe, action, members, nonce })
    };
    if let Ok(several) = ILocalRoute::performCall::abi_decode(&call.upgradeCallData) {
        return several.actions.iter().zip(&several.datas).filter_map(|(action, data)| one(*action, data)).collect();
    }
    one(call.upgrade, &call.upgradeCallData).into_iter().collect()
}
