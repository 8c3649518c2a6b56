//! A map that forgets.
//!
//! Entries live in a young and an old generation. What is used in the old one moves to the young one; when the young one is full, the old
//! one is dropped and the young one becomes old. So at most `capacity` entries are kept, among them at least the half used last, and
//! no operation costs more than a few hashes.

use std::{cell::RefCell, hash::Hash};

use alloy_primitives::map::HashMap;

/// A bounded map. Shared references suffice, as what it holds can be found elsewhere as well.
#[derive(Debug)]
pub(crate) struct Cache<K, V> {
    half: usize,
    generations: RefCell<[HashMap<K, V>; 2]>,
}

impl<K: Eq + Hash, V: Clone> Cache<K, V> {
    pub(crate) fn new(capacity: usize) -> Self {
        Self { half: (capacity / 2).max(1), generations: RefCell::default() }
    }

    pub(crate) fn get(&self, key: &K) -> Option<V> {
        let [young, old] = &mut *self.generations.borrow_mut();
        if let Some(value) = young.get(key) {
            return Some(value.clone());
        }
        let (key, value) = old.remove_entry(key)?;
        let copy = value.clone();
        if young.len() >= self.half {
            *old = std::mem::take(young);
        }
        young.insert(key, value);
        Some(copy)
    }

    pub(crate) fn insert(&self, key: K, value: V) {
        let [young, old] = &mut *self.generations.borrow_mut();
        old.remove(&key);
        if young.len() >= self.half {
            *old = std::mem::take(young);
        }
        young.insert(key, value);
    }

    /// The value, from here or from where it can be found.
    pub(crate) fn get_or_find(&self, key: K, find: impl FnOnce(&K) -> V) -> V {
        self.get(&key).unwrap_or_else(|| {
            let value = find(&key);
            self.insert(key, value.clone());
            value
        })
    }

    pub(crate) fn clear(&self) {
        *self.generations.borrow_mut() = Default::default();
    }

    pub(crate) fn len(&self) -> usize {
        self.generations.borrow().iter().map(HashMap::len).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_what_was_used_last_and_never_more_than_it_may() {
        let cache = Cache::new(8);
        for key in 0..1_000_u32 {
            cache.insert(key, key);
            assert_eq!(cache.get(&0), Some(0), "used all the time");
            assert!(cache.len() <= 8);
        }
        assert_eq!((996..1_000).filter_map(|key| cache.get(&key)).count(), 4);
        assert_eq!(cache.get(&500), None);
        assert_eq!(cache.get_or_find(500, |key| key + 1), 501);
        cache.clear();
        assert_eq!(cache.len(), 0);
    }
}
