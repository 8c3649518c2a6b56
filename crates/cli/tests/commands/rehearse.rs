//! `ephor rehearse`.

use crate::harness::{Run, command, edited, repository, run};
use std::{
    ffi::OsString,
    fs,
    path::{Path, PathBuf},
    process::Stdio,
};
use tempfile::TempDir;

const SHORT: &str = "crates/cli/tests/scenarios/short-term.toml";

/// `ephor rehearse charters/minimal.toml --scenario SCENARIO …`
fn arguments(scenario: &Path, more: &[&str]) -> Vec<OsString> {
    let mut arguments: Vec<OsString> =
        vec!["rehearse".into(), repository("charters/minimal.toml").into(), "--scenario".into(), scenario.into()];
    arguments.extend(more.iter().map(Into::into));
    arguments
}

fn short(more: &[&str]) -> Run {
    run(&arguments(&repository(SHORT), more))
}

/// The short scenario with parts exchanged, in a folder of its own.
#[track_caller]
fn variant(edits: &[(&str, &str)]) -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("variant.toml");
    fs::write(&file, edited(SHORT, edits)).unwrap();
    (folder, file)
}

#[test]
fn tells_the_term_and_the_council_that_is_left() {
    let fine = short(&[]).exits(0);
    let parts = [
        "Minimal council: A short term\n",
        "\nWhat is measured and what is filled in\n",
        "\nWhat happened\n2026-01-15 12:00",
        "Home block ",
        "creates election 0",
        "who could: ",
        "next: ",
        "\nElection 0 for the cohort Spring\n",
        "\nThe council\n  Spring  before  member-1, member-2, member-3\n",
        "\nSafe council on Home\n",
        "4 of 6 signatures, last update 1, owned by the council\n  + 0x",
        "expectations met. 8 steps, ",
    ];
    for part in parts {
        assert!(fine.stdout.contains(part), "{part:?} is not in\n{}", fine.stdout);
    }
    assert!(!fine.stdout.contains('\x1b'), "no colours away from a terminal");
    assert!(fine.stderr.contains("step 8 of 8\n"), "{}", fine.stderr);
}

#[test]
fn tells_the_same_every_time() {
    let (first, second) = (short(&["--json"]).exits(0), short(&["--json"]).exits(0));
    assert_eq!(first.stdout, second.stdout);
}

#[test]
fn is_quiet_when_asked() {
    let fine = short(&["--quiet", "--json"]).exits(0);
    assert_eq!(fine.stderr, "");
    let document = fine.json();
    assert_eq!(document["scenario"], "A short term");
    assert_eq!(document["seed"], 1);
    assert_eq!(document["safes"][0]["in_line"], true);
    assert_eq!(document["safes"][0]["added"].as_array().unwrap().len(), 3);
    assert!(document["checks"].as_array().unwrap().iter().all(|check| check["passed"] == true));
}

#[test]
fn takes_another_seed() {
    let document = short(&["--json", "--seed", "42"]).exits(0).json();
    assert_eq!(document["seed"], 42);
}

#[test]
fn writes_a_report_into_a_folder() {
    let place = tempfile::tempdir().unwrap();
    let target = place.path().join("out");
    for _ in 0..2 {
        short(&["--report", target.to_str().unwrap()]).exits(0);
        let report = fs::read_to_string(target.join("report.md")).unwrap();
        assert!(report.contains("# Minimal council: A short term\n"), "{report}");
        assert!(report.contains("](election-0-weights.svg)"), "{report}");
        let chart = fs::read_to_string(target.join("election-0-weights.svg")).unwrap();
        assert!(chart.contains("<svg ") && chart.ends_with("</svg>\n") && chart.contains("cut line"), "{chart}");
        assert_eq!(fs::read_dir(&target).unwrap().count(), 2);
        assert_eq!(fs::read_dir(place.path()).unwrap().count(), 1);
    }
}

#[test]
fn refuses_folders_it_cannot_use_before_it_runs() {
    let place = tempfile::tempdir().unwrap();
    fs::write(place.path().join("report.md"), "mine").unwrap();
    let file = place.path().join("report.md");
    let below_file = file.join("below");
    let below_nothing = place.path().join("missing/below");
    let cases: [(&Path, &str); 4] = [
        (place.path(), "report.md exists and was not written by ephor"),
        (&file, "this is not a folder"),
        (&below_file, "the report cannot be written"),
        (&below_nothing, "the report cannot be written"),
    ];
    for (target, cause) in cases {
        let refused = short(&["--report", target.to_str().unwrap()]).refuses(4, &[cause, "remedy: "]);
        assert!(!refused.stderr.contains("step 1"), "it ran:\n{}", refused.stderr);
    }
    assert_eq!(fs::read_to_string(&file).unwrap(), "mine");
    assert_eq!(fs::read_dir(place.path()).unwrap().count(), 1);
}

#[test]
#[cfg(target_os = "linux")]
fn refuses_a_folder_in_which_nobody_may_write() {
    // Not even the superuser may make anything there.
    short(&["--report", "/proc/ephor-report"]).refuses(4, &["the report cannot be written", "remedy: "]);
}

