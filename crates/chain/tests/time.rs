//! Time, blocks in between, snapshots.

mod common;

use alloy_primitives::{Address, B256, U256};
use common::*;
use ephor_chain::{BlockTime, ChainError, Code, Message};

/// PUSH0 CALLDATALOAD BLOCKHASH PUSH0 MSTORE PUSH1 32 PUSH0 RETURN
const BLOCKHASH: [u8; 9] = [0x5F, 0x35, 0x40, 0x5F, 0x52, 0x60, 0x20, 0x5F, 0xF3];
const ORACLE: Address = Address::repeat_byte(0x0B);
const HALF_A_YEAR_SECONDS: u64 = 182 * 86_400;

fn later(by_seconds: u64) -> BlockTime {
    BlockTime { timestamp: START.timestamp + by_seconds, l1_block: START.l1_block + by_seconds / 12 }
}

#[test]
fn empty_slots_exist_and_link_up() {
    let mut chain = ethereum();
    chain.submit(sign(0, plain(0))).unwrap();
    chain.mine(later(60)).unwrap();
    chain.advance(later(HALF_A_YEAR_SECONDS)).unwrap();
    assert_eq!(chain.head(), 1_000 + HALF_A_YEAR_SECONDS / 12);
    chain.submit(sign(0, plain(1))).unwrap();
    let mined = mine(&mut chain);
    assert_eq!(mined.number, 1_001 + HALF_A_YEAR_SECONDS / 12);
    for number in (1_001..1_020).chain(mined.number - 20..=mined.number) {
        let (parent, block) = (chain.block(number - 1).unwrap(), chain.block(number).unwrap());
        assert_eq!(block.header.parent_hash, parent.hash, "block {number}");
        assert_eq!((block.header.number, block.header.timestamp), (number, START.timestamp + 12 * (number - 1_000)));
        assert_eq!(chain.block_hash(number), Some(block.hash));
    }
    assert_eq!(chain.block(mined.number + 1), None);
    assert_eq!(chain.block(999), None);
    assert_eq!(chain.block_by_hash(mined.hash).unwrap().header.number, mined.number);
}

#[test]
fn another_past_has_other_empty_blocks() {
    let [mut one, mut other] = [ethereum(), ethereum()];
    other.submit(sign(0, plain(0))).unwrap();
    for chain in [&mut one, &mut other] {
        chain.mine(later(12)).unwrap();
        chain.advance(later(120)).unwrap();
    }
    assert_eq!(one.block(1_000), other.block(1_000));
    assert_ne!(one.block(1_005).unwrap().hash, other.block(1_005).unwrap().hash);
}

#[test]
fn blockhash_sees_stored_and_empty_blocks() {
    let mut chain = ethereum();
    chain.install(ORACLE, &Code::Evm(BLOCKHASH.into()), []).unwrap();
    chain.mine(later(36)).unwrap();
    chain.advance(later(3_600)).unwrap();
    let head = chain.head();
    let mut ask = |number: u64| {
        let outcome = chain.view(Message::call(ORACLE, ORACLE, U256::from(number).to_be_bytes_vec())).unwrap();
        B256::from_slice(&outcome.output)
    };
    let answers = [head - 1, head - 100, head - 256, head - 257, head].map(&mut ask);
    let hash = |number| chain.block_hash(number).unwrap();
    assert_eq!(answers, [hash(head - 1), hash(head - 100), hash(head - 256), B256::ZERO, B256::ZERO]);
}

