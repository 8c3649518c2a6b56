//! The phases of an election's term, as a pure function of blocks and of what has been executed.
//!
//! ```text
//!            create                                        execute (nominees)          execute (members)
//! Waiting ─▶ Due ─▶ Registration ─▶ Endorsement ─▶ Vetting ─▶ ReadyForMemberElection ─▶ MemberVoting ─▶ ReadyToInstall ─▶ Installed
//!                                                    └▶ VettingExtended ─┘ (enough)     full ▶ decaying
//! ```
//!
//! Blocks are L1 blocks, also on chains with blocks of their own. A deadline is the last block of its phase:
//!
//! | phase | first block | last block |
//! |---|---|---|
//! | Registration | created | created + registration |
//! | Endorsement | + 1 | created + registration + endorsement |
//! | Vetting | + 1 | … + vetting |
//! | VettingExtended, ReadyForMemberElection | + 1 | until executed |
//! | MemberVoting, full | member election created + delay + 1 | created + delay + full weight |
//! | MemberVoting, decaying | + 1 | created + delay + voting |
//! | ReadyToInstall | + 1 | until executed |
//!
//! After the vetting deadline the vetter may still include nominees while there are fewer than seats: the phase is
//! extended until there are enough. Source: seed 004 and the Governor's recorded states (a block equal to a deadline still
//! belongs to the phase).

use core::fmt;

mod deadlines;

pub use deadlines::{Durations, L1Block, MemberDeadlines, NomineeDeadlines};

/// What has been executed of an election so far.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// Nobody has created it.
    NotCreated {
        /// From when on it may be created, in Unix seconds.
        start_seconds: u64,
    },
    /// The nominee election exists.
    Nominating {
        /// The block in which it was created.
        created: L1Block,
        /// Nominees who are not excluded.
        compliant_nominees: usize,
    },
    /// The member election exists.
    Electing {
        /// The block in which it was created.
        created: L1Block,
    },
    /// The winners have been handed to the manager.
    Installed,
}

/// Now, by both clocks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Now {
    /// The L1 block.
    pub l1_block: L1Block,
    /// Unix seconds.
    pub seconds: u64,
}

/// How much a member vote is worth at the time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Weight {
    /// Voting has not begun: the snapshot is not past.
    NotYet,
    /// A vote counts in full.
    Full,
    /// A vote counts less with every block.
    Decaying,
}

/// The phase of an election.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// Too early to create it.
    Waiting {
        /// From when on it may be created, in Unix seconds.
        start_seconds: u64,
    },
    /// Anybody may create it.
    Due,
    /// Contenders register.
    Registration {
        /// Last block of the phase.
        until: L1Block,
    },
    /// Delegates endorse contenders.
    Endorsement {
        /// Last block of the phase.
        until: L1Block,
    },
    /// The vetter excludes and includes nominees.
    Vetting {
        /// Last block of the phase.
        until: L1Block,
    },
    /// Vetting is over, but there are too few nominees: the vetter must include more.
    VettingExtended {
        /// Nominees that are missing.
        missing: usize,
    },
    /// Anybody may start the member election.
    ReadyForMemberElection,
    /// Delegates elect members.
    MemberVoting {
        /// What a vote is worth.
        weight: Weight,
        /// Last block with this worth.
        until: L1Block,
        /// Last block of voting.
        deadline: L1Block,
    },
    /// Anybody may hand the winners to the manager.
    ReadyToInstall,
    /// The winners sit.
    Installed,
}

/// The phase of an election of `seats` seats at a given time.
pub fn phase(durations: &Durations, seats: usize, progress: Progress, now: Now) -> Phase {
    match progress {
        Progress::NotCreated { start_seconds } if now.seconds < start_seconds => Phase::Waiting { start_seconds },
        Progress::NotCreated { .. } => Phase::Due,
        Progress::Nominating { created, compliant_nominees } => {
            let ends = durations.nominee_deadlines(created);
            match now.l1_block {
                block if block <= ends.registration => Phase::Registration { until: ends.registration },
                block if block <= ends.endorsement => Phase::Endorsement { until: ends.endorsement },
                block if block <= ends.vetting => Phase::Vetting { until: ends.vetting },
                _ if compliant_nominees < seats => Phase::VettingExtended { missing: seats - compliant_nominees },
                _ => Phase::ReadyForMemberElection,
            }
        }
        Progress::Electing { created } => {
            let ends = durations.member_deadlines(created);
            let voting = |weight, until: L1Block| Phase::MemberVoting {
                weight,
                until: until.min(ends.voting),
                deadline: ends.voting,
            };
            match now.l1_block {
                block if block <= ends.snapshot => voting(Weight::NotYet, ends.snapshot),
                block if block > ends.voting => Phase::ReadyToInstall,
                block if block <= ends.full_weight => voting(Weight::Full, ends.full_weight),
                _ => voting(Weight::Decaying, ends.voting),
            }
        }
        Progress::Installed => Phase::Installed,
    }
}

impl Phase {
    /// The phase's name, in words.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Waiting { .. } => "waiting",
            Self::Due => "due",
            Self::Registration { .. } => "registration",
            Self::Endorsement { .. } => "endorsement",
            Self::Vetting { .. } => "vetting",
            Self::VettingExtended { .. } => "vetting extended",
            Self::ReadyForMemberElection => "ready for member election",
            Self::MemberVoting { weight: Weight::NotYet, .. } => "member voting announced",
            Self::MemberVoting { weight: Weight::Full, .. } => "member voting, full weight",
            Self::MemberVoting { weight: Weight::Decaying, .. } => "member voting, decaying weight",
            Self::ReadyToInstall => "ready to install",
            Self::Installed => "installed",
        }
    }

    /// The last block of the phase, where a block ends it.
    pub const fn until(&self) -> Option<L1Block> {
        match self {
            Self::Registration { until }
            | Self::Endorsement { until }
            | Self::Vetting { until }
            | Self::MemberVoting { until, .. } => Some(*until),
            _ => None,
        }
    }
}

