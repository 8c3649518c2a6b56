//! What stands before a contract: proxies with an administrator, and proxies of Safes.

mod world;

use std::sync::Arc;

use alloy_primitives::{Address, B256, Bytes, U256, bytes, keccak256, uint};
use alloy_sol_types::{Revert, SolCall, SolError, SolEvent, SolValue};
use ephor_abi::{
    proxy::IProxy,
    safe::{ISafe, ISafeProxy},
};
use ephor_chain::{BlockEnv, Code, Executor, Message, Outcome, SpecId, Status};
use ephor_programs::{PROXY, SAFE_L2, SAFE_PROXY};
use stylus_sdk::abi::CONSTRUCTOR_SELECTOR;
use world::REVERT;

const ADMIN: Address = Address::repeat_byte(0xAD);
const SOMEBODY: Address = Address::repeat_byte(0x50);
const IMPLEMENTATION: Address = Address::repeat_byte(0x1A);
const OTHER: Address = Address::repeat_byte(0x1B);
const AT: Address = Address::repeat_byte(0x77);

/// Returns its calldata.
const ECHO: Bytes = bytes!("366000600037366000f3");
/// Writes the value sent along to slot 0 and returns nothing.
const STORE: Bytes = bytes!("3460005500");

fn executor() -> Executor {
    let mut executor = Executor::new(Arc::new(ephor_programs::all()), 42161, SpecId::PRAGUE);
    executor.set_balance(SOMEBODY, U256::from(1000));
    executor.set_balance(ADMIN, U256::from(1000));
    executor
}

#[track_caller]
fn send(executor: &mut Executor, from: Address, data: impl Into<Bytes>, value: u64) -> Outcome {
    let message = Message::call(from, AT, data).with_value(U256::from(value));
    executor.call(&BlockEnv::default(), message).expect("a message that can be executed")
}

/// A proxy at [`AT`] before `code` at [`IMPLEMENTATION`].
fn proxied(code: Bytes, data: Bytes) -> (Executor, Outcome) {
    let mut executor = executor();
    executor.install(IMPLEMENTATION, &Code::Evm(code), []);
    executor.install(OTHER, &Code::Evm(REVERT), []);
    executor.install(AT, &Code::Program(PROXY), []);
    let args = (IMPLEMENTATION, ADMIN, data).abi_encode_params();
    let outcome = executor.construct(&BlockEnv::default(), SOMEBODY, AT, &args).expect("a constructor that can be run");
    (executor, outcome)
}

fn refusal(reason: &str) -> Vec<u8> {
    Revert::from(reason).abi_encode()
}

#[track_caller]
fn check(outcome: &Outcome, status: &Status, output: &[u8]) {
    assert_eq!((&outcome.status, outcome.output.as_ref()), (status, output), "{outcome:?}");
}

#[test]
fn addresses_lie_where_the_standard_says() {
    let (executor, outcome) = proxied(ECHO, Bytes::new());
    assert!(outcome.is_success(), "{outcome:?}");
    let slot = |name: &str| U256::from_be_bytes(keccak256(name).0) - U256::ONE;
    let word = |address: Address| U256::from_be_bytes(address.into_word().0);
    assert_eq!(executor.state().slot(AT, slot("eip1967.proxy.implementation")), word(IMPLEMENTATION));
    assert_eq!(executor.state().slot(AT, slot("eip1967.proxy.admin")), word(ADMIN));
    let announced: Vec<B256> = outcome.logs.iter().map(|log| log.topics()[0]).collect();
    assert_eq!(announced, [IProxy::Upgraded::SIGNATURE_HASH, IProxy::AdminChanged::SIGNATURE_HASH]);
}

#[test]
fn the_constructor_runs_once_and_calls_the_implementation() {
    let (_, outcome) = proxied(REVERT, bytes!("1234"));
    check(&outcome, &Status::Revert, &bytes!("1234"));
    let (mut executor, _) = proxied(ECHO, bytes!("1234"));
    let args = (OTHER, SOMEBODY, Bytes::new()).abi_encode_params();
    let again = executor.construct(&BlockEnv::default(), ADMIN, AT, &args).expect("a message that can be executed");
    check(&again, &Status::Revert, &[]);
}

#[test]
fn hands_on_every_call_of_others() {
    let calls = [
        Bytes::new(),
        bytes!("12"),
        bytes!("12345678ff"),
        IProxy::adminCall {}.abi_encode().into(),
        IProxy::upgradeToCall::SELECTOR.into(),
        IProxy::upgradeToCall { newImplementation: OTHER }.abi_encode().into(),
    ];
    for call in calls {
        let (mut executor, _) = proxied(ECHO, Bytes::new());
        check(&send(&mut executor, SOMEBODY, call.clone(), 0), &Status::Success, &call);
        let (mut executor, _) = proxied(REVERT, Bytes::new());
        check(&send(&mut executor, SOMEBODY, call.clone(), 0), &Status::Revert, &call);
        let (mut executor, _) = proxied(STORE, Bytes::new());
        check(&send(&mut executor, SOMEBODY, call, 7), &Status::Success, &[]);
        assert_eq!(executor.state().slot(AT, U256::ZERO), U256::from(7));
        assert_eq!(executor.state().balance(AT), U256::from(7));
    }
}

