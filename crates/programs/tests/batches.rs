//! Batches of calls, and what sets Safe 1.4.1 apart, on the embedded chain.

mod world;

use std::sync::Arc;

use alloy_primitives::{Address, B256, Bytes, U256, b256, bytes};
use alloy_sol_types::{Revert, SolCall, SolError, SolEvent, SolValue};
use ephor_abi::{
    batch::{
        IMultiSend::multiSendCall,
        IMulticall3::{Call3, Call3Value, aggregate3Call, aggregate3ValueCall},
        MULTI_SEND_1_3_0, MULTI_SEND_CALL_ONLY_1_3_0, MULTICALL3, MULTICALL3_DELEGATECALL,
    },
    safe::{ISafe, ISafeIndexed, ISafeL2},
};
use ephor_chain::{BlockEnv, Code, Executor, HaltReason, Message, Outcome, SpecId, Status};
use ephor_programs::{LIBRARIES, SAFE as SAFE_1_3_0, SAFE_1_4_1, SAFE_L2_1_4_1};
use world::{OWNER, REVERT, send};

const SAFE: Address = Address::repeat_byte(0x77);
const TARGET: Address = Address::repeat_byte(0xC0);

/// Writes the caller to slot 0.
const KEEP_CALLER: Bytes = bytes!("3360005500");

fn chain(target: Bytes) -> Executor {
    let mut executor = Executor::new(Arc::new(ephor_programs::all()), 1337, SpecId::PRAGUE);
    for (at, program) in LIBRARIES {
        executor.install(*at, &Code::Program(*program), []);
    }
    world::install(&mut executor, SAFE, SAFE_1_4_1);
    executor.install(TARGET, &Code::Evm(target), []);
    executor
}

/// The owner's Safe delegate-calls a batch.
#[track_caller]
fn through_safe(executor: &mut Executor, to: Address, data: Vec<u8>) -> Outcome {
    let call = world::transaction(to, data.into(), 1);
    send(executor, OWNER, SAFE, call.abi_encode())
}

fn kept(executor: &Executor, at: Address) -> Address {
    Address::from_word(executor.state().slot(at, U256::ZERO).into())
}

fn packed(operation: u8) -> Vec<u8> {
    let transactions = [&[operation][..], TARGET.as_slice(), &[0; 64]].concat();
    multiSendCall { transactions: transactions.into() }.abi_encode()
}

fn aggregate(allow_failure: bool) -> Vec<u8> {
    let call = Call3 { target: TARGET, allowFailure: allow_failure, callData: bytes!("abcd") };
    aggregate3Call { calls: vec![call] }.abi_encode()
}

#[test]
fn a_safe_calls_through_libraries_as_itself() {
    for (library, data, at) in [
        (MULTICALL3, aggregate(false), TARGET),
        (MULTI_SEND_1_3_0, packed(0), TARGET),
        (MULTI_SEND_CALL_ONLY_1_3_0, packed(0), TARGET),
    ] {
        let mut executor = chain(KEEP_CALLER);
        let outcome = through_safe(&mut executor, library, data);
        assert!(outcome.is_success(), "{outcome:?}");
        assert_eq!(kept(&executor, at), SAFE, "{library}");
    }
}

#[test]
fn a_delegate_call_writes_to_the_safe_itself() {
    for (library, data) in [(MULTICALL3_DELEGATECALL, aggregate(false)), (MULTI_SEND_1_3_0, packed(1))] {
        let mut executor = chain(KEEP_CALLER);
        assert!(through_safe(&mut executor, library, data).is_success());
        assert_eq!((kept(&executor, SAFE), kept(&executor, TARGET)), (OWNER, Address::ZERO), "{library}");
    }
}

#[test]
fn the_library_for_calls_alone_refuses_delegate_calls() {
    let mut executor = chain(KEEP_CALLER);
    let outcome = through_safe(&mut executor, MULTI_SEND_CALL_ONLY_1_3_0, packed(1));
    assert_eq!(outcome.output, Revert::from("GS013").abi_encode());
    let outcome = send(&mut executor, OWNER, MULTI_SEND_1_3_0, packed(0));
    assert_eq!(outcome.output, Revert::from("MultiSend should only be called via delegatecall").abi_encode());
}

