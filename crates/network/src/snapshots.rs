//! Points to go back to, of all chains at once.

use std::collections::{BTreeMap, HashMap};

use alloy_primitives::B256;
use ephor_chain::SnapshotId;

use crate::{
    bridge::Ticket,
    clock::Clock,
    error::NetworkError,
    events::NetworkEvent,
    message::{Message, MessageId},
    network::Network,
};

pub(crate) struct Snapshot {
    id: u64,
    clock: Clock,
    messages: BTreeMap<MessageId, Message>,
    tickets: HashMap<B256, Ticket>,
    arrivals: u64,
    chains: Vec<(u64, SnapshotId)>,
}

impl Network {
    /// Marks this point on all chains. The number names it.
    pub fn snapshot(&mut self) -> u64 {
        let id = self.next_snapshot;
        self.next_snapshot += 1;
        let chains = self.hosted.iter_mut().map(|(id, hosted)| (*id, hosted.chain.snapshot())).collect();
        let Self { clock, messages, tickets, arrivals, .. } = self;
        let (messages, tickets) = (messages.clone(), tickets.clone());
        self.snapshots.push(Snapshot { id, clock: *clock, messages, tickets, arrivals: *arrivals, chains });
        id
    }

    /// Goes back to a snapshot; it and all later ones are gone.
    ///
    /// # Errors
    /// [`NetworkError::UnknownSnapshot`].
    pub fn revert(&mut self, id: u64) -> Result<(), NetworkError> {
        let at = self.snapshots.iter().position(|snapshot| snapshot.id == id);
        let at = at.ok_or(NetworkError::UnknownSnapshot(id))?;
        let Some(snapshot) = self.snapshots.drain(at..).next() else { return Ok(()) };
        for (chain, mark) in snapshot.chains {
            self.chain_mut(chain)?.revert(mark)?;
        }
        self.unwritten.messages.extend(self.messages.keys().chain(snapshot.messages.keys()));
        self.unwritten.tickets.extend(self.tickets.keys().chain(snapshot.tickets.keys()));
        self.clock = snapshot.clock;
        self.messages = snapshot.messages;
        self.tickets = snapshot.tickets;
        self.arrivals = snapshot.arrivals;
        for chain_id in self.order.clone() {
            self.tell(&NetworkEvent::Reverted { chain_id });
        }
        Ok(())
    }
}
