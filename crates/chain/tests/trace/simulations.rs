//! Blocks that might be.

use alloy_primitives::{Address, Bytes, U256};
use ephor_chain::{AccountOverride, Chain, ExecuteError, SimulatedBlock, SimulatedCall, StorageOverride};

use super::{ACTOR, RELAY, act, acting, ask, chain, key, relayed};

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
