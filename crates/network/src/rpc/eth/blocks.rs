//! Blocks and their receipts.

use ephor_chain::{Block, Chain};
use serde_json::{Value, json};

use super::super::{
    RpcError,
    params::{Args, any, boolean, hash},
    queries::{BlockRef, block, tag},
    shapes::{self, LOGS_MAX, quantity},
    table::{Method, Param, Room},
};

const HASH: Param = Param::required("blockHash", "hash");
const NUMBER: Param = Param::required("block", "tag");
const WHOLE: Param = Param::optional("fullTransactions", "boolean");
const INDEX: Param = Param::required("index", "quantity");

pub(in super::super) const METHODS: &[Method] = &[
    Method::new("eth_getBlockByNumber", "A block by its number.", &[NUMBER, WHOLE], "object?", by_number),
    Method::new("eth_getBlockByHash", "A block by its hash.", &[HASH, WHOLE], "object?", by_hash),
    Method::new(
        "eth_getBlockTransactionCountByNumber",
        "How many transactions a block has, by its number.",
        &[NUMBER],
        "quantity?",
        count_by_number,
    ),
    Method::new(
        "eth_getBlockTransactionCountByHash",
        "How many transactions a block has, by its hash.",
        &[HASH],
        "quantity?",
        count_by_hash,
    ),
    Method::new(
        "eth_getBlockReceipts",
        "The receipts of a block.",
        &[Param::required("block", "block")],
        "object[]?",
        receipts,
    ),
    Method::new(
        "eth_getUncleCountByBlockNumber",
        "Zero: there are no uncles.",
        &[NUMBER],
        "quantity?",
        uncles_by_number,
    ),
    Method::new("eth_getUncleCountByBlockHash", "Zero: there are no uncles.", &[HASH], "quantity?", uncles_by_hash),
    Method::new(
        "eth_getUncleByBlockNumberAndIndex",
        "Null: there are no uncles.",
        &[NUMBER, INDEX],
        "object?",
        no_uncle,
    ),
    Method::new("eth_getUncleByBlockHashAndIndex", "Null: there are no uncles.", &[HASH, INDEX], "object?", no_uncle),
];

fn numbered(chain: &Chain, args: &Args<'_>) -> Result<Option<Block>, RpcError> {
    Ok(args.get(0, tag)?.number(chain).and_then(|number| chain.block(number)))
}

fn hashed(chain: &Chain, args: &Args<'_>) -> Result<Option<Block>, RpcError> {
    Ok(chain.block_by_hash(args.get(0, hash)?))
}

fn shown(chain: &Chain, block: Option<&Block>, args: &Args<'_>) -> Result<Value, RpcError> {
    let whole = args.optional(1, boolean)?.unwrap_or(false);
    Ok(block.map_or(Value::Null, |block| shapes::block(chain, block, whole)))
}

fn by_number(room: &mut Room<'_>, args: &Args<'_>) -> Result<Value, RpcError> {
    let chain = room.chain()?;
    if args.get(0, tag)? == BlockRef::Pending {
        return Ok(shapes::pending_block(chain, args.optional(1, boolean)?.unwrap_or(false)));
    }
    shown(chain, numbered(chain, args)?.as_ref(), args)
}

fn by_hash(room: &mut Room<'_>, args: &Args<'_>) -> Result<Value, RpcError> {
    let chain = room.chain()?;
    shown(chain, hashed(chain, args)?.as_ref(), args)
}

fn count(block: Option<&Block>) -> Value {
    block.map_or(Value::Null, |block| quantity(block.transactions.len() as u64))
}

fn count_by_number(room: &mut Room<'_>, args: &Args<'_>) -> Result<Value, RpcError> {
    let chain = room.chain()?;
    if args.get(0, tag)? == BlockRef::Pending {
        return Ok(quantity(chain.pending().len() as u64));
    }
    Ok(count(numbered(chain, args)?.as_ref()))
}

fn count_by_hash(room: &mut Room<'_>, args: &Args<'_>) -> Result<Value, RpcError> {
    Ok(count(hashed(room.chain()?, args)?.as_ref()))
}

fn receipts(room: &mut Room<'_>, args: &Args<'_>) -> Result<Value, RpcError> {
    let chain = room.chain()?;
    // What waits has no receipts yet.
    let asked = Some(args.get(0, block)?).filter(|block| *block != BlockRef::Pending);
    let Some(number) = asked.and_then(|block| block.number(chain)) else { return Ok(Value::Null) };
    let receipts = chain.receipts(number);
    let logs: usize = receipts.iter().map(|receipt| receipt.logs.len()).sum();
    if logs > LOGS_MAX {
        return Err(RpcError::limit(format_args!("the block has {logs} logs, and an answer at most {LOGS_MAX}")));
    }
    Ok(receipts.iter().map(shapes::receipt).collect())
}

fn uncles_by_number(room: &mut Room<'_>, args: &Args<'_>) -> Result<Value, RpcError> {
    Ok(numbered(room.chain()?, args)?.map_or(Value::Null, |_| quantity(0)))
}

fn uncles_by_hash(room: &mut Room<'_>, args: &Args<'_>) -> Result<Value, RpcError> {
    Ok(hashed(room.chain()?, args)?.map_or(Value::Null, |_| quantity(0)))
}

fn no_uncle(_: &mut Room<'_>, args: &Args<'_>) -> Result<Value, RpcError> {
    args.get(0, any)?;
    args.get(1, any)?;
    Ok(json!(null))
}
