//! How a drill went: who signed when, what was refused, what was executed, and whether the group is ready.
//!
//! A signature counts from when it arrived, or from when the chain shows it with an execution or as an approval, whichever was first.
//! On a served network an exercise is executed when the chain shows that every Safe of it executed its transaction; on paper, when the
//! signatures carry it through on a chain of the report's own.

use std::{collections::BTreeMap, fmt::Write as _};

use alloy_primitives::{Address, B256};
use serde::Serialize;

use super::{Deed, Drill, DrillError, Participant, Witnessed};
use crate::{
    ceremony::Ceremony,
    collection::{Collection, Known},
    embedded::Stage,
    nesting::Step,
};

/// How one participant did in one exercise.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Participation {
    /// When a signature that counts came, in seconds after the start.
    pub signed_after_seconds: Option<u64>,
    /// When the participant executed the first of the exercise's transactions, in seconds after the start.
    pub executed_after_seconds: Option<u64>,
    /// What was refused, and why.
    pub refused: Vec<String>,
}

/// How an exercise went.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ExerciseReport {
    /// What it was about.
    pub title: String,
    /// By participant, in their order.
    pub participation: Vec<(Participant, Participation)>,
    /// Signatures of people who do not take part.
    pub strangers: usize,
    /// Seconds from the start until every Safe had enough signatures.
    pub threshold_after_seconds: Option<u64>,
    /// Whether the transactions were executed; none while too few signed, and on a served network while nobody executed them.
    pub executed: Option<bool>,
    /// The transactions that executed it on a served network.
    pub transactions: Vec<B256>,
}

/// How ready a group is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Report {
    /// The exercises.
    pub exercises: Vec<ExerciseReport>,
    /// Who never signed anything that counts.
    pub never_signed: Vec<Participant>,
    /// Whether every exercise was executed and nobody is missing.
    pub ready: bool,
}

/// The people of a drill while their part in one exercise is worked out.
struct People<'a> {
    drill: &'a Drill,
    by_person: BTreeMap<Address, Participation>,
}

impl People<'_> {
    /// A participant's record; `None` for anybody else.
    fn of(&mut self, who: Address) -> Option<&mut Participation> {
        let takes_part = self.drill.participants.iter().any(|participant| participant.address == who);
        takes_part.then(|| self.by_person.entry(who).or_default())
    }

    fn signed(&mut self, who: Address, after: u64) {
        if let Some(participation) = self.of(who) {
            let first = participation.signed_after_seconds.map_or(after, |earlier| earlier.min(after));
            participation.signed_after_seconds = Some(first);
        }
    }

    fn executed(&mut self, who: Address, after: u64) {
        if let Some(participation) = self.of(who) {
            participation.executed_after_seconds.get_or_insert(after);
        }
    }
}

impl Drill {
    /// Works out how everybody did.
    ///
    /// # Errors
    /// [`DrillError`].
    pub fn report(&self) -> Result<Report, DrillError> {
        let exercises = self.exercises()?;
        let mut reports = Vec::new();
        for (number, ceremony) in (1..).zip(&exercises) {
            reports.push(self.report_on(number, ceremony)?);
        }
        let signed = |who: &Participant| {
            reports
                .iter()
                .flat_map(|report| &report.participation)
                .any(|(participant, participation)| participant == who && participation.signed_after_seconds.is_some())
        };
        let never_signed: Vec<Participant> = self.participants.iter().filter(|who| !signed(who)).cloned().collect();
        let ready = never_signed.is_empty() && reports.iter().all(|report| report.executed == Some(true));
        Ok(Report { exercises: reports, never_signed, ready })
    }

    fn after(&self, at_seconds: u64) -> u64 {
        at_seconds.saturating_sub(self.started_seconds)
    }

    fn report_on(&self, number: usize, ceremony: &Ceremony) -> Result<ExerciseReport, DrillError> {
        let steps = ceremony.steps();
        let mut people = People { drill: self, by_person: BTreeMap::new() };
        let mut collection = Collection::default();
        let mut threshold_after_seconds = None;
        let mut strangers = 0;
        for entry in self.entries.iter().filter(|entry| entry.exercise == number) {
            let after = self.after(entry.at_seconds);
            let who = entry.signature.owner;
            let Some(participation) = people.of(who) else {
                strangers += 1;
                continue;
            };
            match collection.accept(self.chain_id, &steps, &Known::default(), entry.signature.clone()) {
                Ok(()) => people.signed(who, after),
                Err(refusal) => participation.refused.push(refusal.to_string()),
            }
            if collection.status(&steps).iter().all(|level| level.ready) {
                threshold_after_seconds.get_or_insert(after);
            }
        }
        let witnessed: Vec<&Witnessed> = self.witnessed.iter().filter(|seen| seen.exercise == number).collect();
        let mut transactions = Vec::new();
        for seen in &witnessed {
            self.count(seen, &steps, &mut people, &mut transactions);
        }
        let executed = match (&self.place, threshold_after_seconds, &ceremony.world) {
            (Some(_), ..) => executed(&steps, &witnessed),
            (None, Some(_), Some(world)) => {
                let mut stage = Stage::new(self.chain_id, &ceremony.root, world)?;
                Some(stage.run_with(&ceremony.root, &ceremony.action, &collection)?.succeeded())
            }
            _ => None,
        };
        if executed == Some(true)
            && let Some(last) = witnessed.iter().map(|seen| self.after(seen.at_seconds)).max()
        {
            // Signatures that nobody handed in were enough for the chain.
            threshold_after_seconds.get_or_insert(last);
        }
        let mut of = |who: &Participant| (who.clone(), people.by_person.remove(&who.address).unwrap_or_default());
        Ok(ExerciseReport {
            title: ceremony.title.clone(),
            participation: self.participants.iter().map(&mut of).collect(),
            strangers,
            threshold_after_seconds,
            executed,
            transactions,
        })
    }

