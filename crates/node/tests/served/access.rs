//! Paths, and who is let in.

use ephor_network::rpc;
use ephor_node::{Access, Limits};
use serde_json::json;

use super::harness::{call, get, post, served, up};

#[tokio::test]
async fn each_chain_has_its_path_and_the_root_is_that_of_the_elections() {
    let served = up("arbitrum.toml", Limits::default(), Access::default(), rpc::Settings::default()).await;
    let overview = served.ask(&get("/")).await.json();
    let chains = overview["chains"].as_array().unwrap();
    assert_eq!(chains.len(), 3);
    for chain in chains {
        let id = format!("{:#x}", chain["chainId"].as_u64().unwrap());
        let path = chain["path"].as_str().unwrap();
        assert_eq!(served.call(path, "eth_chainId", json!([])).await["result"], id, "{path}");
    }
    let root = served.call("/", "eth_chainId", json!([])).await;
    assert_eq!(root["result"], format!("{:#x}", served.chain_id));
    let nowhere = served.ask(&post("/nowhere", "{}")).await;
    assert_eq!(nowhere.error(), (404, -32600));
    assert!(nowhere.body.contains("/arbitrum-one"), "{}", nowhere.body);
    served.node.stop().await;
}

#[tokio::test]
async fn pages_that_rebind_their_name_are_refused() {
    let served = served(Limits::default()).await;
    let body = call("eth_chainId", &json!([]));
    let foreign = post("/", &body).replace("host: localhost", "host: evil.example");
    let answer = served.ask(&foreign).await;
    assert_eq!(answer.error(), (403, -32600));
    assert!(answer.body.contains("--allow-host"), "{}", answer.body);
    for path in ["/metrics", "/healthz", "/"] {
        let foreign = get(path).replace("host: localhost", "host: evil.example");
        assert_eq!(served.ask(&foreign).await.status, 403, "{path}");
    }
    served.node.stop().await;
}

#[tokio::test]
async fn pages_of_this_machine_and_allowed_ones_are_let_in_and_told_so() {
    let access = Access { origins: vec!["https://dao.example".into()], ..Access::default() };
    let served = up("minimal.toml", Limits::default(), access, rpc::Settings::default()).await;
    let body = call("eth_chainId", &json!([]));
    for (origin, allowed) in [
        ("http://localhost:3000", true),
        ("https://dao.example", true),
        ("https://evil.example", false),
        ("null", false),
    ] {
        let request = post("/", &body).replace("\r\nhost", &format!("\r\norigin: {origin}\r\nhost"));
        let answer = served.ask(&request).await;
        assert_eq!(answer.status, if allowed { 200 } else { 403 }, "{origin}");
        assert_eq!(answer.header("access-control-allow-origin"), allowed.then_some(origin));
    }
    let preflight = "OPTIONS / HTTP/1.1\r\nhost: localhost\r\norigin: http://localhost:3000\r\n\
                     access-control-request-method: POST\r\naccess-control-request-headers: content-type\r\n\r\n";
    let answer = served.ask(preflight).await;
    assert_eq!(answer.status, 204);
    assert_eq!(answer.header("access-control-allow-origin"), Some("http://localhost:3000"));
    assert_eq!(answer.header("access-control-allow-headers"), Some("content-type"));
    served.node.stop().await;
}

#[tokio::test]
async fn forms_cannot_call() {
    let served = served(Limits::default()).await;
    let request = post("/", &call("eth_chainId", &json!([]))).replace("application/json", "text/plain");
    assert_eq!(served.ask(&request).await.error(), (415, -32600));
    assert_eq!(served.ask(&get("/home")).await.error(), (405, -32600));
    served.node.stop().await;
}

#[tokio::test]
async fn control_can_be_switched_off() {
    let rpc = rpc::Settings { control: false, impersonate: false, ..rpc::Settings::default() };
    let served = up("minimal.toml", Limits::default(), Access::default(), rpc).await;
    let answer = served.call("/", "evm_mine", json!([])).await;
    assert_eq!(answer["error"]["code"], -32601);
    assert!(answer["error"]["message"].as_str().unwrap().contains("--allow-control"), "{answer}");
    assert_eq!(served.call("/", "eth_accounts", json!([])).await["result"], json!([]));
    served.node.stop().await;
}
