//! What stands between a command and a live chain. A proxy makes a rehearsal network pass for the live one, and writes down what it is asked.

use crate::{
    harness::repository,
    network::{Network, on, post, read_body},
};
use serde_json::{Value, json};
use std::{
    fs,
    io::{BufRead, BufReader, Write},
    net::{TcpListener, TcpStream},
    path::PathBuf,
    sync::{Arc, Mutex},
    thread,
};

/// What the proxy makes of the network.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Guise {
    /// Chain ids of the live chains, and no methods of a rehearsal.
    Live,
    /// Ids of a rehearsal, and no methods of one.
    Doubtful,
}

/// A proxy before a network.
struct Proxy {
    url: String,
    seen: Arc<Mutex<Vec<String>>>,
}

impl Proxy {
    fn before(network: &Network, guise: Guise) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let seen = Arc::new(Mutex::new(Vec::new()));
        let (upstream, writes) = (network.url.clone(), seen.clone());
        // The thread ends with the process.
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (upstream, writes) = (upstream.clone(), writes.clone());
                thread::spawn(move || answer(stream, &upstream, guise, &writes));
            }
        });
        Self { url, seen }
    }

    /// The methods that were asked for since the last time.
    fn seen(&self) -> Vec<String> {
        std::mem::take(&mut *self.seen.lock().expect("a list"))
    }
}

fn answer(stream: TcpStream, upstream: &str, guise: Guise, seen: &Mutex<Vec<String>>) -> Option<()> {
    let mut reader = BufReader::new(stream.try_clone().ok()?);
    let mut line = String::new();
    reader.read_line(&mut line).ok()?;
    let path = line.split_whitespace().nth(1)?.to_owned();
    let request: Value = serde_json::from_slice(&read_body(&mut reader)?).ok()?;
    let method = request["method"].as_str()?.to_owned();
    seen.lock().ok()?.push(method.clone());
    let hidden = ["ephor_", "evm_", "anvil_", "hardhat_"].iter().any(|prefix| method.starts_with(prefix));
    let answer = if hidden || method == "eth_accounts" {
        json!({ "jsonrpc": "2.0", "id": request["id"], "error": { "code": -32601, "message": "no such method" } })
    } else if method == "eth_chainId" && guise == Guise::Live {
        let id = match path.as_str() {
            "/ethereum" => 1,
            "/arbitrum-nova" => 42_170,
            _ => 42_161,
        };
        json!({ "jsonrpc": "2.0", "id": request["id"], "result": format!("{id:#x}") })
    } else {
        serde_json::from_slice(&post(&format!("{upstream}{path}"), request.to_string().as_bytes())).ok()?
    };
    let body = answer.to_string();
    let head = format!(
        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
        body.len()
    );
    let mut stream = stream;
    stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(body.as_bytes())).ok()
}

/// Runs a command of Arbitrum's council on an endpoint: exit code, stdout, stderr.
#[track_caller]
fn run(url: &str, arguments: &[&str]) -> (Option<i32>, String, String) {
    let charter = repository("charters/arbitrum.toml");
    // A live endpoint has one chain, so each is named.
    let others = ["ethereum", "arbitrum-nova"].map(|chain| format!("{chain}={url}/{chain}"));
    let others = others.iter().flat_map(|other| ["--rpc", other]);
    let output = on(url, arguments).args(others).arg("--charter").arg(charter).output().expect("the binary starts");
    let text = |bytes| String::from_utf8(bytes).expect("UTF-8");
    (output.status.code(), text(output.stdout), text(output.stderr))
}

/// The keystore of the Web3 Secret Storage Definition, and a file with its password.
pub(crate) fn keystore(folder: &tempfile::TempDir) -> (String, PathBuf) {
    let (file, password) = (folder.path().join("key.json"), folder.path().join("password"));
    fs::write(&file, include_str!("keystore.json")).expect("written");
    fs::write(&password, "testpassword\n").expect("written");
    (format!("keystore:{}", file.display()), password)
}

