//! `evm_*`: time, blocks and snapshots, as development tools know them.
//!
//! There is one clock for all chains: who moves it on one chain moves it on all, and snapshots are of the whole network. A chain
//! with slots has blocks at the times of its slots only.

use ephor_chain::BlockRule;
use serde_json::{Value, json};

use super::{
    RpcError,
    params::{Args, Why, any_number, boolean, field},
    shapes::quantity,
    table::{Method, Param, Room},
};

/// Blocks that one request mines at most where each is stored.
pub(super) const BLOCKS_MAX: u64 = 10_000;
/// How far one request moves the clock at most: a thousand years.
pub(super) const SECONDS_MAX: u64 = 1_000 * 366 * 86_400;

pub(super) const METHODS: &[Method] = &[
    Method::new("evm_snapshot", "Marks this point of the whole network.", &[], "quantity", snapshot).rehearsal(),
    Method::new(
        "evm_revert",
        "Goes back to a snapshot, which is gone then, as are those after it.",
        &[Param::required("snapshot", "quantity")],
        "boolean",
        revert,
    )
    .rehearsal(),
    Method::new(
        "evm_increaseTime",
        "Moves the clock; returns by how much it was moved so in all.",
        &[Param::required("seconds", "number")],
        "number",
        increase_time,
    )
    .rehearsal(),
    Method::new(
        "evm_setNextBlockTimestamp",
        "Moves the clock so that the next block has that timestamp.",
        &[Param::required("timestamp", "number")],
        "any?",
        set_next_timestamp,
    )
    .rehearsal(),
    Method::new(
        "evm_setTime",
        "Moves the clock to a time.",
        &[Param::required("timestamp", "number")],
        "number",
        set_time,
    )
    .rehearsal(),
    Method::new(
        "evm_mine",
        "Mines a block, at a time if one is given.",
        &[Param::optional("timestamp", "any")],
        "quantity",
        mine,
    )
    .rehearsal(),
    Method::new(
        "evm_setAutomine",
        "Chooses whether transactions are mined at once.",
        &[Param::required("automine", "boolean")],
        "boolean",
        set_automine,
    )
    .rehearsal(),
];

fn snapshot(room: &mut Room<'_>, _: &Args<'_>) -> Result<Value, RpcError> {
    // Tools expect the first to be 0x1.
    Ok(quantity(room.network.snapshot() + 1))
}

fn revert(room: &mut Room<'_>, args: &Args<'_>) -> Result<Value, RpcError> {
    let Some(id) = args.get(0, any_number)?.checked_sub(1) else { return Ok(json!(false)) };
    match room.network.revert(id) {
        Ok(()) => Ok(json!(true)),
        Err(crate::NetworkError::UnknownSnapshot(_)) => Ok(json!(false)),
        Err(error) => Err(error.into()),
    }
}

fn increase_time(room: &mut Room<'_>, args: &Args<'_>) -> Result<Value, RpcError> {
    let seconds = args.get(0, any_number)?;
    if seconds > SECONDS_MAX {
        return Err(args.wrong(0, format_args!("at most {SECONDS_MAX} seconds at a time")));
    }
    let to = room.network.clock().now_seconds().saturating_add(seconds);
    room.network.advance_to(to)?;
    room.desk.increased_seconds = room.desk.increased_seconds.saturating_add(seconds);
    Ok(json!(room.desk.increased_seconds))
}

/// A time to move to, if it is not too far away.
pub(super) fn time(room: &Room<'_>, args: &Args<'_>, index: usize, seconds: u64) -> Result<u64, RpcError> {
    let now = room.network.clock().now_seconds();
    if seconds < now {
        return Err(args.wrong(index, format_args!("timestamp {seconds} is before the present time, {now}")));
    }
    if seconds - now > SECONDS_MAX {
        return Err(args.wrong(index, format_args!("timestamp {seconds} is more than {SECONDS_MAX} seconds away")));
    }
    Ok(seconds)
}

