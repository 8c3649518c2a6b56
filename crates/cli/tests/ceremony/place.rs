//! What the tests share: running the command, folders with bundles, Safes on a served network.

use crate::network::{Network, post, read_body};
use alloy_primitives::{Address, B256, Bytes, U256, hex};
use alloy_signer::SignerSync;
use alloy_signer_local::PrivateKeySigner;
use alloy_sol_types::SolCall;
use ephor_abi::safe::ISafe;
use ephor_ceremony::{Release, creation};
use serde_json::{Value, json};
use std::{
    fs,
    io::{BufReader, Write},
    net::{TcpListener, TcpStream},
    path::{Path, PathBuf},
    process::{Command, Output},
    thread,
};

pub(crate) fn key(n: u64) -> PrivateKeySigner {
    PrivateKeySigner::from_bytes(&B256::from(U256::from(n + 1))).expect("a small number is a key")
}

pub(crate) fn ephor(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_ephor")).arg("ceremony").args(arguments).output().expect("the command runs")
}

/// Runs a command and gives what it printed: to stdout, or to stderr if there is nothing and it failed.
#[track_caller]
pub(crate) fn run(arguments: &[&str], code: i32) -> String {
    let output = ephor(arguments);
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert_eq!(output.status.code(), Some(code), "{arguments:?}\n{out}\n{err}");
    if code == 0 || !out.is_empty() { out.into_owned() } else { err.into_owned() }
}

/// As [`run`], and says what the output lacks.
#[track_caller]
pub(crate) fn says(arguments: &[&str], code: i32, parts: &[&str]) -> String {
    let told = run(arguments, code);
    for part in parts {
        assert!(told.contains(part), "{part:?} is not in\n{told}");
    }
    told
}

#[track_caller]
pub(crate) fn run_json(arguments: &[&str], code: i32) -> Value {
    serde_json::from_str(&run(&[arguments, &["--json"]].concat(), code)).expect("one JSON document")
}

pub(crate) fn text(path: &Path) -> &str {
    path.to_str().expect("a path in UTF-8")
}

pub(crate) fn address(value: &Value) -> Address {
    value.as_str().and_then(|text| text.parse().ok()).expect("an address")
}

/// A folder with a recipe, and the bundle made of it.
pub(crate) struct Place {
    pub(crate) folder: tempfile::TempDir,
    pub(crate) bundle: PathBuf,
}

/// A Safe that two Safes own, one with two people and one with one.
pub(crate) fn place() -> Place {
    let folder = tempfile::tempdir().expect("a folder");
    let (a, b, c) = (key(0).address(), key(1).address(), key(2).address());
    let recipe = format!(
        r#"title = "Pay the auditors"
chain_id = 1337004
batch = "aggregate3-value"

[safe]
name = "Upgrade"
address = "{root}"
nonce = 7
owners = ["{first}", "{second}"]
threshold = 2

[[safe.children]]
name = "Council"
address = "{first}"
release = "1.4.1"
nonce = 3
owners = ["{a}", "{b}"]
threshold = 2

[[safe.children]]
name = "Foundation"
address = "{second}"
nonce = 5
owners = ["{c}"]
threshold = 1

[names]
auditors = "{auditors}"

[[calls]]
to = "auditors"
function = "transfer(address,uint256)"
arguments = ["auditors", "1000"]
"#,
        root = Address::repeat_byte(0xA0),
        first = Address::repeat_byte(0xA1),
        second = Address::repeat_byte(0xA2),
        auditors = Address::repeat_byte(0xB0),
    );
    let at = folder.path().join("recipe.toml");
    fs::write(&at, recipe).expect("a file");
    let bundle = folder.path().join("bundle");
    run(&["new", text(&at), "--out", text(&bundle)], 0);
    Place { folder, bundle }
}

impl Place {
    pub(crate) fn bundle(&self) -> &str {
        text(&self.bundle)
    }

    /// Where a file of that name goes.
    pub(crate) fn at(&self, name: &str) -> String {
        text(&self.folder.path().join(name)).to_owned()
    }

