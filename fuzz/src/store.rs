//! What a network in a database leaves on disk.

use std::fs;

use ephor_chain::Database;
use ephor_network::{Network, Shared};
use serde_json::json;

use crate::{
    kinded,
    world::{COUNTER, ONE, config, furnish, key},
};

/// The kinds of rows come first, then the notes of the network, then journals.
pub const NOTES: u8 = 10;
/// A segment of a journal.
pub const JOURNAL: u8 = NOTES + 4;
/// The rows of a record of a journal.
pub const ROWS: u8 = JOURNAL + 1;
/// How many there are.
pub const KINDS: u8 = ROWS + 1;

/// The bytes of a record before its body, in a journal.
const HEADER: usize = 20;

/// The segments of the journal of a network that mined a few transactions.
fn segments() -> Vec<Vec<u8>> {
    let folder = tempfile::tempdir().expect("a folder");
    let database = Database::open(&folder.path().join("store")).expect("a database");
    let programs: Vec<_> = ephor_programs::all().iter().copied().collect();
    let mut network = Network::open(&database, config(), programs).expect("a network");
    furnish(&mut network);
    let endpoint = Shared::new(network).endpoint(ONE).expect("the chain");
    for (to, value) in [(COUNTER, "0x0"), (key(1).address(), "0x7")] {
        let transaction = json!({ "from": key(0).address(), "to": to, "value": value });
        endpoint.call("eth_sendTransaction", &[transaction]).expect("a transaction");
    }
    let mut segments = Vec::new();
    for entry in fs::read_dir(folder.path()).expect("the folder") {
        let path = entry.expect("a file").path();
        if path.to_string_lossy().contains(".journal-") {
            segments.push(fs::read(path).expect("a segment"));
        }
    }
    segments
}

/// A number and what is behind it.
fn number(bytes: &[u8]) -> Option<(usize, &[u8])> {
    let (number, rest) = bytes.split_first_chunk()?;
    Some((usize::try_from(u32::from_le_bytes(*number)).ok()?, rest))
}

/// The bodies of the records of a segment.
fn bodies(mut segment: &[u8]) -> Vec<&[u8]> {
    let mut bodies = Vec::new();
    while let Some((body, rest)) =
        number(segment).and_then(|(length, _)| segment.get(HEADER..)?.split_at_checked(length))
    {
        bodies.push(body);
        segment = rest;
    }
    bodies
}

/// The values in a body.
fn values(mut body: &[u8]) -> Vec<&[u8]> {
    let mut values = Vec::new();
    while let Some((value, rest)) = body.get(1..).and_then(|rest| {
        let (length, rest) = number(rest)?;
        let (length, rest) = number(rest.get(length..)?)?;
        if length == u32::MAX as usize { Some((&[][..], rest)) } else { rest.split_at_checked(length) }
    }) {
        values.push(value);
        body = rest;
    }
    values
}

/// Records of every kind, as they are on disk.
pub fn seeds() -> Vec<Vec<u8>> {
    let mut seeds = Vec::new();
    for segment in segments() {
        for body in bodies(&segment) {
            let values = values(body).into_iter().filter(|value| (1..4_096).contains(&value.len()));
            let known = |kind: u8, value: &[u8]| match kind {
                0..NOTES => ephor_chain::fuzzing::record(kind, value),
                _ => ephor_network::fuzzing::note(kind - NOTES, value),
            };
            for value in values {
                seeds.extend((0..JOURNAL).filter(|kind| known(*kind, value)).map(|kind| kinded(kind, value)));
            }
            if body.len() < 4_096 {
                seeds.push(kinded(ROWS, body));
            }
        }
        if segment.len() < 16_384 {
            seeds.push(kinded(JOURNAL, segment));
        }
    }
    seeds
}
