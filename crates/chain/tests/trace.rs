//! Calls that are tried on pretended accounts, estimated, looked into, and simulated: native programs, bytecode and precompiled
//! contracts alike.

#![expect(clippy::needless_pass_by_value, reason = "entry points own their calldata and their host")]

use std::sync::Arc;

use alloy_consensus::{SignableTransaction, TxEip1559, TxEnvelope};
use alloy_primitives::{Address, B256, Bytes, TxKind, U256, address, hex};
use alloy_signer::SignerSync;
use alloy_signer_local::PrivateKeySigner;
use ephor_chain::{
    AccountOverride, Ask, BlockTime, CallFrame, Chain, ChainConfig, Code, EstimateError, ExecuteError, FrameEnd,
    FrameKind, Genesis, GenesisAccount, HaltReason, Message, Program, Programs, Scene, SimulatedBlock, SimulatedCall,
    Status, StorageOverride, TraceError,
};
use stylus_sdk::{
    ArbResult,
    call::RawCall,
    deploy::RawDeploy,
    host::VM,
    stylus_core::{MessageAccess, MeteringAccess, RawLogAccess, StorageAccess},
};

const CHAIN_ID: u64 = 7_042_161;
const ACTOR: Address = address!("0000000000000000000000000000000000001000");
const RELAY: Address = address!("0000000000000000000000000000000000002000");
const MORTAL: Address = address!("0000000000000000000000000000000000003000");
const HEIR: Address = address!("0000000000000000000000000000000000004000");
const IDENTITY: Address = address!("0000000000000000000000000000000000000004");
const NOBODY: Address = address!("00000000000000000000000000000000000000bb");

/// What the actor does, by the first byte of its calldata.
mod act {
    /// Logs the rest and returns it.
    pub(super) const LOG: u8 = 0;
    /// Calls the account that follows with the rest and the value that came, logs, and returns what came back or reverts with it.
    pub(super) const CALL: u8 = 1;
    /// The same, but goes on when the call fails.
    pub(super) const TRY: u8 = 2;
    /// Delegates.
    pub(super) const DELEGATE: u8 = 3;
    /// Calls statically.
    pub(super) const STATIC: u8 = 4;
    /// Reverts with the rest.
    pub(super) const REVERT: u8 = 5;
    /// Panics.
    pub(super) const PANIC: u8 = 6;
    /// Adds one to slot 0 and returns it, having looked at slot 1.
    pub(super) const COUNT: u8 = 7;
    /// Creates an account with the rest as init code.
    pub(super) const CREATE: u8 = 8;
    /// Succeeds only if more gas is left than it uses.
    pub(super) const HOARD: u8 = 9;
}

fn actor(input: Vec<u8>, vm: VM) -> ArbResult {
    let Some((op, args)) = input.split_first() else { return Ok(Vec::new()) };
    let log = |topic: u8| vm.raw_log(&[B256::repeat_byte(topic)], args).unwrap();
    match *op {
        act::LOG => {
            log(*op);
            Ok(args.to_vec())
        }
        act::CALL | act::TRY | act::DELEGATE | act::STATIC => {
            let (to, data) = (Address::from_slice(&args[..20]), &args[20..]);
            let call = match *op {
                act::DELEGATE => RawCall::new_delegate(&vm),
                act::STATIC => RawCall::new_static(&vm),
                _ => RawCall::new_with_value(&vm, vm.msg_value()),
            };
            let returned = unsafe { call.call(to, data) };
            log(*op);
            if *op == act::TRY { Ok(returned.unwrap_or_default()) } else { returned }
        }
        act::REVERT => Err(args.to_vec()),
        act::PANIC => panic!("the actor forgot its lines"),
        act::COUNT => {
            let count = U256::from_be_bytes(vm.storage_load_bytes32(U256::ZERO).0) + U256::ONE;
            vm.storage_load_bytes32(U256::ONE);
            unsafe { vm.storage_cache_bytes32(U256::ZERO, count.into()) };
            Ok(count.to_be_bytes_vec())
        }
        act::CREATE => {
            let created = unsafe { RawDeploy::new().salt_option(None).deploy(&vm, args, U256::ZERO) };
            created.map(|address| address.to_vec()).map_err(|_| b"not created".to_vec())
        }
        act::HOARD if vm.evm_gas_left() < 500_000 => Err(b"greedy".to_vec()),
        _ => Ok(Vec::new()),
    }
}

