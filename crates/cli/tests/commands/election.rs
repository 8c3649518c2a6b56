//! A whole election, from its creation to new owners of the Safes, by commands alone.

use crate::network::Network;
use alloy_primitives::{B256, hex};
use alloy_signer::SignerSync;
use alloy_signer_local::PrivateKeySigner;
use serde_json::Value;

fn addresses(value: &Value) -> Vec<String> {
    value.as_array().expect("addresses").iter().map(|address| address.as_str().expect("text").to_lowercase()).collect()
}

impl Network {
    /// Moves past the present phase.
    #[track_caller]
    fn next_phase(&self) {
        self.json(&["clock", "advance", "--phase"]);
    }

    #[track_caller]
    fn phase(&self) -> String {
        self.json(&["election", "status"])["election"]["phase"].as_str().expect("a phase").to_owned()
    }

    /// Creates the election, registers contenders (the first with a signature made elsewhere) and makes them nominees.
    #[track_caller]
    fn nominate(&self, contenders: &[&str]) -> u64 {
        self.run(&["election", "create"]).exits(6);
        self.next_phase();
        let created = self.json(&["election", "create"]);
        assert_eq!(created["sent"], true);
        assert_eq!(created["transactions"][0]["action"]["kind"], "create-election");

        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("registration.json");
        let exported = self.json(&["election", "register", "--export", file.to_str().unwrap()]);
        let message: Value = serde_json::from_slice(&std::fs::read(&file).unwrap()).unwrap();
        assert_eq!(message, exported["exported"]["message"]);
        assert_eq!(message["primaryType"], "AddContenderMessage");
        let digest: B256 = exported["exported"]["digest"].as_str().unwrap().parse().unwrap();
        let (_, key) = self.account(contenders[0]);
        let key: PrivateKeySigner = key.parse().unwrap();
        let signature = hex::encode_prefixed(key.sign_hash_sync(&digest).unwrap().as_bytes());
        let hand_in =
            |contender: &str| self.run(&["election", "register", "--contender", contender, "--signature", &signature]);
        hand_in(contenders[1]).refuses(8, &["not of"]);
        self.run(&["election", "register", "--signature", &signature]).refuses(2, &["--contender"]);
        hand_in(contenders[0]).exits(0);
        hand_in(contenders[0]).exits(6);
        for contender in &contenders[1..] {
            self.json(&["election", "register", "--signer", contender]);
        }

        self.next_phase();
        for (number, half) in contenders.chunks(4).enumerate() {
            let signer = format!("dev{number}");
            let choices: Vec<String> = half.iter().map(|contender| format!("{contender}=25%")).collect();
            let mut arguments = vec!["election", "endorse", "--signer", &signer];
            arguments.extend(choices.iter().flat_map(|choice| ["--for", choice.as_str()]));
            let endorsed = self.json(&arguments);
            assert_eq!(endorsed["transactions"].as_array().unwrap().len(), half.len());
        }
        let status = self.json(&["election", "status"]);
        let found = status["election"]["nomination"]["contenders"].as_array().unwrap();
        assert_eq!(found.len(), contenders.len());
        assert!(found.iter().all(|contender| contender["nominee"] == true), "{found:#?}");
        self.next_phase();
        created["transactions"][0]["action"]["index"].as_u64().expect("an index")
    }

    /// Carries the update on until it is everywhere. Returns the steps taken.
    #[track_caller]
    fn relay(&self) -> usize {
        let mut taken = 0;
        for _ in 0..40 {
            let relayed = self.json(&["pipeline", "relay"]);
            taken += relayed["relay"]["taken"].as_array().unwrap().len();
            if relayed["relay"]["waiting"].as_array().unwrap().is_empty() {
                return taken;
            }
            self.json(&["clock", "advance", "--step"]);
        }
        panic!("the update does not arrive");
    }
}

