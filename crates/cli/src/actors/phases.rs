//! The phases of an election by name: where the clock is to go, and when something may be done.
//!
//! ```text
//! due ─create▶ registration ─▶ endorsement ─▶ vetting ─▶ vetted ─execute▶ voting ─▶ decay ─▶ voted ─execute▶ (installed)
//! ```
//!
//! `─▶` is brought by time, so the clock can go there; `─create▶` and `─execute▶` are brought by somebody. Going to a phase that the
//! election is in moves nothing, so a series of commands that names phases comes to the same however long its writer pauses.

use super::clock::ClockError;
use clap::ValueEnum;
use ephor_client::{
    Deadline,
    views::{
        ElectionView,
        election::{NominationView, VotingView},
    },
};
use ephor_rules::stages::{Phase, Weight};

/// A phase that somebody names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, ValueEnum)]
pub(crate) enum Stage {
    /// The election can be created.
    Due,
    /// Contenders register.
    Registration,
    /// Delegates endorse contenders.
    Endorsement,
    /// The vetter excludes and includes nominees.
    Vetting,
    /// Vetting is over: the member election can be started.
    Vetted,
    /// Delegates vote for nominees, with full weight at first.
    Voting,
    /// Votes lose weight.
    Decay,
    /// Voting is over: the winners can be handed to the council manager.
    Voted,
}

/// When time brings a phase.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Beginning {
    /// At a second.
    At(u64),
    /// After the last block of the phase before.
    After(Deadline),
}

/// What brings the phases that time alone does not.
const CREATE: &str = "ephor election create";
const EXECUTE: &str = "ephor election execute";

