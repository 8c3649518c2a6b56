//! Messages between chains, from one end to the other.

use alloy_primitives::{Address, B256, Bytes, U256, address, hex};
use alloy_sol_types::{SolCall, SolError, SolEvent};
use ephor_abi::{
    bridge::{
        IArbRetryableTx::{NoTicketWithID, getTimeoutCall, redeemCall},
        IArbSys::{arbBlockNumberCall, sendTxToL1Call},
        IBridge::NotContract,
        IInbox::createRetryableTicketCall,
        INodeInterface::constructOutboxProofCall,
        IOutbox::{AlreadySpent, UnknownRoot, executeTransactionCall, l2ToL1SenderCall},
    },
    message::Item,
};
use ephor_chain::{Code, Message as Call, Status, TxResult};
use ephor_network::{BridgeSpec, ChainSpec, Clock, MessageId, MessageState, Network, NetworkConfig, Who};
use ephor_stand_ins::{ARB_RETRYABLE_TX, ARB_SYS, NODE_INTERFACE, alias};

const ETHEREUM: u64 = 7_000_001;
const ONE: u64 = 7_042_161;
const NOVA: u64 = 7_042_170;
const SOMEBODY: Address = address!("00000000000000000000000000000000005000b0");
const TARGET: Address = address!("00000000000000000000000000000000007a26e7");
const DAY: u64 = 86_400;

/// Stores the caller in slot 0 and the value in slot 1; reverts when called with exactly one byte.
fn recorder() -> Code {
    // CALLDATASIZE 1 EQ 0x10 JUMPI | CALLER 0 SSTORE CALLVALUE 1 SSTORE STOP | JUMPDEST 0 0 REVERT
    Code::Evm(Bytes::from_static(&hex!("36600114601057336000553460015500" "5b60006000fd")))
}

fn bridge(n: u8) -> BridgeSpec {
    BridgeSpec {
        parent: ETHEREUM,
        inbox: Address::with_last_byte(n),
        bridge: Address::with_last_byte(n + 1),
        outbox: Address::with_last_byte(n + 2),
        challenge_period_seconds: 7 * DAY,
        delivery_seconds: 600,
        ticket_lifetime_seconds: 7 * DAY,
    }
}

fn network() -> Network {
    let clock = Clock::new(23_368_000, 1_757_937_600, 12, 1_757_937_600).unwrap();
    let chain = |name: &str, chain_id, bridge| ChainSpec { name: name.to_owned(), chain_id, base_fee_wei: 0, bridge };
    let chains = vec![
        chain("ethereum", ETHEREUM, None),
        chain("one", ONE, Some(bridge(0x20))),
        chain("nova", NOVA, Some(bridge(0x30))),
    ];
    let mut network = Network::new(NetworkConfig { clock, chains }, []).unwrap();
    for id in [ETHEREUM, ONE, NOVA] {
        network.install(id, TARGET, &recorder(), []).unwrap();
        network.chain_mut(id).unwrap().set_balance(SOMEBODY, U256::from(10).pow(U256::from(20))).unwrap();
    }
    network
}

#[track_caller]
fn send(network: &mut Network, chain: u64, to: Address, value: u64, call: &impl SolCall) -> TxResult {
    network.send(chain, Call::call(SOMEBODY, to, call.abi_encode()).with_value(U256::from(value))).unwrap()
}

/// The call that executes a message on the parent, with the proof that a node of the child gives.
fn execution(network: &mut Network, child: u64, position: u64) -> executeTransactionCall {
    let message = network.message(MessageId::ToParent { child, position }).unwrap().clone();
    let size = position + 1;
    let ask = constructOutboxProofCall { size, leaf: position }.abi_encode();
    let proof = network.chain_mut(child).unwrap().view(Call::call(SOMEBODY, NODE_INTERFACE, ask)).unwrap();
    let proof = constructOutboxProofCall::abi_decode_returns(&proof.output).unwrap().proof;
    let sent = network.chain(child).unwrap().receipt(message.sent_tx).unwrap();
    let log = sent.logs.iter().find(|log| log.log.address == ARB_SYS).unwrap();
    let event = ephor_abi::bridge::IArbSys::L2ToL1Tx::decode_log(&log.log).unwrap();
    Item::from(&event.data).execution(event.position, proof)
}

