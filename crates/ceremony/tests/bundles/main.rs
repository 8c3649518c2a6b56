//! Bundles: made, verified, compared, and refused when they are hostile.

mod comparisons;
mod foreign;
mod signatures;
mod world;

use std::{collections::BTreeMap, fs, path::PathBuf};

use alloy_primitives::{Address, U256};
use alloy_signer::SignerSync;
use ephor_ceremony::{
    Bundle, BundleError, BundleFinding, Ceremony, Operation, Release, SafeNode,
    bundle::{Author, MAX_BYTES, MAX_FILE_BYTES, Manifest},
    task::TaskFile,
    typed_data,
};

use crate::world::*;

#[test]
fn a_bundle_holds_all_that_signers_need() {
    let ceremony = ceremony();
    let bundle = Bundle::of(&ceremony).unwrap();
    assert_eq!(findings(&bundle), []);
    let names: Vec<&str> = bundle.files().keys().map(String::as_str).collect();
    assert_eq!(names.iter().filter(|name| name.starts_with("typed-data-")).count(), 3);
    for name in ["ceremony.json", "hashes.json", "manifest.json", "outline.txt", "runbook.md", "state-diff.json"] {
        assert!(names.contains(&name), "{name}");
    }
    for step in ceremony.steps() {
        for hash in [step.hashes.domain, step.hashes.message, step.hashes.safe_tx] {
            assert!(bundle.files()["runbook.md"].contains(&hash.to_string()));
        }
        let typed = &bundle.files()[&format!("typed-data-{:#x}.json", step.safe.address)];
        let (account, action, nonce) = typed_data::read(typed.as_bytes(), 1).unwrap();
        assert_eq!(account.hashes(&action, nonce), step.hashes);
    }
    assert!(bundle.files()["outline.txt"].contains("the seventh"));
    assert_eq!(Bundle::parse(bundle.to_single().as_bytes()).unwrap(), bundle);
}

#[test]
fn tampering_shows() {
    let bundle = Bundle::of(&ceremony()).unwrap();
    let runbook = bundle.files()["runbook.md"].replace("Message hash", "Massage hash");
    let found = findings(&with(&bundle, "runbook.md", &runbook));
    assert!(
        matches!(&found[..], [BundleFinding::Differs { file, .. }, BundleFinding::Tampered { .. }] if file == "runbook.md")
    );
    // The manifest adjusted to it as well.
    let mut manifest: Manifest = serde_json::from_str(&bundle.files()["manifest.json"]).unwrap();
    manifest.files.insert("runbook.md".to_owned(), alloy_primitives::keccak256(&runbook));
    let altered = with(&bundle, "runbook.md", &runbook);
    let altered = with(&altered, "manifest.json", &serde_json::to_string(&manifest).unwrap());
    assert!(matches!(&findings(&altered)[..], [BundleFinding::Differs { .. }]));
    let stranger = with(&bundle, "evil.json", "{}");
    assert_eq!(findings(&stranger), [BundleFinding::Stranger { file: "evil.json".to_owned() }]);
    // Another nonce in the source of all: everything that follows from it differs.
    let other = bundle.files()["ceremony.json"].replace("\"20\"", "\"19\"");
    assert_ne!(other, bundle.files()["ceremony.json"]);
    let found = findings(&with(&bundle, "ceremony.json", &other));
    assert!(found.contains(&BundleFinding::Tampered { file: "ceremony.json".to_owned() }), "{found:?}");
    assert!(found.iter().any(|finding| matches!(finding, BundleFinding::Digest { .. })), "{found:?}");
}

#[test]
fn an_author_vouches_for_a_digest() {
    let mut bundle = Bundle::of(&ceremony()).unwrap();
    let digest = bundle.verify().unwrap().digest;
    let signature = key(9).sign_message_sync(digest.as_slice()).unwrap().as_bytes().to_vec();
    bundle.vouch(Author { address: key(9).address(), signature: signature.clone().into() }).unwrap();
    assert_eq!(bundle.verify().unwrap().author, Some(key(9).address()));
    bundle.vouch(Author { address: key(8).address(), signature: signature.into() }).unwrap();
    assert_eq!(findings(&bundle), [BundleFinding::Author { address: key(8).address() }]);
}

