//! What a command would do: tried in order, decoded, and nothing sent.

use crate::network::Network;
use serde_json::json;

#[test]
fn a_dry_run_decodes_and_tries_in_order_and_sends_nothing() {
    let network = Network::up("minimal.toml", "2026-02-01T12:00Z");
    network.json(&["election", "create"]);
    network.json(&["election", "register", "--signer", "dev5"]);
    network.json(&["election", "register", "--signer", "dev6"]);
    network.json(&["clock", "advance", "--phase", "endorsement"]);
    let height = || network.ask("home", "eth_blockNumber", &json!([]));
    let before = height();

    // The second vote is tried on what the first leaves. Of each the contract takes what its contender lacks.
    let endorse = ["election", "endorse", "--signer", "dev1", "--for", "dev5=50%", "--for", "dev6=50%"];
    let shown = network.json(&[&endorse[..], &["--dry-run"]].concat());
    assert_eq!((&shown["sent"], &shown["network"]), (&json!(false), &json!("rehearsal")));
    let transactions = shown["transactions"].as_array().expect("transactions");
    assert_eq!(transactions.len(), 2);
    for (transaction, used) in transactions.iter().zip(["6000000000000000000000", "12000000000000000000000"]) {
        assert_eq!((&transaction["hash"], &transaction["outcome"]["accepted"]), (&json!(null), &json!(true)));
        assert!(transaction["call"].to_string().contains("castVoteWithReasonAndParams"), "{transaction:#}");
        let events = transaction["outcome"]["events"].as_array().expect("events");
        let vote = events
            .iter()
            .find_map(|event| event["text"].as_str().filter(|text| text.starts_with("VoteCastForContender")));
        assert!(vote.is_some_and(|vote| vote.contains(&format!("totalUsedVotes: {used}"))), "{events:#?}");
    }
    let text = network.run(&[&endorse[..], &["--dry-run"]].concat()).exits(0).stdout;
    for part in
        ["Nothing is sent", "castVoteWithReasonAndParams", "would be accepted", "VoteCastForContender", "(dev6)"]
    {
        assert!(text.contains(part), "{part:?} is not in\n{text}");
    }
    // A wallet can send it: chain, address and calldata are there.
    let data = transactions[0]["data"].as_str().expect("calldata");
    assert!(text.contains(&format!("  data   {data}\n")), "{text}");

    // What would be refused is told with the contract's reason, and what follows is tried nevertheless.
    let much = ["election", "endorse", "--signer", "dev1", "--for", "dev5=1000M", "--for", "dev6=1", "--dry-run"];
    let refused = network.run(&much).exits(6).stdout;
    assert!(refused.contains("would be refused: ") && refused.contains("InsufficientTokens"), "{refused}");
    assert!(refused.contains("would be accepted"), "{refused}");
    assert_eq!(height(), before, "nothing was sent");
    let nobody = network.json(&["election", "status"])["election"]["nomination"]["contenders"][0]["endorsed"].clone();
    assert_eq!(nobody, "0x0");

    // Sent, it comes to what was shown.
    let sent = network.json(&endorse);
    assert_eq!(sent["sent"], true);
    for (shown, sent) in transactions.iter().zip(sent["transactions"].as_array().expect("transactions")) {
        for key in ["to", "data", "action", "call"] {
            assert_eq!(shown[key], sent[key]);
        }
        assert_eq!(shown["outcome"]["events"], sent["outcome"]["events"]);
        assert!(sent["hash"].is_string() && sent["block"].is_u64());
    }
}
