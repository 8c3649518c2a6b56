//! Which functions a selector may stand for.
//!
//! Four bytes do not determine a function. What they may stand for is asked, in this order, of the phrases, of the
//! interfaces of `ephor-abi`, and of the ABIs that the user added. [`Basis`] says how sure a reading is; where several functions
//! have the selector and more than one of them decodes, the explanation says so.

use std::{collections::BTreeMap, sync::LazyLock};

use alloy_primitives::Selector;
use ephor_abi::catalog;
use serde::Serialize;
use serde_json::Value;

use crate::{
    phrases::{PHRASES, Shape},
    strict,
    types::{Function, Param, Type, TypeError},
};

/// Why a selector is read as it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Basis {
    /// The address book says which kind of contract is called, and that kind has the function.
    Contract,
    /// An ABI that the user added has it.
    Abi,
    /// The selector alone: whether the contract that is called has the function is not known.
    Selector,
}

/// A function that a selector may stand for.
#[derive(Clone, Debug)]
pub(crate) struct Reading {
    pub(crate) function: Function,
    pub(crate) shape: Shape,
    pub(crate) sentence: Option<&'static str>,
    /// Whether a user's ABI has it.
    pub(crate) added: bool,
}

/// The functions with words for them, and those of the interfaces.
static BUILT_IN: LazyLock<BTreeMap<Selector, Reading>> = LazyLock::new(|| {
    let mut readings = BTreeMap::new();
    for phrase in PHRASES {
        if let Ok(function) = Function::parse(phrase.function) {
            let sentence = Some(phrase.sentence);
            readings.insert(function.selector, Reading { function, shape: phrase.shape, sentence, added: false });
        }
    }
    for (selector, item) in catalog::INTERFACES.iter().flat_map(catalog::Interface::functions) {
        if let Ok(function) = Function::parse(item.signature) {
            let plain = Reading { function, shape: Shape::Plain, sentence: None, added: false };
            readings.entry(selector).or_insert(plain);
        }
    }
    readings
});

/// The functions that the user added, beside the built-in ones.
#[derive(Clone, Debug, Default)]
pub struct Lexicon {
    added: BTreeMap<Selector, Vec<Reading>>,
}

/// Why a file is no ABI.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AbiError {
    /// Not JSON, or a key that stands twice.
    #[error("this is not JSON that can be read: {cause}")]
    Json {
        /// What is wrong, and where.
        cause: String,
    },
    /// No list of entries.
    #[error("a JSON ABI is a list, or an object with a list under \"abi\"")]
    Shape,
    /// An entry that cannot be read.
    #[error("entry {entry} ({name:?}): {error}")]
    Entry {
        /// Its index.
        entry: usize,
        /// Its name.
        name: String,
        /// What is wrong.
        error: TypeError,
    },
    /// No function in it.
    #[error("there is no function in it")]
    Empty,
}

impl Lexicon {
    /// Adds the functions of a JSON ABI. Returns how many there were.
    ///
    /// # Errors
    /// What is wrong with the file.
    pub fn add_json(&mut self, text: &str) -> Result<usize, AbiError> {
        let value = strict::read(text).map_err(|error| AbiError::Json { cause: error.to_string() })?;
        let entries = value.as_array().or_else(|| value.get("abi")?.as_array()).ok_or(AbiError::Shape)?;
        let mut added = 0;
        for (i, entry) in entries.iter().enumerate() {
            if entry.get("type").and_then(Value::as_str).unwrap_or("function") != "function" {
                continue;
            }
            let name = entry.get("name").and_then(Value::as_str).unwrap_or_default();
            let inputs = params(entry.get("inputs"), 0);
            let function =
                identifier(name).and_then(|name| inputs.and_then(|inputs| Function::new(name.to_owned(), inputs)));
            self.add(function.map_err(|error| AbiError::Entry { entry: i, name: name.to_owned(), error })?);
            added += 1;
        }
        if added == 0 { Err(AbiError::Empty) } else { Ok(added) }
    }

    /// Adds a function. What is built in keeps its words.
    pub fn add(&mut self, function: Function) {
        let readings = self.added.entry(function.selector).or_default();
        if !readings.iter().any(|reading| reading.function.signature == function.signature) {
            readings.push(Reading { function, shape: Shape::Plain, sentence: None, added: true });
        }
    }

