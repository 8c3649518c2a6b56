//! Native programs beside bytecode: what a program can do, must not do, and pays.

#![expect(clippy::needless_pass_by_value, reason = "entry points own their calldata and their host")]

use std::sync::Arc;

use alloy_primitives::{Address, B256, Bytes, U256, address, keccak256};
use ephor_chain::{BlockEnv, Code, Executor, HaltReason, Message, Outcome, Program, Programs, SpecId, Status};
use stylus_sdk::{
    ArbResult,
    call::RawCall,
    deploy::RawDeploy,
    host::VM,
    storage::{StorageMap, StorageType, StorageU256},
    stylus_core::{
        AccountAccess, BlockAccess, MessageAccess, MeteringAccess, RawLogAccess, StorageAccess, UnsafeCallAccess,
    },
};

const USER: Address = address!("00000000000000000000000000000000000000aa");
const NATIVE: Address = address!("0000000000000000000000000000000000001000");
const OTHER: Address = address!("0000000000000000000000000000000000002000");
const BYTECODE: Address = address!("0000000000000000000000000000000000003000");

const SCRIPT: u32 = 1;
const VOTES: u32 = 2;

/// Operations of the scripted program, one a call: the first byte of the calldata says which.
#[derive(Clone, Copy)]
#[repr(u8)]
enum Op {
    Store,
    Load,
    Log,
    Call,
    StaticCall,
    DelegateCall,
    Revert,
    Panic,
    Burn,
    Recurse,
    Environment,
    Create,
    StoreThenRevert,
    Reentrant,
}

const OPS: [Op; 14] = [
    Op::Store,
    Op::Load,
    Op::Log,
    Op::Call,
    Op::StaticCall,
    Op::DelegateCall,
    Op::Revert,
    Op::Panic,
    Op::Burn,
    Op::Recurse,
    Op::Environment,
    Op::Create,
    Op::StoreThenRevert,
    Op::Reentrant,
];

fn script(input: Vec<u8>, vm: VM) -> ArbResult {
    let Some((op, args)) = input.split_first() else { return Ok(Vec::new()) };
    let store = |slot: u8, value: u8| unsafe {
        vm.storage_cache_bytes32(U256::from(slot), U256::from(value).into());
        vm.flush_cache(false);
    };
    match OPS[usize::from(*op)] {
        Op::Store => {
            store(args[0], args[1]);
            Ok(Vec::new())
        }
        Op::Load => Ok(vm.storage_load_bytes32(U256::from(args[0])).to_vec()),
        Op::Log => {
            vm.raw_log(&[B256::repeat_byte(1)], args).unwrap();
            Ok(Vec::new())
        }
        kind @ (Op::Call | Op::StaticCall | Op::DelegateCall) => {
            let to = Address::from_slice(&args[..20]);
            let call = match kind {
                Op::Call => RawCall::new_with_value(&vm, vm.msg_value()),
                Op::StaticCall => RawCall::new_static(&vm),
                _ => RawCall::new_delegate(&vm),
            };
            unsafe { call.call(to, &args[20..]) }
        }
        Op::Revert => Err(args.to_vec()),
        Op::Panic => panic!("the program is broken"),
        Op::Burn => loop {
            vm.evm_gas_left();
        },
        Op::Recurse => {
            let deeper = unsafe { RawCall::new(&vm).call(vm.contract_address(), &input) };
            let below = deeper.map_or(0, |data| u64::from_be_bytes(data.try_into().unwrap()));
            Ok((below + 1).to_be_bytes().to_vec())
        }
        Op::Environment => {
            let words = [
                vm.msg_sender().into_word(),
                vm.contract_address().into_word(),
                vm.tx_origin().into_word(),
                vm.msg_value().into(),
                vm.balance(vm.contract_address()).into(),
                U256::from(vm.block_number()).into(),
                U256::from(vm.block_timestamp()).into(),
            ];
            Ok(words.concat())
        }
        Op::Create => {
            let created = unsafe { RawDeploy::new().salt_option(None).deploy(&vm, args, vm.msg_value()) };
            created.map(|address| address.to_vec()).map_err(|_| b"not created".to_vec())
        }
        Op::StoreThenRevert => {
            store(args[0], args[1]);
            Err(Vec::new())
        }
        Op::Reentrant => Ok(vec![vm.msg_reentrant().into()]),
    }
}

