//! Signers, a counting program and chains for the tests of this folder.

#![allow(dead_code, reason = "every test uses its part")]

use std::sync::Arc;

use alloy_consensus::{SignableTransaction, TxEip1559, TxEip2930, TxEnvelope, TxLegacy};
use alloy_primitives::{Address, B256, Bytes, TxKind, U256, address};
use alloy_signer::SignerSync;
use alloy_signer_local::PrivateKeySigner;
use ephor_chain::{BlockTime, Chain, ChainConfig, Code, Genesis, GenesisAccount, Program, Programs};
use stylus_sdk::{
    ArbResult,
    host::VM,
    stylus_core::{BlockAccess, MessageAccess, RawLogAccess, StorageAccess},
};

pub(crate) const CHAIN_ID: u64 = 412_346;
pub(crate) const COUNTER: Address = address!("0000000000000000000000000000000000001000");
pub(crate) const ETHER: U256 = U256::from_limbs([1_000_000_000_000_000_000, 0, 0, 0]);
/// Emitted by the counter, with the caller as second topic and the count as data.
pub(crate) const COUNTED: B256 = B256::repeat_byte(0xC0);
pub(crate) const START: BlockTime = BlockTime { timestamp: 1_700_000_000, l1_block: 18_500_000 };

/// Counts calls in slot 0, notes `block.number` in slot 1, logs and returns the count. Calldata makes it revert instead, with that data.
#[expect(clippy::needless_pass_by_value, reason = "an entry point owns its host")]
fn counter(input: Vec<u8>, vm: VM) -> ArbResult {
    let count = U256::from_be_bytes(vm.storage_load_bytes32(U256::ZERO).0) + U256::ONE;
    unsafe {
        vm.storage_cache_bytes32(U256::ZERO, count.into());
        vm.storage_cache_bytes32(U256::ONE, U256::from(vm.block_number()).into());
    }
    if !input.is_empty() {
        return Err(input);
    }
    vm.raw_log(&[COUNTED, vm.msg_sender().into_word()], &count.to_be_bytes::<32>()).unwrap();
    Ok(count.to_be_bytes_vec())
}

pub(crate) fn programs() -> Arc<Programs> {
    Arc::new(Programs::new([Program { id: 1, name: "counter", entry: counter }]).unwrap())
}

pub(crate) fn signer(index: u64) -> PrivateKeySigner {
    PrivateKeySigner::from_bytes(&B256::from(U256::from(1_000 + index))).unwrap()
}

/// Twenty signers with ten ether each, and the counter.
pub(crate) fn genesis() -> Genesis {
    let rich = (0..20).map(|index| GenesisAccount {
        address: signer(index).address(),
        balance: ETHER * U256::from(10),
        ..GenesisAccount::default()
    });
    let counter = GenesisAccount { address: COUNTER, code: Some(Code::Program(1)), ..GenesisAccount::default() };
    Genesis { number: 1_000, time: START, accounts: rich.chain([counter]).collect() }
}

pub(crate) fn ethereum() -> Chain {
    Chain::in_memory(ChainConfig::ethereum(CHAIN_ID), &genesis(), programs())
}

pub(crate) fn arbitrum() -> Chain {
    Chain::in_memory(ChainConfig::arbitrum(CHAIN_ID), &genesis(), programs())
}

/// A call of the counter that a test can bend before signing it.
pub(crate) fn plain(nonce: u64) -> TxEip1559 {
    TxEip1559 {
        chain_id: CHAIN_ID,
        nonce,
        gas_limit: 200_000,
        max_fee_per_gas: 0,
        max_priority_fee_per_gas: 0,
        to: TxKind::Call(COUNTER),
        value: U256::ZERO,
        access_list: Default::default(),
        input: Bytes::new(),
    }
}

pub(crate) fn sign<T: SignableTransaction<alloy_primitives::Signature>>(by: u64, tx: T) -> TxEnvelope
where
    TxEnvelope: From<alloy_consensus::Signed<T>>,
{
    let signature = signer(by).sign_hash_sync(&tx.signature_hash()).unwrap();
    tx.into_signed(signature).into()
}

pub(crate) fn legacy(nonce: u64) -> TxLegacy {
    let TxEip1559 { nonce, gas_limit, to, value, input, .. } = plain(nonce);
    TxLegacy { chain_id: Some(CHAIN_ID), nonce, gas_price: 0, gas_limit, to, value, input }
}

pub(crate) fn with_access_list(nonce: u64) -> TxEip2930 {
    let TxEip1559 { nonce, gas_limit, to, value, input, .. } = plain(nonce);
    let item = alloy_eips::eip2930::AccessListItem { address: COUNTER, storage_keys: vec![B256::ZERO] };
    TxEip2930 { chain_id: CHAIN_ID, nonce, gas_price: 0, gas_limit, to, value, access_list: vec![item].into(), input }
}

/// Mines what is pending at the earliest time.
#[track_caller]
pub(crate) fn mine(chain: &mut Chain) -> ephor_chain::Mined {
    let time = chain.next_time();
    chain.mine(time).unwrap()
}

pub(crate) fn count(chain: &Chain) -> u64 {
    chain.slot(COUNTER, U256::ZERO).to()
}