    /// Takes what the chain shows into account, if it is about the exercise.
    fn count(&self, seen: &Witnessed, steps: &[Step<'_>], people: &mut People<'_>, transactions: &mut Vec<B256>) {
        let after = self.after(seen.at_seconds);
        let is_ours = |hash: &B256| steps.iter().any(|step| step.hashes.safe_tx == *hash);
        match &seen.deed {
            Deed::Executed { safe_tx_hash, agreed } if is_ours(safe_tx_hash) => {
                agreed.iter().for_each(|who| people.signed(*who, after));
                people.executed(seen.sender, after);
                transactions.push(seen.transaction);
            }
            Deed::Approved { safe_tx_hash, owner } if is_ours(safe_tx_hash) => people.signed(*owner, after),
            Deed::Executed { .. } | Deed::Approved { .. } => {
                if let Some(participation) = people.of(seen.sender) {
                    let (safe, transaction) = (seen.safe, seen.transaction);
                    participation.refused.push(format!("{transaction} had Safe {safe} do something else"));
                }
            }
            Deed::Failed { .. } => {
                if let Some(participation) = people.of(seen.sender) {
                    participation.refused.push(format!("what {} executed failed", seen.transaction));
                }
            }
            Deed::Refused { reason } => {
                if let Some(participation) = people.of(seen.sender) {
                    let (safe, transaction) = (seen.safe, seen.transaction);
                    participation.refused.push(format!("Safe {safe} refused {transaction}: {reason}"));
                }
            }
        }
    }
}

/// Whether the chain shows that every Safe executed its transaction; `None` while it shows neither that nor a failure.
fn executed(steps: &[Step<'_>], witnessed: &[&Witnessed]) -> Option<bool> {
    let failed = |step: &Step<'_>| {
        let is = |deed: &Deed| matches!(deed, Deed::Failed { safe_tx_hash } if *safe_tx_hash == step.hashes.safe_tx);
        witnessed.iter().any(|seen| is(&seen.deed))
    };
    let done = |step: &Step<'_>| {
        let is =
            |deed: &Deed| matches!(deed, Deed::Executed { safe_tx_hash, .. } if *safe_tx_hash == step.hashes.safe_tx);
        witnessed.iter().any(|seen| is(&seen.deed))
    };
    if steps.iter().any(failed) {
        return Some(false);
    }
    steps.iter().all(done).then_some(true)
}

impl Report {
    /// The report in Markdown.
    #[must_use]
    pub fn markdown(&self) -> String {
        let mut text = format!("# Readiness: {}\n", if self.ready { "ready" } else { "not ready yet" });
        for exercise in &self.exercises {
            exercise.write(&mut text);
        }
        if !self.never_signed.is_empty() {
            text.push_str("\n## Never signed\n\n");
            for who in &self.never_signed {
                let _ = writeln!(text, "- {} (`{}`)", cell(&who.name), who.address);
            }
        }
        text
    }
}

impl ExerciseReport {
    fn write(&self, text: &mut String) {
        let _ = writeln!(text, "\n## {}\n", self.title);
        let reached = self.threshold_after_seconds.map_or_else(
            || "Too few signatures so far.".to_owned(),
            |seconds| format!("Enough signatures after {}.", period(seconds)),
        );
        let executed = match self.executed {
            Some(true) => " The transactions were executed.",
            Some(false) => " The transactions FAILED.",
            None => "",
        };
        let _ = writeln!(
            text,
            "{reached}{executed}\n\n| who | signed after | executed after | refused |\n|---|---|---|---|"
        );
        for (who, participation) in &self.participation {
            let signed = participation.signed_after_seconds.map_or_else(|| "–".to_owned(), period);
            let executed = participation.executed_after_seconds.map_or_else(|| "–".to_owned(), period);
            let refused = cell(&participation.refused.join("; "));
            let _ = writeln!(text, "| {} (`{}`) | {signed} | {executed} | {refused} |", cell(&who.name), who.address);
        }
        for transaction in &self.transactions {
            let _ = writeln!(text, "\nExecuted by `{transaction}`.");
        }
        if self.strangers > 0 {
            let _ = writeln!(text, "\n{} signature(s) came from people who do not take part.", self.strangers);
        }
    }
}

/// Text that stays within a cell of a table.
fn cell(text: &str) -> String {
    text.chars().map(|c| if c == '|' || c.is_control() { '/' } else { c }).collect()
}

fn period(seconds: u64) -> String {
    match seconds {
        0..60 => format!("{seconds} s"),
        60..3_600 => format!("{} min {} s", seconds / 60, seconds % 60),
        _ => format!("{} h {} min", seconds / 3_600, seconds % 3_600 / 60),
    }
}