    /// The hash that a Safe's owners sign.
    #[track_caller]
    pub(crate) fn hash(&self, safe: Address) -> B256 {
        hash(self.bundle(), safe)
    }

    #[track_caller]
    pub(crate) fn signature(&self, safe: Address, signer: &PrivateKeySigner) -> String {
        let signature = signer.sign_hash_sync(&self.hash(safe)).expect("a key signs");
        hex::encode_prefixed(signature.as_bytes())
    }

    /// Writes a file of signatures with one in it, checked by nobody.
    #[track_caller]
    pub(crate) fn unchecked(
        &self,
        name: &str,
        chain_id: u64,
        safe: Address,
        owner: Address,
        signature: &[u8],
    ) -> String {
        let file = json!({ "signatures": [{
            "chain_id": chain_id, "safe": safe, "safe_tx_hash": self.hash(safe), "owner": owner,
            "consent": { "kind": "signed", "signature": hex::encode_prefixed(signature) },
        }] });
        let at = self.at(name);
        fs::write(&at, file.to_string()).expect("a file");
        at
    }
}

/// The hash that a Safe's owners sign, as the bundle says after verifying.
#[track_caller]
pub(crate) fn hash(bundle: &str, safe: Address) -> B256 {
    let verified = run_json(&["verify", bundle], 0);
    let found = verified["safes"].as_array().and_then(|safes| safes.iter().find(|each| address(&each["safe"]) == safe));
    found.expect("the Safe")["hashes"]["safe_tx"].as_str().and_then(|hash| hash.parse().ok()).expect("a hash")
}

/// The test vector of the definition of keystores (version 3), its password "testpassword".
pub(crate) const KEYSTORE: &str = r#"{"crypto":{"cipher":"aes-128-ctr","cipherparams":{"iv":"6087dab2f9fdbbfaddc31a909735c1e6"},
    "ciphertext":"5318b4d5bcd28de64ee5559e671353e16f075ecae9f99c7a79a38af5f869aa46","kdf":"pbkdf2","kdfparams":{"c":262144,"dklen":32,
    "prf":"hmac-sha256","salt":"ae3cd4e7013836a3df6bd7241b12db061dbe2c6785853cce422d148a624ce0bd"},
    "mac":"517ead924a9d0dc3124507e3393d175ce3ff7c1e96529c6c555ce9e51205e9b2"},"id":"3198bc9c-6672-5ab3-d995-4942343ae5b6","version":3}"#;
/// Whose it is.
pub(crate) const KEYSTORE_OWNER: &str = "0x008AeEda4D805471dF9b2A5B0f38A0C3bCBA786b";

/// A served network, with a folder for bundles.
pub(crate) struct Stage {
    pub(crate) network: Network,
    pub(crate) folder: tempfile::TempDir,
    pub(crate) url: String,
}

/// A contract that keeps the last word that it is told, behind any selector, in slot 0.
const KEEPS: [u8; 7] = [0x60, 0x04, 0x35, 0x60, 0x00, 0x55, 0x00];

impl Stage {
    #[track_caller]
    pub(crate) fn up() -> Self {
        let network = Network::up("minimal.toml", "2026-01-14T12:00Z");
        let url = format!("{}/home", network.url);
        Self { network, folder: tempfile::tempdir().expect("a folder"), url }
    }

    pub(crate) fn dev(&self, n: usize) -> Address {
        self.network.account(&format!("dev{n}")).0.parse().expect("an address")
    }

    pub(crate) fn ask(&self, method: &str, params: &Value) -> Value {
        self.network.ask("home", method, params)
    }

    #[track_caller]
    pub(crate) fn send(&self, from: Address, to: Option<Address>, data: &Bytes) -> Value {
        let request = json!({ "from": from, "to": to, "data": data });
        let hash = self.ask("eth_sendTransaction", &json!([request]));
        self.ask("eth_getTransactionReceipt", &json!([hash]))
    }

    #[track_caller]
    pub(crate) fn create(&self, data: &Bytes) -> Address {
        let receipt = self.send(self.dev(9), None, data);
        assert_eq!(receipt["status"], "0x1", "{receipt}");
        address(&receipt["contractAddress"])
    }

