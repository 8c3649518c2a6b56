//! The route of a vote: proposals, operations, executors.

use alloy_primitives::{Address, B256, Bytes, U256, keccak256};
use alloy_sol_types::{SolCall, SolValue, sol};
use ephor_abi::{
    bridge::{ARB_SYS, IArbSys::sendTxToL1Call, RETRYABLE_TICKET_MAGIC},
    governor::IGovernor::proposeCall,
    timelock::ITimelock,
};
use ephor_charter::Part;
use ephor_explain::{Facts, IdKind, Kind, Manner, Node, Note, Sent, Submitted, book::alias, explain, ids};

use crate::world::{A, B, C, CHARTER, NOVA, ONE, contract, explained, inbox, knowledge, line, on, place, transferCall};

sol! {
    function swapOwner(address previous, address old, address new_);
    function execTransactionFromModule(address to, uint256 value, bytes data, uint8 operation);
    function executeCall(address target, bytes data);
    #[derive(Debug)]
    interface IExecutor {
        function execute(address upgrade, bytes data);
    }
}

/// The whole route, inside out: Safe on Nova ← executor ← ticket ← L1 timelock ← message ← core timelock ← proposal.
struct Route {
    safe: Address,
    executor: Address,
    l1_timelock: Address,
    ticket: Bytes,
    schedule: Bytes,
    send: Bytes,
    propose: Bytes,
    description: &'static str,
    l1_salt: B256,
}

fn route() -> Route {
    let safe = CHARTER.safes.iter().find(|safe| safe.chain == "arbitrum-nova").and_then(|safe| safe.address);
    let safe = safe.expect("a Safe on Nova");
    let executor = contract(Part::UpgradeExecutor, "arbitrum-nova");
    let l1_timelock = contract(Part::L1Timelock, "ethereum");
    let swap = swapOwnerCall { previous: A, old: B, new_: C }.abi_encode();
    let module = execTransactionFromModuleCall { to: safe, value: U256::ZERO, data: swap.into(), operation: 0 };
    let execute = executeCallCall { target: safe, data: module.abi_encode().into() }.abi_encode();
    let ticket = (inbox("arbitrum-nova"), executor, U256::ZERO, U256::ZERO, U256::ZERO, Bytes::from(execute));
    let ticket: Bytes = ticket.abi_encode_params().into();
    let l1_salt = keccak256("the L1's");
    let schedule = ITimelock::scheduleBatchCall {
        targets: vec![RETRYABLE_TICKET_MAGIC],
        values: vec![U256::ZERO],
        payloads: vec![ticket.clone()],
        predecessor: B256::ZERO,
        salt: l1_salt,
        delay: U256::from(259_200),
    };
    let schedule: Bytes = schedule.abi_encode().into();
    let send: Bytes = sendTxToL1Call { destination: l1_timelock, data: schedule.clone() }.abi_encode().into();
    let description = "Change a key";
    let propose =
        proposeCall { _0: vec![ARB_SYS], _1: vec![U256::ZERO], _2: vec![send.clone()], _3: description.to_owned() };
    let propose = propose.abi_encode().into();
    Route { safe, executor, l1_timelock, ticket, schedule, send, propose, description, l1_salt }
}

#[test]
fn follows_a_vote_from_propose_to_the_call_of_a_module_of_a_safe() {
    let route = route();
    let governor = contract(Part::CoreGovernor, "arbitrum-one");
    let root = explained(on(ONE, governor, route.propose.to_vec()));
    let line = line(&root);
    let core_timelock = contract(Part::CoreTimelock, "arbitrum-one");
    let expected = [
        (Kind::Proposal, Some(ONE), Some(governor)),
        (Kind::Operation, Some(ONE), Some(core_timelock)),
        (Kind::Message, Some(ONE), Some(ARB_SYS)),
        (Kind::Operation, Some(1), Some(route.l1_timelock)),
        (Kind::Ticket, Some(1), Some(inbox("arbitrum-nova"))),
        (Kind::Carrier, Some(NOVA), Some(route.executor)),
        (Kind::Carrier, Some(NOVA), Some(route.safe)),
        (Kind::Call, Some(NOVA), Some(route.safe)),
    ];
    assert_eq!(line.iter().map(|node| place(node)).collect::<Vec<_>>(), expected);
    let sentences: Vec<&str> = line.iter().map(|node| node.sentence.as_str()).collect();
    let safe = &knowledge().book.entry(Some(NOVA), route.safe).expect("named").name.clone();
    let expected = [
        "Propose a vote on what follows.".to_owned(),
        "The core timelock waits for its delay and then makes the call.".to_owned(),
        "Send a message to Ethereum that calls l1 timelock.".to_owned(),
        "Schedule calls in l1 timelock, to be executed together after 3 days.".to_owned(),
        "Create a retryable ticket that calls upgrade executor on Arbitrum Nova with 0 ETH.".to_owned(),
        format!("Let upgrade executor call {safe}."),
        format!("Let {safe} act for one of its modules."),
        format!("Replace the owner {B} of {safe} by {C}."),
    ];
    assert_eq!(sentences, expected);
    // In whose name each call is made: the timelock's, nobody's across the bridge until the alias, the executor's, the Safe's own.
    let callers: Vec<Option<Address>> = line.iter().map(|node| node.from).collect();
    let l1 = Some(route.l1_timelock);
    let expected =
        [None, Some(governor), Some(core_timelock), None, l1, l1.map(alias), Some(route.executor), Some(route.safe)];
    assert_eq!(callers, expected);
}

