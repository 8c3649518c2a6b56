//! From a body to its answer.
//!
//! A body is one piece of work, however many requests it holds: it waits for its turn, runs on a thread that may block (the network is
//! locked, an answer may wait for the disk), and its requests are carried out in order. A request that panics is answered with an
//! internal error, and the others of its batch go on.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
};

use ephor_network::{
    Endpoint, Shared,
    rpc::{self, RpcError},
};
use hyper::body::Bytes;
use serde_json::Value;
use tokio::sync::Semaphore;

use crate::{
    clock,
    feed::Feed,
    metrics::{Metrics, Open},
    settings::Limits,
    subscriptions::Subscriptions,
    views::{self, Views},
    wire::{self, Body, Call, Entry, INTERNAL, METHOD},
};

/// A chain with its path.
pub(crate) struct Site {
    /// Its name in the charter, which is its path.
    pub(crate) name: String,
    /// Its id.
    pub(crate) chain_id: u64,
    /// Its JSON-RPC.
    pub(crate) endpoint: Endpoint,
}

/// What answers requests.
pub(crate) struct Service {
    /// The chains, the one that the root stands for first.
    pub(crate) sites: Vec<Arc<Site>>,
    pub(crate) shared: Shared,
    pub(crate) feed: Arc<Feed>,
    pub(crate) metrics: Arc<Metrics>,
    pub(crate) limits: Limits,
    pub(crate) work: Arc<Semaphore>,
    pub(crate) views: Views,
}

impl Service {
    /// The chain that a path names.
    pub(crate) fn site(&self, path: &str) -> Option<&Arc<Site>> {
        match path.trim_matches('/') {
            "" => self.sites.first(),
            name => self.sites.iter().find(|site| site.name == name),
        }
    }

    /// Answers a body; nothing where there were only notifications. Subscriptions are those of the connection, where it can have some.
    pub(crate) async fn answer(
        self: &Arc<Self>,
        site: &Arc<Site>,
        body: Bytes,
        subscriptions: Option<Arc<Subscriptions>>,
    ) -> Option<Vec<u8>> {
        // The semaphore is never closed.
        let permit = Arc::clone(&self.work).acquire_owned().await.ok();
        let (service, site) = (Arc::clone(self), Arc::clone(site));
        let work = tokio::task::spawn_blocking(move || {
            let _permit = permit;
            let _open = Open::new(service.metrics.in_progress.clone());
            service.answer_now(&site, &body, subscriptions.as_deref())
        });
        work.await.unwrap_or_else(|_| Some(wire::answer(None, &Err(broke_off()), usize::MAX)))
    }

    fn answer_now(&self, site: &Site, body: &[u8], subscriptions: Option<&Subscriptions>) -> Option<Vec<u8>> {
        match wire::read(body, self.limits.depth, self.limits.batch) {
            Err(fault) => {
                tracing::debug!(chain = site.name, code = fault.code, reason = fault.message, "not a request");
                Some(wire::answer(None, &Err(fault), usize::MAX))
            }
            Ok(Body::Single(entry)) => self.entry(site, entry, subscriptions, self.limits.answer_bytes),
            Ok(Body::Batch(entries)) => {
                let mut out = Vec::new();
                for entry in entries {
                    let left = self.limits.answer_bytes.saturating_sub(out.len());
                    if let Some(answer) = self.entry(site, entry, subscriptions, left) {
                        out.push(if out.is_empty() { b'[' } else { b',' });
                        out.extend_from_slice(&answer);
                    }
                }
                (!out.is_empty()).then(|| {
                    out.push(b']');
                    out
                })
            }
        }
    }

    fn entry(
        &self,
        site: &Site,
        entry: Entry<'_>,
        subscriptions: Option<&Subscriptions>,
        bytes_max: usize,
    ) -> Option<Vec<u8>> {
        match entry {
            Entry::Faulty(id, fault) => Some(wire::answer(id, &Err(fault), usize::MAX)),
            Entry::Call(call) => {
                let result = self.call(site, &call, subscriptions);
                call.id.map(|id| wire::answer(Some(id), &result, bytes_max))
            }
        }
    }

    fn call(&self, site: &Site, call: &Call<'_>, subscriptions: Option<&Subscriptions>) -> Result<Value, RpcError> {
        let began = clock::now();
        let result = guarded(|| match views::method(&call.method) {
            Some(_) => match call.method.as_ref() {
                "eth_subscribe" | "eth_unsubscribe" => match subscriptions {
                    Some(subscriptions) => subscriptions.answer(&call.method, call.params),
                    None => Err(wire::error(
                        METHOD,
                        format_args!("{} needs a WebSocket connection: connect to ws:// at this address", call.method),
                    )),
                },
                _ => self.views.answer(&call.method, call.params),
            },
            None => site.endpoint.handle(&call.method, call.params).map_err(|error| explained(error, &call.method)),
        });
        let took = began.elapsed();
        let method = rpc::method(&call.method).map(|method| method.name);
        let method = method.or_else(|| views::method(&call.method).map(|method| method.name)).unwrap_or("unknown");
        let code = result.as_ref().err().map(|error| error.code);
        self.metrics.answered(method, took, code);
        tracing::debug!(chain = site.name, method, took_micros = took.as_micros(), code, "answered");
        result
    }
}

/// Turns a panic into an error. What was locked is whole: blocks are taken over whole.
fn guarded(work: impl FnOnce() -> Result<Value, RpcError>) -> Result<Value, RpcError> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|_| {
        tracing::error!("a request broke off with a panic");
        Err(broke_off())
    })
}

fn broke_off() -> RpcError {
    wire::error(INTERNAL, "internal error: the request broke off; this is a fault of the server, and its log says more")
}

/// Says of a method that exists elsewhere why it is not here.
fn explained(error: RpcError, method: &str) -> RpcError {
    let switched_off = error.code == METHOD && rpc::method(method).is_some_and(|method| method.rehearsal_only);
    if switched_off {
        let why = "is switched off, as this network is reachable from other machines or is no rehearsal: start it with --allow-control to have it";
        wire::error(METHOD, format_args!("{method} {why}"))
    } else {
        error
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_is_an_internal_error() {
        let error = guarded(|| panic!("on purpose")).unwrap_err();
        assert_eq!(error.code, INTERNAL);
        assert_eq!(guarded(|| Ok(Value::Null)), Ok(Value::Null));
    }
}
