//! Proposals: what they do, when they may be voted on, where they stand.

use alloc::{vec, vec::Vec};

use alloy_primitives::{Address, B256, U64, U256};
use alloy_sol_types::SolValue;
use stylus_sdk::{
    host::VM,
    prelude::*,
    storage::{StorageBool, StorageGuard, StorageU64},
    stylus_core::CryptographyAccess,
};

use crate::{
    calldata::Memory,
    encode::Encode,
    storage::{FocusMap, Gap},
    text::{StoredText, Text},
};

/// Where a proposal stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum ProposalState {
    /// Not yet past its snapshot.
    Pending,
    /// Open for votes.
    Active,
    /// Given up before it was carried out.
    Canceled,
    /// Without a quorum or a majority.
    Defeated,
    /// Ready to be carried out, or to be queued.
    Succeeded,
    /// Waiting in a timelock.
    Queued,
    /// Succeeded, and too late.
    Expired,
    /// Carried out.
    Executed,
}

impl Encode for ProposalState {
    fn encode(self) -> Vec<u8> {
        (self as u8).encode()
    }
}

/// The calls that a proposal makes: three lists of one length.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Operations<'a> {
    /// Who is called.
    pub targets: Vec<Address>,
    /// The ether sent along, in wei.
    pub values: Vec<U256>,
    /// What is called.
    pub calldatas: Vec<Memory<'a>>,
}

impl Operations<'_> {
    /// The id of a proposal to do this.
    #[must_use]
    pub fn id(&self, vm: &VM, description_hash: B256) -> U256 {
        let (targets, values, calldatas) = (self.targets.as_slice(), self.values.as_slice(), self.calldatas.as_slice());
        let encoded = (targets, values, calldatas, description_hash).abi_encode_params();
        vm.native_keccak256(&encoded).into()
    }
}

/// A block, in a slot of its own.
#[storage]
pub struct BlockMark {
    block: StorageU64,
}

impl BlockMark {
    /// The block; zero if never set.
    #[must_use]
    pub fn get(&self) -> u64 {
        self.block.get().to()
    }

    /// Sets the block.
    pub fn set(&mut self, block: u64) {
        self.block.set(U64::from(block));
    }
}

/// A proposal, as it is stored: three slots.
#[storage]
pub struct Proposal {
    start: BlockMark,
    end: BlockMark,
    executed: StorageBool,
    canceled: StorageBool,
}

impl Proposal {
    /// The snapshot; zero if there is no such proposal.
    #[must_use]
    pub fn snapshot(&self) -> u64 {
        self.start.get()
    }

    /// Whether it was carried out.
    #[must_use]
    pub fn is_executed(&self) -> bool {
        self.executed.get()
    }

    /// Whether it was given up.
    #[must_use]
    pub fn is_canceled(&self) -> bool {
        self.canceled.get()
    }
}

/// All proposals of a governor, and its name.
#[storage]
pub struct Proposals {
    name: StoredText,
    proposals: FocusMap<Proposal>,
    _governance_calls: Gap<2>,
    _gap: Gap<46>,
}

impl Proposals {
    pub(super) fn init(&mut self, name: &str) {
        self.name.set(name);
    }

    pub(super) fn name(&self) -> Text {
        self.name.get()
    }

    /// The proposal with this id, all zeros if there is none.
    #[must_use]
    pub fn get(&self, id: U256) -> StorageGuard<'_, Proposal> {
        self.proposals.getter(id)
    }

    /// The block whose powers count; zero for an unknown proposal.
    #[must_use]
    pub fn snapshot(&self, id: U256) -> U256 {
        U256::from(self.get(id).start.get())
    }

    /// The last block in which votes count, before any extension; zero for an unknown proposal.
    #[must_use]
    pub fn deadline(&self, id: U256) -> U256 {
        U256::from(self.get(id).end.get())
    }

    pub(super) fn open(&mut self, id: U256, snapshot: u64, deadline: u64) {
        let mut proposal = self.proposals.setter(id);
        proposal.start.set(snapshot);
        proposal.end.set(deadline);
    }

    pub(super) fn mark_executed(&mut self, id: U256) {
        self.proposals.setter(id).executed.set(true);
    }
}