/// Calls the account in the first word of the calldata with the rest, and returns or reverts as that did.
fn relay() -> Code {
    // CALLDATASIZE-32 to memory from 32; CALL(gas, word 0, callvalue, 0, size, 0, 0); copy what came back; RETURN or REVERT
    Code::Evm(Bytes::from_static(&hex!(
        "6020360380602060003760006000916000346000355af13d600060003e6024573d6000fd5b3d6000f3"
    )))
}

fn key(index: u64) -> PrivateKeySigner {
    PrivateKeySigner::from_bytes(&B256::from(U256::from(1_000 + index))).unwrap()
}

fn chain() -> Chain {
    let programs = Programs::new([Program { id: 1, name: "actor", entry: actor }]).unwrap();
    let place = |address, code| GenesisAccount { address, code: Some(code), ..GenesisAccount::default() };
    let rich = (0..3).map(|index| GenesisAccount {
        address: key(index).address(),
        balance: U256::from(10).pow(U256::from(18)),
        ..GenesisAccount::default()
    });
    // PUSH20 HEIR SELFDESTRUCT
    let mortal = [&hex!("73")[..], HEIR.as_slice(), &hex!("ff")].concat();
    let accounts = [place(ACTOR, Code::Program(1)), place(RELAY, relay()), place(MORTAL, Code::Evm(mortal.into()))];
    let time = BlockTime { timestamp: 1_700_000_000, l1_block: 18_500_000 };
    let genesis = Genesis { number: 1_000, time, accounts: rich.chain(accounts).collect() };
    Chain::in_memory(ChainConfig::ethereum(CHAIN_ID), &genesis, Arc::new(programs))
}

fn relayed(to: Address, data: &[u8]) -> Vec<u8> {
    [to.into_word().as_slice(), data].concat()
}

fn acting(op: u8, to: Address, data: &[u8]) -> Vec<u8> {
    [&[op][..], to.as_slice(), data].concat()
}

fn ask(data: impl Into<Bytes>) -> Ask {
    Message::call(key(0).address(), ACTOR, data).with_gas_limit(10_000_000).into()
}

#[track_caller]
fn traced(chain: &mut Chain, ask: &Ask) -> CallFrame {
    let scene = Scene::new(chain.env());
    chain.trace_call(&scene, ask, true).unwrap().call
}

// ── Calls ───────────────────────────────────────────────────────────────────────────────────────────────────────────────────

#[test]
fn native_programs_and_bytecode_are_in_one_tree() {
    let mut chain = chain();
    let inner = relayed(ACTOR, &[act::LOG, 7]);
    let mut asked = ask(acting(act::CALL, RELAY, &inner));
    asked.message.value = U256::from(5);
    let top = traced(&mut chain, &asked);
    assert_eq!(
        (top.kind, top.from, top.to, top.value),
        (FrameKind::Call, key(0).address(), Some(ACTOR), Some(U256::from(5)))
    );
    assert_eq!((top.gas, &top.end, &top.output[..]), (10_000_000, &FrameEnd::Success, &[7][..]));
    let relay = &top.calls[0];
    assert_eq!(
        (relay.from, relay.to, relay.value, &relay.input[..]),
        (ACTOR, Some(RELAY), Some(U256::from(5)), &inner[..])
    );
    let deep = &relay.calls[0];
    assert_eq!(
        (deep.from, deep.to, &deep.input[..], &deep.output[..]),
        (RELAY, Some(ACTOR), &[act::LOG, 7][..], &[7][..])
    );
    assert!(deep.gas < relay.gas && relay.gas < top.gas && 0 < deep.gas_used && deep.gas_used < relay.gas_used);
    assert!(relay.gas_used < top.gas_used);
    // A log of its own comes after the call it made.
    assert_eq!((deep.logs.len(), relay.logs.len(), top.logs.len()), (1, 0, 1));
    assert_eq!((deep.logs[0].position, top.logs[0].position), (0, 1));
    assert_eq!(deep.logs[0].log.data.data[..], [7]);
}

