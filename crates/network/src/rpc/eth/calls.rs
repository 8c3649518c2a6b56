//! Trying things out.

use serde_json::{Value, json};

use super::super::{
    RpcError,
    params::Args,
    queries::{scene, transaction, with_state},
    shapes::quantity,
    table::{Method, Param, Room},
};

const TRANSACTION: Param = Param::required("transaction", "transaction");
const BLOCK: Param = Param::optional("block", "block");
const STATE: Param = Param::optional("stateOverrides", "object");
const ENV: Param = Param::optional("blockOverrides", "object");

pub(in super::super) const METHODS: &[Method] = &[
    Method::new(
        "eth_call",
        "Executes a message without a transaction and returns what it returns.",
        &[TRANSACTION, BLOCK, STATE, ENV],
        "data",
        call,
    ),
    Method::new(
        "eth_estimateGas",
        "The least gas limit with which a transaction succeeds.",
        &[TRANSACTION, BLOCK, STATE, ENV],
        "quantity",
        estimate,
    ),
    Method::new(
        "eth_createAccessList",
        "The accounts and slots that a transaction would access, and the gas it uses when it declares them.",
        &[TRANSACTION, BLOCK, STATE],
        "object",
        access_list,
    ),
];

fn call(room: &mut Room<'_>, args: &Args<'_>) -> Result<Value, RpcError> {
    let (request, chain_id) = (args.get(0, transaction)?, room.chain_id);
    let outcome = with_state(room.chain_mut()?, args, 1, |chain| {
        let scene = scene(chain, args, 2, 3)?;
        let ask = request.ask(chain_id, &scene.env)?;
        Ok(chain.call_in(&scene, &ask)?)
    })?;
    match RpcError::of(&outcome, room.desk) {
        None => Ok(json!(outcome.output)),
        Some(error) => Err(error),
    }
}

fn estimate(room: &mut Room<'_>, args: &Args<'_>) -> Result<Value, RpcError> {
    let (request, chain_id) = (args.get(0, transaction)?, room.chain_id);
    let estimated = with_state(room.chain_mut()?, args, 1, |chain| {
        let scene = scene(chain, args, 2, 3)?;
        let ask = request.ask(chain_id, &scene.env)?;
        Ok(chain.estimate_gas_in(&scene, &ask))
    })?;
    estimated.map(quantity).map_err(|error| RpcError::estimate(&error, room.desk))
}

fn access_list(room: &mut Room<'_>, args: &Args<'_>) -> Result<Value, RpcError> {
    let (request, chain_id) = (args.get(0, transaction)?, room.chain_id);
    let accessed = with_state(room.chain_mut()?, args, 1, |chain| {
        let scene = scene(chain, args, 2, usize::MAX)?;
        let ask = request.ask(chain_id, &scene.env)?;
        Ok(chain.access_list_in(&scene, &ask)?)
    })?;
    let mut shown = json!({ "accessList": accessed.list, "gasUsed": quantity(accessed.outcome.gas_used) });
    if let Some(error) = RpcError::of(&accessed.outcome, room.desk) {
        shown["error"] = json!(error.message);
    }
    Ok(shown)
}
