//! The interfaces are those of the deployed contracts: every function, event and error is there, and nothing else is.
//!
//! The golden files in `tests/data/abi` are the ABI of the reference contracts as their compiler wrote them.

use std::{collections::BTreeSet, fs, path::PathBuf};

use alloy_primitives::{B256, Selector, keccak256};
use ephor_abi::catalog::{self, CONTRACTS, Contract, INTERFACES, Interface, Item};
use serde_json::Value;

/// Words of zeros: arguments that every event can be decoded from.
const ZEROS: [u8; 1024] = [0; 1024];

fn folder(relative: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(relative)
}

/// The entries of a kind ("function", "event", "error") in the ABI of a deployed contract.
fn deployed(contract: &Contract, kind: &str) -> Vec<Value> {
    let path = folder("../../tests/data/abi").join(format!("{}.json", contract.reference));
    let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let abi: Vec<Value> = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    abi.into_iter().filter(|entry| entry["type"] == kind).collect()
}

/// `name(type,…)`, with structs as tuples.
fn signature(entry: &Value) -> String {
    format!("{}{}", entry["name"].as_str().unwrap(), types(&entry["inputs"]))
}

fn types(inputs: &Value) -> String {
    let types = inputs.as_array().unwrap().iter().map(|input| {
        let name = input["type"].as_str().unwrap();
        match name.strip_prefix("tuple") {
            Some(array) => format!("{}{array}", types(&input["components"])),
            None => name.to_owned(),
        }
    });
    format!("({})", types.collect::<Vec<_>>().join(","))
}

fn selector(signature: &str) -> Selector {
    Selector::from_slice(&keccak256(signature)[..4])
}

/// Checks that the deployed contract has the items that our interfaces of it have, but for `spare`.
#[track_caller]
fn check(contract: &Contract, kind: &str, ours: impl Iterator<Item = Item>, spare: &[&str]) {
    let ours: BTreeSet<_> = ours.map(|item| item.signature.to_owned()).collect();
    let theirs: BTreeSet<_> = deployed(contract, kind).iter().map(signature).collect();
    let missing: Vec<_> = theirs.difference(&ours).collect();
    assert!(missing.is_empty(), "{} lacks {kind}s {missing:?}", contract.reference);
    let invented: Vec<_> = ours.difference(&theirs).filter(|ours| !spare.contains(&ours.as_str())).collect();
    assert!(invented.is_empty(), "{} has no {kind}s {invented:?}", contract.reference);
}

#[test]
fn functions_are_those_of_the_deployed_contracts() {
    for contract in CONTRACTS {
        let ours = contract.interfaces().flat_map(Interface::functions);
        // Gone with Safe 1.4.1, whose functions are otherwise those of 1.3.0.
        let gone: &[&str] = match contract.reference {
            "Safe" | "SafeL2" => &["requiredTxGas(address,uint256,bytes,uint8)"],
            _ => &[],
        };
        check(contract, "function", ours.map(|(_, item)| item), gone);
        for entry in deployed(contract, "function") {
            let signature = signature(&entry);
            let found = catalog::function(selector(&signature)).map(|item| item.signature);
            assert_eq!(found, Some(signature.as_str()), "{}", contract.reference);
        }
    }
}

#[test]
fn events_are_those_of_the_deployed_contracts() {
    for contract in CONTRACTS {
        let ours = contract.interfaces().flat_map(Interface::events);
        check(contract, "event", ours.map(|(_, item)| item), &[]);
        for entry in deployed(contract, "event") {
            let signature = signature(&entry);
            let topic = keccak256(&signature);
            let found = catalog::event(topic).map(|item| item.signature);
            assert_eq!(found, Some(signature.as_str()), "{}", contract.reference);
        }
    }
}