#[track_caller]
fn check_refused(name: &str, bytes: Vec<u8>, expected: &str) {
    let error = Bundle::default().add(name, bytes).unwrap_err().to_string();
    assert!(error.contains(expected), "{error}");
}

#[test]
fn hostile_bundles_are_refused_with_the_reason() {
    for name in ["../x", "a/b", "a\\b", ".hidden", "", "a..b", "CON", "x\u{202e}", "/etc/passwd"] {
        check_refused(name, Vec::new(), "none leads out of the directory");
    }
    check_refused("a.json", vec![0; MAX_FILE_BYTES + 1], "at most");
    check_refused("a.json", vec![b'a', 0xff], "byte 1 is not UTF-8");
    assert!(matches!(Bundle::parse(&vec![b' '; MAX_BYTES + 1]), Err(BundleError::TooLarge)));
    assert!(matches!(Bundle::parse(&[0xff]), Err(BundleError::NotText { .. })));
    assert!(matches!(Bundle::default().verify(), Err(BundleError::Missing("ceremony.json"))));
    let bomb = "[".repeat(100_000);
    assert!(matches!(Bundle::parse(bomb.as_bytes()), Err(BundleError::Malformed { .. })));
    // A tree deeper than allowed, and one that only the parser could stop.
    for levels in [9, 5_000] {
        let node = |inner: String| format!("{{\"address\":\"{}\",\"nonce\":0,\"children\":[{inner}]}}", Address::ZERO);
        let mut tree = String::new();
        for level in 0..levels {
            tree = node(tree).replace(&Address::ZERO.to_string(), &address(level).to_string());
            if level > 20 {
                tree = format!("{{\"children\":[{tree}]}}");
            }
        }
        let text = format!(
            "{{\"title\":\"\",\"chain_id\":1,\"root\":{tree},\"action\":{{\"to\":\"{}\",\"data\":\"0x\"}}}}",
            address(0)
        );
        let mut bundle = Bundle::default();
        bundle.add("ceremony.json", text.into_bytes()).unwrap();
        let refused = bundle.verify();
        assert!(matches!(refused, Err(BundleError::Malformed { .. } | BundleError::Ceremony(_))), "{levels}");
    }
    let mut misleading = ceremony();
    misleading.title = "Upgrade\u{1b}[2J".to_owned();
    assert!(matches!(Bundle::of(&misleading), Err(BundleError::Ceremony(_))));
}

#[test]
fn a_key_that_stands_twice_is_refused() {
    let bundle = Bundle::of(&ceremony()).unwrap();
    let doubled = bundle.files()["ceremony.json"].replacen("\"chain_id\"", "\"names\": {\"0x00000000000000000000000000000000000000aa\": \"a\", \"0x00000000000000000000000000000000000000aa\": \"b\"}, \"chain_id\"", 1);
    let error = with(&bundle, "ceremony.json", &doubled).verify().unwrap_err().to_string();
    assert!(error.contains("stands twice"), "{error}");
    let single = bundle.to_single().replacen("\"files\": {", "\"files\": {\"hashes.json\": \"\",", 1);
    let error = Bundle::parse(single.as_bytes()).unwrap_err().to_string();
    assert!(error.contains("\"hashes.json\" stands twice"), "{error}");
}

#[test]
fn every_real_task_makes_a_bundle_that_verifies() {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../data/optimism/signing-tasks.json");
    for task in TaskFile::parse(&fs::read(path).unwrap()).unwrap().tasks.iter().step_by(8) {
        let signer = &task.signers[0];
        let release = if signer.eip712_domain_has_chain_id == Some(false) { Release::V1_1_1 } else { Release::V1_3_0 };
        let ceremony = Ceremony {
            title: task.id.clone(),
            chain_id: task.chain_id,
            root: SafeNode::new(signer.safe, release, U256::from(signer.nonce)),
            action: ephor_ceremony::Action {
                to: ephor_abi::batch::MULTICALL3,
                data: task.multicall_data.clone(),
                operation: Operation::DelegateCall,
                ..Default::default()
            },
            names: BTreeMap::new(),
            former_owners: BTreeMap::new(),
            world: None,
        };
        assert_eq!(findings(&Bundle::of(&ceremony).unwrap()), [], "{}", task.id);
    }
}
