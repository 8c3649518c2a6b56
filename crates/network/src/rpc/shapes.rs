//! What blocks, transactions, receipts and logs look like in JSON.

use alloy_consensus::EMPTY_OMMER_ROOT_HASH;
use alloy_primitives::{Address, B256, Bloom, BloomInput, TxKind, U64, U256};
use ephor_chain::{Block, Chain, LogFilter, LogView, Receipt, Transaction, TransactionView};
use serde_json::{Map, Value, json};

pub(super) fn quantity(number: u64) -> Value {
    json!(U64::from(number))
}

pub(super) fn wide(number: u128) -> Value {
    json!(U256::from(number))
}

/// The type shown to clients: an unsigned transaction passes for a legacy one, since no client knows its type.
fn shown_type(transaction: &Transaction) -> u64 {
    match transaction {
        Transaction::Signed(_) => u64::from(transaction.tx_type()),
        Transaction::Unsigned(_) => 0,
    }
}

pub(super) fn log(view: &LogView) -> Value {
    json!({
        "address": view.log.address,
        "topics": view.log.topics(),
        "data": view.log.data.data,
        "blockHash": view.block_hash,
        "blockNumber": quantity(view.block_number),
        "blockTimestamp": quantity(view.timestamp),
        "transactionHash": view.transaction,
        "transactionIndex": quantity(view.transaction_index),
        "logIndex": quantity(view.index),
        "removed": false,
    })
}

/// Logs that one answer holds at most: shown, a log is several times what it is in memory, and many more than these fit into no answer.
pub(super) const LOGS_MAX: usize = 200_000;

/// The logs of a block that pass a filter, as a subscription sends them; nothing if there are more than can be told.
#[must_use]
pub fn logs_of_block(chain: &Chain, number: u64, filter: &LogFilter) -> Option<Vec<Value>> {
    let filter = LogFilter { from_block: number, to_block: Some(number), ..filter.clone() };
    Some(chain.logs_up_to(&filter, LOGS_MAX)?.iter().map(log).collect())
}

pub(super) fn receipt(receipt: &Receipt) -> Value {
    let view = &receipt.transaction;
    let mut bloom = Bloom::ZERO;
    for log in &receipt.logs {
        bloom.accrue(BloomInput::Raw(log.log.address.as_slice()));
        for topic in log.log.topics() {
            bloom.accrue(BloomInput::Raw(topic.as_slice()));
        }
    }
    json!({
        "type": quantity(shown_type(&view.transaction)),
        "status": quantity(u64::from(receipt.success)),
        "transactionHash": view.hash,
        "transactionIndex": quantity(view.index),
        "blockHash": view.block_hash,
        "blockNumber": quantity(view.block_number),
        "from": view.transaction.from(),
        "to": to(&view.transaction),
        "contractAddress": receipt.created,
        "gasUsed": quantity(receipt.gas_used),
        "cumulativeGasUsed": quantity(receipt.cumulative_gas_used),
        "effectiveGasPrice": wide(view.effective_gas_price),
        "logsBloom": bloom,
        "logs": receipt.logs.iter().map(log).collect::<Vec<_>>(),
    })
}

fn to(transaction: &Transaction) -> Option<Address> {
    match transaction.to() {
        TxKind::Call(to) => Some(to),
        TxKind::Create => None,
    }
}

/// A transaction in a block.
pub(super) fn transaction(view: &TransactionView) -> Value {
    let mut shown = bare_transaction(&view.transaction, view.hash, view.effective_gas_price);
    shown.insert("blockHash".into(), json!(view.block_hash));
    shown.insert("blockNumber".into(), quantity(view.block_number));
    shown.insert("transactionIndex".into(), quantity(view.index));
    shown.into()
}

/// A transaction that waits for its block.
pub(super) fn pending_transaction(transaction: &Transaction, base_fee: u64) -> Value {
    let price = transaction.effective_gas_price(base_fee);
    let mut shown = bare_transaction(transaction, transaction.hash(), price);
    for absent in ["blockHash", "blockNumber", "transactionIndex"] {
        shown.insert(absent.into(), Value::Null);
    }
    shown.into()
}