    /// What a selector may stand for, the likeliest first.
    pub(crate) fn readings(&self, selector: Selector) -> Vec<&Reading> {
        let built_in = BUILT_IN.get(&selector);
        let added = self.added.get(&selector).into_iter().flatten();
        let same = |reading: &&Reading| built_in.is_none_or(|own| own.function.signature != reading.function.signature);
        built_in.into_iter().chain(added.filter(same)).collect()
    }

    /// How sure it is that a contract of this kind has the function.
    pub(crate) fn basis(&self, reading: &Reading, contract: Option<&str>) -> Basis {
        let selector = reading.function.selector;
        let has = |interface: &catalog::Interface| interface.function(selector).is_some();
        let sure = contract.is_some_and(|contract| match catalog::contract(contract) {
            Some(kind) => kind.interfaces().any(has),
            None => catalog::INTERFACES.iter().any(|interface| interface.name == contract && has(interface)),
        });
        if sure {
            return Basis::Contract;
        }
        let added = self.added.get(&selector).into_iter().flatten();
        let signature = &reading.function.signature;
        let added = reading.added || added.into_iter().any(|other| other.function.signature == *signature);
        if added { Basis::Abi } else { Basis::Selector }
    }
}

/// A name as Solidity allows it, so that nothing else can stand in a signature.
fn identifier(name: &str) -> Result<&str, TypeError> {
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '$';
    match name.is_empty() || !name.chars().all(plain) {
        true => Err(TypeError::Name { name: name.chars().take(80).collect() }),
        false => Ok(name),
    }
}

/// The parameters of an entry of a JSON ABI.
fn params(list: Option<&Value>, level: usize) -> Result<Vec<Param>, TypeError> {
    if level >= crate::types::MOST_LEVELS {
        return Err(TypeError::TooDeep);
    }
    let list = list.and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    list.iter()
        .map(|param| {
            let text = |key: &str| param.get(key).and_then(Value::as_str).unwrap_or_default();
            let members = params(param.get("components"), level + 1)?;
            let name = if text("name").is_empty() { "" } else { identifier(text("name"))? };
            Ok(Param { name: name.to_owned(), ty: Type::named(text("type"), members)? })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_json_abis_bare_and_wrapped() {
        let abi = r#"[{"type":"event","name":"E"},{"type":"function","name":"f","inputs":[{"name":"a","type":"tuple[]",
            "components":[{"name":"b","type":"uint8"}]}]}]"#;
        for text in [abi.to_owned(), format!(r#"{{"abi":{abi}}}"#)] {
            let mut lexicon = Lexicon::default();
            assert_eq!(lexicon.add_json(&text), Ok(1));
            let selector = Function::parse("f((uint8)[])").expect("sound").selector;
            assert_eq!(lexicon.readings(selector)[0].function.inputs[0].name, "a");
        }
    }

    #[test]
    fn refuses_what_is_no_abi() {
        let mut lexicon = Lexicon::default();
        assert!(matches!(lexicon.add_json("["), Err(AbiError::Json { .. })));
        assert_eq!(lexicon.add_json("{}"), Err(AbiError::Shape));
        assert_eq!(lexicon.add_json("[]"), Err(AbiError::Empty));
        let wrong = r#"[{"name":"f","inputs":[{"type":"uint257"}]}]"#;
        assert!(matches!(lexicon.add_json(wrong), Err(AbiError::Entry { entry: 0, .. })));
        for wrong in [r#"[{"name":"","inputs":[]}]"#, r#"[{"name":"f()\nyes","inputs":[]}]"#] {
            assert!(matches!(lexicon.add_json(wrong), Err(AbiError::Entry { .. })), "{wrong}");
        }
        let parameter = r#"[{"name":"f","inputs":[{"name":"to\u202e","type":"address"}]}]"#;
        assert!(matches!(lexicon.add_json(parameter), Err(AbiError::Entry { .. })));
    }

    #[test]
    fn keeps_every_function_of_a_selector() {
        let mut lexicon = Lexicon::default();
        // Found by search; both have the selector 0x42966c68.
        for text in ["burn(uint256)", "collate_propagate_storage(bytes16)"] {
            lexicon.add(Function::parse(text).expect("sound"));
        }
        let readings = lexicon.readings([0x42, 0x96, 0x6c, 0x68].into());
        let names: Vec<&str> = readings.iter().map(|reading| reading.function.name.as_str()).collect();
        assert_eq!(names, ["burn", "collate_propagate_storage"]);
    }
}
