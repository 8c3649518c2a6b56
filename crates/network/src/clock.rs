//! The one clock of a network.
//!
//! Time is a number of seconds since the Unix epoch, and the number of Ethereum's block follows from it: a slot every so many
//! seconds, counted from an anchor whose block and time are both known. Nobody reads the system's clock here; whoever runs
//! the network moves it, and it only moves forward.

/// Where Ethereum's blocks stand at some time, and where the network is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Clock {
    anchor_l1_block: u64,
    anchor_seconds: u64,
    slot_seconds: u64,
    now_seconds: u64,
}

/// A clock that cannot be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ClockError {
    /// A slot of no length.
    #[error("an L1 block takes at least one second")]
    NoSlot,
    /// A time before the first L1 block.
    #[error("{seconds} s is before L1 block 0, which the anchor puts at {first} s")]
    BeforeFirstBlock {
        /// The time asked for.
        seconds: u64,
        /// The time of block zero.
        first: u64,
    },
    /// A time in the past.
    #[error("the clock stands at {now} s and does not go back to {asked} s")]
    Backwards {
        /// Where it stands.
        now: u64,
        /// Where it should go.
        asked: u64,
    },
}

impl Clock {
    /// A clock at `now_seconds`, with L1 block `anchor_l1_block` at `anchor_seconds`.
    ///
    /// # Errors
    /// [`ClockError::NoSlot`], [`ClockError::BeforeFirstBlock`].
    pub fn new(
        anchor_l1_block: u64,
        anchor_seconds: u64,
        slot_seconds: u64,
        now_seconds: u64,
    ) -> Result<Self, ClockError> {
        if slot_seconds == 0 {
            return Err(ClockError::NoSlot);
        }
        let first = anchor_seconds.saturating_sub(anchor_l1_block.saturating_mul(slot_seconds));
        if now_seconds < first {
            return Err(ClockError::BeforeFirstBlock { seconds: now_seconds, first });
        }
        // The anchor becomes the slot that contains `now`, so that everything later counts up from it.
        let mut clock = Self { anchor_l1_block, anchor_seconds, slot_seconds, now_seconds };
        let behind = anchor_seconds.saturating_sub(now_seconds).div_ceil(slot_seconds);
        clock.anchor_l1_block -= behind;
        clock.anchor_seconds -= behind * slot_seconds;
        clock.anchor_l1_block = clock.l1_block();
        clock.anchor_seconds += (now_seconds - clock.anchor_seconds) / slot_seconds * slot_seconds;
        Ok(clock)
    }

    /// Block and time of the anchor, the length of a slot, and the time now: what makes the same clock again.
    pub(crate) const fn parts(&self) -> [u64; 4] {
        [self.anchor_l1_block, self.anchor_seconds, self.slot_seconds, self.now_seconds]
    }

    /// Seconds since the Unix epoch.
    #[must_use]
    pub const fn now_seconds(&self) -> u64 {
        self.now_seconds
    }

    /// Seconds from one L1 block to the next.
    #[must_use]
    pub const fn slot_seconds(&self) -> u64 {
        self.slot_seconds
    }

    /// The L1 block now.
    #[must_use]
    pub const fn l1_block(&self) -> u64 {
        self.l1_block_at(self.now_seconds)
    }

    /// The L1 block at a time; the first one known for times before it.
    #[must_use]
    pub const fn l1_block_at(&self, seconds: u64) -> u64 {
        self.anchor_l1_block + seconds.saturating_sub(self.anchor_seconds) / self.slot_seconds
    }

    /// When an L1 block comes.
    #[must_use]
    pub const fn seconds_of(&self, l1_block: u64) -> u64 {
        let ahead = l1_block.saturating_sub(self.anchor_l1_block).saturating_mul(self.slot_seconds);
        self.anchor_seconds.saturating_add(ahead)
    }

    /// The time at which the slot of the present L1 block began.
    #[must_use]
    pub const fn slot_start_seconds(&self) -> u64 {
        self.seconds_of(self.l1_block())
    }

    /// Moves to a time.
    ///
    /// # Errors
    /// [`ClockError::Backwards`].
    pub const fn advance_to(&mut self, seconds: u64) -> Result<(), ClockError> {
        if seconds < self.now_seconds {
            return Err(ClockError::Backwards { now: self.now_seconds, asked: seconds });
        }
        self.now_seconds = seconds;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(now: u64, l1_block: u64) {
        let clock = Clock::new(100, 5_000, 12, now).unwrap();
        assert_eq!(clock.l1_block(), l1_block, "at {now}");
        assert_eq!(clock.now_seconds(), now);
        assert!(clock.slot_start_seconds() <= now && now < clock.slot_start_seconds() + 12);
    }

    #[test]
    fn counts_slots_before_and_after_the_anchor() {
        for (now, block) in
            [(5_000, 100), (5_011, 100), (5_012, 101), (4_999, 99), (4_988, 99), (4_987, 98), (3_800, 0)]
        {
            check(now, block);
        }
    }

    #[test]
    fn refuses_what_cannot_be() {
        assert_eq!(Clock::new(1, 1, 0, 1), Err(ClockError::NoSlot));
        let error = ClockError::BeforeFirstBlock { seconds: 3_799, first: 3_800 };
        assert_eq!(Clock::new(100, 5_000, 12, 3_799), Err(error));
    }

    #[test]
    fn moves_months_at_once_and_never_back() {
        let mut clock = Clock::new(100, 5_000, 12, 5_000).unwrap();
        clock.advance_to(5_000 + 12 * 1_000_000).unwrap();
        assert_eq!(clock.l1_block(), 1_000_100);
        assert_eq!(clock.seconds_of(1_000_101), 5_000 + 12 * 1_000_001);
        let error = ClockError::Backwards { now: 12_005_000, asked: 12_004_999 };
        assert_eq!(clock.advance_to(12_004_999), Err(error));
    }
}
