//! Messages between chains that are under way when the process is killed.

use alloy_primitives::{Address, Bytes, TxKind, U256, address};
use alloy_signer_local::PrivateKeySigner;
use alloy_sol_types::SolCall;
use ephor_abi::bridge::{IArbSys::sendTxToL1Call, IInbox::createRetryableTicketCall};
use serde_json::{Value, json};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::mpsc::{Sender, channel},
    thread,
};

use crate::{
    chance::Chance,
    process::{Connection, Up, charter, up},
    program::{number, signed},
};

const ROUNDS: u64 = 12;
/// Answers after which a kill comes, at most, beside those that a first message needs.
const ANSWERS: u64 = 24;
const ETHEREUM: u64 = 7_000_001;
const ONE: u64 = 7_042_161;
const ARB_SYS: Address = Address::with_last_byte(0x64);
const INBOX: Address = address!("4Dbd4fc535Ac27206064B68FfCf827b0A60BAB3f");
const TARGET: Address = Address::repeat_byte(0x7A);
/// Wei that a ticket is sent with: for its submission, and for its gas if it has any.
const TICKET_WEI: u64 = 1_000_000_000_000_000;

/// The states of a message in the order they come in.
const STATES: [&str; 5] = ["challenged", "travelling", "executable", "redeemable", "executed"];

/// An answer that somebody had.
enum Said {
    /// A transaction that sends a message was taken, by its hash.
    Sent(Value),
    /// All messages.
    Messages(Value),
    /// A time.
    Time(u64),
}

/// A message to the parent: without data, which a bridge gives to contracts alone.
fn to_parent(_: u64) -> Vec<u8> {
    sendTxToL1Call { destination: TARGET, data: Bytes::new() }.abi_encode()
}

/// A ticket; every other one has no gas, and waits for somebody to redeem it.
fn to_child(nonce: u64) -> Vec<u8> {
    let (gas, wei) = if nonce.is_multiple_of(2) { (100_000, 1_000_000_000) } else { (0, 0) };
    let call = createRetryableTicketCall {
        to: TARGET,
        l2CallValue: U256::ZERO,
        maxSubmissionCost: U256::from(TICKET_WEI / 2),
        excessFeeRefundAddress: TARGET,
        callValueRefundAddress: TARGET,
        gasLimit: U256::from(gas),
        maxFeePerGas: U256::from(wei),
        data: Bytes::from_static(b"to the child"),
    };
    call.abi_encode()
}

/// Where messages of a kind are sent, and what makes one.
#[derive(Clone, Copy)]
struct Way {
    chain_id: u64,
    to: Address,
    wei: u64,
    data: fn(u64) -> Vec<u8>,
}

/// Sends messages without end.
fn send(mut chain: Connection, by: &PrivateKeySigner, way: Way, said: &Sender<Said>) -> Option<()> {
    let count = chain.try_ask("eth_getTransactionCount", &json!([by.address(), "latest"])).ok()?;
    let mut nonce = number(&count.expect("a count"));
    loop {
        let params = signed(by, way.chain_id, nonce, TxKind::Call(way.to), way.wei, &(way.data)(nonce));
        let hash = chain.try_ask("eth_sendRawTransaction", &params).ok()?.expect("it is taken");
        let receipt = chain.try_ask("eth_getTransactionReceipt", &json!([hash])).ok()?.expect("it is mined");
        assert_eq!(receipt["status"], "0x1", "{receipt}");
        said.send(Said::Sent(hash)).ok()?;
        nonce += 1;
    }
}

/// Lets time pass and messages arrive without end, and redeems what waits for it.
fn carry(mut chain: Connection, mut chance: Chance, said: &Sender<Said>) -> Option<()> {
    loop {
        let clock = chain.try_ask("ephor_advance", &json!([chance.below(400)])).ok()?.expect("time passes");
        said.send(Said::Time(clock["timestamp"].as_u64().expect("a time"))).ok()?;
        let messages = chain.try_ask("ephor_messages", &json!([true])).ok()?.expect("messages");
        let waiting = messages.as_array()?.iter().find(|message| message["state"] == "redeemable").cloned();
        said.send(Said::Messages(messages)).ok()?;
        if let Some(message) = waiting.filter(|_| chance.below(3) == 0) {
            chain.try_ask("ephor_relay", &json!([message["id"]])).ok()?.expect("it is redeemed");
        }
    }
}

/// Every message that somebody saw.
#[derive(Default)]
struct Seen {
    messages: BTreeMap<String, Value>,
    transactions: BTreeSet<String>,
    seconds: u64,
}

fn rank(message: &Value) -> usize {
    let place = STATES.iter().position(|state| message["state"] == *state);
    place.unwrap_or_else(|| panic!("{message}"))
}

