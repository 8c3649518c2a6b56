//! `ephor_*`: the network as a whole, its clock and the messages between its chains.
//!
//! A message is named `<child chain id>/to-parent/<position>` or `<child chain id>/to-child/<number>`.

use alloy_primitives::{Address, B256, Bytes};
use alloy_sol_types::{SolCall, SolEvent};
use ephor_abi::{
    bridge::{
        IArbRetryableTx::redeemCall, IArbSys::L2ToL1Tx, INodeInterface::constructOutboxProofCall, IOutbox::rootsCall,
    },
    message::Item,
};
use ephor_chain::{Message as Call, Status};
use ephor_stand_ins::{ARB_RETRYABLE_TX, ARB_SYS, NODE_INTERFACE};
use serde_json::{Value, json};

use super::{
    RpcError,
    evm::{SECONDS_MAX, time},
    params::{Args, Why, address, any_number, boolean, text},
    shapes::quantity,
    table::{Method, Param, Room},
};
use crate::{Message, MessageId, MessageState, Network, Who};

/// Who relays when nobody says who: an address nobody has the key of, since anyone may.
const RELAYER: Address = Address::new(*b"ephor: anyone relays");

pub(super) const METHODS: &[Method] = &[
    Method::new("ephor_clock", "Where the clock and the chains stand.", &[], "object", clock),
    Method::new(
        "ephor_advance",
        "Moves the clock by seconds, and with it everything that becomes due.",
        &[Param::required("seconds", "number")],
        "object",
        advance,
    )
    .rehearsal(),
    Method::new(
        "ephor_advanceTo",
        "Moves the clock to a time, or to the beginning of a block of Ethereum.",
        &[Param::required("to", "any")],
        "object",
        advance_to,
    )
    .rehearsal(),
    Method::new(
        "ephor_messages",
        "The messages between chains: those with which something can still happen, or all.",
        &[Param::optional("all", "boolean")],
        "object[]",
        messages,
    ),
    Method::new(
        "ephor_relay",
        "Takes the next step of a message, which anyone may take: executes it on the parent, or redeems it on the child.",
        &[Param::required("message", "string"), Param::optional("from", "address")],
        "object",
        relay,
    )
    .rehearsal(),
];

fn shown_clock(network: &Network) -> Result<Value, RpcError> {
    let clock = network.clock();
    let mut chains = Vec::new();
    for id in network.chain_ids() {
        let (chain, spec) = (network.chain(*id)?, network.spec(*id)?);
        chains.push(json!({
            "chainId": id,
            "name": spec.name,
            "parent": spec.bridge.as_ref().map(|bridge| bridge.parent),
            "head": quantity(chain.head()),
            "timestamp": chain.now().timestamp,
        }));
    }
    Ok(json!({
        "timestamp": clock.now_seconds(),
        "l1Block": clock.l1_block(),
        "slotSeconds": clock.slot_seconds(),
        "chains": chains,
    }))
}

fn clock(room: &mut Room<'_>, _: &Args<'_>) -> Result<Value, RpcError> {
    shown_clock(room.network)
}

fn advance(room: &mut Room<'_>, args: &Args<'_>) -> Result<Value, RpcError> {
    let seconds = args.get(0, any_number)?;
    if seconds > SECONDS_MAX {
        return Err(args.wrong(0, format_args!("at most {SECONDS_MAX} seconds at a time")));
    }
    let to = room.network.clock().now_seconds().saturating_add(seconds);
    room.network.advance_to(to)?;
    shown_clock(room.network)
}

/// Where to: a timestamp, or `{ "l1Block": number }`.
fn target(value: &Value) -> Result<(bool, u64), Why> {
    match value.get("l1Block") {
        Some(block) => any_number(block).map(|block| (true, block)),
        None => any_number(value.get("timestamp").unwrap_or(value)).map(|seconds| (false, seconds)),
    }
}

fn advance_to(room: &mut Room<'_>, args: &Args<'_>) -> Result<Value, RpcError> {
    let (is_block, number) = args.get(0, target)?;
    let clock = room.network.clock();
    if is_block && number < clock.l1_block() {
        let now = clock.l1_block();
        return Err(args.wrong(0, format_args!("block {number} is before the present one, {now}")));
    }
    let seconds = if is_block { clock.seconds_of(number).max(clock.now_seconds()) } else { number };
    let seconds = time(room, args, 0, seconds)?;
    room.network.advance_to(seconds)?;
    shown_clock(room.network)
}

// ── Messages ────────────────────────────────────────────────────────────────────────────────────────────────────────────────

fn name(id: MessageId) -> String {
    match id {
        MessageId::ToParent { child, position } => format!("{child}/to-parent/{position}"),
        MessageId::ToChild { child, number } => format!("{child}/to-child/{number}"),
    }
}

fn id(value: &Value) -> Result<MessageId, Why> {
    let wrong =
        || "a message is named <child chain id>/to-parent/<position> or <child chain id>/to-child/<number>".to_owned();
    let mut parts = text(value)?.split('/');
    let (Some(child), Some(way), Some(number), None) = (parts.next(), parts.next(), parts.next(), parts.next()) else {
        return Err(wrong());
    };
    let (child, number) = (child.parse().map_err(|_| wrong())?, number.parse().map_err(|_| wrong())?);
    match way {
        "to-parent" => Ok(MessageId::ToParent { child, position: number }),
        "to-child" => Ok(MessageId::ToChild { child, number }),
        _ => Err(wrong()),
    }
}

