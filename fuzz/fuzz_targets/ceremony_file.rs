//! The files of a ceremony: bundles, tasks, signatures, pieces, recipes and the formats of others. What is read is verified, collected
//! or simulated as the commands do; what is written back reads the same.
//!
//! A byte that says which file, and the file.
#![no_main]

use ephor_fuzz::{ceremony, plant, seeds};
use libfuzzer_sys::fuzz_target;

fuzz_target!(
    init: plant("ceremony_file", seeds::ceremony_files()),
    |input: &[u8]| {
        let Some((kind, file)) = input.split_first() else { return };
        ceremony::read(ceremony::kind(*kind), file);
    }
);
