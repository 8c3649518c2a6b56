//! Filters: questions that are asked again and again, each answered with what is new since the last time.
//!
//! They are few (at most [`FILTERS_MAX`]) and are forgotten when nobody asks for [`UNUSED`]. When a chain goes back to a snapshot, a
//! filter goes on from the first block that is new.

use std::{
    collections::{BTreeMap, VecDeque},
    time::Duration,
};

use alloy_primitives::B256;
use ephor_chain::LogFilter;

use crate::NetworkEvent;

/// How many filters there can be.
const FILTERS_MAX: usize = 1_000;
/// After how much time without a question a filter is forgotten.
const UNUSED: Duration = Duration::from_secs(300);
/// How many pending transactions a filter remembers between two questions; older ones are dropped.
const PENDING_MAX: usize = 10_000;

/// All filters.
#[derive(Debug, Default)]
pub(super) struct Filters {
    next: u64,
    uptime: Duration,
    by_id: BTreeMap<u64, Filter>,
}

#[derive(Debug)]
struct Filter {
    chain_id: u64,
    asked: Duration,
    what: What,
}

/// What a filter is for.
#[derive(Clone, Debug)]
pub(super) enum What {
    /// Logs, from block `next` on.
    Logs { filter: LogFilter, next: u64 },
    /// Hashes of blocks, from block `next` on.
    Blocks { next: u64 },
    /// Hashes of transactions that were accepted.
    Pending { hashes: VecDeque<B256> },
}

impl Filters {
    /// Installs a filter. Returns its id, or nothing if there are too many.
    pub(super) fn install(&mut self, chain_id: u64, what: What) -> Option<u64> {
        if self.by_id.len() >= FILTERS_MAX {
            return None;
        }
        self.next += 1;
        self.by_id.insert(self.next, Filter { chain_id, asked: self.uptime, what });
        Some(self.next)
    }

    /// A filter of a chain, which is in use from now.
    pub(super) fn ask(&mut self, chain_id: u64, id: u64) -> Option<&mut What> {
        let filter = self.by_id.get_mut(&id).filter(|filter| filter.chain_id == chain_id)?;
        filter.asked = self.uptime;
        Some(&mut filter.what)
    }

    /// Takes a filter away. Whether there was one.
    pub(super) fn uninstall(&mut self, chain_id: u64, id: u64) -> bool {
        let known = self.by_id.get(&id).is_some_and(|filter| filter.chain_id == chain_id);
        known && self.by_id.remove(&id).is_some()
    }

    /// Forgets what nobody asks for.
    pub(super) fn tick(&mut self, uptime: Duration) {
        self.uptime = self.uptime.max(uptime);
        self.by_id.retain(|_, filter| self.uptime.saturating_sub(filter.asked) <= UNUSED);
    }

    /// Takes note of what happened.
    pub(super) fn notice(&mut self, event: &NetworkEvent) {
        for filter in self.by_id.values_mut() {
            match (event, &mut filter.what) {
                (NetworkEvent::Pending { chain_id, hash }, What::Pending { hashes })
                    if *chain_id == filter.chain_id =>
                {
                    if hashes.len() == PENDING_MAX {
                        hashes.pop_front();
                    }
                    hashes.push_back(*hash);
                }
                (NetworkEvent::Block { chain_id, number, .. }, What::Logs { next, .. } | What::Blocks { next })
                    if *chain_id == filter.chain_id =>
                {
                    *next = (*next).min(*number);
                }
                _ => {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn are_forgotten_when_nobody_asks() {
        let mut filters = Filters::default();
        let [used, unused] = [(); 2].map(|()| filters.install(1, What::Blocks { next: 0 }).unwrap());
        filters.tick(Duration::from_secs(200));
        assert!(filters.ask(1, used).is_some());
        assert!(filters.ask(2, unused).is_none(), "it is another chain's");
        filters.tick(Duration::from_secs(400));
        assert!(filters.ask(1, used).is_some());
        assert!(filters.ask(1, unused).is_none());
        assert!(!filters.uninstall(1, unused));
        assert!(filters.uninstall(1, used));
    }

    #[test]
    fn are_limited_in_number_and_in_what_they_hold() {
        let mut filters = Filters::default();
        let id = filters.install(1, What::Pending { hashes: VecDeque::new() }).unwrap();
        for _ in 1..FILTERS_MAX {
            assert!(filters.install(1, What::Blocks { next: 0 }).is_some());
        }
        assert!(filters.install(1, What::Blocks { next: 0 }).is_none());
        for number in 0..PENDING_MAX as u64 + 5 {
            filters
                .notice(&NetworkEvent::Pending { chain_id: 1, hash: B256::left_padding_from(&number.to_be_bytes()) });
        }
        let Some(What::Pending { hashes }) = filters.ask(1, id) else { panic!("it is there") };
        assert_eq!(hashes.len(), PENDING_MAX);
        assert_eq!(hashes[0], B256::with_last_byte(5));
    }

    #[test]
    fn go_on_from_the_first_block_that_is_new() {
        let mut filters = Filters::default();
        let id = filters.install(1, What::Blocks { next: 10 }).unwrap();
        for (chain_id, number) in [(2, 3), (1, 12), (1, 7), (1, 8)] {
            filters.notice(&NetworkEvent::Block { chain_id, number, hash: B256::ZERO });
        }
        let Some(What::Blocks { next }) = filters.ask(1, id) else { panic!("it is there") };
        assert_eq!(*next, 7);
    }
}
