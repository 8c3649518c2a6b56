//! Broken scenarios: each says everything that is wrong, where, and what to do.

use std::path::{Path, PathBuf};

use ephor_charter::{Charter, Faults};
use ephor_rehearsal::{Observer, Options, RehearsalError, Scenario, Silent, run, scenario};

fn project() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn charter() -> Charter {
    Charter::load(project().join("charters/minimal.toml")).unwrap()
}

const SOUND: &str = r#"name = "Sound"
description = "Nothing is wrong."
charter = "../charters/minimal.toml"
seed = 1
[contenders]
count = 3
[voters]
list = [{ name = "Ola", votes = 200_000 }]
[[step]]
at = "election_start"
does = "create_election"
"#;

fn parse(text: &str) -> Result<Scenario, Faults> {
    Scenario::parse("s.toml", text, &project().join("scenarios"), &charter())
}

/// What is wrong with the sound scenario and more, as `line: cause | remedy`.
#[track_caller]
fn check(more: &str, expected: &[&str]) {
    let text = format!("{SOUND}{more}");
    let faults = parse(&text).expect_err("a broken scenario");
    let told: Vec<String> =
        faults.faults.iter().map(|fault| format!("{}: {} | {}", fault.line, fault.cause(), fault.remedy())).collect();
    assert_eq!(told.len(), expected.len(), "{faults}");
    for (told, expected) in told.iter().zip(expected) {
        assert!(told.contains(expected), "{told}\nexpected {expected}");
    }
}

#[test]
fn a_sound_scenario_is_read() {
    assert_eq!(parse(SOUND).unwrap().steps.len(), 1);
}

#[test]
fn tells_every_fault_at_once() {
    check(
        r#"[[step]]
at = "2026-02-31T12:00Z"
who = "Nobody"
does = { vote = { for = "contender-9", votes = "many" } }
expect = { weigth = 1 }
[[step]]
does = { vote = { for = "contender-1", votes = 1 } }
[[step]]
"#,
        &[
            "13: \"2026-02-31T12:00Z\" is not a time | correct \"2026-02-31T12:00Z\"",
            "14: nobody is called \"Nobody\" here | add [[actors]]",
            "15: nobody is called \"contender-9\" here",
            "15: \"many\" is not a number of tokens",
            "16: `weigth` is not a setting of `expect` of [[step]] number 2 | did you mean `weight`?",
            "18: `vote` needs `who`",
            "19: this step does nothing",
        ],
    );
}

#[test]
fn knows_what_can_be_done() {
    check(
        "[[step]]\ndoes = \"elect\"\n",
        &["13: \"elect\" is nothing that can be done | write one of create_election"],
    );
    check("[[step]]\ndoes = { vet = {}, draw = {} }\n", &["13: a step does one thing, but `does` has 2"]);
    check("[[step]]\ndoes = \"model_votes\"\n", &["13: `model_votes` needs a [model]"]);
    check("[[step]]\ndoes = \"vote\"\n", &["13: string where a table with the details is expected"]);
    check(
        "[[step]]\nwho = \"kitchen\"\ndoes = { remove_member = { member = \"member-1\" } }\n",
        &["13: there is no Safe \"kitchen\""],
    );
    check(
        "[[step]]\ndoes = { fault = { lose = \"mars\" } }\n",
        &["13: there is no chain \"mars\" in the charter | write one of home"],
    );
    check("[[step]]\ndoes = { relay = \"everything\" }\n", &["13: \"everything\" is not one of all, core-timelock"]);
    check(
        "[[step]]\nwho = \"Ola\"\ndoes = { vote = { for = \"0x912CE59144191C1204E64559FE8253a0e49e6548\", votes = 1 } }\n",
        &["14: the address 0x912CE59144191C1204E64559FE8253a0e49e6548 has a wrong checksum"],
    );
}

#[test]
fn knows_where_people_and_votes_come_from() {
    check("[[actors]]\nname = \"vetter\"\n", &["13: \"vetter\" is taken | give everybody a name"]);
    check(
        "[model]\nparticipation_percent = 101\nchoices_most = 0\nskew = 1\nearly_percent = 1\nbatches = 1\n",
        &["13: 101 is not between 0 and 100", "14: `choices_most` is zero"],
    );
    check(
        "[model]\nparticipation_percent = 1\nchoices_most = 1\nskew = 9\nearly_percent = 1\nbatches = 9_000_000_000\n",
        &["15: 9 is not between 0 and 8", "17: 9000000000 is not between 0 and 10000"],
    );
    let crowd = SOUND.replace("list = [{ name = \"Ola\", votes = 200_000 }]", "count = 9_000_000_000\nmost = 1");
    assert_eq!(parse(&crowd).unwrap_err().faults[0].cause(), "9000000000 is not between 0 and 10000000");
    let text = SOUND.replace("list = [{ name = \"Ola\", votes = 200_000 }]", "file = \"nothing.json\"");
    let faults = parse(&text).unwrap_err();
    assert!(faults.faults[0].cause().starts_with("nothing.json cannot be used: "), "{faults}");
    let text = SOUND.replace("count = 3", "count = 3\nnames = [\"A\"]");
    assert_eq!(parse(&text).unwrap_err().faults[0].cause(), "[contenders] needs one of file, names, count");
}

