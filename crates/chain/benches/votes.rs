//! What a vote costs: executing it, recovering its signature, and both.
//!
//! A vote reads the voter's weight and whether it voted (two mapped slots), marks it, adds to two tallies and logs, much like a vote for a
//! nominee. Ten thousand voters vote once each, in blocks of a thousand; every measurement starts from a fresh chain, whose
//! making is not measured. `recovered` is a chain that is handed recovered transactions, `signed` one that recovers them first, and
//! `recovery` the recovery alone; `signed` and `recovery` use as many threads as there are cores.

use std::{hint::black_box, sync::Arc};

use alloy_consensus::{SignableTransaction, TxEip1559, TxEnvelope};
use alloy_primitives::{Address, B256, TxKind, U256, address};
use alloy_signer::SignerSync;
use alloy_signer_local::PrivateKeySigner;
use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use ephor_chain::{
    BlockTime, Chain, ChainConfig, Code, Genesis, GenesisAccount, Program, Programs, SignedTx, recover_all,
};
use stylus_sdk::{
    ArbResult,
    host::VM,
    storage::{StorageBool, StorageMap, StorageType, StorageU256},
    stylus_core::{MessageAccess, RawLogAccess},
};

const VOTES: u64 = 10_000;
const PER_BLOCK: usize = 1_000;
const BALLOT: Address = address!("0000000000000000000000000000000000001000");
const VOTED: B256 = B256::repeat_byte(0xEE);

#[expect(clippy::needless_pass_by_value, reason = "an entry point owns its calldata and its host")]
fn vote(input: Vec<u8>, vm: VM) -> ArbResult {
    let slot = |slot: u64| U256::from(slot);
    let (weights, mut voted, mut tally, mut total) = unsafe {
        (
            StorageMap::<Address, StorageU256>::new(slot(0), 0, vm.clone()),
            StorageMap::<Address, StorageBool>::new(slot(1), 0, vm.clone()),
            StorageMap::<Address, StorageU256>::new(slot(2), 0, vm.clone()),
            StorageU256::new(slot(3), 0, vm.clone()),
        )
    };
    let (voter, nominee) = (vm.msg_sender(), Address::from_slice(&input[12..32]));
    if voted.get(voter) {
        return Err(b"voted already".to_vec());
    }
    voted.setter(voter).set(true);
    let weight = weights.get(voter) + U256::ONE;
    let new_tally = tally.get(nominee) + weight;
    tally.setter(nominee).set(new_tally);
    let new_total = total.get() + weight;
    total.set(new_total);
    let data = [weight.to_be_bytes::<32>(), new_tally.to_be_bytes::<32>()].concat();
    vm.raw_log(&[VOTED, voter.into_word(), nominee.into_word()], &data).map_err(|error| error.as_bytes().to_vec())?;
    Ok(Vec::new())
}

fn chain() -> Chain {
    let programs = Programs::new([Program { id: 1, name: "vote", entry: vote }]).expect("one program");
    let ballot = GenesisAccount { address: BALLOT, code: Some(Code::Program(1)), ..GenesisAccount::default() };
    let genesis = Genesis { number: 0, time: BlockTime::default(), accounts: vec![ballot] };
    Chain::in_memory(ChainConfig::arbitrum(412_346), &genesis, Arc::new(programs))
}

fn signed_votes() -> Vec<TxEnvelope> {
    let vote = |index: u64| {
        let signer = PrivateKeySigner::from_bytes(&B256::from(U256::from(index + 1))).expect("a valid key");
        let tx = TxEip1559 {
            chain_id: 412_346,
            gas_limit: 300_000,
            to: TxKind::Call(BALLOT),
            input: Address::with_last_byte((index % 20) as u8).into_word().to_vec().into(),
            ..TxEip1559::default()
        };
        let signature = signer.sign_hash_sync(&tx.signature_hash()).expect("a signature");
        tx.into_signed(signature).into()
    };
    (0..VOTES).map(vote).collect()
}

fn hold(chain: &mut Chain, votes: Vec<SignedTx>) {
    let mut votes = votes.into_iter().peekable();
    while votes.peek().is_some() {
        for vote in votes.by_ref().take(PER_BLOCK) {
            chain.submit_signed(vote).expect("a valid vote");
        }
        let mined = chain.mine(chain.now()).expect("a block");
        assert!(mined.dropped.is_empty() && mined.results.len() <= PER_BLOCK);
    }
    assert!(chain.slot(BALLOT, U256::from(3)) >= U256::from(VOTES));
}

fn recovered(votes: &[TxEnvelope]) -> Vec<SignedTx> {
    recover_all(votes.to_vec()).into_iter().map(|vote| vote.expect("a valid signature")).collect()
}

fn votes(criterion: &mut Criterion) {
    let envelopes = signed_votes();
    let senders = recovered(&envelopes);
    let mut group = criterion.benchmark_group("votes");
    group.throughput(Throughput::Elements(VOTES)).sample_size(10);
    group.bench_function("recovered", |bencher| {
        let fresh = || (chain(), senders.clone());
        bencher.iter_batched(
            fresh,
            |(mut chain, votes)| {
                hold(&mut chain, votes);
                chain
            },
            BatchSize::PerIteration,
        );
    });
    group.bench_function("signed", |bencher| {
        let held = |mut chain| {
            hold(&mut chain, recovered(&envelopes));
            chain
        };
        bencher.iter_batched(chain, held, BatchSize::PerIteration);
    });
    group.bench_function("recovery", |bencher| bencher.iter(|| recovered(black_box(&envelopes))));
    group.finish();
}

criterion_group!(benches, votes);
criterion_main!(benches);
