//! Elections: when, how long each phase lasts, and what it takes.
//!
//! Periods are counted in L1 blocks, as the contracts count them.

use crate::{
    chains::Chain,
    council::Council,
    document::{Section, Sited, Source},
    fraction::{self, Fraction},
    problem::{FIRST_YEAR, Problem, VoteProblem},
};
use alloy_primitives::{Address, U256};
use ephor_rules::{
    calendar::{Calendar, CivilHour, MOST_INTERVAL_MONTHS},
    stages::Durations,
    threshold::{MOST_NOMINEES_AT_FIRST, most_nominees},
};
use std::ops::Range;

/// The rules of elections.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Election {
    /// When the first election (index 0) could be created.
    pub first: CivilHour,
    /// Calendar months from one election to the next.
    pub interval_months: u32,
    /// Registration: the nominee election's voting delay.
    pub registration_blocks: u64,
    /// Endorsement: the nominee election's voting period.
    pub endorsement_blocks: u64,
    /// The part of the votable supply that makes a contender a nominee.
    pub threshold: Fraction,
    /// The part with which the contract is initialised, where it is another: it is set to `threshold` afterwards.
    pub initial_threshold: Option<Fraction>,
    /// Nominees there may be.
    pub nominees_max: u64,
    /// Vetting, at least.
    pub vetting_blocks: u64,
    /// Who excludes and includes nominees.
    pub vetter: Address,
    /// From the creation of the member election to its snapshot: its voting delay.
    pub member_delay_blocks: u64,
    /// Member voting: the member election's voting period.
    pub member_voting_blocks: u64,
    /// Member voting with full weight.
    pub full_weight_blocks: u64,
    /// Whether members who stand again are nominees without endorsements.
    pub sitting_members_skip_nomination: bool,
    /// Whether nominees may change their key during vetting, and how many blocks before its end that stops.
    pub nominee_rotation_cutoff_blocks: Option<u64>,
}

impl Election {
    /// How long each phase lasts.
    pub const fn durations(&self) -> Durations {
        Durations {
            registration_blocks: self.registration_blocks,
            endorsement_blocks: self.endorsement_blocks,
            vetting_blocks: self.vetting_blocks,
            member_delay_blocks: self.member_delay_blocks,
            member_voting_blocks: self.member_voting_blocks,
            full_weight_blocks: self.full_weight_blocks,
        }
    }

    /// When elections are held, with the given number of cohorts.
    pub const fn calendar(&self, cohorts: u32) -> Calendar {
        Calendar { first: self.first, interval_months: self.interval_months, cohorts }
    }
}

/// Reads `[election]`.
pub(crate) fn read(
    document: &mut Section<'_>,
    chains: Option<&[Chain]>,
    council: Option<&Council>,
) -> Option<Election> {
    let mut section = document.section("election")?;
    let source = section.source;
    let first = section.required::<CivilHour>("first");
    let interval_months = section.positive::<u32>("interval_months");
    check_dates(source, first.as_ref(), interval_months.as_ref());
    let registration_blocks = section.positive::<u64>("registration_blocks");
    let endorsement_blocks = section.positive::<u64>("endorsement_blocks");
    let threshold = fraction::read(&mut section, "threshold");
    let initial_threshold = fraction::read_optional(&mut section, "initial_threshold");
    let nominees_max = section.positive::<u64>("nominees_max");
    let vetting_blocks = section.positive::<u64>("vetting_blocks");
    let vetter = section.somebody("vetter");
    let member_delay_blocks = section.optional::<u64>("member_delay_blocks");
    let member_voting_blocks = section.positive::<u64>("member_voting_blocks");
    let full_weight_blocks = section.required::<u64>("full_weight_blocks");
    let skip = section.optional::<bool>("sitting_members_skip_nomination");
    let cutoff = section.optional::<u64>("nominee_rotation_cutoff_blocks");
    if let (Some(full), Some(voting)) = (&full_weight_blocks, &member_voting_blocks)
        && full.value > voting.value
    {
        let problem = VoteProblem::FullWeightTooLong { full_weight_blocks: full.value, voting_blocks: voting.value };
        source.report(full.span.clone(), problem);
    }
    if let (Some(cutoff), Some(vetting)) = (&cutoff, &vetting_blocks)
        && cutoff.value > vetting.value
    {
        let problem = VoteProblem::BeyondVetting { blocks: cutoff.value, vetting_blocks: vetting.value };
        source.report(cutoff.span.clone(), problem);
    }
    if let (Some(threshold), Some(most)) = (&threshold, &nominees_max) {
        check_nominees(source, threshold, most, council);
    }
    if let Some(initial) = initial_threshold.as_ref().or(threshold.as_ref()) {
        check_initial_threshold(source, initial);
    }
    section.finish();
    let (first, interval) = (first?, interval_months?);
    let first_span = first.span;
    let election = Election {
        first: first.value,
        interval_months: interval.value,
        registration_blocks: registration_blocks?.value,
        endorsement_blocks: endorsement_blocks?.value,
        threshold: threshold?.value,
        initial_threshold: initial_threshold.map(|sited| sited.value),
        nominees_max: nominees_max?.value,
        vetting_blocks: vetting_blocks?.value,
        vetter: vetter?.value,
        member_delay_blocks: member_delay_blocks.map_or(0, |sited| sited.value),
        member_voting_blocks: member_voting_blocks?.value,
        full_weight_blocks: full_weight_blocks?.value,
        sitting_members_skip_nomination: skip.is_some_and(|sited| sited.value),
        nominee_rotation_cutoff_blocks: cutoff.map(|sited| sited.value),
    };
    if let Some(l1) = chains.and_then(|chains| chains.iter().find(|chain| chain.parent.is_none())) {
        let fits = check_overlap(source, &election, interval.span, l1.block_milliseconds);
        if let Some(council) = council.filter(|_| fits) {
            check_end(source, &election, first_span, l1.block_milliseconds, council);
        }
    }
    Some(election)
}

