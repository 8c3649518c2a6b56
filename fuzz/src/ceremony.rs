//! The files of a ceremony, read as its commands read them.

use std::{collections::BTreeMap, str, sync::LazyLock};

use alloy_primitives::{Address, B256, Bytes, U256};
use alloy_signer::SignerSync;
use ephor_ceremony::{
    Batch, Bundle, Call, Ceremony, Collection, Consent, Known, Operation, Release, SafeNode, Signature, SignatureFile,
    World,
    bundle::Author,
    chunks,
    drill::{Deed, Drill, Participant, Place, Witnessed},
    expectation, formats,
    outline::outline,
    recipe,
    signature::{MAX_SIGNERS, signers},
    task::TaskFile,
    typed_data,
};
use serde::Serialize;

use crate::{kinded, root, world::key};

/// What the rest of an input is, by its first byte.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Kind {
    Bundle,
    Ceremony,
    Tasks,
    Signatures,
    Chunks,
    Builder,
    Superchain,
    Recipe,
    TypedData,
    Validation,
    Drill,
    Calldata,
}

const KINDS: [Kind; 12] = [
    Kind::Bundle,
    Kind::Ceremony,
    Kind::Tasks,
    Kind::Signatures,
    Kind::Chunks,
    Kind::Builder,
    Kind::Superchain,
    Kind::Recipe,
    Kind::TypedData,
    Kind::Validation,
    Kind::Drill,
    Kind::Calldata,
];

/// The kind that a byte stands for.
pub fn kind(byte: u8) -> Kind {
    KINDS[usize::from(byte) % KINDS.len()]
}

fn address(n: u64) -> Address {
    Address::from_word(B256::from(U256::from(0xA0_0000 + n)))
}

fn safe(n: u64, owners: Vec<Address>) -> SafeNode {
    let threshold = owners.len() as u64;
    SafeNode { owners, threshold, ..SafeNode::new(address(n), Release::V1_3_0, U256::from(20 + n)) }
}

fn call(to: u64) -> Call {
    let data = Bytes::from_static(&[1, 2, 3, 4]);
    Call { to: address(to), value: U256::ZERO, data, operation: Operation::Call, allow_failure: false }
}

/// A root owned by two Safes with two people each.
pub static CEREMONY: LazyLock<Ceremony> = LazyLock::new(|| {
    let people = |from| vec![key(from).address(), key(from + 1).address()];
    let children = vec![safe(1, people(0)), safe(2, people(2))];
    let mut root = safe(0, children.iter().map(|child| child.address).collect());
    root.children = children;
    Ceremony {
        title: "Upgrade".to_owned(),
        chain_id: 1,
        root,
        action: recipe::action(&[call(7), call(8)], Some(Batch::Aggregate3Value)).expect("a batch"),
        names: BTreeMap::from([(address(7), "the seventh".to_owned())]),
        former_owners: BTreeMap::new(),
        world: Some(World::default()),
    }
});

fn signatures() -> SignatureFile {
    let steps = CEREMONY.steps();
    let sign = |(safe, signer): (u64, u64)| {
        let hash = steps.iter().find(|step| step.safe.address == address(safe)).expect("a Safe").hashes.safe_tx;
        let consent = Consent::of_hash(&key(signer).sign_hash_sync(&hash).expect("a signature"));
        Signature { chain_id: 1, safe: address(safe), safe_tx_hash: hash, owner: key(signer).address(), consent }
    };
    let mut signatures: Vec<Signature> = [(1, 0), (1, 1), (2, 2)].map(sign).into();
    let of = |consent| Signature { consent, ..signatures[0].clone() };
    let others = [of(Consent::Approved), of(Consent::Contract { data: Bytes::from_static(b"data") })];
    signatures.extend(others);
    SignatureFile { signatures }
}

