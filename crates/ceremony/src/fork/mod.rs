//! A ceremony carried through on a fork of a live chain, as of one block.
//!
//! ```text
//! block ─▶ header ─hash─▶ state root ─proof─▶ account ─▶ storage root ─proof─▶ slot
//!                                                └─▶ code hash ─hash─▶ code
//! ```
//! The block is chosen once and all is read as of it. Each account and slot is fetched when the transaction reads it, once, and proven
//! with `eth_getProof` against the state root in the block's header; the header's fields must hash to the block's hash, and code to its
//! account's code hash. What does not fit is refused, with both values: a fork is made of what was proven, or it says that it is not.
//! So what is left to trust is the block's hash, which everybody can compare with what others see.
//!
//! An endpoint that refuses to prove anything of the block is believed, with a warning in all that is told ([`ForkReport::unproven`]), or
//! refused where proofs are required. The decision falls with the first account; afterwards everything is proven or refused.
//!
//! What was read is kept as [`Pinned`]: with the nodes of the proofs, so that whoever gets a bundle carries the ceremony through again,
//! offline, and verifies each value against the state root anew. A bundle cannot state a value that its block does not have.
//!
//! **What runs.** Bytecode as on that chain, whatever the release of its Safes; native programs on networks of `ephor up`. Contracts see
//! the block's time, fee and limit, and its number as that chain's contracts do: on Arbitrum chains Ethereum's, which the header carries.
//! Owners approve by messages of their own, in the number that the Safe asks for. A Safe whose nonce is not there yet is given the
//! ceremony's; one whose nonce is used up refuses, as it would.
//!
//! **Deviations.** Messages cost nothing, so balances do not show fees. What a chain runs beside the EVM (Arbitrum's precompiles) does not
//! run here, and is told if it was reached. Hashes of earlier blocks that do not follow from the header are believed, and told.

mod answers;
mod block;
mod endpoint;
mod error;
mod live;
mod pinned;
mod report;
mod stage;

pub use block::BlockRef;
pub use endpoint::{Endpoint, EndpointError, MAX_ANSWER_BYTES, MAX_REQUESTS, Transport, TransportError};
pub use error::ForkError;
pub use pinned::{Pinned, PinnedAccount};
pub use report::{ForkReport, Note};

use crate::{
    ceremony::Ceremony, fork::live::Live, fork::stage::ForkStage, simulation::Simulation, simulation::SimulationError,
};

/// Where a ceremony is simulated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settings {
    /// The block.
    pub block: BlockRef,
    /// Whether a chain that proves nothing is refused.
    pub require_proof: bool,
}

/// Carries a ceremony through on a fork of the chain behind an endpoint, and keeps what was read.
///
/// # Errors
/// [`SimulationError`]; a transaction that fails is a result.
pub fn simulate<T: Transport>(
    ceremony: &Ceremony,
    transport: T,
    settings: Settings,
) -> Result<(Simulation, Pinned), SimulationError> {
    let live = Live::pin(Endpoint::new(transport), ceremony.chain_id, settings)?;
    let mut stage = ForkStage::new(ceremony.chain_id, live);
    let simulation = stage.run(&ceremony.root, &ceremony.action)?;
    let pinned = stage.source().finish()?;
    Ok((simulation, pinned))
}

/// Carries a ceremony through again on what was read, offline.
///
/// # Errors
/// [`SimulationError`]: what is kept proves nothing, or is not all that the ceremony reads.
pub fn replay(ceremony: &Ceremony, pinned: &Pinned) -> Result<Simulation, SimulationError> {
    ForkStage::new(ceremony.chain_id, pinned.open()?).run(&ceremony.root, &ceremony.action)
}
