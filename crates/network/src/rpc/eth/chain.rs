//! Which chain this is, and where it stands.

use serde_json::{Value, json};

use super::super::{
    RpcError,
    params::Args,
    shapes::quantity,
    table::{Method, Room},
};

pub(in super::super) const METHODS: &[Method] = &[
    Method::new("eth_chainId", "The id that signatures commit to.", &[], "quantity", chain_id),
    Method::new("eth_blockNumber", "The number of the latest block.", &[], "quantity", block_number),
    Method::new("eth_syncing", "Whether the chain is being synced: never.", &[], "boolean", syncing),
    Method::new("eth_accounts", "The accounts that this node signs for.", &[], "address[]", accounts),
    Method::new("eth_coinbase", "Who receives the priority fees.", &[], "address", coinbase),
    Method::new("eth_mining", "Whether blocks are mined by work: never.", &[], "boolean", syncing),
    Method::new(
        "eth_protocolVersion",
        "The version of the wire protocol, which is not spoken.",
        &[],
        "quantity",
        protocol,
    ),
];

fn chain_id(room: &mut Room<'_>, _: &Args<'_>) -> Result<Value, RpcError> {
    Ok(quantity(room.chain_id))
}

fn block_number(room: &mut Room<'_>, _: &Args<'_>) -> Result<Value, RpcError> {
    Ok(quantity(room.chain()?.head()))
}

fn syncing(_: &mut Room<'_>, _: &Args<'_>) -> Result<Value, RpcError> {
    Ok(json!(false))
}

fn accounts(room: &mut Room<'_>, _: &Args<'_>) -> Result<Value, RpcError> {
    Ok(room.desk.settings.accounts.iter().map(|account| json!(account.key.address())).collect())
}

fn coinbase(room: &mut Room<'_>, _: &Args<'_>) -> Result<Value, RpcError> {
    Ok(json!(room.chain()?.config().coinbase))
}

fn protocol(_: &mut Room<'_>, _: &Args<'_>) -> Result<Value, RpcError> {
    Ok(quantity(68))
}
