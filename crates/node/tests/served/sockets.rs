//! WebSockets: calls, subscriptions, and how connections end.

use std::time::Duration;

use alloy_primitives::Address;
use ephor_node::{Limits, Pace};
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;

use super::harness::{Served, paced, served};

const SENDER: Address = Address::repeat_byte(0xB1);

fn transfer(nonce: Option<u64>) -> Value {
    let mut transaction = json!({ "from": SENDER, "to": Address::repeat_byte(0xC0), "value": "0x0" });
    if let Some(nonce) = nonce {
        transaction["nonce"] = json!(format!("{nonce:#x}"));
    }
    transaction
}

/// Emits a log whose topic is 1: `PUSH1 1 PUSH0 PUSH0 LOG1`.
fn emitting() -> Value {
    json!({ "from": SENDER, "data": "0x60015f5fa1" })
}

#[tokio::test]
async fn answers_come_in_the_order_of_the_requests() {
    let served = served(Limits::default()).await;
    let mut socket = served.socket("/home").await;
    for nonce in 0..20 {
        let call = json!({ "jsonrpc": "2.0", "id": nonce, "method": "eth_sendTransaction", "params": [transfer(Some(nonce))] });
        socket.send(&call.to_string()).await;
    }
    for nonce in 0..20 {
        let answer = socket.next().await.unwrap();
        assert_eq!(answer["id"], nonce);
        assert!(answer["result"].is_string(), "{answer}");
    }
    socket.send("nonsense").await;
    assert_eq!(socket.next().await.unwrap()["error"]["code"], -32700);
    served.node.stop().await;
}

#[tokio::test]
async fn subscribers_hear_of_heads_logs_and_transactions() {
    let served = served(Limits::default()).await;
    let topic = format!("{:#066x}", 1);
    let (mut heads, mut logs, mut pending) =
        (served.socket("/").await, served.socket("/").await, served.socket("/home").await);
    let heads_id = heads.call("eth_subscribe", json!(["newHeads"])).await["result"].clone();
    let none_id =
        logs.call("eth_subscribe", json!(["logs", { "topics": [format!("{:#066x}", 2)] }])).await["result"].clone();
    let logs_id = logs.call("eth_subscribe", json!(["logs", { "topics": [[topic]] }])).await["result"].clone();
    let pending_id = pending.call("eth_subscribe", json!(["newPendingTransactions"])).await["result"].clone();
    assert_ne!(none_id, logs_id);

    let hash = served.call("/", "eth_sendTransaction", json!([emitting()])).await["result"].clone();
    let receipt = served.call("/", "eth_getTransactionReceipt", json!([hash])).await["result"].clone();
    assert_eq!(receipt["status"], "0x1", "{receipt}");
    let head = heads.notified(&heads_id).await;
    assert_eq!((&head["number"], &head["hash"]), (&receipt["blockNumber"], &receipt["blockHash"]));
    assert!(head.get("transactions").is_none(), "a head is a header: {head}");
    let log = logs.notified(&logs_id).await;
    assert_eq!(log, receipt["logs"][0]);
    assert_eq!(pending.notified(&pending_id).await, hash);

    assert_eq!(heads.call("eth_unsubscribe", json!([heads_id])).await["result"], true);
    assert_eq!(heads.call("eth_unsubscribe", json!([heads_id])).await["result"], false);
    served.call("/", "eth_sendTransaction", json!([transfer(None)])).await;
    assert!(pending.notified(&pending_id).await.is_string());
    // Nothing came in between: the next message is the answer.
    assert!(heads.call("eth_blockNumber", json!([])).await["result"].is_string());
    served.node.stop().await;
}

#[tokio::test]
async fn a_block_is_told_once_whatever_was_in_its_place_before() {
    let served = served(Limits::default()).await;
    let mut socket = served.socket("/").await;
    let id = socket.call("eth_subscribe", json!(["newHeads"])).await["result"].clone();
    let chain_id = served.chain_id;
    let (head, hash) = {
        // The feed looks at the chain when all of this is over.
        let mut network = served.shared.lock();
        let call = |data: u8| ephor_chain::Message::call(SENDER, Address::repeat_byte(0xC0), [data]);
        let snapshot = network.snapshot();
        network.send(chain_id, call(1)).unwrap();
        network.revert(snapshot).unwrap();
        network.send(chain_id, call(2)).unwrap();
        network.mine(chain_id).unwrap();
        let chain = network.chain(chain_id).unwrap();
        (chain.head(), chain.block_hash(chain.head() - 1).unwrap())
    };
    let (first, second) = (socket.notified(&id).await, socket.notified(&id).await);
    assert_eq!((&first["hash"], &first["number"]), (&json!(hash), &json!(format!("{:#x}", head - 1))));
    assert_eq!(second["number"], format!("{head:#x}"), "{second}");
    served.node.stop().await;
}

