//! Ceremonies of a council's Safe on a served network, from the bundle to the receipt.

use crate::{
    harness::edited,
    network::Network,
    place::{KEYSTORE_OWNER, Stage, address, hash, key, list, masked, run, run_json, says},
};
use alloy_primitives::{Address, U256, address as addr, hex, keccak256};
use alloy_signer_local::PrivateKeySigner;
use ephor_abi::safe::ISafe;
use ephor_ceremony::{Release, creation};
use serde_json::{Value, json};
use std::fs;

/// The address of a development account, before there is a network to ask.
fn development(n: usize) -> Address {
    let key = PrivateKeySigner::from_bytes(&keccak256(format!("ephor development account {n}")));
    key.expect("a key").address()
}

/// A network whose council are four development accounts, a keystore's owner and somebody without a key here. Four of six sign.
fn council() -> (Stage, Address, Vec<Address>) {
    let folder = tempfile::tempdir().expect("a folder");
    let owner: Address = KEYSTORE_OWNER.parse().expect("an address");
    let members = [development(0), development(1), development(2), development(3), owner, key(7).address()];
    let named: Vec<String> = members.iter().map(Address::to_string).collect();
    let placeholders = [
        "0x0000000000000000000000000000000000000A01",
        "0x0000000000000000000000000000000000000A02",
        "0x0000000000000000000000000000000000000A03",
        "0x0000000000000000000000000000000000000b01",
        "0x0000000000000000000000000000000000000b02",
        "0x0000000000000000000000000000000000000b03",
    ];
    let edits: Vec<(&str, &str)> = placeholders.into_iter().zip(named.iter().map(String::as_str)).collect();
    let charter = folder.path().join("council.toml");
    fs::write(&charter, edited("charters/minimal.toml", &edits)).expect("a file");
    let network = Network::of(&charter, "2026-01-14T12:00Z");
    let url = format!("{}/home", network.url);
    let accounts = network.json(&["accounts"]);
    let entries = accounts["address_book"].as_array().expect("an address book").clone();
    let safe = entries.iter().find(|entry| entry["name"] == "council").expect("the council's Safe");
    let safe = address(&safe["address"]);
    let stage = Stage { network, folder, url };
    let owners = stage.call(safe, &ISafe::getOwnersCall {});
    assert_eq!(owners, members);
    (stage, safe, owners)
}

/// Has the council tell the keeper a number.
fn recipe(title: &str, safe: Address, owners: &[Address], nonce: u64, keeper: Address, number: u64) -> String {
    format!(
        "title = \"{title}\"\nchain_id = 7031337\n[safe]\nname = \"Council\"\naddress = \"{safe}\"\nnonce = {nonce}\nowners = {}\n\
         threshold = 4\n[[calls]]\nto = \"{keeper}\"\nfunction = \"keep(uint256)\"\narguments = [\"{number}\"]\n",
        list(owners)
    )
}

fn blocks(stage: &Stage) -> Value {
    stage.ask("eth_getBlockByNumber", &json!(["latest", false]))["hash"].clone()
}

