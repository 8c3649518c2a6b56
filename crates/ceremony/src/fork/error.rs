//! Why there is no fork.

use alloy_primitives::{Address, B256, U256};
use ephor_chain::ProofFault;

use super::{BlockRef, EndpointError};

/// Why a chain cannot be forked, or what is kept of it not be read again.
#[derive(Debug, thiserror::Error)]
pub enum ForkError {
    /// The endpoint has no usable answer.
    #[error(transparent)]
    Endpoint(#[from] EndpointError),
    /// Another chain.
    #[error("the endpoint is of chain {found}, the ceremony of chain {stated}: nothing was simulated")]
    AnotherChain {
        /// The endpoint's.
        found: u64,
        /// The ceremony's.
        stated: u64,
    },
    /// No such block.
    #[error("the endpoint has no block {0}")]
    NoBlock(BlockRef),
    /// Another block than the one asked for.
    #[error("block {asked} was asked for, the endpoint sends block {number} with the hash {hash}: it is refused")]
    AnotherBlock {
        /// As asked.
        asked: BlockRef,
        /// As sent.
        number: u64,
        /// As sent.
        hash: B256,
    },
    /// Fields that are not those of the block.
    #[error(
        "the header of block {number} is refused: its fields hash to {computed}, the endpoint says that its hash is {stated}"
    )]
    Header {
        /// The block.
        number: u64,
        /// As stated.
        stated: B256,
        /// As computed.
        computed: B256,
    },
    /// Ethereum's block number that is not the header's.
    #[error(
        "block {number} is refused: the endpoint says that its contracts see block {stated}, its header says {in_header}"
    )]
    L1Block {
        /// The block.
        number: u64,
        /// As stated.
        stated: u64,
        /// As the header has it.
        in_header: u64,
    },
    /// A proof that proves nothing of an account.
    #[error("account {address} is not proven against the state root {root}: {fault}")]
    AccountProof {
        /// The account.
        address: Address,
        /// The root of the state.
        root: B256,
        /// What is wrong.
        fault: Box<ProofFault>,
    },
    /// A proof that proves nothing of a slot.
    #[error("slot {slot:#x} of {address} is not proven against the storage root {root}: {fault}")]
    SlotProof {
        /// The account.
        address: Address,
        /// The slot.
        slot: U256,
        /// The root of the storage.
        root: B256,
        /// What is wrong.
        fault: Box<ProofFault>,
    },
    /// What stands at the end of a proof is no account.
    #[error("account {address}: what is proven of it is no account: {fault}")]
    NotAnAccount {
        /// The account.
        address: Address,
        /// What is wrong.
        fault: alloy_rlp::Error,
    },
    /// What stands at the end of a proof is no value.
    #[error("slot {slot:#x} of {address}: what is proven of it is no value: {fault}")]
    NotASlot {
        /// The account.
        address: Address,
        /// The slot.
        slot: U256,
        /// What is wrong.
        fault: alloy_rlp::Error,
    },
    /// Stated is another account than the proven one.
    #[error("account {address}: the endpoint states the {what} {stated}, its proof says {proven}: it is refused")]
    Account {
        /// The account.
        address: Address,
        /// Of what.
        what: &'static str,
        /// As stated.
        stated: String,
        /// As proven.
        proven: String,
    },
    /// Stated is another value than the proven one.
    #[error(
        "slot {slot:#x} of {address}: the endpoint states the value {:#x}, its proof says {:#x}: it is refused",
        .values.0,
        .values.1
    )]
    Slot {
        /// The account.
        address: Address,
        /// The slot.
        slot: U256,
        /// As stated, and as proven.
        values: Box<(U256, U256)>,
    },
    /// Proven is another slot than the one asked for.
    #[error("slot {slot:#x} of {address} was asked for, the endpoint proves {found} instead")]
    AnotherSlot {
        /// The account.
        address: Address,
        /// As asked.
        slot: U256,
        /// What came.
        found: String,
    },
    /// Code that is not the account's.
    #[error("account {address}: its code hashes to {found}, the account has the code hash {expected}: it is refused")]
    Code {
        /// The account.
        address: Address,
        /// As the account has it.
        expected: B256,
        /// As the code has it.
        found: B256,
    },
    /// Nothing is proven, and that is not enough.
    #[error(
        "the endpoint proves nothing of this block: {0}\n  remedy: name an endpoint with eth_getProof, or leave --require-proof out"
    )]
    Unproven(String),
    /// The block is no longer part of the chain.
    #[error(
        "block {number} was {before} and is {after} now: the chain was reorganised meanwhile; simulate again, on a finalized block"
    )]
    Reorganised {
        /// The block.
        number: u64,
        /// As pinned.
        before: B256,
        /// As it is.
        after: B256,
    },
    /// Something that was read is not kept.
    #[error("the pinned state has no {0}: it is not the one that this ceremony reads")]
    NotPinned(String),
    /// What is kept contradicts itself.
    #[error("the pinned state is refused: {0}")]
    Pinned(&'static str),
}
