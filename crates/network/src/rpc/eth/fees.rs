//! What gas costs.
//!
//! The base fee of a chain is fixed, and blocks are never full, so nobody needs a priority fee. Where gas is free, `eth_gasPrice`
//! still says one wei: wallets take zero for "unknown". A transaction that offers nothing is taken all the same.

use ephor_chain::Chain;
use serde_json::{Value, json};

use super::super::{
    RpcError,
    params::{Args, any_number, each},
    queries::tag,
    shapes::{quantity, wide},
    table::{Method, Param, Room},
};

/// Blocks that a history covers at most.
const HISTORY_MAX: u64 = 1_024;
/// Percentiles that a history gives at most.
const PERCENTILES_MAX: usize = 100;
/// Transactions whose fees are looked at for one history.
const SAMPLE_MAX: usize = 50_000;

pub(in super::super) const METHODS: &[Method] = &[
    Method::new("eth_gasPrice", "Wei per gas that a legacy transaction should offer.", &[], "quantity", gas_price),
    Method::new("eth_maxPriorityFeePerGas", "The priority fee that is needed: none.", &[], "quantity", tip),
    Method::new("eth_blobBaseFee", "Wei per gas of blobs, which no block has.", &[], "quantity", blob_fee),
    Method::new(
        "eth_feeHistory",
        "Base fees, fullness and priority fees of blocks.",
        &[
            Param::required("blockCount", "quantity"),
            Param::required("newestBlock", "tag"),
            Param::optional("rewardPercentiles", "number[]"),
        ],
        "object",
        history,
    ),
];

fn gas_price(room: &mut Room<'_>, _: &Args<'_>) -> Result<Value, RpcError> {
    Ok(quantity(room.chain()?.config().base_fee.max(1)))
}

fn tip(_: &mut Room<'_>, _: &Args<'_>) -> Result<Value, RpcError> {
    Ok(quantity(0))
}

fn blob_fee(_: &mut Room<'_>, _: &Args<'_>) -> Result<Value, RpcError> {
    Ok(quantity(1))
}

fn history(room: &mut Room<'_>, args: &Args<'_>) -> Result<Value, RpcError> {
    let chain = room.chain()?;
    let count = args.get(0, any_number)?.min(HISTORY_MAX);
    let newest = args.get(1, tag)?.number(chain).ok_or_else(|| RpcError::refused("request beyond head block"))?;
    let percentile = |value: &Value| value.as_f64().ok_or_else(|| "not a number".to_owned());
    let percentiles = args.optional(2, |value| each(value, PERCENTILES_MAX, percentile))?.unwrap_or_default();
    let ordered = percentiles.windows(2).all(|pair| pair[0] <= pair[1]);
    if !ordered || percentiles.iter().any(|percentile| !(0.0..=100.0).contains(percentile)) {
        return Err(args.wrong(2, "invalid reward percentile: they go up from 0 to 100"));
    }
    let count = count.min(newest - chain.first() + 1);
    if count == 0 {
        return Ok(json!({ "oldestBlock": "0x0", "gasUsedRatio": [] }));
    }
    let (mut ratios, mut rewards, mut seen) = (Vec::new(), Vec::new(), 0);
    for number in (newest + 1 - count..=newest).rev() {
        let Some(block) = chain.block(number) else { break };
        seen += block.transactions.len();
        if seen > SAMPLE_MAX && !ratios.is_empty() && !percentiles.is_empty() {
            break;
        }
        ratios.push(block.header.gas_used as f64 / block.header.gas_limit as f64);
        rewards.push(rewards_of(chain, number, &percentiles));
    }
    ratios.reverse();
    rewards.reverse();
    let blocks = ratios.len();
    let mut shown = json!({
        "oldestBlock": quantity(newest + 1 - blocks as u64),
        "baseFeePerGas": vec![quantity(chain.config().base_fee); blocks + 1],
        "baseFeePerBlobGas": vec![quantity(1); blocks + 1],
        "gasUsedRatio": ratios,
        "blobGasUsedRatio": vec![0.0; blocks],
    });
    if !percentiles.is_empty() {
        shown["reward"] = json!(rewards);
    }
    Ok(shown)
}

/// The priority fees of a block at each percentile of its gas.
fn rewards_of(chain: &Chain, number: u64, percentiles: &[f64]) -> Vec<Value> {
    if percentiles.is_empty() {
        return Vec::new();
    }
    let base_fee = u128::from(chain.config().base_fee);
    let receipts = chain.receipts(number);
    let tip = |price: u128| price.saturating_sub(base_fee);
    let mut paid: Vec<(u128, u64)> =
        receipts.iter().map(|receipt| (tip(receipt.transaction.effective_gas_price), receipt.gas_used)).collect();
    paid.sort_unstable();
    let total: u64 = paid.iter().map(|(_, gas)| gas).sum();
    let mut rewards = Vec::with_capacity(percentiles.len());
    let (mut at, mut gas) = (0, paid.first().map_or(0, |(_, gas)| *gas));
    for percentile in percentiles {
        let wanted = total as f64 * percentile / 100.0;
        while (gas as f64) < wanted && at + 1 < paid.len() {
            at += 1;
            gas += paid[at].1;
        }
        rewards.push(wide(paid.get(at).map_or(0, |(tip, _)| *tip)));
    }
    rewards
}
