//! Crowds of voters with keys of their own, who sign what they send.

use std::path::PathBuf;

use ephor_charter::Charter;
use ephor_rehearsal::{Options, Scenario, Silent, run};

/// A term of the minimal council with so many voters.
fn term(voters: usize) -> String {
    format!(
        r#"name = "Crowd"
description = "Everybody signs."
charter = "../charters/minimal.toml"
seed = 5
[contenders]
count = 5
[voters]
count = {voters}
least = 1
most = {most}
signed = true
[model]
participation_percent = 100
choices_most = 2
skew = 0
early_percent = 50
batches = 4
[[step]]
at = "election_start"
does = "create_election"
[[step]]
does = "register"
[[step]]
at = "endorsement_start"
does = "model_endorsements"
[[step]]
at = "vetting_end + 1 block"
does = "start_member_election"
[[step]]
at = "member_voting_start"
does = "model_votes"
[[step]]
at = "member_voting_end + 1 block"
does = "install_cohort"
[[step]]
does = "relay"
expect = {{ in_line = true }}
"#,
        most = 1_000_000 / voters
    )
}

#[test]
fn a_signed_crowd_elects_a_cohort() {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../scenarios");
    let charter = Charter::load(folder.join("../charters/minimal.toml")).unwrap();
    let scenario =
        Scenario::parse("crowd.toml", &term(400), &folder, &charter).unwrap_or_else(|faults| panic!("{faults}"));
    let report = run(&scenario, &charter, &Options::default(), &mut Silent).unwrap_or_else(|error| panic!("{error}"));
    assert!(report.totals.signed > 400, "everybody signs at least one ballot: {:?}", report.totals);
    let election = &report.elections[0];
    let cast = election.contenders.iter().filter_map(|contender| contender.weight).count();
    assert!(cast >= 3, "at least as many nominees as seats");
    for series in &election.series {
        assert!(series.points.windows(2).all(|pair| pair[0].l1_block < pair[1].l1_block), "time goes forward");
        assert!(series.points.windows(2).all(|pair| pair[0].weight <= pair[1].weight), "weight is never lost");
    }
}
