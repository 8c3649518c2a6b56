//! A report in the terminal: what happened, then what is left of it.
//!
//! In this order: how much of it is true, the timeline, the elections, the council, each Safe with what changed, updates that
//! did not arrive, sums. Text from charters and scenarios is shown without its control characters.

use crate::{
    terminal::{Style, visible},
    words::{grouped, table},
};
use ephor_rehearsal::report::{Contender, Election, Entry, Outcome, Person, Report, Safe, StatementKind, Time, Update};
use std::{cmp::Reverse, fmt::Write as _};

/// The report as text.
pub(crate) fn text(report: &Report, style: Style) -> String {
    let mut out = String::new();
    heading(&mut out, report, style);
    title(&mut out, style, "What happened");
    for entry in &report.timeline {
        one_entry(&mut out, entry, style);
    }
    for election in &report.elections {
        one_election(&mut out, report, election, style);
    }
    title(&mut out, style, "The council");
    let cohort = |name: &str, text: String| vec![visible(name), text];
    let mut rows = Vec::new();
    for change in &report.council.cohorts {
        rows.push(cohort(&change.name, format!("before  {}", people(&change.before))));
        rows.push(cohort("", format!("now     {}", people(&change.after))));
    }
    out.push_str(&table(2, &rows));
    for safe in &report.safes {
        one_safe(&mut out, safe, style);
    }
    updates(&mut out, &report.updates, style);
    sums(&mut out, report);
    out
}

fn title(out: &mut String, style: Style, text: &str) {
    let _ = writeln!(out, "\n{}", style.strong(text));
}

fn heading(out: &mut String, report: &Report, style: Style) {
    let name = format!("{}: {}", visible(&report.council_name), visible(&report.scenario));
    let _ = writeln!(out, "{}\n{}", style.strong(name), visible(&report.description));
    title(out, style, "What is measured and what is filled in");
    let statement = |statement: &ephor_rehearsal::report::Statement| {
        let kind = match statement.kind {
            StatementKind::Measured => "measured",
            StatementKind::Modelled => "modelled",
            StatementKind::Scenario => "made up",
            StatementKind::Rehearsal => "rehearsed",
        };
        vec![kind.to_owned(), visible(&statement.text)]
    };
    let rows: Vec<Vec<String>> = report.statements.iter().map(statement).collect();
    out.push_str(&table(2, &rows));
}

fn one_entry(out: &mut String, entry: &Entry, style: Style) {
    let place = format!(
        "{} block {}, L1 block {}",
        visible(&entry.chain_title),
        grouped(&entry.block.to_string()),
        grouped(&entry.l1_block.to_string())
    );
    let _ = writeln!(out, "{}  {}", style.strong(when(&entry.time)), style.faint(place));
    let who = entry.who.as_ref().map_or_else(String::new, |person| format!("{} ", visible(&person.name)));
    let _ = writeln!(out, "  {who}{}", visible(&entry.what));
    if let Outcome::Refused { error, detail } = &entry.outcome {
        let reason = if detail.is_empty() { error } else { detail };
        let _ = writeln!(out, "    {} {}", style.strong("refused:"), visible(reason));
    }
    for detail in &entry.details {
        let _ = writeln!(out, "    {}", visible(detail));
    }
    if !entry.could.is_empty() {
        let _ = writeln!(out, "    {} {}", style.faint("who could:"), visible(&entry.could));
    }
    for next in &entry.next {
        let _ = writeln!(
            out,
            "    {} {}, from {} ({})",
            style.faint("next:"),
            visible(&next.what),
            when(&next.earliest),
            visible(&next.who)
        );
    }
}

fn one_election(out: &mut String, report: &Report, election: &Election, style: Style) {
    title(out, style, &format!("Election {} for the cohort {}", election.index, visible(&election.cohort)));
    let symbol = visible(&report.symbol);
    let threshold = election.threshold.map_or_else(String::new, |votes| format!("; {votes} {symbol} make a nominee"));
    let cut = election.cut_line.map_or_else(String::new, |cut| format!("; the last seat took {cut} {symbol}"));
    let _ = writeln!(out, "  {} seats, {}{threshold}{cut}", election.seats, visible(&election.phase));
    let mut contenders: Vec<&Contender> = election.contenders.iter().collect();
    contenders.sort_by_key(|contender| Reverse((contender.elected, contender.weight, contender.endorsed)));
    let amounts = |of: &dyn Fn(&Contender) -> String| -> Vec<String> {
        let texts: Vec<String> = contenders.iter().map(|contender| of(contender)).collect();
        let width = texts.iter().map(|text| text.chars().count()).max().unwrap_or(0);
        texts.into_iter().map(|text| format!("{text:>width$}")).collect()
    };
    let endorsed = amounts(&|contender| contender.endorsed.to_string());
    let weights = amounts(&|contender| contender.weight.map_or_else(|| "–".to_owned(), |weight| weight.to_string()));
    let mut rows = Vec::new();
    for ((contender, endorsed), weight) in contenders.iter().zip(endorsed).zip(weights) {
        rows.push(vec![
            visible(&contender.person.name),
            format!("endorsed {endorsed}"),
            format!("weight {weight}"),
            fate(contender).to_owned(),
        ]);
    }
    out.push_str(&table(2, &rows));
}

