//! What can be read, and what can be tried.

use alloy_primitives::{Address, B256, Bytes, U64, U256, hex, keccak256};
use alloy_rpc_types_eth::{
    AccessListResult, Block, BlockTransactions, EIP1186AccountProofResponse, FeeHistory, Log, Transaction,
    TransactionReceipt, simulate::SimulatedBlock,
};
use alloy_trie::{Nibbles, TrieAccount, proof::verify_proof};
use ephor_network::rpc::METHODS;
use serde_json::{Value, json};

use crate::world::{BASE_FEE, COUNTED, COUNTER, ETHEREUM, ONE, STRANGER, World, dev};

#[test]
fn says_which_chain_it_is() {
    for chain in [ETHEREUM, ONE] {
        let world = World::new(chain);
        assert_eq!(world.get::<U64>("eth_chainId", json!([])), U64::from(chain));
        assert_eq!(world.ask("net_version", json!([])), json!(chain.to_string()));
        assert_eq!(world.get::<Vec<Address>>("eth_accounts", json!([])), [dev(0), dev(1)]);
        assert_eq!(world.ask("eth_syncing", json!([])), json!(false));
        assert_eq!(world.ask("eth_mining", json!([])), json!(false));
        assert_eq!(world.get::<U64>("eth_protocolVersion", json!([])), U64::from(68));
        assert_eq!(world.ask("eth_blobBaseFee", json!([])), json!("0x1"));
        assert_eq!(world.ask("net_listening", json!([])), json!(true));
        assert_eq!(world.ask("net_peerCount", json!([])), json!("0x0"));
        assert_eq!(world.get::<Address>("eth_coinbase", json!([])), Address::ZERO);
        assert!(world.get::<String>("web3_clientVersion", json!([])).starts_with("ephor/"));
        assert_eq!(world.get::<B256>("web3_sha3", json!(["0x616263"])), keccak256("abc"));
    }
}

#[test]
fn a_transaction_its_receipt_its_block_and_its_log_agree() {
    for chain in [ETHEREUM, ONE] {
        let world = World::new(chain);
        let hash = world.count(0);
        let tx: Transaction = world.get("eth_getTransactionByHash", json!([hash]));
        let receipt: TransactionReceipt = world.get("eth_getTransactionReceipt", json!([hash]));
        assert!(receipt.status());
        assert_eq!((receipt.transaction_hash, receipt.from, receipt.to), (hash, dev(0), Some(COUNTER)));
        assert_eq!((tx.inner.signer(), tx.block_hash, tx.transaction_index), (dev(0), receipt.block_hash, Some(0)));
        assert_eq!(tx.effective_gas_price, Some(receipt.effective_gas_price));

        let number = json!(U64::from(receipt.block_number.unwrap()));
        let block: Block = world.get("eth_getBlockByNumber", json!([number, false]));
        assert_eq!(block.transactions, BlockTransactions::Hashes(vec![hash]));
        assert_eq!(block.header.hash, block.header.inner.hash_slow());
        assert!(block.header.size.unwrap() > U256::from(500));
        let whole: Block = world.get("eth_getBlockByHash", json!([block.header.hash, true]));
        assert_eq!(whole.header, block.header);
        assert_eq!(whole.transactions.as_transactions().unwrap()[0].inner.tx_hash(), &hash);
        assert_eq!(world.ask("eth_getBlockByNumber", json!(["latest"]))["hash"], json!(block.header.hash));

        let logs: Vec<Log> = world.get("eth_getLogs", json!([{ "fromBlock": number, "topics": [COUNTED] }]));
        assert_eq!(logs, receipt.logs());
        assert_eq!(logs[0].topics(), [COUNTED, dev(0).into_word()]);
        assert_eq!(logs[0].block_timestamp, Some(block.header.timestamp));

        let receipts: Vec<TransactionReceipt> = world.get("eth_getBlockReceipts", json!([number]));
        assert_eq!(receipts, [receipt]);
        for (method, place) in [
            ("eth_getTransactionByBlockHashAndIndex", json!(block.header.hash)),
            ("eth_getTransactionByBlockNumberAndIndex", number.clone()),
        ] {
            assert_eq!(world.get::<Transaction>(method, json!([place, "0x0"])), tx, "{method}");
            assert_eq!(world.ask(method, json!([place, "0x1"])), Value::Null);
        }
        assert_eq!(world.ask("eth_getBlockTransactionCountByNumber", json!([number])), json!("0x1"));
        assert_eq!(world.ask("eth_getBlockTransactionCountByHash", json!([block.header.hash])), json!("0x1"));
        let raw: Bytes = world.get("eth_getRawTransactionByHash", json!([hash]));
        assert_eq!(keccak256(raw), hash);
    }
}

