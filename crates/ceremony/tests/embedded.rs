//! What the tool hashes is what the Safe contract on the embedded chain accepts, and nothing else is.

use std::{fs, path::PathBuf};

use alloy_primitives::{Address, B256, Bytes, U256, bytes};
use alloy_signer::SignerSync;
use alloy_signer_local::PrivateKeySigner;
use alloy_sol_types::SolCall;
use ephor_abi::safe::ISafe;
use ephor_ceremony::{
    Action, Approval, Batch, Call, Collection, Consent, Known, Operation, Refund, Release, SafeNode, Signature, Stage,
    World,
    embedded::WorldAccount,
    rotation::{self, Owners},
    task::{SignerKind, Task, TaskFile},
};
use proptest::prelude::*;

const CHAIN: u64 = 1_337;
const TARGET: Address = Address::repeat_byte(0xC0);

fn key(n: u64) -> PrivateKeySigner {
    PrivateKeySigner::from_bytes(&B256::from(U256::from(n + 1))).expect("a small number is a key")
}

/// A contract that keeps the number of its calls, at [`TARGET`].
fn world() -> World {
    let counter = WorldAccount { code: bytes!("60005460010160005500"), ..WorldAccount::default() };
    World { block: 100, timestamp: 1_700_000_000, accounts: [(TARGET, counter)].into(), ..World::default() }
}

/// A Safe of `people` people and of `children`, all of whom must sign.
fn safe(id: u64, people: u64, children: Vec<SafeNode>) -> SafeNode {
    let address = Address::from_word(B256::from(U256::from(0xA000_0000_0000 + id)));
    let release = if id.is_multiple_of(2) { Release::V1_3_0 } else { Release::V1_4_1 };
    let approval = [Approval::Aggregate3Value, Approval::Aggregate3, Approval::Plain][usize::try_from(id % 3).unwrap()];
    let mut owners: Vec<Address> = children.iter().map(|child| child.address).collect();
    owners.extend((0..people).map(|n| key(id * 100 + n).address()));
    let threshold = owners.len() as u64;
    SafeNode { owners, threshold, approval, children, ..SafeNode::new(address, release, U256::from(id * 7)) }
}

/// A tree with as many levels as `shape` has numbers, each saying how many children and people.
fn tree(shape: &[(u64, u64)], id: &mut u64) -> SafeNode {
    *id += 1;
    let own = *id;
    let Some(((children, people), below)) = shape.split_first() else { return safe(own, 1, Vec::new()) };
    let children: Vec<SafeNode> = (0..*children).map(|_| tree(below, id)).collect();
    let people = if children.is_empty() { (*people).max(1) } else { *people };
    safe(own, people, children)
}

/// Everyone who is no Safe signs, half of them as a message.
fn collect(root: &SafeNode, action: &Action) -> Collection {
    let steps = root.steps(CHAIN, action);
    let mut collection = Collection::default();
    for step in &steps {
        for n in 0..100 {
            let signer = key(u64::try_from(step.safe.nonce / U256::from(7)).unwrap() * 100 + n);
            if !step.safe.owners.contains(&signer.address()) {
                break;
            }
            let consent = if n % 2 == 0 {
                Consent::of_hash(&signer.sign_hash_sync(&step.hashes.safe_tx).unwrap())
            } else {
                Consent::of_message(&signer.sign_message_sync(step.hashes.safe_tx.as_slice()).unwrap())
            };
            let signature = Signature {
                chain_id: CHAIN,
                safe: step.safe.address,
                safe_tx_hash: step.hashes.safe_tx,
                owner: signer.address(),
                consent,
            };
            collection.accept(CHAIN, &steps, &Known::default(), signature).expect("a sound signature");
        }
    }
    collection
}