impl Seen {
    fn note(&mut self, said: Said) {
        match said {
            Said::Sent(hash) => {
                self.transactions.insert(hash.as_str().expect("a hash").to_owned());
            }
            Said::Messages(messages) => {
                for message in messages.as_array().expect("messages") {
                    let id = message["id"].as_str().expect("an id").to_owned();
                    self.messages.insert(id, message.clone());
                }
            }
            Said::Time(seconds) => self.seconds = self.seconds.max(seconds),
        }
    }

    fn under_way(&self) -> usize {
        self.messages.values().filter(|message| message["state"] != "executed").count()
    }

    /// All of them are there, where they were or further; and each transaction has its message.
    #[track_caller]
    fn check(&mut self, up: &Up) {
        let mut chain = up.connect("arbitrum-one");
        let clock = chain.ask("ephor_clock", &json!([]))["timestamp"].as_u64().expect("a time");
        assert!(clock >= self.seconds, "{} was acknowledged, the clock shows {clock}", self.seconds);
        let messages = chain.ask("ephor_messages", &json!([true]));
        let by_id: BTreeMap<&str, &Value> = messages
            .as_array()
            .expect("messages")
            .iter()
            .map(|message| (message["id"].as_str().expect("an id"), message))
            .collect();
        for (id, seen) in &self.messages {
            let found = by_id.get(id.as_str()).unwrap_or_else(|| panic!("{id} is gone: {seen}"));
            for field in ["fromChain", "toChain", "sentBlock", "sentTimestamp", "sentTransaction", "sender", "to"] {
                assert_eq!(found[field], seen[field], "{field} of {id}");
            }
            for field in ["value", "data", "hash"] {
                assert_eq!(found[field], seen[field], "{field} of {id}");
            }
            assert!(rank(found) >= rank(seen), "{found} was {seen}");
            if found["state"] == seen["state"] {
                assert_eq!(found["until"], seen["until"], "{id}");
            }
        }
        let sent: BTreeSet<&str> =
            by_id.values().map(|message| message["sentTransaction"].as_str().expect("a hash")).collect();
        assert_eq!(sent.len(), by_id.len(), "a transaction sends one message here");
        for hash in &self.transactions {
            assert!(sent.contains(hash.as_str()), "{hash} has no message");
        }
        self.note(Said::Messages(messages));
    }
}

/// Sends messages both ways and lets them travel, kills the network after a number of answers, and takes down every answer that came.
fn load_and_kill(up: Up, seen: &mut Seen, chance: &mut Chance) {
    let (answers, passing) = (chance.below(ANSWERS), Chance(chance.below(u64::MAX)));
    let parent = Way { chain_id: ONE, to: ARB_SYS, wei: 0, data: to_parent };
    let child = Way { chain_id: ETHEREUM, to: INBOX, wei: TICKET_WEI, data: to_child };
    let (say, said) = channel();
    thread::scope(|scope| {
        for (account, chain, way) in [(0, "arbitrum-one", parent), (1, "ethereum", child)] {
            let (chain, key, say) = (up.connect(chain), up.key(account), say.clone());
            scope.spawn(move || send(chain, &key, way, &say));
        }
        let chain = up.connect("arbitrum-one");
        scope.spawn(move || carry(chain, passing, &say));
        let mut heard = 0;
        while heard < answers || seen.under_way() == 0 {
            seen.note(said.recv().expect("the load goes on"));
            heard += 1;
        }
        up.kill();
        // The channel ends when the last connection has noticed.
        said.iter().for_each(|said| seen.note(said));
    });
}

#[test]
fn messages_under_way_survive_kills_and_arrive() {
    let place = tempfile::tempdir().expect("a folder");
    let (charter, data) = (charter("arbitrum.toml"), place.path().join("network"));
    let start = || Up::start(up(Some(&charter), &data, None));
    let (mut seen, mut chance) = (Seen::default(), Chance(11));
    let mut network = start();
    for _ in 0..ROUNDS {
        load_and_kill(network, &mut seen, &mut chance);
        network = start();
        seen.check(&network);
    }
    // What was under way all the time arrives: tickets are redeemed, and messages to the parent are proven and executed.
    let mut chain = network.connect("arbitrum-one");
    chain.ask("ephor_advance", &json!([3_600]));
    let mut arrived = 0;
    for state in ["redeemable", "executable"] {
        let messages = chain.ask("ephor_messages", &json!([]));
        for message in messages.as_array().expect("messages").iter().filter(|message| message["state"] == state) {
            let relayed = chain.ask("ephor_relay", &json!([message["id"]]));
            assert_eq!(relayed["message"]["state"], "executed", "{relayed}");
            arrived += 1;
        }
        chain.ask("ephor_advance", &json!([7 * 86_400]));
    }
    assert_eq!(chain.ask("ephor_messages", &json!([])), json!([]), "nothing is under way any more");
    seen.check(&network);
    println!("{} messages, of which {arrived} were under way at the end", seen.messages.len());
    assert_eq!(network.stop().status.code(), Some(0));
}
