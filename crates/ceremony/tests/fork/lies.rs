//! Endpoints that lie, prove nothing, or stop answering.

use alloy_primitives::Bytes;
use ephor_ceremony::{
    fork::{self, BlockRef, Settings},
    simulation::SimulationError,
};
use serde_json::{Value, json};

use crate::world::{ETHEREUM, KEEPER, ONE, World, keep, simulate};

/// An endpoint that changes one thing is refused, and the reason says what.
#[track_caller]
fn check(chain: u64, alter: impl FnMut(&str, &mut Value) -> bool + 'static, parts: &[&str]) {
    let world = World::new(chain);
    let ceremony = world.ceremony(&[(KEEPER, 0, keep(42))]);
    // Something is there to be altered.
    world.send(KEEPER, &keep(7));
    match simulate(&ceremony, world.between(alter), BlockRef::Latest) {
        Ok((simulation, _)) => panic!("the lie {parts:?} gets through: {simulation:?}"),
        Err(error) => {
            let told = error.to_string();
            for part in parts {
                assert!(told.contains(part), "{part:?} is not in {told:?}");
            }
        }
    }
}

/// Turns the last bit of a hexadecimal text.
fn flip(value: &mut Value) {
    let mut text = value.as_str().expect("hexadecimal text").to_owned();
    let last = text.pop().and_then(|c| c.to_digit(16)).expect("a digit") ^ 1;
    text.push(char::from_digit(last, 16).expect("a digit"));
    *value = json!(text);
}

/// Changes something in the answers of a method, where it is there.
fn lie(method: &'static str, pointer: &'static str) -> impl FnMut(&str, &mut Value) -> bool {
    move |asked, answer| {
        if asked == method
            && let Some(value) = answer.pointer_mut(pointer).filter(|value| value.is_string())
        {
            flip(value);
        }
        true
    }
}

#[test]
fn altered_headers_are_refused() {
    for field in ["stateRoot", "timestamp", "gasLimit", "parentHash", "miner", "hash", "mixHash"] {
        let pointer: &'static str = Box::leak(format!("/result/{field}").into_boxed_str());
        check(ETHEREUM, lie("eth_getBlockByNumber", pointer), &["header of block", "fields hash to"]);
    }
    let ahead = |method: &str, answer: &mut Value| {
        if method == "eth_getBlockByNumber" {
            answer["result"]["l1BlockNumber"] = json!("0x1");
        }
        true
    };
    check(ONE, ahead, &["contracts see block 1, its header says"]);
    check(ETHEREUM, ahead, &["contracts see block 1, its header says"]);
    check(ETHEREUM, lie("eth_chainId", "/result"), &["the endpoint is of chain", "nothing was simulated"]);
}

#[test]
fn altered_accounts_are_refused() {
    let method = "eth_getProof";
    for (field, what) in
        [("balance", "balance"), ("nonce", "nonce"), ("codeHash", "code hash"), ("storageHash", "storage root")]
    {
        let pointer: &'static str = Box::leak(format!("/result/{field}").into_boxed_str());
        check(ETHEREUM, lie(method, pointer), &["account 0x", &format!("states the {what}"), "its proof says"]);
    }
    check(
        ETHEREUM,
        lie(method, "/result/accountProof/0"),
        &["is not proven against the state root", "node 0", "hashes to"],
    );
    let shortened = |method: &str, answer: &mut Value| {
        if method == "eth_getProof" {
            answer["result"]["accountProof"].as_array_mut().expect("nodes").pop();
        }
        true
    };
    check(ETHEREUM, shortened, &["is not proven against the state root", "is missing"]);
    let lengthened = |method: &str, answer: &mut Value| {
        if method == "eth_getProof" {
            answer["result"]["accountProof"].as_array_mut().expect("nodes").push(json!("0x80"));
        }
        true
    };
    check(ETHEREUM, lengthened, &["1 nodes follow after the end"]);
    check(ETHEREUM, lie("eth_getCode", "/result"), &["its code hashes to", "the account has the code hash"]);
}

#[test]
fn altered_slots_are_refused() {
    let method = "eth_getProof";
    check(ETHEREUM, lie(method, "/result/storageProof/0/value"), &["slot 0x", "states the value", "its proof says"]);
    check(
        ETHEREUM,
        lie(method, "/result/storageProof/0/proof/0"),
        &["slot 0x", "is not proven against the storage root"],
    );
    check(ETHEREUM, lie(method, "/result/storageProof/0/key"), &["was asked for, the endpoint proves slot"]);
    let none = |method: &str, answer: &mut Value| {
        if method == "eth_getProof" {
            answer["result"]["storageProof"] = json!([]);
        }
        true
    };
    check(ETHEREUM, none, &["the endpoint proves 0 slots instead"]);
}

