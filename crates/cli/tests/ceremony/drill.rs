//! Drills: on paper, and on a served network with several people.

use crate::place::{Stage, address, ephor, key, masked, run, run_json, says, text};
use alloy_primitives::{Address, B256, U256, hex, keccak256};
use alloy_signer::SignerSync;
use serde_json::{Value, json};
use std::{
    fs,
    path::{Path, PathBuf},
};

fn people(folder: &Path, addresses: &[Address]) -> String {
    let each = addresses
        .iter()
        .enumerate()
        .map(|(n, address)| format!("[[participants]]\nname = \"person {n}\"\naddress = \"{address}\"\n"));
    let list = folder.join("people.toml");
    fs::write(&list, each.collect::<String>()).expect("a file");
    text(&list).to_owned()
}

#[test]
fn a_drill_on_paper_is_held_and_reported() {
    let folder = tempfile::tempdir().expect("a folder");
    let addresses: Vec<Address> = (0..4).map(|n| key(n).address()).collect();
    let list = people(folder.path(), &addresses);
    let drill = folder.path().join("drill");
    run(&["rehearse", text(&drill), "--participants", &list], 0);
    let mut collected = Vec::new();
    for exercise in 1..=3 {
        let bundle = drill.join(format!("exercise-{exercise}"));
        let verified = run_json(&["verify", text(&bundle)], 0);
        for n in 0..4 {
            for safe in verified["safes"].as_array().expect("Safes") {
                let hash: B256 = safe["hashes"]["safe_tx"].as_str().and_then(|hash| hash.parse().ok()).expect("a hash");
                let signature = hex::encode_prefixed(key(n).sign_hash_sync(&hash).expect("a key signs").as_bytes());
                let of = safe["safe"].as_str().expect("an address");
                let out = text(&folder.path().join(format!("{exercise}-{n}-{of}.json"))).to_owned();
                let signed = ephor(&["sign", text(&bundle), "--safe", of, "--signature", &signature, "--out", &out]);
                // Those who own another Safe of the exercise are told so, and nothing is written.
                assert_eq!(signed.status.success(), Path::new(&out).exists());
                collected.extend(signed.status.success().then_some(out));
            }
        }
    }
    let arguments: Vec<&str> = collected.iter().flat_map(|file| ["--collect", file.as_str()]).collect();
    let told = run(&[&["rehearse", text(&drill)], &arguments[..]].concat(), 0);
    assert!(told.starts_with("# Readiness: ready"), "{told}");
    assert_eq!(told.matches("The transactions were executed.").count(), 3);
    assert!(drill.join("report.md").exists() && drill.join("record.json").exists());
    says(&["status", text(&drill.join("exercise-3"))], 0, &["Upgrade", "2 of 2 needed, READY"]);
}

#[test]
fn a_drill_is_held_on_no_live_chain() {
    let stage = Stage::up();
    let addresses: Vec<Address> = (0..4).map(|n| stage.dev(n)).collect();
    let list = people(stage.folder.path(), &addresses);
    let drill = stage.at("drill");
    says(&["rehearse", &drill, "--participants", &list, "--chain-id", "1"], 3, &["chain 1 is live"]);
    // A chain that does not say that it is a rehearsal is none.
    let silent = masked(&stage.url, &["ephor_"]);
    says(&["rehearse", &drill, "--participants", &list, "--rpc-url", &silent], 3, &["is no rehearsal network"]);
    assert!(!Path::new(&drill).exists());
}

/// A drill of five on a served network: the fourth never signs, the second signs the wrong thing first.
struct Group {
    stage: Stage,
    drill: PathBuf,
}

impl Group {
    fn exercise(&self, number: usize) -> String {
        text(&self.drill.join(format!("exercise-{number}"))).to_owned()
    }

    /// Hands files in, and says how the drill stands.
    #[track_caller]
    fn rehearse(&self, files: &[&str], code: i32) -> String {
        let collect = files.iter().flat_map(|file| ["--collect", file]).collect::<Vec<_>>();
        run(&[&["rehearse", text(&self.drill), "--rpc-url", &self.stage.url], &collect[..]].concat(), code)
    }

    #[track_caller]
    fn sign(&self, exercise: usize, people: &[usize]) -> Vec<String> {
        people.iter().map(|n| self.stage.sign(&self.exercise(exercise), *n, &[])).collect()
    }

    #[track_caller]
    fn hand_in(&self, exercise: usize, people: &[usize]) {
        let files = self.sign(exercise, people);
        self.rehearse(&files.iter().map(String::as_str).collect::<Vec<_>>(), 1);
    }

    fn execute(&self, exercise: usize, n: usize, code: i32) -> String {
        let (bundle, signer) = (self.exercise(exercise), format!("dev{n}"));
        run(&["execute", &bundle, "--rpc-url", &self.stage.url, "--broadcast", "--signer", &signer], code)
    }

    fn pass(&self, span: &str) {
        self.stage.network.json(&["clock", "advance", span]);
    }

    fn record(&self) -> Value {
        let text = fs::read_to_string(self.drill.join("record.json")).expect("the record");
        serde_json::from_str(&text).expect("JSON")
    }
}

