//! Parameters: by position, with the strictness of the execution API and errors that name what is wrong.

use alloy_primitives::{Address, B256, Bytes, U256, hex};
use ephor_chain::SignedTx;
use serde_json::Value;

use super::{RpcError, table::Method};

/// The parameters of one request.
pub(super) struct Args<'a> {
    pub(super) method: &'static Method,
    pub(super) values: &'a [Value],
    /// A raw transaction whose sender was recovered before anything was locked.
    pub(super) recovered: Option<SignedTx>,
}

/// Why a value does not do.
pub(super) type Why = String;

impl<'a> Args<'a> {
    /// The parameters, if there are not too many.
    pub(super) fn new(method: &'static Method, values: &'a [Value]) -> Result<Self, RpcError> {
        let most = method.params.len();
        if values.len() > most {
            return Err(RpcError::params(format!("too many arguments, want at most {most}")));
        }
        Ok(Self { method, values, recovered: None })
    }

    fn name(&self, index: usize) -> &'static str {
        self.method.params.get(index).map_or("?", |param| param.name)
    }

    /// A parameter read by `parse`; absent and null are the same.
    pub(super) fn optional<T>(
        &self,
        index: usize,
        parse: impl FnOnce(&Value) -> Result<T, Why>,
    ) -> Result<Option<T>, RpcError> {
        match self.values.get(index) {
            None | Some(Value::Null) => Ok(None),
            Some(value) => parse(value).map(Some).map_err(|why| self.wrong(index, why)),
        }
    }

    /// A parameter that must be there.
    pub(super) fn get<T>(&self, index: usize, parse: impl FnOnce(&Value) -> Result<T, Why>) -> Result<T, RpcError> {
        self.optional(index, parse)?.ok_or_else(|| {
            RpcError::params(format!("missing value for required argument {index} ({})", self.name(index)))
        })
    }

    /// The error of a parameter that parses, but does not do.
    pub(super) fn wrong(&self, index: usize, why: impl std::fmt::Display) -> RpcError {
        RpcError::param(index, self.name(index), why)
    }
}

/// What a value is, for people.
fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "an array",
        Value::Object(_) => "an object",
    }
}

pub(super) fn text(value: &Value) -> Result<&str, Why> {
    value.as_str().ok_or_else(|| format!("{} is not a string", kind(value)))
}

pub(super) fn boolean(value: &Value) -> Result<bool, Why> {
    value.as_bool().ok_or_else(|| format!("{} is not a boolean", kind(value)))
}

pub(super) fn object(value: &Value) -> Result<&serde_json::Map<String, Value>, Why> {
    value.as_object().ok_or_else(|| format!("{} is not an object", kind(value)))
}

pub(super) fn array(value: &Value) -> Result<&[Value], Why> {
    value.as_array().map(Vec::as_slice).ok_or_else(|| format!("{} is not an array", kind(value)))
}

/// Any value at all.
pub(super) fn any(_: &Value) -> Result<(), Why> {
    Ok(())
}

fn digits(value: &Value) -> Result<&str, Why> {
    text(value)?.strip_prefix("0x").ok_or_else(|| "hex string without 0x prefix".to_owned())
}

/// Bytes: two digits each.
pub(super) fn data(value: &Value) -> Result<Bytes, Why> {
    let digits = digits(value)?;
    if digits.len() % 2 != 0 {
        return Err("hex string of odd length".to_owned());
    }
    hex::decode(digits).map(Bytes::from).map_err(|_| "invalid hex string".to_owned())
}

fn fixed<const N: usize>(value: &Value) -> Result<[u8; N], Why> {
    let digits = digits(value)?;
    if digits.len() != 2 * N {
        return Err(format!("hex string has length {}, want {}", digits.len(), 2 * N));
    }
    let mut out = [0; N];
    hex::decode_to_slice(digits, &mut out).map_err(|_| "invalid hex string".to_owned())?;
    Ok(out)
}

pub(super) fn address(value: &Value) -> Result<Address, Why> {
    fixed(value).map(Address::from)
}

pub(super) fn hash(value: &Value) -> Result<B256, Why> {
    fixed(value).map(B256::from)
}

/// A number without leading zeros.
pub(super) fn wide(value: &Value) -> Result<U256, Why> {
    let digits = digits(value)?;
    match digits.as_bytes() {
        [] => Err("hex string \"0x\"".to_owned()),
        [b'0', _, ..] => Err("hex number with leading zero digits".to_owned()),
        long if long.len() > 64 => Err("hex number > 256 bits".to_owned()),
        all if !all.iter().all(u8::is_ascii_hexdigit) => Err("invalid hex string".to_owned()),
        _ => U256::from_str_radix(digits, 16).map_err(|_| "invalid hex string".to_owned()),
    }
}

/// The same of 64 bits.
pub(super) fn quantity(value: &Value) -> Result<u64, Why> {
    u64::try_from(wide(value)?).map_err(|_| "hex number > 64 bits".to_owned())
}

/// The same of 128 bits.
pub(super) fn price(value: &Value) -> Result<u128, Why> {
    u128::try_from(wide(value)?).map_err(|_| "hex number > 128 bits".to_owned())
}

