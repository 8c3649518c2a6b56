//! The subscriptions of one WebSocket connection: `eth_subscribe` and `eth_unsubscribe`.
//!
//! ```text
//! asked for ──(the answer with its id is on its way)──▶ active ──(eth_unsubscribe, or the connection ends)──▶ gone
//! ```
//! A subscription is silent until its id was answered, so that no notification comes before it.

use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
};

use ephor_chain::LogFilter;
use ephor_network::rpc::{self, RpcError};
use prometheus_client::metrics::gauge::Gauge;
use serde_json::{Value, json};

use crate::{
    feed::Notice,
    metrics::{Metrics, Open},
    views::positional,
    wire::{self, LIMIT, PARAMS},
};

/// What is subscribed to.
enum Kind {
    Heads,
    Logs(LogFilter),
    Pending { whole: bool },
}

struct Subscription {
    kind: Kind,
    active: bool,
    _open: Open,
}

/// The subscriptions of one connection.
pub(crate) struct Subscriptions {
    chain_id: u64,
    max: usize,
    open: Gauge,
    held: Mutex<Held>,
}

#[derive(Default)]
struct Held {
    by_id: BTreeMap<u64, Subscription>,
    last: u64,
}

impl Subscriptions {
    /// None yet.
    pub(crate) fn new(chain_id: u64, max: usize, metrics: &Metrics) -> Self {
        Self { chain_id, max, open: metrics.subscriptions.clone(), held: Mutex::default() }
    }

    /// Subscribes or ends a subscription.
    pub(crate) fn answer(&self, method: &str, params: &str) -> Result<Value, RpcError> {
        let params = positional(params)?;
        let first = params.first().and_then(Value::as_str);
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        if method == "eth_unsubscribe" {
            let id = first.and_then(|id| u64::from_str_radix(id.strip_prefix("0x")?, 16).ok());
            let id = id.ok_or_else(|| wrong(0, "subscription", "the id that eth_subscribe answered is expected"))?;
            return Ok(json!(held.by_id.remove(&id).is_some()));
        }
        let kind = match first {
            Some("newHeads") => Kind::Heads,
            Some("logs") => Kind::Logs(match params.get(1) {
                None | Some(Value::Null) => LogFilter::default(),
                Some(filter) => rpc::log_filter(filter)?,
            }),
            Some("newPendingTransactions") => Kind::Pending {
                whole: match params.get(1) {
                    None | Some(Value::Null) => false,
                    Some(whole) => {
                        whole.as_bool().ok_or_else(|| wrong(1, "whole transactions", "a boolean is expected"))?
                    }
                },
            },
            _ => return Err(wrong(0, "kind", "\"newHeads\", \"logs\" or \"newPendingTransactions\" is expected")),
        };
        if held.by_id.len() >= self.max {
            return Err(wire::error(
                LIMIT,
                format_args!("this connection has {} subscriptions, which is as many as it may have", self.max),
            ));
        }
        held.last += 1;
        let id = held.last;
        held.by_id.insert(id, Subscription { kind, active: false, _open: Open::new(self.open.clone()) });
        Ok(json!(format!("{id:#x}")))
    }

    /// Whether there are none.
    pub(crate) fn is_empty(&self) -> bool {
        self.held.lock().unwrap_or_else(PoisonError::into_inner).by_id.is_empty()
    }

    /// Lets those speak whose ids were answered.
    pub(crate) fn activate(&self) {
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        held.by_id.values_mut().for_each(|subscription| subscription.active = true);
    }

    /// What a notice comes to for those who subscribed: a message each.
    pub(crate) fn messages(&self, notice: &Notice) -> Vec<String> {
        let mut messages = Vec::new();
        if notice.chain_id() != Some(self.chain_id) {
            return messages;
        }
        let held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        for (id, subscription) in held.by_id.iter().filter(|(_, subscription)| subscription.active) {
            let mut tell = |result: &str| {
                messages.push(format!(
                    r#"{{"jsonrpc":"2.0","method":"eth_subscription","params":{{"subscription":"{id:#x}","result":{result}}}}}"#
                ));
            };
            match (&subscription.kind, notice) {
                (Kind::Heads, Notice::Block { header, .. }) => tell(header),
                (Kind::Logs(filter), Notice::Block { logs, .. }) => {
                    logs.iter().filter(|notice| filter.matches(&notice.log)).for_each(|notice| tell(&notice.json));
                }
                (Kind::Pending { whole: false }, Notice::Pending { hash, .. }) => tell(&format!("\"{hash}\"")),
                (Kind::Pending { whole: true }, Notice::Pending { transaction, .. }) => tell(transaction),
                _ => {}
            }
        }
        messages
    }
}

fn wrong(position: usize, name: &str, why: &str) -> RpcError {
    wire::error(PARAMS, format_args!("invalid params: parameter {position} ({name}): {why}"))
}
