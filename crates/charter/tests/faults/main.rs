//! What is wrong with a charter is said where it is, all at once, with cause and remedy.

mod chains;
mod council;
mod election;
mod files;
mod values;

use std::path::Path;

use ephor_charter::{Charter, Faults};

fn text(name: &str) -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../charters").join(name)).unwrap()
}

/// A charter of this repository with parts exchanged.
#[track_caller]
fn edited(name: &str, edits: &[(&str, &str)]) -> String {
    let mut text = text(name);
    for (from, to) in edits {
        assert!(text.contains(from), "{name} does not contain {from}");
        text = text.replacen(from, to, 1);
    }
    text
}

#[track_caller]
fn faults_of(text: &str) -> Faults {
    Charter::parse("test.toml", text).expect_err("the charter is broken on purpose")
}

/// After one exchange, exactly the expected faults: each by the text at its place, its cause, and a part of its remedy.
#[track_caller]
fn check(name: &str, from: &str, to: &str, expected: &[(&str, &str, &str)]) {
    let text = edited(name, &[(from, to)]);
    let faults = faults_of(&text);
    assert_eq!(faults.faults.len(), expected.len(), "\n{faults}");
    for (fault, (at, cause, remedy)) in faults.faults.iter().zip(expected) {
        let line = text.lines().nth(fault.line - 1).unwrap();
        let rest: String = line.chars().skip(fault.column - 1).collect();
        assert!(rest.starts_with(at), "the fault is at {rest:?}, expected {at:?}\n{faults}");
        assert_eq!(fault.cause(), *cause);
        assert!(fault.remedy().contains(remedy), "{}", fault.remedy());
    }
}

#[track_caller]
fn check_minimal(from: &str, to: &str, expected: &[(&str, &str, &str)]) {
    check("minimal.toml", from, to, expected);
}

#[track_caller]
fn check_arbitrum(from: &str, to: &str, expected: &[(&str, &str, &str)]) {
    check("arbitrum.toml", from, to, expected);
}
