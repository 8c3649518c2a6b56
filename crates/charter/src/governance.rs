//! Who may be heard otherwise: the core governor, the removal of members, the timelocks, and the fallback of an election.

use crate::{
    chains::Chain,
    document::{Section, Sited, Source, Tokens},
    election::Election,
    fraction::{self, Fraction},
    problem::{PowerProblem, VoteProblem},
    token::Token,
};
use alloy_primitives::U256;

/// How the token holders vote on proposals. Periods in L1 blocks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CoreGovernor {
    /// From a proposal to its snapshot.
    pub voting_delay_blocks: u64,
    /// Voting.
    pub voting_period_blocks: u64,
    /// Voting goes on at least so long after the quorum is reached.
    pub late_quorum_extension_blocks: u64,
    /// Votes it takes to propose, in the smallest units.
    pub proposal_threshold: U256,
    /// The part of the votable supply that must take part.
    pub quorum: Fraction,
}

/// How the token holders remove a member. Periods in L1 blocks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Removal {
    /// From a proposal to its snapshot.
    pub voting_delay_blocks: u64,
    /// Voting.
    pub voting_period_blocks: u64,
    /// Voting goes on at least so long after the quorum is reached.
    pub late_quorum_extension_blocks: u64,
    /// A removal that was voted must be executed within so many blocks after its deadline.
    pub proposal_expiration_blocks: u64,
    /// Votes it takes to propose, in the smallest units.
    pub proposal_threshold: U256,
    /// The part of the votable supply that must vote For.
    pub quorum: Fraction,
    /// The part of the votes cast that For must exceed.
    pub success: Fraction,
}

/// How long decisions wait, so that users who disagree can leave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Timelocks {
    /// Seconds in the timelock of the governance chain.
    pub governance_delay_seconds: u64,
    /// Seconds in the timelock of the L1; present exactly when the governance chain stands on one.
    pub l1_delay_seconds: Option<u64>,
}

/// What happens when an election has too few nominees: members of the outgoing cohort are drawn, see `ephor_rules::draw`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fallback {
    /// The draw's seed is the hash of the L1 block so many blocks after the last one of endorsement, which announces it
    /// before it exists.
    pub draw_after_blocks: u64,
}

/// Reads `[core_governor]`.
pub(crate) fn read_core_governor(document: &mut Section<'_>, token: Option<&Token>) -> Option<CoreGovernor> {
    let mut section = document.section("core_governor")?;
    let voting_delay_blocks = section.required("voting_delay_blocks");
    let voting_period_blocks = section.positive("voting_period_blocks");
    let late_quorum_extension_blocks = section.required("late_quorum_extension_blocks");
    let proposal_threshold = section.required::<Tokens>("proposal_threshold");
    let quorum = fraction::read(&mut section, "quorum");
    check_supply(section.source, proposal_threshold.as_ref(), token);
    section.finish();
    Some(CoreGovernor {
        voting_delay_blocks: voting_delay_blocks?.value,
        voting_period_blocks: voting_period_blocks?.value,
        late_quorum_extension_blocks: late_quorum_extension_blocks?.value,
        proposal_threshold: proposal_threshold?.value.0,
        quorum: quorum?.value,
    })
}

/// Reads `[removal]`.
pub(crate) fn read_removal(document: &mut Section<'_>, token: Option<&Token>) -> Option<Removal> {
    let mut section = document.section("removal")?;
    let voting_delay_blocks = section.required("voting_delay_blocks");
    let voting_period_blocks = section.positive("voting_period_blocks");
    let late_quorum_extension_blocks = section.required("late_quorum_extension_blocks");
    let proposal_expiration_blocks = section.positive("proposal_expiration_blocks");
    let proposal_threshold = section.required::<Tokens>("proposal_threshold");
    let quorum = fraction::read(&mut section, "quorum");
    let success = fraction::read(&mut section, "success");
    if let Some(success) = &success
        && success.value.numerator == success.value.denominator
    {
        section.source.report(success.span.clone(), VoteProblem::NeverSucceeds);
    }
    check_supply(section.source, proposal_threshold.as_ref(), token);
    section.finish();
    Some(Removal {
        voting_delay_blocks: voting_delay_blocks?.value,
        voting_period_blocks: voting_period_blocks?.value,
        late_quorum_extension_blocks: late_quorum_extension_blocks?.value,
        proposal_expiration_blocks: proposal_expiration_blocks?.value,
        proposal_threshold: proposal_threshold?.value.0,
        quorum: quorum?.value,
        success: success?.value,
    })
}

/// Reads `[timelocks]`.
pub(crate) fn read_timelocks(document: &mut Section<'_>, chains: Option<&[Chain]>) -> Option<Timelocks> {
    let mut section = document.section("timelocks")?;
    let source = section.source;
    let governance = section.section("governance").and_then(read_delay);
    let l1_section = section.optional_section("l1");
    let l1_span = l1_section.as_ref().map(Section::span);
    let l1 = l1_section.and_then(read_delay);
    if let Some(chain) = chains.and_then(|chains| chains.iter().find(|chain| chain.governance)) {
        match (&chain.parent, &l1_span) {
            (Some(_), None) => section.report(PowerProblem::MissingL1Timelock { chain: chain.name.clone() }),
            (None, Some(span)) => {
                source.report(span.clone(), PowerProblem::NeedlessL1Timelock { chain: chain.name.clone() });
            }
            _ => {}
        }
    }
    section.finish();
    Some(Timelocks { governance_delay_seconds: governance?, l1_delay_seconds: l1 })
}

fn read_delay(mut section: Section<'_>) -> Option<u64> {
    let delay = section.wait("delay_seconds");
    section.finish();
    Some(delay?.value)
}

/// Reads `[fallback]`.
pub(crate) fn read_fallback(document: &mut Section<'_>, election: Option<&Election>) -> Option<Fallback> {
    let mut section = document.section("fallback")?;
    let draw_after_blocks = section.positive::<u64>("draw_after_blocks");
    if let (Some(blocks), Some(election)) = (&draw_after_blocks, election)
        && blocks.value > election.vetting_blocks
    {
        let problem = VoteProblem::BeyondVetting { blocks: blocks.value, vetting_blocks: election.vetting_blocks };
        section.source.report(blocks.span.clone(), problem);
    }
    section.finish();
    Some(Fallback { draw_after_blocks: draw_after_blocks?.value })
}

fn check_supply(source: &Source<'_>, threshold: Option<&Sited<Tokens>>, token: Option<&Token>) {
    if let (Some(threshold), Some(token)) = (threshold, token)
        && threshold.value.0 > token.supply
    {
        let problem = VoteProblem::AboveSupply { amount: threshold.value.0, supply: token.supply };
        source.report(threshold.span.clone(), problem);
    }
}
