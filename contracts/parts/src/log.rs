//! Events.

use alloc::vec::Vec;

use alloy_primitives::B256;
use alloy_sol_types::{SolEvent, abi::token::WordToken};
use stylus_sdk::{host::VM, stylus_core::RawLogAccess};

/// Emits an event of an interface.
#[inline(never)] // Inlined, it makes contracts larger by two hundredths.
pub fn emit<E: SolEvent>(vm: &VM, event: &E) {
    let mut topics = [WordToken(B256::ZERO); 4];
    let mut words: Vec<B256> = Vec::with_capacity(4);
    if event.encode_topics_raw(&mut topics).is_ok() {
        words.extend(topics.iter().take(<E::TopicList as alloy_sol_types::TopicList>::COUNT).map(|topic| topic.0));
    }
    // The number of topics is that of the event, four at the most, so the host has nothing to refuse.
    let _ = vm.raw_log(&words, &event.encode_data());
}

/// Emits a log already encoded, for what an event of an interface cannot carry: a `string` that is no UTF-8.
pub fn emit_raw(vm: &VM, topics: &[B256], data: &[u8]) {
    // As in `emit`.
    let _ = vm.raw_log(topics, data);
}
