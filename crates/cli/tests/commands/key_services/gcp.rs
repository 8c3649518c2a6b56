//! Google's Cloud KMS: protobuf over gRPC, with a token that a service account gets for a signed claim.

use super::{
    grpc::{self, Answer},
    public_key, run, sign, takes_part,
};
use crate::network::{Network, read_body};
use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::json;
use std::{
    fs,
    io::{BufReader, Write},
    net::TcpListener,
    path::Path,
    process::Command,
    sync::{Arc, Mutex},
    thread,
};

/// The one version of a key that the stand-in holds.
const KEY: &str = "projects/p/locations/global/keyRings/r/cryptoKeys/council/cryptoKeyVersions/1";

/// The fields of a message of protobuf that have a length, by number. Others do not occur here.
fn fields(mut message: &[u8]) -> Option<Vec<(u8, &[u8])>> {
    let mut fields = Vec::new();
    while let [tag, length, rest @ ..] = message {
        let (value, rest) = rest.split_at_checked(usize::from(*length))?;
        fields.push((tag >> 3, value));
        message = rest;
    }
    Some(fields)
}

/// A field with a length, which may take two bytes.
fn field(number: u8, value: &[u8]) -> Vec<u8> {
    let length = match u8::try_from(value.len()) {
        Ok(length) if length < 0x80 => vec![length],
        _ => vec![
            u8::try_from(value.len() % 0x80).expect("small") | 0x80,
            u8::try_from(value.len() / 0x80).expect("small"),
        ],
    };
    [&[number << 3 | 2], &length[..], value].concat()
}

/// `GetPublicKey` names a key; `AsymmetricSign` names a digest as well.
fn answer(message: &[u8]) -> Answer {
    let fields = fields(message).ok_or((3, "malformed"))?;
    let of = |number: u8| fields.iter().find(|(found, _)| *found == number).map(|(_, value)| *value);
    if of(1) != Some(KEY.as_bytes()) {
        return Err((5, "no such key"));
    }
    Ok(match of(3) {
        // The digest stands in a message of its own, as SHA-256's.
        Some(digest) => field(1, &sign(&digest[2..])),
        None => {
            let lines: Vec<_> = STANDARD.encode(public_key()).into_bytes().chunks(64).map(<[u8]>::to_vec).collect();
            let body = String::from_utf8(lines.join(&b'\n')).expect("text");
            field(1, format!("-----BEGIN PUBLIC KEY-----\n{body}\n-----END PUBLIC KEY-----\n").as_bytes())
        }
    })
}

/// Where a service account gets its token, and the claims it showed.
fn tokens() -> (String, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let url = format!("http://{}/token", listener.local_addr().expect("an address"));
    let claims = Arc::new(Mutex::new(Vec::new()));
    let writes = claims.clone();
    thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let form = read_body(&mut BufReader::new(&stream)).expect("a request");
            writes.lock().expect("a list").push(String::from_utf8(form).expect("text"));
            let told = json!({ "access_token": "t", "token_type": "Bearer", "expires_in": 3_600 }).to_string();
            let head = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nconnection: close\r\ncontent-length:";
            let _ = write!(stream, "{head} {}\r\n\r\n{told}", told.len());
        }
    });
    (url, claims)
}

/// The file of a service account whose key is made for the test.
fn account(folder: &Path, token_uri: &str) -> String {
    let made = Command::new("openssl").args(["genrsa", "2048"]).output().expect("openssl makes a key");
    let file = folder.join("account.json");
    let account = json!({
        "type": "service_account",
        "client_email": "council@p.iam.gserviceaccount.com",
        "private_key_id": "1",
        "private_key": String::from_utf8(made.stdout).expect("text"),
        "token_uri": token_uri,
    });
    fs::write(&file, account.to_string()).expect("written");
    file.to_str().expect("UTF-8").to_owned()
}

#[test]
fn a_key_of_google_signs_transactions_and_messages() {
    let folder = tempfile::tempdir().expect("a folder");
    let ((token_uri, claims), service) = (tokens(), grpc::serve(answer));
    let account = account(folder.path(), &token_uri);
    let environment =
        [("CLOUDSDK_API_ENDPOINT_OVERRIDES_CLOUDKMS", service.as_str()), ("GOOGLE_APPLICATION_CREDENTIALS", &account)];
    takes_part("gcp:p/global/r/council/1", &environment);
    let claims = claims.lock().expect("a list").clone();
    assert!(!claims.is_empty() && claims.iter().all(|claim| claim.contains("jwt-bearer&assertion=ey")), "{claims:?}");

    let network = Network::up("minimal.toml", "2026-02-01T12:00Z");
    for (key, part) in [
        ("gcp:p/global/r/council/2", "no such key"),
        ("gcp:p/global/r/council", "names no version of a key"),
        ("gcp:p/global/r/council/first", "no number of a version"),
    ] {
        let refused = run(&network, &environment, &["election", "create", "--signer", key]);
        refused.refuses(8, &["Google KMS: ", part, "gcp:PROJECT/LOCATION/RING/KEY/VERSION"]);
    }
}
