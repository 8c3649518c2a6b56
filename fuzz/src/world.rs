//! A network of two chains: EVM code that counts and logs, native contracts, and development accounts.

use std::cell::RefCell;

use alloy_primitives::{Address, B256, Bytes, U256, address, hex};
use alloy_signer_local::PrivateKeySigner;
use ephor_chain::Code;
use ephor_network::{
    BridgeSpec, ChainSpec, Clock, Endpoint, Network, NetworkConfig, Shared,
    rpc::{DevAccount, Settings},
};

/// The parent chain.
pub const ETHEREUM: u64 = 7_000_001;
/// The chain on it.
pub const ONE: u64 = 7_042_161;
/// Adds one to slot 0, logs and returns it.
pub const COUNTER: Address = address!("0000000000000000000000000000000000001000");
/// A native `Multicall3`.
pub const MULTICALL: Address = address!("0000000000000000000000000000000000001001");
const START: u64 = 1_757_937_600;

/// The key of a development account.
pub fn key(index: u64) -> PrivateKeySigner {
    PrivateKeySigner::from_bytes(&B256::from(U256::from(1_000 + index))).expect("a small number is a key")
}

/// What the network consists of.
pub fn config() -> NetworkConfig {
    let clock = Clock::new(23_368_000, START, 12, START).expect("a clock");
    let bridge = BridgeSpec {
        parent: ETHEREUM,
        inbox: Address::with_last_byte(0x20),
        bridge: Address::with_last_byte(0x21),
        outbox: Address::with_last_byte(0x22),
        challenge_period_seconds: 7 * 86_400,
        delivery_seconds: 600,
        ticket_lifetime_seconds: 7 * 86_400,
    };
    let chain = |name: &str, chain_id, base_fee_wei, bridge| {
        let name = name.to_owned();
        ChainSpec { name, chain_id, base_fee_wei, bridge }
    };
    NetworkConfig { clock, chains: vec![chain("ethereum", ETHEREUM, 0, None), chain("one", ONE, 7, Some(bridge))] }
}

/// Contracts and money for a network that has begun.
pub fn furnish(network: &mut Network) {
    let counter = Bytes::from(hex!("6000546001018060005560005260c060206000a160206000f3"));
    for chain in [ETHEREUM, ONE] {
        network.install(chain, COUNTER, &Code::Evm(counter.clone()), []).expect("code");
        network.install(chain, MULTICALL, &Code::Program(ephor_programs::MULTICALL3), []).expect("a program");
        for index in 0..2 {
            let chain = network.chain_mut(chain).expect("the chain");
            chain.set_balance(key(index).address(), U256::from(10).pow(U256::from(18))).expect("a rehearsal");
        }
    }
}

/// A new network with everything switched on.
fn shared() -> Shared {
    let programs: Vec<_> = ephor_programs::all().iter().copied().collect();
    let mut network = Network::new(config(), programs).expect("a network");
    furnish(&mut network);
    let accounts = (0..2).map(|index| DevAccount { name: format!("dev-{index}"), key: key(index) }).collect();
    Shared::with(network, Settings { accounts, ..Settings::default() })
}

/// How often a network is used before a new one is made, so that what is not undone (filters, who is impersonated) does not pile up.
const USES: u32 = 200;

/// Lends the endpoint of [`ONE`], of a network that has just begun. What was done there is undone, and it is checked that it is.
pub fn visit(act: impl FnOnce(&Endpoint)) {
    thread_local! {
        static KEPT: RefCell<Option<(Shared, u32)>> = const { RefCell::new(None) };
    }
    let (shared, uses) = KEPT.take().unwrap_or_else(|| (shared(), USES));
    let endpoint = shared.endpoint(ONE).expect("the chain");
    let state = || ["eth_blockNumber", "txpool_status"].map(|method| endpoint.call(method, &[]).ok());
    let before = state();
    let mark = shared.lock().snapshot();
    act(&endpoint);
    shared.lock().set_automine(true);
    // The snapshot is gone where an earlier one was gone back to, or another state was loaded.
    let undone = shared.lock().revert(mark).is_ok();
    if undone {
        assert_eq!(state(), before, "what was done is undone");
    }
    if undone && uses > 1 {
        KEPT.set(Some((shared, uses - 1)));
    }
}
