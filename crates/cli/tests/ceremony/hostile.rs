//! Bundles and signatures made to deceive or to exhaust: each is refused with the reason, and quickly.

use crate::place::{Place, address, key, place, run, run_json, says};
use alloy_primitives::{Address, B256, Bytes, U256, hex, keccak256, uint};
use alloy_signer::SignerSync;
use ephor_ceremony::{
    Batch, Call, Operation,
    bundle::{Bundle, Manifest},
};
use serde_json::{Value, json};
use std::fs;

const COUNCIL: Address = Address::repeat_byte(0xA1);

/// One file with a bundle of these files.
fn single(place: &Place, name: &str, files: &Value) -> String {
    let at = place.at(name);
    fs::write(&at, json!({ "format": format(place), "files": files }).to_string()).expect("a file");
    at
}

/// What bundles say their format is.
fn format(place: &Place) -> String {
    let manifest: Manifest =
        serde_json::from_str(&fs::read_to_string(place.bundle.join("manifest.json")).expect("a file")).expect("JSON");
    manifest.format
}

#[test]
fn path_traversal_is_refused() {
    let place = place();
    for name in ["../../etc/passwd", "/etc/passwd", "..", "a/../../b", "a\\..\\b", ".ssh", "A.json"] {
        let at = single(&place, "single.json", &json!({ name: "{}" }));
        says(&["verify", &at], 3, &["none leads out of the directory"]);
        says(&["export", &at, "--format", "builder"], 3, &["none leads out of the directory"]);
    }
    fs::write(place.bundle.join("Evil.JSON"), "").expect("a file");
    says(&["verify", place.bundle()], 3, &["none leads out of the directory"]);
}

#[cfg(unix)]
#[test]
fn links_and_folders_in_a_bundle_are_refused() {
    let place = place();
    std::os::unix::fs::symlink("/etc/hostname", place.bundle.join("link.json")).expect("a link");
    says(&["verify", place.bundle()], 3, &["no plain file"]);
    fs::remove_file(place.bundle.join("link.json")).expect("it was there");
    fs::create_dir(place.bundle.join("more")).expect("a folder");
    says(&["verify", place.bundle()], 3, &["no plain file"]);
    // Nor is a signature file a pipe that never ends, or one that nobody writes to.
    says(&["collect", place.bundle(), "/dev/zero"], 3, &["no plain file"]);
    let pipe = place.at("pipe");
    let made = std::process::Command::new("mkfifo").arg(&pipe).status().expect("a system with pipes");
    assert!(made.success());
    fs::remove_dir(place.bundle.join("more")).expect("it was there");
    says(&["collect", place.bundle(), &pipe], 3, &["no plain file"]);
    says(&["verify", &pipe], 3, &["no plain file"]);
}

#[test]
fn huge_files_are_refused_unread() {
    let place = place();
    let sparse = |name: &str, bytes: u64| {
        let at = place.at(name);
        fs::File::create(&at).and_then(|file| file.set_len(bytes)).expect("a file");
        at
    };
    // A hundred gigabytes that take no room on disk: who read them all would not come back.
    let huge = sparse("huge.json", 100 << 30);
    says(&["verify", &huge], 3, &["refused unread"]);
    says(&["collect", place.bundle(), &huge], 3, &["refused unread"]);
    says(&["verify", place.bundle(), "--expect", &huge], 3, &["refused unread"]);
    says(&["new", &huge, "--out", &place.at("new")], 3, &["refused unread"]);
    sparse("bundle/big.json", 5 << 20);
    says(&["verify", place.bundle()], 3, &["refused unread"]);
    let many: serde_json::Map<String, Value> = (0..10_000).map(|n| (format!("f{n}.json"), json!(""))).collect();
    says(&["verify", &single(&place, "many.json", &many.into())], 3, &["the bundle has more than"]);
}

#[test]
fn tasks_of_which_nothing_is_compared_are_not_as_published() {
    let place = place();
    let at = place.at("tasks.json");
    let task = json!({ "id": "t", "chain_id": 1, "multicall_data": "0x", "signers": [] });
    for (tasks, told) in [(json!([task]), "t\n  WARNING it has no signers"), (json!([]), "0 of 0 tasks")] {
        fs::write(&at, json!({ "tasks": tasks }).to_string()).expect("a file");
        says(&["verify", &at], 1, &[told]);
    }
}

