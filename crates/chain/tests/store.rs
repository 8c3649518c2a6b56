//! Chains in files.

mod common;

use std::path::Path;

use alloy_primitives::U256;
use common::*;
use ephor_chain::{Chain, ChainConfig, ChainError, StoreError};
use redb::{ReadableDatabase, TableDefinition};

fn config() -> ChainConfig {
    ChainConfig::ethereum(CHAIN_ID)
}

fn open(path: &Path) -> Result<Chain, ChainError> {
    Chain::open_file(path, config(), &genesis(), programs())
}

#[track_caller]
fn refused(path: &Path, config: ChainConfig) -> StoreError {
    match Chain::open_file(path, config, &genesis(), programs()) {
        Err(ChainError::Store(error)) => error,
        Err(other) => panic!("not an error of the store: {other}"),
        Ok(_) => panic!("opened"),
    }
}

#[test]
fn a_reopened_chain_is_the_same_chain() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("chain.redb");
    let mut chain = open(&path).unwrap();
    for nonce in 0..3 {
        chain.submit(sign(0, plain(nonce))).unwrap();
        chain.submit(sign(1, with_access_list(nonce))).unwrap();
        mine(&mut chain);
    }
    chain.write_notes([("clock".into(), Some("noon".into()))]).unwrap();
    let snapshot = chain.snapshot();
    chain.submit(sign(0, plain(3))).unwrap();
    chain.set_balance(COUNTER, ETHER).unwrap();
    mine(&mut chain);
    chain.revert(snapshot).unwrap();
    let blocks: Vec<_> = (1_000..=chain.head()).map(|number| chain.block(number).unwrap()).collect();
    let receipts = format!("{:?}", chain.receipts(1_002));
    let logs = chain.logs(&Default::default());
    drop(chain);

    let mut chain = open(&path).unwrap();
    assert_eq!((count(&chain), chain.balance(COUNTER)), (6, U256::ZERO));
    assert_eq!((1_000..=chain.head()).map(|number| chain.block(number).unwrap()).collect::<Vec<_>>(), blocks);
    assert_eq!(format!("{:?}", chain.receipts(1_002)), receipts);
    assert_eq!(chain.logs(&Default::default()), logs);
    assert_eq!(chain.note(b"clock").unwrap().as_ref(), b"noon");
    assert_eq!(chain.next_nonce(signer(0).address()), 3);
    chain.submit(sign(0, plain(3))).unwrap();
    assert_eq!(mine(&mut chain).number, 1_004);
    assert_eq!(count(&chain), 7);
}

#[test]
fn a_file_in_use_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("chain.redb");
    let _first = open(&path).unwrap();
    let error = refused(&path, config());
    assert!(matches!(error, StoreError::Locked { .. }), "{error}");
    assert!(error.to_string().contains("in use by another process"));
}

#[test]
fn a_file_of_another_chain_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("chain.redb");
    drop(open(&path).unwrap());
    for other in [ChainConfig::arbitrum(CHAIN_ID), ChainConfig { base_fee: 1, ..config() }] {
        let error = refused(&path, other);
        assert!(matches!(error, StoreError::OtherChain { .. }), "{error}");
    }
    open(&path).unwrap();
}

#[test]
fn a_file_of_a_newer_version_is_refused_and_left_alone() {
    const META: TableDefinition<&str, &[u8]> = TableDefinition::new("meta");
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("chain.redb");
    drop(open(&path).unwrap());
    let database = redb::Database::open(&path).unwrap();
    let write = database.begin_write().unwrap();
    write.open_table(META).unwrap().insert("schema", &99_u32.to_be_bytes()[..]).unwrap();
    write.commit().unwrap();
    drop(database);
    let error = refused(&path, config());
    assert!(matches!(error, StoreError::Newer { found: 99, known: 2, .. }), "{error}");
    let database = redb::Database::open(&path).unwrap();
    let read = database.begin_read().unwrap();
    assert_eq!(read.open_table(META).unwrap().get("schema").unwrap().unwrap().value(), 99_u32.to_be_bytes());
}

#[test]
fn what_is_no_store_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let text = folder.path().join("notes.txt");
    std::fs::write(
        &text,
        "a shopping list, long enough to be taken for a header of something else entirely\n".repeat(99),
    )
    .unwrap();
    let error = refused(&text, config());
    assert!(matches!(error, StoreError::Unreadable { .. }), "{error}");
    let error = refused(folder.path(), config());
    assert!(matches!(error, StoreError::Io { .. }), "{error}");
    let error = refused(&folder.path().join("missing/chain.redb"), config());
    assert!(matches!(error, StoreError::Io { .. }), "{error}");
}

#[test]
fn a_file_and_memory_agree() {
    let folder = tempfile::tempdir().unwrap();
    let mut chains = [open(&folder.path().join("chain.redb")).unwrap(), ethereum()];
    let heads = chains.each_mut().map(|chain| {
        for nonce in 0..4 {
            chain.submit(sign(2, plain(nonce))).unwrap();
            mine(chain);
        }
        chain.latest()
    });
    assert_eq!(heads[0], heads[1]);
}
