//! `debug_*`: transactions and calls from inside, in the shapes of go-ethereum's tracers.
//!
//! `callTracer` (with `onlyTopCall`, `withLog`) and `prestateTracer` (with `diffMode`, `disableCode`, `disableStorage`). Native
//! contracts are frames like any other.

use std::collections::BTreeMap;

use alloy_primitives::{Address, B256, Bytes, U256};
use ephor_chain::{AccountState, CallFrame, FrameEnd, FrameKind, Scene, TouchedAccount, TraceError, Traced};
use serde_json::{Map, Value, json};

use super::{
    RpcError,
    desk::Desk,
    errors::halted,
    params::{Args, Why, boolean, field, hash, object, text},
    queries::{block_overrides, overrides, transaction, with_state},
    shapes::quantity,
    table::{Method, Param, Room},
};

const OPTIONS: Param = Param::required("options", "object");

pub(super) const METHODS: &[Method] = &[
    Method::new(
        "debug_traceTransaction",
        "Executes a mined transaction again and tells what happened inside.",
        &[Param::required("hash", "hash"), OPTIONS],
        "object",
        trace_transaction,
    ),
    Method::new(
        "debug_traceCall",
        "Executes a message and tells what happens inside.",
        &[Param::required("transaction", "transaction"), Param::required("block", "block"), OPTIONS],
        "object",
        trace_call,
    ),
];

/// Which tracer, and how.
enum Tracer {
    Calls { top_only: bool, logs: bool },
    Prestate { diff: bool, code: bool, storage: bool },
}

fn tracer(value: &Value) -> Result<Tracer, Why> {
    let fields = object(value)?;
    let config = field(fields, "tracerConfig", |value| object(value).cloned())?.unwrap_or_default();
    let flag = |name| Ok::<bool, Why>(field(&config, name, boolean)?.unwrap_or(false));
    match field(fields, "tracer", |value| text(value).map(ToOwned::to_owned))?.as_deref() {
        Some("callTracer") => Ok(Tracer::Calls { top_only: flag("onlyTopCall")?, logs: flag("withLog")? }),
        Some("prestateTracer") => Ok(Tracer::Prestate {
            diff: flag("diffMode")?,
            code: !flag("disableCode")?,
            storage: !flag("disableStorage")?,
        }),
        Some(other) => {
            let other: String = other.chars().take(32).collect();
            Err(format!("tracer: there is no {other:?}, only \"callTracer\" and \"prestateTracer\""))
        }
        None => Err("tracer: say \"callTracer\" or \"prestateTracer\"; single instructions are not traced".to_owned()),
    }
}

impl Tracer {
    fn nested(&self) -> bool {
        matches!(self, Self::Calls { top_only: false, .. })
    }

    fn shown(&self, traced: &Traced, first_log: u64, desk: &Desk) -> Value {
        match self {
            Self::Calls { logs, .. } => {
                let mut next_log = first_log;
                frame(&traced.call, logs.then_some(&mut next_log), traced.outcome.panic.as_deref(), desk)
            }
            Self::Prestate { diff: false, code, storage } => prestate(&traced.accounts, *code, *storage),
            Self::Prestate { diff: true, code, storage } => difference(&traced.accounts, *code, *storage),
        }
    }
}

fn trace_transaction(room: &mut Room<'_>, args: &Args<'_>) -> Result<Value, RpcError> {
    let (hash, tracer) = (args.get(0, hash)?, args.get(1, tracer)?);
    let chain = room.chain_mut()?;
    let traced = chain.trace_transaction(hash, tracer.nested()).map_err(refused)?;
    let receipt = chain.receipt(hash);
    let first_log = receipt.and_then(|receipt| receipt.logs.first().map(|log| log.index)).unwrap_or(0);
    Ok(tracer.shown(&traced, first_log, room.desk))
}

fn trace_call(room: &mut Room<'_>, args: &Args<'_>) -> Result<Value, RpcError> {
    let (request, tracer, chain_id) = (args.get(0, transaction)?, args.get(2, tracer)?, room.chain_id);
    let traced = with_state(room.chain_mut()?, args, 1, |chain| {
        let mut scene = Scene::new(chain.env());
        args.optional(2, |options| {
            let options = object(options)?;
            scene.accounts = field(options, "stateOverrides", overrides)?.unwrap_or_default();
            field(options, "blockOverrides", |value| block_overrides(value, &mut scene.env))
        })?;
        let ask = request.ask(chain_id, &scene.env)?;
        chain.trace_call(&scene, &ask, tracer.nested()).map_err(refused)
    })?;
    Ok(tracer.shown(&traced, 0, room.desk))
}

fn refused(error: TraceError) -> RpcError {
    match error {
        TraceError::UnknownTransaction(_) => RpcError::refused("transaction not found"),
        TraceError::Execute(error) => error.into(),
        TraceError::TooLarge { .. } => RpcError::limit(error),
        TraceError::NotKept { .. } => RpcError::refused(error),
    }
}

// ── Calls ───────────────────────────────────────────────────────────────────────────────────────────────────────────────────

const fn kind(kind: FrameKind) -> &'static str {
    match kind {
        FrameKind::Call => "CALL",
        FrameKind::StaticCall => "STATICCALL",
        FrameKind::DelegateCall => "DELEGATECALL",
        FrameKind::CallCode => "CALLCODE",
        FrameKind::Create => "CREATE",
        FrameKind::Create2 => "CREATE2",
        FrameKind::SelfDestruct => "SELFDESTRUCT",
    }
}

