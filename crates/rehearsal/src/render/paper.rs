//! A report as Markdown.
//!
//! In this order: what was rehearsed and how much of it is true, the council and its Safes in the end, the elections with
//! their charts, the updates, what happened, what was expected. Whatever comes from a charter or a scenario is escaped.

use super::{MARK, chart_name, text::markdown as plain};
use crate::{
    report::{
        Amount, Contender, Delivery, Election, Entry, Next, Outcome, Person, Report, Safe, StatementKind, Update,
    },
    text::{count, grouped},
};
use std::{cmp::Reverse, fmt::Write as _};

/// The report as Markdown.
pub(super) fn markdown(report: &Report) -> String {
    let mut out = format!("<!-- {MARK}. The next report into this folder replaces it. -->\n\n");
    heading(&mut out, report);
    council(&mut out, report);
    safes(&mut out, report);
    for election in &report.elections {
        one_election(&mut out, report, election);
    }
    updates(&mut out, report);
    timeline(&mut out, report);
    checks(&mut out, report);
    out
}

fn heading(out: &mut String, report: &Report) {
    let _ = writeln!(out, "# {}: {}\n", plain(&report.council_name), plain(&report.scenario));
    let _ = writeln!(out, "{}\n", plain(&report.description));
    let (passed, total) = report.passed();
    let _ = writeln!(out, "- From {} to {}", when(&report.began.utc), when(&report.ended.utc));
    let _ = writeln!(out, "- Expectations met: {passed} of {total}");
    let _ = writeln!(
        out,
        "- {}, {}, {} gas, {}",
        count(report.totals.steps, "step", "steps"),
        count(size(report.totals.transactions), "transaction", "transactions"),
        grouped(&report.totals.gas.to_string()),
        count(size(report.totals.modelled_votes), "vote cast by the model", "votes cast by the model")
    );
    let _ = writeln!(out, "- Seed: {}\n", report.seed);
    let _ = writeln!(out, "## What is measured and what is filled in\n");
    for statement in &report.statements {
        let _ = writeln!(out, "- **{}**: {}", kind(statement.kind), plain(&statement.text));
    }
    let _ = writeln!(out, "\n| Chain | Id in the rehearsal | Id of the live chain |\n|---|---:|---:|");
    for chain in &report.chains {
        let _ = writeln!(out, "| {} | {} | {} |", plain(&chain.title), chain.rehearsal_id, chain.live_id);
    }
}

fn council(out: &mut String, report: &Report) {
    let _ = writeln!(out, "\n## The council\n\n| Cohort | Before | After |\n|---|---|---|");
    for cohort in &report.council.cohorts {
        let _ = writeln!(out, "| {} | {} | {} |", plain(&cohort.name), people(&cohort.before), people(&cohort.after));
    }
}

fn safes(out: &mut String, report: &Report) {
    let _ = writeln!(out, "\n## The Safes\n");
    for safe in &report.safes {
        one_safe(out, safe);
    }
}

fn one_safe(out: &mut String, safe: &Safe) {
    let _ = writeln!(
        out,
        "### {} on {}\n\n`{}`, {} of {} signatures, {}, last update {}\n",
        plain(&safe.name),
        plain(&safe.chain_title),
        safe.address,
        safe.threshold,
        safe.owners.len(),
        if safe.in_line { "owned by the council" } else { "**not owned by the whole council, or by others too**" },
        safe.update_nonce
    );
    let _ = writeln!(
        out,
        "- Added: {}\n- Removed: {}\n- Kept: {}\n",
        people(&safe.added),
        people(&safe.removed),
        people(&safe.kept)
    );
    let _ = writeln!(out, "| Owner | Address | |\n|---|---|---|");
    for owner in &safe.owners {
        let new = if safe.added.contains(owner) { "new" } else { "" };
        let _ = writeln!(out, "| {} | `{}` | {new} |", plain(&owner.name), owner.address);
    }
    out.push('\n');
}

fn one_election(out: &mut String, report: &Report, election: &Election) {
    let _ = writeln!(out, "## Election {} for the cohort {}\n", election.index, plain(&election.cohort));
    let _ = writeln!(out, "{}, phase in the end: {}.", count(election.seats, "seat", "seats"), plain(&election.phase));
    let symbol = plain(&report.symbol);
    if let Some(threshold) = election.threshold {
        let _ = writeln!(out, "A contender becomes a nominee with {threshold} {symbol}.");
    }
    if let Some(cut) = election.cut_line {
        let _ = writeln!(out, "The last seat took a weight of {cut} {symbol}.");
    }
    if election.series.iter().any(|series| !series.points.is_empty()) {
        let _ = writeln!(
            out,
            "\n![The weight of each nominee over time, with the cut line]({})",
            chart_name(election.index)
        );
    }
    let _ = writeln!(out, "\n| Phase ends | L1 block | Time |\n|---|---:|---|");
    for end in &election.deadlines {
        let _ = writeln!(out, "| {} | {} | {} |", end.phase, grouped(&end.l1_block.to_string()), when(&end.time.utc));
    }
    let _ = writeln!(out, "\n| Contender | Address | Endorsed | Weight | |\n|---|---|---:|---:|---|");
    for contender in standings(election) {
        let _ = writeln!(
            out,
            "| {} | `{}` | {} | {} | {} |",
            plain(&contender.person.name),
            contender.person.address,
            contender.endorsed,
            contender.weight.map_or_else(String::new, |weight: Amount| weight.to_string()),
            fate(contender)
        );
    }
    out.push('\n');
}

