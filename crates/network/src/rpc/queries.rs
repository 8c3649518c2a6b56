//! Parameters with a meaning of their own: blocks, transactions, overrides, log filters.

use alloy_eips::eip2930::{AccessList, AccessListItem};
use alloy_primitives::{Address, B256, Bytes, TxKind, U256};
use ephor_chain::{AccountOverride, Ask, BlockEnv, Chain, LogFilter, Message, Scene, StorageOverride};
use serde_json::Value;

use super::{
    RpcError,
    params::{
        Args, Why, address, any_number, array, boolean, data, each, field, hash, object, price, quantity, slot, text,
        wide, word,
    },
};

/// Gas that a call or an estimate may use at most; one that asks for more gets this much.
pub(super) const GAS_CAP: u64 = Message::GAS_LIMIT;
/// Accounts and slots that one call may override.
const OVERRIDES_MAX: usize = 10_000;
/// Entries of an access list, and slots of each.
const ACCESS_LIST_MAX: usize = 10_000;
/// Addresses or topics at one position of a log filter.
const ALTERNATIVES_MAX: usize = 1_000;

// ── Blocks ──────────────────────────────────────────────────────────────────────────────────────────────────────────────────

/// Which block is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum BlockRef {
    Earliest,
    /// The latest; it is also safe and final.
    Latest,
    Pending,
    Number(u64),
    Hash(B256),
}

/// A number or a tag.
pub(super) fn tag(value: &Value) -> Result<BlockRef, Why> {
    Ok(match text(value)? {
        "earliest" => BlockRef::Earliest,
        "latest" | "safe" | "finalized" => BlockRef::Latest,
        "pending" => BlockRef::Pending,
        _ => BlockRef::Number(quantity(value)?),
    })
}

/// A number, a tag, a hash, or an object with one of them (EIP-1898).
pub(super) fn block(value: &Value) -> Result<BlockRef, Why> {
    match value {
        Value::Object(fields) => {
            field(fields, "requireCanonical", boolean)?;
            match (field(fields, "blockHash", hash)?, field(fields, "blockNumber", tag)?) {
                (Some(hash), None) => Ok(BlockRef::Hash(hash)),
                (None, Some(number)) => Ok(number),
                (Some(_), Some(_)) => Err("cannot specify both blockHash and blockNumber, choose one".to_owned()),
                (None, None) => Err("neither blockHash nor blockNumber is there".to_owned()),
            }
        }
        Value::String(text) if text.len() == 66 => hash(value).map(BlockRef::Hash),
        _ => tag(value),
    }
}

impl BlockRef {
    /// Its number, if it is there. What is pending counts as the latest.
    pub(super) fn number(self, chain: &Chain) -> Option<u64> {
        match self {
            Self::Earliest => Some(chain.first()),
            Self::Latest | Self::Pending => Some(chain.head()),
            Self::Number(number) => (chain.first()..=chain.head()).contains(&number).then_some(number),
            Self::Hash(hash) => chain.block_by_hash(hash).map(|block| block.header.number),
        }
    }

    /// Its number, or an error in go-ethereum's words.
    pub(super) fn found(self, chain: &Chain) -> Result<u64, RpcError> {
        self.number(chain).ok_or_else(|| RpcError::refused("header not found"))
    }
}

/// Lets `look` see the chain as the block that parameter `index` names left it: the latest, if it names none.
pub(super) fn with_state<T>(
    chain: &mut Chain,
    args: &Args<'_>,
    index: usize,
    look: impl FnOnce(&mut Chain) -> Result<T, RpcError>,
) -> Result<T, RpcError> {
    let asked = args.optional(index, block)?.unwrap_or(BlockRef::Latest).found(chain)?;
    chain.with_state_at(asked, look)?
}

// ── Transactions ────────────────────────────────────────────────────────────────────────────────────────────────────────────

