//! Frames of calls: native programs, bytecode and precompiled contracts in one tree.

use alloy_primitives::{Address, B256, Bytes, TxKind, U256, hex};
use ephor_chain::{AccountOverride, Chain, FrameEnd, FrameKind, HaltReason, Scene, TraceError};

use super::{ACTOR, HEIR, IDENTITY, MORTAL, NOBODY, RELAY, act, acting, ask, chain, key, relayed, traced};

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
