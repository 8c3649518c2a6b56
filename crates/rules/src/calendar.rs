//! When elections start.
//!
//! Election *n* may be created from `first date + n × interval` on, counted in calendar months in UTC, not in seconds:
//!
//! ```text
//! 2023-09-15T12  ──6 months──▶  2024-03-15T12  ──6 months──▶  2024-09-15T12  ──▶ …
//!   cohort 0                      cohort 1                      cohort 0
//! ```
//!
//! Months are added to the month and carried into the year; day and hour stay. A day the month does not have runs over
//! into the next one (31 April is 1 May, 30 February is 1 or 2 March): it is *not* clamped to the month's last day, since
//! the elections that run on chain count so. Source: seed 004 ("every 6 months") and the recorded behaviour of
//! `electionToTimestamp`.
//!
//! Deliberate deviation from the crate's rule: beyond the year 2^32 the seconds wrap modulo 2^256, as they do on chain.
//! Only the month count is checked ([`CalendarError::MonthsOverflow`]).

use alloy_primitives::{U256, uint};
use core::fmt;

use crate::division::{divide, quotient};

/// The first year a date may have.
pub const FIRST_YEAR: u32 = 1970;

/// The longest time between two elections that the contracts accept: ten years.
pub const MOST_INTERVAL_MONTHS: u32 = 120;

/// An hour of the UTC calendar. Always a date that exists: see [`CivilHour::new`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CivilHour {
    year: u32,
    month: u8,
    day: u8,
    hour: u8,
}

/// Why something is not a date, or not an election's start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CalendarError {
    /// The year is before 1970 or after 2^32 − 1.
    Year(U256),
    /// The month is not 1 to 12.
    Month(U256),
    /// The month has no such day.
    Day {
        /// The year of the date.
        year: u32,
        /// The month of the date, 1 to 12.
        month: u8,
        /// The day that the month does not have.
        day: U256,
        /// The days the month has.
        days_in_month: u8,
    },
    /// The hour is not 0 to 23.
    Hour(U256),
    /// The months from the first election to this one exceed 2^256.
    MonthsOverflow(U256),
}

impl CivilHour {
    /// A date by its parts.
    ///
    /// # Errors
    /// The first of year, month, day, hour that is outside the calendar.
    pub fn new(year: u32, month: u8, day: u8, hour: u8) -> Result<Self, CalendarError> {
        if year < FIRST_YEAR {
            return Err(CalendarError::Year(U256::from(year)));
        }
        if !(1..=12).contains(&month) {
            return Err(CalendarError::Month(U256::from(month)));
        }
        let days_in_month = days_in_month(year, month);
        if !(1..=days_in_month).contains(&day) {
            return Err(CalendarError::Day { year, month, day: U256::from(day), days_in_month });
        }
        if hour > 23 {
            return Err(CalendarError::Hour(U256::from(hour)));
        }
        Ok(Self { year, month, day, hour })
    }

    /// A date from the four words a contract receives or stores.
    ///
    /// # Errors
    /// As [`CivilHour::new`]; a word that fits no calendar is named as it is.
    pub fn from_words(year: U256, month: U256, day: U256, hour: U256) -> Result<Self, CalendarError> {
        let year_number = u32::try_from(year).map_err(|_| CalendarError::Year(year))?;
        if year_number < FIRST_YEAR {
            return Err(CalendarError::Year(year));
        }
        let Ok(month_number @ 1..=12) = u8::try_from(month) else { return Err(CalendarError::Month(month)) };
        let day_number = u8::try_from(day).map_err(|_| CalendarError::Day {
            year: year_number,
            month: month_number,
            day,
            days_in_month: days_in_month(year_number, month_number),
        })?;
        let hour_number = u8::try_from(hour).map_err(|_| CalendarError::Hour(hour))?;
        Self::new(year_number, month_number, day_number, hour_number)
    }

    /// The year, from 1970.
    pub const fn year(self) -> u32 {
        self.year
    }

    /// The month, 1 to 12.
    pub const fn month(self) -> u8 {
        self.month
    }

    /// The day of the month, from 1.
    pub const fn day(self) -> u8 {
        self.day
    }

    /// The hour, 0 to 23.
    pub const fn hour(self) -> u8 {
        self.hour
    }

    /// Seconds since 1970-01-01T00:00Z.
    pub fn timestamp_seconds(self) -> u64 {
        // A year below 2^32 has fewer than 2^41 days, so this cannot exceed 64 bits.
        let seconds = seconds(U256::from(self.year), self.month, self.day, self.hour);
        seconds.saturating_to()
    }
}

impl fmt::Display for CivilHour {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}-{:02}T{:02}:00Z", self.year, self.month, self.day, self.hour)
    }
}

/// The recurrence of a council's elections.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Calendar {
    /// When the first election (index 0) may be created.
    pub first: CivilHour,
    /// Calendar months between one election and the next.
    pub interval_months: u32,
    /// Cohorts that take turns; one is up at each election.
    pub cohorts: u32,
}

