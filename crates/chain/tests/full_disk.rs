//! A disk that takes no more.
//!
//! This test runs itself: the child may write files up to a certain size only, and writes until it cannot. What it was told is durable must be
//! readable then, in the same process and later, and nothing more may be written.

#![cfg(unix)]

mod common;

use std::{path::Path, process::Command};

use alloy_primitives::{Address, U256};
use common::*;
use ephor_chain::{Chain, ChainConfig, ChainError, Code, Database, Message, StoreError};

const CHILD: &str = "EPHOR_TEST_FULL";
const CALLER: Address = Address::repeat_byte(0xCA);
const BULK: Address = Address::repeat_byte(0xB0);
/// Slots that each block fills beside its transaction.
const SLOTS: u64 = 1_500;

fn open(path: &Path) -> Chain {
    Chain::open(&Database::open(path).unwrap(), ChainConfig::arbitrum(CHAIN_ID), &genesis(), programs()).unwrap()
}

fn step(chain: &mut Chain) -> Result<u64, ChainError> {
    let first = chain.head() * SLOTS;
    let slots = (first..first + SLOTS).map(|slot| (U256::from(slot) << 64, U256::MAX - U256::from(slot)));
    chain.install(BULK, &Code::Evm(vec![0].into()), slots)?;
    chain.impersonate(Message::call(CALLER, COUNTER, [])).unwrap();
    Ok(chain.mine(chain.now())?.number)
}

/// Every block up to `head` is there, with what it did.
#[track_caller]
fn check(chain: &Chain, head: u64) {
    assert!(chain.head() >= head, "{head} was acknowledged, the last is {}", chain.head());
    let blocks = chain.head() - 1_000;
    assert_eq!((count(chain), chain.nonce(CALLER)), (blocks, blocks));
    for number in 1_001..=chain.head() {
        assert_eq!(chain.receipts(number).len(), 1, "block {number}");
        let slot = (number - 1) * SLOTS;
        assert_eq!(chain.slot(BULK, U256::from(slot) << 64), U256::MAX - U256::from(slot), "block {number}");
        assert_eq!(chain.at(number).unwrap().slot(COUNTER, U256::ZERO), U256::from(number - 1_000));
    }
}

fn child(path: &Path) {
    let mut chain = open(path);
    let mut acknowledged = chain.head();
    let error = loop {
        match step(&mut chain) {
            Ok(number) => match chain.commit().wait() {
                Ok(()) => acknowledged = number,
                Err(error) => break error,
            },
            Err(ChainError::Store(error)) => break error,
            Err(other) => panic!("{other}"),
        }
    };
    assert!(matches!(error, StoreError::Refused { .. }), "{error}");
    assert!(error.to_string().contains("takes no more writes"), "{error}");
    // The step that was not acknowledged goes, with an answer that fails; what was acknowledged can be read on.
    assert!(chain.commit().wait().is_err());
    check(&chain, acknowledged);
    assert_eq!(chain.head(), acknowledged);
    chain.commit().wait().unwrap();
    let refused = step(&mut chain).unwrap_err();
    assert!(matches!(refused, ChainError::Store(StoreError::Refused { .. })), "{refused}");
    check(&chain, acknowledged);
    chain.commit().wait().unwrap();
    println!("{acknowledged}");
}

/// Lets files grow to so many kilobytes.
fn full_at(kilobytes: u64) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("chain.redb");
    drop(open(&path));
    // Blocks are of 512 bytes; without the signal, a write that is too long is an error.
    let script = format!("trap '' XFSZ; ulimit -f {}; exec \"$0\"", kilobytes * 2);
    let shell =
        Command::new("sh").args(["-c", &script]).arg(std::env::current_exe().unwrap()).env(CHILD, &path).output();
    let output = shell.unwrap();
    let (said, complaint) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "at {kilobytes} KB: {complaint}");
    let acknowledged: u64 = said.trim().parse().unwrap();
    assert!(acknowledged > 1_005, "at {kilobytes} KB, only {acknowledged} blocks");
    let mut chain = open(&path);
    check(&chain, acknowledged);
    // With room again, it goes on.
    step(&mut chain).unwrap();
    chain.commit().wait().unwrap();
    check(&chain, acknowledged + 1);
}

fn main() {
    if let Some(path) = std::env::var_os(CHILD) {
        return child(Path::new(&path));
    }
    // The journal is the first to be too long; then the tables are, when rows are carried over.
    for kilobytes in [6_000, 36_000] {
        full_at(kilobytes);
    }
    println!("test what_was_acknowledged_survives_a_full_disk ... ok");
}
