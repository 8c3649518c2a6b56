//! Transactions of Safes that were really signed are named as their signers were told, and explained to the calls within.
//!
//! The record is `data/optimism/signing-tasks.json`, or whatever file of the same form `EPHOR_SIGNING_TASKS` names. Here are those that a Safe's
//! own owners sign; nested ones are the ceremony's.

use std::path::PathBuf;

use alloy_primitives::{Address, B256, Bytes, U256};
use alloy_sol_types::SolCall;
use ephor_abi::safe::ISafe;
use ephor_explain::{Book, Facts, IdKind, Kind, Knowledge, Payload, explain};
use ephor_proposals::folder;
use serde_json::Value;

fn read<T: serde::de::DeserializeOwned>(value: &Value) -> T {
    serde_json::from_value(value.clone()).expect("as recorded")
}

#[test]
fn names_directly_signed_transactions_as_published() {
    let own = || folder("data/optimism/signing-tasks.json");
    let path = std::env::var_os("EPHOR_SIGNING_TASKS").map_or_else(own, PathBuf::from);
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let record: Value = serde_json::from_str(&text).expect("JSON");
    let mut named = 0;
    for task in record["tasks"].as_array().expect("tasks") {
        for signer in task["signers"].as_array().expect("signers").iter().filter(|signer| signer["kind"] == "direct") {
            // A signer without calldata of its own signs the batch of the task, whether or not the record says so.
            let shared = signer["data"].is_null() || signer["data"] == "= multicall_data";
            let data = if shared { &task["multicall_data"] } else { &signer["data"] };
            let safe: Address = read(&signer["safe"]);
            let operation = signer["operation"].as_u64().and_then(|number| u8::try_from(number).ok()).expect("a byte");
            let call = ISafe::execTransactionCall {
                to: read(&signer["to"]),
                value: U256::ZERO,
                data: read::<Bytes>(data),
                operation,
                safeTxGas: U256::ZERO,
                baseGas: U256::ZERO,
                gasPrice: U256::ZERO,
                gasToken: Address::ZERO,
                refundReceiver: Address::ZERO,
                signatures: Bytes::new(),
            };
            let nonce = U256::from(signer["nonce"].as_u64().expect("a number"));
            let facts = Facts {
                safe_nonces: [(safe, nonce)].into(),
                safe_domain_without_chain: signer["eip712_domain_has_chain_id"] == false,
                ..Facts::default()
            };
            let knowledge = Knowledge { book: Book::common(), facts, ..Knowledge::default() };
            let chain = task["chain_id"].as_u64();
            let payload = Payload { to: Some(safe), chain, data: call.abi_encode().into(), ..Payload::default() };
            let root = explain(payload, &knowledge).expect("short").root;
            for (kind, published) in [
                (IdKind::SafeDomain, "domain_hash"),
                (IdKind::SafeMessage, "message_hash"),
                (IdKind::SafeTransaction, "safe_tx_hash"),
            ] {
                assert_eq!(root.id(kind), Some(read::<B256>(&signer[published])), "{} {published}", task["id"]);
            }
            assert_eq!(root.kind, Kind::SafeTransaction);
            let within: Vec<Option<Address>> = root.children[0].children.iter().map(|node| node.to).collect();
            let calls = task["calls"].as_array().expect("calls");
            let expected: Vec<Option<Address>> = calls.iter().map(|call| Some(read(&call["to"]))).collect();
            // The calls of the multicall, where it is one.
            if root.children[0].kind == Kind::Batch {
                assert_eq!(within, expected, "{}", task["id"]);
            }
            named += 1;
        }
    }
    assert!(named > 0);
    if std::env::var_os("EPHOR_SIGNING_TASKS").is_none() {
        assert_eq!(named, 39);
    }
}
