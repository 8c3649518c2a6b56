//! JSON-RPC over HTTP and WebSocket for an embedded network.
//!
//! ```text
//!              ┌─ access: Host and Origin ─┐
//! listener ─▶ connection ─▶ request ─▶ route ─┬─ POST /chain ──▶ wire ─▶ service ─▶ the network's JSON-RPC
//!  (limited)                                  ├─ GET /chain, upgrade ─▶ session ─┘└─▶ views of the council
//!                                             └─ /healthz /readyz /metrics
//! network ─▶ feed: new heads, logs, pending transactions ─▶ session ─▶ subscriber
//! ```
//!
//! - One path a chain (`/ethereum`, `/arbitrum-one`, …); the root is the chain on which elections are held.
//! - What comes from outside is bounded before it is looked at: connections, the size, depth and length of a request, the work
//!   under way, what waits for a slow reader. Each bound has an error that names it.
//! - Nothing a request does ends the server: a panic is the answer "internal error" to that request.
//! - Requests of one WebSocket connection are answered in the order in which they came, one at a time; whoever wants
//!   more at once opens more connections or sends a batch.
//! - Browsers reach the network only from pages of this machine, from wallets (extensions) and from origins that were named.
//!   A `Host` that is a foreign name is refused, so that no page can reach it by rebinding its own name.
//!
//! Deviation: this is not jsonrpsee's server. That one starts a task for every message of a WebSocket without a bound and in no
//! order, which lets a client that does not read grow the memory and turns pipelined transactions into nonce gaps, and it
//! closes connections without saying why.

mod access;
mod clock;
mod dispatch;
mod feed;
mod http;
mod metrics;
mod node;
pub mod openrpc;
mod session;
mod settings;
mod subscriptions;
mod views;
mod wire;

pub use access::Access;
pub use clock::Pace;
pub use node::{Node, StartError};
pub use settings::{Limits, Settings};

/// From a body to its answers without a server, for fuzzing. Not part of the interface.
#[doc(hidden)]
pub mod fuzzing {
    use ephor_network::Endpoint;

    use crate::{
        Limits,
        wire::{self, Body, Entry},
    };

    /// Answers each request of a body within the usual limits, as far as a chain answers it. Notifications have none.
    ///
    /// A panic is not turned into an answer.
    pub fn answers(endpoint: &Endpoint, body: &[u8]) -> Vec<Vec<u8>> {
        let limits = Limits::default();
        let entries = match wire::read(body, limits.depth, limits.batch) {
            Ok(Body::Single(entry)) => vec![entry],
            Ok(Body::Batch(entries)) => entries,
            Err(fault) => return vec![wire::answer(None, &Err(fault), limits.answer_bytes)],
        };
        let answer = |entry| match entry {
            Entry::Faulty(id, fault) => Some(wire::answer(id, &Err(fault), limits.answer_bytes)),
            Entry::Call(call) => {
                let result = endpoint.handle(&call.method, call.params);
                call.id.map(|id| wire::answer(Some(id), &result, limits.answer_bytes))
            }
        };
        entries.into_iter().filter_map(answer).collect()
    }
}
