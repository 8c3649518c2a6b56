//! A chain in a database: opening it, and making durable what is beside its steps.
//!
//! Time and pool change much more often than it matters what they were, so they are written when a group is ended: only a transaction that
//! is still waiting then is a row of the pool.

use std::{ops::Range, path::Path, sync::Arc};

use crate::{
    chain::{Chain, ChainError},
    config::{BlockTime, ChainConfig, Genesis},
    database::{
        Database, Pending,
        table::{Row, Table},
    },
    disk::records,
    ledger::Ledger,
    program::Programs,
    store::StoreError,
};

const RULES: &[u8] = b"rules";
const NOW: &[u8] = b"now";

/// What of time and pool is in the database.
#[derive(Debug, Default)]
pub(crate) struct Written {
    now: Option<BlockTime>,
    /// The places of the pool that are rows.
    places: Range<u64>,
    /// The place of the first pending transaction.
    first: u64,
}

impl Written {
    /// As many transactions left the pool at its front.
    pub(crate) const fn taken(&mut self, count: usize) {
        self.first += count as u64;
    }

    /// The pool is another one now.
    pub(crate) const fn forget_places(&mut self) {
        self.first = if self.first > self.places.end { self.first } else { self.places.end };
    }
}

impl Chain {
    /// A chain in a database: the one already there, or a new one. It is durable, as all else, once [`Self::commit`] or
    /// [`Database::pending`] was waited for.
    ///
    /// # Errors
    /// [`StoreError::OtherChain`] when the chain of that id is there under other rules; [`StoreError::Unreadable`] when it is damaged.
    pub fn open(
        database: &Database,
        config: ChainConfig,
        genesis: &Genesis,
        programs: Arc<Programs>,
    ) -> Result<Self, ChainError> {
        let rules = rules(&config);
        let mut chain = Self::blank(Ledger::new(config, genesis, Some(database.clone())), genesis.time, programs);
        let Some(disk) = chain.ledger().disk() else { return Ok(chain) };
        match database.get(Table::Chains, &disk.key(&[RULES])) {
            Some(found) if found[..] == *rules.as_bytes() => {
                if !chain.restore() {
                    let source = Box::new(alloy_rlp::Error::Custom("it has no blocks"));
                    return Err(StoreError::Unreadable { path: database.path().to_path_buf(), source }.into());
                }
            }
            Some(found) => {
                return Err(StoreError::OtherChain {
                    path: database.path().to_path_buf(),
                    found: String::from_utf8_lossy(&found).into_owned(),
                    expected: rules,
                }
                .into());
            }
            None => {
                database.stage(vec![Row::put(Table::Chains, disk.key(&[RULES]), rules.into_bytes())])?;
                let step = chain.ledger().genesis(genesis)?;
                chain.vm.state_mut().take(&step, None)?;
            }
        }
        Ok(chain)
    }

    /// A chain in a database file of its own.
    ///
    /// # Errors
    /// As [`Database::open`] and [`Self::open`].
    pub fn open_file(
        path: &Path,
        config: ChainConfig,
        genesis: &Genesis,
        programs: Arc<Programs>,
    ) -> Result<Self, ChainError> {
        Self::open(&Database::open(path)?, config, genesis, programs)
    }

    /// The database it is in.
    pub fn database(&self) -> Option<&Database> {
        Some(&self.ledger().disk()?.database)
    }

    /// How many entries of what is in the database are also in memory. Bounded, whatever the chain holds.
    pub fn cached_entries(&self) -> usize {
        self.ledger().cached()
    }

    /// Ends the group of all that happened, time and pending transactions included. Whoever drives several chains in one
    /// database uses [`Self::stage`] for each, and ends the group once.
    ///
    /// After a failed write, the chain goes back to what is durable, and what is returned fails.
    pub fn commit(&mut self) -> Pending {
        let Some(database) = self.database().cloned() else { return Pending::done() };
        if database.must_fall_back() {
            database.fall_back();
            self.fall_back();
            return Pending::failed(database.check().err().unwrap_or_else(|| self.lost()));
        }
        match self.stage() {
            // After a failure there is nothing new, and what is there can be read.
            Err(error) if !database.is_refusing() => Pending::failed(error),
            _ => database.pending(),
        }
    }

