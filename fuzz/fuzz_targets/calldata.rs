//! Calldata of governance, and the files that are explained or explained with: the explanation stays within its bounds, is told in
//! both forms, and is the same as itself.
//!
//! A byte that says what the rest is and, for calldata, whom it calls.
#![no_main]

use std::{str, sync::LazyLock};

use alloy_primitives::{Address, Bytes};
use ephor_charter::Charter;
use ephor_explain::{Book, Knowledge, Lexicon, Payload, budget::MOST_NODES, explain, input, types::Function, verify};
use ephor_fuzz::{plant, root, seeds};
use libfuzzer_sys::fuzz_target;

static KNOWLEDGE: LazyLock<Knowledge> = LazyLock::new(|| {
    let charter = Charter::load(root("charters/arbitrum.toml")).expect("the charter");
    let mut lexicon = Lexicon::default();
    for text in seeds::ODD_FUNCTIONS {
        lexicon.add(Function::parse(text).expect("a function"));
    }
    Knowledge { book: Book::of(&charter), lexicon, ..Knowledge::default() }
});
static KNOWN: LazyLock<Vec<Address>> = LazyLock::new(|| KNOWLEDGE.book.iter().map(|(address, _)| address).collect());

fn exercise(payload: Payload) {
    let Ok(explanation) = explain(payload, &KNOWLEDGE) else { return };
    let bytes = explanation.payload.data.len();
    assert!(explanation.root.walk().all(|node| node.data.end() <= bytes && !node.sentence.is_empty()));
    assert!(explanation.root.walk().count() <= 2 * MOST_NODES + 1);
    assert!(!explanation.to_text(&KNOWLEDGE.book).is_empty());
    assert!(explanation.to_json(&KNOWLEDGE.book).is_object());
    let verdict = verify(&explanation, &explanation);
    assert!(verdict.differences.is_empty(), "{:?}", verdict.differences);
}

fuzz_target!(
    init: plant("calldata", seeds::calldata()),
    |input: &[u8]| {
        let Some((kind, rest)) = input.split_first() else { return };
        match kind {
            &seeds::SUBJECTS => {
                let Ok(text) = str::from_utf8(rest) else { return };
                input::read(text).into_iter().flatten().for_each(|subject| exercise(subject.payload()));
            }
            &seeds::FUNCTIONS => {
                let Ok(text) = str::from_utf8(rest) else { return };
                drop(Lexicon::default().add_json(text));
                drop(Function::parse(text));
            }
            &seeds::NAMES => {
                let Ok(text) = str::from_utf8(rest) else { return };
                drop(Book::common().add_file(Some(1), text));
            }
            to => {
                let to = KNOWN.get(usize::from(*to)).copied();
                exercise(Payload { to, data: Bytes::copy_from_slice(rest), ..Payload::default() });
            }
        }
    }
);
