//! What is refused, in which words, and that nothing anyone sends does harm.

use alloy_primitives::{Address, B256, Bytes, U256};
use alloy_sol_types::{Panic, Revert, SolError};
use ephor_network::rpc::METHODS;
use serde_json::{Value, json};

use crate::world::{COUNTER, ETHEREUM, ONE, STRANGER, World, dev, signed};

#[track_caller]
fn check(world: &World, method: &str, params: Value, code: i64, message: &str) {
    let error = world.refused(method, params.clone());
    assert_eq!(error.code, code, "{method} {params}: {error}");
    assert!(error.message.contains(message), "{method} {params}: {error}");
}

#[test]
fn parameters_are_named_by_place_and_name() {
    let world = World::new(ONE);
    let wrong = |method: &str, params: Value, message: &str| check(&world, method, params, -32602, message);
    wrong("eth_getBalance", json!([]), "missing value for required argument 0 (address)");
    wrong("eth_getBalance", json!([null]), "missing value for required argument 0 (address)");
    wrong("eth_getBalance", json!(["0x12"]), "argument 0 (address): hex string has length 2, want 40");
    wrong("eth_getBalance", json!([dev(0), "newest"]), "argument 1 (block): hex string without 0x prefix");
    wrong("eth_getBalance", json!([dev(0), "0x01"]), "hex number with leading zero digits");
    wrong("eth_getBalance", json!([dev(0), {}]), "neither blockHash nor blockNumber");
    wrong("eth_getBalance", json!([dev(0), "latest", 1]), "too many arguments, want at most 2");
    wrong("eth_getBalance", json!({ "address": dev(0) }), "parameters must be an array");
    wrong("eth_getStorageAt", json!([COUNTER, "0x1g"]), "argument 1 (slot)");
    wrong(
        "eth_call",
        json!([{ "to": COUNTER, "data": "0x1", }]),
        "argument 0 (transaction): data: hex string of odd length",
    );
    wrong("eth_call", json!([{ "data": "0x01", "input": "0x02" }]), "both \"data\" and \"input\" are set");
    wrong("eth_call", json!([{ "gasPrice": "0x1", "maxFeePerGas": "0x1" }]), "both gasPrice and (maxFeePerGas");
    wrong("eth_call", json!([{ "to": COUNTER, "chainId": "0x1" }]), "chainId does not match node's (have=1, want=");
    wrong("eth_call", json!([{ "blobVersionedHashes": [B256::ZERO] }]), "blob and set-code");
    let both = json!({ COUNTER.to_string(): { "state": {}, "stateDiff": {} } });
    wrong("eth_call", json!([{ "to": COUNTER }, "latest", both]), "has both 'state' and 'stateDiff'");
    wrong("eth_call", json!([{ "to": COUNTER }, "latest", { "0x1": {} }]), "argument 2 (stateOverrides): 0x1:");
    wrong("eth_getLogs", json!([{ "topics": [null, null, null, null, null] }]), "exceed max topics");
    wrong("eth_getLogs", json!([{ "blockHash": B256::ZERO, "fromBlock": "0x1" }]), "cannot specify both BlockHash");
    wrong("eth_getLogs", json!([{ "fromBlock": "latest", "toBlock": "0x0" }]), "invalid block range");
    wrong("eth_getLogs", json!([{ "address": vec![COUNTER; 1_001] }]), "at most 1000");
    wrong("eth_feeHistory", json!(["0x1", "latest", [50, 20]]), "invalid reward percentile");
    wrong("eth_feeHistory", json!(["0x1", "latest", [101]]), "invalid reward percentile");
    wrong("eth_feeHistory", json!(["0x1", "latest", vec![1; 101]]), "at most 100");
    wrong("eth_sendRawTransaction", json!(["0x"]), "argument 0 (transaction): rlp");
    wrong("eth_sendRawTransaction", json!([format!("{}00", signed(&world.endpoint, 0, |_| {}))]), "left over");
    wrong("debug_traceCall", json!([{}, "latest", { "tracer": "jsTracer" }]), "there is no \"jsTracer\"");
    wrong("debug_traceCall", json!([{}, "latest", {}]), "say \"callTracer\"");
    wrong("eth_simulateV1", json!([{ "blockStateCalls": [] }]), "empty input");
    wrong("evm_increaseTime", json!([u64::MAX]), "at most");
    wrong("evm_setTime", json!([1]), "before the present time");
    wrong("ephor_relay", json!(["seven"]), "a message is named");
}

