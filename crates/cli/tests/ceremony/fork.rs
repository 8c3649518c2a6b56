//! Simulating on a fork of a served network: what is foretold is what is then executed, and endpoints that lie, prove nothing or die.

use crate::{
    network::{post, read_body},
    place::{Stage, address, ephor, list, run, run_json, says},
};
use alloy_primitives::{Address, U256};
use ephor_ceremony::Release;
use serde_json::{Value, json};
use std::{
    collections::BTreeMap,
    fs,
    io::{BufRead, BufReader, Write},
    net::{TcpListener, TcpStream},
    sync::Arc,
    thread,
};

/// A Safe of two people that is to tell a keeper a number, as the source of a bundle.
fn source(stage: &Stage) -> (String, Address, Address) {
    let owners = [stage.dev(0), stage.dev(1)];
    let (safe, keeper) = (stage.safe(Release::V1_4_1, &owners, 2), stage.keeper());
    let recipe = format!(
        "title = \"Keep\"\nchain_id = {}\n[safe]\naddress = \"{safe}\"\nrelease = \"1.4.1\"\nnonce = 0\nowners = {}\nthreshold = 2\n\
         [[calls]]\nto = \"{keeper}\"\nfunction = \"keep(uint256)\"\narguments = [\"42\"]\n",
        stage.chain_id(),
        list(&owners)
    );
    let at = stage.at("keep.toml");
    fs::write(&at, recipe).expect("a file");
    (at, safe, keeper)
}

type Slots = BTreeMap<(Address, U256), (U256, U256)>;

fn number(value: &Value) -> U256 {
    value.as_str().and_then(|text| text.parse().ok()).expect("a number")
}

fn foretold(simulation: &Value) -> Slots {
    let changes = simulation["executed"][0]["changes"].as_array().expect("changes");
    let each = |change: &Value| {
        ((address(&change["account"]), number(&change["slot"])), (number(&change["before"]), number(&change["after"])))
    };
    changes.iter().map(each).collect()
}

fn traced(stage: &Stage, hash: &Value) -> Slots {
    let tracer = json!({ "tracer": "prestateTracer", "tracerConfig": { "diffMode": true } });
    let trace = stage.ask("debug_traceTransaction", &json!([hash, tracer]));
    let mut slots = Slots::new();
    for when in ["pre", "post"] {
        for (account, state) in trace[when].as_object().expect("accounts") {
            for (slot, value) in state["storage"].as_object().into_iter().flatten() {
                let key = (account.parse().expect("an address"), slot.parse().expect("a slot"));
                let both = slots.entry(key).or_default();
                *(if when == "pre" { &mut both.0 } else { &mut both.1 }) = number(value);
            }
        }
    }
    slots
}

#[test]
fn what_is_foretold_is_what_is_then_executed() {
    let stage = Stage::up();
    let (source, safe, keeper) = source(&stage);
    let (url, bundle) = (stage.url.clone(), stage.at("keep"));
    run(&["new", &source, "--out", &bundle, "--rpc-url", &url, "--require-proof"], 0);
    // With what was read, everybody finds the same without the chain.
    says(&["verify", &bundle], 0, &["Everything fits."]);
    let offline = run_json(&["simulate", &bundle], 0);
    let online = run_json(&["simulate", &bundle, "--rpc-url", &url], 0);
    assert_eq!(offline, online);
    let hash = stage.ask("eth_getBlockByNumber", &json!(["latest", false]))["hash"].clone();
    assert_eq!((&online["fork"]["hash"], &online["fork"]["unproven"]), (&hash, &Value::Null));
    let hash = hash.as_str().expect("a hash");
    says(
        &["simulate", &bundle, "--block", hash, "--rpc-url", &url],
        0,
        &["(nonce)", "As of block", hash, "Proven against its state root"],
    );
    let runbook = fs::read_to_string(format!("{bundle}/runbook.md")).expect("the runbook");
    assert!(runbook.contains(hash), "{runbook}");

    for n in [0, 1] {
        run(&["collect", &bundle, &stage.sign(&bundle, n, &[])], 0);
    }
    let sent = run_json(&["execute", &bundle, "--rpc-url", &url, "--broadcast", "--signer", "dev9"], 0);
    let slots = traced(&stage, &sent["sent"]["transaction"][0]);
    assert_eq!(slots.keys().map(|(account, _)| *account).collect::<Vec<_>>().len(), 2, "{slots:?}");
    assert!(slots.contains_key(&(keeper, U256::ZERO)) && slots.contains_key(&(safe, U256::from(5))));
    assert_eq!(foretold(&online), slots);
    // Now it is over, which a new simulation tells, and the bundle still holds what it held.
    says(&["simulate", &bundle, "--rpc-url", &url], 1, &["FAILED: nonce 0 is used up"]);
    assert_eq!(run_json(&["simulate", &bundle], 0), offline);
}