impl Stage {
    /// The phase's name on the command line.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Due => "due",
            Self::Registration => "registration",
            Self::Endorsement => "endorsement",
            Self::Vetting => "vetting",
            Self::Vetted => "vetted",
            Self::Voting => "voting",
            Self::Decay => "decay",
            Self::Voted => "voted",
        }
    }

    /// The phase that an election is in; none before it can be created and after its winners are installed, and between two.
    const fn of(phase: Phase) -> Option<Self> {
        Some(match phase {
            Phase::Waiting { .. } | Phase::MemberVoting { weight: Weight::NotYet, .. } | Phase::Installed => {
                return None;
            }
            Phase::Due => Self::Due,
            Phase::Registration { .. } => Self::Registration,
            Phase::Endorsement { .. } => Self::Endorsement,
            Phase::Vetting { .. } => Self::Vetting,
            Phase::VettingExtended { .. } | Phase::ReadyForMemberElection => Self::Vetted,
            Phase::MemberVoting { weight: Weight::Full, .. } => Self::Voting,
            Phase::MemberVoting { weight: Weight::Decaying, .. } => Self::Decay,
            Phase::ReadyToInstall => Self::Voted,
        })
    }

    /// Whether an election is in this phase.
    pub(crate) fn is(self, view: &ElectionView) -> bool {
        Self::of(view.phase) == Some(self)
    }

    /// Whether an election has this phase behind it.
    pub(crate) fn is_past(self, view: &ElectionView) -> bool {
        match view.phase {
            Phase::Waiting { .. } => false,
            Phase::MemberVoting { weight: Weight::NotYet, .. } => self <= Self::Vetted,
            Phase::Installed => true,
            phase => Self::of(phase).is_some_and(|present| self < present),
        }
    }

    /// When the phase begins, or began; where somebody has to do something before that is known, the command.
    pub(crate) fn beginning(self, view: &ElectionView) -> Result<Beginning, &'static str> {
        let nominating = |of: fn(&NominationView) -> Deadline| {
            view.nomination.as_ref().map(|nomination| Beginning::After(of(nomination))).ok_or(CREATE)
        };
        let voting = |of: fn(&VotingView) -> Deadline| {
            let missing = if view.nomination.is_some() { EXECUTE } else { CREATE };
            view.voting.as_ref().map(|voting| Beginning::After(of(voting))).ok_or(missing)
        };
        match self {
            Self::Due => Ok(Beginning::At(view.start_seconds)),
            Self::Registration => Err(CREATE),
            Self::Endorsement => nominating(|nomination| nomination.registration),
            Self::Vetting => nominating(|nomination| nomination.endorsement),
            Self::Vetted => nominating(|nomination| nomination.vetting),
            Self::Voting => voting(|voting| voting.snapshot),
            Self::Decay => voting(|voting| voting.full_weight),
            Self::Voted => voting(|voting| voting.deadline),
        }
    }

    /// When to be there: none where the election is in this phase already.
    ///
    /// # Errors
    /// [`ClockError`] where the phase is past, or where not time but somebody brings it.
    pub(crate) fn ahead(self, view: &ElectionView) -> Result<Option<Beginning>, ClockError> {
        if self.is(view) {
            return Ok(None);
        }
        if self.is_past(view) {
            return Err(ClockError::Past { stage: self.name(), index: view.index, phase: view.phase.name() });
        }
        let by = |command| ClockError::NotByTime { stage: self.name(), index: view.index, command };
        self.beginning(view).map(Some).map_err(by)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloy_primitives::U256;
    use ephor_client::{Moment, ProposalState};
    use ephor_rules::stages::L1Block;

    const fn deadline(l1_block: u64) -> Deadline {
        Deadline { l1_block, seconds: l1_block * 12 }
    }

    /// An election in a phase: registration ends with block 10, endorsement with 20, vetting with 30, full weight with 50, voting with 60.
    fn view(phase: Phase, created: bool, started: bool) -> ElectionView {
        let nomination = NominationView {
            state: ProposalState::Active,
            registration: deadline(10),
            endorsement: deadline(20),
            vetting: deadline(30),
            threshold: None,
            contenders: Vec::new(),
            compliant: Vec::new(),
        };
        let voting = VotingView {
            state: ProposalState::Active,
            snapshot: deadline(40),
            full_weight: deadline(50),
            deadline: deadline(60),
            standings: Vec::new(),
            cut_line: None,
        };
        ElectionView {
            index: 7,
            id: U256::ZERO,
            cohort: 1,
            seats: 3,
            now: Moment { block: 0, l1_block: 0, seconds: 0 },
            phase,
            until: None,
            start_seconds: 5,
            nomination: created.then_some(nomination),
            voting: started.then_some(voting),
        }
    }

    #[track_caller]
    fn check(stage: Stage, view: &ElectionView, expected: Option<Beginning>) {
        assert_eq!(stage.ahead(view).expect("the clock can go there"), expected);
    }

    #[track_caller]
    fn refused(stage: Stage, view: &ElectionView, part: &str) {
        let error = stage.ahead(view).expect_err("the clock cannot go there").to_string();
        assert!(error.contains(part), "{error}");
    }

    #[test]
    fn goes_to_phases_that_time_brings() {
        check(Stage::Due, &view(Phase::Waiting { start_seconds: 5 }, false, false), Some(Beginning::At(5)));
        let registration = view(Phase::Registration { until: L1Block(10) }, true, false);
        check(Stage::Endorsement, &registration, Some(Beginning::After(deadline(10))));
        check(Stage::Vetted, &registration, Some(Beginning::After(deadline(30))));
        let voting =
            |weight| view(Phase::MemberVoting { weight, until: L1Block(50), deadline: L1Block(60) }, true, true);
        check(Stage::Voting, &voting(Weight::NotYet), Some(Beginning::After(deadline(40))));
        check(Stage::Voted, &voting(Weight::Full), Some(Beginning::After(deadline(60))));
    }

    #[test]
    fn stays_where_it_is() {
        check(Stage::Due, &view(Phase::Due, false, false), None);
        check(Stage::Vetted, &view(Phase::VettingExtended { missing: 1 }, true, false), None);
        let full = Phase::MemberVoting { weight: Weight::Full, until: L1Block(50), deadline: L1Block(60) };
        check(Stage::Voting, &view(full, true, true), None);
        check(Stage::Voted, &view(Phase::ReadyToInstall, true, true), None);
    }

    #[test]
    fn says_what_time_does_not_bring() {
        refused(Stage::Endorsement, &view(Phase::Due, false, false), "`ephor election create`");
        refused(Stage::Voting, &view(Phase::Waiting { start_seconds: 5 }, false, false), "`ephor election create`");
        refused(Stage::Voted, &view(Phase::ReadyForMemberElection, true, false), "`ephor election execute`");
        let vetting = view(Phase::Vetting { until: L1Block(30) }, true, false);
        refused(Stage::Endorsement, &vetting, "past: election 7 is in its phase \"vetting\"");
        refused(Stage::Voted, &view(Phase::Installed, true, true), "past");
        let announced = Phase::MemberVoting { weight: Weight::NotYet, until: L1Block(40), deadline: L1Block(60) };
        refused(Stage::Vetted, &view(announced, true, true), "past");
    }
}
