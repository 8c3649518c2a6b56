//! Points to go back to, of all chains at once.
//!
//! From a snapshot on, each block remembers how to undo itself, and how far that goes is bounded: there are [`SNAPSHOTS_MAX`] at most, and of
//! a network in a database they take [`SNAPSHOT_BYTES`] of memory at most. Beyond either, the oldest is let go of, and going back
//! to it is an error that says so. What is in memory as a whole is bounded by nothing else either.

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
    pool::weighed,
};

/// How many snapshots there are at most.
pub(crate) const SNAPSHOTS_MAX: usize = 1_000;
/// What going back to them may take in memory, where the chains are in a database.
const SNAPSHOT_BYTES: usize = if cfg!(test) { 64 << 10 } else { 256 << 20 };

pub(crate) struct Snapshot {
    id: u64,
    clock: Clock,
    messages: BTreeMap<MessageId, Message>,
    tickets: HashMap<B256, Ticket>,
    arrivals: u64,
    chains: Vec<(u64, SnapshotId)>,
}

impl Network {
    /// Marks this point on all chains. The number names it. Of more than `SNAPSHOTS_MAX`, the oldest is let go of.
    pub fn snapshot(&mut self) -> u64 {
        let id = self.next_snapshot;
        self.next_snapshot += 1;
        let chains = self.hosted.iter_mut().map(|(id, hosted)| (*id, hosted.chain.snapshot())).collect();
        let Self { clock, messages, tickets, arrivals, .. } = self;
        let (messages, tickets) = (messages.clone(), tickets.clone());
        self.snapshots.push(Snapshot { id, clock: *clock, messages, tickets, arrivals: *arrivals, chains });
        self.bound_snapshots();
        id
    }

    /// Lets go of the oldest snapshots as long as there are too many, or too much is remembered for them.
    pub(crate) fn bound_snapshots(&mut self) {
        while !self.snapshots.is_empty() {
            let bytes: usize = self.hosted.values().map(|hosted| hosted.chain.snapshot_bytes()).sum();
            if self.snapshots.len() <= SNAPSHOTS_MAX && bytes <= SNAPSHOT_BYTES {
                return;
            }
            let Snapshot { id, chains, .. } = self.snapshots.remove(0);
            self.forgotten_below = id + 1;
            for (chain_id, mark) in chains {
                if let Some(hosted) = self.hosted.get_mut(&chain_id) {
                    hosted.chain.forget_snapshot(mark);
                }
            }
        }
    }

    /// Goes back to a snapshot; it and all later ones are gone.
    ///
    /// # Errors
    /// [`NetworkError::UnknownSnapshot`], [`NetworkError::ForgottenSnapshot`].
    pub fn revert(&mut self, id: u64) -> Result<(), NetworkError> {
        let at = self.snapshots.iter().position(|snapshot| snapshot.id == id);
        let at = at.ok_or_else(|| {
            if id < self.forgotten_below {
                NetworkError::ForgottenSnapshot { id, kept: SNAPSHOTS_MAX, bytes: SNAPSHOT_BYTES }
            } else {
                NetworkError::UnknownSnapshot(id)
            }
        })?;
        let Some(snapshot) = self.snapshots.drain(at..).next() else { return Ok(()) };
        for (chain, mark) in snapshot.chains {
            self.chain_mut(chain)?.revert(mark)?;
            if let Some(hosted) = self.hosted.get_mut(&chain) {
                hosted.waiting_bytes = weighed(&hosted.chain);
            }
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

#[cfg(test)]
mod tests {
    use alloy_primitives::{Address, U256};
    use ephor_chain::{Code, Database};

    use super::*;
    use crate::config::{ChainSpec, NetworkConfig};

    const CHAIN: u64 = 7_000_001;
    const AT: Address = Address::repeat_byte(0xA0);

    fn edit(network: &mut Network, round: u64) {
        let slots = (0..20).map(|slot| (U256::from(slot), U256::from(round)));
        network.install(CHAIN, AT, &Code::Evm([0].into()), slots).unwrap();
        network.commit().wait().unwrap();
    }

    #[test]
    fn what_takes_too_much_memory_to_go_back_to_is_let_go_of() {
        let folder = tempfile::tempdir().unwrap();
        let database = Database::open(&folder.path().join("network.redb")).unwrap();
        let spec = ChainSpec { name: "one".to_owned(), chain_id: CHAIN, base_fee_wei: 0, bridge: None };
        let config = NetworkConfig { clock: Clock::new(1_000, 50_000, 12, 50_000).unwrap(), chains: vec![spec] };
        let mut network = Network::open(&database, config, []).unwrap();
        edit(&mut network, 1);
        let ids: Vec<u64> = (2..20)
            .map(|round| {
                let id = network.snapshot();
                edit(&mut network, round);
                id
            })
            .collect();
        let kept = network.snapshots.len();
        assert!((1..ids.len()).contains(&kept), "{kept} of {} are kept", ids.len());
        let (forgotten, left) = ids.split_at(ids.len() - kept);
        for id in forgotten {
            let error = network.revert(*id).unwrap_err();
            assert!(matches!(error, NetworkError::ForgottenSnapshot { id: found, .. } if found == *id), "{error}");
        }
        network.revert(left[0]).unwrap();
        let found = network.chain(CHAIN).unwrap().slot(AT, U256::ZERO);
        assert_eq!(found, U256::from(1 + forgotten.len()), "as it was before the edit that came after");
        network.commit().wait().unwrap();
        assert!(network.snapshots.is_empty());
        assert_eq!(network.chain(CHAIN).unwrap().snapshot_bytes(), 0);
    }
}
