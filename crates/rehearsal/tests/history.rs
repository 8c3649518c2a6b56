//! The scenario of the council's past, with the project's record, with another of the same form, and with broken ones.

use std::{
    fs,
    path::{Path, PathBuf},
};

use ephor_charter::{Charter, Faults};
use ephor_rehearsal::{Options, RehearsalError, Report, Scenario, Silent, report::StatementKind, run};
use serde_json::{Value, json};

fn project() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn own_record() -> PathBuf {
    project().join("data/arbitrum/security-council.json")
}

fn charter() -> Charter {
    Charter::load(project().join("charters/arbitrum.toml")).unwrap_or_else(|faults| panic!("{faults}"))
}

/// The scenario with another record (a path, which counts from the folder of the scenarios unless it is absolute), and with no other expectations than those of the record.
fn with(record: &Path) -> Result<Scenario, Faults> {
    let path = project().join("scenarios/arbitrum-history.toml");
    let text = fs::read_to_string(&path).unwrap();
    let own = "{ replay = \"../data/arbitrum/security-council.json\" }";
    assert!(text.contains(own));
    let other = format!("{{ replay = {} }}", json!(record));
    let lines =
        text.replace(own, &other).lines().filter(|line| !line.starts_with("expect")).collect::<Vec<_>>().join("\n");
    Scenario::parse("arbitrum-history.toml", &lines, &project().join("scenarios"), &charter())
}

fn replayed(record: &Path) -> Result<Report, RehearsalError> {
    let scenario = with(record).unwrap_or_else(|faults| panic!("{faults}"));
    run(&scenario, &charter(), &Options::default(), &mut Silent)
}

/// The project's record, changed.
fn changed(change: impl FnOnce(&mut Value)) -> tempfile::NamedTempFile {
    let mut record = serde_json::from_str(&fs::read_to_string(own_record()).unwrap()).unwrap();
    change(&mut record);
    let file = tempfile::NamedTempFile::new().unwrap();
    fs::write(file.path(), record.to_string()).unwrap();
    file
}

/// The record with one digit changed at a place.
#[track_caller]
fn with_wrong_digit(place: &str, digit: usize) -> tempfile::NamedTempFile {
    changed(|record| {
        let word = record.pointer_mut(place).unwrap_or_else(|| panic!("nothing at {place}"));
        let mut text = word.as_str().unwrap().to_owned();
        let wrong = if text[digit..].starts_with('7') { "8" } else { "7" };
        text.replace_range(digit..=digit, wrong);
        *word = text.into();
    })
}

#[test]
fn every_identity_and_order_on_record_comes_about_again() {
    let path = project().join("scenarios/arbitrum-history.toml");
    let scenario = Scenario::load(&path, &charter()).unwrap_or_else(|faults| panic!("{faults}"));
    let report = run(&scenario, &charter(), &Options::default(), &mut Silent).unwrap_or_else(|error| panic!("{error}"));
    let (passed, total) = report.passed();
    assert_eq!(passed, total);
    let checked = |end: &str| report.checks.iter().filter(|check| check.what.ends_with(end)).count();
    // Seven updates, computed, one of them read on chain as well.
    assert_eq!((checked(": salt, as computed"), checked(": salt, as read on chain")), (7, 1));
    for timelock in ["core", "L1"] {
        let what = format!(": operation of the {timelock} timelock, as ");
        assert_eq!((checked(&format!("{what}computed")), checked(&format!("{what}read on chain"))), (7, 1));
        assert_eq!(checked(&format!(": calldata for the {timelock} timelock")), 1);
    }
    assert_eq!(checked(": hash of the message to the L1"), 1);
    assert_eq!(checked(": owners of arbitrum-one-emergency before"), 3);
    assert_eq!(checked(": owners of arbitrum-one-emergency after"), 3);
    assert_eq!(checked(": Safes that follow"), 7);
    let written: Vec<_> = report.statements.iter().filter(|s| s.kind == StatementKind::Scenario).collect();
    let gaps: Vec<_> = written.iter().filter(|s| s.text.starts_with("The record has nothing between")).collect();
    assert_eq!(gaps.len(), 3, "{written:#?}");
    let orders = written.iter().filter(|s| s.text.starts_with("The order of the owners of")).count();
    assert_eq!(orders, 0, "the order of owners came about by itself: {written:#?}");
    assert_eq!(report.updates.len(), 7);
    let owners = &report.safes[0].owners;
    assert!(report.safes.iter().all(|safe| safe.in_line && safe.update_nonce == 15 && safe.owners == *owners));
}