    #[track_caller]
    pub(crate) fn safe(&self, release: Release, owners: &[Address], threshold: u64) -> Address {
        self.create(&creation::safe(release, owners, threshold))
    }

    /// Creates the contract that keeps what it is told.
    pub(crate) fn keeper(&self) -> Address {
        self.create(&creation::with_slot(&KEEPS, U256::ZERO, U256::from(1)))
    }

    pub(crate) fn kept(&self, keeper: Address) -> U256 {
        let word = self.ask("eth_getStorageAt", &json!([keeper, "0x0", "latest"]));
        word.as_str().and_then(|word| word.parse().ok()).expect("a word")
    }

    #[track_caller]
    pub(crate) fn call<C: SolCall>(&self, to: Address, call: &C) -> C::Return {
        let answer = self.ask("eth_call", &json!([{ "to": to, "data": Bytes::from(call.abi_encode()) }, "latest"]));
        let answer: Bytes = answer.as_str().and_then(|text| text.parse().ok()).expect("bytes");
        C::abi_decode_returns(&answer).expect("an answer")
    }

    pub(crate) fn nonce(&self, safe: Address) -> U256 {
        self.call(safe, &ISafe::nonceCall {})
    }

    pub(crate) fn at(&self, name: &str) -> String {
        text(&self.folder.path().join(name)).to_owned()
    }

    /// Makes a bundle of a recipe.
    #[track_caller]
    pub(crate) fn bundle(&self, name: &str, recipe: &str) -> String {
        let source = self.at(&format!("{name}.toml"));
        fs::write(&source, recipe).expect("a file");
        let bundle = self.at(name);
        run(&["new", &source, "--out", &bundle], 0);
        bundle
    }

    pub(crate) fn chain_id(&self) -> u64 {
        7_031_337
    }

    /// A file with the keystore, as an argument, and one with its password.
    pub(crate) fn keystore(&self) -> (String, String) {
        let (file, password) = (self.at("key.json"), self.at("password"));
        fs::write(&file, KEYSTORE).expect("a file");
        fs::write(&password, "testpassword\n").expect("a file");
        (format!("keystore:{file}"), password)
    }

    /// Signs with a development account and gives the file.
    #[track_caller]
    pub(crate) fn sign(&self, bundle: &str, n: usize, more: &[&str]) -> String {
        let out = self.at(&format!("signature-{}.json", fs::read_dir(self.folder.path()).expect("a folder").count()));
        let signer = format!("dev{n}");
        let common = ["sign", bundle, "--signer", &signer, "--rpc-url", &self.url, "--out", &out];
        run(&[&common[..], more].concat(), 0);
        out
    }
}

/// An endpoint that hands everything on to another one, but for methods that begin with one of these.
pub(crate) fn masked(upstream: &str, hidden: &'static [&'static str]) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    let upstream = upstream.to_owned();
    // The thread ends with the process.
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let upstream = upstream.clone();
            thread::spawn(move || answer(stream, &upstream, hidden));
        }
    });
    url
}

fn answer(mut stream: TcpStream, upstream: &str, hidden: &[&str]) -> Option<()> {
    let body = read_body(&mut BufReader::new(stream.try_clone().ok()?))?;
    let request: Value = serde_json::from_slice(&body).ok()?;
    let method = request["method"].as_str()?;
    let answer = if hidden.iter().any(|prefix| method.starts_with(prefix)) {
        let error = json!({ "code": -32601, "message": "no such method" });
        json!({ "jsonrpc": "2.0", "id": request["id"], "error": error }).to_string().into_bytes()
    } else {
        post(upstream, &body)
    };
    let head = format!(
        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
        answer.len()
    );
    stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(&answer)).ok()
}

/// `["a", "b"]`, for recipes.
pub(crate) fn list(addresses: &[Address]) -> String {
    let quoted: Vec<String> = addresses.iter().map(|address| format!("\"{address}\"")).collect();
    format!("[{}]", quoted.join(", "))
}