fn shown(message: &Message) -> Value {
    let (state, until) = match message.state {
        MessageState::Challenged { until_seconds } => ("challenged", Some(until_seconds)),
        MessageState::Executable => ("executable", None),
        MessageState::Travelling { until_seconds } => ("travelling", Some(until_seconds)),
        MessageState::Redeemable { until_seconds } => ("redeemable", Some(until_seconds)),
        MessageState::Executed => ("executed", None),
        MessageState::Expired => ("expired", None),
        MessageState::Lost => ("lost", None),
    };
    let who = match message.who() {
        Who::Anyone => "anyone",
        Who::Time => "time",
        Who::Nobody => "nobody",
    };
    json!({
        "id": name(message.id),
        "fromChain": message.from_chain,
        "toChain": message.to_chain,
        "sentBlock": quantity(message.sent_block),
        "sentTimestamp": message.sent_seconds,
        "sentTransaction": message.sent_tx,
        "sender": message.payload.sender,
        "to": message.payload.to,
        "value": message.payload.value,
        "data": message.payload.data,
        "hash": message.hash,
        "state": state,
        "until": until,
        "nextStep": { "who": who, "timestamp": message.next_step_seconds() },
    })
}

fn messages(room: &mut Room<'_>, args: &Args<'_>) -> Result<Value, RpcError> {
    let all = args.optional(0, boolean)?.unwrap_or(false);
    Ok(room.network.messages().filter(|message| all || !message.state.is_final()).map(shown).collect())
}

fn relay(room: &mut Room<'_>, args: &Args<'_>) -> Result<Value, RpcError> {
    let (id, from) = (args.get(0, id)?, args.optional(1, address)?.unwrap_or(RELAYER));
    let message = room.network.message(id)?.clone();
    let (chain_id, to, data) = match message.state {
        MessageState::Executable => execution(room.network, &message)?,
        MessageState::Redeemable { .. } => {
            let call = redeemCall { ticketId: message.hash };
            (message.to_chain, ARB_RETRYABLE_TX, call.abi_encode().into())
        }
        MessageState::Challenged { until_seconds } | MessageState::Travelling { until_seconds } => {
            return Err(RpcError::refused(format_args!("{id} is on its way until {until_seconds}: let time pass")));
        }
        MessageState::Executed | MessageState::Expired | MessageState::Lost => {
            return Err(RpcError::refused(format_args!("{id} needs no step any more: it is {:?}", message.state)));
        }
    };
    let result = room.network.send(chain_id, Call::call(from, to, data))?;
    match result.status {
        Status::Success => {}
        Status::Revert => return Err(RpcError::reverted(&result.output, room.desk)),
        Status::Halt(reason) => return Err(RpcError::refused(super::errors::halted(&reason, result.panic.as_deref()))),
    }
    Ok(json!({ "chainId": chain_id, "transaction": result.hash, "message": shown(room.network.message(id)?) }))
}

/// The call that executes a message on the parent, with its proof.
fn execution(network: &mut Network, message: &Message) -> Result<(u64, Address, Bytes), RpcError> {
    let missing = || RpcError::internal(format_args!("{} cannot be proven", message.id));
    let MessageId::ToParent { child, position } = message.id else { return Err(missing()) };
    let outbox = network.spec(child)?.bridge.as_ref().ok_or_else(missing)?.outbox;
    let sent = network.chain(child)?.receipt(message.sent_tx).ok_or_else(missing)?;
    let events = sent.logs.iter().filter(|log| log.log.address == ARB_SYS);
    let event = events
        .filter_map(|log| L2ToL1Tx::decode_log(&log.log).ok())
        .find(|event| event.position == alloy_primitives::U256::from(position))
        .ok_or_else(missing)?;
    let proof = proof(network, message, child, position, outbox)?.ok_or_else(missing)?;
    let call = Item::from(&event.data).execution(event.position, proof);
    Ok((message.to_chain, outbox, call.abi_encode().into()))
}

/// The proof of a message against a tree whose root is confirmed. Only the last message of each confirmation ends such a tree.
fn proof(
    network: &mut Network,
    message: &Message,
    child: u64,
    position: u64,
    outbox: Address,
) -> Result<Option<Vec<B256>>, RpcError> {
    let past = network.messages().filter_map(|message| match (message.id, message.state) {
        (MessageId::ToParent { child: of, position }, MessageState::Executable | MessageState::Executed)
            if of == child =>
        {
            Some(position)
        }
        _ => None,
    });
    let last = past.max().unwrap_or(position);
    for size in (position + 1..=last + 1).rev() {
        let ask = constructOutboxProofCall { size, leaf: position };
        let proven = network.chain_mut(child)?.view(Call::call(RELAYER, NODE_INTERFACE, ask.abi_encode()))?;
        let Ok(proven) = constructOutboxProofCall::abi_decode_returns(&proven.output) else { continue };
        let ask = rootsCall { root: proven.root };
        let root = network.chain_mut(message.to_chain)?.view(Call::call(RELAYER, outbox, ask.abi_encode()))?;
        if rootsCall::abi_decode_returns(&root.output).is_ok_and(|block| !block.is_zero()) {
            return Ok(Some(proven.proof));
        }
    }
    Ok(None)
}
