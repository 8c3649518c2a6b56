//! A drill: three exercises in which a group signs before it must.
//!
//! ```text
//! 1 welcome            everyone signs once
//! 2 remove a signer    the group removes its last member and adjusts the threshold
//! 3 joint upgrade      two child Safes approve what their common root executes
//! ```
//! Signatures are recorded with the time at which they came, refused ones with their reason. The record is a list of what arrived, so
//! that anybody can work the report out again. The chain's id is the rehearsal's own: nothing signed here is worth anything elsewhere.

use std::{collections::BTreeMap, fmt::Write as _};

use alloy_primitives::{Address, B256, Bytes, U256, keccak256};
use serde::{Deserialize, Serialize};

use crate::{
    ceremony::{Ceremony, CeremonyError},
    collection::{Collection, Known},
    embedded::{SimulationError, Stage, World, WorldAccount},
    nesting::SafeNode,
    release::Release,
    rotation::{self, Owners, RotationError},
    signature::Signature,
    transaction::Action,
};

/// The most people in a drill.
pub const MAX_PARTICIPANTS: usize = 64;
/// The most signatures that a record holds.
pub const MAX_ENTRIES: usize = 10_000;
/// The most bytes of a drill's file.
pub const MAX_BYTES: usize = 16 * 1024 * 1024;

/// Somebody who takes part.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Participant {
    /// A name.
    pub name: String,
    /// The address of the key that is practised with.
    pub address: Address,
}

/// A signature as it arrived.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// Counted from one.
    pub exercise: usize,
    /// When it came, in seconds since 1970.
    pub at_seconds: u64,
    /// The signature.
    pub signature: Signature,
}

/// A drill and what has happened in it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Drill {
    /// The rehearsal chain's id.
    pub chain_id: u64,
    /// Who takes part.
    pub participants: Vec<Participant>,
    /// How many of them must sign.
    pub threshold: u64,
    /// When it began, in seconds since 1970.
    pub started_seconds: u64,
    /// What arrived, in order.
    #[serde(default)]
    pub entries: Vec<Entry>,
}

