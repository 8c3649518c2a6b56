//! A network of two chains with a native contract on each, and two accounts with keys.

use std::sync::Arc;

use alloy_consensus::{SignableTransaction, TxEip1559, TxEnvelope};
use alloy_eips::Encodable2718;
use alloy_primitives::{Address, B256, Bytes, TxKind, U256, address, hex};
use alloy_signer::SignerSync;
use alloy_signer_local::PrivateKeySigner;
use ephor_chain::{Code, Program};
use ephor_network::{
    BridgeSpec, ChainSpec, Clock, Endpoint, Network, NetworkConfig, Shared,
    rpc::{DevAccount, RpcError, Settings},
};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use stylus_sdk::{
    ArbResult,
    call::RawCall,
    host::VM,
    stylus_core::{MessageAccess, RawLogAccess, StorageAccess},
};

pub(crate) const ETHEREUM: u64 = 7_000_001;
pub(crate) const ONE: u64 = 7_042_161;
pub(crate) const COUNTER: Address = address!("0000000000000000000000000000000000001000");
pub(crate) const STRANGER: Address = address!("00000000000000000000000000000000000000bb");
/// The first topic of what the counter logs; the second is the caller.
pub(crate) const COUNTED: B256 = B256::repeat_byte(0xC0);
const START: u64 = 1_757_937_600;
/// Wei per gas on the child chain; gas is free on the parent.
pub(crate) const BASE_FEE: u64 = 7;

/// Counts its calls in slot 0, logs and returns the count. With calldata: 0x01 and an address forwards the rest; 0x02 panics; anything
/// else reverts with it.
fn counter(input: Vec<u8>, vm: VM) -> ArbResult {
    match input.first() {
        Some(1) => return unsafe { RawCall::new(&vm).call(Address::from_slice(&input[1..21]), &input[21..]) },
        Some(2) => panic!("lost count"),
        Some(_) => return Err(input),
        None => {}
    }
    let count = U256::from_be_bytes(vm.storage_load_bytes32(U256::ZERO).0) + U256::ONE;
    unsafe { vm.storage_cache_bytes32(U256::ZERO, count.into()) };
    vm.raw_log(&[COUNTED, vm.msg_sender().into_word()], &count.to_be_bytes::<32>()).unwrap();
    Ok(count.to_be_bytes_vec())
}

pub(crate) fn key(index: u64) -> PrivateKeySigner {
    PrivateKeySigner::from_bytes(&B256::from(U256::from(1_000 + index))).unwrap()
}

pub(crate) fn dev(index: u64) -> Address {
    key(index).address()
}

fn network(past: bool) -> Network {
    let clock = Clock::new(23_368_000, START, 12, START).unwrap();
    let bridge = BridgeSpec {
        parent: ETHEREUM,
        inbox: Address::with_last_byte(0x20),
        bridge: Address::with_last_byte(0x21),
        outbox: Address::with_last_byte(0x22),
        challenge_period_seconds: 7 * 86_400,
        delivery_seconds: 600,
        ticket_lifetime_seconds: 7 * 86_400,
    };
    let chain = |name: &str, chain_id, base_fee_wei, bridge| ChainSpec {
        name: name.to_owned(),
        chain_id,
        base_fee_wei,
        bridge,
    };
    let chains = vec![chain("ethereum", ETHEREUM, 0, None), chain("one", ONE, BASE_FEE, Some(bridge))];
    let counter = Program { id: 1, name: "counter", entry: counter };
    let config = NetworkConfig { clock, chains };
    let network = if past { Network::with_past(config, [counter]) } else { Network::new(config, [counter]) };
    let mut network = network.unwrap();
    for id in [ETHEREUM, ONE] {
        network.install(id, COUNTER, &Code::Program(1), []).unwrap();
        for index in 0..2 {
            network.chain_mut(id).unwrap().set_balance(dev(index), U256::from(10).pow(U256::from(18))).unwrap();
        }
    }
    network
}

/// One chain's endpoint, and the network behind it.
pub(crate) struct World {
    pub(crate) shared: Shared,
    pub(crate) endpoint: Endpoint,
}

impl World {
    /// With development accounts; nobody else is acted for.
    pub(crate) fn new(chain: u64) -> Self {
        Self::with(chain, settings())
    }

    pub(crate) fn with(chain: u64, settings: Settings) -> Self {
        Self::of(chain, settings, false)
    }

    /// One that keeps the state of all blocks.
    pub(crate) fn past(chain: u64) -> Self {
        Self::of(chain, settings(), true)
    }

    fn of(chain: u64, settings: Settings, past: bool) -> Self {
        let shared = Shared::with(network(past), settings);
        let endpoint = shared.endpoint(chain).unwrap();
        Self { shared, endpoint }
    }

    #[track_caller]
    pub(crate) fn ask(&self, method: &str, params: Value) -> Value {
        let text = params.to_string();
        self.endpoint.handle(method, &text).unwrap_or_else(|error| panic!("{method} {text}: {error}"))
    }

    /// The answer as a type of alloy's, or any other.
    #[track_caller]
    pub(crate) fn get<T: DeserializeOwned>(&self, method: &str, params: Value) -> T {
        let answer = self.ask(method, params);
        serde_json::from_value(answer.clone()).unwrap_or_else(|error| panic!("{method}: {error} in {answer:#}"))
    }

    #[track_caller]
    pub(crate) fn refused(&self, method: &str, params: Value) -> RpcError {
        let text = params.to_string();
        match self.endpoint.handle(method, &text) {
            Err(error) => error,
            Ok(answer) => panic!("{method} {text} is answered: {answer}"),
        }
    }

    /// Sends a call of the counter by an account with a key, without the node's help.
    #[track_caller]
    pub(crate) fn count(&self, by: u64) -> B256 {
        let nonce: U256 = self.get("eth_getTransactionCount", json!([dev(by), "pending"]));
        self.get("eth_sendRawTransaction", json!([signed(&self.endpoint, by, |tx| tx.nonce = nonce.to())]))
    }

    /// The network's time: later than its start, as the bridges were built in blocks of their own.
    pub(crate) fn now(&self) -> u64 {
        self.shared.lock().clock().now_seconds()
    }

    pub(crate) fn counted(&self) -> u64 {
        let slot: U256 = self.get("eth_getStorageAt", json!([COUNTER, "0x0", "latest"]));
        slot.to()
    }
}

pub(crate) fn settings() -> Settings {
    Settings {
        accounts: (0..2).map(|index| DevAccount { name: format!("dev{index}"), key: key(index) }).collect(),
        impersonate: false,
        reason: Some(Arc::new(|data| (data == hex!("c0ffee00")).then(|| "OutOfCoffee()".to_owned()))),
        ..Settings::default()
    }
}

/// A signed call of the counter that a test can bend before it is signed.
pub(crate) fn signed(endpoint: &Endpoint, by: u64, bend: impl FnOnce(&mut TxEip1559)) -> Bytes {
    let mut tx = TxEip1559 {
        chain_id: endpoint.chain_id(),
        nonce: 0,
        gas_limit: 100_000,
        max_fee_per_gas: u128::from(BASE_FEE),
        max_priority_fee_per_gas: 0,
        to: TxKind::Call(COUNTER),
        value: U256::ZERO,
        access_list: Default::default(),
        input: Bytes::new(),
    };
    bend(&mut tx);
    let signature = key(by).sign_hash_sync(&tx.signature_hash()).unwrap();
    TxEnvelope::from(tx.into_signed(signature)).encoded_2718().into()
}
