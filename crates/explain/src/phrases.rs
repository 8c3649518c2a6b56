//! The functions that explanations have words for: names of parameters, units, a sentence.
//!
//! In a sentence, `{name}` is the argument of that name, `{name:unit}` the argument in a unit, `{@}` whom is called and `{$}` the
//! value sent along. Units: `wei`, `gwei`, `seconds`, `time`, `blocks` (of the L1), `role`, `self` (units of the token that is
//! called) and `token(x)` (units of the token that the argument `x` names). The signatures of interfaces that `ephor-abi` has
//! are the same there, which a test checks; the others are public interfaces: Multicall3, MultiSend, ERC-1967 proxy
//! administration, ERC-20, OP Stack portal, messenger and system configuration.

/// How the calls within a call are found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shape {
    /// There are none.
    Plain,
    /// Actions of a governor: `(targets, values, calldatas, description or its hash)`.
    Propose,
    /// The same, by the hash of the description, on their way to a timelock.
    Queue,
    /// The same, executed by a governor.
    GovernorExecute,
    /// An operation of one call: `(target, value, data, predecessor, salt, …)`.
    Operation,
    /// An operation of several.
    BatchOperation,
    /// A message to the parent chain.
    SendToParent,
    /// The execution of such a message.
    OutboxExecute,
    /// A retryable ticket.
    Ticket,
    /// A delegate call of an upgrade executor.
    ExecutorExecute,
    /// A call of an upgrade executor.
    ExecutorCall,
    /// Delegate calls of several actions.
    LocalRoute,
    /// A governor's call in its own name.
    Relay,
    /// A transaction of a Safe.
    SafeTransaction,
    /// A transaction of a Safe on behalf of a module.
    ModuleTransaction,
    /// Packed transactions.
    MultiSend,
    /// `(target, data)[]` as the argument of this index.
    Aggregate(usize),
    /// `(target, allowFailure, data)[]`.
    Aggregate3,
    /// `(target, allowFailure, value, data)[]`.
    Aggregate3Value,
    /// A proxy's change of code, and a call of the new code.
    UpgradeToAndCall,
    /// The same through the proxy's administrator.
    AdminUpgradeAndCall,
    /// A deposit of an OP Stack chain.
    Deposit,
    /// A message to an OP Stack chain.
    Messenger,
}

/// A function with words for it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Phrase {
    pub(crate) function: &'static str,
    pub(crate) shape: Shape,
    pub(crate) sentence: &'static str,
}

macro_rules! phrases {
    ($($function:literal $shape:expr => $sentence:literal)*) => {
        pub(crate) static PHRASES: &[Phrase] = &[$(Phrase { function: $function, shape: $shape, sentence: $sentence }),*];
    };
}

use Shape::*;