fn bare_transaction(transaction: &Transaction, hash: B256, price: u128) -> Map<String, Value> {
    let shown = match transaction {
        // The consensus form has nonce, fees, access list and signature already.
        Transaction::Signed(signed) => json!(signed.envelope()),
        Transaction::Unsigned(unsigned) => json!({
            "type": "0x0",
            "nonce": "0x0",
            "gasPrice": "0x0",
            "gas": quantity(unsigned.gas_limit),
            "value": unsigned.value,
            "input": unsigned.data,
            "v": "0x1b",
            "r": "0x0",
            "s": "0x0",
        }),
    };
    let Value::Object(mut fields) = shown else { return Map::new() };
    fields.insert("hash".into(), json!(hash));
    fields.insert("from".into(), json!(transaction.from()));
    fields.insert("to".into(), json!(to(transaction)));
    fields.entry("gasPrice").or_insert_with(|| wide(price));
    fields
}

/// The header of a block, as a subscription to new ones sends it.
#[must_use]
pub fn header(chain: &Chain, number: u64) -> Option<Value> {
    let block = chain.block(number)?;
    Some(header_fields(&block).into())
}

fn header_fields(block: &Block) -> Map<String, Value> {
    let Value::Object(mut fields) = json!(block.header) else { return Map::new() };
    fields.insert("hash".into(), json!(block.hash));
    fields.insert("sha3Uncles".into(), json!(EMPTY_OMMER_ROOT_HASH));
    fields.insert("l1BlockNumber".into(), quantity(block.l1_block));
    fields
}

/// A block with the hashes of its transactions, or with all of each.
pub(super) fn block(chain: &Chain, block: &Block, whole: bool) -> Value {
    let transactions: Vec<Value> = if whole {
        let count = block.transactions.len() as u64;
        (0..count)
            .filter_map(|at| chain.transaction_at(block.header.number, at))
            .map(|view| transaction(&view))
            .collect()
    } else {
        block.transactions.iter().map(|hash| json!(hash)).collect()
    };
    let mut fields = header_fields(block);
    let number = block.header.number;
    if let Some(stored) = chain.stored_until(number).filter(|stored| *stored < number) {
        // The hash of an empty block is not that of its fields, but follows from the hash of this one.
        fields.insert("emptySince".into(), quantity(stored));
    }
    with_body(fields, transactions, chain.block_size(block))
}

/// The block that would be mined now.
pub(super) fn pending_block(chain: &Chain, whole: bool) -> Value {
    let head = chain.latest();
    let base_fee = chain.config().base_fee;
    let header = alloy_consensus::Header {
        parent_hash: head.hash,
        number: head.header.number + 1,
        timestamp: chain.next_time().timestamp,
        logs_bloom: Bloom::ZERO,
        ..head.header
    };
    let Value::Object(mut fields) = json!(header) else { return Value::Null };
    for unknown in ["hash", "nonce", "miner"] {
        fields.insert(unknown.into(), Value::Null);
    }
    for unknown in ["stateRoot", "transactionsRoot", "receiptsRoot"] {
        fields.insert(unknown.into(), json!(B256::ZERO));
    }
    fields.insert("gasUsed".into(), quantity(0));
    let waiting = chain.pending().iter();
    let transactions = if whole {
        waiting.map(|tx| pending_transaction(tx, base_fee)).collect()
    } else {
        waiting.map(|tx| json!(tx.hash())).collect()
    };
    with_body(fields, transactions, 0)
}

fn with_body(mut fields: Map<String, Value>, transactions: Vec<Value>, size: u64) -> Value {
    fields.insert("uncles".into(), json!(Vec::<B256>::new()));
    fields.insert("withdrawals".into(), json!(Vec::<B256>::new()));
    fields.insert("size".into(), quantity(size));
    fields.insert("transactions".into(), Value::Array(transactions));
    fields.into()
}
