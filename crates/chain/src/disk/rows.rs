//! What a step of a chain writes.

use std::collections::BTreeMap;

use alloy_primitives::{Address, B256, Bytes};

use super::{
    Disk,
    records::{self, Head, LogPlace, TxRow},
};
use crate::{
    block::StoredBlock,
    database::table::{Row, Table},
    ledger::Delta,
    state::{Accounts, StateDelta},
    store::StoreError,
};

impl Disk {
    /// The rows of a step. `past` is the block that its changes of state belong to, if what was before is to be kept.
    pub(crate) fn rows(&self, delta: &Delta, past: Option<u64>) -> Vec<Row> {
        let mut rows = Vec::new();
        if let Some(number) = past {
            // What a block changed is kept once; edits after it belong to it, but its own record is the older one.
            self.past_rows(&delta.state, number, delta.added.is_empty(), &mut rows);
        }
        self.state_rows(&delta.state, &mut rows);
        for block in &delta.added {
            self.block_rows(block, &mut rows);
        }
        for (key, note) in &delta.notes {
            rows.push(Row { table: Table::Notes, key: self.key(&[key]), value: note.clone() });
        }
        self.node_rows(&delta.nodes, &mut rows);
        rows
    }

    fn past_rows(&self, state: &StateDelta, number: u64, edit: bool, rows: &mut Vec<Row>) {
        let number = number.to_be_bytes();
        let mut push = |table, parts: &[&[u8]], value: &dyn Fn() -> Bytes| {
            let key = self.key(parts);
            if !edit || self.database.get(table, &key).is_none() {
                rows.push(Row::put(table, key, value()));
            }
        };
        for (address, _) in &state.accounts {
            let before = || records::account_to_bytes(self.record(*address).as_ref());
            push(Table::AccountPast, &[address.as_slice(), &number], &before);
        }
        for (address, slot, _) in &state.slots {
            let before = || records::value_to_bytes(self.slot(*address, *slot));
            push(Table::SlotPast, &[address.as_slice(), &slot.to_be_bytes::<32>(), &number], &before);
        }
    }

    fn state_rows(&self, state: &StateDelta, rows: &mut Vec<Row>) {
        for (hash, code) in &state.codes {
            rows.push(Row::put(Table::Codes, hash.to_vec(), code.original_bytes()));
        }
        for (address, record) in &state.accounts {
            let value = record.as_ref().map(|record| records::account_to_bytes(Some(record)));
            rows.push(Row { table: Table::Accounts, key: self.key(&[address.as_slice()]), value });
        }
        for (address, slot, value) in &state.slots {
            let value = (!value.is_zero()).then(|| records::value_to_bytes(*value));
            let key = self.key(&[address.as_slice(), &slot.to_be_bytes::<32>()]);
            rows.push(Row { table: Table::Slots, key, value });
        }
    }

    fn block_rows(&self, block: &StoredBlock, rows: &mut Vec<Row>) {
        let number = block.header.number.to_be_bytes();
        let head = Head::of(block);
        rows.push(Row::put(Table::BlockHashes, self.key(&[block.hash.as_slice()]), number.to_vec()));
        rows.push(Row::put(Table::Blocks, self.key(&[&number]), head.to_bytes()));
        if block.txs.is_empty() {
            return;
        }
        let hashes: Vec<u8> = block.txs.iter().flat_map(|tx| tx.hash.0).collect();
        rows.push(Row::put(Table::Bodies, self.key(&[&number]), hashes));
        let mut addresses: BTreeMap<Address, Vec<u8>> = BTreeMap::new();
        let mut topics: BTreeMap<(u8, B256), Vec<u8>> = BTreeMap::new();
        for (index, tx) in (0_u32..).zip(0..block.txs.len()) {
            let Some(row) = TxRow::of(block, tx) else { continue };
            let place = [&number[..], &index.to_be_bytes()].concat();
            rows.push(Row::put(Table::TxHashes, self.key(&[row.hash.as_slice()]), place.clone()));
            let first = u32::try_from(row.first_log).unwrap_or(u32::MAX);
            for (offset, log) in (0..).zip(&row.logs) {
                let place = LogPlace { tx: index, log: first.saturating_add(offset) };
                place.push_to(addresses.entry(log.address).or_default());
                for (position, topic) in (0..).zip(log.topics()) {
                    place.push_to(topics.entry((position, *topic)).or_default());
                }
            }
            rows.push(Row::put(Table::Transactions, self.key(&[&place]), row.to_bytes()));
        }
        for (address, places) in addresses {
            rows.push(Row::put(Table::AddressLogs, self.key(&[address.as_slice(), &number]), places));
        }
        for ((position, topic), places) in topics {
            rows.push(Row::put(Table::TopicLogs, self.key(&[&[position], topic.as_slice(), &number]), places));
        }
    }

    /// The rows that undo others, as things stand before those are written.
    pub(crate) fn inverse(&self, rows: &[Row]) -> Vec<Row> {
        let before =
            |row: &Row| Row { table: row.table, key: row.key.clone(), value: self.database.get(row.table, &row.key) };
        rows.iter().map(before).collect()
    }

    /// Stages the rows of a step, and remembers what it says.
    ///
    /// # Errors
    /// [`StoreError::Refused`]; then nothing has happened.
    pub(crate) fn take(&self, delta: &Delta, rows: Vec<Row>) -> Result<(), StoreError> {
        self.database.stage(rows)?;
        let StateDelta { accounts, slots, codes } = &delta.state;
        for (hash, code) in codes {
            self.codes.insert(*hash, code.clone());
        }
        for (address, record) in accounts {
            self.accounts.insert(*address, *record);
        }
        for (address, slot, value) in slots {
            self.slots.insert((*address, *slot), *value);
        }
        for block in &delta.added {
            self.heads.insert(block.header.number, Some(Head::of(block).into()));
        }
        for (key, node) in &delta.nodes {
            self.nodes.insert(*key, node.clone());
        }
        Ok(())
    }
}
