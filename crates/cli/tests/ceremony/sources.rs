//! From what bundles are made, what they say, and in which formats of others they go out and come in.

use crate::{
    harness::repository,
    place::{place, run, run_json, says, text},
};
use alloy_primitives::{Address, B256, U256, address, eip191_hash_message, hex, keccak256};
use alloy_sol_types::{SolCall, SolValue};
use ephor_abi::{batch::IMulticall3, safe::ISafe};
use serde_json::Value;
use std::{collections::BTreeMap, fs};

const ROOT: Address = Address::repeat_byte(0xA0);
const COUNCIL: Address = Address::repeat_byte(0xA1);
const FOUNDATION: Address = Address::repeat_byte(0xA2);

#[test]
fn a_recipe_calls_by_the_names_of_the_charters_address_book() {
    let folder = tempfile::tempdir().expect("a folder");
    let recipe = |chain: u64, to: &str| {
        let at = folder.path().join("recipe.toml");
        let call = format!("[[calls]]\nto = \"{to}\"\nfunction = \"removeMember(address)\"\narguments = [\"{to}\"]\n");
        let safe = format!("[safe]\naddress = \"{ROOT}\"\nnonce = 1\n");
        fs::write(&at, format!("title = \"Remove\"\nchain_id = {chain}\n{safe}{call}")).expect("a file");
        text(&at).to_owned()
    };
    let charter = repository("charters/arbitrum.toml");
    let charter = text(&charter);
    let made = |recipe: &str, out: &str| {
        let out = folder.path().join(out);
        run(&["new", recipe, "--charter", charter, "--out", text(&out)], 0);
        let ceremony = fs::read_to_string(out.join("ceremony.json")).expect("the ceremony");
        let ceremony: Value = serde_json::from_str(&ceremony).expect("JSON");
        (
            ceremony["action"]["to"].as_str().expect("a target").to_lowercase(),
            fs::read_to_string(out.join("outline.txt")).expect("the outline"),
        )
    };
    // On the live chain the live manager, by both its names; its name is shown.
    let manager = "0xd509e5f5aee2a205f554f36e8a7d56094494edfc";
    let (to, outline) = made(&recipe(42_161, "council-manager"), "live");
    assert_eq!(to, manager);
    assert!(outline.contains("council-manager"), "{outline}");
    assert_eq!(made(&recipe(42_161, "council-manager@arbitrum-one"), "full").0, manager);
    let safe =
        run(&["new", &recipe(42_161, "nobody"), "--charter", charter, "--out", text(&folder.path().join("no"))], 3);
    assert!(safe.contains("neither an address nor a name"), "{safe}");
    // A charter of which nothing is live, on the chain of its rehearsal: where the network has it.
    let minimal = repository("charters/minimal.toml");
    let out = folder.path().join("minimal");
    run(&["new", &recipe(7_031_337, "council-manager"), "--charter", text(&minimal), "--out", text(&out)], 0);
}

#[test]
fn a_file_of_the_transaction_builder_goes_out_and_in() {
    let place = place();
    let exported: Value =
        serde_json::from_str(&run(&["export", place.bundle(), "--format", "builder"], 0)).expect("JSON");
    assert_eq!((exported["chainId"].as_str(), exported["version"].as_str()), (Some("1337004"), Some("1.0")));
    let transaction = &exported["transactions"][0];
    assert_eq!(transaction["to"].as_str().and_then(|to| to.parse().ok()), Some(Address::repeat_byte(0xB0)));
    assert!(transaction["data"].as_str().is_some_and(|data| data.starts_with("0xa9059cbb")));
    // As the builder itself writes it, with fields that are of no interest here.
    let file = place.at("builder.json");
    let mut foreign = exported.clone();
    foreign["meta"] = serde_json::json!({ "name": "Batch", "txBuilderVersion": "1.16.5", "createdFromSafeAddress": ROOT, "checksum": "0x00" });
    foreign["transactions"][0]["contractMethod"] = Value::Null;
    foreign["transactions"][0]["contractInputsValues"] = Value::Null;
    fs::write(&file, foreign.to_string()).expect("a file");
    says(&["new", &file, "--out", &place.at("no")], 2, &["names no Safe"]);
    let recipe = fs::read_to_string(place.at("recipe.toml")).expect("the recipe");
    let safes = place.at("safes.toml");
    let from = recipe.find("[safe]").expect("the Safe");
    let to = recipe.find("[names]").expect("the names");
    fs::write(&safes, &recipe[from..to]).expect("a file");
    // What would be passed over is refused.
    let other_chain = ["new", &file, "--safes", &safes, "--chain-id", "1", "--out", &place.at("no")];
    says(&other_chain, 3, &["is for chain 1337004, --chain-id names 1"]);
    foreign["meta"]["createdFromSafeAddress"] = serde_json::json!(COUNCIL);
    let foreign_file = place.at("foreign.json");
    fs::write(&foreign_file, foreign.to_string()).expect("a file");
    says(&["new", &foreign_file, "--safes", &safes, "--out", &place.at("no")], 3, &["is for Safe", "--safes names"]);
    says(
        &["new", &place.at("recipe.toml"), "--safes", &safes, "--out", &place.at("no")],
        2,
        &["names its Safes itself"],
    );
    run(&["new", &file, "--safes", &safes, "--out", &place.at("second")], 0);
    // One call needs no batch, so the root's transaction is another; the call is the same.
    let again: Value =
        serde_json::from_str(&run(&["export", &place.at("second"), "--format", "builder"], 0)).expect("JSON");
    assert_eq!(again["transactions"], exported["transactions"]);
}

