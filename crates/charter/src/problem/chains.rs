//! What can be wrong with the chains of a charter.

use alloy_primitives::Address;

use super::words::list;

/// A problem of the chains.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ChainProblem {
    /// A chain id is used twice.
    #[error("the chain id {id} belongs to {chain} already")]
    DuplicateChainId {
        /// The id.
        id: u64,
        /// The chain that has it.
        chain: String,
    },
    /// A rehearsal chain would have the id of a live chain, so that signatures would be valid on both.
    #[error("the rehearsal id {id} is the live id of {chain}")]
    RehearsalIdIsLive {
        /// The id.
        id: u64,
        /// The live chain.
        chain: String,
    },
    /// A public chain has the id that a rehearsal chain should have.
    #[error("the rehearsal id {id} is that of {network}")]
    RehearsalIdIsPublic {
        /// The id.
        id: u64,
        /// The public network.
        network: &'static str,
    },
    /// An L1 whose blocks do not begin at whole seconds.
    #[error("blocks of {milliseconds} milliseconds: a chain without a parent has one every so many whole seconds")]
    PartialSecond {
        /// Milliseconds from one block to the next.
        milliseconds: u64,
    },
    /// A chain that is not in the charter.
    #[error("there is no chain \"{name}\" in this charter")]
    UnknownChain {
        /// The name.
        name: String,
        /// The chains there are.
        known: Vec<String>,
    },
    /// No chain is the governance chain.
    #[error("no chain is the governance chain")]
    NoGovernanceChain,
    /// Two chains are the governance chain.
    #[error("{chain} is the governance chain already")]
    TwoGovernanceChains {
        /// The first of them.
        chain: String,
    },
    /// A chain of this kind stands on a parent.
    #[error("the chain {chain} has no parent, but its kind needs one")]
    NeedsParent {
        /// The chain.
        chain: String,
    },
    /// A chain of this kind has no parent.
    #[error("the chain {chain} has the parent \"{parent}\", but its kind has none")]
    NoParentAllowed {
        /// The chain.
        chain: String,
        /// Its parent.
        parent: String,
    },
    /// A chain cannot be reached from the governance chain.
    #[error("there is no route from the governance chain {from} to {to}")]
    NoRoute {
        /// The governance chain.
        from: String,
        /// The chain that cannot be reached.
        to: String,
    },
    /// A chain below a governance chain that has no parent: nothing carries an update down.
    #[error("{chain} stands on the governance chain {governance}, and no update goes down from there")]
    NoWayDown {
        /// The governance chain.
        governance: String,
        /// The chain on it.
        chain: String,
    },
    /// Something has the address already.
    #[error("the address {address} belongs to {by} on this chain already")]
    AddressTaken {
        /// The address.
        address: Address,
        /// What has it, in words.
        by: String,
    },
    /// Chains keep the lowest addresses for themselves.
    #[error("the address {address} is kept by the chain for itself")]
    AddressReserved {
        /// The address.
        address: Address,
    },
}

impl ChainProblem {
    /// What to do about it.
    pub(super) fn remedy(&self) -> String {
        match self {
            Self::DuplicateChainId { .. } => "give every chain ids of its own".into(),
            Self::RehearsalIdIsLive { .. } | Self::RehearsalIdIsPublic { .. } => {
                "choose an id that no live chain has: a signature of a rehearsal must not be valid on a live chain"
                    .into()
            }
            Self::PartialSecond { .. } => "write a multiple of 1_000".into(),
            Self::NoWayDown { .. } => {
                "remove it, or let the governance chain stand on an L1: updates go up to it and down to its children"
                    .into()
            }
            Self::AddressTaken { .. } => "write an address of its own".into(),
            Self::AddressReserved { .. } => "write the address at which it stands, or leave it out".into(),
            Self::UnknownChain { known, .. } => match known.as_slice() {
                [] => "add it to [[chains]]".into(),
                known => format!("add it to [[chains]], or write one of {}", list(known)),
            },
            Self::NoGovernanceChain => "write `governance = true` at the chain on which elections are held".into(),
            Self::TwoGovernanceChains { .. } => "remove `governance` from one of them".into(),
            Self::NeedsParent { .. } => "write `parent` and a [chains.bridge], or another `kind`".into(),
            Self::NoParentAllowed { .. } => "remove `parent`, or write another `kind`".into(),
            Self::NoRoute { .. } => {
                "connect both by `parent`: updates go up to the L1 chain and down to its direct children".into()
            }
        }
    }
}