/// Reads a file, and goes on with what it holds as far as a command does.
pub fn read(kind: Kind, bytes: &[u8]) {
    let text = || str::from_utf8(bytes).ok();
    match kind {
        Kind::Bundle => {
            let Ok(bundle) = Bundle::parse(bytes) else { return };
            assert_eq!(&Bundle::parse(bundle.to_single().as_bytes()).expect("a bundle").files(), &bundle.files());
            if let Ok(verified) = bundle.verify() {
                assert!(verified.ceremony.check().is_ok());
            }
        }
        Kind::Ceremony => {
            let Ok(ceremony) = serde_json::from_slice::<Ceremony>(bytes) else { return };
            hold(&ceremony);
        }
        Kind::Tasks => {
            let Ok(file) = TaskFile::parse(bytes) else { return };
            file.tasks.iter().for_each(|task| drop(task.verify()));
        }
        Kind::Signatures => {
            let Ok(file) = SignatureFile::parse(bytes) else { return };
            let (steps, mut collection) = (CEREMONY.steps(), Collection::default());
            for signature in file.signatures {
                drop(collection.accept(1, &steps, &Known::default(), signature));
            }
            let kept = collection.to_file();
            assert_eq!(SignatureFile::parse(kept.write().as_bytes()).expect("signatures"), kept);
            assert!(collection.status(&steps).iter().all(|level| !level.ready || level.threshold > 0));
        }
        Kind::Chunks => {
            let Some(text) = text() else { return };
            let Ok(file) = chunks::join(text.lines()) else { return };
            let pieces = chunks::split(&file).expect("not too large");
            assert_eq!(chunks::join(pieces.iter().map(String::as_str)), Ok(file));
        }
        Kind::Builder => {
            let Ok(batch) = formats::read_builder(bytes) else { return };
            drop(recipe::action(&batch.calls, None));
        }
        Kind::Superchain => {
            let Some((config, validation)) = text().and_then(|text| text.split_once('\0')) else { return };
            drop(formats::read_superchain(config, validation));
        }
        Kind::Recipe => {
            let Some(Ok(ceremony)) = text().map(|text| recipe::read(text, &BTreeMap::new())) else { return };
            hold(&ceremony);
        }
        Kind::TypedData => {
            let Ok((account, action, nonce)) = typed_data::read(bytes, 1) else { return };
            let again = typed_data::write(&account, &action, nonce).to_string();
            let (_, same, _) = typed_data::read(again.as_bytes(), 1).expect("typed data");
            assert_eq!(same, action);
        }
        Kind::Validation => {
            let Some(text) = text() else { return };
            drop(expectation::compare(&CEREMONY, &expectation::read_validation(text)));
        }
        Kind::Drill => {
            let Ok(drill) = Drill::parse(bytes) else { return };
            drop(drill.report().map(|report| report.markdown()));
        }
        Kind::Calldata => {
            let mut ceremony = CEREMONY.clone();
            ceremony.action.data = Bytes::copy_from_slice(bytes);
            if let Some((kind, calls)) = Batch::decode(bytes) {
                drop(recipe::action(&calls, Some(kind)));
            }
            assert!(!outline(&ceremony, &ceremony.action).is_empty());
            assert!(signers(B256::repeat_byte(1), bytes).len() <= MAX_SIGNERS);
        }
    }
}

fn hold(ceremony: &Ceremony) {
    if ceremony.check().is_ok()
        && let Ok(bundle) = Bundle::of(ceremony)
    {
        let verified = bundle.verify().expect("what was made");
        assert_eq!(verified.findings, []);
        drop(expectation::between(ceremony, &CEREMONY));
    }
}