#[test]
fn names_that_look_like_something_else_are_refused() {
    let place = place();
    let recipe = fs::read_to_string(place.at("recipe.toml")).expect("the recipe");
    for name in
        ["Council\\nEverything fits.", "C\u{43e}uncil", "Foundation", "0xA0a0a0A0A0A0a0a0A0A0a0A0a0A0a0A0A0A0a0a0"]
    {
        let altered = place.at("altered.toml");
        fs::write(&altered, recipe.replace("name = \"Council\"", &format!("name = \"{name}\""))).expect("a file");
        let reason = if name == "Foundation" { "stands for" } else { "looks like something else" };
        says(&["new", &altered, "--out", &place.at("no")], 3, &[reason]);
    }
}

#[test]
fn invalid_utf8_is_refused() {
    let place = place();
    fs::write(place.bundle.join("note.txt"), [b'a', 0xff, b'b']).expect("a file");
    says(&["verify", place.bundle()], 3, &["byte 1 is not UTF-8"]);
    let at = place.at("single.json");
    fs::write(&at, [b'{', 0xc3, 0x28]).expect("a file");
    says(&["verify", &at], 3, &["not UTF-8"]);
    let recipe = place.at("bad.toml");
    fs::write(&recipe, [b't', 0xff]).expect("a file");
    says(&["new", &recipe, "--out", &place.at("new")], 3, &["byte 1 is not UTF-8"]);
}

#[test]
fn hashes_that_do_not_fit_inside_are_told_by_file() {
    let place = place();
    // The hash that signers are to compare is replaced everywhere, and the manifest made anew for it.
    let hash = place.hash(COUNCIL).to_string();
    let other = keccak256("another").to_string();
    let mut bundle = Bundle::default();
    for file in fs::read_dir(&place.bundle).expect("the bundle") {
        let file = file.expect("a file");
        let text = fs::read_to_string(file.path()).expect("text").replace(&hash, &other);
        bundle.add(file.file_name().to_str().expect("a name"), text.into_bytes()).expect("a file of a bundle");
    }
    let mut manifest: Manifest = serde_json::from_str(&bundle.files()["manifest.json"]).expect("JSON");
    for (name, hash) in &mut manifest.files {
        *hash = keccak256(&bundle.files()[name]);
    }
    let forged = serde_json::to_string_pretty(&manifest).expect("JSON");
    bundle.add("manifest.json", forged.into_bytes()).expect("a file of a bundle");
    let at = place.at("forged.json");
    fs::write(&at, bundle.to_single()).expect("a file");
    let told =
        says(&["verify", &at], 1, &["hashes.json does not say what follows", "runbook.md does not say what follows"]);
    assert!(told.contains(&hash) && !told.contains(&format!("Safe tx hash  {other}")), "{told}");
    says(&["sign", &at, "--signature", &format!("0x{}", "11".repeat(65))], 3, &["does not verify"]);
    says(&["execute", &at], 3, &["does not verify"]);
}

/// Has a bundle made of calldata, and gives its outline. It must take seconds at most.
#[track_caller]
fn outlined(place: &Place, name: &str, data: &[u8], operation: &str) -> String {
    let recipe = format!(
        "title = \"Bomb\"\nchain_id = 1337004\n[safe]\naddress = \"{COUNCIL}\"\nnonce = 3\n[[calls]]\nto = \"{}\"\ndata = \"{}\"\noperation = \"{operation}\"\n",
        ephor_abi::batch::MULTICALL3,
        hex::encode_prefixed(data)
    );
    let (source, out) = (place.at(&format!("{name}.toml")), place.at(name));
    fs::write(&source, recipe).expect("a file");
    run(&["new", &source, "--out", &out], 0);
    run(&["verify", &out], 0);
    fs::read_to_string(place.folder.path().join(name).join("outline.txt")).expect("the outline")
}

fn call(data: impl Into<Bytes>) -> Call {
    let (to, data) = (ephor_abi::batch::MULTICALL3, data.into());
    Call { to, value: U256::ZERO, data, operation: Operation::Call, allow_failure: false }
}

#[test]
fn an_abi_bomb_of_deep_nesting_is_bounded() {
    let mut data = Bytes::from_static(&[1, 2, 3, 4]);
    let mut levels = 0;
    while let Ok(deeper) = Batch::Aggregate3Value.encode(&[call(data.clone())]) {
        if deeper.len() > 100_000 {
            break;
        }
        (data, levels) = (deeper, levels + 1);
    }
    assert!(levels > 200, "{levels}");
    let outline = outlined(&place(), "deep", &data, "delegate-call");
    assert!(outline.lines().count() < levels, "all {levels} levels are shown");
}

