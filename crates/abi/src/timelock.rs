//! The timelocks.
//! Source: the ABI of the deployed contracts (OpenZeppelin TimelockController 4.7.3).

#![allow(missing_docs, reason = "the macro's generated items repeat the interface above them")]

use alloy_sol_types::sol;

sol! {
    /// Operations that wait: schedule, cancel, execute.
    #[derive(Debug, PartialEq, Eq)]
    interface ITimelock {
        event CallExecuted(bytes32 indexed id, uint256 indexed index, address target, uint256 value, bytes data);
        event CallScheduled(bytes32 indexed id, uint256 indexed index, address target, uint256 value, bytes data, bytes32 predecessor, uint256 delay);
        event Cancelled(bytes32 indexed id);
        event MinDelayChange(uint256 oldDuration, uint256 newDuration);

        function CANCELLER_ROLE() external view returns (bytes32);
        function PROPOSER_ROLE() external view returns (bytes32);
        function TIMELOCK_ADMIN_ROLE() external view returns (bytes32);
        function cancel(bytes32 id) external;
        function execute(address target, uint256 value, bytes memory payload, bytes32 predecessor, bytes32 salt) external payable;
        function executeBatch(address[] memory targets, uint256[] memory values, bytes[] memory payloads, bytes32 predecessor, bytes32 salt) external payable;
        function getMinDelay() external view returns (uint256 duration);
        function getTimestamp(bytes32 id) external view returns (uint256 timestamp);
        function hashOperation(address target, uint256 value, bytes memory data, bytes32 predecessor, bytes32 salt) external pure returns (bytes32 hash);
        function hashOperationBatch(address[] memory targets, uint256[] memory values, bytes[] memory payloads, bytes32 predecessor, bytes32 salt) external pure returns (bytes32 hash);
        function initialize(uint256 minDelay, address[] memory proposers, address[] memory executors) external;
        function isOperation(bytes32 id) external view returns (bool registered);
        function isOperationDone(bytes32 id) external view returns (bool done);
        function isOperationPending(bytes32 id) external view returns (bool pending);
        function isOperationReady(bytes32 id) external view returns (bool ready);
        function schedule(address target, uint256 value, bytes memory data, bytes32 predecessor, bytes32 salt, uint256 delay) external;
        function scheduleBatch(address[] memory targets, uint256[] memory values, bytes[] memory payloads, bytes32 predecessor, bytes32 salt, uint256 delay) external;
        function updateDelay(uint256 newDelay) external;
    }

    /// What the timelock on Ethereum adds: its counterpart, its inbox, retryable tickets.
    #[derive(Debug, PartialEq, Eq)]
    interface IL1Timelock {
        event TxToL2(address indexed _from, address indexed _to, uint256 indexed _seqNum, bytes _data);

        function governanceChainInbox() external view returns (address);
        function initialize(uint256 minDelay, address[] memory executors, address _governanceChainInbox, address _l2Timelock) external;
        function l2Timelock() external view returns (address);
    }
}
