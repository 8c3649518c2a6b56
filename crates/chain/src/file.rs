//! A chain in a file: a redb database, one write transaction a step.
//!
//! ```text
//! meta      name → bytes          "schema": u32, "rules": the chain's rules in words
//! accounts  address → record      rlp([balance, nonce, code hash])
//! slots     address ‖ slot → word
//! codes     hash → bytes
//! blocks    number → block        rlp, transactions and receipts included
//! notes     key → note
//! ```
//!
//! A write transaction is durable when it returns and invisible until then, so a killed process leaves its last whole step behind.
//! redb locks the file, so no second process can write to it.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use alloy_primitives::{Address, B256, Bytes, U256};
use alloy_rlp::{Decodable, RlpDecodable, RlpEncodable};
use redb::{
    Database, DatabaseError, Durability, ReadableDatabase, ReadableTable, StorageError, TableDefinition, TableError,
};
use revm::state::Bytecode;

use crate::{
    block::StoredBlock,
    config::ChainConfig,
    ledger::Delta,
    state::AccountRecord,
    store::{Store, StoreError},
};

/// The version of the layout above.
const SCHEMA: u32 = 1;

const META: TableDefinition<&str, &[u8]> = TableDefinition::new("meta");
const ACCOUNTS: TableDefinition<[u8; 20], &[u8]> = TableDefinition::new("accounts");
const SLOTS: TableDefinition<[u8; 52], [u8; 32]> = TableDefinition::new("slots");
const CODES: TableDefinition<[u8; 32], &[u8]> = TableDefinition::new("codes");
const BLOCKS: TableDefinition<u64, &[u8]> = TableDefinition::new("blocks");
const NOTES: TableDefinition<&[u8], &[u8]> = TableDefinition::new("notes");

/// A chain in a file.
#[derive(Debug)]
pub(crate) struct FileStore {
    path: PathBuf,
    database: Database,
    /// The rules to write down with the first step.
    rules: Option<String>,
}

#[derive(RlpEncodable, RlpDecodable)]
struct Record {
    balance: U256,
    nonce: u64,
    code_hash: B256,
}

impl FileStore {
    /// Opens the file, or makes it.
    ///
    /// # Errors
    /// [`StoreError::Locked`], [`StoreError::Unreadable`], [`StoreError::Io`].
    pub(crate) fn open(path: &Path) -> Result<Self, StoreError> {
        let path = path.to_path_buf();
        let database = Database::create(&path).map_err(|error| match error {
            DatabaseError::DatabaseAlreadyOpen => StoreError::Locked { path: path.clone() },
            DatabaseError::Storage(StorageError::Io(error)) if error.kind() != std::io::ErrorKind::InvalidData => {
                StoreError::Io { path: path.clone(), source: Box::new(error.into()) }
            }
            other => StoreError::Unreadable { path: path.clone(), source: Box::new(other) },
        })?;
        Ok(Self { path, database, rules: None })
    }

    fn io(&self, error: impl Into<redb::Error>) -> StoreError {
        StoreError::Io { path: self.path.clone(), source: Box::new(error.into()) }
    }

    fn damaged(&self, error: alloy_rlp::Error) -> StoreError {
        StoreError::Unreadable { path: self.path.clone(), source: Box::new(error) }
    }

    /// Writes a step; the caller names the path in the error.
    fn write(&self, delta: &Delta) -> Result<(), redb::Error> {
        let mut write = self.database.begin_write()?;
        write.set_durability(Durability::Immediate)?;
        {
            if let Some(rules) = &self.rules {
                let mut meta = write.open_table(META)?;
                meta.insert("schema", &SCHEMA.to_be_bytes()[..])?;
                meta.insert("rules", rules.as_bytes())?;
            }
            let mut accounts = write.open_table(ACCOUNTS)?;
            for (address, record) in &delta.state.accounts {
                match record {
                    Some(AccountRecord { balance, nonce, code_hash }) => {
                        let record = Record { balance: *balance, nonce: *nonce, code_hash: *code_hash };
                        accounts.insert(address.into_array(), &alloy_rlp::encode(record)[..])?;
                    }
                    None => drop(accounts.remove(address.into_array())?),
                }
            }
            let mut slots = write.open_table(SLOTS)?;
            for (address, slot, value) in &delta.state.slots {
                let key = slot_key(address, slot);
                if value.is_zero() {
                    slots.remove(key)?;
                } else {
                    slots.insert(key, value.to_be_bytes())?;
                }
            }
            let mut codes = write.open_table(CODES)?;
            for (hash, code) in &delta.state.codes {
                codes.insert(hash.0, code.original_byte_slice())?;
            }
            let mut blocks = write.open_table(BLOCKS)?;
            for number in &delta.removed {
                blocks.remove(number)?;
            }
            for block in &delta.added {
                blocks.insert(block.header.number, &block.to_bytes()[..])?;
            }
            let mut notes = write.open_table(NOTES)?;
            for (key, note) in &delta.notes {
                match note {
                    Some(note) => drop(notes.insert(&key[..], &note[..])?),
                    None => drop(notes.remove(&key[..])?),
                }
            }
        }
        write.commit()?;
        Ok(())
    }

