//! The hashes of real upgrade tasks, as signers were told to expect them.
//!
//! `EPHOR_SIGNING_TASKS` names another file of the same form to check instead.

use std::{
    env, fs,
    path::{Path, PathBuf},
};

use alloy_primitives::U256;
use ephor_ceremony::{
    difference::{Cause, Member},
    task::{Finding, HashName, SignerKind, Task, TaskFile},
};

/// The task whose configuration states another nonce than its published hash has.
const DEFECT: &str = "sep/081-migrations-sop-1-set-respected-game-type";

fn shipped() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../data/optimism/signing-tasks.json")
}

fn tasks(path: &Path) -> Vec<Task> {
    let bytes = fs::read(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    TaskFile::parse(&bytes).expect("a file of tasks").tasks
}

fn findings(task: &Task) -> Vec<Finding> {
    task.verify().expect("a task that can be verified").findings
}

#[test]
fn every_task_gives_its_published_hashes() {
    let path = env::var_os("EPHOR_SIGNING_TASKS").map_or_else(shipped, PathBuf::from);
    let tasks = tasks(&path);
    assert!(!tasks.is_empty());
    let mut compared = 0;
    for task in &tasks {
        for (signer, hashes) in task.signers.iter().zip(task.verify().unwrap().hashes) {
            assert_eq!(hashes.domain, signer.domain_hash, "{}", task.id);
            assert_eq!(hashes.message, signer.message_hash, "{}", task.id);
            assert_eq!(hashes.safe_tx, signer.safe_tx_hash, "{}", task.id);
            compared += 1;
        }
    }
    assert!(compared >= tasks.len());
}

#[test]
fn all_85_shipped_tasks_are_verified_and_one_is_defective() {
    let tasks = tasks(&shipped());
    assert_eq!(tasks.len(), 85);
    assert_eq!(tasks.iter().map(|task| task.signers.len()).sum::<usize>(), 133);
    for task in &tasks {
        let findings = findings(task);
        if task.id == DEFECT {
            let [finding] = &findings[..] else { panic!("{findings:?}") };
            assert_eq!(finding.hash, HashName::Message);
            assert_eq!(finding.expected, task.signers[0].message_hash);
            let (safe, stated, expected) = (task.signers[0].safe, U256::from(106), U256::from(101));
            assert_eq!(finding.cause, Cause::Nonce { safe, stated, expected });
            let told = format!("nonce of Safe {safe} off by 5: 106 is stated, the hash is that of 101");
            assert_eq!(finding.cause.to_string(), told);
        } else {
            assert_eq!(findings, [], "{}", task.id);
        }
    }
}

#[track_caller]
fn check(kind: SignerKind, alter: impl Fn(&mut Task), expected: impl Fn(&Cause) -> bool) {
    let fits = |task: &Task| {
        let signer = &task.signers[0];
        task.id != DEFECT && signer.kind == kind && signer.eip712_domain_has_chain_id != Some(false)
    };
    for mut task in tasks(&shipped()).into_iter().filter(fits).take(5) {
        task.nonce_overrides.clear();
        alter(&mut task);
        let causes: Vec<Cause> = findings(&task).into_iter().map(|finding| finding.cause).collect();
        assert!(causes.iter().any(&expected), "{}: {causes:?}", task.id);
    }
}

#[test]
fn a_difference_is_traced_to_its_input() {
    use SignerKind::{Direct, Nested};
    check(Direct, |task| task.signers[0].nonce += 7, |cause| matches!(cause, Cause::Nonce { .. }));
    check(Nested, |task| task.signers[0].nonce += 7, |cause| matches!(cause, Cause::Nonce { .. }));
    check(
        Nested,
        |task| task.signers[0].root_nonce = task.signers[0].root_nonce.map(|nonce| nonce + 2),
        |cause| matches!(cause, Cause::Nonce { stated, expected, .. } if *stated == expected + U256::from(2)),
    );
    check(Direct, |task| task.chain_id = 10, |cause| matches!(cause, Cause::Chain { stated: 10, .. }));
    check(
        Direct,
        |task| task.signers[0].eip712_domain_has_chain_id = Some(false),
        |cause| matches!(cause, Cause::Release { .. }),
    );
    check(
        Direct,
        |task| task.signers[0].operation = Some(0),
        |cause| matches!(cause, Cause::Transaction { member: Member::Operation, .. }),
    );
    let garbled = |task: &mut Task| task.multicall_data = [&task.multicall_data[..], &[0]].concat().into();
    check(Direct, garbled, |cause| *cause == Cause::Unexplained);
    check(Nested, garbled, |cause| matches!(cause, Cause::Parent { .. }));
}

#[test]
fn any_altered_bit_of_the_calldata_changes_the_hash() {
    let original = tasks(&shipped()).swap_remove(20);
    for bit in (0..original.multicall_data.len() * 8).step_by(97) {
        let mut data = original.multicall_data.to_vec();
        data[bit / 8] ^= 1 << (bit % 8);
        let task = Task { multicall_data: data.into(), ..original.clone() };
        assert!(!findings(&task).is_empty(), "bit {bit}");
    }
}

#[test]
fn a_file_with_two_meanings_is_refused() {
    let error = TaskFile::parse(br#"{"tasks": [], "tasks": []}"#).unwrap_err().to_string();
    assert!(error.contains("the key \"tasks\" stands twice"), "{error}");
    assert!(TaskFile::parse("\u{feff}{\"tasks\": []}".as_bytes()).is_ok());
}