#[test]
fn what_is_not_there_is_null() {
    let world = World::new(ONE);
    let nothing = json!([B256::repeat_byte(9)]);
    for method in [
        "eth_getTransactionByHash",
        "eth_getTransactionReceipt",
        "eth_getRawTransactionByHash",
        "eth_getBlockByHash",
        "eth_getBlockReceipts",
        "eth_getBlockTransactionCountByHash",
        "eth_getUncleCountByBlockHash",
    ] {
        assert_eq!(world.ask(method, nothing.clone()), Value::Null, "{method}");
    }
    for method in ["eth_getBlockByNumber", "eth_getBlockTransactionCountByNumber", "eth_getUncleCountByBlockNumber"] {
        assert_eq!(world.ask(method, json!(["0xffffff"])), Value::Null, "{method}");
    }
    for (method, place) in
        [("eth_getUncleByBlockNumberAndIndex", json!("latest")), ("eth_getUncleByBlockHashAndIndex", json!(B256::ZERO))]
    {
        assert_eq!(world.ask(method, json!([place, "0x0"])), Value::Null, "{method}");
    }
    assert_eq!(world.ask("eth_getUncleCountByBlockNumber", json!(["latest"])), json!("0x0"));
}

#[test]
fn accounts_are_read_in_all_ways_of_naming_a_block() {
    let world = World::new(ONE);
    world.count(0);
    let number = world.ask("eth_blockNumber", json!([]));
    let hash = world.ask("eth_getBlockByNumber", json!([number]))["hash"].clone();
    for block in [
        json!("latest"),
        json!("safe"),
        json!("finalized"),
        json!("pending"),
        number.clone(),
        hash.clone(),
        json!({ "blockHash": hash, "requireCanonical": true }),
        json!({ "blockNumber": number }),
        Value::Null,
    ] {
        assert_eq!(world.get::<U256>("eth_getStorageAt", json!([COUNTER, "0x0", block])), U256::ONE, "{block}");
        assert!(world.get::<U256>("eth_getBalance", json!([dev(1), block])) > U256::ONE);
        assert_eq!(world.get::<Bytes>("eth_getCode", json!([COUNTER, block])), Bytes::from(hex!("fe5255535400000001")));
        assert_eq!(world.ask("eth_getTransactionCount", json!([dev(0), block])), json!("0x1"));
        let count: U256 = world.get("eth_call", json!([{ "to": COUNTER }, block]));
        assert_eq!(count, U256::from(2));
    }
}

#[test]
fn the_past_is_read_where_it_is_kept() {
    let trace = json!({ "tracer": "callTracer" });
    for chain in [ETHEREUM, ONE] {
        let world = World::past(chain);
        let hashes = [world.count(0), world.count(0), world.count(0)];
        world.ask("hardhat_setStorageAt", json!([COUNTER, "0x0", "0x64"]));
        for (at, hash) in hashes.iter().enumerate() {
            let block = world.ask("eth_getTransactionReceipt", json!([hash]))["blockNumber"].clone();
            let count = U256::from(at + 1);
            assert_eq!(world.get::<U256>("eth_getTransactionCount", json!([dev(0), block])), count);
            let traced = world.ask("debug_traceTransaction", json!([hash, trace]));
            assert_eq!(traced["output"], json!(B256::from(count)));
            if at == 2 {
                // The edit belongs to the block after which it was made.
                continue;
            }
            assert_eq!(world.get::<U256>("eth_getStorageAt", json!([COUNTER, "0x0", block])), count);
            assert_eq!(world.get::<U256>("eth_call", json!([{ "to": COUNTER }, block])), count + U256::ONE);
            let traced = world.ask("debug_traceCall", json!([{ "to": COUNTER }, block, trace]));
            assert_eq!(traced["output"], json!(B256::from(count + U256::ONE)));
            let payload = json!({ "blockStateCalls": [{ "calls": [{ "to": COUNTER }] }] });
            let blocks: Vec<SimulatedBlock> = world.get("eth_simulateV1", json!([payload, block]));
            let number: U64 = serde_json::from_value(block).unwrap();
            assert_eq!(blocks[0].inner.header.number, number.to::<u64>() + 1);
            assert_eq!(U256::from_be_slice(&blocks[0].calls[0].return_data), count + U256::ONE);
        }
        assert_eq!(world.counted(), 100);
    }
    let world = World::new(ONE);
    let block = world.ask("eth_blockNumber", json!([]));
    world.count(0);
    let error = world.refused("eth_call", json!([{ "to": COUNTER }, block]));
    assert_eq!((error.code, error.message.starts_with("the state at block")), (-32000, true), "{error}");
}

