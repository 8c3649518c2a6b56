//! Reading what a step does.

use alloy_primitives::{Address, Bytes, U256};
use ephor_charter::{
    Problem,
    reading::{self, Section, Setting, Sited, Tokens, choice},
};
use ephor_client::{Support, actions::election::Round};
use toml::de::DeValue;

use super::{Candidate, Change, Deed, Fault, Stage};
use crate::scenario::{Defect, When, read::Cast, record};

struct Way(Support);

impl Setting for Way {
    fn read(value: &DeValue<'_>) -> Result<Self, Problem> {
        let name = |support: Support| match support {
            Support::For => "for",
            Support::Against => "against",
            Support::Abstain => "abstain",
        };
        choice(value, &[Support::For, Support::Against, Support::Abstain], name).map(Self)
    }
}

impl Setting for Stage {
    fn read(value: &DeValue<'_>) -> Result<Self, Problem> {
        choice(value, &Self::ALL, Self::name)
    }
}

/// Votes: a number of tokens, or "all".
struct Votes(Option<U256>);

impl Setting for Votes {
    fn read(value: &DeValue<'_>) -> Result<Self, Problem> {
        if value.as_str() == Some("all") {
            return Ok(Self(None));
        }
        Tokens::read(value).map(|tokens| Self(Some(tokens.0)))
    }
}

/// The deeds, as they are written.
const WORDS: &[&str] = &[
    "create_election",
    "register",
    "endorse",
    "exclude",
    "vet",
    "include",
    "draw",
    "start_member_election",
    "vote",
    "install_cohort",
    "propose_removal",
    "vote_removal",
    "execute_removal",
    "add_member",
    "remove_member",
    "replace_member",
    "rotate_member",
    "relay",
    "replay",
    "fault",
    "model_endorsements",
    "model_votes",
    "propose",
    "vote_proposal",
    "queue_proposal",
    "execute_proposal",
];

/// Reads what a step does; none where it says nothing. What cannot be read is reported.
pub(in crate::scenario) fn read(step: &mut Section<'_>, cast: &Cast<'_>) -> Option<Sited<(&'static str, Deed)>> {
    let value = step.value("does")?;
    let span = value.span();
    let report = |defect| step.source.report(span.clone(), reading::other(defect));
    let known = |found: &str| WORDS.iter().copied().find(|word| *word == found);
    let unknown = |found: &str| Defect::UnknownDeed { found: found.to_owned(), known: WORDS };
    let (word, deed) = match value.get_ref().as_str() {
        Some(found) => {
            let Some(word) = known(found) else {
                report(unknown(found));
                return None;
            };
            match bare(word) {
                Some(deed) => (word, deed),
                None => {
                    step.source
                        .report(span, Problem::WrongType { expected: "a table with the details", found: "string" });
                    return None;
                }
            }
        }
        None => {
            let mut section = step.as_section("does", value, None)?;
            let entries: Vec<&str> = section.entries().map(|(key, _)| key).collect();
            let [found] = entries[..] else {
                report(Defect::NotOneDeed { found: entries.len() });
                return None;
            };
            let Some(word) = known(found) else {
                report(unknown(found));
                return None;
            };
            let deed = detailed(&mut section, word, cast)?;
            (word, deed)
        }
    };
    Some(Sited { value: (word, deed), span })
}

/// A list with nothing in it.
pub(in crate::scenario) fn is_empty_list(value: &DeValue<'_>) -> bool {
    value.as_array().is_some_and(|items| items.is_empty())
}

/// A deed without details.
fn bare(word: &str) -> Option<Deed> {
    Some(match word {
        "create_election" => Deed::CreateElection,
        "register" => Deed::RegisterAll,
        "vet" => Deed::Vet,
        "draw" => Deed::Draw { seats: None },
        "start_member_election" => Deed::StartMemberElection,
        "install_cohort" => Deed::InstallCohort,
        "execute_removal" => Deed::ExecuteRemoval,
        "relay" => Deed::Relay { stage: Stage::All, update: None, wait: true },
        "model_endorsements" => Deed::ModelEndorsements,
        "model_votes" => Deed::ModelVotes,
        "queue_proposal" => Deed::QueueProposal,
        "execute_proposal" => Deed::ExecuteProposal,
        _ => return None,
    })
}

/// A deed with details.
fn detailed(section: &mut Section<'_>, word: &'static str, cast: &Cast<'_>) -> Option<Deed> {
    if let Some(value) = section.value(word).filter(|value| is_empty_list(value.get_ref())) {
        // Nothing done for nobody would pass as done.
        section.source.report(value.span(), Problem::Empty { key: word });
        return None;
    }
    let is_text = section.value(word).is_some_and(|value| value.get_ref().is_str());
    Some(match word {
        "register" if is_text && section.value(word)?.get_ref().as_str() == Some("all") => Deed::RegisterAll,
        "register" => Deed::Register(cast.people(section, word)),
        "endorse" => ballot(section, word, cast, Round::Endorsement)?,
        "vote" => ballot(section, word, cast, Round::Members)?,
        "exclude" => Deed::Exclude(cast.person(section, word)?),
        "include" => Deed::Include(cast.person(section, word)?),
        "propose_removal" => Deed::ProposeRemoval(cast.person(section, word)?),
        "vote_removal" => Deed::VoteRemoval(section.required::<Way>(word)?.value.0),
        "vote_proposal" => Deed::VoteProposal(section.required::<Way>(word)?.value.0),
        "replay" => {
            let file = section.required::<String>(word)?;
            match record::read(cast.folder, &file, cast.charter) {
                Ok(record) => Deed::Replay(record),
                Err(defect) => {
                    section.source.report(file.span, reading::other(defect));
                    return None;
                }
            }
        }
        "relay" if is_text => Deed::Relay { stage: section.required::<Stage>(word)?.value, update: None, wait: true },
        _ => {
            let mut details = section.section(word)?;
            let deed = in_table(&mut details, word, cast);
            details.finish();
            deed?
        }
    })
}

