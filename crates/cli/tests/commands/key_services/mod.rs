//! The key services of AWS and Google as signers, against small stand-ins of them on this machine that hold a real key and answer as the
//! services do: the key as DER, signatures as DER and with a high s value, which contracts refuse and signers have to turn.
//!
//! Only in builds with the features `aws` and `gcp`.

#[cfg(feature = "aws")]
mod aws;
#[cfg(feature = "gcp")]
mod gcp;
#[cfg(feature = "gcp")]
mod grpc;

use crate::{
    harness::Run,
    network::{Network, on},
};
use alloy_primitives::{B256, U256, hex};
use alloy_signer::SignerSync;
use alloy_signer_local::PrivateKeySigner;
use serde_json::json;

/// The order of the curve.
const ORDER: &str = "0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141";
/// What stands before the point of a public key of secp256k1 in DER.
const PUBLIC_KEY: &str = "3056301006072a8648ce3d020106052b8104000a034200";

/// A key that a service holds.
fn key() -> PrivateKeySigner {
    PrivateKeySigner::from_bytes(&B256::repeat_byte(0x5a)).expect("a key")
}

/// Its public key in DER.
fn public_key() -> Vec<u8> {
    let point = key().credential().verifying_key().to_encoded_point(false);
    [&hex::decode(PUBLIC_KEY).expect("digits")[..], point.as_bytes()].concat()
}

/// A signature of a digest in DER, with a high s value.
fn sign(digest: &[u8]) -> Vec<u8> {
    let signature = key().sign_hash_sync(&B256::from_slice(digest)).expect("a signature");
    let high = ORDER.parse::<U256>().expect("a number") - signature.s();
    let body = [integer(signature.r()), integer(high)].concat();
    [&[0x30, u8::try_from(body.len()).expect("short")], &body[..]].concat()
}

/// A positive integer in DER: without leading zeros, but for one where the first bit is set.
fn integer(number: U256) -> Vec<u8> {
    let mut bytes = number.to_be_bytes_trimmed_vec();
    if bytes.first().is_none_or(|first| *first >= 0x80) {
        bytes.insert(0, 0);
    }
    [&[0x02, u8::try_from(bytes.len()).expect("short")], &bytes[..]].concat()
}

/// Runs a command with what the environment says of a key service.
#[track_caller]
fn run(network: &Network, environment: &[(&str, &str)], arguments: &[&str]) -> Run {
    let output = on(&network.url, arguments).envs(environment.iter().copied()).output().expect("the binary starts");
    let text = |bytes| String::from_utf8(bytes).expect("UTF-8");
    Run { code: output.status.code(), stdout: text(output.stdout), stderr: text(output.stderr) }
}

/// Creates an election and registers in it, both signed by the service: a transaction and a message.
#[track_caller]
fn takes_part(signer: &str, environment: &[(&str, &str)]) {
    let network = Network::up("minimal.toml", "2026-02-01T12:00Z");
    let account = key().address().to_string().to_lowercase();
    network.ask("home", "anvil_setBalance", &json!([account, "0xde0b6b3a7640000"]));
    let act =
        |what: &str| run(&network, environment, &["election", what, "--signer", signer, "--json"]).exits(0).json();
    let created = act("create");
    assert_eq!((&created["sent"], created["transactions"][0]["from"].as_str()), (&json!(true), Some(&account[..])));
    act("register");
    let contenders = network.json(&["election", "status"])["election"]["nomination"]["contenders"].clone();
    assert_eq!(contenders[0]["address"].as_str(), Some(&account[..]));
}