fn calls(count: u8) -> Action {
    let call =
        Call { to: TARGET, value: U256::ZERO, data: bytes!("abcd"), operation: Operation::Call, allow_failure: false };
    let data = Batch::Aggregate3Value.encode(&vec![call; usize::from(count)]).unwrap();
    Action { to: ephor_abi::batch::MULTICALL3, data, operation: Operation::DelegateCall, ..Action::default() }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn what_is_hashed_here_is_accepted_there(
        shape in prop::collection::vec((0_u64..3, 0_u64..3), 0..4), count in 1_u8..4,
    ) {
        let root = tree(&shape, &mut 0);
        root.check().expect("a sound tree");
        let action = calls(count);
        let collected = collect(&root, &action);
        let steps = root.steps(CHAIN, &action);
        prop_assert!(collected.status(&steps).iter().all(|level| level.ready));
        let mut stage = Stage::new(CHAIN, &root, &world()).unwrap();
        for step in &steps {
            let asked = ISafe::getTransactionHashCall {
                to: step.action.to,
                value: step.action.value,
                data: step.action.data.clone(),
                operation: step.action.operation.number(),
                safeTxGas: U256::ZERO,
                baseGas: U256::ZERO,
                gasPrice: U256::ZERO,
                gasToken: Address::ZERO,
                refundReceiver: Address::ZERO,
                _nonce: step.safe.nonce,
            };
            let answer = stage.send(Address::ZERO, step.safe.address, asked.abi_encode()).unwrap();
            prop_assert_eq!(B256::from_slice(&answer.output), step.hashes.safe_tx);
        }
        let simulation = stage.run_with(&root, &action, &collected).unwrap();
        prop_assert!(simulation.succeeded(), "{:?}", simulation.executed);
        prop_assert_eq!(stage.executor().state().slot(TARGET, U256::ZERO), U256::from(count));
    }

    #[test]
    fn any_altered_bit_is_refused(bit in 0_usize..65 * 8, in_data in any::<bool>(), people in 1_u64..3) {
        let root = safe(2, people, Vec::new());
        let action = calls(1);
        let mut signatures = collect(&root, &action).of(root.address);
        let mut altered = action.clone();
        if in_data {
            let mut data = action.data.to_vec();
            let at = bit % (data.len() * 8);
            data[at / 8] ^= 1 << (at % 8);
            altered.data = data.into();
        } else {
            let Consent::Signed { signature } = &mut signatures[0].consent else { unreachable!() };
            let mut bytes = signature.to_vec();
            bytes[bit / 8] ^= 1 << (bit % 8);
            *signature = bytes.into();
        }
        let steps = root.steps(CHAIN, &action);
        let mut stage = Stage::new(CHAIN, &root, &world()).unwrap();
        // What is executed is the altered transaction with signatures of the original, or the other way round.
        let step = ephor_ceremony::Step { action: altered, ..steps[0].clone() };
        let executed = stage.execute(&root, &step, &signatures).unwrap();
        prop_assert!(executed.failure.is_some());
        if !in_data {
            let refused = Collection::default().accept(CHAIN, &steps, &Known::default(), signatures.swap_remove(0));
            prop_assert!(refused.is_err());
        }
    }

    #[test]
    fn a_rotation_leads_where_it_should(
        now in prop::collection::btree_set(2_u8..20, 1..9), wanted in prop::collection::btree_set(2_u8..20, 1..9),
        had in 1_u64..9, wants in 1_u64..9,
    ) {
        let owners = |set: &std::collections::BTreeSet<u8>, threshold: u64| Owners {
            owners: set.iter().map(|byte| Address::repeat_byte(*byte)).collect(),
            threshold: threshold.min(set.len() as u64),
        };
        let (had, wants) = (owners(&now, had), owners(&wanted, wants));
        let floor = had.threshold.min(wants.threshold);
        let mut root = safe(3, 1, Vec::new());
        (root.owners, root.threshold) = (had.owners.clone(), had.threshold);
        let plan = rotation::plan(root.address, &had, &wants, floor).unwrap();
        let mut stage = Stage::new(CHAIN, &root, &world()).unwrap();
        let ask = |stage: &mut Stage, call: Vec<u8>| stage.send(Address::ZERO, root.address, call).unwrap().output;
        for change in &plan {
            let call = change.call(root.address);
            let outcome = stage.send(root.address, root.address, call.data).unwrap();
            prop_assert!(outcome.is_success(), "{change}: {:?}", outcome.output);
            let threshold = U256::from_be_slice(&ask(&mut stage, ISafe::getThresholdCall {}.abi_encode()));
            prop_assert!(threshold >= U256::from(floor), "{change}: {threshold}");
        }
        let listed = ask(&mut stage, ISafe::getOwnersCall {}.abi_encode());
        let mut listed = ISafe::getOwnersCall::abi_decode_returns(&listed).unwrap();
        listed.sort();
        prop_assert_eq!(listed, wants.owners.clone());
        let threshold = U256::from_be_slice(&ask(&mut stage, ISafe::getThresholdCall {}.abi_encode()));
        prop_assert_eq!(threshold, U256::from(wants.threshold));
        let (leaving, coming) = (now.difference(&wanted).count(), wanted.difference(&now).count());
        let alone = usize::from(leaving == coming && had.threshold != wants.threshold);
        prop_assert_eq!(plan.len(), leaving.max(coming) + alone);
    }
}

