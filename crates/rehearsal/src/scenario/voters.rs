//! Who votes with what, who runs, and how the crowd votes.

use std::{io::Read, path::Path};

use alloy_primitives::{Address, U256};
use ephor_charter::{
    Problem,
    reading::{self, Section, Sited, Tokens},
};
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::{Defect, People, people};
use crate::{
    draws::Draws,
    report::{Person, Statement, StatementKind},
    text,
};

/// A voter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Voter {
    /// Who.
    pub person: Person,
    /// Votes, in the token's smallest unit.
    pub votes: U256,
}

/// How the crowd votes. Every voter decides alone, by the seed; nobody's real vote is known or guessed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Model {
    /// Of a hundred voters, how many take part.
    pub participation_percent: u64,
    /// The most candidates among whom a voter divides the votes, in equal parts.
    pub choices_most: u64,
    /// How much more popular candidates are than others: the one in place n has 1/n^skew of the first one's popularity. Places are drawn.
    pub skew: u32,
    /// Of a hundred who vote for members, how many do while a vote counts in full.
    pub early_percent: u64,
    /// In how many blocks, spread evenly over each part of the vote, the crowd's votes are cast.
    pub batches: u64,
}

impl Model {
    /// The model in words.
    #[must_use]
    pub(crate) fn statement(&self) -> String {
        let Self { participation_percent, choices_most, skew, early_percent, batches } = self;
        format!(
            "Individual votes are not known. They come from a seeded model: {participation_percent} of 100 delegates take part, each divides \
             all votes equally among 1 to {choices_most} candidates, drawn by a popularity that falls as 1/n^{skew} over a drawn order of the \
             candidates; endorsements avoid who is a nominee already; {early_percent} of 100 voters vote while votes count in full; votes are \
             cast in {batches} blocks spread evenly over each part of the vote."
        )
    }
}

/// Voters and what is to be said about them.
pub(super) struct Electorate {
    pub(super) voters: Vec<Voter>,
    pub(super) signed: bool,
    pub(super) statements: Vec<Statement>,
}

fn statement(kind: StatementKind, text: String) -> Statement {
    Statement { kind, text }
}

/// Bytes a data file may have.
const MOST_DATA_BYTES: u64 = 256 * 1024 * 1024;
/// Voters a scenario may make up.
const MOST_VOTERS: u64 = 10_000_000;
/// Blocks with votes in each part of a vote.
const MOST_BATCHES: u64 = 10_000;
/// The steepest popularity.
const MOST_SKEW: u64 = 8;

/// What a data file holds, or what is wrong with it.
pub(super) fn data<T: DeserializeOwned>(base: &Path, file: &Sited<String>) -> Result<T, Defect> {
    let wrong = |why: String| Defect::Data { file: file.value.clone(), why };
    let opened = std::fs::File::open(base.join(&file.value)).map_err(|error| wrong(error.to_string()))?;
    let mut text = String::new();
    opened.take(MOST_DATA_BYTES + 1).read_to_string(&mut text).map_err(|error| wrong(error.to_string()))?;
    if text.len() as u64 > MOST_DATA_BYTES {
        return Err(wrong(format!("it has more than {MOST_DATA_BYTES} bytes")));
    }
    serde_json::from_str(&text).map_err(|error| wrong(error.to_string()))
}

/// A number, if it is not above the greatest that can be; reported otherwise.
fn at_most(section: &Section<'_>, sited: Option<Sited<u64>>, most: u64) -> Option<u64> {
    let sited = sited?;
    if sited.value > most {
        let problem = Problem::OutOfRange { found: sited.value.to_string(), least: 0, most };
        section.source.report(sited.span, problem);
        return None;
    }
    Some(sited.value)
}

