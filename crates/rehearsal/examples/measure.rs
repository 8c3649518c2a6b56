//! Measures a whole term: `cargo run --release -p ephor-rehearsal --example measure -- 100000`, or a scenario's file instead of the number
//! of signed voters.
//!
//! Prints seconds for reading the scenario and for running it, and the greatest memory the process had, where the system tells.

use std::{path::PathBuf, time::Instant};

use ephor_charter::Charter;
use ephor_rehearsal::{Options, Scenario, Silent, run, scenario};

fn crowd(voters: u64) -> String {
    format!(
        r#"name = "Crowd"
description = "Everybody signs."
charter = "../charters/arbitrum.toml"
seed = 5
[contenders]
count = 12
[voters]
count = {voters}
least = 1
most = {most}
signed = true
[model]
participation_percent = 100
choices_most = 1
skew = 1
early_percent = 50
batches = 10
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
        most = 4_000_000_000 / voters.max(1)
    )
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../scenarios");
    let what = std::env::args().nth(1).unwrap_or_else(|| "100000".into());
    let began = Instant::now();
    let (charter, scenario) = if let Ok(voters) = what.parse::<u64>() {
        let charter = Charter::load(folder.join("../charters/arbitrum.toml"))?;
        let scenario = Scenario::parse("crowd.toml", &crowd(voters), &folder, &charter)?;
        (charter, scenario)
    } else {
        let charter = Charter::load(scenario::charter_of(&what)?)?;
        let scenario = Scenario::load(&what, &charter)?;
        (charter, scenario)
    };
    let read = began.elapsed();
    let report = run(&scenario, &charter, &Options::default(), &mut Silent)?;
    let ran = began.elapsed() - read;
    println!("read in {:.2} s, ran in {:.2} s", read.as_secs_f64(), ran.as_secs_f64());
    let totals = &report.totals;
    println!("{} transactions, {} of them signed, {} gas", totals.transactions, totals.signed, totals.gas);
    if let Ok(status) = std::fs::read_to_string("/proc/self/status") {
        status.lines().filter(|line| line.starts_with("VmHWM")).for_each(|line| println!("{line}"));
    }
    Ok(())
}
