//! Transactions that wait for their block.

use alloy_primitives::{B256, U64};
use alloy_rpc_types_eth::{Block, Transaction};
use ephor_network::rpc::Settings;
use serde_json::{Value, json};

use crate::world::{BASE_FEE, COUNTER, ETHEREUM, ONE, World, dev, settings, signed};

#[test]
fn transactions_wait_in_order_and_are_mined_together() {
    for chain in [ETHEREUM, ONE] {
        let world = World::new(chain);
        world.ask("evm_setAutomine", json!([false]));
        assert_eq!(world.ask("anvil_getAutomine", json!([])), json!(false));
        assert_eq!(world.ask("hardhat_getAutomine", json!([])), json!(false));
        let head = world.ask("eth_blockNumber", json!([]));
        let hashes = [world.count(0), world.count(1), world.count(0)];
        assert_eq!(world.ask("eth_blockNumber", json!([])), head);
        assert_eq!(world.counted(), 0);
        assert_eq!(world.ask("eth_getTransactionCount", json!([dev(0), "latest"])), json!("0x0"));
        assert_eq!(world.ask("eth_getTransactionCount", json!([dev(0), "pending"])), json!("0x2"));

        let waiting: Transaction = world.get("eth_getTransactionByHash", json!([hashes[0]]));
        assert_eq!((waiting.block_hash, waiting.block_number, waiting.transaction_index), (None, None, None));
        assert_eq!(waiting.inner.signer(), dev(0));
        assert_eq!(world.ask("eth_getTransactionReceipt", json!([hashes[0]])), Value::Null);
        let all: Vec<Transaction> = world.get("eth_pendingTransactions", json!([]));
        assert_eq!(all.iter().map(|tx| *tx.inner.tx_hash()).collect::<Vec<_>>(), hashes);

        let pending = world.ask("eth_getBlockByNumber", json!(["pending", false]));
        assert_eq!(pending["transactions"], json!(hashes));
        assert_eq!((&pending["hash"], &pending["nonce"]), (&Value::Null, &Value::Null));
        let number: U64 = serde_json::from_value(pending["number"].clone()).unwrap();
        assert_eq!(json!(number - U64::ONE), head);
        assert_eq!(world.ask("eth_getBlockTransactionCountByNumber", json!(["pending"])), json!("0x3"));
        let second = world.ask("eth_getTransactionByBlockNumberAndIndex", json!(["pending", "0x1"]));
        assert_eq!((&second["hash"], &second["blockHash"]), (&json!(hashes[1]), &Value::Null));
        let none = world.ask("eth_getTransactionByBlockNumberAndIndex", json!(["pending", "0x3"]));
        assert_eq!((none, world.ask("eth_getBlockReceipts", json!(["pending"]))), (Value::Null, Value::Null));
        let mut whole = world.ask("eth_getBlockByNumber", json!(["pending", true]));
        assert_eq!(whole["transactions"][1]["hash"], json!(hashes[1]));
        // Libraries read it as a block, once they have put zeros for the three that no pending block has.
        whole["hash"] = json!(B256::ZERO);
        whole["nonce"] = json!("0x0000000000000000");
        whole["miner"] = json!(dev(0));
        let read: Block = serde_json::from_value(whole).unwrap();
        assert!(read.header.logs_bloom.is_zero());

        world.ask("evm_mine", json!([]));
        let block: Block = world.get("eth_getBlockByNumber", json!(["latest", false]));
        assert_eq!(block.transactions.hashes().collect::<Vec<_>>(), hashes);
        assert_eq!(
            (json!(U64::from(block.header.number)), json!(U64::from(block.header.timestamp))),
            (json!(number), pending["timestamp"].clone())
        );
        assert_eq!(world.counted(), 3);
        assert_eq!(world.ask("eth_pendingTransactions", json!([])), json!([]));
    }
}

#[test]
fn a_waiting_transaction_is_neither_repeated_nor_replaced() {
    let world = World::new(ONE);
    world.ask("evm_setAutomine", json!([false]));
    world.count(0);
    #[track_caller]
    fn check(world: &World, nonce: u64, fee: u128, message: &str) {
        let raw = signed(&world.endpoint, 0, |tx| {
            tx.nonce = nonce;
            tx.max_fee_per_gas = fee;
        });
        let error = world.refused("eth_sendRawTransaction", json!([raw]));
        assert_eq!((error.code, error.message.starts_with(message)), (-32000, true), "{error}");
    }
    check(&world, 0, u128::from(BASE_FEE), "already known");
    check(&world, 0, 100, "replacement transaction underpriced");
    check(&world, 2, 100, "nonce too high");
    world.ask("evm_mine", json!([]));
    check(&world, 0, u128::from(BASE_FEE), "nonce too low");
}

#[test]
fn the_greatest_nonce_is_never_used() {
    let world = World::new(ONE);
    world.ask("evm_setAutomine", json!([false]));
    let before = u64::MAX - 1;
    world.ask("hardhat_setNonce", json!([dev(0), U64::from(before)]));
    world.count(0);
    assert_eq!(world.ask("eth_getTransactionCount", json!([dev(0), "pending"])), json!(U64::MAX));
    let raw = signed(&world.endpoint, 0, |tx| tx.nonce = u64::MAX);
    let error = world.refused("eth_sendRawTransaction", json!([raw]));
    assert_eq!((error.code, error.message.as_str()), (-32000, "nonce has max value"));
    world.ask("hardhat_setNonce", json!([dev(0), U64::MAX]));
    assert_eq!(world.ask("eth_getTransactionCount", json!([dev(0), "pending"])), json!(U64::MAX));
}

#[test]
fn a_full_pool_takes_nothing_more_until_a_block_is_mined() {
    let world = World::with(ONE, Settings { impersonate: true, ..settings() });
    world.ask("evm_setAutomine", json!([false]));
    let large = format!("0x{}", "00".repeat(15 << 20));
    let send = json!([{ "from": COUNTER, "to": dev(0), "gas": "0x3b9aca00", "data": large }]);
    for _ in 0..8 {
        world.ask("eth_sendTransaction", send.clone());
    }
    let error = world.refused("eth_sendTransaction", send.clone());
    assert_eq!((error.code, error.message.starts_with("txpool is full: the pool of chain")), (-32000, true), "{error}");
    world.count(0);
    world.ask("evm_mine", json!([]));
    assert_eq!(world.counted(), 1);
    world.ask("eth_sendTransaction", send);
}

#[test]
fn what_the_block_cannot_hold_is_an_error_of_its_sender() {
    let world = World::new(ONE);
    // Impersonated senders have no nonce of their own to get wrong; one that was given must be the next.
    world.ask("hardhat_impersonateAccount", json!([COUNTER]));
    let hash: B256 = world.get("eth_sendTransaction", json!([{ "from": COUNTER, "to": COUNTER }]));
    let tx: Transaction = world.get("eth_getTransactionByHash", json!([hash]));
    assert_eq!(tx.inner.signer(), COUNTER);
    let error = world.refused("eth_sendTransaction", json!([{ "from": COUNTER, "to": COUNTER, "nonce": "0x0" }]));
    assert!(error.message.starts_with("nonce too low"), "{error}");
}
