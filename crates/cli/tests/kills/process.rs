//! `ephor up` as a process of its own, and connections to it.
//!
//! A connection is kept open for many requests, as wallets do. When the process dies, what was asked last has no answer: nobody knows then
//! whether it was done.

use alloy_signer_local::PrivateKeySigner;
use serde_json::{Value, json};
use std::{
    io::{self, BufRead, BufReader, Read, Write},
    net::{SocketAddr, TcpStream},
    path::{Path, PathBuf},
    process::{Child, ChildStdout, Command, Output, Stdio},
};

/// A charter of the repository.
pub(crate) fn charter(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../charters").join(name)
}

/// `ephor up` on a folder, with a clock that only moves when it is moved. With a bound, no file can grow beyond so many bytes: a write that
/// would is an error, as on a full disk.
pub(crate) fn up(charter: Option<&Path>, data: &Path, most_bytes: Option<u64>) -> Command {
    let binary = env!("CARGO_BIN_EXE_ephor");
    let mut command = match most_bytes {
        None => Command::new(binary),
        Some(bytes) => {
            // Blocks are of 512 bytes; without the signal, a write that is too long is an error.
            let script = format!("trap '' XFSZ; ulimit -f {}; exec \"$0\" \"$@\"", bytes / 512);
            let mut shell = Command::new("sh");
            shell.args(["-c", &script, binary]);
            shell
        }
    };
    command.arg("up").args(charter).arg("--data").arg(data);
    command.args(["--listen", "127.0.0.1:0", "--clock", "manual", "--json", "--log-level", "warn"]);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// A network that has said where it is.
pub(crate) struct Up {
    /// Taken when it is told to end.
    child: Option<Child>,
    stdout: BufReader<ChildStdout>,
    address: SocketAddr,
    /// What it told.
    pub(crate) told: Value,
}

impl Up {
    /// Starts it and waits until it answers.
    #[track_caller]
    pub(crate) fn start(mut command: Command) -> Self {
        let mut child = command.spawn().expect("the binary starts");
        let mut stdout = BufReader::new(child.stdout.take().expect("stdout is piped"));
        let mut text = String::new();
        while !text.ends_with("\n}\n") {
            if stdout.read_line(&mut text).expect("stdout is text") == 0 {
                let output = child.wait_with_output().expect("it ends");
                panic!("it does not come up: {text}\n{}", String::from_utf8_lossy(&output.stderr));
            }
        }
        let told: Value = serde_json::from_str(&text).expect("stdout is JSON");
        let address = told["address"].as_str().and_then(|text| text.parse().ok());
        let address = address.unwrap_or_else(|| panic!("it does not come up: {text}"));
        Self { child: Some(child), stdout, address, told }
    }

    /// A connection to a chain, by name.
    #[track_caller]
    pub(crate) fn connect(&self, chain: &str) -> Connection {
        let stream = TcpStream::connect(self.address).expect("it listens");
        stream.set_nodelay(true).expect("a socket");
        Connection { stream: BufReader::new(stream), path: format!("/{chain}") }
    }

    /// The key of a development account.
    #[track_caller]
    pub(crate) fn key(&self, account: usize) -> PrivateKeySigner {
        let key = self.told["accounts"][account]["private_key"].as_str().expect("a key");
        key.parse().expect("a key")
    }

    /// Kills it at once.
    pub(crate) fn kill(mut self) {
        let mut child = self.child.take().expect("it runs");
        child.kill().expect("it is there");
        let output = child.wait_with_output().expect("it ends");
        assert_eq!(output.status.code(), None, "it ended by itself: {}", String::from_utf8_lossy(&output.stderr));
    }

    /// Tells it to stop, as Ctrl-C does.
    pub(crate) fn stop(mut self) -> Output {
        let child = self.child.take().expect("it runs");
        let sent = Command::new("kill").args(["-INT", &child.id().to_string()]).status().expect("kill runs");
        assert!(sent.success());
        let mut rest = Vec::new();
        self.stdout.read_to_end(&mut rest).expect("stdout ends");
        child.wait_with_output().expect("it ends")
    }
}

impl Drop for Up {
    /// A test that failed leaves no process behind.
    fn drop(&mut self) {
        if let Some(mut child) = self.child.take() {
            drop(child.kill());
            drop(child.wait());
        }
    }
}

/// The answer to a request: a result, or an error.
pub(crate) type Answer = Result<Value, Value>;

/// A connection to one chain.
pub(crate) struct Connection {
    stream: BufReader<TcpStream>,
    path: String,
}

impl Connection {
    /// Asks; fails when the process is gone before the answer is there.
    pub(crate) fn try_ask(&mut self, method: &str, params: &Value) -> io::Result<Answer> {
        let answer = self.post(&json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params }))?;
        Ok(if answer["error"].is_null() { Ok(answer["result"].clone()) } else { Err(answer["error"].clone()) })
    }

    /// Asks for what must be answered.
    #[track_caller]
    pub(crate) fn ask(&mut self, method: &str, params: &Value) -> Value {
        let answer = self.try_ask(method, params).unwrap_or_else(|error| panic!("{method}: {error}"));
        answer.unwrap_or_else(|error| panic!("{method}: {error}"))
    }

    /// Asks for one thing about many, in batches; the answers are in order.
    #[track_caller]
    pub(crate) fn ask_all(&mut self, method: &str, params: &[Value]) -> Vec<Value> {
        let mut answers = Vec::new();
        for part in params.chunks(500) {
            let request = |(id, params)| json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params });
            let batch: Value = part.iter().enumerate().map(request).collect();
            let mut results = self.post(&batch).expect("an answer").as_array().expect("a batch").clone();
            results.sort_by_key(|answer| answer["id"].as_u64());
            assert_eq!(results.len(), part.len());
            for answer in results {
                assert!(answer["error"].is_null(), "{method}: {answer}");
                answers.push(answer["result"].clone());
            }
        }
        answers
    }

    fn post(&mut self, body: &Value) -> io::Result<Value> {
        let body = body.to_string();
        let request = format!(
            "POST {} HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
            self.path,
            body.len()
        );
        self.stream.get_mut().write_all(request.as_bytes())?;
        let mut length = None;
        loop {
            let mut line = String::new();
            if self.stream.read_line(&mut line)? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            let line = line.trim_end().to_ascii_lowercase();
            if line.is_empty() {
                break;
            }
            if let Some(told) = line.strip_prefix("content-length:") {
                length = told.trim().parse::<usize>().ok();
            }
        }
        let mut body = vec![0; length.expect("the length of the answer is told")];
        self.stream.read_exact(&mut body)?;
        Ok(serde_json::from_slice(&body).expect("the answer is JSON"))
    }
}
