//! What a state root in each header costs.
//!
//! A chain of 100,000 accounts and a contract of 100,000 slots. A transaction moves its sender's nonce, changes two slots of the contract
//! that are there, and adds one. `single` mines one transaction a block, `thousand` a thousand; each with roots and without them, so that
//! the difference is what roots cost. `single in a file` does so in a database, and hands each block to its writer without waiting for it.

use std::sync::Arc;

use alloy_primitives::{Address, Bytes, U256, address, hex};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use ephor_chain::{BlockTime, Chain, ChainConfig, Code, Genesis, GenesisAccount, Message, Programs};

const ACCOUNTS: u64 = 100_000;
const CONTRACT: Address = address!("0000000000000000000000000000000000001000");
/// Writes three pairs of slot and value from its calldata.
const STORES: [u8; 21] = hex!("6020355f3555 6060356040355560a0356080355500");

fn account(index: u64) -> Address {
    Address::left_padding_from(&(index % ACCOUNTS + 0x10_000).to_be_bytes())
}

fn config(state_roots: bool) -> ChainConfig {
    ChainConfig { state_roots, ..ChainConfig::arbitrum(412_346) }
}

fn programs() -> Arc<Programs> {
    Arc::new(Programs::new([]).expect("no programs"))
}

fn genesis() -> Genesis {
    let funded = (0..ACCOUNTS).map(|index| GenesisAccount {
        address: account(index),
        balance: U256::from(10).pow(U256::from(18)),
        ..GenesisAccount::default()
    });
    let contract = GenesisAccount {
        address: CONTRACT,
        code: Some(Code::Evm(Bytes::from_static(&STORES))),
        storage: (0..ACCOUNTS).map(|slot| (U256::from(slot), U256::from(slot + 1))).collect(),
        ..GenesisAccount::default()
    };
    let accounts = funded.chain([contract]).collect();
    Genesis { number: 0, time: BlockTime::default(), accounts }
}

/// Mines a block of `txs` transactions, of which `sent` went before.
fn mine(chain: &mut Chain, sent: &mut u64, txs: u64) {
    for _ in 0..txs {
        *sent += 1;
        let (from, to, new) = (*sent % ACCOUNTS, (*sent * 7_919 + 1) % ACCOUNTS, ACCOUNTS + *sent);
        let words = [from, *sent, to, *sent, new, 1].map(|word| U256::from(word).to_be_bytes::<32>());
        chain.impersonate(Message::call(account(*sent), CONTRACT, words.concat())).expect("a rehearsal chain");
    }
    let mined = chain.mine(chain.now()).expect("a block");
    assert_eq!(mined.results.len() as u64, txs);
}

fn roots(criterion: &mut Criterion) {
    for (name, txs) in [("single", 1), ("thousand", 1_000)] {
        let mut group = criterion.benchmark_group(name);
        group.throughput(Throughput::Elements(txs)).sample_size(20);
        for (roots, state_roots) in [("without", false), ("with", true)] {
            let mut chain = Chain::in_memory(config(state_roots), &genesis(), programs());
            let mut sent = 0;
            group.bench_function(roots, |bencher| bencher.iter(|| mine(&mut chain, &mut sent, txs)));
        }
        group.finish();
    }
    let mut group = criterion.benchmark_group("single in a file");
    group.sample_size(20);
    for (roots, state_roots) in [("without", false), ("with", true)] {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("chain.redb");
        let mut chain = Chain::open_file(&path, config(state_roots), &genesis(), programs()).expect("a new chain");
        chain.commit().wait().expect("a file");
        let mut sent = 0;
        group.bench_function(roots, |bencher| {
            bencher.iter(|| {
                mine(&mut chain, &mut sent, 1);
                chain.commit()
            });
        });
        chain.commit().wait().expect("a file");
    }
    group.finish();
}

criterion_group!(benches, roots);
criterion_main!(benches);