    /// Adds time and pending transactions to the open group, where they are not what the database says.
    ///
    /// # Errors
    /// [`StoreError::Refused`]; then nothing is added.
    pub fn stage(&mut self) -> Result<(), StoreError> {
        if self.is_as_written() {
            return Ok(());
        }
        let Some(disk) = self.ledger().disk() else { return Ok(()) };
        let mut rows = Vec::new();
        if self.written.now != Some(self.now) {
            rows.push(Row::put(Table::Chains, disk.key(&[NOW]), records::time_to_bytes(self.now)));
        }
        let places = self.places();
        for place in self.written.places.clone().filter(|place| !places.contains(place)) {
            rows.push(Row::remove(Table::Pool, disk.key(&[&place.to_be_bytes()])));
        }
        for (place, tx) in places.clone().zip(&self.pool) {
            if !self.written.places.contains(&place) {
                rows.push(Row::put(Table::Pool, disk.key(&[&place.to_be_bytes()]), records::pending_to_bytes(tx)));
            }
        }
        disk.database.stage(rows)?;
        (self.written.now, self.written.places) = (Some(self.now), places);
        Ok(())
    }

    fn places(&self) -> Range<u64> {
        self.written.first..self.written.first + self.pool.len() as u64
    }

    fn is_as_written(&self) -> bool {
        let (places, written) = (self.places(), &self.written.places);
        self.written.now == Some(self.now) && (places == *written || (places.is_empty() && written.is_empty()))
    }

    /// Drops what the database does not have. For whoever called [`Database::fall_back`].
    pub fn fall_back(&mut self) {
        self.snapshots.clear();
        self.vm.state_mut().forget();
        self.restore();
    }

    fn lost(&self) -> StoreError {
        let path = self.database().map(|database| database.path().to_path_buf()).unwrap_or_default();
        StoreError::Unreadable { path, source: Box::new(alloy_rlp::Error::Custom("it has no blocks")) }
    }

    /// Takes everything that is not read on demand from the database. Whether there is a chain.
    fn restore(&mut self) -> bool {
        if !self.vm.state_mut().restore() {
            return false;
        }
        let tip = self.ledger().tip().time;
        let Some(disk) = self.ledger().disk() else { return false };
        let now = disk.read(Table::Chains, &[NOW], records::time);
        let mut pool = Vec::new();
        let mut places: Option<Range<u64>> = None;
        disk.database.walk_prefix(Table::Pool, &disk.key(&[]), |place, bytes| {
            let place = records::number(place);
            match place.and_then(|place| Ok((place, records::pending(&bytes)?))) {
                Ok((place, tx)) => {
                    places.get_or_insert(place..place).end = place + 1;
                    pool.push(tx);
                }
                Err(error) => disk.database.damaged(Table::Pool, error),
            }
        });
        let places = places.unwrap_or_default();
        self.written = Written { now, first: places.start, places };
        self.now = now.unwrap_or(tip).max(tip);
        self.pool = pool;
        self.recount();
        true
    }
}

impl Drop for Chain {
    /// Time and pool are written with the rest; what refuses has been told.
    fn drop(&mut self) {
        drop(self.stage());
    }
}

/// The rules of a chain in words, to tell one from another.
fn rules(config: &ChainConfig) -> String {
    let ChainConfig {
        chain_id,
        blocks,
        spec,
        base_fee,
        gas_limit,
        coinbase,
        rehearsal,
        number_slot,
        history: _,
        state_roots,
    } = config;
    let number_slot = number_slot.map(|(address, slot)| format!("{address} {slot}")).unwrap_or_default();
    format!(
        "{chain_id} ({blocks:?}, {spec}, base fee {base_fee}, gas limit {gas_limit}, coinbase {coinbase}, rehearsal {rehearsal}, number slot {number_slot:?}, state roots {state_roots})"
    )
}
