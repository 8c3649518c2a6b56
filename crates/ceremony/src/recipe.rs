//! A recipe: what a Safe is to do, as people write it.
//!
//! ```toml
//! title = "Rotate the guardian"
//! chain_id = 1
//! batch = "aggregate3-value"            # or "aggregate3", "multi-send"; without it a single call is sent as it is
//!
//! [safe]
//! address = "0x…"
//! nonce = 12
//! owners = ["0x…", "0x…"]
//! threshold = 2
//!
//! [[safe.children]]                      # Safes that own it
//! address = "0x…"
//! nonce = 3
//!
//! [names]                                # an address book; names may stand for addresses in calls
//! guardian = "0x…"
//!
//! [[calls]]
//! to = "guardian"
//! function = "setOwner(address)"
//! arguments = ["0x…"]                    # or: data = "0x…"
//! ```
//! Arguments are written as Solidity shows them: lists in brackets, tuples in parentheses, text in quotes where it has commas.

use std::collections::BTreeMap;

use alloy_dyn_abi::{DynSolType, DynSolValue};
use alloy_primitives::{Address, Bytes, U256, keccak256};
use ephor_abi::batch;
use serde::Deserialize;

use crate::{
    calls::{Batch, BatchError, Call},
    ceremony::Ceremony,
    nesting::SafeNode,
    transaction::{Action, Operation},
};