/// The first election is one that could have been held, and the others follow as the contract lets them.
fn check_dates(source: &Source<'_>, first: Option<&Sited<CivilHour>>, interval_months: Option<&Sited<u32>>) {
    if let Some(first) = first
        && first.value.year() < FIRST_YEAR
    {
        source.report(first.span.clone(), VoteProblem::TooEarly { year: first.value.year() });
    }
    if let Some(interval) = interval_months
        && interval.value > MOST_INTERVAL_MONTHS
    {
        let (least, most) = (1, MOST_INTERVAL_MONTHS.into());
        source.report(interval.span.clone(), Problem::OutOfRange { found: interval.value.to_string(), least, most });
    }
}

/// The next election ends while the token's checkpoints, whose blocks have 32 bits, can tell its snapshot.
fn check_end(source: &Source<'_>, election: &Election, site: Range<usize>, block_milliseconds: u64, council: &Council) {
    let start = election.calendar(1).start_seconds(U256::from(council.elections_held)).unwrap_or(U256::MAX);
    // Blocks are not counted from 1970, so that there are fewer of them.
    let blocks = start / U256::from((block_milliseconds / 1_000).max(1));
    if blocks.saturating_add(U256::from(election.durations().total_blocks())) > U256::from(u32::MAX) {
        let problem = VoteProblem::TooLate { election: council.elections_held, last_block: u32::MAX.into() };
        source.report(site, problem);
    }
}

fn check_nominees(source: &Source<'_>, threshold: &Sited<Fraction>, most: &Sited<u64>, council: Option<&Council>) {
    let possible = threshold.value.denominator.checked_div(threshold.value.numerator).unwrap_or(u64::MAX);
    if possible > most.value {
        source.report(most.span.clone(), VoteProblem::TooManyNominees { possible, most: most.value });
    }
    if let Some(council) = council {
        let possible = possible.min(most.value);
        if usize::try_from(possible).is_ok_and(|possible| possible < council.seats_per_cohort) {
            let problem = VoteProblem::TooFewNominees { most: possible, seats: council.seats_per_cohort };
            source.report(most.span.clone(), problem);
        }
    }
}

/// The nominee election is not initialised with a threshold that so many could reach.
fn check_initial_threshold(source: &Source<'_>, initial: &Sited<Fraction>) {
    let possible = most_nominees(initial.value.rule()).unwrap_or(U256::MAX);
    if possible > MOST_NOMINEES_AT_FIRST {
        let most = MOST_NOMINEES_AT_FIRST.saturating_to();
        source.report(initial.span.clone(), VoteProblem::InitialThreshold { possible: possible.saturating_to(), most });
    }
}

const SECONDS_PER_DAY: u64 = 86_400;

/// Elections are compared over so many of them as the calendar needs to repeat itself: 400 years.
const MONTHS_OF_THE_CALENDAR: u32 = 400 * 12;

/// An election must be over before the next may be created, at every turn of the calendar. Says whether it is.
fn check_overlap(source: &Source<'_>, election: &Election, site: Range<usize>, block_milliseconds: u64) -> bool {
    let term_seconds = u128::from(election.durations().total_blocks()) * u128::from(block_milliseconds) / 1_000;
    let calendar = election.calendar(1);
    let elections = MONTHS_OF_THE_CALENDAR / election.interval_months.max(1);
    let mut previous = calendar.start_seconds(U256::ZERO).unwrap_or_default();
    let mut shortest = U256::MAX;
    for index in 1..=elections.max(1) {
        let Ok(start) = calendar.start_seconds(U256::from(index)) else { break };
        shortest = shortest.min(start.saturating_sub(previous));
        previous = start;
    }
    let fits = U256::from(term_seconds) <= shortest;
    if !fits {
        let term_days = u64::try_from(term_seconds / u128::from(SECONDS_PER_DAY)).unwrap_or(u64::MAX);
        let interval_days = (shortest / U256::from(SECONDS_PER_DAY)).saturating_to();
        source.report(site, VoteProblem::Overlap { term_days, interval_days });
    }
    fits
}
