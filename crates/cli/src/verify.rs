//! `ephor verify`: whether what is about to be signed or executed is what was voted.

use crate::{
    exit::{EXIT_CODES, Exit, Failure},
    explain::{
        Given, UNPROVEN, numbered,
        subject::{Sources, Surroundings},
    },
    terminal::{self, Style, visible},
    words::grouped,
};
use clap::Args;
use ephor_explain::{Difference, IdKind, Match, Note, Place, Verdict};
use serde_json::{Value, json};
use std::{collections::BTreeSet, fmt::Write as _};

/// What to compare.
#[derive(Debug, Args)]
#[command(
    after_help = EXIT_CODES,
    long_about = "Proves that a payload is what was voted: that every call it makes is in the proposal, in the same operation or \
                  message and in the same name, and nothing else. A Safe's transaction or a batch around it does no harm. If it is not, \
                  each difference is shown with node, field, both values and the byte at which they stand, and the exit code is 1.",
    after_long_help = "Examples:\n  \
                  ephor verify 7102010740…5019 executeBatch.hex --to 0xE684…7f49 \\\n      \
                  --in data/arbitrum/governance-proposals.json --charter charters/arbitrum.toml\n  \
                  ephor verify proposal.json safe-transaction.json --charter charters/arbitrum.toml"
)]
pub(crate) struct VerifyArguments {
    /// What was voted: a proposal as JSON, calldata, a file, or an id searched in the files of --in.
    #[arg(value_name = "VOTED")]
    pub(crate) voted: String,
    /// What is about to be signed or executed: calldata, a transaction as JSON, a file, or with --rpc the hash of a transaction.
    #[arg(value_name = "PRESENTED")]
    pub(crate) presented: String,
    #[command(flatten)]
    pub(crate) given: Given,
    /// The governor that voted, where the proposal does not say it.
    #[arg(long, value_name = "ADDRESS", help_heading = "The call")]
    pub(crate) governor: Option<alloy_primitives::Address>,
}

/// Compares, and tells.
///
/// # Errors
/// [`Failure`].
pub(crate) fn verify(arguments: &VerifyArguments) -> Result<Exit, Failure> {
    let given = &arguments.given;
    let sources = Sources::of(given)?;
    let governor = Surroundings { to: arguments.governor, ..Surroundings::default() };
    let voted = sources.find_one(&arguments.voted, &governor)?;
    let presented = sources.find_one(&arguments.presented, &given.surroundings)?;
    let unproven = voted.unproven || presented.unproven;
    let (voted, presented) = (voted.explanation, presented.explanation);
    let verdict = ephor_explain::verify(&voted, &presented);
    let exit = if verdict.is_same() { Exit::Fine } else { Exit::Unmet };
    let notes = presented.root.walk().flat_map(|node| &node.notes).filter(|note| odd(note)).map(Note::to_string);
    let mut seen = BTreeSet::new();
    let all = unproven.then(|| UNPROVEN.to_owned()).into_iter().chain(notes);
    let warnings: Vec<String> = all.filter(|warning| seen.insert(warning.clone())).collect();
    if given.json {
        terminal::print_json(&document(&verdict, &warnings))?;
    } else {
        terminal::print(&text(&verdict, &warnings, Style::of_stdout()))?;
    }
    Ok(exit)
}

/// Notes that somebody who signs should not overlook, even if all is as voted.
const fn odd(note: &Note) -> bool {
    matches!(
        note,
        Note::Unusual { .. }
            | Note::Ambiguous { .. }
            | Note::UnknownGovernor
            | Note::UnknownInbox
            | Note::UnknownBatch
            | Note::FailureAllowed
    )
}

fn document(verdict: &Verdict, warnings: &[String]) -> Value {
    json!({
        "same": verdict.is_same(),
        "complete": verdict.is_same() && verdict.leaves == verdict.leaves_voted,
        "leaves": verdict.leaves,
        "leaves_voted": verdict.leaves_voted,
        "matches": verdict.matches,
        "differences": verdict.differences,
        "warnings": warnings,
    })
}

fn text(verdict: &Verdict, warnings: &[String], style: Style) -> String {
    let (mut head, mut text) = (String::new(), String::new());
    let (some, all) = (verdict.leaves, verdict.leaves_voted);
    let _ = if verdict.is_same() {
        let part = if some == all { "all of it".to_owned() } else { format!("{some} of the {all} calls in the end") };
        writeln!(head, "{}: this is what was voted, {part}.", style.strong("yes"))
    } else {
        writeln!(head, "{}: this is not what was voted.", style.strong("NO"))
    };
    verdict.matches.iter().for_each(|found| of_match(&mut text, found));
    verdict.differences.iter().for_each(|found| of_difference(&mut text, found));
    for warning in warnings {
        let _ = writeln!(text, "! {warning}");
    }
    // What payloads say is not obeyed; the emphasis of the answer is.
    head + &visible(&text)
}

fn of_match(text: &mut String, found: &Match) {
    let name = match found.id.map(|id| id.kind) {
        Some(IdKind::Proposal) => "the proposal",
        Some(IdKind::Operation) => "the operation",
        Some(IdKind::Item) => "the message",
        Some(IdKind::Ticket) => "the ticket",
        _ => "the call",
    };
    let id = found.id.map(|id| format!(" {}", id.hash)).unwrap_or_default();
    let (presented, voted) = (numbered(&found.presented), numbered(&found.voted));
    let _ = writeln!(text, "  node {presented} of the payload is {name}{id}, node {voted} of what was voted:");
    for (depth, sentence) in found.way.iter().enumerate() {
        let _ = writeln!(text, "    {}{sentence}", "  ".repeat(depth));
    }
    if !found.unchecked.is_empty() {
        let _ = writeln!(text, "    not compared, since one side does not say it: {}", found.unchecked.join(", "));
    }
}

fn of_difference(text: &mut String, found: &Difference) {
    let _ = writeln!(text, "  {}", found.field);
    for (side, place) in [("voted", &found.voted), ("presented", &found.presented)] {
        let _ = writeln!(text, "    {side:<10} {}", of_place(place.as_ref()));
    }
}

fn of_place(place: Option<&Place>) -> String {
    let Some(place) = place else { return "nothing".to_owned() };
    let at = place.at.map(|at| format!(", byte {}", grouped(&at.to_string()))).unwrap_or_default();
    format!("{}  (node {}{at})", place.value, numbered(&place.node))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn emphasises_the_answer_and_shows_what_payloads_would_have_the_terminal_do() {
        let presented = Place { node: Vec::new(), at: None, value: "\x1b[2J".to_owned() };
        let difference = Difference { field: "value".to_owned(), voted: None, presented: Some(presented) };
        let verdict = Verdict { matches: Vec::new(), differences: vec![difference], leaves: 0, leaves_voted: 1 };
        let text = text(&verdict, &[], Style::coloured());
        assert!(text.starts_with("\x1b[1mNO\x1b[0m: this is not what was voted.\n"), "{text:?}");
        assert!(text.contains("␛[2J"), "{text:?}");
    }
}