/// A transaction as people describe it.
#[derive(Clone, Debug, Default)]
pub(super) struct TransactionArgs {
    pub(super) from: Option<Address>,
    pub(super) to: Option<Address>,
    pub(super) gas: Option<u64>,
    pub(super) gas_price: Option<u128>,
    pub(super) max_fee: Option<u128>,
    pub(super) max_tip: Option<u128>,
    pub(super) value: U256,
    pub(super) nonce: Option<u64>,
    pub(super) data: Bytes,
    pub(super) access_list: Option<AccessList>,
    pub(super) chain_id: Option<u64>,
    pub(super) tx_type: Option<u64>,
}

/// Reads a transaction. Fields that no transaction has are not looked at.
pub(super) fn transaction(value: &Value) -> Result<TransactionArgs, Why> {
    let fields = object(value)?;
    for blob in ["maxFeePerBlobGas", "blobVersionedHashes", "blobs", "authorizationList"] {
        if fields
            .get(blob)
            .is_some_and(|value| !value.is_null() && value.as_array().is_none_or(|list| !list.is_empty()))
        {
            return Err(format!("{blob}: blob and set-code transactions are not supported"));
        }
    }
    let (input, old) = (field(fields, "input", data)?, field(fields, "data", data)?);
    if let (Some(input), Some(old)) = (&input, &old)
        && input != old
    {
        return Err(
            "both \"data\" and \"input\" are set and not equal. Please use \"input\" to pass transaction call data"
                .to_owned(),
        );
    }
    let args = TransactionArgs {
        from: field(fields, "from", address)?,
        to: field(fields, "to", address)?,
        gas: field(fields, "gas", quantity)?,
        gas_price: field(fields, "gasPrice", price)?,
        max_fee: field(fields, "maxFeePerGas", price)?,
        max_tip: field(fields, "maxPriorityFeePerGas", price)?,
        value: field(fields, "value", wide)?.unwrap_or_default(),
        nonce: field(fields, "nonce", quantity)?,
        data: input.or(old).unwrap_or_default(),
        access_list: field(fields, "accessList", access_list)?,
        chain_id: field(fields, "chainId", quantity)?,
        tx_type: field(fields, "type", any_number)?,
    };
    if args.gas_price.is_some() && (args.max_fee.is_some() || args.max_tip.is_some()) {
        return Err("both gasPrice and (maxFeePerGas or maxPriorityFeePerGas) specified".to_owned());
    }
    if let (Some(max), Some(tip)) = (args.max_fee, args.max_tip)
        && tip > max
    {
        return Err(format!("maxFeePerGas ({max}) < maxPriorityFeePerGas ({tip})"));
    }
    Ok(args)
}

fn access_list(value: &Value) -> Result<AccessList, Why> {
    let item = |value: &Value| {
        let fields = object(value)?;
        let address = field(fields, "address", address)?.ok_or("address is missing")?;
        let storage_keys = field(fields, "storageKeys", |keys| each(keys, ACCESS_LIST_MAX, hash))?.unwrap_or_default();
        Ok(AccessListItem { address, storage_keys })
    };
    each(value, ACCESS_LIST_MAX, item).map(AccessList)
}

impl TransactionArgs {
    /// Whether it is meant for this chain.
    pub(super) fn for_chain(&self, chain_id: u64) -> Result<(), Why> {
        match self.chain_id.filter(|asked| *asked != chain_id) {
            Some(asked) => Err(format!("chainId does not match node's (have={asked}, want={chain_id})")),
            None => Ok(()),
        }
    }

    /// Wei per gas it offers; zero if it says nothing of fees.
    pub(super) fn price(&self, base_fee: u64) -> u128 {
        match (self.gas_price, self.max_fee, self.max_tip) {
            (Some(price), ..) => price,
            (None, Some(max), tip) => max.min(u128::from(base_fee).saturating_add(tip.unwrap_or_default())),
            (None, None, _) => 0,
        }
    }

