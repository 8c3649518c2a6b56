//! What waits for a block: transactions that arrived one by one, within bounds.
//!
//! As long as transactions are mined at once nothing waits. Where mining is switched off, whoever sends them could fill the memory: a pool
//! takes [`WAITING_BYTES`], as [`weight`] counts them, and refuses what goes beyond.

use alloy_eips::eip2718::Encodable2718;
use alloy_primitives::B256;
use ephor_chain::{Chain, Message as Call, SignedTx, Transaction};

use crate::{
    error::NetworkError,
    events::NetworkEvent,
    network::{Hosted, Network},
};

/// What may wait on one chain.
const WAITING_BYTES: usize = 128 << 20;
/// What a transaction takes in memory beside its own bytes, roughly.
const OVERHEAD_BYTES: usize = 1_024;

/// What a waiting transaction takes in memory, roughly.
fn weight(tx: &Transaction) -> usize {
    let own = match tx {
        Transaction::Signed(tx) => tx.envelope().encode_2718_len(),
        Transaction::Unsigned(tx) => tx.data.len(),
    };
    own + OVERHEAD_BYTES
}

/// What everything that waits on a chain takes.
pub(crate) fn weighed(chain: &Chain) -> usize {
    chain.pending().iter().map(weight).sum()
}

impl Hosted {
    fn room_for(&self, bytes: usize) -> Result<(), NetworkError> {
        if self.waiting_bytes.saturating_add(bytes) <= WAITING_BYTES {
            return Ok(());
        }
        let waiting = self.chain.pending().len();
        Err(NetworkError::PoolFull { chain: self.spec.chain_id, waiting, bytes: self.waiting_bytes })
    }
}

impl Network {
    /// Takes a signed transaction into a chain's pool.
    ///
    /// # Errors
    /// [`NetworkError::UnknownChain`], [`NetworkError::PoolFull`], [`NetworkError::Tx`].
    pub fn submit(&mut self, chain_id: u64, tx: SignedTx) -> Result<B256, NetworkError> {
        let bytes = tx.envelope().encode_2718_len() + OVERHEAD_BYTES;
        self.take_in(chain_id, bytes, |chain| chain.submit_signed(tx))
    }

    /// Takes a message into a chain's pool as a transaction that nobody signed. Rehearsal chains only.
    ///
    /// # Errors
    /// [`NetworkError::UnknownChain`], [`NetworkError::PoolFull`], [`NetworkError::Tx`].
    pub fn impersonate(&mut self, chain_id: u64, call: Call) -> Result<B256, NetworkError> {
        let bytes = call.data.len() + OVERHEAD_BYTES;
        self.take_in(chain_id, bytes, |chain| chain.impersonate(call))
    }

    fn take_in(
        &mut self,
        chain_id: u64,
        bytes: usize,
        submit: impl FnOnce(&mut Chain) -> Result<B256, ephor_chain::TxError>,
    ) -> Result<B256, NetworkError> {
        let hosted = self.hosted.get_mut(&chain_id).ok_or(NetworkError::UnknownChain(chain_id))?;
        hosted.room_for(bytes)?;
        let hash = submit(&mut hosted.chain)?;
        hosted.waiting_bytes += bytes;
        self.tell(&NetworkEvent::Pending { chain_id, hash });
        Ok(hash)
    }
}