/// A vote-like contract on the SDK's own storage types: a mapping in slot 0 and a total in slot 1.
fn votes(input: Vec<u8>, vm: VM) -> ArbResult {
    let mut weights = unsafe { StorageMap::<Address, StorageU256>::new(U256::ZERO, 0, vm.clone()) };
    let mut total = unsafe { StorageU256::new(U256::ONE, 0, vm.clone()) };
    let voter = vm.msg_sender();
    let weight = U256::from_be_slice(&input);
    let sum = weights.get(voter) + weight;
    weights.setter(voter).set(sum);
    let new_total = total.get() + weight;
    total.set(new_total);
    Ok(new_total.to_be_bytes_vec())
}

fn executor() -> Executor {
    let programs =
        [Program { id: SCRIPT, name: "script", entry: script }, Program { id: VOTES, name: "votes", entry: votes }];
    let mut executor = Executor::new(Arc::new(Programs::new(programs).unwrap()), 412_346, SpecId::PRAGUE);
    executor.install(NATIVE, &Code::Program(SCRIPT), []);
    executor.install(OTHER, &Code::Program(SCRIPT), []);
    executor.set_balance(USER, U256::from(1_000_000));
    executor
}

fn op(op: Op, args: &[u8]) -> Vec<u8> {
    [&[op as u8], args].concat()
}

fn op_to(kind: Op, to: Address, data: &[u8]) -> Vec<u8> {
    op(kind, &[to.as_slice(), data].concat())
}

fn block() -> BlockEnv {
    BlockEnv { number: 19_000_000, timestamp: 1_700_000_000, ..BlockEnv::default() }
}

#[track_caller]
fn call(executor: &mut Executor, to: Address, data: impl Into<Bytes>) -> Outcome {
    executor.call(&block(), Message::call(USER, to, data)).unwrap()
}

/// Bytecode that calls the address in the first word of its calldata with the rest, and passes on whatever comes back.
fn forwarder(opcode: u8) -> Code {
    const CALL: u8 = 0xF1;
    let mut code =
        vec![0x60, 0x20, 0x36, 0x03, 0x80, 0x60, 0x20, 0x60, 0x00, 0x37, 0x60, 0x00, 0x60, 0x00, 0x82, 0x60, 0x00];
    if opcode == CALL {
        code.push(0x34);
    }
    code.extend([
        0x60, 0x00, 0x35, 0x5A, opcode, 0x3D, 0x60, 0x00, 0x60, 0x00, 0x3E, 0x60, 0x00, 0x57, 0x3D, 0x60, 0x00, 0xFD,
    ]);
    let target = u8::try_from(code.len()).unwrap();
    let jump = code.len() - 6;
    code[jump] = target;
    code.extend([0x5B, 0x3D, 0x60, 0x00, 0xF3]);
    Code::Evm(code.into())
}

fn forwarded(to: Address, data: &[u8]) -> Vec<u8> {
    [to.into_word().as_slice(), data].concat()
}

#[test]
fn stores_and_loads_what_it_stored() {
    let mut executor = executor();
    let outcome = call(&mut executor, NATIVE, op(Op::Store, &[7, 9]));
    assert_eq!(outcome.status, Status::Success);
    assert_eq!(outcome.changes.storage()[&NATIVE][&U256::from(7)], U256::from(9));
    assert_eq!(executor.state().slot(NATIVE, U256::from(7)), U256::from(9));
    let outcome = call(&mut executor, NATIVE, op(Op::Load, &[7]));
    assert_eq!(U256::from_be_slice(&outcome.output), U256::from(9));
    assert_eq!(outcome.changes, Default::default());
}

