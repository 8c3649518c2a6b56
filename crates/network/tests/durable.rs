//! Networks in databases: what was acknowledged survives, together.
//!
//! This test runs itself: as a child it acts on a network without end and says how far it is each time that is durable; as the parent it
//! kills the child in the middle of that, and expects clock, chains and messages as they were then or later, and agreeing.

use std::{
    io::{BufRead, BufReader, Write},
    path::Path,
    process::{Child, Command, Stdio},
};

use alloy_primitives::{Address, B256, Bytes, U256, address, keccak256};
use alloy_sol_types::SolCall;
use ephor_abi::bridge::{IArbSys::sendTxToL1Call, IInbox::createRetryableTicketCall};
use ephor_chain::{Code, Database, Message as Call, Status, StoreError};
use ephor_network::{
    BridgeSpec, ChainSpec, Clock, MessageId, MessageState, Network, NetworkConfig, NetworkError, Shared,
};
use ephor_stand_ins::ARB_SYS;

const CHILD: &str = "EPHOR_TEST_NETWORK";
const ETHEREUM: u64 = 7_000_001;
const ONE: u64 = 7_042_161;
const SOMEBODY: Address = address!("00000000000000000000000000000000005000b0");
const TARGET: Address = address!("00000000000000000000000000000000007a26e7");
/// Counts the messages sent, so that one look says how many there must be.
const SENT: U256 = U256::ZERO;
const ROUNDS: u64 = 24;

fn config(ticket_lifetime_seconds: u64) -> NetworkConfig {
    let bridge = BridgeSpec {
        parent: ETHEREUM,
        inbox: Address::with_last_byte(0x20),
        bridge: Address::with_last_byte(0x21),
        outbox: Address::with_last_byte(0x22),
        challenge_period_seconds: 3_600,
        delivery_seconds: 30,
        ticket_lifetime_seconds,
    };
    let chain = |name: &str, chain_id, bridge| ChainSpec { name: name.to_owned(), chain_id, base_fee_wei: 0, bridge };
    NetworkConfig {
        clock: Clock::new(23_368_000, 1_757_937_600, 12, 1_757_937_600).unwrap(),
        chains: vec![chain("ethereum", ETHEREUM, None), chain("one", ONE, Some(bridge))],
    }
}

fn open(path: &Path) -> Network {
    open_as(path, 7_200).unwrap()
}

fn open_as(path: &Path, lifetime: u64) -> Result<Network, NetworkError> {
    let database = Database::open(path).map_err(NetworkError::Store)?;
    let known = Network::is_in(&database);
    let mut network = Network::open(&database, config(lifetime), [])?;
    if !known {
        // SLOAD(0) + 1 → SSTORE(0): counts its calls.
        let counter = Code::Evm(Bytes::from_static(&alloy_primitives::hex!("600054600101600055" "00")));
        for id in [ETHEREUM, ONE] {
            network.install(id, TARGET, &counter, [])?;
            network.chain_mut(id)?.set_balance(SOMEBODY, U256::from(10).pow(U256::from(24)))?;
        }
    }
    Ok(network)
}

fn call(network: &mut Network, chain: u64, to: Address, value: u64, data: Vec<u8>) {
    let done = network.send(chain, Call::call(SOMEBODY, to, data).with_value(U256::from(value))).unwrap();
    assert_eq!(done.status, Status::Success, "{done:?}");
}

/// One message each way, and some time.
fn act(network: &mut Network) {
    call(network, ONE, TARGET, 0, Vec::new());
    call(network, ONE, ARB_SYS, 0, sendTxToL1Call { destination: TARGET, data: Bytes::new() }.abi_encode());
    let ticket = createRetryableTicketCall {
        to: TARGET,
        l2CallValue: U256::ZERO,
        maxSubmissionCost: U256::from(1_000_000),
        excessFeeRefundAddress: SOMEBODY,
        callValueRefundAddress: SOMEBODY,
        gasLimit: U256::from(1_000_000),
        maxFeePerGas: U256::from(2),
        data: Bytes::new(),
    };
    call(network, ETHEREUM, Address::with_last_byte(0x20), 10_000_000, ticket.abi_encode());
    call(network, ETHEREUM, TARGET, 0, Vec::new());
    let now = network.clock().now_seconds();
    network.advance_to(now + 17).unwrap();
}

/// Everything a network is, as one hash: the blocks and the state behind them, the messages, the clock.
fn fingerprint(network: &Network) -> B256 {
    let mut words = format!("{:?} {:?}", network.clock(), network.messages().collect::<Vec<_>>());
    for id in [ETHEREUM, ONE] {
        let chain = network.chain(id).unwrap();
        let slot = chain.slot(TARGET, SENT);
        words += &format!(" {:?} {slot} {:?} {:?}", chain.latest(), chain.now(), chain.pending().len());
    }
    keccak256(words)
}

fn child(path: &Path) -> ! {
    let mut network = open(path);
    loop {
        act(&mut network);
        let (print, pending) = (fingerprint(&network), network.commit());
        pending.wait().unwrap();
        let mut stdout = std::io::stdout().lock();
        writeln!(stdout, "{} {print}", network.chain(ONE).unwrap().slot(TARGET, SENT)).unwrap();
        stdout.flush().unwrap();
    }
}

fn spawn(path: &Path) -> Child {
    Command::new(std::env::current_exe().unwrap()).env(CHILD, path).stdout(Stdio::piped()).spawn().unwrap()
}

