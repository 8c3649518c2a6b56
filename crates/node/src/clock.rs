//! How the time of a served network passes.
//!
//! The network's clock is moved from outside. By default real seconds pass: every half second the clock is moved by as much as went
//! by. What moves it otherwise (a transaction on a chain with slots takes the next slot, `evm_increaseTime`) comes on
//! top, so a network may run ahead of the wall clock and never stands still to wait for it.

use std::{fmt, str::FromStr, time::Duration};

use ephor_network::{NetworkError, Shared};
use tokio::{
    sync::watch,
    time::{Instant, MissedTickBehavior, interval},
};

use crate::node::stopped;

/// How often the clock is moved.
const STEP: Duration = Duration::from_millis(500);

/// How fast the network's time passes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Pace {
    /// Only when it is told to.
    Manual,
    /// So many of its seconds a second of ours.
    Times(f64),
}

impl Pace {
    /// As fast as ours.
    pub const REAL: Self = Self::Times(1.0);
    /// The fastest: a day in a second.
    pub const MAX: f64 = 86_400.0;
}

/// Not a pace.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("\"{0}\" is no pace of a clock: say manual, real, or a factor such as 60x, above 0 and up to 86400")]
pub struct PaceError(String);

impl FromStr for Pace {
    type Err = PaceError;

    fn from_str(text: &str) -> Result<Self, PaceError> {
        match text {
            "manual" => Ok(Self::Manual),
            "real" => Ok(Self::REAL),
            _ => text
                .strip_suffix('x')
                .and_then(|factor| factor.parse().ok())
                .filter(|factor| *factor > 0.0 && *factor <= Self::MAX)
                .map(Self::Times)
                .ok_or_else(|| PaceError(text.to_owned())),
        }
    }
}

impl fmt::Display for Pace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Manual => f.write_str("stands still until it is moved"),
            Self::Times(1.0) => f.write_str("runs in real time"),
            Self::Times(factor) => write!(f, "runs {factor} times as fast as real time"),
        }
    }
}

/// Now, for measuring how long something takes. The server is the outer edge: nothing that it answers depends on this.
pub(crate) fn now() -> Instant {
    Instant::now()
}

/// Moves the clock until the node stops, and lets the network forget filters that nobody asks for.
pub(crate) async fn run(shared: Shared, pace: Pace, mut stop: watch::Receiver<bool>) {
    let mut ticks = interval(STEP);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let began = now();
    let (mut before, mut owed) = (began, 0.0_f64);
    loop {
        tokio::select! {
            _ = ticks.tick() => {}
            () = stopped(&mut stop) => return,
        }
        let passed = now() - before;
        before += passed;
        let mut seconds = 0;
        if let Pace::Times(factor) = pace {
            owed += passed.as_secs_f64() * factor;
            (seconds, owed) = whole(owed);
        }
        let shared = shared.clone();
        let moving = tokio::task::spawn_blocking(move || {
            shared.tick(before - began);
            if seconds == 0 {
                return Ok(());
            }
            let mut network = shared.lock();
            let to = network.clock().now_seconds().saturating_add(seconds);
            let moved = network.advance_to(to);
            let pending = network.commit();
            drop(network);
            pending.wait().map_err(NetworkError::from)?;
            moved
        });
        match moving.await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::error!(%error, "the clock cannot be moved"),
            Err(_) => tracing::error!("moving the clock broke off"),
        }
    }
}

/// The whole seconds of an amount, and what is left.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "an amount of seconds is small and positive"
)]
fn whole(owed: f64) -> (u64, f64) {
    (owed.trunc() as u64, owed.fract())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: Option<Pace>) {
        assert_eq!(text.parse::<Pace>().ok(), expected, "{text}");
    }

    #[test]
    fn reads_paces() {
        check("manual", Some(Pace::Manual));
        check("real", Some(Pace::Times(1.0)));
        check("60x", Some(Pace::Times(60.0)));
        check("0.5x", Some(Pace::Times(0.5)));
        for text in ["", "x", "0x", "-1x", "60", "NaNx", "infx", "86401x", "fast"] {
            check(text, None);
        }
    }

    #[test]
    fn keeps_fractions_of_a_second() {
        assert_eq!(whole(2.75), (2, 0.75));
    }
}
