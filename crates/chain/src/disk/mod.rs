//! A chain in a database: everything is read when it is asked for, through caches of bounded size.

pub(crate) mod logs;
mod nodes;
pub(crate) mod records;
mod rows;

use std::sync::Arc;

use alloy_primitives::{Address, B256, Bytes, U256};
use revm::{primitives::KECCAK_EMPTY, state::Bytecode};

use self::records::{Decoded, Head, TxRow};
use crate::{
    cache::Cache,
    database::{
        Database, Direction,
        table::{Table, behind},
    },
    state::{AccountRecord, Accounts},
    trie::NodeKey,
};

/// How many of each are kept in memory.
const ACCOUNTS: usize = 1 << 16;
const SLOTS: usize = 1 << 17;
const CODES: usize = 1 << 9;
const HEADS: usize = 1 << 12;
const NODES: usize = 1 << 15;

/// One chain's part of a database.
#[derive(Debug)]
pub(crate) struct Disk {
    pub(crate) database: Database,
    chain: [u8; 8],
    accounts: Cache<Address, Option<AccountRecord>>,
    slots: Cache<(Address, U256), U256>,
    codes: Cache<B256, Bytecode>,
    heads: Cache<u64, Option<Arc<Head>>>,
    nodes: Cache<NodeKey, Option<Bytes>>,
}

impl Disk {
    pub(crate) fn new(database: Database, chain_id: u64) -> Self {
        Self {
            database,
            chain: chain_id.to_be_bytes(),
            accounts: Cache::new(ACCOUNTS),
            slots: Cache::new(SLOTS),
            codes: Cache::new(CODES),
            heads: Cache::new(HEADS),
            nodes: Cache::new(NODES),
        }
    }

    /// Forgets what it read.
    pub(crate) fn forget(&self) {
        self.accounts.clear();
        self.slots.clear();
        self.heads.clear();
        self.nodes.clear();
    }

    pub(crate) fn cached(&self) -> usize {
        self.accounts.len() + self.slots.len() + self.codes.len() + self.heads.len() + self.nodes.len()
    }

    /// A key of this chain.
    pub(crate) fn key(&self, parts: &[&[u8]]) -> Vec<u8> {
        let mut key = Vec::with_capacity(8 + parts.iter().map(|part| part.len()).sum::<usize>());
        key.extend_from_slice(&self.chain);
        parts.iter().for_each(|part| key.extend_from_slice(part));
        key
    }

    /// Reads a row of this chain; one that is damaged passes for absent, and is reported.
    pub(crate) fn read<T>(&self, table: Table, parts: &[&[u8]], decode: impl FnOnce(&[u8]) -> Decoded<T>) -> Option<T> {
        self.decoded(table, &self.database.get(table, &self.key(parts))?, decode)
    }

    fn decoded<T>(&self, table: Table, bytes: &[u8], decode: impl FnOnce(&[u8]) -> Decoded<T>) -> Option<T> {
        decode(bytes).map_err(|error| self.database.damaged(table, error)).ok()
    }

    // ── The past ────────────────────────────────────────────────────────────────────────────────────────────────────────────

    /// What was kept of something at the first block after `number` that changed it; `None` if none did.
    fn before_change(&self, table: Table, parts: &[&[u8]], number: u64) -> Option<Bytes> {
        let prefix = self.key(parts);
        let from = [&prefix[..], &number.checked_add(1)?.to_be_bytes()].concat();
        Some(self.database.end_of(table, &from, &behind(&prefix), Direction::Up)?.1)
    }

    pub(crate) fn record_at(&self, address: Address, number: u64) -> Option<AccountRecord> {
        match self.before_change(Table::AccountPast, &[address.as_slice()], number) {
            Some(bytes) => self.decoded(Table::AccountPast, &bytes, records::account)?,
            None => self.record(address),
        }
    }

    pub(crate) fn slot_at(&self, address: Address, slot: U256, number: u64) -> U256 {
        let parts = [address.as_slice(), &slot.to_be_bytes::<32>()];
        match self.before_change(Table::SlotPast, &parts, number) {
            Some(bytes) => self.decoded(Table::SlotPast, &bytes, records::value).unwrap_or_default(),
            None => self.slot(address, slot),
        }
    }

