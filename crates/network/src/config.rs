//! What a network consists of.

use alloy_primitives::Address;

use crate::clock::Clock;

/// A network: its chains, parents before children, and its clock.
#[derive(Clone, Debug)]
pub struct NetworkConfig {
    /// The clock, at the network's beginning.
    pub clock: Clock,
    /// The chains. One without a parent is an L1, of which there is one.
    pub chains: Vec<ChainSpec>,
}

/// One chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChainSpec {
    /// Its name in the charter.
    pub name: String,
    /// Its id.
    pub chain_id: u64,
    /// Wei per gas.
    pub base_fee_wei: u64,
    /// The chain it stands on, and the bridge between them; none for the L1.
    pub bridge: Option<BridgeSpec>,
}

/// The bridge between an Arbitrum chain and its parent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BridgeSpec {
    /// The parent's id.
    pub parent: u64,
    /// On the parent: takes messages for the child.
    pub inbox: Address,
    /// On the parent: holds the child's ether.
    pub bridge: Address,
    /// On the parent: executes messages of the child.
    pub outbox: Address,
    /// Seconds until a message of the child can be executed.
    pub challenge_period_seconds: u64,
    /// Seconds until a message arrives at the child.
    pub delivery_seconds: u64,
    /// Seconds for which a ticket can be redeemed.
    pub ticket_lifetime_seconds: u64,
}