impl Calendar {
    /// The earliest time, in Unix seconds, at which election `index` may be created.
    ///
    /// # Errors
    /// [`CalendarError::MonthsOverflow`] when the months until then do not fit 256 bits.
    pub fn start_seconds(&self, index: U256) -> Result<U256, CalendarError> {
        election_start_seconds(self.first, self.interval_months, index)
    }

    /// The cohort that is up at election `index`: they take turns, cohort 0 first.
    /// With no cohorts at all the answer is cohort 0.
    pub fn cohort(&self, index: U256) -> u32 {
        cohort_up(self.cohorts, index)
    }

    /// The first election that may still be created at `now_seconds`, given how many have been held: simply the next one,
    /// and whether its time has come.
    ///
    /// # Errors
    /// As [`Calendar::start_seconds`].
    pub fn is_due(&self, elections_held: U256, now_seconds: U256) -> Result<bool, CalendarError> {
        Ok(self.start_seconds(elections_held)? <= now_seconds)
    }
}

/// The earliest time, in Unix seconds, at which election `index` may be created.
///
/// # Errors
/// [`CalendarError::MonthsOverflow`] when `index × interval_months` months do not fit 256 bits.
pub fn election_start_seconds(first: CivilHour, interval_months: u32, index: U256) -> Result<U256, CalendarError> {
    let twelve = U256::from(12u8);
    let months = U256::from(interval_months)
        .checked_mul(index)
        .and_then(|months| months.checked_add(U256::from(first.month - 1)))
        .ok_or(CalendarError::MonthsOverflow(index))?;
    let (years, month) = divide(months, twelve);
    let year = years.wrapping_add(U256::from(first.year));
    // Below twelve, so the lowest byte is all of it.
    let month = month.byte(0) + 1;
    Ok(seconds(year, month, first.day, first.hour))
}

/// The cohort that is up at election `index` when `cohorts` of them take turns.
pub fn cohort_up(cohorts: u32, index: U256) -> u32 {
    match cohorts {
        0 => 0,
        n => divide(index, U256::from(n)).1.saturating_to(),
    }
}

/// The days of a month; `month` is 1 to 12 (any other counts 31).
pub const fn days_in_month(year: u32, month: u8) -> u8 {
    match month {
        4 | 6 | 9 | 11 => 30,
        2 if is_leap(year) => 29,
        2 => 28,
        _ => 31,
    }
}

/// Whether a year of the Gregorian calendar has a 29 February.
pub const fn is_leap(year: u32) -> bool {
    year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400))
}

/// Days from 0000-03-01 to 1970-01-01 in the proleptic Gregorian calendar.
const EPOCH_DAY: U256 = uint!(719468_U256);

/// Seconds from 1970 to the given hour. Years are counted from March, so that the leap day is a year's last.
fn seconds(year: U256, month: u8, day: u8, hour: u8) -> U256 {
    let year = if month < 3 { year.wrapping_sub(U256::ONE) } else { year };
    let months_from_march = u32::from((month + 9) % 12);
    // 153 days make five months from March on: 31, 30, 31, 30, 31.
    let days_before_month = (153 * months_from_march + 2) / 5;
    let days = year
        .wrapping_mul(U256::from(365u16))
        .wrapping_add(quotient(year, U256::from(4u8)))
        .wrapping_sub(quotient(year, U256::from(100u8)))
        .wrapping_add(quotient(year, U256::from(400u16)))
        .wrapping_add(U256::from(days_before_month + u32::from(day)))
        .wrapping_sub(EPOCH_DAY + U256::ONE);
    days.wrapping_mul(U256::from(86_400u32)).wrapping_add(U256::from(u32::from(hour) * 3_600))
}

impl fmt::Display for CalendarError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Year(year) => write!(f, "the year {year} is outside 1970 to {}", u32::MAX),
            Self::Month(month) => write!(f, "there is no month {month}"),
            Self::Day { year, month, day, days_in_month } => {
                write!(f, "{year}-{month:02} has {days_in_month} days, so there is no day {day}")
            }
            Self::Hour(hour) => write!(f, "there is no hour {hour}"),
            Self::MonthsOverflow(index) => write!(f, "election {index} is too far away to be dated"),
        }
    }
}

