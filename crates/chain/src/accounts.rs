//! The state of a chain, now or at a block of the past, wherever it is kept.
//!
//! The past is kept backwards: for each block, what it changed as it was before. The state at block `n` is therefore what the first
//! block after `n` that touched it found, or the present if none did. Edits between blocks belong to the latest block there was.

use std::collections::BTreeMap;

use alloy_primitives::{Address, B256, Bytes, U256};
use revm::{
    primitives::KECCAK_EMPTY,
    state::{AccountInfo, Bytecode, EvmState},
};

use crate::{
    disk::Disk,
    executor::Code,
    state::{AccountRecord, Accounts, MemoryState, StateDelta},
};

/// The state of a chain.
#[derive(Debug)]
pub(crate) struct State {
    kept: Kept,
    /// The block of the past that is looked at; the present if `None`.
    at: Option<u64>,
}

#[derive(Debug)]
pub(crate) enum Kept {
    Memory { now: MemoryState, past: Option<Past> },
    Disk(Box<Disk>),
}

/// What was before each block, in memory.
#[derive(Debug, Default)]
pub(crate) struct Past {
    accounts: BTreeMap<(Address, u64), Option<AccountRecord>>,
    slots: BTreeMap<(Address, U256, u64), U256>,
}

/// What a step added to the past.
#[derive(Debug, Default)]
pub(crate) struct PastAdded {
    accounts: Vec<(Address, u64)>,
    slots: Vec<(Address, U256, u64)>,
}

impl Past {
    /// Keeps what is now, before `delta` changes it. What an earlier edit or the block itself left stays.
    pub(crate) fn keep(&mut self, now: &MemoryState, delta: &StateDelta, block: u64) -> PastAdded {
        let mut added = PastAdded::default();
        for (address, _) in &delta.accounts {
            self.accounts.entry((*address, block)).or_insert_with(|| {
                added.accounts.push((*address, block));
                now.record(*address)
            });
        }
        for (address, slot, _) in &delta.slots {
            self.slots.entry((*address, *slot, block)).or_insert_with(|| {
                added.slots.push((*address, *slot, block));
                now.slot(*address, *slot)
            });
        }
        added
    }

    pub(crate) fn forget(&mut self, added: &PastAdded) {
        for key in &added.accounts {
            self.accounts.remove(key);
        }
        for key in &added.slots {
            self.slots.remove(key);
        }
    }

    fn record(&self, address: Address, block: u64) -> Option<Option<AccountRecord>> {
        let changes = (address, block.checked_add(1)?)..=(address, u64::MAX);
        self.accounts.range(changes).next().map(|(_, before)| *before)
    }

    fn slot(&self, address: Address, slot: U256, block: u64) -> Option<U256> {
        let changes = (address, slot, block.checked_add(1)?)..=(address, slot, u64::MAX);
        self.slots.range(changes).next().map(|(_, before)| *before)
    }
}

impl State {
    pub(crate) const fn new(kept: Kept) -> Self {
        Self { kept, at: None }
    }

    /// Looks at a block of the past, or at the present. Returns what was looked at before.
    pub(crate) const fn look_at(&mut self, block: Option<u64>) -> Option<u64> {
        std::mem::replace(&mut self.at, block)
    }

    pub(crate) const fn looks_at(&self) -> Option<u64> {
        self.at
    }

    pub(crate) fn keeps_past(&self) -> bool {
        !matches!(self.kept, Kept::Memory { past: None, .. })
    }

    pub(crate) const fn kept_mut(&mut self) -> &mut Kept {
        &mut self.kept
    }

    pub(crate) const fn disk(&self) -> Option<&Disk> {
        match &self.kept {
            Kept::Disk(disk) => Some(disk),
            Kept::Memory { .. } => None,
        }
    }

    pub(crate) fn balance(&self, address: Address) -> U256 {
        self.balance_at(address, self.at)
    }

    pub(crate) fn balance_at(&self, address: Address, at: Option<u64>) -> U256 {
        self.record_at(address, at).unwrap_or_default().balance
    }

    pub(crate) fn nonce(&self, address: Address) -> u64 {
        self.nonce_at(address, self.at)
    }