#[test]
fn a_superchain_ops_task_goes_out_and_in() {
    let place = place();
    let folder = place.folder.path().join("task");
    fs::create_dir(&folder).expect("a folder");
    for (format, name) in [("config", "config.toml"), ("validation", "VALIDATION.md")] {
        fs::write(folder.join(name), run(&["export", place.bundle(), "--format", format], 0)).expect("a file");
    }
    let recipe = fs::read_to_string(place.at("recipe.toml")).expect("the recipe");
    let (from, to) = (recipe.find("[safe]").expect("the Safe"), recipe.find("[names]").expect("the names"));
    let safes = place.at("safes.toml");
    // The nonces are those of config.toml.
    fs::write(&safes, recipe[from..to].replace("nonce = 7", "nonce = 0").replace("nonce = 3", "nonce = 0"))
        .expect("a file");
    says(&["new", text(&folder), "--safes", &safes, "--out", &place.at("no")], 2, &["names no chain"]);
    let second = place.at("second");
    run(&["new", text(&folder), "--safes", &safes, "--chain-id", "1337004", "--out", &second], 0);
    run(&["verify", &second, "--expect", text(&folder.join("VALIDATION.md"))], 0);
    run(&["verify", &second, "--against", place.bundle()], 0);
}

#[test]
fn typed_data_goes_out_and_in_for_every_safe() {
    let place = place();
    for (number, safe) in [ROOT, COUNCIL, FOUNDATION].into_iter().enumerate() {
        let typed = run(&["export", place.bundle(), "--format", "typed-data", "--safe", &safe.to_string()], 0);
        let (file, out) = (place.at(&format!("typed-{number}.json")), place.at(&format!("typed-{number}")));
        fs::write(&file, &typed).expect("a file");
        run(&["new", &file, "--out", &out], 0);
        assert_eq!(crate::place::hash(&out, safe), place.hash(safe));
        // Safes of another nonce or version would be signed with other hashes.
        let own = [7, 3, 5][number];
        for (nonce, release, reason) in [(99, "1.3.0", "has nonce"), (own, "1.1.1", "of version")] {
            let safes = place.at("other.toml");
            let text = format!("[safe]\naddress = \"{safe}\"\nnonce = {nonce}\nrelease = \"{release}\"\n");
            fs::write(&safes, text).expect("a file");
            says(&["new", &file, "--safes", &safes, "--out", &place.at("no")], 3, &[reason]);
        }
        let beside = fs::read_to_string(place.bundle.join(format!("typed-data-{safe:#x}.json"))).expect("a file");
        let values: [Value; 2] = [&typed, &beside].map(|text| serde_json::from_str(text).expect("JSON"));
        assert_eq!(values[0], values[1]);
    }
    says(
        &["export", place.bundle(), "--format", "typed-data", "--safe", &Address::ZERO.to_string()],
        3,
        &["no Safe of this ceremony"],
    );
}

/// What a Safe's owners sign, by the letter of the standard: domain, message and transaction hash.
fn by_the_standard(
    chain: u64,
    release: &str,
    safe: Address,
    to: Address,
    data: &[u8],
    operation: u8,
    nonce: u64,
) -> [B256; 3] {
    let members = |gas: &str| {
        format!(
            "SafeTx(address to,uint256 value,bytes data,uint8 operation,uint256 safeTxGas,uint256 {gas},uint256 gasPrice,\
             address gasToken,address refundReceiver,uint256 nonce)"
        )
    };
    let domain = match release {
        "1.3.0" | "1.4.1" => {
            let kind = keccak256("EIP712Domain(uint256 chainId,address verifyingContract)");
            keccak256((kind, U256::from(chain), safe).abi_encode())
        }
        _ => keccak256((keccak256("EIP712Domain(address verifyingContract)"), safe).abi_encode()),
    };
    let kind = keccak256(members(if release.starts_with("0.") { "dataGas" } else { "baseGas" }));
    let zero = U256::ZERO;
    let words = (
        kind,
        to,
        zero,
        keccak256(data),
        U256::from(operation),
        zero,
        zero,
        zero,
        Address::ZERO,
        Address::ZERO,
        U256::from(nonce),
    );
    let message = keccak256(words.abi_encode());
    [domain, message, keccak256([&[0x19, 0x01][..], domain.as_slice(), message.as_slice()].concat())]
}

