//! The governors: what all four share, and the extensions some of them have.
//! Source: the ABI of the deployed contracts (OpenZeppelin Governor 4.7.3 with its settings, votes, quorum, late-quorum and timelock extensions).

#![allow(missing_docs, reason = "the macro's generated items repeat the interface above them")]

use alloy_sol_types::sol;

sol! {
    /// What every governor offers.
    #[derive(Debug, PartialEq, Eq)]
    interface IGovernor {
        event ProposalCanceled(uint256 proposalId);
        event ProposalCreated(uint256 proposalId, address proposer, address[] targets, uint256[] values, string[] signatures, bytes[] calldatas, uint256 startBlock, uint256 endBlock, string description);
        event ProposalExecuted(uint256 proposalId);
        event ProposalThresholdSet(uint256 oldProposalThreshold, uint256 newProposalThreshold);
        event VoteCast(address indexed voter, uint256 proposalId, uint8 support, uint256 weight, string reason);
        event VoteCastWithParams(address indexed voter, uint256 proposalId, uint8 support, uint256 weight, string reason, bytes params);
        event VotingDelaySet(uint256 oldVotingDelay, uint256 newVotingDelay);
        event VotingPeriodSet(uint256 oldVotingPeriod, uint256 newVotingPeriod);

        error Empty();

        function BALLOT_TYPEHASH() external view returns (bytes32);
        function COUNTING_MODE() external pure returns (string memory);
        function EXTENDED_BALLOT_TYPEHASH() external view returns (bytes32);
        function castVote(uint256, uint8) external returns (uint256);
        function castVoteBySig(uint256, uint8, uint8, bytes32, bytes32) external returns (uint256);
        function castVoteWithReason(uint256, uint8, string memory) external returns (uint256);
        function castVoteWithReasonAndParams(uint256 proposalId, uint8 support, string memory reason, bytes memory params) external returns (uint256);
        function castVoteWithReasonAndParamsBySig(uint256 proposalId, uint8 support, string memory reason, bytes memory params, uint8 v, bytes32 r, bytes32 s) external returns (uint256);
        function execute(address[] memory targets, uint256[] memory values, bytes[] memory calldatas, bytes32 descriptionHash) external payable returns (uint256);
        function getVotes(address account, uint256 blockNumber) external view returns (uint256);
        function getVotesWithParams(address account, uint256 blockNumber, bytes memory params) external view returns (uint256);
        function hasVoted(uint256 proposalId, address account) external view returns (bool);
        function hashProposal(address[] memory targets, uint256[] memory values, bytes[] memory calldatas, bytes32 descriptionHash) external pure returns (uint256);
        function proposalDeadline(uint256 proposalId) external view returns (uint256);
        function proposalSnapshot(uint256 proposalId) external view returns (uint256);
        function proposalThreshold() external view returns (uint256);
        function propose(address[] memory, uint256[] memory, bytes[] memory, string memory) external returns (uint256);
        function quorum(uint256 blockNumber) external view returns (uint256);
        function relay(address target, uint256 value, bytes memory data) external;
        function setProposalThreshold(uint256 newProposalThreshold) external;
        function setVotingDelay(uint256 newVotingDelay) external;
        function setVotingPeriod(uint256 newVotingPeriod) external;
        function state(uint256 proposalId) external view returns (uint8);
        function token() external view returns (address);
        function version() external view returns (string memory);
        function votingDelay() external view returns (uint256);
        function votingPeriod() external view returns (uint256);
    }

    /// A quorum that is a fraction of the votable supply.
    #[derive(Debug, PartialEq, Eq)]
    interface ICirculatingQuorum {
        event QuorumNumeratorUpdated(uint256 oldQuorumNumerator, uint256 newQuorumNumerator);

        function EXCLUDE_ADDRESS() external view returns (address);
        function getPastCirculatingSupply(uint256 blockNumber) external view returns (uint256);
        function quorumDenominator() external pure returns (uint256);
        function quorumNumerator(uint256 blockNumber) external view returns (uint256);
        function quorumNumerator() external view returns (uint256);
        function updateQuorumNumerator(uint256 newQuorumNumerator) external;
    }

    /// Counting For, Against and Abstain, with an extension when the quorum is reached late.
    #[derive(Debug, PartialEq, Eq)]
    interface ILateQuorum {
        event LateQuorumVoteExtensionSet(uint64 oldVoteExtension, uint64 newVoteExtension);
        event ProposalExtended(uint256 indexed proposalId, uint64 extendedDeadline);

        function lateQuorumVoteExtension() external view returns (uint64);
        function proposalVotes(uint256 proposalId) external view returns (uint256 againstVotes, uint256 forVotes, uint256 abstainVotes);
        function setLateQuorumVoteExtension(uint64 newVoteExtension) external;
    }

    /// A governor that acts through a timelock: the core governor.
    #[derive(Debug, PartialEq, Eq)]
    interface ITimelockedGovernor {
        event ProposalQueued(uint256 proposalId, uint256 eta);
        event TimelockChange(address oldTimelock, address newTimelock);

        function initialize(address _token, address _timelock, address _owner, uint256 _votingDelay, uint256 _votingPeriod, uint256 _quorumNumerator, uint256 _proposalThreshold, uint64 _minPeriodAfterQuorum) external;
        function proposalEta(uint256 proposalId) external view returns (uint256);
        function queue(address[] memory targets, uint256[] memory values, bytes[] memory calldatas, bytes32 descriptionHash) external returns (uint256);
        function timelock() external view returns (address);
        function updateTimelock(address newTimelock) external;
    }
}
