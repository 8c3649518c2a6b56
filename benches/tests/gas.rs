//! What the calls of an election cost in gas, on the EVM schedule for what they ask of the chain.
//!
//! The reference states 4,502,345 gas for selecting the winners among 500 nominees, its worst case. With the same storage, the
//! list of nominees and their weights alone are a thousand cold slots of 2,100 gas: 2.1 million cannot be saved. What can be is the
//! rest: slots that need not be read (who is excluded, when nobody is), and the sorting, which is not metered natively.

use alloy_primitives::U256;
use ephor_benches::{DELEGATED, SEATS, Term};

const NOMINEES: u64 = 500;
const REFERENCE_GAS: u64 = 4_502_345;
/// A list of five hundred and as many weights, all cold.
const UNAVOIDABLE_GAS: u64 = 2 * NOMINEES * 2_100;

#[test]
fn selects_among_five_hundred_nominees_for_little_more_than_their_storage() {
    let mut term = Term::endorsing(20, NOMINEES);
    // Five hundred thresholds are the whole supply, so nobody's votes may be missing.
    let all = U256::from(DELEGATED);
    term.hold(term.delegates.iter().map(|delegate| term.endorsement(*delegate, term.contenders[0], all)).collect());
    term.elect();
    let votes = term
        .delegates
        .iter()
        .enumerate()
        .map(|(place, delegate)| term.vote(*delegate, term.contenders[7 * place], all - U256::from(place)));
    term.hold(votes.collect());
    let (winners, gas) = term.top_nominees();
    let expected: Vec<_> = (0..SEATS).rev().map(|place| term.contenders[7 * place]).collect();
    assert_eq!(winners, expected);
    println!("{NOMINEES} nominees: {gas} gas, {UNAVOIDABLE_GAS} of it for cold slots; reference: {REFERENCE_GAS}");
    assert!(gas < UNAVOIDABLE_GAS + UNAVOIDABLE_GAS / 10, "{gas} gas");
    assert!(2 * gas < REFERENCE_GAS + REFERENCE_GAS / 20, "{gas} gas");
}
