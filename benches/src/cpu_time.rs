//! How long a thread has really run.
//!
//! A machine that does other things as well makes wall-clock time a measure of those. Linux counts for every thread the
//! nanoseconds it was on a processor; that is what is measured here. Elsewhere it is the wall clock.

use std::{
    fs,
    time::{Duration, Instant},
};

use criterion::measurement::{Measurement, ValueFormatter, WallTime};

/// The time that the measuring thread is on a processor.
#[derive(Clone, Copy, Debug, Default)]
pub struct CpuTime;

/// How durations are written.
static FORMAT: WallTime = WallTime;

/// When something began.
#[derive(Clone, Copy, Debug)]
pub enum Start {
    /// By the time that the thread had run.
    Thread(Duration),
    /// By the wall clock.
    Wall(Instant),
}

/// The first number of the thread's scheduling statistics, where there are any: nanoseconds on a processor.
fn thread_time() -> Option<Duration> {
    let statistics = fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    statistics.split_whitespace().next()?.parse().ok().map(Duration::from_nanos)
}

impl Measurement for CpuTime {
    type Intermediate = Start;
    type Value = Duration;

    #[expect(clippy::disallowed_methods, reason = "measuring time is what this is for")]
    fn start(&self) -> Start {
        thread_time().map_or_else(|| Start::Wall(Instant::now()), Start::Thread)
    }

    fn end(&self, start: Start) -> Duration {
        match start {
            Start::Thread(start) => thread_time().unwrap_or_default().saturating_sub(start),
            Start::Wall(start) => start.elapsed(),
        }
    }

    fn add(&self, one: &Duration, other: &Duration) -> Duration {
        *one + *other
    }

    fn zero(&self) -> Duration {
        Duration::ZERO
    }

    fn to_f64(&self, value: &Duration) -> f64 {
        FORMAT.to_f64(value)
    }

    fn formatter(&self) -> &dyn ValueFormatter {
        FORMAT.formatter()
    }
}
