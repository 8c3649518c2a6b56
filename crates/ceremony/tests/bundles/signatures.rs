//! Signatures: refused, counted, gone stale, practised.

use std::collections::BTreeMap;

use alloy_primitives::{Address, U256};
use alloy_signer::SignerSync;
use alloy_signer_local::PrivateKeySigner;
use ephor_ceremony::{
    Ceremony, Collection, Consent, Known, Refusal, Signature,
    collection::SignatureFile,
    drill::{Drill, DrillError, Entry, Participant},
    forecast::{Freshness, forecast, freshness},
};

use crate::world::*;

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
