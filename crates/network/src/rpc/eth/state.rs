//! The state of accounts.

use alloy_primitives::B256;
use serde_json::{Value, json};

use super::super::{
    RpcError,
    params::{Args, address, each, slot},
    queries::{BlockRef, block, with_state},
    shapes::quantity,
    table::{Method, Param, Room},
};

const ADDRESS: Param = Param::required("address", "address");
const BLOCK: Param = Param::optional("block", "block");

pub(in super::super) const METHODS: &[Method] = &[
    Method::new("eth_getBalance", "The balance of an account in wei.", &[ADDRESS, BLOCK], "quantity", balance),
    Method::new("eth_getCode", "The code of an account.", &[ADDRESS, BLOCK], "data", code),
    Method::new(
        "eth_getStorageAt",
        "The value of a storage slot.",
        &[ADDRESS, Param::required("slot", "slot"), BLOCK],
        "data",
        storage,
    ),
    Method::new(
        "eth_getTransactionCount",
        "The nonce of an account's next transaction; with `pending`, those that wait are counted.",
        &[ADDRESS, BLOCK],
        "quantity",
        nonce,
    ),
    Method::new(
        "eth_getProof",
        "Proves an account and some of its slots against the state root of the latest block.",
        &[ADDRESS, Param::required("slots", "slot[]"), BLOCK],
        "object",
        proof,
    ),
];

/// Slots that are proven at a time, as everywhere.
const SLOTS_MAX: usize = 1_024;

fn balance(room: &mut Room<'_>, args: &Args<'_>) -> Result<Value, RpcError> {
    let at = args.get(0, address)?;
    with_state(room.chain_mut()?, args, 1, |chain| Ok(json!(chain.balance(at))))
}

fn code(room: &mut Room<'_>, args: &Args<'_>) -> Result<Value, RpcError> {
    let at = args.get(0, address)?;
    with_state(room.chain_mut()?, args, 1, |chain| Ok(json!(chain.code(at))))
}

fn storage(room: &mut Room<'_>, args: &Args<'_>) -> Result<Value, RpcError> {
    let (at, slot) = (args.get(0, address)?, args.get(1, slot)?);
    with_state(room.chain_mut()?, args, 2, |chain| Ok(json!(B256::from(chain.slot(at, slot)))))
}

fn nonce(room: &mut Room<'_>, args: &Args<'_>) -> Result<Value, RpcError> {
    let at = args.get(0, address)?;
    if args.optional(1, block)? == Some(BlockRef::Pending) {
        return Ok(quantity(room.chain()?.next_nonce(at)));
    }
    with_state(room.chain_mut()?, args, 1, |chain| Ok(quantity(chain.nonce(at))))
}

fn proof(room: &mut Room<'_>, args: &Args<'_>) -> Result<Value, RpcError> {
    let (at, slots) = (args.get(0, address)?, args.get(1, |slots| each(slots, SLOTS_MAX, slot))?);
    let proof = with_state(room.chain_mut()?, args, 2, |chain| chain.proof(at, &slots).map_err(RpcError::refused))?;
    let storage: Vec<Value> = proof
        .storage
        .iter()
        .map(|slot| json!({ "key": B256::from(slot.key), "value": slot.value, "proof": slot.proof }))
        .collect();
    Ok(json!({
        "address": proof.address,
        "balance": proof.balance,
        "nonce": quantity(proof.nonce),
        "codeHash": proof.code_hash,
        "storageHash": proof.storage_hash,
        "accountProof": proof.account_proof,
        "storageProof": storage,
    }))
}
