//! Signatures of the accounts that this node signs for.

use alloy_dyn_abi::TypedData;
use alloy_primitives::{Bytes, Signature};
use alloy_signer::SignerSync;
use alloy_signer_local::PrivateKeySigner;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    super::{
        RpcError,
        params::{Args, Why, address, data, object},
        table::{Method, Param, Room},
    },
    transactions::unknown_account,
};

const ADDRESS: Param = Param::required("address", "address");

pub(in super::super) const METHODS: &[Method] = &[
    Method::new(
        "eth_sign",
        "Signs a message with its prefix (EIP-191).",
        &[ADDRESS, Param::required("message", "data")],
        "data",
        sign,
    ),
    Method::new(
        "personal_sign",
        "Signs a message with its prefix (EIP-191).",
        &[Param::required("message", "data"), ADDRESS, Param::optional("password", "string")],
        "data",
        personal_sign,
    ),
    Method::new(
        "eth_signTypedData_v4",
        "Signs typed data (EIP-712).",
        &[ADDRESS, Param::required("typedData", "object")],
        "data",
        sign_typed,
    ),
];

fn key(room: &Room<'_>, args: &Args<'_>, index: usize) -> Result<PrivateKeySigner, RpcError> {
    let account = args.get(index, address)?;
    room.desk.key(account).cloned().ok_or_else(|| unknown_account(account))
}

fn shown(signature: Result<Signature, alloy_signer::Error>) -> Result<Value, RpcError> {
    let signature = signature.map_err(|error| RpcError::internal(format_args!("the key does not sign: {error}")))?;
    Ok(json!(Bytes::from(signature.as_bytes())))
}

fn sign(room: &mut Room<'_>, args: &Args<'_>) -> Result<Value, RpcError> {
    args.get(0, address)?;
    let message = args.get(1, data)?;
    shown(key(room, args, 0)?.sign_message_sync(&message))
}

fn personal_sign(room: &mut Room<'_>, args: &Args<'_>) -> Result<Value, RpcError> {
    let message = args.get(0, data)?;
    shown(key(room, args, 1)?.sign_message_sync(&message))
}

fn sign_typed(room: &mut Room<'_>, args: &Args<'_>) -> Result<Value, RpcError> {
    args.get(0, address)?;
    let typed = args.get(1, typed_data)?;
    let key = key(room, args, 0)?;
    let digest = typed.eip712_signing_hash().map_err(|error| args.wrong(1, error))?;
    shown(key.sign_hash_sync(&digest))
}

/// As an object, or as the text of one.
fn typed_data(value: &Value) -> Result<TypedData, Why> {
    let parsed: Value = match value {
        Value::String(text) => serde_json::from_str(text).map_err(|error| format!("not JSON: {error}"))?,
        other => other.clone(),
    };
    let fields = object(&parsed)?;
    if let Some(missing) =
        ["types", "primaryType", "domain", "message"].iter().find(|name| !fields.contains_key(**name))
    {
        return Err(format!("{missing} is missing"));
    }
    TypedData::deserialize(parsed).map_err(|error| error.to_string())
}
