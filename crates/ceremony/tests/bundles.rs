//! Bundles: made, verified, compared, and refused when they are hostile.

use std::{collections::BTreeMap, fs, path::PathBuf};

use alloy_primitives::{Address, B256, Bytes, U256};
use alloy_signer::SignerSync;
use alloy_signer_local::PrivateKeySigner;
use ephor_ceremony::{
    Batch, Bundle, BundleError, BundleFinding, Call, Ceremony, Collection, Consent, Known, Operation, Refusal, Release,
    SafeNode, Signature, World,
    bundle::{Author, MAX_BYTES, MAX_FILE_BYTES, Manifest},
    collection::SignatureFile,
    difference::{CallDifference, Cause, Member},
    drill::{Drill, DrillError, Entry, Participant},
    expectation::{self, ChainFinding, OnChain},
    forecast::{Freshness, forecast, freshness},
    formats, recipe,
    task::{HashName, TaskFile},
    typed_data,
};

fn key(n: u64) -> PrivateKeySigner {
    PrivateKeySigner::from_bytes(&B256::from(U256::from(n + 1))).expect("a small number is a key")
}

fn address(n: u64) -> Address {
    Address::from_word(B256::from(U256::from(0xA0_0000 + n)))
}

fn call(to: u64) -> Call {
    let data = Bytes::from(vec![1, 2, 3, 4]);
    Call { to: address(to), value: U256::ZERO, data, operation: Operation::Call, allow_failure: false }
}

fn safe(n: u64, owners: Vec<Address>) -> SafeNode {
    let threshold = owners.len() as u64;
    SafeNode { owners, threshold, ..SafeNode::new(address(n), Release::V1_3_0, U256::from(20 + n)) }
}

/// A root owned by two Safes with two people each.
fn ceremony() -> Ceremony {
    let people = |from| vec![key(from).address(), key(from + 1).address()];
    let children = vec![safe(1, people(0)), safe(2, people(2))];
    let mut root = safe(0, children.iter().map(|child| child.address).collect());
    root.children = children;
    Ceremony {
        title: "Upgrade".to_owned(),
        chain_id: 1,
        root,
        action: recipe::action(&[call(7), call(8)], Some(Batch::Aggregate3Value)).unwrap(),
        names: BTreeMap::from([(address(7), "the seventh".to_owned())]),
        former_owners: BTreeMap::new(),
        world: Some(World::default()),
    }
}

fn findings(bundle: &Bundle) -> Vec<BundleFinding> {
    bundle.verify().expect("a bundle that reads").findings
}

/// The bundle with one file replaced.
fn with(bundle: &Bundle, name: &str, text: &str) -> Bundle {
    let mut altered = bundle.clone();
    altered.add(name, text.as_bytes().to_vec()).expect("a file that is let in");
    altered
}

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
fn a_second_bundle_is_compared_call_by_call() {
    let here = ceremony();
    let mut there = ceremony();
    there.action = recipe::action(&[call(7), call(9)], Some(Batch::Aggregate3Value)).unwrap();
    there.root.children[0].nonce += U256::from(3);
    let causes = expectation::between(&here, &there);
    let safe = here.root.children[0].address;
    let (stated, expected) = (U256::from(21), U256::from(24));
    let changed = CallDifference::Changed {
        index: 2,
        member: Member::Target,
        here: address(8).to_string(),
        there: address(9).to_string(),
    };
    assert_eq!(causes, [Cause::Nonce { safe, stated, expected }, Cause::Call(changed)]);
}

#[test]
fn a_validation_file_is_compared_hash_by_hash() {
    let here = ceremony();
    let text = formats::write_superchain_validation(&here);
    let expected = expectation::read_validation(&text);
    assert_eq!(expected.len(), 2);
    assert_eq!(expectation::compare(&here, &expected), []);
    // The same transaction two nonces of the root later: the children's messages differ, and the root explains it.
    let later = here.with_nonces(&BTreeMap::from([(here.root.address, U256::from(22))]));
    let findings = expectation::compare(&later, &expected);
    let cause = Cause::Nonce { safe: here.root.address, stated: U256::from(22), expected: U256::from(20) };
    assert_eq!(findings.len(), 2);
    assert!(findings.iter().all(|finding| finding.hash == HashName::Message && finding.cause == cause), "{findings:?}");
    let config = formats::write_superchain_config(&here);
    let read = formats::read_superchain(&config, &text).unwrap();
    assert_eq!(read.calldata, here.action.data);
    assert_eq!(read.nonces.get(&here.root.address), Some(&here.root.nonce));
}