#[test]
fn an_abi_bomb_of_overlapping_offsets_is_not_followed() {
    // A thousand elements in the same place: each decoded for itself would be a thousand copies.
    let mut words = vec![U256::from(32), U256::from(1_000)];
    words.extend(std::iter::repeat_n(U256::from(32_000), 1_000));
    let tail = Batch::Aggregate3Value.encode(&[call(vec![7; 60_000])]).expect("a batch");
    let words: Vec<u8> = words.iter().flat_map(U256::to_be_bytes::<32>).collect();
    let data = [&hex!("174dea71")[..], &words, &tail[100..]].concat();
    let outline = outlined(&place(), "overlapping", &data, "delegate-call");
    assert!(outline.lines().count() < 100 && outline.len() < 1 << 20, "{} bytes", outline.len());
}

#[test]
fn an_abi_bomb_of_offsets_out_of_range_is_shown_as_what_it_is() {
    let place = place();
    let sound = Batch::Aggregate3Value.encode(&[call(vec![1, 2, 3, 4]), call(vec![5, 6, 7, 8])]).expect("a batch");
    for (number, (at, word)) in
        [(4, U256::from(1 << 20)), (100, U256::from(1 << 20)), (100, U256::MAX)].into_iter().enumerate()
    {
        let mut data = sound.to_vec();
        data[at..at + 32].copy_from_slice(&word.to_be_bytes::<32>());
        let outline = outlined(&place, &format!("range-{number}"), &data, "delegate-call");
        assert!(!outline.contains("0x01020304") || outline.to_lowercase().contains("unknown"), "{outline}");
    }
}

#[test]
fn an_abi_bomb_of_lengths_near_2_to_the_256_allocates_nothing() {
    let place = place();
    let multi_send = hex!("8d80ff0a");
    let packed = |length: U256| {
        let transaction = [&[0][..], COUNCIL.as_slice(), &[0; 32], &length.to_be_bytes::<32>()].concat();
        let mut padded = transaction.clone();
        padded.resize(transaction.len().div_ceil(32) * 32, 0);
        let head = [U256::from(32), U256::from(transaction.len())].map(|word| word.to_be_bytes::<32>());
        [&multi_send[..], head.as_flattened(), &padded].concat()
    };
    let array = |length: U256| {
        let words = [U256::from(32), length, U256::MAX].map(|word| word.to_be_bytes::<32>());
        [&hex!("174dea71")[..], words.as_flattened()].concat()
    };
    for (number, data) in
        [packed(U256::MAX), packed(U256::from(u64::MAX)), array(U256::MAX), array(U256::from(1_u64 << 40))]
            .iter()
            .enumerate()
    {
        outlined(&place, &format!("length-{number}"), data, "delegate-call");
    }
    // In a file of somebody else as well.
    let builder = json!({ "version": "1.0", "chainId": "1", "meta": {}, "transactions": [
        { "to": COUNCIL, "value": "0", "data": hex::encode_prefixed(array(U256::MAX)) },
    ] });
    let (at, safes) = (place.at("builder.json"), place.at("safes.toml"));
    fs::write(&at, builder.to_string()).expect("a file");
    fs::write(&safes, format!("[safe]\naddress = \"{COUNCIL}\"\nnonce = 0\n")).expect("a file");
    run(&["new", &at, "--safes", &safes, "--out", &place.at("from-builder")], 0);
}

#[test]
fn json_nested_without_end_is_refused() {
    let place = place();
    for text in ["[".repeat(1_000_000), "{\"a\":".repeat(200_000)] {
        let at = place.at("bomb.json");
        fs::write(&at, text).expect("a file");
        run(&["verify", &at], 3);
        run(&["collect", place.bundle(), &at], 3);
        run(&["new", &at, "--out", &place.at("new")], 3);
    }
}

/// What collecting one signature answers.
#[track_caller]
fn refused(place: &Place, file: &str, reason: &str) {
    let collected = run_json(&["collect", place.bundle(), file], 1);
    let told = collected["refused"].as_array().expect("refusals").last().expect("a refusal");
    assert!(told["reason"].as_str().is_some_and(|told| told.contains(reason)), "{told}");
}

fn signed(signer: u64, hash: &B256) -> Vec<u8> {
    key(signer).sign_hash_sync(hash).expect("a key signs").as_bytes().to_vec()
}

#[test]
fn a_malleable_signature_is_refused() {
    let place = place();
    let sound = signed(0, &place.hash(COUNCIL));
    let order = uint!(0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141_U256);
    let s = order - U256::from_be_slice(&sound[32..64]);
    let twin = [&sound[..32], &s.to_be_bytes::<32>(), &[55 - sound[64]]].concat();
    refused(&place, &place.unchecked("twin.json", 1_337_004, COUNCIL, key(0).address(), &twin), "upper half");
    let direct = ["sign", place.bundle(), "--signature", &hex::encode_prefixed(&twin)];
    says(&direct, 8, &["upper half"]);
    run(&["collect", place.bundle(), &place.unchecked("sound.json", 1_337_004, COUNCIL, key(0).address(), &sound)], 0);
}