    /// It as a message.
    pub(super) fn message(&self) -> Message {
        Message {
            from: self.from.unwrap_or_default(),
            to: self.to.map_or(TxKind::Create, TxKind::Call),
            value: self.value,
            data: self.data.clone(),
            gas_limit: self.gas.unwrap_or(GAS_CAP).min(GAS_CAP),
        }
    }

    /// It as something to be tried in a scene.
    pub(super) fn ask(&self, chain_id: u64, env: &BlockEnv) -> Result<Ask, RpcError> {
        self.for_chain(chain_id).map_err(RpcError::params)?;
        if let Some(max) = self.max_fee.or(self.gas_price).filter(|max| *max != 0 && *max < u128::from(env.base_fee)) {
            let (from, base) = (self.from.unwrap_or_default(), env.base_fee);
            return Err(RpcError::refused(format_args!(
                "max fee per gas less than block base fee: address {from}, maxFeePerGas: {max}, baseFee: {base}"
            )));
        }
        Ok(Ask {
            message: self.message(),
            gas_price: self.price(env.base_fee),
            access_list: self.access_list.clone().unwrap_or_default(),
        })
    }
}

// ── Overrides ───────────────────────────────────────────────────────────────────────────────────────────────────────────────

/// The scene that a call asks for: accounts and the block's own values overridden, by the parameters of those indices.
pub(super) fn scene(chain: &Chain, args: &Args<'_>, state: usize, env: usize) -> Result<Scene, RpcError> {
    let mut scene = Scene::new(chain.env());
    scene.accounts = args.optional(state, overrides)?.unwrap_or_default();
    args.optional(env, |value| block_overrides(value, &mut scene.env))?;
    Ok(scene)
}

/// Accounts that are to be different.
pub(super) fn overrides(value: &Value) -> Result<Vec<(Address, AccountOverride)>, Why> {
    let accounts = object(value)?;
    let mut left = OVERRIDES_MAX;
    let mut taken = Vec::new();
    for (at, value) in accounts {
        let address = address(&Value::String(at.clone())).map_err(|why| format!("{at}: {why}"))?;
        let account = account_override(value, &mut left).map_err(|why| format!("{at}: {why}"))?;
        taken.push((address, account));
    }
    Ok(taken)
}

fn account_override(value: &Value, left: &mut usize) -> Result<AccountOverride, Why> {
    let fields = object(value)?;
    *left = left.checked_sub(1).ok_or_else(|| format!("at most {OVERRIDES_MAX} accounts and slots are overridden"))?;
    if fields.get("movePrecompileToAddress").is_some_and(|value| !value.is_null()) {
        return Err("movePrecompileToAddress is not supported".to_owned());
    }
    let mut slots = |value: &Value| {
        let slots = object(value)?;
        *left = left
            .checked_sub(slots.len())
            .ok_or_else(|| format!("at most {OVERRIDES_MAX} accounts and slots are overridden"))?;
        let one = |(key, value): (&String, &Value)| Ok((slot(&Value::String(key.clone()))?, word(value)?));
        slots.iter().map(one).collect::<Result<Vec<_>, Why>>()
    };
    let (whole, some) = (field(fields, "state", &mut slots)?, field(fields, "stateDiff", &mut slots)?);
    let storage = match (whole, some) {
        (Some(_), Some(_)) => return Err("has both 'state' and 'stateDiff'".to_owned()),
        (Some(slots), None) => StorageOverride::Whole(slots),
        (None, slots) => StorageOverride::Slots(slots.unwrap_or_default()),
    };
    Ok(AccountOverride {
        balance: field(fields, "balance", wide)?,
        nonce: field(fields, "nonce", quantity)?,
        code: field(fields, "code", data)?,
        storage,
    })
}

