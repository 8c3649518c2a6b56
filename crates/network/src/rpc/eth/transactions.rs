//! Sending transactions and looking them up.

use alloy_consensus::{SignableTransaction, TxEip1559, TxEip2930, TxEnvelope, TxLegacy};
use alloy_eips::{Decodable2718, Encodable2718};
use alloy_primitives::{Address, B256, Bytes, TxKind};
use alloy_signer::SignerSync;
use alloy_signer_local::PrivateKeySigner;
use ephor_chain::{Scene, SignedTx};
use serde_json::{Value, json};

use super::super::{
    RpcError,
    params::{Args, data, hash, quantity},
    queries::{BlockRef, GAS_CAP, TransactionArgs, tag, transaction},
    shapes::{self, LOGS_MAX},
    table::{Method, Param, Room},
};

const HASH: Param = Param::required("hash", "hash");
const TRANSACTION: Param = Param::required("transaction", "transaction");
const INDEX: Param = Param::required("index", "quantity");

pub(in super::super) const METHODS: &[Method] = &[
    Method {
        prepare: Some(recover),
        ..Method::new(
            "eth_sendRawTransaction",
            "Sends a signed transaction.",
            &[Param::required("transaction", "data")],
            "hash",
            send_raw,
        )
    },
    Method::new(
        "eth_sendTransaction",
        "Sends a transaction of an account that this node signs or acts for.",
        &[TRANSACTION],
        "hash",
        send,
    ),
    Method::new(
        "eth_signTransaction",
        "Signs a transaction of an account that this node signs for.",
        &[TRANSACTION],
        "object",
        sign,
    ),
    Method::new("eth_getTransactionByHash", "A transaction, mined or waiting.", &[HASH], "transactionView?", by_hash),
    Method::new(
        "eth_getTransactionByBlockHashAndIndex",
        "A transaction by its place.",
        &[Param::required("blockHash", "hash"), INDEX],
        "transactionView?",
        by_block_hash,
    ),
    Method::new(
        "eth_getTransactionByBlockNumberAndIndex",
        "A transaction by its place.",
        &[Param::required("block", "tag"), INDEX],
        "transactionView?",
        by_block_number,
    ),
    Method::new("eth_getRawTransactionByHash", "A transaction as it was signed.", &[HASH], "data?", raw),
    Method::new("eth_getTransactionReceipt", "What a mined transaction came to.", &[HASH], "object?", receipt),
    Method::new("eth_pendingTransactions", "The transactions that wait.", &[], "transactionView[]", pending),
];

// ── Sending ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────

/// Decoding and recovering the sender take longer than all the rest: done before the network is locked.
fn recover(args: &mut Args<'_>) -> Result<(), RpcError> {
    let raw = args.get(0, data)?;
    let mut rest = raw.as_ref();
    let envelope = TxEnvelope::decode_2718(&mut rest).map_err(|error| args.wrong(0, format_args!("rlp: {error}")))?;
    if !rest.is_empty() {
        return Err(args.wrong(0, format_args!("{} bytes are left over after the transaction", rest.len())));
    }
    args.recovered = Some(SignedTx::recover(envelope)?);
    Ok(())
}

fn send_raw(room: &mut Room<'_>, args: &Args<'_>) -> Result<Value, RpcError> {
    let signed = args.recovered.clone().ok_or_else(|| RpcError::internal("the transaction was not decoded"))?;
    submit(room, signed)
}

fn submit(room: &mut Room<'_>, signed: SignedTx) -> Result<Value, RpcError> {
    let chain = room.chain()?;
    let (hash, nonce) = (signed.hash(), alloy_consensus::Transaction::nonce(signed.envelope()));
    let gas = alloy_consensus::Transaction::gas_limit(signed.envelope());
    if gas > GAS_CAP {
        return Err(RpcError::refused(format_args!(
            "exceeds block gas limit: have {gas}, a transaction may use {GAS_CAP}"
        )));
    }
    if nonce < chain.next_nonce(signed.sender()) {
        let waiting = chain.pending().iter().filter(|tx| tx.from() == signed.sender());
        for tx in waiting {
            if tx.hash() == hash {
                return Err(RpcError::refused("already known"));
            }
            if tx.nonce() == Some(nonce) {
                return Err(RpcError::refused(
                    "replacement transaction underpriced: one with that nonce waits, and none is replaced here",
                ));
            }
        }
    }
    let hash = room.network.submit(room.chain_id, signed)?;
    mined(room, hash)
}