#[test]
fn a_council_signs_by_every_kind_of_signer_and_executes() {
    let (stage, safe, owners) = council();
    let nonce = stage.nonce(safe).to::<u64>();
    let keeper = stage.keeper();
    let bundle = stage.bundle("pay", &recipe("Keep a number", safe, &owners, nonce, keeper, 42));
    let url = stage.url.as_str();
    says(&["verify", &bundle, "--rpc-url", url], 0, &["Everything fits."]);

    // Nothing is there to be executed yet, and the reason is told.
    says(&["execute", &bundle, "--rpc-url", url], 6, &["no transaction can be executed yet"]);
    says(&["status", &bundle, "--rpc-url", url], 0, &["Council", "0 of 4 needed, not ready"]);

    // Typed data by the node, a message (v + 4) by the node, a raw key of a rehearsal, a keystore.
    let one = stage.sign(&bundle, 0, &[]);
    let two = stage.sign(&bundle, 1, &["--as-message"]);
    let three = stage.at("three.json");
    let raw = format!("key:{}", stage.network.account("dev2").1);
    run(&["sign", &bundle, "--signer", &raw, "--rpc-url", url, "--out", &three], 0);
    let (keystore, password) = stage.keystore();
    let pieces = run(&["sign", &bundle, "--signer", &keystore, "--password-file", &password, "--pieces"], 0);
    assert!(pieces.lines().count() > 1 && pieces.lines().all(|piece| piece.len() < 1_000), "{pieces}");
    fs::write(stage.at("four.txt"), &pieces).expect("a file");
    let bytes = |file: &str| {
        let file: Value = serde_json::from_str(&fs::read_to_string(file).expect("a file")).expect("JSON");
        file["signatures"][0]["consent"]["signature"].as_str().expect("a signature").to_owned()
    };
    assert!(matches!(&bytes(&one)[130..], "1b" | "1c") && matches!(&bytes(&two)[130..], "1f" | "20"));

    // Away from rehearsals neither accounts of a node nor raw keys sign.
    says(&["sign", &bundle, "--signer", "dev0"], 8, &["accounts of a node sign on rehearsal networks only"]);
    says(&["sign", &bundle, "--signer", &raw], 8, &["stays in histories"]);
    says(&["sign", &bundle, "--signer", "dev9", "--rpc-url", url], 8, &["owns none of the Safes"]);
    for (signer, feature) in
        [("ledger", "ledger"), ("trezor", "trezor"), ("aws:alias/x", "aws"), ("gcp:a/b/c/d/1", "gcp")]
    {
        says(&["sign", &bundle, "--signer", signer], 8, &[&format!("--features {feature}")]);
    }

    let collected = run_json(&["collect", &bundle, &one, &two, "--rpc-url", url], 0);
    assert_eq!(collected["accepted"], 2);
    says(&["status", &bundle, "--rpc-url", url], 0, &["2 of 4 needed, not ready", "agreed", "missing"]);
    run(&["collect", &bundle, &three, &stage.at("four.txt")], 0);
    says(&["status", &bundle, "--rpc-url", url], 0, &["4 of 4 needed, READY"]);

    // A dry run says what would happen and sends nothing.
    let before = blocks(&stage);
    let told = says(
        &["execute", &bundle, "--rpc-url", url],
        0,
        &["would be executed", "ExecutionSuccess", "Nothing was sent"],
    );
    assert!(told.contains(&keeper.to_string()), "what it does is not told:\n{told}");
    says(&["execute", &bundle, "--rpc-url", url, "--broadcast"], 8, &["nobody is named to sign"]);
    says(&["execute", &bundle, "--rpc-url", url, "--broadcast", "--signer", "ledger"], 8, &["--features ledger"]);
    assert_eq!((blocks(&stage), stage.kept(keeper)), (before, U256::from(1)));

    let sent = run_json(&["execute", &bundle, "--rpc-url", url, "--broadcast", "--signer", "dev5"], 0);
    let hash = sent["sent"]["transaction"][0].clone();
    let receipt = stage.ask("eth_getTransactionReceipt", &json!([hash]));
    assert_eq!((receipt["status"].as_str(), stage.kept(keeper)), (Some("0x1"), U256::from(42)));
    let events = sent["sent"]["events"].as_array().expect("events");
    assert!(
        events.iter().any(|event| event[1].as_str().is_some_and(|told| told.contains("ExecutionSuccess"))),
        "{sent}"
    );

    // Once only.
    let again = ["execute", bundle.as_str(), "--rpc-url", url, "--broadcast", "--signer", "dev5"];
    says(&again, 6, &["is used up", "was executed, or another took its place"]);
    says(&["verify", &bundle, "--rpc-url", url], 1, &["used up"]);
    says(&["status", &bundle, "--rpc-url", url], 0, &["STALE", "is used up"]);
    says(&["forecast", &bundle, "--rpc-url", url], 1, &["STALE"]);
}

