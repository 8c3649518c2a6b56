//! Logs, and filters that tell what is new.

use std::collections::VecDeque;

use ephor_chain::{Chain, LogFilter, LogView};
use serde_json::{Value, json};

use super::super::{
    RpcError,
    filters::What,
    locked,
    params::{Args, any_number},
    queries::{BlockRef, LogQuery, log_query},
    shapes::{self, LOGS_MAX, quantity},
    table::{Method, Param, Room},
};

const FILTER: Param = Param::required("filter", "filter");
const ID: Param = Param::required("filterId", "quantity");
/// Hashes of blocks that one answer holds at most; the others come with the next.
const HASHES_MAX: u64 = 10_000;

pub(in super::super) const METHODS: &[Method] = &[
    Method::new("eth_getLogs", "The logs that pass a filter.", &[FILTER], "object[]", logs),
    Method::new("eth_newFilter", "Installs a filter for logs to come.", &[FILTER], "quantity", new_filter),
    Method::new("eth_newBlockFilter", "Installs a filter for blocks to come.", &[], "quantity", new_block_filter),
    Method::new(
        "eth_newPendingTransactionFilter",
        "Installs a filter for transactions to come.",
        &[],
        "quantity",
        new_pending_filter,
    ),
    Method::new("eth_getFilterChanges", "What is new since the last time.", &[ID], "any[]", changes),
    Method::new("eth_getFilterLogs", "All logs that pass an installed filter.", &[ID], "object[]", filter_logs),
    Method::new("eth_uninstallFilter", "Takes a filter away.", &[ID], "boolean", uninstall),
];

fn logs(room: &mut Room<'_>, args: &Args<'_>) -> Result<Value, RpcError> {
    let query = args.get(0, log_query)?;
    let found = find(room.chain()?, &query)?;
    Ok(found.iter().map(shapes::log).collect())
}

fn find(chain: &Chain, query: &LogQuery) -> Result<Vec<LogView>, RpcError> {
    let (from_block, to_block) = match query.hash {
        Some(hash) => {
            let number = BlockRef::Hash(hash).number(chain).ok_or_else(|| RpcError::refused("unknown block"))?;
            (number, number)
        }
        None => {
            let (from, to) = (bound(chain, query.from), bound(chain, query.to));
            // A range that begins in the future is empty, not wrong.
            if from > to && from <= chain.head() {
                return Err(RpcError::params("invalid block range params"));
            }
            (from, to)
        }
    };
    if from_block > to_block {
        return Ok(Vec::new());
    }
    let filter = LogFilter { from_block, to_block: Some(to_block), ..query.filter.clone() };
    chain.logs_up_to(&filter, LOGS_MAX).ok_or_else(|| {
        RpcError::limit(format_args!(
            "query returned more than {LOGS_MAX} results: ask for fewer blocks than {from_block} to {to_block}"
        ))
    })
}

fn bound(chain: &Chain, block: Option<BlockRef>) -> u64 {
    match block {
        Some(BlockRef::Number(number)) => number,
        Some(BlockRef::Earliest) => chain.first(),
        _ => chain.head(),
    }
}

fn install(room: &Room<'_>, what: What) -> Result<Value, RpcError> {
    let id = locked(room.filters).install(room.chain_id, what);
    id.map(quantity).ok_or_else(|| RpcError::limit("too many filters: uninstall one, or wait until one is forgotten"))
}

fn new_filter(room: &mut Room<'_>, args: &Args<'_>) -> Result<Value, RpcError> {
    let LogQuery { from, to, hash, filter } = args.get(0, log_query)?;
    if hash.is_some() {
        return Err(args.wrong(0, "a filter is for blocks to come: blockHash is not taken"));
    }
    let head = room.chain()?.head();
    let number = |block: Option<BlockRef>| match block {
        Some(BlockRef::Number(number)) => Some(number),
        Some(BlockRef::Earliest) => Some(0),
        _ => None,
    };
    let filter = LogFilter { from_block: number(from).unwrap_or(head + 1), to_block: number(to), ..filter };
    install(room, What::Logs { filter, next: head + 1 })
}

fn new_block_filter(room: &mut Room<'_>, _: &Args<'_>) -> Result<Value, RpcError> {
    let next = room.chain()?.head() + 1;
    install(room, What::Blocks { next })
}

fn new_pending_filter(room: &mut Room<'_>, _: &Args<'_>) -> Result<Value, RpcError> {
    install(room, What::Pending { hashes: VecDeque::new() })
}

fn unknown_filter() -> RpcError {
    RpcError::refused("filter not found")
}

fn changes(room: &mut Room<'_>, args: &Args<'_>) -> Result<Value, RpcError> {
    let id = args.get(0, any_number)?;
    let chain = room.network.chain(room.chain_id)?;
    let mut filters = locked(room.filters);
    let head = chain.head();
    match filters.ask(room.chain_id, id).ok_or_else(unknown_filter)? {
        What::Pending { hashes } => Ok(json!(std::mem::take(hashes))),
        What::Blocks { next } => {
            // After a snapshot was gone back to, the chain may be shorter.
            *next = (*next).min(head + 1);
            let last = head.min(next.saturating_add(HASHES_MAX - 1));
            let hashes = (*next..=last).filter_map(|number| chain.block_hash(number)).map(|hash| json!(hash)).collect();
            *next = last + 1;
            Ok(hashes)
        }
        What::Logs { filter, next } => {
            *next = (*next).min(head + 1);
            let from_block = filter.from_block.max(*next);
            let mut last = filter.to_block.unwrap_or(head).min(head);
            let mut found = Vec::new();
            while from_block <= last {
                let wanted = LogFilter { from_block, to_block: Some(last), ..filter.clone() };
                // A single block is told whole, however much it holds.
                let most = if from_block == last { usize::MAX } else { LOGS_MAX };
                if let Some(all) = chain.logs_up_to(&wanted, most) {
                    found = all;
                    break;
                }
                // Too many for one answer: the later ones come with the next.
                last = from_block + (last - from_block) / 2;
            }
            *next = (*next).max(last + 1);
            Ok(found.iter().map(shapes::log).collect())
        }
    }
}

fn filter_logs(room: &mut Room<'_>, args: &Args<'_>) -> Result<Value, RpcError> {
    let id = args.get(0, any_number)?;
    let filter = match locked(room.filters).ask(room.chain_id, id).ok_or_else(unknown_filter)? {
        What::Logs { filter, .. } => filter.clone(),
        _ => return Err(RpcError::refused("filter not found: this one is not for logs")),
    };
    let (from, to) = (Some(BlockRef::Number(filter.from_block)), filter.to_block.map(BlockRef::Number));
    let found = find(room.chain()?, &LogQuery { from, to, hash: None, filter })?;
    Ok(found.iter().map(shapes::log).collect())
}

fn uninstall(room: &mut Room<'_>, args: &Args<'_>) -> Result<Value, RpcError> {
    let id = args.get(0, any_number)?;
    Ok(json!(locked(room.filters).uninstall(room.chain_id, id)))
}
