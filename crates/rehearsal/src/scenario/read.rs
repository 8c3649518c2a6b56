//! Reading a scenario's file.

use std::path::{Path, PathBuf};

use alloy_primitives::Address;
use ephor_charter::{
    Charter, Faults, Problem,
    reading::{self, Section, Sited},
};

use super::{
    Deed, Defect, People, Scenario, Step, When, deed, expect,
    voters::{self, Electorate},
};
use crate::{
    report::{Person, Statement, StatementKind},
    text,
};

/// Who and what a step can refer to.
pub(super) struct Cast<'a> {
    pub(super) people: &'a People,
    pub(super) safes: Vec<String>,
    pub(super) chains: Vec<String>,
    pub(super) charter: &'a Charter,
    /// From which paths count.
    pub(super) folder: &'a Path,
}

impl Cast<'_> {
    fn known(&self, section: &Section<'_>, name: Sited<String>) -> Option<Person> {
        if name.value.starts_with("0x") {
            return match reading::address(&name.value) {
                Ok(address) => Some(self.people.at(address)),
                Err(problem) => {
                    section.source.report(name.span, problem);
                    None
                }
            };
        }
        let found = self.people.find(&name.value);
        if found.is_none() {
            let defect = Defect::UnknownActor { name: name.value, known: self.people.examples() };
            section.source.report(name.span, reading::other(defect));
        }
        found
    }

    /// Somebody who must be named.
    pub(super) fn person(&self, section: &mut Section<'_>, key: &'static str) -> Option<Person> {
        let name = section.required::<String>(key)?;
        self.known(section, name)
    }

    /// One or several people; nobody where the setting is absent.
    pub(super) fn people(&self, section: &mut Section<'_>, key: &'static str) -> Vec<Person> {
        let names = match section.value(key).map(|value| value.get_ref().is_array()) {
            None => Vec::new(),
            Some(true) => section.list::<String>(key),
            Some(false) => section.optional::<String>(key).into_iter().collect(),
        };
        names.into_iter().filter_map(|name| self.known(section, name)).collect()
    }

    /// A Safe of the charter.
    pub(super) fn safe(&self, section: &Section<'_>, name: Sited<String>) -> Option<String> {
        if self.safes.contains(&name.value) {
            return Some(name.value);
        }
        let defect = Defect::UnknownSafe { name: name.value, known: self.safes.clone() };
        section.source.report(name.span, reading::other(defect));
        None
    }

    /// A chain of the charter.
    pub(super) fn chain(&self, section: &Section<'_>, name: Sited<String>) -> Option<String> {
        if self.chains.contains(&name.value) {
            return Some(name.value);
        }
        let defect = Defect::UnknownChain { name: name.value, known: self.chains.clone() };
        section.source.report(name.span, reading::other(defect));
        None
    }
}

/// The charter that a scenario is written for.
///
/// # Errors
/// Why the scenario cannot be read so far.
pub fn charter_of(path: impl AsRef<Path>) -> Result<PathBuf, Faults> {
    let path = path.as_ref();
    reading::load(path, "the scenario", |mut document| {
        let charter = document.text("charter")?.value;
        Some(folder(path).join(charter))
    })
}

fn folder(path: &Path) -> PathBuf {
    path.parent().map(Path::to_path_buf).unwrap_or_default()
}

impl Scenario {
    /// Reads and checks a scenario's file, to be run with a charter.
    ///
    /// # Errors
    /// Every fault of the file, or why it cannot be read.
    pub fn load(path: impl AsRef<Path>, charter: &Charter) -> Result<Self, Faults> {
        let path = path.as_ref();
        let name = path.display().to_string();
        reading::load(path, "the scenario", |document| read(document, &name, &folder(path), charter))
    }

    /// Checks a scenario's text; `name` is the file's, for the faults, and paths count from `folder`.
    ///
    /// # Errors
    /// Every fault of the text.
    pub fn parse(name: &str, text: &str, folder: &Path, charter: &Charter) -> Result<Self, Faults> {
        reading::parse(name, "the scenario", text, |document| read(document, name, folder, charter))
    }
}