    // ── Blocks ──────────────────────────────────────────────────────────────────────────────────────────────────────────────

    pub(crate) fn head(&self, number: u64) -> Option<Arc<Head>> {
        self.heads.get_or_find(number, |number| {
            self.read(Table::Blocks, &[&number.to_be_bytes()], Head::decode).map(Arc::new)
        })
    }

    fn end(&self, from: &[u8], to: &[u8], end: Direction) -> Option<Head> {
        let (_, bytes) = self.database.end_of(Table::Blocks, from, to, end)?;
        self.decoded(Table::Blocks, &bytes, Head::decode)
    }

    /// The first stored block.
    pub(crate) fn first(&self) -> Option<Head> {
        self.end(&self.chain, &behind(&self.chain), Direction::Up)
    }

    /// The last stored block up to `number`.
    pub(crate) fn last_until(&self, number: u64) -> Option<Head> {
        let to = behind(&self.key(&[&number.to_be_bytes()]));
        self.end(&self.chain, &to, Direction::Down)
    }

    pub(crate) fn hashes(&self, number: u64) -> Vec<B256> {
        self.read(Table::Bodies, &[&number.to_be_bytes()], records::hashes).unwrap_or_default()
    }

    pub(crate) fn row(&self, number: u64, index: u32) -> Option<TxRow> {
        self.read(Table::Transactions, &[&number.to_be_bytes(), &index.to_be_bytes()], TxRow::decode)
    }

    pub(crate) fn number_of(&self, hash: B256) -> Option<u64> {
        self.read(Table::BlockHashes, &[hash.as_slice()], records::number)
    }

    pub(crate) fn place_of(&self, tx: B256) -> Option<(u64, u32)> {
        self.read(Table::TxHashes, &[tx.as_slice()], records::place)
    }

    // ── Notes ───────────────────────────────────────────────────────────────────────────────────────────────────────────────

    pub(crate) fn note(&self, key: &[u8]) -> Option<Bytes> {
        self.database.get(Table::Notes, &self.key(&[key]))
    }

    pub(crate) fn notes(&self, prefix: &[u8]) -> Vec<(Bytes, Bytes)> {
        let mut notes = Vec::new();
        self.database.walk_prefix(Table::Notes, &self.key(&[prefix]), |rest, note| {
            notes.push(([prefix, rest].concat().into(), note));
        });
        notes
    }
}

impl Accounts for Disk {
    fn record(&self, address: Address) -> Option<AccountRecord> {
        let find = |address: &Address| self.read(Table::Accounts, &[address.as_slice()], records::account).flatten();
        self.accounts.get_or_find(address, find)
    }

    fn slot(&self, address: Address, slot: U256) -> U256 {
        self.slots.get_or_find((address, slot), |(address, slot)| {
            let parts = [address.as_slice(), &slot.to_be_bytes::<32>()];
            self.read(Table::Slots, &parts, records::value).unwrap_or_default()
        })
    }

    fn storage_of(&self, address: Address) -> Vec<(U256, U256)> {
        let mut slots = Vec::new();
        self.database.walk_prefix(Table::Slots, &self.key(&[address.as_slice()]), |slot, value| {
            let slot = self.decoded(Table::Slots, slot, records::value);
            slots.extend(slot.zip(self.decoded(Table::Slots, &value, records::value)));
        });
        slots
    }

    fn addresses(&self) -> Vec<Address> {
        let mut addresses = Vec::new();
        self.database.walk_prefix(Table::Accounts, &self.key(&[]), |address, _| {
            addresses.extend(Address::try_from(address));
        });
        addresses
    }

    fn knows_code(&self, hash: B256) -> bool {
        self.codes.get(&hash).is_some() || self.database.get(Table::Codes, hash.as_slice()).is_some()
    }

    fn code_of(&self, hash: B256) -> Bytecode {
        if hash == KECCAK_EMPTY {
            return Bytecode::default();
        }
        self.codes.get_or_find(hash, |hash| {
            let code = self.database.get(Table::Codes, hash.as_slice());
            let bytecode =
                |code: Bytes| Bytecode::new_raw_checked(code.clone()).unwrap_or_else(|_| Bytecode::new_legacy(code));
            code.map(bytecode).unwrap_or_default()
        })
    }
}
