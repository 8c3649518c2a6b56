//! When elections may be created and how long nominees are vetted.
//!
//! The first election has a date; each following one may be created six calendar months later, or as many as the rules say. Vetting starts when the
//! endorsements end and lasts a fixed number of L1 blocks. Source: seed 004; the calendar is `ephor_rules::calendar`.

use alloc::{vec, vec::Vec};

use alloy_primitives::U256;
use ephor_abi::election::INomineeElection::{InvalidStartDate, StartDateTooEarly};
use ephor_parts::{Checked, Gap, Outcome, Revert, ensure, governor::Governor, static_struct};
use ephor_rules::calendar::{CivilHour, election_start_seconds};
use stylus_sdk::{prelude::*, storage::StorageU256};

use crate::NomineeElection;

static_struct! {
    /// An hour of the UTC calendar, as it comes in: not yet known to exist.
    #[derive(Clone, Copy, Debug)]
    pub(crate) struct Date {
        /// From 1970.
        year: U256,
        /// From 1 to 12.
        month: U256,
        /// From 1.
        day: U256,
        /// From 0 to 23.
        hour: U256,
    }
}

/// Where the timing is kept: fifty slots.
#[storage]
pub(crate) struct Timing {
    year: StorageU256,
    month: StorageU256,
    day: StorageU256,
    hour: StorageU256,
    pub(crate) vetting_blocks: StorageU256,
    _gap: Gap<45>,
}

impl Timing {
    /// Sets the first election's date and the duration of vetting, once.
    ///
    /// # Errors
    /// `InvalidStartDate` if there is no such hour, `StartDateTooEarly` if it is not after `now_seconds`.
    pub(crate) fn init(&mut self, first: Date, vetting_blocks: U256, now_seconds: u64) -> Outcome {
        let Date { year, month, day, hour } = first;
        let start =
            CivilHour::from_words(year, month, day, hour).map_err(|_| InvalidStartDate { year, month, day, hour })?;
        let (start, now) = (U256::from(start.timestamp_seconds()), U256::from(now_seconds));
        ensure(start > now, || StartDateTooEarly { startTime: start, currentTime: now })?;
        self.year.set(year);
        self.month.set(month);
        self.day.set(day);
        self.hour.set(hour);
        self.vetting_blocks.set(vetting_blocks);
        Ok(())
    }

    /// The date of the first election: year, month, day, hour.
    pub(crate) fn first(&self) -> (U256, U256, U256, U256) {
        (self.year.get(), self.month.get(), self.day.get(), self.hour.get())
    }

    /// From when on, in Unix seconds, election `index` may be created, with `interval_months` from one to the next.
    ///
    /// # Errors
    /// `Panic(0x11)` before the contract is initialised, and for an index too far away to be dated.
    pub(crate) fn start_seconds(&self, index: U256, interval_months: u32) -> Outcome<U256> {
        let (year, month, day, hour) = self.first();
        let first = CivilHour::from_words(year, month, day, hour).map_err(|_| Revert::overflow())?;
        election_start_seconds(first, interval_months, index).map_err(|_| Revert::overflow())
    }
}

impl NomineeElection {
    /// From when on, in Unix seconds, election `index` may be created.
    pub(crate) fn election_to_timestamp(&self, index: U256) -> Outcome<U256> {
        self.timing.start_seconds(index, self.amendments.interval_months())
    }

    /// The date of the first election.
    pub(crate) fn first_nomination_start_date(&self) -> Outcome<(U256, U256, U256, U256)> {
        Ok(self.timing.first())
    }

    /// How long nominees are vetted, in L1 blocks.
    pub(crate) fn nominee_vetting_duration(&self) -> Outcome<U256> {
        Ok(self.timing.vetting_blocks.get())
    }

    /// The last block in which a nominee can be excluded.
    pub(crate) fn proposal_vetting_deadline(&self, proposal_id: U256) -> Outcome<U256> {
        self.proposal_deadline(proposal_id)?.plus(self.timing.vetting_blocks.get())
    }
}
