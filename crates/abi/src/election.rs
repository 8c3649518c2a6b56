//! The two election governors and the removal governor.
//! Source: the ABI of the deployed contracts.

#![allow(missing_docs, reason = "the macro's generated items repeat the interface above them")]

use alloy_sol_types::sol;

sol! {
    /// What the three governors of the council share.
    #[derive(Debug, PartialEq, Eq)]
    interface ICouncilGovernor {
        function securityCouncilManager() external view returns (address);
    }

    /// What the two election governors share.
    #[derive(Debug, PartialEq, Eq)]
    interface IElectionGovernor {
        error CastVoteDisabled();
        error InvalidSupport(uint8 support);
        error ProposeDisabled();
        error UnexpectedParamsLength(uint256 paramLength);
        error VoteAlreadyCast(address voter, uint256 proposalId, bytes32 replayHash);

        function electionIndexToCohort(uint256 electionIndex) external pure returns (uint8);
        function electionIndexToDescription(uint256 electionIndex) external pure returns (string memory);
        function getProposeArgs(uint256 electionIndex) external pure returns (address[] memory, uint256[] memory, bytes[] memory, string memory);
        function usedNonces(bytes32) external view returns (bool);
        function votesUsed(uint256 proposalId, address account) external view returns (uint256);
    }

    /// Nominee election: registration, endorsement, vetting.
    #[derive(Debug, PartialEq, Eq)]
    interface INomineeElection {
        struct InitParams {
            Date firstNominationStartDate;
            uint256 nomineeVettingDuration;
            address nomineeVetter;
            address securityCouncilManager;
            address securityCouncilMemberElectionGovernor;
            address token;
            address owner;
            uint256 quorumNumeratorValue;
            uint256 votingPeriod;
        }
        struct Date {
            uint256 year;
            uint256 month;
            uint256 day;
            uint256 hour;
        }

        event ContenderAdded(uint256 indexed proposalId, address indexed contender);
        event NewNominee(uint256 indexed proposalId, address indexed nominee);
        event NomineeExcluded(uint256 indexed proposalId, address indexed nominee);
        event NomineeVetterChanged(address indexed oldNomineeVetter, address indexed newNomineeVetter);
        event VoteCastForContender(uint256 indexed proposalId, address indexed voter, address indexed contender, uint256 votes, uint256 totalUsedVotes, uint256 usableVotes);

        error AccountInOtherCohort(uint8 cohort, address account);
        error AlreadyContender(address contender);
        error CompliantNomineeTargetHit(uint256 nomineeCount, uint256 expectedCount);
        error CreateTooEarly(uint256 blockTimestamp, uint256 startTime);
        error Deprecated(string message);
        error InsufficientCompliantNomineeCount(uint256 compliantNomineeCount, uint256 expectedCount);
        error InsufficientTokens(uint256 votes, uint256 prevVotesUsed, uint256 weight);
        error InvalidSignature();
        error InvalidStartDate(uint256 year, uint256 month, uint256 day, uint256 hour);
        error LastMemberElectionNotExecuted(uint256 prevProposalId);
        error NomineeAlreadyAdded(address nominee);
        error NomineeAlreadyExcluded(address nominee);
        error NotEligibleContender(address contender);
        error NotNominee(address nominee);
        error OnlyNomineeVetter();
        error ProposalIdMismatch(uint256 nomineeProposalId, uint256 memberProposalId);
        error ProposalInVettingPeriod(uint256 blockNumber, uint256 vettingDeadline);
        error ProposalNotInVettingPeriod(uint256 blockNumber, uint256 vettingDeadline);
        error ProposalNotPending(uint8 state);
        error ProposalNotSucceededState(uint8 state);
        error QuorumNumeratorTooLow(uint256 quorumNumeratorValue);
        error StartDateTooEarly(uint256 startTime, uint256 currentTime);

        function addContender(uint256) external pure;
        function addContender(uint256 proposalId, bytes memory signature) external;
        function compliantNomineeCount(uint256 proposalId) external view returns (uint256);
        function compliantNominees(uint256 proposalId) external view returns (address[] memory);
        function createElection() external returns (uint256 proposalId);
        function currentCohort() external view returns (uint8);
        function electionCount() external view returns (uint256);
        function electionToTimestamp(uint256 electionIndex) external view returns (uint256);
        function excludeNominee(uint256 proposalId, address nominee) external;
        function excludedNomineeCount(uint256 proposalId) external view returns (uint256);
        function firstNominationStartDate() external view returns (uint256 year, uint256 month, uint256 day, uint256 hour);
        function includeNominee(uint256 proposalId, address account) external;
        function initialize(InitParams memory params) external;
        function isCompliantNominee(uint256 proposalId, address account) external view returns (bool);
        function isContender(uint256 proposalId, address possibleContender) external view returns (bool);
        function isExcluded(uint256 proposalId, address possibleExcluded) external view returns (bool);
        function isNominee(uint256 proposalId, address contender) external view returns (bool);
        function nomineeCount(uint256 proposalId) external view returns (uint256);
        function nomineeVetter() external view returns (address);
        function nomineeVettingDuration() external view returns (uint256);
        function nominees(uint256 proposalId) external view returns (address[] memory);
        function otherCohort() external view returns (uint8);
        function proposalVettingDeadline(uint256 proposalId) external view returns (uint256);
        function recoverAddContenderMessage(uint256 proposalId, bytes memory signature) external view returns (address);
        function securityCouncilMemberElectionGovernor() external view returns (address);
        function setNomineeVetter(address _nomineeVetter) external;
        function votesReceived(uint256 proposalId, address contender) external view returns (uint256);
    }

    /// What the nominee election adds to the deployed one: rules that can be amended.
    #[derive(Debug, PartialEq, Eq)]
    interface IElectionRules {
        event ElectionRulesSet(uint256 intervalMonths, bool sittingMembersStand, uint256 rotationCutoffBlocks);
        event NomineeRotated(uint256 indexed proposalId, address indexed oldNominee, address indexed newNominee);

        error InvalidElectionInterval(uint256 intervalMonths);
        error RotationClosed(uint256 blockNumber, uint256 lastBlock);

        function electionRules() external view returns (uint256 intervalMonths, bool sittingMembersStand, uint256 rotationCutoffBlocks);
        function rotateNominee(uint256 proposalId, bytes memory signature) external;
        function setElectionRules(uint256 intervalMonths, bool sittingMembersStand, uint256 rotationCutoffBlocks) external;
    }

    /// Member election: weighted votes for compliant nominees.
    #[derive(Debug, PartialEq, Eq)]
    interface IMemberElection {
        event FullWeightDurationSet(uint256 newFullWeightDuration);
        event VoteCastForNominee(address indexed voter, uint256 indexed proposalId, address indexed nominee, uint256 votes, uint256 weight, uint256 totalUsedVotes, uint256 usableVotes, uint256 weightReceived);

        error FullWeightDurationGreaterThanVotingPeriod(uint256 fullWeightDuration, uint256 votingPeriod);
        error InsufficientVotes(uint256 prevVotesUsed, uint256 votes, uint256 availableVotes);
        error InvalidDurations(uint256 fullWeightDuration, uint256 votingPeriod);
        error LengthsDontMatch(uint256 nomineesLength, uint256 weightsLength);
        error NotCompliantNominee(address nominee);
        error NotEnoughNominees(uint256 numNominees, uint256 k);
        error OnlyNomineeElectionGovernor();
        error UintTooLarge(uint256 x);
        error ZeroWeightVote(uint256 blockNumber, uint256 votes);

        function fullWeightDuration() external view returns (uint256);
        function fullWeightVotingDeadline(uint256 proposalId) external view returns (uint256);
        function initialize(address _nomineeElectionGovernor, address _securityCouncilManager, address _token, address _owner, uint256 _votingPeriod, uint256 _fullWeightDuration) external;
        function nomineeElectionGovernor() external view returns (address);
        function proposeFromNomineeElectionGovernor(uint256 electionIndex) external returns (uint256);
        function selectTopNominees(address[] memory nominees, uint240[] memory weights, uint256 k) external pure returns (address[] memory);
        function setFullWeightDuration(uint256 newFullWeightDuration) external;
        function topNominees(uint256 proposalId) external view returns (address[] memory);
        function votesToWeight(uint256 proposalId, uint256 blockNumber, uint256 votes) external view returns (uint240);
        function weightReceived(uint256 proposalId, address nominee) external view returns (uint256);
    }

    /// Removal of one member by the DAO.
    #[derive(Debug, PartialEq, Eq)]
    interface IMemberRemoval {
        event MemberRemovalProposed(address memberToRemove, string description);
        event VoteSuccessNumeratorSet(uint256 indexed voteSuccessNumerator);

        error AbstainDisallowed();
        error CallNotRemoveMember(bytes4 selector, bytes4 expectedSelector);
        error InvalidOperationsLength(uint256 len);
        error InvalidVoteSuccessNumerator(uint256 voteSuccessNumerator);
        error MemberNotFound(address memberToRemove);
        error TargetNotManager(address target);
        error UnexpectedCalldataLength(uint256 len);
        error ValueNotZero(uint256 value);

        function VOTE_SUCCESS_DENOMINATOR() external view returns (uint256);
        function initialize(uint256 _voteSuccessNumerator, address _securityCouncilManager, address _token, address _owner, uint256 _votingDelay, uint256 _votingPeriod, uint256 _quorumNumerator, uint256 _proposalThreshold, uint64 _minPeriodAfterQuorum, uint256 _proposalExpirationBlocks) external;
        function proposalExpirationBlocks() external view returns (uint256);
        function proposalExpirationDeadline(uint256 proposalId) external view returns (uint256);
        function separateSelector(bytes memory calldataWithSelector) external pure returns (bytes4, bytes memory);
        function setVoteSuccessNumerator(uint256 _voteSuccessNumerator) external;
        function voteSuccessNumerator() external view returns (uint256);
    }
}
