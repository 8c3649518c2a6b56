//! How values are written: numbers, words, addresses, amounts, dates.

use alloy_primitives::{Address, U256};
use ephor_rules::calendar::CivilHour;
use toml::de::DeValue;

use crate::problem::Problem;

/// A value that can stand in a charter.
pub trait Setting: Sized {
    /// Reads the value.
    ///
    /// # Errors
    /// What is wrong with it.
    fn read(value: &DeValue<'_>) -> Result<Self, Problem>;
}

/// The problem of a value that is of another type.
pub fn wrong(expected: &'static str, value: &DeValue<'_>) -> Problem {
    Problem::WrongType { expected, found: value.type_str() }
}

/// One of several words.
///
/// # Errors
/// [`Problem::WrongType`], [`Problem::NotAChoice`].
pub fn choice<T: Copy>(value: &DeValue<'_>, all: &[T], name: fn(T) -> &'static str) -> Result<T, Problem> {
    let text = value.as_str().ok_or_else(|| wrong("a word, in quotes", value))?;
    all.iter()
        .copied()
        .find(|choice| name(*choice) == text)
        .ok_or_else(|| Problem::NotAChoice { found: text.to_owned(), choices: all.iter().copied().map(name).collect() })
}

/// A text, in quotes.
impl Setting for String {
    fn read(value: &DeValue<'_>) -> Result<Self, Problem> {
        value.as_str().map(str::to_owned).ok_or_else(|| wrong("a text", value))
    }
}

/// `true` or `false`.
impl Setting for bool {
    fn read(value: &DeValue<'_>) -> Result<Self, Problem> {
        value.as_bool().ok_or_else(|| wrong("true or false", value))
    }
}

fn number(value: &DeValue<'_>, most: u64) -> Result<u64, Problem> {
    let integer = value.as_integer().ok_or_else(|| wrong("a whole number", value))?;
    u64::from_str_radix(integer.as_str(), integer.radix())
        .ok()
        .filter(|number| *number <= most)
        .ok_or_else(|| Problem::OutOfRange { found: integer.to_string(), least: 0, most })
}

/// A whole number; underscores may group its digits. TOML's numbers end at 2^63 − 1.
impl Setting for u64 {
    fn read(value: &DeValue<'_>) -> Result<Self, Problem> {
        number(value, i64::MAX.unsigned_abs())
    }
}

/// A whole number below 2^32.
impl Setting for u32 {
    fn read(value: &DeValue<'_>) -> Result<Self, Problem> {
        let number = number(value, Self::MAX.into())?;
        Ok(Self::try_from(number).unwrap_or(Self::MAX))
    }
}

/// A whole number of things that can be listed.
impl Setting for usize {
    fn read(value: &DeValue<'_>) -> Result<Self, Problem> {
        let number = number(value, u16::MAX.into())?;
        Ok(Self::try_from(number).unwrap_or(Self::MAX))
    }
}

/// An address as text: 0x and 40 digits. With letters of both cases it must have the checksum of EIP-55.
impl Setting for Address {
    fn read(value: &DeValue<'_>) -> Result<Self, Problem> {
        let text = value.as_str().ok_or_else(|| wrong("an address, in quotes", value))?;
        address(text)
    }
}

/// An address as text.
///
/// # Errors
/// [`Problem::NotAnAddress`], [`Problem::WrongChecksum`].
pub fn address(text: &str) -> Result<Address, Problem> {
    let not_an_address = || Problem::NotAnAddress { found: text.to_owned() };
    let digits = text.strip_prefix("0x").ok_or_else(not_an_address)?;
    if digits.len() != 40 || !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Err(not_an_address());
    }
    let address: Address = text.parse().map_err(|_| not_an_address())?;
    let mixed = digits.bytes().any(|b| b.is_ascii_lowercase()) && digits.bytes().any(|b| b.is_ascii_uppercase());
    let expected = address.to_checksum(None);
    if mixed && expected != text {
        return Err(Problem::WrongChecksum { found: text.to_owned(), expected });
    }
    Ok(address)
}

/// An amount of a token with 18 decimals, in its smallest units.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tokens(
    /// The amount.
    pub U256,
);

/// The smallest units of one token.
pub const UNITS_PER_TOKEN: u64 = 1_000_000_000_000_000_000;

/// Whole tokens as a number, or as text with up to 18 decimals; underscores may group the digits.
impl Setting for Tokens {
    fn read(value: &DeValue<'_>) -> Result<Self, Problem> {
        if value.is_integer() {
            return Ok(Self(U256::from(u64::read(value)?) * U256::from(UNITS_PER_TOKEN)));
        }
        let text = value.as_str().ok_or_else(|| wrong("a number of tokens", value))?;
        tokens(text).map(Self).ok_or_else(|| Problem::NotTokens { found: text.to_owned() })
    }
}

fn tokens(text: &str) -> Option<U256> {
    let (whole, decimals) = text.split_once('.').unwrap_or((text, "0"));
    let whole = whole.replace('_', "");
    let all_digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    if !all_digits(&whole) || !all_digits(decimals) || decimals.len() > 18 {
        return None;
    }
    let whole = U256::from_str_radix(&whole, 10).ok()?;
    let decimals = U256::from_str_radix(&format!("{decimals:0<18}"), 10).ok()?;
    whole.checked_mul(U256::from(UNITS_PER_TOKEN))?.checked_add(decimals)
}

/// An hour of the UTC calendar: `2023-09-15T12:00Z`, as text or as a date of TOML; minutes and seconds, where given, are zero.
impl Setting for CivilHour {
    fn read(value: &DeValue<'_>) -> Result<Self, Problem> {
        let text = match value {
            DeValue::Datetime(date) => date.to_string(),
            _ => value.as_str().ok_or_else(|| wrong("a date such as \"2023-09-15T12:00Z\"", value))?.to_owned(),
        };
        let parts = date_parts(&text).ok_or_else(|| Problem::NotADate { found: text.clone() })?;
        Self::new(parts.0, parts.1, parts.2, parts.3).map_err(Problem::ImpossibleDate)
    }
}

fn date_parts(text: &str) -> Option<(u32, u8, u8, u8)> {
    let (date, time) = text.strip_suffix('Z')?.split_once('T')?;
    let mut date = date.splitn(3, '-');
    let year = digits(date.next()?, 4)?;
    let month = digits(date.next()?, 2)?;
    let day = digits(date.next()?, 2)?;
    let mut time = time.split(':');
    let hour = digits(time.next()?, 2)?;
    let full_hour = time.clone().count() <= 2 && time.all(|part| part == "00");
    full_hour.then_some((year, u8::try_from(month).ok()?, u8::try_from(day).ok()?, u8::try_from(hour).ok()?))
}

fn digits(text: &str, length: usize) -> Option<u32> {
    (text.len() == length && text.bytes().all(|byte| byte.is_ascii_digit())).then(|| text.parse().ok())?
}
