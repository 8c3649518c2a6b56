//! The council changes its members, and token holders remove one: by commands alone.

use crate::network::Network;
use alloy_primitives::{B256, hex};
use alloy_signer::SignerSync;
use alloy_signer_local::PrivateKeySigner;
use serde_json::Value;

const START: &str = "2026-01-14T12:00Z";
const MEMBERS: [&str; 6] = [
    "0x0000000000000000000000000000000000000a01",
    "0x0000000000000000000000000000000000000a02",
    "0x0000000000000000000000000000000000000a03",
    "0x0000000000000000000000000000000000000b01",
    "0x0000000000000000000000000000000000000b02",
    "0x0000000000000000000000000000000000000b03",
];

#[track_caller]
fn members(network: &Network) -> Vec<String> {
    let shown = network.json(&["council", "show"]);
    let cohorts = shown["council"]["cohorts"].as_array().expect("cohorts").clone();
    let all = cohorts.iter().flat_map(|cohort| cohort.as_array().expect("members").clone());
    all.map(|member| member.as_str().expect("an address").to_lowercase()).collect()
}

#[track_caller]
fn count(delivered: &Value) -> usize {
    delivered["transactions"].as_array().expect("transactions").len()
}

/// Carries the last update on to the Safe.
#[track_caller]
fn settle(network: &Network) {
    network.json(&["clock", "advance", "--step"]);
    let relayed = network.json(&["pipeline", "relay"]);
    assert_eq!(relayed["relay"]["taken"].as_array().expect("steps").len(), 1, "{relayed:#}");
    assert_eq!(network.json(&["council", "show"])["in_line"], true);
}

#[test]
fn changes_members_with_the_consent_of_the_owners() {
    let network = Network::up("minimal.toml", START);
    // Without a signer the owners of a rehearsal's Safe consent in order: four approvals and the execution.
    let rotated = network.json(&["council", "rotate", "Ada", "dev9"]);
    assert_eq!(count(&rotated), 5);
    let inner = &rotated["transactions"][4]["call"]["children"][0];
    assert!(inner["function"]["signature"].as_str().expect("a function").starts_with("rotateMember("), "{inner}");
    assert!(inner["sentence"].as_str().expect("words").starts_with("Exchange the member's key Ada"), "{inner}");
    assert!(members(&network).contains(&network.account("dev9").0.to_lowercase()));
    settle(&network);

    // One by one: each owner approves, the fourth executes. An approval is not given twice.
    let remove = |signer: &str| network.run(&["council", "remove", "Blaise", "--signer", signer, "--json"]);
    remove("dev0").exits(8);
    for owner in [MEMBERS[2], MEMBERS[3], MEMBERS[4]] {
        let approved = remove(owner).exits(0).json();
        assert_eq!(approved["transactions"][0]["action"]["kind"], "approve-safe-transaction", "{approved:#}");
    }
    remove(MEMBERS[2]).exits(8);
    let executed = remove(MEMBERS[5]).exits(0).json();
    assert_eq!(executed["transactions"][0]["action"]["kind"], "execute-safe-transaction");
    assert_eq!(members(&network).len(), 5);
    settle(&network);

    // In the Safe's own name, as if the owners had consented.
    network.run(&["council", "add", "dev8", "--cohort", "Winter", "--as-safe"]).refuses(3, &["Spring", "Summer"]);
    let full = network.run(&["council", "add", "dev8", "--cohort", "Summer", "--as-safe"]).exits(6);
    assert!(full.stdout.contains("CohortFull"), "{}", full.stdout);
    assert_eq!(count(&network.json(&["council", "add", "dev8", "--cohort", "Spring", "--as-safe"])), 1);
    settle(&network);

    // By signatures made elsewhere.
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("transaction.json");
    let replace = ["council", "replace", MEMBERS[3], "dev7"];
    let exported = network.json(&[&replace[..], &["--export", file.to_str().unwrap()]].concat());
    let digest: B256 = exported["exported"]["digest"].as_str().unwrap().parse().unwrap();
    let sign = |name: &str| {
        let key: PrivateKeySigner = network.account(name).1.parse().unwrap();
        hex::encode_prefixed(key.sign_hash_sync(&digest).unwrap().as_bytes())
    };
    let (eight, nine, stranger) = (sign("dev8"), sign("dev9"), sign("dev0"));
    network.run(&[&replace[..], &["--signature", &stranger]].concat()).refuses(3, &["does not own the Safe"]);
    let replaced = network.json(&[&replace[..], &["--signature", &eight, "--signature", &nine]].concat());
    assert_eq!(count(&replaced), 3, "two approvals and the execution");
    assert!(members(&network).contains(&network.account("dev7").0.to_lowercase()));
    settle(&network);
}

