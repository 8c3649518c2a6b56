//! Numbers in the units people think in, without losing a digit.

use alloy_primitives::{B256, U256};
use ephor_abi::roles;

/// What a number counts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unit {
    /// Wei, shown in ETH.
    Wei,
    /// Wei for a unit of gas, shown in gwei.
    GasPrice,
    /// Units of a token.
    Token {
        /// Its symbol.
        symbol: String,
        /// Its decimals.
        decimals: u8,
    },
    /// Seconds.
    Seconds,
    /// A point in time, in seconds since 1970.
    Time,
    /// Blocks of the L1.
    L1Blocks,
    /// Nothing in particular.
    Plain,
}

/// A number with its digits in groups: "12,184".
#[must_use]
pub fn grouped(digits: &str) -> String {
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A number of units of which `10^decimals` make one whole, exactly.
#[must_use]
pub fn decimal(number: U256, decimals: u8) -> String {
    let digits = number.to_string();
    let decimals = usize::from(decimals);
    let digits = format!("{}{digits}", "0".repeat((decimals + 1).saturating_sub(digits.len())));
    let (whole, fraction) = digits.split_at(digits.len() - decimals);
    let fraction = fraction.trim_end_matches('0');
    if fraction.is_empty() { grouped(whole) } else { format!("{}.{fraction}", grouped(whole)) }
}

/// A period, exactly: "6 days 8 hours 43 minutes 36 seconds".
#[must_use]
pub fn period(number: U256) -> String {
    const UNITS: [(u64, &str); 4] = [(86_400, "day"), (3_600, "hour"), (60, "minute"), (1, "second")];
    // Beyond a million years nobody thinks in days.
    let Some(mut rest) = u64::try_from(number).ok().filter(|seconds| *seconds < 31_557_600_000_000) else {
        return format!("{} seconds", grouped(&number.to_string()));
    };
    let mut parts = Vec::new();
    for (length, name) in UNITS {
        let count = rest / length;
        rest %= length;
        if count > 0 {
            parts.push(format!("{} {name}{}", grouped(&count.to_string()), if count == 1 { "" } else { "s" }));
        }
    }
    if parts.is_empty() { "no time".to_owned() } else { parts.join(" ") }
}

/// A day and time in UTC, by the proleptic Gregorian calendar: "2026-01-08 12:00:00 UTC".
fn time(number: U256) -> Option<String> {
    // Beyond the year 9999 a number is no date.
    let seconds = u64::try_from(number).ok().filter(|seconds| *seconds < 253_402_300_800)?;
    let (days, rest) = (seconds / 86_400, seconds % 86_400);
    // Counted from 0000-03-01, so that a leap day is the last of its year; eras have 400 years.
    let shifted = days + 719_468;
    let (era, day_of_era) = (shifted / 146_097, shifted % 146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    let year = era * 400 + year_of_era + u64::from(month <= 2);
    Some(format!("{year}-{month:02}-{day:02} {:02}:{:02}:{:02} UTC", rest / 3_600, rest / 60 % 60, rest % 60))
}

impl Unit {
    /// The number in this unit.
    #[must_use]
    pub fn show(&self, number: U256) -> String {
        let unlimited = number == U256::MAX;
        match self {
            Self::Token { symbol, .. } if unlimited => format!("unlimited {symbol}"),
            Self::Plain if unlimited => "2^256 - 1".to_owned(),
            Self::Wei => format!("{} ETH", decimal(number, 18)),
            Self::GasPrice => format!("{} gwei", decimal(number, 9)),
            Self::Token { symbol, decimals } => format!("{} {symbol}", decimal(number, *decimals)),
            Self::Seconds => period(number),
            Self::Time => time(number).unwrap_or_else(|| format!("second {}", grouped(&number.to_string()))),
            Self::L1Blocks => format!("{} L1 blocks", grouped(&number.to_string())),
            Self::Plain => grouped(&number.to_string()),
        }
    }
}

/// The name of a role; `None` if no contract of a council has it.
#[must_use]
pub fn role(hash: B256) -> Option<&'static str> {
    let names = [
        (roles::DEFAULT_ADMIN, "DEFAULT_ADMIN"),
        (roles::COHORT_REPLACER, "COHORT_REPLACER"),
        (roles::MEMBER_ADDER, "MEMBER_ADDER"),
        (roles::MEMBER_REMOVER, "MEMBER_REMOVER"),
        (roles::MEMBER_ROTATOR, "MEMBER_ROTATOR"),
        (roles::MEMBER_REPLACER, "MEMBER_REPLACER"),
        (roles::TIMELOCK_ADMIN, "TIMELOCK_ADMIN"),
        (roles::PROPOSER, "PROPOSER"),
        (roles::EXECUTOR, "EXECUTOR"),
        (roles::CANCELLER, "CANCELLER"),
        (roles::ADMIN, "ADMIN"),
    ];
    names.into_iter().find(|(role, _)| *role == hash).map(|(_, name)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(unit: &Unit, number: &str, text: &str) {
        assert_eq!(unit.show(number.parse().expect("a number")), text);
    }

    #[test]
    fn keeps_every_digit() {
        check(&Unit::Wei, "30000000000000000000", "30 ETH");
        check(&Unit::Wei, "1", "0.000000000000000001 ETH");
        check(&Unit::Wei, "0", "0 ETH");
        check(&Unit::GasPrice, "1500000000", "1.5 gwei");
        check(&Unit::Token { symbol: "USDC".to_owned(), decimals: 6 }, "1234567890", "1,234.56789 USDC");
        check(&Unit::Token { symbol: "N".to_owned(), decimals: 0 }, "7", "7 N");
        check(&Unit::Plain, "1234567", "1,234,567");
    }

    #[test]
    fn tells_times_and_periods_exactly() {
        check(&Unit::Seconds, "259200", "3 days");
        check(&Unit::Seconds, "549816", "6 days 8 hours 43 minutes 36 seconds");
        check(&Unit::Seconds, "0", "no time");
        check(&Unit::Time, "0", "1970-01-01 00:00:00 UTC");
        check(&Unit::Time, "951782400", "2000-02-29 00:00:00 UTC");
        check(&Unit::Time, "1767622679", "2026-01-05 14:17:59 UTC");
        check(&Unit::Time, "253402300799", "9999-12-31 23:59:59 UTC");
        check(&Unit::Time, "253402300800", "second 253,402,300,800");
    }
}
