//! How a node is to run.

use std::{net::SocketAddr, time::Duration};

use crate::{access::Access, clock::Pace};

/// How a node is to run.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Where to listen; port 0 takes a free one.
    pub listen: SocketAddr,
    /// Who may speak to it.
    pub access: Access,
    /// How the network's time passes.
    pub pace: Pace,
    /// What is bounded, and how.
    pub limits: Limits,
    /// The charter that is stood up, as TOML: `ephor_charter` answers it, so that clients need not be told.
    pub charter: String,
}

/// The bounds of what comes from outside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Connections at a time.
    pub connections: usize,
    /// Bytes of a request's body.
    pub body_bytes: usize,
    /// Bytes of a WebSocket message.
    pub message_bytes: usize,
    /// Bytes of an answer.
    pub answer_bytes: usize,
    /// Levels of arrays and objects in a request.
    pub depth: usize,
    /// Requests of a batch.
    pub batch: usize,
    /// Requests under way at a time, over all connections.
    pub work: usize,
    /// Subscriptions of one connection.
    pub subscriptions: usize,
    /// Messages that wait for one WebSocket reader.
    pub backlog: usize,
    /// How long a reader may keep a message waiting, a body may take, a connection may take to ask.
    pub patience: Duration,
}

impl Limits {
    /// Bodies beyond this many bytes are read a few at a time.
    pub(crate) const LARGE_BODY_BYTES: usize = 256 << 10;
    /// How many at a time.
    pub(crate) const LARGE_BODIES: usize = 4;
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 256,
            body_bytes: 16 << 20,
            message_bytes: 1 << 20,
            answer_bytes: 64 << 20,
            depth: 64,
            batch: 1_000,
            work: 64,
            subscriptions: 64,
            backlog: 1_024,
            patience: Duration::from_secs(30),
        }
    }
}
