//! What an execution would do, or did: whether the Safe executed its transaction, and what was announced.
//!
//! All that can be executed is tried at once with `eth_simulateV1`, so that a parent is tried as if its children had approved. An endpoint
//! without that method is asked with `eth_call`, about the first alone. A Safe that says `ExecutionFailure` did not execute, even though the
//! transaction that called it succeeded.

use super::{
    CeremonyFailure,
    chain::{Endpoint, unexpected},
    run::Execution,
};
use crate::exit::Failure;
use alloy_primitives::{Address, B256, Bytes, U64, hex};
use alloy_provider::Provider;
use alloy_rpc_types_eth::TransactionReceipt;
use alloy_sol_types::SolEvent;
use alloy_transport::{RpcError, TransportError};
use ephor_abi::{catalog, safe::ISafe};
use ephor_ceremony::Ceremony;
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::fmt::Write as _;

/// What one execution would do, or did.
#[derive(Debug, Serialize)]
pub(super) struct Effects {
    /// The Safe.
    pub(super) safe: Address,
    /// Why the transaction is not executed; `None` if it is.
    pub(super) refused: Option<String>,
    /// What was announced, by whom, in order.
    pub(super) events: Vec<(Address, String)>,
    /// Gas, if it is known.
    gas: Option<u64>,
    /// The transaction that was sent, and its block.
    #[serde(skip_serializing_if = "Option::is_none")]
    transaction: Option<(B256, u64)>,
}

/// What is announced, as endpoints tell it.
#[derive(Debug, Deserialize)]
struct Log {
    address: Address,
    topics: Vec<B256>,
    data: Bytes,
}

/// A call of a simulated block.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Simulated {
    status: U64,
    gas_used: U64,
    #[serde(default)]
    logs: Vec<Log>,
    error: Option<SimulatedError>,
}

#[derive(Debug, Deserialize)]
struct SimulatedError {
    message: String,
    #[serde(default)]
    data: Option<Bytes>,
}

#[derive(Debug, Deserialize)]
struct SimulatedBlock {
    calls: Vec<Simulated>,
}

/// What a Safe announced about a transaction: whether it was executed. `None` if it says nothing of it.
pub(super) fn told(topics: &[B256], data: &[u8], safe_tx_hash: B256) -> Option<bool> {
    // 1.4.1 indexes the hash, 1.3.0 does not.
    let about = topics.get(1).copied().or_else(|| data.get(..32).map(B256::from_slice));
    let executed = match *topics.first()? {
        ISafe::ExecutionSuccess::SIGNATURE_HASH => true,
        ISafe::ExecutionFailure::SIGNATURE_HASH => false,
        _ => return None,
    };
    (about == Some(safe_tx_hash)).then_some(executed)
}

fn event(topics: &[B256], data: &[u8]) -> String {
    catalog::decode_event(topics, data).unwrap_or_else(|| {
        let topic = topics.first().map_or_else(String::new, |topic| format!(" {topic}"));
        format!("an unknown event{topic}")
    })
}

/// Why the Safe of an execution did not execute, by what was announced.
fn silence(execution: &Execution, logs: &[Log]) -> Option<String> {
    let of_safe = logs.iter().filter(|log| log.address == execution.safe);
    let said = of_safe.filter_map(|log| told(&log.topics, &log.data, execution.safe_tx_hash)).next();
    match said {
        Some(true) => None,
        Some(false) => Some("what it calls failed (ExecutionFailure); the nonce is used up".to_owned()),
        None => Some("the Safe announced no execution of this transaction".to_owned()),
    }
}

fn effects(execution: &Execution, logs: &[Log], gas: Option<u64>) -> Effects {
    let events = logs.iter().map(|log| (log.address, event(&log.topics, &log.data))).collect();
    Effects { safe: execution.safe, refused: silence(execution, logs), events, gas, transaction: None }
}

fn refused(execution: &Execution, why: String) -> Effects {
    Effects { safe: execution.safe, refused: Some(why), events: Vec::new(), gas: None, transaction: None }
}

/// What the data of a revert says.
fn reason(message: &str, data: Option<&Bytes>) -> String {
    match data.filter(|data| !data.is_empty()) {
        Some(data) => catalog::decode_revert(data).to_string(),
        None => message.chars().filter(|c| !c.is_control()).take(300).collect(),
    }
}

