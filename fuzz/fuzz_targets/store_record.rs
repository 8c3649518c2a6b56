//! Whatever lies on disk: rows of a chain, notes of a network, segments of a journal.
//!
//! A byte that says which, and the bytes on disk.
#![no_main]

use ephor_chain::fuzzing::{journal, journal_of, record};
use ephor_fuzz::{plant, seeds, store};
use ephor_network::fuzzing::note;
use libfuzzer_sys::fuzz_target;

fuzz_target!(
    init: plant("store_record", seeds::store_records()),
    |input: &[u8]| {
        let Some((kind, bytes)) = input.split_first() else { return };
        match kind % store::KINDS {
            kind @ 0..store::NOTES => drop(record(kind, bytes)),
            kind @ store::NOTES..store::JOURNAL => drop(note(kind - store::NOTES, bytes)),
            store::JOURNAL => drop(journal(bytes)),
            _ => {
                let segment = journal_of(bytes);
                assert!(journal(&segment) <= 1);
                assert_eq!(journal(&segment[..segment.len() - 1]), 0);
            }
        }
    }
);
