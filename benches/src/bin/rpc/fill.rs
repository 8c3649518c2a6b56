//! A chain with many votes, and questions about their logs.
//!
//! Every voter votes ten times, so that a query for the votes of one among a million finds ten. Voters are numbered: whoever asks makes the
//! same ones anew.

use std::{sync::mpsc::sync_channel, thread};

use alloy_signer_local::PrivateKeySigner;
use serde_json::{Value, json};

use super::{BATCH, Connection, Node, ballot::BALLOT, key_of, now, print_row, signed_votes, wealth};

/// Votes of one voter.
const EACH: u64 = 10;
/// Batches that are signed ahead.
const AHEAD: usize = 4;

fn voter(number: u64) -> Result<PrivateKeySigner, String> {
    key_of(&format!("one of many {number}"))
}

/// Sends `votes` votes in batches, each mined as one block, where `before` were sent before.
///
/// # Errors
/// What the node refuses.
pub(crate) fn fill(url: &str, votes: u64, before: u64) -> Result<(), String> {
    let mut node = Node::prepare(url)?;
    let chain_id = node.chain_id;
    let (ready, bodies) = sync_channel(AHEAD);
    let signing = thread::spawn(move || -> Result<(), String> {
        let voters = before / EACH..(before + votes) / EACH;
        let together = usize::try_from(BATCH / EACH).map_err(|error| error.to_string())?;
        for first in voters.clone().step_by(together) {
            let (mut means, mut batch) = (Vec::new(), Vec::new());
            for number in first..(first + BATCH / EACH).min(voters.end) {
                let key = voter(number)?;
                means.push(("anvil_setBalance", json!([key.address(), wealth()])));
                let votes = signed_votes(&key, chain_id, EACH)?;
                batch.extend(votes.into_iter().map(|vote| ("eth_sendRawTransaction", json!([vote]))));
            }
            if ready.send((batched(means), batched(batch))).is_err() {
                return Ok(());
            }
        }
        Ok(())
    });
    node.control.call("evm_setAutomine", &json!([false]))?;
    let (start, mut latencies) = (now(), Vec::new());
    for (means, batch) in bodies {
        let begun = now();
        for body in [means, batch] {
            let answers = node.control.post(body.as_bytes()).map_err(|error| error.to_string())?;
            let refused = answers.as_array().and_then(|all| all.iter().find(|answer| answer.get("error").is_some()));
            if let Some(answer) = refused {
                return Err(format!("a request of a batch was refused: {answer}"));
            }
        }
        node.control.call("evm_mine", &json!([]))?;
        latencies.push(begun.elapsed());
    }
    signing.join().map_err(|_| "signing panicked".to_owned())??;
    node.control.call("evm_setAutomine", &json!([true]))?;
    print_row("fill, batches of 1,000", votes, start.elapsed(), latencies);
    Ok(())
}

fn batched(requests: Vec<(&str, Value)>) -> String {
    let request = |(id, (method, params)): (usize, (&str, Value))| json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params });
    Value::Array(requests.into_iter().enumerate().map(request).collect()).to_string()
}

/// Asks `queries` times for all votes of one voter, among the `votes` that a chain was filled with.
///
/// # Errors
/// What the node refuses; an answer with another number of logs.
pub(crate) fn ask(url: &str, votes: u64, queries: u64) -> Result<(), String> {
    let mut connection = Connection::open(url)?;
    // Coprime with the number of voters, so that no voter is asked for twice before all were.
    let asked = (0..queries).map(|query| query.wrapping_mul(7_919) % (votes / EACH).max(1));
    let topics = asked.map(|number| Ok(voter(number)?.address().into_word())).collect::<Result<Vec<_>, String>>()?;
    let (start, mut latencies) = (now(), Vec::new());
    for topic in topics {
        let filter = json!([{ "fromBlock": "earliest", "address": BALLOT, "topics": [null, topic] }]);
        let begun = now();
        let logs = connection.call("eth_getLogs", &filter)?;
        latencies.push(begun.elapsed());
        let found = logs.as_array().map_or(0, Vec::len) as u64;
        if found != EACH {
            return Err(format!("{found} votes of a voter were found, not {EACH}"));
        }
    }
    print_row("logs by topic", queries, start.elapsed(), latencies);
    Ok(())
}
