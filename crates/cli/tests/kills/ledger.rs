//! What a network has acknowledged on a chain, to be held against what it has after a kill.

use alloy_primitives::Address;
use serde_json::{Value, json};
use std::collections::BTreeMap;

use crate::{
    process::{Connection, Up},
    program::{nonce, number},
};

/// An answer that somebody had.
#[derive(Debug)]
pub(crate) enum Said {
    /// A transaction was taken, by its hash. It is mined at once.
    Sent(Value),
    /// The receipt of one.
    Receipt(Value),
    /// A block.
    Block(Value),
    /// A time.
    Time(u64),
}

/// Everything that was acknowledged so far.
pub(crate) struct Ledger {
    program: Address,
    /// Who calls the program, and how many transactions each had before.
    callers: Vec<(Address, u64)>,
    /// Receipts by the hashes of the transactions; null where nobody asked for it yet.
    receipts: BTreeMap<String, Value>,
    /// Hashes of blocks by their numbers.
    blocks: BTreeMap<u64, Value>,
    seconds: u64,
    /// Transactions that were acknowledged since the last look.
    fresh: Vec<String>,
    /// Blocks and logs before this were looked at.
    logs_block: u64,
}

impl Ledger {
    pub(crate) fn new(program: Address, callers: Vec<(Address, u64)>) -> Self {
        let (receipts, blocks) = (BTreeMap::new(), BTreeMap::new());
        Self { program, callers, receipts, blocks, seconds: 0, fresh: Vec::new(), logs_block: 0 }
    }

    /// How many transactions were acknowledged.
    pub(crate) fn len(&self) -> usize {
        self.receipts.len()
    }

    /// Takes down an answer.
    pub(crate) fn note(&mut self, said: Said) {
        match said {
            Said::Sent(hash) => {
                let hash = hash.as_str().expect("a hash").to_owned();
                self.receipts.entry(hash.clone()).or_default();
                self.fresh.push(hash);
            }
            Said::Receipt(receipt) => {
                assert_eq!(receipt["status"], "0x1", "{receipt}");
                self.block(&receipt["blockNumber"], &receipt["blockHash"]);
                let hash = receipt["transactionHash"].as_str().expect("a hash").to_owned();
                self.receipts.insert(hash, receipt);
            }
            Said::Block(block) => {
                self.block(&block["number"], &block["hash"]);
                self.note(Said::Time(number(&block["timestamp"])));
            }
            Said::Time(seconds) => self.seconds = self.seconds.max(seconds),
        }
    }

    fn block(&mut self, quantity: &Value, hash: &Value) {
        let known = self.blocks.entry(number(quantity)).or_insert_with(|| hash.clone());
        assert_eq!(known, hash, "two blocks {quantity}");
    }

    /// What was acknowledged since it was opened the last time is there, and the state fits it.
    #[track_caller]
    pub(crate) fn check_fresh(&mut self, up: &Up) {
        let (fresh, from) = (std::mem::take(&mut self.fresh), self.logs_block);
        let blocks = self.blocks.range(from..).map(|(number, hash)| (*number, hash.clone())).collect();
        self.check(&mut up.connect("home"), &fresh, &blocks, from);
    }

    /// All that was ever acknowledged is there.
    #[track_caller]
    pub(crate) fn check_all(&mut self, up: &Up) {
        let hashes: Vec<_> = self.receipts.keys().cloned().collect();
        let blocks = self.blocks.clone();
        self.check(&mut up.connect("home"), &hashes, &blocks, 0);
    }

    #[track_caller]
    fn check(&mut self, chain: &mut Connection, hashes: &[String], blocks: &BTreeMap<u64, Value>, from: u64) {
        let clock = chain.ask("ephor_clock", &json!([]));
        let seconds = clock["timestamp"].as_u64().expect("a time");
        assert!(seconds >= self.seconds, "{} was acknowledged, the clock shows {seconds}", self.seconds);

        let params: Vec<_> = blocks.keys().map(|number| json!([format!("{number:#x}"), false])).collect();
        for (found, (number, hash)) in chain.ask_all("eth_getBlockByNumber", &params).iter().zip(blocks) {
            assert_eq!(&found["hash"], hash, "block {number}");
            if let Some(parent) = number.checked_sub(1).and_then(|parent| blocks.get(&parent)) {
                assert_eq!(&found["parentHash"], parent, "block {number}");
            }
        }

        let params: Vec<_> = hashes.iter().map(|hash| json!([hash])).collect();
        let transactions = chain.ask_all("eth_getTransactionByHash", &params);
        let receipts = chain.ask_all("eth_getTransactionReceipt", &params);
        let latest = number(&chain.ask("eth_blockNumber", &json!([])));
        let filter = json!([{ "fromBlock": format!("{from:#x}"), "toBlock": "latest", "address": self.program }]);
        let logs = chain.ask("eth_getLogs", &filter);
        let logs = logs.as_array().expect("logs");
        let by_hash: BTreeMap<&str, &Value> =
            logs.iter().map(|log| (log["transactionHash"].as_str().expect("a hash"), log)).collect();
        for ((hash, transaction), receipt) in hashes.iter().zip(transactions).zip(receipts) {
            assert_eq!(transaction["blockHash"], receipt["blockHash"], "{hash}: {transaction} {receipt}");
            let acknowledged = &self.receipts[hash];
            assert!(acknowledged.is_null() || *acknowledged == receipt, "{hash}: {acknowledged} is {receipt} now");
            assert_eq!(receipt["logs"].as_array().map(Vec::len), Some(1), "{hash}: {receipt}");
            assert_eq!(by_hash.get(hash.as_str()).copied(), Some(&receipt["logs"][0]), "{hash}");
            self.note(Said::Receipt(receipt));
        }
        // What had no answer is there whole or not at all: nonces, state and logs agree.
        for (caller, before) in self.callers.clone() {
            let calls = nonce(chain, caller) - before;
            let word = format!("{:#066x}", alloy_primitives::U256::from_be_slice(caller.as_slice()));
            let counted = chain.ask("eth_getStorageAt", &json!([self.program, word, "latest"]));
            assert_eq!(number(&counted), calls, "{caller}");
            let counts: Vec<_> =
                logs.iter().filter(|log| log["topics"][0] == *word).map(|log| number(&log["data"])).collect();
            let first = calls + 1 - counts.len() as u64;
            assert_eq!(counts, (first..=calls).collect::<Vec<_>>(), "logs of {caller}");
            assert!(from > 0 || first == 1, "logs of {caller}");
        }
        self.logs_block = latest;
    }
}