#[test]
fn calls_that_fail_say_why() {
    let world = World::new(ONE);
    let call = |input: Vec<u8>| json!([{ "from": dev(0), "to": COUNTER, "input": Bytes::from(input) }]);
    let why = Revert::from("Governor: too late").abi_encode();
    let panic = Panic { code: U256::from(0x11) }.abi_encode();
    let cases: [(Vec<u8>, &str); 4] = [
        (why, "execution reverted: Governor: too late"),
        (panic, "execution reverted: arithmetic underflow or overflow"),
        (vec![0xc0, 0xff, 0xee, 0x00], "execution reverted: OutOfCoffee()"),
        (vec![9, 9], "execution reverted"),
    ];
    for (data, message) in cases {
        for method in ["eth_call", "eth_estimateGas", "eth_sendTransaction"] {
            let error = world.refused(method, call(data.clone()));
            assert_eq!((error.code, error.message.as_str()), (3, message), "{method}");
            assert_eq!(error.data, Some(json!(Bytes::from(data.clone()))), "{method}");
        }
    }
    check(&world, "eth_call", call(vec![2]), -32000, "invalid opcode: INVALID (the contract panicked");
    let poor = json!([{ "from": STRANGER, "to": COUNTER, "value": "0x1" }]);
    for method in ["eth_call", "eth_estimateGas"] {
        check(&world, method, poor.clone(), -32000, "insufficient funds for gas * price + value");
    }
    let broke = json!([{ "from": STRANGER, "to": COUNTER, "gas": "0x186a0", "gasPrice": "0x64" }]);
    check(&world, "eth_call", broke, -32000, "insufficient funds for gas * price + value");
    let cheap = json!([{ "from": dev(0), "to": COUNTER, "gasPrice": "0x1" }]);
    check(&world, "eth_call", cheap, -32000, "max fee per gas less than block base fee");
    let blobs = json!([{ "to": COUNTER }, "latest", {}, { "blobBaseFee": "0x9" }]);
    let why = "invalid argument 3 (blockOverrides): blobBaseFee is not supported";
    check(&world, "eth_call", blobs, -32602, why);
    let little = json!([{ "from": dev(0), "to": COUNTER, "gas": "0x5300" }]);
    check(&world, "eth_call", little.clone(), -32000, "out of gas");
    check(&world, "eth_estimateGas", little, -32000, "gas required exceeds allowance (21248)");
    let none = json!([{ "from": dev(0), "to": COUNTER, "gas": "0x1" }]);
    check(&world, "eth_call", none, -32000, "intrinsic gas too low");
    check(&world, "eth_getBalance", json!([dev(0), "0xffffff"]), -32000, "header not found");
    check(&world, "eth_call", json!([{}, { "blockHash": B256::ZERO }]), -32000, "header not found");
}

#[test]
fn transactions_that_are_refused_say_why_as_everywhere() {
    let world = World::new(ONE);
    world.count(0);
    let poor = crate::world::key(9);
    let send = |raw: Bytes| json!([raw]);
    let mine = |bend: fn(&mut alloy_consensus::TxEip1559)| {
        signed(&world.endpoint, 0, |tx| {
            tx.nonce = 1;
            bend(tx);
        })
    };
    let cases: [(Bytes, i64, &str); 10] = [
        (mine(|tx| tx.nonce = 0), -32000, "nonce too low: next nonce 1, tx nonce 0"),
        (mine(|tx| tx.nonce = 2), -32000, "nonce too high: next nonce 1, tx nonce 2"),
        (mine(|tx| tx.chain_id = 1), -32000, "invalid chain id for signer: have 1 want 7042161"),
        (mine(|tx| tx.gas_limit = 20_000), -32000, "intrinsic gas too low: gas 20000, minimum needed 21000"),
        (mine(|tx| tx.gas_limit = 1 << 60), -32000, "exceeds block gas limit"),
        (mine(|tx| tx.max_fee_per_gas = 6), -32000, "max fee per gas less than block base fee"),
        (mine(|tx| tx.max_priority_fee_per_gas = 8), -32000, "max priority fee per gas higher than max fee per gas"),
        (mine(|tx| tx.value = U256::MAX), -32000, "insufficient funds for gas * price + value: balance"),
        (
            signed(&world.endpoint, 9, |tx| tx.value = U256::ONE),
            -32000,
            "insufficient funds for gas * price + value: balance 0, tx cost 700001, overshot 700001",
        ),
        (Bytes::from_static(&[0x05, 0xc0]), -32602, "rlp"),
    ];
    for (raw, code, message) in cases {
        check(&world, "eth_sendRawTransaction", send(raw), code, message);
    }
    check(&world, "eth_sendTransaction", json!([{ "from": poor.address(), "to": COUNTER }]), -32000, "unknown account");
    check(&world, "eth_signTransaction", json!([{ "from": STRANGER, "to": COUNTER }]), -32000, "unknown account");
    check(&world, "eth_sign", json!([STRANGER, "0x00"]), -32000, "unknown account");
    let future = json!([{ "from": dev(0), "to": COUNTER, "type": "0x4" }]);
    check(&world, "eth_sendTransaction", future, -32004, "transaction type not supported: 4");
    assert_eq!(world.counted(), 1, "none of them was mined");
}

