//! The methods.

use alloy_consensus::TxEnvelope;
use alloy_eips::{BlockId, BlockNumberOrTag, Decodable2718};
use alloy_primitives::{Address, B256, Bytes, TxKind, U256};
use alloy_rpc_types_eth::{Filter, FilterBlockOption, TransactionRequest};
use ephor_chain::{Chain, EstimateError, LogFilter, Message as Call, Outcome, Status};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::{
    RpcError,
    shapes::{self, quantity},
};
use crate::Network;

/// Answers one request on one chain.
pub(super) fn call(network: &mut Network, chain_id: u64, method: &str, params: &[Value]) -> Result<Value, RpcError> {
    let args = Args(params);
    let chain = network.chain_mut(chain_id)?;
    match method {
        "eth_chainId" => Ok(quantity(chain_id)),
        "net_version" => Ok(json!(chain_id.to_string())),
        "web3_clientVersion" => Ok(json!(concat!("ephor/", env!("CARGO_PKG_VERSION")))),
        "eth_blockNumber" => Ok(quantity(chain.head())),
        "eth_syncing" => Ok(json!(false)),
        "eth_accounts" => Ok(json!(Vec::<Address>::new())),
        "eth_gasPrice" => Ok(quantity(chain.config().base_fee)),
        "eth_maxPriorityFeePerGas" => Ok(quantity(0)),
        "eth_feeHistory" => fee_history(chain, &args),
        "eth_getBalance" => {
            at_latest(chain, &args, 1).map(|chain| args.get(0, "address").map(|at| json!(chain.balance(at))))?
        }
        "eth_getCode" => {
            at_latest(chain, &args, 1).map(|chain| args.get(0, "address").map(|at| json!(chain.code(at))))?
        }
        "eth_getTransactionCount" => {
            let at: Address = args.get(0, "address")?;
            let pending =
                matches!(args.optional::<BlockId>(1, "block")?, Some(BlockId::Number(BlockNumberOrTag::Pending)));
            Ok(quantity(if pending { chain.next_nonce(at) } else { at_latest(chain, &args, 1)?.nonce(at) }))
        }
        "eth_getStorageAt" => {
            let (at, slot): (Address, U256) = (args.get(0, "address")?, args.get(1, "slot")?);
            Ok(json!(B256::from(at_latest(chain, &args, 2)?.slot(at, slot))))
        }
        "eth_call" => {
            let request = message(args.get(0, "transaction")?, chain)?;
            let outcome = at_latest(chain, &args, 1)?.view(request).map_err(|error| RpcError::refused(&error))?;
            returned(&outcome)
        }
        "eth_estimateGas" => {
            let request = message(args.get(0, "transaction")?, chain)?;
            chain.estimate_gas(&request).map(quantity).map_err(|error| match error {
                EstimateError::Reverts(data) => RpcError::reverted(&data),
                other => RpcError::refused(&other),
            })
        }
        "eth_sendTransaction" => {
            let request = message(args.get(0, "transaction")?, chain)?;
            let hash = chain.impersonate(request).map_err(|error| RpcError::refused(&error))?;
            mined(network, chain_id, hash)
        }
        "eth_sendRawTransaction" => {
            let raw: Bytes = args.get(0, "transaction")?;
            let envelope =
                TxEnvelope::decode_2718(&mut raw.as_ref()).map_err(|error| RpcError::invalid("transaction", &error))?;
            let hash = chain.submit(envelope).map_err(|error| RpcError::refused(&error))?;
            mined(network, chain_id, hash)
        }
        "eth_getTransactionByHash" => {
            Ok(chain.transaction(args.get(0, "hash")?).map_or(Value::Null, |view| shapes::transaction(&view)))
        }
        "eth_getTransactionReceipt" => {
            Ok(chain.receipt(args.get(0, "hash")?).map_or(Value::Null, |receipt| shapes::receipt(&receipt)))
        }
        "eth_getBlockReceipts" => {
            let number = number(chain, args.get(0, "block")?)?;
            Ok(chain.receipts(number).iter().map(shapes::receipt).collect())
        }
        "eth_getBlockByNumber" | "eth_getBlockByHash" => {
            let whole = args.optional(1, "full transactions")?.unwrap_or(false);
            let block = if method.ends_with("Hash") {
                chain.block_by_hash(args.get(0, "hash")?)
            } else {
                number(chain, BlockId::Number(args.get(0, "block")?)).ok().and_then(|number| chain.block(number))
            };
            Ok(block.map_or(Value::Null, |block| shapes::block(chain, &block, whole)))
        }
        "eth_getLogs" => {
            let filter = log_filter(chain, &args.get(0, "filter")?)?;
            Ok(chain.logs(&filter).iter().map(shapes::log).collect())
        }
        "evm_setAutomine" => {
            network.set_automine(args.get(0, "whether")?);
            Ok(Value::Null)
        }
        "evm_mine" => {
            let mined = network.mine(chain_id)?;
            Ok(quantity(mined.number))
        }
        _ => Err(RpcError::method(method)),
    }
}

/// Positional parameters.
struct Args<'a>(&'a [Value]);

