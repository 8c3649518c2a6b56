//! `ephor ceremony rehearse`: a drill in a directory.
//!
//! ```text
//! drill.json      who takes part, and every signature as it came
//! exercise-1/ …   the bundles
//! report.md       the report of readiness, written anew each time
//! ```

use super::{CeremonyFailure, arguments::DrillArguments, files};
use crate::{
    exit::{Exit, Failure},
    terminal,
};
use ephor_ceremony::{
    Bundle, SignatureFile,
    collection::MAX_FILE_BYTES,
    drill::{Drill, Entry, MAX_BYTES, Participant},
    recipe,
};
use serde::Deserialize;
use std::{
    fs,
    path::Path,
    time::{SystemTime, UNIX_EPOCH},
};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Participants {
    participants: Vec<Participant>,
}

#[allow(clippy::disallowed_methods, reason = "the outer edge: people sign at the time of their clocks")]
fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}

/// Begins a drill, takes signatures in, or tells how it stands.
pub(super) fn rehearse(arguments: &DrillArguments) -> Result<Exit, Failure> {
    let directory = &arguments.directory;
    let file = directory.join("drill.json");
    if let Some(list) = &arguments.participants {
        return begin(arguments, list, &file);
    }
    let mut drill = Drill::parse(&files::read(&file, MAX_BYTES)?).map_err(CeremonyFailure::from)?;
    let mut unknown = 0;
    for path in &arguments.collect {
        let bytes = files::read(path, MAX_FILE_BYTES)?;
        for signature in SignatureFile::parse(&bytes).map_err(CeremonyFailure::from)?.signatures {
            let exercise = drill.exercise_of(signature.safe_tx_hash).map_err(CeremonyFailure::from)?;
            // One of no exercise is held against the first, so that the record has it and says what is wrong.
            unknown += usize::from(exercise.is_none());
            let entry = Entry { exercise: exercise.unwrap_or(1), at_seconds: now(), signature };
            drill.record(entry).map_err(CeremonyFailure::from)?;
        }
    }
    if !arguments.collect.is_empty() {
        files::replace(&file, &json(&drill))?;
    }
    if unknown > 0 {
        terminal::tell(&format!("{unknown} signature(s) are for no transaction of this drill\n"));
    }
    let report = drill.report().map_err(CeremonyFailure::from)?;
    files::replace(&directory.join("report.md"), &report.markdown())?;
    if arguments.json {
        terminal::print_json(&report)?;
    } else {
        terminal::print(&terminal::visible(&report.markdown()))?;
    }
    Ok(if report.ready { Exit::Fine } else { Exit::Unmet })
}

fn json(drill: &Drill) -> String {
    // Numbers, text and lists of them: there is nothing that could fail.
    serde_json::to_string_pretty(drill).unwrap_or_default() + "\n"
}

fn begin(arguments: &DrillArguments, list: &Path, file: &Path) -> Result<Exit, Failure> {
    let text = files::read_text(list, recipe::MAX_BYTES)?;
    let Participants { participants } =
        toml::from_str(&text).map_err(|error| CeremonyFailure::Toml { path: list.to_owned(), error })?;
    let count = participants.len() as u64;
    let threshold = arguments.threshold.unwrap_or_else(|| (count * 3).div_ceil(4).min(count.saturating_sub(1)));
    let drill =
        Drill { chain_id: arguments.chain_id, participants, threshold, started_seconds: now(), entries: Vec::new() };
    let exercises = drill.exercises().map_err(CeremonyFailure::from)?;
    let directory = &arguments.directory;
    if directory.exists() {
        return Err(CeremonyFailure::Exists(directory.clone()).into());
    }
    let failed = |error| CeremonyFailure::File { path: directory.clone(), error };
    fs::create_dir(directory).map_err(failed)?;
    let mut told = String::new();
    for (number, ceremony) in (1..).zip(&exercises) {
        let at = directory.join(format!("exercise-{number}"));
        files::write_bundle(&at, &Bundle::of(ceremony).map_err(CeremonyFailure::from)?)?;
        told.push_str(&format!("{}: {}\n", ceremony.title, at.display()));
    }
    files::write_new(file, &json(&drill))?;
    if arguments.json {
        terminal::print_json(&drill)?;
    } else {
        told.push_str("\nEverybody verifies and signs each of them; hand the files in with --collect FILE.\n");
        terminal::print(&terminal::visible(&told))?;
    }
    Ok(Exit::Fine)
}
