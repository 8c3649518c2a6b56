//! What blocks, transactions, receipts and logs look like in JSON.

use alloy_consensus::EMPTY_OMMER_ROOT_HASH;
use alloy_primitives::{B256, Bloom, BloomInput, TxKind, U64, U256};
use ephor_chain::{Block, Chain, LogView, Receipt, Transaction, TransactionView};
use serde_json::{Value, json};

pub(super) fn quantity(number: u64) -> Value {
    json!(U64::from(number))
}

fn wide(number: u128) -> Value {
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

fn to(transaction: &Transaction) -> Option<alloy_primitives::Address> {
    match transaction.to() {
        TxKind::Call(to) => Some(to),
        TxKind::Create => None,
    }
}

pub(super) fn transaction(view: &TransactionView) -> Value {
    let transaction = &view.transaction;
    let mut shown = match transaction {
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
    if let Value::Object(fields) = &mut shown {
        fields.insert("hash".into(), json!(view.hash));
        fields.insert("from".into(), json!(transaction.from()));
        fields.insert("to".into(), json!(to(transaction)));
        fields.insert("blockHash".into(), json!(view.block_hash));
        fields.insert("blockNumber".into(), quantity(view.block_number));
        fields.insert("transactionIndex".into(), quantity(view.index));
        fields.entry("gasPrice").or_insert_with(|| wide(view.effective_gas_price));
    }
    shown
}

/// A block with the hashes of its transactions, or with all of each.
pub(super) fn block(chain: &Chain, block: &Block, whole: bool) -> Value {
    let transactions: Vec<Value> = if whole {
        block.transactions.iter().filter_map(|hash| chain.transaction(*hash)).map(|view| transaction(&view)).collect()
    } else {
        block.transactions.iter().map(|hash| json!(hash)).collect()
    };
    let mut shown = json!(block.header);
    if let Value::Object(fields) = &mut shown {
        fields.insert("hash".into(), json!(block.hash));
        fields.insert("sha3Uncles".into(), json!(EMPTY_OMMER_ROOT_HASH));
        fields.insert("uncles".into(), json!(Vec::<B256>::new()));
        fields.insert("withdrawals".into(), json!(Vec::<B256>::new()));
        fields.insert("l1BlockNumber".into(), quantity(block.l1_block));
        fields.insert("transactions".into(), Value::Array(transactions));
    }
    shown
}
