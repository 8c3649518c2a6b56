//! `ephor explain` and `ephor verify`, on recorded proposals.

use crate::harness::{Run, repository, run};
use std::{fs, path::PathBuf};

const PROPOSALS: &str = "data/arbitrum/governance-proposals.json";
/// A proposal that goes to the L1 timelock, by its id and by its operations on both timelocks.
const ID: &str = "71020107401388505040510993373598301285550678565865201408741893567942851985019";
const L2_OPERATION: &str = "0x7d8daa4673b02304f73434b70ecdbb1fe41b720122bf9624d58dd25a1d7e0ead";
const L1_OPERATION: &str = "0xd8076a9ebe1173c30a57e2ab1ae4e63a27cd9f54339c709e6ea9bce9a31977c0";
const L1_TIMELOCK: &str = "0xE6841D92B0C345144506576eC13ECf5103aC7f49";

fn with_charter(arguments: &[&str]) -> Run {
    let charter = repository("charters/arbitrum.toml").display().to_string();
    run(&[arguments, &["--charter", &charter]].concat())
}

fn proposals() -> String {
    repository(PROPOSALS).display().to_string()
}

fn written(folder: &tempfile::TempDir, name: &str, text: &str) -> String {
    let file: PathBuf = folder.path().join(name);
    fs::write(&file, text).expect("the folder can be written");
    file.display().to_string()
}

/// The calldata of the L1 timelock's `scheduleBatch`, turned into that of `executeBatch`: without the delay.
fn execution() -> String {
    let json = with_charter(&["explain", L1_OPERATION, "--in", &proposals(), "--json"]).exits(0).json();
    assert_eq!(json["found_at"], serde_json::json!([1, 1, 1]));
    let message = &json["root"]["children"][0]["children"][0]["children"][0];
    let (start, len) = (message["data"]["start"].as_u64().unwrap(), message["data"]["len"].as_u64().unwrap());
    let calldata = &json["data"].as_str().unwrap()[2..];
    let at = |byte: u64| usize::try_from(byte * 2).unwrap();
    let schedule = &calldata[at(start)..at(start + len)];
    // Selector; three offsets, each one word less now that there is no delay; predecessor; salt; the rest.
    let word = |i: usize| &schedule[8 + i * 64..8 + (i + 1) * 64];
    let offset = |i: usize| format!("{:064x}", u64::from_str_radix(&word(i)[48..], 16).unwrap() - 32);
    let rest = &schedule[8 + 6 * 64..];
    format!("0xe38335e5{}{}{}{}{}{rest}", offset(0), offset(1), offset(2), word(3), word(4))
}

#[test]
fn explains_calldata_with_amounts_in_units() {
    let data = "0xa9059cbb0000000000000000000000000000000000000000000000000000000000000001\
                00000000000000000000000000000000000000000000000014d1120d7b160000";
    let to = "0x912CE59144191C1204E64559FE8253a0e49E6548";
    let fine = with_charter(&["explain", data, "--to", to]).exits(0);
    assert!(
        fine.stdout.starts_with("1 Send 1.5 ARB to 0x0000000000000000000000000000000000000001.\n"),
        "{}",
        fine.stdout
    );
    assert_eq!(fine.stderr, "");
    // Without knowing the token, its units are not known either.
    let bare = run(&["explain", data, "--to", to]).exits(0);
    let sentence = format!("1 Send 1,500,000,000,000,000,000 units of {to} to 0x");
    assert!(bare.stdout.starts_with(&sentence) && bare.stdout.contains("[by its selector alone]"), "{}", bare.stdout);
}

#[test]
fn finds_proposals_and_operations_by_their_ids() {
    for (id, found) in [(ID, None), (L2_OPERATION, Some("1.1")), (L1_OPERATION, Some("1.1.1.1"))] {
        let fine = with_charter(&["explain", id, "--in", &proposals()]).exits(0);
        let first = fine.stdout.lines().next().unwrap();
        match found {
            None => assert_eq!(first, "1 Hand what was voted to the timelock."),
            Some(node) => assert_eq!(first, format!("What was searched is node {node}.")),
        }
        for part in [ID, L2_OPERATION, L1_OPERATION] {
            assert!(fine.stdout.contains(part), "{part} is not in\n{}", fine.stdout);
        }
    }
}

#[test]
fn explains_every_proposal_of_a_file() {
    let json = with_charter(&["explain", &proposals(), "--json"]).exits(0).json();
    assert_eq!(json["explanations"].as_array().unwrap().len(), 42);
}