#[test]
fn the_administrator_reaches_the_proxy_alone() {
    let (mut executor, _) = proxied(ECHO, Bytes::new());
    let mut check = |data: Vec<u8>, value, status: Status, output: &[u8]| {
        check(&send(&mut executor, ADMIN, data, value), &status, output);
    };
    let refused = refusal("TransparentUpgradeableProxy: admin cannot fallback to proxy target");
    check(vec![], 0, Status::Revert, &refused);
    check(vec![1, 2, 3, 4], 0, Status::Revert, &refused);
    check(IProxy::adminCall {}.abi_encode(), 1, Status::Revert, &[]);
    check(IProxy::upgradeToCall::SELECTOR.to_vec(), 0, Status::Revert, &[]);
    check(IProxy::adminCall {}.abi_encode(), 0, Status::Success, &ADMIN.abi_encode());
    check(IProxy::implementationCall {}.abi_encode(), 0, Status::Success, &IMPLEMENTATION.abi_encode());
    let upgrade = |to| IProxy::upgradeToCall { newImplementation: to }.abi_encode();
    check(upgrade(SOMEBODY), 0, Status::Revert, &refusal("ERC1967: new implementation is not a contract"));
    let call = |to, data| IProxy::upgradeToAndCallCall { newImplementation: to, data }.abi_encode();
    check(call(OTHER, bytes!("99")), 0, Status::Revert, &bytes!("99"));
    check(call(OTHER, Bytes::new()), 0, Status::Revert, &refusal("Address: low-level delegate call failed"));
    check(call(IMPLEMENTATION, bytes!("99")), 3, Status::Success, &[]);
    check(upgrade(OTHER), 0, Status::Success, &[]);
    check(IProxy::implementationCall {}.abi_encode(), 0, Status::Success, &OTHER.abi_encode());
    let change = |to| IProxy::changeAdminCall { newAdmin: to }.abi_encode();
    check(change(Address::ZERO), 0, Status::Revert, &refusal("ERC1967: new admin is the zero address"));
    check(change(SOMEBODY), 0, Status::Success, &[]);
    check(IProxy::adminCall {}.abi_encode(), 0, Status::Revert, &IProxy::adminCall {}.abi_encode());
}

fn setup_call() -> Vec<u8> {
    world::setup(vec![ADMIN, SOMEBODY])
}

/// The code of a Safe at [`IMPLEMENTATION`], and what stands before it at [`AT`].
fn safe(before: &Code) -> Executor {
    let mut executor = executor();
    executor.install(IMPLEMENTATION, &Code::Program(SAFE_L2), []);
    executor.install(AT, before, []);
    let locked = executor.construct(&BlockEnv::default(), SOMEBODY, IMPLEMENTATION, &[]);
    assert!(locked.as_ref().is_ok_and(Outcome::is_success), "{locked:?}");
    executor
}

#[test]
fn a_safe_lives_behind_its_proxy() {
    let mut executor = safe(&Code::Program(SAFE_PROXY));
    let construct = |executor: &mut Executor, to: Address| {
        let args = (to,).abi_encode_params();
        executor.construct(&BlockEnv::default(), SOMEBODY, AT, &args).expect("a message that can be executed")
    };
    let refused = construct(&mut executor, Address::ZERO);
    check(&refused, &Status::Revert, &refusal("Invalid singleton address provided"));
    assert!(construct(&mut executor, IMPLEMENTATION).is_success());
    check(&construct(&mut executor, OTHER), &Status::Revert, &[]);

    let code = ISafeProxy::masterCopyCall {}.abi_encode();
    check(&send(&mut executor, SOMEBODY, code, 0), &Status::Success, &IMPLEMENTATION.abi_encode());
    check(&send(&mut executor, SOMEBODY, setup_call(), 0), &Status::Success, &[]);
    check(&send(&mut executor, SOMEBODY, setup_call(), 0), &Status::Revert, &refusal("GS200"));
    let owners = send(&mut executor, SOMEBODY, ISafe::getOwnersCall {}.abi_encode(), 0);
    check(&owners, &Status::Success, &vec![ADMIN, SOMEBODY].abi_encode());
    let domain = keccak256("EIP712Domain(uint256 chainId,address verifyingContract)");
    let domain = keccak256((domain, U256::from(42161), AT).abi_encode());
    let separator = send(&mut executor, SOMEBODY, ISafe::domainSeparatorCall {}.abi_encode(), 0);
    check(&separator, &Status::Success, domain.as_slice());
    let received = send(&mut executor, SOMEBODY, Bytes::new(), 5);
    assert!(received.is_success());
    assert_eq!((received.logs[0].address, received.logs[0].topics()[0]), (AT, ISafe::SafeReceived::SIGNATURE_HASH));
    let type_hash = keccak256(concat!(
        "SafeTx(address to,uint256 value,bytes data,uint8 operation,uint256 safeTxGas,uint256 baseGas,",
        "uint256 gasPrice,address gasToken,address refundReceiver,uint256 nonce)"
    ));
    assert_eq!(
        U256::from_be_bytes(type_hash.0),
        uint!(0xbb8310d486368db6bd6f849402fdd73ad53d316b5a4b2644ad6efe0f941286d8_U256)
    );
}

#[test]
fn the_code_behind_proxies_is_nobodys_account() {
    let mut executor = safe(&Code::Program(SAFE_PROXY));
    let message = Message::call(SOMEBODY, IMPLEMENTATION, setup_call());
    let outcome = executor.call(&BlockEnv::default(), message).expect("a message that can be executed");
    check(&outcome, &Status::Revert, &refusal("GS200"));
}

#[test]
fn the_constructor_cannot_be_called_through_foreign_proxies() {
    let parts =
        [bytes!("363d3d373d3d3d363d73"), IMPLEMENTATION.to_vec().into(), bytes!("5af43d82803e903d91602b57fd5bf3")];
    let mut executor = safe(&Code::Evm(parts.concat().into()));
    check(&send(&mut executor, SOMEBODY, setup_call(), 0), &Status::Success, &[]);
    let constructor = CONSTRUCTOR_SELECTOR.to_be_bytes().to_vec();
    check(&send(&mut executor, SOMEBODY, constructor, 0), &Status::Revert, &[]);
}