#[test]
fn a_failure_is_told_or_undoes_everything() {
    let mut executor = chain(REVERT);
    let outcome = send(&mut executor, OWNER, MULTICALL3, aggregate(true));
    let results = aggregate3Call::abi_decode_returns(&outcome.output).expect("results");
    assert_eq!((results.len(), results[0].success), (1, false));
    assert_eq!(results[0].returnData, bytes!("abcd"));
    let outcome = send(&mut executor, OWNER, MULTICALL3, aggregate(false));
    assert_eq!(outcome.output, Revert::from("Multicall3: call failed").abi_encode());
    let outcome = send(&mut executor, OWNER, MULTI_SEND_CALL_ONLY_1_3_0, packed(0));
    assert!(!outcome.is_success() && outcome.output.is_empty());
}

/// The deployed contract reverts with a word too many where calls carry values, as it writes the length of its message by hand.
#[test]
fn a_failed_call_with_a_value_is_told_with_a_word_of_zeros_behind() {
    let call = Call3Value { target: TARGET, allowFailure: false, value: U256::ZERO, callData: Bytes::new() };
    let data = aggregate3ValueCall { calls: vec![call] }.abi_encode();
    let outcome = send(&mut chain(REVERT), OWNER, MULTICALL3, data);
    let told = [Revert::from("Multicall3: call failed").abi_encode(), vec![0; 32]].concat();
    assert_eq!(outcome.output, told);
}

#[test]
fn ether_must_come_along_with_the_values() {
    let mut executor = chain(bytes!("00"));
    executor.set_balance(OWNER, U256::from(100));
    let call = Call3Value { target: TARGET, allowFailure: false, value: U256::from(3), callData: Bytes::new() };
    let data = aggregate3ValueCall { calls: vec![call] }.abi_encode();
    let mut with = |wei: u64| {
        let message = Message::call(OWNER, MULTICALL3, data.clone()).with_value(U256::from(wei));
        executor.call(&BlockEnv::default(), message).expect("a message that can be executed")
    };
    assert_eq!(with(4).output, Revert::from("Multicall3: value mismatch").abi_encode());
    assert!(with(3).is_success());
    assert_eq!(executor.state().balance(TARGET), U256::from(3));
}

#[test]
fn safe_1_4_1_indexes_its_events_and_says_its_version() {
    let mut executor = chain(bytes!("00"));
    let add = ISafe::addOwnerWithThresholdCall { owner: TARGET, _threshold: U256::ONE };
    let outcome = send(&mut executor, SAFE, SAFE, add.abi_encode());
    assert_eq!(ISafeIndexed::AddedOwner::decode_log(&outcome.logs[0]).expect("the event").owner, TARGET);
    assert_eq!(outcome.logs[0].topics().len(), 2);
    let version = send(&mut executor, OWNER, SAFE, ISafe::VERSIONCall {}.abi_encode());
    assert_eq!(ISafe::VERSIONCall::abi_decode_returns(&version.output).expect("text"), "1.4.1");
}

#[track_caller]
fn check_refused(target: Bytes, from: Address, call: &impl SolCall, code: &str) {
    let outcome = send(&mut chain(target), from, SAFE, call.abi_encode());
    assert!(!outcome.is_success());
    assert_eq!(outcome.output, Revert::from(code).abi_encode());
}

#[test]
fn safe_1_4_1_refuses_what_1_3_0_lets_pass() {
    let no: Bytes = bytes!("60206000f3");
    check_refused(no, SAFE, &ISafe::setGuardCall { guard: TARGET }, "GS300");
    check_refused(bytes!("00"), SAFE, &ISafe::setFallbackHandlerCall { handler: SAFE }, "GS400");
    let page = |start, size: u64| ISafe::getModulesPaginatedCall { start, pageSize: U256::from(size) };
    check_refused(bytes!("00"), OWNER, &page(TARGET, 1), "GS105");
    check_refused(bytes!("00"), OWNER, &page(Address::with_last_byte(1), 0), "GS106");
    let signatures = [TARGET.into_word().as_slice(), &U256::from(65).to_be_bytes::<32>(), &[0], &[0; 32]].concat();
    let check = ISafe::checkSignaturesCall { dataHash: B256::ZERO, data: bytes!("00"), signatures: signatures.into() };
    check_refused(bytes!("00"), OWNER, &check, "GS027");
    // Gone: an unknown function is handed to the handler, and there is none.
    let gas = ISafe::requiredTxGasCall { to: OWNER, value: U256::ZERO, data: Bytes::new(), operation: 0 };
    assert!(send(&mut chain(bytes!("00")), OWNER, SAFE, gas.abi_encode()).is_success());
}

