//! `ephor up`: the real binary, spoken to over TCP, stopped by signals.

use crate::harness::{command, repository, run};
use serde_json::{Value, json};
use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    process::{Child, ChildStdout, Command, Stdio},
};

fn charter(name: &str) -> String {
    repository("charters").join(name).to_str().expect("a path in UTF-8").to_owned()
}

/// A network in a process of its own.
struct Up {
    child: Child,
    stdout: BufReader<ChildStdout>,
}

impl Up {
    fn start(arguments: &[&str]) -> Self {
        let mut command = command(&[&["up", "--listen", "127.0.0.1:0"], arguments].concat());
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the binary starts");
        let stdout = BufReader::new(child.stdout.take().expect("stdout is piped"));
        Self { child, stdout }
    }

    /// The one document on stdout; it ends with the line that closes it.
    fn json(&mut self) -> Value {
        let mut text = String::new();
        loop {
            let before = text.len();
            assert_ne!(self.stdout.read_line(&mut text).unwrap(), 0, "stdout ends early: {text}");
            if &text[before..] == "}\n" {
                return serde_json::from_str(&text).expect("stdout is JSON");
            }
        }
    }

    /// Sends a signal; the process must end with code 0 and have nothing more to say on stdout. What it logged.
    fn stop(mut self, signal: &str) -> String {
        let sent = Command::new("kill").args([signal, &self.child.id().to_string()]).status().expect("kill runs");
        assert!(sent.success());
        let mut rest = String::new();
        self.stdout.read_to_string(&mut rest).unwrap();
        assert_eq!(rest, "");
        let output = self.child.wait_with_output().unwrap();
        let log = String::from_utf8(output.stderr).expect("the log is UTF-8");
        assert_eq!(output.status.code(), Some(0), "{log}");
        log
    }
}

fn call(address: SocketAddr, path: &str, method: &str, params: &Value) -> Value {
    let body = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params }).to_string();
    let mut stream = TcpStream::connect(address).expect("the network listens");
    let head =
        format!("POST {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\ncontent-type: application/json");
    write!(stream, "{head}\r\ncontent-length: {}\r\n\r\n{body}", body.len()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let (_, body) = answer.split_once("\r\n\r\n").expect("an answer");
    serde_json::from_str(body).expect("the answer is JSON")
}

fn address(told: &Value) -> SocketAddr {
    told["address"].as_str().expect("an address").parse().expect("an address")
}

#[test]
fn every_chain_is_served_until_the_process_is_told_to_stop() {
    let mut up = Up::start(&[&charter("arbitrum.toml"), "--ephemeral", "--json", "--log-format", "json"]);
    let told = up.json();
    let chains = told["chains"].as_array().unwrap();
    assert_eq!(chains.len(), 3);
    for chain in chains {
        let path = format!("/{}", chain["name"].as_str().unwrap());
        let id = format!("{:#x}", chain["chain_id"].as_u64().unwrap());
        assert_eq!(call(address(&told), &path, "eth_chainId", &json!([]))["result"], id);
        // The header commits to the ether of the accounts from the beginning.
        let account = &told["accounts"][0]["address"];
        let proof = call(address(&told), &path, "eth_getProof", &json!([account, [], "latest"]));
        assert_eq!(proof["result"]["balance"], "0x21e19e0c9bab2400000", "{proof}");
    }
    let accounts = call(address(&told), "/", "eth_accounts", &json!([]));
    let names: Vec<&Value> = told["accounts"].as_array().unwrap().iter().map(|account| &account["address"]).collect();
    assert_eq!(names.len(), 10);
    assert_eq!(accounts["result"].as_array().unwrap().iter().collect::<Vec<_>>(), names);
    // Errors that say nothing are told as nodes tell them.
    let silent = json!([{ "to": names[0] }, "latest", { names[0].as_str().unwrap(): { "code": "0x5f5ffd" } }]);
    let error = call(address(&told), "/", "eth_call", &silent)["error"].clone();
    assert_eq!(error, json!({ "code": 3, "message": "execution reverted", "data": "0x" }));
    // The election that is due can be created by the first of them, and the view tells so.
    assert_eq!(call(address(&told), "/", "ephor_election", &json!([4]))["result"]["phase"], "due");
    let log = up.stop("-TERM");
    for line in log.lines() {
        assert!(serde_json::from_str::<Value>(line).is_ok(), "not JSON: {line}");
    }
    assert!(log.contains("stopped"), "{log}");
}

