//! Arbitrum's bridges as governance uses them, and the precompile that sends to the parent chain.
//! Source: `ArbSys`, `Inbox`, `Bridge`, `Outbox` and `ArbRetryableTx` of the Nitro contracts (public interfaces).

#![allow(missing_docs, reason = "the macro's generated items repeat the interface above them")]

use alloy_primitives::{Address, address};
use alloy_sol_types::sol;

/// The precompile of an Arbitrum chain that sends to the parent chain.
pub const ARB_SYS: Address = address!("0000000000000000000000000000000000000064");

/// The precompile of an Arbitrum chain that holds retryable tickets.
pub const ARB_RETRYABLE_TX: Address = address!("000000000000000000000000000000000000006E");

/// What a node of an Arbitrum chain answers for, without a contract behind it.
pub const NODE_INTERFACE: Address = address!("00000000000000000000000000000000000000C8");

/// The target that the L1 timelock takes for "create a retryable ticket with this payload": the first twenty bytes of
/// `keccak256("retryable ticket magic")`.
pub const RETRYABLE_TICKET_MAGIC: Address = address!("a723C008e76E379c55599D2E4d93879BeaFDa79C");

sol! {
    /// The precompile at `0x64` of an Arbitrum chain.
    #[derive(Debug, PartialEq, Eq)]
    interface IArbSys {
        event L2ToL1Tx(address caller, address indexed destination, uint256 indexed hash, uint256 indexed position, uint256 arbBlockNum, uint256 ethBlockNum, uint256 timestamp, uint256 callvalue, bytes data);

        function sendTxToL1(address destination, bytes data) external payable returns (uint256);
        function arbBlockNumber() external view returns (uint256);
        function arbChainID() external view returns (uint256);
    }

    /// Where messages to an Arbitrum chain are sent from its parent.
    #[derive(Debug, PartialEq, Eq)]
    interface IInbox {
        event InboxMessageDelivered(uint256 indexed messageNum, bytes data);

        error InsufficientValue(uint256 expected, uint256 actual);
        error InsufficientSubmissionCost(uint256 expected, uint256 actual);
        error RetryableData(address from, address to, uint256 l2CallValue, uint256 deposit, uint256 maxSubmissionCost, address excessFeeRefundAddress, address callValueRefundAddress, uint256 gasLimit, uint256 maxFeePerGas, bytes data);

        function bridge() external view returns (address);
        function calculateRetryableSubmissionFee(uint256 dataLength, uint256 baseFee) external view returns (uint256);
        function createRetryableTicket(address to, uint256 l2CallValue, uint256 maxSubmissionCost, address excessFeeRefundAddress, address callValueRefundAddress, uint256 gasLimit, uint256 maxFeePerGas, bytes data) external payable returns (uint256);
    }

    /// The bridge on the parent chain.
    #[derive(Debug, PartialEq, Eq)]
    interface IBridge {
        event MessageDelivered(uint256 indexed messageIndex, bytes32 indexed beforeInboxAcc, address inbox, uint8 kind, address sender, bytes32 messageDataHash, uint256 baseFeeL1, uint64 timestamp);

        error NotDelayedInbox(address sender);
        error NotOutbox(address sender);
        error NotContract(address addr);

        function activeOutbox() external view returns (address);
        function delayedMessageCount() external view returns (uint256);
        function enqueueDelayedMessage(uint8 kind, address sender, bytes32 messageDataHash) external payable returns (uint256);
        function executeCall(address to, uint256 value, bytes data) external returns (bool success, bytes returnData);
    }

    /// Executes messages from an Arbitrum chain on its parent, once each, after the challenge period.
    #[derive(Debug, PartialEq, Eq)]
    interface IOutbox {
        event OutBoxTransactionExecuted(address indexed to, address indexed l2Sender, uint256 indexed zero, uint256 transactionIndex);
        event SendRootUpdated(bytes32 indexed outputRoot, bytes32 indexed l2BlockHash);

        error ProofTooLong(uint256 proofLength);
        error PathNotMinimal(uint256 index, uint256 maxIndex);
        error UnknownRoot(bytes32 root);
        error AlreadySpent(uint256 index);
        error BridgeCallFailed();
        error NotRollup(address sender, address rollup);

        function l2ToL1Sender() external view returns (address);
        function l2ToL1Block() external view returns (uint256);
        function l2ToL1EthBlock() external view returns (uint256);
        function l2ToL1Timestamp() external view returns (uint256);
        function isSpent(uint256 index) external view returns (bool);
        function roots(bytes32 root) external view returns (bytes32);
        function updateSendRoot(bytes32 root, bytes32 l2BlockHash) external;
        function executeTransaction(bytes32[] proof, uint256 index, address l2Sender, address to, uint256 l2Block, uint256 l1Block, uint256 l2Timestamp, uint256 value, bytes data) external;
    }

    /// The precompile at `0x6e` of an Arbitrum chain, which holds retryable tickets.
    #[derive(Debug, PartialEq, Eq)]
    interface IArbRetryableTx {
        event TicketCreated(bytes32 indexed ticketId);
        event RedeemScheduled(bytes32 indexed ticketId, bytes32 indexed retryTxHash, uint64 indexed sequenceNum, uint64 donatedGas, address gasDonor, uint256 maxRefund, uint256 submissionFeeRefund);
        event LifetimeExtended(bytes32 indexed ticketId, uint256 newTimeout);

        error NoTicketWithID();

        function redeem(bytes32 ticketId) external returns (bytes32);
        function getTimeout(bytes32 ticketId) external view returns (uint256);
        function getLifetime() external view returns (uint256);
    }

    /// The virtual contract at `0xc8` of an Arbitrum chain, which only a node answers.
    #[derive(Debug, PartialEq, Eq)]
    interface INodeInterface {
        function constructOutboxProof(uint64 size, uint64 leaf) external view returns (bytes32 send, bytes32 root, bytes32[] proof);
    }
}