#[test]
fn every_way_of_calling_says_in_whose_name() {
    let mut chain = chain();
    #[track_caller]
    fn check(chain: &mut Chain, op: u8, kind: FrameKind, from: Address, value: Option<u64>) {
        let mut asked = ask(acting(op, RELAY, &relayed(IDENTITY, b"hi")));
        asked.message.value = U256::from(3);
        let call = traced(chain, &asked).calls.remove(0);
        assert_eq!((call.kind, call.from, call.to), (kind, from, Some(RELAY)));
        assert_eq!(call.value, value.map(U256::from));
        // A precompiled contract is a frame like any other; with value it is none inside a static call.
        if op != act::STATIC {
            assert_eq!((call.calls[0].to, &call.calls[0].output[..]), (Some(IDENTITY), &b"hi"[..]));
        }
    }
    check(&mut chain, act::CALL, FrameKind::Call, ACTOR, Some(3));
    check(&mut chain, act::STATIC, FrameKind::StaticCall, ACTOR, None);
    check(&mut chain, act::DELEGATE, FrameKind::DelegateCall, ACTOR, Some(3));
}

#[test]
fn failures_are_shown_where_they_happen_and_their_logs_are_not() {
    let mut chain = chain();
    #[track_caller]
    fn check(chain: &mut Chain, to: Address, data: &[u8], end: FrameEnd, output: &[u8]) {
        let top = traced(chain, &ask(acting(act::TRY, to, data)));
        assert_eq!(top.end, FrameEnd::Success);
        let call = &top.calls[0];
        assert_eq!((&call.end, &call.output[..]), (&end, output));
        assert!(call.logs.is_empty() && call.calls.iter().all(|call| call.logs.is_empty()));
        assert_eq!(top.logs[0].position, 1);
        if matches!(end, FrameEnd::Halt(_)) {
            assert_eq!(call.gas_used, call.gas, "a halt takes all gas");
        }
    }
    check(&mut chain, ACTOR, &[act::REVERT, 1, 2], FrameEnd::Revert, &[1, 2]);
    check(&mut chain, ACTOR, &[act::PANIC], FrameEnd::Halt(HaltReason::InvalidFEOpcode), &[]);
    // It logs, and then reverts as the call below it did.
    check(&mut chain, ACTOR, &acting(act::CALL, ACTOR, &[act::REVERT, 3]), FrameEnd::Revert, &[3]);
    check(&mut chain, RELAY, &relayed(ACTOR, &[act::REVERT, 9]), FrameEnd::Revert, &[9]);
    // Static calls must not log.
    let top = traced(&mut chain, &ask(acting(act::TRY, ACTOR, &acting(act::STATIC, ACTOR, &[act::LOG]))));
    assert_eq!(top.calls[0].calls[0].end, FrameEnd::Halt(HaltReason::StateChangeDuringStaticCall));
}

