//! The scenarios of this project, run.

use std::{collections::BTreeSet, path::PathBuf};

use ephor_charter::Charter;
use ephor_rehearsal::{Event, Observer, Options, RehearsalError, Report, Scenario, run, scenario};

fn scenarios() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../scenarios")
}

/// Tells what happens, for those who watch the tests.
struct Told;

impl Observer for Told {
    fn notice(&mut self, event: Event<'_>) {
        if let Event::Happened(entry) = event {
            let who = entry.who.as_ref().map_or("-", |who| who.name.as_str());
            println!("{} {} {who}: {} {:?}", entry.time.utc, entry.chain, entry.what, entry.outcome);
            entry.details.iter().for_each(|detail| println!("      {detail}"));
        }
        if let Event::Checked(check) = event {
            println!(
                "   {} {}: {} / {}",
                if check.passed { "ok" } else { "NO" },
                check.what,
                check.expected,
                check.actual
            );
        }
    }
}

#[track_caller]
fn played(name: &str, observer: &mut dyn Observer) -> Report {
    let path = scenarios().join(name);
    let charter = scenario::charter_of(&path).unwrap_or_else(|faults| panic!("{faults}"));
    let charter = Charter::load(charter).unwrap_or_else(|faults| panic!("{faults}"));
    let scenario = Scenario::load(&path, &charter).unwrap_or_else(|faults| panic!("{faults}"));
    match run(&scenario, &charter, &Options::default(), observer) {
        Ok(report) => report,
        Err(RehearsalError::Unmet(unmet)) => panic!("{unmet}"),
        Err(error) => panic!("{error}"),
    }
}

#[track_caller]
fn check(name: &str) -> Report {
    let report = played(name, &mut Told);
    let (passed, total) = report.passed();
    assert_eq!(passed, total);
    assert!(total > 0, "a scenario expects something");
    report
}

#[test]
fn the_real_term_ends_with_the_winners_in_all_safes() {
    let report = check("arbitrum-term.toml");
    assert_eq!(report.safes.len(), 4);
    let elected: BTreeSet<_> =
        report.elections[0].contenders.iter().filter(|c| c.elected).map(|c| c.person.address).collect();
    assert_eq!(elected.len(), 6);
    for safe in &report.safes {
        assert!(safe.in_line, "{}", safe.name);
        let owners: BTreeSet<_> = safe.owners.iter().map(|owner| owner.address).collect();
        assert!(elected.is_subset(&owners), "{}", safe.name);
        assert_eq!(owners.len(), 12);
        assert_eq!(safe.update_nonce, 14);
    }
}
