//! How long it takes to verify real tasks: each must take under 5 ms, a thousand under 2 s.

use std::{collections::BTreeMap, fs, hint::black_box, path::PathBuf};

use alloy_primitives::U256;
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use ephor_ceremony::{
    Action, Bundle, Ceremony, Operation, Release, SafeNode,
    task::{Task, TaskFile},
};

fn tasks() -> Vec<Task> {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../data/optimism/signing-tasks.json");
    TaskFile::parse(&fs::read(path).expect("the shipped tasks")).expect("a file of tasks").tasks
}

/// The bundle of a task, with its outline.
fn bundle(task: &Task) -> Bundle {
    let signer = &task.signers[0];
    let ceremony = Ceremony {
        title: task.id.clone(),
        chain_id: task.chain_id,
        root: SafeNode::new(signer.safe, Release::V1_3_0, U256::from(signer.nonce)),
        action: Action {
            to: ephor_abi::batch::MULTICALL3,
            data: task.multicall_data.clone(),
            operation: Operation::DelegateCall,
            ..Action::default()
        },
        names: BTreeMap::new(),
        former_owners: BTreeMap::new(),
        world: None,
    };
    Bundle::of(&ceremony).expect("a bundle")
}

fn verify(criterion: &mut Criterion) {
    let tasks = tasks();
    let mut group = criterion.benchmark_group("tasks");
    let largest = tasks.iter().max_by_key(|task| task.multicall_data.len()).expect("tasks");
    group.bench_function("verify the largest", |bencher| bencher.iter(|| black_box(largest).verify()));
    let bundle = bundle(largest);
    group.bench_function("verify the bundle of the largest", |bencher| {
        bencher.iter(|| black_box(&bundle).verify().expect("a bundle"));
    });
    group.throughput(Throughput::Elements(1_000));
    group.sample_size(10);
    group.bench_function("verify a thousand", |bencher| {
        bencher.iter(|| {
            let thousand = tasks.iter().cycle().take(1_000);
            thousand.map(|task| black_box(task).verify().map_or(0, |verified| verified.findings.len())).sum::<usize>()
        });
    });
    group.finish();
}

criterion_group!(benches, verify);
criterion_main!(benches);
