//! What people have: hexadecimal calldata, proposals and transactions as JSON, collections of proposals.
//!
//! A proposal has no calldata of its own: its targets, values, calldatas and the description's hash are what every call about it
//! holds. It stands here for the call of `queue` with them, so that places in it are bytes of that calldata.
//!
//! What a file states is used or refused, never passed over: a chain that is no number, a governor that is no address, a description
//! whose hash is stated as another.

use alloy_primitives::{Address, B256, Bytes, U256, hex};
use alloy_sol_types::SolCall;
use ephor_abi::governor::ITimelockedGovernor;
use serde_json::Value;

use crate::{ids, node::Payload, strict};

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
    /// The hash that a file states is not that of the description beside it.
    #[error("{place}: the hash of the description is stated as {stated}, but the description beside it has {computed}")]
    Description {
        /// The way to it.
        place: String,
        /// As stated.
        stated: B256,
        /// As computed.
        computed: B256,
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
    let digits = strict::unmarked(text).trim();
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
    let text = strict::unmarked(text).trim();
    if text.starts_with("0x") {
        return Ok(vec![Subject::Call(Payload { data: calldata(text)?, ..Payload::default() })]);
    }
    let json = strict::read(text).map_err(|error| InputError::Neither { cause: error.to_string() })?;
    let list = ["proposals", "transactions"].into_iter().find_map(|key| Some((key, json.get(key)?.as_array()?)));
    match (list, json.as_array()) {
        (Some((key, list)), _) => {
            let chain = chain(&json, "the document")?;
            list.iter().enumerate().map(|(i, each)| subject(each, &format!("{key}[{i}]"), chain)).collect()
        }
        (None, Some(list)) => list.iter().enumerate().map(|(i, each)| subject(each, &format!("[{i}]"), None)).collect(),
        (None, None) => Ok(vec![subject(&json, "the document", None)?]),
    }
}

