//! The views of the council, and the description of all methods.

use std::path::Path;

use ephor_network::rpc;
use ephor_node::{Access, Limits, openrpc};
use serde_json::json;

use super::harness::{served, up};

#[tokio::test]
async fn views_of_the_council_are_told_as_json() {
    let served = served(Limits::default()).await;
    assert_eq!(served.call("/", "ephor_election", json!([])).await["result"], json!(null));
    let coming = served.call("/", "ephor_election", json!([0])).await;
    assert_eq!(coming["result"]["index"], 0, "{coming}");
    let wrong = served.call("/", "ephor_election", json!(["x"])).await;
    assert_eq!(wrong["error"]["code"], -32602);
    let council = served.call("/", "ephor_council", json!([])).await;
    assert_eq!(council["result"]["cohorts"][0].as_array().map(Vec::len), Some(3), "{council}");
    let pipeline = served.call("/home", "ephor_pipeline", json!([])).await;
    assert_eq!(pipeline["result"]["updates"], json!([]), "{pipeline}");
    let charter = served.call("/", "ephor_charter", json!([])).await;
    assert!(charter["result"]["toml"].as_str().unwrap().contains("Minimal council"));
    served.node.stop().await;
}

#[tokio::test]
async fn elections_before_the_network_began_are_none_of_its_own() {
    let served = up("arbitrum.toml", Limits::default(), Access::default(), rpc::Settings::default()).await;
    assert_eq!(served.call("/", "ephor_election", json!([])).await["result"], json!(null));
    assert_eq!(served.call("/", "ephor_election", json!([4])).await["result"]["phase"], "due");
    let past = served.call("/", "ephor_election", json!([3])).await["error"].clone();
    assert_eq!(past["code"], -32602);
    assert!(past["message"].as_str().unwrap().contains("election 3 was held before this network began"), "{past}");
    served.node.stop().await;
}

#[test]
fn numbers_of_blocks_are_described_wherever_they_are_taken() {
    let document = openrpc::document();
    let tag = document["components"]["schemas"]["tag"]["pattern"].as_str().unwrap();
    assert!(tag.contains("latest|") && tag.contains("|0x"), "{tag}");
}

#[tokio::test]
async fn all_methods_are_described() {
    let served = served(Limits::default()).await;
    let document = served.call("/", "rpc.discover", json!([])).await["result"].clone();
    assert_eq!(document, openrpc::document());
    assert_eq!(document, served.call("/", "ephor_openrpc", json!([])).await["result"]);
    for method in document["methods"].as_array().unwrap() {
        let name = method["name"].as_str().unwrap();
        // Whatever is described is there: with one parameter too many that is none, it is refused for that, not for being unknown.
        let error = served.call("/", name, json!({ "not": "by position" })).await["error"].clone();
        let elsewhere = error["message"].as_str().is_some_and(|message| message.contains("needs a WebSocket"));
        assert!(error["code"] == -32602 || elsewhere, "{name}: {error}");
    }
    served.node.stop().await;
}

/// `docs/openrpc.json` is what the code says. After a change, run the tests with `EPHOR_BLESS=1` and look at the difference.
#[test]
fn the_committed_description_is_the_present_one() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/openrpc.json");
    let present = serde_json::to_string_pretty(&openrpc::document()).unwrap() + "\n";
    if std::env::var_os("EPHOR_BLESS").is_some() {
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(&file, present).unwrap();
        return;
    }
    let committed = std::fs::read_to_string(&file).unwrap_or_default();
    assert!(
        committed == present,
        "docs/openrpc.json is not up to date: run this test with EPHOR_BLESS=1 and look at the difference"
    );
}