#[test]
fn a_chain_tells_what_has_changed() {
    let here = ceremony();
    let child = &here.root.children[0];
    let found = OnChain {
        nonce: child.nonce + U256::ONE,
        owners: vec![child.owners[0], address(99)],
        threshold: 1,
        release: Release::V1_1_1,
    };
    let findings = expectation::compare_chain(&here, &BTreeMap::from([(child.address, found)]));
    assert!(matches!(
        &findings[..],
        [
            ChainFinding::Used { .. },
            ChainFinding::Owners { .. },
            ChainFinding::Threshold { found: 1, .. },
            ChainFinding::Release { .. }
        ]
    ));
}

#[test]
fn a_builder_file_goes_out_and_in() {
    let here = ceremony();
    let file = serde_json::to_vec(&formats::write_builder(&here, 0)).unwrap();
    let (chain_id, calls) = formats::read_builder(&file).unwrap();
    assert_eq!((chain_id, calls), (1, vec![call(7), call(8)]));
    assert!(formats::read_builder(br#"{"chainId":"1","transactions":[{"to":"0x00000000000000000000000000000000000000aa","value":"0","data":null}]}"#).is_err());
}

fn sign(ceremony: &Ceremony, safe: Address, signer: &PrivateKeySigner) -> Signature {
    let steps = ceremony.steps();
    let step = steps.iter().find(|step| step.safe.address == safe).expect("a Safe of the ceremony");
    let consent = Consent::of_hash(&signer.sign_hash_sync(&step.hashes.safe_tx).unwrap());
    let (chain_id, owner) = (ceremony.chain_id, signer.address());
    Signature { chain_id, safe, safe_tx_hash: step.hashes.safe_tx, owner, consent }
}

#[test]
fn signatures_are_refused_with_their_reason() {
    let here = ceremony();
    let child = address(1);
    let steps = here.steps();
    let known = Known { former: BTreeMap::from([(child, vec![key(50).address()])]), ..Known::default() };
    let mut collection = Collection::default();
    let mut offer = |signature: Signature| collection.accept(1, &steps, &known, signature);
    let good = sign(&here, child, &key(0));
    offer(good.clone()).unwrap();
    assert!(matches!(offer(good.clone()), Err(Refusal::Duplicate { .. })));
    assert!(matches!(offer(sign(&here, child, &key(40))), Err(Refusal::NotAnOwner { .. })));
    assert!(matches!(offer(sign(&here, child, &key(50))), Err(Refusal::FormerOwner { .. })));
    let elsewhere = Ceremony { chain_id: 10, ..here.clone() };
    assert!(matches!(offer(sign(&elsewhere, child, &key(1))), Err(Refusal::Chain { found: 10, expected: 1 })));
    // One of the nonce before, presented as what it is and as one of this nonce.
    let before = here.with_nonces(&BTreeMap::from([(child, U256::from(20))]));
    let replayed = sign(&before, child, &key(1));
    let nonce =
        |refused: Result<(), Refusal>| matches!(refused, Err(Refusal::Nonce { found, .. }) if found == U256::from(20));
    assert!(nonce(offer(replayed.clone())));
    assert!(nonce(offer(Signature { safe_tx_hash: good.safe_tx_hash, ..replayed })));
    // The twin that anybody can make.
    let Consent::Signed { signature } = sign(&here, child, &key(1)).consent else { unreachable!() };
    let order = alloy_primitives::uint!(0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141_U256);
    let s = order - U256::from_be_slice(&signature[32..64]);
    let twin = [&signature[..32], &s.to_be_bytes::<32>(), &[55 - signature[64]]].concat();
    let of = |bytes: Vec<u8>| Signature {
        consent: Consent::Signed { signature: bytes.into() },
        ..sign(&here, child, &key(1))
    };
    assert!(matches!(offer(of(twin)), Err(Refusal::Malleable)));
    assert!(matches!(offer(of(vec![0; 64])), Err(Refusal::Length { bytes: 64 })));
    assert!(matches!(offer(of([&signature[..64], &[0]].concat())), Err(Refusal::Kind { v: 0 })));
    let approved = Signature { consent: Consent::Approved, ..sign(&here, child, &key(1)) };
    assert!(matches!(offer(approved), Err(Refusal::NotApproved { .. })));
    let claimed = Signature { owner: key(1).address(), ..good };
    assert!(matches!(offer(claimed), Err(Refusal::AnotherSigner { .. })));
    let other = Signature { safe: address(77), ..sign(&here, child, &key(1)) };
    assert!(matches!(offer(other), Err(Refusal::Transaction { .. })));
}

#[test]
fn the_status_of_every_level_is_told() {
    let here = ceremony();
    let steps = here.steps();
    let mut collection = Collection::default();
    let ready =
        |collection: &Collection| -> Vec<bool> { collection.status(&steps).iter().map(|level| level.ready).collect() };
    for (safe, signer, expected) in [
        (1, 0, [false, false, false]),
        (1, 1, [false, true, false]),
        (2, 2, [false, true, false]),
        (2, 3, [true, true, true]),
    ] {
        collection.accept(1, &steps, &Known::default(), sign(&here, address(safe), &key(signer))).unwrap();
        assert_eq!(ready(&collection), expected);
    }
    let file = collection.to_file();
    assert_eq!(SignatureFile::parse(file.write().as_bytes()).unwrap(), file);
    assert!(SignatureFile::parse(b"{\"signatures\":[{}]}").is_err());
}

#[test]
fn the_next_nonces_are_forecast_and_stale_signatures_flagged() {
    let here = ceremony();
    let queued = BTreeMap::from([(address(1), 2)]);
    let next = forecast(&here, &BTreeMap::new(), &queued, 2);
    assert_eq!(next.len(), 6);
    let child = next.iter().find(|next| next.safe == address(1) && next.ahead == 1).unwrap();
    assert_eq!(child.nonce, U256::from(24));
    let root = next.iter().find(|next| next.safe == address(0) && next.ahead == 0).unwrap();
    assert_eq!(root.hashes, here.steps()[0].hashes);
    let signature = sign(&here, address(1), &key(0));
    let at = |nonce: u64| freshness(&here, &BTreeMap::from([(address(1), U256::from(nonce))]), &signature);
    assert_eq!(at(21), Freshness::Fresh);
    assert_eq!(at(23), Freshness::Stale { nonce: U256::from(21), now: U256::from(23) });
    assert_eq!(at(19), Freshness::Waiting { nonce: U256::from(21), now: U256::from(19) });
}

#[test]
fn a_drill_is_carried_through_and_reported() {
    let participants: Vec<Participant> =
        (0..4).map(|n| Participant { name: format!("person {n}"), address: key(n).address() }).collect();
    let mut drill = Drill {
        chain_id: 1_337,
        participants,
        threshold: 3,
        started_seconds: 1_000,
        entries: Vec::new(),
        place: None,
        witnessed: Vec::new(),
    };
    let exercises = drill.exercises().unwrap();
    let mut at_seconds = 1_000;
    for (exercise, ceremony) in (1..).zip(&exercises) {
        for step in ceremony.steps() {
            for n in (0..4).filter(|n| step.safe.owners.contains(&key(*n).address())) {
                at_seconds += 30;
                let signature = sign(ceremony, step.safe.address, &key(n));
                assert_eq!(drill.exercise_of(signature.safe_tx_hash).unwrap(), Some(exercise));
                if n == 1 {
                    drill.record(Entry { exercise, at_seconds, signature: signature.clone() }).unwrap();
                }
                drill.record(Entry { exercise, at_seconds, signature }).unwrap();
            }
        }
    }
    let report = drill.report().unwrap();
    assert!(report.ready, "{}", report.markdown());
    assert_eq!(report.exercises[0].threshold_after_seconds, Some(90));
    assert_eq!(report.exercises[0].participation[1].1.refused.len(), 1);
    assert!(report.markdown().contains("has signed for Safe"));
    // Somebody who never signs keeps the group from being ready.
    drill.entries.retain(|entry| entry.signature.owner != key(3).address());
    let report = drill.report().unwrap();
    assert!(!report.ready && report.never_signed.len() == 1);
    let bytes = serde_json::to_vec(&drill).unwrap();
    assert_eq!(Drill::parse(&bytes).unwrap(), drill);
    let live = Drill { chain_id: 42_161, ..drill.clone() };
    assert!(matches!(live.exercises(), Err(DrillError::LiveChain(42_161))));
    drill.threshold = 4;
    assert!(drill.exercises().is_err());
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