impl core::error::Error for CalendarError {}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn date(year: u32, month: u8, day: u8, hour: u8) -> CivilHour {
        CivilHour::new(year, month, day, hour).unwrap()
    }

    /// Election starts recorded from the live calendar, or computed with `date -u -d`.
    #[track_caller]
    fn check(first: CivilHour, interval_months: u32, index: u64, expected_seconds: u64) {
        let start = election_start_seconds(first, interval_months, U256::from(index));
        assert_eq!(start, Ok(U256::from(expected_seconds)));
    }

    #[test]
    fn dates_the_elections_of_arbitrum() {
        let first = date(2023, 9, 15, 12);
        check(first, 6, 0, 1_694_779_200);
        check(first, 6, 1, 1_710_504_000);
        check(first, 6, 2, 1_726_401_600);
        check(first, 6, 3, 1_742_040_000);
        check(first, 6, 4, 1_757_937_600);
        check(first, 12, 2, 1_757_937_600);
    }

    #[test]
    fn runs_over_into_the_next_month_instead_of_clamping() {
        // 31 August + 6 months is 31 February: 3 March in a common year, 2 March in a leap year.
        check(date(2025, 8, 31, 23), 6, 1, date(2026, 3, 3, 23).timestamp_seconds());
        check(date(2027, 8, 31, 23), 6, 1, date(2028, 3, 2, 23).timestamp_seconds());
        check(date(2026, 1, 31, 0), 3, 1, date(2026, 5, 1, 0).timestamp_seconds());
        check(date(2096, 2, 29, 0), 12, 1, date(2097, 3, 1, 0).timestamp_seconds());
    }

    #[test]
    fn dates_far_elections_as_the_chain_does() {
        // Recorded on chain for a calendar that starts in 2400.
        let index = U256::from_str_radix("a7eaec0cfc806eab0bd900", 16).unwrap();
        let start = election_start_seconds(date(2400, 2, 29, 12), 6, index).unwrap();
        assert_eq!(start, U256::from_str_radix("9debee24e5287aba83187f836e40", 16).unwrap());
        let index = U256::MAX;
        assert_eq!(election_start_seconds(date(2400, 2, 29, 12), 6, index), Err(CalendarError::MonthsOverflow(index)));
    }

    #[test]
    fn refuses_dates_that_do_not_exist() {
        #[track_caller]
        fn check(words: [u64; 4], expected: CalendarError) {
            let [year, month, day, hour] = words.map(U256::from);
            assert_eq!(CivilHour::from_words(year, month, day, hour), Err(expected));
        }
        let day = |year, month, day: u64, days_in_month| CalendarError::Day {
            year,
            month,
            day: U256::from(day),
            days_in_month,
        };
        check([1969, 12, 31, 23], CalendarError::Year(U256::from(1969)));
        check([1 << 32, 1, 1, 1], CalendarError::Year(U256::from(1u64 << 32)));
        check([u64::MAX, 1, 1, 1], CalendarError::Year(U256::from(u64::MAX)));
        check([2099, 0, 5, 0], CalendarError::Month(U256::ZERO));
        check([2099, 13, 5, 0], CalendarError::Month(U256::from(13)));
        check([2099, 257, 5, 0], CalendarError::Month(U256::from(257)));
        check([2099, 5, 0, 0], day(2099, 5, 0, 31));
        check([2099, 11, 31, 0], day(2099, 11, 31, 30));
        check([2100, 2, 29, 0], day(2100, 2, 29, 28));
        check([2096, 2, 30, 0], day(2096, 2, 30, 29));
        check([2096, 2, 256 + 1, 0], day(2096, 2, 257, 29));
        check([2099, 5, 5, 24], CalendarError::Hour(U256::from(24)));
        check([0, 0, 0, 0], CalendarError::Year(U256::ZERO));
        assert!(CivilHour::new(u32::MAX, 12, 31, 23).is_ok());
    }

    #[test]
    fn cohorts_take_turns() {
        for (cohorts, index, expected) in [(2, 0, 0), (2, 1, 1), (2, 4, 0), (3, 5, 2), (1, 7, 0), (0, 7, 0)] {
            assert_eq!(cohort_up(cohorts, U256::from(index)), expected);
        }
        assert_eq!(cohort_up(2, U256::MAX), 1);
    }

    /// Days since 1970, by walking there day by day.
    fn walk(year: u32, month: u8, day: u8) -> u64 {
        let mut days = 0;
        for y in FIRST_YEAR..year {
            days += if is_leap(y) { 366 } else { 365 };
        }
        for m in 1..month {
            days += u64::from(days_in_month(year, m));
        }
        days + u64::from(day) - 1
    }

    proptest! {
        #[test]
        fn counts_seconds_like_a_calendar_on_the_wall(
            year in FIRST_YEAR..3_000, month in 1u8..=12, day in 1u8..=31, hour in 0u8..24
        ) {
            let day = day.min(days_in_month(year, month));
            let expected = walk(year, month, day) * 86_400 + u64::from(hour) * 3_600;
            prop_assert_eq!(date(year, month, day, hour).timestamp_seconds(), expected);
        }

        #[test]
        fn elections_keep_day_and_hour_where_the_month_has_the_day(
            year in FIRST_YEAR..3_000, month in 1u8..=12, day in 1u8..=28, hour in 0u8..24,
            interval in 0u32..40, index in 0u32..200
        ) {
            let months = u32::from(month) - 1 + interval * index;
            let expected = date(year + months / 12, u8::try_from(months % 12).unwrap() + 1, day, hour);
            let start = election_start_seconds(date(year, month, day, hour), interval, U256::from(index));
            prop_assert_eq!(start, Ok(U256::from(expected.timestamp_seconds())));
        }

        #[test]
        fn never_panics(year in 0u32.., month: u8, day: u8, hour: u8, interval: u32, index: [u64; 4]) {
            if let Ok(first) = CivilHour::new(year, month, day, hour) {
                let _ = election_start_seconds(first, interval, U256::from_limbs(index));
            }
        }
    }
}
