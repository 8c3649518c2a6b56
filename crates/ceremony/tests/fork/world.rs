//! A network with Safes on it, its endpoints, and what can come between an endpoint and whoever asks it.

use std::{collections::BTreeMap, sync::Arc, sync::Mutex};

use alloy_primitives::{Address, B256, Bytes, U256, address, bytes};
use alloy_signer::SignerSync;
use alloy_signer_local::PrivateKeySigner;
use alloy_sol_types::SolCall;
use ephor_abi::safe::ISafe;
use ephor_ceremony::{
    Batch, Call, Ceremony, Consent, Operation, Release, SafeNode, Signature, Simulation, Step,
    collection::execution,
    fork::{self, BlockRef, Pinned, Settings, Transport, TransportError},
    recipe,
    simulation::SimulationError,
};
use ephor_chain::Code;
use ephor_network::{BridgeSpec, ChainSpec, Clock, Endpoint, Network, NetworkConfig, Shared, rpc};
use serde_json::{Value, json};

pub(crate) const ETHEREUM: u64 = 7_000_001;
pub(crate) const ONE: u64 = 7_042_161;
const START: u64 = 1_757_937_600;

pub(crate) const ROOT: Address = address!("00000000000000000000000000000000000a0000");
pub(crate) const CHILD: Address = address!("00000000000000000000000000000000000a0001");
/// Keeps the last word that it is told, in slot 0.
pub(crate) const KEEPER: Address = address!("00000000000000000000000000000000000c0000");
/// Keeps the block's number in slot 0, its time in slot 1, and the hash of the block 3 before it in slot 2.
pub(crate) const CLOCK: Address = address!("00000000000000000000000000000000000c0001");
pub(crate) const SENDER: Address = address!("00000000000000000000000000000000000000bb");
/// The wei that the root has.
const RICHES: u64 = 1_000;

pub(crate) fn key(n: u64) -> PrivateKeySigner {
    PrivateKeySigner::from_bytes(&B256::from(U256::from(n + 1))).expect("a small number is a key")
}

/// A network on which both chains have the Safes, which keeps its past and proves its state.
pub(crate) struct World {
    shared: Shared,
    pub(crate) chain: u64,
}

impl World {
    pub(crate) fn new(chain: u64) -> Self {
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
        let spec =
            |name: &str, chain_id, bridge| ChainSpec { name: name.to_owned(), chain_id, base_fee_wei: 0, bridge };
        let chains = vec![spec("ethereum", ETHEREUM, None), spec("one", ONE, Some(bridge))];
        let programs = ephor_programs::all();
        let mut network =
            Network::with_past(NetworkConfig { clock, chains }, programs.iter().copied()).expect("a network");
        for (at, program) in ephor_programs::LIBRARIES {
            network.install(chain, *at, &Code::Program(*program), []).expect("installed");
        }
        let code = [
            (ROOT, Code::Program(ephor_programs::SAFE)),
            (CHILD, Code::Program(ephor_programs::SAFE_1_4_1)),
            (KEEPER, Code::Evm(bytes!("60043560005500"))),
            (CLOCK, Code::Evm(bytes!("435f5542600155600343034060025500"))),
        ];
        for (at, code) in code {
            network.install(chain, at, &code, []).expect("installed");
        }
        network.chain_mut(chain).expect("the chain").set_balance(ROOT, U256::from(RICHES)).expect("set");
        let shared = Shared::with(network, rpc::Settings { impersonate: true, ..rpc::Settings::default() });
        let world = Self { shared, chain };
        world.set_up(CHILD, &[key(0).address(), key(1).address()]);
        world.set_up(ROOT, &[CHILD, key(2).address()]);
        world
    }

    fn set_up(&self, safe: Address, owners: &[Address]) {
        let setup = ISafe::setupCall {
            _owners: owners.to_vec(),
            _threshold: U256::from(owners.len()),
            to: Address::ZERO,
            data: Bytes::new(),
            fallbackHandler: Address::ZERO,
            paymentToken: Address::ZERO,
            payment: U256::ZERO,
            paymentReceiver: Address::ZERO,
        };
        self.send(safe, &setup.abi_encode().into());
    }

    pub(crate) fn endpoint(&self) -> Endpoint {
        self.shared.endpoint(self.chain).expect("the chain is served")
    }

    #[track_caller]
    pub(crate) fn ask(&self, method: &str, params: &Value) -> Value {
        self.endpoint().handle(method, &params.to_string()).unwrap_or_else(|error| panic!("{method}: {error}"))
    }

    /// Sends a transaction that must succeed, and gives its hash.
    #[track_caller]
    pub(crate) fn send(&self, to: Address, data: &Bytes) -> Value {
        let hash = self.ask("eth_sendTransaction", &json!([{ "from": SENDER, "to": to, "data": data }]));
        let receipt = self.ask("eth_getTransactionReceipt", &json!([hash]));
        assert_eq!(receipt["status"], "0x1", "{receipt}");
        hash
    }