#[test]
fn keeps_storage_where_solidity_would() {
    let mut executor = executor();
    executor.install(OTHER, &Code::Program(VOTES), []);
    for (weight, total) in [(5, 5), (6, 11)] {
        let outcome = call(&mut executor, OTHER, U256::from(weight).to_be_bytes_vec());
        assert_eq!(U256::from_be_slice(&outcome.output), U256::from(total));
    }
    let slot = keccak256([USER.into_word().as_slice(), &[0; 32]].concat());
    assert_eq!(executor.state().slot(OTHER, slot.into()), U256::from(11));
    assert_eq!(executor.state().slot(OTHER, U256::ONE), U256::from(11));
}

#[test]
fn a_view_leaves_no_trace() {
    let mut executor = executor();
    let outcome = executor.view(&block(), Message::call(USER, NATIVE, op(Op::Store, &[1, 1]))).unwrap();
    assert!(outcome.is_success());
    assert_eq!(executor.state().slot(NATIVE, U256::ONE), U256::ZERO);
}

#[test]
fn a_revert_rolls_back_and_returns_its_data() {
    let mut executor = executor();
    let outcome = call(&mut executor, NATIVE, op(Op::Revert, b"because"));
    assert_eq!((outcome.status, &outcome.output[..]), (Status::Revert, &b"because"[..]));
    let outcome = call(&mut executor, NATIVE, op(Op::StoreThenRevert, &[1, 1]));
    assert_eq!(outcome.status, Status::Revert);
    assert_eq!(executor.state().slot(NATIVE, U256::ONE), U256::ZERO);
}

#[test]
fn logs_carry_address_topics_and_data() {
    let outcome = call(&mut executor(), NATIVE, op(Op::Log, b"data"));
    let [log] = &outcome.logs[..] else { panic!("one log expected, got {:?}", outcome.logs) };
    assert_eq!((log.address, log.topics(), &log.data.data[..]), (NATIVE, &[B256::repeat_byte(1)][..], &b"data"[..]));
}

#[test]
fn a_panic_halts_like_invalid_and_is_reported() {
    let outcome = call(&mut executor(), NATIVE, op(Op::Panic, &[]));
    assert_eq!(outcome.status, Status::Halt(HaltReason::InvalidFEOpcode));
    assert!(outcome.output.is_empty());
    assert_eq!(outcome.gas_used, Message::GAS_LIMIT);
    assert!(outcome.panic.unwrap().contains("the program is broken"));
}

#[test]
fn a_caller_survives_the_panic_of_what_it_calls() {
    let mut executor = executor();
    executor.install(BYTECODE, &forwarder(0xF1), []);
    let outcome = call(&mut executor, NATIVE, op_to(Op::Call, OTHER, &op(Op::Panic, &[])));
    assert_eq!((outcome.status, outcome.output.len()), (Status::Revert, 0));
    let outcome = call(&mut executor, BYTECODE, forwarded(NATIVE, &op(Op::Panic, &[])));
    assert_eq!((outcome.status, outcome.output.len()), (Status::Revert, 0));
}

#[test]
fn running_out_of_gas_halts() {
    let message = Message::call(USER, NATIVE, op(Op::Burn, &[])).with_gas_limit(100_000);
    let outcome = executor().call(&block(), message).unwrap();
    assert!(matches!(outcome.status, Status::Halt(HaltReason::OutOfGas(_))), "{:?}", outcome.status);
    assert_eq!(outcome.gas_used, 100_000);
    assert_eq!(outcome.panic, None);
}

#[test]
fn an_unknown_program_halts_like_invalid() {
    let mut executor = executor();
    executor.install(OTHER, &Code::Program(99), []);
    assert_eq!(call(&mut executor, OTHER, []).status, Status::Halt(HaltReason::InvalidFEOpcode));
}

