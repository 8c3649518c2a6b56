//! Random changes, judged by hashing the whole content anew and by verifying proofs with code that shares nothing with ours.

use std::collections::BTreeMap;

use alloy_primitives::{Address, B256, U256, keccak256};
use alloy_trie::{
    EMPTY_ROOT_HASH, HashBuilder, Nibbles, TrieAccount,
    proof::verify_proof as judge,
    root::{state_root_unhashed, storage_root_unhashed},
};
use proptest::prelude::*;

use super::{
    MemoryNodes, NodeChanges, NodeKey, Nodes, ProofFault, TrieError, TrieId, advance, prove, update::update,
    verify_proof,
};
use crate::state::{AccountRecord, StateDelta};

type Changes = BTreeMap<B256, Option<Vec<u8>>>;

const TRIE: TrieId = TrieId::Accounts;

/// A trie with its content beside it.
#[derive(Default)]
struct Judged {
    nodes: MemoryNodes,
    content: BTreeMap<B256, Vec<u8>>,
    root: Option<B256>,
}

impl Judged {
    fn update(&mut self, changes: &Changes) {
        let mut changed = NodeChanges::new();
        self.root = Some(update(&self.nodes, TRIE, changes, &mut changed).expect("a readable trie"));
        self.nodes.apply(&changed);
        for (key, value) in changes {
            match value {
                Some(value) => drop(self.content.insert(*key, value.clone())),
                None => drop(self.content.remove(key)),
            }
        }
    }

    /// The root, and the nodes with a hash of their own, as they are when the trie is built at once.
    #[track_caller]
    fn check(&self) {
        let mut builder = HashBuilder::default();
        for (key, value) in &self.content {
            builder.add_leaf(Nibbles::unpack(key), value);
        }
        assert_eq!(self.root, Some(builder.root()));
        let mut fresh = NodeChanges::new();
        let all = self.content.iter().map(|(key, value)| (*key, Some(value.clone()))).collect();
        update(&MemoryNodes::default(), TRIE, &all, &mut fresh).expect("a readable trie");
        assert_eq!(self.nodes.len(), fresh.len());
        for (key, node) in fresh {
            assert_eq!(self.nodes.node(&key), node);
        }
    }

    #[track_caller]
    fn check_proof(&self, key: B256) {
        let proof = prove(&self.nodes, TRIE, key).expect("a readable trie");
        let root = self.root.unwrap_or(EMPTY_ROOT_HASH);
        let value = self.content.get(&key).cloned();
        judge(root, Nibbles::unpack(key), value.clone(), &proof).expect("a valid proof");
        assert_eq!(verify_proof(root, key, &proof), Ok(value.map(Into::into)));
    }
}

/// Keys that share long prefixes, so that nodes are short enough to be within their parents and extensions are split anywhere; and
/// keys as hashes are.
fn key() -> impl Strategy<Value = B256> {
    prop_oneof![
        (0u8..64).prop_map(|n| keccak256([n])),
        (prop::sample::select(vec![0usize, 1, 15, 29, 30, 31]), any::<u8>(), 0u8..4).prop_map(|(at, byte, last)| {
            let mut key = B256::ZERO;
            key[at] = byte & 0x31;
            key[31] |= last;
            key
        }),
    ]
}

fn changes() -> impl Strategy<Value = Vec<Changes>> {
    let value = prop_oneof![
        2 => (1u8..).prop_map(|byte| Some(alloy_rlp::encode(U256::from(byte)))),
        2 => any::<[u8; 40]>().prop_map(|bytes| Some(bytes.to_vec())),
        3 => Just(None),
    ];
    prop::collection::vec(prop::collection::btree_map(key(), value, 0..24), 1..10)
}