#[tokio::test]
async fn whole_transactions_are_told_where_they_are_asked_for() {
    let served = served(Limits::default()).await;
    let mut socket = served.socket("/").await;
    let id = socket.call("eth_subscribe", json!(["newPendingTransactions", true])).await["result"].clone();
    let hash = served.call("/", "eth_sendTransaction", json!([transfer(None)])).await["result"].clone();
    assert_eq!(socket.notified(&id).await["hash"], hash);
    served.node.stop().await;
}

#[tokio::test]
async fn time_alone_makes_heads() {
    let served = served(Limits::default()).await;
    let mut socket = served.socket("/").await;
    let id = socket.call("eth_subscribe", json!(["newHeads"])).await["result"].clone();
    let to = served.shared.lock().clock().now_seconds() + 86_400;
    served.shared.lock().advance_to(to).unwrap();
    let head = socket.notified(&id).await;
    assert_eq!(socket.call("eth_blockNumber", json!([])).await["result"], head["number"]);
    served.node.stop().await;
}

#[tokio::test]
async fn a_clock_that_runs_makes_heads() {
    let served = paced(Pace::Times(Pace::MAX)).await;
    let mut socket = served.socket("/").await;
    let id = socket.call("eth_subscribe", json!(["newHeads"])).await["result"].clone();
    let (first, second) = (socket.notified(&id).await, socket.notified(&id).await);
    let time = |head: &Value| u64::from_str_radix(&head["timestamp"].as_str().unwrap()[2..], 16).unwrap();
    assert!(time(&second) > time(&first), "{first} {second}");
    served.node.stop().await;
}

#[tokio::test]
async fn wrong_subscriptions_are_refused_and_their_number_is_bounded() {
    let limits = Limits { subscriptions: 2, ..Limits::default() };
    let served = served(limits).await;
    let mut socket = served.socket("/").await;
    for params in [
        json!([]),
        json!(["news"]),
        json!(["logs", { "address": "0x1" }]),
        json!(["newPendingTransactions", 3]),
        json!({}),
    ] {
        assert_eq!(socket.call("eth_subscribe", params.clone()).await["error"]["code"], -32602, "{params}");
    }
    assert_eq!(socket.call("eth_unsubscribe", json!(["x"])).await["error"]["code"], -32602);
    for _ in 0..2 {
        assert!(socket.call("eth_subscribe", json!(["newHeads"])).await["result"].is_string());
    }
    assert_eq!(socket.call("eth_subscribe", json!(["newHeads"])).await["error"]["code"], -32005);
    assert_eq!(served.metric("ephor_subscriptions").await, 2.0);
    served.node.stop().await;
}

/// Mines until a connection was closed because of its reader.
async fn mine_until_dropped(served: &Served) {
    for _ in 0..5_000 {
        served.shared.lock().mine(served.chain_id).unwrap();
        if served.metric("ephor_slow_readers_total").await > 0.0 {
            return;
        }
    }
    panic!("the slow reader was never dropped");
}

#[tokio::test]
async fn a_reader_that_is_too_slow_is_dropped() {
    let limits = Limits { backlog: 8, patience: Duration::from_millis(500), ..Limits::default() };
    let served = served(limits).await;
    let mut slow = served.socket("/").await;
    for _ in 0..limits.subscriptions {
        slow.call("eth_subscribe", json!(["newHeads"])).await;
    }
    mine_until_dropped(&served).await;
    let ended = loop {
        match slow.next().await {
            Ok(_) => {}
            Err(ended) => break ended,
        }
    };
    if let Some(frame) = ended {
        assert_eq!(frame.code, CloseCode::Policy);
        assert!(frame.reason.contains("too slow"), "{}", frame.reason);
    }
    assert_eq!(served.metric("ephor_subscriptions").await, 0.0);
    assert!(served.call("/", "eth_blockNumber", json!([])).await["result"].is_string());
    served.node.stop().await;
}

#[tokio::test]
async fn a_message_that_is_too_large_ends_the_connection_with_a_reason() {
    let limits = Limits { message_bytes: 1_000, ..Limits::default() };
    let served = served(limits).await;
    let mut socket = served.socket("/").await;
    socket.send(&"x".repeat(1_001)).await;
    let frame = loop {
        match socket.next().await {
            Ok(answer) => assert_eq!(answer["error"]["code"], -32600),
            Err(frame) => break frame.expect("a reason"),
        }
    };
    assert_eq!(frame.code, CloseCode::Size);
    served.node.stop().await;
}

#[tokio::test]
async fn stopping_answers_what_was_asked_and_closes_with_a_reason() {
    let served = served(Limits::default()).await;
    let mut socket = served.socket("/").await;
    socket.call("eth_chainId", json!([])).await;
    let stopping = tokio::spawn(served.node.stop());
    let frame = socket.next().await.unwrap_err().expect("a reason");
    assert_eq!((frame.code, frame.reason.as_str()), (CloseCode::Away, "the network is stopping"));
    tokio::time::timeout(Duration::from_secs(5), stopping).await.expect("it stops in time").unwrap();
}