#[test]
fn bytecode_calls_programs_and_programs_call_bytecode() {
    let mut executor = executor();
    executor.install(BYTECODE, &forwarder(0xF1), []);
    // bytecode → program → bytecode → program
    let inner = forwarded(OTHER, &op(Op::Environment, &[]));
    let outcome = call(&mut executor, BYTECODE, forwarded(NATIVE, &op_to(Op::Call, BYTECODE, &inner)));
    assert!(outcome.is_success(), "{outcome:?}");
    assert_eq!(Address::from_word(B256::from_slice(&outcome.output[..32])), BYTECODE);
    assert_eq!(Address::from_word(B256::from_slice(&outcome.output[32..64])), OTHER);
    assert_eq!(Address::from_word(B256::from_slice(&outcome.output[64..96])), USER);
}

#[test]
fn value_travels_with_calls() {
    let mut executor = executor();
    let data = op_to(Op::Call, OTHER, &op(Op::Environment, &[]));
    let message = Message::call(USER, NATIVE, data).with_value(U256::from(77));
    let outcome = executor.call(&block(), message).unwrap();
    let word = |index: usize| U256::from_be_slice(&outcome.output[32 * index..32 * (index + 1)]);
    assert_eq!((word(3), word(4)), (U256::from(77), U256::from(77)));
    assert_eq!((word(5), word(6)), (U256::from(19_000_000), U256::from(1_700_000_000)));
    assert_eq!(executor.state().balance(OTHER), U256::from(77));
    assert_eq!(outcome.changes.balances().len(), 2);
}

#[test]
fn a_static_context_refuses_stores_logs_value_and_creations() {
    let mut executor = executor();
    executor.install(BYTECODE, &forwarder(0xFA), []);
    let nested = op_to(Op::Call, OTHER, &op(Op::Store, &[1, 1]));
    for data in [op(Op::Store, &[1, 1]), op(Op::Log, b"x"), op(Op::Create, &[0]), nested] {
        for outcome in [
            call(&mut executor, NATIVE, op_to(Op::StaticCall, OTHER, &data)),
            call(&mut executor, BYTECODE, forwarded(NATIVE, &data)),
        ] {
            assert_eq!((&outcome.status, outcome.output.len()), (&Status::Revert, 0), "{data:?}");
        }
    }
    let read = call(&mut executor, NATIVE, op_to(Op::StaticCall, OTHER, &op(Op::Load, &[1])));
    assert_eq!((read.status, read.output.len()), (Status::Success, 32));
}

#[test]
fn a_delegate_writes_its_callers_storage_and_sees_its_callers_sender() {
    let mut executor = executor();
    executor.install(BYTECODE, &forwarder(0xF4), []);
    let proxies = [
        (NATIVE, op_to(Op::DelegateCall, OTHER, &op(Op::Store, &[3, 4]))),
        (BYTECODE, forwarded(OTHER, &op(Op::Store, &[3, 4]))),
    ];
    for (proxy, data) in proxies {
        let outcome = call(&mut executor, proxy, data);
        assert!(outcome.is_success());
        assert_eq!(outcome.changes.storage().into_keys().collect::<Vec<_>>(), [proxy]);
    }
    let outcome = call(&mut executor, BYTECODE, forwarded(OTHER, &op(Op::Environment, &[])));
    assert_eq!(Address::from_word(B256::from_slice(&outcome.output[..32])), USER);
    assert_eq!(Address::from_word(B256::from_slice(&outcome.output[32..64])), BYTECODE);
}

#[test]
fn creates_bytecode_and_programs() {
    let mut executor = executor();
    // Init code that returns the nine bytes behind it: the code of a program.
    let code = ephor_chain::program_code(SCRIPT);
    let init = [&[0x60, 0x09, 0x60, 0x0C, 0x60, 0x00, 0x39, 0x60, 0x09, 0x60, 0x00, 0xF3][..], &code].concat();
    let outcome = call(&mut executor, NATIVE, op(Op::Create, &init));
    let created = Address::from_slice(&outcome.output);
    assert_eq!(executor.state().code(created).original_bytes(), code);
    assert!(call(&mut executor, created, op(Op::Store, &[1, 1])).is_success());

    let outcome = executor.call(&block(), Message::create(USER, init)).unwrap();
    let created = outcome.created.unwrap();
    assert_eq!(outcome.output, code);
    assert!(call(&mut executor, created, op(Op::Store, &[1, 1])).is_success());
}

