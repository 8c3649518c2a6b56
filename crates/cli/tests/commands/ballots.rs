//! Votes by signature, the vetter's part, and what is done at the wrong time.

use crate::{network::Network, wallet::Wallet};
use serde_json::Value;

const START: &str = "2026-02-01T12:00Z";

#[track_caller]
fn phase(network: &Network) -> String {
    network.json(&["election", "status"])["election"]["phase"].as_str().expect("a phase").to_owned()
}

#[track_caller]
fn go(network: &Network, phase: &str) -> Value {
    network.json(&["clock", "advance", "--phase", phase])
}

/// Creates the election and registers contenders; the clock stands in endorsement.
#[track_caller]
fn register(network: &Network, contenders: &[&str]) {
    network.json(&["election", "create"]);
    for contender in contenders {
        network.json(&["election", "register", "--signer", contender]);
    }
    go(network, "endorsement");
}

/// Has a delegate's wallet sign a vote, and others hand it in: with a wrong author, twice, and with another reason.
#[track_caller]
fn by_signature(network: &Network, what: &str, kind: &str) {
    let folder = tempfile::tempdir().expect("a folder");
    let wallet = Wallet::of(network, "dev1");
    let vote = ["election", what, "--for", "dev5=100"];
    let signed = |reason: &str, name: &str| {
        let file = folder.path().join(name);
        let export = ["--voter", "dev1", "--reason", reason, "--export", file.to_str().expect("UTF-8")];
        let exported = network.json(&[&vote[..], &export].concat());
        assert_eq!(exported["exported"]["message"]["primaryType"], "ExtendedBallot");
        wallet.signs(&file)
    };
    let hand_in = |voter: &[&str], reason: &str, signature: &str| {
        let rest = ["--reason", reason, "--signature", signature, "--signer", "dev9", "--json"];
        network.run(&[&vote[..], voter, &rest].concat())
    };
    let first = signed("", "first.json");
    // No file that is there is written over.
    let taken = folder.path().join("first.json");
    let again = [&vote[..], &["--voter", "dev1", "--export", taken.to_str().expect("UTF-8")]].concat();
    network.run(&again).refuses(4, &["name a file that does not exist"]);
    hand_in(&[], "", &first).exits(2);
    // Of another account the message and so the signer would be others.
    hand_in(&["--voter", "dev2"], "", &first).exits(8);
    hand_in(&["--voter", "dev1"], "another reason", &first).exits(8);
    let cast = hand_in(&["--voter", "dev1"], "", &first).exits(0).json();
    let transaction = &cast["transactions"][0];
    assert_eq!((&transaction["action"]["kind"], &transaction["action"]["signed"]), (&kind.into(), &true.into()));
    assert_eq!(transaction["from"].as_str(), Some(network.account("dev9").0.as_str()));
    hand_in(&["--voter", "dev1"], "", &first).exits(6);
    // The same vote a second time is another message.
    let second = signed("once more", "second.json");
    hand_in(&["--voter", "dev1"], "once more", &second).exits(0);
    let two = ["--for", "dev6=1", "--voter", "dev1", "--signature", &first];
    network.run(&[&vote[..], &two].concat()).refuses(2, &["one message is signed at a time"]);
}

#[test]
fn votes_by_signature_are_those_of_their_author_and_count_once() {
    let network = Network::up("minimal.toml", START);
    register(&network, &["dev5", "dev6", "dev7"]);
    by_signature(&network, "endorse", "endorse");
    for contender in ["dev5=10000", "dev6=10000"] {
        network.json(&["election", "endorse", "--signer", "dev0", "--for", contender]);
    }
    network.json(&["election", "endorse", "--signer", "dev2", "--for", "dev7=all"]);
    go(&network, "vetted");
    network.json(&["election", "execute"]);
    go(&network, "voting");
    by_signature(&network, "vote", "vote");
    // Without a signature from elsewhere, the node of a rehearsal signs in the voter's name.
    let cast = network.json(&["election", "vote", "--for", "dev6=5", "--voter", "dev3", "--signer", "dev9"]);
    assert_eq!(cast["transactions"][0]["action"]["signed"], true);
}

