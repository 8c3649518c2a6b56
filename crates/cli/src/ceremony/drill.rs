//! `ephor ceremony rehearse`: a drill in a directory, on paper or on a served network.
//!
//! ```text
//! drill.json      who takes part, every signature as it came, and what the chain shows
//! exercise-1/ …   the bundles; signatures that count are put into them
//! record.json     who did what and when, written anew each time
//! report.md       the report of readiness, written anew each time
//! ```
//! On a served network times are those of its clock, so that a drill that lasts days can be held in an hour.

use super::{
    CeremonyFailure,
    arguments::DrillArguments,
    chain::Endpoint,
    files,
    run::{mined, send},
    signing::read_file,
    wallet, witness,
};
use crate::{
    actors::block_on,
    exit::{Exit, Failure},
    signer::Signer,
    terminal,
};
use alloy_primitives::{Address, Bytes};
use ephor_ceremony::{
    Bundle, Collection, Known, Release, SignatureFile, creation,
    drill::{Drill, Entry, MAX_BYTES, Participant, Place, Report},
    recipe,
};
use serde::{Deserialize, Serialize};
use std::{
    fs,
    path::{Path, PathBuf},
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
    let file = arguments.directory.join("drill.json");
    if let Some(list) = &arguments.participants {
        return begin(arguments, list, &file);
    }
    let mut drill = Drill::parse(&files::read(&file, MAX_BYTES)?).map_err(CeremonyFailure::from)?;
    let mut at_seconds = now();
    if drill.place.is_some() {
        let Some(url) = &arguments.rpc_url else { return Err(CeremonyFailure::Elsewhere(drill.chain_id).into()) };
        (at_seconds, drill.witnessed) = block_on(async {
            let endpoint = Endpoint::open(url, drill.chain_id).await?;
            let clock = endpoint.rehearsal_clock().await.ok_or(CeremonyFailure::NotARehearsal(drill.chain_id))?;
            Ok((clock, witness::witness(&endpoint, &drill).await?))
        })?;
    }
    take_in(arguments, &mut drill, at_seconds)?;
    files::replace(&file, &json(&drill))?;
    tell(arguments, &drill)
}

/// Records the signatures of the files, and puts what counts into the bundles.
fn take_in(arguments: &DrillArguments, drill: &mut Drill, at_seconds: u64) -> Result<(), Failure> {
    let mut unknown = 0;
    for path in &arguments.collect {
        for signature in read_file(path)? {
            let exercise = drill.exercise_of(signature.safe_tx_hash).map_err(CeremonyFailure::from)?;
            unknown += usize::from(exercise.is_none());
            // One of no exercise is held against the first of its Safe, so that the record has it and says what is wrong.
            let exercise = match exercise {
                Some(exercise) => exercise,
                None => drill.exercise_with(signature.safe).map_err(CeremonyFailure::from)?.unwrap_or(1),
            };
            drill.record(Entry { exercise, at_seconds, signature }).map_err(CeremonyFailure::from)?;
        }
    }
    if unknown > 0 {
        terminal::tell(&format!("{unknown} signature(s) are for no transaction of this drill\n"));
    }
    if arguments.collect.is_empty() {
        return Ok(());
    }
    for (number, ceremony) in (1..).zip(&drill.exercises().map_err(CeremonyFailure::from)?) {
        let steps = ceremony.steps();
        let mut collection = Collection::default();
        for entry in drill.entries.iter().filter(|entry| entry.exercise == number) {
            // Why it is refused stands in the report.
            let _ = collection.accept(drill.chain_id, &steps, &Known::default(), entry.signature.clone());
        }
        // What was collected straight into the bundle stays there.
        let bundle = bundle_at(&arguments.directory, number);
        for signature in files::offered(&bundle)? {
            let _ = collection.accept(drill.chain_id, &steps, &Known::default(), signature);
        }
        let file: SignatureFile = collection.to_file();
        files::replace(&files::signatures_path(&bundle), &file.write())?;
    }
    Ok(())
}

fn bundle_at(directory: &Path, number: usize) -> PathBuf {
    directory.join(format!("exercise-{number}"))
}

/// The record of participation: the report, and what it follows from.
#[derive(Serialize)]
struct Record<'a> {
    report: &'a Report,
    drill: &'a Drill,
}

