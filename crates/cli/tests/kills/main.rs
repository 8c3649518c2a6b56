//! `ephor up` on a folder, killed in the middle of everything, and on a disk that takes no more.
//!
//! ```text
//! start ─▶ answers ─▶ what was acknowledged before is there ─▶ several connections act, and note each answer ─▶ kill -9 ─▶ start …
//! ```
//! An answer is acknowledged once a client has read it. When a kill comes is drawn from a seed, by the number of answers; what the other
//! connections have under way at that moment is up to the machine.

#![cfg(unix)]

mod chance;
mod disk;
mod ledger;
mod messages;
mod opening;
mod process;
mod program;

use alloy_primitives::{Address, TxKind};
use alloy_signer_local::PrivateKeySigner;
use serde_json::json;
use std::{
    sync::mpsc::{Sender, channel},
    thread,
    time::{Duration, Instant},
};

use chance::Chance;
use ledger::{Ledger, Said};
use process::{Connection, Up, charter, up};
use program::{HOME, create, nonce, number, signed};

/// How often the same folder is killed.
const ROUNDS: u64 = 100;
/// Answers after which a kill comes, at most.
const ANSWERS: u64 = 48;
/// Accounts that send transactions, each on a connection of its own.
const CALLERS: usize = 4;

/// Calls the program without end, and says what is answered.
fn call(mut chain: Connection, by: &PrivateKeySigner, program: Address, said: &Sender<Said>) -> Option<()> {
    let count = chain.try_ask("eth_getTransactionCount", &json!([by.address(), "latest"])).ok()?;
    let mut nonce = number(&count.expect("a count"));
    loop {
        let params = signed(by, HOME, nonce, TxKind::Call(program), 0, &[]);
        let hash = chain.try_ask("eth_sendRawTransaction", &params).ok()?.expect("it is taken");
        said.send(Said::Sent(hash.clone())).ok()?;
        let receipt = chain.try_ask("eth_getTransactionReceipt", &json!([hash])).ok()?.expect("it is mined");
        said.send(Said::Receipt(receipt)).ok()?;
        nonce += 1;
    }
}

/// Lets time pass and blocks come without end.
fn pass(mut chain: Connection, mut chance: Chance, said: &Sender<Said>) -> Option<()> {
    loop {
        if chance.below(2) == 0 {
            chain.try_ask("evm_mine", &json!([])).ok()?.expect("a block");
        } else {
            let seconds = json!([chance.below(60)]);
            let clock = chain.try_ask("ephor_advance", &seconds).ok()?.expect("time passes");
            said.send(Said::Time(clock["timestamp"].as_u64().expect("a time"))).ok()?;
        }
        let block = chain.try_ask("eth_getBlockByNumber", &json!(["latest", false])).ok()?.expect("a block");
        said.send(Said::Block(block)).ok()?;
    }
}

/// Loads the network from several connections, kills it after a number of answers, and takes down every answer that came.
fn load_and_kill(up: Up, program: Address, ledger: &mut Ledger, chance: &mut Chance) {
    let (answers, passing) = (chance.below(ANSWERS), Chance(chance.below(u64::MAX)));
    let (say, said) = channel();
    thread::scope(|scope| {
        for account in 0..CALLERS {
            let (chain, key, say) = (up.connect("home"), up.key(account), say.clone());
            scope.spawn(move || call(chain, &key, program, &say));
        }
        let chain = up.connect("home");
        scope.spawn(move || pass(chain, passing, &say));
        for _ in 0..answers {
            ledger.note(said.recv().expect("the load goes on"));
        }
        up.kill();
        // The channel ends when the last connection has noticed.
        said.iter().for_each(|said| ledger.note(said));
    });
}

/// What something gives, and how long it takes: told, and rested on by nothing.
#[expect(clippy::disallowed_methods, reason = "measures")]
fn timed<T>(does: impl FnOnce() -> T) -> (T, Duration) {
    let began = Instant::now();
    (does(), began.elapsed())
}

#[test]
fn what_was_acknowledged_survives_a_hundred_kills() {
    let place = tempfile::tempdir().expect("a folder");
    let (charter, data) = (charter("minimal.toml"), place.path().join("network"));
    let start = || Up::start(up(Some(&charter), &data, None));
    let mut chance = Chance(7);
    let mut network = start();
    let program = create(&network);
    let mut home = network.connect("home");
    let callers = (0..CALLERS).map(|account| network.key(account).address());
    let mut ledger = Ledger::new(program, callers.map(|caller| (caller, nonce(&mut home, caller))).collect());
    let mut openings = Vec::new();
    for round in 0..ROUNDS {
        load_and_kill(network, program, &mut ledger, &mut chance);
        // Now and then it is killed again while it opens.
        if round % 8 == 7 {
            opening::kill_after(up(Some(&charter), &data, None), &data, chance.below(4));
        }
        let (opened, after) = timed(start);
        network = opened;
        openings.push(after);
        ledger.check_fresh(&network);
    }
    ledger.check_all(&network);
    // Empty segments of the journal do not pile up.
    let files = std::fs::read_dir(&data).expect("the folder").count();
    assert!(files < 8, "{files} files");
    openings.sort_unstable();
    let (typical, longest) = (openings[openings.len() / 2], openings[openings.len() - 1]);
    println!("{} transactions; ready again after {typical:?}, at most {longest:?}", ledger.len());
    assert_eq!(network.stop().status.code(), Some(0));
}

#[test]
fn a_network_killed_while_it_is_stood_up_can_be_stood_up_again() {
    let place = tempfile::tempdir().expect("a folder");
    let charter = charter("arbitrum.toml");
    for changes in 0..8 {
        let data = place.path().join(changes.to_string());
        opening::kill_after(up(Some(&charter), &data, None), &data, changes);
        let network = Up::start(up(Some(&charter), &data, None));
        let latest = network.connect("arbitrum-one").ask("eth_getBlockByNumber", &json!(["latest", false]));
        assert!(latest["hash"].is_string(), "{latest}");
        let election = network.connect("").ask("ephor_election", &json!([4]));
        assert_eq!(election["phase"], "due", "{election}");
        let balance = network.connect("ethereum").ask("eth_getBalance", &json!([network.key(9).address(), "latest"]));
        assert_eq!(balance, "0x21e19e0c9bab2400000", "10,000 ether");
        assert_eq!(network.stop().status.code(), Some(0));
    }
}
