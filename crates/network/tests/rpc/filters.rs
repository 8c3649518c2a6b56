//! Logs and filters.

use alloy_primitives::{Address, B256, U64};
use alloy_rpc_types_eth::Log;
use ephor_network::rpc::log_filter;
use serde_json::{Value, json};

use crate::world::{COUNTED, COUNTER, ETHEREUM, ONE, World, dev};

#[test]
fn logs_are_found_by_block_address_and_topic() {
    let world = World::new(ONE);
    world.count(0);
    let second = world.count(1);
    let receipt = world.ask("eth_getTransactionReceipt", json!([second]));
    let (block, number) = (receipt["blockHash"].clone(), receipt["blockNumber"].clone());
    #[track_caller]
    fn check(world: &World, filter: Value, found: usize) {
        let logs: Vec<Log> = world.get("eth_getLogs", json!([filter]));
        assert_eq!(logs.len(), found, "{filter}");
    }
    let by = |who: Address| json!(who.into_word());
    let all = json!("earliest");
    check(&world, json!({ "fromBlock": all, "address": COUNTER }), 2);
    check(&world, json!({ "fromBlock": all, "address": [COUNTER, dev(0)], "topics": [] }), 2);
    check(&world, json!({ "fromBlock": all, "address": dev(0) }), 0);
    check(&world, json!({ "fromBlock": all, "topics": [COUNTED, by(dev(1))] }), 1);
    check(&world, json!({ "fromBlock": all, "topics": [null, [by(dev(0)), by(dev(1))]] }), 2);
    check(&world, json!({ "fromBlock": all, "topics": [[], [null, by(dev(1))]], "address": COUNTER }), 2);
    check(&world, json!({ "fromBlock": all, "topics": [by(dev(1))] }), 0);
    check(&world, json!({ "blockHash": block }), 1);
    check(&world, json!({ "fromBlock": number, "toBlock": number }), 1);
    check(&world, json!({}), 1);
    check(&world, json!({ "fromBlock": "0xffffff" }), 0);
    let error = world.refused("eth_getLogs", json!([{ "blockHash": B256::ZERO }]));
    assert_eq!((error.code, error.message.as_str()), (-32000, "unknown block"));
    // The filter of a subscription is read in the same way.
    let filter = log_filter(&json!({ "address": COUNTER, "topics": [null, by(dev(1))] })).unwrap();
    assert_eq!((filter.addresses, filter.topics[1].clone()), (vec![COUNTER], vec![dev(1).into_word()]));
    assert_eq!(log_filter(&json!(5)).unwrap_err().code, -32602);
}

#[test]
fn filters_tell_what_is_new() {
    for chain in [ETHEREUM, ONE] {
        let world = World::new(chain);
        world.count(0);
        let logs = world.ask("eth_newFilter", json!([{ "address": COUNTER }]));
        let blocks = world.ask("eth_newBlockFilter", json!([]));
        let pending = world.ask("eth_newPendingTransactionFilter", json!([]));
        let changes = |id: &Value| -> Vec<Value> { world.get("eth_getFilterChanges", json!([id])) };
        for id in [&logs, &blocks, &pending] {
            assert!(changes(id).is_empty(), "only what is new");
        }
        let hash = world.count(1);
        let head = world.ask("eth_getBlockByNumber", json!(["latest"]))["hash"].clone();
        let new: Vec<Log> = world.get("eth_getFilterChanges", json!([logs]));
        assert_eq!((new.len(), new[0].transaction_hash), (1, Some(hash)));
        assert_eq!(changes(&blocks).last(), Some(&head));
        assert_eq!(changes(&pending), [json!(hash)]);
        for id in [&logs, &blocks, &pending] {
            assert!(changes(id).is_empty(), "and only once");
        }
        let whole = world.ask("eth_newFilter", json!([{ "fromBlock": "earliest" }]));
        assert_eq!(world.get::<Vec<Log>>("eth_getFilterLogs", json!([whole])).len(), 2);
        assert_eq!(world.ask("eth_uninstallFilter", json!([logs])), json!(true));
        assert_eq!(world.ask("eth_uninstallFilter", json!([logs])), json!(false));
        for method in ["eth_getFilterChanges", "eth_getFilterLogs"] {
            let error = world.refused(method, json!([logs]));
            assert_eq!((error.code, error.message.as_str()), (-32000, "filter not found"));
        }
        assert_eq!(world.refused("eth_getFilterLogs", json!([blocks])).code, -32000);
        world.shared.tick(std::time::Duration::from_secs(1_000));
        assert_eq!(world.refused("eth_getFilterChanges", json!([blocks])).code, -32000);
    }
}

#[test]
fn filters_outlive_a_return_to_a_snapshot() {
    let world = World::new(ONE);
    let mark = world.ask("evm_snapshot", json!([]));
    let logs = world.ask("eth_newFilter", json!([{}]));
    let blocks = world.ask("eth_newBlockFilter", json!([]));
    world.count(0);
    world.count(0);
    assert_eq!(world.get::<Vec<Value>>("eth_getFilterChanges", json!([logs])).len(), 2);
    assert_eq!(world.get::<Vec<B256>>("eth_getFilterChanges", json!([blocks])).len(), 2);
    world.ask("evm_revert", json!([mark]));
    world.count(1);
    let new: Vec<Log> = world.get("eth_getFilterChanges", json!([logs]));
    assert_eq!(new[0].topics()[1], dev(1).into_word());
    assert_eq!(world.get::<Vec<B256>>("eth_getFilterChanges", json!([blocks])).len(), 1);
}

#[test]
fn a_long_leap_is_told_in_portions() {
    let world = World::new(ETHEREUM);
    let blocks = world.ask("eth_newBlockFilter", json!([]));
    let before: U64 = world.get("eth_blockNumber", json!([]));
    world.ask("hardhat_mine", json!(["0x4e20"]));
    let portions = [(); 3].map(|()| world.get::<Vec<B256>>("eth_getFilterChanges", json!([blocks])).len());
    assert_eq!(portions, [10_000, 10_000, 0]);
    let head: U64 = world.get("eth_blockNumber", json!([]));
    assert_eq!(head, before + U64::from(20_000));
}