#[test]
fn accounts_are_proven_against_the_root_in_the_header() {
    let world = World::past(ONE);
    world.count(0);
    let root = world.get::<Block>("eth_getBlockByNumber", json!(["latest"])).header.state_root;
    let proof: EIP1186AccountProofResponse = world.get("eth_getProof", json!([COUNTER, ["0x0", "0x5"], "latest"]));
    assert_eq!(proof.address, COUNTER);
    let account = TrieAccount {
        nonce: proof.nonce,
        balance: proof.balance,
        storage_root: proof.storage_hash,
        code_hash: keccak256(hex!("fe5255535400000001")),
    };
    let key = |bytes: &[u8]| Nibbles::unpack(keccak256(bytes));
    let expected = Some(alloy_rlp::encode(account));
    verify_proof(root, key(COUNTER.as_slice()), expected, &proof.account_proof).unwrap();
    for (slot, value) in proof.storage_proof.iter().zip([Some(alloy_rlp::encode(U256::ONE)), None]) {
        verify_proof(proof.storage_hash, key(slot.key.as_b256().as_slice()), value, &slot.proof).unwrap();
    }
}

#[test]
fn nothing_is_proven_where_headers_commit_to_no_state() {
    let world = World::new(ONE);
    let error = world.refused("eth_getProof", json!([COUNTER, ["0x0"], "latest"]));
    assert_eq!((error.code, error.message.contains("computes no state roots")), (-32000, true), "{error}");
    assert_eq!(world.refused("eth_getProof", json!([COUNTER, vec!["0x0"; 1_025]])).code, -32602);
}

#[test]
fn calls_and_estimates_take_overrides() {
    let world = World::new(ONE);
    let word = |value: u64| B256::from(U256::from(value));
    let call = json!({ "to": COUNTER });
    let state = json!({ COUNTER.to_string(): { "stateDiff": { word(0).to_string(): word(41) } } });
    assert_eq!(world.get::<B256>("eth_call", json!([call, "latest", state])), word(42));
    let whole = json!({ COUNTER.to_string(): { "state": {} } });
    assert_eq!(world.get::<B256>("eth_call", json!([call, "latest", whole])), word(1));
    // NUMBER, TIMESTAMP, COINBASE, BASEFEE and SELFBALANCE in five words.
    let code = hex!("436000524260205241604052486060524760805260a06000f3");
    let state = json!({ STRANGER.to_string(): { "code": Bytes::from(code), "balance": "0x5" } });
    let block = json!({ "number": "0x64", "time": "0x65", "feeRecipient": COUNTER, "baseFeePerGas": "0x66" });
    let seen: Bytes = world.get("eth_call", json!([{ "to": STRANGER }, "latest", state, block]));
    let words: Vec<B256> = seen.chunks(32).map(B256::from_slice).collect();
    assert_eq!(words, [word(0x64), word(0x65), COUNTER.into_word(), word(0x66), word(5)]);

    assert_eq!(
        world.ask("eth_estimateGas", json!([{ "from": dev(0), "to": STRANGER, "value": "0x1" }])),
        json!("0x5208")
    );
    let plain: U64 = world.get("eth_estimateGas", json!([call]));
    let state = json!({ COUNTER.to_string(): { "stateDiff": { word(0).to_string(): word(41) } } });
    let warm: U64 = world.get("eth_estimateGas", json!([call, "latest", state]));
    assert!(warm < plain, "a slot in use is cheaper to change: {warm} < {plain}");
    assert_eq!(world.counted(), 0, "nothing stays");
}

#[test]
fn an_access_list_is_as_alloy_reads_it() {
    let world = World::new(ONE);
    let forward = [&[1][..], COUNTER.as_slice()].concat();
    let call = json!({ "from": dev(0), "to": COUNTER, "input": Bytes::from(forward) });
    let result: AccessListResult = world.get("eth_createAccessList", json!([call, "latest"]));
    assert_eq!(result.access_list[0].address, COUNTER);
    assert_eq!(result.access_list[0].storage_keys, [B256::ZERO]);
    assert_eq!(result.error, None);
    assert!(result.gas_used > U256::from(21_000));
    let result: AccessListResult = world.get("eth_createAccessList", json!([{ "to": COUNTER, "input": "0x09" }]));
    assert_eq!(result.error.as_deref(), Some("execution reverted"));
}

