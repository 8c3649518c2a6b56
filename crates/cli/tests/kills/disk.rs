//! Disks that take no more, and folders of another version.

use alloy_primitives::{Address, TxKind};
use alloy_signer_local::PrivateKeySigner;
use redb::{ReadableDatabase, TableDefinition};
use serde_json::{Value, json};
use std::{fs, path::Path, process::Command};

use crate::{
    ledger::{Ledger, Said},
    process::{Answer, Connection, Up, charter, up},
    program::{HOME, create, nonce, signed},
};

/// Bytes by which files may grow until the disk is full.
const ROOM_BYTES: u64 = 1 << 20;
/// Bytes of each transaction.
static BULK: [u8; 30_000] = [0x5A; 30_000];

/// Sends a large transaction, and takes down what is answered.
fn call(chain: &mut Connection, by: &PrivateKeySigner, program: Address, ledger: &mut Ledger) -> Answer {
    let nonce = nonce(chain, by.address());
    let params = signed(by, HOME, nonce, TxKind::Call(program), 0, &BULK);
    let hash = chain.try_ask("eth_sendRawTransaction", &params).expect("an answer")?;
    ledger.note(Said::Sent(hash.clone()));
    let receipt = chain.ask("eth_getTransactionReceipt", &json!([hash]));
    ledger.note(Said::Receipt(receipt.clone()));
    Ok(receipt)
}

#[track_caller]
fn check_refusal(error: &Value) {
    let message = error["message"].as_str().expect("a message");
    assert!(message.contains("takes no more writes"), "{error}");
    assert!([-32_000, -32_603].contains(&error["code"].as_i64().expect("a code")), "{error}");
}

#[test]
fn a_full_disk_is_told_and_costs_nothing_that_was_acknowledged() {
    let place = tempfile::tempdir().expect("a folder");
    let (charter, data) = (charter("minimal.toml"), place.path().join("network"));
    let network = Up::start(up(Some(&charter), &data, None));
    let (program, key) = (create(&network), network.key(0));
    let caller = (key.address(), nonce(&mut network.connect("home"), key.address()));
    let mut ledger = Ledger::new(program, vec![caller]);
    assert_eq!(network.stop().status.code(), Some(0));

    let most = fs::metadata(data.join("network.redb")).expect("the store").len() + ROOM_BYTES;
    let network = Up::start(up(Some(&charter), &data, Some(most)));
    let mut chain = network.connect("home");
    let error = loop {
        if let Err(error) = call(&mut chain, &key, program, &mut ledger) {
            break error;
        }
    };
    check_refusal(&error);
    let taken = ledger.len();
    assert!(taken > 5, "{taken} transactions");
    // It goes on answering, and takes nothing more.
    ledger.check_all(&network);
    check_refusal(&call(&mut chain, &key, program, &mut ledger).expect_err("the disk is full"));
    check_refusal(&chain.try_ask("evm_mine", &json!([])).expect("an answer").expect_err("the disk is full"));
    ledger.check_all(&network);
    assert_eq!(ledger.len(), taken);
    network.kill();

    // With room again it goes on.
    let network = Up::start(up(Some(&charter), &data, None));
    ledger.check_all(&network);
    call(&mut network.connect("home"), &key, program, &mut ledger).expect("there is room");
    ledger.check_all(&network);
    assert_eq!(ledger.len(), taken + 1);
    assert_eq!(network.stop().status.code(), Some(0));
}

/// Runs it where it cannot run; what it says about that.
#[track_caller]
fn refused(mut command: Command, code: i32) -> String {
    let output = command.output().expect("the binary starts");
    let said = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(code), "{said}");
    said
}

#[test]
fn a_disk_without_room_for_a_new_network_is_told() {
    let place = tempfile::tempdir().expect("a folder");
    let (charter, data) = (charter("minimal.toml"), place.path().join("network"));
    for most in [0, 65_536, 1_000_000] {
        let said = refused(up(Some(&charter), &data, Some(most)), 4);
        assert!(said.contains("--data DIR") && said.contains("network.redb"), "with {most} bytes: {said}");
    }
    let network = Up::start(up(Some(&charter), &data, None));
    create(&network);
    assert_eq!(network.stop().status.code(), Some(0));
}

/// The version of the folder's layout, and another one in its place.
fn exchange_version(data: &Path, version: u32) -> u32 {
    const META: TableDefinition<'_, &str, &[u8]> = TableDefinition::new("meta");
    let database = redb::Database::open(data.join("network.redb")).expect("a store");
    let read = database.begin_read().expect("a store");
    let table = read.open_table(META).expect("a table");
    let before = table.get("schema").expect("a row").expect("a version").value().try_into().expect("four bytes");
    let write = database.begin_write().expect("a store");
    write.open_table(META).expect("a table").insert("schema", &version.to_be_bytes()[..]).expect("a row");
    write.commit().expect("written");
    u32::from_be_bytes(before)
}

#[test]
fn a_folder_of_a_newer_version_is_refused_and_left_alone() {
    let place = tempfile::tempdir().expect("a folder");
    let (charter, data) = (charter("minimal.toml"), place.path().join("network"));
    let network = Up::start(up(Some(&charter), &data, None));
    let program = create(&network);
    assert_eq!(network.stop().status.code(), Some(0));
    let version = exchange_version(&data, 99);
    let said = refused(up(None, &data, None), 4);
    assert!(said.contains("99") && said.contains("newer") && said.contains("--data DIR"), "{said}");
    // As soon as its own version opens it, it goes on.
    assert_eq!(exchange_version(&data, version), 99);
    let network = Up::start(up(None, &data, None));
    let code = network.connect("home").ask("eth_getCode", &json!([program, "latest"]));
    assert_eq!(code.as_str().map(str::len), Some(2 + 2 * 18), "{code}");
    assert_eq!(network.stop().status.code(), Some(0));
}
