//! Chains in files.

mod common;

use std::path::Path;

use alloy_primitives::U256;
use common::*;
use ephor_chain::{Chain, ChainConfig, ChainError, Code, Database, StoreError};
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

#[test]
fn what_only_a_forgotten_snapshot_needs_is_forgotten() {
    let folder = tempfile::tempdir().unwrap();
    let mut chain = open(&folder.path().join("chain.redb")).unwrap();
    let count_once = |chain: &mut Chain, nonce| {
        chain.submit(sign(0, plain(nonce))).unwrap();
        mine(chain);
        chain.snapshot_bytes()
    };
    assert_eq!(count_once(&mut chain, 0), 0, "without a snapshot nothing is remembered");
    let first = chain.snapshot();
    let one = count_once(&mut chain, 1);
    let second = chain.snapshot();
    let both = count_once(&mut chain, 2);
    assert!(0 < one && one < both, "{one} {both}");
    chain.forget_snapshot(first);
    assert_eq!(chain.snapshot_bytes(), both - one);
    assert!(matches!(chain.revert(first), Err(ChainError::UnknownSnapshot(id)) if id == first));
    count_once(&mut chain, 3);
    chain.revert(second).unwrap();
    assert_eq!((count(&chain), chain.snapshot_bytes()), (2, 0));
    assert!(count_once(&mut chain, 2) == 0);
}

#[test]
fn memory_stays_bounded_however_much_is_written_and_read() {
    let folder = tempfile::tempdir().unwrap();
    let database = Database::open(&folder.path().join("chain.redb")).unwrap();
    let mut chain = Chain::open(&database, config(), &genesis(), programs()).unwrap();
    const SLOTS: u64 = 20_000;
    let mut most_rows = 0;
    for round in 0..12_u64 {
        let slots = (0..SLOTS).map(|slot| (U256::from(round * SLOTS + slot), U256::from(slot + 1)));
        chain.install(COUNTER, &Code::Program(1), slots).unwrap();
        mine(&mut chain);
        chain.commit().wait().unwrap();
        most_rows = most_rows.max(database.waiting_rows());
    }
    for slot in 0..12 * SLOTS {
        assert_eq!(chain.slot(COUNTER, U256::from(slot)), U256::from(slot % SLOTS + 1));
    }
    chain.commit().wait().unwrap();
    assert!(chain.cached_entries() <= 220_000, "{} entries", chain.cached_entries());
    assert!(chain.cached_entries() < usize::try_from(12 * SLOTS).unwrap());
    // Twice as many rows were written as there are slots: each with what was before.
    assert!(most_rows < usize::try_from(24 * SLOTS).unwrap(), "{most_rows} rows");
    database.settle().unwrap();
    assert_eq!(database.waiting_rows(), 0);
    assert_eq!(chain.slot(COUNTER, U256::from(7)), U256::from(8));
}

#[test]
fn several_chains_share_a_file_and_its_groups() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("chains.redb");
    let both = |database: &Database| {
        [CHAIN_ID, 7].map(|id| Chain::open(database, ChainConfig::ethereum(id), &genesis(), programs()).unwrap())
    };
    let database = Database::open(&path).unwrap();
    let mut chains = both(&database);
    chains[0].commit().wait().unwrap();
    let before = database.written().0;
    for (chain, wei) in chains.iter_mut().zip([3, 4]) {
        chain.set_balance(COUNTER, U256::from(wei)).unwrap();
        mine(chain);
        chain.stage().unwrap();
    }
    database.write_notes([("clock".into(), Some("noon".into()))]).unwrap();
    database.pending().wait().unwrap();
    assert_eq!(database.written().0, before + 1);
    drop((chains, database));

    let database = Database::open(&path).unwrap();
    let chains = both(&database);
    assert_eq!(chains.each_ref().map(|chain| chain.balance(COUNTER)), [U256::from(3), U256::from(4)]);
    assert_eq!(chains.each_ref().map(Chain::head), [1_001, 1_001]);
    assert_eq!(database.note(b"clock").unwrap().as_ref(), b"noon");
}

#[test]
fn empty_blocks_are_found_by_hash_once_they_were_shown() {
    let folder = tempfile::tempdir().unwrap();
    let mut chain = open(&folder.path().join("chain.redb")).unwrap();
    chain.advance(ephor_chain::BlockTime { timestamp: START.timestamp + 1_200, l1_block: 0 }).unwrap();
    let shown = chain.block(1_050).unwrap();
    assert_eq!(chain.block_by_hash(shown.hash).unwrap(), shown);
    let snapshot = chain.snapshot();
    mine(&mut chain);
    chain.advance(ephor_chain::BlockTime { timestamp: START.timestamp + 2_400, l1_block: 0 }).unwrap();
    let later = chain.latest();
    chain.revert(snapshot).unwrap();
    assert!(chain.block_by_hash(later.hash).is_none());
    assert_eq!(chain.block(1_050).unwrap(), shown);
}

#[test]
fn what_was_killed_while_being_made_is_made_anew() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("chain.redb");
    std::fs::write(folder.path().join("chain.redb.new"), [0; 5_000]).unwrap();
    drop(open(&path).unwrap());
    let left: Vec<_> = std::fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(left, ["chain.redb"]);
}

#[test]
fn a_damaged_row_is_an_error_and_nothing_else() {
    const BLOCKS: TableDefinition<&[u8], &[u8]> = TableDefinition::new("transactions");
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("chain.redb");
    let mut chain = open(&path).unwrap();
    chain.submit(sign(0, plain(0))).unwrap();
    let hash = mine(&mut chain).results[0].hash;
    drop(chain);
    let database = redb::Database::open(&path).unwrap();
    let write = database.begin_write().unwrap();
    {
        let mut table = write.open_table(BLOCKS).unwrap();
        let key = redb::ReadableTable::iter(&table).unwrap().next().unwrap().unwrap().0.value().to_vec();
        table.insert(&key[..], &b"rubbish"[..]).unwrap();
    }
    write.commit().unwrap();
    drop(database);
    let mut chain = open(&path).unwrap();
    chain.commit().wait().unwrap();
    assert!(chain.receipt(hash).is_none());
    let error = chain.commit().wait().unwrap_err();
    assert!(matches!(error, StoreError::Unreadable { .. }), "{error}");
    assert!(error.to_string().contains("transactions"), "{error}");
    // The answer that rested on it failed; others do not.
    assert_eq!(count(&chain), 1);
    chain.commit().wait().unwrap();
}
