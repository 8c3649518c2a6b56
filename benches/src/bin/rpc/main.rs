//! How fast a node takes votes and answers questions over HTTP. Made to be run against `ephor up` and against anvil in one run: see
//! `benches/rpc.sh`.
//!
//! ```text
//! rpc URL [--seconds N]
//! rpc URL --fill VOTES BEFORE       votes beside those that were sent before, a thousand in a block
//! rpc URL --logs VOTES QUERIES      the votes of one voter, on a chain that was filled so
//! ```
//! The node must let its state be set (`anvil_setCode`, `anvil_setBalance`). The contract that is voted at is the same EVM code on every node.
//!
//! | row | what is measured |
//! |---|---|
//! | `send, 1 connection` | a signed vote is sent and its receipt asked for until it is there, then the next |
//! | `send, 16 connections` | the same on sixteen connections at once, an account each |
//! | `batch` | a thousand signed votes in one JSON-RPC batch, mined as one block; repeated |
//! | `call` | `eth_call` of the contract, one connection |
//! | `fill`, `logs by topic` | see `fill.rs` and `benches/large.sh` |
//!
//! Votes are signed beforehand. Rates are votes a second by the wall clock; latencies are those that the client sees.

mod ballot;
mod fill;
mod http;

use std::{
    process::ExitCode,
    thread,
    time::{Duration, Instant},
};

use alloy_consensus::{SignableTransaction, TxEip1559, TxEnvelope};
use alloy_eips::eip2718::Encodable2718;
use alloy_primitives::{Address, Bytes, TxKind, U64, U256, hex, keccak256};
use alloy_signer::SignerSync;
use alloy_signer_local::PrivateKeySigner;
use ballot::BALLOT;
use http::Connection;
use serde_json::{Value, json};

const CONNECTIONS: usize = 16;
const BATCH: u64 = 1_000;
const BATCHES: u64 = 10;
const VOTE_GAS: u64 = 200_000;
/// Far above any node's base fee.
const MAX_FEE_WEI: u128 = 100_000_000_000;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let outcome = match arguments[..] {
        [url] => measure(url, 5),
        [url, "--seconds", seconds] => number(seconds).and_then(|seconds| measure(url, seconds)),
        [url, "--fill", votes, before] => {
            number(votes).and_then(|votes| number(before).and_then(|before| fill::fill(url, votes, before)))
        }
        [url, "--logs", votes, queries] => {
            number(votes).and_then(|votes| number(queries).and_then(|queries| fill::ask(url, votes, queries)))
        }
        _ => Err("usage: rpc URL [--seconds N | --fill VOTES BEFORE | --logs VOTES QUERIES]".to_owned()),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("error: {why}");
            ExitCode::FAILURE
        }
    }
}

fn number(text: &str) -> Result<u64, String> {
    text.replace('_', "").parse().map_err(|_| format!("`{text}` is no number"))
}

/// Measures all rows and prints them: name, rate, median and 99th percentile of the latency in microseconds.
fn measure(url: &str, seconds: u64) -> Result<(), String> {
    let mut node = Node::prepare(url)?;
    let duration = Duration::from_secs(seconds);
    node.row("send, 1 connection", 1, duration)?;
    node.row("send, 16 connections", CONNECTIONS, duration)?;
    node.batches()?;
    node.calls(duration)
}

/// A node that is being measured.
struct Node {
    url: String,
    control: Connection,
    chain_id: u64,
    /// How many voters there were; each has an account of its own.
    voters: u64,
    /// How many votes a second to prepare for on one connection: more than the node takes.
    expected: u64,
}

impl Node {
    fn prepare(url: &str) -> Result<Self, String> {
        let mut control = Connection::open(url)?;
        let chain_id = control.call("eth_chainId", &json!([]))?;
        let chain_id: U64 = serde_json::from_value(chain_id).map_err(|error| format!("eth_chainId: {error}"))?;
        control.call("anvil_setCode", &json!([BALLOT, ballot::code()]))?;
        Ok(Self { url: url.to_owned(), control, chain_id: chain_id.to(), voters: 0, expected: 6_000 })
    }

    /// An account with ether.
    fn voter(&mut self) -> Result<PrivateKeySigner, String> {
        self.voters += 1;
        let key = key_of(&format!("voter {}", self.voters))?;
        self.control.call("anvil_setBalance", &json!([key.address(), wealth()]))?;
        Ok(key)
    }

    /// Sends votes on some connections, each waiting for the receipt.
    fn row(&mut self, name: &str, connections: usize, duration: Duration) -> Result<(), String> {
        let count = self.expected * duration.as_secs() / connections as u64;
        let mut voters = Vec::new();
        for _ in 0..connections {
            let key = self.voter()?;
            voters.push((Connection::open(&self.url)?, signed_votes(&key, self.chain_id, count)?));
        }
        let start = now();
        let threads: Vec<_> = voters
            .into_iter()
            .map(|(connection, votes)| thread::spawn(move || send(connection, &votes, start + duration)))
            .collect();
        let mut latencies = Vec::new();
        for thread in threads {
            latencies.extend(thread.join().map_err(|_| "a connection's thread panicked".to_owned())??);
        }
        print_row(name, latencies.len() as u64, start.elapsed(), latencies);
        Ok(())
    }

