//! State roots in headers, and proofs against them.

mod common;

use alloy_primitives::{Address, B256, Bytes, U256, address, keccak256};
use alloy_trie::{
    EMPTY_ROOT_HASH, Nibbles, TrieAccount,
    proof::verify_proof,
    root::{state_root_unhashed, storage_root_unhashed},
};
use common::*;
use ephor_chain::{BlockTime, Chain, ChainConfig, ChainError, Code, Message, ProofError, StoreError};

const NOBODY: Address = address!("00000000000000000000000000000000000000ee");
const WALLET: Address = address!("0000000000000000000000000000000000002000");
/// Stores the second word of its calldata under the first.
const STORE: &[u8] = &[0x60, 0x20, 0x35, 0x5f, 0x35, 0x55];

fn ethereum_rooted() -> ChainConfig {
    ChainConfig { state_roots: true, ..ChainConfig::ethereum(CHAIN_ID) }
}

fn arbitrum_rooted() -> ChainConfig {
    ChainConfig { state_roots: true, ..ChainConfig::arbitrum(CHAIN_ID) }
}

/// The same for chains of both kinds, in memory and in a file.
fn on_each_chain(test: impl Fn(Chain)) {
    for config in [ethereum_rooted(), arbitrum_rooted()] {
        test(Chain::in_memory(config.clone(), &genesis(), programs()));
        let folder = tempfile::tempdir().unwrap();
        test(Chain::open_file(&folder.path().join("chain.redb"), config, &genesis(), programs()).unwrap());
    }
}

/// The root of all accounts that these tests know of.
fn whole_root(chain: &Chain) -> B256 {
    let known = (0..20).map(|index| signer(index).address()).chain([COUNTER, WALLET, NOBODY, Address::ZERO]);
    let accounts = known.map(|address| {
        let slots = chain.storage_of(address).into_iter().map(|(slot, value)| (B256::from(slot), value));
        let account = TrieAccount {
            nonce: chain.nonce(address),
            balance: chain.balance(address),
            storage_root: storage_root_unhashed(slots),
            code_hash: keccak256(chain.code(address)),
        };
        (address, account)
    });
    state_root_unhashed(accounts.filter(|(_, account)| *account != TrieAccount::default()))
}

/// The latest header commits to the state, and the proofs of an account are good against it.
#[track_caller]
fn check(chain: &Chain, address: Address, slots: &[U256]) {
    let header = chain.latest().header;
    assert_eq!(header.state_root, whole_root(chain), "block {}", header.number);
    let proof = chain.proof(address, slots).unwrap();
    let account = TrieAccount {
        nonce: proof.nonce,
        balance: proof.balance,
        storage_root: proof.storage_hash,
        code_hash: proof.code_hash,
    };
    assert_eq!((account.nonce, account.balance), (chain.nonce(address), chain.balance(address)));
    assert_eq!(account.code_hash, keccak256(chain.code(address)));
    let expected = (account != TrieAccount::default()).then(|| alloy_rlp::encode(account));
    verify_proof(header.state_root, Nibbles::unpack(keccak256(address)), expected, &proof.account_proof).unwrap();
    assert_eq!(proof.storage.iter().map(|slot| slot.key).collect::<Vec<_>>(), slots);
    for slot in proof.storage {
        assert_eq!(slot.value, chain.slot(address, slot.key));
        let expected = (!slot.value.is_zero()).then(|| alloy_rlp::encode(slot.value));
        let key = Nibbles::unpack(keccak256(slot.key.to_be_bytes::<32>()));
        verify_proof(proof.storage_hash, key, expected, &slot.proof).unwrap();
    }
}

fn store(chain: &mut Chain, slot: u64, value: u64) {
    let words = [slot, value].map(|word| U256::from(word).to_be_bytes::<32>());
    chain.impersonate(Message::call(signer(3).address(), WALLET, words.concat())).unwrap();
    assert!(mine(chain).results[0].status == ephor_chain::Status::Success);
}

#[test]
fn headers_commit_to_the_state_after_their_block() {
    on_each_chain(|mut chain| {
        check(&chain, signer(0).address(), &[]);
        check(&chain, NOBODY, &[U256::ONE]);
        for nonce in 0..5 {
            chain.submit(sign(0, plain(nonce))).unwrap();
            chain.submit(sign(1, with_access_list(nonce))).unwrap();
            mine(&mut chain);
            for address in [signer(0).address(), signer(7).address(), NOBODY] {
                check(&chain, address, &[U256::ZERO]);
            }
            check(&chain, COUNTER, &[U256::ZERO, U256::ONE, U256::from(2)]);
        }
        let first = chain.block(1_000).unwrap().header.state_root;
        assert_ne!(first, chain.latest().header.state_root);
    });
}