fn every_acknowledged_step_survives_kill() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("network.redb");
    for round in 0..ROUNDS {
        let mut child = spawn(&path);
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        // Between nothing at all and some dozens, differently each time.
        let steps = usize::try_from(round * 7 % 23).unwrap();
        let mut said: Vec<String> = lines.by_ref().take(steps).map(|line| line.unwrap()).collect();
        child.kill().unwrap();
        child.wait().unwrap();
        said.extend(lines.map_while(Result::ok).filter(|line| line.len() > 66));
        let network = open(&path);
        check(&network, said.last());
    }
}

/// What is there is what was said last, or later, and is of one piece.
#[track_caller]
fn check(network: &Network, said: Option<&String>) {
    let (one, ethereum) = (network.chain(ONE).unwrap(), network.chain(ETHEREUM).unwrap());
    let steps: u64 = one.slot(TARGET, SENT).to();
    if let Some((number, print)) = said.and_then(|said| said.split_once(' ')) {
        let number: u64 = number.parse().unwrap();
        // Delivered tickets count as well: the counter says more than the steps.
        assert!(steps >= number, "{number} was acknowledged, {steps} are there");
        if steps == number {
            assert_eq!(fingerprint(network).to_string(), print);
        }
    }
    let sent = |to_child: bool| {
        network.messages().filter(|message| matches!(message.id, MessageId::ToChild { .. }) == to_child).count() as u64
    };
    // A step is there whole or not at all: as many messages each way as calls on Ethereum.
    let calls: u64 = ethereum.slot(TARGET, SENT).to();
    assert_eq!((sent(true), sent(false)), (calls, calls));
    // What was delivered by the clock's time has counted, nothing else has.
    let executed = network
        .messages()
        .filter(|message| matches!(message.id, MessageId::ToChild { .. }) && message.state == MessageState::Executed);
    assert_eq!(steps, calls + executed.count() as u64);
    assert!(network.clock().now_seconds() >= one.now().timestamp.max(ethereum.now().timestamp));
    for message in network.messages() {
        assert!(network.chain(message.from_chain).unwrap().receipt(message.sent_tx).is_some());
    }
}

fn a_reopened_network_is_the_same_network() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("network.redb");
    let mut network = open(&path);
    (0..3).for_each(|_| act(&mut network));
    let snapshot = network.snapshot();
    act(&mut network);
    network.revert(snapshot).unwrap();
    // Time alone, and what waits.
    let now = network.clock().now_seconds();
    network.advance_to(now + 1_000_001).unwrap();
    network.set_automine(false);
    network.chain_mut(ONE).unwrap().impersonate(Call::call(SOMEBODY, TARGET, [])).unwrap();
    network.commit().wait().unwrap();
    let (print, pending) = (fingerprint(&network), network.chain(ONE).unwrap().pending()[0].hash());
    drop(network);

    let mut network = open(&path);
    assert_eq!(fingerprint(&network), print);
    assert!(!network.automine());
    let mined = network.mine(ONE).unwrap();
    assert_eq!(mined.results[0].hash, pending);
    drop(network);

    let mut network = open(&path);
    assert!(network.chain(ONE).unwrap().pending().is_empty());
    act(&mut network);
    drop(network);
    let error = open_as(&path, 1).err().unwrap();
    assert!(matches!(error, NetworkError::Store(StoreError::OtherNetwork { .. })), "{error}");
}

fn a_network_in_a_database_and_one_in_memory_agree() {
    let folder = tempfile::tempdir().unwrap();
    let mut kept = open(&folder.path().join("network.redb"));
    let mut memory = Network::with_past(config(7_200), []).unwrap();
    let counter = Code::Evm(Bytes::from_static(&alloy_primitives::hex!("600054600101600055" "00")));
    for id in [ETHEREUM, ONE] {
        memory.install(id, TARGET, &counter, []).unwrap();
        memory.chain_mut(id).unwrap().set_balance(SOMEBODY, U256::from(10).pow(U256::from(24))).unwrap();
    }
    for _ in 0..5 {
        act(&mut kept);
        act(&mut memory);
    }
    assert_eq!(fingerprint(&kept), fingerprint(&memory));
}

fn answers_wait_for_the_disk_and_share_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("network.redb");
    let mut network = open(&path);
    network.commit().wait().unwrap();
    let database = network.database().unwrap().clone();
    let shared = Shared::new(network);
    let before = database.written();
    std::thread::scope(|scope| {
        for client in 0..8 {
            let shared = &shared;
            scope.spawn(move || {
                let endpoint = shared.endpoint(ONE).unwrap();
                let from = Address::with_last_byte(0xC0 + client);
                for _ in 0..10 {
                    let params = format!("[{{\"from\":\"{from}\",\"to\":\"{TARGET}\"}}]");
                    let hash = endpoint.handle("eth_sendTransaction", &params).unwrap();
                    let receipt = endpoint.handle("eth_getTransactionReceipt", &format!("[{hash}]")).unwrap();
                    assert_eq!(receipt["status"], "0x1");
                }
            });
        }
    });
    let (groups, syncs) = database.written();
    assert_eq!(groups - before.0, 80, "one group a transaction");
    assert!(syncs - before.1 <= 80);
    assert_eq!(shared.lock().chain(ONE).unwrap().slot(TARGET, SENT), U256::from(80));
}

fn main() {
    if let Some(path) = std::env::var_os(CHILD) {
        child(Path::new(&path));
    }
    let tests: [(&str, fn()); 4] = [
        ("a_reopened_network_is_the_same_network", a_reopened_network_is_the_same_network),
        ("a_network_in_a_database_and_one_in_memory_agree", a_network_in_a_database_and_one_in_memory_agree),
        ("answers_wait_for_the_disk_and_share_it", answers_wait_for_the_disk_and_share_it),
        ("every_acknowledged_step_survives_kill", every_acknowledged_step_survives_kill),
    ];
    for (name, test) in tests {
        test();
        println!("test {name} ... ok");
    }
}
