//! Hostile payloads: whatever the bytes, an explanation comes back within its bounds and says where it is at fault.

use std::{path::Path, sync::LazyLock};

use alloy_primitives::{Address, Bytes, U256, address, hex};
use ephor_abi::bridge::RETRYABLE_TICKET_MAGIC;
use ephor_charter::Charter;
use ephor_explain::{
    Book, Explanation, Kind, Knowledge, Lexicon, Note, Payload,
    budget::{MOST_DEPTH, MOST_NODES, MOST_PAYLOAD_BYTES},
    decode::Fault,
    explain, input,
    types::Function,
    verify,
};
use proptest::prelude::*;

const TIMELOCK: Address = address!("E6841D92B0C345144506576eC13ECf5103aC7f49");

fn root(path: &str) -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(path)
}

/// What explanations start from, once.
static KNOWLEDGE: LazyLock<Knowledge> = LazyLock::new(|| {
    let charter = Charter::load(root("charters/arbitrum.toml")).expect("the charter");
    let mut lexicon = Lexicon::default();
    for text in [
        "bomb(uint256[][][][][][])",
        "nest((bytes[] a,(string b,uint8[3][] c)[] d)[2][] e)",
        "flags(bool,int8,bytes3,address)",
    ] {
        lexicon.add(Function::parse(text).expect("sound"));
    }
    Knowledge { book: Book::of(&charter), lexicon, ..Knowledge::default() }
});

fn knowledge() -> &'static Knowledge {
    &KNOWLEDGE
}

static REAL: LazyLock<Vec<Bytes>> = LazyLock::new(|| {
    let text = std::fs::read_to_string(root("data/arbitrum/governance-proposals.json")).expect("the proposals");
    input::read(&text).expect("proposals").iter().map(|subject| subject.payload().data).collect()
});

/// Explains, tells in both forms and compares with itself; returns the explanation.
fn exercise(payload: Payload, knowledge: &Knowledge) -> Explanation {
    let explanation = explain(payload, knowledge).expect("short");
    let bytes = explanation.payload.data.len();
    let mut nodes = 0;
    for node in explanation.root.walk() {
        assert!(node.data.end() <= bytes, "{:?} of {bytes}", node.data);
        assert!(!node.sentence.is_empty());
        nodes += 1;
    }
    // Operations that a proposal implies are not counted.
    assert!(nodes <= 2 * MOST_NODES + 1, "{nodes}");
    let text = explanation.to_text(&knowledge.book);
    assert!(!text.is_empty());
    assert!(explanation.to_json(&knowledge.book).is_object());
    explanation
}

fn call(data: impl Into<Bytes>) -> Payload {
    Payload { to: Some(TIMELOCK), data: data.into(), ..Payload::default() }
}

fn selector(signature: &str) -> Vec<u8> {
    Function::parse(signature).expect("sound").selector.to_vec()
}

fn words(numbers: &[U256]) -> Vec<u8> {
    numbers.iter().flat_map(U256::to_be_bytes::<32>).collect()
}

/// The fault of the root's arguments.
#[track_caller]
fn fault(signature: &str, arguments: &[U256], at: usize) -> Fault {
    let explanation = exercise(call([selector(signature), words(arguments)].concat()), knowledge());
    let [Note::Malformed { malformed, .. }] = &explanation.root.notes[..] else { panic!("{:?}", explanation.root) };
    assert_eq!((explanation.root.kind, malformed.at), (Kind::Malformed, at));
    malformed.fault.clone()
}

#[test]
fn names_the_byte_of_offsets_and_lengths_that_lead_out() {
    let n = U256::from;
    for huge in [U256::MAX, U256::MAX - n(31), U256::ONE << 255, U256::ONE << 64, n(u64::MAX), n(65)] {
        assert!(
            matches!(fault("multiSend(bytes)", &[huge, n(0)], 4), Fault::OffsetOutside { offset, .. } if offset == huge)
        );
        assert!(
            matches!(fault("multiSend(bytes)", &[n(32), huge], 36), Fault::LengthOutside { length, .. } if length == huge)
        );
    }
    assert!(matches!(fault("multiSend(bytes)", &[], 4), Fault::Truncated { wanted: 32, left: 0 }));
    assert!(matches!(fault("multiSend(bytes)", &[n(32)], 36), Fault::Truncated { wanted: 32, left: 0 }));
    assert!(
        matches!(fault("flags(bool,int8,bytes3,address)", &[n(2), n(0), n(0), n(0)], 4), Fault::DirtyWord { ty } if ty == "bool")
    );
    assert!(
        matches!(fault("flags(bool,int8,bytes3,address)", &[n(1), n(128), n(0), n(0)], 36), Fault::DirtyWord { ty } if ty == "int8")
    );
    assert!(
        matches!(fault("flags(bool,int8,bytes3,address)", &[n(1), n(127), n(1), n(0)], 68), Fault::DirtyWord { ty } if ty == "bytes3")
    );
    let dirty = U256::ONE << 160;
    assert!(
        matches!(fault("flags(bool,int8,bytes3,address)", &[n(1), U256::MAX, n(0), dirty], 100), Fault::DirtyWord { ty } if ty == "address")
    );
}

