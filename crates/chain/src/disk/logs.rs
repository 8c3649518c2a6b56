//! Finding logs by index.
//!
//! For each address, and for each topic at each position, the index lists the blocks with such logs. A query wants blocks that are in all
//! of its lists at once: whichever list is farthest ahead says where the others must go on, so that one rare topic makes a query
//! cheap however common the others are.

use std::{collections::BTreeSet, ops::ControlFlow};

use alloy_primitives::{Address, B256, Bytes};

use super::{
    Disk,
    records::{self, LogPlace},
};
use crate::database::{
    Direction,
    table::{Table, behind},
};

/// What a query asks of the index: of each list of alternatives at least one.
pub(crate) struct Wanted<'a> {
    pub(crate) addresses: &'a [Address],
    pub(crate) topics: &'a [Vec<B256>; 4],
}

/// The blocks of one address or topic.
struct Cursor {
    table: Table,
    prefix: Vec<u8>,
    /// The first block not before the last that was asked for, and its logs; `None` when there is none.
    at: Option<(u64, Bytes)>,
    sought: Option<u64>,
}

impl Cursor {
    fn seek(&mut self, disk: &Disk, block: u64, last: u64) -> Option<u64> {
        let settled = self
            .sought
            .is_some_and(|sought| self.at.as_ref().map_or(sought <= block, |(at, _)| sought <= block && block <= *at));
        if !settled {
            self.sought = Some(block);
            let from = [&self.prefix[..], &block.to_be_bytes()].concat();
            let to = behind(&[&self.prefix[..], &last.to_be_bytes()].concat());
            self.at = disk.database.end_of(self.table, &from, &to, Direction::Up).and_then(|(key, places)| {
                let block = records::number(key.get(self.prefix.len()..)?);
                Some((block.map_err(|error| disk.database.damaged(self.table, error)).ok()?, places))
            });
        }
        self.at.as_ref().map(|(block, _)| *block)
    }
}

/// Alternatives: blocks in which any of them has logs.
struct AnyOf(Vec<Cursor>);

impl AnyOf {
    fn seek(&mut self, disk: &Disk, block: u64, last: u64) -> Option<u64> {
        self.0.iter_mut().filter_map(|cursor| cursor.seek(disk, block, last)).min()
    }

    /// The logs of any of them in a block that was sought.
    fn places(&self, disk: &Disk, block: u64) -> BTreeSet<LogPlace> {
        let here = self.0.iter().filter_map(|cursor| {
            let (_, places) = cursor.at.as_ref().filter(|(at, _)| *at == block)?;
            disk.decoded(cursor.table, places, records::log_places)
        });
        here.flatten().collect()
    }
}

impl Disk {
    /// Visits the places of logs with an address and topics as wanted, block by block, up to `last`, until told to stop. At least
    /// one address or topic must be wanted.
    pub(crate) fn places_of_logs(
        &self,
        wanted: &Wanted<'_>,
        first: u64,
        last: u64,
        mut visit: impl FnMut(u64, BTreeSet<LogPlace>) -> ControlFlow<()>,
    ) {
        let mut lists = self.lists(wanted);
        let mut block = first;
        while block <= last {
            let mut farthest = block;
            for list in &mut lists {
                let Some(at) = list.seek(self, farthest, last) else { return };
                farthest = farthest.max(at);
            }
            if farthest == block {
                let mut lists = lists.iter().map(|list| list.places(self, block));
                let places = lists.next().unwrap_or_default();
                let places = lists.fold(places, |places, list| places.intersection(&list).copied().collect());
                if !places.is_empty() && visit(block, places).is_break() {
                    return;
                }
                let Some(next) = block.checked_add(1) else { return };
                block = next;
            } else {
                block = farthest;
            }
        }
    }

    fn lists(&self, wanted: &Wanted<'_>) -> Vec<AnyOf> {
        let cursor = |table, prefix| Cursor { table, prefix, at: None, sought: None };
        let by_address =
            wanted.addresses.iter().map(|address| cursor(Table::AddressLogs, self.key(&[address.as_slice()])));
        let mut lists = vec![AnyOf(by_address.collect())];
        for (position, topics) in (0..).zip(wanted.topics) {
            let by_topic =
                topics.iter().map(|topic| cursor(Table::TopicLogs, self.key(&[&[position], topic.as_slice()])));
            lists.push(AnyOf(by_topic.collect()));
        }
        lists.retain(|list| !list.0.is_empty());
        lists
    }

    /// The numbers of stored blocks in a range, until told to stop.
    pub(crate) fn stored_in(&self, first: u64, last: u64, mut visit: impl FnMut(u64) -> ControlFlow<()>) {
        let (from, to) = (self.key(&[&first.to_be_bytes()]), behind(&self.key(&[&last.to_be_bytes()])));
        self.database.walk(Table::Bodies, &from, &to, Direction::Up, |key, _| {
            key.get(8..).and_then(|number| records::number(number).ok()).map_or(ControlFlow::Continue(()), &mut visit)
        });
    }
}