impl fmt::Display for Phase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::{deadlines::tests::DURATIONS, *};
    use proptest::prelude::*;

    #[track_caller]
    fn check(progress: Progress, l1_block: u64, expected: Phase) {
        let now = Now { l1_block: L1Block(l1_block), seconds: 1_000 };
        assert_eq!(phase(&DURATIONS, 6, progress, now), expected);
    }

    #[test]
    fn waits_for_the_calendar() {
        check(Progress::NotCreated { start_seconds: 1_001 }, 5, Phase::Waiting { start_seconds: 1_001 });
        check(Progress::NotCreated { start_seconds: 1_000 }, 5, Phase::Due);
    }

    #[test]
    fn a_deadline_is_the_last_block_of_its_phase() {
        let created = L1Block(1_000);
        let enough = Progress::Nominating { created, compliant_nominees: 6 };
        check(enough, 1_000, Phase::Registration { until: L1Block(51_400) });
        check(enough, 51_400, Phase::Registration { until: L1Block(51_400) });
        check(enough, 51_401, Phase::Endorsement { until: L1Block(101_800) });
        check(enough, 101_800, Phase::Endorsement { until: L1Block(101_800) });
        check(enough, 101_801, Phase::Vetting { until: L1Block(202_600) });
        check(enough, 202_600, Phase::Vetting { until: L1Block(202_600) });
        check(enough, 202_601, Phase::ReadyForMemberElection);
        let electing = Progress::Electing { created };
        let voting = |weight, until| Phase::MemberVoting { weight, until: L1Block(until), deadline: L1Block(152_200) };
        check(electing, 1_000, voting(Weight::NotYet, 1_000));
        check(electing, 1_001, voting(Weight::Full, 51_400));
        check(electing, 51_400, voting(Weight::Full, 51_400));
        check(electing, 51_401, voting(Weight::Decaying, 152_200));
        check(electing, 152_200, voting(Weight::Decaying, 152_200));
        check(electing, 152_201, Phase::ReadyToInstall);
        check(Progress::Installed, 0, Phase::Installed);
    }

    #[test]
    fn vetting_goes_on_until_there_are_enough_nominees() {
        let nominees = |compliant_nominees| Progress::Nominating { created: L1Block(1_000), compliant_nominees };
        check(nominees(4), 202_600, Phase::Vetting { until: L1Block(202_600) });
        check(nominees(4), 202_601, Phase::VettingExtended { missing: 2 });
        check(nominees(4), u64::MAX, Phase::VettingExtended { missing: 2 });
        check(nominees(6), u64::MAX, Phase::ReadyForMemberElection);
    }

    fn durations() -> impl Strategy<Value = Durations> {
        let blocks = prop_oneof![0u64..100, any::<u64>()];
        (blocks.clone(), blocks.clone(), blocks.clone(), blocks.clone(), blocks.clone(), blocks).prop_map(
            |(registration, endorsement, vetting, delay, voting, full)| Durations {
                registration_blocks: registration,
                endorsement_blocks: endorsement,
                vetting_blocks: vetting,
                member_delay_blocks: delay,
                member_voting_blocks: voting,
                full_weight_blocks: full,
            },
        )
    }

    /// Phases in the order of time.
    fn rank(phase: &Phase) -> u8 {
        match phase {
            Phase::Waiting { .. } => 0,
            Phase::Due => 1,
            Phase::Registration { .. } => 2,
            Phase::Endorsement { .. } => 3,
            Phase::Vetting { .. } => 4,
            Phase::VettingExtended { .. } => 5,
            Phase::ReadyForMemberElection => 6,
            Phase::MemberVoting { weight: Weight::NotYet, .. } => 7,
            Phase::MemberVoting { weight: Weight::Full, .. } => 8,
            Phase::MemberVoting { weight: Weight::Decaying, .. } => 9,
            Phase::ReadyToInstall => 10,
            Phase::Installed => 11,
        }
    }

    proptest! {
        #[test]
        fn time_never_turns_a_phase_back(
            durations in durations(), created in 0u64..200, from in 0u64..500, to in 0u64..500, electing: bool
        ) {
            let created = L1Block(created);
            let progress = if electing {
                Progress::Electing { created }
            } else {
                Progress::Nominating { created, compliant_nominees: 6 }
            };
            let at = |block: u64| phase(&durations, 6, progress, Now { l1_block: L1Block(block), seconds: 0 });
            prop_assert!(rank(&at(from.min(to))) <= rank(&at(from.max(to))));
        }

        #[test]
        fn a_phase_lasts_to_its_deadline_and_no_longer(durations in durations(), created in 0u64..200, block in 0u64..500) {
            let progress = Progress::Electing { created: L1Block(created) };
            let at = |block: u64| phase(&durations, 6, progress, Now { l1_block: L1Block(block), seconds: 0 });
            if let Some(until) = at(block).until() {
                prop_assert!(until >= L1Block(block));
                prop_assert_eq!(rank(&at(until.0)), rank(&at(block)));
                if until.0 < u64::MAX {
                    prop_assert!(rank(&at(until.0 + 1)) > rank(&at(block)));
                }
            }
        }
    }
}
