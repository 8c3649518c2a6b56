//! What happens on the network, for those who subscribed to it.
//!
//! ```text
//! network (locked) ─▶ queue, bounded ─▶ pump: one notice a block ─▶ ring, bounded ─▶ each session
//! ```
//! The network tells its observers while it is locked, so the observer only notes what happened. The pump turns each note into a
//! notice once, however many listen: the header and the logs of a block, as text. A session that does not keep up with the
//! ring learns that it lost something and closes its connection; nobody else waits for it.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, PoisonError},
};

use alloy_primitives::{B256, Bytes, Log};
use ephor_chain::LogFilter;
use ephor_network::{NetworkEvent, Shared, rpc::shapes};
use serde_json::{Value, json};
use tokio::sync::{Notify, broadcast, watch};

use crate::{metrics::Metrics, node::stopped};

/// Events that wait for the pump.
const QUEUE: usize = 65_536;
/// Notices that a session may be behind.
const RING: usize = 1_024;

/// Something that subscribers hear of.
#[derive(Debug)]
pub(crate) enum Notice {
    /// A new latest block.
    Block {
        /// Its chain.
        chain_id: u64,
        /// Its header, as JSON.
        header: String,
        /// Its logs.
        logs: Vec<LogNotice>,
    },
    /// A transaction that waits.
    Pending {
        /// Its chain.
        chain_id: u64,
        /// Its hash.
        hash: B256,
        /// The transaction, as JSON.
        transaction: String,
    },
    /// Something was lost: more happened than the queue holds.
    Gap,
}

impl Notice {
    /// The chain that it is of.
    pub(crate) const fn chain_id(&self) -> Option<u64> {
        match self {
            Self::Block { chain_id, .. } | Self::Pending { chain_id, .. } => Some(*chain_id),
            Self::Gap => None,
        }
    }
}

/// A log, with what filters look at.
#[derive(Debug)]
pub(crate) struct LogNotice {
    /// Address and topics; the data is in the text alone.
    pub(crate) log: Log,
    /// As JSON.
    pub(crate) json: String,
}

impl LogNotice {
    fn of(log: &Value) -> Option<Self> {
        let address = log.get("address")?.as_str()?.parse().ok()?;
        let topics = log.get("topics")?.as_array()?;
        let topics = topics.iter().map(|topic| topic.as_str()?.parse().ok()).collect::<Option<_>>()?;
        Some(Self { log: Log::new_unchecked(address, topics, Bytes::new()), json: log.to_string() })
    }
}

/// The way from the network to the sessions.
pub(crate) struct Feed {
    queue: Mutex<Queue>,
    wake: Notify,
    ring: broadcast::Sender<Arc<Notice>>,
}

#[derive(Default)]
struct Queue {
    events: VecDeque<NetworkEvent>,
    lost: bool,
}

impl Feed {
    /// Begins to watch a network.
    pub(crate) fn watch(shared: &Shared) -> Arc<Self> {
        let feed = Arc::new(Self { queue: Mutex::default(), wake: Notify::new(), ring: broadcast::channel(RING).0 });
        let watching = Arc::clone(&feed);
        shared.lock().observe(Box::new(move |event| watching.note(*event)));
        feed
    }

    fn note(&self, event: NetworkEvent) {
        let mut queue = self.queue.lock().unwrap_or_else(PoisonError::into_inner);
        if queue.events.len() < QUEUE {
            queue.events.push_back(event);
        } else {
            queue.lost = true;
        }
        drop(queue);
        self.wake.notify_one();
    }

    /// Everything from now on.
    pub(crate) fn listen(&self) -> broadcast::Receiver<Arc<Notice>> {
        self.ring.subscribe()
    }

    /// Turns events into notices until the node stops.
    pub(crate) async fn pump(self: Arc<Self>, shared: Shared, metrics: Arc<Metrics>, mut stop: watch::Receiver<bool>) {
        loop {
            tokio::select! {
                () = self.wake.notified() => {}
                () = stopped(&mut stop) => return,
            }
            let (feed, shared, metrics) = (Arc::clone(&self), shared.clone(), Arc::clone(&metrics));
            if tokio::task::spawn_blocking(move || feed.drain(&shared, &metrics)).await.is_err() {
                tracing::error!("telling subscribers broke off");
                self.send(Notice::Gap);
            }
        }
    }

    fn drain(&self, shared: &Shared, metrics: &Metrics) {
        loop {
            let (event, lost) = {
                let mut queue = self.queue.lock().unwrap_or_else(PoisonError::into_inner);
                (queue.events.pop_front(), std::mem::take(&mut queue.lost))
            };
            if lost {
                self.send(Notice::Gap);
            }
            match event {
                None => return,
                Some(NetworkEvent::Reverted { .. }) => {}
                Some(NetworkEvent::Pending { chain_id, hash }) => self.pending(shared, metrics, chain_id, hash),
                Some(NetworkEvent::Block { chain_id, number, hash }) => {
                    self.block(shared, metrics, chain_id, (number, hash));
                }
            }
        }
    }

    fn pending(&self, shared: &Shared, metrics: &Metrics, chain_id: u64, hash: B256) {
        if metrics.subscriptions.get() == 0 {
            return;
        }
        let transaction = shared.endpoint(chain_id).ok().and_then(|endpoint| {
            let found = endpoint.call("eth_getTransactionByHash", &[json!(hash)]).ok();
            found.filter(|transaction| !transaction.is_null())
        });
        // It may be gone again; then there is nothing to tell.
        if let Some(transaction) = transaction {
            self.send(Notice::Pending { chain_id, hash, transaction: transaction.to_string() });
        }
    }

    fn block(&self, shared: &Shared, metrics: &Metrics, chain_id: u64, (number, hash): (u64, B256)) {
        let listened = metrics.subscriptions.get() > 0;
        let network = shared.lock();
        let Ok(chain) = network.chain(chain_id) else { return };
        // A block may be gone again by now, or another in its place: the chain went back to a snapshot.
        let Some(block) = chain.block(number).filter(|block| block.hash == hash) else { return };
        metrics.mined(chain_id, block.transactions.len());
        if !listened {
            return;
        }
        let header = shapes::header(chain, number);
        let every = LogFilter { from_block: number, to_block: Some(number), ..LogFilter::default() };
        let logs = shapes::logs_of_block(chain, number, &every);
        drop(network);
        // More than can be told is to be asked for.
        let Some(logs) = logs else { return self.send(Notice::Gap) };
        if let Some(header) = header {
            let logs = logs.iter().filter_map(LogNotice::of).collect();
            self.send(Notice::Block { chain_id, header: header.to_string(), logs });
        }
    }

    /// Tells all who listen; that nobody does is no fault.
    fn send(&self, notice: Notice) {
        let _ = self.ring.send(Arc::new(notice));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloy_primitives::Address;

    #[test]
    fn a_log_is_told_apart_by_address_and_topics() {
        let topics = [B256::repeat_byte(2), B256::repeat_byte(3)];
        let json = json!({ "address": Address::repeat_byte(1), "topics": topics, "data": "0x01" });
        let notice = LogNotice::of(&json).unwrap();
        assert_eq!((notice.log.address, notice.log.topics()), (Address::repeat_byte(1), &topics[..]));
        assert!(LogNotice::of(&json!({ "address": "0x", "topics": [] })).is_none());
    }
}
