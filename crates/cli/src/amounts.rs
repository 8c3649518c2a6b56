//! Amounts of tokens and spans of time, as people write them.
//!
//! | written | means |
//! |---|---|
//! | `1000`, `1_000.5`, `1,000.5`, `1000 ARB` | tokens |
//! | `2k`, `1.5M` | thousand, million tokens |
//! | `25 units` | smallest units |
//! | `50%`, `all` | a part of what the account can vote |
//!
//! An amount is exact: one that would need rounding to a smallest unit is refused.

use crate::words;
use alloy_primitives::U256;

/// Decimals of a token: a charter's tokens all have these.
const DECIMALS: usize = 18;

/// An amount.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Amount {
    /// Smallest units.
    Units(U256),
    /// Hundredths of a percent of what can be voted.
    Part(u32),
}

/// What is no amount, no span and no time.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum AmountError {
    /// No amount.
    #[error("\"{found}\" is no amount of {symbol}\n  remedy: write 1000, 1_000.5, 2k, 1.5M, 25 units, 50% or all")]
    Amount {
        /// As it was given.
        found: String,
        /// The token.
        symbol: String,
    },
    /// Another token.
    #[error("\"{found}\" is in {unit}, but votes are in {symbol}")]
    Unit {
        /// As it was given.
        found: String,
        /// The unit given.
        unit: String,
        /// The token.
        symbol: String,
    },
    /// No span of time.
    #[error("\"{found}\" is no span of time\n  remedy: write 90s, 15m, 3h, 2d, 1w, or several of them: 2d 3h")]
    Span {
        /// As it was given.
        found: String,
    },
    /// No point in time.
    #[error("\"{found}\" is no time\n  remedy: write 2026-01-15T12:00Z, or Unix seconds")]
    Time {
        /// As it was given.
        found: String,
    },
    /// Not who=amount.
    #[error("\"{found}\" does not say for whom and how much\n  remedy: write --for ACCOUNT=AMOUNT")]
    Choice {
        /// As it was given.
        found: String,
    },
}

impl Amount {
    /// Reads an amount of a token.
    ///
    /// # Errors
    /// [`AmountError::Amount`], [`AmountError::Unit`].
    pub(crate) fn read(text: &str, symbol: &str) -> Result<Self, AmountError> {
        let wrong = || AmountError::Amount { found: text.to_owned(), symbol: symbol.to_owned() };
        let trimmed = text.trim();
        if trimmed.eq_ignore_ascii_case("all") {
            return Ok(Self::Part(10_000));
        }
        let is_number = |c: char| c.is_ascii_digit() || matches!(c, '_' | ',' | '.');
        let end = trimmed.find(|c| !is_number(c)).unwrap_or(trimmed.len());
        let (number, unit) = (&trimmed[..end], trimmed[end..].trim());
        let plain: String = number.chars().filter(|c| !matches!(c, '_' | ',')).collect();
        let scaled = |decimals| scaled(&plain, decimals).ok_or_else(wrong);
        match unit {
            "" => Ok(Self::Units(scaled(DECIMALS)?)),
            "k" => Ok(Self::Units(scaled(DECIMALS + 3)?)),
            "M" => Ok(Self::Units(scaled(DECIMALS + 6)?)),
            "%" => match u32::try_from(scaled(2)?) {
                Ok(part @ 1..=10_000) => Ok(Self::Part(part)),
                _ => Err(wrong()),
            },
            "unit" | "units" => Ok(Self::Units(scaled(0)?)),
            unit if unit.eq_ignore_ascii_case(symbol) => Ok(Self::Units(scaled(DECIMALS)?)),
            unit if unit.chars().all(char::is_alphabetic) => {
                Err(AmountError::Unit { found: text.to_owned(), unit: unit.to_owned(), symbol: symbol.to_owned() })
            }
            _ => Err(wrong()),
        }
    }

    /// How many smallest units these are, where so many can be voted. A part is rounded down.
    pub(crate) fn of(self, available: U256) -> U256 {
        match self {
            Self::Units(units) => units,
            Self::Part(10_000) => available,
            Self::Part(part) => available / U256::from(10_000) * U256::from(part),
        }
    }
}

/// A decimal number as a multiple of 10^-decimals; none if it is none, has more decimals, or does not fit.
fn scaled(number: &str, decimals: usize) -> Option<U256> {
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || number.ends_with('.') || !digits(whole) || !digits(fraction) || fraction.len() > decimals {
        return None;
    }
    let text = format!("{whole}{fraction}{}", "0".repeat(decimals - fraction.len()));
    U256::from_str_radix(&text, 10).ok()
}

/// An amount of tokens in words, exact: "1,234.5".
pub(crate) fn exact(units: U256) -> String {
    let (whole, rest) = units.div_rem(U256::from(10).pow(U256::from(DECIMALS)));
    let whole = words::grouped(&whole.to_string());
    let fraction = format!("{:0>DECIMALS$}", rest.to_string());
    match fraction.trim_end_matches('0') {
        "" => whole,
        fraction => format!("{whole}.{fraction}"),
    }
}