/// Values of the block that are to be different.
pub(super) fn block_overrides(value: &Value, env: &mut BlockEnv) -> Result<(), Why> {
    let fields = object(value)?;
    for unknown in ["beaconRoot", "withdrawals", "blockHash", "blobBaseFee"] {
        if fields.get(unknown).is_some_and(|value| !value.is_null()) {
            return Err(format!("{unknown} is not supported"));
        }
    }
    let first = |names: [&str; 2], parse: fn(&Value) -> Result<u64, Why>| -> Result<Option<u64>, Why> {
        Ok(field(fields, names[0], parse)?.or(field(fields, names[1], parse)?))
    };
    env.number = first(["number", "blockNumber"], quantity)?.unwrap_or(env.number);
    env.timestamp = first(["time", "timestamp"], quantity)?.unwrap_or(env.timestamp);
    env.gas_limit = field(fields, "gasLimit", quantity)?.unwrap_or(env.gas_limit);
    env.base_fee = first(["baseFeePerGas", "baseFee"], quantity)?.unwrap_or(env.base_fee);
    let coinbase = field(fields, "feeRecipient", address)?.or(field(fields, "coinbase", address)?);
    env.coinbase = coinbase.unwrap_or(env.coinbase);
    env.prevrandao = field(fields, "prevRandao", hash)?.or(field(fields, "random", hash)?).unwrap_or(env.prevrandao);
    Ok(())
}

// ── Logs ────────────────────────────────────────────────────────────────────────────────────────────────────────────────────

/// Which logs are asked for, and between which blocks.
#[derive(Clone, Debug)]
pub(super) struct LogQuery {
    pub(super) from: Option<BlockRef>,
    pub(super) to: Option<BlockRef>,
    /// Instead of a range.
    pub(super) hash: Option<B256>,
    /// Addresses and topics; its range is not set.
    pub(super) filter: LogFilter,
}

/// Reads a filter of logs.
pub(super) fn log_query(value: &Value) -> Result<LogQuery, Why> {
    let fields = object(value)?;
    let query = LogQuery {
        from: field(fields, "fromBlock", tag)?,
        to: field(fields, "toBlock", tag)?,
        hash: field(fields, "blockHash", hash)?,
        filter: addresses_and_topics(fields)?,
    };
    if query.hash.is_some() && (query.from.is_some() || query.to.is_some()) {
        return Err("cannot specify both BlockHash and FromBlock/ToBlock, choose one or the other".to_owned());
    }
    Ok(query)
}

fn addresses_and_topics(fields: &serde_json::Map<String, Value>) -> Result<LogFilter, Why> {
    let addresses = field(fields, "address", |value| match value {
        Value::String(_) => Ok(vec![address(value)?]),
        _ => each(value, ALTERNATIVES_MAX, address),
    })?;
    let mut filter = LogFilter { addresses: addresses.unwrap_or_default(), ..LogFilter::default() };
    if let Some(topics) = field(fields, "topics", |value| array(value).map(<[Value]>::to_vec))? {
        if topics.len() > 4 {
            return Err("topics: exceed max topics".to_owned());
        }
        for (position, topic) in topics.iter().enumerate() {
            let named = |why| format!("topics[{position}]: {why}");
            filter.topics[position] = match topic {
                Value::Null => Vec::new(),
                Value::String(_) => vec![hash(topic).map_err(named)?],
                // Null among alternatives matches anything.
                Value::Array(list) if list.iter().any(Value::is_null) => Vec::new(),
                _ => each(topic, ALTERNATIVES_MAX, hash).map_err(named)?,
            };
        }
    }
    Ok(filter)
}

/// Reads addresses and topics of a subscription to logs; the range is left to the caller.
///
/// # Errors
/// -32602.
pub fn log_filter(value: &Value) -> Result<LogFilter, RpcError> {
    let fields = match value {
        Value::Null => return Ok(LogFilter::default()),
        other => object(other).map_err(|why| RpcError::param(1, "filter", why))?,
    };
    addresses_and_topics(fields).map_err(|why| RpcError::param(1, "filter", why))
}
