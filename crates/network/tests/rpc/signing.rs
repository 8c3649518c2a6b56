//! Signatures of the accounts whose keys the node holds.

use alloy_consensus::TxEnvelope;
use alloy_eips::Decodable2718;
use alloy_primitives::{Address, B256, Bytes, Signature, U64, U256, hex, keccak256};
use alloy_rpc_types_eth::{Transaction, TransactionReceipt};
use alloy_signer_local::PrivateKeySigner;
use ephor_network::rpc::{DevAccount, Settings};
use serde_json::json;

use crate::world::{BASE_FEE, COUNTER, ONE, World, dev, settings};

#[test]
fn messages_are_signed_with_their_prefix() {
    let world = World::new(ONE);
    let text = Bytes::from_static(b"I endorse");
    for signed in [
        world.get::<Bytes>("eth_sign", json!([dev(0), text])),
        world.get::<Bytes>("personal_sign", json!([text, dev(0)])),
    ] {
        let signature = Signature::from_raw(&signed).unwrap();
        assert_eq!(signature.recover_address_from_msg(&text).unwrap(), dev(0));
        assert!([27, 28].contains(&signed[64]));
    }
}

#[test]
fn typed_data_is_signed_as_the_standard_shows() {
    // The example of EIP-712, by the key that is the hash of "cow".
    let cow = PrivateKeySigner::from_bytes(&keccak256("cow")).unwrap();
    let address = cow.address();
    let accounts = vec![DevAccount { name: "cow".to_owned(), key: cow }];
    let world = World::with(ONE, Settings { accounts, ..settings() });
    let person = json!([{ "name": "name", "type": "string" }, { "name": "wallet", "type": "address" }]);
    let typed = json!({
        "types": {
            "EIP712Domain": [
                { "name": "name", "type": "string" },
                { "name": "version", "type": "string" },
                { "name": "chainId", "type": "uint256" },
                { "name": "verifyingContract", "type": "address" },
            ],
            "Person": person,
            "Mail": [
                { "name": "from", "type": "Person" },
                { "name": "to", "type": "Person" },
                { "name": "contents", "type": "string" },
            ],
        },
        "primaryType": "Mail",
        "domain": {
            "name": "Ether Mail",
            "version": "1",
            "chainId": 1,
            "verifyingContract": "0xCcCCccccCCCCcCCCCCCcCcCccCcCCCcCcccccccC",
        },
        "message": {
            "from": { "name": "Cow", "wallet": "0xCD2a3d9F938E13CD947Ec05AbC7FE734Df8DD826" },
            "to": { "name": "Bob", "wallet": "0xbBbBBBBbbBBBbbbBbbBbbbbBBbBbbbbBbBbbBBbB" },
            "contents": "Hello, Bob!",
        },
    });
    let expected = Bytes::from(hex!(
        "4355c47d63924e8a72e509b65029052eb6c299d53a04e167c5775fd466751c9d"
        "07299936d304c153f6443dfa05f40ff007d72911b6f72307f996231605b91562"
        "1c"
    ));
    assert_eq!(world.get::<Bytes>("eth_signTypedData_v4", json!([address, typed])), expected);
    assert_eq!(world.get::<Bytes>("eth_signTypedData_v4", json!([address, typed.to_string()])), expected);
    let cyclic = json!({ "types": { "A": [] }, "primaryType": "B", "domain": {}, "message": {} });
    assert_eq!(world.refused("eth_signTypedData_v4", json!([address, cyclic])).code, -32602);
    for (typed, why) in
        [(json!({ "types": {} }), "primaryType is missing"), (json!("{"), "not JSON"), (json!("[]"), "an array")]
    {
        let error = world.refused("eth_signTypedData_v4", json!([address, typed]));
        assert!(error.message.starts_with(&format!("invalid argument 1 (typedData): {why}")), "{error}");
    }
}

#[test]
fn transactions_are_filled_in_signed_and_sent() {
    let world = World::new(ONE);
    let bare = json!({ "from": dev(0), "to": COUNTER });
    let estimate: U64 = world.get("eth_estimateGas", json!([bare]));
    for (nonce, (extra, tx_type, price)) in [
        (json!({}), 2, BASE_FEE),
        (json!({ "gasPrice": "0x9" }), 0, 9),
        (json!({ "gasPrice": "0x9", "accessList": [{ "address": COUNTER, "storageKeys": [B256::ZERO] }] }), 1, 9),
        (json!({ "maxFeePerGas": "0x14", "maxPriorityFeePerGas": "0x2" }), 2, BASE_FEE + 2),
    ]
    .into_iter()
    .enumerate()
    {
        let mut request = bare.clone();
        request.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
        let signed = world.ask("eth_signTransaction", json!([request]));
        let raw: Bytes = serde_json::from_value(signed["raw"].clone()).unwrap();
        let envelope = TxEnvelope::decode_2718(&mut raw.as_ref()).unwrap();
        assert_eq!(signed["tx"]["hash"], json!(envelope.tx_hash()));

        let hash: B256 = world.get("eth_sendTransaction", json!([request]));
        assert_eq!(hash, *envelope.tx_hash(), "the same transaction as was signed");
        let receipt: TransactionReceipt = world.get("eth_getTransactionReceipt", json!([hash]));
        assert_eq!((receipt.from, receipt.transaction_type() as u8), (dev(0), tx_type));
        assert_eq!(receipt.effective_gas_price, u128::from(price));
        let tx: Transaction = world.get("eth_getTransactionByHash", json!([hash]));
        let inner = tx.inner.inner();
        assert_eq!(alloy_consensus::Transaction::nonce(inner), nonce as u64);
        if nonce == 0 {
            assert_eq!(alloy_consensus::Transaction::gas_limit(inner), estimate.to::<u64>());
        }
    }
    let init = json!([{ "from": dev(0), "input": "0x60016000f3", "value": "0x0" }]);
    let hash: B256 = world.get("eth_sendTransaction", init);
    let receipt: TransactionReceipt = world.get("eth_getTransactionReceipt", json!([hash]));
    assert_eq!((receipt.to, receipt.contract_address), (None, Some(dev(0).create(4))));
    let balance: U256 = world.get("eth_getBalance", json!([dev(0), "latest"]));
    assert!(balance < U256::from(10).pow(U256::from(18)));
    assert_eq!(world.get::<Bytes>("eth_getCode", json!([Address::ZERO])), Bytes::new());
}
