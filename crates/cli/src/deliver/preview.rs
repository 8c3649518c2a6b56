//! What transactions would do: tried on the chain's latest state, one after the other, without sending any.
//!
//! Where the node has `eth_simulateV1`, transactions on one chain are tried in order, each on what the former left, and the events are
//! known. Elsewhere each is tried alone with `eth_call`, so one that needs a former one seems to be refused; the outcome says
//! which it was.

use crate::link::Link;
use alloy_primitives::{Address, B256, Bytes, U64};
use alloy_provider::Provider;
use ephor_abi::catalog;
use ephor_client::{Prepared, ReadError, Revert};
use serde::{Deserialize, Serialize};
use serde_json::json;

/// What became of a transaction, or would.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Outcome {
    /// Whether it is accepted.
    pub(crate) accepted: bool,
    /// Why it is not.
    pub(crate) refusal: Option<Refusal>,
    /// Gas used, where that is known.
    pub(crate) gas: Option<u64>,
    /// Its events; none where they are not known.
    pub(crate) events: Option<Vec<Event>>,
    /// The method that told.
    pub(crate) method: &'static str,
}

/// Why a transaction is refused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Refusal {
    /// The error's name, or the message of a requirement; empty if there is none.
    pub(crate) name: String,
    /// In words.
    pub(crate) reason: String,
    /// As the contract gives it.
    pub(crate) data: Bytes,
}

impl From<&Revert> for Refusal {
    fn from(revert: &Revert) -> Self {
        Self { name: revert.name(), reason: revert.to_string(), data: revert.data.clone() }
    }
}

/// An event.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Event {
    /// Who says it.
    pub(crate) address: Address,
    /// The event with its arguments; none if it is not known.
    pub(crate) text: Option<String>,
    /// Topics.
    pub(crate) topics: Vec<B256>,
    /// Data.
    pub(crate) data: Bytes,
}

impl Event {
    pub(crate) fn new(address: Address, topics: &[B256], data: &Bytes) -> Self {
        Self { address, text: catalog::decode_event(topics, data), topics: topics.to_vec(), data: data.clone() }
    }
}

#[derive(Debug, Deserialize)]
struct SimulatedBlock {
    calls: Vec<SimulatedCall>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct SimulatedCall {
    status: U64,
    #[serde(default)]
    return_data: Bytes,
    gas_used: U64,
    #[serde(default)]
    logs: Vec<SimulatedLog>,
    error: Option<SimulatedError>,
}

#[derive(Debug, Deserialize)]
struct SimulatedError {
    data: Option<Bytes>,
    #[serde(default)]
    message: String,
}

#[derive(Debug, Deserialize)]
struct SimulatedLog {
    address: Address,
    topics: Vec<B256>,
    data: Bytes,
}

/// Tries transactions in order.
///
/// # Errors
/// [`ReadError`].
pub(crate) async fn preview(link: &Link, transactions: &[(Prepared, Address)]) -> Result<Vec<Outcome>, ReadError> {
    let mut outcomes = Vec::with_capacity(transactions.len());
    let mut rest = transactions;
    while let Some((first, _)) = rest.first() {
        let on_chain = rest.iter().take_while(|(prepared, _)| prepared.chain == first.chain).count();
        let (group, later) = rest.split_at(on_chain);
        rest = later;
        if let Some(simulated) = simulate(link, &first.chain, group).await? {
            outcomes.extend(simulated);
        } else {
            for (prepared, from) in group {
                outcomes.push(alone(link, prepared, *from).await?);
            }
        }
    }
    Ok(outcomes)
}

/// Tries transactions of one chain with `eth_simulateV1`; none if the node does not have it.
async fn simulate(link: &Link, chain: &str, group: &[(Prepared, Address)]) -> Result<Option<Vec<Outcome>>, ReadError> {
    let calls: Vec<_> = group.iter().map(|(prepared, from)| prepared.request(*from)).collect();
    let request = json!({ "blockStateCalls": [{ "calls": calls }], "validation": false });
    let answer: Result<Vec<SimulatedBlock>, _> =
        link.council.provider(chain)?.raw_request("eth_simulateV1".into(), (request, "latest")).await;
    // A node without the method, or with another idea of it, is asked in the old way.
    let Ok(blocks) = answer else { return Ok(None) };
    let calls: Vec<SimulatedCall> = blocks.into_iter().flat_map(|block| block.calls).collect();
    Ok((calls.len() == group.len()).then(|| calls.into_iter().map(SimulatedCall::outcome).collect()))
}

impl SimulatedCall {
    fn outcome(self) -> Outcome {
        let accepted = self.status == U64::from(1);
        let refusal = (!accepted).then(|| {
            let told = self.error.as_ref().and_then(|error| error.data.clone()).unwrap_or(self.return_data);
            let revert = Revert::new(told);
            let message = self.error.map(|error| error.message).filter(|_| revert.data.is_empty());
            let reason = message.filter(|message| !message.is_empty()).unwrap_or_else(|| revert.to_string());
            Refusal { reason, ..Refusal::from(&revert) }
        });
        let events = self.logs.iter().map(|log| Event::new(log.address, &log.topics, &log.data)).collect();
        Outcome {
            accepted,
            refusal,
            gas: Some(self.gas_used.saturating_to()),
            events: accepted.then_some(events),
            method: "eth_simulateV1",
        }
    }
}

async fn alone(link: &Link, prepared: &Prepared, from: Address) -> Result<Outcome, ReadError> {
    let revert = link.council.simulate(prepared, from).await?;
    let gas = match &revert {
        None => link.council.provider(&prepared.chain)?.estimate_gas(prepared.request(from)).await.ok(),
        Some(_) => None,
    };
    Ok(Outcome {
        accepted: revert.is_none(),
        refusal: revert.as_ref().map(Refusal::from),
        gas,
        events: None,
        method: "eth_call",
    })
}