#[test]
fn creations_and_destructions_are_frames() {
    let mut chain = chain();
    // PUSH1 0 PUSH1 0 LOG0, then the code 0x00.
    let init = hex!("60006000a060016000f3");
    let top = traced(&mut chain, &ask([&[act::CREATE][..], &init].concat()));
    let created = &top.calls[0];
    assert_eq!((created.kind, &created.input[..], &created.output[..]), (FrameKind::Create, &init[..], &[0][..]));
    assert_eq!(created.to.unwrap().as_slice(), &top.output[..]);
    assert_eq!(created.logs.len(), 1);

    let mut scene = Scene::new(chain.env());
    scene.accounts = vec![(MORTAL, AccountOverride { balance: Some(U256::from(77)), ..AccountOverride::default() })];
    let traced = chain.trace_call(&scene, &ask(acting(act::CALL, MORTAL, &[])), true).unwrap();
    let end = &traced.call.calls[0].calls[0];
    assert_eq!(
        (end.kind, end.from, end.to, end.value),
        (FrameKind::SelfDestruct, MORTAL, Some(HEIR), Some(U256::from(77)))
    );
    let (heir, mortal) = (&traced.accounts[&HEIR], &traced.accounts[&MORTAL]);
    assert_eq!((heir.before.clone(), heir.after.as_ref().unwrap().balance), (None, U256::from(77)));
    assert_eq!(
        (mortal.before.as_ref().unwrap().balance, mortal.after.as_ref().unwrap().balance),
        (U256::from(77), U256::ZERO)
    );
    assert_eq!(chain.balance(HEIR), U256::ZERO, "nothing stays");
}

#[test]
fn only_the_outermost_call_is_recorded_when_that_is_asked() {
    let mut chain = chain();
    let scene = Scene::new(chain.env());
    let asked = ask(acting(act::CALL, RELAY, &relayed(ACTOR, &[act::LOG, 1])));
    let top = chain.trace_call(&scene, &asked, false).unwrap().call;
    assert!(top.calls.is_empty());
    assert_eq!(top.logs.len(), 1, "its own log, not that of the call below");
    assert_eq!(top.logs[0].log.topics()[0], B256::repeat_byte(act::CALL));
}

#[test]
fn a_recording_is_bounded() {
    let mut chain = chain();
    // JUMPDEST; STATICCALL(gas, 4, 0, 1 MiB, 0, 0) POP; PUSH1 0 JUMP: a mebibyte of calldata for every few gas.
    const GREEDY: [u8; 19] = hex!("5b6000600062100000600060045afa50600056");
    let mut scene = Scene::new(chain.env());
    let code = Some(Bytes::from_static(&GREEDY));
    scene.accounts = vec![(NOBODY, AccountOverride { code, ..AccountOverride::default() })];
    let mut asked = ask([]);
    asked.message.to = TxKind::Call(NOBODY);
    asked.message.gas_limit = 100_000_000;
    let error = chain.trace_call(&scene, &asked, true).unwrap_err();
    assert!(matches!(error, TraceError::TooLarge { .. }), "{error:?}");
}

// ── Transactions ────────────────────────────────────────────────────────────────────────────────────────────────────────────

fn signed(by: u64, nonce: u64, data: Vec<u8>) -> TxEnvelope {
    let tx = TxEip1559 {
        chain_id: CHAIN_ID,
        nonce,
        gas_limit: 300_000,
        max_fee_per_gas: 0,
        max_priority_fee_per_gas: 0,
        to: TxKind::Call(ACTOR),
        value: U256::ZERO,
        access_list: Default::default(),
        input: data.into(),
    };
    let signature = key(by).sign_hash_sync(&tx.signature_hash()).unwrap();
    tx.into_signed(signature).into()
}

fn mine(chain: &mut Chain) -> ephor_chain::Mined {
    let time = chain.next_time();
    chain.mine(time).unwrap()
}

