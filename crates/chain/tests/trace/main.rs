//! Calls that are tried on pretended accounts, estimated, looked into, and simulated: native programs, bytecode and precompiled
//! contracts alike.

#![expect(clippy::needless_pass_by_value, reason = "entry points own their calldata and their host")]

mod calls;
mod scenes;
mod simulations;
mod transactions;

use std::sync::Arc;

use alloy_primitives::{Address, B256, Bytes, U256, address, hex};
use alloy_signer_local::PrivateKeySigner;
use ephor_chain::{
    Ask, BlockTime, CallFrame, Chain, ChainConfig, Code, Genesis, GenesisAccount, Message, Program, Programs, Scene,
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