fn execute(network: &mut Network, child: u64, position: u64) -> TxResult {
    let call = execution(network, child, position);
    let outbox = network.spec(child).unwrap().bridge.clone().unwrap().outbox;
    send(network, ETHEREUM, outbox, 0, &call)
}

fn slot(network: &Network, chain: u64, slot: u64) -> U256 {
    network.chain(chain).unwrap().slot(TARGET, U256::from(slot))
}

fn word(address: Address) -> U256 {
    U256::from_be_bytes(address.into_word().0)
}

#[test]
fn a_message_to_the_parent_waits_for_the_challenge_period_and_is_executed_once() {
    let mut network = network();
    for _ in 0..3 {
        let sent = send(&mut network, ONE, ARB_SYS, 0, &sendTxToL1Call { destination: TARGET, data: Bytes::new() });
        assert_eq!(sent.status, Status::Success);
    }
    let id = MessageId::ToParent { child: ONE, position: 1 };
    let message = network.message(id).unwrap().clone();
    assert_eq!(message.state, MessageState::Challenged { until_seconds: message.sent_seconds + 7 * DAY });
    assert_eq!(message.who(), Who::Time);

    let early = execute(&mut network, ONE, 1);
    assert_eq!(early.status, Status::Revert);
    assert_eq!(early.output[..4], UnknownRoot::SELECTOR);

    network.advance_to(message.sent_seconds + 7 * DAY).unwrap();
    assert_eq!(network.message(id).unwrap().state, MessageState::Executable);
    assert_eq!(network.message(id).unwrap().who(), Who::Anyone);

    // The confirmed root covers all three; a proof against a shorter tree is refused.
    let confirmed = network.message(MessageId::ToParent { child: ONE, position: 2 }).unwrap().state;
    assert_eq!(confirmed, MessageState::Executable);
    let done = execute(&mut network, ONE, 2);
    assert_eq!(done.status, Status::Success, "{done:?}");
    assert_eq!(network.message(MessageId::ToParent { child: ONE, position: 2 }).unwrap().state, MessageState::Executed);
    assert_eq!(slot(&network, ETHEREUM, 0), word(bridge(0x20).bridge), "the target is called by the bridge");

    let again = execute(&mut network, ONE, 2);
    assert_eq!(again.output[..4], AlreadySpent::SELECTOR);
}

/// Sends a message to the parent and waits until it can be executed.
#[track_caller]
fn confirmed(network: &mut Network, call: &sendTxToL1Call) {
    let position = network.messages().filter(|message| matches!(message.id, MessageId::ToParent { .. })).count();
    assert_eq!(send(network, ONE, ARB_SYS, 0, call).status, Status::Success);
    let id = MessageId::ToParent { child: ONE, position: u64::try_from(position).unwrap() };
    network.advance_to(network.message(id).unwrap().sent_seconds + 7 * DAY).unwrap();
}

#[test]
fn a_message_with_data_for_an_address_without_code_is_refused() {
    let mut network = network();
    let to_nobody = sendTxToL1Call { destination: SOMEBODY, data: Bytes::from_static(&[1]) };
    confirmed(&mut network, &to_nobody);
    let refused = execute(&mut network, ONE, 0);
    assert_eq!(
        (refused.status, &refused.output[..]),
        (Status::Revert, &NotContract { addr: SOMEBODY }.abi_encode()[..])
    );
    confirmed(&mut network, &sendTxToL1Call { data: Bytes::new(), ..to_nobody });
    assert_eq!(execute(&mut network, ONE, 1).status, Status::Success, "without data nobody needs code");
}