/// Mines what waits, if that is to happen at once. A transaction dropped by the block is an error.
fn mined(room: &mut Room<'_>, hash: B256) -> Result<Value, RpcError> {
    if room.network.automine() {
        let mined = room.network.mine(room.chain_id)?;
        if let Some((_, fault)) = mined.dropped.into_iter().find(|(dropped, _)| *dropped == hash) {
            return Err(fault.into());
        }
    }
    Ok(json!(hash))
}

fn send(room: &mut Room<'_>, args: &Args<'_>) -> Result<Value, RpcError> {
    let request = args.get(0, transaction)?;
    request.for_chain(room.chain_id).map_err(|why| args.wrong(0, why))?;
    let from = request.from.unwrap_or_default();
    if let Some(key) = room.desk.key(from).cloned() {
        let envelope = signed(room, &request, &key)?;
        return submit(room, SignedTx::recover(envelope)?);
    }
    if !room.desk.acts_for(room.chain_id, from) {
        return Err(unknown_account(from));
    }
    if let Some(nonce) = request.nonce {
        let next = room.chain()?.nonce(from);
        if nonce < next {
            return Err(RpcError::refused(format_args!("nonce too low: next nonce {next}, tx nonce {nonce}")));
        }
    }
    let hash = room.network.impersonate(room.chain_id, request.message())?;
    mined(room, hash)
}

fn sign(room: &mut Room<'_>, args: &Args<'_>) -> Result<Value, RpcError> {
    let request = args.get(0, transaction)?;
    request.for_chain(room.chain_id).map_err(|why| args.wrong(0, why))?;
    let from = request.from.unwrap_or_default();
    let key = room.desk.key(from).cloned().ok_or_else(|| unknown_account(from))?;
    let envelope = signed(room, &request, &key)?;
    Ok(json!({ "raw": Bytes::from(envelope.encoded_2718()), "tx": envelope }))
}

pub(super) fn unknown_account(account: Address) -> RpcError {
    RpcError::refused(format_args!("unknown account {account}: it is not one this node signs for"))
}

/// Fills in what a request leaves open and signs it.
fn signed(room: &mut Room<'_>, request: &TransactionArgs, key: &PrivateKeySigner) -> Result<TxEnvelope, RpcError> {
    let scene = Scene::new(room.chain()?.env());
    if let Some(tx_type) = request.tx_type.filter(|tx_type| *tx_type > 2) {
        return Err(RpcError::unsupported(format_args!("transaction type not supported: {tx_type}")));
    }
    let ask = request.ask(room.chain_id, &scene.env)?;
    let gas_limit = match request.gas {
        Some(gas) => gas,
        None => {
            let estimated = room.chain_mut()?.estimate_gas_in(&scene, &ask);
            estimated.map_err(|error| RpcError::estimate(&error, room.desk))?
        }
    };
    let chain = room.chain()?;
    let (chain_id, base_fee) = (room.chain_id, u128::from(chain.config().base_fee));
    let nonce = request.nonce.unwrap_or_else(|| chain.next_nonce(key.address()));
    let (to, value, input) = (request.to.map_or(TxKind::Create, TxKind::Call), request.value, request.data.clone());
    let access_list = request.access_list.clone().unwrap_or_default();
    let failed = |error| RpcError::internal(format_args!("the key does not sign: {error}"));
    Ok(match (request.gas_price, &request.access_list) {
        (Some(gas_price), None) => {
            let tx = TxLegacy { chain_id: Some(chain_id), nonce, gas_price, gas_limit, to, value, input };
            let signature = key.sign_hash_sync(&tx.signature_hash()).map_err(failed)?;
            tx.into_signed(signature).into()
        }
        (Some(gas_price), Some(_)) => {
            let tx = TxEip2930 { chain_id, nonce, gas_price, gas_limit, to, value, access_list, input };
            let signature = key.sign_hash_sync(&tx.signature_hash()).map_err(failed)?;
            tx.into_signed(signature).into()
        }
        (None, _) => {
            let tip = request.max_tip.unwrap_or_default();
            let tx = TxEip1559 {
                chain_id,
                nonce,
                gas_limit,
                max_fee_per_gas: request.max_fee.unwrap_or(base_fee.saturating_mul(2).saturating_add(tip)),
                max_priority_fee_per_gas: tip,
                to,
                value,
                access_list,
                input,
            };
            let signature = key.sign_hash_sync(&tx.signature_hash()).map_err(failed)?;
            tx.into_signed(signature).into()
        }
    })
}

