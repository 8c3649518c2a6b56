//! What people have: hexadecimal calldata, proposals and transactions as JSON, collections of proposals.
//!
//! A proposal has no calldata of its own: its targets, values, calldatas and the description's hash are what every call about it
//! holds. It stands here for the call of `queue` with them, so that places in it are bytes of that calldata.

use alloy_primitives::{Address, B256, Bytes, U256, hex};
use alloy_sol_types::SolCall;
use ephor_abi::governor::ITimelockedGovernor;
use serde_json::Value;

use crate::{ids, node::Payload};

/// A proposal: what a governor votes on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proposal {
    /// The governor.
    pub governor: Option<Address>,
    /// Whom it calls.
    pub targets: Vec<Address>,
    /// Wei for each call.
    pub values: Vec<U256>,
    /// Calldata of each call.
    pub calldatas: Vec<Bytes>,
    /// The hash of its description.
    pub description_hash: B256,
    /// The id that the source states, if it does.
    pub stated_id: Option<U256>,
}

/// Something that can be explained.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Subject {
    /// A proposal.
    Proposal(Proposal),
    /// A call.
    Call(Payload),
}

/// Why an input is nothing that can be explained.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InputError {
    /// Neither hexadecimal calldata nor JSON.
    #[error("this is neither 0x-prefixed hexadecimal calldata nor JSON: {cause}")]
    Neither {
        /// What the JSON reader says.
        cause: String,
    },
    /// A number of hexadecimal digits that is not even, or another character among them.
    #[error("character {at} of the calldata is no hexadecimal digit, or one is missing at the end")]
    Hex {
        /// Its place.
        at: usize,
    },
    /// A field is missing or is none.
    #[error("{place}: expected {expected}")]
    Field {
        /// The way to it.
        place: String,
        /// What ought to be there.
        expected: &'static str,
    },
    /// The lists of a proposal have different lengths.
    #[error("{place}: {targets} targets, {values} values and {calldatas} calldatas, of which there must be as many")]
    Lengths {
        /// The way to it.
        place: String,
        /// Targets.
        targets: usize,
        /// Values.
        values: usize,
        /// Calldatas.
        calldatas: usize,
    },
    /// The id that a file states is not the proposal's.
    #[error("{place}: the id is stated as {stated}, but its parameters make it {computed}")]
    StatedId {
        /// The way to it.
        place: String,
        /// As stated.
        stated: U256,
        /// As computed.
        computed: U256,
    },
}

impl Proposal {
    /// Its id.
    #[must_use]
    pub fn id(&self) -> U256 {
        ids::proposal(&self.targets, &self.values, &self.calldatas, self.description_hash)
    }

    /// The call that hands it to the timelock.
    #[must_use]
    pub fn payload(&self) -> Payload {
        let Self { governor, targets, values, calldatas, description_hash, .. } = self.clone();
        let call = ITimelockedGovernor::queueCall { targets, values, calldatas, descriptionHash: description_hash };
        Payload { to: governor, data: call.abi_encode().into(), ..Payload::default() }
    }
}

impl Subject {
    /// The call that it is, or that stands for it.
    #[must_use]
    pub fn payload(&self) -> Payload {
        match self {
            Self::Proposal(proposal) => proposal.payload(),
            Self::Call(payload) => payload.clone(),
        }
    }
}

/// Reads hexadecimal calldata; spaces and line ends around it are ignored.
///
/// # Errors
/// [`InputError::Hex`].
pub fn calldata(text: &str) -> Result<Bytes, InputError> {
    let digits = text.trim();
    let digits = digits.strip_prefix("0x").unwrap_or(digits);
    let at = digits.bytes().position(|byte| !byte.is_ascii_hexdigit()).unwrap_or(digits.len());
    hex::decode(digits).map(Bytes::from).map_err(|_| InputError::Hex { at })
}

/// Reads what a file or an argument holds: calldata; a proposal; a transaction; a list of either, or an object with such a list
/// under `proposals` or `transactions`.
///
/// # Errors
/// What is wrong, and where.
pub fn read(text: &str) -> Result<Vec<Subject>, InputError> {
    let text = text.trim();
    if text.starts_with("0x") {
        return Ok(vec![Subject::Call(Payload { data: calldata(text)?, ..Payload::default() })]);
    }
    let json: Value = serde_json::from_str(text).map_err(|error| InputError::Neither { cause: error.to_string() })?;
    let list = ["proposals", "transactions"].into_iter().find_map(|key| Some((key, json.get(key)?.as_array()?)));
    match (list, json.as_array()) {
        (Some((key, list)), _) => {
            let chain = number(json.get("chainId"));
            list.iter().enumerate().map(|(i, each)| subject(each, &format!("{key}[{i}]"), chain)).collect()
        }
        (None, Some(list)) => list.iter().enumerate().map(|(i, each)| subject(each, &format!("[{i}]"), None)).collect(),
        (None, None) => Ok(vec![subject(&json, "the document", None)?]),
    }
}

