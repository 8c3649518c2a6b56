//! Formats of others: the Safe Transaction Builder's JSON, and the layout of superchain-ops tasks.
//!
//! | format | in | out |
//! |---|---|---|
//! | Transaction Builder | targets, values, calldata | the same, without checksum |
//! | superchain-ops | `config.toml` (`stateOverrides`, slot 5 is a nonce), `VALIDATION.md` (calldata, hashes) | both |

use std::{collections::BTreeMap, fmt::Write as _};

use alloy_primitives::{Address, Bytes, U256, hex};
use ephor_abi::batch;
use serde::{Deserialize, Serialize};

use crate::{
    calls::{Batch, Call},
    ceremony::Ceremony,
    nesting::SafeNode,
    transaction::{Action, Operation, Refund},
};

/// The most bytes of a file.
pub const MAX_BYTES: usize = 4 * 1024 * 1024;

/// A file of the Safe Transaction Builder.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct BuilderFile {
    /// Of the format.
    #[serde(default = "version")]
    pub version: String,
    /// The chain's id, as text.
    pub chain_id: String,
    /// Milliseconds since 1970.
    #[serde(default)]
    pub created_at: u64,
    /// Name, description, Safe.
    #[serde(default)]
    pub meta: BuilderMeta,
    /// The calls.
    pub transactions: Vec<BuilderCall>,
}

/// What a file of the Safe Transaction Builder says about itself.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct BuilderMeta {
    /// A name.
    pub name: String,
    /// The Safe it was made for.
    pub created_from_safe_address: String,
}

/// A call of the Safe Transaction Builder.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BuilderCall {
    /// The target.
    pub to: Address,
    /// Wei, in decimal.
    #[serde(default)]
    pub value: String,
    /// Calldata; null where the builder would make it from a method.
    #[serde(default)]
    pub data: Option<Bytes>,
}

fn version() -> String {
    "1.0".to_owned()
}

/// A file that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum FormatError {
    /// Larger than any real one.
    #[error("{0} bytes are more than the {MAX_BYTES} that such a file may have")]
    TooLarge(usize),
    /// Not of the form.
    #[error("this is no file of the Safe Transaction Builder: {0}")]
    Builder(#[from] serde_json::Error),
    /// Not of the form.
    #[error("config.toml cannot be read: {0}")]
    Config(#[from] toml::de::Error),
    /// No number.
    #[error("{what} {text:?} is no number")]
    Number {
        /// What it should be.
        what: &'static str,
        /// As written.
        text: String,
    },
    /// No address.
    #[error("meta.createdFromSafeAddress {0:?} is no address")]
    Safe(String),
    /// Made from a method.
    #[error("transaction {index} has no data, only a method: export it with its calldata, or write a recipe")]
    NoData {
        /// Counted from one.
        index: usize,
    },
    /// What the format cannot say.
    #[error("the Safe Transaction Builder knows calls of the Safe alone: {0}; export typed data instead")]
    NoCalls(&'static str),
    /// No calldata.
    #[error("VALIDATION.md holds no calldata of aggregate3 or aggregate3Value")]
    NoCalldata,
}

/// What a file of the Safe Transaction Builder says, as far as a ceremony needs it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BuilderBatch {
    /// The chain's id.
    pub chain_id: u64,
    /// The Safe it was made for, where the file names one.
    pub safe: Option<Address>,
    /// The calls.
    pub calls: Vec<Call>,
}

/// Reads a file of the Safe Transaction Builder.
///
/// # Errors
/// [`FormatError`].
pub fn read_builder(bytes: &[u8]) -> Result<BuilderBatch, FormatError> {
    if bytes.len() > MAX_BYTES {
        return Err(FormatError::TooLarge(bytes.len()));
    }
    let file: BuilderFile = serde_json::from_slice(bytes)?;
    let number = |what, text: &str| FormatError::Number { what, text: text.chars().take(80).collect() };
    let chain_id = file.chain_id.parse().map_err(|_| number("the chain id", &file.chain_id))?;
    let call = |(at, call): (usize, BuilderCall)| {
        let text = if call.value.is_empty() { "0" } else { &call.value };
        let value: U256 = text.parse().map_err(|_| number("the value", text))?;
        let data = match call.data {
            Some(data) => data,
            None if !value.is_zero() => Bytes::new(),
            None => return Err(FormatError::NoData { index: at + 1 }),
        };
        Ok(Call { to: call.to, value, data, operation: Operation::Call, allow_failure: false })
    };
    let calls = file.transactions.into_iter().enumerate().map(call).collect::<Result<Vec<_>, _>>()?;
    let safe = &file.meta.created_from_safe_address;
    let parsed = || safe.parse().map_err(|_| FormatError::Safe(safe.chars().take(80).collect()));
    let safe = if safe.is_empty() { None } else { Some(parsed()?) };
    Ok(BuilderBatch { chain_id, safe, calls })
}

/// The calls that a Safe makes in its own name by an action; what else it does cannot be said in a list of calls.
fn calls_of(action: &Action) -> Result<Vec<Call>, FormatError> {
    if action.refund != Refund::default() {
        return Err(FormatError::NoCalls("this transaction refunds gas"));
    }
    if action.operation == Operation::Call {
        let (to, value, data) = (action.to, action.value, action.data.clone());
        return Ok(vec![Call { to, value, data, operation: Operation::Call, allow_failure: false }]);
    }
    let batches = [
        batch::MULTICALL3,
        batch::MULTI_SEND_1_3_0,
        batch::MULTI_SEND_1_3_0_EIP155,
        batch::MULTI_SEND_1_4_1,
        batch::MULTI_SEND_CALL_ONLY_1_3_0,
        batch::MULTI_SEND_CALL_ONLY_1_3_0_EIP155,
        batch::MULTI_SEND_CALL_ONLY_1_4_1,
    ];
    let decoded = Batch::decode(&action.data).filter(|_| batches.contains(&action.to));
    let (_, calls) = decoded.ok_or(FormatError::NoCalls("this transaction is a delegate call"))?;
    if calls.iter().any(|call| call.operation == Operation::DelegateCall) {
        return Err(FormatError::NoCalls("a call of this batch is a delegate call"));
    }
    if calls.iter().any(|call| call.allow_failure) {
        return Err(FormatError::NoCalls("a call of this batch may fail"));
    }
    Ok(calls)
}

/// A ceremony's calls as a file of the Safe Transaction Builder.
///
/// # Errors
/// [`FormatError::NoCalls`] for a transaction that would be another one as a list of calls.
pub fn write_builder(ceremony: &Ceremony, created_at: u64) -> Result<BuilderFile, FormatError> {
    let call = |Call { to, value, data, .. }: Call| BuilderCall { to, value: value.to_string(), data: Some(data) };
    Ok(BuilderFile {
        version: version(),
        chain_id: ceremony.chain_id.to_string(),
        created_at,
        meta: BuilderMeta {
            name: ceremony.title.clone(),
            created_from_safe_address: ceremony.root.address.to_string(),
        },
        transactions: calls_of(&ceremony.action)?.into_iter().map(call).collect(),
    })
}

/// What a task's files say, as far as a ceremony needs it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SuperchainTask {
    /// Calldata of the root transaction.
    pub calldata: Bytes,
    /// Safe → nonce.
    pub nonces: BTreeMap<Address, U256>,
}

