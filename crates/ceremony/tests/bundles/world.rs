//! A ceremony of three Safes, and its people.

use std::collections::BTreeMap;

use alloy_primitives::{Address, B256, Bytes, U256};
use alloy_signer_local::PrivateKeySigner;
use ephor_ceremony::{Batch, Bundle, BundleFinding, Call, Ceremony, Operation, Release, SafeNode, World, recipe};

pub(crate) fn key(n: u64) -> PrivateKeySigner {
    PrivateKeySigner::from_bytes(&B256::from(U256::from(n + 1))).expect("a small number is a key")
}

pub(crate) fn address(n: u64) -> Address {
    Address::from_word(B256::from(U256::from(0xA0_0000 + n)))
}

pub(crate) fn call(to: u64) -> Call {
    let data = Bytes::from(vec![1, 2, 3, 4]);
    Call { to: address(to), value: U256::ZERO, data, operation: Operation::Call, allow_failure: false }
}

pub(crate) fn safe(n: u64, owners: Vec<Address>) -> SafeNode {
    let threshold = owners.len() as u64;
    SafeNode { owners, threshold, ..SafeNode::new(address(n), Release::V1_3_0, U256::from(20 + n)) }
}

/// A root owned by two Safes with two people each.
pub(crate) fn ceremony() -> Ceremony {
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

pub(crate) fn findings(bundle: &Bundle) -> Vec<BundleFinding> {
    bundle.verify().expect("a bundle that reads").findings
}

/// The bundle with one file replaced.
pub(crate) fn with(bundle: &Bundle, name: &str, text: &str) -> Bundle {
    let mut altered = bundle.clone();
    altered.add(name, text.as_bytes().to_vec()).expect("a file that is let in");
    altered
}