    pub(crate) fn latest(&self) -> Value {
        self.ask("eth_getBlockByNumber", &json!(["latest", false]))
    }

    /// What `eth_getStorageAt` says.
    pub(crate) fn slot(&self, address: Address, slot: u64) -> U256 {
        let word = self.ask("eth_getStorageAt", &json!([address, U256::from(slot), "latest"]));
        word.as_str().and_then(|word| word.parse().ok()).expect("a word")
    }

    /// A transaction of the root, which its child approves.
    pub(crate) fn ceremony(&self, calls: &[(Address, u64, Bytes)]) -> Ceremony {
        let child = SafeNode {
            owners: vec![key(0).address(), key(1).address()],
            threshold: 2,
            ..SafeNode::new(CHILD, Release::V1_4_1, U256::ZERO)
        };
        let root = SafeNode {
            owners: vec![CHILD, key(2).address()],
            threshold: 2,
            children: vec![child],
            ..SafeNode::new(ROOT, Release::V1_3_0, U256::ZERO)
        };
        let calls: Vec<Call> = calls
            .iter()
            .map(|(to, value, data)| Call {
                to: *to,
                value: U256::from(*value),
                data: data.clone(),
                operation: Operation::Call,
                allow_failure: false,
            })
            .collect();
        let action = recipe::action(&calls, Some(Batch::MultiSend)).expect("calls");
        Ceremony {
            title: "Try".to_owned(),
            chain_id: self.chain,
            root,
            action,
            names: BTreeMap::new(),
            former_owners: BTreeMap::new(),
            world: None,
        }
    }

    /// Executes one Safe's part as people would: with signatures of its owners, and the approvals of its children.
    #[track_caller]
    pub(crate) fn execute(&self, step: &Step<'_>) -> Value {
        let sign = |owner: &Address| {
            let consent = match (0..3).map(key).find(|key| key.address() == *owner) {
                Some(key) => Consent::of_hash(&key.sign_hash_sync(&step.hashes.safe_tx).expect("signed")),
                None => Consent::Approved,
            };
            let (safe, safe_tx_hash) = (step.safe.address, step.hashes.safe_tx);
            Signature { chain_id: self.chain, safe, safe_tx_hash, owner: *owner, consent }
        };
        let signatures: Vec<Signature> = step.safe.owners.iter().map(sign).collect();
        self.send(step.safe.address, &execution(&step.action, &signatures))
    }

    pub(crate) fn transport(&self) -> Between {
        Between { endpoint: self.endpoint(), alter: Box::new(|_, _| true), asked: Arc::default() }
    }

    /// Something between the endpoint and whoever asks it, which changes answers, or takes them away by saying `false`.
    pub(crate) fn between(&self, alter: impl FnMut(&str, &mut Value) -> bool + 'static) -> Between {
        Between { alter: Box::new(alter), ..self.transport() }
    }
}

/// The calldata that has a keeper keep a word.
pub(crate) fn keep(word: u64) -> Bytes {
    [&[0; 4][..], &U256::from(word).to_be_bytes::<32>()].concat().into()
}

type Alter = Box<dyn FnMut(&str, &mut Value) -> bool>;

/// An endpoint in this process.
pub(crate) struct Between {
    endpoint: Endpoint,
    alter: Alter,
    pub(crate) asked: Arc<Mutex<Vec<String>>>,
}

impl Transport for Between {
    fn name(&self) -> &str {
        "here"
    }

    fn exchange(&mut self, question: &[u8], most: usize) -> Result<Vec<u8>, TransportError> {
        let question: Value = serde_json::from_slice(question).expect("a question");
        let method = question["method"].as_str().expect("a method");
        self.asked.lock().expect("a list").push(method.to_owned());
        let mut answer = match self.endpoint.handle(method, &question["params"].to_string()) {
            Ok(result) => json!({ "jsonrpc": "2.0", "id": question["id"], "result": result }),
            Err(error) => {
                json!({ "jsonrpc": "2.0", "id": question["id"], "error": { "code": error.code, "message": error.message } })
            }
        };
        if !(self.alter)(method, &mut answer) {
            return Err(TransportError::Unreachable("connection reset".to_owned()));
        }
        let bytes = answer.to_string().into_bytes();
        if bytes.len() > most { Err(TransportError::TooLarge(most)) } else { Ok(bytes) }
    }
}

pub(crate) fn simulate(
    ceremony: &Ceremony,
    transport: impl Transport,
    block: BlockRef,
) -> Result<(Simulation, Pinned), SimulationError> {
    fork::simulate(ceremony, transport, Settings { block, require_proof: false })
}