#[test]
fn another_record_of_the_same_form_comes_about_again() {
    let other = std::env::var_os("EPHOR_COUNCIL_HISTORY").map(PathBuf::from);
    let record = other.map_or_else(own_record, |path| std::path::absolute(path).unwrap());
    let report = replayed(&record).unwrap_or_else(|error| panic!("{}: {error}", record.display()));
    let (passed, total) = report.passed();
    println!("{}: {passed} of {total} expectations met in {} updates", record.display(), report.updates.len());
    assert_eq!(passed, total);
}

/// One wrong digit ends the run at the expectation that it belongs to.
#[track_caller]
fn check_notices(place: &str, digit: usize, what: &str) {
    let error = replayed(with_wrong_digit(place, digit).path()).expect_err("a wrong record");
    let RehearsalError::Unmet(unmet) = error else { panic!("{error}") };
    assert_eq!(unmet.check.what, what);
    assert_ne!(unmet.check.expected, unmet.check.actual);
    assert_eq!(unmet.report.checks.last(), Some(&unmet.check), "the report ends there");
}

#[test]
fn notices_a_wrong_salt() {
    check_notices("/manager_history/1/computed/salt", 40, "update 1: salt, as computed");
}

#[test]
fn notices_a_wrong_operation() {
    check_notices(
        "/manager_history/1/computed/l2_operation_id",
        2,
        "update 1: operation of the core timelock, as computed",
    );
    check_notices(
        "/manager_history/2/computed/l1_operation_id",
        65,
        "update 2: operation of the L1 timelock, as computed",
    );
}

#[test]
fn notices_a_wrong_member() {
    check_notices("/manager_history/1/first_cohort/0", 10, "update 1: salt, as computed");
    check_notices("/manager_history/2/first_cohort/0", 10, "update 2: cohort \"March\"");
    check_notices("/manager_history/0/second_cohort/0", 10, "update 1: owners of arbitrum-one-emergency before");
}

#[test]
fn notices_what_is_wrong_in_the_update_read_on_chain() {
    let mut record: Value = serde_json::from_str(&fs::read_to_string(own_record()).unwrap()).unwrap();
    // The last update alone, so that the others are not made again for each fault.
    let whole = record["manager_history"].as_array_mut().unwrap().pop().unwrap();
    let alone = |place: &str, digit: usize, what: &str| {
        let mut entry = whole.clone();
        let word = entry.pointer_mut(place).unwrap();
        *word = match word.as_u64() {
            Some(number) => json!(number + 1),
            None => {
                let mut text = word.as_str().unwrap().to_owned();
                let wrong = if text[digit..].starts_with('7') { "8" } else { "7" };
                text.replace_range(digit..=digit, wrong);
                json!(text)
            }
        };
        let file = tempfile::NamedTempFile::new().unwrap();
        fs::write(file.path(), json!({ "manager_history": [entry] }).to_string()).unwrap();
        let error = replayed(file.path()).expect_err("a wrong record");
        assert!(error.to_string().contains(&format!("step 1: update 15: {what}: expected ")), "{error}");
    };
    alone("/observed/l2_operation_id", 30, "operation of the core timelock, as read on chain");
    alone("/l2_timelock_call_data", 4_000, "calldata for the core timelock");
    alone("/l1_timelock_call_data", 4_000, "calldata for the L1 timelock");
    alone("/observed/l2_to_l1/hash", 30, "hash of the message to the L1");
    alone("/observed/l2_to_l1/l2_block", 0, "hash of the message to the L1");
    alone("/observed/l2_to_l1/timestamp", 0, "hash of the message to the L1");
}

#[test]
fn notices_a_wrong_order_of_owners() {
    let swapped = |list: &'static str| {
        move |record: &mut Value| {
            record["safe_owner_order_vectors"][1][list].as_array_mut().unwrap().swap(0, 1);
        }
    };
    let failed = |file: tempfile::NamedTempFile| match replayed(file.path()) {
        Err(RehearsalError::Unmet(unmet)) => unmet.check.what,
        other => panic!("{other:?}"),
    };
    assert_eq!(failed(changed(swapped("before"))), "update 2: owners of arbitrum-one-emergency before");
    assert_eq!(failed(changed(swapped("members"))), "update 2: members that arbitrum-one-emergency was told of");
    assert_eq!(failed(changed(swapped("after_observed"))), "update 2: owners of arbitrum-one-emergency after");
    let place = "/safe_owner_order_vectors/0/before/3";
    assert_eq!(failed(with_wrong_digit(place, 20)), "update 1: owners of arbitrum-one-emergency before");
}

