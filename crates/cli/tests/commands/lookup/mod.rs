//! `ephor explain --rpc` and `ephor verify --rpc` on a running network of three chains: every id that a vote has on its way, a Safe's
//! transaction, calls that nobody knows, and endpoints that do not tell the truth.

mod liar;

use crate::{
    harness::{Run, repository},
    network::{Network, on},
};
use alloy_primitives::{Address, B256, Bytes, U256, address, hex, keccak256};
use alloy_sol_types::{SolCall, SolEvent, SolValue};
use ephor_abi::{
    bridge::{ARB_SYS, IArbRetryableTx::TicketCreated, IArbSys, RETRYABLE_TICKET_MAGIC},
    council::IUpgradeExecutor,
    governor::{IGovernor, ITimelockedGovernor},
    safe::ISafe,
    timelock::ITimelock::{CallScheduled, scheduleBatchCall},
};
use serde_json::{Value, json};
use std::fs;

const START: &str = "2025-09-14T12:00Z";
const GOVERNOR: Address = address!("f07DeD9dC292157749B6Fd268E37DF6EA38395B9");
const L1_TIMELOCK: Address = address!("E6841D92B0C345144506576eC13ECf5103aC7f49");
const NOVA_INBOX: Address = address!("c4448b71118c9071Bcb9734A0EAc55D18A153949");
const NOVA_EXECUTOR: Address = address!("86a02dD71363c440b21F4c0E5B2Ad01Ffe1A7482");
pub(crate) const NOVA_SAFE: Address = address!("c232ee726E3C51B86778BB4dBe61C52cC07A60F3");
const MEMBER: &str = "0x882c6FCb3D358b9d70B97c6999159cea64168B6F";

/// Runs a command of the council on an endpoint.
#[track_caller]
fn told(url: &str, arguments: &[&str]) -> Run {
    let charter = repository("charters/arbitrum.toml");
    let output = on(url, arguments).arg("--charter").arg(charter).output().expect("the binary starts");
    let text = |bytes| String::from_utf8(bytes).expect("UTF-8");
    Run { code: output.status.code(), stdout: text(output.stdout), stderr: text(output.stderr) }
}

#[track_caller]
fn explained(network: &Network, id: &str) -> Value {
    told(&network.url, &["explain", id, "--json"]).exits(0).json()
}

/// The node that was searched.
fn found(document: &Value) -> &Value {
    let way = document["found_at"].as_array().expect("a way");
    let index = |index: &Value| index.as_u64().and_then(|index| usize::try_from(index).ok()).expect("an index");
    way.iter().map(index).fold(&document["root"], |node, index| &node["children"][index - 1])
}

/// All nodes, parents first.
fn nodes(node: &Value) -> Vec<&Value> {
    let below = node["children"].as_array().expect("children").iter().flat_map(nodes);
    std::iter::once(node).chain(below).collect()
}

/// The ids of a kind in a tree, parents first.
fn ids<'a>(document: &'a Value, kind: &str) -> Vec<&'a str> {
    let of = |node: &'a Value| node["ids"].as_array().expect("ids").iter();
    let all = nodes(&document["root"]).into_iter().flat_map(of);
    all.filter(|id| id["kind"] == kind).map(|id| id["hash"].as_str().expect("a hash")).collect()
}

/// The kinds of the nodes from the root to the first leaf.
fn line(document: &Value) -> Vec<(&str, u64)> {
    let mut line = Vec::new();
    let mut node = &document["root"];
    while node.is_object() {
        line.push((node["kind"].as_str().expect("a kind"), node["chain"].as_u64().expect("a chain")));
        node = &node["children"][0];
    }
    line
}

impl Network {
    /// Sends a transaction of a development account, which must succeed. Returns its hash.
    #[track_caller]
    fn transact(&self, name: &str, to: Address, data: Vec<u8>) -> String {
        let (from, _) = self.account(name);
        let request = json!([{ "from": from, "to": to, "data": hex::encode_prefixed(data) }]);
        let hash = self.ask("arbitrum-one", "eth_sendTransaction", &request);
        let receipt = self.ask("arbitrum-one", "eth_getTransactionReceipt", &json!([hash]));
        assert_eq!(receipt["status"], "0x1", "{receipt}");
        hash.as_str().expect("a hash").to_owned()
    }