#[test]
fn an_expectation_that_is_not_met_ends_with_one() {
    let (_folder, file) = variant(&[("weight = \"25_000\"", "weight = \"25_001\"")]);
    let unmet = run(&arguments(&file, &[])).exits(1);
    for part in ["variant.toml:", "step 6", "expected 25,001", "found 25,000"] {
        assert!(unmet.stderr.contains(part), "{part:?} is not in\n{}", unmet.stderr);
    }
    assert!(unmet.stdout.contains("What happened"), "what happened so far is told");

    let unmet = run(&arguments(&file, &["--json", "--quiet"])).exits(1);
    let document = unmet.json();
    assert_eq!(document["error"]["exit_code"], 1);
    assert!(document["error"]["message"].as_str().unwrap().contains("expected 25,001"));
    assert!(document["report"]["timeline"].as_array().unwrap().len() > 5);
}

/// The short scenario after one exchange is refused with these words, and as JSON with the place of the fault.
#[track_caller]
fn refuses(from: &str, to: &str, parts: &[&str]) {
    let (_folder, file) = variant(&[(from, to)]);
    let refused = run(&arguments(&file, &[])).refuses(3, parts);
    assert!(refused.stderr.contains("variant.toml:") && refused.stderr.contains("remedy: "), "{}", refused.stderr);
    let document = run(&arguments(&file, &["--json", "--quiet"])).exits(3).json();
    assert_eq!(document["error"]["exit_code"], 3);
    assert!(document["error"]["faults"][0]["line"].as_u64().unwrap() > 0, "{document}");
}

#[test]
fn names_broken_notation() {
    refuses("seed        = 1", "seed        = ", &["this is not TOML"]);
}

#[test]
fn names_an_unknown_setting() {
    refuses("seed        = 1", "seed        = 1\nsed = 2", &["`sed` is not a setting of "]);
}

#[test]
fn names_an_unknown_actor() {
    refuses("who    = \"whale\"", "who    = \"whael\"", &["nobody is called \"whael\" here"]);
}

#[test]
fn names_a_date_that_does_not_exist() {
    refuses("\"election_start + 1 block\"", "\"2026-02-31T12:00Z\"", &["2026-02-31T12:00Z"]);
}

#[test]
fn names_a_wrong_checksum() {
    refuses(
        "{ for = \"Dora\", votes = 10_000 }",
        "{ for = \"0x00000000000000000000000000000000000a4B86\", votes = 10_000 }",
        &["wrong checksum"],
    );
}

#[test]
fn names_every_fault_at_once() {
    let edits = [("who    = \"whale\"", "who    = \"whael\""), ("does   = \"relay\"", "does   = \"really\"")];
    let (_folder, file) = variant(&edits);
    run(&arguments(&file, &[])).refuses(3, &["2 faults in a scenario", "\"whael\"", "\"really\""]);
}

#[test]
fn names_a_step_that_cannot_be() {
    let (_folder, file) = variant(&[("at     = \"vetting_end + 1 block\"", "at     = \"registration_end\"")]);
    run(&arguments(&file, &["--quiet"])).refuses(3, &["variant.toml:", "step 4", "registration_end"]);
}

#[test]
fn names_scenarios_that_cannot_be_read() {
    let folder = tempfile::tempdir().unwrap();
    let missing = folder.path().join("missing.toml");
    run(&arguments(folder.path(), &[])).refuses(3, &["this is a directory, not a file"]);
    run(&arguments(&missing, &[])).refuses(3, &["missing.toml: there is no such file"]);
}

#[test]
fn names_charters_that_cannot_be_used() {
    let folder = tempfile::tempdir().unwrap();
    let missing = folder.path().join("missing.toml");
    let arguments: [&Path; 2] = ["rehearse".as_ref(), &missing];
    run(&arguments).refuses(3, &["missing.toml: there is no such file"]);

    let broken = folder.path().join("broken.toml");
    fs::write(&broken, edited("charters/minimal.toml", &[("threshold = 4", "threshold = 7")])).unwrap();
    let arguments: [&Path; 2] = ["rehearse".as_ref(), &broken];
    run(&arguments).refuses(3, &["1 fault in a charter", "cannot be reached with 6 seats"]);
}

#[test]
fn says_where_it_looked_for_a_scenario() {
    let folder = tempfile::tempdir().unwrap();
    let charter = folder.path().join("lonely.toml");
    fs::copy(repository("charters/minimal.toml"), &charter).unwrap();
    let arguments: [&Path; 2] = ["rehearse".as_ref(), &charter];
    run(&arguments).refuses(3, &["../scenarios/lonely-term.toml", "--scenario FILE"]);
}

#[test]
fn notes_that_a_scenario_was_written_for_another_charter() {
    let (_folder, file) = variant(&[("../../../../charters/minimal.toml", "variant.toml")]);
    let fine = run(&arguments(&file, &[])).exits(0);
    assert!(fine.stderr.contains("variant.toml was written for "), "{}", fine.stderr);
}

#[test]
fn ends_quietly_when_nobody_reads() {
    let mut child =
        command(&arguments(&repository(SHORT), &[])).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    drop(child.stderr.take());
    assert_eq!(child.wait().unwrap().code(), Some(0));
}