/// Reads a span of time in seconds: "2d 3h".
///
/// # Errors
/// [`AmountError::Span`].
pub(crate) fn span(text: &str) -> Result<u64, AmountError> {
    let wrong = || AmountError::Span { found: text.to_owned() };
    let mut rest: String = text.chars().filter(|c| !c.is_whitespace() && *c != '_').collect();
    let mut seconds: u64 = 0;
    if rest.is_empty() {
        return Err(wrong());
    }
    while !rest.is_empty() {
        let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
        let count: u64 = rest[..end].parse().map_err(|_| wrong())?;
        let unit: String = rest[end..].chars().take_while(|c| c.is_alphabetic()).collect();
        let length = match unit.as_str() {
            // A number without a unit stands alone.
            "" if text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'_') => 1,
            "s" => 1,
            "m" | "min" => 60,
            "h" => 3_600,
            "d" => 86_400,
            "w" => 7 * 86_400,
            _ => return Err(wrong()),
        };
        seconds = count.checked_mul(length).and_then(|span| seconds.checked_add(span)).ok_or_else(wrong)?;
        rest = rest[end + unit.len()..].to_owned();
    }
    Ok(seconds)
}

/// Reads a point in time, in Unix seconds.
///
/// # Errors
/// [`AmountError::Time`].
pub(crate) fn time(text: &str) -> Result<u64, AmountError> {
    let wrong = || AmountError::Time { found: text.to_owned() };
    if text.bytes().all(|byte| byte.is_ascii_digit()) {
        return text.parse().map_err(|_| wrong());
    }
    let at: jiff::Timestamp = text.parse().map_err(|_| wrong())?;
    u64::try_from(at.as_second()).map_err(|_| wrong())
}

/// Reads `ACCOUNT=AMOUNT`: the account's name and the amount.
///
/// # Errors
/// [`AmountError`].
pub(crate) fn choice<'a>(text: &'a str, symbol: &str) -> Result<(&'a str, Amount), AmountError> {
    let (who, amount) = text.rsplit_once('=').ok_or_else(|| AmountError::Choice { found: text.to_owned() })?;
    Ok((who.trim(), Amount::read(amount, symbol)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn amount(text: &str, units: &str) {
        assert_eq!(Amount::read(text, "ARB"), Ok(Amount::Units(units.parse().unwrap())), "{text}");
    }

    #[test]
    fn reads_amounts_exactly() {
        amount("1000", "1000000000000000000000");
        amount("1_000.5", "1000500000000000000000");
        amount("1,000.5 arb", "1000500000000000000000");
        amount("0.000000000000000001", "1");
        amount("2k", "2000000000000000000000");
        amount("1.5M", "1500000000000000000000000");
        amount("25 units", "25");
        assert_eq!(Amount::read("12.5%", "ARB"), Ok(Amount::Part(1_250)));
        assert_eq!(Amount::read("all", "ARB").unwrap().of(U256::from(7)), U256::from(7));
        assert_eq!(Amount::Part(5_000).of(U256::from(30_000)), U256::from(15_000));
    }

    #[test]
    fn refuses_what_is_no_amount() {
        let too_long = "1".repeat(90);
        for text in ["", ".", "1.", "-1", "1e18", "0x10", "0.0000000000000000001", "1.5 units", "101%", "0%", &too_long]
        {
            let error = Amount::read(text, "ARB");
            assert!(matches!(error, Err(AmountError::Amount { .. } | AmountError::Unit { .. })), "{text}: {error:?}");
        }
        assert!(matches!(Amount::read("5 ETH", "ARB"), Err(AmountError::Unit { .. })));
    }

    #[test]
    fn shows_amounts_exactly() {
        for (units, text) in [(0_u64, "0"), (1, "0.000000000000000001"), (1_500_000_000_000_000_000, "1.5")] {
            assert_eq!(exact(U256::from(units)), text);
        }
    }

    #[test]
    fn reads_spans_and_times() {
        for (text, seconds) in [("90", 90), ("90s", 90), ("15m", 900), ("2d 3h", 183_600), ("1w", 604_800)] {
            assert_eq!(span(text), Ok(seconds), "{text}");
        }
        for text in ["", "d", "3x", "1 2", "99999999999999999999", "18446744073709551615w", "-1d"] {
            assert!(span(text).is_err(), "{text}");
        }
        assert_eq!(time("1970-01-02T00:00Z"), Ok(86_400));
        assert_eq!(time("86400"), Ok(86_400));
        for text in ["yesterday", "2026-02-31T00:00Z", "1969-12-31T00:00Z", "2026-01-15T12:00"] {
            assert!(time(text).is_err(), "{text}");
        }
    }

    #[test]
    fn reads_choices() {
        assert_eq!(choice("a=b=1", "ARB").unwrap().0, "a=b");
        assert!(choice("alice", "ARB").is_err());
    }
}