/// The approval that a child's owners sign.
fn approval(parent: Address, hash: B256) -> Vec<u8> {
    let approve = ISafe::approveHashCall { hashToApprove: hash }.abi_encode();
    let call =
        IMulticall3::Call3Value { target: parent, allowFailure: false, value: U256::ZERO, callData: approve.into() };
    IMulticall3::aggregate3ValueCall { calls: vec![call] }.abi_encode()
}

#[test]
fn hashes_are_those_of_the_standard_for_every_version_and_depth() {
    const MULTICALL3: Address = address!("cA11bde05977b3631167028862bE2a173976CA11");
    const GRANDCHILD: Address = Address::repeat_byte(0xA3);
    let folder = tempfile::tempdir().expect("a folder");
    let releases = ["0.1.0", "1.0.0", "1.1.1", "1.3.0", "1.4.1"];
    for (number, release) in releases.into_iter().enumerate() {
        // The others are of the next version, so that mixed trees occur.
        let other = releases[(number + 1) % releases.len()];
        let recipe = format!(
            "title = \"t\"\nchain_id = 10\n[safe]\naddress = \"{ROOT}\"\nrelease = \"{release}\"\nnonce = 7\n\
             [[safe.children]]\naddress = \"{COUNCIL}\"\nrelease = \"{other}\"\nnonce = 3\n\
             [[safe.children.children]]\naddress = \"{GRANDCHILD}\"\nrelease = \"{release}\"\nnonce = 5\n\
             [[calls]]\nto = \"{FOUNDATION}\"\ndata = \"0x12345678\"\n"
        );
        let (at, out) = (folder.path().join("recipe.toml"), folder.path().join(format!("bundle-{number}")));
        fs::write(&at, recipe).expect("a file");
        run(&["new", text(&at), "--out", text(&out)], 0);
        let root = by_the_standard(10, release, ROOT, FOUNDATION, &hex!("12345678"), 0, 7);
        let child = by_the_standard(10, other, COUNCIL, MULTICALL3, &approval(ROOT, root[2]), 1, 3);
        let grandchild = by_the_standard(10, release, GRANDCHILD, MULTICALL3, &approval(COUNCIL, child[2]), 1, 5);
        let expected = BTreeMap::from([(ROOT, root), (COUNCIL, child), (GRANDCHILD, grandchild)]);
        let verified = run_json(&["verify", text(&out)], 0);
        let runbook = fs::read_to_string(out.join("runbook.md")).expect("the runbook");
        for found in verified["safes"].as_array().expect("Safes") {
            let safe = crate::place::address(&found["safe"]);
            let hash =
                |name: &str| found["hashes"][name].as_str().and_then(|hash| hash.parse::<B256>().ok()).expect("a hash");
            let hashes = [hash("domain"), hash("message"), hash("safe_tx")];
            assert_eq!(hashes, expected[&safe], "{release} {safe}");
            // The runbook has the section of each Safe, with all that a device shows.
            let section = runbook
                .split("## Owners of ")
                .find(|section| section.starts_with(&safe.to_string()))
                .expect("a section");
            for shown in [hashes[0], hashes[1], hashes[2], eip191_hash_message(hashes[2])] {
                assert!(section.contains(&format!("`{shown}`")), "{release} {safe}: the runbook lacks {shown}");
            }
        }
        let with_chain = |release: &str| release >= "1.3.0";
        let warns = !(with_chain(release) && with_chain(other));
        assert_eq!(runbook.contains("hashes name no chain"), warns, "{release} and {other}");
    }
}

#[test]
fn the_runbook_says_what_each_device_shows() {
    let place = place();
    let runbook = fs::read_to_string(place.bundle.join("runbook.md")).expect("the runbook");
    let council = runbook.split("## Owners of ").find(|section| section.starts_with("Council")).expect("a section");
    for part in [
        "| Domain hash |",
        "| Message hash |",
        "| Safe transaction hash |",
        "| Signed as a message (Trezor) |",
        "You sign your Safe's approval",
        "2 of 2 owners sign.",
        "nonce 3, delegate call of",
    ] {
        assert!(council.contains(part), "the runbook lacks {part:?}:\n{council}");
    }
    assert!(council.contains(&format!("typed-data-{COUNCIL:#x}.json")));
    // The steps at its end: children first, the root last.
    let steps = runbook.split("## After signing").nth(1).expect("the end");
    let at = |name: &str| steps.find(name).expect("a step");
    assert!(at("Foundation") < at("Upgrade") && at("Council") < at("Upgrade"), "{steps}");
}
