//! What ballots and the selection of winners cost in time, on one thread.
//!
//! Ten thousand delegates cast a ballot each, with one vote, for twenty candidates in turn, in blocks of a thousand. A ballot is
//! `castVoteWithReasonAndParams` of the contract that is deployed: it asks the token for the voter's power, then the token for the
//! threshold or the nominee election for the nominee's compliance, and writes what was used, the tally and the logs. A block makes
//! receipts, blooms and hashes as any other. Every measurement starts from the same state.
//!
//! | benchmark | what is measured |
//! |---|---|
//! | `ballots/call` | the calls of endorsements alone: executed, and their effects dropped |
//! | `ballots/endorse`, `ballots/vote` | executing and making blocks, signatures aside |
//! | `ballots/recovery` | recovering the senders of as many signed endorsements, alone |
//! | `ballots/signed` | recovering and executing them |
//! | `winners` | selecting six among five hundred nominees |
//!
//! Between them the ratio of `signed` to `recovery` is printed, by the wall clock, of measurements taken in turn: a block's
//! transactions and receipts are written down on a second thread, which the clock sees and the time of one thread does not. All but `winners` and
//! this ratio count the time that the thread is on a processor.

use std::{
    cell::RefCell,
    hint::black_box,
    time::{Duration, Instant},
};

use alloy_consensus::TxEnvelope;
use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use ephor_benches::{CpuTime, Term};
use ephor_chain::SignedTx;

const BALLOTS: usize = 10_000;
const CANDIDATES: u64 = 20;
const ROUNDS: usize = 9;

/// A term that every measurement finds as the first one did.
struct Again {
    term: Term,
    start: ephor_chain::SnapshotId,
}

impl Again {
    fn new(mut term: Term) -> RefCell<Self> {
        let start = term.snapshot();
        RefCell::new(Self { term, start })
    }

    fn back(&mut self) {
        self.term.revert(self.start);
        self.start = self.term.snapshot();
    }
}

fn recover(ballots: Vec<TxEnvelope>) -> Vec<SignedTx> {
    ballots.into_iter().map(|ballot| SignedTx::recover(ballot).expect("a valid signature")).collect()
}

fn ballots(c: &mut Criterion<CpuTime>) {
    let mut group = c.benchmark_group("ballots");
    group.throughput(Throughput::Elements(BALLOTS as u64)).sample_size(20);

    let term = Term::endorsing(BALLOTS as u64, CANDIDATES);
    let endorsements = term.endorsements(BALLOTS);
    let signed = term.signed(&endorsements);
    let term = Again::new(term);
    group.bench_function("call", |b| b.iter(|| term.borrow_mut().term.ask(&endorsements)));
    group.bench_function("endorse", |b| {
        let ready = || {
            term.borrow_mut().back();
            endorsements.clone()
        };
        b.iter_batched(ready, |ballots| term.borrow_mut().term.hold(ballots), BatchSize::PerIteration);
    });
    group.bench_function("recovery", |b| {
        b.iter_batched(|| signed.clone(), |ballots| black_box(recover(ballots)), BatchSize::PerIteration);
    });
    group.bench_function("signed", |b| {
        let ready = || {
            term.borrow_mut().back();
            signed.clone()
        };
        b.iter_batched(ready, |ballots| term.borrow_mut().term.hold_signed(recover(ballots)), BatchSize::PerIteration);
    });
    ratio(&mut term.borrow_mut(), &signed);

    let mut term = Term::endorsing(BALLOTS as u64, CANDIDATES);
    term.elect();
    let votes = term.votes(BALLOTS);
    let term = Again::new(term);
    group.bench_function("vote", |b| {
        let ready = || {
            term.borrow_mut().back();
            votes.clone()
        };
        b.iter_batched(ready, |ballots| term.borrow_mut().term.hold(ballots), BatchSize::PerIteration);
    });
    group.finish();
}

/// Measures recovering alone and with executing in turn, and prints the middle one of the ratios.
fn ratio(again: &mut Again, signed: &[TxEnvelope]) {
    let mut ratios: Vec<f64> = (0..ROUNDS)
        .map(|_| {
            again.back();
            let ballots = signed.to_vec();
            let alone = elapsed(|| drop(black_box(recover(ballots))));
            let ballots = signed.to_vec();
            let both = elapsed(|| again.term.hold_signed(recover(ballots)));
            both.as_secs_f64() / alone.as_secs_f64()
        })
        .collect();
    ratios.sort_by(f64::total_cmp);
    println!("signed ballots take {:.2} times as long as recovering their signatures alone", ratios[ROUNDS / 2]);
}

/// How long something takes by the wall clock.
#[expect(clippy::disallowed_methods, reason = "measuring time is what this is for")]
fn elapsed(work: impl FnOnce()) -> Duration {
    let start = Instant::now();
    work();
    start.elapsed()
}

fn winners(c: &mut Criterion) {
    let mut term = Term::endorsing(0, 500);
    term.elect();
    c.bench_function("winners", |b| b.iter(|| black_box(term.top_nominees())));
}

criterion_group! {
    name = one_by_one;
    config = Criterion::default().with_measurement(CpuTime);
    targets = ballots
}
criterion_group!(at_once, winners);
criterion_main!(one_by_one, at_once);