/// What is wrong with a changed record, as the scenario's fault tells it.
#[track_caller]
fn check_refuses(text: &str, why: &str) {
    let file = tempfile::NamedTempFile::new().unwrap();
    fs::write(file.path(), text).unwrap();
    let faults = with(file.path()).expect_err("a broken record");
    assert_eq!(faults.faults.len(), 1, "{faults}");
    assert_eq!(faults.faults[0].line, 23, "{faults}");
    let cause = faults.faults[0].cause();
    assert!(cause.contains(" cannot be used: ") && cause.contains(why), "{cause}");
}

#[test]
fn says_where_a_record_is_broken() {
    let refuses = |change: fn(&mut Value), why: &str| {
        check_refuses(&fs::read_to_string(changed(change).path()).unwrap(), why);
    };
    check_refuses("", "EOF while parsing a value at line 1 column 0");
    check_refuses("{\n\"manager_history\": 7}", "invalid type: integer `7`, expected a sequence at line 2 column 20");
    check_refuses("{}", "missing field `manager_history` at line 1 column 2");
    check_refuses("{\"manager_history\": []}", "`manager_history` has no update");
    refuses(|record| record["manager_history"] = json!([record["manager_history"][0]]), "has no update");
    refuses(|record| record["manager_history"][1]["computed"]["salt"] = json!("0x12"), "invalid string length");
    refuses(|record| record["manager_history"][1]["nonce"] = json!(-1), "invalid value: integer `-1`, expected u64");
    refuses(
        |record| record["manager_history"][3]["nonce"] = json!(2),
        "manager_history[3].nonce is 2, which must be above the 2 of the entry before",
    );
    refuses(
        |record| record["manager_history"][0]["computed"] = record["manager_history"][1]["computed"].clone(),
        "manager_history[0] is said to be an update, but nonce 0 is that of no update",
    );
    refuses(
        |record| {
            record["manager_history"][1]["first_cohort"][1] = record["manager_history"][1]["first_cohort"][0].clone();
        },
        "manager_history[1] has 0x3Bd8e2AC65ad6f0F094BA6766cBd9484AB49eF23 twice",
    );
    refuses(
        |record| record["manager_history"][1]["first_cohort"][1] = json!("0x0000000000000000000000000000000000000001"),
        "manager_history[1] has the address 0x0000000000000000000000000000000000000001, which cannot be a member",
    );
    refuses(
        |record| {
            let more = json!("0x00000000000000000000000000000000000000ff");
            record["manager_history"][1]["second_cohort"].as_array_mut().unwrap().push(more);
        },
        "manager_history[1].second_cohort has 7 members, but the charter has 6 seats",
    );
    refuses(
        |record| record["safe_owner_order_vectors"][2]["nonce"] = json!(9),
        "safe_owner_order_vectors[2].nonce is 9, but `manager_history` has no such update",
    );
    refuses(
        |record| record["safe_owner_order_vectors"][2]["chain"] = json!(1),
        "safe_owner_order_vectors[2].safe is 0x423552c0F05baCCac5Bfa91C6dCF1dc53a0A1641, but the charter has no such Safe on chain 1",
    );
}

#[test]
fn makes_up_for_everything_a_record_lacks() {
    // An update of which nothing before is known, then one without ids after which a member is gone, then one far away.
    let record = changed(|record| {
        let history = &record["manager_history"];
        let mut removed = history[1].clone();
        removed["nonce"] = json!(2);
        removed["computed"] = Value::Null;
        removed["first_cohort"].as_array_mut().unwrap().pop();
        *record = json!({ "manager_history": [history[1], removed, history[7]] });
    });
    let report = replayed(record.path()).unwrap_or_else(|error| panic!("{error}"));
    let written = |start: &str| report.statements.iter().any(|statement| statement.text.starts_with(start));
    assert!(written("The record does not have the council before update 1: "));
    assert!(written("The record has nothing between updates 2 and 15: "));
    assert!(report.timeline.iter().any(|entry| entry.what == "removes 0x8F10…d8E3"));
}

#[test]
fn an_order_of_owners_is_written_where_what_led_to_it_is_unknown() {
    // The council of nonce 7 is the beginning: how its Safe came to its order is not told.
    let record = changed(|record| {
        let mut start = record["manager_history"][4].clone();
        start["computed"] = Value::Null;
        let (update, owners) = (&record["manager_history"][5], &record["safe_owner_order_vectors"][2]);
        *record = json!({ "manager_history": [start, update], "safe_owner_order_vectors": [owners] });
    });
    let report = replayed(record.path()).unwrap_or_else(|error| panic!("{error}"));
    let orders = report.statements.iter().filter(|s| s.text.starts_with("The order of the owners of "));
    assert_eq!(orders.map(|s| s.kind).collect::<Vec<_>>(), [StatementKind::Scenario]);
    let after = "update 8: owners of arbitrum-one-emergency after";
    assert!(report.checks.iter().any(|check| check.what == after && check.passed));
}