/// A drill that cannot be held.
#[derive(Debug, thiserror::Error)]
pub enum DrillError {
    /// Too few or too many.
    #[error(
        "{0} people take part; a drill needs at least 4, two for each of two Safes, and at most {MAX_PARTICIPANTS}"
    )]
    Participants(usize),
    /// No such threshold.
    #[error(
        "a threshold of {threshold} of {participants}: it lies between 1 and one less than the participants, since one is removed"
    )]
    Threshold {
        /// As stated.
        threshold: u64,
        /// How many take part.
        participants: usize,
    },
    /// Too much.
    #[error("the drill's file holds more than {MAX_ENTRIES} signatures or {MAX_BYTES} bytes")]
    TooLarge,
    /// Not a drill.
    #[error("this is no file of a drill: {0}")]
    Malformed(#[from] serde_json::Error),
    /// Not an exercise.
    #[error("there is no exercise {0}: there are 1, 2 and 3")]
    Exercise(usize),
    /// Somebody named twice, or who cannot own a Safe.
    #[error(transparent)]
    Rotation(#[from] RotationError),
    /// An exercise that cannot be held.
    #[error(transparent)]
    Ceremony(#[from] CeremonyError),
    /// It cannot be carried through.
    #[error(transparent)]
    Simulation(#[from] SimulationError),
}

/// How one participant did in one exercise.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Participation {
    /// When a signature that counts came, in seconds after the start.
    pub signed_after_seconds: Option<u64>,
    /// What was refused, and why.
    pub refused: Vec<String>,
}

/// How an exercise went.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ExerciseReport {
    /// What it was about.
    pub title: String,
    /// By participant, in their order; only those who take part in it.
    pub participation: Vec<(Participant, Participation)>,
    /// Signatures of people who do not take part.
    pub strangers: usize,
    /// Seconds from the start until every Safe had enough signatures.
    pub threshold_after_seconds: Option<u64>,
    /// Whether the transactions were executed on the embedded chain with the signatures collected; none while too few signed.
    pub executed: Option<bool>,
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

fn address_of(what: &str) -> Address {
    Address::from_word(keccak256(format!("ephor drill: {what}")))
}

impl Drill {
    /// Reads a drill's file.
    ///
    /// # Errors
    /// [`DrillError`].
    pub fn parse(bytes: &[u8]) -> Result<Self, DrillError> {
        if bytes.len() > MAX_BYTES {
            return Err(DrillError::TooLarge);
        }
        let drill: Self = serde_json::from_slice(bytes)?;
        if drill.entries.len() > MAX_ENTRIES {
            return Err(DrillError::TooLarge);
        }
        drill.exercises()?;
        Ok(drill)
    }

    /// The exercises, in their order.
    ///
    /// # Errors
    /// [`DrillError`].
    pub fn exercises(&self) -> Result<[Ceremony; 3], DrillError> {
        let count = self.participants.len();
        if !(4..=MAX_PARTICIPANTS).contains(&count) {
            return Err(DrillError::Participants(count));
        }
        if self.threshold == 0 || self.threshold >= count as u64 {
            return Err(DrillError::Threshold { threshold: self.threshold, participants: count });
        }
        let everyone: Vec<Address> = self.participants.iter().map(|participant| participant.address).collect();
        let council = SafeNode {
            name: "Council".to_owned(),
            owners: everyone.clone(),
            threshold: self.threshold,
            ..SafeNode::new(address_of("council"), Release::V1_3_0, U256::ZERO)
        };
        let welcome = Action { to: address_of("greeting"), ..Action::default() };
        let now = Owners { owners: everyone.clone(), threshold: self.threshold };
        let staying = everyone[..count - 1].to_vec();
        let wanted = Owners { threshold: self.threshold.min(staying.len() as u64), owners: staying };
        let plan = rotation::plan(council.address, &now, &wanted, 1)?;
        let removal = plan.first().map(|change| change.call(council.address));
        let removal =
            removal.map_or_else(Action::default, |call| Action { to: call.to, data: call.data, ..Action::default() });
        let removing = SafeNode { nonce: U256::ONE, ..council.clone() };
        let upgrade = Action {
            to: address_of("proxy"),
            // `upgradeTo` of the drill's proxy.
            data: [&[0x36, 0x59, 0xcf, 0xe6][..], address_of("version 2").into_word().as_slice()].concat().into(),
            ..Action::default()
        };
        let ceremony = |title: &str, root, action| Ceremony {
            title: title.to_owned(),
            chain_id: self.chain_id,
            root,
            action,
            names: BTreeMap::from([
                (address_of("greeting"), "the greeting".to_owned()),
                (address_of("proxy"), "the drill's proxy".to_owned()),
                (address_of("version 2"), "its second version".to_owned()),
            ]),
            former_owners: BTreeMap::new(),
            world: Some(self.world()),
        };
        let all = [
            ceremony("Drill 1: welcome and first signature", council, welcome),
            ceremony("Drill 2: remove a signer", removing, removal),
            ceremony("Drill 3: joint upgrade by two Safes", self.joint(&everyone), upgrade),
        ];
        all.iter().try_for_each(Ceremony::check)?;
        Ok(all)
    }

    /// A root whose owners are two Safes, each with half of the people, all but one of whom must sign.
    fn joint(&self, everyone: &[Address]) -> SafeNode {
        let (first, second) = everyone.split_at(everyone.len() / 2);
        let child = |name: &str, owners: &[Address], nonce: u64| SafeNode {
            name: name.to_owned(),
            owners: owners.to_vec(),
            threshold: (owners.len() as u64).saturating_sub(1).max(1),
            ..SafeNode::new(address_of(name), Release::V1_4_1, U256::from(nonce))
        };
        let children = vec![child("First half", first, 4), child("Second half", second, 9)];
        SafeNode {
            name: "Upgrade".to_owned(),
            owners: children.iter().map(|child| child.address).collect(),
            threshold: 2,
            children,
            ..SafeNode::new(address_of("upgrade"), Release::V1_3_0, U256::from(2))
        }
    }

    /// A proxy owned by nobody in particular: it keeps the address it is told in ERC-1967's slot.
    fn world(&self) -> World {
        let slot = hex_slot();
        // Reads the argument behind the selector and stores it in the implementation's slot.
        let code: Bytes = [&[0x60, 0x04, 0x35, 0x7f][..], &slot, &[0x55, 0x00]].concat().into();
        let proxy = WorldAccount {
            code,
            storage: BTreeMap::from([(U256::from_be_bytes(slot), address_of("version 1").into_word().into())]),
            ..WorldAccount::default()
        };
        let accounts = BTreeMap::from([(address_of("proxy"), proxy)]);
        World { block: 1, timestamp: self.started_seconds, accounts, ..World::default() }
    }

    /// Records a signature; whether it counts is found out by [`Self::report`].
    ///
    /// # Errors
    /// No such exercise, too many signatures.
    pub fn record(&mut self, entry: Entry) -> Result<(), DrillError> {
        if !(1..=3).contains(&entry.exercise) {
            return Err(DrillError::Exercise(entry.exercise));
        }
        if self.entries.len() >= MAX_ENTRIES {
            return Err(DrillError::TooLarge);
        }
        self.entries.push(entry);
        Ok(())
    }

    /// The exercise whose transaction has a hash, counted from one.
    ///
    /// # Errors
    /// A drill that cannot be held.
    pub fn exercise_of(&self, hash: B256) -> Result<Option<usize>, DrillError> {
        let exercises = self.exercises()?;
        let found = exercises.iter().position(|each| each.steps().iter().any(|step| step.hashes.safe_tx == hash));
        Ok(found.map(|at| at + 1))
    }

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

    fn report_on(&self, number: usize, ceremony: &Ceremony) -> Result<ExerciseReport, DrillError> {
        let steps = ceremony.steps();
        let mut collection = Collection::default();
        let mut by_person: BTreeMap<Address, Participation> = BTreeMap::new();
        let mut threshold_after_seconds = None;
        let mut strangers = 0;
        for entry in self.entries.iter().filter(|entry| entry.exercise == number) {
            let after = entry.at_seconds.saturating_sub(self.started_seconds);
            let who = entry.signature.owner;
            if !self.participants.iter().any(|participant| participant.address == who) {
                strangers += 1;
                continue;
            }
            let participation = by_person.entry(who).or_default();
            match collection.accept(self.chain_id, &steps, &Known::default(), entry.signature.clone()) {
                Ok(()) => participation.signed_after_seconds = Some(after),
                Err(refusal) => participation.refused.push(refusal.to_string()),
            }
            if collection.status(&steps).iter().all(|level| level.ready) {
                threshold_after_seconds.get_or_insert(after);
            }
        }
        let executed = match (threshold_after_seconds, &ceremony.world) {
            (Some(_), Some(world)) => {
                let mut stage = Stage::new(self.chain_id, &ceremony.root, world)?;
                Some(stage.run_with(&ceremony.root, &ceremony.action, &collection)?.succeeded())
            }
            _ => None,
        };
        let of = |who: &Participant| (who.clone(), by_person.remove(&who.address).unwrap_or_default());
        Ok(ExerciseReport {
            title: ceremony.title.clone(),
            participation: self.participants.iter().map(of).collect(),
            strangers,
            threshold_after_seconds,
            executed,
        })
    }
}

/// ERC-1967's slot of the implementation.
fn hex_slot() -> [u8; 32] {
    let slot = U256::from_be_bytes(keccak256("eip1967.proxy.implementation").0) - U256::ONE;
    slot.to_be_bytes()
}

impl Report {
    /// The report in Markdown.
    #[must_use]
    pub fn markdown(&self) -> String {
        let mut text = format!("# Readiness: {}\n", if self.ready { "ready" } else { "not ready yet" });
        for exercise in &self.exercises {
            let _ = writeln!(text, "\n## {}\n", exercise.title);
            let reached = exercise.threshold_after_seconds.map_or_else(
                || "Too few signatures so far.".to_owned(),
                |seconds| format!("Enough signatures after {}.", period(seconds)),
            );
            let executed = match exercise.executed {
                Some(true) => " The transactions were executed.",
                Some(false) => " The transactions FAILED.",
                None => "",
            };
            let _ = writeln!(text, "{reached}{executed}\n\n| who | signed after | refused |\n|---|---|---|");
            for (who, participation) in &exercise.participation {
                let signed = participation.signed_after_seconds.map_or_else(|| "–".to_owned(), period);
                let refused = participation.refused.join("; ").replace('|', "/");
                let _ = writeln!(text, "| {} (`{}`) | {signed} | {refused} |", who.name.replace('|', "/"), who.address);
            }
            if exercise.strangers > 0 {
                let _ = writeln!(text, "\n{} signature(s) came from people who do not take part.", exercise.strangers);
            }
        }
        if !self.never_signed.is_empty() {
            text.push_str("\n## Never signed\n\n");
            for who in &self.never_signed {
                let _ = writeln!(text, "- {} (`{}`)", who.name, who.address);
            }
        }
        text
    }
}

fn period(seconds: u64) -> String {
    match seconds {
        0..60 => format!("{seconds} s"),
        60..3_600 => format!("{} min {} s", seconds / 60, seconds % 60),
        _ => format!("{} h {} min", seconds / 3_600, seconds % 3_600 / 60),
    }
}
