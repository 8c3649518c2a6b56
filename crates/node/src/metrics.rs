//! What is measured, in the text format that Prometheus reads.
//!
//! | metric | what |
//! |---|---|
//! | `ephor_blocks_total{chain}` | blocks with transactions since the start |
//! | `ephor_transactions_total{chain}` | transactions in them |
//! | `ephor_chain_head{chain}` | number of the latest block |
//! | `ephor_chain_pending{chain}` | transactions that wait for a block |
//! | `ephor_network_time_seconds` | the network's clock, in Unix seconds |
//! | `ephor_l1_block` | the block by which governance counts |
//! | `ephor_messages_in_flight{chain}` | messages between chains that are not done, by the chain they go to |
//! | `ephor_message_oldest_age_seconds{chain}` | the age of the oldest of them, in the network's time |
//! | `ephor_rpc_request_duration_seconds{method}` | how long requests take, from dispatch to answer |
//! | `ephor_rpc_errors_total{method,code}` | requests answered with an error |
//! | `ephor_rpc_in_progress` | requests under way |
//! | `ephor_connections{kind}` | open connections |
//! | `ephor_connections_refused_total` | connections beyond the greatest number |
//! | `ephor_subscriptions` | open subscriptions |
//! | `ephor_slow_readers_total` | connections closed because their reader was too slow |
//! | `ephor_store_bytes` | the size of the database; 0 in memory |
//! | `ephor_store_groups`, `ephor_store_syncs` | groups of changes written since the start, and how often the disk was waited for |
//!
//! Methods that do not exist are counted as `unknown`, so that nobody can make up series.

use std::{
    collections::BTreeMap,
    fmt,
    sync::atomic::{AtomicI64, AtomicU64},
    time::Duration,
};

use ephor_network::Network;
use prometheus_client::{
    encoding::{EncodeLabelSet, text::encode},
    metrics::{counter::Counter, family::Family, gauge::Gauge, histogram::Histogram},
    registry::Registry,
};

/// Bounds of the buckets of latencies, in seconds.
const LATENCIES: [f64; 15] =
    [0.000_05, 0.000_1, 0.000_2, 0.000_5, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 1.0, 5.0, 30.0];