/// A number in any of the ways in which development tools write one: JSON, decimal or hexadecimal, with leading zeros or without.
pub(super) fn any_wide(value: &Value) -> Result<U256, Why> {
    match value {
        Value::Number(number) => {
            number.as_u64().map(U256::from).ok_or_else(|| format!("{number} is not a number of 64 bits"))
        }
        Value::String(text) => {
            let (digits, radix) = text.strip_prefix("0x").map_or((text.as_str(), 10), |digits| (digits, 16));
            let plain = !digits.is_empty() && digits.len() <= 78 && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
            let parsed = plain.then(|| U256::from_str_radix(digits, radix).ok()).flatten();
            parsed.ok_or_else(|| "not a number".to_owned())
        }
        other => Err(format!("{} is not a number", kind(other))),
    }
}

/// The same of 64 bits.
pub(super) fn any_number(value: &Value) -> Result<u64, Why> {
    u64::try_from(any_wide(value)?).map_err(|_| "number > 64 bits".to_owned())
}

/// A storage slot: with leading zeros or without, as go-ethereum takes it.
pub(super) fn slot(value: &Value) -> Result<U256, Why> {
    let text = text(value)?;
    let digits = text.strip_prefix("0x").unwrap_or(text);
    if digits.is_empty() || digits.len() > 64 || !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Err("storage slot is not 1 to 64 hex digits".to_owned());
    }
    U256::from_str_radix(digits, 16).map_err(|_| "invalid hex string".to_owned())
}

/// The value of a slot: 32 bytes, or a number.
pub(super) fn word(value: &Value) -> Result<U256, Why> {
    match fixed::<32>(value) {
        Ok(bytes) => Ok(U256::from_be_bytes(bytes)),
        Err(_) => any_wide(value),
    }
}

/// A field of an object, read by `parse`; absent and null are the same.
pub(super) fn field<T>(
    fields: &serde_json::Map<String, Value>,
    name: &str,
    parse: impl FnOnce(&Value) -> Result<T, Why>,
) -> Result<Option<T>, Why> {
    match fields.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(value) => parse(value).map(Some).map_err(|why| format!("{name}: {why}")),
    }
}

/// Every element of an array of at most `most`.
pub(super) fn each<T>(value: &Value, most: usize, parse: impl Fn(&Value) -> Result<T, Why>) -> Result<Vec<T>, Why> {
    let values = array(value)?;
    if values.len() > most {
        return Err(format!("{} elements, at most {most} are taken", values.len()));
    }
    values.iter().enumerate().map(|(at, value)| parse(value).map_err(|why| format!("[{at}]: {why}"))).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[track_caller]
    fn check<T: std::fmt::Debug + PartialEq>(
        parse: fn(&Value) -> Result<T, Why>,
        value: &Value,
        expected: Result<T, &str>,
    ) {
        assert_eq!(parse(value), expected.map_err(ToOwned::to_owned), "{value}");
    }

    #[test]
    fn quantities_are_strict() {
        check(quantity, &json!("0x0"), Ok(0));
        check(quantity, &json!("0xffffffffffffffff"), Ok(u64::MAX));
        check(quantity, &json!("0x10000000000000000"), Err("hex number > 64 bits"));
        check(quantity, &json!("0x"), Err("hex string \"0x\""));
        check(quantity, &json!("0x01"), Err("hex number with leading zero digits"));
        check(quantity, &json!("10"), Err("hex string without 0x prefix"));
        check(quantity, &json!("0xg"), Err("invalid hex string"));
        check(quantity, &json!("0x+1"), Err("invalid hex string"));
        check(quantity, &json!("0x1_0"), Err("invalid hex string"));
        check(quantity, &json!(1), Err("a number is not a string"));
        check(wide, &json!(format!("0x1{}", "0".repeat(64))), Err("hex number > 256 bits"));
    }

    #[test]
    fn bytes_are_pairs_of_digits_behind_a_prefix() {
        check(data, &json!("0x"), Ok(Bytes::new()));
        check(data, &json!("0x0aF0"), Ok(Bytes::from_static(&[0x0a, 0xf0])));
        check(data, &json!("0x0"), Err("hex string of odd length"));
        check(data, &json!("0xzz"), Err("invalid hex string"));
        check(data, &json!("00"), Err("hex string without 0x prefix"));
        check(data, &json!("0xé"), Err("invalid hex string"));
        check(address, &json!("0x00"), Err("hex string has length 2, want 40"));
        check(hash, &json!({}), Err("an object is not a string"));
    }

    #[test]
    fn development_methods_take_numbers_as_people_write_them() {
        for value in [json!(10), json!("10"), json!("0xa"), json!("0x000a")] {
            check(any_number, &value, Ok(10));
        }
        check(any_number, &json!(-1), Err("-1 is not a number of 64 bits"));
        check(any_number, &json!(1.5), Err("1.5 is not a number of 64 bits"));
        check(any_number, &json!("ten"), Err("not a number"));
        check(any_number, &json!(""), Err("not a number"));
        check(any_number, &json!([]), Err("an array is not a number"));
        check(slot, &json!("0x00"), Ok(U256::ZERO));
        check(slot, &json!("1"), Ok(U256::from(1)));
        check(slot, &json!("0x"), Err("storage slot is not 1 to 64 hex digits"));
    }
}