    pub(crate) fn nonce_at(&self, address: Address, at: Option<u64>) -> u64 {
        self.record_at(address, at).unwrap_or_default().nonce
    }

    pub(crate) fn code(&self, address: Address) -> Bytecode {
        self.code_of(self.record(address).unwrap_or_default().code_hash)
    }

    /// The original bytes of an account's code.
    pub(crate) fn code_at(&self, address: Address, at: Option<u64>) -> Bytes {
        self.code_of(self.record_at(address, at).unwrap_or_default().code_hash).original_bytes()
    }

    pub(crate) fn slot(&self, address: Address, slot: U256) -> U256 {
        self.slot_at(address, slot, self.at)
    }

    pub(crate) fn slot_at(&self, address: Address, slot: U256, at: Option<u64>) -> U256 {
        match (&self.kept, at) {
            (Kept::Memory { now, .. }, None) => now.slot(address, slot),
            (Kept::Memory { now, past }, Some(block)) => {
                let before = past.as_ref().and_then(|past| past.slot(address, slot, block));
                before.unwrap_or_else(|| now.slot(address, slot))
            }
            (Kept::Disk(disk), None) => disk.slot(address, slot),
            (Kept::Disk(disk), Some(block)) => disk.slot_at(address, slot, block),
        }
    }

    fn record_at(&self, address: Address, at: Option<u64>) -> Option<AccountRecord> {
        match (&self.kept, at) {
            (Kept::Memory { now, .. }, None) => now.record(address),
            (Kept::Memory { now, past }, Some(block)) => {
                let before = past.as_ref().and_then(|past| past.record(address, block));
                before.unwrap_or_else(|| now.record(address))
            }
            (Kept::Disk(disk), None) => disk.record(address),
            (Kept::Disk(disk), Some(block)) => disk.record_at(address, block),
        }
    }

    pub(crate) fn storage_of(&self, address: Address) -> Vec<(U256, U256)> {
        Accounts::storage_of(self, address)
    }

    pub(crate) fn addresses(&self) -> Vec<Address> {
        Accounts::addresses(self)
    }

    pub(crate) fn installing(
        &self,
        address: Address,
        code: &Code,
        storage: impl IntoIterator<Item = (U256, U256)>,
    ) -> StateDelta {
        Accounts::installing(self, address, code, storage)
    }

    pub(crate) fn funding(&self, address: Address, balance: U256) -> StateDelta {
        Accounts::funding(self, address, balance)
    }

    pub(crate) fn difference(&self, journal: EvmState) -> StateDelta {
        Accounts::difference(self, journal)
    }

    /// The account as the virtual machine takes it.
    pub(crate) fn account(&self, address: Address) -> Option<AccountInfo> {
        let AccountRecord { balance, nonce, code_hash } = self.record(address)?;
        let code = Some(if code_hash == KECCAK_EMPTY { Bytecode::default() } else { self.code_of(code_hash) });
        Some(AccountInfo { balance, nonce, code_hash, account_id: None, code })
    }
}

impl Accounts for State {
    fn record(&self, address: Address) -> Option<AccountRecord> {
        self.record_at(address, self.at)
    }

    fn slot(&self, address: Address, slot: U256) -> U256 {
        Self::slot(self, address, slot)
    }

    /// Of the present, wherever one looks.
    fn storage_of(&self, address: Address) -> Vec<(U256, U256)> {
        match &self.kept {
            Kept::Memory { now, .. } => now.storage_of(address),
            Kept::Disk(disk) => disk.storage_of(address),
        }
    }

    /// Of the present, wherever one looks.
    fn addresses(&self) -> Vec<Address> {
        match &self.kept {
            Kept::Memory { now, .. } => now.addresses(),
            Kept::Disk(disk) => disk.addresses(),
        }
    }

    fn knows_code(&self, hash: B256) -> bool {
        match &self.kept {
            Kept::Memory { now, .. } => now.knows_code(hash),
            Kept::Disk(disk) => disk.knows_code(hash),
        }
    }

    fn code_of(&self, hash: B256) -> Bytecode {
        match &self.kept {
            Kept::Memory { now, .. } => now.code_of(hash),
            Kept::Disk(disk) => disk.code_of(hash),
        }
    }
}
