//! `eth_simulateV1`: blocks that might be.
//!
//! Headers are hashed into each other from the latest block on; their roots are zero, as nothing is stored. On chains where contracts see
//! Ethereum's block number, an overridden number is that one, and the chain's own go on counting.

use alloy_consensus::{Header, SignableTransaction, TxEip1559, TxEnvelope};
use alloy_primitives::{Address, B256, Bloom, BloomInput, Bytes, Log, Signature, U256};
use ephor_chain::{
    BlockEnv, BlockRule, Chain, ExecuteError, InvalidTransaction, SimulateError, SimulatedBlock, SimulatedCall,
    SimulatedOutcome, Status,
};
use serde_json::{Map, Value, json};

use super::super::{
    RpcError,
    desk::Desk,
    errors::halted,
    params::{Args, Why, array, boolean, each, field, object},
    queries::{GAS_CAP, TransactionArgs, block_overrides, overrides, transaction, with_state},
    shapes::{LOGS_MAX, quantity, wide},
    table::{Method, Param, Room},
};

/// Blocks that one simulation has at most, those that fill gaps included.
const BLOCKS_MAX: usize = 256;
/// Calls that one simulation has at most.
const CALLS_MAX: usize = 1_000;
/// Seconds from one block to the next, where nothing else is said.
const STEP_SECONDS: u64 = 12;

pub(in super::super) const METHODS: &[Method] = &[Method::new(
    "eth_simulateV1",
    "Executes blocks that might be on top of the latest.",
    &[Param::required("payload", "object"), Param::optional("block", "block")],
    "object[]",
    simulate,
)];

struct Payload {
    blocks: Vec<Part>,
    transfers: bool,
    validate: bool,
    whole: bool,
}

/// A block as it is asked for.
struct Part {
    env: Value,
    accounts: Vec<(Address, ephor_chain::AccountOverride)>,
    calls: Vec<TransactionArgs>,
}

fn payload(value: &Value) -> Result<Payload, Why> {
    let fields = object(value)?;
    let flag = |name| Ok::<bool, Why>(field(fields, name, boolean)?.unwrap_or(false));
    let blocks = field(fields, "blockStateCalls", |value| array(value).map(<[Value]>::to_vec))?.unwrap_or_default();
    if blocks.is_empty() {
        return Err("blockStateCalls: empty input".to_owned());
    }
    let mut left = CALLS_MAX;
    let part = |(at, value): (usize, &Value)| {
        let named = |why| format!("blockStateCalls[{at}]: {why}");
        let fields = object(value).map_err(named)?;
        let calls = field(fields, "calls", |calls| each(calls, left, transaction)).map_err(named)?.unwrap_or_default();
        left -= calls.len();
        Ok(Part {
            env: fields.get("blockOverrides").cloned().unwrap_or(Value::Null),
            accounts: field(fields, "stateOverrides", overrides).map_err(named)?.unwrap_or_default(),
            calls,
        })
    };
    Ok(Payload {
        blocks: blocks.iter().take(BLOCKS_MAX + 1).enumerate().map(part).collect::<Result<_, Why>>()?,
        transfers: flag("traceTransfers")?,
        validate: flag("validation")?,
        whole: flag("returnFullTransactions")?,
    })
}

fn simulate(room: &mut Room<'_>, args: &Args<'_>) -> Result<Value, RpcError> {
    let payload = args.get(0, payload)?;
    let chain = room.network.chain_mut(room.chain_id)?;
    with_state(chain, args, 1, |chain| {
        let plan = plan(chain, &payload)?;
        let blocks: Vec<SimulatedBlock> = plan.iter().map(|(_, block)| block.clone()).collect();
        let outcomes = chain.simulate(&blocks, payload.validate, payload.transfers, GAS_CAP).map_err(refused)?;
        let logs: usize = outcomes.iter().flatten().map(|outcome| outcome.outcome.logs.len()).sum();
        if logs > LOGS_MAX {
            return Err(RpcError::limit(format_args!(
                "the calls emit {logs} logs, and an answer holds at most {LOGS_MAX}"
            )));
        }
        let mut parent = chain.latest().hash;
        let mut shown = Vec::with_capacity(plan.len());
        for ((number, block), outcomes) in plan.iter().zip(&outcomes) {
            let (hash, value) = shown_block(chain, *number, parent, block, outcomes, payload.whole, room.desk);
            parent = hash;
            shown.push(value);
        }
        Ok(shown.into())
    })
}