#[test]
fn a_mined_transaction_is_traced_on_the_state_that_it_met() {
    let mut chain = chain();
    let unknown = chain.trace_transaction(B256::ZERO, true);
    assert_eq!(unknown, Err(TraceError::UnknownTransaction(B256::ZERO)));
    chain.snapshot();
    for by in 0..3 {
        chain.submit(signed(by, 0, vec![act::COUNT])).unwrap();
    }
    let mined = mine(&mut chain);
    let edited = U256::from(50);
    chain.install(ACTOR, &Code::Program(1), [(U256::ZERO, edited)]).unwrap();
    chain.submit(signed(0, 1, vec![act::COUNT])).unwrap();
    let later = mine(&mut chain);

    for (result, count) in mined.results.iter().zip(1_u64..).chain([(&later.results[0], 51)]) {
        let traced = chain.trace_transaction(result.hash, true).unwrap();
        assert_eq!(traced.call.output[..], U256::from(count).to_be_bytes::<32>(), "{count}");
        assert_eq!(traced.outcome.gas_used, result.gas_used);
        assert_eq!((traced.call.gas, traced.call.gas_used), (300_000, result.gas_used));
        let actor = &traced.accounts[&ACTOR];
        let slots = |state: &ephor_chain::AccountState| state.storage.values().copied().collect::<Vec<_>>();
        assert_eq!(slots(actor.before.as_ref().unwrap()), [U256::from(count - 1), U256::ZERO]);
        assert_eq!(slots(actor.after.as_ref().unwrap()), [U256::from(count), U256::ZERO]);
    }
    let sender = &chain.trace_transaction(later.results[0].hash, true).unwrap().accounts[&key(0).address()];
    assert_eq!((sender.before.as_ref().unwrap().nonce, sender.after.as_ref().unwrap().nonce), (1, 2));
    assert_eq!(chain.slot(ACTOR, U256::ZERO), U256::from(51), "nothing stays");
}

// ── Scenes ──────────────────────────────────────────────────────────────────────────────────────────────────────────────────

#[test]
fn accounts_are_what_the_scene_says_and_only_there() {
    let mut chain = chain();
    chain.install(ACTOR, &Code::Program(1), [(U256::ZERO, U256::from(10)), (U256::ONE, U256::from(11))]).unwrap();
    #[track_caller]
    fn check(chain: &mut Chain, storage: StorageOverride, count: u64) {
        let mut scene = Scene::new(chain.env());
        scene.accounts = vec![(ACTOR, AccountOverride { storage, ..AccountOverride::default() })];
        let outcome = chain.call_in(&scene, &ask([act::COUNT])).unwrap();
        assert_eq!(outcome.output[..], U256::from(count).to_be_bytes::<32>());
    }
    check(&mut chain, StorageOverride::Slots(vec![(U256::ONE, U256::from(99))]), 11);
    check(&mut chain, StorageOverride::Slots(vec![(U256::ZERO, U256::from(99))]), 100);
    check(&mut chain, StorageOverride::Whole(vec![(U256::ONE, U256::from(99))]), 1);
    check(&mut chain, StorageOverride::default(), 11);

    // Code, native or not, and a balance out of nothing.
    let mut scene = Scene::new(chain.env());
    let code = Some(Code::Program(1).bytes());
    scene.accounts =
        vec![(NOBODY, AccountOverride { balance: Some(U256::from(8)), code, ..AccountOverride::default() })];
    let mut asked = ask([act::LOG, 3]);
    (asked.message.to, asked.message.from, asked.message.value) = (TxKind::Call(NOBODY), NOBODY, U256::from(8));
    assert_eq!(chain.call_in(&scene, &asked).unwrap().output[..], [3]);
    let bare = Scene::new(chain.env());
    let error = chain.call_in(&bare, &asked).unwrap_err();
    let wanted = ExecuteError::InsufficientFunds { address: NOBODY, balance: U256::ZERO, needed: U256::from(8) };
    assert_eq!(error, wanted);
    assert!(chain.code(NOBODY).is_empty());
}

#[test]
fn what_the_scene_touches_stays_cold() {
    let mut chain = chain();
    let gas = |chain: &mut Chain, accounts| {
        let scene = Scene { accounts, ..Scene::new(chain.env()) };
        chain.call_in(&scene, &ask([act::COUNT])).unwrap().gas_used
    };
    let plain = gas(&mut chain, Vec::new());
    let storage = StorageOverride::Slots(vec![(U256::ZERO, U256::ZERO), (U256::ONE, U256::from(4))]);
    assert_eq!(gas(&mut chain, vec![(ACTOR, AccountOverride { storage, ..AccountOverride::default() })]), plain);
}