/// The tree of a real task: the root Safe and the Safes above which it stands, or the one Safe.
fn real(task: &Task) -> Option<(SafeNode, Action)> {
    let first = task.signers.first()?;
    if task.signers.iter().any(|signer| signer.eip712_domain_has_chain_id == Some(false)) {
        return None;
    }
    let node = |address, nonce: u64| SafeNode::new(address, Release::V1_3_0, U256::from(nonce));
    let to = |to: Option<Address>| to.unwrap_or(ephor_abi::batch::MULTICALL3);
    let action = |to| Action {
        to,
        data: task.multicall_data.clone(),
        operation: Operation::DelegateCall,
        refund: Refund::default(),
        value: U256::ZERO,
    };
    if first.kind == SignerKind::Direct {
        return (task.signers.len() == 1).then(|| (node(first.safe, first.nonce), action(to(first.to))));
    }
    let mut root = node(first.root_safe?, first.root_nonce?);
    for signer in &task.signers {
        if signer.root_safe != first.root_safe || signer.kind != SignerKind::Nested {
            return None;
        }
        let formula = signer.data.as_deref().unwrap_or_default();
        let approval = if formula.starts_with("aggregate3(") { Approval::Aggregate3 } else { Approval::default() };
        root.children.push(SafeNode { approval, ..node(signer.safe, signer.nonce) });
    }
    Some((root, action(to(first.root_to))))
}

#[test]
fn real_tasks_are_executed_with_their_published_hashes() {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../data/optimism/signing-tasks.json");
    let tasks = TaskFile::parse(&fs::read(path).unwrap()).unwrap().tasks;
    let (mut hashed, mut succeeded) = (0, 0);
    for task in &tasks {
        let Some((root, action)) = real(task) else { continue };
        let mut stage = Stage::new(task.chain_id, &root, &World::default()).unwrap();
        let simulation = stage.run(&root, &action).unwrap();
        for signer in &task.signers {
            let run = simulation.executed.iter().find(|run| run.safe == signer.safe).unwrap();
            assert_eq!(run.safe_tx_hash, signer.safe_tx_hash, "{}", task.id);
        }
        hashed += 1;
        let (last, before) = simulation.executed.split_last().unwrap();
        assert!(before.iter().all(|run| run.failure.is_none()), "{}: {before:?}", task.id);
        if simulation.succeeded() {
            let nonce = last.changes.iter().find(|change| change.account == root.address && change.meaning == "nonce");
            assert_eq!(nonce.unwrap().after, root.nonce + U256::ONE);
            succeeded += 1;
        } else {
            // Its calls change owners of the Safe, and those are not in the data.
            assert_eq!(last.failure.as_deref(), Some("GS013"), "{}", task.id);
            let own = Batch::decode(&action.data).unwrap().1.iter().any(|call| call.to == root.address);
            assert!(own, "{}: {last:?}", task.id);
        }
    }
    assert!(hashed >= 80 && succeeded >= 70, "{hashed} {succeeded}");
}

#[test]
fn a_state_diff_names_what_it_knows() {
    let root = safe(2, 2, Vec::new());
    let newcomer = Address::repeat_byte(0x77);
    let had = Owners { owners: root.owners.clone(), threshold: 2 };
    let wants = Owners { owners: vec![root.owners[0], newcomer], threshold: 2 };
    let plan = rotation::plan(root.address, &had, &wants, 2).unwrap();
    let call = plan[0].call(root.address);
    let action = Action { to: call.to, data: call.data, ..Action::default() };
    let simulation = Stage::new(CHAIN, &root, &world()).unwrap().run(&root, &action).unwrap();
    let mut meanings: Vec<&str> = simulation.executed[0].changes.iter().map(|change| change.meaning.as_str()).collect();
    meanings.sort_unstable();
    let expected = [
        format!("list of owners: the one after {newcomer}"),
        format!("list of owners: the one after {}", root.owners[0]),
        format!("list of owners: the one after {}", root.owners[1]),
        "nonce".to_owned(),
    ];
    let mut expected: Vec<&str> = expected.iter().map(String::as_str).collect();
    expected.sort_unstable();
    assert_eq!(meanings, expected);
}

#[test]
fn contract_signatures_are_encoded_as_the_safe_reads_them() {
    let mut root = safe(2, 1, Vec::new());
    root.owners.push(TARGET);
    root.threshold = 2;
    // A contract that answers every question with the value that stands for yes.
    let yes: Bytes = bytes!("6320c13b0b60e01b60005260206000f3");
    let mut world = world();
    world.accounts.insert(TARGET, WorldAccount { code: yes, ..WorldAccount::default() });
    let action = Action { to: Address::repeat_byte(9), ..Action::default() };
    let steps = root.steps(CHAIN, &action);
    let mut collection = collect(&root, &action);
    let signature = Signature {
        chain_id: CHAIN,
        safe: root.address,
        safe_tx_hash: steps[0].hashes.safe_tx,
        owner: TARGET,
        consent: Consent::Contract { data: bytes!("010203") },
    };
    let known = Known { accepted: [(root.address, vec![TARGET])].into(), ..Known::default() };
    assert!(collection.accept(CHAIN, &steps, &Known::default(), signature.clone()).is_err());
    collection.accept(CHAIN, &steps, &known, signature).unwrap();
    let mut stage = Stage::new(CHAIN, &root, &world).unwrap();
    let executed = stage.execute(&root, &steps[0], &collection.of(root.address)).unwrap();
    assert_eq!(executed.failure, None);
}
