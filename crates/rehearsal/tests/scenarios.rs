//! The scenarios of this project, run.

use std::{collections::BTreeSet, path::PathBuf};

use ephor_charter::Charter;
use ephor_rehearsal::{Event, Observer, Options, RehearsalError, Report, Scenario, Silent, run, scenario};

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
    keeps_to_the_blocks_of_the_real_election(&report);
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

/// What is on record of the election of September 2025: its proposal and the blocks on which its phases ended.
#[track_caller]
fn keeps_to_the_blocks_of_the_real_election(report: &Report) {
    let record = scenarios().join("../data/arbitrum/security-council.json");
    let record: serde_json::Value = serde_json::from_str(&std::fs::read_to_string(record).unwrap()).unwrap();
    let record = &record["elections"][4];
    let election = &report.elections[0];
    assert_eq!(election.proposal, record["proposal_id"].as_str().unwrap());
    let expected = [
        ("registration", &record["nominee"]["start_block_l1"]),
        ("endorsement", &record["nominee"]["end_block_l1"]),
        ("vetting", &record["nominee"]["vetting_deadline_l1"]),
        ("snapshot", &record["member"]["start_block_l1"]),
        ("full weight", &record["member"]["full_weight_deadline_l1"]),
        ("voting", &record["member"]["end_block_l1"]),
    ];
    for (end, (phase, block)) in election.deadlines.iter().zip(expected) {
        assert_eq!((end.phase, Some(end.l1_block)), (phase, block.as_u64()));
    }
    assert_eq!(election.deadlines.len(), 6);
}

#[test]
fn a_draw_fills_the_seats_without_nominees_and_can_be_repeated() {
    let report = check("too-few-nominees.toml");
    let drawn: Vec<_> = report.elections[0].contenders.iter().filter(|c| c.included).collect();
    assert_eq!(drawn.len(), 2);
    let told = report.timeline.iter().find(|entry| entry.what.starts_with("draws ")).unwrap();
    // The draw, repeated from what the report says.
    let seed = told.details[0].strip_prefix("Seed: ").and_then(|rest| rest.split(',').next()).unwrap();
    let urn = told.details[1].strip_prefix("Urn, by ascending address: ").unwrap().trim_end_matches('.');
    let urn: Vec<_> = urn.split(", ").map(|address| address.parse().unwrap()).collect();
    let again = ephor_rules::draw::draw(seed.parse().unwrap(), &urn, 2).unwrap();
    assert_eq!(again, drawn.iter().map(|c| c.person.address).collect::<Vec<_>>());
    assert!(report.council.cohorts[0].before.iter().any(|member| again.contains(&member.address)));
}

#[test]
fn an_organisation_keeps_to_its_seats() {
    let report = check("organisation-cap.toml");
    assert_eq!(report.elections[0].contenders.iter().filter(|c| c.excluded).count(), 3);
}

#[test]
fn the_dao_removes_a_member() {
    let report = check("removal-by-the-dao.toml");
    for safe in &report.safes {
        assert_eq!((safe.owners.len(), safe.removed.len(), safe.added.len(), safe.threshold), (11, 1, 0, 9));
    }
}

#[test]
fn the_council_removes_and_adds() {
    let report = check("removal-and-addition-by-the-council.toml");
    for safe in &report.safes {
        assert_eq!((safe.owners.len(), safe.removed.len(), safe.added.len()), (12, 1, 1));
        assert_eq!(safe.added[0].name, "Newcomer");
    }
}

#[test]
fn a_key_is_rotated_everywhere() {
    let report = check("key-rotation.toml");
    assert!(report.safes.iter().all(|safe| safe.added[0].name == "New key" && safe.removed[0].name == "member-2"));
}

#[test]
fn a_conflict_blocks_an_election_until_it_is_gone() {
    check("blocked-election.toml");
}

#[test]
fn a_later_update_is_not_undone_by_an_earlier_one() {
    let report = check("overtaken-update.toml");
    let late = report.updates.iter().find(|update| update.nonce == Some(14)).unwrap();
    assert_eq!(late.deliveries.len(), 4);
    assert!(late.deliveries.iter().all(|delivery| delivery.state == "came too late"), "{:?}", late.deliveries);
}

#[test]
fn the_next_update_makes_up_for_lost_and_expired_tickets() {
    let report = check("lost-and-expired-tickets.toml");
    let first = report.updates.iter().find(|update| update.nonce == Some(14)).unwrap();
    let mut states: Vec<_> = first.deliveries.iter().map(|delivery| delivery.state).collect();
    states.sort_unstable();
    assert_eq!(states, ["delivered", "expired", "expired", "lost"]);
}

#[test]
fn votes_lose_weight_and_cannot_be_used_twice() {
    check("weights-and-ballots.toml");
}

#[test]
fn the_minimal_council_elects_and_installs_on_one_chain() {
    let report = check("minimal-term.toml");
    assert_eq!(report.safes.len(), 1);
    assert_eq!(report.chains.len(), 1);
}

#[test]
fn the_proposed_rules_elect_and_install() {
    let report = check("arbitrum-next-term.toml");
    assert!(report.elections[0].threshold.is_some_and(|threshold| threshold.to_string().starts_with("4,588,")));
}

#[test]
fn a_crowd_of_signers_elects_a_cohort() {
    let report = check("signed-crowd.toml");
    assert!(report.totals.signed > 400, "everybody signs at least one ballot: {:?}", report.totals);
    let election = &report.elections[0];
    let weighed = election.contenders.iter().filter_map(|contender| contender.weight).count();
    assert!(weighed >= 6, "at least as many nominees as seats");
    for series in &election.series {
        assert!(series.points.windows(2).all(|pair| pair[0].l1_block < pair[1].l1_block), "time goes forward");
        assert!(series.points.windows(2).all(|pair| pair[0].weight <= pair[1].weight), "weight is never lost");
    }
}

#[test]
fn every_scenario_is_run_by_a_test() {
    let tests = include_str!("scenarios.rs");
    for file in std::fs::read_dir(scenarios()).unwrap() {
        let name = file.unwrap().file_name().into_string().unwrap();
        assert!(!name.ends_with(".toml") || tests.contains(&format!("check(\"{name}\")")), "{name} is run by no test");
    }
}

#[test]
fn the_same_input_gives_the_same_report_byte_for_byte() {
    let json = |report: &Report| serde_json::to_string(report).unwrap();
    let first = played("blocked-election.toml", &mut Silent);
    assert_eq!(json(&first), json(&played("blocked-election.toml", &mut Silent)));
}

#[test]
fn the_real_past_comes_about_again() {
    let report = check("arbitrum-history.toml");
    let (first, last) = (&report.updates[0], &report.updates[report.updates.len() - 1]);
    assert_eq!((first.nonce, last.nonce), (Some(1), Some(15)));
}

#[test]
fn the_core_governor_decides_and_waits() {
    check("core-proposal.toml");
}
