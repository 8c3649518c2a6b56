//! How long a whole term takes, how much memory, and whether both grow linearly.
//!
//! ```text
//! term [VOTERS]...     each in a process of its own; 10,000 and 100,000 if none are named
//! ```
//! The charter is the one of Arbitrum: three chains, eighteen contenders, four Safes. Every voter has a key, endorses and votes by
//! transactions signed with it, and the term goes from the creation of the election to the new owners of every Safe. How the
//! voters vote is the scenario's model, so the number of transactions follows from the seed. Prints one row for each number of
//! voters; time is the wall clock's, memory what the process held at most.

use std::{
    path::{Path, PathBuf},
    process::{Command, ExitCode},
    time::Instant,
};

use ephor_charter::Charter;
use ephor_rehearsal::{Options, Scenario, Silent, run};

const DEFAULT_VOTERS: [u64; 2] = [10_000, 100_000];

/// Tokens of all voters together, about: a tenth of the supply.
const TOKENS: u64 = 1_000_000_000;

/// The term that is run.
const SCENARIO: &str = "signed-crowd.toml";

/// The mark of a process that measures one term and prints its figures.
const ONE: &str = "--one";

struct Figures {
    voters: u64,
    seconds: f64,
    peak_mebibytes: f64,
    transactions: u64,
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let outcome = match arguments.as_slice() {
        [mark, voters] if mark == ONE => number(voters).and_then(one),
        [] => table(&DEFAULT_VOTERS),
        named => named.iter().map(|voters| number(voters)).collect::<Result<Vec<_>, _>>().and_then(|all| table(&all)),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("error: {why}");
            ExitCode::FAILURE
        }
    }
}

fn number(argument: &str) -> Result<u64, String> {
    let known = argument.replace('_', "").parse().ok().filter(|voters| (100..=10_000_000).contains(voters));
    known.ok_or_else(|| format!("`{argument}` is no number of voters from 100 to 10,000,000"))
}

/// Measures each in a process of its own, so that each has a peak of its own.
fn table(all: &[u64]) -> Result<(), String> {
    println!("| voters | transactions | seconds | peak MiB | µs a voter | against the first |");
    println!("|---:|---:|---:|---:|---:|---:|");
    let mut first = None;
    for voters in all {
        let program = std::env::current_exe().map_err(|error| error.to_string())?;
        let output =
            Command::new(program).args([ONE, &voters.to_string()]).output().map_err(|error| error.to_string())?;
        if !output.status.success() {
            return Err(String::from_utf8_lossy(&output.stderr).trim_start_matches("error: ").trim().to_owned());
        }
        let figures = figures(&String::from_utf8_lossy(&output.stdout)).ok_or("a measurement printed no figures")?;
        let Figures { voters, seconds, peak_mebibytes, transactions } = figures;
        let each = 1e6 * seconds / voters as f64;
        let linear = each / *first.get_or_insert(each);
        println!("| {voters} | {transactions} | {seconds:.2} | {peak_mebibytes:.0} | {each:.0} | {linear:.2} |");
    }
    Ok(())
}

fn figures(line: &str) -> Option<Figures> {
    let mut words = line.split_whitespace();
    Some(Figures {
        voters: words.next()?.parse().ok()?,
        seconds: words.next()?.parse().ok()?,
        peak_mebibytes: words.next()?.parse().ok()?,
        transactions: words.next()?.parse().ok()?,
    })
}

#[expect(clippy::disallowed_methods, reason = "measuring time is what this is for")]
fn one(voters: u64) -> Result<(), String> {
    let folder: PathBuf = Path::new(env!("CARGO_MANIFEST_DIR")).join("../scenarios");
    let charter = Charter::load(folder.join("../charters/arbitrum.toml")).map_err(|faults| faults.to_string())?;
    let text = scenario(&folder, voters)?;
    let scenario = Scenario::parse(SCENARIO, &text, &folder, &charter).map_err(|faults| faults.to_string())?;
    let start = Instant::now();
    let report = run(&scenario, &charter, &Options::default(), &mut Silent).map_err(|error| error.to_string())?;
    let seconds = start.elapsed().as_secs_f64();
    println!("{voters} {seconds} {} {}", peak_mebibytes(), report.totals.transactions);
    Ok(())
}

/// What this process held at most, where the system tells.
fn peak_mebibytes() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kibibytes: Option<f64> = line.and_then(|line| line.split_whitespace().next()?.parse().ok());
    kibibytes.unwrap_or(f64::NAN) / 1024.0
}

/// The scenario of a crowd that signs, with so many voters in the place of its own.
fn scenario(folder: &Path, voters: u64) -> Result<String, String> {
    let mut text = std::fs::read_to_string(folder.join(SCENARIO)).map_err(|error| format!("{SCENARIO}: {error}"))?;
    let average = TOKENS / voters;
    let exchanged = [
        ("count  = 400", format!("count  = {voters}")),
        ("least  = 1_250_000", format!("least  = {}", average / 2)),
        ("most   = 3_750_000", format!("most   = {}", average + average / 2)),
    ];
    for (from, to) in exchanged {
        if !text.contains(from) {
            return Err(format!("{SCENARIO} has no line `{from}`"));
        }
        text = text.replacen(from, &to, 1);
    }
    Ok(text)
}