#[test]
fn an_estimate_is_the_least_that_suffices() {
    let mut chain = chain();
    #[track_caller]
    fn check(chain: &mut Chain, data: Vec<u8>) {
        let scene = Scene::new(chain.env());
        let asked = ask(data);
        let estimate = chain.estimate_gas_in(&scene, &asked).unwrap();
        let run = |chain: &mut Chain, gas| {
            let message = asked.message.clone().with_gas_limit(gas);
            chain.call_in(&scene, &message.into()).is_ok_and(|outcome| outcome.is_success())
        };
        assert!(run(chain, estimate) && !run(chain, estimate - 1), "{estimate}");
    }
    check(&mut chain, vec![act::COUNT]);
    check(&mut chain, vec![act::HOARD]);
    check(&mut chain, acting(act::CALL, RELAY, &relayed(ACTOR, &acting(act::CALL, ACTOR, &[act::HOARD]))));
    check(&mut chain, acting(act::DELEGATE, RELAY, &relayed(IDENTITY, &[1; 500])));
}

#[test]
fn an_estimate_heeds_what_the_sender_can_pay() {
    let mut chain = chain();
    let scene = Scene::new(chain.env());
    let mut asked = ask([act::COUNT]);
    let enough = chain.estimate_gas_in(&scene, &asked).unwrap();
    asked.gas_price = 10_u128.pow(18) / u128::from(enough);
    assert_eq!(chain.estimate_gas_in(&scene, &asked), Ok(enough));
    asked.gas_price += asked.gas_price / 10;
    let error = chain.estimate_gas_in(&scene, &asked).unwrap_err();
    assert!(matches!(error, EstimateError::Halts(HaltReason::OutOfGas(_), limit) if limit < enough), "{error:?}");
    let transfer = Message { to: TxKind::Call(NOBODY), ..Message::call(key(0).address(), NOBODY, []) };
    assert_eq!(chain.estimate_gas(&transfer.clone().with_value(U256::from(5))), Ok(21_000));
    let too_much = transfer.with_value(U256::from(10).pow(U256::from(19)));
    let error = chain.estimate_gas(&too_much).unwrap_err();
    assert!(matches!(error, EstimateError::Execute(ExecuteError::InsufficientFunds { .. })), "{error:?}");
    let reverting = Message::call(NOBODY, ACTOR, [act::REVERT, 1]);
    assert_eq!(chain.estimate_gas(&reverting), Err(EstimateError::Reverts(Bytes::from_static(&[1]))));
}

#[test]
fn an_access_list_names_what_is_not_warm_anyway() {
    let mut chain = chain();
    let scene = Scene::new(chain.env());
    let asked = ask(acting(act::CALL, RELAY, &relayed(ACTOR, &[act::COUNT])));
    let accessed = chain.access_list_in(&scene, &asked).unwrap();
    let named: Vec<_> = accessed.list.iter().map(|item| (item.address, item.storage_keys.len())).collect();
    // The account called is there for its slots only.
    assert_eq!(named, [(ACTOR, 2), (RELAY, 0)]);
    assert_eq!(accessed.outcome.status, Status::Success);
    let with = Ask { access_list: accessed.list.clone(), ..asked };
    assert_eq!(chain.call_in(&scene, &with).unwrap().gas_used, accessed.outcome.gas_used);
    let precompiled = ask(acting(act::CALL, IDENTITY, &[]));
    assert!(chain.access_list_in(&scene, &precompiled).unwrap().list.is_empty());
}

// ── Simulations ─────────────────────────────────────────────────────────────────────────────────────────────────────────────