proptest! {
    #[test]
    fn updates_lead_where_building_the_trie_at_once_leads(batches in changes(), others in prop::collection::vec(key(), 8)) {
        let mut trie = Judged::default();
        for batch in &batches {
            trie.update(batch);
            trie.check();
        }
        for key in batches.iter().flat_map(BTreeMap::keys).chain(&others) {
            trie.check_proof(*key);
        }
    }

    #[test]
    fn the_division_into_updates_does_not_matter(batch in prop::collection::btree_map(key(), any::<[u8; 3]>(), 1..60)) {
        let batch: Changes = batch.into_iter().map(|(key, value)| (key, Some(value.to_vec()))).collect();
        let (mut whole, mut single) = (Judged::default(), Judged::default());
        whole.update(&batch);
        for (key, value) in &batch {
            single.update(&Changes::from([(*key, value.clone())]));
        }
        prop_assert_eq!(whole.root, single.root);
        single.check();
        for key in batch.keys() {
            single.update(&Changes::from([(*key, None)]));
        }
        prop_assert_eq!(single.root, Some(EMPTY_ROOT_HASH));
        prop_assert_eq!(single.nodes.len(), 0);
        whole.update(&batch.into_keys().map(|key| (key, None)).collect());
        prop_assert_eq!(whole.root, Some(EMPTY_ROOT_HASH));
        prop_assert_eq!(whole.nodes.len(), 0);
    }

    #[test]
    fn the_root_of_a_state_is_that_of_its_accounts_and_slots(steps in prop::collection::vec(step(), 1..8)) {
        let mut nodes = MemoryNodes::default();
        let mut accounts = BTreeMap::<Address, AccountRecord>::new();
        let mut slots = BTreeMap::<Address, BTreeMap<U256, U256>>::new();
        for mut step in steps {
            // As execution has it, an account that goes takes its slots along.
            for (address, record) in &step.accounts {
                if record.is_none() {
                    step.slots.retain(|(of, ..)| of != address);
                    let emptied = slots.get(address).into_iter().flat_map(BTreeMap::keys);
                    step.slots.extend(emptied.map(|slot| (*address, *slot, U256::ZERO)));
                }
            }
            let before = |address| accounts.get(&address).copied().unwrap_or_default();
            let after = advance(&nodes, &step, before).expect("a readable trie");
            nodes.apply(&after.nodes);
            for (address, record) in &step.accounts {
                accounts.insert(*address, record.unwrap_or_default());
            }
            for (address, slot, value) in &step.slots {
                accounts.entry(*address).or_default();
                slots.entry(*address).or_default().insert(*slot, *value);
            }
            slots.values_mut().for_each(|slots| slots.retain(|_, value| !value.is_zero()));
            let content = accounts.iter().map(|(address, record)| {
                let AccountRecord { balance, nonce, code_hash } = *record;
                let slots = slots.get(address).into_iter().flatten();
                let storage_root = storage_root_unhashed(slots.map(|(slot, value)| (B256::from(*slot), *value)));
                (*address, TrieAccount { nonce, balance, storage_root, code_hash })
            });
            let present = content.filter(|(_, account)| *account != TrieAccount::default());
            prop_assert_eq!(after.root, state_root_unhashed(present));
        }
    }
}

proptest! {
    #[test]
    fn no_altered_proof_says_anything(
        batch in prop::collection::btree_map(key(), any::<[u8; 40]>(), 1..60), asked in key(),
        node in any::<prop::sample::Index>(), bit in any::<prop::sample::Index>(), way in 0u8..6,
    ) {
        let mut trie = Judged::default();
        trie.update(&batch.into_iter().map(|(key, value)| (key, Some(value.to_vec()))).collect());
        let root = trie.root.expect("a root");
        let mut proof = prove(&trie.nodes, TRIE, asked).expect("a readable trie");
        let at = node.index(proof.len());
        match way {
            // Any bit of any node.
            0..=2 => {
                let mut bytes = proof[at].to_vec();
                let bit = bit.index(bytes.len() * 8);
                bytes[bit / 8] ^= 1 << (bit % 8);
                proof[at] = bytes.into();
            }
            3 => drop(proof.remove(at)),
            4 => proof.insert(at, proof[at].clone()),
            _ => {
                let end = bit.index(proof[at].len());
                proof[at] = proof[at].slice(..end);
            }
        }
        prop_assert!(verify_proof(root, asked, &proof).is_err());
        prop_assert!(verify_proof(B256::repeat_byte(7), asked, &proof).is_err());
    }

    #[test]
    fn no_bytes_make_the_verifier_panic(root in any::<[u8; 32]>(), nodes in prop::collection::vec(any::<Vec<u8>>(), 0..4)) {
        let proof: Vec<_> = nodes.into_iter().map(Into::into).collect();
        prop_assert!(verify_proof(root.into(), B256::ZERO, &proof).is_err());
        if let Some(first) = proof.first() {
            let _ = verify_proof(keccak256(first), B256::ZERO, &proof);
        }
    }
}

