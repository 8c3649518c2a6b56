//! How long it takes to explain recorded proposals, the largest that fits into a transaction, and one made to cost as much as it can.

use std::{hint::black_box, path::Path};

use alloy_primitives::{Address, Bytes, U256, keccak256};
use criterion::{Criterion, criterion_group, criterion_main};
use ephor_charter::Charter;
use ephor_explain::{Book, Knowledge, Payload, explain, input, types::Function, verify};

/// A proposal of so many payments: 600 of them take 123 KiB, and a transaction has room for 128.
fn payments(count: u64) -> Payload {
    let selector = Function::parse("transfer(address,uint256)").expect("a function").selector;
    let pay = |i: u64| {
        let words = [U256::from(0xbeef), U256::from(i)].map(|word| word.to_be_bytes::<32>());
        Bytes::from([&selector[..], &words.concat()].concat())
    };
    let proposal = input::Proposal {
        governor: None,
        targets: vec![Address::repeat_byte(1); usize::try_from(count).expect("small")],
        values: vec![U256::ZERO; usize::try_from(count).expect("small")],
        calldatas: (0..count).map(pay).collect(),
        description_hash: keccak256("payments"),
        stated_id: None,
    };
    proposal.payload()
}

/// Two thousand elements that all are the same 16 kB: nearly all that is looked at.
fn bomb() -> Payload {
    let selector = Function::parse("aggregate((address,bytes)[])").expect("a function").selector;
    let (count, length) = (2_000_usize, 16_000_usize);
    let mut words = vec![U256::from(32), U256::from(count)];
    words.extend(vec![U256::from(32 * count); count]);
    words.extend([U256::from(1), U256::from(64), U256::from(length)]);
    let mut data = selector.to_vec();
    data.extend(words.iter().flat_map(U256::to_be_bytes::<32>));
    data.resize(data.len() + length, 0xaa);
    Payload { data: data.into(), ..Payload::default() }
}

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
    let largest = payloads.iter().max_by_key(|payload| payload.data.len()).expect("a proposal");
    for (name, payload) in
        [("the largest recorded proposal", largest), ("600 payments", &payments(600)), ("a bomb", &bomb())]
    {
        c.bench_function(&format!("explain {name}"), |b| {
            b.iter(|| black_box(explain(payload.clone(), &knowledge).expect("short")));
        });
        let explanation = explain(payload.clone(), &knowledge).expect("short");
        c.bench_function(&format!("write {name}"), |b| b.iter(|| black_box(explanation.to_text(&knowledge.book))));
    }
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
