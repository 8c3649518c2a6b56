//! Seeds: real proposals, every method of the RPC, every kind of transaction, every kind of record.

use alloy_consensus::{SignableTransaction, TxEip1559, TxEip2930, TxEnvelope, TxLegacy};
use alloy_eips::{Encodable2718, eip2930::AccessList};
use alloy_primitives::{Bytes, TxKind, U256};
use alloy_signer::SignerSync;
use ephor_explain::{input, types::Function};
use ephor_network::rpc::{METHODS, Param};
use serde_json::{Value, json};

pub use crate::{ceremony::seeds as ceremony_files, store::seeds as store_records};
use crate::{
    kinded, root,
    world::{COUNTER, MULTICALL, ONE, key, visit},
};

/// From this byte on, the first byte of an input stands for a method of the RPC; no JSON begins with it.
pub const FIRST_METHOD: u8 = 0x80;

/// What a parameter of that kind may be.
fn example(kind: &str) -> Value {
    match kind.trim_end_matches('?').trim_end_matches("[]") {
        "address" => json!(COUNTER),
        "hash" => json!(alloy_primitives::B256::repeat_byte(1)),
        "data" => json!("0x0102"),
        "quantity" => json!("0x1"),
        "block" | "tag" => json!("latest"),
        "boolean" => json!(true),
        "string" => json!("text"),
        "number" => json!(1),
        "transaction" => {
            json!({ "from": key(0).address(), "to": COUNTER, "value": "0x0", "data": "0x", "gas": "0x30000" })
        }
        "filter" => json!({ "fromBlock": "0x0", "toBlock": "latest", "address": COUNTER, "topics": [[null], []] }),
        _ => json!({}),
    }
}

fn arguments(params: &[Param]) -> Value {
    let each = |param: &Param| {
        let one = example(param.kind);
        if param.kind.ends_with("[]") { json!([one]) } else { one }
    };
    Value::Array(params.iter().map(each).collect())
}

fn body(method: &str, params: &Value) -> Value {
    json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params })
}

/// What a parameter should not be, or hardly ever is.
fn extremes() -> Vec<Value> {
    let quantities =
        ["", "0x", "0x0", "0xffffffff", "0x7fffffffffffffff", "0xffffffffffffffff", "-0x1", "earliest", "pending"];
    let mut extremes: Vec<Value> = quantities.iter().map(|text| json!(text)).collect();
    extremes.extend([
        json!(U256::MAX),
        json!(u64::MAX),
        json!(i64::MIN),
        json!(1e300),
        json!(0),
        json!(true),
        Value::Null,
    ]);
    extremes.extend([json!([]), json!({}), json!(vec!["0x1"; 300]), json!("0x".to_owned() + &"00".repeat(600))]);
    extremes
}

/// Every method with every parameter at its extremes, and what it leaves behind put to use.
fn extreme_bodies() -> Vec<Vec<u8>> {
    let after = [
        body("evm_mine", &json!([])),
        body("eth_sendTransaction", &json!([{ "from": key(0).address(), "to": COUNTER }])),
        body("eth_getBlockByNumber", &json!(["latest", true])),
    ];
    let mut bodies = Vec::new();
    for method in METHODS {
        let usual = arguments(method.params);
        for index in 0..method.params.len() {
            // One that was tried already, under another name.
            if method.name.starts_with("anvil_") {
                continue;
            }
            for extreme in extremes() {
                let mut params = usual.clone();
                params[index] = extreme;
                let batch: Vec<Value> = [body(method.name, &params)].into_iter().chain(after.iter().cloned()).collect();
                bodies.push(Value::Array(batch).to_string().into_bytes());
            }
        }
    }
    for field in ["value", "gas", "gasPrice", "maxFeePerGas", "maxPriorityFeePerGas", "nonce", "data", "to", "chainId"]
    {
        for extreme in extremes() {
            let transaction = json!({ "from": key(0).address(), "to": COUNTER, field: extreme });
            for method in
                ["eth_call", "eth_estimateGas", "eth_sendTransaction", "eth_signTransaction", "debug_traceCall"]
            {
                bodies.push(body(method, &json!([transaction])).to_string().into_bytes());
            }
        }
    }
    for field in
        ["number", "time", "gasLimit", "feeRecipient", "prevRandao", "baseFeePerGas", "blobBaseFee", "withdrawals"]
    {
        for extreme in extremes() {
            let state = json!({ "blockOverrides": { field: extreme }, "calls": [{ "to": COUNTER }] });
            let params = json!([{ "blockStateCalls": [state, state] }, "latest"]);
            bodies.push(body("eth_simulateV1", &params).to_string().into_bytes());
            let params = json!([{ "to": COUNTER }, "latest", {}, { field: extreme }]);
            bodies.push(body("eth_call", &params).to_string().into_bytes());
        }
    }
    bodies
}

