//! `ephor charter`.

use crate::harness::{edited, repository, run};
use std::{fs, path::Path};

/// The minimal charter after one exchange, and what is said of it.
#[track_caller]
fn check(from: &str, to: &str, parts: &[&str]) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("broken.toml");
    fs::write(&file, edited("charters/minimal.toml", &[(from, to)])).unwrap();
    let arguments: [&Path; 3] = ["charter".as_ref(), "check".as_ref(), &file];
    let refused = run(&arguments).refuses(3, parts);
    assert!(refused.stderr.contains("broken.toml:"), "{}", refused.stderr);
    assert!(refused.stderr.contains("remedy: "), "{}", refused.stderr);

    let arguments: [&Path; 4] = ["charter".as_ref(), "check".as_ref(), &file, "--json".as_ref()];
    let document = run(&arguments).exits(3).json();
    assert_eq!(document["sound"], false);
    let fault = &document["faults"][0];
    assert!(fault["line"].as_u64().unwrap() > 0);
    assert!(parts.iter().any(|part| part.contains(fault["cause"].as_str().unwrap())), "{fault}");
    assert!(!fault["remedy"].as_str().unwrap().is_empty());
}

#[test]
fn sums_up_sound_charters() {
    for name in ["arbitrum", "arbitrum-next", "minimal"] {
        let file = repository(&format!("charters/{name}.toml"));
        let arguments: [&Path; 3] = ["charter".as_ref(), "check".as_ref(), &file];
        let fine = run(&arguments).exits(0);
        assert!(fine.stdout.contains(&format!("{name}.toml is sound.\n")), "{}", fine.stdout);
        assert!(!fine.stdout.contains('\x1b'), "no colours away from a terminal");
        assert_eq!(fine.stderr, "");
    }
}

#[test]
fn sums_up_as_one_json_document() {
    let file = repository("charters/arbitrum.toml");
    let arguments: [&Path; 4] = ["charter".as_ref(), "check".as_ref(), &file, "--json".as_ref()];
    let fine = run(&arguments).exits(0);
    assert_eq!(fine.stderr, "");
    let document = fine.json();
    assert_eq!(document["sound"], true);
    assert_eq!(document["charter"]["council"]["seats"], 12);
    assert_eq!(document["charter"]["next_election"]["starts_at"], "2025-09-15 12:00 UTC");
    assert_eq!(document["charter"]["safes"].as_array().unwrap().len(), 4);
}

#[test]
fn shows_members_and_powers() {
    let file = repository("charters/minimal.toml");
    let arguments: [&Path; 3] = ["charter".as_ref(), "show".as_ref(), &file];
    let fine = run(&arguments).exits(0);
    for part in ["Ada", "Analytical", "MEMBER_ROTATOR", "in rehearsals 7031337", "4 of 6"] {
        assert!(fine.stdout.contains(part), "{part:?} is not in\n{}", fine.stdout);
    }
}

#[test]
fn names_a_date_that_does_not_exist() {
    check(
        "2026-01-15T12:00Z",
        "2026-02-31T12:00Z",
        &["this date does not exist: 2026-02 has 28 days, so there is no day 31"],
    );
}

#[test]
fn names_a_wrong_checksum() {
    check(
        "0x00000000000000000000000000000000000A4B86",
        "0x00000000000000000000000000000000000a4B86",
        &["the address 0x00000000000000000000000000000000000a4B86 has a wrong checksum"],
    );
}

#[test]
fn names_a_member_who_sits_twice() {
    check(
        "0x0000000000000000000000000000000000000A02",
        "0x0000000000000000000000000000000000000A01",
        &["0x0000000000000000000000000000000000000a01 sits already, in the cohort \"Spring\""],
    );
}

#[test]
fn names_an_unknown_setting() {
    check("vetter  ", "vetters ", &["`vetter` is missing in [election]", "`vetters` is not a setting of [election]"]);
}

#[test]
fn names_a_threshold_above_the_seats() {
    check(
        "threshold = 4",
        "threshold = 7",
        &["the Safe \"council\": a threshold of 7 signatures cannot be reached with 6 seats"],
    );
}

#[test]
fn names_broken_notation() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("broken.toml");
    fs::write(&file, "name = \"x\n[chains").unwrap();
    let arguments: [&Path; 3] = ["charter".as_ref(), "check".as_ref(), &file];
    run(&arguments).refuses(3, &["broken.toml:1:", "this is not TOML", "remedy: "]);
}

#[test]
fn names_what_cannot_be_read() {
    let folder = tempfile::tempdir().unwrap();
    let binary = folder.path().join("binary.toml");
    fs::write(&binary, [0xff, 0xfe, 0x00]).unwrap();
    let missing = folder.path().join("missing.toml");
    let cases: [(&Path, &str); 3] = [
        (&missing, "missing.toml: there is no such file"),
        (folder.path(), "this is a directory, not a file"),
        (&binary, "the file is not UTF-8 text: byte 0 does not belong"),
    ];
    for (file, cause) in cases {
        for command in ["check", "show"] {
            let arguments: [&Path; 3] = ["charter".as_ref(), command.as_ref(), file];
            run(&arguments).refuses(3, &[cause, "remedy: "]);
        }
    }
}

#[test]
fn shows_control_characters_of_a_charter_harmlessly() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("loud.toml");
    fs::write(&file, edited("charters/minimal.toml", &[("Minimal council", "Minimal \\u001b[31mcouncil")])).unwrap();
    let arguments: [&Path; 3] = ["charter".as_ref(), "check".as_ref(), &file];
    let fine = run(&arguments).exits(0);
    assert!(fine.stdout.contains("Minimal ␛[31mcouncil"), "{}", fine.stdout);
    assert!(!fine.stdout.contains('\x1b'));
}
