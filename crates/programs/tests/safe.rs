//! What a Safe does that the recorded traces do not show: refunds that are paid, guards that refuse.

mod world;

use std::sync::Arc;

use alloy_primitives::{Address, Bytes, U256, bytes};
use alloy_sol_types::{Revert, SolCall, SolError, SolEvent};
use ephor_abi::safe::ISafe;
use ephor_chain::{Code, Executor, Outcome, SpecId, Status};
use ephor_programs::SAFE;
use world::{OWNER, REVERT};

const AT: Address = Address::repeat_byte(0x77);
const CONTRACT: Address = Address::repeat_byte(0xC0);

/// Stops without data.
const STOP: Bytes = bytes!("00");
/// Reverts without data.
const REVERT_EMPTY: Bytes = bytes!("60006000fd");

/// Returns the word 1 in as many bytes as said.
fn one(bytes: u8) -> Bytes {
    [0x60, 1, 0x60, 0, 0x52, 0x60, bytes, 0x60, 0, 0xF3].into()
}

/// A Safe with one owner at [`AT`], and `code` at [`CONTRACT`].
fn safe(code: Bytes) -> Executor {
    let mut executor = Executor::new(Arc::new(ephor_programs::all()), 42161, SpecId::PRAGUE);
    world::install(&mut executor, AT, SAFE);
    executor.install(CONTRACT, &Code::Evm(code), []);
    executor
}

#[track_caller]
fn send(executor: &mut Executor, from: Address, data: Vec<u8>) -> Outcome {
    world::send(executor, from, AT, data)
}

/// A transaction of the owner, who agrees by sending it.
fn transaction(gas_price: u64, gas_token: Address) -> ISafe::execTransactionCall {
    ISafe::execTransactionCall {
        safeTxGas: U256::from(50_000),
        baseGas: U256::from(1_000_000),
        gasPrice: U256::from(gas_price),
        gasToken: gas_token,
        refundReceiver: OWNER,
        ..world::transaction(OWNER, Bytes::new(), 0)
    }
}

#[track_caller]
fn check_refund(token: Bytes, paid: bool) {
    let mut executor = safe(token);
    let outcome = send(&mut executor, OWNER, transaction(3, CONTRACT).abi_encode());
    if paid {
        assert!(outcome.is_success(), "{outcome:?}");
        let event = ISafe::ExecutionSuccess::decode_log(&outcome.logs[0]).expect("the event of a success");
        assert!(event.payment > U256::from(3_000_000) && event.payment < U256::from(3_300_000), "{}", event.payment);
    } else {
        assert_eq!(outcome.status, Status::Revert);
        assert_eq!(outcome.output, Revert::from("GS012").abi_encode());
    }
}

#[test]
fn a_refund_needs_a_token_that_says_yes_or_nothing() {
    check_refund(STOP, true);
    check_refund(one(32), true);
    check_refund(one(31), false);
    check_refund(one(64), false);
    check_refund(bytes!("60206000f3"), false);
    check_refund(REVERT, false);
    check_refund(REVERT_EMPTY, false);
}

#[track_caller]
fn check_guard(guard: Bytes, expected: &Status) {
    let mut executor = safe(guard);
    assert!(send(&mut executor, AT, ISafe::setGuardCall { guard: CONTRACT }.abi_encode()).is_success());
    let outcome = send(&mut executor, OWNER, transaction(0, Address::ZERO).abi_encode());
    assert_eq!(&outcome.status, expected, "{outcome:?}");
    let nonce = send(&mut executor, OWNER, ISafe::nonceCall {}.abi_encode());
    let used = U256::from(u8::from(outcome.is_success()));
    assert_eq!(U256::from_be_slice(&nonce.output), used);
}

#[test]
fn a_guard_lets_pass_or_undoes_everything() {
    check_guard(STOP, &Status::Success);
    check_guard(REVERT, &Status::Revert);
    check_guard(REVERT_EMPTY, &Status::Revert);
    // No code at the guard's address: the call of an interface refuses.
    check_guard(Bytes::new(), &Status::Revert);
}

#[test]
fn the_gas_of_a_transaction_is_told_by_reverting() {
    let mut executor = safe(REVERT_EMPTY);
    let mut ask = |to| {
        let call = ISafe::requiredTxGasCall { to, value: U256::ZERO, data: Bytes::new(), operation: 0 };
        send(&mut executor, AT, call.abi_encode())
    };
    let told = ask(OWNER);
    assert_eq!(told.status, Status::Revert);
    assert!(told.output.starts_with(&Revert::SELECTOR) && told.output.len() == 100, "{told:?}");
    let gas = U256::from_be_slice(&told.output[68..]);
    assert!(gas > U256::ZERO && gas < U256::from(100_000), "{gas}");
    assert!(ask(CONTRACT).output.is_empty());
}