/// The blocks in order, with those that fill gaps, each with the chain's own number.
fn plan(chain: &Chain, payload: &Payload) -> Result<Vec<(u64, SimulatedBlock)>, RpcError> {
    let slots = matches!(chain.config().blocks, BlockRule::Slots { .. });
    let too_many = || RpcError { code: -38026, message: format!("too many blocks: at most {BLOCKS_MAX}"), data: None };
    let mut last = chain.env();
    let mut number = chain.head();
    let mut planned = Vec::new();
    for (at, part) in payload.blocks.iter().enumerate() {
        let mut env = BlockEnv { timestamp: last.timestamp.saturating_add(STEP_SECONDS), ..last.clone() };
        if slots {
            env.number = env.number.saturating_add(1);
        }
        if !payload.validate {
            env.base_fee = 0;
        }
        let wanted = env.clone();
        if !part.env.is_null() {
            block_overrides(&part.env, &mut env).map_err(|why| {
                RpcError::param(0, "payload", format_args!("blockStateCalls[{at}].blockOverrides: {why}"))
            })?;
        }
        if slots && env.number <= last.number {
            let message = format!("block numbers must be in order: {} <= {}", env.number, last.number);
            return Err(RpcError { code: -38020, message, data: None });
        }
        // Blocks that are left out exist and are empty.
        let gap = if slots { env.number - wanted.number } else { 0 };
        if gap > (BLOCKS_MAX - planned.len().min(BLOCKS_MAX)) as u64 {
            return Err(too_many());
        }
        for ahead in 0..gap {
            let timestamp = wanted.timestamp.saturating_add(ahead.saturating_mul(STEP_SECONDS));
            let between = BlockEnv { number: wanted.number + ahead, timestamp, ..wanted.clone() };
            number += 1;
            last.timestamp = timestamp;
            planned.push((number, SimulatedBlock { env: between, accounts: Vec::new(), calls: Vec::new() }));
        }
        if gap > 0 && env.timestamp == wanted.timestamp {
            env.timestamp = last.timestamp.saturating_add(STEP_SECONDS);
        }
        if env.timestamp <= last.timestamp {
            let message = format!("block timestamps must be in order: {} <= {}", env.timestamp, last.timestamp);
            return Err(RpcError { code: -38021, message, data: None });
        }
        number = number.checked_add(1).ok_or_else(too_many)?;
        let mut calls = Vec::with_capacity(part.calls.len());
        for call in &part.calls {
            call.for_chain(chain.config().chain_id).map_err(|why| RpcError::param(0, "payload", why))?;
            let gas_limit = call.gas.unwrap_or(GAS_CAP.min(env.gas_limit));
            if gas_limit > env.gas_limit {
                let message = format!("block gas limit reached: {gas_limit} > {}", env.gas_limit);
                return Err(RpcError { code: -38015, message, data: None });
            }
            calls.push(SimulatedCall {
                message: call.message().with_gas_limit(gas_limit),
                nonce: call.nonce,
                max_fee: call.max_fee.or(call.gas_price).unwrap_or(0),
                max_tip: call.max_tip.or(call.gas_price),
                access_list: call.access_list.clone().unwrap_or_default(),
            });
        }
        last = env.clone();
        planned.push((number, SimulatedBlock { env, accounts: part.accounts.clone(), calls }));
        if planned.len() > BLOCKS_MAX {
            return Err(too_many());
        }
    }
    Ok(planned)
}

fn refused(error: SimulateError) -> RpcError {
    let place = format!("call {} of block {}", error.call, error.block);
    let code = match &error.fault {
        ExecuteError::IntrinsicGas { .. } => -38013,
        ExecuteError::InsufficientFunds { .. } => -38014,
        ExecuteError::Invalid(fault) => match fault {
            InvalidTransaction::NonceTooLow { .. } => -38010,
            InvalidTransaction::NonceTooHigh { .. } => -38011,
            InvalidTransaction::GasPriceLessThanBasefee => -38012,
            InvalidTransaction::LackOfFundForMaxFee { .. } => -38014,
            InvalidTransaction::CallerGasLimitMoreThanBlock => -38015,
            InvalidTransaction::RejectCallerWithCode => -38024,
            InvalidTransaction::CreateInitCodeSizeLimit => -38025,
            _ => -32000,
        },
        _ => -32000,
    };
    let RpcError { message, .. } = error.fault.into();
    RpcError { code, message: format!("{place}: {message}"), data: None }
}