/// Reads `config.toml` and `VALIDATION.md` of a task.
///
/// # Errors
/// [`FormatError`].
pub fn read_superchain(config: &str, validation: &str) -> Result<SuperchainTask, FormatError> {
    for text in [config, validation] {
        if text.len() > MAX_BYTES {
            return Err(FormatError::TooLarge(text.len()));
        }
    }
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Config {
        #[serde(default)]
        state_overrides: BTreeMap<Address, Vec<Override>>,
    }
    #[derive(Deserialize)]
    struct Override {
        key: toml::Value,
        value: toml::Value,
    }
    let number = |what, value: &toml::Value| {
        let found = match value {
            toml::Value::Integer(n) => u64::try_from(*n).ok().map(U256::from),
            toml::Value::String(text) => text.parse().ok(),
            _ => None,
        };
        let text = || value.to_string().chars().take(80).collect();
        found.ok_or_else(|| FormatError::Number { what, text: text() })
    };
    let config: Config = toml::from_str(config)?;
    let mut nonces = BTreeMap::new();
    for (safe, overrides) in config.state_overrides {
        for Override { key, value } in overrides {
            // Other keys are words of any kind; only the nonce's is a number that matters here.
            if number("a slot", &key).is_ok_and(|slot| slot == U256::from(5)) {
                nonces.insert(safe, number("the nonce", &value)?);
            }
        }
    }
    let words = validation.split(|c: char| !c.is_ascii_alphanumeric());
    let is_batch = |word: &&str| word.starts_with("0x174dea71") || word.starts_with("0x82ad56cb");
    let calldata = words.filter(is_batch).find_map(|word| {
        let bytes = hex::decode(word).ok()?;
        Batch::decode(&bytes).map(|_| Bytes::from(bytes))
    });
    Ok(SuperchainTask { calldata: calldata.ok_or(FormatError::NoCalldata)?, nonces })
}

/// `config.toml` of a task: the nonces of all Safes.
#[must_use]
pub fn write_superchain_config(ceremony: &Ceremony) -> String {
    let mut text = "[stateOverrides]\n".to_owned();
    for step in ceremony.steps() {
        let _ = writeln!(text, "# {}\n{} = [", name(step.safe), step.safe.address);
        let _ = writeln!(text, "    {{ key = 5, value = {} }},\n]", step.safe.nonce);
    }
    text
}

/// `VALIDATION.md` of a task: what signers should see, and the calldata.
#[must_use]
pub fn write_superchain_validation(ceremony: &Ceremony) -> String {
    let mut text = format!("# Validation: {}\n\n## Expected Domain and Message Hashes\n\n", ceremony.title);
    let steps = ceremony.steps();
    let signing = steps.iter().filter(|step| step.safe.children.is_empty());
    for step in signing {
        let _ = writeln!(text, "> ### {} Safe: `{}`\n>", name(step.safe), step.safe.address);
        let _ = writeln!(text, "> - Domain Hash: `{}`", step.hashes.domain);
        let _ = writeln!(text, "> - Message Hash: `{}`", step.hashes.message);
        let _ = writeln!(text, "> - Safe Transaction Hash: `{}`\n", step.hashes.safe_tx);
    }
    let _ = writeln!(text, "## Task Calldata\n\n```text\n{}\n```", ceremony.action.data);
    text
}

fn name(safe: &SafeNode) -> &str {
    if safe.name.is_empty() { "Signing" } else { &safe.name }
}