/// A frame with those below it. `next_log` counts the logs, if they are wanted.
fn frame(call: &CallFrame, mut next_log: Option<&mut u64>, panic: Option<&str>, desk: &Desk) -> Value {
    let mut shown = Map::new();
    shown.insert("type".into(), json!(kind(call.kind)));
    shown.insert("from".into(), json!(call.from));
    shown.insert("gas".into(), quantity(call.gas));
    shown.insert("gasUsed".into(), quantity(call.gas_used));
    shown.insert("input".into(), json!(call.input));
    if let Some(to) = call.to {
        shown.insert("to".into(), json!(to));
    }
    if let Some(value) = call.value {
        shown.insert("value".into(), json!(value));
    }
    if !call.output.is_empty() {
        shown.insert("output".into(), json!(call.output));
    }
    match &call.end {
        FrameEnd::Success => {}
        FrameEnd::Revert => {
            shown.insert("error".into(), json!("execution reverted"));
            if let Some(reason) = desk.reason(&call.output) {
                shown.insert("revertReason".into(), json!(reason));
            }
        }
        FrameEnd::Halt(reason) => {
            shown.insert("error".into(), json!(halted(reason, panic)));
        }
    }
    let (mut calls, mut logs) = (Vec::new(), Vec::new());
    let mut own = call.logs.iter().peekable();
    for at in 0..=call.calls.len() {
        // Logs are numbered in the order in which they happened, across all frames.
        while let Some(log) = own.next_if(|log| log.position <= at) {
            if let Some(next) = next_log.as_deref_mut() {
                logs.push(json!({
                    "address": log.log.address,
                    "topics": log.log.topics(),
                    "data": log.log.data.data,
                    "index": quantity(*next),
                    "position": quantity(log.position as u64),
                }));
                *next += 1;
            }
        }
        if let Some(call) = call.calls.get(at) {
            calls.push(frame(call, next_log.as_deref_mut(), None, desk));
        }
    }
    if !calls.is_empty() {
        shown.insert("calls".into(), calls.into());
    }
    if !logs.is_empty() {
        shown.insert("logs".into(), logs.into());
    }
    shown.into()
}

// ── Accounts ────────────────────────────────────────────────────────────────────────────────────────────────────────────────

/// An account's key: in lower case, as everywhere, and not with the checksum that is for people.
fn key(address: Address) -> String {
    format!("{address:#x}")
}

fn account(state: &AccountState, code: bool, storage: impl Iterator<Item = (U256, U256)>) -> Map<String, Value> {
    let mut shown = Map::new();
    shown.insert("balance".into(), json!(state.balance));
    if state.nonce != 0 {
        shown.insert("nonce".into(), json!(state.nonce));
    }
    if code && !state.code.is_empty() {
        shown.insert("code".into(), json!(state.code));
    }
    with_storage(&mut shown, storage);
    shown
}

fn with_storage(shown: &mut Map<String, Value>, storage: impl Iterator<Item = (U256, U256)>) {
    let slots: BTreeMap<B256, B256> = storage.map(|(slot, value)| (slot.into(), value.into())).collect();
    if !slots.is_empty() {
        shown.insert("storage".into(), json!(slots));
    }
}

/// The accounts as they were before.
fn prestate(accounts: &BTreeMap<Address, TouchedAccount>, code: bool, storage: bool) -> Value {
    let nobody = AccountState::default();
    let shown = accounts.iter().filter_map(|(address, touched)| {
        // An account that this transaction brought into being was nothing before.
        let created = touched.before.is_none() && touched.after.as_ref().is_some_and(|after| !after.code.is_empty());
        let before = touched.before.as_ref().unwrap_or(&nobody);
        let slots = before.storage.iter().filter(|_| storage).map(|(slot, value)| (*slot, *value));
        (!created).then(|| (key(*address), Value::from(account(before, code, slots))))
    });
    Value::Object(shown.collect())
}

/// The accounts that changed: as they were, and what is different.
fn difference(accounts: &BTreeMap<Address, TouchedAccount>, code: bool, storage: bool) -> Value {
    let (mut pre, mut post) = (Map::new(), Map::new());
    let nobody = AccountState::default();
    for (address, touched) in accounts {
        let (before, after) = (touched.before.as_ref().unwrap_or(&nobody), touched.after.as_ref().unwrap_or(&nobody));
        let slot = |state: &AccountState, slot: &U256| state.storage.get(slot).copied().unwrap_or_default();
        let slots = before.storage.keys().chain(after.storage.keys()).filter(|_| storage);
        let changed: Vec<U256> = slots.filter(|at| slot(before, at) != slot(after, at)).copied().collect();
        let same = (before.balance, before.nonce, &before.code) == (after.balance, after.nonce, &after.code);
        if same && changed.is_empty() {
            continue;
        }
        let nonzero = |state| {
            let pairs = changed.iter().map(move |at| (*at, slot(state, at)));
            pairs.filter(|(_, value)| !value.is_zero())
        };
        if touched.before.is_some() {
            pre.insert(key(*address), account(before, code, nonzero(before)).into());
        }
        if touched.after.is_some() {
            post.insert(key(*address), news(before, after, code, nonzero(after)).into());
        }
    }
    json!({ "pre": pre, "post": post })
}

/// What is different of an account.
fn news(
    before: &AccountState,
    after: &AccountState,
    code: bool,
    storage: impl Iterator<Item = (U256, U256)>,
) -> Map<String, Value> {
    let mut shown = Map::new();
    if before.balance != after.balance {
        shown.insert("balance".into(), json!(after.balance));
    }
    if before.nonce != after.nonce {
        shown.insert("nonce".into(), json!(after.nonce));
    }
    if code && before.code != after.code {
        shown.insert("code".into(), json!(Bytes::clone(&after.code)));
    }
    with_storage(&mut shown, storage);
    shown
}
