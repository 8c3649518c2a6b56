//! How long it takes to verify real tasks: each must take under 5 ms, a thousand under 2 s.

use std::{fs, hint::black_box, path::PathBuf};

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use ephor_ceremony::task::{Task, TaskFile};

fn tasks() -> Vec<Task> {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../data/optimism/signing-tasks.json");
    TaskFile::parse(&fs::read(path).expect("the shipped tasks")).expect("a file of tasks").tasks
}

fn verify(criterion: &mut Criterion) {
    let tasks = tasks();
    let mut group = criterion.benchmark_group("tasks");
    let largest = tasks.iter().max_by_key(|task| task.multicall_data.len()).expect("tasks");
    group.bench_function("verify the largest", |bencher| bencher.iter(|| black_box(largest).verify()));
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
