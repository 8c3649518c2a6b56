//! From a recipe to an executable transaction, without any network.

use crate::place::{KEYSTORE, key, place, run, run_json, text};
use alloy_primitives::{Address, Bytes};
use serde_json::Value;
use std::fs;

#[test]
fn a_ceremony_goes_from_recipe_to_transaction() {
    let place = place();
    assert!(run(&["verify", place.bundle()], 0).contains("Everything fits."));
    let council = Address::repeat_byte(0xA1);
    for n in 0..2 {
        let out = place.at(&format!("{n}.json"));
        run(&["sign", place.bundle(), "--signature", &place.signature(council, &key(n)), "--out", &out], 0);
    }
    // The third one's machine has no network: the pieces are read from its screen.
    let signature = place.signature(Address::repeat_byte(0xA2), &key(2));
    let pieces = run(&["sign", place.bundle(), "--signature", &signature, "--pieces"], 0);
    assert!(pieces.lines().count() > 1);
    let backwards: Vec<&str> = pieces.lines().rev().collect();
    fs::write(place.at("pieces.txt"), backwards.join("\n")).expect("a file");
    run(&["execute", place.bundle()], 1);
    let one = run_json(&["collect", place.bundle(), &place.at("0.json"), &place.at("pieces.txt")], 0);
    assert_eq!(one["accepted"], 2);
    let status = run(&["status", place.bundle()], 0);
    assert!(
        status.contains("Council") && status.contains("not ready") && status.contains(&key(1).address().to_string())
    );
    run(&["collect", place.bundle(), &place.at("1.json")], 0);
    let again = run_json(&["collect", place.bundle(), &place.at("1.json")], 1);
    assert!(again["refused"][0]["reason"].as_str().is_some_and(|reason| reason.contains("has signed")));
    let executed = run_json(&["execute", place.bundle()], 0);
    let transactions = executed["transactions"].as_array().expect("transactions");
    assert_eq!(transactions.len(), 3);
    assert!(transactions.iter().all(|each| each["ready"] == true));
    assert_eq!(transactions[2]["to"].as_str().and_then(|to| to.parse().ok()), Some(Address::repeat_byte(0xA0)));
    let simulated = run(&["simulate", place.bundle()], 0);
    assert!(simulated.contains("executed") && simulated.contains("nonce") && simulated.contains("no code at auditors"));
    let forecast = run_json(&["forecast", place.bundle(), "--count", "2"], 0);
    assert_eq!(forecast["forecast"].as_array().map(Vec::len), Some(6));
    assert_eq!(forecast["signatures"].as_array().map(Vec::len), Some(3));
}

#[test]
fn a_keystore_signs() {
    let place = place();
    let owner = "0x008aeeda4d805471df9b2a5b0f38a0c3bcba786b";
    let recipe = fs::read_to_string(place.at("recipe.toml")).expect("the recipe");
    fs::write(place.at("own.toml"), recipe.replace(&key(2).address().to_string(), owner)).expect("a file");
    let own = place.at("own");
    run(&["new", &place.at("own.toml"), "--out", &own], 0);
    fs::write(place.at("key"), KEYSTORE).expect("a file");
    fs::write(place.at("password"), "testpassword\n").expect("a file");
    let (signer, password) = (format!("keystore:{}", place.at("key")), place.at("password"));
    for (extra, v) in [(&[][..], [27, 28]), (&["--as-message"], [31, 32])] {
        let arguments = [&["sign", &own, "--signer", &signer, "--password-file", &password], extra].concat();
        let signed: Value = serde_json::from_str(&run(&arguments, 0)).expect("a file of signatures");
        let bytes: Bytes =
            signed["signatures"][0]["consent"]["signature"].as_str().and_then(|text| text.parse().ok()).expect("bytes");
        assert!(v.contains(&bytes[64]), "{bytes}");
    }
    // Whoever owns none of the Safes is told so, and a key in an argument is refused.
    let arguments = ["sign", place.bundle(), "--signer", &signer, "--password-file", &password];
    assert!(run(&arguments, 8).contains("owns none of the Safes"));
    let raw = format!("key:{}", "11".repeat(32));
    assert!(run(&["sign", place.bundle(), "--signer", &raw], 8).contains("stays in histories"));
}

#[test]
fn what_was_altered_is_not_signed() {
    let place = place();
    let runbook = place.bundle.join("runbook.md");
    let altered = fs::read_to_string(&runbook).expect("the runbook").replace("Message hash", "Message  hash");
    fs::write(&runbook, altered).expect("a file");
    let told = run(&["verify", place.bundle()], 1);
    assert!(told.contains("runbook.md was changed") && told.contains("Do not sign"), "{told}");
    let signature = format!("0x{}", "11".repeat(65));
    assert!(run(&["sign", place.bundle(), "--signature", &signature], 3).contains("does not verify"));
}

#[test]
fn published_tasks_are_verified_and_the_defect_is_told() {
    let tasks = concat!(env!("CARGO_MANIFEST_DIR"), "/../../data/optimism/signing-tasks.json");
    let told = run(&["verify", tasks], 1);
    assert!(told.contains("off by 5: 106 is stated, the hash is that of 101"), "{told}");
    assert!(told.contains("84 of 85 tasks are as published, 133 Safes compared."), "{told}");
    assert!(run(&["verify", tasks, "--task", "eth/000-opcm-upgrade-v200"], 0).contains("1 of 1 tasks"));
    assert!(run(&["verify", tasks, "--task", "none"], 3).contains("no task"));
}

#[test]
fn owners_are_rotated_in_the_fewest_calls() {
    let folder = tempfile::tempdir().expect("a folder");
    let address = |byte| Address::repeat_byte(byte).to_string();
    let safe = format!(
        "[safe]\naddress = \"{}\"\nnonce = 1\nowners = [\"{}\", \"{}\"]\nthreshold = 2\n",
        address(0xA0),
        address(1),
        address(2)
    );
    let at = folder.path().join("safe.toml");
    fs::write(&at, safe).expect("a file");
    let wanted = [address(1), address(3)];
    let common = ["rotate", text(&at), "--owner", &wanted[0], "--owner", &wanted[1], "--chain-id", "1337"];
    assert!(run(&common, 0).contains("swap"));
    let bundle = folder.path().join("bundle");
    run(&[&common[..], &["--out", text(&bundle)]].concat(), 0);
    assert!(run(&["simulate", text(&bundle)], 0).contains("list of owners"));
    assert!(run(&[&common[..], &["--floor", "3"]].concat(), 3).contains("below the charter's 3"));
}
