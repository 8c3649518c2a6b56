//! The accounts through which the council acts.
//!
//! Each Safe is owned by the whole council. The upgrade executor of its chain is a module of it, and calls the chain's
//! member-sync action to install a new council.

use crate::{
    chains::{Chain, unknown},
    council::Council,
    document::{Section, Setting, Sited, Source, choice},
    places::Places,
    powers::Holder,
    problem::{Problem, SeatProblem},
};
use alloy_primitives::Address;
use ephor_rules::threshold::check_signatures;
use std::ops::Range;
use toml::de::DeValue;

/// What the council may do through a Safe.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SafeKind {
    /// Act at once, in an emergency.
    Emergency,
    /// Act through the timelocks.
    NonEmergency,
}

impl SafeKind {
    const ALL: [Self; 2] = [Self::Emergency, Self::NonEmergency];

    /// The word for it in a charter.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Emergency => "emergency",
            Self::NonEmergency => "non-emergency",
        }
    }
}

impl Setting for SafeKind {
    fn read(value: &DeValue<'_>) -> Result<Self, Problem> {
        choice(value, &Self::ALL, Self::name)
    }
}

/// A Safe of the council.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Safe {
    /// By what the charter refers to it.
    pub name: String,
    /// The chain on which it stands, by name.
    pub chain: String,
    /// The live account, where there is one.
    pub address: Option<Address>,
    /// What it is for.
    pub kind: SafeKind,
    /// Signatures it takes to act.
    pub threshold: usize,
}

/// Reads `[[safes]]`.
pub(crate) fn read(
    document: &mut Section<'_>,
    chains: Option<&[Chain]>,
    council: Option<&Council>,
    places: &mut Places,
) -> Option<Vec<Safe>> {
    let sections = document.sections("safes");
    if sections.is_empty() {
        document.report(Problem::MissingKey { section: "the charter".into(), key: "safes" });
        return None;
    }
    let count = sections.len();
    let mut safes: Vec<(Safe, Range<usize>)> = Vec::new();
    for section in sections {
        if let Some(safe) = read_safe(section, &safes, chains, council, places) {
            safes.push(safe);
        }
    }
    // With a Safe that cannot be read, whatever refers to it would look wrong as well.
    (safes.len() == count).then(|| safes.into_iter().map(|(safe, _)| safe).collect())
}

fn read_safe(
    mut section: Section<'_>,
    before: &[(Safe, Range<usize>)],
    chains: Option<&[Chain]>,
    council: Option<&Council>,
    places: &mut Places,
) -> Option<(Safe, Range<usize>)> {
    let source = section.source;
    let name = section.text("name");
    let chain = section.text("chain");
    let address = section.optional_somebody("address");
    let kind = section.required("kind");
    let threshold = section.positive::<usize>("threshold");
    section.finish();
    let (name, chain, threshold) = (name?, chain?, threshold?);
    if let Some(chains) = chains
        && !chains.iter().any(|known| known.name == chain.value)
    {
        source.report(chain.span.clone(), unknown(&chain.value, chains));
    }
    if let Some(council) = council {
        check_owners(source, &name, &threshold, address.as_ref(), council);
    }
    if Holder::means_else(&name.value) {
        source.report(name.span.clone(), SeatProblem::NameReserved { name: name.value.clone() });
    }
    if let Some((_, first)) = before.iter().find(|(safe, _)| safe.name == name.value) {
        let first_line = source.line(first.start);
        source.report(name.span.clone(), Problem::DuplicateName { what: "Safe", name: name.value.clone(), first_line });
    }
    if let Some(address) = &address {
        places.claim(source, address.span.clone(), &chain.value, address.value, format!("the Safe \"{}\"", name.value));
    }
    let safe = Safe {
        name: name.value,
        chain: chain.value,
        address: address.map(|sited| sited.value),
        kind: kind?.value,
        threshold: threshold.value,
    };
    Some((safe, name.span))
}

/// The members can own the Safe, and there are enough of them to act by it.
fn check_owners(
    source: &Source<'_>,
    name: &Sited<String>,
    threshold: &Sited<usize>,
    address: Option<&Sited<Address>>,
    council: &Council,
) {
    let members: usize = council.cohorts.iter().map(|cohort| cohort.members.len()).sum();
    let safe = name.value.clone();
    if let Err(error) = check_signatures(threshold.value, council.seats()) {
        source.report(threshold.span.clone(), SeatProblem::SafeThreshold { safe, error });
    } else if threshold.value > members {
        let problem = SeatProblem::TooFewOwners { safe, threshold: threshold.value, members };
        source.report(threshold.span.clone(), problem);
    }
    if let Some(address) = address
        && council.cohorts.iter().flat_map(|cohort| &cohort.members).any(|member| member.address == address.value)
    {
        source.report(address.span.clone(), SeatProblem::OwnsItself { safe: name.value.clone() });
    }
}
