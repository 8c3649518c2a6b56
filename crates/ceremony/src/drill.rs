//! A drill: three exercises in which a group signs before it must.
//!
//! ```text
//! 1 welcome            everyone signs once
//! 2 remove a signer    the group removes its last member and adjusts the threshold
//! 3 joint upgrade      two child Safes approve what their common root executes
//! ```
//! A drill is held in one of two forms. Alone, on paper: the Safes stand on no chain, and the report tries the signatures on a chain of its
//! own. With others, on a served rehearsal network: the Safes and the proxy are [created](crate::creation) there, everybody uses the commands
//! of real ceremonies, and what was executed is what the chain [shows](Witnessed).
//!
//! Signatures are recorded with the time at which they came, refused ones with their reason. The record is a list of what arrived and of
//! what the chain shows, so that anybody can work the [report](Report) out again. The chain's id is the rehearsal's own: nothing signed here
//! is worth anything elsewhere.

mod report;
mod witnessed;

use std::collections::BTreeMap;

use alloy_primitives::{Address, B256, Bytes, U256, keccak256};
use ephor_explain::text::is_disguised;
use serde::{Deserialize, Serialize};

use crate::{
    ceremony::{Ceremony, CeremonyError, MAX_NAME},
    creation,
    embedded::{SimulationError, World, WorldAccount},
    nesting::SafeNode,
    release::Release,
    rotation::{self, Owners, RotationError},
    signature::Signature,
    transaction::Action,
};

pub use report::{ExerciseReport, Participation, Report};
pub use witnessed::{Deed, Place, Witnessed};

