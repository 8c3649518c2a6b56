//! What a network tells those who watch it.
//!
//! Observers run while the network is locked: they must not block and must not call back. Whoever wants to do more takes the event
//! elsewhere.

use alloy_primitives::B256;

use crate::network::Network;

/// Something that happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NetworkEvent {
    /// A chain has a new latest block. On a chain with slots, time alone makes blocks; of those that one step of the clock brings
    /// about, only the last is told, the others exist and are empty.
    Block {
        /// The chain.
        chain_id: u64,
        /// The block's number.
        number: u64,
        /// The block's hash.
        hash: B256,
    },
    /// A transaction was accepted and waits for its block.
    Pending {
        /// The chain.
        chain_id: u64,
        /// The transaction.
        hash: B256,
    },
    /// The chain went back to a snapshot: blocks and transactions told of since may be gone.
    Reverted {
        /// The chain.
        chain_id: u64,
    },
}

/// Somebody who is told. Must not block.
pub type Observer = Box<dyn FnMut(&NetworkEvent) + Send>;

impl Network {
    /// Tells somebody of everything that happens from now on.
    pub fn observe(&mut self, observer: Observer) {
        self.observers.push(observer);
    }

    pub(crate) fn tell(&mut self, event: &NetworkEvent) {
        for observer in &mut self.observers {
            observer(event);
        }
    }
}