#[test]
fn simulations_have_codes_of_their_own() {
    let world = World::new(ETHEREUM);
    let simulate = |blocks: Value, validation: bool| json!([{ "blockStateCalls": blocks, "validation": validation }]);
    let call = |extra: Value| {
        let mut call = json!({ "from": dev(0), "to": COUNTER, "gas": "0x186a0" });
        call.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
        json!([{ "calls": [call] }])
    };
    let cases = [
        (simulate(call(json!({ "nonce": "0x9" })), true), -38011),
        (simulate(call(json!({ "gas": "0x1" })), false), -38013),
        (simulate(call(json!({ "value": U256::MAX })), false), -38014),
        (simulate(json!([{ "blockOverrides": { "number": "0x1" } }]), false), -38020),
        (simulate(json!([{ "blockOverrides": { "time": "0x1" } }]), false), -38021),
        (simulate(json!([{ "blockOverrides": { "number": "0xffffffffff" } }]), false), -38026),
        (simulate(json!(vec![json!({}); 257]), false), -38026),
        (simulate(json!([{ "calls": vec![json!({}); 1_001] }]), false), -32602),
    ];
    for (params, code) in cases {
        assert_eq!(world.refused("eth_simulateV1", params.clone()).code, code, "{params:.200}");
    }
}

#[test]
fn every_method_misses_what_it_requires() {
    let world = World::new(ONE);
    for method in METHODS {
        if let Some(first) = method.params.first().filter(|param| param.required) {
            let message = format!("missing value for required argument 0 ({})", first.name);
            check(&world, method.name, json!([]), -32602, &message);
        }
        let many = vec![Value::Null; method.params.len() + 1];
        check(&world, method.name, json!(many), -32602, "too many arguments");
    }
    check(&world, "eth_getWork", json!([]), -32601, "the method eth_getWork does not exist/is not available");
    let long = "x".repeat(100_000);
    assert!(world.refused(&long, json!([])).message.len() < 200);
}

/// Emits empty logs until little gas is left: `JUMPDEST PUSH0 PUSH0 LOG0 PUSH2 ffff GAS GT PUSH0 JUMPI STOP`.
const ENDLESS: &str = "0x5b5f5fa061ffff5a115f5700";

#[test]
fn more_logs_than_an_answer_holds_are_refused_before_they_are_shown() {
    let world = World::new(ETHEREUM);
    world.ask("hardhat_setCode", json!([STRANGER, ENDLESS]));
    let many = json!({ "from": dev(0), "to": STRANGER, "gas": "0x5000000" });
    let hash = world.ask("eth_sendTransaction", json!([many]));
    let block = world.ask("eth_blockNumber", json!([]));
    let message = |what: &str| format!("{what} 209");
    check(&world, "eth_getTransactionReceipt", json!([hash]), -32005, &message("the receipt has"));
    check(&world, "eth_getBlockReceipts", json!([block]), -32005, &message("the block has"));
    check(&world, "eth_getLogs", json!([{}]), -32005, "query returned more than 200000 results");
    let simulated = json!([{ "blockStateCalls": [{ "calls": [many] }] }]);
    check(&world, "eth_simulateV1", simulated, -32005, &message("the calls emit"));
}

#[test]
fn nothing_that_is_sent_makes_it_panic() {
    let world = World::new(ONE);
    world.count(0);
    let junk = [
        json!(true),
        json!(-1),
        json!(1.5),
        json!(0),
        json!(u64::MAX),
        json!(""),
        json!("0x"),
        json!("0x0"),
        json!("0xffffffffffffffff"),
        json!("é"),
        json!("latest"),
        json!("pending"),
        json!(B256::ZERO),
        json!(Address::ZERO),
        json!(U256::MAX),
        json!([]),
        json!([[[[]]]]),
        json!({}),
        json!({ "from": dev(0), "to": COUNTER, "gas": "0xffffffffffffffff", "value": "0x0" }),
        json!({ "fromBlock": "0x0", "toBlock": "0xffffffffffffffff" }),
        json!({ "tracer": "callTracer", "tracerConfig": { "withLog": true } }),
        json!({ "tracer": "prestateTracer" }),
        json!({ "blockStateCalls": [{ "blockOverrides": { "number": "0xffffffffffffffff", "time": "0xffffffffffffffff" } }] }),
        json!({ "types": { "A": [{ "name": "a", "type": "A" }] }, "primaryType": "A", "domain": {}, "message": {} }),
        json!({ "l1Block": u64::MAX }),
    ];
    let codes = [3, -32000, -32003, -32004, -32005, -32601, -32602, -38020, -38021, -38026];
    for method in METHODS {
        for value in &junk {
            for filler in [json!("latest"), value.clone()] {
                let mut params = vec![filler; method.params.len()];
                if let Some(first) = params.first_mut() {
                    *first = value.clone();
                }
                if let Err(error) = world.endpoint.call(method.name, &params) {
                    assert!(codes.contains(&error.code), "{} {params:?}: {error}", method.name);
                }
            }
        }
    }
}
