//! Who signs and pays in a ceremony: everything behind `--signer`.
//!
//! | signer | where |
//! |---|---|
//! | `keystore:PATH`, `ledger[:PATH]`, `trezor[:PATH]`, `aws:KEY`, `gcp:KEY` | everywhere, offline as well |
//! | `dev0`, an address: accounts that the node holds | rehearsal networks, with `--rpc-url` |
//! | `key:HEX` | rehearsal networks, with `--rpc-url` |

use super::{CeremonyFailure, chain::Endpoint};
use crate::{
    exit::Failure,
    signer::{Signer, SignerError, read_signature},
};
use alloy_primitives::{Address, B256, Signature, eip191_hash_message};
use alloy_provider::Provider;
use alloy_signer_local::PrivateKeySigner;
use ephor_client::signing::TypedData;
use serde_json::Value;
use std::path::Path;

/// Opens a signer.
pub(super) async fn open(text: &str, password: Option<&Path>, endpoint: Option<&Endpoint>) -> Result<Signer, Failure> {
    let (kind, rest) = text.split_once(':').unwrap_or((text, ""));
    if matches!(kind, "keystore" | "ledger" | "trezor" | "aws" | "gcp") {
        return Ok(Signer::offline(text, password).await?);
    }
    let rehearsal = match endpoint {
        Some(endpoint) if endpoint.rehearsal_clock().await.is_some() => Some(endpoint),
        _ => None,
    };
    match (kind, rehearsal) {
        ("key", None) => Err(SignerError::RawKey.into()),
        ("key", Some(_)) => {
            let key: PrivateKeySigner = rest.parse().map_err(|_| SignerError::NotAKey)?;
            Ok(Signer::Key(key))
        }
        (_, None) => Err(CeremonyFailure::Development(text.to_owned()).into()),
        (_, Some(endpoint)) => {
            let name = if kind == "unlocked" { rest } else { text };
            Ok(Signer::Node(account(endpoint, name).await?))
        }
    }
}

/// An account of the node, by its number or its address.
async fn account(endpoint: &Endpoint, name: &str) -> Result<Address, CeremonyFailure> {
    if let Ok(address) = name.parse() {
        return Ok(address);
    }
    let unknown = || CeremonyFailure::Development(name.to_owned());
    let number: usize = name.strip_prefix("dev").and_then(|number| number.parse().ok()).ok_or_else(unknown)?;
    let accounts = endpoint.provider.get_accounts().await.map_err(super::chain::unexpected)?;
    accounts.get(number).copied().ok_or_else(unknown)
}

/// Signs typed data.
pub(super) async fn sign_typed(
    signer: &Signer,
    endpoint: Option<&Endpoint>,
    message: &TypedData,
) -> Result<Signature, Failure> {
    match (signer, endpoint) {
        (Signer::Node(account), Some(endpoint)) => {
            asked(endpoint, "eth_signTypedData_v4", (*account, message.json.clone()), *account, message.digest).await
        }
        _ => Ok(signer.sign_typed(message).await?),
    }
}

/// Signs a hash as a message (EIP-191).
pub(super) async fn sign_message(
    signer: &Signer,
    endpoint: Option<&Endpoint>,
    hash: B256,
) -> Result<Signature, Failure> {
    match (signer, endpoint) {
        (Signer::Node(account), Some(endpoint)) => {
            asked(endpoint, "personal_sign", (hash, *account), *account, eip191_hash_message(hash)).await
        }
        _ => Ok(signer.sign_message(hash).await?),
    }
}

/// The node's signature, which must be the account's.
async fn asked(
    endpoint: &Endpoint,
    method: &'static str,
    params: impl alloy_json_rpc::RpcSend + 'static,
    account: Address,
    digest: B256,
) -> Result<Signature, Failure> {
    let failed = |source| SignerError::Node { account, source: Box::new(source) };
    let answer: Value = endpoint.provider.raw_request(method.into(), params).await.map_err(failed)?;
    let signed = read_signature(answer.as_str().unwrap_or_default(), digest).filter(|(_, who)| *who == account);
    signed.map(|(signature, _)| signature).ok_or_else(|| SignerError::NoSignature { account }.into())
}