#[test]
fn a_message_that_executes_another_is_itself_again_afterwards() {
    const NESTING: Address = address!("00000000000000000000000000000000007e5719");
    let mut network = network();
    let outbox = bridge(0x20).outbox.0[19];
    // Calls the outbox with the calldata and stores whether it succeeded; then stores the outbox's answer to `l2ToL1Sender()`.
    let mut code =
        vec![0x36, 0x60, 0, 0x60, 0, 0x37, 0x60, 0, 0x60, 0, 0x36, 0x60, 0, 0x60, 0, 0x60, outbox, 0x5a, 0xf1];
    code.extend([0x60, 0, 0x55, 0x63]);
    code.extend(l2ToL1SenderCall::SELECTOR);
    code.extend([0x60, 0xe0, 0x1b, 0x60, 0, 0x52, 0x60, 32, 0x60, 0, 0x60, 4, 0x60, 0, 0x60, outbox, 0x5a, 0xfa, 0x50]);
    code.extend([0x60, 0, 0x51, 0x60, 1, 0x55, 0]);
    network.install(ETHEREUM, NESTING, &Code::Evm(code.into()), []).unwrap();

    confirmed(&mut network, &sendTxToL1Call { destination: TARGET, data: Bytes::new() });
    // The first message is proven against the tree that holds it alone: a proof cannot stand in what it covers.
    let inner = execution(&mut network, ONE, 0).abi_encode().into();
    confirmed(&mut network, &sendTxToL1Call { destination: NESTING, data: inner });
    let done = execute(&mut network, ONE, 1);
    assert_eq!(done.status, Status::Success, "{done:?}");
    let stored = [0_u64, 1].map(|slot| network.chain(ETHEREUM).unwrap().slot(NESTING, U256::from(slot)));
    assert_eq!(stored, [U256::ONE, word(SOMEBODY)]);
    assert_eq!(slot(&network, ETHEREUM, 0), word(bridge(0x20).bridge), "the inner message reached its target");
}

fn ticket(to: Address, gas_limit: u64, value: u64, data: &[u8]) -> createRetryableTicketCall {
    createRetryableTicketCall {
        to,
        l2CallValue: U256::from(value),
        maxSubmissionCost: U256::ZERO,
        excessFeeRefundAddress: SOMEBODY,
        callValueRefundAddress: SOMEBODY,
        gasLimit: U256::from(gas_limit),
        maxFeePerGas: U256::from(if gas_limit > 0 { 2 } else { 0 }),
        data: Bytes::copy_from_slice(data),
    }
}

/// Sends a ticket and lets it arrive; returns its name and id.
fn arrived(network: &mut Network, call: &createRetryableTicketCall, value: u64) -> (MessageId, B256) {
    let sent = send(network, ETHEREUM, bridge(0x30).inbox, value, call);
    assert_eq!(sent.status, Status::Success, "{sent:?}");
    let message = network.messages().max_by_key(|message| message.id).unwrap().clone();
    network.advance_to(network.clock().now_seconds() + 600).unwrap();
    (message.id, message.hash)
}

#[test]
fn a_ticket_with_gas_redeems_itself_in_the_name_of_the_aliased_sender() {
    let mut network = network();
    let (id, _) = arrived(&mut network, &ticket(TARGET, 100_000, 5, &[]), 1_000_000);
    assert_eq!(network.message(id).unwrap().state, MessageState::Executed);
    assert_eq!(slot(&network, NOVA, 0), word(alias(SOMEBODY)));
    assert_eq!(slot(&network, NOVA, 1), U256::from(5));
}

#[test]
fn a_ticket_without_gas_waits_for_anyone_to_redeem_it_once() {
    let mut network = network();
    let (id, ticket_id) = arrived(&mut network, &ticket(TARGET, 0, 0, &[]), 0);
    assert!(matches!(network.message(id).unwrap().state, MessageState::Redeemable { .. }));
    assert_eq!(slot(&network, NOVA, 0), U256::ZERO);
    let redeem = redeemCall { ticketId: ticket_id };
    assert_eq!(send(&mut network, NOVA, ARB_RETRYABLE_TX, 0, &redeem).status, Status::Success);
    assert_eq!(network.message(id).unwrap().state, MessageState::Executed);
    assert_eq!(slot(&network, NOVA, 0), word(alias(SOMEBODY)));
    let again = send(&mut network, NOVA, ARB_RETRYABLE_TX, 0, &redeem);
    assert_eq!(again.output[..], NoTicketWithID {}.abi_encode()[..]);
}

