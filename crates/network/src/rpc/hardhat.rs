//! `hardhat_*` and `anvil_*`: state and identity, as development tools know them. Both names of a method are the same method.
//!
//! A dump of the state is what anvil's is: the hexadecimal digits of gzipped JSON, with an object `accounts` by address. Blocks and
//! receipts are not in it.

use std::io::{Read, Write};

use alloy_primitives::{Address, Bytes, keccak256};
use ephor_chain::AccountEdit;
use flate2::{Compression, read::GzDecoder, write::GzEncoder};
use serde_json::{Map, Value, json};

use super::{
    RpcError,
    desk::IMPERSONATED_MAX,
    evm,
    params::{Args, Why, address, any_number, any_wide, boolean, data, field, object, slot, word},
    shapes::quantity,
    table::{Handler, Method, Param, Room},
};

/// Bytes that a dump may have once unpacked.
const DUMP_MAX_BYTES: u64 = 256 << 20;

const ADDRESS: Param = Param::required("address", "address");

struct Row {
    names: [&'static str; 2],
    summary: &'static str,
    params: &'static [Param],
    result: &'static str,
    handler: Handler,
}

const fn row(
    names: [&'static str; 2],
    summary: &'static str,
    params: &'static [Param],
    result: &'static str,
    handler: Handler,
) -> Row {
    Row { names, summary, params, result, handler }
}

const ROWS: [Row; 13] = [
    row(
        ["hardhat_mine", "anvil_mine"],
        "Mines blocks, some seconds apart.",
        &[Param::optional("blocks", "quantity"), Param::optional("interval", "quantity")],
        "any?",
        mine,
    ),
    row(
        ["hardhat_setBalance", "anvil_setBalance"],
        "Sets the balance of an account in wei.",
        &[ADDRESS, Param::required("balance", "quantity")],
        "boolean",
        set_balance,
    ),
    row(
        ["hardhat_setCode", "anvil_setCode"],
        "Sets the code of an account.",
        &[ADDRESS, Param::required("code", "data")],
        "boolean",
        set_code,
    ),
    row(
        ["hardhat_setStorageAt", "anvil_setStorageAt"],
        "Sets a storage slot.",
        &[ADDRESS, Param::required("slot", "slot"), Param::required("value", "data")],
        "boolean",
        set_storage,
    ),
    row(
        ["hardhat_setNonce", "anvil_setNonce"],
        "Sets the nonce of an account.",
        &[ADDRESS, Param::required("nonce", "quantity")],
        "boolean",
        set_nonce,
    ),
    row(
        ["hardhat_impersonateAccount", "anvil_impersonateAccount"],
        "Lets transactions be sent for an account without its key.",
        &[ADDRESS],
        "boolean",
        impersonate,
    ),
    row(
        ["hardhat_stopImpersonatingAccount", "anvil_stopImpersonatingAccount"],
        "Ends that.",
        &[ADDRESS],
        "boolean",
        stop_impersonating,
    ),
    row(
        ["hardhat_autoImpersonateAccount", "anvil_autoImpersonateAccount"],
        "Chooses whether transactions can be sent for every account.",
        &[Param::required("enabled", "boolean")],
        "boolean",
        auto_impersonate,
    ),
    row(
        ["hardhat_getAutomine", "anvil_getAutomine"],
        "Whether transactions are mined at once.",
        &[],
        "boolean",
        automine,
    ),
    row(["hardhat_dumpState", "anvil_dumpState"], "Every account of the chain, packed.", &[], "data", dump),
    row(
        ["hardhat_loadState", "anvil_loadState"],
        "Puts the accounts of a dump in place.",
        &[Param::required("state", "data")],
        "boolean",
        load,
    ),
    row(["hardhat_nodeInfo", "anvil_nodeInfo"], "What runs here.", &[], "object", node_info),
    row(["hardhat_metadata", "anvil_metadata"], "What runs here.", &[], "object", metadata),
];

const fn named(name: usize) -> [Method; ROWS.len()] {
    let first = &ROWS[0];
    let mut methods = [Method::new(first.names[name], first.summary, first.params, first.result, first.handler)
        .rehearsal(); ROWS.len()];
    let mut at = 1;
    while at < ROWS.len() {
        let row = &ROWS[at];
        methods[at] = Method::new(row.names[name], row.summary, row.params, row.result, row.handler).rehearsal();
        at += 1;
    }
    methods
}

pub(super) const METHODS: &[Method] = &named(0);
pub(super) const ANVIL: &[Method] = &named(1);

fn mine(room: &mut Room<'_>, args: &Args<'_>) -> Result<Value, RpcError> {
    let (blocks, interval) = (args.optional(0, any_number)?.unwrap_or(1), args.optional(1, any_number)?);
    evm::mine_blocks(room, args, 0, blocks, interval)?;
    Ok(Value::Null)
}

// ── State ───────────────────────────────────────────────────────────────────────────────────────────────────────────────────

fn edit(room: &mut Room<'_>, edit: AccountEdit) -> Result<Value, RpcError> {
    room.chain_mut()?.edit_accounts(&[edit])?;
    Ok(json!(true))
}

fn set_balance(room: &mut Room<'_>, args: &Args<'_>) -> Result<Value, RpcError> {
    let (address, balance) = (args.get(0, address)?, Some(args.get(1, any_wide)?));
    edit(room, AccountEdit { address, balance, ..AccountEdit::default() })
}

fn set_code(room: &mut Room<'_>, args: &Args<'_>) -> Result<Value, RpcError> {
    let (address, code) = (args.get(0, address)?, Some(args.get(1, data)?));
    edit(room, AccountEdit { address, code, ..AccountEdit::default() })
}

fn set_storage(room: &mut Room<'_>, args: &Args<'_>) -> Result<Value, RpcError> {
    let (address, slots) = (args.get(0, address)?, vec![(args.get(1, slot)?, args.get(2, word)?)]);
    edit(room, AccountEdit { address, slots, ..AccountEdit::default() })
}

fn set_nonce(room: &mut Room<'_>, args: &Args<'_>) -> Result<Value, RpcError> {
    let (address, nonce) = (args.get(0, address)?, Some(args.get(1, any_number)?));
    edit(room, AccountEdit { address, nonce, ..AccountEdit::default() })
}

fn dump(room: &mut Room<'_>, _: &Args<'_>) -> Result<Value, RpcError> {
    let chain = room.chain()?;
    let head = chain.latest();
    let mut accounts = Map::new();
    for address in chain.addresses() {
        let storage: Map<String, Value> = chain
            .storage_of(address)
            .into_iter()
            .map(|(slot, value)| (format!("{slot:#066x}"), json!(format!("{value:#066x}"))))
            .collect();
        let account = json!({
            "nonce": chain.nonce(address),
            "balance": chain.balance(address),
            "code": chain.code(address),
            "storage": storage,
        });
        accounts.insert(address.to_string(), account);
    }
    let state = json!({
        "block": { "number": quantity(head.header.number), "timestamp": quantity(head.header.timestamp) },
        "best_block_number": quantity(head.header.number),
        "accounts": accounts,
    });
    let failed = |error| RpcError::internal(format_args!("the state cannot be packed: {error}"));
    let mut packed = GzEncoder::new(Vec::new(), Compression::fast());
    packed.write_all(state.to_string().as_bytes()).map_err(failed)?;
    Ok(json!(Bytes::from(packed.finish().map_err(failed)?)))
}

fn load(room: &mut Room<'_>, args: &Args<'_>) -> Result<Value, RpcError> {
    let edits = args.get(0, |value| edits_of(&data(value)?))?;
    room.chain_mut()?.edit_accounts(&edits)?;
    Ok(json!(true))
}

/// The accounts of a dump, packed or plain.
fn edits_of(dump: &[u8]) -> Result<Vec<AccountEdit>, Why> {
    let state: Value = if dump.starts_with(&[0x1f, 0x8b]) {
        let mut text = Vec::new();
        let unpacked = GzDecoder::new(dump).take(DUMP_MAX_BYTES + 1).read_to_end(&mut text);
        unpacked.map_err(|error| format!("not a dump: {error}"))?;
        if text.len() as u64 > DUMP_MAX_BYTES {
            return Err(format!("the dump is more than {DUMP_MAX_BYTES} bytes when unpacked"));
        }
        serde_json::from_slice(&text)
    } else {
        serde_json::from_slice(dump)
    }
    .map_err(|error| format!("not a dump: {error}"))?;
    let accounts = field(object(&state)?, "accounts", |value| object(value).cloned())?.ok_or("accounts is missing")?;
    accounts.iter().map(|(at, account)| edit_of(at, account).map_err(|why| format!("accounts.{at}: {why}"))).collect()
}

fn edit_of(at: &str, account: &Value) -> Result<AccountEdit, Why> {
    let fields = object(account)?;
    let slots = field(fields, "storage", |storage| {
        let one = |(key, value): (&String, &Value)| Ok((slot(&Value::String(key.clone()))?, word(value)?));
        object(storage)?.iter().map(one).collect::<Result<Vec<_>, Why>>()
    })?;
    Ok(AccountEdit {
        address: address(&Value::String(at.to_owned()))?,
        balance: field(fields, "balance", any_wide)?,
        nonce: field(fields, "nonce", any_number)?,
        code: field(fields, "code", data)?,
        slots: slots.unwrap_or_default(),
    })
}

// ── Identity ────────────────────────────────────────────────────────────────────────────────────────────────────────────────

fn impersonate(room: &mut Room<'_>, args: &Args<'_>) -> Result<Value, RpcError> {
    let account: Address = args.get(0, address)?;
    if room.desk.impersonated.len() >= IMPERSONATED_MAX {
        return Err(RpcError::limit(format_args!("at most {IMPERSONATED_MAX} accounts are impersonated")));
    }
    room.desk.impersonated.insert((room.chain_id, account));
    Ok(json!(true))
}

fn stop_impersonating(room: &mut Room<'_>, args: &Args<'_>) -> Result<Value, RpcError> {
    let account = args.get(0, address)?;
    Ok(json!(room.desk.impersonated.remove(&(room.chain_id, account))))
}

fn auto_impersonate(room: &mut Room<'_>, args: &Args<'_>) -> Result<Value, RpcError> {
    room.desk.settings.impersonate = args.get(0, boolean)?;
    Ok(json!(true))
}

// ── What runs here ──────────────────────────────────────────────────────────────────────────────────────────────────────────

fn automine(room: &mut Room<'_>, _: &Args<'_>) -> Result<Value, RpcError> {
    Ok(json!(room.network.automine()))
}

fn node_info(room: &mut Room<'_>, _: &Args<'_>) -> Result<Value, RpcError> {
    let chain = room.chain()?;
    let (head, config) = (chain.latest(), chain.config());
    Ok(json!({
        "currentBlockNumber": quantity(head.header.number),
        "currentBlockTimestamp": head.header.timestamp,
        "currentBlockHash": head.hash,
        "hardFork": format!("{:?}", config.spec).to_lowercase(),
        "transactionOrder": "fifo",
        "environment": {
            "baseFee": quantity(config.base_fee),
            "chainId": config.chain_id,
            "gasLimit": quantity(config.gas_limit),
            "gasPrice": quantity(config.base_fee.max(1)),
        },
        "forkConfig": {},
    }))
}

fn metadata(room: &mut Room<'_>, _: &Args<'_>) -> Result<Value, RpcError> {
    let chain = room.chain()?;
    let head = chain.latest();
    // The network's first block tells it from others.
    let instance = chain.block(chain.first()).map(|block| keccak256(block.hash));
    Ok(json!({
        "clientVersion": room.desk.settings.client_version,
        "chainId": chain.config().chain_id,
        "instanceId": instance,
        "latestBlockNumber": head.header.number,
        "latestBlockHash": head.hash,
        "snapshots": {},
    }))
}
