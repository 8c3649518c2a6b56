//! How times and amounts are written for people.

use alloy_primitives::{Address, U256};
use ephor_charter::reading::UNITS_PER_TOKEN;

/// Seconds since the Unix epoch as a time of UTC: `2025-09-15T12:00:00Z`.
pub(crate) fn utc(seconds: u64) -> String {
    let seconds = i64::try_from(seconds).unwrap_or(i64::MAX);
    jiff::Timestamp::from_second(seconds).map_or_else(|_| format!("{seconds} s"), |time| time.to_string())
}

/// A time of UTC as seconds since the Unix epoch: with minutes, and seconds where they matter.
pub(crate) fn seconds(text: &str) -> Option<u64> {
    let time: jiff::Timestamp = text.parse().ok()?;
    u64::try_from(time.as_second()).ok()
}

/// Units of a token as tokens: `1,234.5`, with at most four decimals.
pub(crate) fn tokens(units: U256) -> String {
    let (whole, rest) = units.div_rem(U256::from(UNITS_PER_TOKEN));
    let decimals = format!("{:018}", rest.to::<u64>());
    let decimals = decimals[..4].trim_end_matches('0');
    let whole = grouped(&whole.to_string());
    if decimals.is_empty() { whole } else { format!("{whole}.{decimals}") }
}

/// Units of a token as tokens, to the last digit.
pub(crate) fn exact(units: U256) -> String {
    let (whole, rest) = units.div_rem(U256::from(UNITS_PER_TOKEN));
    let whole = grouped(&whole.to_string());
    let decimals = format!("{rest:0>18}");
    let decimals = decimals.trim_end_matches('0');
    if decimals.is_empty() { whole } else { format!("{whole}.{decimals}") }
}

/// Digits in groups of three.
pub(crate) fn grouped(digits: &str) -> String {
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A number of things: `1 vote`, `2 votes`.
pub(crate) fn count(number: usize, one: &str, many: &str) -> String {
    format!("{} {}", grouped(&number.to_string()), if number == 1 { one } else { many })
}

/// The beginning and the end of an address.
pub(crate) fn short(address: Address) -> String {
    let text = address.to_string();
    format!("{}…{}", &text[..6], &text[38..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(units: u128, text: &str) {
        assert_eq!(tokens(U256::from(units)), text);
    }

    #[test]
    fn writes_tokens() {
        check(0, "0");
        check(1_000_000_000_000_000_000, "1");
        check(1_234_567_500_000_000_000_000_000, "1,234,567.5");
        check(1, "0");
    }

    #[test]
    fn writes_tokens_to_the_last_digit() {
        assert_eq!(exact(U256::from(1)), "0.000000000000000001");
        assert_eq!(exact(U256::from(1_234_567_500_000_000_000_000_000_u128)), "1,234,567.5");
        assert_eq!(exact(U256::from(24_000_000_000_000_000_000_000_u128)), "24,000");
    }

    #[test]
    fn reads_and_writes_times() {
        assert_eq!(seconds("2025-09-15T12:00Z"), Some(1_757_937_600));
        assert_eq!(utc(1_757_937_600), "2025-09-15T12:00:00Z");
        assert_eq!(seconds("2025-02-31T12:00Z"), None);
        assert_eq!(seconds("soon"), None);
    }
}