#[test]
fn events_index_what_the_deployed_contracts_index() {
    let indexed =
        |entry: &Value| entry["inputs"].as_array().unwrap().iter().filter(|input| input["indexed"] == true).count();
    // Two releases of a contract may index differently.
    let all: BTreeSet<(String, usize)> = CONTRACTS
        .iter()
        .flat_map(|contract| deployed(contract, "event"))
        .map(|entry| (signature(&entry), indexed(&entry)))
        .collect();
    for contract in CONTRACTS {
        for entry in deployed(contract, "event") {
            let indexed = indexed(&entry);
            let mut topics = vec![B256::ZERO; 1 + indexed];
            topics[0] = keccak256(signature(&entry));
            let event = || format!("{} {}", contract.reference, signature(&entry));
            assert!(catalog::decode_event(&topics, &ZEROS).is_some(), "{} indexes {indexed}", event());
            let fewer = indexed > 0 && all.contains(&(signature(&entry), indexed - 1));
            assert_eq!(
                catalog::decode_event(&topics[..indexed], &ZEROS).is_some(),
                fewer,
                "{} indexes {indexed}",
                event()
            );
        }
    }
}

#[test]
fn errors_are_those_of_the_deployed_contracts() {
    // Shared by contracts of which not each has both.
    let spare = ["ZeroAddress()", "NotAContract(address)"];
    for contract in CONTRACTS {
        let ours = contract.interfaces().flat_map(Interface::errors);
        check(contract, "error", ours.map(|(_, item)| item), &spare);
        for entry in deployed(contract, "error") {
            let signature = signature(&entry);
            let found = catalog::error(selector(&signature)).map(|item| item.signature);
            assert_eq!(found, Some(signature.as_str()), "{}", contract.reference);
        }
    }
}

#[test]
fn every_golden_file_belongs_to_a_contract() {
    for entry in fs::read_dir(folder("../../tests/data/abi")).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        assert!(catalog::contract(&name).is_some(), "{name}");
    }
}

#[test]
fn contracts_are_made_of_listed_interfaces() {
    for contract in CONTRACTS {
        let listed = contract.interfaces().count();
        assert_eq!(listed, contract.interface_names().len(), "{}", contract.name);
    }
}

#[test]
fn every_interface_is_in_the_catalog() {
    let listed: BTreeSet<_> = INTERFACES.iter().map(|interface| interface.name.to_owned()).collect();
    assert_eq!(listed.len(), INTERFACES.len(), "an interface is listed twice");
    let mut declared = BTreeSet::new();
    for entry in fs::read_dir(folder("src")).unwrap() {
        let path = entry.unwrap().path();
        if path.is_file() {
            let source = fs::read_to_string(path).unwrap();
            let names = source.lines().filter_map(|line| line.trim().strip_prefix("interface "));
            declared.extend(names.filter_map(|rest| rest.split_whitespace().next()).map(str::to_owned));
        }
    }
    let different: Vec<_> = listed.symmetric_difference(&declared).collect();
    assert!(different.is_empty(), "either only declared or only listed in the catalog: {different:?}");
}

#[test]
fn selectors_follow_from_signatures() {
    for interface in INTERFACES {
        for (key, item) in interface.functions().chain(interface.errors()) {
            assert_eq!(key, selector(item.signature), "{item:?}");
        }
        for (topic, item) in interface.events() {
            assert_eq!(topic, keccak256(item.signature), "{item:?}");
        }
    }
}

#[test]
fn decodes_calls_into_text() {
    let call = [selector("setRelay(address)").as_slice(), &[0; 32]].concat();
    assert_eq!(catalog::decode_call(&call), None);
    let call = [selector("transferOwnership(address)").as_slice(), &[0; 32]].concat();
    let text = "transferOwnership { newOwner: 0x0000000000000000000000000000000000000000 }";
    assert_eq!(catalog::decode_call(&call).as_deref(), Some(text));
    assert_eq!(catalog::decode_call(&call[..20]), None);
    let call = [selector("get(address,uint256)").as_slice(), &[0; 64]].concat();
    let text = "get { owner: 0x0000000000000000000000000000000000000000, key: 0 }";
    assert_eq!(catalog::decode_call(&call).as_deref(), Some(text));
    assert_eq!(catalog::decode_call(selector("owner()").as_slice()).as_deref(), Some("owner"));
    assert_eq!(catalog::decode_call(&[]), None);
}
