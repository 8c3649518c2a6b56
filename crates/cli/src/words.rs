//! Numbers, times and tables in words.

use alloy_primitives::U256;
use ephor_charter::Fraction;
use jiff::Timestamp;

/// Decimals of a token: a charter's tokens all have these.
const DECIMALS: u32 = 18;

/// A number with its digits in groups: "12,184".
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

/// An amount of tokens in whole ones, rounded down: "9,177,998".
pub(crate) fn tokens(units: U256) -> String {
    grouped(&(units / U256::from(10).pow(U256::from(DECIMALS))).to_string())
}

/// A point in time: "2025-09-15 12:00 UTC". Seconds are given where there are any.
pub(crate) fn utc(seconds: u64) -> String {
    let timestamp = i64::try_from(seconds).ok().and_then(|seconds| Timestamp::from_second(seconds).ok());
    let format = if seconds.is_multiple_of(60) { "%Y-%m-%d %H:%M UTC" } else { "%Y-%m-%d %H:%M:%S UTC" };
    timestamp.map_or_else(|| format!("second {seconds}"), |at| at.strftime(format).to_string())
}

/// A period in its two largest units: "14 days", "6 days 8 hours", "45 minutes".
pub(crate) fn period(seconds: u64) -> String {
    const UNITS: [(u64, &str); 4] = [(86_400, "day"), (3_600, "hour"), (60, "minute"), (1, "second")];
    let mut rest = seconds;
    let mut parts = Vec::new();
    for (length, name) in UNITS {
        let count = rest / length;
        rest %= length;
        if count > 0 {
            parts.push(format!("{} {name}{}", grouped(&count.to_string()), if count == 1 { "" } else { "s" }));
        } else if !parts.is_empty() {
            break;
        }
        if parts.len() == 2 {
            break;
        }
    }
    if parts.is_empty() { "no time".to_owned() } else { parts.join(" ") }
}

/// A fraction in percent: "0.2 %". Exact, as charters count in ten-thousandths.
pub(crate) fn percent(fraction: Fraction) -> String {
    let parts = fraction.ten_thousandths();
    let text = format!("{}.{:02}", parts / 100, parts % 100);
    format!("{} %", text.trim_end_matches('0').trim_end_matches('.'))
}

/// Rows with their cells in line, each row after `indent` spaces.
pub(crate) fn table(indent: usize, rows: &[Vec<String>]) -> String {
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let width = |column: usize| rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count()).max();
    let widths: Vec<usize> = (0..columns).map(|column| width(column).unwrap_or(0)).collect();
    let mut text = String::new();
    for row in rows {
        let mut line = " ".repeat(indent);
        for (cell, width) in row.iter().zip(&widths) {
            line.push_str(cell);
            line.push_str(&" ".repeat(width - cell.chars().count() + 2));
        }
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_digits() {
        for (digits, expected) in [("", ""), ("1", "1"), ("123", "123"), ("1234", "1,234"), ("1234567", "1,234,567")] {
            assert_eq!(grouped(digits), expected);
        }
    }

    #[test]
    fn rounds_tokens_down() {
        assert_eq!(tokens(U256::from(1_999_999_999_999_999_999_u64)), "1");
        assert_eq!(tokens(U256::from(12_345_u64) * U256::from(10).pow(U256::from(18))), "12,345");
    }

    #[test]
    fn names_times_of_any_size() {
        for (seconds, expected) in [
            (0, "1970-01-01 00:00 UTC"),
            (1_757_937_600, "2025-09-15 12:00 UTC"),
            (1_757_937_612, "2025-09-15 12:00:12 UTC"),
            (u64::MAX, "second 18446744073709551615"),
        ] {
            assert_eq!(utc(seconds), expected);
        }
    }

    #[test]
    fn names_periods_in_two_units() {
        for (seconds, expected) in [
            (0, "no time"),
            (1, "1 second"),
            (86_400, "1 day"),
            (86_401, "1 day"),
            (549_816, "6 days 8 hours"),
            (2_700, "45 minutes"),
            (3_661, "1 hour 1 minute"),
        ] {
            assert_eq!(period(seconds), expected);
        }
    }

    #[test]
    fn names_fractions_exactly() {
        for (numerator, denominator, expected) in [(20, 10_000, "0.2 %"), (1, 1, "100 %"), (8_333, 10_000, "83.33 %")] {
            assert_eq!(percent(Fraction { numerator, denominator }), expected);
        }
    }

    #[test]
    fn aligns_cells() {
        let rows = [vec!["a".to_owned(), "b".to_owned()], vec!["äöü".to_owned(), String::new(), "c".to_owned()]];
        assert_eq!(table(2, &rows), "  a    b\n  äöü     c\n");
    }
}