/// Live chains, on which no drill is held: whatever is signed in one must be worth nothing there.
pub const LIVE_CHAINS: [u64; 24] = [
    1, 10, 25, 56, 100, 130, 137, 146, 250, 252, 324, 480, 1_101, 1_135, 5_000, 8_453, 34_443, 42_161, 42_170, 42_220,
    43_114, 57_073, 59_144, 81_457,
];
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
    /// Where it is held; nowhere if everybody practises on paper.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<Place>,
    /// What the chain shows, in its order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub witnessed: Vec<Witnessed>,
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
    /// A live chain.
    #[error(
        "chain {0} is live: a drill is held on a rehearsal chain, so that nothing signed in it is worth anything elsewhere"
    )]
    LiveChain(u64),
    /// A name that misleads.
    #[error("the name {0:?} looks like something else: name people by letters of one alphabet, in one line")]
    Name(String),
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
        if drill.entries.len() > MAX_ENTRIES || drill.witnessed.len() > MAX_ENTRIES {
            return Err(DrillError::TooLarge);
        }
        drill.exercises()?;
        Ok(drill)
    }

    /// The data of the transactions that create what a drill needs on a chain, in this order: the Safe of everybody, those of the halves, the
    /// proxy. The Safe of the joint upgrade is [created](creation::safe) when the two that own it are there.
    #[must_use]
    pub fn creations(&self) -> [Bytes; 4] {
        let everyone = self.everyone();
        let (first, second) = everyone.split_at(everyone.len() / 2);
        let half = |owners: &[Address]| creation::safe(Release::V1_4_1, owners, all_but_one(owners));
        let version = address_of("version 1").into_word().into();
        [
            creation::safe(Release::V1_3_0, &everyone, self.threshold),
            half(first),
            half(second),
            creation::with_slot(&proxy_code(), U256::from_be_bytes(hex_slot()), version),
        ]
    }

    fn everyone(&self) -> Vec<Address> {
        self.participants.iter().map(|participant| participant.address).collect()
    }

    fn council(&self) -> Address {
        self.place.as_ref().map_or_else(|| address_of("council"), |place| place.council)
    }

    fn proxy(&self) -> Address {
        self.place.as_ref().map_or_else(|| address_of("proxy"), |place| place.proxy)
    }

    /// The exercises, in their order.
    ///
    /// # Errors
    /// [`DrillError`].
    pub fn exercises(&self) -> Result<[Ceremony; 3], DrillError> {
        if LIVE_CHAINS.contains(&self.chain_id) {
            return Err(DrillError::LiveChain(self.chain_id));
        }
        let count = self.participants.len();
        if !(4..=MAX_PARTICIPANTS).contains(&count) {
            return Err(DrillError::Participants(count));
        }
        let mut names = self.participants.iter().map(|participant| &participant.name);
        if let Some(name) = names.find(|name| name.chars().count() > MAX_NAME || is_disguised(name)) {
            return Err(DrillError::Name(name.chars().take(80).collect()));
        }
        if self.threshold == 0 || self.threshold >= count as u64 {
            return Err(DrillError::Threshold { threshold: self.threshold, participants: count });
        }
        let everyone = self.everyone();
        let council = SafeNode {
            name: "Council".to_owned(),
            owners: everyone.clone(),
            threshold: self.threshold,
            ..SafeNode::new(self.council(), Release::V1_3_0, U256::ZERO)
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
            to: self.proxy(),
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
                (self.proxy(), "the drill's proxy".to_owned()),
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

    /// A root whose owners are two Safes, each with half of the people, all but one of whom must sign. On paper they have a past.
    fn joint(&self, everyone: &[Address]) -> SafeNode {
        let (first, second) = everyone.split_at(everyone.len() / 2);
        let (halves, upgrade, nonces) = match &self.place {
            Some(place) => (place.halves, place.upgrade, [0, 0, 0]),
            None => ([address_of("First half"), address_of("Second half")], address_of("upgrade"), [2, 4, 9]),
        };
        let child = |name: &str, address, owners: &[Address], nonce: u64| SafeNode {
            name: name.to_owned(),
            owners: owners.to_vec(),
            threshold: all_but_one(owners),
            ..SafeNode::new(address, Release::V1_4_1, U256::from(nonce))
        };
        SafeNode {
            name: "Upgrade".to_owned(),
            owners: halves.to_vec(),
            threshold: 2,
            children: vec![
                child("First half", halves[0], first, nonces[1]),
                child("Second half", halves[1], second, nonces[2]),
            ],
            ..SafeNode::new(upgrade, Release::V1_3_0, U256::from(nonces[0]))
        }
    }

    fn world(&self) -> World {
        let version = address_of("version 1").into_word().into();
        let proxy = WorldAccount {
            code: proxy_code(),
            storage: BTreeMap::from([(U256::from_be_bytes(hex_slot()), version)]),
            ..WorldAccount::default()
        };
        let accounts = BTreeMap::from([(self.proxy(), proxy)]);
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

    /// The first exercise that a Safe takes part in, counted from one.
    ///
    /// # Errors
    /// A drill that cannot be held.
    pub fn exercise_with(&self, safe: Address) -> Result<Option<usize>, DrillError> {
        let found = self.exercises()?.iter().position(|each| each.root.find(safe).is_some());
        Ok(found.map(|at| at + 1))
    }

    /// The Safes of a drill.
    ///
    /// # Errors
    /// A drill that cannot be held.
    pub fn safes(&self) -> Result<Vec<Address>, DrillError> {
        let mut safes: Vec<Address> = self
            .exercises()?
            .iter()
            .flat_map(|each| each.steps().into_iter().map(|step| step.safe.address).collect::<Vec<_>>())
            .collect();
        safes.sort_unstable();
        safes.dedup();
        Ok(safes)
    }
}

/// ERC-1967's slot of the implementation.
fn hex_slot() -> [u8; 32] {
    let slot = U256::from_be_bytes(keccak256("eip1967.proxy.implementation").0) - U256::ONE;
    slot.to_be_bytes()
}

/// The proxy of a drill, owned by nobody in particular: it keeps the address it is told in ERC-1967's slot.
fn proxy_code() -> Bytes {
    // Reads the argument behind the selector and stores it in the implementation's slot.
    [&[0x60, 0x04, 0x35, 0x7f][..], &hex_slot(), &[0x55, 0x00]].concat().into()
}

fn all_but_one(owners: &[Address]) -> u64 {
    (owners.len() as u64).saturating_sub(1).max(1)
}