fn read(mut document: Section<'_>, file: &str, folder: &Path, charter: &Charter) -> Option<Scenario> {
    let name = document.text("name");
    let description = document.text("description");
    let for_charter = document.text("charter");
    let seed = document.required::<u64>("seed");
    let (start_seconds, anchor) = clock(&mut document);

    let seed_value = seed.as_ref().map_or(0, |seed| seed.value);
    let mut people = People::of(seed_value, charter);
    actors(&mut document, &mut people);
    let (contenders, mut statements) = voters::read_contenders(&mut document, folder, &mut people);
    let electorate = voters::read_voters(&mut document, folder, seed_value, &mut people);
    let model = voters::read_model(&mut document);

    let cast = Cast {
        people: &people,
        safes: charter.safes.iter().map(|safe| safe.name.clone()).collect(),
        chains: charter.chains.iter().map(|chain| chain.name.clone()).collect(),
        charter,
        folder,
    };
    let sections = document.sections("step");
    if sections.is_empty() {
        document.report(Problem::Empty { key: "step" });
    }
    let steps = sections.into_iter().filter_map(|section| step(section, &cast, model.is_some())).collect();
    document.finish();
    let Electorate { voters, signed, statements: about_voters } = electorate?;
    statements.extend(about_voters);
    if let Some(model) = &model {
        statements.push(Statement { kind: StatementKind::Modelled, text: model.statement() });
    }
    Some(Scenario {
        file: file.to_owned(),
        name: name?.value,
        description: description?.value,
        charter: folder.join(for_charter?.value),
        seed: seed?.value,
        start_seconds,
        anchor,
        people,
        voters,
        signed,
        contenders,
        model,
        statements,
        steps,
    })
}

fn clock(document: &mut Section<'_>) -> (Option<u64>, Option<(u64, u64)>) {
    let Some(mut section) = document.optional_section("clock") else { return (None, None) };
    let start = time(&mut section, "start");
    let block = section.optional::<u64>("l1_block").map(|block| block.value);
    let at = time(&mut section, "at");
    if block.is_some() != at.is_some() {
        let (one, other) = if block.is_some() { ("l1_block", "at") } else { ("at", "l1_block") };
        section.report(reading::other(Defect::Needs { one, other }));
    }
    section.finish();
    (start, block.zip(at))
}

/// A time of UTC, in Unix seconds.
fn time(section: &mut Section<'_>, key: &'static str) -> Option<u64> {
    let value = section.value(key)?;
    let text = match value.get_ref() {
        toml::de::DeValue::Datetime(date) => Some(date.to_string()),
        other => other.as_str().map(str::to_owned),
    };
    let seconds = text.as_deref().and_then(text::seconds);
    if seconds.is_none() {
        let found = text.unwrap_or_else(|| value.get_ref().type_str().to_owned());
        section.source.report(value.span(), reading::other(Defect::NotATime { part: found.clone(), found }));
    }
    seconds
}

fn actors(document: &mut Section<'_>, people: &mut People) {
    for mut section in document.sections("actors") {
        let name = section.text("name");
        let address = section.optional::<Address>("address");
        let organisation = section.optional::<String>("organisation");
        section.finish();
        let Some(name) = name else { continue };
        let free = match address {
            Some(address) => people.add(&name.value, address.value),
            None => people.add_keyed(&name.value),
        };
        if !free {
            section_taken(document, name);
            continue;
        }
        if let (Some(person), Some(organisation)) = (people.find(&name.value), organisation) {
            people.set_organisation(person.address, organisation.value);
        }
    }
}

fn section_taken(document: &Section<'_>, name: Sited<String>) {
    document.source.report(name.span, reading::other(Defect::NameTaken { name: name.value }));
}

fn step(mut section: Section<'_>, cast: &Cast<'_>, has_model: bool) -> Option<Step> {
    let line = section.source.line(section.span().start);
    let note = section.optional::<String>("note").map(|note| note.value);
    let at = section.optional::<When>("at").map(|at| at.value);
    let spoken = section.value("does").is_some();
    let deed = deed::read(&mut section, cast);
    let by_safe = matches!(deed.as_ref().map(|deed| &deed.value.1), Some(Deed::Change { .. }));
    let (mut who, mut safe) = (Vec::new(), None);
    if by_safe {
        safe = section.optional::<String>("who").and_then(|name| cast.safe(&section, name));
    } else {
        who = cast.people(&mut section, "who");
    }
    let unnamed = section.value("who").is_none_or(|who| deed::is_empty_list(who.get_ref()));
    let expect = expect::read(&mut section, line, cast);
    if let Some(Sited { value: (word, deed), span }) = &deed {
        let needs_who = matches!(
            deed,
            Deed::Cast { .. }
                | Deed::ProposeRemoval(_)
                | Deed::VoteRemoval(_)
                | Deed::Propose { .. }
                | Deed::VoteProposal(_)
        );
        if needs_who && unnamed {
            section.source.report(span.clone(), reading::other(Defect::NeedsWho { deed: word }));
        }
        if matches!(deed, Deed::ModelEndorsements | Deed::ModelVotes) && !has_model {
            section.source.report(span.clone(), reading::other(Defect::NeedsModel { deed: word }));
        }
    }
    if !spoken && at.is_none() && expect.is_empty() {
        section.report(reading::other(Defect::EmptyStep));
    }
    section.finish();
    if spoken && deed.is_none() {
        return None;
    }
    Some(Step { line, note, at, who, safe, does: deed.map(|deed| deed.value.1), expect })
}