const fn fate(contender: &Contender) -> &'static str {
    match contender {
        Contender { elected: true, .. } => "elected",
        Contender { excluded: true, .. } => "excluded",
        Contender { included: true, .. } => "included",
        Contender { nominee: true, .. } => "nominee",
        _ => "",
    }
}

fn one_safe(out: &mut String, safe: &Safe, style: Style) {
    let name = format!("Safe {} on {}", visible(&safe.name), visible(&safe.chain_title));
    title(out, style, &name);
    let owners = format!("{} of {} signatures", safe.threshold, safe.owners.len());
    let state = if safe.in_line { "owned by the council" } else { "NOT owned by the council alone and whole" };
    let _ = writeln!(out, "  {}, {owners}, last update {}, {state}", safe.address, safe.update_nonce);
    let owner = |owner: &Person| {
        let new = if safe.added.contains(owner) { "+" } else { " " };
        let name = if owner.address.to_string() == owner.name { String::new() } else { visible(&owner.name) };
        vec![format!("{new} {}", owner.address), name]
    };
    let gone = |owner: &Person| vec![format!("- {}", owner.address), visible(&owner.name)];
    let rows: Vec<Vec<String>> = safe.owners.iter().map(owner).chain(safe.removed.iter().map(gone)).collect();
    out.push_str(&table(2, &rows));
}

/// Updates that are not everywhere yet.
fn updates(out: &mut String, updates: &[Update], style: Style) {
    let on_the_way = |update: &&Update| update.deliveries.iter().any(|delivery| delivery.state != "delivered");
    let pending: Vec<&Update> = updates.iter().filter(on_the_way).collect();
    if pending.is_empty() {
        return;
    }
    title(out, style, "Updates that did not reach every Safe");
    let mut rows = Vec::new();
    for update in pending {
        let name = update.nonce.map_or_else(|| "other operation".to_owned(), |nonce| format!("update {nonce}"));
        for delivery in &update.deliveries {
            let chain = delivery.chain.as_deref().map(visible).unwrap_or_default();
            rows.push(vec![name.clone(), chain, visible(&delivery.safes.join(", ")), delivery.state.to_owned()]);
        }
    }
    out.push_str(&table(2, &rows));
}

fn sums(out: &mut String, report: &Report) {
    let (passed, total) = report.passed();
    let totals = &report.totals;
    let _ = writeln!(
        out,
        "\n{passed} of {total} expectations met. {} steps, {} transactions, {} gas, {} votes cast by the model, seed {}.",
        totals.steps,
        grouped(&totals.transactions.to_string()),
        grouped(&totals.gas.to_string()),
        grouped(&totals.modelled_votes.to_string()),
        report.seed
    );
}

/// "2025-09-15 12:00:00 UTC".
fn when(time: &Time) -> String {
    time.utc.replacen('T', " ", 1).replacen('Z', " UTC", 1)
}

fn people(people: &[Person]) -> String {
    let names: Vec<String> = people.iter().map(|person| visible(&person.name)).collect();
    if names.is_empty() { "nobody".to_owned() } else { names.join(", ") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ephor_rehearsal::render::sample;
    use std::{env, fs, path::Path};

    #[test]
    fn writes_what_was_blessed() {
        let found = text(&sample::report(), Style::plain());
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/timeline.txt");
        if env::var_os("EPHOR_BLESS").is_some() {
            fs::write(&path, &found).expect("golden files can be written");
        }
        let blessed = fs::read_to_string(&path).expect("a blessed file");
        assert!(found == blessed, "timeline.txt differs; found:\n{found}");
    }

    #[test]
    fn names_updates_that_did_not_arrive() {
        let mut report = sample::report();
        assert!(!text(&report, Style::plain()).contains("did not reach"));
        report.updates[0].deliveries[0].state = "expired";
        let text = text(&report, Style::plain());
        assert!(text.contains("Updates that did not reach every Safe\n  update 1  home  council  expired\n"), "{text}");
    }

    #[test]
    fn no_file_drives_the_terminal() {
        let mut report = sample::report();
        report.timeline[0].what = "\x1b[2Jclears".to_owned();
        report.elections[0].contenders[0].person.name = "\x1b]0;title\x07".to_owned();
        assert!(!text(&report, Style::plain()).contains('\x1b'));
    }
}
