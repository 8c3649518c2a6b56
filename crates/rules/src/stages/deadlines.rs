//! How long phases last, and the L1 blocks with which they end.

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

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// Those of Arbitrum's elections.
    pub(in crate::stages) const DURATIONS: Durations = Durations {
        registration_blocks: 50_400,
        endorsement_blocks: 50_400,
        vetting_blocks: 100_800,
        member_delay_blocks: 0,
        member_voting_blocks: 151_200,
        full_weight_blocks: 50_400,
    };

    #[test]
    fn gives_the_deadlines_of_the_live_elections() {
        // Election 1 of Arbitrum (March 2024), by its events.
        let nominee = DURATIONS.nominee_deadlines(L1Block(19_440_208));
        assert_eq!(nominee.registration, L1Block(19_490_608));
        assert_eq!(nominee.endorsement, L1Block(19_541_008));
        assert_eq!(nominee.vetting, L1Block(19_641_808));
        let member = DURATIONS.member_deadlines(L1Block(19_641_811));
        assert_eq!(member.full_weight, L1Block(19_692_211));
        assert_eq!(member.voting, L1Block(19_793_011));
    }
}