type Alter = Arc<dyn Fn(&str, &mut Value) -> bool + Send + Sync>;

/// An endpoint before the network that alters answers, or hangs up by saying `false`.
fn before(stage: &Stage, alter: impl Fn(&str, &mut Value) -> bool + Send + Sync + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    let (upstream, alter): (String, Alter) = (stage.url.clone(), Arc::new(alter));
    // The thread ends with the process.
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            answer(stream, &upstream, &alter);
        }
    });
    url
}

fn answer(mut stream: TcpStream, upstream: &str, alter: &Alter) -> Option<()> {
    let mut reader = BufReader::new(stream.try_clone().ok()?);
    reader.read_line(&mut String::new()).ok()?;
    let request = read_body(&mut reader)?;
    let method = serde_json::from_slice::<Value>(&request).ok()?["method"].as_str()?.to_owned();
    let mut answer: Value = serde_json::from_slice(&post(upstream, &request)).ok()?;
    if !alter(&method, &mut answer) {
        return None;
    }
    let body = answer.to_string();
    let head = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nconnection: close\r\ncontent-length";
    stream.write_all(format!("{head}: {}\r\n\r\n{body}", body.len()).as_bytes()).ok()
}

#[test]
fn lies_are_refused_silence_is_told_and_a_lack_of_proofs_is_warned_of() {
    let stage = Stage::up();
    let (source, ..) = source(&stage);
    let bundle = stage.at("keep");
    run(&["new", &source, "--out", &bundle], 0);
    let simulate = |url: &str, more: &[&str], code: i32, parts: &[&str]| {
        says(&[&["simulate", &bundle, "--rpc-url", url], more].concat(), code, parts)
    };
    let rich = before(&stage, |method, answer| {
        if method == "eth_getProof" {
            answer["result"]["balance"] = json!("0xffff");
        }
        true
    });
    simulate(&rich, &[], 7, &["states the balance 65535, its proof says 0", "account 0x"]);
    let dying = before(&stage, |method, _| method != "eth_getCode");
    simulate(&dying, &[], 7, &["eth_getCode", "no answer", dying.as_str()]);
    let unproven = before(&stage, |method, answer| {
        if method == "eth_getProof" {
            *answer = json!({ "jsonrpc": "2.0", "id": 1, "error": { "code": -32_601, "message": "no such method" } });
        }
        true
    });
    simulate(&unproven, &[], 0, &["WARNING", "NOT PROVEN", "no such method"]);
    simulate(&unproven, &["--require-proof"], 7, &["proves nothing of this block", "remedy:"]);
    let told = ephor(&["simulate", &bundle, "--rpc-url", &unproven, "--json"]);
    let document: Value = serde_json::from_slice(&told.stdout).expect("one JSON document");
    assert_eq!(document["fork"]["unproven"], "eth_getProof: no such method (code -32601)");
    assert!(String::from_utf8_lossy(&told.stderr).contains("NOT PROVEN"));
    assert_eq!(foretold(&document), foretold(&run_json(&["simulate", &bundle, "--rpc-url", &stage.url], 0)));
    // Options that contradict each other, and what names no block.
    simulate(&stage.url, &["--world", "world.json"], 2, &["--world"]);
    simulate(&stage.url, &["--block", "yesterday"], 2, &["names no block"]);
    says(&["simulate", &bundle, "--require-proof"], 2, &["--rpc-url"]);
    simulate(&stage.url, &["--block", "999999999"], 7, &["has no block 999999999"]);
}