fn shown_block(
    chain: &Chain,
    number: u64,
    parent_hash: B256,
    block: &SimulatedBlock,
    outcomes: &[SimulatedOutcome],
    whole: bool,
    desk: &Desk,
) -> (B256, Value) {
    let transactions: Vec<TxEnvelope> =
        block.calls.iter().zip(outcomes).map(|(call, outcome)| envelope(chain, call, outcome)).collect();
    let mut logs_bloom = Bloom::ZERO;
    for log in outcomes.iter().flat_map(|outcome| &outcome.outcome.logs) {
        logs_bloom.accrue(BloomInput::Raw(log.address.as_slice()));
        log.topics().iter().for_each(|topic| logs_bloom.accrue(BloomInput::Raw(topic.as_slice())));
    }
    let header = Header {
        parent_hash,
        beneficiary: block.env.coinbase,
        number,
        timestamp: block.env.timestamp,
        gas_limit: block.env.gas_limit,
        gas_used: outcomes.iter().map(|outcome| outcome.outcome.gas_used).sum(),
        base_fee_per_gas: Some(block.env.base_fee),
        mix_hash: block.env.prevrandao,
        logs_bloom,
        state_root: B256::ZERO,
        transactions_root: B256::ZERO,
        receipts_root: B256::ZERO,
        ..chain.latest().header
    };
    let hash = header.hash_slow();
    let Value::Object(mut shown) = json!(header) else { return (hash, Value::Null) };
    let mut next_log = 0;
    let calls: Vec<Value> = outcomes
        .iter()
        .zip(&transactions)
        .enumerate()
        .map(|(at, (outcome, tx))| shown_call(outcome, *tx.tx_hash(), at, &header, hash, &mut next_log, desk))
        .collect();
    let transactions: Vec<Value> = transactions
        .iter()
        .zip(&block.calls)
        .enumerate()
        .map(|(at, (tx, call))| {
            if !whole {
                return json!(tx.tx_hash());
            }
            let Value::Object(mut fields) = json!(tx) else { return Value::Null };
            fields.insert("from".into(), json!(call.message.from));
            fields.insert("blockHash".into(), json!(hash));
            fields.insert("blockNumber".into(), quantity(number));
            fields.insert("transactionIndex".into(), quantity(at as u64));
            fields.insert("gasPrice".into(), wide(call.max_fee));
            fields.into()
        })
        .collect();
    shown.insert("hash".into(), json!(hash));
    shown.insert("size".into(), quantity(alloy_rlp::Encodable::length(&header) as u64));
    shown.insert("uncles".into(), json!([]));
    shown.insert("withdrawals".into(), json!([]));
    shown.insert("transactions".into(), transactions.into());
    shown.insert("calls".into(), calls.into());
    (hash, shown.into())
}

/// A call as the transaction it would be, without a signature.
fn envelope(chain: &Chain, call: &SimulatedCall, outcome: &SimulatedOutcome) -> TxEnvelope {
    let tx = TxEip1559 {
        chain_id: chain.config().chain_id,
        nonce: outcome.nonce,
        gas_limit: call.message.gas_limit,
        max_fee_per_gas: call.max_fee,
        max_priority_fee_per_gas: call.max_tip.unwrap_or_default(),
        to: call.message.to,
        value: call.message.value,
        access_list: call.access_list.clone(),
        input: call.message.data.clone(),
    };
    tx.into_signed(Signature::new(U256::ZERO, U256::ZERO, false)).into()
}

fn shown_call(
    outcome: &SimulatedOutcome,
    tx: B256,
    index: usize,
    header: &Header,
    block_hash: B256,
    next_log: &mut u64,
    desk: &Desk,
) -> Value {
    let outcome = &outcome.outcome;
    let log = |log: &Log| {
        let shown = json!({
            "address": log.address,
            "topics": log.topics(),
            "data": log.data.data,
            "blockHash": block_hash,
            "blockNumber": quantity(header.number),
            "blockTimestamp": quantity(header.timestamp),
            "transactionHash": tx,
            "transactionIndex": quantity(index as u64),
            "logIndex": quantity(*next_log),
            "removed": false,
        });
        *next_log += 1;
        shown
    };
    let mut shown = Map::new();
    shown.insert("logs".into(), outcome.logs.iter().map(log).collect());
    shown.insert("gasUsed".into(), quantity(outcome.gas_used));
    shown.insert("status".into(), quantity(u64::from(outcome.is_success())));
    let returned = if outcome.is_success() { outcome.output.clone() } else { Bytes::new() };
    shown.insert("returnData".into(), json!(returned));
    match &outcome.status {
        Status::Success => {}
        Status::Revert => {
            let RpcError { code, message, data } = RpcError::reverted(&outcome.output, desk);
            shown.insert("error".into(), json!({ "code": code, "message": message, "data": data }));
        }
        Status::Halt(reason) => {
            let message = halted(reason, outcome.panic.as_deref());
            shown.insert("error".into(), json!({ "code": -32015, "message": message }));
        }
    }
    shown.into()
}