#[test]
fn says_why_a_file_cannot_be_read() {
    let folder = tempfile::tempdir().unwrap();
    let cause = |path: &Path| Scenario::load(path, &charter()).unwrap_err().faults[0].cause();
    assert_eq!(cause(folder.path()), "this is a directory, not a file");
    assert_eq!(cause(&folder.path().join("none.toml")), "there is no such file");
    let broken = folder.path().join("broken.toml");
    std::fs::write(&broken, "name = \"").unwrap();
    assert!(cause(&broken).starts_with("this is not TOML: "));
    assert!(scenario::charter_of(&broken).is_err());
    std::fs::write(&broken, [0xff, 0xfe]).unwrap();
    assert!(cause(&broken).starts_with("the file is not UTF-8 text"));
}

fn outcome(more: &str, observer: &mut dyn Observer) -> RehearsalError {
    let scenario = parse(&format!("{SOUND}{more}")).unwrap_or_else(|faults| panic!("{faults}"));
    run(&scenario, &charter(), &Options::default(), observer).expect_err("a scenario that cannot go on")
}

#[test]
fn ends_at_the_first_expectation_that_is_not_met() {
    let error = outcome("[[step]]\nexpect = { phase = \"vetting\" }\n[[step]]\ndoes = \"register\"\n", &mut Silent);
    assert_eq!(error.to_string(), "s.toml:13: step 2: phase: expected vetting, but found registration");
    assert!(!error.is_input());
    let RehearsalError::Unmet(unmet) = error else { panic!("{error}") };
    assert_eq!(unmet.report.timeline.len(), 1, "what happened so far is told");
    let (passed, total) = unmet.report.passed();
    assert_eq!(total, passed + 1);
}

#[test]
fn ends_at_an_act_that_is_refused_without_being_expected_to() {
    let error = outcome("[[step]]\ndoes = \"create_election\"\n", &mut Silent);
    assert!(error.to_string().starts_with("s.toml:12: step 2: done: expected done, but found refused: "), "{error}");
}

#[test]
fn says_what_cannot_be_at_the_time() {
    let past = outcome("[[step]]\nat = \"2020-01-01T00:00Z\"\n", &mut Silent);
    assert!(past.is_input());
    assert!(
        past.to_string().starts_with("s.toml:12: step 2: \"2020-01-01T00:00Z\" is 2020-01-01T00:00:00Z, but the clock"),
        "{past}"
    );
    let unknown = outcome("[[step]]\nat = \"full_weight_end\"\n", &mut Silent);
    assert!(unknown.to_string().contains("is not known yet: the member election is not started"), "{unknown}");
    let none = outcome("[[step]]\ndoes = \"execute_removal\"\n", &mut Silent);
    assert!(none.to_string().contains("there is no proposal to remove a member yet"), "{none}");
    let seedless = outcome("[[step]]\ndoes = \"draw\"\n", &mut Silent);
    assert!(seedless.to_string().contains("the seed of the draw is the hash of L1 block"), "{seedless}");
    let beyond = outcome("[[step]]\nat = \"now + 9_000_000_000 days\"\n", &mut Silent);
    assert!(beyond.to_string().contains("beyond all time"), "{beyond}");
}

#[test]
fn too_many_votes_are_the_inputs_fault() {
    let text = SOUND.replace("200_000", "2_000_000");
    let scenario = parse(&text).unwrap();
    let error = run(&scenario, &charter(), &Options::default(), &mut Silent).unwrap_err();
    assert!(error.is_input(), "{error}");
}

#[test]
fn nothing_done_by_or_for_nobody_counts_as_done() {
    check(
        r#"[[step]]
who = []
does = { vote = { for = "contender-1", votes = 1 } }
[[step]]
who = "Ola"
does = { endorse = [] }
[[step]]
does = { register = [] }
"#,
        &[
            "14: `vote` needs `who` | write `who",
            "17: `endorse` is empty | fill in `endorse`",
            "19: `register` is empty | fill in `register`",
        ],
    );
}

#[test]
fn a_difference_in_the_last_digit_is_shown() {
    let text = format!("{SOUND}expect = {{ weight = \"0.000000000000000001\" }}\n");
    let scenario = parse(&text).unwrap();
    let error = run(&scenario, &charter(), &Options::default(), &mut Silent).expect_err("nothing was voted");
    assert!(error.to_string().ends_with("votes that counted: expected 0.000000000000000001, but found 0"), "{error}");
}

#[test]
fn a_charter_or_clock_that_cannot_be_is_the_inputs_fault() {
    #[track_caller]
    fn check(from: &str, to: &str, told: &str) {
        let scenario = parse(&SOUND.replace(from, to)).unwrap();
        let error = run(&scenario, &charter(), &Options::default(), &mut Silent).expect_err("it cannot stand");
        assert!(error.is_input() && error.to_string().contains(told), "{error}");
    }
    let clock = |at: &str| format!("[clock]\n{at}\n[contenders]");
    check("[contenders]", &clock("l1_block = 5\nat = \"2026-01-01T00:00Z\""), "is before L1 block 0");
    check("[contenders]", &clock("l1_block = 5_000_000_000\nat = \"2026-01-01T00:00Z\""), "doesn't fit in 32 bits");
    check("200_000 }", "\"900000.5\" }", "1300000.5 tokens are handed out, but the supply is 1000000:");
}