    /// Checks that the file is this chain's. `false` if it is empty.
    fn check(&self, rules: &str) -> Result<bool, StoreError> {
        let read = self.database.begin_read().map_err(|error| self.io(error))?;
        let meta = match read.open_table(META) {
            Ok(meta) => meta,
            Err(TableError::TableDoesNotExist(_)) => return Ok(false),
            Err(error) => return Err(self.io(error)),
        };
        let get = |key: &str| -> Result<Vec<u8>, StoreError> {
            let value = meta.get(key).map_err(|error| self.io(error))?;
            Ok(value.map(|value| value.value().to_vec()).unwrap_or_default())
        };
        let Ok(schema) = <[u8; 4]>::try_from(&get("schema")?[..]) else {
            return Err(self.damaged(alloy_rlp::Error::Custom("it has no schema version")));
        };
        let found = u32::from_be_bytes(schema);
        if found > SCHEMA {
            return Err(StoreError::Newer { path: self.path.clone(), found, known: SCHEMA });
        }
        let found = String::from_utf8_lossy(&get("rules")?).into_owned();
        if found != rules {
            return Err(StoreError::OtherChain { path: self.path.clone(), found, expected: rules.to_owned() });
        }
        Ok(true)
    }

    fn read(&self) -> Result<Delta, ReadError> {
        let read = self.database.begin_read()?;
        let mut delta = Delta::default();
        for entry in read.open_table(ACCOUNTS)?.iter()? {
            let (address, record) = entry?;
            let Record { balance, nonce, code_hash } = decoded(Record::decode(&mut record.value()))?;
            delta.state.accounts.push((address.value().into(), Some(AccountRecord { balance, nonce, code_hash })));
        }
        for entry in read.open_table(SLOTS)?.iter()? {
            let (key, value) = entry?;
            let key = key.value();
            let (address, slot) = (Address::from_slice(&key[..20]), U256::from_be_slice(&key[20..]));
            delta.state.slots.push((address, slot, U256::from_be_bytes(value.value())));
        }
        for entry in read.open_table(CODES)?.iter()? {
            let (hash, code) = entry?;
            let code = Bytecode::new_legacy(Bytes::copy_from_slice(code.value()));
            delta.state.codes.push((hash.value().into(), code));
        }
        for entry in read.open_table(BLOCKS)?.iter()? {
            delta.added.push(Arc::new(decoded(StoredBlock::from_bytes(entry?.1.value()))?));
        }
        for entry in read.open_table(NOTES)?.iter()? {
            let (key, note) = entry?;
            delta.notes.push((Bytes::copy_from_slice(key.value()), Some(Bytes::copy_from_slice(note.value()))));
        }
        Ok(delta)
    }
}

enum ReadError {
    Database(redb::Error),
    Encoding(alloy_rlp::Error),
}

impl<E: Into<redb::Error>> From<E> for ReadError {
    fn from(error: E) -> Self {
        Self::Database(error.into())
    }
}

fn decoded<T>(result: Result<T, alloy_rlp::Error>) -> Result<T, ReadError> {
    result.map_err(ReadError::Encoding)
}

impl Store for FileStore {
    fn load(&mut self, config: &ChainConfig) -> Result<Option<Delta>, StoreError> {
        let rules = rules(config);
        if !self.check(&rules)? {
            self.rules = Some(rules);
            return Ok(None);
        }
        match self.read() {
            Ok(delta) => Ok(Some(delta)),
            Err(ReadError::Database(error)) => Err(self.io(error)),
            Err(ReadError::Encoding(error)) => Err(self.damaged(error)),
        }
    }

    fn commit(&mut self, delta: &Delta) -> Result<(), StoreError> {
        self.write(delta).map_err(|error| self.io(error))?;
        self.rules = None;
        Ok(())
    }
}

/// The rules of a chain in words, to tell one from another.
fn rules(config: &ChainConfig) -> String {
    let ChainConfig { chain_id, blocks, spec, base_fee, gas_limit, coinbase, rehearsal } = config;
    format!(
        "{chain_id} ({blocks:?}, {spec}, base fee {base_fee}, gas limit {gas_limit}, coinbase {coinbase}, rehearsal {rehearsal})"
    )
}

fn slot_key(address: &Address, slot: &U256) -> [u8; 52] {
    let mut key = [0; 52];
    key[..20].copy_from_slice(address.as_slice());
    key[20..].copy_from_slice(&slot.to_be_bytes::<32>());
    key
}
