//! Reading rows, wherever they are.
//!
//! What cannot be read passes for absent, and the next [`Database::pending`] fails, so that no answer rests on it.

use std::ops::ControlFlow;

use alloy_primitives::Bytes;

use super::{
    Database,
    layers::Direction,
    table::{Table, behind},
};
use crate::store::StoreError;

/// Rows that are fetched at once where many are visited.
const ROWS_AT_ONCE: usize = 256;

impl Database {
    /// A row. What cannot be read passes for absent, and the next [`Self::pending`] fails.
    pub(crate) fn get(&self, table: Table, key: &[u8]) -> Option<Bytes> {
        let found = self.inner.layers().get(table, key);
        found.unwrap_or_else(|error| {
            self.unreadable(self.inner.io(error));
            None
        })
    }

    /// Visits rows in order of their keys, from `from` up to, not including, `to` (all the rest if empty), or back, until told to stop.
    ///
    /// The rows are fetched some at a time, and no lock is held while they are visited: whoever is shown one may read others. To do so under
    /// the lock would be to wait for a writer who waits for this reader.
    pub(crate) fn walk(
        &self,
        table: Table,
        from: &[u8],
        to: &[u8],
        direction: Direction,
        mut visit: impl FnMut(&[u8], Bytes) -> ControlFlow<()>,
    ) {
        let (mut from, mut to) = (from.to_vec(), to.to_vec());
        // Often the first is all that is wanted.
        let mut most = 1;
        loop {
            let mut rows = Vec::new();
            let walked = self.inner.layers().walk(table, &from, &to, direction, |key, value| {
                rows.push((key.to_vec(), value));
                if rows.len() < most { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
            });
            let more = walked.is_ok() && rows.len() == most;
            if let Err(error) = walked {
                self.unreadable(self.inner.io(error));
            }
            match (rows.last(), direction) {
                (Some((last, _)), Direction::Up) => from = [last, &[0][..]].concat(),
                (Some((last, _)), Direction::Down) => to.clone_from(last),
                (None, _) => return,
            }
            for (key, value) in rows {
                if visit(&key, value).is_break() {
                    return;
                }
            }
            // Nothing comes before the empty key, which as a bound would be none.
            if !more || (direction == Direction::Down && to.is_empty()) {
                return;
            }
            most = (most * 4).min(ROWS_AT_ONCE);
        }
    }

    /// The first or, downwards, the last row of a range.
    pub(crate) fn end_of(&self, table: Table, from: &[u8], to: &[u8], end: Direction) -> Option<(Vec<u8>, Bytes)> {
        let mut found = None;
        self.walk(table, from, to, end, |key, value| {
            found = Some((key.to_vec(), value));
            ControlFlow::Break(())
        });
        found
    }

    /// Visits the rows whose keys begin with `prefix`; is handed the rest of the key.
    pub(crate) fn walk_prefix(&self, table: Table, prefix: &[u8], mut visit: impl FnMut(&[u8], Bytes)) {
        self.walk(table, prefix, &behind(prefix), Direction::Up, |key, value| {
            visit(&key[prefix.len()..], value);
            ControlFlow::Continue(())
        });
    }

    /// Says that a row is not what it should be: it passes for absent, and the next [`Self::pending`] fails.
    pub(crate) fn damaged(&self, table: Table, error: alloy_rlp::Error) {
        let what = Damage { table: table.name(), error };
        self.unreadable(StoreError::Unreadable { path: self.inner.path.clone(), source: Box::new(what) });
    }

    fn unreadable(&self, error: StoreError) {
        self.inner.queue().unread.get_or_insert(error);
    }
}

#[derive(Debug, thiserror::Error)]
#[error("a row of {table:?} cannot be decoded: {error}")]
struct Damage {
    table: &'static str,
    error: alloy_rlp::Error,
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::database::table::Row;

    fn put(key: u16, value: u8) -> Row {
        Row::put(Table::Network, key.to_be_bytes().to_vec(), vec![value])
    }

    /// Some rows in the tables, some in memory, one of them removed, one exchanged.
    fn database(folder: &Path, rows: u16) -> Database {
        let database = Database::open(&folder.join("x.redb")).unwrap();
        database.stage((0..rows).filter(|key| key % 3 != 0).map(|key| put(key, 1)).collect()).unwrap();
        database.settle().unwrap();
        database.stage((0..rows).filter(|key| key % 3 == 0).map(|key| put(key, 2)).collect()).unwrap();
        database.stage(vec![Row::remove(Table::Network, 7_u16.to_be_bytes().to_vec()), put(8, 3)]).unwrap();
        database
    }

    #[test]
    fn rows_are_visited_in_order_and_up_to_where_they_are_wanted() {
        let folder = tempfile::tempdir().unwrap();
        let database = database(folder.path(), 2_000);
        #[track_caller]
        fn check(database: &Database, from: u16, to: Option<u16>, direction: Direction, most: usize) {
            let mut expected: Vec<u16> = (from..to.unwrap_or(2_000)).filter(|key| *key != 7).collect();
            if direction == Direction::Down {
                expected.reverse();
            }
            expected.truncate(most);
            let mut found = Vec::new();
            let to = to.map(|to| to.to_be_bytes().to_vec()).unwrap_or_default();
            database.walk(Table::Network, &from.to_be_bytes(), &to, direction, |key, value| {
                let key = u16::from_be_bytes(key.try_into().unwrap());
                assert_eq!(value[0], if key == 8 { 3 } else { 1 + u8::from(key % 3 == 0) });
                found.push(key);
                if found.len() < most { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
            });
            assert_eq!(found, expected, "from {from} to {to:?}, {most}");
        }
        for direction in [Direction::Up, Direction::Down] {
            for most in [1, 2, 5, 6, 21, 22, 300, usize::MAX] {
                check(&database, 0, None, direction, most);
                check(&database, 5, Some(1_500), direction, most);
                check(&database, 9, Some(9), direction, most);
            }
        }
    }

    #[test]
    fn no_lock_is_held_while_rows_are_visited() {
        let folder = tempfile::tempdir().unwrap();
        let database = database(folder.path(), 600);
        let mut visited = 0;
        database.walk(Table::Network, &[], &[], Direction::Up, |_, _| {
            // As the thread that carries rows over does; a reader that reads once more would wait for it, and it for the reader.
            assert!(database.inner.layers.try_write().is_ok());
            visited += 1;
            ControlFlow::Continue(())
        });
        assert_eq!(visited, 599);
    }
}