#[test]
fn a_duplicated_signature_is_refused() {
    let place = place();
    let hash = place.hash(COUNCIL);
    let file = place.unchecked("one.json", 1_337_004, COUNCIL, key(0).address(), &signed(0, &hash));
    run(&["collect", place.bundle(), &file], 0);
    refused(&place, &file, "has signed for Safe");
    // In another guise: as a message.
    let mut message = key(0).sign_message_sync(hash.as_slice()).expect("a key signs").as_bytes().to_vec();
    message[64] += 4;
    refused(
        &place,
        &place.unchecked("two.json", 1_337_004, COUNCIL, key(0).address(), &message),
        "has signed for Safe",
    );
    let status = run_json(&["status", place.bundle()], 0);
    let level = status["levels"].as_array().expect("levels").iter().find(|level| address(&level["safe"]) == COUNCIL);
    assert_eq!(level.expect("the council")["agreed"].as_array().map(Vec::len), Some(1));
}

#[test]
fn a_signature_of_a_former_owner_is_refused() {
    let place = place();
    let source = fs::read_to_string(place.bundle.join("ceremony.json")).expect("the ceremony");
    let mut ceremony: Value = serde_json::from_str(&source).expect("JSON");
    ceremony["former_owners"] = json!({ COUNCIL.to_string(): [key(5).address()] });
    let ceremony: ephor_ceremony::Ceremony = serde_json::from_value(ceremony).expect("a ceremony");
    let at = place.at("with-former.json");
    fs::write(&at, Bundle::of(&ceremony).expect("a bundle").to_single()).expect("a file");
    let hash = place.hash(COUNCIL);
    let file = place.unchecked("former.json", 1_337_004, COUNCIL, key(5).address(), &signed(5, &hash));
    let collected = run_json(&["collect", &at, &file], 1);
    assert_eq!(collected["refused"][0]["refusal"]["refused"], "former-owner", "{collected}");
    let stranger = place.unchecked("stranger.json", 1_337_004, COUNCIL, key(6).address(), &signed(6, &hash));
    refused(&place, &stranger, "is no owner of Safe");
}

#[test]
fn a_signature_for_another_chain_is_refused() {
    let place = place();
    let recipe = fs::read_to_string(place.at("recipe.toml")).expect("the recipe");
    fs::write(place.at("live.toml"), recipe.replace("1337004", "10")).expect("a file");
    let live = place.at("live");
    run(&["new", &place.at("live.toml"), "--out", &live], 0);
    let bytes = signed(0, &crate::place::hash(&live, COUNCIL));
    // As what it is, and passed off as one of this chain.
    refused(&place, &place.unchecked("as-it-is.json", 10, COUNCIL, key(0).address(), &bytes), "it is for chain 10");
    refused(
        &place,
        &place.unchecked("as-ours.json", 1_337_004, COUNCIL, key(0).address(), &bytes),
        "it is for chain 10",
    );
}

#[test]
fn a_replayed_signature_of_an_earlier_nonce_is_refused() {
    let place = place();
    let recipe = fs::read_to_string(place.at("recipe.toml")).expect("the recipe");
    fs::write(place.at("earlier.toml"), recipe.replace("nonce = 3", "nonce = 2")).expect("a file");
    let earlier = place.at("earlier");
    run(&["new", &place.at("earlier.toml"), "--out", &earlier], 0);
    let bytes = signed(0, &crate::place::hash(&earlier, COUNCIL));
    let file = place.unchecked("replayed.json", 1_337_004, COUNCIL, key(0).address(), &bytes);
    refused(&place, &file, "it is for nonce 2, this transaction has 3");
}

#[test]
fn a_signature_of_somebody_else_in_an_owners_name_is_refused() {
    let place = place();
    let bytes = signed(1, &place.hash(COUNCIL));
    let file = place.unchecked("claimed.json", 1_337_004, COUNCIL, key(0).address(), &bytes);
    refused(&place, &file, "signed it");
    for (damaged, reason) in
        [(vec![0; 64], "has 65 bytes"), ([&bytes[..64], &[2]].concat(), "v is 2"), (vec![0; 65], "v is 0")]
    {
        refused(&place, &place.unchecked("damaged.json", 1_337_004, COUNCIL, key(0).address(), &damaged), reason);
    }
}
