//! Scratch measurement.
use std::{sync::Arc, time::Instant};
use alloy_primitives::{Address, U256};
use alloy_sol_types::SolCall;
use ephor_abi::token::IVotesToken as T;
use ephor_chain::*;
fn main() {
    let token = Address::repeat_byte(1);
    let mut x = Executor::new(Arc::new(ephor_programs::all()), 42161, SpecId::PRAGUE);
    x.install(token, &ephor_programs::id_of("L2ArbitrumToken").map(Code::Program).unwrap(), []);
    let rich = Address::repeat_byte(9);
    let a = |i: u64| Address::from_word(U256::from(0x1000_0000 + i).into());
    let mut block = BlockEnv { number: 100, timestamp: 1_000_000, ..BlockEnv::default() };
    let call = |x: &mut Executor, b: &BlockEnv, from, data: Vec<u8>| { let o = x.call(b, Message::call(from, token, data)).unwrap(); assert!(o.is_success(), "{o:?}"); };
    call(&mut x, &block, rich, T::initializeCall { _l1TokenAddress: rich, _initialSupply: U256::from(1u128 << 100), _owner: rich }.abi_encode());
    let n = 50_000u64;
    let time = |name: &str, t: Instant| println!("{name}: {:.0}/s", n as f64 / t.elapsed().as_secs_f64());
    let t = Instant::now();
    for i in 0..n { call(&mut x, &block, rich, T::transferCall { to: a(i), amount: U256::from(10) }.abi_encode()); }
    time("transfer (no delegates)", t);
    let t = Instant::now();
    for i in 0..n { call(&mut x, &block, a(i), T::delegateCall { delegatee: a(i % 1000) }.abi_encode()); }
    time("delegate", t);
    block.number += 1;
    let t = Instant::now();
    for i in 0..n { call(&mut x, &block, a(i), T::transferCall { to: a((i + 1) % n), amount: U256::from(1) }.abi_encode()); }
    time("transfer (both delegated)", t);
    block.number += 1;
    let t = Instant::now();
    for i in 0..n { call(&mut x, &block, rich, T::getPastVotesCall { account: a(i % 1000), blockNumber: U256::from(101) }.abi_encode()); }
    time("getPastVotes", t);
    let t = Instant::now();
    for _ in 0..n { call(&mut x, &block, rich, T::getPastTotalSupplyCall { blockNumber: U256::from(101) }.abi_encode()); }
    time("getPastTotalSupply", t);
    let t = Instant::now();
    for _ in 0..n { call(&mut x, &block, rich, T::decimalsCall {}.abi_encode()); }
    time("decimals (overhead)", t);
}
