//! A transaction as typed data (EIP-712), the form in which wallets and devices take it.
//!
//! Written for the Safe's own release: without `chainId` in the domain before 1.3.0, with `dataGas` before 1.0.0. Read back, types
//! and members must be exactly those; a document with other types would be shown one way and hashed another.

use std::collections::BTreeMap;

use alloy_primitives::{Address, Bytes, U256};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::{
    calls::MAX_CALLDATA_BYTES,
    release::{Hashing, Release},
    transaction::{Account, Action, Operation, Refund},
};

/// The most bytes of a document of typed data.
pub const MAX_BYTES: usize = 4 * MAX_CALLDATA_BYTES;

/// A document that is no transaction of a Safe.
#[derive(Debug, thiserror::Error)]
pub enum TypedDataError {
    /// Larger than any real one.
    #[error("{0} bytes are more than the {MAX_BYTES} that typed data of a transaction may have")]
    TooLarge(usize),
    /// Not the members of typed data of a Safe.
    #[error("this is no typed data of a Safe's transaction: {0}")]
    Malformed(#[from] serde_json::Error),
    /// Another type.
    #[error("the type that is signed is {0:?}, not SafeTx: it is no transaction of a Safe")]
    PrimaryType(String),
    /// The members of a type differ.
    #[error("the members of type {0} are not those of any release of the Safe: a wallet would hash something else")]
    Types(String),
    /// No such operation.
    #[error("operation {0} is neither a call (0) nor a delegate call (1)")]
    Operation(u8),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    types: BTreeMap<String, Vec<MemberType>>,
    #[serde(rename = "primaryType")]
    primary_type: String,
    domain: DomainFields,
    message: Message,
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct MemberType {
    name: String,
    #[serde(rename = "type")]
    kind: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct DomainFields {
    chain_id: Option<Number>,
    verifying_contract: Address,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Message {
    to: Address,
    value: Number,
    data: Bytes,
    operation: u8,
    safe_tx_gas: Number,
    #[serde(alias = "dataGas")]
    base_gas: Number,
    gas_price: Number,
    gas_token: Address,
    refund_receiver: Address,
    nonce: Number,
}

/// A number as wallets write it.
#[derive(Clone, Copy, Deserialize)]
struct Number(#[serde(with = "crate::number")] U256);

fn types(hashing: Hashing) -> BTreeMap<String, Vec<MemberType>> {
    let member = |(kind, name): (&str, &str)| MemberType { name: name.to_owned(), kind: kind.to_owned() };
    let chain = [("uint256", "chainId"), ("address", "verifyingContract")];
    let domain = if hashing.has_chain_id() { &chain[..] } else { &chain[1..] };
    let transaction = [
        ("address", "to"),
        ("uint256", "value"),
        ("bytes", "data"),
        ("uint8", "operation"),
        ("uint256", "safeTxGas"),
        ("uint256", hashing.base_gas_name()),
        ("uint256", "gasPrice"),
        ("address", "gasToken"),
        ("address", "refundReceiver"),
        ("uint256", "nonce"),
    ];
    BTreeMap::from([
        ("EIP712Domain".to_owned(), domain.iter().copied().map(member).collect()),
        ("SafeTx".to_owned(), transaction.into_iter().map(member).collect()),
    ])
}

/// The typed data of a transaction, as `eth_signTypedData_v4` takes it.
#[must_use]
pub fn write(account: &Account, action: &Action, nonce: U256) -> Value {
    let hashing = account.release.hashing();
    let mut domain = json!({ "verifyingContract": account.safe });
    if hashing.has_chain_id() {
        domain["chainId"] = json!(account.chain_id);
    }
    let mut message = json!({
        "to": action.to,
        "value": action.value.to_string(),
        "data": action.data,
        "operation": action.operation.number(),
        "safeTxGas": action.refund.safe_tx_gas.to_string(),
        "gasPrice": action.refund.gas_price.to_string(),
        "gasToken": action.refund.gas_token,
        "refundReceiver": action.refund.refund_receiver,
        "nonce": nonce.to_string(),
    });
    message[hashing.base_gas_name()] = json!(action.refund.base_gas.to_string());
    json!({ "types": types(hashing), "primaryType": "SafeTx", "domain": domain, "message": message })
}

/// Reads typed data back: the Safe, what it does, and the nonce. A domain without chain id names no chain; `chain_id` is used then.
///
/// # Errors
/// [`TypedDataError`].
pub fn read(bytes: &[u8], chain_id: u64) -> Result<(Account, Action, U256), TypedDataError> {
    if bytes.len() > MAX_BYTES {
        return Err(TypedDataError::TooLarge(bytes.len()));
    }
    let Document { types: stated, primary_type, domain, message } = serde_json::from_slice(bytes)?;
    if primary_type != "SafeTx" {
        return Err(TypedDataError::PrimaryType(primary_type.chars().take(64).collect()));
    }
    let family = Hashing::ALL.into_iter().find(|hashing| {
        let known = types(*hashing);
        stated.get("SafeTx") == known.get("SafeTx")
            && stated.get("EIP712Domain").is_none_or(|domain| Some(domain) == known.get("EIP712Domain"))
            && domain.chain_id.is_some() == hashing.has_chain_id()
    });
    let hashing = family.ok_or_else(|| TypedDataError::Types("SafeTx".to_owned()))?;
    if stated.len() > 2 || (stated.len() == 2 && !stated.contains_key("EIP712Domain")) {
        return Err(TypedDataError::Types("EIP712Domain".to_owned()));
    }
    let stated_chain = match domain.chain_id {
        Some(Number(id)) => u64::try_from(id).map_err(|_| TypedDataError::Types("EIP712Domain".to_owned()))?,
        None => chain_id,
    };
    let release = match hashing {
        Hashing::WithChain => Release::V1_3_0,
        Hashing::WithoutChain => Release::V1_1_1,
        Hashing::DataGas => Release::V0_1_0,
    };
    let account = Account { chain_id: stated_chain, safe: domain.verifying_contract, release };
    let operation = Operation::of_number(message.operation).ok_or(TypedDataError::Operation(message.operation))?;
    let refund = Refund {
        safe_tx_gas: message.safe_tx_gas.0,
        base_gas: message.base_gas.0,
        gas_price: message.gas_price.0,
        gas_token: message.gas_token,
        refund_receiver: message.refund_receiver,
    };
    let action = Action { to: message.to, value: message.value.0, data: message.data, operation, refund };
    Ok((account, action, message.nonce.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> Action {
        Action {
            to: Address::repeat_byte(1),
            value: U256::MAX,
            data: vec![1, 2, 3].into(),
            operation: Operation::DelegateCall,
            refund: Refund { base_gas: U256::from(9), ..Refund::default() },
        }
    }

    #[test]
    fn comes_back_as_it_was_for_every_release() {
        for release in [Release::V0_1_0, Release::V1_1_1, Release::V1_3_0] {
            let account = Account { chain_id: 10, safe: Address::repeat_byte(2), release };
            let text = write(&account, &sample(), U256::from(7)).to_string();
            assert_eq!(read(text.as_bytes(), 10).unwrap(), (account, sample(), U256::from(7)));
        }
    }

    #[track_caller]
    fn check_refused(alter: impl Fn(&mut Value), expected: &str) {
        let account = Account { chain_id: 10, safe: Address::repeat_byte(2), release: Release::V1_3_0 };
        let mut document = write(&account, &sample(), U256::from(7));
        alter(&mut document);
        let error = read(document.to_string().as_bytes(), 10).unwrap_err().to_string();
        assert!(error.contains(expected), "{error}");
    }

    #[test]
    fn refuses_what_a_wallet_would_hash_otherwise() {
        check_refused(|data| data["primaryType"] = json!("Permit"), "not SafeTx");
        check_refused(|data| data["types"]["SafeTx"][0]["type"] = json!("uint256"), "members of type SafeTx");
        check_refused(|data| data["types"]["Other"] = json!([]), "members of type EIP712Domain");
        check_refused(|data| data["message"]["more"] = json!(1), "unknown field");
        check_refused(|data| data["message"]["operation"] = json!(2), "neither a call");
        check_refused(|data| data["message"]["nonce"] = json!(-1), "a number is expected");
        check_refused(|data| data["domain"] = json!({ "verifyingContract": Address::ZERO }), "members of type SafeTx");
    }
}
