//! A bundle beside another, a validation file, a chain.

use std::collections::BTreeMap;

use alloy_primitives::{B256, U256};
use ephor_ceremony::{
    Approval, Batch, Release,
    difference::{CallDifference, Cause, Member},
    expectation::{self, ChainFinding, OnChain},
    formats, recipe,
    task::HashName,
};

use crate::world::*;

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
fn a_second_bundle_is_compared_safe_by_safe() {
    let here = ceremony();
    let mut there = here.clone();
    let gone = there.root.children.pop().unwrap();
    assert_eq!(expectation::between(&here, &there), [Cause::Part { safe: gone.address, here: true }]);
    assert_eq!(expectation::between(&there, &here), [Cause::Part { safe: gone.address, here: false }]);
    let mut there = here.clone();
    there.root.children[0].approval = Approval::Plain;
    let (safe, here_approval) = (there.root.children[0].address, here.root.children[0].approval);
    let expected = Cause::Approval { safe, here: here_approval, there: Approval::Plain };
    assert_eq!(expectation::between(&here, &there), [expected]);
    let mut there = here.clone();
    there.title = "another".to_owned();
    assert!(expectation::between(&here, &there).is_empty());
    assert_eq!(expectation::surroundings_between(&here, &there), ["the title"]);
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
fn a_validation_file_without_end_is_looked_into_no_further_than_needed() {
    let here = ceremony();
    let set = |n: u64| format!("Safe {}\nMessage hash: {}\n", here.root.children[0].address, B256::from(U256::from(n)));
    let text: String = (0..2_000).map(set).collect();
    let expected = expectation::read_validation(&text);
    assert_eq!(expected.len(), 2_000);
    assert_eq!(expectation::compare(&here, &expected).len(), expectation::MAX_FINDINGS);
}