/// Moves the clock so that the next block of this chain is at a time.
fn aim(room: &mut Room<'_>, args: &Args<'_>, index: usize, timestamp: u64) -> Result<(), RpcError> {
    let chain = room.chain()?;
    if let BlockRule::Slots { seconds } = chain.config().blocks {
        let first = chain.next_time().timestamp;
        let wanted = timestamp.checked_sub(first).filter(|ahead| ahead % seconds == 0);
        if wanted.is_none() {
            return Err(args.wrong(
                index,
                format_args!(
                    "timestamp {timestamp} is no slot: blocks are at {first} and every {seconds} seconds after"
                ),
            ));
        }
        // The block of a slot is mined after the one before it has passed.
        let before = timestamp.saturating_sub(seconds).max(room.network.clock().now_seconds());
        time(room, args, index, before)?;
        return Ok(room.network.advance_to(before)?);
    }
    time(room, args, index, timestamp)?;
    Ok(room.network.advance_to(timestamp)?)
}

fn set_next_timestamp(room: &mut Room<'_>, args: &Args<'_>) -> Result<Value, RpcError> {
    let timestamp = args.get(0, any_number)?;
    aim(room, args, 0, timestamp)?;
    Ok(Value::Null)
}

fn set_time(room: &mut Room<'_>, args: &Args<'_>) -> Result<Value, RpcError> {
    let given = args.get(0, any_number)?;
    // Some tools give milliseconds, as JavaScript does.
    let seconds = if given > 100_000_000_000 { given / 1_000 } else { given };
    let now = room.network.clock().now_seconds();
    let seconds = time(room, args, 0, seconds)?;
    room.network.advance_to(seconds)?;
    Ok(json!(seconds - now))
}

fn mine(room: &mut Room<'_>, args: &Args<'_>) -> Result<Value, RpcError> {
    let (timestamp, blocks) = args.optional(0, mine_options)?.unwrap_or((None, 1));
    if let Some(timestamp) = timestamp {
        aim(room, args, 0, timestamp)?;
    }
    mine_blocks(room, args, 0, blocks, None)?;
    Ok(quantity(0))
}

/// A timestamp, or an object with a timestamp and a number of blocks.
fn mine_options(value: &Value) -> Result<(Option<u64>, u64), Why> {
    match value {
        Value::Object(fields) => {
            Ok((field(fields, "timestamp", any_number)?, field(fields, "blocks", any_number)?.unwrap_or(1)))
        }
        other => Ok((Some(any_number(other)?), 1)),
    }
}

/// Mines blocks, `interval` seconds apart. What waits goes into the first.
pub(super) fn mine_blocks(
    room: &mut Room<'_>,
    args: &Args<'_>,
    index: usize,
    blocks: u64,
    interval: Option<u64>,
) -> Result<(), RpcError> {
    let Some(more) = blocks.checked_sub(1) else { return Ok(()) };
    let slots = match room.chain()?.config().blocks {
        BlockRule::Slots { seconds } => Some(seconds),
        BlockRule::OnDemand => None,
    };
    let step = interval.map_or(slots.unwrap_or(0), |interval| interval.max(slots.unwrap_or(0)));
    if slots.is_none() && blocks > BLOCKS_MAX {
        return Err(args.wrong(index, format_args!("at most {BLOCKS_MAX} blocks at a time on this chain")));
    }
    let total = more.checked_mul(step).filter(|seconds| *seconds <= SECONDS_MAX);
    let total = total.ok_or_else(|| args.wrong(index, format_args!("at most {SECONDS_MAX} seconds at a time")))?;
    room.network.mine(room.chain_id)?;
    if slots.is_some() {
        // The blocks in between exist and are empty.
        let to = room.chain()?.now().timestamp.saturating_add(total);
        room.network.advance_to(to.max(room.network.clock().now_seconds()))?;
        return Ok(());
    }
    for _ in 0..more {
        if step > 0 {
            let to = room.network.clock().now_seconds().saturating_add(step);
            room.network.advance_to(to)?;
        }
        room.network.mine(room.chain_id)?;
    }
    Ok(())
}

fn set_automine(room: &mut Room<'_>, args: &Args<'_>) -> Result<Value, RpcError> {
    room.network.set_automine(args.get(0, boolean)?);
    Ok(json!(true))
}