    /// The indexed arguments of the logs of an event, in order.
    #[track_caller]
    fn topics(&self, chain: &str, event: B256) -> Vec<String> {
        let logs = self.ask(chain, "eth_getLogs", &json!([{ "fromBlock": "0x0", "topics": [event] }]));
        let first = |log: &Value| log["topics"][1].as_str().expect("a topic").to_owned();
        logs.as_array().expect("logs").iter().map(first).collect()
    }

    /// Carries everything on by one step, and returns the hash of what was done for it, if it is of a kind.
    #[track_caller]
    pub(crate) fn step(&self, kind: &str) -> String {
        for _ in 0..6 {
            self.json(&["clock", "advance", "4d"]);
            let relayed = self.json(&["pipeline", "relay", "--all"]);
            let taken = relayed["relay"]["taken"].as_array().expect("steps").clone();
            let wanted = taken.iter().find(|step| step["what"].as_str().is_some_and(|what| what.starts_with(kind)));
            if let Some(step) = wanted {
                return step["hash"].as_str().expect("a hash").to_owned();
            }
        }
        panic!("nobody does: {kind}");
    }
}

/// A vote of the core governor that goes by Ethereum to Nova, and its transactions.
pub(crate) struct Voted {
    pub(crate) network: Network,
    id: String,
    calldata: Bytes,
    proposed: String,
    queued: String,
    executed: String,
}

pub(crate) fn voted() -> Voted {
    let network = Network::up("arbitrum.toml", START);
    let threshold = ISafe::getThresholdCall {}.abi_encode();
    let execute =
        IUpgradeExecutor::executeCallCall { target: NOVA_SAFE, targetCallData: threshold.into() }.abi_encode();
    let zero = U256::ZERO;
    let ticket = (NOVA_INBOX, NOVA_EXECUTOR, zero, zero, zero, Bytes::from(execute)).abi_encode_params();
    let schedule = scheduleBatchCall {
        targets: vec![RETRYABLE_TICKET_MAGIC],
        values: vec![zero],
        payloads: vec![ticket.into()],
        predecessor: B256::ZERO,
        salt: B256::repeat_byte(0x55),
        delay: U256::from(259_200),
    };
    let send = IArbSys::sendTxToL1Call { destination: L1_TIMELOCK, data: schedule.abi_encode().into() };
    let (targets, values, calldatas) = (vec![ARB_SYS], vec![zero], vec![Bytes::from(send.abi_encode())]);
    let description = "Count the owners".to_owned();
    let hash = keccak256(&description);
    let parameters = (targets.clone(), values.clone(), calldatas.clone(), hash);
    let id = U256::from_be_bytes(keccak256(parameters.abi_encode_params()).0);
    let propose =
        IGovernor::proposeCall { _0: targets.clone(), _1: values.clone(), _2: calldatas.clone(), _3: description };
    let calldata = Bytes::from(propose.abi_encode());
    let proposed = network.transact("dev0", GOVERNOR, calldata.to_vec());
    network.json(&["clock", "advance", "3d 1h"]);
    for voter in ["dev0", "dev1", "dev2"] {
        let vote = IGovernor::castVoteCall { _0: id, _1: 1 };
        network.transact(voter, GOVERNOR, vote.abi_encode());
    }
    network.json(&["clock", "advance", "14d"]);
    let queue = ITimelockedGovernor::queueCall {
        targets: targets.clone(),
        values: values.clone(),
        calldatas: calldatas.clone(),
        descriptionHash: hash,
    };
    let queued = network.transact("dev0", GOVERNOR, queue.abi_encode());
    network.json(&["clock", "advance", "8d 1h"]);
    let execute = IGovernor::executeCall { targets, values, calldatas, descriptionHash: hash };
    let executed = network.transact("dev0", GOVERNOR, execute.abi_encode());
    Voted { network, id: id.to_string(), calldata, proposed, queued, executed }
}