pub(super) fn read_voters(
    document: &mut Section<'_>,
    base: &Path,
    seed: u64,
    people: &mut People,
) -> Option<Electorate> {
    let mut section = document.section("voters")?;
    let file = section.optional::<String>("file");
    let list = section.sections("list");
    let count = section.optional::<u64>("count");
    let mut electorate = Electorate { voters: Vec::new(), signed: false, statements: Vec::new() };
    match (file, list.is_empty(), count) {
        (Some(file), true, None) => match delegates(base, &file) {
            Ok((delegates, description)) => {
                for (i, (address, votes)) in delegates.into_iter().enumerate() {
                    let name = format!("delegate-{}", i + 1);
                    people.add(&name, address);
                    electorate.voters.push(Voter { person: Person { name, address }, votes });
                }
                electorate.statements.push(statement(StatementKind::Measured, description));
            }
            Err(defect) => section.source.report(file.span, reading::other(defect)),
        },
        (None, false, None) => {
            for mut item in list {
                let name = item.text("name");
                let votes = item.required::<Tokens>("votes");
                let address = item.optional::<Address>("address");
                item.finish();
                let (Some(name), Some(votes)) = (name, votes) else { continue };
                let known = people.find(&name.value);
                let free = match (&known, address) {
                    (Some(_), None) => true,
                    (None, Some(address)) => people.add(&name.value, address.value),
                    (None, None) => people.add_keyed(&name.value),
                    (Some(_), Some(_)) => false,
                };
                if !free {
                    section.source.report(name.span, reading::other(Defect::NameTaken { name: name.value }));
                    continue;
                }
                let Some(person) = people.find(&name.value) else { continue };
                people.add(&format!("delegate-{}", electorate.voters.len() + 1), person.address);
                electorate.voters.push(Voter { person, votes: votes.value.0 });
            }
            let text = "Delegates and their votes are made up by the scenario.".to_owned();
            electorate.statements.push(statement(StatementKind::Scenario, text));
        }
        (None, true, Some(count)) => {
            let least = section.optional::<u64>("least").map_or(1, |least| least.value);
            let most = section.required::<u64>("most").map_or(least, |most| most.value);
            electorate.signed = section.optional::<bool>("signed").is_some_and(|signed| signed.value);
            let number = at_most(&section, Some(count), MOST_VOTERS);
            if least > most {
                section.report(reading::other(Defect::Range { least, most }));
            } else if let Some(count) = number {
                electorate.voters = generated(seed, count, least, most);
                for voter in &electorate.voters {
                    people.add_derived(&voter.person.name, voter.person.address);
                }
                let text = format!(
                    "{} are made up by the scenario, with {least} to {most} votes each, drawn by the seed.",
                    text::count(electorate.voters.len(), "delegate", "delegates")
                );
                electorate.statements.push(statement(StatementKind::Scenario, text));
            }
        }
        _ => {
            let defect = Defect::NeedsOneOf { section: "[voters]", choices: &["file", "list", "count"] };
            section.report(reading::other(defect));
        }
    }
    section.finish();
    Some(electorate)
}

/// Delegates of a file: `delegates` is a list of address and votes in the smallest unit.
fn delegates(base: &Path, file: &Sited<String>) -> Result<(Vec<(Address, U256)>, String), Defect> {
    let wrong = |why: &str| Defect::Data { file: file.value.clone(), why: why.to_owned() };
    let data: Value = data(base, file)?;
    let list = data["delegates"].as_array().ok_or_else(|| wrong("it has no list `delegates`"))?;
    let mut delegates = Vec::with_capacity(list.len());
    let mut sum = U256::ZERO;
    for (i, entry) in list.iter().enumerate() {
        let entry_is = |why: &str| wrong(&format!("entry {} of `delegates` {why}", i + 1));
        let address: Option<Address> = entry[0].as_str().and_then(|text| text.parse().ok());
        let votes: Option<U256> = entry[1].as_str().and_then(|text| text.parse().ok());
        let address = address.ok_or_else(|| entry_is("has no address"))?;
        let votes = votes.ok_or_else(|| entry_is("has no votes"))?;
        sum = sum.checked_add(votes).ok_or_else(|| entry_is("makes the sum of votes too great"))?;
        delegates.push((address, votes));
    }
    let block =
        data["snapshotBlock"].as_u64().map_or_else(String::new, |block| format!(" at Arbitrum One's block {block}"));
    let description = format!(
        "The addresses and the voting power of {} are real{block}: {} votes in all.",
        text::count(delegates.len(), "delegate", "delegates"),
        text::tokens(sum)
    );
    Ok((delegates, description))
}