/// A chain's name.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(crate) struct Chain {
    chain: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Method {
    method: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Failure {
    method: &'static str,
    code: i64,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Kind {
    kind: &'static str,
}

/// Everything that is measured.
pub(crate) struct Metrics {
    registry: Registry,
    chains: BTreeMap<u64, Chain>,
    blocks: Family<Chain, Counter>,
    transactions: Family<Chain, Counter>,
    head: Family<Chain, Gauge<i64, AtomicI64>>,
    pending: Family<Chain, Gauge>,
    time: Gauge,
    l1_block: Gauge,
    in_flight: Family<Chain, Gauge>,
    oldest: Family<Chain, Gauge>,
    durations: Family<Method, Histogram, fn() -> Histogram>,
    errors: Family<Failure, Counter<u64, AtomicU64>>,
    pub(crate) in_progress: Gauge,
    connections: Family<Kind, Gauge>,
    pub(crate) refused: Counter,
    pub(crate) subscriptions: Gauge,
    pub(crate) slow: Counter,
    store: Gauge,
    groups: Gauge,
    syncs: Gauge,
}

fn histogram() -> Histogram {
    Histogram::new(LATENCIES)
}

impl Metrics {
    /// Nothing measured yet. `chains` are the names by id.
    pub(crate) fn new(chains: impl IntoIterator<Item = (u64, String)>) -> Self {
        let mut metrics = Self {
            registry: Registry::with_prefix("ephor"),
            chains: chains.into_iter().map(|(id, chain)| (id, Chain { chain })).collect(),
            blocks: Family::default(),
            transactions: Family::default(),
            head: Family::default(),
            pending: Family::default(),
            time: Gauge::default(),
            l1_block: Gauge::default(),
            in_flight: Family::default(),
            oldest: Family::default(),
            durations: Family::new_with_constructor(histogram),
            errors: Family::default(),
            in_progress: Gauge::default(),
            connections: Family::default(),
            refused: Counter::default(),
            subscriptions: Gauge::default(),
            slow: Counter::default(),
            store: Gauge::default(),
            groups: Gauge::default(),
            syncs: Gauge::default(),
        };
        metrics.register();
        metrics
    }

    fn register(&mut self) {
        let Self { registry, .. } = self;
        registry.register("blocks", "Blocks with transactions since the start", self.blocks.clone());
        registry.register("transactions", "Transactions in blocks since the start", self.transactions.clone());
        registry.register("chain_head", "Number of the latest block", self.head.clone());
        registry.register("chain_pending", "Transactions that wait for a block", self.pending.clone());
        registry.register("network_time_seconds", "The clock of the network, in Unix seconds", self.time.clone());
        registry.register("l1_block", "The L1 block by which governance counts", self.l1_block.clone());
        registry.register("messages_in_flight", "Messages to a chain that are not done", self.in_flight.clone());
        let oldest = "Age of the oldest message to a chain that is not done, in the time of the network";
        registry.register("message_oldest_age_seconds", oldest, self.oldest.clone());
        let durations = "How long requests take, from dispatch to answer";
        registry.register("rpc_request_duration_seconds", durations, self.durations.clone());
        registry.register("rpc_errors", "Requests answered with an error", self.errors.clone());
        registry.register("rpc_in_progress", "Requests under way", self.in_progress.clone());
        registry.register("connections", "Open connections", self.connections.clone());
        registry.register("connections_refused", "Connections beyond the greatest number", self.refused.clone());
        registry.register("subscriptions", "Open subscriptions", self.subscriptions.clone());
        registry.register("slow_readers", "Connections closed because of a slow reader", self.slow.clone());
        registry.register("store_bytes", "Size of the database", self.store.clone());
        registry.register("store_groups", "Groups of changes written since the start", self.groups.clone());
        registry.register("store_syncs", "How often the disk was waited for since the start", self.syncs.clone());
    }

    /// A request was answered.
    pub(crate) fn answered(&self, method: &'static str, took: Duration, error: Option<i64>) {
        self.durations.get_or_create(&Method { method }).observe(took.as_secs_f64());
        if let Some(code) = error {
            self.errors.get_or_create(&Failure { method, code }).inc();
        }
    }

    /// A block was mined.
    pub(crate) fn mined(&self, chain_id: u64, transactions: usize) {
        if let Some(chain) = self.chains.get(&chain_id).filter(|_| transactions > 0) {
            self.blocks.get_or_create(chain).inc();
            self.transactions.get_or_create(chain).inc_by(transactions as u64);
        }
    }

    /// Counts a connection for as long as the answer lives.
    pub(crate) fn connection(&self, kind: &'static str) -> Open {
        Open::new(self.connections.get_or_create_owned(&Kind { kind }))
    }

    /// Everything measured, with the present state of the network, as text.
    pub(crate) fn text(&self, network: &Network) -> Result<String, fmt::Error> {
        let now = network.clock().now_seconds();
        self.time.set(signed(now));
        self.l1_block.set(signed(network.clock().l1_block()));
        if let Some(database) = network.database() {
            let (groups, syncs) = database.written();
            self.store.set(signed(database.size_bytes()));
            self.groups.set(signed(groups));
            self.syncs.set(signed(syncs));
        }
        for (id, label) in &self.chains {
            if let Ok(chain) = network.chain(*id) {
                self.head.get_or_create(label).set(signed(chain.head()));
                self.pending.get_or_create(label).set(signed(chain.pending().len() as u64));
            }
            let sent =
                || network.in_flight().filter(|message| message.to_chain == *id).map(|message| message.sent_seconds);
            self.in_flight.get_or_create(label).set(signed(sent().count() as u64));
            let age = sent().min().map_or(0, |sent| now.saturating_sub(sent));
            self.oldest.get_or_create(label).set(signed(age));
        }
        let mut text = String::new();
        encode(&mut text, &self.registry)?;
        Ok(text)
    }
}

fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// Something open, counted until it is dropped.
pub(crate) struct Open {
    gauge: Gauge,
}

impl Open {
    /// One more.
    pub(crate) fn new(gauge: Gauge) -> Self {
        gauge.inc();
        Self { gauge }
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        self.gauge.dec();
    }
}