#[test]
fn a_failed_creation_is_reported() {
    // Init code that reverts.
    let outcome = call(&mut executor(), NATIVE, op(Op::Create, &[0x5F, 0x5F, 0xFD]));
    assert_eq!((outcome.status, &outcome.output[..]), (Status::Revert, &b"not created"[..]));
}

#[test]
fn a_second_entry_is_reentrant_and_a_delegate_is_not() {
    let mut executor = executor();
    let ask = op(Op::Reentrant, &[]);
    for (data, expected) in [
        (ask.clone(), 0),
        (op_to(Op::Call, OTHER, &ask), 0),
        (op_to(Op::DelegateCall, OTHER, &ask), 0),
        (op_to(Op::Call, OTHER, &op_to(Op::Call, NATIVE, &ask)), 1),
    ] {
        assert_eq!(call(&mut executor, NATIVE, data).output[..], [expected]);
    }
}

#[test]
fn recursion_ends_at_the_depth_limit() {
    let mut executor = executor();
    executor.install(BYTECODE, &forwarder(0xF1), []);
    let gas_limit = 1 << 60;
    let message = Message::call(USER, NATIVE, op(Op::Recurse, &[])).with_gas_limit(gas_limit);
    let outcome = executor.call(&block(), message).unwrap();
    assert_eq!(outcome.output[..], 1025_u64.to_be_bytes());
}

#[test]
fn stores_cost_what_bytecode_pays() {
    let mut executor = executor();
    // PUSH1 value, PUSH1 slot, SSTORE, STOP, each in a message of its own: create, no-op, change, clear.
    for value in [1, 1, 2, 0] {
        executor.install(BYTECODE, &Code::Evm(vec![0x60, value, 0x60, 5, 0x55, 0x00].into()), []);
        let data = op(Op::Store, &[5, value]);
        let calldata: u64 = data.iter().map(|byte| if *byte == 0 { 4 } else { 16 }).sum();
        let native = call(&mut executor, NATIVE, data).gas_used - calldata;
        let bytecode = call(&mut executor, BYTECODE, []).gas_used;
        // The program pays for copying three bytes of calldata where bytecode pays for two pushes; a refund takes back a fifth.
        assert_eq!(native, bytecode, "storing {value}");
    }
}

#[test]
fn a_message_without_its_intrinsic_gas_is_an_error() {
    let message = Message::call(USER, NATIVE, []).with_gas_limit(20_999);
    let error = executor().call(&block(), message).unwrap_err();
    assert_eq!(error, ephor_chain::ExecuteError::IntrinsicGas { intrinsic: 21_000, limit: 20_999 });
}

#[test]
fn half_the_gas_can_be_kept_from_a_call() {
    fn sparing(_input: Vec<u8>, vm: VM) -> ArbResult {
        let mut len = 0;
        let before = vm.evm_gas_left();
        let status = unsafe {
            vm.call_contract(OTHER.as_ptr(), [Op::Burn as u8].as_ptr(), 1, [0; 32].as_ptr(), 50_000, &mut len)
        };
        let spent = before - vm.evm_gas_left();
        Ok([&[status][..], &spent.to_be_bytes()].concat())
    }
    let programs = Programs::new([
        Program { id: SCRIPT, name: "script", entry: script },
        Program { id: 3, name: "sparing", entry: sparing },
    ]);
    let mut executor = Executor::new(Arc::new(programs.unwrap()), 1, SpecId::PRAGUE);
    executor.install(NATIVE, &Code::Program(3), []);
    executor.install(OTHER, &Code::Program(SCRIPT), []);
    let outcome = call(&mut executor, NATIVE, []);
    // The child burns its 50,000; the caller pays that, a cold account access (2,600) and its own reading of the gas (2).
    assert_eq!(outcome.output[..], [&[1][..], &52_602_u64.to_be_bytes()].concat());
}
