//! AWS KMS: JSON over HTTP, an operation by its header.

use super::{public_key, run, sign, takes_part};
use crate::network::Network;
use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::{Value, json};
use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{TcpListener, TcpStream},
    thread,
};

/// The key that the stand-in holds and signs with.
const KEY: &str = "alias/council";
/// The same key under a name that may be looked at alone.
const DISABLED: &str = "alias/disabled";

/// Starts a stand-in for as long as the process lives, and gives its URL.
fn serve() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            thread::spawn(move || while answer(&stream).is_some() {});
        }
    });
    url
}

/// Answers one request; none where the connection ends.
fn answer(mut stream: &TcpStream) -> Option<()> {
    let mut reader = BufReader::new(stream);
    let (mut operation, mut signed, mut length) = (String::new(), false, 0);
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).ok()? == 0 {
            return None;
        }
        let Some((name, value)) = line.trim_end().split_once(": ") else {
            if line.trim_end().is_empty() {
                break;
            }
            continue;
        };
        match name.to_ascii_lowercase().as_str() {
            "x-amz-target" => value.clone_into(&mut operation),
            "authorization" => signed = value.starts_with("AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/"),
            "content-length" => length = value.parse().ok()?,
            _ => {}
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    let request: Value = serde_json::from_slice(&body).ok()?;
    let refusal = |kind: &str, message: &str| (400, json!({ "__type": kind, "message": message }));
    let (status, told) = if !signed {
        refusal("IncompleteSignatureException", "the request is not signed")
    } else if request["KeyId"] != KEY && request["KeyId"] != DISABLED {
        refusal("NotFoundException", "Alias is not found.")
    } else if operation == "TrentService.GetPublicKey" {
        let key = STANDARD.encode(public_key());
        (200, json!({ "KeyId": KEY, "KeySpec": "ECC_SECG_P256K1", "KeyUsage": "SIGN_VERIFY", "PublicKey": key }))
    } else if request["KeyId"] == DISABLED {
        refusal("DisabledException", "alias/disabled is disabled.")
    } else {
        let form = (operation.as_str(), request["MessageType"].as_str(), request["SigningAlgorithm"].as_str());
        assert_eq!(form, ("TrentService.Sign", Some("DIGEST"), Some("ECDSA_SHA_256")));
        let signature = sign(&STANDARD.decode(request["Message"].as_str()?).ok()?);
        (200, json!({ "KeyId": KEY, "Signature": STANDARD.encode(signature), "SigningAlgorithm": "ECDSA_SHA_256" }))
    };
    let told = told.to_string();
    let head = format!(
        "HTTP/1.1 {status} -\r\ncontent-type: application/x-amz-json-1.1\r\ncontent-length: {}\r\n\r\n",
        told.len()
    );
    stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(told.as_bytes())).ok()
}

/// What the environment says, of the service and of who asks.
const ENVIRONMENT: [(&str, &str); 4] = [
    ("AWS_REGION", "eu-central-1"),
    ("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE"),
    ("AWS_SECRET_ACCESS_KEY", "of no value"),
    ("AWS_EC2_METADATA_DISABLED", "true"),
];

#[test]
fn a_key_of_aws_signs_transactions_and_messages() {
    let url = serve();
    takes_part("aws:alias/council", &[&ENVIRONMENT[..], &[("AWS_ENDPOINT_URL", &url)]].concat());
}

#[test]
fn what_aws_refuses_is_said() {
    let (url, network) = (serve(), Network::up("minimal.toml", "2026-02-01T12:00Z"));
    let environment = [&ENVIRONMENT[..], &[("AWS_ENDPOINT_URL", &url)]].concat();
    let create = ["election", "create", "--signer", "aws:alias/other"];
    run(&network, &environment, &create).refuses(8, &["AWS KMS: ", "Alias is not found", "AWS_REGION"]);
    let create_disabled = ["election", "create", "--signer", "aws:alias/disabled"];
    let account = json!([super::key().address(), "0xde0b6b3a7640000"]);
    network.ask("home", "anvil_setBalance", &account);
    run(&network, &environment, &create_disabled).refuses(8, &["not signed: ", "alias/disabled is disabled"]);
    let message = ["election", "register", "--signer", "aws:alias/disabled"];
    run(&network, &environment, &message).refuses(8, &["the message is not signed: ", "alias/disabled is disabled"]);
    // Without credentials nothing is asked.
    let nobody = [ENVIRONMENT[0], ENVIRONMENT[3], ("AWS_ENDPOINT_URL", &url)];
    run(&network, &nobody, &create).refuses(8, &["AWS KMS: ", "credentials"]);
}