#[test]
fn takes_address_books_and_abis() {
    let folder = tempfile::tempdir().unwrap();
    let book = r#"{"Action": {"address": "0x0101010101010101010101010101010101010101"}}"#;
    let book = written(&folder, "8453.json", book);
    let abi = r#"[{"type":"function","name":"withdraw","inputs":[{"name":"limit","type":"uint256"}]}]"#;
    let abi = written(&folder, "Action.json", abi);
    let call = r#"{"to":"0x0101010101010101010101010101010101010101","data":"0x2e1a7d4d0000000000000000000000000000000000000000000000000000000000000007","chainId":8453}"#;
    let call = written(&folder, "call.json", call);
    let unknown = run(&["explain", &call]).exits(0);
    assert!(unknown.stdout.contains("Call the unknown function 0x2e1a7d4d of 0x0101"), "{}", unknown.stdout);
    let fine = run(&["explain", &call, "--book", &book, "--abi", &abi]).exits(0);
    assert!(fine.stdout.contains("Call withdraw(7) of Action."), "{}", fine.stdout);
    assert!(fine.stdout.contains("[by an added ABI]") && fine.stdout.contains("limit: 7"), "{}", fine.stdout);
}

#[test]
fn proves_that_an_execution_is_what_was_voted() {
    let folder = tempfile::tempdir().unwrap();
    let file = written(&folder, "execute.hex", &execution());
    let arguments = ["verify", ID, &file, "--in", &proposals(), "--to", L1_TIMELOCK, "--chain", "ethereum"];
    let fine = with_charter(&arguments).exits(0);
    assert!(fine.stdout.starts_with("yes: this is what was voted, all of it.\n"), "{}", fine.stdout);
    assert!(
        fine.stdout.contains(&format!("is the operation {L1_OPERATION}, node 1.1.1.1 of what was voted")),
        "{}",
        fine.stdout
    );
    let json = with_charter(&[&arguments[..], &["--json"]].concat()).exits(0).json();
    assert_eq!((&json["same"], &json["complete"]), (&true.into(), &true.into()));
}

#[test]
fn names_what_is_not_as_voted_and_exits_with_one() {
    let folder = tempfile::tempdir().unwrap();
    // The upgrade's code is another by one digit.
    let honest = execution();
    let code = "7f089c0daf0181f7afd533f5f3265301bb09d562";
    assert!(honest.contains(code));
    let file = written(&folder, "execute.hex", &honest.replace(code, "7f089c0daf0181f7afd533f5f3265301bb09d563"));
    let arguments = ["verify", ID, &file, "--in", &proposals(), "--to", L1_TIMELOCK, "--chain", "1"];
    let differs = with_charter(&arguments).exits(1);
    assert!(differs.stdout.starts_with("NO: this is not what was voted.\n"), "{}", differs.stdout);
    for part in ["operation id", "upgrade\n", "0x7F089c0daF0181F7aFD533f5f3265301bB09d562  (node 1.1.1.1.1, byte "] {
        assert!(differs.stdout.contains(part), "{part:?} is not in\n{}", differs.stdout);
    }
    let json = with_charter(&[&arguments[..], &["--json"]].concat()).exits(1).json();
    assert_eq!(json["same"], false);
    let upgrade = json["differences"].as_array().unwrap().iter().find(|found| found["field"] == "upgrade").unwrap();
    assert!(upgrade["voted"]["at"].is_u64() && upgrade["presented"]["at"].is_u64());
}

#[test]
fn refuses_what_cannot_be_explained() {
    let folder = tempfile::tempdir().unwrap();
    run(&["explain", "no-such-file"]).refuses(3, &["neither hexadecimal calldata, nor an id, nor a file"]);
    run(&["explain", "0x123"]).refuses(3, &["no hexadecimal digit"]);
    run(&["explain", ID, "--in", &proposals().replace("proposals", "nothing")]).refuses(3, &["nothing"]);
    run(&["explain", &format!("{ID}1"), "--in", &proposals()]).refuses(3, &["neither"]);
    run(&["explain", L2_OPERATION]).refuses(3, &["no file at all", "remedy: "]);
    run(&["explain", "0x00", "--chain", "nowhere"]).refuses(3, &["--chain nowhere"]);
    run(&["verify", &proposals(), "0x00"]).refuses(3, &["holds 42", "remedy: "]);
    let text = fs::read_to_string(repository(PROPOSALS)).unwrap();
    let altered = written(&folder, "altered.json", &text.replacen("\"0\"", "\"1\"", 1));
    run(&["explain", &altered]).refuses(3, &["proposals[0]", "its parameters make it"]);
    let abi = written(&folder, "abi.json", "[{\"name\":\"f\",\"inputs\":[{\"type\":\"uint257\"}]}]");
    run(&["explain", "0x00", "--abi", &abi]).refuses(3, &["abi.json", "uint257"]);
}