#[test]
fn stops_at_offsets_that_all_lead_to_the_same_array() {
    // Every level has a hundred elements, all of which are the next level: 10^12 values in 20 kB.
    let mut data = words(&[U256::from(32)]);
    for level in 0..6 {
        let count = 100;
        data.extend(words(&[U256::from(count)]));
        let next = if level < 5 { U256::from(32 * count) } else { U256::from(7) };
        data.extend(words(&vec![next; count]));
    }
    let data = [selector("bomb(uint256[][][][][][])"), data].concat();
    let explanation = exercise(call(data), knowledge());
    let [Note::Malformed { malformed, .. }] = &explanation.root.notes[..] else {
        panic!("{:?}", explanation.root.notes)
    };
    assert!(matches!(malformed.fault, Fault::TooMuch { of: "values", .. }));
}

#[test]
fn stops_at_batches_whose_elements_all_are_the_same_large_bytes() {
    let (count, length) = (2_000_usize, 200_000_usize);
    let mut data = words(&[U256::from(32), U256::from(count)]);
    // Each element of `aggregate` is (target, offset of the data), and all are the same.
    data.extend(words(&vec![U256::from(32 * count); count]));
    data.extend(words(&[U256::from(1), U256::from(64), U256::from(length)]));
    data.resize(data.len() + length, 0xaa);
    let explanation = exercise(call([selector("aggregate((address,bytes)[])"), data].concat()), knowledge());
    let [Note::Malformed { malformed, .. }] = &explanation.root.notes[..] else {
        panic!("{:?}", explanation.root.notes)
    };
    assert!(matches!(malformed.fault, Fault::TooMuch { of: "bytes", .. }));
}

#[test]
fn stops_at_calls_that_nest_without_end() {
    // A MultiSend in a MultiSend, and so on.
    let mut inner: Vec<u8> = Vec::new();
    for _ in 0..200 {
        let packed = [vec![0], TIMELOCK.to_vec(), words(&[U256::ZERO, U256::from(inner.len())]), inner].concat();
        inner = [selector("multiSend(bytes)"), words(&[U256::from(32), U256::from(packed.len())]), packed].concat();
    }
    let explanation = exercise(call(inner), knowledge());
    let deepest = explanation.root.leaves().next().expect("a leaf");
    assert_eq!(deepest.kind, Kind::Cut);
    assert_eq!(explanation.root.walk().count(), MOST_DEPTH + 1);
}

#[test]
fn stops_at_more_calls_than_are_looked_at() {
    let packed = [vec![0], TIMELOCK.to_vec(), words(&[U256::ZERO, U256::ZERO])].concat();
    let many = packed.repeat(MOST_NODES + 100);
    let data = [selector("multiSend(bytes)"), words(&[U256::from(32), U256::from(many.len())]), many].concat();
    let explanation = exercise(call(data), knowledge());
    assert_eq!(explanation.root.children.last().map(|last| last.kind), Some(Kind::Cut));
    // What is not looked at cannot be vouched for.
    assert!(!verify(&explain(call(Bytes::new()), knowledge()).expect("short"), &explanation).is_same());
}

#[test]
fn refuses_what_is_too_long() {
    let data = vec![0; MOST_PAYLOAD_BYTES + 1];
    assert_eq!(explain(call(data), knowledge()).map_err(|error| error.bytes), Err(MOST_PAYLOAD_BYTES + 1));
}

#[test]
fn says_which_packed_transaction_is_broken() {
    let good = [vec![0], TIMELOCK.to_vec(), words(&[U256::from(5), U256::ZERO])].concat();
    for (bad, at, fault) in [
        (vec![0; 84], 0, Fault::Truncated { wanted: 85, left: 84 }),
        ([vec![2], good[1..].to_vec()].concat(), 0, Fault::UnknownOperation { operation: 2 }),
        ([good[..53].to_vec(), words(&[U256::MAX])].concat(), 53, Fault::LengthOutside { length: U256::MAX, left: 0 }),
    ] {
        let packed = [good.clone(), bad].concat();
        let data = [selector("multiSend(bytes)"), words(&[U256::from(32), U256::from(packed.len())]), packed].concat();
        let explanation = exercise(call(data), knowledge());
        let found = explanation.root.notes.iter().find_map(|note| match note {
            Note::Malformed { malformed, .. } => Some(malformed.clone()),
            _ => None,
        });
        let found = found.expect("malformed");
        assert_eq!((found.at, found.fault), (4 + 64 + good.len() + at, fault));
        assert_eq!(explanation.root.children.len(), 1, "what comes before is still explained");
    }
}