#[test]
fn removes_a_member_by_vote() {
    let network = Network::up("minimal.toml", START);
    network.run(&["removal", "execute"]).refuses(3, &["no removal is open"]);
    network.run(&["removal", "propose", "Ada", "--description", "Gone fishing", "--signer", "dev9"]).exits(6);
    network.json(&["removal", "propose", "Ada", "--description", "Gone fishing", "--signer", "dev0"]);
    network.json(&["clock", "advance", "1d 1h"]);
    for voter in ["dev0", "dev1", "dev2"] {
        network.json(&["removal", "vote", "for", "--signer", voter]);
    }
    network.run(&["removal", "vote", "for", "Ada", "--signer", "dev0"]).exits(6);
    // One by signature, handed in by somebody else.
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("ballot.json");
    let exported = network.json(&["removal", "vote", "for", "Ada", "--export", file.to_str().unwrap()]);
    let digest: B256 = exported["exported"]["digest"].as_str().unwrap().parse().unwrap();
    let key: PrivateKeySigner = network.account("dev3").1.parse().unwrap();
    let signature = folder.path().join("signature");
    std::fs::write(&signature, hex::encode_prefixed(key.sign_hash_sync(&digest).unwrap().as_bytes())).unwrap();
    let signature = signature.to_str().unwrap();
    let hand_in = |voter: &str| {
        network.run(&[
            "removal",
            "vote",
            "for",
            "--voter",
            voter,
            "--signature",
            signature,
            "--signer",
            "dev9",
            "--json",
        ])
    };
    hand_in("dev4").exits(8);
    let cast = hand_in("dev3").exits(0).json();
    assert_eq!(cast["transactions"][0]["action"]["signed"], true);
    let status = network.run(&["removal", "status"]).exits(0);
    assert!(status.stdout.contains("(Ada): Active") && status.stdout.contains("Gone fishing"), "{}", status.stdout);
    network.run(&["removal", "execute"]).exits(6);
    network.json(&["clock", "advance", "8d"]);
    // The keeper executes it.
    let relayed = network.json(&["pipeline", "relay", "--all"]);
    let taken = relayed["relay"]["taken"].as_array().expect("steps");
    assert!(taken.iter().any(|step| step["what"].as_str().unwrap().starts_with("execute proposal")), "{relayed:#}");
    assert!(!members(&network).contains(&MEMBERS[0].to_owned()));
}

#[test]
fn what_most_vote_for_is_executed_by_anybody_and_what_too_few_do_is_not() {
    let network = Network::up("minimal.toml", START);
    for member in ["Ada", "Blaise"] {
        network.json(&["removal", "propose", member, "--description", &format!("{member} is away")]);
    }
    network.run(&["removal", "vote", "for"]).refuses(3, &["2 removals could be meant"]);
    network.run(&["removal", "vote", "for", "Charles"]).refuses(3, &["there is no removal Charles"]);
    network.run(&["removal", "vote", "perhaps", "Ada"]).refuses(2, &["for, against"]);
    network.json(&["clock", "advance", "1d 1h"]);
    let vote = |support: &str, member: &str, voter: &str| {
        let cast = network.json(&["removal", "vote", support, member, "--signer", voter]);
        assert_eq!(cast["transactions"][0]["action"]["kind"], "vote-on-proposal", "{cast:#}");
    };
    for voter in ["dev0", "dev1", "dev2"] {
        vote("for", "Ada", voter);
        vote("for", "Blaise", voter);
    }
    // Five sixths of the votes are needed.
    vote("against", "Blaise", "dev3");
    network.json(&["clock", "advance", "8d"]);
    let status = network.json(&["removal", "status"])["removals"].clone();
    let state = |member: &str| {
        let found =
            status.as_array().expect("removals").iter().find(|removal| {
                removal["removes"].as_str().is_some_and(|removed| removed.eq_ignore_ascii_case(member))
            });
        found.expect("the removal")["state"].as_str().expect("a state").to_lowercase()
    };
    assert_eq!((state(MEMBERS[0]), state(MEMBERS[1])), ("succeeded".to_owned(), "defeated".to_owned()));
    let shown = network.run(&["removal", "status"]).exits(0).stdout;
    for part in ["(Ada): Succeeded", "(Blaise): Defeated", "72,000 for, 24,000 against"] {
        assert!(shown.contains(part), "{part:?} is not in\n{shown}");
    }
    network.run(&["removal", "execute", "Blaise", "--signer", "dev9"]).exits(6);
    // Ada's is the only one that is open.
    let executed = network.json(&["removal", "execute", "--signer", "dev9"]);
    assert_eq!(executed["transactions"][0]["action"]["kind"], "execute", "{executed:#}");
    let left = members(&network);
    assert!(!left.contains(&MEMBERS[0].to_owned()) && left.contains(&MEMBERS[1].to_owned()), "{left:?}");
    settle(&network);
}
