//! Explaining every recorded proposal.

use std::{hint::black_box, path::Path};

use criterion::{Criterion, criterion_group, criterion_main};
use ephor_charter::Charter;
use ephor_explain::{Book, Knowledge, Payload, explain, input, verify};

fn proposals(c: &mut Criterion) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let text = std::fs::read_to_string(root.join("data/arbitrum/governance-proposals.json")).expect("the proposals");
    let charter = Charter::load(root.join("charters/arbitrum.toml")).expect("the charter");
    let knowledge = Knowledge { book: Book::of(&charter), ..Knowledge::default() };
    let payloads: Vec<Payload> = input::read(&text).expect("proposals").iter().map(input::Subject::payload).collect();
    c.bench_function("explain all proposals", |b| {
        b.iter(|| {
            for payload in &payloads {
                black_box(explain(payload.clone(), &knowledge).expect("short"));
            }
        });
    });
    let all: Vec<_> = payloads.iter().map(|payload| explain(payload.clone(), &knowledge).expect("short")).collect();
    c.bench_function("verify all proposals against themselves", |b| {
        b.iter(|| {
            for explanation in &all {
                assert!(black_box(verify(explanation, explanation)).is_same());
            }
        });
    });
}

criterion_group!(benches, proposals);
criterion_main!(benches);
