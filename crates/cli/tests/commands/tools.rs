//! What helps with the commands: accounts, the clock, the manual, completions.

use crate::{harness::run, network::Network};
use std::fs;

#[test]
fn shows_accounts_and_names() {
    let network = Network::up("minimal.toml", "2026-01-14T12:00Z");
    let shown = network.json(&["accounts"]);
    let accounts = shown["accounts"].as_array().expect("accounts");
    assert_eq!((accounts.len(), &accounts[0]["name"]), (10, &"dev0".into()));
    assert_eq!(accounts[0]["development"], true);
    assert_ne!(accounts[0]["votes"], accounts[9]["votes"]);
    let text = network.run(&["accounts", "Ada", "0x0000000000000000000000000000000000000A02"]).exits(0).stdout;
    assert!(text.contains("Ada") && text.contains("Blaise") && !text.contains("dev0"), "{text}");
    network.run(&["accounts", "adda"]).refuses(3, &["nobody is called \"adda\""]);
    network.run(&["accounts", "0xd8dA6BF26964aF9D7eEd9e03E53415D37aA96046"]).refuses(3, &["wrong checksum"]);
}

#[test]
fn moves_the_clock_forward_only() {
    let network = Network::up("minimal.toml", "2026-01-14T12:00Z");
    let seconds = |shown: &serde_json::Value| shown["chains"][0]["now"]["seconds"].as_u64().expect("a time");
    let before = seconds(&network.json(&["clock", "show"]));
    let after = seconds(&network.json(&["clock", "advance", "1d 2h"]));
    assert!((after - before).abs_diff(26 * 3_600) <= 12, "{before} {after}");
    network.run(&["clock", "advance", "--to", "2026-01-01T00:00Z"]).refuses(3, &["does not go back"]);
    network.run(&["clock", "advance", "--to", "soon"]).refuses(3, &["is no time"]);
    network.run(&["clock", "advance", "1x"]).refuses(3, &["no span of time"]);
    network.run(&["clock", "advance", "--step"]).refuses(3, &["no update is under way"]);
    network.run(&["clock", "advance"]).refuses(2, &["--help"]);
    network.run(&["clock", "advance", "1d", "--phase"]).refuses(2, &["--help"]);
}

#[test]
fn writes_a_page_of_the_manual_for_each_command() {
    let folder = tempfile::tempdir().unwrap();
    let to = folder.path().join("man");
    run(&["man", to.to_str().unwrap()]).exits(0);
    for page in
        ["ephor.1", "ephor-election-vote.1", "ephor-pipeline-relay.1", "ephor-council-rotate.1", "ephor-clock.1"]
    {
        let text = fs::read_to_string(to.join(page)).expect(page);
        assert!(text.contains(".SH SYNOPSIS"), "{page}");
    }
    let file = folder.path().join("file");
    fs::write(&file, "").unwrap();
    run(&["man", file.to_str().unwrap()]).refuses(4, &["cannot be written"]);
}

#[test]
fn completes_every_command() {
    let script = run(&["completions", "bash"]).exits(0).stdout;
    for word in ["election", "endorse", "relay", "--broadcast", "--password-file", "removal", "rotate", "accounts"] {
        assert!(script.contains(word), "{word}");
    }
}

#[test]
fn explains_each_command() {
    for command in ["election", "removal", "council", "pipeline", "clock", "accounts"] {
        let help = run(&[command, "--help"]).exits(0).stdout;
        assert!(help.contains("Usage: ephor"), "{help}");
    }
    run(&["election", "vote"]).refuses(2, &["--for"]);
    run(&["election", "create", "--dry-run", "--broadcast"]).refuses(2, &["cannot be used with"]);
}
