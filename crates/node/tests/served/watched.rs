//! Health and metrics.

use std::{sync::mpsc::channel, thread};

use ephor_chain::Database;
use ephor_node::Limits;
use serde_json::json;

use super::harness::{get, served, stored};

#[tokio::test]
async fn health_readiness_and_metrics_are_told() {
    let served = served(Limits::default()).await;
    for (path, body) in [("/healthz", "ok\n"), ("/readyz", "ready\n")] {
        let answer = served.ask(&get(path)).await;
        assert_eq!((answer.status, answer.body.as_str()), (200, body));
    }
    served
        .call(
            "/",
            "eth_sendTransaction",
            json!([{ "from": format!("0x{}", "b0".repeat(20)), "to": format!("0x{}", "c0".repeat(20)) }]),
        )
        .await;
    served.call("/", "made_up", json!([])).await;
    served.call("/", "also_made_up", json!([])).await;
    let mut text = served.ask(&get("/metrics")).await;
    // The feed counts blocks in its own time.
    while !text.body.contains("ephor_transactions_total{chain=\"home\"} 1\n") {
        text = served.ask(&get("/metrics")).await;
    }
    assert!(text.header("content-type").unwrap().starts_with("text/plain"));
    for line in [
        "ephor_blocks_total{chain=\"home\"} 1",
        "ephor_rpc_request_duration_seconds_count{method=\"eth_sendTransaction\"} 1",
        "ephor_rpc_request_duration_seconds_count{method=\"unknown\"} 2",
        "ephor_rpc_errors_total{method=\"unknown\",code=\"-32601\"} 2",
        "ephor_messages_in_flight{chain=\"home\"} 0",
        "ephor_chain_pending{chain=\"home\"} 0",
    ] {
        assert!(text.body.lines().any(|found| found == line), "no {line} in\n{}", text.body);
    }
    let head = served.shared.lock().chain(served.chain_id).unwrap().head();
    assert_eq!(
        text.body.lines().filter(|line| *line == format!("ephor_chain_head{{chain=\"home\"}} {head}")).count(),
        1
    );
    served.node.stop().await;
}

#[tokio::test]
async fn the_age_of_messages_and_the_size_of_the_store_are_told() {
    let folder = tempfile::tempdir().unwrap();
    let database = Database::open(&folder.path().join("network.redb")).unwrap();
    let served = stored(&database).await;
    assert_eq!(served.metric("ephor_message_oldest_age_seconds{chain=\"ethereum\"}").await, 0.0);
    // sendTxToL1(address,bytes) of ArbSys, to nobody, with nothing.
    let word = "0".repeat(62);
    let send = format!("0x928c169a{word}00{word}40{word}00");
    let from = format!("0x{}", "b0".repeat(20));
    let tx = json!([{ "from": from, "to": format!("0x{}64", "0".repeat(38)), "data": send }]);
    let sent = served.call("/arbitrum-one", "eth_sendTransaction", tx).await;
    assert!(sent["result"].is_string(), "{sent}");
    served.call("/", "ephor_advance", json!([3_600])).await;
    assert_eq!(served.metric("ephor_messages_in_flight{chain=\"ethereum\"}").await, 1.0);
    assert_eq!(served.metric("ephor_messages_in_flight{chain=\"arbitrum-one\"}").await, 0.0);
    let age = served.metric("ephor_message_oldest_age_seconds{chain=\"ethereum\"}").await;
    assert!((3_600.0..3_700.0).contains(&age), "{age}");
    for (figure, least) in [("ephor_store_bytes", 100_000.0), ("ephor_store_groups", 2.0), ("ephor_store_syncs", 2.0)] {
        let found = served.metric(figure).await;
        assert!(found >= least, "{figure} {found}");
    }
    served.node.stop().await;
}

#[tokio::test]
async fn health_answers_while_the_network_is_busy() {
    let served = served(Limits::default()).await;
    let (shared, (locked, is_locked), (release, released)) = (served.shared.clone(), channel(), channel());
    let busy = thread::spawn(move || {
        let network = shared.lock();
        locked.send(()).unwrap();
        released.recv().unwrap();
        drop(network);
    });
    is_locked.recv().unwrap();
    assert_eq!(served.ask(&get("/healthz")).await.status, 200);
    assert_eq!(served.ask(&get("/readyz")).await.status, 503);
    release.send(()).unwrap();
    busy.join().unwrap();
    assert_eq!(served.ask(&get("/readyz")).await.status, 200);
    served.node.stop().await;
}