phrases! {
    // Governors.
    "propose(address[] targets, uint256[] values, bytes[] calldatas, string description)" Propose
        => "Propose a vote on what follows."
    "queue(address[] targets, uint256[] values, bytes[] calldatas, bytes32 descriptionHash)" Queue
        => "Hand what was voted to the timelock."
    "execute(address[] targets, uint256[] values, bytes[] calldatas, bytes32 descriptionHash)" GovernorExecute
        => "Execute what was voted."
    "relay(address target, uint256 value, bytes data)" Relay => "Make {@} itself call {target}."
    "castVote(uint256 proposalId, uint8 support)" Plain => "Vote with {support} on the proposal {proposalId} (0 against, 1 for, 2 abstain)."
    "setVotingDelay(uint256 newVotingDelay)" Plain => "Set the voting delay of {@} to {newVotingDelay:blocks}."
    "setVotingPeriod(uint256 newVotingPeriod)" Plain => "Set the voting period of {@} to {newVotingPeriod:blocks}."
    "updateQuorumNumerator(uint256 newQuorumNumerator)" Plain => "Set the numerator of the quorum of {@} to {newQuorumNumerator}."
    // Timelocks.
    "schedule(address target, uint256 value, bytes data, bytes32 predecessor, bytes32 salt, uint256 delay)" Operation
        => "Schedule one call in {@}, to be executed after {delay:seconds}."
    "scheduleBatch(address[] targets, uint256[] values, bytes[] payloads, bytes32 predecessor, bytes32 salt, uint256 delay)" BatchOperation
        => "Schedule calls in {@}, to be executed together after {delay:seconds}."
    "execute(address target, uint256 value, bytes payload, bytes32 predecessor, bytes32 salt)" Operation
        => "Execute the one call of an operation of {@}."
    "executeBatch(address[] targets, uint256[] values, bytes[] payloads, bytes32 predecessor, bytes32 salt)" BatchOperation
        => "Execute the calls of an operation of {@}."
    "cancel(bytes32 id)" Plain => "Cancel the operation {id} of {@}."
    "updateDelay(uint256 newDelay)" Plain => "Set the least delay of {@} to {newDelay:seconds}."
    // Bridges.
    "sendTxToL1(address destination, bytes data)" SendToParent => "Send a message to the parent chain."
    "withdrawEth(address destination)" Plain => "Withdraw {$} to {destination} on the parent chain."
    "executeTransaction(bytes32[] proof, uint256 index, address l2Sender, address to, uint256 l2Block, uint256 l1Block, uint256 l2Timestamp, uint256 value, bytes data)" OutboxExecute
        => "Execute message {index} that {l2Sender} sent to {to} at {l2Timestamp:time}."
    "createRetryableTicket(address to, uint256 l2CallValue, uint256 maxSubmissionCost, address excessFeeRefundAddress, address callValueRefundAddress, uint256 gasLimit, uint256 maxFeePerGas, bytes data)" Ticket
        => "Create a retryable ticket with {l2CallValue:wei}, paying {maxSubmissionCost:wei} for it and up to {maxFeePerGas:gwei} for gas."
    "unsafeCreateRetryableTicket(address to, uint256 l2CallValue, uint256 maxSubmissionCost, address excessFeeRefundAddress, address callValueRefundAddress, uint256 gasLimit, uint256 maxFeePerGas, bytes data)" Ticket
        => "Create a retryable ticket with {l2CallValue:wei}, paying {maxSubmissionCost:wei} for it and up to {maxFeePerGas:gwei} for gas."
    "redeem(bytes32 ticketId)" Plain => "Redeem the retryable ticket {ticketId}."
    "depositTransaction(address to, uint256 value, uint64 gasLimit, bool isCreation, bytes data)" Deposit
        => "Deposit a transaction on the chain behind {@} that calls {to} with {value:wei} and {gasLimit} gas; contract creation: {isCreation}."
    "sendMessage(address target, bytes message, uint32 minGasLimit)" Messenger
        => "Send a message to the chain behind {@} that calls {target} with at least {minGasLimit} gas."
    // Executors and the council.
    "execute(address upgrade, bytes upgradeCallData)" ExecutorExecute => "Let {@} run the code of {upgrade} in its own name."
    "executeCall(address target, bytes targetCallData)" ExecutorCall => "Let {@} call {target}."
    "perform(address[] actions, bytes[] datas)" LocalRoute => "Run several actions in turn."
    "perform(address _securityCouncil, address[] _updatedMembers, uint256 _nonce)" Plain
        => "Make the owners of {_securityCouncil} exactly {_updatedMembers}, as update {_nonce}."
    "perform()" Plain => "Perform what the code of {@} does; the calldata does not say what."
    "addMember(address _newMember, uint8 _cohort)" Plain => "Add {_newMember} to cohort {_cohort} of the council."
    "removeMember(address _member)" Plain => "Remove {_member} from the council."
    "replaceMember(address _memberToReplace, address _newMember)" Plain => "Replace {_memberToReplace} by {_newMember} on the council."
    "rotateMember(address _currentAddress, address _newAddress)" Plain => "Exchange the member's key {_currentAddress} for {_newAddress}."
    "replaceCohort(address[] _newCohort, uint8 _cohort)" Plain => "Replace cohort {_cohort} of the council by {_newCohort}."
    "set(uint256 key, uint256 value)" Plain => "Store {value} under {key}."
    // Safes.
    "execTransaction(address to, uint256 value, bytes data, uint8 operation, uint256 safeTxGas, uint256 baseGas, uint256 gasPrice, address gasToken, address refundReceiver, bytes signatures)" SafeTransaction
        => "Execute a transaction of {@} that its owners signed."
    "execTransactionFromModule(address to, uint256 value, bytes data, uint8 operation)" ModuleTransaction => "Let {@} act for one of its modules."
    "execTransactionFromModuleReturnData(address to, uint256 value, bytes data, uint8 operation)" ModuleTransaction => "Let {@} act for one of its modules."
    "approveHash(bytes32 hashToApprove)" Plain => "Approve {hashToApprove} for {@}, in the caller's name."
    "addOwnerWithThreshold(address owner, uint256 _threshold)" Plain => "Add {owner} as an owner of {@}; threshold {_threshold}."
    "removeOwner(address prevOwner, address owner, uint256 _threshold)" Plain => "Remove the owner {owner} of {@}; threshold {_threshold}."
    "swapOwner(address prevOwner, address oldOwner, address newOwner)" Plain => "Replace the owner {oldOwner} of {@} by {newOwner}."
    "changeThreshold(uint256 _threshold)" Plain => "Set the threshold of {@} to {_threshold}."
    "enableModule(address module)" Plain => "Let {module} act for {@} without signatures (as a module)."
    "disableModule(address prevModule, address module)" Plain => "Take the module {module} from {@}."
    "setGuard(address guard)" Plain => "Make {guard} the guard of {@}."
    "setFallbackHandler(address handler)" Plain => "Make {handler} the fallback handler of {@}."
    "multiSend(bytes transactions)" MultiSend => "Make several transactions in turn."
    "aggregate((address target, bytes callData)[] calls)" Aggregate(0) => "Make several calls in turn."
    "tryAggregate(bool requireSuccess, (address target, bytes callData)[] calls)" Aggregate(1) => "Make several calls in turn; all must succeed: {requireSuccess}."
    "blockAndAggregate((address target, bytes callData)[] calls)" Aggregate(0) => "Make several calls in turn."
    "tryBlockAndAggregate(bool requireSuccess, (address target, bytes callData)[] calls)" Aggregate(1) => "Make several calls in turn; all must succeed: {requireSuccess}."
    "aggregate3((address target, bool allowFailure, bytes callData)[] calls)" Aggregate3 => "Make several calls in turn."
    "aggregate3Value((address target, bool allowFailure, uint256 value, bytes callData)[] calls)" Aggregate3Value => "Make several calls in turn."
    // Proxies, ownership, roles.
    "upgradeTo(address newImplementation)" Plain => "Make {newImplementation} the code of the proxy {@}."
    "upgradeToAndCall(address newImplementation, bytes data)" UpgradeToAndCall => "Make {newImplementation} the code of the proxy {@} and call it."
    "changeAdmin(address newAdmin)" Plain => "Make {newAdmin} the administrator of the proxy {@}."
    "upgrade(address proxy, address implementation)" Plain => "Make {implementation} the code of the proxy {proxy}."
    "upgradeAndCall(address proxy, address implementation, bytes data)" AdminUpgradeAndCall => "Make {implementation} the code of the proxy {proxy} and call it."
    "changeProxyAdmin(address proxy, address newAdmin)" Plain => "Make {newAdmin} the administrator of the proxy {proxy}."
    "transferOwnership(address newOwner)" Plain => "Make {newOwner} the owner of {@}."
    "renounceOwnership()" Plain => "Leave {@} without an owner."
    "grantRole(bytes32 role, address account)" Plain => "Give {account} the role {role:role} of {@}."
    "revokeRole(bytes32 role, address account)" Plain => "Take the role {role:role} of {@} from {account}."
    "renounceRole(bytes32 role, address account)" Plain => "Give the role {role:role} of {@} up, as {account}."
    // Tokens.
    "transfer(address to, uint256 amount)" Plain => "Send {amount:self} to {to}."
    "transfer(address token, address to, uint256 amount)" Plain => "Send {amount:token(token)} from {@} to {to}."
    "transferFrom(address from, address to, uint256 amount)" Plain => "Send {amount:self} of {from} to {to}."
    "approve(address spender, uint256 amount)" Plain => "Let {spender} spend {amount:self}."
    "approve(address token, address spender, uint256 amount)" Plain => "Let {spender} spend {amount:token(token)} of {@}."
    "increaseAllowance(address spender, uint256 addedValue)" Plain => "Let {spender} spend {addedValue:self} more."
    "mint(address recipient, uint256 amount)" Plain => "Create {amount:self} for {recipient}."
    "burn(uint256 amount)" Plain => "Destroy {amount:self}."
    "delegate(address delegatee)" Plain => "Delegate the caller's votes to {delegatee}."
    // OP Stack.
    "upgrade((address systemConfig, address proxyAdmin, bytes32 absolutePrestate)[] chains)" Plain => "Upgrade chains to the release of {@}: {chains}."
    "setGasLimit(uint64 gasLimit)" Plain => "Set the gas limit of the chain behind {@} to {gasLimit}."
    "setEIP1559Params(uint32 denominator, uint32 elasticity)" Plain => "Set the fee parameters of the chain behind {@}: denominator {denominator}, elasticity {elasticity}."
    "setBatcherHash(bytes32 batcherHash)" Plain => "Make {batcherHash} the batcher of the chain behind {@}."
    "setUnsafeBlockSigner(address unsafeBlockSigner)" Plain => "Make {unsafeBlockSigner} the signer of unsafe blocks of the chain behind {@}."
    "setImplementation(uint32 gameType, address implementation)" Plain => "Make {implementation} the dispute game of type {gameType}."
    "setImplementation(uint32 gameType, address implementation, bytes args)" Plain => "Make {implementation} the dispute game of type {gameType}, with {args}."
    "setInitBond(uint32 gameType, uint256 initBond)" Plain => "Set the bond of dispute games of type {gameType} to {initBond:wei}."
    "setRespectedGameType(uint32 gameType)" Plain => "Make {gameType} the type of dispute game that withdrawals rely on."
    "setAddress(bytes32 slot, address value)" Plain => "Write {value} to the storage slot {slot} of {@}."
    "setBytes32(bytes32 slot, bytes32 value)" Plain => "Write {value} to the storage slot {slot} of {@}."
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use alloy_primitives::Selector;
    use ephor_abi::catalog;

    use super::*;
    use crate::types::Function;

    #[test]
    fn has_every_function_once_and_as_the_interfaces_have_it() {
        let mut seen: BTreeMap<Selector, String> = BTreeMap::new();
        let mut known = 0;
        for phrase in PHRASES {
            let function =
                Function::parse(phrase.function).unwrap_or_else(|error| panic!("{}: {error}", phrase.function));
            assert!(function.inputs.iter().all(|param| !param.name.is_empty()), "{}", phrase.function);
            if let Some(item) = catalog::function(function.selector) {
                assert_eq!(item.signature, function.signature);
                known += 1;
            }
            let other = seen.insert(function.selector, function.signature);
            assert_eq!(other, None);
        }
        assert!(known >= 40, "{known}");
    }

    #[test]
    fn has_the_selectors_of_public_interfaces() {
        for (selector, signature) in [
            ("99a88ec4", "upgrade(address,address)"),
            ("9623609d", "upgradeAndCall(address,address,bytes)"),
            ("82ad56cb", "aggregate3((address,bool,bytes)[])"),
            ("174dea71", "aggregate3Value((address,bool,uint256,bytes)[])"),
            ("252dba42", "aggregate((address,bytes)[])"),
            ("8d80ff0a", "multiSend(bytes)"),
            ("e9e05c42", "depositTransaction(address,uint256,uint64,bool,bytes)"),
            ("ff2dd5a1", "upgrade((address,address,bytes32)[])"),
            ("beabacc8", "transfer(address,address,uint256)"),
            ("b40a817c", "setGasLimit(uint64)"),
            ("4e91db08", "setBytes32(bytes32,bytes32)"),
            ("3dbb202b", "sendMessage(address,bytes,uint32)"),
            ("b1070957", "setImplementation(uint32,address,bytes)"),
        ] {
            let functions = PHRASES.iter().filter_map(|phrase| Function::parse(phrase.function).ok());
            let found = functions.into_iter().find(|function| function.signature == signature).expect(signature);
            assert_eq!(found.selector, selector.parse::<Selector>().expect("hex"), "{signature}");
        }
    }
}