#[test]
fn whoever_pays_by_a_key_sends_a_signed_transaction() {
    let (stage, safe, owners) = council();
    let keeper = stage.keeper();
    let nonce = stage.nonce(safe).to::<u64>();
    let bundle = stage.bundle("pay", &recipe("Keep", safe, &owners, nonce, keeper, 7));
    let files: Vec<String> = (0..4).map(|n| stage.sign(&bundle, n, &[])).collect();
    let files: Vec<&str> = files.iter().map(String::as_str).collect();
    run(&[&["collect", bundle.as_str()], &files[..]].concat(), 0);
    let (keystore, password) = stage.keystore();
    let execute = ["execute", &bundle, "--rpc-url", &stage.url, "--broadcast", "--signer", &keystore];
    let execute = [&execute[..], &["--password-file", &password]].concat();
    // Without ether for gas the chain does not take it, and nothing has happened.
    let told = run(&execute, 7);
    assert!(told.contains("funds") || told.contains("balance"), "{told}");
    assert_eq!(stage.nonce(safe), U256::from(nonce));
    stage.ask("anvil_setBalance", &json!([KEYSTORE_OWNER, "0xde0b6b3a7640000"]));
    let sent = run_json(&execute, 0);
    let transaction = stage.ask("eth_getTransactionByHash", &json!([sent["sent"]["transaction"][0]]));
    assert_eq!(address(&transaction["from"]), KEYSTORE_OWNER.parse::<Address>().expect("an address"));
    assert_eq!(stage.kept(keeper), U256::from(7));
}

#[test]
fn nonces_of_the_chain_and_what_is_queued_make_the_forecast() {
    let (stage, safe, owners) = council();
    let keeper = stage.keeper();
    let now = stage.nonce(safe).to::<u64>();
    let first = stage.bundle("first", &recipe("First", safe, &owners, now, keeper, 1));
    // Made too early, with the nonce of long ago; two are ahead.
    let second = stage.bundle("second", &recipe("Second", safe, &owners, now + 1, keeper, 2));
    let third = stage.bundle("third", &recipe("Third", safe, &owners, now + 2, keeper, 3));
    let url = stage.url.as_str();
    let told =
        run_json(&["forecast", &third, "--count", "1", "--rpc-url", url, "--queued", &first, "--queued", &second], 0);
    let next = &told["forecast"][0];
    assert_eq!(next["nonce"].as_str().map(|nonce| nonce.parse::<U256>().expect("a number")), Some(U256::from(now + 2)));
    assert_eq!(next["hashes"]["safe_tx"].as_str(), Some(hash(&third, safe).to_string().as_str()));
    let stated = format!("{safe}=2");
    let stated = run_json(&["forecast", &third, "--count", "1", "--rpc-url", url, "--queued", &stated], 0);
    assert_eq!(stated["forecast"], told["forecast"]);
    says(&["forecast", &third, "--queued", "nowhere"], 2, &["name a bundle, or write SAFE=N"]);

    // Signed in advance, and not to be executed before its turn.
    let files: Vec<String> = (0..4).map(|n| stage.sign(&third, n, &[])).collect();
    let files: Vec<&str> = files.iter().map(String::as_str).collect();
    run(&[&["collect", third.as_str()], &files[..]].concat(), 0);
    says(&["execute", &third, "--rpc-url", url], 6, &["others go first"]);
    says(&["verify", &third, "--rpc-url", url], 1, &["WARNING"]);
    run(&["forecast", &third, "--rpc-url", url], 0);
}