#[test]
fn answers_that_are_none_are_told_with_method_and_endpoint() {
    let instead = |with: &'static str| {
        move |method: &str, answer: &mut Value| {
            if method == "eth_getProof" {
                answer["result"] = json!(with);
            }
            true
        }
    };
    check(ETHEREUM, instead("nonsense"), &["here: eth_getProof", "not what the method answers"]);
    let gone = |method: &str, answer: &mut Value| {
        if method == "eth_getBlockByNumber" {
            answer["result"] = Value::Null;
        }
        true
    };
    check(ETHEREUM, gone, &["the endpoint has no block latest"]);
    let huge = |method: &str, answer: &mut Value| {
        if method == "eth_getCode" {
            answer["result"] = json!(format!("0x{}", "00".repeat(fork::MAX_ANSWER_BYTES)));
        }
        true
    };
    check(ETHEREUM, huge, &["here: eth_getCode", "more than 8388608 bytes"]);
}

#[test]
fn an_endpoint_that_dies_midway_ends_the_simulation() {
    for left in [0, 1, 2, 5, 9] {
        let mut left = left;
        let dying = move |_: &str, _: &mut Value| {
            left -= 1;
            left >= 0
        };
        check(ETHEREUM, dying, &["here: eth_", "no answer: connection reset"]);
    }
    // Once it has proven something, it has to go on.
    let mut proofs = 0;
    let tired = move |method: &str, answer: &mut Value| {
        if method == "eth_getProof" {
            proofs += 1;
            if proofs > 3 {
                *answer =
                    json!({ "jsonrpc": "2.0", "id": 1, "error": { "code": -32_601, "message": "no such method" } });
            }
        }
        true
    };
    check(ETHEREUM, tired, &["here: eth_getProof: refused: no such method (code -32601)"]);
}

fn without_proofs(method: &str, answer: &mut Value) -> bool {
    if method == "eth_getProof" {
        *answer = json!({ "jsonrpc": "2.0", "id": 1, "error": { "code": -32_601, "message": "no such\nmethod" } });
    }
    true
}

#[test]
fn an_endpoint_without_proofs_is_believed_with_a_warning() {
    let world = World::new(ETHEREUM);
    let ceremony = world.ceremony(&[(KEEPER, 0, keep(42))]);
    let (proven, _) = simulate(&ceremony, world.transport(), BlockRef::Latest).expect("a simulation");
    let between = world.between(without_proofs);
    let asked = between.asked.clone();
    let (believed, pinned) = simulate(&ceremony, between, BlockRef::Latest).expect("a simulation");
    assert_eq!(believed.executed, proven.executed);
    let reason = believed.fork.as_ref().and_then(|report| report.unproven.as_deref()).expect("a reason");
    assert_eq!(reason, "eth_getProof: no suchmethod (code -32601)");
    assert_eq!(asked.lock().expect("a list").iter().filter(|method| *method == "eth_getProof").count(), 1);
    // It stays known that nothing is proven.
    assert_eq!(fork::replay(&ceremony, &pinned).expect("a replay"), believed);
    assert!(pinned.nodes.is_empty() && !pinned.accounts.is_empty());

    let strict = Settings { block: BlockRef::Latest, require_proof: true };
    let refused = fork::simulate(&ceremony, world.between(without_proofs), strict).expect_err("a refusal").to_string();
    assert!(refused.contains("proves nothing of this block") && refused.contains("--require-proof"), "{refused}");
}

#[test]
fn a_chain_without_proofs_that_is_reorganised_meanwhile_is_refused() {
    let world = World::new(ETHEREUM);
    let ceremony = world.ceremony(&[(KEEPER, 0, keep(42))]);
    let mut blocks = 0;
    let between = world.between(move |method, answer| {
        blocks += u32::from(method == "eth_getBlockByNumber");
        if blocks > 1 && method == "eth_getBlockByNumber" {
            flip(&mut answer["result"]["hash"]);
        }
        without_proofs(method, answer)
    });
    let error = simulate(&ceremony, between, BlockRef::Latest).expect_err("a refusal").to_string();
    assert!(error.contains("was reorganised meanwhile"), "{error}");
}

#[test]
fn a_block_is_named_by_number_or_hash_and_must_be_that_one() {
    let world = World::new(ETHEREUM);
    let ceremony = world.ceremony(&[(KEEPER, 0, Bytes::new())]);
    world.send(KEEPER, &keep(1));
    let latest = world.latest();
    let hash = latest["hash"].as_str().expect("a hash").parse().expect("a hash");
    let number = u64::from_str_radix(latest["number"].as_str().expect("a number").trim_start_matches("0x"), 16);
    let number = number.expect("a number");
    for block in [BlockRef::Hash(hash), BlockRef::Number(number), BlockRef::Finalized] {
        let (simulation, _) = simulate(&ceremony, world.transport(), block).expect("a simulation");
        assert!(simulation.succeeded() && simulation.fork.expect("a fork").accounts > 0, "{block}");
    }
    let other = |method: &str, answer: &mut Value| {
        if method.starts_with("eth_getBlockBy") {
            flip(&mut answer["result"]["hash"]);
        }
        true
    };
    let error = simulate(&ceremony, world.between(other), BlockRef::Hash(hash)).expect_err("a refusal").to_string();
    assert!(error.contains("was asked for, the endpoint sends block"), "{error}");
    let missing = simulate(&ceremony, world.transport(), BlockRef::Number(number + 1_000)).expect_err("a refusal");
    assert!(matches!(missing, SimulationError::Fork(_)), "{missing}");
}
