//! Safes, batches, proxies.

use alloy_primitives::{Bytes, U256};
use alloy_sol_types::{SolCall, sol};
use ephor_abi::batch::{
    IMultiSend::multiSendCall,
    IMulticall3::{Call3, Call3Value, aggregate3Call, aggregate3ValueCall},
    MULTI_SEND_1_3_0, MULTICALL3, MULTICALL3_DELEGATECALL,
};
use ephor_charter::Part;
use ephor_explain::{Kind, Manner, Node, Note, Payload};

use crate::world::{A, B, C, contract, explained, on, transferCall};

sol! {
    struct Call2 { address target; bytes callData; }
    function aggregate(Call2[] calls);
    function tryAggregate(bool requireSuccess, Call2[] calls);
    function blockAndAggregate(Call2[] calls);
    function tryBlockAndAggregate(bool requireSuccess, Call2[] calls);
    function upgrade(address proxy, address implementation);
    function upgradeAndCall(address proxy, address implementation, bytes data);
    function upgradeTo(address implementation);
    function upgradeToAndCall(address implementation, bytes data);
    function changeProxyAdmin(address proxy, address admin);
    function transferOwnership(address owner);
}

/// The value that goes along, and whether the call may fail.
type Expected = (U256, bool);

#[test]
fn takes_every_function_of_multicall3_apart() {
    let data: Bytes = transferCall { to: A, amount: U256::from(2_000_000) }.abi_encode().into();
    let pairs = || vec![Call2 { target: C, callData: data.clone() }, Call2 { target: B, callData: Bytes::new() }];
    let three = |fails: bool| Call3 { target: C, allowFailure: fails, callData: data.clone() };
    let valued =
        |fails: bool| Call3Value { target: C, allowFailure: fails, value: U256::from(5), callData: data.clone() };
    let (none, one) = ((U256::ZERO, false), (U256::from(5), true));
    let cases: [(Vec<u8>, [Expected; 2]); 6] = [
        (aggregateCall { calls: pairs() }.abi_encode(), [none; 2]),
        (tryAggregateCall { requireSuccess: true, calls: pairs() }.abi_encode(), [none; 2]),
        (blockAndAggregateCall { calls: pairs() }.abi_encode(), [none; 2]),
        (tryBlockAndAggregateCall { requireSuccess: false, calls: pairs() }.abi_encode(), [(U256::ZERO, true); 2]),
        (aggregate3Call { calls: vec![three(false), three(true)] }.abi_encode(), [none, (U256::ZERO, true)]),
        (aggregate3ValueCall { calls: vec![valued(false), valued(true)] }.abi_encode(), [(U256::from(5), false), one]),
    ];
    for (data, expected) in cases {
        let root = explained(on(1, MULTICALL3, data));
        let found = |node: &Node| (node.value, node.notes.contains(&Note::FailureAllowed));
        assert_eq!(root.kind, Kind::Batch);
        assert_eq!(root.children.iter().map(found).collect::<Vec<_>>(), expected, "{}", root.sentence);
        assert_eq!(root.children[0].sentence.split(" go along").next(), Some(&*amount(&root.children[0])));
        assert_eq!((root.children[0].from, root.children[0].to), (Some(MULTICALL3), Some(C)));
    }
}

fn amount(node: &Node) -> String {
    let along = if node.value.is_zero() { "" } else { " 0.000000000000000005 ETH" };
    format!("Send 2 USDC to {A}.{along}")
}

#[test]
fn takes_packed_transactions_apart_and_warns_of_delegate_calls() {
    let data = transferCall { to: A, amount: U256::MAX }.abi_encode();
    let mut packed = Vec::new();
    for (operation, to, data) in [(0_u8, C, &data), (1, B, &data)] {
        packed.push(operation);
        packed.extend(to);
        packed.extend(U256::from(7).to_be_bytes::<32>());
        packed.extend(U256::from(data.len()).to_be_bytes::<32>());
        packed.extend(data);
    }
    let call = multiSendCall { transactions: packed.into() }.abi_encode();
    // A Safe runs it as its own, so what it calls is called by the Safe.
    let payload = Payload { from: Some(A), manner: Manner::Delegate, ..on(1, MULTI_SEND_1_3_0, call) };
    let root = explained(payload);
    assert_eq!((root.kind, root.manner, &root.notes[..]), (Kind::Batch, Manner::Delegate, &[][..]));
    let [call, delegated] = &root.children[..] else { panic!("{root:#?}") };
    assert_eq!((call.manner, call.from, call.value), (Manner::Call, Some(A), U256::from(7)));
    assert_eq!(call.sentence, format!("Send unlimited USDC to {A}. 0.000000000000000007 ETH go along."));
    assert_eq!((delegated.manner, delegated.from), (Manner::Delegate, Some(A)));
    assert_eq!(delegated.notes, [Note::UnknownDelegate]);
}