/// The value of the first of these keys that is there and not null, read; an error if it cannot be.
fn stated<T>(
    json: &Value,
    place: &str,
    keys: &[&'static str],
    expected: &'static str,
    read: impl Fn(&Value) -> Option<T>,
) -> Result<Option<T>, InputError> {
    let found = keys.iter().find_map(|key| Some((key, json.get(key).filter(|value| !value.is_null())?)));
    let Some((key, value)) = found else { return Ok(None) };
    let field = || InputError::Field { place: format!("{place}.{key}"), expected };
    read(value).map(Some).ok_or_else(field)
}

fn chain(json: &Value, place: &str) -> Result<Option<u64>, InputError> {
    let read = |value: &Value| u64::try_from(amount(value)?).ok();
    stated(json, place, &["chainId", "chain_id", "chain"], "the id of a chain", read)
}

fn address(value: &Value) -> Option<Address> {
    value.as_str()?.parse().ok()
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
    let party = |key: &'static str| stated(json, place, &[key], "an address", address);
    let value = stated(json, place, &["value"], "an amount of wei", amount)?.unwrap_or_default();
    let chain = self::chain(json, place)?.or(chain);
    let (from, to) = (party("from")?, party("to")?);
    Ok(Subject::Call(Payload { chain, from, to, value, data, ..Payload::default() }))
}

/// A whole number: as JSON has it, or as text in decimal or with `0x`.
fn amount(value: &Value) -> Option<U256> {
    match value {
        Value::Number(number) => number.as_u64().map(U256::from),
        Value::String(text) => match text.strip_prefix("0x") {
            Some(digits) => digits_only(digits, 16),
            None => digits_only(text, 10),
        },
        _ => None,
    }
}

fn digits_only(digits: &str, radix: u32) -> Option<U256> {
    let plain = !digits.is_empty() && digits.chars().all(|digit| digit.is_digit(radix));
    plain.then(|| U256::from_str_radix(digits, u64::from(radix)).ok()).flatten()
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
    let targets = list(json, place, "targets", "an address", address)?;
    let values = list(json, place, "values", "an amount of wei", amount)?;
    let calldatas = list(json, place, "calldatas", "hexadecimal calldata", |value| calldata(value.as_str()?).ok())?;
    if targets.len() != values.len() || targets.len() != calldatas.len() {
        let (targets, values, calldatas) = (targets.len(), values.len(), calldatas.len());
        return Err(InputError::Lengths { place: place.to_owned(), targets, values, calldatas });
    }
    let hash = |value: &Value| value.as_str()?.parse::<B256>().ok();
    let stated_hash = stated(json, place, &["description_hash", "descriptionHash"], "32 bytes in hexadecimal", hash)?;
    let description = |value: &Value| value.as_str().map(alloy_primitives::keccak256);
    let own_hash = stated(json, place, &["description"], "the text of the description", description)?;
    if let (Some(stated), Some(computed)) = (stated_hash, own_hash)
        && stated != computed
    {
        return Err(InputError::Description { place: place.to_owned(), stated, computed });
    }
    let expected = "the description, or its hash";
    let missing = || InputError::Field { place: format!("{place}.description_hash"), expected };
    let description_hash = stated_hash.or(own_hash).ok_or_else(missing)?;
    // Files of others also have a title under `governor`, and ids of their own under `id`.
    let governor = stated(json, place, &["governor_address"], "an address", address)?;
    let governor = governor.or_else(|| json.get("governor").and_then(address));
    let stated_id = stated(json, place, &["proposal_id", "proposalId"], "the id of a proposal", amount)?;
    let stated_id = stated_id.or_else(|| json.get("id").and_then(amount));
    let proposal = Proposal { governor, targets, values, calldatas, description_hash, stated_id };
    match stated_id {
        Some(stated) if stated != proposal.id() => {
            Err(InputError::StatedId { place: place.to_owned(), stated, computed: proposal.id() })
        }
        _ => Ok(proposal),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TO: &str = "0x1111111111111111111111111111111111111111";

    #[track_caller]
    fn check(text: &str, chain: Option<u64>, value: u64, bytes: usize) {
        let read = read(text).expect(text);
        let [subject] = &read[..] else { panic!("{read:?}") };
        let payload = subject.payload();
        assert_eq!((payload.chain, payload.value, payload.data.len()), (chain, U256::from(value), bytes), "{text}");
    }

    #[test]
    fn reads_calls_in_every_way_they_are_written() {
        check("0x01020304", None, 0, 4);
        check("\u{feff}0x01020304\r\n", None, 0, 4);
        check(
            &format!("\u{feff}{{\"to\": \"{TO}\", \"data\": \"0x0102\", \"chainId\": \"0xa4b1\"}}\r\n"),
            Some(42_161),
            0,
            2,
        );
        check(
            &format!("{{\"to\": \"{TO}\", \"input\": \"0x\", \"chain_id\": 10, \"value\": \"0x10\"}}"),
            Some(10),
            16,
            0,
        );
        check(
            &format!("{{\"chainId\": \"1\", \"transactions\": [{{\"to\": \"{TO}\", \"value\": 7}}]}}"),
            Some(1),
            7,
            0,
        );
    }

    #[track_caller]
    fn check_refused(fields: &str, expected: &str) {
        let error = read(&format!("{{\"to\": \"{TO}\", \"data\": \"0x\", {fields}}}")).expect_err(fields).to_string();
        assert!(error.contains(expected), "{error}");
    }

    #[test]
    fn refuses_what_it_would_have_to_guess_or_to_pass_over() {
        for (fields, expected) in [
            ("\"chainId\": \"abc\"", "the document.chainId: expected the id of a chain"),
            ("\"chainId\": -1", "the document.chainId: expected the id of a chain"),
            ("\"chain\": \"ethereum\"", "the document.chain: expected the id of a chain"),
            ("\"chainId\": \"99999999999999999999\"", "expected the id of a chain"),
            ("\"value\": \"\"", "the document.value: expected an amount of wei"),
            ("\"value\": \"1_0\"", "expected an amount of wei"),
            ("\"value\": 1.5", "expected an amount of wei"),
            ("\"value\": \"0b1\"", "expected an amount of wei"),
            ("\"from\": \"0x12\"", "the document.from: expected an address"),
            ("\"data\": \"0x01\"", "the key \"data\" stands twice"),
        ] {
            check_refused(fields, expected);
        }
    }

    #[track_caller]
    fn check_proposal(fields: &str, expected: Result<B256, &str>) {
        let text = format!("{{\"targets\": [\"{TO}\"], \"values\": [\"0\"], \"calldatas\": [\"0x\"], {fields}}}");
        match (read(&text).map(|mut read| read.remove(0)), expected) {
            (Ok(Subject::Proposal(proposal)), Ok(hash)) => assert_eq!(proposal.description_hash, hash, "{fields}"),
            (Err(error), Err(part)) => assert!(error.to_string().contains(part), "{error}"),
            (read, _) => panic!("{fields}: {read:?}"),
        }
    }

    #[test]
    fn takes_a_description_and_its_hash_only_where_they_agree() {
        let hash = alloy_primitives::keccak256("good");
        check_proposal("\"description\": \"good\"", Ok(hash));
        check_proposal(&format!("\"description\": \"good\", \"description_hash\": \"{hash}\""), Ok(hash));
        check_proposal(
            &format!("\"descriptionHash\": \"{hash}\", \"governor\": \"Core Governor\", \"id\": \"x\""),
            Ok(hash),
        );
        check_proposal(
            &format!("\"description\": \"bad\", \"description_hash\": \"{hash}\""),
            Err("the hash of the description is stated as"),
        );
        check_proposal(
            "\"description\": \"good\", \"description_hash\": \"0x12\"",
            Err("description_hash: expected 32"),
        );
        check_proposal("\"description\": \"good\", \"governor_address\": \"0x12\"", Err("governor_address: expected"));
        check_proposal("\"description\": \"good\", \"proposal_id\": \"x\"", Err("proposal_id: expected the id"));
        check_proposal("\"title\": \"good\"", Err("description_hash: expected the description, or its hash"));
    }
}
