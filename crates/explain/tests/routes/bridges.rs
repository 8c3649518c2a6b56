//! Messages between chains: tickets, deposits.

use alloy_primitives::{Bytes, U256};
use alloy_sol_types::{SolCall, SolValue, sol};
use ephor_abi::bridge::{IInbox::createRetryableTicketCall, RETRYABLE_TICKET_MAGIC};
use ephor_charter::Part;
use ephor_explain::{Entry, Kind, Manner, Note, Payload, book::alias, explain};

use crate::world::{A, B, C, ONE, contract, explained, inbox, knowledge, on, place, transferCall};

sol! {
    function depositTransaction(address to, uint256 value, uint64 gasLimit, bool isCreation, bytes data);
    function sendMessage(address target, bytes message, uint32 minGasLimit);
}

#[test]
fn creates_a_ticket_by_a_call_of_the_inbox_itself() {
    let call = createRetryableTicketCall {
        to: A,
        l2CallValue: U256::from(1),
        maxSubmissionCost: U256::from(2),
        excessFeeRefundAddress: B,
        callValueRefundAddress: B,
        gasLimit: U256::from(100_000),
        maxFeePerGas: U256::from(3),
        data: Bytes::from_static(&[1, 2, 3, 4]),
    };
    let payload = Payload { from: Some(C), ..on(1, inbox("arbitrum-one"), call.abi_encode()) };
    let root = explained(payload);
    assert_eq!(place(&root), (Kind::Ticket, Some(1), Some(inbox("arbitrum-one"))));
    assert_eq!(place(&root.children[0]), (Kind::Unknown, Some(ONE), Some(A)));
    assert_eq!(root.children[0].from, Some(alias(C)));
    // An inbox that nobody named leads to a chain that is not known.
    let elsewhere = explained(on(1, B, call.abi_encode()));
    assert!(elsewhere.notes.contains(&Note::UnknownInbox) && elsewhere.children[0].chain.is_none());
}

#[test]
fn follows_deposits_and_messages_to_op_stack_chains() {
    let inner: Bytes = transferCall { to: A, amount: U256::from(1) }.abi_encode().into();
    let deposit = |creation: bool| depositTransactionCall {
        to: C,
        value: U256::from(4),
        gasLimit: 200_000,
        isCreation: creation,
        data: inner.clone(),
    };
    let root = explained(on(1, A, deposit(false).abi_encode()));
    assert_eq!(
        root.sentence,
        format!(
            "Deposit a transaction on the chain behind {A} that calls {C} with 0.000000000000000004 ETH and 200,000 gas; contract creation: no."
        )
    );
    assert_eq!((root.kind, root.children[0].to, root.children[0].value), (Kind::Ticket, Some(C), U256::from(4)));
    let creates = explained(on(1, A, deposit(true).abi_encode()));
    assert!(creates.children.is_empty() && creates.sentence.ends_with("contract creation: yes."));
    let message = sendMessageCall { target: C, message: inner.clone(), minGasLimit: 1 };
    let root = explained(on(1, A, message.abi_encode()));
    assert_eq!((root.kind, root.children[0].to), (Kind::Ticket, Some(C)));
}

#[test]
fn names_the_target_of_a_deposit_as_on_its_own_chain_alone() {
    let deposit =
        depositTransactionCall { to: C, value: U256::ZERO, gasLimit: 1, isCreation: false, data: Bytes::new() };
    let payload = || on(1, A, deposit.abi_encode());
    // On Ethereum C is a token; what has the same address behind the bridge is something else.
    let root = explained(payload());
    assert_eq!((root.children[0].chain, &root.notes[..]), (None, &[Note::UnknownInbox][..]));
    assert!(root.sentence.contains(&format!("calls {C} with")), "{}", root.sentence);
    assert_eq!(root.fields[0].text, C.to_string());
    let mut knowledge = knowledge();
    knowledge.book.add(B, Entry::named(Some(10), "beacon".to_owned()));
    let there = depositTransactionCall { to: B, ..deposit.clone() };
    let root = explain(on(1, A, there.abi_encode()), &knowledge).expect("short").root;
    assert_eq!(root.children[0].chain, Some(10));
    assert!(root.sentence.contains("calls beacon with"), "{}", root.sentence);
}

#[test]
fn makes_tickets_of_calls_of_the_magic_target_by_the_l1_timelock_alone() {
    let ticket = (inbox("arbitrum-one"), A, U256::ZERO, U256::ZERO, U256::ZERO, Bytes::new()).abi_encode_params();
    let (l1_timelock, core) = (contract(Part::L1Timelock, "ethereum"), contract(Part::CoreTimelock, "arbitrum-one"));
    let executor = contract(Part::UpgradeExecutor, "ethereum");
    for (from, chain, manner, kind) in [
        (Some(l1_timelock), 1, Manner::Call, Kind::Ticket),
        // Somebody of whom nothing is known may be an L1 timelock.
        (None, 1, Manner::Call, Kind::Ticket),
        (Some(A), 1, Manner::Call, Kind::Ticket),
        (Some(core), ONE, Manner::Call, Kind::Unknown),
        (Some(executor), 1, Manner::Call, Kind::Unknown),
        (Some(l1_timelock), 1, Manner::Delegate, Kind::Unknown),
    ] {
        let payload = Payload { from, manner, ..on(chain, RETRYABLE_TICKET_MAGIC, ticket.clone()) };
        let root = explained(payload);
        assert_eq!(
            (root.kind, root.notes.contains(&Note::NoTicket)),
            (kind, kind == Kind::Unknown),
            "{from:?} {manner:?}"
        );
    }
}