/// Tries executions one after the other, without sending anything.
pub(super) async fn tried(
    endpoint: &Endpoint,
    from: Address,
    executions: &[&Execution],
) -> Result<Vec<Effects>, Failure> {
    let calls: Vec<_> =
        executions.iter().map(|each| json!({ "from": from, "to": each.safe, "input": each.data })).collect();
    let payload = json!({ "blockStateCalls": [{ "calls": calls }], "validation": false });
    let answer: Result<Vec<SimulatedBlock>, TransportError> =
        endpoint.provider.raw_request("eth_simulateV1".into(), (payload, "latest")).await;
    let blocks = match answer {
        Ok(blocks) => blocks,
        Err(RpcError::ErrorResp(_)) => return Ok(vec![first_tried(endpoint, from, executions).await?]),
        Err(error) => return Err(unexpected(error).into()),
    };
    let calls: Vec<Simulated> = blocks.into_iter().flat_map(|block| block.calls).collect();
    if calls.len() != executions.len() {
        return Err(unexpected("eth_simulateV1 answers about other calls than it was asked").into());
    }
    let each = executions.iter().zip(&calls).map(|(execution, call)| {
        if call.status.is_zero() {
            let error = call.error.as_ref();
            let message = error.map_or("it reverts", |error| &error.message);
            return refused(execution, reason(message, error.and_then(|error| error.data.as_ref())));
        }
        effects(execution, &call.logs, Some(call.gas_used.to()))
    });
    Ok(each.collect())
}

/// The first alone, with `eth_call`, which tells no events.
async fn first_tried(endpoint: &Endpoint, from: Address, executions: &[&Execution]) -> Result<Effects, Failure> {
    let Some(first) = executions.first() else { return Err(CeremonyFailure::NotReady.into()) };
    let request = json!({ "from": from, "to": first.safe, "data": first.data });
    let answer: Result<Bytes, TransportError> =
        endpoint.provider.raw_request("eth_call".into(), (request, "latest")).await;
    match answer {
        // `execTransaction` answers whether what it called succeeded.
        Ok(answer) if answer.last() == Some(&1) => Ok(Effects { refused: None, ..refused(first, String::new()) }),
        Ok(_) => Ok(refused(first, "what it calls would fail".to_owned())),
        Err(RpcError::ErrorResp(error)) => {
            let data = error.as_revert_data();
            Ok(refused(first, reason(&error.message, data.as_ref())))
        }
        Err(error) => Err(unexpected(error).into()),
    }
}

/// What a transaction that was mined did.
pub(super) fn happened(receipt: &TransactionReceipt, execution: &Execution) -> Effects {
    let logs: Vec<Log> = receipt
        .logs()
        .iter()
        .map(|log| Log { address: log.address(), topics: log.topics().to_vec(), data: log.data().data.clone() })
        .collect();
    let mut effects = effects(execution, &logs, Some(receipt.gas_used));
    if !receipt.status() {
        effects.refused = Some("the transaction reverted".to_owned());
    }
    effects.transaction = Some((receipt.transaction_hash, receipt.block_number.unwrap_or_default()));
    effects
}

impl Effects {
    /// In words.
    pub(super) fn write(&self, ceremony: &Ceremony, text: &mut String) {
        let state = match &self.refused {
            Some(why) => format!("REFUSED: {why}"),
            None if self.transaction.is_some() => "executed".to_owned(),
            None => "would be executed".to_owned(),
        };
        let _ = write!(text, "  {}: {state}", ceremony.label(self.safe));
        if let Some((hash, block)) = self.transaction {
            let _ = write!(text, ", transaction {}, block {block}", hex::encode_prefixed(hash));
        }
        let gas = self.gas.map_or_else(String::new, |gas| format!(", {gas} gas"));
        let _ = writeln!(text, "{gas}");
        for (address, event) in &self.events {
            let _ = writeln!(text, "    {}: {event}", ceremony.label(*address));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ephor_abi::safe::ISafeIndexed;

    const HASH: B256 = B256::repeat_byte(0x11);
    const SAFE: Address = Address::repeat_byte(0x77);

    fn execution() -> Execution {
        Execution::new(SAFE, HASH)
    }

    #[track_caller]
    fn check(event: &impl SolEvent, from: Address, refused: Option<&str>) {
        let data = event.encode_log_data();
        let log = Log { address: from, topics: data.topics().to_vec(), data: data.data.clone() };
        let found = effects(&execution(), &[log], None).refused;
        match (found, refused) {
            (None, None) => {}
            (Some(found), Some(part)) => assert!(found.contains(part), "{found}"),
            (found, refused) => panic!("{found:?}, expected {refused:?}"),
        }
    }

    #[test]
    fn only_the_safes_own_word_about_this_transaction_counts() {
        let payment = Default::default();
        check(&ISafe::ExecutionSuccess { txHash: HASH, payment }, SAFE, None);
        check(&ISafeIndexed::ExecutionSuccess { txHash: HASH, payment }, SAFE, None);
        check(&ISafe::ExecutionFailure { txHash: HASH, payment }, SAFE, Some("ExecutionFailure"));
        check(&ISafeIndexed::ExecutionFailure { txHash: HASH, payment }, SAFE, Some("the nonce is used up"));
        check(&ISafe::ExecutionSuccess { txHash: B256::ZERO, payment }, SAFE, Some("announced no execution"));
        check(&ISafe::ExecutionSuccess { txHash: HASH, payment }, Address::ZERO, Some("announced no execution"));
        assert!(effects(&execution(), &[], None).refused.is_some());
    }
}
