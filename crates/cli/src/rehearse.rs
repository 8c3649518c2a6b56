//! `ephor rehearse`: a charter and a scenario in, a timeline and the council that is left out.

use crate::{
    arguments::RehearseArguments,
    exit::{Exit, Failure},
    folder::ReportFolder,
    progress::Progress,
    terminal::{self, Style},
    timeline,
};
use ephor_charter::Charter;
use ephor_rehearsal::{Options, RehearsalError, Report, Scenario, Silent, render, run, scenario};
use serde::Serialize;
use std::path::{Path, PathBuf};

/// Runs a scenario on a charter, prints what happened and writes the report where one is asked for.
pub(crate) fn rehearse(arguments: &RehearseArguments) -> Result<Exit, Failure> {
    let charter = Charter::load(&arguments.charter).map_err(|faults| Failure::Faults { of: "charter", faults })?;
    let file = match &arguments.scenario {
        Some(file) => file.clone(),
        None => default_scenario(&arguments.charter)?,
    };
    let in_scenario = |faults| Failure::Faults { of: "scenario", faults };
    if !arguments.quiet {
        let named = scenario::charter_of(&file).map_err(in_scenario)?;
        if !same_file(&named, &arguments.charter) {
            terminal::tell(&format!(
                "note: {} was written for {}, and is run with {}\n",
                file.display(),
                named.display(),
                arguments.charter.display()
            ));
        }
    }
    let mut scenario = Scenario::load(&file, &charter).map_err(in_scenario)?;
    if let Some(seed) = arguments.seed {
        scenario.seed = seed;
    }
    let folder = arguments.report.as_deref().map(ReportFolder::prepare).transpose()?;
    let result = if arguments.quiet {
        run(&scenario, &charter, &Options::default(), &mut Silent)
    } else {
        run(&scenario, &charter, &Options::default(), &mut Progress::on_stderr())
    };
    let (report, unmet) = match result {
        Ok(report) => (report, None),
        Err(RehearsalError::Unmet(unmet)) => {
            let message = unmet.to_string();
            (unmet.report, Some(message))
        }
        Err(error) => return Err(Failure::Rehearsal(error)),
    };
    if let Some(folder) = folder {
        folder.write(&render::files(&report))?;
    }
    print(&report, unmet.as_deref(), arguments.json)?;
    Ok(match unmet {
        None => Exit::Fine,
        Some(message) => {
            terminal::tell(&format!("error: {message}\n"));
            Exit::Unmet
        }
    })
}

/// A report that did not end as the scenario expects, as one document.
#[derive(Serialize)]
struct UnmetDocument<'a> {
    error: UnmetError<'a>,
    report: &'a Report,
}

#[derive(Serialize)]
struct UnmetError<'a> {
    exit_code: u8,
    message: &'a str,
}

fn print(report: &Report, unmet: Option<&str>, json: bool) -> Result<(), Failure> {
    match (json, unmet) {
        (false, _) => terminal::print(&timeline::text(report, Style::of_stdout())),
        (true, None) => terminal::print_json(report),
        (true, Some(message)) => {
            let error = UnmetError { exit_code: Exit::Unmet as u8, message };
            terminal::print_json(&UnmetDocument { error, report })
        }
    }
}

/// `../scenarios/NAME-term.toml` beside the folder of `NAME.toml`.
fn default_scenario(charter: &Path) -> Result<PathBuf, Failure> {
    let mut name = charter.file_stem().unwrap_or_default().to_owned();
    name.push("-term.toml");
    let folder = charter.parent().unwrap_or(Path::new("")).join("../scenarios");
    let file = folder.join(name);
    if file.is_file() { Ok(file) } else { Err(Failure::NoScenario { charter: charter.to_owned(), file }) }
}

/// Whether two paths lead to one file. Where that cannot be found out, they count as the same.
fn same_file(a: &Path, b: &Path) -> bool {
    match (a.canonicalize(), b.canonicalize()) {
        (Ok(a), Ok(b)) => a == b,
        _ => true,
    }
}