#[test]
fn what_was_acknowledged_is_there_after_a_kill() {
    let place = tempfile::tempdir().unwrap();
    let data = place.path().join("network");
    let data = data.to_str().unwrap();
    let mut up = Up::start(&[&charter("minimal.toml"), "--data", data, "--json", "--clock", "manual"]);
    let told = up.json();
    assert_eq!(told["data"], data);
    let from = &told["accounts"][0]["address"];
    let sent = call(address(&told), "/", "eth_sendTransaction", &json!([{ "from": from, "to": from, "value": "0x1" }]));
    let receipt = call(address(&told), "/", "eth_getTransactionReceipt", &json!([sent["result"]]));
    assert_eq!(receipt["result"]["status"], "0x1");
    let head = call(address(&told), "/", "eth_getBlockByNumber", &json!(["latest", false]));

    // The folder is in use.
    run(&["up", "--data", data, "--listen", "127.0.0.1:0"]).refuses(4, &["in use by another process", "--data"]);
    up.child.kill().unwrap();
    up.child.wait().unwrap();

    // It needs no charter to go on, and takes no other one.
    run(&["up", &charter("arbitrum.toml"), "--data", data]).refuses(3, &["another charter"]);
    let mut up = Up::start(&["--data", data, "--json", "--clock", "manual"]);
    let told = up.json();
    assert_eq!(call(address(&told), "/", "eth_getTransactionReceipt", &json!([sent["result"]])), receipt);
    assert_eq!(call(address(&told), "/", "eth_getBlockByNumber", &json!(["latest", false])), head);
    up.stop("-TERM");
    // A file where the folder should be is the environment's fault.
    let file = place.path().join("file");
    std::fs::write(&file, "").unwrap();
    run(&["up", &charter("minimal.toml"), "--data", file.to_str().unwrap()]).refuses(4, &["--data"]);
}

#[test]
fn without_a_charter_the_packaged_one_is_stood_up() {
    let place = tempfile::tempdir().unwrap();
    let mut command = command(&["up", "--ephemeral", "--listen", "127.0.0.1:0", "--clock", "manual"]);
    let mut child = command
        .current_dir(place.path())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the binary starts");
    let mut stdout = BufReader::new(child.stdout.take().unwrap());
    let mut text = String::new();
    while !text.contains("ephor election create") {
        assert_ne!(stdout.read_line(&mut text).unwrap(), 0, "{text}");
    }
    for part in ["Minimal council is up", "chain id 7031337", "dev9", "These keys are public", "stands still"] {
        assert!(text.contains(part), "stdout lacks {part:?}:\n{text}");
    }
    // What follows is of no interest; it is read, so that writing it does not wait.
    Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    stdout.read_to_string(&mut text).unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(0));
    assert!(String::from_utf8_lossy(&output.stderr).contains("no charter is named"));
}

#[test]
fn what_other_machines_reach_has_no_accounts_and_no_control() {
    let mut command = command(&["up", &charter("minimal.toml"), "--ephemeral", "--listen", "0.0.0.0:0", "--json"]);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the binary starts");
    let stdout = BufReader::new(child.stdout.take().unwrap());
    let mut up = Up { child, stdout };
    let told = up.json();
    assert_eq!((&told["accounts"], &told["control"]), (&json!([]), &json!(false)));
    let at = SocketAddr::new([127, 0, 0, 1].into(), address(&told).port());
    assert_eq!(call(at, "/", "eth_accounts", &json!([]))["result"], json!([]));
    let refused = call(at, "/", "evm_mine", &json!([]));
    assert_eq!(refused["error"]["code"], -32601);
    assert!(refused["error"]["message"].as_str().unwrap().contains("--allow-control"));
    assert!(up.stop("-TERM").contains("warning: 0.0.0.0:0 can be reached from other machines"));
}

#[test]
fn what_cannot_be_run_is_refused_with_its_code() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let listen = taken.local_addr().unwrap().to_string();
    let minimal = charter("minimal.toml");
    run(&["up", &minimal, "--ephemeral", "--listen", &listen]).refuses(4, &["cannot listen on", "--listen"]);
    run(&["up", &minimal, "--ephemeral", "--data", "x"]).refuses(2, &["cannot be used with"]);
    run(&["up", &minimal, "--ephemeral", "--clock", "fast"]).refuses(2, &["no pace of a clock"]);
    run(&["up", &minimal, "--log-level", "loud=very"]).refuses(2, &["is no level"]);
    run(&["up", "missing.toml", "--ephemeral"]).refuses(3, &["missing.toml"]);
    run(&["up", &minimal, "--ephemeral", "--start", "1960-01-01T00:00Z"]).refuses(3, &["before 1970"]);
}
