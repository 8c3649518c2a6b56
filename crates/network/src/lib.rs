//! Several chains, their bridges and one clock.
//!
//! A network knows how messages travel and how time passes, not what they are for. Production is the real chains; this one is
//! where people rehearse, test and learn. An [`Endpoint`] gives each chain's JSON-RPC to clients in the same
//! process.

mod acting;
mod bridge;
pub mod clock;
pub mod config;
mod durable;
mod error;
mod events;
mod faults;
pub mod message;
mod network;
mod pool;
pub mod rpc;
mod snapshots;
mod start;
mod time;

pub use clock::{Clock, ClockError};
pub use config::{BridgeSpec, ChainSpec, NetworkConfig};
pub use error::NetworkError;
pub use events::{NetworkEvent, Observer};
pub use message::{Message, MessageId, MessageState, Payload, Who};
pub use network::Network;
pub use rpc::{Endpoint, Shared};
pub use start::stand_in_programs;

/// The decoders of what lies on disk, for fuzzing. Not part of the interface.
#[doc(hidden)]
pub mod fuzzing {
    /// Reads a note of the network of some kind. Whether it is one.
    pub fn note(kind: u8, bytes: &[u8]) -> bool {
        crate::durable::decode_any(kind, bytes)
    }
}