#[test]
fn storage_that_empties_leaves_no_trace_in_the_root() {
    on_each_chain(|mut chain| {
        chain.install(WALLET, &Code::Evm(Bytes::from_static(STORE)), []).unwrap();
        for slot in 0..40 {
            store(&mut chain, slot, slot + 1);
        }
        check(&chain, WALLET, &[U256::from(7), U256::from(40)]);
        for slot in (0..40).rev() {
            store(&mut chain, slot, 0);
            check(&chain, WALLET, &[U256::from(7)]);
        }
        assert_eq!(chain.proof(WALLET, &[]).unwrap().storage_hash, EMPTY_ROOT_HASH);
    });
}

#[test]
fn an_edit_is_proved_as_of_the_next_block() {
    on_each_chain(|mut chain| {
        let head = chain.head();
        chain.set_balance(NOBODY, ETHER).unwrap();
        chain.install(WALLET, &Code::Program(1), [(U256::ONE, U256::from(9))]).unwrap();
        assert_eq!(chain.proof(NOBODY, &[]), Err(ProofError::Edited { block: head }));
        mine(&mut chain);
        check(&chain, NOBODY, &[]);
        check(&chain, WALLET, &[U256::ONE]);
        // What an edit takes back is no change.
        chain.set_balance(NOBODY, U256::ZERO).unwrap();
        assert!(chain.proof(NOBODY, &[]).is_err());
        chain.set_balance(NOBODY, ETHER).unwrap();
        check(&chain, NOBODY, &[]);
    });
}

#[test]
fn a_revert_takes_the_root_back() {
    on_each_chain(|mut chain| {
        chain.submit(sign(0, plain(0))).unwrap();
        mine(&mut chain);
        let (root, snapshot) = (chain.latest().header.state_root, chain.snapshot());
        chain.submit(sign(0, plain(1))).unwrap();
        chain.set_balance(NOBODY, ETHER).unwrap();
        mine(&mut chain);
        assert_ne!(chain.latest().header.state_root, root);
        chain.revert(snapshot).unwrap();
        assert_eq!(chain.latest().header.state_root, root);
        check(&chain, COUNTER, &[U256::ZERO]);
        chain.submit(sign(0, plain(1))).unwrap();
        mine(&mut chain);
        check(&chain, COUNTER, &[U256::ZERO]);
    });
}

#[test]
fn empty_blocks_carry_the_root_on() {
    let mut chain = Chain::in_memory(ethereum_rooted(), &genesis(), programs());
    chain.submit(sign(0, plain(0))).unwrap();
    let number = mine(&mut chain).number;
    let root = chain.latest().header.state_root;
    let later = BlockTime { timestamp: chain.now().timestamp + 600, ..chain.now() };
    chain.advance(later).unwrap();
    assert_eq!(chain.head(), number + 50);
    assert_eq!(chain.latest().header.state_root, root);
    check(&chain, COUNTER, &[U256::ZERO]);
}

#[test]
fn a_chain_in_a_file_goes_on_from_its_root() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("chain.redb");
    let open = |config| Chain::open_file(&path, config, &genesis(), programs());
    for nonce in 0..4 {
        let mut chain = open(arbitrum_rooted()).unwrap();
        if nonce > 0 {
            check(&chain, COUNTER, &[U256::ZERO]);
        }
        chain.submit(sign(0, plain(nonce))).unwrap();
        mine(&mut chain);
        check(&chain, COUNTER, &[U256::ZERO]);
        chain.commit().wait().unwrap();
    }
    let other = open(ChainConfig::arbitrum(CHAIN_ID)).err();
    assert!(matches!(other, Some(ChainError::Store(StoreError::OtherChain { .. }))), "{other:?}");
}

#[test]
fn there_are_no_proofs_without_roots_or_of_the_past() {
    let mut chain = arbitrum();
    assert_eq!(chain.latest().header.state_root, B256::ZERO);
    assert_eq!(chain.proof(COUNTER, &[]), Err(ProofError::NoRoots { chain: CHAIN_ID }));

    let config = ChainConfig { history: true, ..ethereum_rooted() };
    chain = Chain::in_memory(config, &genesis(), programs());
    chain.submit(sign(0, plain(0))).unwrap();
    let number = mine(&mut chain).number;
    let later = BlockTime { timestamp: chain.now().timestamp + 24, ..chain.now() };
    chain.advance(later).unwrap();
    let latest = chain.proof(COUNTER, &[]);
    assert!(latest.is_ok());
    for (block, expected) in [
        (number - 1, Err(ProofError::Past { block: number - 1, first: number })),
        (number, latest.clone()),
        (number + 1, latest),
    ] {
        assert_eq!(chain.with_state_at(block, |chain| chain.proof(COUNTER, &[])).unwrap(), expected, "block {block}");
    }
}