#[test]
fn shows_what_a_proxy_becomes_and_runs_its_call_in_the_proxys_name() {
    let admin = contract(Part::ProxyAdmin, "ethereum");
    let init: Bytes = vec![9, 9, 9, 9].into();
    for (data, to, sentence, inner) in [
        (
            upgradeCall { proxy: A, implementation: B }.abi_encode(),
            admin,
            format!("Make {B} the code of the proxy {A}."),
            None,
        ),
        (
            upgradeAndCallCall { proxy: A, implementation: B, data: init.clone() }.abi_encode(),
            admin,
            format!("Make {B} the code of the proxy {A} and call it."),
            Some(A),
        ),
        (upgradeToCall { implementation: B }.abi_encode(), A, format!("Make {B} the code of the proxy {A}."), None),
        (
            upgradeToAndCallCall { implementation: B, data: init.clone() }.abi_encode(),
            A,
            format!("Make {B} the code of the proxy {A} and call it."),
            Some(A),
        ),
        (
            changeProxyAdminCall { proxy: A, admin: B }.abi_encode(),
            admin,
            format!("Make {B} the administrator of the proxy {A}."),
            None,
        ),
        (transferOwnershipCall { owner: B }.abi_encode(), A, format!("Make {B} the owner of {A}."), None),
    ] {
        let root = explained(on(1, to, data));
        assert_eq!(root.sentence, sentence);
        let below = root.children.iter().map(|node| (node.to, node.from, node.manner)).collect::<Vec<_>>();
        let expected = inner.map(|proxy| (Some(B), Some(proxy), Manner::Delegate));
        assert_eq!(below, expected.into_iter().collect::<Vec<_>>());
    }
}

#[test]
fn warns_of_batches_by_contracts_that_nobody_vouches_for() {
    let batch = aggregateCall { calls: vec![Call2 { target: C, callData: Bytes::new() }] }.abi_encode();
    for (to, manner, note) in [
        (MULTICALL3, Manner::Call, None),
        (MULTICALL3, Manner::Delegate, None),
        (B, Manner::Call, Some(Note::UnknownBatch)),
        (B, Manner::Delegate, Some(Note::UnknownDelegate)),
    ] {
        let root = explained(Payload { manner, ..on(1, to, batch.clone()) });
        assert_eq!((root.kind, &root.notes[..]), (Kind::Batch, note.as_slice()), "{to} {manner:?}");
    }
}

#[test]
fn says_that_code_runs_where_a_delegate_call_has_no_calldata() {
    let root = explained(Payload { manner: Manner::Delegate, ..on(1, B, Vec::new()) });
    assert_eq!((root.kind, &root.notes[..]), (Kind::Unknown, &[Note::UnknownDelegate][..]));
    assert_eq!(root.sentence, format!("Run the code of {B} in the name of the caller, without calldata."));
}

#[test]
fn runs_what_the_delegating_multicall_is_given_in_the_name_of_the_safe() {
    let code = || Bytes::from_static(&[1, 2, 3, 4]);
    let three = Call3 { target: B, allowFailure: false, callData: code() };
    let valued = Call3Value { target: B, allowFailure: false, value: U256::from(5), callData: code() };
    for data in
        [aggregate3Call { calls: vec![three] }.abi_encode(), aggregate3ValueCall { calls: vec![valued] }.abi_encode()]
    {
        let as_safe = Payload { from: Some(A), manner: Manner::Delegate, ..on(1, MULTICALL3_DELEGATECALL, data) };
        let root = explained(as_safe);
        assert_eq!(root.sentence, "Run the code of several contracts in turn, in the name of the caller.");
        let child = &root.children[0];
        assert_eq!((child.manner, child.from, child.value), (Manner::Delegate, Some(A), U256::ZERO));
        assert_eq!(child.notes, [Note::UnknownDelegate]);
    }
}