/// The contenders: the elected first, then by weight, then by endorsements.
fn standings(election: &Election) -> Vec<&Contender> {
    let mut contenders: Vec<&Contender> = election.contenders.iter().collect();
    contenders.sort_by_key(|contender| Reverse((contender.elected, contender.weight, contender.endorsed)));
    contenders
}

fn fate(contender: &Contender) -> &'static str {
    match contender {
        Contender { elected: true, .. } => "**elected**",
        Contender { excluded: true, .. } => "excluded",
        Contender { included: true, .. } => "included",
        Contender { nominee: true, .. } => "nominee",
        _ => "",
    }
}

fn updates(out: &mut String, report: &Report) {
    if report.updates.is_empty() {
        return;
    }
    let _ = writeln!(out, "## Updates on their way to the Safes\n");
    for update in &report.updates {
        one_update(out, update);
    }
}

fn one_update(out: &mut String, update: &Update) {
    let name =
        update.nonce.map_or_else(|| "An operation that is no update".to_owned(), |nonce| format!("Update {nonce}"));
    let _ = writeln!(out, "### {name}\n\nScheduled {}.\n", when(&update.scheduled.utc));
    let mut id = |name: &str, value: Option<alloy_primitives::B256>| {
        if let Some(value) = value {
            let _ = writeln!(out, "- {name}: `{value}`");
        }
    };
    id("Salt", update.salt);
    id("Operation on the core timelock", Some(update.operation));
    id("Message to the L1", update.message);
    id("Operation on the L1 timelock", update.l1_operation);
    let _ = writeln!(out, "\n| Chain | Safes | Ticket | State | Time |\n|---|---|---|---|---|");
    for delivery in &update.deliveries {
        let _ = writeln!(out, "{}", delivery_row(delivery));
    }
    out.push('\n');
}

fn delivery_row(delivery: &Delivery) -> String {
    format!(
        "| {} | {} | {} | {} | {} |",
        delivery.chain.as_deref().map(plain).unwrap_or_default(),
        plain(&delivery.safes.join(", ")),
        delivery.ticket.map_or_else(String::new, |ticket| format!("`{ticket}`")),
        delivery.state,
        delivery.time.as_ref().map_or_else(String::new, |time| when(&time.utc))
    )
}

fn timeline(out: &mut String, report: &Report) {
    let _ = writeln!(out, "## What happened\n");
    for entry in &report.timeline {
        one_entry(out, entry);
    }
}

fn one_entry(out: &mut String, entry: &Entry) {
    let who = entry.who.as_ref().map_or_else(String::new, |person| format!("**{}** ", plain(&person.name)));
    let _ = writeln!(
        out,
        "- {}, {} block {} (L1 block {}): {who}{}.",
        when(&entry.time.utc),
        plain(&entry.chain_title),
        grouped(&entry.block.to_string()),
        grouped(&entry.l1_block.to_string()),
        plain(&entry.what)
    );
    if let Outcome::Refused { error, detail } = &entry.outcome {
        let _ = writeln!(out, "  - **Refused**: {}", plain(if detail.is_empty() { error } else { detail }));
    }
    for detail in &entry.details {
        let _ = writeln!(out, "  - {}", plain(detail));
    }
    if !entry.could.is_empty() {
        let _ = writeln!(out, "  - Could do it: {}", plain(&entry.could));
    }
    for next in &entry.next {
        let _ = writeln!(out, "  - Next: {}", one_next(next));
    }
}

fn one_next(next: &Next) -> String {
    format!("{}, from {} ({})", plain(&next.what), when(&next.earliest.utc), plain(&next.who))
}

fn checks(out: &mut String, report: &Report) {
    let (passed, total) = report.passed();
    let _ = writeln!(out, "\n## What was expected\n\n{passed} of {total} expectations were met.\n");
    let _ = writeln!(out, "| Step | Line | What | Expected | Found | |\n|---:|---:|---|---|---|---|");
    for check in &report.checks {
        let _ = writeln!(
            out,
            "| {} | {} | {} | {} | {} | {} |",
            check.step,
            check.line,
            plain(&check.what),
            plain(&check.expected),
            plain(&check.actual),
            if check.passed { "met" } else { "**not met**" }
        );
    }
}

const fn kind(kind: StatementKind) -> &'static str {
    match kind {
        StatementKind::Measured => "Measured",
        StatementKind::Modelled => "Modelled",
        StatementKind::Scenario => "Made up by the scenario",
        StatementKind::Rehearsal => "True of every rehearsal",
    }
}

fn people(people: &[Person]) -> String {
    let names: Vec<String> = people.iter().map(|person| plain(&person.name)).collect();
    if names.is_empty() { "nobody".to_owned() } else { names.join(", ") }
}

/// `2025-09-15T12:00:00Z` as people read it.
fn when(utc: &str) -> String {
    utc.replacen('T', " ", 1).replacen('Z', " UTC", 1)
}

fn size(number: u64) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::{sample, tests::golden};

    #[test]
    fn writes_what_was_blessed() {
        golden("report.md", &markdown(&sample::report()));
    }

    #[test]
    fn text_of_others_stays_text() {
        let mut report = sample::report();
        report.timeline[0].what = "| <script>alert(1)</script>\n# `x`".to_owned();
        let text = markdown(&report);
        assert!(text.contains("\\| \\<script\\>alert(1)\\</script\\> \\# \\`x\\`."), "{text}");
    }
}
