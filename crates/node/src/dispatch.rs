//! From a body to its answer.
//!
//! A body is one piece of work, however many requests it holds: it waits for its turn, runs on a thread that may block (the network is
//! locked, an answer may wait for the disk), and its requests are carried out in order. A request that panics is answered with an
//! internal error, and the others of its batch go on.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
    time::Duration,
};

use ephor_chain::Pending;

use ephor_network::{
    Endpoint, Shared,
    rpc::{self, Ready, RpcError},
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
    wire::{self, Body, Call, Entry, INTERNAL, LIMIT, METHOD},
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
            Ok(Body::Single(entry)) => {
                let mut pending = Pending::done();
                let answer = self.entry(site, self.ready(site, entry), subscriptions, &mut pending);
                let kept = pending.wait().map_err(RpcError::refused);
                answer
                    .map(|answer| Answer { result: kept.and(answer.result), ..answer }.bytes(self.limits.answer_bytes))
            }
            Ok(Body::Batch(entries)) => self.batch(site, entries, subscriptions),
        }
    }

    /// Answers a batch. Every answer becomes text at once, so that no more is held than may be answered; from the first on that does
    /// not fit, calls are not carried out, and told so.
    fn batch(&self, site: &Site, entries: Vec<Entry<'_>>, subscriptions: Option<&Subscriptions>) -> Option<Vec<u8>> {
        let (mut pending, mut left, mut full) = (Pending::done(), self.limits.answer_bytes, false);
        let mut written = Vec::with_capacity(entries.len());
        for made in self.all_ready(site, entries) {
            let answer = match &made.entry {
                Entry::Call(Call { id: Some(id), .. }) if full => {
                    Answer { id: Some(id), result: Err(self.too_much("not carried out: ")) }
                }
                _ => match self.entry(site, made, subscriptions, &mut pending) {
                    Some(answer) => answer,
                    None => continue,
                },
            };
            let text = wire::fitting(answer.id, &answer.result, left).filter(|_| !full).unwrap_or_else(|| {
                full = true;
                let result = answer.result.and_then(|_| Err(self.too_much("")));
                wire::answer(answer.id, &result, usize::MAX)
            });
            left = left.saturating_sub(text.len());
            written.push((answer.id, text));
        }
        // When the last group is on disk, those before it are.
        let kept = pending.wait().map_err(RpcError::refused);
        let mut out = Vec::new();
        for (id, text) in written {
            out.push(if out.is_empty() { b'[' } else { b',' });
            match &kept {
                Ok(()) => out.extend_from_slice(&text),
                Err(fault) => out.extend_from_slice(&wire::answer(id, &Err(fault.clone()), usize::MAX)),
            }
        }
        (!out.is_empty()).then(|| {
            out.push(b']');
            out
        })
    }

    fn too_much(&self, what: &str) -> RpcError {
        let max = self.limits.answer_bytes;
        wire::error(
            LIMIT,
            format_args!("{what}the answers of the batch are larger than {max} bytes together: ask for less at once"),
        )
    }

    /// Makes the entries of a batch ready, on two threads where it is long: recovering senders takes longer than executing.
    fn all_ready<'a>(&self, site: &Site, mut entries: Vec<Entry<'a>>) -> Vec<Made<'a>> {
        if entries.len() < WORTH_A_THREAD {
            return entries.into_iter().map(|entry| self.ready(site, entry)).collect();
        }
        let rest = entries.split_off(entries.len() / 2);
        let all =
            |entries: Vec<Entry<'a>>| entries.into_iter().map(|entry| self.ready(site, entry)).collect::<Vec<_>>();
        std::thread::scope(|scope| {
            let rest = scope.spawn(|| all(rest));
            let mut made = all(entries);
            // Panics are caught in each entry.
            made.extend(rest.join().unwrap_or_default());
            made
        })
    }

    /// Does of an entry what needs no network.
    fn ready<'a>(&self, site: &Site, entry: Entry<'a>) -> Made<'a> {
        let began = clock::now();
        let ready = match &entry {
            Entry::Call(call) if views::method(&call.method).is_none() => {
                Some(guarded(|| site.endpoint.ready(&call.method, call.params)))
            }
            _ => None,
        };
        Made { entry, ready, took: began.elapsed() }
    }

    fn entry<'a>(
        &self,
        site: &Site,
        made: Made<'a>,
        subscriptions: Option<&Subscriptions>,
        pending: &mut Pending,
    ) -> Option<Answer<'a>> {
        let Made { entry, ready, took } = made;
        match entry {
            Entry::Faulty(id, fault) => Some(Answer { id, result: Err(fault) }),
            Entry::Call(call) => {
                let began = clock::now();
                let result = match ready {
                    Some(ready) => guarded(|| {
                        let (result, next) = site.endpoint.carry_out(ready?);
                        *pending = next;
                        result
                    })
                    .map_err(|error| explained(error, &call.method)),
                    None => guarded(|| self.view(&call, subscriptions)),
                };
                self.note(site, &call.method, took + began.elapsed(), &result);
                call.id.map(|id| Answer { id: Some(id), result })
            }
        }
    }

    /// Answers what the server itself answers.
    fn view(&self, call: &Call<'_>, subscriptions: Option<&Subscriptions>) -> Result<Value, RpcError> {
        match (call.method.as_ref(), subscriptions) {
            ("eth_subscribe" | "eth_unsubscribe", Some(subscriptions)) => {
                subscriptions.answer(&call.method, call.params)
            }
            (method @ ("eth_subscribe" | "eth_unsubscribe"), None) => Err(wire::error(
                METHOD,
                format_args!("{method} needs a WebSocket connection: connect to ws:// at this address"),
            )),
            _ => self.views.answer(&call.method, call.params),
        }
    }

    fn note(&self, site: &Site, method: &str, took: Duration, result: &Result<Value, RpcError>) {
        let known = rpc::method(method).map(|method| method.name);
        let method = known.or_else(|| views::method(method).map(|method| method.name)).unwrap_or("unknown");
        let code = result.as_ref().err().map(|error| error.code);
        self.metrics.answered(method, took, code);
        tracing::debug!(chain = site.name, method, took_micros = took.as_micros(), code, "answered");
    }
}

/// Below this many entries, another thread costs more than it saves.
const WORTH_A_THREAD: usize = 32;

/// An entry, with what could be done of it beforehand; nothing where the server itself answers.
struct Made<'a> {
    entry: Entry<'a>,
    ready: Option<Result<Ready<'static>, RpcError>>,
    took: Duration,
}

/// An answer that rests on what may not be on disk yet.
struct Answer<'a> {
    id: Option<&'a str>,
    result: Result<Value, RpcError>,
}

impl Answer<'_> {
    fn bytes(&self, bytes_max: usize) -> Vec<u8> {
        wire::answer(self.id, &self.result, bytes_max)
    }
}

/// Turns a panic into an error. What was locked is whole: blocks are taken over whole.
fn guarded<T>(work: impl FnOnce() -> Result<T, RpcError>) -> Result<T, RpcError> {
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
        let error = guarded::<Value>(|| panic!("on purpose")).unwrap_err();
        assert_eq!(error.code, INTERNAL);
        assert_eq!(guarded(|| Ok(Value::Null)), Ok(Value::Null));
    }
}
