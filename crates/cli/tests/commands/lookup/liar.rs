//! Endpoints that do not tell the truth: what they alter is found out, and named.

use super::{Voted, told, voted};
use crate::network::{Network, post, read_body};
use alloy_sol_types::SolEvent;
use ephor_abi::timelock::ITimelock::CallScheduled;
use serde_json::{Value, json};
use std::{
    io::{BufRead, BufReader, Write},
    net::{TcpListener, TcpStream},
    thread,
};

/// An endpoint that alters the answers of a network.
fn liar(network: &Network, alter: fn(&str, &mut Value)) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    let upstream = network.url.clone();
    // The thread ends with the process.
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let upstream = upstream.clone();
            thread::spawn(move || answer(stream, &upstream, alter));
        }
    });
    url
}

fn answer(mut stream: TcpStream, upstream: &str, alter: fn(&str, &mut Value)) -> Option<()> {
    let mut reader = BufReader::new(stream.try_clone().ok()?);
    let mut line = String::new();
    reader.read_line(&mut line).ok()?;
    let path = line.split_whitespace().nth(1)?.trim_end_matches('/').to_owned();
    let request: Value = serde_json::from_slice(&read_body(&mut reader)?).ok()?;
    let mut answer: Value =
        serde_json::from_slice(&post(&format!("{upstream}{path}/"), request.to_string().as_bytes())).ok()?;
    alter(request["method"].as_str()?, &mut answer["result"]);
    let body = answer.to_string();
    let head = format!(
        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
        body.len()
    );
    stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(body.as_bytes())).ok()
}

/// Puts another digit at the end of the text of a field.
fn bend(field: &mut Value) {
    let mut text = field.as_str().expect("text").to_owned();
    let last = text.pop().expect("a digit");
    text.push(if last == '0' { '1' } else { '0' });
    *field = json!(text);
}

fn bend_transaction(method: &str, result: &mut Value) {
    if method == "eth_getTransactionByHash" && result.is_object() {
        bend(&mut result["input"]);
    }
}

fn bend_sender(method: &str, result: &mut Value) {
    if method == "eth_getTransactionByHash" && result.is_object() {
        bend(&mut result["from"]);
    }
}

fn bend_log_data(method: &str, result: &mut Value) {
    if method == "eth_getLogs" {
        for log in result.as_array_mut().expect("logs") {
            // A byte of the calldata in it, far from offsets and lengths.
            let mut data = log["data"].as_str().expect("data").to_owned();
            let at = data.rfind("5555").expect("the salt of the second operation");
            data.replace_range(at..at + 1, "6");
            log["data"] = json!(data);
        }
    }
}

fn bend_log_address(method: &str, result: &mut Value) {
    if method == "eth_getLogs" {
        result.as_array_mut().expect("logs").iter_mut().for_each(|log| bend(&mut log["address"]));
    }
}

fn bend_shape(method: &str, result: &mut Value) {
    if method == "eth_getTransactionByHash" {
        *result = json!({ "to": 7, "input": "0x0", "from": ["0x"], "value": -1 });
    } else if method == "eth_getLogs" {
        *result = json!("no logs");
    }
}

/// Alters the answer to a method.
type Bend = fn(&str, &mut Value);

#[test]
fn refuses_what_an_endpoint_makes_up() {
    let Voted { network, id, proposed, calldata, .. } = voted();
    let [operation] = &network.topics("arbitrum-one", CallScheduled::SIGNATURE_HASH)[..] else { panic!("one") };
    let cases: [(Bend, &str, &str); 6] = [
        (bend_transaction, &proposed, "it answers with one whose hash is 0x"),
        (bend_sender, &proposed, "which 0x"),
        (bend_log_data, &id, "but what it says of it makes another id"),
        (bend_log_address, &id, "that was not asked for"),
        (bend_log_address, operation, "that was not asked for"),
        (bend_transaction, operation, "it answers with one whose hash is 0x"),
    ];
    for (alter, what, part) in cases {
        let url = liar(&network, alter);
        told(&url, &["explain", what]).refuses(7, &["is not to be trusted", part, "remedy: ask another node"]);
        told(&url, &["verify", what, what]).refuses(7, &[part]);
    }
    let url = liar(&network, bend_shape);
    assert!(matches!(told(&url, &["explain", &proposed]).code, Some(3 | 7)));
    assert!(matches!(told(&url, &["explain", &id]).code, Some(3 | 7)));
    // A sound answer for comparison, and calldata that needs none.
    let honest = liar(&network, |_, _| {});
    let explained = told(&honest, &["explain", &proposed, "--json"]).exits(0).json();
    assert_eq!(explained["data"], calldata.to_string());
}