fn in_table(details: &mut Section<'_>, word: &'static str, cast: &Cast<'_>) -> Option<Deed> {
    Some(match word {
        "draw" => Deed::Draw { seats: details.optional::<usize>("seats").map(|seats| seats.value) },
        "add_member" | "remove_member" | "replace_member" | "rotate_member" => {
            let member = cast.person(details, "member");
            let approvals = details.optional::<usize>("approvals").map(|approvals| approvals.value);
            let change = match word {
                "add_member" => {
                    let cohort = details.required::<u32>("cohort");
                    Change::Add { member: member?, cohort: u8::try_from(cohort?.value).unwrap_or(u8::MAX) }
                }
                "remove_member" => Change::Remove { member: member? },
                "replace_member" => {
                    let newcomer = cast.person(details, "by");
                    Change::Replace { member: member?, newcomer: newcomer? }
                }
                _ => {
                    let next = cast.person(details, "to");
                    Change::Rotate { current: member?, next: next? }
                }
            };
            Deed::Change { change, approvals }
        }
        "relay" => {
            let stage = details.optional::<Stage>("stage").map_or(Stage::All, |stage| stage.value);
            let update = details.optional::<u64>("update").map(|update| update.value);
            let wait = details.optional::<bool>("wait").is_none_or(|wait| wait.value);
            Deed::Relay { stage, update, wait }
        }
        "fault" => fault(details, cast)?,
        "propose" => {
            let title = details.text("title");
            let to = details.required::<Address>("to");
            let call = details.optional::<Calldata>("call").map_or_else(Bytes::new, |call| call.value.0);
            Deed::Propose { title: title?.value, to: to?.value, call }
        }
        // What needs no details may have an empty table.
        _ => bare(word)?,
    })
}

struct Calldata(Bytes);

impl Setting for Calldata {
    fn read(value: &DeValue<'_>) -> Result<Self, Problem> {
        let text = value.as_str().ok_or_else(|| reading::wrong("calldata, in quotes", value))?;
        let not = |_| reading::other(Defect::NotCalldata { found: text.to_owned() });
        text.parse().map(Self).map_err(not)
    }
}

struct Length(u64);

impl Setting for Length {
    fn read(value: &DeValue<'_>) -> Result<Self, Problem> {
        let text = value.as_str().ok_or_else(|| reading::wrong("a length of time such as \"2 days\"", value))?;
        When::length(text).map(Self).map_err(reading::other)
    }
}

fn fault(details: &mut Section<'_>, cast: &Cast<'_>) -> Option<Deed> {
    let lose = details.optional::<String>("lose");
    let delay = details.optional::<String>("delay");
    let duplicate = details.optional::<String>("duplicate");
    let by = details.optional::<Length>("by");
    let (fault, chain) = match (lose, delay, duplicate) {
        (Some(chain), None, None) => (Fault::Lose, chain),
        (None, Some(chain), None) => match by {
            Some(by) => (Fault::Delay { seconds: by.value.0 }, chain),
            None => {
                details.report(reading::other(Defect::Needs { one: "delay", other: "by" }));
                return None;
            }
        },
        (None, None, Some(chain)) => (Fault::Duplicate, chain),
        _ => {
            let choices = &["lose", "delay", "duplicate"];
            details.report(reading::other(Defect::NeedsOneOf { section: "`fault`", choices }));
            return None;
        }
    };
    let chain = cast.chain(details, chain)?;
    Some(Deed::Fault { fault, chain })
}

/// One candidate as a table, or several as a list of tables.
fn ballot(section: &mut Section<'_>, word: &'static str, cast: &Cast<'_>, round: Round) -> Option<Deed> {
    let several = section.value(word).is_some_and(|value| value.get_ref().is_array());
    let tables = if several { section.sections(word) } else { vec![section.section(word)?] };
    let (mut candidates, mut by_signature, mut whole) = (Vec::new(), false, true);
    for mut table in tables {
        let person = cast.person(&mut table, "for");
        let votes = table.required::<Votes>("votes");
        by_signature |= table.optional::<bool>("by_signature").is_some_and(|signed| signed.value);
        table.finish();
        match (person, votes) {
            (Some(person), Some(votes)) => candidates.push(Candidate { person, votes: votes.value.0 }),
            _ => whole = false,
        }
    }
    whole.then_some(Deed::Cast { round, candidates, by_signature })
}
