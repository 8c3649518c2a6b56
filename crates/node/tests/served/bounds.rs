//! Bad input: each bound has an error that names it, and the server goes on.

use ephor_node::Limits;
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::harness::{answer, call, get, post, served};

#[tokio::test]
async fn what_is_no_request_is_answered_precisely() {
    let limits = Limits { batch: 3, depth: 8, ..Limits::default() };
    let served = served(limits).await;
    let deep =
        format!("{{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"a\",\"params\":{}{}}}", "[".repeat(9), "]".repeat(9));
    let endless = "[".repeat(100_000);
    let long = json!(vec![json!({ "jsonrpc": "2.0", "id": 1, "method": "eth_chainId" }); 4]).to_string();
    for (body, code, part) in [
        ("", -32700, "not JSON"),
        ("{", -32700, "not JSON"),
        ("nonsense", -32700, "not JSON"),
        ("[]", -32600, "empty"),
        ("{}", -32600, "jsonrpc"),
        (deep.as_str(), -32600, "8 are allowed"),
        (endless.as_str(), -32600, "8 are allowed"),
        (long.as_str(), -32600, "longer than 3"),
        (r#"{"jsonrpc":"2.0","id":1,"method":"eth_nonsense"}"#, -32601, "eth_nonsense"),
        (r#"{"jsonrpc":"2.0","id":1,"method":"eth_getBalance","params":["0x12"]}"#, -32602, "address"),
        (r#"{"jsonrpc":"2.0","id":1,"method":"eth_getBalance","params":[]}"#, -32602, "address"),
        (r#"{"jsonrpc":"2.0","id":1,"method":"eth_sendRawTransaction","params":["0xzz"]}"#, -32602, "transaction"),
        (r#"{"jsonrpc":"2.0","id":1,"method":"eth_subscribe","params":["newHeads"]}"#, -32601, "WebSocket"),
    ] {
        let answer = served.ask(&post("/", body)).await;
        assert_eq!(answer.error(), (200, code), "{} for {}", answer.body, &body[..body.len().min(80)]);
        assert!(answer.body.contains(part), "{} lacks {part}", answer.body);
    }
    assert_eq!(served.call("/", "eth_chainId", json!([])).await["result"], format!("{:#x}", served.chain_id));
    served.node.stop().await;
}

#[tokio::test]
async fn batches_answer_what_can_be_answered() {
    let served = served(Limits::default()).await;
    let batch = json!([
        { "jsonrpc": "2.0", "id": "a", "method": "eth_chainId" },
        { "jsonrpc": "2.0", "method": "eth_chainId" },
        7,
        { "jsonrpc": "2.0", "id": null, "method": "nonsense" },
    ]);
    let answers = served.ask(&post("/", &batch.to_string())).await.json();
    let answers = answers.as_array().unwrap();
    let ids: Vec<_> = answers.iter().map(|answer| &answer["id"]).collect();
    assert_eq!(ids, [&json!("a"), &json!(null), &json!(null)]);
    assert_eq!((&answers[1]["error"]["code"], &answers[2]["error"]["code"]), (&json!(-32600), &json!(-32601)));
    let silent = served.ask(&post("/", r#"{"jsonrpc":"2.0","method":"eth_chainId"}"#)).await;
    assert_eq!((silent.status, silent.body.as_str()), (204, ""));
    served.node.stop().await;
}

#[tokio::test]
async fn bodies_are_bounded_whether_their_length_is_told_or_not() {
    let limits = Limits { body_bytes: 1_000, ..Limits::default() };
    let served = served(limits).await;
    let large = "x".repeat(1_001);
    assert_eq!(served.ask(&post("/", &large)).await.error(), (413, -32600));
    // Told, and never sent.
    let told =
        "POST / HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: 99999999999\r\n\r\n";
    assert_eq!(served.ask(told).await.error(), (413, -32600));
    let part = format!("{:x}\r\n{}\r\n", 600, "x".repeat(600));
    let chunked = format!(
        "POST / HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n{part}{part}"
    );
    assert_eq!(served.ask(&chunked).await.error(), (413, -32600));
    served.node.stop().await;
}

#[tokio::test]
async fn answers_are_bounded() {
    let limits = Limits { answer_bytes: 200, ..Limits::default() };
    let served = served(limits).await;
    let answer = served.call("/", "eth_getBlockByNumber", json!(["latest", false])).await;
    assert_eq!(answer["error"]["code"], -32005, "{answer}");
    assert!(answer["error"]["message"].as_str().unwrap().contains("200 bytes"));
    served.node.stop().await;
}

#[tokio::test]
async fn a_batch_is_carried_out_as_far_as_its_answers_go() {
    let limits = Limits { answer_bytes: 3_000, ..Limits::default() };
    let served = served(limits).await;
    let from = format!("0x{}", "b0".repeat(20));
    let call =
        |id: u64, method: &str, params| json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params });
    let nonce = served.call("/", "eth_getTransactionCount", json!([from])).await["result"].clone();
    let batch = json!([
        call(1, "eth_getBlockByNumber", json!(["latest", false])),
        call(2, "eth_getBlockByNumber", json!(["latest", false])),
        call(3, "eth_sendTransaction", json!([{ "from": from, "to": from }])),
        call(4, "eth_nonsense", json!([])),
    ]);
    let answers = served.ask(&post("/", &batch.to_string())).await.json();
    let told: Vec<_> = answers.as_array().unwrap().iter().map(|answer| (&answer["id"], &answer["error"])).collect();
    assert_eq!(told[0], (&json!(1), &json!(null)));
    for (at, text) in [(1, "the answers of the batch"), (2, "not carried out"), (3, "not carried out")] {
        let (id, error) = told[at];
        assert_eq!((id, &error["code"]), (&json!(at + 1), &json!(-32005)), "{answers}");
        let message = error["message"].as_str().unwrap();
        assert!(message.starts_with(text) && message.contains("larger than 3000 bytes together"), "{message}");
    }
    assert_eq!(served.call("/", "eth_getTransactionCount", json!([from])).await["result"], nonce);
    served.node.stop().await;
}

#[tokio::test]
async fn connections_beyond_the_greatest_number_are_turned_away() {
    let limits = Limits { connections: 2, ..Limits::default() };
    let served = served(limits).await;
    let request = post("/", &call("eth_chainId", &json!([])));
    let (mut one, mut two) = (served.connect().await, served.connect().await);
    for stream in [&mut one, &mut two] {
        stream.write_all(request.as_bytes()).await.unwrap();
        assert_eq!(answer(stream).await.status, 200);
    }
    let mut three = served.connect().await;
    assert_eq!(answer(&mut three).await.error(), (503, -32005));
    // Both are still served.
    one.write_all(request.as_bytes()).await.unwrap();
    assert_eq!(answer(&mut one).await.status, 200);
    two.write_all(get("/metrics").as_bytes()).await.unwrap();
    assert!(answer(&mut two).await.body.contains("ephor_connections_refused_total 1\n"));
    served.node.stop().await;
}

#[tokio::test]
async fn a_connection_that_asks_nothing_is_closed() {
    let limits = Limits { patience: std::time::Duration::from_millis(50), ..Limits::default() };
    let served = served(limits).await;
    let mut silent = served.connect().await;
    silent.write_all(b"POST / HTTP/1.1\r\nhost: localhost\r\n").await.unwrap();
    let mut rest = Vec::new();
    silent.read_to_end(&mut rest).await.unwrap();
    let mut slow = served.connect().await;
    let begun = post("/", "0123456789");
    slow.write_all(&begun.as_bytes()[..begun.len() - 1]).await.unwrap();
    assert_eq!(answer(&mut slow).await.error(), (408, -32600));
    served.node.stop().await;
}