#[test]
fn a_signature_goes_stale_when_the_owners_change() {
    let stage = Stage::up();
    let owners: Vec<Address> = (0..3).map(|n| stage.dev(n)).collect();
    let safe = stage.safe(Release::V1_3_0, &owners, 2);
    let keeper = stage.keeper();
    let source = |nonce: u64, call: &str| {
        format!(
            "title = \"Change\"\nchain_id = {}\n[safe]\nname = \"Council\"\naddress = \"{safe}\"\nnonce = {nonce}\nowners = {}\nthreshold = 2\n{call}",
            stage.chain_id(),
            list(&owners)
        )
    };
    let swap = format!(
        "[[calls]]\nto = \"{safe}\"\nfunction = \"swapOwner(address,address,address)\"\narguments = [\"{}\", \"{}\", \"{}\"]\n",
        addr!("0000000000000000000000000000000000000001"),
        owners[0],
        stage.dev(5)
    );
    let keep = format!("[[calls]]\nto = \"{keeper}\"\nfunction = \"keep(uint256)\"\narguments = [\"9\"]\n");
    let (swap, later) = (stage.bundle("swap", &source(0, &swap)), stage.bundle("later", &source(1, &keep)));
    for bundle in [&swap, &later] {
        let files = [stage.sign(bundle, 0, &[]), stage.sign(bundle, 1, &["--as-message"])];
        run(&["collect", bundle, &files[0], &files[1]], 0);
    }
    let url = stage.url.as_str();
    let send = ["--rpc-url", url, "--broadcast", "--signer", "dev9"];
    run(&[&["execute", swap.as_str()], &send[..]].concat(), 0);

    // Offline nobody knows; the chain does.
    says(&["status", &later], 0, &["2 of 2 needed, READY"]);
    let told = says(
        &["status", &later, "--rpc-url", url],
        1,
        &["REFUSED", "was an owner of Safe", "1 of 2 needed, not ready"],
    );
    assert!(told.contains(&stage.dev(5).to_string()), "the new owner is not named as missing:\n{told}");
    says(&["forecast", &later, "--rpc-url", url], 1, &["STALE", "was an owner"]);
    says(&["verify", &later, "--rpc-url", url], 1, &["owners are others than the bundle says"]);
    says(&[&["execute", later.as_str()], &send[..]].concat(), 6, &["no transaction can be executed yet"]);
    assert_eq!(stage.kept(keeper), U256::from(1));

    // The new owner signs, and the transaction goes through.
    let out = stage.sign(&later, 5, &[]);
    says(&["collect", &later, &out], 1, &["is no owner"]);
    says(&["collect", &later, &out, "--rpc-url", url], 1, &["1 accepted, 1 refused", "2 of 2 needed, READY"]);
    run(&[&["execute", later.as_str()], &send[..]].concat(), 0);
    assert_eq!(stage.kept(keeper), U256::from(9));
}

#[test]
fn a_plain_endpoint_is_enough_to_try_and_its_accounts_are_nobodys() {
    let stage = Stage::up();
    let owners = [stage.dev(0), stage.dev(1)];
    let safe = stage.safe(Release::V1_4_1, &owners, 1);
    let keeper = stage.keeper();
    let recipe =
        recipe("Keep", safe, &owners, 0, keeper, 3).replace("threshold = 4", "release = \"1.4.1\"\nthreshold = 1");
    let bundle = stage.bundle("keep", &recipe);
    run(&["collect", &bundle, &stage.sign(&bundle, 1, &[])], 0);
    // As a live chain answers: no simulation of blocks, no methods of a rehearsal.
    let plain = masked(&stage.url, &["eth_simulate", "ephor_", "evm_", "anvil_"]);
    says(&["execute", &bundle, "--rpc-url", &plain], 0, &["would be executed", "Nothing was sent"]);
    for command in [
        &["execute", &bundle, "--rpc-url", &plain, "--broadcast", "--signer", "dev0"][..],
        &["sign", &bundle, "--rpc-url", &plain, "--signer", "dev0"],
    ] {
        says(command, 8, &["accounts of a node sign on rehearsal networks only"]);
    }
    // What would fail is told, and not sent.
    let wrong = recipe.replace(&keeper.to_string(), &safe.to_string()).replace("keep(", "changeThreshold(");
    let wrong = stage.bundle("wrong", &wrong);
    run(&["collect", &wrong, &stage.sign(&wrong, 1, &[])], 0);
    says(&["execute", &wrong, "--rpc-url", &plain], 6, &["REFUSED: GS013"]);
    says(&["execute", &wrong, "--rpc-url", &stage.url], 6, &["REFUSED: GS013"]);
    says(&["execute", &wrong, "--rpc-url", &stage.url, "--broadcast", "--signer", "dev0"], 6, &["GS013"]);
    assert_eq!((stage.nonce(safe), stage.kept(keeper)), (U256::ZERO, U256::from(1)));
    // Another chain than the bundle's is not even asked.
    let other = stage.bundle("other", &recipe.replace("7031337", "7031338"));
    says(
        &["status", &other, "--rpc-url", &stage.url],
        7,
        &["the endpoint is of chain 7031337, the bundle of chain 7031338"],
    );
}

