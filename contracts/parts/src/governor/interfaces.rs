//! Which interfaces a governor has (ERC-165).
//!
//! The id of an interface is the exclusive or of its selectors. The reference answers for its interface, for the older
//! one without parameters, for the reception of ERC-1155 tokens, and for ERC-165.

use alloy_primitives::FixedBytes;
use alloy_sol_types::SolCall;
use ephor_abi::{
    common::INamed,
    governor::{
        IGovernor,
        ITimelockedGovernor::{proposalEtaCall, queueCall, timelockCall},
    },
};

use crate::erc165::{ERC1155_RECEIVER, interface_id};

/// A governor without parameters of votes.
pub const SIMPLE_GOVERNOR: FixedBytes<4> = interface_id(&[
    INamed::nameCall::SELECTOR,
    IGovernor::versionCall::SELECTOR,
    IGovernor::COUNTING_MODECall::SELECTOR,
    IGovernor::hashProposalCall::SELECTOR,
    IGovernor::stateCall::SELECTOR,
    IGovernor::proposalSnapshotCall::SELECTOR,
    IGovernor::proposalDeadlineCall::SELECTOR,
    IGovernor::votingDelayCall::SELECTOR,
    IGovernor::votingPeriodCall::SELECTOR,
    IGovernor::quorumCall::SELECTOR,
    IGovernor::getVotesCall::SELECTOR,
    IGovernor::hasVotedCall::SELECTOR,
    IGovernor::proposeCall::SELECTOR,
    IGovernor::executeCall::SELECTOR,
    IGovernor::castVoteCall::SELECTOR,
    IGovernor::castVoteWithReasonCall::SELECTOR,
    IGovernor::castVoteBySigCall::SELECTOR,
]);

/// A governor with parameters of votes.
pub const GOVERNOR: FixedBytes<4> = interface_id(&[
    SIMPLE_GOVERNOR.0,
    IGovernor::castVoteWithReasonAndParamsCall::SELECTOR,
    IGovernor::castVoteWithReasonAndParamsBySigCall::SELECTOR,
    IGovernor::getVotesWithParamsCall::SELECTOR,
]);

/// A governor that acts through a timelock.
pub const TIMELOCKED_GOVERNOR: FixedBytes<4> =
    interface_id(&[timelockCall::SELECTOR, proposalEtaCall::SELECTOR, queueCall::SELECTOR]);

/// What every governor answers for, but for ERC-165 itself.
pub const OF_EVERY_GOVERNOR: &[FixedBytes<4>] = &[SIMPLE_GOVERNOR, GOVERNOR, ERC1155_RECEIVER];

/// What a governor with a timelock answers for, but for ERC-165 itself.
pub const OF_TIMELOCKED_GOVERNOR: &[FixedBytes<4>] =
    &[TIMELOCKED_GOVERNOR, SIMPLE_GOVERNOR, GOVERNOR, ERC1155_RECEIVER];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_those_of_the_reference() {
        let ids = [SIMPLE_GOVERNOR, GOVERNOR, TIMELOCKED_GOVERNOR].map(|id| u32::from_be_bytes(id.0));
        assert_eq!(ids, [0xbf26_d897, 0x79dd_796f, 0x6e66_5ced]);
    }
}
