//! Transactions and calls from inside, as go-ethereum's tracers show them.

use alloy_primitives::{Address, B256, Bytes, U256};
use serde_json::{Value, json};

use crate::world::{BASE_FEE, COUNTED, COUNTER, ONE, World, dev};

fn forwarded(data: &[u8]) -> Bytes {
    [&[1][..], COUNTER.as_slice(), data].concat().into()
}

fn calls(config: Value) -> Value {
    json!({ "tracer": "callTracer", "tracerConfig": config })
}

fn prestate(config: Value) -> Value {
    json!({ "tracer": "prestateTracer", "tracerConfig": config })
}

/// An account as nodes write it: in lower case.
fn shown_as(address: Address) -> String {
    address.to_string().to_lowercase()
}

#[test]
fn a_call_is_shown_with_those_below_it() {
    let world = World::new(ONE);
    let call = json!({ "from": dev(0), "to": COUNTER, "input": forwarded(&[]), "gas": "0x186a0" });
    let shown = world.ask("debug_traceCall", json!([call, "latest", calls(json!({ "withLog": true }))]));
    assert_eq!((&shown["type"], &shown["from"], &shown["to"]), (&json!("CALL"), &json!(dev(0)), &json!(COUNTER)));
    assert_eq!(
        (&shown["gas"], &shown["value"], &shown["input"]),
        (&json!("0x186a0"), &json!("0x0"), &json!(forwarded(&[])))
    );
    assert_eq!(shown["output"], json!(B256::with_last_byte(1)));
    assert!(shown.get("error").is_none() && shown.get("logs").is_none());
    let below = &shown["calls"][0];
    assert_eq!((&below["from"], &below["to"], &below["input"]), (&json!(COUNTER), &json!(COUNTER), &json!("0x")));
    let log = &below["logs"][0];
    assert_eq!((&log["position"], &log["index"], &log["address"]), (&json!("0x0"), &json!("0x0"), &json!(COUNTER)));
    assert_eq!(log["topics"], json!([COUNTED, COUNTER.into_word()]));
    let plain = world.ask("debug_traceCall", json!([call, "latest", calls(json!({ "onlyTopCall": true }))]));
    assert!(plain.get("calls").is_none());
    assert_eq!(plain["gasUsed"], shown["gasUsed"]);
}

#[test]
fn failures_are_shown_with_their_reasons() {
    let world = World::new(ONE);
    #[track_caller]
    fn check(world: &World, data: &[u8], error: &str, reason: Option<&str>, output: Option<&[u8]>) {
        let call = json!({ "from": dev(0), "to": COUNTER, "input": forwarded(data) });
        let shown = world.ask("debug_traceCall", json!([call, "latest", calls(json!({}))]));
        let below = &shown["calls"][0];
        assert_eq!(below["error"], json!(error));
        assert_eq!(below.get("revertReason"), reason.map(|reason| json!(reason)).as_ref());
        assert_eq!(below.get("output"), output.map(|output| json!(Bytes::copy_from_slice(output))).as_ref());
        assert_eq!(shown["error"], json!("execution reverted"), "it is passed on");
    }
    check(
        &world,
        &[0xc0, 0xff, 0xee, 0x00],
        "execution reverted",
        Some("OutOfCoffee()"),
        Some(&[0xc0, 0xff, 0xee, 0x00]),
    );
    check(&world, &[9], "execution reverted", None, Some(&[9]));
    check(&world, &[2], "invalid opcode: INVALID", None, None);
}

#[test]
fn accounts_are_shown_before_and_after() {
    let world = World::new(ONE);
    world.count(0);
    let call = json!({ "from": dev(0), "to": COUNTER });
    let slot = |value: u64| json!({ B256::ZERO.to_string(): B256::from(U256::from(value)) });
    let before = world.ask("debug_traceCall", json!([call, "latest", prestate(json!({}))]));
    let counter = &before[shown_as(COUNTER)];
    assert_eq!((&counter["storage"], &counter["code"]), (&slot(1), &json!("0xfe5255535400000001")));
    assert_eq!(before[shown_as(dev(0))]["nonce"], json!(1));
    assert!(before.get("0x0000000000000000000000000000000000000000").is_some(), "the coinbase is looked at");
    let bare = json!({ "disableCode": true, "disableStorage": true });
    let before = world.ask("debug_traceCall", json!([call, "latest", prestate(bare)]));
    let counter = &before[shown_as(COUNTER)];
    assert!(counter.get("code").is_none() && counter.get("storage").is_none());

    let both = world.ask("debug_traceCall", json!([call, "latest", prestate(json!({ "diffMode": true }))]));
    assert_eq!(both["post"], json!({ shown_as(COUNTER): { "storage": slot(2) } }));
    assert_eq!(both["pre"][shown_as(COUNTER)]["storage"], slot(1));
    // Overrides count here as well.
    let options = json!({
        "tracer": "prestateTracer",
        "tracerConfig": { "diffMode": true },
        "stateOverrides": { COUNTER.to_string(): { "stateDiff": slot(7) } },
    });
    let both = world.ask("debug_traceCall", json!([call, "latest", options]));
    assert_eq!(both["post"][shown_as(COUNTER)]["storage"], slot(8));
}

#[test]
fn a_mined_transaction_is_executed_again() {
    let world = World::new(ONE);
    // Where the past is not kept, a snapshot keeps it.
    world.ask("evm_snapshot", json!([]));
    world.ask("evm_setAutomine", json!([false]));
    let hashes = [world.count(0), world.count(1)];
    world.ask("evm_mine", json!([]));
    for (at, hash) in hashes.iter().enumerate() {
        let receipt = world.ask("eth_getTransactionReceipt", json!([hash]));
        let shown = world.ask("debug_traceTransaction", json!([hash, calls(json!({ "withLog": true }))]));
        assert_eq!(shown["gasUsed"], receipt["gasUsed"]);
        assert_eq!(shown["output"], json!(B256::from(U256::from(at + 1))));
        assert_eq!(shown["logs"][0]["index"], receipt["logs"][0]["logIndex"]);
        let both = world.ask("debug_traceTransaction", json!([hash, prestate(json!({ "diffMode": true }))]));
        let sender = shown_as(dev(at as u64));
        let wei = |side: &str| serde_json::from_value::<U256>(both[side][&sender]["balance"].clone()).unwrap();
        let used: U256 = serde_json::from_value(receipt["gasUsed"].clone()).unwrap();
        assert_eq!(wei("pre") - wei("post"), used * U256::from(BASE_FEE), "it paid for its gas");
        assert_eq!(both["post"][&sender]["nonce"], json!(1));
    }
    let error = world.refused("debug_traceTransaction", json!([B256::ZERO, calls(json!({}))]));
    assert_eq!((error.code, error.message.as_str()), (-32000, "transaction not found"));
}
