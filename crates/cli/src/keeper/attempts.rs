//! Tickets whose attempts failed, and when each is tried again.
//!
//! To redeem a ticket is to schedule an attempt. The transaction that does so succeeds where the attempt fails too, and the ticket
//! stays. Whoever took that for a step taken would redeem for as long as he has ether. So each failure doubles the wait before the next
//! attempt, from a minute to a day, on the clock of the ticket's chain.

use alloy_primitives::B256;
use std::collections::BTreeMap;

/// The wait after the first failure, in seconds.
const SHORTEST_SECONDS: u64 = 60;
/// The longest wait, in seconds.
const LONGEST_SECONDS: u64 = 86_400;

/// What is known of tickets whose attempts failed.
#[derive(Debug, Default)]
pub(crate) struct Attempts {
    failed: BTreeMap<B256, Failed>,
}

#[derive(Clone, Copy, Debug)]
struct Failed {
    wait_seconds: u64,
    again_seconds: u64,
}

impl Attempts {
    /// When a ticket is tried again, if an attempt has failed: Unix seconds on its chain.
    pub(crate) fn again(&self, ticket: B256) -> Option<u64> {
        self.failed.get(&ticket).map(|failed| failed.again_seconds)
    }

    /// An attempt failed at a time. Returns when the next one is.
    pub(crate) fn fail(&mut self, ticket: B256, now_seconds: u64) -> u64 {
        let wait_seconds = self
            .failed
            .get(&ticket)
            .map_or(SHORTEST_SECONDS, |failed| failed.wait_seconds.saturating_mul(2).min(LONGEST_SECONDS));
        let again_seconds = now_seconds.saturating_add(wait_seconds);
        self.failed.insert(ticket, Failed { wait_seconds, again_seconds });
        again_seconds
    }

    /// A ticket is redeemed.
    pub(crate) fn succeed(&mut self, ticket: B256) {
        self.failed.remove(&ticket);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_twice_as_long_after_each_failure_up_to_a_day() {
        let (mut attempts, ticket) = (Attempts::default(), B256::repeat_byte(1));
        assert_eq!(attempts.again(ticket), None);
        let mut now = 1_000;
        for wait in [60, 120, 240, 480, 960, 1_920, 3_840, 7_680, 15_360, 30_720, 61_440, 86_400, 86_400] {
            assert_eq!(attempts.fail(ticket, now), now + wait);
            assert_eq!(attempts.again(ticket), Some(now + wait));
            now += wait;
        }
        assert_eq!(attempts.again(B256::repeat_byte(2)), None);
        attempts.succeed(ticket);
        assert_eq!((attempts.again(ticket), attempts.fail(ticket, now)), (None, now + 60));
    }
}
