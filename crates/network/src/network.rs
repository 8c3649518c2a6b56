//! The network: chains, their bridges, one clock.
//!
//! Invariants:
//! - All chains are at the clock's time. A transaction on a chain with slots takes effect in the next slot, so mining one there
//!   moves the clock; on an on-demand chain it takes effect now.
//! - Moving the clock stops at every moment at which a message becomes due, so that what the bridges do happens in order.
//! - No message is executed twice, whatever faults a scenario asks for: the bridges' programs refuse.

use std::collections::{BTreeMap, HashMap};

use alloy_primitives::B256;
use ephor_chain::{Chain, Database};

use crate::{
    bridge::Ticket,
    clock::Clock,
    config::{BridgeSpec, ChainSpec},
    durable::Unwritten,
    error::NetworkError,
    events::Observer,
    message::{Message, MessageId},
    snapshots::Snapshot,
};

/// A network.
pub struct Network {
    pub(crate) clock: Clock,
    pub(crate) order: Vec<u64>,
    pub(crate) hosted: BTreeMap<u64, Hosted>,
    pub(crate) messages: BTreeMap<MessageId, Message>,
    pub(crate) tickets: HashMap<B256, Ticket>,
    /// How many deliveries were tried: makes each of them a transaction of its own.
    pub(crate) arrivals: u64,
    pub(crate) automine: bool,
    pub(crate) snapshots: Vec<Snapshot>,
    pub(crate) next_snapshot: u64,
    /// Snapshots below this number may have been let go of.
    pub(crate) forgotten_below: u64,
    pub(crate) observers: Vec<Observer>,
    /// Where it is kept, if it is.
    pub(crate) database: Option<Database>,
    /// What differs from what is kept.
    pub(crate) unwritten: Unwritten,
}

pub(crate) struct Hosted {
    pub(crate) spec: ChainSpec,
    pub(crate) chain: Chain,
    /// What waits for a block takes so much memory.
    pub(crate) waiting_bytes: usize,
}

impl Network {
    /// The clock.
    #[must_use]
    pub const fn clock(&self) -> &Clock {
        &self.clock
    }

    /// The ids of the chains, parents first.
    #[must_use]
    pub fn chain_ids(&self) -> &[u64] {
        &self.order
    }

    /// A chain.
    ///
    /// # Errors
    /// [`NetworkError::UnknownChain`].
    pub fn chain(&self, chain_id: u64) -> Result<&Chain, NetworkError> {
        self.hosted.get(&chain_id).map(|hosted| &hosted.chain).ok_or(NetworkError::UnknownChain(chain_id))
    }

    /// A chain, to look at more closely; transactions go through the network, so that bridges notice them.
    ///
    /// # Errors
    /// [`NetworkError::UnknownChain`].
    pub fn chain_mut(&mut self, chain_id: u64) -> Result<&mut Chain, NetworkError> {
        self.hosted.get_mut(&chain_id).map(|hosted| &mut hosted.chain).ok_or(NetworkError::UnknownChain(chain_id))
    }

    /// What a chain was made from.
    ///
    /// # Errors
    /// [`NetworkError::UnknownChain`].
    pub fn spec(&self, chain_id: u64) -> Result<&ChainSpec, NetworkError> {
        self.hosted.get(&chain_id).map(|hosted| &hosted.spec).ok_or(NetworkError::UnknownChain(chain_id))
    }

    pub(crate) fn bridge_of(&self, child: u64) -> Result<Option<BridgeSpec>, NetworkError> {
        Ok(self.spec(child)?.bridge.clone())
    }

    pub(crate) fn bridges_on(&self, parent: u64) -> Vec<(u64, BridgeSpec)> {
        let specs = self.hosted.iter().filter_map(|(id, hosted)| Some((*id, hosted.spec.bridge.clone()?)));
        specs.filter(|(_, bridge)| bridge.parent == parent).collect()
    }

    /// Every message there ever was, by name.
    pub fn messages(&self) -> impl Iterator<Item = &Message> {
        self.messages.values()
    }

    /// The messages with which something can still happen.
    pub fn in_flight(&self) -> impl Iterator<Item = &Message> {
        self.messages().filter(|message| !message.state.is_final())
    }

    /// A message.
    ///
    /// # Errors
    /// [`NetworkError::UnknownMessage`].
    pub fn message(&self, id: MessageId) -> Result<&Message, NetworkError> {
        self.messages.get(&id).ok_or(NetworkError::UnknownMessage(id))
    }
}