impl Args<'_> {
    fn get<T: DeserializeOwned>(&self, index: usize, name: &str) -> Result<T, RpcError> {
        self.optional(index, name)?.ok_or_else(|| RpcError::invalid(name, &format!("parameter {index} is missing")))
    }

    fn optional<T: DeserializeOwned>(&self, index: usize, name: &str) -> Result<Option<T>, RpcError> {
        match self.0.get(index) {
            None | Some(Value::Null) => Ok(None),
            Some(value) => T::deserialize(value).map(Some).map_err(|error| RpcError::invalid(name, &error)),
        }
    }
}

/// The chain, if the block that parameter `index` names is the latest one.
fn at_latest<'a>(chain: &'a mut Chain, args: &Args<'_>, index: usize) -> Result<&'a mut Chain, RpcError> {
    let Some(block) = args.optional::<BlockId>(index, "block")? else { return Ok(chain) };
    let (asked, head) = (number(chain, block)?, chain.head());
    if asked == head {
        Ok(chain)
    } else {
        Err(RpcError::refused(&format!("the state of block {asked} is not kept: ask for the latest, {head}")))
    }
}

fn number(chain: &Chain, block: BlockId) -> Result<u64, RpcError> {
    let number = match block {
        BlockId::Number(BlockNumberOrTag::Number(number)) => Some(number).filter(|number| *number <= chain.head()),
        BlockId::Number(BlockNumberOrTag::Earliest) => Some(0),
        BlockId::Number(_) => Some(chain.head()),
        BlockId::Hash(hash) => chain.block_by_hash(hash.block_hash).map(|block| block.header.number),
    };
    number.ok_or_else(|| RpcError::refused(&format!("there is no block {block} yet, the latest is {}", chain.head())))
}

fn message(request: TransactionRequest, chain: &Chain) -> Result<Call, RpcError> {
    if let Some(id) = request.chain_id.filter(|id| *id != chain.config().chain_id) {
        return Err(RpcError::invalid(
            "transaction",
            &format!("chain id {id}, this is chain {}", chain.config().chain_id),
        ));
    }
    Ok(Call {
        from: request.from.unwrap_or_default(),
        to: request.to.unwrap_or(TxKind::Create),
        value: request.value.unwrap_or_default(),
        data: request.input.into_input().unwrap_or_default(),
        gas_limit: request.gas.unwrap_or(Call::GAS_LIMIT).min(chain.config().gas_limit),
    })
}

fn returned(outcome: &Outcome) -> Result<Value, RpcError> {
    match &outcome.status {
        Status::Success => Ok(json!(outcome.output)),
        Status::Revert => Err(RpcError::reverted(&outcome.output)),
        Status::Halt(reason) => Err(RpcError::refused(&format!("the call halts: {reason:?}"))),
    }
}

/// Mines what is pending, if that is to happen at once. A transaction dropped by the block is an error.
fn mined(network: &mut Network, chain_id: u64, hash: B256) -> Result<Value, RpcError> {
    if network.automine() {
        let mined = network.mine(chain_id)?;
        if let Some((_, fault)) = mined.dropped.iter().find(|(dropped, _)| *dropped == hash) {
            return Err(RpcError::refused(fault));
        }
    }
    Ok(json!(hash))
}

fn fee_history(chain: &Chain, args: &Args<'_>) -> Result<Value, RpcError> {
    let count: alloy_primitives::U64 = args.get(0, "block count")?;
    let newest = number(chain, BlockId::Number(args.get(1, "newest block")?))?;
    let count = count.to::<u64>().clamp(1, 1024).min(newest + 1);
    let percentiles: Vec<f64> = args.optional(2, "percentiles")?.unwrap_or_default();
    let blocks = usize::try_from(count).unwrap_or(1);
    Ok(json!({
        "oldestBlock": quantity(newest + 1 - count),
        "baseFeePerGas": vec![quantity(chain.config().base_fee); blocks + 1],
        "gasUsedRatio": vec![0.0; blocks],
        "reward": vec![vec![quantity(0); percentiles.len()]; blocks],
    }))
}

fn log_filter(chain: &Chain, filter: &Filter) -> Result<LogFilter, RpcError> {
    let (from_block, to_block) = match filter.block_option {
        FilterBlockOption::AtBlockHash(hash) => {
            let at = number(chain, BlockId::Hash(hash.into()))?;
            (at, Some(at))
        }
        FilterBlockOption::Range { from_block, to_block } => {
            // A range that begins in the future is empty, not wrong.
            let bound = |tag: Option<BlockNumberOrTag>, default: u64| match tag {
                None => default,
                Some(BlockNumberOrTag::Number(number)) => number,
                Some(BlockNumberOrTag::Earliest) => 0,
                Some(_) => chain.head(),
            };
            (bound(from_block, chain.head()), Some(bound(to_block, chain.head())))
        }
    };
    Ok(LogFilter {
        from_block,
        to_block,
        addresses: filter.address.iter().copied().collect(),
        topics: filter.topics.clone().map(|topic| topic.iter().copied().collect()),
    })
}