#[test]
fn an_empty_trie_is_proven_by_nothing_or_by_its_encoding() {
    let node = |byte: u8| alloy_primitives::Bytes::from(vec![byte]);
    assert_eq!(verify_proof(EMPTY_ROOT_HASH, B256::ZERO, &[]), Ok(None));
    assert_eq!(verify_proof(EMPTY_ROOT_HASH, B256::ZERO, &[node(0x80)]), Ok(None));
    let surplus = Err(ProofFault::Surplus { nodes: 1 });
    assert_eq!(verify_proof(EMPTY_ROOT_HASH, B256::ZERO, &[node(0xc0)]), surplus);
    assert!(matches!(verify_proof(B256::ZERO, B256::ZERO, &[]), Err(ProofFault::Missing { index: 0, .. })));
}

fn step() -> impl Strategy<Value = StateDelta> {
    let address = || (0u8..12).prop_map(Address::with_last_byte);
    let record = prop::option::weighted(
        0.7,
        (0u64..3, 0u64..3).prop_map(|(balance, nonce)| AccountRecord {
            balance: U256::from(balance),
            nonce,
            ..AccountRecord::default()
        }),
    );
    let accounts = prop::collection::vec((address(), record), 0..6);
    let word = || (0u64..20).prop_map(U256::from);
    let slots = prop::collection::vec((address(), word(), word()), 0..12);
    (accounts, slots).prop_map(|(accounts, slots)| StateDelta { accounts, slots, ..StateDelta::default() })
}

#[test]
fn one_change_touches_one_path() {
    let mut trie = Judged::default();
    trie.update(&(0u32..10_000).map(|n| (keccak256(n.to_be_bytes()), Some(vec![1; 40]))).collect());
    let mut changed = NodeChanges::new();
    let change = Changes::from([(keccak256(7u32.to_be_bytes()), Some(vec![2; 40]))]);
    update(&trie.nodes, TRIE, &change, &mut changed).expect("a readable trie");
    let paths: Vec<Nibbles> = changed.iter().map(|(key, _)| key.path).collect();
    assert!((3..=7).contains(&paths.len()), "{paths:?}");
    assert!(paths.iter().all(|path| Nibbles::unpack(keccak256(7u32.to_be_bytes())).starts_with(path)));
    let same = Changes::from([(keccak256(7u32.to_be_bytes()), Some(vec![1; 40]))]);
    changed.clear();
    assert_eq!(update(&trie.nodes, TRIE, &same, &mut changed).ok(), trie.root);
    assert_eq!(changed, []);
}

#[test]
fn damage_is_told_by_its_place() {
    let mut trie = Judged::default();
    trie.update(&(0u8..200).map(|n| (keccak256([n]), Some(vec![1; 40]))).collect());
    let place = NodeKey { trie: TRIE, path: Nibbles::unpack(keccak256([7])).slice(..1) };
    let read = |nodes: &MemoryNodes| prove(nodes, TRIE, keccak256([7]));
    trie.nodes.apply(&vec![(place, None)]);
    assert!(matches!(read(&trie.nodes), Err(TrieError::Missing { path, .. }) if path == place.path.to_vec()));
    trie.nodes.apply(&vec![(place, Some(vec![0xc1].into()))]);
    assert!(matches!(read(&trie.nodes), Err(TrieError::Damaged { path, .. }) if path == place.path.to_vec()));
    let too_long = alloy_rlp::encode(alloy_trie::nodes::LeafNode::new(Nibbles::unpack(B256::ZERO), vec![1; 40]));
    trie.nodes.apply(&vec![(place, Some(too_long.into()))]);
    assert!(matches!(read(&trie.nodes), Err(TrieError::Damaged { path, .. }) if path == place.path.to_vec()));
}

#[test]
fn short_nodes_are_kept_within_their_parents() {
    let key = |last| B256::with_last_byte(last);
    let mut trie = Judged::default();
    trie.update(&[0, 1, 0x12].into_iter().map(|last| (key(last), Some(vec![1]))).collect());
    // An extension, and a branch; in that a leaf and a branch of two leaves.
    assert_eq!(trie.nodes.len(), 2);
    trie.check();
    for last in [0, 1, 2, 0x12, 0x13, 0x20] {
        trie.check_proof(key(last));
    }
}
