//! What a chain shows of a drill: executions and approvals by the Safes' logs, whose signatures were given by the transactions themselves,
//! and what the Safes refused.
//!
//! Logs do not tell of transactions that reverted. Those are looked for in the blocks since the drill began, the latest
//! [`BLOCKS_MAX`] of them.

use super::{
    CeremonyFailure,
    chain::{Endpoint, unexpected},
    effects,
};
use crate::exit::Failure;
use alloy_primitives::{Address, B256, Bytes, U64, U256};
use alloy_provider::Provider;
use alloy_sol_types::{SolCall, SolEvent};
use ephor_abi::{catalog, safe::ISafe};
use ephor_ceremony::{
    drill::{Deed, Drill, MAX_ENTRIES, Witnessed},
    signature,
};
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// How many blocks are searched for transactions that reverted.
const BLOCKS_MAX: u64 = 2_000;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Log {
    address: Address,
    topics: Vec<B256>,
    data: Bytes,
    block_number: U64,
    transaction_hash: B256,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Transaction {
    hash: B256,
    from: Address,
    to: Option<Address>,
    input: Bytes,
    value: U256,
    block_number: U64,
}

#[derive(Debug, Deserialize)]
struct Block {
    timestamp: U64,
    transactions: Vec<Transaction>,
}

/// What a chain shows, in its order.
pub(super) async fn witness(endpoint: &Endpoint, drill: &Drill) -> Result<Vec<Witnessed>, Failure> {
    let Some(place) = &drill.place else { return Ok(Vec::new()) };
    let safes = drill.safes().map_err(CeremonyFailure::from)?;
    let filter = json!({ "fromBlock": U64::from(place.from_block), "toBlock": "latest", "address": safes });
    let logs: Vec<Log> = ask(endpoint, "eth_getLogs", json!([filter])).await?;
    let mut times = BTreeMap::new();
    let mut seen = Vec::new();
    for log in logs.iter().take(MAX_ENTRIES) {
        let Some(deed) = deed(log) else { continue };
        let block = log.block_number.to();
        let transaction: Transaction = ask(endpoint, "eth_getTransactionByHash", json!([log.transaction_hash])).await?;
        let deed = with_signers(deed, log.address, &transaction);
        let exercise = exercise(drill, log.address, &deed)?;
        let at_seconds = time(endpoint, &mut times, block).await?;
        let (transaction, sender, safe) = (transaction.hash, transaction.from, log.address);
        seen.push(Witnessed { exercise, at_seconds, block, transaction, sender, safe, deed });
    }
    seen.extend(refused(endpoint, drill, place.from_block, &safes).await?);
    seen.sort_by_key(|witnessed| witnessed.block);
    seen.truncate(MAX_ENTRIES);
    Ok(seen)
}

async fn ask<T: serde::de::DeserializeOwned>(
    endpoint: &Endpoint,
    method: &'static str,
    params: Value,
) -> Result<T, Failure> {
    let answer: Value = endpoint.provider.raw_request(method.into(), params).await.map_err(unexpected)?;
    Ok(serde_json::from_value(answer).map_err(unexpected)?)
}

/// What a log of a Safe says, if it says what a drill is about.
fn deed(log: &Log) -> Option<Deed> {
    let topic = *log.topics.first()?;
    if topic == ISafe::ApproveHash::SIGNATURE_HASH {
        let (safe_tx_hash, owner) = (*log.topics.get(1)?, Address::from_word(*log.topics.get(2)?));
        return Some(Deed::Approved { safe_tx_hash, owner });
    }
    let about = log.topics.get(1).copied().or_else(|| log.data.get(..32).map(B256::from_slice))?;
    match effects::told(&log.topics, &log.data, about)? {
        true => Some(Deed::Executed { safe_tx_hash: about, agreed: Vec::new() }),
        false => Some(Deed::Failed { safe_tx_hash: about }),
    }
}

/// With those whose signatures were given, where the transaction is the execution itself.
fn with_signers(deed: Deed, safe: Address, transaction: &Transaction) -> Deed {
    match deed {
        Deed::Executed { safe_tx_hash, .. } if transaction.to == Some(safe) => {
            let call = ISafe::execTransactionCall::abi_decode(&transaction.input);
            let agreed = call.map(|call| signature::signers(safe_tx_hash, &call.signatures)).unwrap_or_default();
            Deed::Executed { safe_tx_hash, agreed }
        }
        other => other,
    }
}

/// The exercise that something is about, counted from one.
fn exercise(drill: &Drill, safe: Address, deed: &Deed) -> Result<usize, CeremonyFailure> {
    let hash = match deed {
        Deed::Executed { safe_tx_hash, .. } | Deed::Failed { safe_tx_hash } | Deed::Approved { safe_tx_hash, .. } => {
            drill.exercise_of(*safe_tx_hash)?
        }
        Deed::Refused { .. } => None,
    };
    match hash {
        Some(exercise) => Ok(exercise),
        None => Ok(drill.exercise_with(safe)?.unwrap_or(1)),
    }
}

/// A block's time in seconds, asked for once.
async fn time(endpoint: &Endpoint, times: &mut BTreeMap<u64, u64>, block: u64) -> Result<u64, Failure> {
    if let Some(known) = times.get(&block) {
        return Ok(*known);
    }
    let found: Value = ask(endpoint, "eth_getBlockByNumber", json!([U64::from(block), false])).await?;
    let seconds: U64 = serde_json::from_value(found["timestamp"].clone()).map_err(unexpected)?;
    times.insert(block, seconds.to());
    Ok(seconds.to())
}

/// Transactions that the Safes refused.
async fn refused(
    endpoint: &Endpoint,
    drill: &Drill,
    from_block: u64,
    safes: &[Address],
) -> Result<Vec<Witnessed>, Failure> {
    let head: U64 = ask(endpoint, "eth_blockNumber", json!([])).await?;
    let head: u64 = head.to();
    let mut seen = Vec::new();
    for block in from_block.max(head.saturating_sub(BLOCKS_MAX))..=head {
        let found: Option<Block> = ask(endpoint, "eth_getBlockByNumber", json!([U64::from(block), true])).await?;
        let Some(found) = found else { continue };
        for transaction in found.transactions {
            let Some(safe) = transaction.to.filter(|to| safes.contains(to)) else { continue };
            let receipt: Value = ask(endpoint, "eth_getTransactionReceipt", json!([transaction.hash])).await?;
            if receipt["status"] != "0x0" {
                continue;
            }
            let deed = Deed::Refused { reason: reason(endpoint, &transaction, safe).await };
            let exercise = by_call(drill, safe, &transaction)?;
            let (at_seconds, sender) = (found.timestamp.to(), transaction.from);
            seen.push(Witnessed { exercise, at_seconds, block, transaction: transaction.hash, sender, safe, deed });
        }
    }
    Ok(seen)
}

/// The exercise whose action a refused transaction tried, else the first of its Safe.
fn by_call(drill: &Drill, safe: Address, transaction: &Transaction) -> Result<usize, CeremonyFailure> {
    if let Ok(call) = ISafe::execTransactionCall::abi_decode(&transaction.input) {
        let exercises = drill.exercises()?;
        let is = |each: &ephor_ceremony::Ceremony| {
            each.steps()
                .iter()
                .any(|step| step.safe.address == safe && step.action.to == call.to && step.action.data == call.data)
        };
        if let Some(found) = exercises.iter().position(is) {
            return Ok(found + 1);
        }
    }
    Ok(drill.exercise_with(safe)?.unwrap_or(1))
}

/// Why a transaction was refused: the call again, on the state before its block.
async fn reason(endpoint: &Endpoint, transaction: &Transaction, safe: Address) -> String {
    let request =
        json!({ "from": transaction.from, "to": safe, "data": transaction.input, "value": transaction.value });
    let before = U64::from(transaction.block_number.to::<u64>().saturating_sub(1));
    let answer: Result<Bytes, _> = endpoint.provider.raw_request("eth_call".into(), (request, before)).await;
    match answer {
        Ok(_) => "it reverted".to_owned(),
        Err(error) => match error.as_error_resp().and_then(alloy_json_rpc::ErrorPayload::as_revert_data) {
            Some(data) => catalog::decode_revert(&data).to_string(),
            None => "it reverted".to_owned(),
        },
    }
}