fn number(value: Option<&Value>) -> Option<u64> {
    let value = value?;
    amount(value).and_then(|number| u64::try_from(number).ok())
}

fn subject(json: &Value, place: &str, chain: Option<u64>) -> Result<Subject, InputError> {
    if json.get("targets").is_some() {
        return proposal(json, place).map(Subject::Proposal);
    }
    let missing = |key: &str, expected| InputError::Field { place: format!("{place}.{key}"), expected };
    let data = ["data", "input", "calldata"].into_iter().find_map(|key| json.get(key));
    let data = match data {
        Some(Value::String(text)) => calldata(text)?,
        Some(Value::Null) | None if json.get("to").is_some() => Bytes::new(),
        _ => return Err(missing("data", "hexadecimal calldata, or targets, values and calldatas of a proposal")),
    };
    let address = |key: &'static str| match json.get(key) {
        None | Some(Value::Null) => Ok(None),
        Some(value) => {
            value.as_str().and_then(|text| text.parse().ok()).map(Some).ok_or_else(|| missing(key, "an address"))
        }
    };
    let value = match json.get("value") {
        None | Some(Value::Null) => U256::ZERO,
        Some(value) => amount(value).ok_or_else(|| missing("value", "an amount of wei"))?,
    };
    let chain = number(json.get("chainId").or_else(|| json.get("chain_id")).or_else(|| json.get("chain"))).or(chain);
    let (from, to) = (address("from")?, address("to")?);
    Ok(Subject::Call(Payload { chain, from, to, value, data, ..Payload::default() }))
}

fn amount(value: &Value) -> Option<U256> {
    match value {
        Value::Number(number) => number.as_u64().map(U256::from),
        Value::String(text) => text.parse().ok(),
        _ => None,
    }
}

fn list<T>(
    json: &Value,
    place: &str,
    key: &str,
    expected: &'static str,
    read: impl Fn(&Value) -> Option<T>,
) -> Result<Vec<T>, InputError> {
    let field = |place: String| InputError::Field { place, expected };
    let items = json.get(key).and_then(Value::as_array).ok_or_else(|| field(format!("{place}.{key}")))?;
    let each = |(i, item)| read(item).ok_or_else(|| field(format!("{place}.{key}[{i}]")));
    items.iter().enumerate().map(each).collect()
}

fn proposal(json: &Value, place: &str) -> Result<Proposal, InputError> {
    let targets = list(json, place, "targets", "an address", |value| value.as_str()?.parse().ok())?;
    let values = list(json, place, "values", "an amount of wei", amount)?;
    let calldatas = list(json, place, "calldatas", "hexadecimal calldata", |value| calldata(value.as_str()?).ok())?;
    if targets.len() != values.len() || targets.len() != calldatas.len() {
        let (targets, values, calldatas) = (targets.len(), values.len(), calldatas.len());
        return Err(InputError::Lengths { place: place.to_owned(), targets, values, calldatas });
    }
    let text = |key: &str| json.get(key).and_then(Value::as_str);
    let hash = text("description_hash").or_else(|| text("descriptionHash")).and_then(|text| text.parse().ok());
    let hash = hash.or_else(|| text("description").map(alloy_primitives::keccak256));
    let expected = "the description, or its hash";
    let description_hash =
        hash.ok_or_else(|| InputError::Field { place: format!("{place}.description_hash"), expected })?;
    let governor = text("governor_address").or_else(|| text("governor")).and_then(|text| text.parse().ok());
    let id = json.get("proposal_id").or_else(|| json.get("proposalId")).or_else(|| json.get("id"));
    let stated_id = id.and_then(amount);
    let proposal = Proposal { governor, targets, values, calldatas, description_hash, stated_id };
    match stated_id {
        Some(stated) if stated != proposal.id() => {
            Err(InputError::StatedId { place: place.to_owned(), stated, computed: proposal.id() })
        }
        _ => Ok(proposal),
    }
}
