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

/// A block number of the L1 chain, by which governance counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct L1Block(pub u64);

impl L1Block {
    /// The block `blocks` later; the greatest block number where that would not fit.
    #[must_use]
    pub const fn plus(self, blocks: u64) -> Self {
        Self(self.0.saturating_add(blocks))
    }

    /// Blocks from this one to a later one; zero to an earlier one.
    pub const fn blocks_until(self, later: Self) -> u64 {
        later.0.saturating_sub(self.0)
    }
}

impl fmt::Display for L1Block {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// How long each phase lasts, in L1 blocks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Durations {
    /// Registration: the nominee election's voting delay.
    pub registration_blocks: u64,
    /// Endorsement: the nominee election's voting period.
    pub endorsement_blocks: u64,
    /// Vetting, at least.
    pub vetting_blocks: u64,
    /// From the creation of the member election to its snapshot: the member election's voting delay.
    pub member_delay_blocks: u64,
    /// Member voting, full weight and decaying together: the member election's voting period.
    pub member_voting_blocks: u64,
    /// Member voting with full weight.
    pub full_weight_blocks: u64,
}

impl Durations {
    /// The least blocks from an election's creation to its installation.
    pub const fn total_blocks(&self) -> u64 {
        self.registration_blocks
            .saturating_add(self.endorsement_blocks)
            .saturating_add(self.vetting_blocks)
            .saturating_add(self.member_delay_blocks)
            .saturating_add(self.member_voting_blocks)
    }

    /// The deadlines of the nominee election created in `created`.
    pub const fn nominee_deadlines(&self, created: L1Block) -> NomineeDeadlines {
        let registration = created.plus(self.registration_blocks);
        let endorsement = registration.plus(self.endorsement_blocks);
        NomineeDeadlines { registration, endorsement, vetting: endorsement.plus(self.vetting_blocks) }
    }

    /// The deadlines of the member election created in `created`.
    pub const fn member_deadlines(&self, created: L1Block) -> MemberDeadlines {
        let snapshot = created.plus(self.member_delay_blocks);
        MemberDeadlines {
            snapshot,
            full_weight: snapshot.plus(self.full_weight_blocks),
            voting: snapshot.plus(self.member_voting_blocks),
        }
    }
}

/// The last blocks of the phases of a nominee election.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NomineeDeadlines {
    /// Last block of registration, and the block at which endorsing power is measured.
    pub registration: L1Block,
    /// Last block of endorsement.
    pub endorsement: L1Block,
    /// Last block of vetting.
    pub vetting: L1Block,
}

/// The last blocks of the phases of a member election.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MemberDeadlines {
    /// The block at which voting power is measured; voting starts after it.
    pub snapshot: L1Block,
    /// Last block of full weight.
    pub full_weight: L1Block,
    /// Last block of voting.
    pub voting: L1Block,
}

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
