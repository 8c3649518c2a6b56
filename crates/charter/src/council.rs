//! The council: its seats, its cohorts and who sits in them.

use crate::{
    document::{Section, Setting, Source},
    problem::{Problem, SeatProblem},
};
use alloy_primitives::Address;
use ephor_rules::owners::SENTINEL;
use std::{collections::BTreeMap, ops::Range};
use toml::de::DeValue;

/// Cohorts the contracts know: a first and a second.
pub const COHORTS: usize = 2;

/// The council.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Council {
    /// Seats of each cohort; one cohort is elected at a time.
    pub seats_per_cohort: usize,
    /// Seats of the whole council that one organisation may hold.
    pub seats_per_organisation: usize,
    /// Elections that were held before the members below sat down: the next election has this index.
    pub elections_held: u64,
    /// Changes of members the manager has made so far; the next has this nonce plus one.
    pub update_nonce: u64,
    /// The cohorts, in order. There are [`COHORTS`].
    pub cohorts: Vec<Cohort>,
}

/// Members who are elected together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cohort {
    /// Its name for people.
    pub name: String,
    /// Who sits, in the manager's order. Seats may be empty.
    pub members: Vec<Member>,
}

/// A member of the council.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// The member's key.
    pub address: Address,
    /// Who it is, where that is known.
    pub name: Option<String>,
    /// The organisation for which the member stands.
    pub organisation: Option<String>,
}

impl Council {
    /// Seats of the whole council.
    pub fn seats(&self) -> usize {
        self.seats_per_cohort.saturating_mul(self.cohorts.len())
    }

    /// The members' addresses, cohort after cohort, in the manager's order.
    pub fn addresses(&self) -> Vec<Vec<Address>> {
        self.cohorts.iter().map(|cohort| cohort.members.iter().map(|member| member.address).collect()).collect()
    }
}

/// Reads `[council]`.
pub(crate) fn read(document: &mut Section<'_>) -> Option<Council> {
    let mut section = document.section("council")?;
    let source = section.source;
    let seats_per_cohort = section.positive::<usize>("seats_per_cohort");
    let seats_per_organisation = section.positive::<usize>("seats_per_organisation");
    let elections_held = section.optional::<u64>("elections_held");
    let update_nonce = section.optional::<u64>("update_nonce");
    let cohorts: Vec<SitedCohort> = section.sections("cohorts").into_iter().filter_map(read_cohort).collect();
    if cohorts.len() != COHORTS {
        section.report(SeatProblem::CohortCount { found: cohorts.len(), expected: COHORTS });
    }
    if let Some(seats) = &seats_per_cohort {
        for cohort in cohorts.iter().filter(|cohort| cohort.members.len() > seats.value) {
            let problem = SeatProblem::TooManyMembers {
                cohort: cohort.name.clone(),
                members: cohort.members.len(),
                seats: seats.value,
            };
            source.report(cohort.span.clone(), problem);
        }
    }
    if let (Some(most), Some(seats)) = (&seats_per_organisation, &seats_per_cohort) {
        let seats = seats.value.saturating_mul(COHORTS);
        if most.value > seats {
            source.report(most.span.clone(), SeatProblem::CapAboveSeats { most: most.value, seats });
        }
    }
    check_members(source, &cohorts, seats_per_organisation.as_ref().map(|most| most.value));
    section.finish();
    // With another number of cohorts the seats of the whole council are unknown, and so is what depends on them.
    if cohorts.len() != COHORTS {
        return None;
    }
    Some(Council {
        seats_per_cohort: seats_per_cohort?.value,
        seats_per_organisation: seats_per_organisation?.value,
        elections_held: elections_held.map_or(0, |sited| sited.value),
        update_nonce: update_nonce.map_or(0, |sited| sited.value),
        cohorts: cohorts
            .into_iter()
            .map(|cohort| Cohort {
                name: cohort.name,
                members: cohort.members.into_iter().map(|(member, _)| member).collect(),
            })
            .collect(),
    })
}

/// A cohort and where it and its members stand.
struct SitedCohort {
    name: String,
    span: Range<usize>,
    members: Vec<(Member, Range<usize>)>,
}

fn read_cohort(mut section: Section<'_>) -> Option<SitedCohort> {
    let name = section.text("name");
    let mut members = Vec::new();
    for (i, item) in section.items("members").iter().enumerate() {
        // A member is an address, or a table with an address and what is known about them.
        if let DeValue::Table(_) = item.get_ref() {
            let Some(mut section) = section.as_section("members", item, Some(i + 1)) else { continue };
            let address = section.somebody("address");
            let name = section.optional("name");
            let organisation = section.optional("organisation");
            section.finish();
            if let Some(address) = address {
                let member = Member {
                    address: address.value,
                    name: name.map(|sited| sited.value),
                    organisation: organisation.map(|sited| sited.value),
                };
                members.push((member, address.span));
            }
        } else {
            match Address::read(item.get_ref()) {
                Ok(Address::ZERO) => section.source.report(item.span(), Problem::ZeroAddress),
                Ok(address) => members.push((Member { address, name: None, organisation: None }, item.span())),
                Err(problem) => section.source.report(item.span(), problem),
            }
        }
    }
    let span = section.span();
    section.finish();
    let name = name?;
    Some(SitedCohort { name: name.value, span, members })
}

fn check_members(source: &Source<'_>, cohorts: &[SitedCohort], most: Option<usize>) {
    let mut sitting: BTreeMap<Address, &str> = BTreeMap::new();
    let mut held: BTreeMap<&str, usize> = BTreeMap::new();
    for cohort in cohorts {
        for (member, span) in &cohort.members {
            if let Some(first) = sitting.get(&member.address) {
                let problem = SeatProblem::DuplicateMember { member: member.address, cohort: (*first).to_owned() };
                source.report(span.clone(), problem);
                continue;
            }
            sitting.insert(member.address, &cohort.name);
            if member.address == SENTINEL {
                source.report(span.clone(), SeatProblem::NoOwner { member: member.address });
            }
            if let (Some(organisation), Some(most)) = (&member.organisation, most) {
                let seats = held.entry(organisation).or_default();
                *seats += 1;
                if *seats > most {
                    let problem =
                        SeatProblem::OrganisationAboveCap { organisation: organisation.clone(), seats: *seats, most };
                    source.report(span.clone(), problem);
                }
            }
        }
    }
}