#[test]
fn the_vetter_includes_whom_an_election_lacks() {
    let network = Network::up("minimal.toml", START);
    register(&network, &["dev5"]);
    network.json(&["election", "endorse", "--signer", "dev0", "--for", "dev5=all"]);
    go(&network, "vetted");
    assert_eq!(phase(&network), "vetting extended");
    let status = network.run(&["election", "status"]).exits(0);
    assert!(status.stdout.contains("the vetter must include 2 more: ephor election include"), "{}", status.stdout);
    network.run(&["election", "execute"]).exits(6);
    // Only the vetter may.
    network.run(&["election", "include", "dev6", "--signer", "dev6"]).exits(6);
    let tried = network.json(&["election", "include", "dev6", "--signer", "vetter", "--dry-run"]);
    assert_eq!((&tried["sent"], &tried["transactions"][0]["outcome"]["accepted"]), (&false.into(), &true.into()));
    for nominee in ["dev6", "dev7"] {
        let included = network.json(&["election", "include", nominee, "--signer", "vetter"]);
        assert_eq!(included["transactions"][0]["action"]["kind"], "include");
    }
    network.run(&["election", "include", "dev8", "--signer", "vetter"]).exits(6);
    assert_eq!(phase(&network), "ready for member election");
    let shown = network.run(&["election", "status"]).exits(0);
    assert_eq!(shown.stdout.matches("included by the vetter").count(), 2, "{}", shown.stdout);
    network.json(&["election", "execute"]);
}

/// A command that comes at the wrong time is refused, and its note on stderr has all of the given parts.
#[track_caller]
fn untimely(network: &Network, arguments: &[&str], parts: &[&str]) {
    let run = network.run(arguments).exits(6);
    for part in parts {
        assert!(run.stderr.contains(part), "stderr lacks {part:?}:\n{}\n{}", run.stderr, run.stdout);
    }
    // The result stays the one document on stdout.
    let run = network.run(&[arguments, &["--json"]].concat()).exits(6);
    assert_eq!(run.json()["transactions"][0]["outcome"]["accepted"], false);
}

#[test]
fn says_when_the_time_is_for_what_is_refused() {
    let network = Network::up("minimal.toml", "2026-01-14T12:00Z");
    let at = |phase: &str| format!("remedy: `ephor clock advance --phase {phase}` goes there");
    untimely(&network, &["election", "create"], &["in its phase \"waiting\"", "from 2026-01-15 12:00", &at("due")]);
    go(&network, "due");
    network.json(&["election", "create"]);
    for contender in ["dev5", "dev6", "dev7"] {
        network.json(&["election", "register", "--signer", contender]);
    }
    let (endorse, execute) = (["election", "endorse", "--for", "dev5=1"], ["election", "execute"]);
    untimely(&network, &endorse, &["in its phase \"registration\"", "in 2 days 23 hours", &at("endorsement")]);
    untimely(&network, &execute, &["in its phase \"registration\"", "in 14 days 23 hours", &at("vetted")]);
    go(&network, "endorsement");
    let late = ["election", "register", "--signer", "dev8"];
    untimely(&network, &late, &["in its phase \"endorsement\"; it is too late for this"]);
    let all =
        ["election", "endorse", "--signer", "dev0", "--for", "dev5=6000", "--for", "dev6=6000", "--for", "dev7=6000"];
    network.json(&all);
    untimely(&network, &["election", "exclude", "dev5", "--signer", "vetter"], &[&at("vetting")]);
    go(&network, "vetted");
    let vote = ["election", "vote", "--signer", "dev1", "--for", "dev5=1"];
    untimely(&network, &vote, &["`ephor election execute` has to come before this"]);
    network.json(&execute);
    go(&network, "voting");
    network.json(&vote);
    // Full weight ends after a week, voting a week later; the winners are handed over after that.
    untimely(&network, &execute, &["\"member voting, full weight\"", "in 13 days 23 hours", &at("voted")]);
    go(&network, "decay");
    network.json(&vote);
    untimely(&network, &execute, &["\"member voting, decaying weight\"", "in 6 days 23 hours", &at("voted")]);
    go(&network, "voted");
    untimely(&network, &vote, &["too late"]);
    network.json(&execute);
    // What is refused for another reason says nothing of the time.
    let refused = network.run(&["election", "vote", "--index", "0", "--for", "dev9=1"]).exits(6);
    assert!(refused.stderr.contains("\"installed\"; it is too late"), "{}", refused.stderr);
}
