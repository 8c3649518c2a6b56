//! Numbers as people and wallets write them: plain, or as text in decimal or with `0x`. Written out, they are decimal text.

use std::fmt;

use alloy_primitives::U256;
use serde::{
    Deserializer, Serializer,
    de::{Error, Visitor},
};

/// Writes a number. For `#[serde(with = "crate::number")]`.
///
/// # Errors
/// What the format says.
pub(crate) fn serialize<S: Serializer>(number: &U256, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&number.to_string())
}

/// Reads a number.
///
/// # Errors
/// No number, a negative one, one of more than 256 bits.
pub(crate) fn deserialize<'a, D: Deserializer<'a>>(deserializer: D) -> Result<U256, D::Error> {
    deserializer.deserialize_any(Number)
}

struct Number;

impl Visitor<'_> for Number {
    type Value = U256;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a number, such as 7, \"7\" or \"0x7\"")
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<U256, E> {
        Ok(U256::from(number))
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<U256, E> {
        u64::try_from(number).map(U256::from).map_err(|_| E::custom("a number is expected that is not negative"))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<U256, E> {
        let short: String = text.chars().take(100).collect();
        text.parse().map_err(|_| E::custom(format!("a number is expected, such as 7, \"7\" or \"0x7\", not {short:?}")))
    }
}
