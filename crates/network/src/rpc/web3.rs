//! `net_*` and `web3_*`.

use alloy_primitives::keccak256;
use serde_json::{Value, json};

use super::{
    RpcError,
    params::{Args, data},
    shapes::quantity,
    table::{Method, Param, Room},
};

pub(super) const METHODS: &[Method] = &[
    Method::new("net_version", "The chain's id, in decimal.", &[], "string", version),
    Method::new("net_listening", "Whether connections are taken.", &[], "boolean", listening),
    Method::new("net_peerCount", "How many peers there are: none.", &[], "quantity", peers),
    Method::new("web3_clientVersion", "What answers here.", &[], "string", client),
    Method::new("web3_sha3", "The Keccak-256 hash of data.", &[Param::required("data", "data")], "hash", sha3),
];

fn version(room: &mut Room<'_>, _: &Args<'_>) -> Result<Value, RpcError> {
    Ok(json!(room.chain_id.to_string()))
}

fn listening(_: &mut Room<'_>, _: &Args<'_>) -> Result<Value, RpcError> {
    Ok(json!(true))
}

fn peers(_: &mut Room<'_>, _: &Args<'_>) -> Result<Value, RpcError> {
    Ok(quantity(0))
}

fn client(room: &mut Room<'_>, _: &Args<'_>) -> Result<Value, RpcError> {
    Ok(json!(room.desk.settings.client_version))
}

fn sha3(_: &mut Room<'_>, args: &Args<'_>) -> Result<Value, RpcError> {
    Ok(json!(keccak256(args.get(0, data)?)))
}
