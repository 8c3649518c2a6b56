//! Keepers: two at once, watching, stopping.

use crate::{
    lookup::{NOVA_SAFE, voted},
    network::{Network, on},
};
use alloy_primitives::keccak256;
use serde_json::{Value, json};
use std::{
    io::{BufRead, BufReader},
    process::{Child, Stdio},
    sync::mpsc::{Receiver, Sender, channel},
    thread,
    time::Duration,
};

/// How long a keeper may take to notice.
const PATIENCE: Duration = Duration::from_secs(60);
/// How long a notice is waited for before the clock is moved again.
const NOTICE: Duration = Duration::from_secs(3);
/// How often the clock is moved at most.
const MOST_MOVES: usize = 60;

/// `ephor pipeline relay --all --watch`.
struct Keeper {
    child: Child,
    reader: Option<thread::JoinHandle<()>>,
}

impl Keeper {
    /// One that looks every second, and tells each notice.
    fn start(network: &Network, signer: &str, told: &Sender<Value>) -> Self {
        let arguments = ["pipeline", "relay", "--all", "--watch", "--poll", "1", "--json", "--signer", signer];
        let mut child = on(&network.url, &arguments).stdout(Stdio::piped()).spawn().expect("the binary starts");
        let (out, told) = (child.stdout.take().expect("its output"), told.clone());
        let reader = thread::spawn(move || {
            for line in BufReader::new(out).lines() {
                // A keeper that is killed may leave half a line.
                let Ok(notice) = serde_json::from_str(&line.expect("text")) else { break };
                if told.send(notice).is_err() {
                    break;
                }
            }
        });
        Self { child, reader: Some(reader) }
    }

    /// Asks it to stop and waits for it.
    fn stop(mut self) -> Option<i32> {
        let id = self.child.id().to_string();
        let killed = std::process::Command::new("kill").args(["-TERM", &id]).status().expect("kill runs");
        assert!(killed.success());
        let status = self.child.wait().expect("it ends");
        self.reader.take().expect("a reader").join().expect("it reads to the end");
        status.code()
    }
}