#[track_caller]
fn elects_and_installs(charter: &str, start: &str, contenders: &[&str], steps: usize) {
    let network = Network::up(charter, start);
    let before = network.json(&["council", "show"]);
    assert_eq!(before["in_line"], true);
    let index = network.nominate(contenders).to_string();

    let (excluded, running) = contenders.split_first().unwrap();
    let refused = network.run(&["election", "exclude", excluded]).exits(6);
    assert!(refused.stdout.contains("would be refused: INomineeElection: OnlyNomineeVetter"), "{}", refused.stdout);
    network.json(&["election", "exclude", excluded, "--signer", "vetter"]);
    network.run(&["election", "execute"]).exits(6);
    network.next_phase();
    assert_eq!(network.phase(), "ready for member election");
    network.json(&["election", "execute"]);
    while !network.phase().starts_with("member voting,") {
        network.next_phase();
    }
    // The first of the rest gets nothing; the others are elected, the later the better.
    let elected = &running[1..];
    let choices: Vec<String> =
        elected.iter().enumerate().map(|(number, nominee)| format!("{nominee}={}%", number + 1)).collect();
    let mut arguments = vec!["election", "vote", "--signer", "dev0"];
    arguments.extend(choices.iter().flat_map(|choice| ["--for", choice.as_str()]));
    let voted = network.json(&arguments);
    let events = voted["transactions"][0]["outcome"]["events"].as_array().unwrap();
    assert!(
        events.iter().any(|event| event["text"].as_str().unwrap().starts_with("VoteCastForNominee")),
        "{events:#?}"
    );
    let too_many = format!("{}=1000M", elected[0]);
    let refused = network.run(&["election", "vote", "--signer", "dev0", "--for", &too_many]).exits(6);
    assert!(refused.stdout.contains("InsufficientVotes"), "{}", refused.stdout);
    let status = network.run(&["election", "status", "--account", "dev0"]).exits(0);
    for part in ["ahead", "cut line", "Votes of", elected[0]] {
        assert!(status.stdout.contains(part), "{part:?} is not in\n{}", status.stdout);
    }

    while network.phase().starts_with("member voting,") {
        network.next_phase();
    }
    network.json(&["election", "execute"]);
    let shown = network.json(&["council", "show"]);
    assert_eq!(shown["in_line"], false);
    assert_eq!(network.relay(), steps);

    let after = network.json(&["council", "show"]);
    assert_eq!(after["in_line"], true);
    assert_ne!(after["council"]["update_nonce"], before["council"]["update_nonce"]);
    let mut expected: Vec<_> = elected.iter().map(|name| network.account(name).0.to_lowercase()).collect();
    expected.sort();
    for safe in after["council"]["safes"].as_array().unwrap() {
        let owners = addresses(&safe["owners"]);
        for newcomer in &expected {
            assert!(owners.contains(newcomer), "{newcomer} is no owner of {safe}");
        }
    }
    let election = network.json(&["election", "status", &index]);
    assert_eq!(election["election"]["phase"], "installed");
    let cohort = usize::try_from(election["election"]["cohort"].as_u64().unwrap()).unwrap();
    let mut seated = addresses(&after["council"]["cohorts"][cohort]);
    seated.sort();
    assert_eq!(seated, expected);
    let text = network.run(&["council", "show"]).exits(0);
    assert!(text.stdout.contains("owned by the council") && text.stdout.contains(elected[0]), "{}", text.stdout);
}

#[test]
fn elects_and_installs_on_one_chain_by_commands_alone() {
    let contenders = ["dev5", "dev6", "dev7", "dev8", "dev9"];
    elects_and_installs("minimal.toml", "2026-01-14T12:00Z", &contenders, 1);
}

#[test]
fn elects_and_installs_across_three_chains_by_commands_alone() {
    let contenders = ["dev2", "dev3", "dev4", "dev5", "dev6", "dev7", "dev8", "dev9"];
    elects_and_installs("arbitrum.toml", "2025-09-14T12:00Z", &contenders, 6);
}

#[test]
fn before_the_first_election_of_a_rehearsal_the_next_is_meant() {
    let network = Network::up("arbitrum.toml", "2025-09-16T12:00Z");
    let early = network.run(&["election", "register", "--signer", "dev5"]).exits(6);
    assert!(early.stdout.contains("as a contender in election 4"), "{}", early.stdout);
    assert!(early.stderr.contains("`ephor election create` has to come before this"), "{}", early.stderr);
    let past = network.run(&["election", "status", "3"]).exits(6);
    assert!(past.stderr.contains("the governors know nothing of election 3"), "{}", past.stderr);
}
