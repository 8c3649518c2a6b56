//! JSON-RPC of each chain, without a server: whoever has a connection hands a request over and gets the answer.
//!
//! ```text
//! request ─▶ method of the table ─▶ what needs no lock (decoding, signatures) ─▶ lock ─▶ handler ─▶ unlock ─▶ answer
//! ```
//! Each namespace is a module: a table of its methods next to their handlers. [`METHODS`] is all of them, with what they take and
//! give; servers register these and document these. An [`Endpoint`] is one chain's, and a transport for alloy's providers.
//!
//! Shapes and errors are those of the execution API: code 3 with the revert data for a call that reverts, -32602 that names the
//! parameter, -32601 for methods that are not there, -32000 in the words that libraries know, -32005 for what is too large.
//! Quantities have no leading zeros; where go-ethereum is lenient (slots, the numbers of development methods), so is this.
//!
//! Transactions are mined at once, unless mining is switched off (`evm_setAutomine`). Then they wait in the order of their nonces:
//! a gap is refused, and so is another transaction with the nonce of a waiting one.
//!
//! Methods that bend time, state or identity exist on rehearsal chains only.
//!
//! Deviations: where the past is not kept, a call at an earlier block is refused; an unsigned transaction is shown as a legacy one;
//! `pending` state is the latest state, but nonces count what waits.

mod debug;
mod desk;
mod endpoint;
mod ephor;
mod errors;
mod eth;
mod evm;
mod filters;
mod hardhat;
mod params;
mod queries;
pub mod shapes;
mod table;
mod web3;

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

pub use desk::{DevAccount, ReasonDecoder, Settings};
pub use endpoint::{Endpoint, Ready};
pub use errors::RpcError;
pub use queries::log_filter;
pub use table::{METHODS, Method, Param, method};

use self::{desk::Desk, filters::Filters};
use crate::{Network, NetworkError};

/// A network that several endpoints share.
///
/// Three locks, always taken in this order: network, desk, filters. The network is never made to act while the filters are locked.
#[derive(Clone)]
pub struct Shared {
    network: Arc<Mutex<Network>>,
    desk: Arc<Mutex<Desk>>,
    filters: Arc<Mutex<Filters>>,
}

impl Shared {
    /// Shares a network in which anyone may be acted for, as rehearsals do.
    #[must_use]
    pub fn new(network: Network) -> Self {
        Self::with(network, Settings::default())
    }

    /// Shares a network.
    #[must_use]
    pub fn with(mut network: Network, settings: Settings) -> Self {
        let filters = Arc::new(Mutex::new(Filters::default()));
        let watching = Arc::clone(&filters);
        network.observe(Box::new(move |event| locked(&watching).notice(event)));
        Self { network: Arc::new(Mutex::new(network)), desk: Arc::new(Mutex::new(Desk::new(settings))), filters }
    }

    /// Exclusive access. A caller that panicked while it had it left the chains whole, as blocks are taken over whole.
    /// After a failed write it is as it was acknowledged.
    pub fn lock(&self) -> MutexGuard<'_, Network> {
        let mut network = locked(&self.network);
        // What cannot be read then is told by whoever asks for it.
        drop(network.drop_unacknowledged());
        network
    }

    /// Says how long the process has been running, so that filters nobody asks for any more are forgotten.
    pub fn tick(&self, uptime: Duration) {
        locked(&self.filters).tick(uptime);
    }

    /// The JSON-RPC of one chain.
    ///
    /// # Errors
    /// [`NetworkError::UnknownChain`].
    pub fn endpoint(&self, chain_id: u64) -> Result<Endpoint, NetworkError> {
        let rehearsal = self.lock().chain(chain_id)?.config().rehearsal;
        let control = rehearsal && locked(&self.desk).settings.control;
        Ok(Endpoint { shared: self.clone(), chain_id, control })
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