#[test]
fn a_failed_attempt_leaves_the_ticket_and_time_ends_it() {
    let mut network = network();
    let (id, ticket_id) = arrived(&mut network, &ticket(TARGET, 100_000, 0, &[1]), 1_000_000);
    let MessageState::Redeemable { until_seconds } = network.message(id).unwrap().state else { panic!("{id} is gone") };
    let timeout = network.chain_mut(NOVA).unwrap();
    let timeout =
        timeout.view(Call::call(SOMEBODY, ARB_RETRYABLE_TX, getTimeoutCall { ticketId: ticket_id }.abi_encode()));
    assert_eq!(U256::from_be_slice(&timeout.unwrap().output), U256::from(until_seconds));
    network.advance_to(until_seconds).unwrap();
    assert_eq!(network.message(id).unwrap().state, MessageState::Expired);
    let late = send(&mut network, NOVA, ARB_RETRYABLE_TX, 0, &redeemCall { ticketId: ticket_id });
    assert_eq!(late.output[..], NoTicketWithID {}.abi_encode()[..]);
}

#[test]
fn faults_lose_delay_and_repeat_messages() {
    let mut network = network();
    let send_one = |network: &mut Network| {
        send(network, ETHEREUM, bridge(0x30).inbox, 1_000_000, &ticket(TARGET, 100_000, 0, &[]));
        network.messages().max_by_key(|message| message.id).unwrap().id
    };
    let lost = send_one(&mut network);
    network.lose(lost).unwrap();
    let delayed = send_one(&mut network);
    network.delay(delayed, DAY).unwrap();
    network.advance_to(network.clock().now_seconds() + 3_600).unwrap();
    assert_eq!(network.message(lost).unwrap().state, MessageState::Lost);
    assert!(matches!(network.message(delayed).unwrap().state, MessageState::Travelling { .. }));
    assert_eq!(slot(&network, NOVA, 0), U256::ZERO);
    network.advance_to(network.clock().now_seconds() + DAY).unwrap();
    assert_eq!(network.message(delayed).unwrap().state, MessageState::Executed);
    network.duplicate(delayed).unwrap();
    assert_eq!(network.message(delayed).unwrap().state, MessageState::Executed);
    assert!(network.lose(delayed).is_err());
}

#[test]
fn contracts_on_a_child_chain_see_the_block_number_of_the_parent() {
    let mut network = network();
    // NUMBER PUSH0 MSTORE MSIZE PUSH0 RETURN
    network.install(ONE, TARGET, &Code::Evm(Bytes::from_static(&hex!("435f52595ff3"))), []).unwrap();
    network.advance_to(network.clock().now_seconds() + 180 * DAY).unwrap();
    let seen = send(&mut network, ONE, TARGET, 0, &arbBlockNumberCall {}).output;
    assert_eq!(U256::from_be_slice(&seen), U256::from(network.clock().l1_block()));
    let own = send(&mut network, ONE, ARB_SYS, 0, &arbBlockNumberCall {}).output;
    assert_eq!(U256::from_be_slice(&own), U256::from(network.chain(ONE).unwrap().head()));
}

#[test]
fn going_back_to_a_snapshot_takes_messages_along() {
    let mut network = network();
    let before = network.snapshot();
    let (id, _) = arrived(&mut network, &ticket(TARGET, 100_000, 0, &[]), 1_000_000);
    let now = network.clock().now_seconds();
    network.revert(before).unwrap();
    assert!(network.message(id).is_err());
    assert!(network.clock().now_seconds() < now);
    assert_eq!(slot(&network, NOVA, 0), U256::ZERO);
    let (again, _) = arrived(&mut network, &ticket(TARGET, 100_000, 0, &[]), 1_000_000);
    assert_eq!(again, id);
    assert!(network.revert(before).is_err(), "a snapshot is used once");
}
