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
fn moves_the_clock_to_phases_by_name() {
    let network = Network::up("minimal.toml", "2026-01-14T12:00Z");
    let phase = |shown: &serde_json::Value| shown["election"]["phase"].as_str().expect("a phase").to_owned();
    let go = |name: &str| network.json(&["clock", "advance", "--phase", name]);
    assert_eq!(phase(&network.json(&["clock", "show"])), "waiting");
    let error = ["`ephor election create`", "time alone does not bring election 0 to its phase \"vetting\""];
    network.run(&["clock", "advance", "--phase", "vetting"]).refuses(3, &error);
    assert_eq!(phase(&go("due")), "due");
    network.json(&["election", "create"]);
    assert_eq!(phase(&go("registration")), "registration");
    let endorsement = go("endorsement");
    assert_eq!(phase(&endorsement), "endorsement");
    // Where the election is in the phase already, time stands still.
    assert_eq!(go("endorsement"), endorsement);
    network.run(&["clock", "advance", "--phase", "due"]).refuses(3, &["\"due\" is past: election 0"]);
    network.run(&["clock", "advance", "--phase", "voted"]).refuses(3, &["`ephor election execute`"]);
    network.run(&["clock", "advance", "--phase", "dawn"]).refuses(2, &["endorsement, vetting, vetted"]);
    // Without a name, to the next one.
    assert_eq!(phase(&network.json(&["clock", "advance", "--phase"])), "vetting");
    let text = network.run(&["clock", "show"]).exits(0).stdout;
    for part in ["election 0: vetting, until L1 block", "next: the vetter excludes"] {
        assert!(text.contains(part), "{part:?} is not in\n{text}");
    }
    let block = endorsement["chains"][0]["now"]["l1_block"].as_u64().expect("a block") + 100_000;
    let there = network.json(&["clock", "advance", "--to-l1-block", &block.to_string()]);
    assert_eq!(there["chains"][0]["now"]["l1_block"], block);
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