/// It looks for the last module of the page, and there is neither a page nor a list.
#[test]
fn safe_1_4_1_halts_over_a_page_of_modules_while_it_is_not_set_up() {
    let page = ISafe::getModulesPaginatedCall { start: Address::with_last_byte(1), pageSize: U256::from(5) };
    let ask = |program| {
        let mut executor = chain(bytes!("00"));
        executor.install(TARGET, &Code::Program(program), []);
        send(&mut executor, OWNER, TARGET, page.abi_encode()).status
    };
    assert_eq!(ask(SAFE_1_4_1), Status::Halt(HaltReason::InvalidFEOpcode));
    assert_eq!(ask(SAFE_1_3_0), Status::Success);
}

/// A Safe 1.4.1 of the L2 variant, with a module besides its owner.
fn l2() -> Executor {
    let mut executor = chain(bytes!("00"));
    executor.install(SAFE, &Code::Program(SAFE_L2_1_4_1), []);
    let enable = ISafe::enableModuleCall { module: TARGET };
    assert!(send(&mut executor, SAFE, SAFE, enable.abi_encode()).is_success());
    executor
}

#[test]
fn safe_l2_1_4_1_answers_as_1_4_1_does() {
    let mut executor = l2();
    let mut ask = |call: Vec<u8>| send(&mut executor, OWNER, SAFE, call);
    let version = ask(ISafe::VERSIONCall {}.abi_encode());
    assert_eq!(ISafe::VERSIONCall::abi_decode_returns(&version.output).expect("text"), "1.4.1");
    // Selectors as the deployed contract has them.
    for (selector, known) in [
        (bytes!("a0e67e2b"), true),
        (bytes!("e75235b8"), true),
        (bytes!("affed0e0"), true),
        (bytes!("3408e470"), true),
        (bytes!("f698da25"), true),
        (bytes!("c4ca3a9c"), false),
    ] {
        let outcome = ask([&selector[..], &[0; 128]].concat());
        assert_eq!((outcome.is_success(), !outcome.output.is_empty()), (true, known), "{selector}");
    }
    let own = send(&mut executor, SAFE, SAFE, ISafe::setFallbackHandlerCall { handler: SAFE }.abi_encode());
    assert_eq!(own.output, Revert::from("GS400").abi_encode());
}

#[test]
fn safe_l2_1_4_1_announces_what_its_owners_and_modules_do() {
    let topic = |outcome: &Outcome, at: usize| outcome.logs[at].topics()[0];
    let executed = through_safe(&mut l2(), MULTI_SEND_1_3_0, packed(0));
    assert!(executed.is_success(), "{executed:?}");
    assert_eq!(topic(&executed, 0), b256!("66753cd2356569ee081232e3be8909b950e0a76c1f8460c3a5e3c2be32b11bed"));
    let announced = ISafeL2::SafeMultiSigTransaction::decode_log(&executed.logs[0]).expect("the event");
    assert_eq!((announced.to, announced.operation), (MULTI_SEND_1_3_0, 1));
    assert_eq!(*announced.additionalInfo, *(U256::ZERO, OWNER, U256::ONE).abi_encode());
    // The hash is indexed, as 1.4.1 does.
    assert_eq!(topic(&executed, 1), b256!("442e715f626346e8c54381002da614f62bee8d27386535b2521ec8540898556e"));
    assert!(ISafeIndexed::ExecutionSuccess::decode_log(&executed.logs[1]).is_ok());
    let act = ISafe::execTransactionFromModuleCall { to: OWNER, value: U256::ZERO, data: bytes!("ab"), operation: 0 };
    let by_module = send(&mut l2(), TARGET, SAFE, act.abi_encode());
    assert_eq!(topic(&by_module, 0), b256!("b648d3644f584ed1c2232d53c46d87e693586486ad0d1175f8656013110b714e"));
    let announced = ISafeL2::SafeModuleTransaction::decode_log(&by_module.logs[0]).expect("the event");
    assert_eq!((announced.module, announced.to, announced.data.data.clone()), (TARGET, OWNER, bytes!("ab")));
    // Who is no module is refused, and the announcement is gone.
    let refused = send(&mut l2(), OWNER, SAFE, act.abi_encode());
    assert_eq!((refused.output.as_ref(), refused.logs.len()), (Revert::from("GS104").abi_encode().as_slice(), 0));
}