impl Drop for Keeper {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Waits for a step to be taken, and returns what it is.
#[track_caller]
fn taken(told: &Receiver<Value>) -> String {
    loop {
        let notice = told.recv_timeout(PATIENCE).expect("a keeper takes the step");
        if let Some(step) = sentence(&notice) {
            return step;
        }
    }
}

/// What was taken, if the notice tells of that.
fn sentence(notice: &Value) -> Option<String> {
    (notice["event"] == "taken").then(|| notice["what"].as_str().expect("a sentence").to_owned())
}

fn topic(event: &str) -> String {
    keccak256(event).to_string()
}

#[test]
fn two_keepers_at_once_take_each_step_exactly_once() {
    let network = Network::up("arbitrum.toml", "2025-09-14T12:00Z");
    let (tell, told) = channel();
    let keepers = [Keeper::start(&network, "dev0", &tell), Keeper::start(&network, "dev1", &tell)];
    let mut steps = Vec::new();
    let advance = |how: &str| drop(network.json(&["clock", "advance", how]));

    advance("--phase");
    steps.push(taken(&told));
    let contenders = ["dev2", "dev3", "dev4", "dev5", "dev6", "dev7"];
    for contender in contenders {
        network.json(&["election", "register", "--signer", contender]);
    }
    advance("--phase");
    for (half, signer) in contenders.chunks(3).zip(["dev2", "dev3"]) {
        let choices: Vec<String> = half.iter().map(|contender| format!("{contender}=25%")).collect();
        let mut arguments = vec!["election", "endorse", "--signer", signer];
        arguments.extend(choices.iter().flat_map(|choice| ["--for", choice.as_str()]));
        network.json(&arguments);
    }
    advance("--phase");
    advance("--phase");
    steps.push(taken(&told));
    let voting = || {
        let status = network.json(&["election", "status"]);
        status["election"]["phase"].as_str().expect("a phase").starts_with("member voting,")
    };
    while !voting() {
        advance("--phase");
    }
    for (number, nominee) in contenders.iter().enumerate() {
        let choice = format!("{nominee}={}%", number + 1);
        network.json(&["election", "vote", "--signer", "dev4", "--for", &choice]);
    }
    while voting() {
        advance("--phase");
    }
    steps.push(taken(&told));
    // Operation, message, batch, and a ticket for each of the three Safes on other chains than the L1.
    for _ in 0..MOST_MOVES {
        let updates = network.json(&["pipeline", "show"])["pipeline"]["updates"].clone();
        if updates[0]["next"].as_array().expect("steps").is_empty() {
            break;
        }
        network.run(&["clock", "advance", "--step"]);
        // A keeper tells when it sees something new; when it does not, the clock is moved on.
        steps.extend(told.recv_timeout(NOTICE).ok().and_then(|notice| sentence(&notice)));
        steps.extend(told.try_iter().filter_map(|notice| sentence(&notice)));
    }
    let shown = network.json(&["council", "show"]);
    assert_eq!(shown["in_line"], true);
    for keeper in keepers {
        assert_eq!(keeper.stop(), Some(0));
    }
    drop(tell);
    let rest: Vec<Value> = told.iter().collect();
    steps.extend(rest.iter().filter_map(sentence));
    assert_eq!(rest.iter().filter(|notice| notice["event"] == "stopped").count(), 2);
    let counted: u64 = rest.iter().filter_map(|notice| notice["taken"].as_u64()).sum();
    assert_eq!((counted, steps.len()), (9, 9), "{steps:#?}");
    let begins = [
        "create",
        "start",
        "install",
        "execute operation",
        "execute message",
        "execute operation",
        "redeem",
        "redeem",
        "redeem",
    ];
    for (step, beginning) in steps.iter().zip(begins) {
        assert!(step.starts_with(beginning), "{step:?} where {beginning:?} is due: {steps:#?}");
    }

    // And the chains say so: each event of a step once.
    let core = topic("CallExecuted(bytes32,uint256,address,uint256,bytes)");
    let contract = |chain: &str, part: &str| address(&network, chain, part);
    assert_eq!(network.logs("arbitrum-one", &core, Some(&contract("arbitrum-one", "core-timelock"))), 1);
    assert_eq!(network.logs("ethereum", &core, Some(&contract("ethereum", "ethereum/l1-timelock"))), 4);
    let executed = topic("OutBoxTransactionExecuted(address,address,uint256,uint256)");
    assert_eq!(network.logs("ethereum", &executed, None), 1);
    let created = topic("ProposalCreated(uint256,address,address[],uint256[],string[],bytes[],uint256,uint256,string)");
    for governor in ["nominee-election", "member-election"] {
        let at = contract("arbitrum-one", governor);
        assert_eq!(network.logs("arbitrum-one", &created, Some(&at)), 1, "{governor}");
    }
}

/// Elects `dev5`, `dev6` and `dev7` up to the point where the winners can be handed over.
#[track_caller]
fn decide(network: &Network) {
    let phase = |name: &str| drop(network.json(&["clock", "advance", "--phase", name]));
    let contenders = ["dev5", "dev6", "dev7"];
    network.json(&["election", "create"]);
    for contender in contenders {
        network.json(&["election", "register", "--signer", contender]);
    }
    phase("endorsement");
    for contender in contenders {
        network.json(&["election", "endorse", "--signer", "dev0", "--for", &format!("{contender}=6000")]);
    }
    phase("vetted");
    network.json(&["election", "execute"]);
    phase("voting");
    network.json(&["election", "vote", "--for", "dev5=30%", "--for", "dev6=20%", "--for", "dev7=10%"]);
    phase("voted");
}

#[test]
fn keepers_that_are_killed_and_started_again_take_no_step_twice() {
    let network = Network::up("minimal.toml", "2026-02-01T12:00Z");
    decide(&network);
    let (tell, told) = channel();
    // Of one account, so that their transactions have the same nonces as well.
    let start = || Keeper::start(&network, "dev9", &tell);
    let mut keepers = vec![start(), start(), start()];
    let executed = topic("ProposalExecuted(uint256)");
    let core = topic("CallExecuted(bytes32,uint256,address,uint256,bytes)");
    let governor = address(&network, "home", "member-election");
    let timelock = address(&network, "home", "core-timelock");
    let done = || (network.logs("home", &executed, Some(&governor)), network.logs("home", &core, Some(&timelock)));
    // Whatever a keeper is about when it is killed, the next one goes on from what the chains say.
    let mut moves = 0;
    while done() != (1, 1) {
        moves += 1;
        assert!(moves < MOST_MOVES, "the update does not arrive: {:?}", done());
        drop(keepers.remove(0));
        keepers.push(start());
        network.run(&["clock", "advance", "--step"]);
        let _ = told.recv_timeout(NOTICE);
    }
    let shown = network.json(&["council", "show"]);
    assert_eq!(shown["in_line"], true);
    // With nothing left to do, new ones take no step, and say so when they are stopped.
    drop(keepers);
    while told.try_recv().is_ok() {}
    let last = start();
    let waits = told.recv_timeout(PATIENCE).expect("a notice");
    assert_eq!(waits["event"], "waiting");
    assert_eq!(last.stop(), Some(0));
    drop(tell);
    let stopped = told.iter().find(|notice| notice["event"] == "stopped").expect("its last notice");
    assert_eq!(stopped["taken"], 0);
    assert_eq!(done(), (1, 1));
}

#[test]
fn takes_what_is_due_once_and_one_update_alone_where_asked() {
    let network = Network::up("minimal.toml", "2026-02-01T12:00Z");
    decide(&network);
    // Without --all updates alone are carried on; handing the winners over is none.
    let none = network.run(&["pipeline", "relay", "--once"]).exits(0);
    assert_eq!(none.stdout, "0 steps taken.\n");
    let due = network.json(&["pipeline", "relay", "--all", "--dry-run"]);
    assert_eq!((&due["sent"], due["transactions"].as_array().map(Vec::len)), (&false.into(), Some(1)));
    let taken = network.json(&["pipeline", "relay", "--all"]);
    assert_eq!(taken["relay"]["taken"].as_array().map(Vec::len), Some(1), "{taken:#}");
    // The update waits for its timelock, and the next election for its date.
    assert_eq!(taken["relay"]["waiting"].as_array().map(Vec::len), Some(2), "{taken:#}");

    let shown = network.run(&["pipeline", "show"]).exits(0).stdout;
    for part in
        ["Update 1", "members      0x", "core timelock", "waits until", "next:", "anybody can: ephor pipeline relay"]
    {
        assert!(shown.contains(part), "{part:?} is not in\n{shown}");
    }
    network.json(&["clock", "advance", "--step"]);
    let relay = |update: &str| {
        network.json(&["pipeline", "relay", "--update", update])["relay"]["taken"].as_array().map(Vec::len)
    };
    assert_eq!((relay("7"), relay("1"), relay("1")), (Some(0), Some(1), Some(0)));
    let shown = network.run(&["pipeline", "show"]).exits(0).stdout;
    assert!(shown.contains("Update 1: everywhere"), "{shown}");
    network.run(&["pipeline", "relay", "--all", "--update", "1"]).refuses(2, &["cannot be used with"]);
    network.run(&["pipeline", "relay", "--once", "--watch"]).refuses(2, &["cannot be used with"]);
    network.run(&["pipeline", "relay", "--poll", "0"]).refuses(2, &["--poll"]);
}

#[test]
fn a_ticket_whose_attempt_fails_is_not_redeemed_without_end() {
    let network = voted().network;
    network.step("execute message");
    network.step("execute operation");
    network.json(&["clock", "advance", "1h"]);
    // What the ticket calls refuses for as long as it has no code.
    let code = network.ask("arbitrum-nova", "eth_getCode", &json!([NOVA_SAFE, "latest"]));
    network.ask("arbitrum-nova", "anvil_setCode", &json!([NOVA_SAFE, "0x"]));
    let scheduled = topic("RedeemScheduled(bytes32,bytes32,uint64,uint64,address,uint256,uint256)");
    let attempts = || network.logs("arbitrum-nova", &scheduled, None);
    let relay = network.json(&["pipeline", "relay", "--all"]);
    let [left] = &relay["relay"]["left"].as_array().expect("steps left")[..] else { panic!("{relay:#}") };
    assert!(left["why"].as_str().is_some_and(|why| why.starts_with("the attempt failed")), "{left:#}");
    let (again, next) = (left["again_seconds"].as_u64(), &relay["relay"]["waiting"][0]);
    assert_eq!((&next["what"], next["earliest_seconds"].as_u64()), (&left["what"], again));
    assert_eq!((&relay["relay"]["taken"], attempts()), (&json!([]), 1));

    let (tell, told) = channel();
    let keeper = Keeper::start(&network, "dev9", &tell);
    let event = |name: &str| loop {
        let notice = told.recv_timeout(PATIENCE).expect("a notice");
        if notice["event"] == name {
            break notice;
        }
    };
    let failed = event("failed");
    assert_eq!((&failed["what"], failed["again_seconds"].as_u64()), (&left["what"], again));
    assert_eq!((&event("waiting")["next"]["what"], attempts()), (&left["what"], 2));
    // A minute later it has its code again.
    network.ask("arbitrum-nova", "anvil_setCode", &json!([NOVA_SAFE, code]));
    network.json(&["clock", "advance", "2m"]);
    assert_eq!((&event("taken")["what"], attempts()), (&left["what"], 3));
    assert_eq!(keeper.stop(), Some(0));
}

/// The address of a contract, from the address book.
#[track_caller]
fn address(network: &Network, _chain: &str, name: &str) -> String {
    let book = network.json(&["accounts"])["address_book"].clone();
    let found =
        book.as_array().expect("a book").iter().find(|entry| entry["name"] == name).expect("the contract").clone();
    found["address"].as_str().expect("an address").to_owned()
}
