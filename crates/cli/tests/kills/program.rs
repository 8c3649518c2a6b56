//! What the load calls, and how it signs.

use alloy_consensus::{SignableTransaction, TxEip1559, TxEnvelope};
use alloy_eips::eip2718::Encodable2718;
use alloy_primitives::{Address, Bytes, TxKind, U256, hex};
use alloy_signer::SignerSync;
use alloy_signer_local::PrivateKeySigner;
use serde_json::{Value, json};

use crate::process::{Connection, Up};

/// Creates a program that counts the calls of each caller, in the slot of the caller's address, and logs the count under it.
///
/// ```text
/// CALLER SLOAD 1 ADD DUP1 CALLER SSTORE   0 MSTORE   CALLER 32 0 LOG1 STOP
/// ```
const CREATION: [u8; 29] = hex!("601280600b6000396000f3" "33546001018033556000523360206000a100");

/// The rehearsal's one chain.
pub(crate) const HOME: u64 = 7_031_337;

/// A signed transaction, as parameters to send it with.
pub(crate) fn signed(by: &PrivateKeySigner, chain_id: u64, nonce: u64, to: TxKind, wei: u64, data: &[u8]) -> Value {
    let transaction = TxEip1559 {
        chain_id,
        nonce,
        gas_limit: 3_000_000,
        max_fee_per_gas: 10_000_000_000,
        to,
        value: U256::from(wei),
        input: Bytes::copy_from_slice(data),
        ..TxEip1559::default()
    };
    let signature = by.sign_hash_sync(&transaction.signature_hash()).expect("a key signs");
    json!([Bytes::from(TxEnvelope::from(transaction.into_signed(signature)).encoded_2718())])
}

/// How many transactions an account has had.
#[track_caller]
pub(crate) fn nonce(chain: &mut Connection, account: Address) -> u64 {
    number(&chain.ask("eth_getTransactionCount", &json!([account, "latest"])))
}

/// A quantity.
#[track_caller]
pub(crate) fn number(quantity: &Value) -> u64 {
    let word: U256 = serde_json::from_value(quantity.clone()).expect("a quantity");
    word.try_into().expect("a number of this size")
}

/// Puts the program on the chain, by an account that does nothing else.
#[track_caller]
pub(crate) fn create(up: &Up) -> Address {
    let (key, mut chain) = (up.key(9), up.connect("home"));
    let hash = chain.ask("eth_sendRawTransaction", &signed(&key, HOME, 0, TxKind::Create, 0, &CREATION));
    let receipt = chain.ask("eth_getTransactionReceipt", &json!([hash]));
    assert_eq!(receipt["status"], "0x1", "{receipt}");
    serde_json::from_value(receipt["contractAddress"].clone()).expect("an address")
}