#[test]
fn fees_are_what_the_chain_asks() {
    let world = World::new(ONE);
    assert_eq!(world.ask("eth_gasPrice", json!([])), json!(U64::from(BASE_FEE)));
    assert_eq!(world.ask("eth_maxPriorityFeePerGas", json!([])), json!("0x0"));
    let tip = world.endpoint.handle(
        "eth_sendRawTransaction",
        &json!([crate::world::signed(&world.endpoint, 0, |tx| {
            tx.max_fee_per_gas = 20;
            tx.max_priority_fee_per_gas = 3;
        })])
        .to_string(),
    );
    assert!(tip.is_ok(), "{tip:?}");
    let history: FeeHistory = world.get("eth_feeHistory", json!(["0x2", "latest", [0, 50, 100]]));
    assert_eq!(history.base_fee_per_gas, [u128::from(BASE_FEE); 3]);
    assert_eq!((history.gas_used_ratio.len(), history.blob_gas_used_ratio.len()), (2, 2));
    assert_eq!(history.reward.unwrap(), [vec![0, 0, 0], vec![3, 3, 3]]);
    assert!(history.gas_used_ratio[1] > 0.0);
    let all: FeeHistory = world.get("eth_feeHistory", json!([1_000_000, "latest"]));
    let head: U64 = world.get("eth_blockNumber", json!([]));
    assert_eq!(all.gas_used_ratio.len() as u64, head.to::<u64>() - all.oldest_block + 1);
    // Where gas is free, wallets are told of one wei, and a transaction that offers nothing is mined all the same.
    let free = World::new(ETHEREUM);
    assert_eq!(free.ask("eth_gasPrice", json!([])), json!("0x1"));
    let raw = crate::world::signed(&free.endpoint, 0, |tx| tx.max_fee_per_gas = 0);
    let hash: B256 = free.get("eth_sendRawTransaction", json!([raw]));
    assert!(free.get::<TransactionReceipt>("eth_getTransactionReceipt", json!([hash])).status());
}

#[test]
fn simulated_blocks_are_as_alloy_reads_them() {
    for chain in [ETHEREUM, ONE] {
        let world = World::new(chain);
        let count = json!({ "from": dev(0), "to": COUNTER });
        let fail = json!({ "from": dev(0), "to": COUNTER, "input": "0xc0ffee00" });
        let pay = json!({ "from": dev(0), "to": STRANGER, "value": "0x5" });
        let payload = json!({
            "blockStateCalls": [{ "calls": [count, fail] }, { "calls": [count, pay] }],
            "traceTransfers": true,
        });
        let blocks: Vec<SimulatedBlock> = world.get("eth_simulateV1", json!([payload, "latest"]));
        let head: Block = world.get("eth_getBlockByNumber", json!(["latest"]));
        assert_eq!(blocks.len(), 2);
        assert_eq!(blocks[0].inner.header.parent_hash, head.header.hash);
        assert_eq!(blocks[1].inner.header.parent_hash, blocks[0].inner.header.hash);
        assert_eq!(blocks[1].inner.header.number, head.header.number + 2);
        let calls = &blocks[0].calls;
        assert_eq!(U256::from_be_slice(&calls[0].return_data), U256::ONE);
        assert_eq!((calls[0].status, calls[0].logs.len()), (true, 1));
        let error = calls[1].error.as_ref().unwrap();
        assert_eq!(
            (calls[1].status, error.code, error.message.as_str()),
            (false, 3, "execution reverted: OutOfCoffee()")
        );
        assert_eq!(U256::from_be_slice(&blocks[1].calls[0].return_data), U256::from(2), "on top of the block before");
        let transfer = &blocks[1].calls[1].logs[0];
        assert_eq!(transfer.topics()[1..], [dev(0).into_word(), STRANGER.into_word()]);
        assert_eq!(world.counted(), 0, "nothing stays");
    }
}

#[test]
fn an_endpoint_lists_what_it_answers() {
    let world = World::new(ONE);
    assert_eq!(world.endpoint.methods().count(), METHODS.len());
    let control = crate::world::settings();
    let guarded = World::with(ONE, ephor_network::rpc::Settings { control: false, ..control });
    assert!(guarded.endpoint.methods().all(|method| !method.rehearsal_only));
    for method in METHODS.iter().filter(|method| method.rehearsal_only) {
        assert_eq!(guarded.refused(method.name, json!([])).code, -32601, "{}", method.name);
    }
}
