//! What casting ballots and selecting winners cost in time, on one thread.
//!
//! `endorse` and `vote` cast a thousand ballots, one message each, from delegates in turn, for twenty candidates in turn, and
//! keep their effects. A ballot asks the token for the voter's power, then the token for the threshold or the nominee election for
//! the nominee's compliance, and writes two tallies and two logs. `winners` selects among five hundred nominees.

use std::hint::black_box;

use alloy_primitives::U256;
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use ephor_benches::Term;

const BALLOTS: usize = 1_000;
const DELEGATES: u64 = 1_000;
const CANDIDATES: u64 = 20;

fn ballots(c: &mut Criterion) {
    let mut group = c.benchmark_group("ballots");
    group.throughput(Throughput::Elements(BALLOTS as u64));

    let mut term = Term::endorsing(DELEGATES, CANDIDATES);
    let pairs: Vec<_> = (0..BALLOTS).map(|n| (term.delegates[n], term.contenders[n % term.contenders.len()])).collect();
    group.bench_function("endorse", |b| {
        b.iter(|| {
            for &(voter, contender) in &pairs {
                black_box(term.endorse(voter, contender, U256::ONE));
            }
        });
    });
    term.elect();
    group.bench_function("vote", |b| {
        b.iter(|| {
            for &(voter, nominee) in &pairs {
                black_box(term.vote(voter, nominee, U256::ONE));
            }
        });
    });
    group.finish();
}

fn winners(c: &mut Criterion) {
    let mut term = Term::endorsing(0, 500);
    term.elect();
    c.bench_function("winners", |b| b.iter(|| black_box(term.top_nominees())));
}

criterion_group!(benches, ballots, winners);
criterion_main!(benches);
