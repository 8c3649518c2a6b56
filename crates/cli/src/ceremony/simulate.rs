//! `ephor ceremony simulate`.

use super::{
    CeremonyFailure,
    arguments::{ForkOptions, SimulateArguments},
    files,
    signing::verified,
    transport::HttpTransport,
};
use crate::{
    exit::{Exit, Failure},
    terminal,
};
use alloy_primitives::Address;
use ephor_ceremony::{
    Ceremony, Simulation, World,
    bundle::MAX_FILE_BYTES,
    fork::{self, ForkReport, Pinned},
    simulation,
};
use std::fmt::Write as _;

/// Carries a ceremony through on a fork of a live chain, or on an embedded one.
pub(super) fn simulate(arguments: &SimulateArguments) -> Result<Exit, Failure> {
    let path = &arguments.bundle.bundle;
    let (_, mut ceremony) = verified(path)?;
    let simulation = if arguments.fork.rpc_url.is_some() {
        fork(&ceremony, &arguments.fork)?.0
    } else {
        if let Some(file) = &arguments.world {
            let world = serde_json::from_slice(&files::read(file, MAX_FILE_BYTES)?);
            ceremony.world = Some(world.map_err(|error| CeremonyFailure::Json { path: file.clone(), error })?);
        }
        ceremony.world.get_or_insert_with(World::default);
        simulation::simulate(&ceremony)
            .map_err(CeremonyFailure::from)?
            .unwrap_or_else(|| unreachable!("there is a world"))
    };
    if arguments.bundle.json {
        terminal::print_json(&simulation)?;
    } else {
        terminal::print(&terminal::visible(&text(&simulation, |address| ceremony.label(address))))?;
    }
    Ok(if simulation.succeeded() { Exit::Fine } else { Exit::Unmet })
}

/// Carries a ceremony through on a fork, and gives what was read.
pub(super) fn fork(ceremony: &Ceremony, options: &ForkOptions) -> Result<(Simulation, Pinned), Failure> {
    let transport = HttpTransport::new(options.rpc_url.as_deref().unwrap_or_default())?;
    let settings = fork::Settings { block: options.block, require_proof: options.require_proof };
    let forked = fork::simulate(ceremony, transport, settings).map_err(CeremonyFailure::from)?;
    if let Some(reason) = &forked.1.unproven {
        terminal::tell(&format!("WARNING what was read is NOT PROVEN: {reason}\n"));
    }
    Ok(forked)
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
        for address in &executed.created {
            let _ = writeln!(text, "  {} is created", label(*address));
        }
    }
    for address in &simulation.without_code {
        let _ = writeln!(text, "WARNING no code at {}: what calls of it do is not known here", label(*address));
    }
    for address in &simulation.stood_in {
        let _ = writeln!(text, "NOTE the owners of {} are not known; others stood in for them", label(*address));
    }
    if let Some(report) = &simulation.fork {
        fork_text(report, &mut text);
    }
    text
}

/// Which state it was, and how far it can be relied on.
fn fork_text(report: &ForkReport, text: &mut String) {
    for note in &report.notes {
        let _ = writeln!(text, "NOTE {note}");
    }
    for number in &report.believed_hashes {
        let _ = writeln!(text, "WARNING the hash of block {number} was read and is NOT PROVEN");
    }
    let ForkReport { block, hash, accounts, slots, .. } = report;
    let _ = writeln!(text, "\nAs of block {block}, {hash}: compare that hash with what others see.");
    let _ = match &report.unproven {
        None => {
            writeln!(text, "Proven against its state root: {accounts} accounts, {slots} slots, and the code of each.")
        }
        Some(reason) => {
            writeln!(
                text,
                "WARNING {accounts} accounts and {slots} slots are NOT PROVEN, the endpoint is believed: {reason}"
            )
        }
    };
}