/// The files of one ceremony, and of real tasks. All of them are read without a fault.
pub fn seeds() -> Vec<Vec<u8>> {
    let ceremony = &*CEREMONY;
    recipe::read(RECIPE, &BTreeMap::new()).expect("a recipe").check().expect("a ceremony");
    let mut bundle = Bundle::of(ceremony).expect("a bundle");
    assert_eq!(bundle.verify().expect("what was made").findings, []);
    let mut seeds = vec![
        kinded(Kind::Ceremony as u8, json(ceremony)),
        kinded(Kind::Bundle as u8, bundle.to_single()),
        kinded(Kind::Signatures as u8, signatures().write()),
        kinded(Kind::Builder as u8, json(&formats::write_builder(ceremony, 0).expect("a list of calls"))),
        kinded(Kind::Chunks as u8, chunks::split(&[7; 700]).expect("small").join("\n")),
        kinded(Kind::Recipe as u8, RECIPE),
        kinded(Kind::Calldata as u8, &ceremony.action.data),
    ];
    let signature = key(0).sign_hash_sync(&B256::repeat_byte(1)).expect("a signature").as_bytes().to_vec().into();
    bundle.vouch(Author { address: key(0).address(), signature }).expect("a manifest");
    seeds.push(kinded(Kind::Bundle as u8, bundle.to_single()));
    let (config, validation) =
        (formats::write_superchain_config(ceremony), formats::write_superchain_validation(ceremony));
    formats::read_superchain(&config, &validation).expect("a task");
    let superchain = [&config, "\0", &validation].concat();
    seeds.extend([kinded(Kind::Superchain as u8, superchain), kinded(Kind::Validation as u8, validation)]);
    for step in ceremony.steps() {
        let document = typed_data::write(&step.safe.account(1), &step.action, step.safe.nonce);
        typed_data::read(document.to_string().as_bytes(), 1).expect("typed data");
        seeds.push(kinded(Kind::TypedData as u8, document.to_string()));
    }
    let participants = (0..4).map(|n| Participant { name: format!("person {n}"), address: key(n).address() }).collect();
    let (entries, witnessed) = (Vec::new(), Vec::new());
    let mut drill =
        Drill { chain_id: 1_337, participants, threshold: 3, started_seconds: 1_000, entries, place: None, witnessed };
    let exercises = drill.exercises().expect("exercises");
    seeds.push(kinded(Kind::Drill as u8, json(&drill)));
    // The same on a served network, where the first transaction was executed.
    let at = Address::repeat_byte;
    drill.place = Some(Place { council: at(1), halves: [at(2), at(3)], upgrade: at(4), proxy: at(5), from_block: 6 });
    let safe_tx_hash = exercises[0].steps()[0].hashes.safe_tx;
    drill.witnessed.push(Witnessed {
        exercise: 1,
        at_seconds: 1_060,
        block: 7,
        transaction: B256::repeat_byte(7),
        sender: key(0).address(),
        safe: at(1),
        deed: Deed::Executed { safe_tx_hash, agreed: vec![key(1).address()] },
    });
    drill.report().expect("a report");
    seeds.push(kinded(Kind::Drill as u8, json(&drill)));
    let text = std::fs::read(root("data/optimism/signing-tasks.json")).expect("the tasks");
    let file: serde_json::Value = serde_json::from_slice(&text).expect("JSON");
    let tasks = file["tasks"].as_array().expect("tasks");
    let mut by_length: Vec<String> = tasks.iter().map(ToString::to_string).collect();
    by_length.sort_by_key(String::len);
    for task in by_length.iter().take(8) {
        let file = format!(r#"{{"tasks":[{task}]}}"#);
        let read = TaskFile::parse(file.as_bytes()).expect("a task");
        read.tasks.iter().for_each(|task| drop(task.verify().expect("hashes")));
        seeds.push(kinded(Kind::Tasks as u8, file));
    }
    seeds
}

fn json(value: &impl Serialize) -> Vec<u8> {
    serde_json::to_vec(value).expect("JSON")
}

const RECIPE: &str = r#"
title = "Pay"
chain_id = 1

[safe]
address = "0x0000000000000000000000000000000000A00000"
nonce = 3

[names]
token = "0x0000000000000000000000000000000000A00007"

[[calls]]
to = "token"
function = "transfer(address,uint256)"
arguments = ["0x0000000000000000000000000000000000A00008", "12"]

[[calls]]
to = "0x0000000000000000000000000000000000A00009"
value = 7
data = "0x01020304"
"#;