#[test]
fn arbitrum_numbers_its_blocks_and_shows_contracts_ethereums() {
    let mut chain = arbitrum();
    chain.submit(sign(0, plain(0))).unwrap();
    let mined = chain.mine(later(86_400)).unwrap();
    assert_eq!(mined.number, 1_001);
    assert_eq!(chain.slot(COUNTER, U256::ONE), U256::from(later(86_400).l1_block));
    chain.advance(later(HALF_A_YEAR_SECONDS)).unwrap();
    assert_eq!(chain.head(), 1_001);
    assert_eq!(chain.env().number, later(HALF_A_YEAR_SECONDS).l1_block);
    let second = chain.mine(later(HALF_A_YEAR_SECONDS)).unwrap();
    let block = chain.block(second.number).unwrap();
    assert_eq!((second.number, block.header.parent_hash), (1_002, mined.hash));
    assert_eq!(block.l1_block, later(HALF_A_YEAR_SECONDS).l1_block);
}

#[test]
fn time_runs_forward_only() {
    let mut chain = ethereum();
    chain.mine(later(12)).unwrap();
    assert!(matches!(chain.mine(later(12)), Err(ChainError::SlotTaken { number: 1_001, head: 1_001 })));
    assert!(matches!(chain.mine(later(0)), Err(ChainError::Past { .. })));
    chain.advance(later(120)).unwrap();
    assert!(matches!(chain.mine(later(120)), Err(ChainError::SlotTaken { number: 1_010, head: 1_010 })));
    assert!(matches!(chain.advance(later(60)), Err(ChainError::Past { .. })));

    let mut chain = arbitrum();
    chain.mine(later(12)).unwrap();
    chain.mine(later(12)).unwrap();
    let early = BlockTime { l1_block: START.l1_block, ..later(24) };
    assert!(matches!(chain.mine(early), Err(ChainError::Past { .. })));
    assert!(matches!(chain.advance(early), Err(ChainError::Past { .. })));
}

#[test]
fn a_revert_brings_everything_back() {
    let mut chain = ethereum();
    chain.submit(sign(0, plain(0))).unwrap();
    mine(&mut chain);
    chain.write_notes([("k".into(), Some("old".into()))]).unwrap();
    chain.submit(sign(1, plain(0))).unwrap();
    let (head, latest, now) = (chain.head(), chain.latest(), chain.now());

    let outer = chain.snapshot();
    let hash = *chain.submit(sign(0, plain(1))).as_ref().unwrap();
    mine(&mut chain);
    let inner = chain.snapshot();
    chain.write_notes([("k".into(), Some("new".into())), ("l".into(), Some("x".into()))]).unwrap();
    chain.set_balance(COUNTER, ETHER).unwrap();
    chain.impersonate(Message::call(COUNTER, Address::repeat_byte(9), []).with_value(ETHER)).unwrap();
    mine(&mut chain);
    chain.advance(later(86_400)).unwrap();

    chain.revert(inner).unwrap();
    assert_eq!((count(&chain), chain.balance(Address::repeat_byte(9))), (3, U256::ZERO));
    assert!(chain.receipt(hash).is_some());
    chain.revert(outer).unwrap();
    assert_eq!((count(&chain), chain.head(), chain.now()), (1, head, now));
    assert_eq!(chain.latest(), latest);
    assert_eq!((chain.note(b"k").unwrap().as_ref(), chain.note(b"l")), (&b"old"[..], None));
    assert_eq!((chain.pending().len(), chain.next_nonce(signer(1).address())), (1, 1));
    assert!(chain.receipt(hash).is_none());
    assert!(matches!(chain.revert(outer), Err(ChainError::UnknownSnapshot(_))));
    // Life goes on.
    assert_eq!(mine(&mut chain).results.len(), 1);
    assert_eq!(count(&chain), 2);
}

#[test]
fn notes_are_found_by_prefix() {
    let mut chain = ethereum();
    let note = |key: &'static str| (key.into(), Some(key.into()));
    chain.write_notes([note("a/1"), note("b/1"), note("b/2"), note("c/1")]).unwrap();
    chain.write_notes([("b/1".into(), None)]).unwrap();
    assert_eq!(chain.notes(b"b/").iter().map(|(key, _)| key.to_vec()).collect::<Vec<_>>(), [b"b/2"]);
}