/// The most bytes of a recipe.
pub const MAX_BYTES: usize = 1024 * 1024;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Recipe {
    title: String,
    chain_id: u64,
    batch: Option<Batch>,
    safe: SafeNode,
    #[serde(default)]
    names: BTreeMap<String, Address>,
    calls: Vec<RecipeCall>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RecipeCall {
    to: String,
    #[serde(default, with = "crate::number")]
    value: U256,
    data: Option<Bytes>,
    function: Option<String>,
    #[serde(default)]
    arguments: Vec<String>,
    #[serde(default)]
    operation: Operation,
    #[serde(default)]
    allow_failure: bool,
}

/// A recipe that cannot be followed.
#[derive(Debug, thiserror::Error)]
pub enum RecipeError {
    /// Larger than any real one.
    #[error("{0} bytes are more than the {MAX_BYTES} that a recipe may have")]
    TooLarge(usize),
    /// Not TOML of that form.
    #[error("the recipe cannot be read: {0}")]
    Malformed(#[from] toml::de::Error),
    /// No such name.
    #[error("call {index}: {name:?} is neither an address nor a name of the address book")]
    Name {
        /// Counted from one.
        index: usize,
        /// As written.
        name: String,
    },
    /// Both or none.
    #[error("call {index}: give either data or a function with its arguments")]
    DataOrFunction {
        /// Counted from one.
        index: usize,
    },
    /// No function.
    #[error("call {index}: {signature:?} is no function; write it as transfer(address,uint256)")]
    Function {
        /// Counted from one.
        index: usize,
        /// As written.
        signature: String,
    },
    /// Not as many.
    #[error("call {index}: {signature} takes {expected} arguments, {given} are given")]
    Count {
        /// Counted from one.
        index: usize,
        /// The function.
        signature: String,
        /// How many it takes.
        expected: usize,
        /// How many there are.
        given: usize,
    },
    /// Not of the type.
    #[error("call {index}: argument {argument} is no {kind}: {text:?}")]
    Argument {
        /// Counted from one.
        index: usize,
        /// Counted from one.
        argument: usize,
        /// The type.
        kind: String,
        /// As written.
        text: String,
    },
    /// Calls that cannot be batched.
    #[error(transparent)]
    Batch(#[from] BatchError),
}

/// Makes a ceremony from a recipe. `book` holds names beyond those of the recipe, such as a charter's.
///
/// # Errors
/// [`RecipeError`].
pub fn read(text: &str, book: &BTreeMap<String, Address>) -> Result<Ceremony, RecipeError> {
    if text.len() > MAX_BYTES {
        return Err(RecipeError::TooLarge(text.len()));
    }
    let recipe: Recipe = toml::from_str(text)?;
    let mut names = book.clone();
    names.extend(recipe.names);
    let calls = (1..).zip(&recipe.calls).map(|(index, call)| call.resolve(index, &names));
    let calls = calls.collect::<Result<Vec<Call>, _>>()?;
    let action = action(&calls, recipe.batch)?;
    let used = |(name, address): (String, Address)| (address, name);
    Ok(Ceremony {
        title: recipe.title,
        chain_id: recipe.chain_id,
        root: recipe.safe,
        action,
        names: names.into_iter().map(used).collect(),
        former_owners: BTreeMap::new(),
        world: None,
    })
}

/// The one transaction that makes these calls.
///
/// # Errors
/// Calls that cannot be batched that way.
pub fn action(calls: &[Call], kind: Option<Batch>) -> Result<Action, BatchError> {
    if let ([call], None) = (calls, kind) {
        let Call { to, value, data, operation, .. } = call.clone();
        return Ok(Action { to, value, data, operation, ..Action::default() });
    }
    let kind = kind.unwrap_or(Batch::MultiSend);
    let calls_only = calls.iter().all(|call| call.operation == Operation::Call);
    let to = match kind {
        Batch::Aggregate3 | Batch::Aggregate3Value => batch::MULTICALL3,
        Batch::MultiSend if calls_only => batch::MULTI_SEND_CALL_ONLY_1_4_1,
        Batch::MultiSend => batch::MULTI_SEND_1_4_1,
    };
    Ok(Action { to, data: kind.encode(calls)?, operation: Operation::DelegateCall, ..Action::default() })
}

impl RecipeCall {
    fn resolve(&self, index: usize, names: &BTreeMap<String, Address>) -> Result<Call, RecipeError> {
        // An address is that address, whatever the book calls it.
        let named = self.to.parse().ok().or_else(|| names.get(&self.to).copied());
        let to = named.ok_or_else(|| RecipeError::Name { index, name: self.to.chars().take(64).collect() })?;
        let data = match (&self.data, &self.function) {
            (Some(data), None) if self.arguments.is_empty() => data.clone(),
            (None, Some(function)) => encode(index, function, &self.arguments, names)?,
            (None, None) if self.arguments.is_empty() && !self.value.is_zero() => Bytes::new(),
            _ => return Err(RecipeError::DataOrFunction { index }),
        };
        Ok(Call { to, value: self.value, data, operation: self.operation, allow_failure: self.allow_failure })
    }
}

/// Calldata of a function by its signature.
fn encode(
    index: usize,
    function: &str,
    arguments: &[String],
    names: &BTreeMap<String, Address>,
) -> Result<Bytes, RecipeError> {
    let signature: String = function.chars().filter(|c| !c.is_whitespace()).collect();
    let wrong = || RecipeError::Function { index, signature: signature.chars().take(120).collect() };
    let at = signature.find('(').filter(|at| *at > 0).ok_or_else(wrong)?;
    let DynSolType::Tuple(types) = DynSolType::parse(&signature[at..]).map_err(|_| wrong())? else {
        return Err(wrong());
    };
    // The canonical form: `uint` is hashed as `uint256`.
    let canonical = format!(
        "{}({})",
        &signature[..at],
        types.iter().map(|kind| kind.sol_type_name().into_owned()).collect::<Vec<_>>().join(",")
    );
    if types.len() != arguments.len() {
        return Err(RecipeError::Count { index, signature: canonical, expected: types.len(), given: arguments.len() });
    }
    let mut values = Vec::new();
    for (at, (kind, text)) in types.iter().zip(arguments).enumerate() {
        let literal = text.parse::<Address>().is_ok();
        let named = names.get(text).filter(|_| *kind == DynSolType::Address && !literal);
        let named = named.map(|address| DynSolValue::Address(*address));
        let value = named.or_else(|| kind.coerce_str(text).ok()).ok_or_else(|| RecipeError::Argument {
            index,
            argument: at + 1,
            kind: kind.sol_type_name().into_owned(),
            text: text.chars().take(120).collect(),
        })?;
        values.push(value);
    }
    let selector = &keccak256(canonical)[..4];
    Ok([selector, &DynSolValue::Tuple(values).abi_encode_params()].concat().into())
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &str =
        "title = \"t\"\nchain_id = 1\n[safe]\naddress = \"0x00000000000000000000000000000000000000aa\"\nnonce = 3\n";
    const TOKEN: &str = "[names]\ntoken = \"0x00000000000000000000000000000000000000bb\"\n";

    #[track_caller]
    fn check(calls: &str, expected: Result<&str, &str>) {
        let read = read(&format!("{HEAD}{TOKEN}{calls}"), &BTreeMap::new());
        match (read, expected) {
            (Ok(ceremony), Ok(data)) => assert_eq!(ceremony.action.data.to_string(), data),
            (Err(error), Err(part)) => assert!(error.to_string().contains(part), "{error}"),
            (read, _) => panic!("{read:?}"),
        }
    }

    #[test]
    fn calls_are_encoded_as_solidity_does() {
        let transfer =
            "[[calls]]\nto = \"token\"\nfunction = \"transfer(address, uint)\"\narguments = [\"token\", \"7\"]";
        let word = |n: &str| format!("{n:0>64}");
        check(transfer, Ok(&format!("0xa9059cbb{}{}", word("bb"), word("7"))));
        check("[[calls]]\nto = \"token\"\ndata = \"0x1234\"", Ok("0x1234"));
        check("[[calls]]\nto = \"token\"\nvalue = \"5\"", Ok("0x"));
    }

    #[test]
    fn an_address_is_never_a_name_of_another() {
        let cc = "0x00000000000000000000000000000000000000cc";
        let shadow = format!("\"{cc}\" = \"0x00000000000000000000000000000000000000dd\"\n");
        let call = format!("[[calls]]\nto = \"{cc}\"\nfunction = \"f(address)\"\narguments = [\"{cc}\"]");
        let ceremony = read(&format!("{HEAD}{TOKEN}{shadow}{call}"), &BTreeMap::new()).unwrap();
        assert_eq!(ceremony.action.to, cc.parse::<Address>().unwrap());
        assert!(ceremony.action.data.to_string().ends_with("cc"));
        assert!(ceremony.check().is_err(), "and nobody is shown such a name");
    }

    #[test]
    fn what_is_wrong_is_named() {
        check("[[calls]]\nto = \"nobody\"\ndata = \"0x\"", Err("neither an address nor a name"));
        check("[[calls]]\nto = \"token\"", Err("either data or a function"));
        check("[[calls]]\nto = \"token\"\nfunction = \"transfer\"", Err("is no function"));
        check("[[calls]]\nto = \"token\"\nfunction = \"f(uint256)\"", Err("takes 1 arguments, 0 are given"));
        let wrong = "[[calls]]\nto = \"token\"\nfunction = \"f(uint8)\"\narguments = [\"256\"]";
        check(wrong, Err("argument 1 is no uint8"));
        check("[[calls]]\nto = \"token\"\nmore = 1", Err("unknown field"));
    }
}