fn tell(arguments: &DrillArguments, drill: &Drill) -> Result<Exit, Failure> {
    let directory = &arguments.directory;
    let report = drill.report().map_err(CeremonyFailure::from)?;
    files::replace(&directory.join("record.json"), &json(&Record { report: &report, drill }))?;
    files::replace(&directory.join("report.md"), &report.markdown())?;
    if arguments.json {
        terminal::print_json(&report)?;
    } else {
        terminal::print(&terminal::visible(&report.markdown()))?;
    }
    Ok(if report.ready { Exit::Fine } else { Exit::Unmet })
}

fn json(value: &impl Serialize) -> String {
    // Numbers, text and lists of them: there is nothing that could fail.
    serde_json::to_string_pretty(value).unwrap_or_default() + "\n"
}

fn begin(arguments: &DrillArguments, list: &Path, file: &Path) -> Result<Exit, Failure> {
    let text = files::read_text(list, recipe::MAX_BYTES)?;
    let Participants { participants } =
        toml::from_str(&text).map_err(|error| CeremonyFailure::Toml { path: list.to_owned(), error })?;
    let count = participants.len() as u64;
    let threshold = arguments.threshold.unwrap_or_else(|| (count * 3).div_ceil(4).min(count.saturating_sub(1)));
    let mut drill = Drill {
        chain_id: arguments.chain_id,
        participants,
        threshold,
        started_seconds: now(),
        entries: Vec::new(),
        place: None,
        witnessed: Vec::new(),
    };
    let directory = &arguments.directory;
    if directory.exists() {
        return Err(CeremonyFailure::Exists(directory.clone()).into());
    }
    if let Some(url) = &arguments.rpc_url {
        block_on(place(arguments, url, &mut drill))?;
    }
    let exercises = drill.exercises().map_err(CeremonyFailure::from)?;
    let failed = |error| CeremonyFailure::File { path: directory.clone(), error };
    fs::create_dir(directory).map_err(failed)?;
    let mut told = String::new();
    for (number, ceremony) in (1..).zip(&exercises) {
        let at = bundle_at(directory, number);
        files::write_bundle(&at, &Bundle::of(ceremony).map_err(CeremonyFailure::from)?)?;
        told.push_str(&format!("{}: {}\n", ceremony.title, at.display()));
    }
    files::write_new(file, &json(&drill))?;
    if arguments.json {
        terminal::print_json(&drill)?;
    } else {
        told.push_str("\nEverybody verifies and signs each of them; hand the files in with --collect FILE.\n");
        if drill.place.is_some() {
            told.push_str("Then somebody executes each with `ephor ceremony execute … --broadcast`, in this order.\n");
        }
        terminal::print(&terminal::visible(&told))?;
    }
    Ok(Exit::Fine)
}

/// Creates what the drill needs on a served network.
async fn place(arguments: &DrillArguments, url: &str, drill: &mut Drill) -> Result<(), Failure> {
    let endpoint = Endpoint::any(url).await?;
    drill.chain_id = endpoint.chain_id;
    let not_there = CeremonyFailure::NotARehearsal(endpoint.chain_id);
    endpoint.rehearsal_clock().await.ok_or(not_there)?;
    // What cannot be held is not begun.
    drill.exercises().map_err(CeremonyFailure::from)?;
    let signer = wallet::open(&arguments.signer, arguments.password_file.as_deref(), Some(&endpoint)).await?;
    let [council, first, second, proxy] = drill.creations();
    let (council, from_block) = created(&endpoint, &signer, &council).await?;
    let (first, _) = created(&endpoint, &signer, &first).await?;
    let (second, _) = created(&endpoint, &signer, &second).await?;
    let (proxy, _) = created(&endpoint, &signer, &proxy).await?;
    let halves = [first, second];
    let (upgrade, _) = created(&endpoint, &signer, &creation::safe(Release::V1_3_0, &halves, 2)).await?;
    drill.place = Some(Place { council, halves, upgrade, proxy, from_block });
    // It begins when everything is there.
    drill.started_seconds = endpoint.rehearsal_clock().await.unwrap_or(drill.started_seconds);
    Ok(())
}

/// Creates a contract: its address, and the block that has it.
async fn created(endpoint: &Endpoint, signer: &Signer, data: &Bytes) -> Result<(Address, u64), Failure> {
    let hash = send(endpoint, signer, None, data).await?;
    let receipt = mined(endpoint, hash).await?;
    let at = receipt.contract_address.filter(|_| receipt.status()).ok_or(CeremonyFailure::NotCreated(hash))?;
    Ok((at, receipt.block_number.unwrap_or_default()))
}
