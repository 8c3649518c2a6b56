//! `ephor ceremony simulate`.

use super::{CeremonyFailure, arguments::SimulateArguments, files, signing::verified};
use crate::{
    exit::{Exit, Failure},
    terminal,
};
use alloy_primitives::Address;
use ephor_ceremony::{Simulation, Stage, World, bundle::MAX_FILE_BYTES};
use std::fmt::Write as _;

/// Carries a ceremony through on an embedded chain.
pub(super) fn simulate(arguments: &SimulateArguments) -> Result<Exit, Failure> {
    let path = &arguments.bundle.bundle;
    let (_, ceremony) = verified(path)?;
    let world = match &arguments.world {
        Some(file) => serde_json::from_slice(&files::read(file, MAX_FILE_BYTES)?)
            .map_err(|error| CeremonyFailure::Json { path: file.clone(), error })?,
        None => ceremony.world.clone().unwrap_or_else(World::default),
    };
    let stage = Stage::new(ceremony.chain_id, &ceremony.root, &world);
    let simulation =
        stage.and_then(|mut stage| stage.run(&ceremony.root, &ceremony.action)).map_err(CeremonyFailure::from)?;
    if arguments.bundle.json {
        terminal::print_json(&simulation)?;
    } else {
        terminal::print(&terminal::visible(&text(&simulation, |address| ceremony.label(address))))?;
    }
    Ok(if simulation.succeeded() { Exit::Fine } else { Exit::Unmet })
}

fn text(simulation: &Simulation, label: impl Fn(Address) -> String) -> String {
    let mut text = String::new();
    for executed in &simulation.executed {
        let ended = executed.failure.as_ref().map_or_else(|| "executed".to_owned(), |why| format!("FAILED: {why}"));
        let _ = writeln!(text, "{}: {ended}", label(executed.safe));
        for change in &executed.changes {
            let _ = writeln!(
                text,
                "  {} slot {:#x} ({})\n    before  {:#066x}\n    after   {:#066x}",
                label(change.account),
                change.slot,
                change.meaning,
                change.before,
                change.after
            );
        }
        for (account, (before, after)) in &executed.balances {
            let _ = writeln!(text, "  {} balance: {before} wei before, {after} after", label(*account));
        }
    }
    for address in &simulation.without_code {
        let _ = writeln!(text, "WARNING no code at {}: what calls of it do is not known here", label(*address));
    }
    for address in &simulation.stood_in {
        let _ = writeln!(text, "NOTE the owners of {} are not known; others stood in for them", label(*address));
    }
    text
}