    /// Votes in batches, each mined as one block.
    fn batches(&mut self) -> Result<(), String> {
        let mut bodies = Vec::new();
        for _ in 0..BATCHES {
            let key = self.voter()?;
            let requests: Vec<Value> = signed_votes(&key, self.chain_id, BATCH)?
                .iter()
                .zip(0..)
                .map(|(vote, id)| json!({ "jsonrpc": "2.0", "id": id, "method": "eth_sendRawTransaction", "params": [vote] }))
                .collect();
            bodies.push(Value::Array(requests).to_string());
        }
        self.control.call("evm_setAutomine", &json!([false]))?;
        let mut latencies = Vec::new();
        let start = now();
        for body in bodies {
            let begun = now();
            let answers = self.control.post(body.as_bytes()).map_err(|error| error.to_string())?;
            let refused = answers.as_array().and_then(|all| all.iter().find(|answer| answer.get("error").is_some()));
            if let Some(answer) = refused {
                return Err(format!("a vote of a batch was refused: {answer}"));
            }
            self.control.call("evm_mine", &json!([]))?;
            latencies.push(begun.elapsed());
        }
        let elapsed = start.elapsed();
        let mined: Value = self.control.call("eth_getBlockByNumber", &json!(["latest", false]))?;
        let in_last = mined["transactions"].as_array().map_or(0, Vec::len);
        if in_last as u64 != BATCH {
            return Err(format!("the last block holds {in_last} votes, not {BATCH}"));
        }
        self.control.call("evm_setAutomine", &json!([true]))?;
        print_row("batch", BATCH * BATCHES, elapsed, latencies);
        Ok(())
    }

    /// Calls of the contract that leave no trace.
    fn calls(&mut self, duration: Duration) -> Result<(), String> {
        let call = json!([{ "from": Address::repeat_byte(0x77), "to": BALLOT, "data": ballot::vote(1, 1) }, "latest"]);
        let mut latencies = Vec::new();
        let start = now();
        while start.elapsed() < duration {
            let begun = now();
            self.control.call("eth_call", &call)?;
            latencies.push(begun.elapsed());
        }
        print_row("call", latencies.len() as u64, start.elapsed(), latencies);
        Ok(())
    }
}

fn key_of(name: &str) -> Result<PrivateKeySigner, String> {
    PrivateKeySigner::from_bytes(&keccak256(name)).map_err(|error| error.to_string())
}

/// Enough wei for any number of votes.
fn wealth() -> U256 {
    U256::from(10).pow(U256::from(21))
}

/// Votes of one account in ballots of their own, signed.
fn signed_votes(key: &PrivateKeySigner, chain_id: u64, count: u64) -> Result<Vec<Bytes>, String> {
    let sign = |nonce: u64| {
        let tx = TxEip1559 {
            chain_id,
            nonce,
            gas_limit: VOTE_GAS,
            max_fee_per_gas: MAX_FEE_WEI,
            to: TxKind::Call(BALLOT),
            input: ballot::vote(nonce % 3, nonce),
            ..TxEip1559::default()
        };
        let signature = key.sign_hash_sync(&tx.signature_hash()).map_err(|error| error.to_string())?;
        let signed: TxEnvelope = tx.into_signed(signature).into();
        Ok(signed.encoded_2718().into())
    };
    (0..count).map(sign).collect()
}

/// Sends votes one after the other until the time is over, each until its receipt is there. Returns how long each took.
fn send(mut connection: Connection, votes: &[Bytes], end: Instant) -> Result<Vec<Duration>, String> {
    let mut latencies = Vec::new();
    for vote in votes {
        let begun = now();
        if begun >= end {
            return Ok(latencies);
        }
        let hash = connection.call("eth_sendRawTransaction", &json!([vote]))?;
        let receipt = loop {
            let receipt = connection.call("eth_getTransactionReceipt", &json!([hash]))?;
            if !receipt.is_null() {
                break receipt;
            }
        };
        if receipt["status"] != "0x1" {
            return Err(format!("the vote {} failed: {receipt}", hex::encode(vote)));
        }
        latencies.push(begun.elapsed());
    }
    Err(format!("{} votes were not enough for the time: prepare more", votes.len()))
}

#[expect(clippy::disallowed_methods, reason = "measuring time is what this is for")]
fn now() -> Instant {
    Instant::now()
}

fn print_row(name: &str, count: u64, elapsed: Duration, mut latencies: Vec<Duration>) {
    latencies.sort_unstable();
    let at = |part: f64| {
        let place = ((latencies.len() - 1) as f64 * part).round();
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a place in the list")]
        latencies[place as usize].as_micros()
    };
    println!("{name}\t{:.0}\t{}\t{}", count as f64 / elapsed.as_secs_f64(), at(0.5), at(0.99));
}
