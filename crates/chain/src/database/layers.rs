//! What a reader sees: rows not yet in the tables before rows in the tables.
//!
//! ```text
//! active   rows since the last rotation, some of them not even in the journal yet
//! frozen   rows that are being carried over into the tables
//! tables   redb, as of the last time rows were carried over
//! ```
//! The newest layer that knows a key decides, so all of them together are one sorted map.

use std::{
    collections::BTreeMap,
    iter::Peekable,
    ops::{Bound, ControlFlow},
    sync::Arc,
};

use alloy_primitives::Bytes;
use redb::{ReadOnlyTable, ReadableDatabase, TableDefinition};

use super::table::{Row, Table};

/// The definition of a table.
pub(crate) const fn definition(table: Table) -> TableDefinition<'static, &'static [u8], &'static [u8]> {
    TableDefinition::new(table.name())
}

/// Rows in memory; `None` is a row that is gone.
#[derive(Debug)]
pub(crate) struct Rows {
    tables: [BTreeMap<Vec<u8>, Option<Bytes>>; Table::ALL.len()],
    pub(crate) bytes: usize,
}

impl Default for Rows {
    fn default() -> Self {
        Self { tables: [const { BTreeMap::new() }; Table::ALL.len()], bytes: 0 }
    }
}

impl Rows {
    pub(crate) fn write(&mut self, row: Row) {
        // What a map's entry costs beside its contents, roughly.
        const OVERHEAD: usize = 96;
        let Row { table, key, value } = row;
        let value_len = value.as_ref().map_or(0, |value| value.len());
        let key_len = key.len();
        match self.tables[table as usize].insert(key, value) {
            Some(before) => {
                self.bytes = (self.bytes + value_len).saturating_sub(before.as_ref().map_or(0, |value| value.len()));
            }
            None => self.bytes += OVERHEAD + key_len + value_len,
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.tables.iter().map(BTreeMap::len).sum()
    }

    pub(crate) fn table(&self, table: Table) -> &BTreeMap<Vec<u8>, Option<Bytes>> {
        &self.tables[table as usize]
    }
}

/// The tables at one moment.
pub(crate) struct View {
    tables: Vec<ReadOnlyTable<&'static [u8], &'static [u8]>>,
}

impl View {
    pub(crate) fn of(database: &redb::Database) -> Result<Self, redb::Error> {
        let read = database.begin_read()?;
        let tables = Table::ALL.into_iter().map(|table| read.open_table(definition(table)));
        Ok(Self { tables: tables.collect::<Result<_, _>>()? })
    }

    fn table(&self, table: Table) -> &ReadOnlyTable<&'static [u8], &'static [u8]> {
        &self.tables[table as usize]
    }
}

/// All layers.
pub(crate) struct Layers {
    pub(crate) active: Rows,
    pub(crate) frozen: Option<Arc<Rows>>,
    /// `None` only after a failure that even reading did not survive.
    pub(crate) tables: Option<View>,
}

/// In which direction to walk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Direction {
    Up,
    Down,
}

type Guard<'a> = redb::AccessGuard<'a, &'static [u8]>;
type Entry = Result<(Vec<u8>, Option<Bytes>), redb::Error>;

impl Layers {
    pub(crate) fn get(&self, table: Table, key: &[u8]) -> Result<Option<Bytes>, redb::Error> {
        if let Some(row) = self.active.table(table).get(key) {
            return Ok(row.clone());
        }
        if let Some(row) = self.frozen.as_ref().and_then(|frozen| frozen.table(table).get(key)) {
            return Ok(row.clone());
        }
        let tables = self.tables.as_ref().ok_or(redb::Error::DatabaseClosed)?;
        Ok(tables.table(table).get(key)?.map(|value| Bytes::copy_from_slice(value.value())))
    }

    /// Visits the rows from `from` up to, not including, `to` (all the rest if empty), until told to stop.
    pub(crate) fn walk(
        &self,
        table: Table,
        from: &[u8],
        to: &[u8],
        direction: Direction,
        mut visit: impl FnMut(&[u8], Bytes) -> ControlFlow<()>,
    ) -> Result<(), redb::Error> {
        let to = if to.is_empty() { Bound::Unbounded } else { Bound::Excluded(to) };
        let bounds = (Bound::Included(from), to);
        if let (Bound::Included(from), Bound::Excluded(to)) = bounds
            && from >= to
        {
            return Ok(());
        }
        let up = direction == Direction::Up;
        let mut sources: Vec<Peekable<Box<dyn Iterator<Item = Entry> + '_>>> = Vec::with_capacity(3);
        let in_memory = [Some(&self.active), self.frozen.as_deref()];
        for rows in in_memory.into_iter().flatten() {
            let entry = |(key, row): (&Vec<u8>, &Option<Bytes>)| Ok((key.clone(), row.clone()));
            let range = rows.table(table).range::<[u8], _>(bounds);
            let boxed: Box<dyn Iterator<Item = Entry> + '_> =
                if up { Box::new(range.map(entry)) } else { Box::new(range.rev().map(entry)) };
            sources.push(boxed.peekable());
        }
        let tables = self.tables.as_ref().ok_or(redb::Error::DatabaseClosed)?;
        let range = tables.table(table).range::<&[u8]>(bounds)?;
        let entry = |entry: Result<(Guard<'_>, Guard<'_>), redb::StorageError>| {
            let (key, value) = entry?;
            Ok((key.value().to_vec(), Some(Bytes::copy_from_slice(value.value()))))
        };
        let boxed: Box<dyn Iterator<Item = Entry> + '_> =
            if up { Box::new(range.map(entry)) } else { Box::new(range.rev().map(entry)) };
        sources.push(boxed.peekable());
        merge(sources, up, &mut visit)
    }
}

/// Visits the rows of all sources in order; where several have a key, the first of them decides.
fn merge(
    mut sources: Vec<Peekable<Box<dyn Iterator<Item = Entry> + '_>>>,
    up: bool,
    visit: &mut dyn FnMut(&[u8], Bytes) -> ControlFlow<()>,
) -> Result<(), redb::Error> {
    loop {
        let mut next: Option<(usize, Vec<u8>)> = None;
        for (index, source) in sources.iter_mut().enumerate() {
            let Some(entry) = source.peek() else { continue };
            let Ok((key, _)) = entry else { return source.next().map_or(Ok(()), |entry| entry.map(drop)) };
            let sooner = next.as_ref().is_none_or(|(_, first)| if up { key < first } else { key > first });
            if sooner {
                next = Some((index, key.clone()));
            }
        }
        let Some((index, key)) = next else { return Ok(()) };
        let mut value = None;
        for (other, source) in sources.iter_mut().enumerate().skip(index) {
            let same = source.peek().is_some_and(|entry| matches!(entry, Ok((found, _)) if *found == key));
            if same && let Some(entry) = source.next() {
                let entry = entry?;
                if other == index {
                    value = entry.1;
                }
            }
        }
        if let Some(value) = value
            && visit(&key, value).is_break()
        {
            return Ok(());
        }
    }
}