#[test]
fn sends_nothing_to_a_live_chain_unless_told_to() {
    let network = Network::up("arbitrum.toml", "2025-09-14T12:00Z");
    network.json(&["clock", "advance", "--phase"]);
    let proxy = Proxy::before(&network, Guise::Live);
    let member = network.json(&["council", "show"])["council"]["cohorts"][0][0].as_str().unwrap().to_owned();
    let commands: [&[&str]; 7] = [
        &["election", "create"],
        &["election", "create", "--dry-run"],
        &["election", "endorse", "--index", "4", "--for", "vetter=5", "--signer", "unlocked:vetter"],
        &["removal", "propose", &member, "--description", "why", "--signer", &member],
        &["council", "rotate", &member, "vetter", "--signer", &member],
        &["pipeline", "relay", "--all"],
        &["pipeline", "relay", "--all", "--watch"],
    ];
    for arguments in commands {
        let (code, stdout, stderr) = run(&proxy.url, arguments);
        assert!(matches!(code, Some(0 | 6)), "{arguments:?}: {code:?}\n{stdout}\n{stderr}");
        assert!(stdout.contains("Nothing is sent"), "{arguments:?}\n{stdout}\n{stderr}");
        let seen = proxy.seen();
        assert!(!seen.is_empty());
        assert!(
            !seen.iter().any(|method| method.contains("send") || method.contains("sign")),
            "{arguments:?}: {seen:?}"
        );
        assert!(!seen.iter().any(|method| method.starts_with("anvil_")), "{arguments:?}: {seen:?}");
    }
    let (code, stdout, _) = run(&proxy.url, &["election", "create", "--json"]);
    let shown: Value = serde_json::from_str(&stdout).expect("JSON");
    assert_eq!((code, &shown["sent"], &shown["network"]), (Some(0), &json!(false), &json!("live")));
    assert_eq!(shown["transactions"][0]["chain_id"], 42_161);

    // With --broadcast somebody must sign who can, and no key may stand in an argument.
    let key = format!("key:0x{}", "11".repeat(32));
    for (signer, part) in [
        (None, "nobody is named to sign"),
        (Some(key.as_str()), "private key in an argument"),
        (Some(&key[4..]), "private key in an argument"),
        (Some("dev0"), "nobody is called \"dev0\""),
        (Some("unlocked:vetter"), "only be acted for by the node of a rehearsal"),
        (Some("ledger"), "--features ledger"),
    ] {
        let mut arguments = vec!["election", "create", "--broadcast"];
        arguments.extend(signer.iter().flat_map(|signer| ["--signer", signer]));
        let (code, _, stderr) = run(&proxy.url, &arguments);
        assert!(code == Some(8) && stderr.contains(part), "{arguments:?}: {code:?} {stderr}");
        assert!(!proxy.seen().iter().any(|method| method.contains("send")));
    }
    let (code, _, stderr) = run(&proxy.url, &["clock", "advance", "1d"]);
    assert!(code == Some(3) && stderr.contains("live chains cannot be moved"), "{stderr}");

    // With a key that can sign it is sent, once: signed for the live chain, so the network behind the proxy does not take it.
    let folder = tempfile::tempdir().unwrap();
    let (signer, password) = keystore(&folder);
    let password = password.to_str().unwrap();
    proxy.seen();
    let arguments = ["election", "create", "--broadcast", "--signer", &signer, "--password-file", password];
    let (code, _, stderr) = run(&proxy.url, &arguments);
    assert!(code == Some(7) && stderr.contains("does not take the transaction"), "{code:?} {stderr}");
    let sent: Vec<_> = proxy.seen().into_iter().filter(|method| method.contains("send")).collect();
    assert_eq!(sent, ["eth_sendRawTransaction"]);
    // The same key on the rehearsal network is taken, once it has ether.
    let account = "0x008AeEda4D805471dF9b2A5B0f38A0C3bCBA786b";
    network.ask("arbitrum-one", "anvil_setBalance", &json!([account, "0xde0b6b3a7640000"]));
    let (code, stdout, stderr) =
        run(&network.url, &["election", "create", "--signer", &signer, "--password-file", password]);
    assert_eq!(code, Some(0), "{stdout}{stderr}");
    assert!(stdout.contains(account), "{stdout}");
}

#[test]
fn takes_a_network_that_does_not_say_so_for_no_rehearsal() {
    let network = Network::up("arbitrum.toml", "2025-09-14T12:00Z");
    network.json(&["clock", "advance", "--phase"]);
    let proxy = Proxy::before(&network, Guise::Doubtful);
    let (code, stdout, _) = run(&proxy.url, &["election", "create"]);
    assert!(code == Some(0) && stdout.contains("Nothing is sent"), "{stdout}");
    assert!(!proxy.seen().iter().any(|method| method.contains("send")));
}

#[test]
fn says_which_endpoint_is_wrong() {
    let network = Network::up("arbitrum.toml", "2025-09-14T12:00Z");
    let nova = format!("ethereum={}/arbitrum-nova", network.url);
    let cases: [(&str, &[&str], i32, &str); 5] = [
        ("http://127.0.0.1:9", &[], 7, "127.0.0.1:9 does not answer"),
        (
            &network.url,
            &["--charter", "charters/minimal.toml"],
            7,
            "serves chain 7042161, but by the charter home is 31337",
        ),
        (&network.url, &["--rpc", &nova], 7, "ethereum: the endpoint"),
        (&network.url, &["--rpc", "mars=http://127.0.0.1:9"], 3, "the charter has no chain \"mars\""),
        ("localhost", &[], 3, "is no endpoint"),
    ];
    for (url, arguments, code, part) in cases {
        let output = on(url, &["council", "show"])
            .args(arguments)
            .current_dir(repository(""))
            .output()
            .expect("the binary starts");
        let stderr = String::from_utf8(output.stderr).expect("UTF-8");
        assert!(output.status.code() == Some(code) && stderr.contains(part), "{url} {arguments:?}: {stderr}");
    }
}