#[test]
fn tells_an_encoding_by_hand_from_what_tools_write() {
    let knowledge = knowledge();
    // sendTxToL1 with its data one word further than usual.
    let gap = words(&[U256::from(1), U256::from(96), U256::ZERO, U256::ZERO]);
    let explanation = exercise(call([selector("sendTxToL1(address,bytes)"), gap].concat()), knowledge);
    assert!(explanation.root.notes.contains(&Note::Unusual { at: 4 + 32 + 31 }), "{:?}", explanation.root.notes);
    // Trailing bytes.
    let trailing = hex!("42966c68 0000000000000000000000000000000000000000000000000000000000000001 00");
    let explanation = exercise(call(trailing.to_vec()), knowledge);
    assert_eq!(explanation.root.notes, [Note::Unusual { at: 36 }]);
}

/// Selectors that lead somewhere, with arguments that are mostly small numbers.
fn structured() -> impl Strategy<Value = Vec<u8>> {
    let signatures = [
        "propose(address[],uint256[],bytes[],string)",
        "queue(address[],uint256[],bytes[],bytes32)",
        "scheduleBatch(address[],uint256[],bytes[],bytes32,bytes32,uint256)",
        "execute(address,uint256,bytes,bytes32,bytes32)",
        "execTransaction(address,uint256,bytes,uint8,uint256,uint256,uint256,address,address,bytes)",
        "aggregate3Value((address,bool,uint256,bytes)[])",
        "tryAggregate(bool,(address,bytes)[])",
        "multiSend(bytes)",
        "sendTxToL1(address,bytes)",
        "executeTransaction(bytes32[],uint256,address,address,uint256,uint256,uint256,uint256,bytes)",
        "createRetryableTicket(address,uint256,uint256,address,address,uint256,uint256,bytes)",
        "depositTransaction(address,uint256,uint64,bool,bytes)",
        "upgradeAndCall(address,address,bytes)",
        "perform(address[],bytes[])",
        "perform(address,address[],uint256)",
        "bomb(uint256[][][][][][])",
        "nest((bytes[],(string,uint8[3][])[])[2][])",
    ];
    let word = prop_oneof![
        6 => (0..24_u64).prop_map(|n| U256::from(n * 32)),
        3 => (0..5_u64).prop_map(U256::from),
        1 => Just(U256::MAX),
        1 => any::<[u8; 32]>().prop_map(U256::from_be_bytes),
        1 => Just(U256::from_be_bytes(RETRYABLE_TICKET_MAGIC.into_word().0)),
    ];
    let inner = prop::sample::select(signatures.to_vec());
    (inner, prop::collection::vec(word, 0..60), 0..32_usize).prop_map(|(signature, numbers, cut)| {
        let mut data = [selector(signature), words(&numbers)].concat();
        data.truncate(data.len() - cut.min(data.len()));
        data
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn explains_random_bytes(data in prop::collection::vec(any::<u8>(), 0..400)) {
        exercise(call(data), knowledge());
    }

    #[test]
    fn explains_random_arguments_of_known_functions(data in structured()) {
        exercise(call(data), knowledge());
    }

    #[test]
    fn explains_random_descriptions_of_tickets(data in prop::collection::vec(any::<u8>(), 0..300)) {
        let payload = Payload { to: Some(RETRYABLE_TICKET_MAGIC), data: data.into(), ..Payload::default() };
        exercise(payload, knowledge());
    }

    #[test]
    fn tells_real_payloads_from_any_that_was_altered(
        index in 0..42_usize,
        places in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
        cut in prop_oneof![4 => Just(0_usize), 1 => 1..200_usize],
    ) {
        let knowledge = knowledge();
        let honest = REAL[index].clone();
        let mut data = honest.to_vec();
        for (place, byte) in places {
            let at = place.index(data.len());
            data[at] = byte;
        }
        data.truncate(data.len() - cut);
        let voted = explain(call(honest.clone()), knowledge).expect("short");
        let presented = exercise(call(data.clone()), knowledge);
        let verdict = verify(&voted, &presented);
        if data == honest {
            prop_assert!(verdict.is_same());
        } else if verdict.is_same() {
            // Only the way in which the proposal itself is encoded may differ: it is not part of its id.
            let unusual = presented.root.notes.iter().any(|note| matches!(note, Note::Unusual { .. }));
            prop_assert!(unusual, "{}", Bytes::from(data));
        } else {
            prop_assert!(!verdict.differences.is_empty());
        }
    }
}