fn simulated(data: &[u8], value: u64) -> SimulatedCall {
    SimulatedCall {
        message: ask(data.to_vec()).message.with_value(U256::from(value)).with_gas_limit(1_000_000),
        nonce: None,
        max_fee: 0,
        max_tip: None,
        access_list: Default::default(),
    }
}

#[test]
fn blocks_that_might_be_build_on_each_other() {
    let mut chain = chain();
    let block = |chain: &Chain, calls| SimulatedBlock { env: chain.env(), accounts: Vec::new(), calls };
    let mut second = block(&chain, vec![simulated(&[act::COUNT], 0)]);
    let storage = StorageOverride::Slots(vec![(U256::ZERO, U256::from(100))]);
    second.accounts = vec![(ACTOR, AccountOverride { storage, ..AccountOverride::default() })];
    let first =
        block(&chain, vec![simulated(&[act::COUNT], 0), simulated(&[act::PANIC], 0), simulated(&[act::COUNT], 0)]);
    let third = block(&chain, vec![simulated(&[act::COUNT], 0)]);
    let outcomes = chain.simulate(&[first, second, third], false, false, 100_000_000).unwrap();
    let shown: Vec<Vec<(u64, Option<u64>)>> = outcomes
        .iter()
        .map(|block| {
            let count = |output: &Bytes| (!output.is_empty()).then(|| U256::from_be_slice(output).to());
            block.iter().map(|call| (call.nonce, count(&call.outcome.output))).collect()
        })
        .collect();
    assert_eq!(shown, [vec![(0, Some(1)), (1, None), (2, Some(2))], vec![(3, Some(101))], vec![(4, Some(102))]]);
    assert_eq!((chain.slot(ACTOR, U256::ZERO), chain.nonce(key(0).address())), (U256::ZERO, 0), "nothing stays");
}

#[test]
fn transfers_of_ether_can_be_logged_among_the_logs() {
    let mut chain = chain();
    let call = simulated(&acting(act::CALL, RELAY, &relayed(ACTOR, &[act::LOG])), 4);
    let block = SimulatedBlock { env: chain.env(), accounts: Vec::new(), calls: vec![call] };
    let logs = |chain: &mut Chain, transfers| {
        let outcomes = chain.simulate(std::slice::from_ref(&block), false, transfers, 10_000_000).unwrap();
        let logs = outcomes[0][0].outcome.logs.iter();
        logs.map(|log| if log.topics().len() == 3 { Address::from_word(log.topics()[2]) } else { log.address })
            .collect()
    };
    let plain: Vec<Address> = logs(&mut chain, false);
    assert_eq!(plain, [ACTOR, ACTOR]);
    let with: Vec<Address> = logs(&mut chain, true);
    assert_eq!(with, [ACTOR, RELAY, ACTOR, ACTOR, ACTOR], "each transfer before what its call logs");
}

#[test]
fn a_simulation_refuses_what_no_block_would_hold() {
    let mut chain = chain();
    let mut wrong = simulated(&[act::COUNT], 0);
    wrong.nonce = Some(7);
    let block = |calls| SimulatedBlock { env: chain.env(), accounts: Vec::new(), calls };
    let blocks = [block(vec![simulated(&[act::COUNT], 0)]), block(vec![simulated(&[act::COUNT], 0), wrong])];
    let error = chain.simulate(&blocks, true, false, 10_000_000).unwrap_err();
    assert_eq!((error.block, error.call), (1, 1));
    assert!(matches!(
        error.fault,
        ExecuteError::Invalid(ephor_chain::InvalidTransaction::NonceTooHigh { tx: 7, state: 2 })
    ));
    assert!(chain.simulate(&blocks, false, false, 10_000_000).is_ok(), "a nonce counts only when it is validated");
    // All calls share one supply of gas.
    let error = chain.simulate(&blocks, false, false, 50_000).unwrap_err();
    assert!(matches!(error.fault, ExecuteError::IntrinsicGas { .. }), "{error:?}");
}