#[test]
fn finds_a_vote_by_whatever_it_is_called_and_proves_what_is_executed() {
    let Voted { network, id, proposed, queued, executed, .. } = voted();
    let whole = [
        ("proposal", 7_042_161),
        ("operation", 7_042_161),
        ("message", 7_042_161),
        ("operation", 7_000_001),
        ("ticket", 7_000_001),
        ("carrier", 7_042_170),
        ("call", 7_042_170),
    ];
    let by_id = explained(&network, &id);
    assert_eq!((line(&by_id), &by_id["unproven"]), (whole.to_vec(), &json!(false)));
    assert_eq!(by_id["root"]["ids"][0]["decimal"], id.as_str());
    let leaf = nodes(&by_id["root"]).pop().expect("a leaf");
    assert_eq!(leaf["to_name"], "emergency Safe arbitrum-nova-emergency");
    // The three transactions about it are the same proposal with the same operations.
    for hash in [&proposed, &queued, &executed] {
        let transaction = explained(&network, hash);
        assert_eq!((line(&transaction), &transaction["unproven"]), (whole.to_vec(), &json!(false)));
        for kind in ["proposal", "description", "operation", "salt"] {
            assert_eq!(ids(&transaction, kind), ids(&by_id, kind), "{kind}");
        }
    }
    // The chain says the ids that the calldata makes.
    let [l2] = &network.topics("arbitrum-one", CallScheduled::SIGNATURE_HASH)[..] else { panic!("one operation") };
    assert_eq!(ids(&by_id, "operation")[0], l2);
    assert_eq!(found(&explained(&network, l2))["ids"][0]["hash"], l2.as_str());

    let message = explained(&network, &executed);
    let [item] = ids(&message, "item")[..] else { panic!("one message") };
    assert_eq!(found(&explained(&network, item))["kind"], "message");
    let outbox = network.step("execute message");
    let [l1] = &network.topics("ethereum", CallScheduled::SIGNATURE_HASH)[..] else { panic!("one operation") };
    assert_eq!(ids(&by_id, "operation")[1], l1);
    let scheduled = explained(&network, l1);
    assert_eq!((&found(&scheduled)["ids"][0]["hash"], ids(&scheduled, "item")), (&json!(l1), vec![item]));
    let batch = network.step("execute operation");
    let transaction = explained(&network, &batch);
    let [ticket] = ids(&transaction, "ticket")[..] else { panic!("one ticket") };
    network.step("redeem ticket");
    assert_eq!(network.topics("arbitrum-nova", TicketCreated::SIGNATURE_HASH), [ticket]);
    let by_ticket = explained(&network, ticket);
    assert_eq!((&found(&by_ticket)["kind"], ids(&by_ticket, "ticket")), (&json!("ticket"), vec![ticket]));

    // What is executed at each stage is what was voted; another vote's is not.
    let verify = |presented: &str| told(&network.url, &["verify", &id, presented, "--json"]);
    for presented in [&queued, &executed, &outbox, &batch] {
        let verdict = verify(presented).exits(0).json();
        assert_eq!((&verdict["same"], &verdict["complete"]), (&json!(true), &json!(true)), "{verdict:#}");
        assert_eq!(verdict["warnings"], json!([]));
    }
    let text = told(&network.url, &["verify", &id, &batch]).exits(0).stdout;
    assert!(text.starts_with("yes: this is what was voted, all of it.\n") && text.contains(l1.as_str()), "{text}");
    // A call that anybody may make, and that no vote is about.
    let other =
        IGovernor::hashProposalCall { targets: vec![], values: vec![], calldatas: vec![], descriptionHash: B256::ZERO };
    let other = network.transact("dev1", GOVERNOR, other.abi_encode());
    let verdict = verify(&other).exits(1).json();
    assert_eq!((&verdict["same"], &verdict["differences"][0]["field"]), (&json!(false), &json!("additional call")));
}

