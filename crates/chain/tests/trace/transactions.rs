//! Mined transactions on the state that they met.

use alloy_consensus::{SignableTransaction, TxEip1559, TxEnvelope};
use alloy_primitives::{B256, TxKind, U256};
use alloy_signer::SignerSync;
use ephor_chain::{Chain, Code, TraceError};

use super::{ACTOR, CHAIN_ID, act, chain, key};

fn signed(by: u64, nonce: u64, data: Vec<u8>) -> TxEnvelope {
    let tx = TxEip1559 {
        chain_id: CHAIN_ID,
        nonce,
        gas_limit: 300_000,
        max_fee_per_gas: 0,
        max_priority_fee_per_gas: 0,
        to: TxKind::Call(ACTOR),
        value: U256::ZERO,
        access_list: Default::default(),
        input: data.into(),
    };
    let signature = key(by).sign_hash_sync(&tx.signature_hash()).unwrap();
    tx.into_signed(signature).into()
}

fn mine(chain: &mut Chain) -> ephor_chain::Mined {
    let time = chain.next_time();
    chain.mine(time).unwrap()
}

#[test]
fn a_mined_transaction_is_traced_on_the_state_that_it_met() {
    let mut chain = chain();
    let unknown = chain.trace_transaction(B256::ZERO, true);
    assert_eq!(unknown, Err(TraceError::UnknownTransaction(B256::ZERO)));
    chain.snapshot();
    for by in 0..3 {
        chain.submit(signed(by, 0, vec![act::COUNT])).unwrap();
    }
    let mined = mine(&mut chain);
    let edited = U256::from(50);
    chain.install(ACTOR, &Code::Program(1), [(U256::ZERO, edited)]).unwrap();
    chain.submit(signed(0, 1, vec![act::COUNT])).unwrap();
    let later = mine(&mut chain);

    for (result, count) in mined.results.iter().zip(1_u64..).chain([(&later.results[0], 51)]) {
        let traced = chain.trace_transaction(result.hash, true).unwrap();
        assert_eq!(traced.call.output[..], U256::from(count).to_be_bytes::<32>(), "{count}");
        assert_eq!(traced.outcome.gas_used, result.gas_used);
        assert_eq!((traced.call.gas, traced.call.gas_used), (300_000, result.gas_used));
        let actor = &traced.accounts[&ACTOR];
        let slots = |state: &ephor_chain::AccountState| state.storage.values().copied().collect::<Vec<_>>();
        assert_eq!(slots(actor.before.as_ref().unwrap()), [U256::from(count - 1), U256::ZERO]);
        assert_eq!(slots(actor.after.as_ref().unwrap()), [U256::from(count), U256::ZERO]);
    }
    let sender = &chain.trace_transaction(later.results[0].hash, true).unwrap().accounts[&key(0).address()];
    assert_eq!((sender.before.as_ref().unwrap().nonce, sender.after.as_ref().unwrap().nonce), (1, 2));
    assert_eq!(chain.slot(ACTOR, U256::ZERO), U256::from(51), "nothing stays");
}