/// Voters with keys that follow from the seed. Keys take time, so that they are derived in several threads.
fn generated(seed: u64, count: u64, least: u64, most: u64) -> Vec<Voter> {
    let mut draws = Draws::new(seed, "voters");
    let unit = U256::from(reading::UNITS_PER_TOKEN);
    let spread = most.saturating_sub(least).saturating_add(1);
    let powers: Vec<U256> = (0..count).map(|_| U256::from(least.saturating_add(draws.below(spread))) * unit).collect();
    let threads = std::thread::available_parallelism().map_or(1, usize::from).min(powers.len() / 64 + 1);
    let share = powers.len().div_ceil(threads).max(1);
    let voter = |(i, votes): (usize, U256)| {
        let name = format!("delegate-{}", i + 1);
        let address = people::key(seed, &name).address();
        Voter { person: Person { name, address }, votes }
    };
    std::thread::scope(|scope| {
        let workers: Vec<_> = powers
            .chunks(share)
            .enumerate()
            .map(|(n, chunk)| {
                scope.spawn(move || {
                    let numbered = chunk.iter().enumerate().map(|(i, votes)| (n * share + i, *votes));
                    numbered.map(voter).collect::<Vec<_>>()
                })
            })
            .collect();
        workers
            .into_iter()
            .flat_map(|worker| worker.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
            .collect()
    })
}

pub(super) fn read_contenders(
    document: &mut Section<'_>,
    base: &Path,
    people: &mut People,
) -> (Vec<(Person, Option<u64>)>, Vec<Statement>) {
    let (mut contenders, mut statements) = (Vec::new(), Vec::new());
    let Some(mut section) = document.optional_section("contenders") else { return (contenders, statements) };
    let file = section.optional::<String>("file");
    let names = section.list::<String>("names");
    let count = section.optional::<usize>("count");
    match (file, names.is_empty(), count) {
        (Some(file), true, None) => {
            if let Some(election) = section.text("election") {
                match registered(base, &file, &election.value) {
                    Ok(found) => {
                        for (address, seconds) in found {
                            let name = format!("contender-{}", contenders.len() + 1);
                            people.add(&name, address);
                            contenders.push((Person { name, address }, seconds));
                        }
                        let text = format!(
                            "The addresses of {} are those that really registered for the election of {}, at the times at which they did; \
                             who they are, and how many votes they received, is not in the data.",
                            text::count(contenders.len(), "contender", "contenders"),
                            election.value
                        );
                        statements.push(statement(StatementKind::Measured, text));
                    }
                    Err(defect) => section.source.report(file.span, reading::other(defect)),
                }
            }
        }
        (None, false, None) => {
            for name in names {
                let Some(person) = people.find(&name.value).or_else(|| {
                    people.add_keyed(&name.value);
                    people.find(&name.value)
                }) else {
                    continue;
                };
                people.add(&format!("contender-{}", contenders.len() + 1), person.address);
                contenders.push((person, None));
            }
        }
        (None, true, Some(count)) => {
            for i in 1..=count.value {
                let name = format!("contender-{i}");
                people.add_keyed(&name);
                contenders.extend(people.find(&name).map(|person| (person, None)));
            }
        }
        _ => {
            let defect = Defect::NeedsOneOf { section: "[contenders]", choices: &["file", "names", "count"] };
            section.report(reading::other(defect));
        }
    }
    section.finish();
    (contenders, statements)
}

/// Those who registered for an election, by a file: address and Unix seconds, in the order of registration.
fn registered(base: &Path, file: &Sited<String>, election: &str) -> Result<Vec<(Address, Option<u64>)>, Defect> {
    let wrong = |why: String| Defect::Data { file: file.value.clone(), why };
    let data: Value = data(base, file)?;
    let list = data["elections"][election].as_array();
    let list = list.ok_or_else(|| wrong(format!("it has no list `elections.{election}`")))?;
    let mut found = Vec::with_capacity(list.len());
    for (i, entry) in list.iter().enumerate() {
        let address: Option<Address> = entry["address"].as_str().and_then(|text| text.parse().ok());
        let address = address.ok_or_else(|| wrong(format!("entry {} of `{election}` has no address", i + 1)))?;
        found.push((address, entry["registered_at"].as_str().and_then(text::seconds)));
    }
    found.sort_by_key(|(_, seconds)| *seconds);
    Ok(found)
}

pub(super) fn read_model(document: &mut Section<'_>) -> Option<Model> {
    let mut section = document.optional_section("model")?;
    let participation = section.required::<u64>("participation_percent");
    let participation = at_most(&section, participation, 100);
    let choices_most = section.positive::<u64>("choices_most");
    let skew = section.required::<u64>("skew");
    let skew = at_most(&section, skew, MOST_SKEW);
    let early = section.required::<u64>("early_percent");
    let early = at_most(&section, early, 100);
    let batches = section.positive::<u64>("batches");
    let batches = at_most(&section, batches, MOST_BATCHES);
    section.finish();
    Some(Model {
        participation_percent: participation?,
        choices_most: choices_most?.value,
        skew: u32::try_from(skew?).ok()?,
        early_percent: early?,
        batches: batches?,
    })
}