// ── Looking up ──────────────────────────────────────────────────────────────────────────────────────────────────────────────

fn by_hash(room: &mut Room<'_>, args: &Args<'_>) -> Result<Value, RpcError> {
    let (chain, hash) = (room.chain()?, args.get(0, hash)?);
    if let Some(view) = chain.transaction(hash) {
        return Ok(shapes::transaction(&view));
    }
    let waiting = chain.pending().iter().find(|tx| tx.hash() == hash);
    Ok(waiting.map_or(Value::Null, |tx| shapes::pending_transaction(tx, chain.config().base_fee)))
}

fn at(room: &Room<'_>, block: Option<u64>, index: u64) -> Result<Value, RpcError> {
    let view = block.and_then(|block| room.network.chain(room.chain_id).ok()?.transaction_at(block, index));
    Ok(view.map_or(Value::Null, |view| shapes::transaction(&view)))
}

fn by_block_hash(room: &mut Room<'_>, args: &Args<'_>) -> Result<Value, RpcError> {
    let block = room.chain()?.block_by_hash(args.get(0, hash)?);
    at(room, block.map(|block| block.header.number), args.get(1, quantity)?)
}

fn by_block_number(room: &mut Room<'_>, args: &Args<'_>) -> Result<Value, RpcError> {
    let (chain, block, index) = (room.chain()?, args.get(0, tag)?, args.get(1, quantity)?);
    if block == BlockRef::Pending {
        let waiting = usize::try_from(index).ok().and_then(|index| chain.pending().get(index));
        return Ok(waiting.map_or(Value::Null, |tx| shapes::pending_transaction(tx, chain.config().base_fee)));
    }
    at(room, block.number(chain), index)
}

fn raw(room: &mut Room<'_>, args: &Args<'_>) -> Result<Value, RpcError> {
    let (chain, hash) = (room.chain()?, args.get(0, hash)?);
    let encoded = match chain.transaction(hash) {
        Some(view) => Some(view.transaction.encoded()),
        None => chain.pending().iter().find(|tx| tx.hash() == hash).map(ephor_chain::Transaction::encoded),
    };
    Ok(encoded.map_or(Value::Null, |encoded| json!(Bytes::from(encoded))))
}

fn receipt(room: &mut Room<'_>, args: &Args<'_>) -> Result<Value, RpcError> {
    let Some(receipt) = room.chain()?.receipt(args.get(0, hash)?) else { return Ok(Value::Null) };
    if receipt.logs.len() > LOGS_MAX {
        let count = receipt.logs.len();
        return Err(RpcError::limit(format_args!("the receipt has {count} logs, and an answer at most {LOGS_MAX}")));
    }
    Ok(shapes::receipt(&receipt))
}

fn pending(room: &mut Room<'_>, _: &Args<'_>) -> Result<Value, RpcError> {
    let chain = room.chain()?;
    let base_fee = chain.config().base_fee;
    Ok(chain.pending().iter().map(|tx| shapes::pending_transaction(tx, base_fee)).collect())
}