#[test]
fn computes_what_it_will_be_called_at_each_step() {
    let route = route();
    let description = keccak256(route.description);
    let governor = contract(Part::CoreGovernor, "arbitrum-one");
    let core_timelock = contract(Part::CoreTimelock, "arbitrum-one");
    let mut knowledge = knowledge();
    let number = U256::from;
    let sent = Sent { l2_block: number(7), l1_block: number(8), timestamp_seconds: number(9) };
    let submitted = Submitted {
        message_number: number(11),
        l1_base_fee: number(12),
        submission_cost: number(13),
        excess_fee_refund: A,
        call_value_refund: None,
    };
    knowledge.facts = Facts { sent: Some(sent), tickets: vec![submitted], ..Facts::default() };
    let root = explain(on(ONE, governor, route.propose.to_vec()), &knowledge).expect("short").root;
    let line = line(&root);
    let zero = || vec![U256::ZERO];
    // Each by the formula of its contract.
    let proposal = keccak256((vec![ARB_SYS], zero(), vec![route.send.clone()], description).abi_encode_params());
    assert_eq!((line[0].id(IdKind::Proposal), line[0].id(IdKind::Description)), (Some(proposal), Some(description)));
    let first = (vec![ARB_SYS], zero(), vec![route.send.clone()], B256::ZERO, description).abi_encode_params();
    assert_eq!((line[1].id(IdKind::Operation), line[1].id(IdKind::Salt)), (Some(keccak256(first)), Some(description)));
    let words = [sent.l2_block, sent.l1_block, sent.timestamp_seconds, U256::ZERO].map(|word| word.to_be_bytes::<32>());
    let item = [core_timelock.as_slice(), route.l1_timelock.as_slice(), &words.concat(), &route.schedule].concat();
    assert_eq!(line[2].id(IdKind::Item), Some(keccak256(item)));
    let second = (vec![RETRYABLE_TICKET_MAGIC], zero(), vec![route.ticket.clone()], B256::ZERO, route.l1_salt)
        .abi_encode_params();
    assert_eq!(
        (line[3].id(IdKind::Operation), line[3].id(IdKind::Salt)),
        (Some(keccak256(second)), Some(route.l1_salt))
    );
    assert!(line[4].id(IdKind::Ticket).is_some());
    // Another number of the message makes another ticket.
    knowledge.facts.tickets[0].message_number += U256::ONE;
    let other = explain(on(ONE, governor, route.propose.to_vec()), &knowledge).expect("short").root;
    let ticket = |root: &Node| root.walk().find_map(|node| node.id(IdKind::Ticket));
    assert_ne!(ticket(&other), ticket(&root));
    // Without what is not known beforehand, the reader is told what is lacking.
    let bare = explained(on(ONE, governor, route.propose.to_vec()));
    let notes: Vec<&Note> = bare.walk().flat_map(|node| &node.notes).collect();
    assert_eq!(notes, [&Note::ItemUnknown, &Note::ManualRedemption, &Note::TicketUnknown]);
}

#[test]
fn gives_what_is_scheduled_and_what_is_executed_the_same_id() {
    let timelock = contract(Part::L1Timelock, "ethereum");
    let (target, value, salt) = (C, U256::from(3), B256::repeat_byte(5));
    let data: Bytes = transferCall { to: A, amount: U256::from(1) }.abi_encode().into();
    let (payload, delay, predecessor) = (data.clone(), U256::from(60), B256::repeat_byte(6));
    let schedule = ITimelock::scheduleCall { target, value, data: data.clone(), predecessor, salt, delay }.abi_encode();
    let execute = ITimelock::executeCall { target, value, payload, predecessor, salt }.abi_encode();
    let (targets, values, payloads) = (vec![target], vec![value], vec![data.clone()]);
    let batch = ITimelock::scheduleBatchCall {
        targets: targets.clone(),
        values: values.clone(),
        payloads: payloads.clone(),
        predecessor,
        salt,
        delay,
    };
    let execute_batch = ITimelock::executeBatchCall { targets, values, payloads, predecessor, salt };
    let id = |data: Vec<u8>| explained(on(1, timelock, data)).id(IdKind::Operation);
    let single = keccak256((target, value, data, predecessor, salt).abi_encode_params());
    assert_eq!((id(schedule), id(execute)), (Some(single), Some(single)));
    assert_eq!(id(batch.abi_encode()), id(execute_batch.abi_encode()));
    assert_ne!(id(batch.abi_encode()), Some(single), "a batch of one is another operation");
}

#[test]
fn names_the_operations_of_a_proposal_by_the_published_functions() {
    // The functions of `ids` against the same by hand.
    let (targets, values, datas) = (vec![A], vec![U256::from(1)], vec![Bytes::from_static(b"data")]);
    let (predecessor, salt) = (B256::repeat_byte(1), B256::repeat_byte(2));
    let encoded = (targets.clone(), values.clone(), datas.clone(), predecessor, salt).abi_encode_params();
    assert_eq!(ids::batch(&targets, &values, &datas, predecessor, salt), keccak256(encoded));
}

#[test]
fn runs_what_an_executor_executes_in_its_own_name() {
    let executor = contract(Part::UpgradeExecutor, "arbitrum-one");
    let data: Bytes = vec![1, 2, 3, 4].into();
    let executed = explained(on(ONE, executor, IExecutor::executeCall { upgrade: A, data: data.clone() }.abi_encode()));
    let called = explained(on(ONE, executor, executeCallCall { target: A, data }.abi_encode()));
    let child = |root: &Node| (root.children[0].manner, root.children[0].from, root.children[0].notes.clone());
    assert_eq!(child(&executed), (Manner::Delegate, Some(executor), vec![Note::UnknownDelegate]));
    assert_eq!(child(&called), (Manner::Call, Some(executor), vec![]));
}