#[test]
fn a_group_holds_a_drill_on_a_served_network() {
    let stage = Stage::up();
    let addresses: Vec<Address> = (0..5).map(|n| stage.dev(n)).collect();
    let list = people(stage.folder.path(), &addresses);
    let drill = stage.folder.path().join("drill");
    let begin = [
        "rehearse",
        text(&drill),
        "--participants",
        &list,
        "--threshold",
        "3",
        "--rpc-url",
        &stage.url,
        "--signer",
        "dev9",
    ];
    run(&begin, 0);
    let group = Group { stage, drill };
    for exercise in [1, 3] {
        says(&["verify", &group.exercise(exercise), "--rpc-url", &group.stage.url], 0, &["Everything fits."]);
    }
    says(&["rehearse", text(&group.drill)], 2, &["name its network with --rpc-url"]);

    // 1: the second person signs a paper that somebody else handed around: the Safe of the drill, another transaction.
    let state: Value =
        serde_json::from_str(&fs::read_to_string(group.drill.join("drill.json")).expect("a file")).expect("JSON");
    let council = address(&state["place"]["council"]);
    let forged = group.stage.bundle(
        "forged",
        &format!(
            "title = \"Drill 1\"\nchain_id = 7031337\n[safe]\naddress = \"{council}\"\nnonce = 0\n[[calls]]\nto = \"{}\"\nvalue = \"1\"\n",
            group.stage.dev(9)
        ),
    );
    let wrong = group.stage.at("wrong.json");
    let sign = ["sign", &forged, "--signer", "dev1", "--rpc-url", &group.stage.url, "--out", &wrong];
    run(&sign, 0);
    group.rehearse(&[&wrong], 1);
    assert!(group.execute(1, 0, 6).contains("no transaction can be executed yet"));
    group.pass("10m");
    group.hand_in(1, &[0, 2]);
    group.pass("20m");
    group.hand_in(1, &[4]);
    group.execute(1, 0, 0);

    // 2: the last member is removed by the others; the second signs the right thing this time.
    group.hand_in(2, &[0, 1, 2]);
    // One who is in a hurry sends a transaction that the Safe refuses.
    let hasty =
        alloy_sol_types::SolCall::abi_encode(&ephor_abi::safe::ISafe::changeThresholdCall { _threshold: U256::ONE });
    let request =
        json!({ "from": group.stage.dev(2), "to": council, "data": hex::encode_prefixed(hasty), "gas": "0x30d40" });
    group.stage.ask("eth_sendTransaction", &json!([request]));
    group.execute(2, 1, 0);
    let owners = group.stage.call(council, &ephor_abi::safe::ISafe::getOwnersCall {});
    assert_eq!(owners, addresses[..4]);

    // 3: both halves approve, the root upgrades: three transactions by two people.
    group.pass("1h");
    group.hand_in(3, &[0, 2, 4]);
    group.execute(3, 2, 0);
    group.execute(3, 0, 0);
    group.execute(3, 0, 0);
    let proxy = address(&state["place"]["proxy"]);
    let slot = U256::from_be_bytes(keccak256("eip1967.proxy.implementation").0) - U256::ONE;
    let implementation = group.stage.ask("eth_getStorageAt", &json!([proxy, slot, "latest"]));
    let expected = Address::from_word(keccak256("ephor drill: version 2")).into_word();
    assert_eq!(implementation.as_str(), Some(expected.to_string().as_str()));

    let told = group.rehearse(&[], 1);
    assert!(told.starts_with("# Readiness: not ready yet"), "{told}");
    assert_eq!(told.matches("The transactions were executed.").count(), 3, "{told}");
    let never = told.split("## Never signed").nth(1).expect("somebody never signed");
    assert!(never.contains("person 3") && !never.contains("person 1"), "{told}");
    let record = group.record();
    let exercises = record["report"]["exercises"].as_array().expect("exercises");
    let of = |exercise: usize, n: usize| &exercises[exercise - 1]["participation"][n][1];
    // Ten minutes until the first, twenty more until there were enough; blocks take some seconds besides.
    let after = |value: &Value| value.as_u64().expect("seconds");
    assert!((600..1_200).contains(&after(&of(1, 0)["signed_after_seconds"])), "{}", of(1, 0));
    assert!((1_800..2_700).contains(&after(&of(1, 4)["signed_after_seconds"])), "{}", of(1, 4));
    assert_eq!(exercises[0]["threshold_after_seconds"], of(1, 4)["signed_after_seconds"]);
    assert!(of(1, 2)["refused"][0].as_str().is_some_and(|told| told.contains("GS031")), "{}", of(1, 2));
    assert!(of(1, 1)["signed_after_seconds"].is_null());
    let refused = of(1, 1)["refused"][0].as_str().expect("a refusal");
    assert!(refused.contains("not part of this ceremony"), "{refused}");
    assert!(of(2, 1)["executed_after_seconds"].is_u64() && of(3, 0)["executed_after_seconds"].is_u64());
    assert_eq!(exercises[2]["transactions"].as_array().map(Vec::len), Some(3));
    // The record says what the chain shows, with those who gave their signatures.
    let witnessed = record["drill"]["witnessed"].as_array().expect("what the chain shows");
    let executed: Vec<&Value> = witnessed.iter().filter(|seen| seen["deed"]["kind"] == "executed").collect();
    assert_eq!(executed.len(), 5, "{witnessed:#?}");
    let agreed: Vec<Address> = executed[0]["deed"]["agreed"].as_array().expect("signers").iter().map(address).collect();
    assert!(agreed.len() == 3 && [0, 2, 4].iter().all(|n| agreed.contains(&addresses[*n])));
    let on_disk = fs::read_to_string(group.drill.join("report.md")).expect("the report");
    assert_eq!(on_disk, told);

    // When the one who was missing has signed and what that takes is executed again, nothing keeps the group from being ready.
    group.rehearse(&[group.sign(1, &[3])[0].as_str()], 0);
}