#[test]
fn a_contract_signs_where_the_chain_says_so() {
    /// Answers everything with ERC-1271's yes for bytes.
    const SAYS_YES: [u8; 16] = hex!("6320c13b0b60e01b60005260206000f3");
    let stage = Stage::up();
    let contract = stage.create(&creation::with_slot(&SAYS_YES, U256::ZERO, U256::ZERO));
    let refusing = stage.keeper();
    let owners = [contract, refusing, stage.dev(0)];
    let safe = stage.safe(Release::V1_3_0, &owners, 2);
    let keeper = stage.keeper();
    let bundle =
        stage.bundle("keep", &recipe("Keep", safe, &owners, 0, keeper, 8).replace("threshold = 4", "threshold = 2"));
    let consent = |owner: Address| {
        let file = json!({ "signatures": [{
            "chain_id": stage.chain_id(), "safe": safe, "safe_tx_hash": hash(&bundle, safe), "owner": owner,
            "consent": { "kind": "contract", "data": "0xabcdef" },
        }] });
        let at = stage.at(&format!("{owner}.json"));
        fs::write(&at, file.to_string()).expect("a file");
        at
    };
    let url = stage.url.as_str();
    says(&["collect", &bundle, &consent(contract)], 1, &["did not accept its signature, or was not asked"]);
    says(&["collect", &bundle, &consent(refusing), "--rpc-url", url], 1, &["did not accept its signature"]);
    run(&["collect", &bundle, &consent(contract), &stage.sign(&bundle, 0, &[]), "--rpc-url", url], 0);
    says(&["status", &bundle, "--rpc-url", url], 0, &["2 of 2 needed, READY"]);
    run(&["execute", &bundle, "--rpc-url", url, "--broadcast", "--signer", "dev9"], 0);
    assert_eq!(stage.kept(keeper), U256::from(8));
}

#[test]
fn a_recipe_names_the_contracts_of_the_network() {
    let (stage, safe, _) = council();
    let book = stage.network.json(&["accounts"])["address_book"].as_array().expect("an address book").clone();
    let charter = stage.at("council.toml");
    for name in ["council-manager", "upgrade-executor", "council"] {
        let expected = book.iter().find(|entry| entry["name"] == name).expect("the contract");
        let (source, out) = (stage.at("named.toml"), stage.at(name));
        let call = format!("[[calls]]\nto = \"{name}\"\nfunction = \"f(address)\"\narguments = [\"{name}\"]\n");
        let recipe = format!("title = \"t\"\nchain_id = 7031337\n[safe]\naddress = \"{safe}\"\nnonce = 0\n{call}");
        fs::write(&source, recipe).expect("a file");
        run(&["new", &source, "--charter", &charter, "--out", &out], 0);
        let builder: Value = serde_json::from_str(&run(&["export", &out, "--format", "builder"], 0)).expect("JSON");
        assert_eq!(address(&builder["transactions"][0]["to"]), address(&expected["address"]), "{name}");
    }
}
