//! `ephor ceremony` as people run it: from a recipe to an executable transaction, and what is refused on the way.

use alloy_primitives::{Address, B256, Bytes, U256, hex};
use alloy_signer::SignerSync;
use alloy_signer_local::PrivateKeySigner;
use serde_json::Value;
use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Output},
};

fn key(n: u64) -> PrivateKeySigner {
    PrivateKeySigner::from_bytes(&B256::from(U256::from(n + 1))).expect("a small number is a key")
}

fn ephor(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_ephor")).arg("ceremony").args(arguments).output().expect("the command runs")
}

#[track_caller]
fn run(arguments: &[&str], code: i32) -> String {
    let output = ephor(arguments);
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert_eq!(output.status.code(), Some(code), "{arguments:?}\n{out}\n{err}");
    if code == 0 || !out.is_empty() { out.into_owned() } else { err.into_owned() }
}

#[track_caller]
fn run_json(arguments: &[&str], code: i32) -> Value {
    serde_json::from_str(&run(&[arguments, &["--json"]].concat(), code)).expect("one JSON document")
}

fn text(path: &Path) -> &str {
    path.to_str().expect("a path in UTF-8")
}

/// A folder with a recipe, and the bundle made of it.
struct Place {
    folder: tempfile::TempDir,
    bundle: PathBuf,
}

/// A Safe that two Safes own, one with two people and one with one.
fn place() -> Place {
    let folder = tempfile::tempdir().expect("a folder");
    let (a, b, c) = (key(0).address(), key(1).address(), key(2).address());
    let recipe = format!(
        r#"title = "Pay the auditors"
chain_id = 1337004
batch = "aggregate3-value"

[safe]
name = "Upgrade"
address = "{root}"
nonce = 7
owners = ["{first}", "{second}"]
threshold = 2

[[safe.children]]
name = "Council"
address = "{first}"
release = "1.4.1"
nonce = 3
owners = ["{a}", "{b}"]
threshold = 2

[[safe.children]]
name = "Foundation"
address = "{second}"
nonce = 5
owners = ["{c}"]
threshold = 1

[names]
auditors = "{auditors}"

[[calls]]
to = "auditors"
function = "transfer(address,uint256)"
arguments = ["auditors", "1000"]
"#,
        root = Address::repeat_byte(0xA0),
        first = Address::repeat_byte(0xA1),
        second = Address::repeat_byte(0xA2),
        auditors = Address::repeat_byte(0xB0),
    );
    let at = folder.path().join("recipe.toml");
    fs::write(&at, recipe).expect("a file");
    let bundle = folder.path().join("bundle");
    run(&["new", text(&at), "--out", text(&bundle)], 0);
    Place { folder, bundle }
}

impl Place {
    fn bundle(&self) -> &str {
        text(&self.bundle)
    }

    /// Where a file of that name goes.
    fn at(&self, name: &str) -> String {
        text(&self.folder.path().join(name)).to_owned()
    }

    /// The hash that a Safe's owners sign.
    fn hash(&self, safe: Address) -> B256 {
        let verified = run_json(&["verify", self.bundle()], 0);
        let of = |each: &&Value| each["safe"].as_str().and_then(|safe| safe.parse().ok()) == Some(safe);
        let found = verified["safes"].as_array().and_then(|safes| safes.iter().find(of)).expect("the Safe");
        found["hashes"]["safe_tx"].as_str().and_then(|hash| hash.parse().ok()).expect("a hash")
    }

    fn signature(&self, safe: Address, signer: &PrivateKeySigner) -> String {
        let signature = signer.sign_hash_sync(&self.hash(safe)).expect("a key signs");
        hex::encode_prefixed(signature.as_bytes())
    }
}

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

/// The test vector of the definition of keystores (version 3), its password "testpassword".
const KEYSTORE: &str = r#"{"crypto":{"cipher":"aes-128-ctr","cipherparams":{"iv":"6087dab2f9fdbbfaddc31a909735c1e6"},
    "ciphertext":"5318b4d5bcd28de64ee5559e671353e16f075ecae9f99c7a79a38af5f869aa46","kdf":"pbkdf2","kdfparams":{"c":262144,"dklen":32,
    "prf":"hmac-sha256","salt":"ae3cd4e7013836a3df6bd7241b12db061dbe2c6785853cce422d148a624ce0bd"},
    "mac":"517ead924a9d0dc3124507e3393d175ce3ff7c1e96529c6c555ce9e51205e9b2"},"id":"3198bc9c-6672-5ab3-d995-4942343ae5b6","version":3}"#;

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
fn hostile_bundles_are_refused() {
    let place = place();
    fs::write(place.bundle.join("Evil.JSON"), "").expect("a file");
    assert!(run(&["verify", place.bundle()], 3).contains("none leads out of the directory"));
    fs::remove_file(place.bundle.join("Evil.JSON")).expect("it was there");
    fs::write(place.bundle.join("big.json"), vec![b' '; 5 * 1024 * 1024]).expect("a file");
    assert!(run(&["verify", place.bundle()], 3).contains("refused unread"));
    fs::write(place.bundle.join("big.json"), [0xff]).expect("a file");
    assert!(run(&["verify", place.bundle()], 3).contains("not UTF-8"));
    fs::remove_file(place.bundle.join("big.json")).expect("it was there");
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink("/etc/hostname", place.bundle.join("link.json")).expect("a link");
        assert!(run(&["verify", place.bundle()], 3).contains("no plain file"));
    }
    fs::write(place.at("bomb.json"), "[".repeat(1_000_000)).expect("a file");
    run(&["verify", &place.at("bomb.json")], 3);
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
fn formats_of_others_go_out_and_in() {
    let place = place();
    let builder = run(&["export", place.bundle(), "--format", "builder"], 0);
    fs::write(place.at("builder.json"), builder).expect("a file");
    let told = run(&["new", &place.at("builder.json"), "--out", &place.at("second")], 2);
    assert!(told.contains("names no Safe"), "{told}");
    let validation = run(&["export", place.bundle(), "--format", "validation"], 0);
    fs::write(place.at("VALIDATION.md"), validation.replace("Council", "Other")).expect("a file");
    run(&["verify", place.bundle(), "--expect", &place.at("VALIDATION.md")], 0);
    let typed = run(&["export", place.bundle(), "--format", "typed-data"], 0);
    fs::write(place.at("typed.json"), typed).expect("a file");
    run(&["new", &place.at("typed.json"), "--out", &place.at("third.json")], 0);
    run(&["verify", &place.at("third.json"), "--against", place.bundle()], 0);
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

#[test]
fn a_drill_is_held_and_reported() {
    let folder = tempfile::tempdir().expect("a folder");
    let people: Vec<String> = (0..4)
        .map(|n| format!("[[participants]]\nname = \"person {n}\"\naddress = \"{}\"\n", key(n).address()))
        .collect();
    let list = folder.path().join("people.toml");
    fs::write(&list, people.concat()).expect("a file");
    let drill = folder.path().join("drill");
    run(&["rehearse", text(&drill), "--participants", text(&list)], 0);
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
    assert!(drill.join("report.md").exists());
}
