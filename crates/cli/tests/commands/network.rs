//! A network of the binary's own, and the binary as its user.

use crate::harness::{Run, command, repository};
use serde_json::{Value, json};
use std::{
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
    path::Path,
    process::{Child, Stdio},
};

/// `ephor up` in memory, with a clock that only moves when it is moved. It ends with the test.
pub(crate) struct Network {
    child: Child,
    pub(crate) url: String,
    pub(crate) told: Value,
}

impl Network {
    /// Stands a charter of the repository up, a day before its next election.
    #[track_caller]
    pub(crate) fn up(charter: &str, start: &str) -> Self {
        Self::of(&repository(&format!("charters/{charter}")), start)
    }

    /// As [`Self::up`], with a charter from anywhere.
    #[track_caller]
    pub(crate) fn of(charter: &Path, start: &str) -> Self {
        let arguments = ["--ephemeral", "--listen", "127.0.0.1:0", "--clock", "manual", "--json", "--log-level", "off"];
        let mut child = command(&["up"])
            .arg(charter)
            .args(arguments)
            .args(["--start", start])
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the binary starts");
        let mut lines = BufReader::new(child.stdout.take().expect("its output")).lines();
        let mut text = String::new();
        let told = loop {
            let Some(line) = lines.next() else {
                let mut stderr = String::new();
                child.stderr.take().expect("its errors").read_to_string(&mut stderr).expect("text");
                panic!("the network does not come up: {text}\n{stderr}");
            };
            text.push_str(&line.expect("text"));
            if let Ok(told) = serde_json::from_str::<Value>(&text) {
                break told;
            }
        };
        let url = told["http"].as_str().expect("an endpoint").trim_end_matches('/').to_owned();
        Self { child, url, told }
    }

    /// Runs a command on this network.
    #[track_caller]
    pub(crate) fn run(&self, arguments: &[&str]) -> Run {
        run_on(&self.url, arguments)
    }

    /// Runs a command that must succeed and gives its document.
    #[track_caller]
    pub(crate) fn json(&self, arguments: &[&str]) -> Value {
        self.run(&[arguments, &["--json"]].concat()).exits(0).json()
    }

    /// Asks a chain.
    #[track_caller]
    pub(crate) fn ask(&self, chain: &str, method: &str, params: &Value) -> Value {
        let request = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params });
        let answer = post(&format!("{}/{chain}", self.url), request.to_string().as_bytes());
        let answer: Value = serde_json::from_slice(&answer).expect("JSON");
        assert!(answer["error"].is_null(), "{method}: {answer}");
        answer["result"].clone()
    }

    /// How many logs of an event a chain has.
    #[track_caller]
    pub(crate) fn logs(&self, chain: &str, topic: &str, address: Option<&str>) -> usize {
        let mut filter = json!({ "fromBlock": "0x0", "topics": [topic] });
        if let Some(address) = address {
            filter["address"] = json!(address);
        }
        self.ask(chain, "eth_getLogs", &json!([filter])).as_array().expect("logs").len()
    }

    /// A development account: address and key.
    #[track_caller]
    pub(crate) fn account(&self, name: &str) -> (String, String) {
        let accounts = self.told["accounts"].as_array().expect("accounts");
        let account = accounts.iter().find(|account| account["name"] == name).expect("the account");
        let text = |key: &str| account[key].as_str().expect("text").to_owned();
        (text("address"), text("private_key"))
    }
}

/// Runs a command on an endpoint, away from the user's own settings.
#[track_caller]
pub(crate) fn run_on(url: &str, arguments: &[&str]) -> Run {
    let output = on(url, arguments).output().expect("the binary starts");
    Run {
        code: output.status.code(),
        stdout: String::from_utf8(output.stdout).expect("stdout is UTF-8"),
        stderr: String::from_utf8(output.stderr).expect("stderr is UTF-8"),
    }
}

/// A command on an endpoint, away from the user's own settings.
pub(crate) fn on(url: &str, arguments: &[&str]) -> std::process::Command {
    let mut command = command(arguments);
    command.args(["--rpc", url]).env_remove("ETH_RPC_URL").env_remove("EPHOR_CHARTER");
    command.env("HOME", "/nonexistent").env_remove("XDG_CONFIG_HOME");
    command
}

/// Sends a body to an endpoint on this machine and gives the answer's.
#[track_caller]
pub(crate) fn post(url: &str, body: &[u8]) -> Vec<u8> {
    let (host, path) =
        url.trim_start_matches("http://").split_once('/').unwrap_or((url.trim_start_matches("http://"), ""));
    let mut stream = TcpStream::connect(host).expect("a connection");
    let head = format!(
        "POST /{path} HTTP/1.1\r\nhost: {host}\r\ncontent-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
        body.len()
    );
    stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(body)).expect("sent");
    read_body(&mut BufReader::new(stream)).expect("an answer")
}

/// Reads a message of HTTP whose length is told.
pub(crate) fn read_body(stream: &mut impl BufRead) -> Option<Vec<u8>> {
    let mut length = None;
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line).ok()? == 0 {
            return None;
        }
        let line = line.trim_end().to_ascii_lowercase();
        if line.is_empty() {
            break;
        }
        if let Some(told) = line.strip_prefix("content-length:") {
            length = told.trim().parse::<usize>().ok();
        }
    }
    let mut body = vec![0; length?];
    stream.read_exact(&mut body).ok()?;
    Some(body)
}

impl Drop for Network {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