/// Bodies and parameters of all methods.
pub fn rpc_bodies() -> Vec<Vec<u8>> {
    let mut bodies = extreme_bodies();
    for (method, byte) in METHODS.iter().zip(FIRST_METHOD..=u8::MAX) {
        bodies.push(kinded(byte, arguments(method.params).to_string()));
        bodies.push(body(method.name, &arguments(method.params)).to_string().into_bytes());
    }
    let send = json!([{ "from": key(0).address(), "to": COUNTER }]);
    let batch = json!([
        body("evm_snapshot", &json!([])),
        body("evm_setAutomine", &json!([false])),
        body("eth_sendTransaction", &send),
        body("eth_newFilter", &json!([{ "fromBlock": "0x0" }])),
        body("evm_mine", &json!([])),
        body("eth_getFilterChanges", &json!(["0x1"])),
        body("eth_getLogs", &json!([{ "fromBlock": "0x0", "toBlock": "latest", "address": [COUNTER] }])),
        body("eth_getBlockByNumber", &json!(["latest", true])),
        body("ephor_advance", &json!([700])),
        body("evm_revert", &json!(["0x0"])),
    ]);
    let call = json!([{ "to": MULTICALL, "data": "0x0f28c97d" }, "latest", { COUNTER.to_string(): { "balance": "0x1", "stateDiff": {} } }]);
    let simulation = json!([{
        "blockStateCalls": [{ "blockOverrides": { "number": "0x5" }, "stateOverrides": {}, "calls": [{ "to": COUNTER }] }],
        "validation": false, "traceTransfers": true, "returnFullTransactions": true,
    }]);
    bodies.push(batch.to_string().into_bytes());
    for (method, params) in [
        ("eth_call", call),
        ("eth_simulateV1", simulation),
        (
            "debug_traceCall",
            json!([{ "to": COUNTER }, "latest", { "tracer": "prestateTracer", "tracerConfig": { "diffMode": true } }]),
        ),
        ("eth_feeHistory", json!(["0x2", "latest", [10, 50]])),
        ("eth_sendTransaction", send),
        ("hardhat_mine", json!(["0x2", "0x3c"])),
        ("hardhat_loadState", json!([dump()])),
        ("eth_signTypedData_v4", json!([key(0).address(), typed_data()])),
    ] {
        bodies.push(body(method, &params).to_string().into_bytes());
    }
    bodies.push(br#"{"jsonrpc":"2.0","method":"net_version"}"#.to_vec());
    bodies
}

/// A real dump of the state.
fn dump() -> Value {
    let mut dump = Value::Null;
    visit(|endpoint| dump = endpoint.call("hardhat_dumpState", &[]).expect("a dump"));
    dump
}

fn typed_data() -> Value {
    json!({
        "types": {
            "EIP712Domain": [{ "name": "name", "type": "string" }],
            "Mail": [{ "name": "to", "type": "address[]" }, { "name": "text", "type": "string" }],
        },
        "primaryType": "Mail",
        "domain": { "name": "Mail" },
        "message": { "to": [COUNTER], "text": "hello" },
    })
}

fn sign<T: SignableTransaction<alloy_primitives::Signature>>(transaction: T) -> Bytes
where
    TxEnvelope: From<alloy_consensus::Signed<T>>,
{
    let signature = key(0).sign_hash_sync(&transaction.signature_hash()).expect("a signature");
    TxEnvelope::from(transaction.into_signed(signature)).encoded_2718().into()
}

/// A transaction of a development account with the given fields: kind, nonce, gas, fee, value, recipient, then the calldata.
/// What is missing is zero.
pub fn signed_from(fields: &[u8]) -> Bytes {
    let mut fields = fields.iter().copied();
    let mut byte = || fields.next().unwrap_or_default();
    let (kind, nonce, gas, fee) = (byte() % 3, u64::from(byte()), u64::from(byte()), u128::from(byte()));
    let (tip, value, to) = (u128::from(byte()), U256::from(byte()), byte());
    let to = match to % 5 {
        0 => TxKind::Create,
        1 => COUNTER.into(),
        2 => MULTICALL.into(),
        _ => key(1).address().into(),
    };
    let (gas_limit, input) = (gas * gas * 64, Bytes::from_iter(fields));
    match kind {
        0 => sign(TxLegacy { chain_id: Some(ONE), nonce, gas_price: fee, gas_limit, to, value, input }),
        1 => {
            let access_list = AccessList::default();
            sign(TxEip2930 { chain_id: ONE, nonce, gas_price: fee, gas_limit, to, value, access_list, input })
        }
        _ => sign(TxEip1559 {
            chain_id: ONE,
            nonce,
            gas_limit,
            max_fee_per_gas: fee,
            max_priority_fee_per_gas: tip,
            to,
            value,
            access_list: AccessList::default(),
            input,
        }),
    }
}

/// Transactions of every kind, as they are sent and as fields to sign.
pub fn raw_transactions() -> Vec<Vec<u8>> {
    let fields: [&[u8]; 6] = [
        &[0, 0, 60, 7, 0, 0, 1],
        &[1, 0, 60, 9, 0, 3, 3, 1, 2, 3],
        &[2, 0, 60, 20, 2, 0, 2, 0x0f, 0x28, 0xc9, 0x7d],
        &[2, 1, 60, 20, 2, 0, 1],
        &[2, 0, 60, 1, 2, 0, 1],
        &[2, 0, 80, 20, 0, 0, 0, 0x60, 0x00, 0x60, 0x00, 0xf3],
    ];
    fields.iter().flat_map(|fields| [kinded(1, fields), kinded(0, signed_from(fields))]).collect()
}

/// The first byte of an input that holds calldata or a file with it.
pub const SUBJECTS: u8 = 0xFF;
/// The first byte of an input that holds an ABI, or the words of a function.
pub const FUNCTIONS: u8 = 0xFE;
/// The first byte of an input that holds an address book.
pub const NAMES: u8 = 0xFD;
/// Functions with types that are seldom.
pub const ODD_FUNCTIONS: [&str; 3] = [
    "bomb(uint256[][][][][][])",
    "nest((bytes[] a,(string b,uint8[3][] c)[] d)[2][] e)",
    "flags(bool,int8,bytes3,address)",
];

/// Real proposals, as calldata and as files.
pub fn calldata() -> Vec<Vec<u8>> {
    let text = std::fs::read_to_string(root("data/arbitrum/governance-proposals.json")).expect("the proposals");
    let mut seeds = Vec::new();
    for subject in input::read(&text).expect("proposals") {
        seeds.push(kinded(0, subject.payload().data));
    }
    for (function, words) in ODD_FUNCTIONS.iter().zip([2_usize, 2, 4]) {
        let selector = Function::parse(function).expect("a function").selector;
        seeds.push(kinded(0xFC, [selector.as_slice(), &vec![0; 32 * words]].concat()));
        seeds.push(kinded(FUNCTIONS, function));
    }
    let abi = json!([{ "type": "function", "name": "set", "inputs": [
        { "name": "a", "type": "tuple[2][]", "components": [{ "name": "b", "type": "bytes32" }] },
    ] }]);
    seeds.push(kinded(FUNCTIONS, abi.to_string()));
    seeds.push(kinded(NAMES, json!({ COUNTER.to_string(): "Counter", "Other": MULTICALL }).to_string()));
    let call = json!({ "chainId": 1, "to": COUNTER, "value": "1", "data": "0x01020304" });
    let proposal = json!({
        "targets": [COUNTER], "values": ["0"], "calldatas": ["0x928c169a"], "description": "An action", "governor": MULTICALL,
    });
    seeds.push(kinded(SUBJECTS, "0x928c169a"));
    seeds.push(kinded(SUBJECTS, json!({ "transactions": [call, call] }).to_string()));
    seeds.push(kinded(SUBJECTS, proposal.to_string()));
    seeds
}
