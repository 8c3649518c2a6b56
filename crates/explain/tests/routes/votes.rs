//! What is presented against what was voted: transports that do more than they carry, and payloads of very many calls.

use alloy_primitives::{Address, Bytes, U256};
use alloy_sol_types::SolCall;
use ephor_abi::{
    batch::{
        IMultiSend::multiSendCall,
        IMulticall3::{Call3Value, aggregate3ValueCall},
        MULTI_SEND_CALL_ONLY_1_3_0, MULTICALL3,
    },
    safe::ISafe::execTransactionCall,
    timelock::ITimelock::executeBatchCall,
};
use ephor_charter::Part;
use ephor_explain::{Explanation, Payload, Verdict, explain, verify};

use crate::world::{A, B, C, contract, knowledge, on, transferCall};

const SAFE: Address = Address::repeat_byte(0x5a);

fn explanation(payload: Payload) -> Explanation {
    explain(payload, &knowledge()).expect("short")
}

/// The operation of the L1 timelock that was voted: a payment.
fn operation() -> (Address, Bytes) {
    let call = executeBatchCall {
        targets: vec![C],
        values: vec![U256::ZERO],
        payloads: vec![transferCall { to: A, amount: U256::from(5) }.abi_encode().into()],
        predecessor: Default::default(),
        salt: Default::default(),
    };
    (contract(Part::L1Timelock, "ethereum"), call.abi_encode().into())
}

fn voted() -> Explanation {
    let (timelock, data) = operation();
    explanation(on(1, timelock, data.to_vec()))
}

/// A transaction of a Safe whose batch makes the voted call with `handed` wei, by way of `batch`, with `sent` wei.
fn presented(batch: Address, operation_number: u8, sent: u64, handed: u64) -> Verdict {
    let (target, data) = operation();
    let call = Call3Value { target, allowFailure: false, value: U256::from(handed), callData: data };
    let transaction = execTransactionCall {
        to: batch,
        value: U256::from(sent),
        data: aggregate3ValueCall { calls: vec![call] }.abi_encode().into(),
        operation: operation_number,
        safeTxGas: U256::ZERO,
        baseGas: U256::ZERO,
        gasPrice: U256::ZERO,
        gasToken: Address::ZERO,
        refundReceiver: Address::ZERO,
        signatures: Bytes::new(),
    };
    verify(&voted(), &explanation(on(1, SAFE, transaction.abi_encode())))
}

#[track_caller]
fn check(verdict: &Verdict, differences: &[&str]) {
    let found: Vec<&str> = verdict.differences.iter().map(|difference| difference.field.as_str()).collect();
    assert_eq!((found, verdict.is_same()), (differences.to_vec(), differences.is_empty()), "{verdict:#?}");
}

#[test]
fn lets_known_batches_carry_what_was_voted() {
    check(&presented(MULTICALL3, 1, 0, 0), &[]);
    check(&presented(MULTICALL3, 0, 0, 0), &[]);
    check(&presented(MULTICALL3, 0, 7, 7), &[]);
}

#[test]
fn does_not_trust_contracts_that_only_claim_to_be_batches() {
    check(&presented(B, 1, 0, 0), &["unknown code"]);
    check(&presented(B, 0, 0, 0), &["unknown code"]);
}

#[test]
fn finds_value_that_a_batch_keeps() {
    check(&presented(MULTICALL3, 0, 8, 7), &["value"]);
}

fn packed(calls: impl Iterator<Item = (Address, u64)>) -> Explanation {
    let mut transactions = Vec::new();
    for (to, amount) in calls {
        let data = transferCall { to, amount: U256::from(amount) }.abi_encode();
        transactions.push(0);
        transactions.extend(C);
        transactions.extend(U256::ZERO.to_be_bytes::<32>());
        transactions.extend(U256::from(data.len()).to_be_bytes::<32>());
        transactions.extend(data);
    }
    let data = multiSendCall { transactions: transactions.into() }.abi_encode();
    explanation(on(1, MULTI_SEND_CALL_ONLY_1_3_0, data))
}

#[test]
fn compares_very_many_calls_in_a_time_that_does_not_grow_with_their_cube() {
    const CALLS: u64 = 5_000;
    // All the same, and one more; without an order of what is matched already this takes minutes.
    let same = |count: u64| packed((0..count).map(|_| (A, 1)));
    let verdict = verify(&same(CALLS), &same(CALLS + 1));
    assert_eq!((verdict.matches.len() as u64, verdict.differences.len()), (CALLS, 1));
    assert_eq!(verdict.differences[0].field, "made twice");
    // Half of them as voted, half not.
    let voted = packed((0..CALLS).map(|amount| (A, amount)));
    let verdict = verify(&voted, &packed((0..CALLS).map(|amount| (if amount % 2 == 0 { A } else { B }, amount))));
    assert_eq!(verdict.matches.len() as u64, CALLS / 2);
    assert!(!verdict.is_same());
}