#[test]
fn finds_an_operation_that_no_calldata_holds() {
    let network = Network::up("arbitrum.toml", START);
    network.json(&["removal", "propose", MEMBER, "--description", "Gone fishing", "--signer", "dev0"]);
    network.json(&["clock", "advance", "3d 1h"]);
    for voter in ["dev0", "dev1", "dev2"] {
        network.json(&["removal", "vote", "for", "--signer", voter]);
    }
    network.json(&["clock", "advance", "15d"]);
    let relayed = network.json(&["pipeline", "relay", "--all"]);
    let taken = relayed["relay"]["taken"].as_array().expect("steps");
    let executed = taken.iter().find(|step| step["what"].as_str().is_some_and(|what| what.contains("member-removal")));
    let executed = executed.and_then(|step| step["hash"].as_str()).expect("the removal is executed");
    // The vote said whom to remove; what the council manager scheduled for it, only the timelock logged.
    let transaction = explained(&network, executed);
    assert_eq!(line(&transaction), [("proposal", 7_042_161), ("call", 7_042_161)]);
    let proposal = transaction["root"]["ids"][0]["decimal"].as_str().expect("an id");
    let by_id = explained(&network, proposal);
    assert_eq!(by_id["root"]["sentence"], "Execute what was voted.");
    assert_eq!(by_id["root"]["children"][0]["sentence"], "Remove member 1 of September from the council.");
    let [operation] = &network.topics("arbitrum-one", CallScheduled::SIGNATURE_HASH)[..] else { panic!("one") };
    let by_operation = explained(&network, operation);
    assert_eq!(
        (&by_operation["root"]["kind"], &by_operation["root"]["ids"][0]["hash"]),
        (&json!("operation"), &json!(operation))
    );
    // The same salt on both timelocks, as for every update of the council; one call for each of the four Safes.
    let salts = ids(&by_operation, "salt");
    assert_eq!((salts.len(), salts[0]), (2, salts[1]));
    let leaves = nodes(&by_operation["root"]).into_iter().filter(|node| node["children"] == json!([]));
    let sentences: Vec<&str> = leaves.map(|leaf| leaf["sentence"].as_str().expect("words")).collect();
    assert_eq!(sentences.len(), 4);
    assert!(sentences.iter().all(|sentence| sentence.starts_with("Make the owners of ")), "{sentences:#?}");
}

#[test]
fn names_a_transaction_of_a_safe_and_shows_unknown_calls_as_unknown() {
    let network = Network::up("arbitrum.toml", START);
    let rotated = network.json(&["council", "rotate", "0x9316ca66f5f936E3239e4fD2AAAEA5C7b6f3C4cC", "dev9"]);
    let last = rotated["transactions"].as_array().and_then(|all| all.last()).expect("the execution");
    let (hash, safe_hash) = (last["hash"].as_str().expect("sent"), last["action"]["hash"].as_str().expect("a hash"));
    let by_safe_hash = explained(&network, safe_hash);
    assert_eq!((ids(&by_safe_hash, "safe-transaction"), &by_safe_hash["found_at"]), (vec![safe_hash], &json!([])));
    let inner = &by_safe_hash["root"]["children"][0];
    assert_eq!(inner["function"]["signature"], "rotateMember(address,address)");
    assert_eq!(explained(&network, hash)["root"]["children"][0]["sentence"], inner["sentence"]);
    // What an owner approved, nobody signed: a rehearsal acts as the owner. The reader is told.
    let approval = rotated["transactions"][0]["hash"].as_str().expect("sent");
    let text = told(&network.url, &["explain", approval]).exits(0).stdout;
    assert!(text.starts_with("! only the endpoint says that this is the transaction of that hash"), "{text}");

    let target = Address::repeat_byte(0x77);
    let data = [&keccak256("ring(uint256)")[..4], &U256::from(7).to_be_bytes::<32>()].concat();
    let hash = network.transact("dev0", target, data.clone());
    let text = told(&network.url, &["explain", &hash]).exits(0).stdout;
    let selector = hex::encode_prefixed(&data[..4]);
    assert!(text.starts_with(&format!("1 Call the unknown function {selector} of {target} with 32 bytes")), "{text}");
    let folder = tempfile::tempdir().expect("a folder");
    let write = |name: &str, text: &str| {
        let file = folder.path().join(name);
        fs::write(&file, text).expect("written");
        file.display().to_string()
    };
    let abi = write("bell.json", r#"[{"type":"function","name":"ring","inputs":[{"name":"times","type":"uint256"}]}]"#);
    let book = write("7042161.json", &format!(r#"{{"Bell":"{target}"}}"#));
    let elsewhere = write("1.json", &format!(r#"{{"Not this one":"{target}"}}"#));
    let with = |book: &str| told(&network.url, &["explain", &hash, "--abi", &abi, "--book", book]).exits(0).stdout;
    let text = with(&book);
    assert!(text.starts_with("1 Call ring(7) of Bell.\n") && text.contains("[by an added ABI]"), "{text}");
    assert!(with(&elsewhere).starts_with(&format!("1 Call ring(7) of {target}.\n")));
    let nowhere = format!("{:#066x}", 0xff);
    told(&network.url, &["explain", &nowhere]).refuses(7, &["no endpoint knows", "remedy: "]);
}
