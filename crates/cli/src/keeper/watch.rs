//! A keeper that goes on until it is told to stop.
//!
//! - Between two looks it waits; after an error longer each time, up to a bound, and it never gives up.
//! - SIGINT and SIGTERM end it once the transaction under way is in a block; a second one ends it at once.
//! - It prints what it does as it happens: a line of text each, or with `--json` one JSON object a line.

use super::{Keeper, Left, Taken, Waiting};
use crate::{
    exit::{Exit, Failure},
    terminal,
    words::utc,
};
use serde::Serialize;
use std::{
    cell::{Cell, RefCell},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};
use tokio::sync::Notify;

/// The longest wait after errors.
const LONGEST: Duration = Duration::from_secs(300);
/// How a process ends that is interrupted twice.
const INTERRUPTED: i32 = 130;

/// What a keeper tells.
#[derive(Debug, Serialize)]
#[serde(tag = "event", rename_all = "kebab-case")]
pub(crate) enum Notice<'a> {
    /// A step is taken.
    Taken(&'a Taken),
    /// A step is taken, and what it scheduled failed.
    Failed(&'a Left),
    /// Nothing is due; what comes next.
    Waiting {
        /// The next step, if one is known.
        next: Option<&'a Waiting>,
    },
    /// Something cannot be reached.
    Trouble {
        /// What.
        message: String,
        /// When the next look is, in seconds.
        retry_seconds: u64,
    },
    /// It ends.
    Stopped {
        /// Steps taken.
        taken: usize,
    },
}

/// Whether to stop.
#[derive(Clone, Default)]
pub(crate) struct Stop {
    asked: Arc<AtomicBool>,
    wake: Arc<Notify>,
}

impl Stop {
    /// Listens to SIGINT and SIGTERM.
    ///
    /// # Errors
    /// [`Failure::Runtime`] where the system does not let it.
    pub(crate) fn on_signals() -> Result<Self, Failure> {
        let stop = Self::default();
        let told = stop.clone();
        #[cfg(unix)]
        {
            use tokio::signal::unix::{SignalKind, signal};
            let mut interrupt = signal(SignalKind::interrupt()).map_err(Failure::Runtime)?;
            let mut terminate = signal(SignalKind::terminate()).map_err(Failure::Runtime)?;
            tokio::spawn(async move {
                loop {
                    tokio::select! {
                        _ = interrupt.recv() => {}
                        _ = terminate.recv() => {}
                    }
                    told.ask();
                }
            });
        }
        #[cfg(not(unix))]
        tokio::spawn(async move {
            while tokio::signal::ctrl_c().await.is_ok() {
                told.ask();
            }
        });
        Ok(stop)
    }

    /// Asks to stop; the second time at once.
    fn ask(&self) {
        if self.asked.swap(true, Ordering::Relaxed) {
            std::process::exit(INTERRUPTED);
        }
        self.wake.notify_one();
    }

    fn is_asked(&self) -> bool {
        self.asked.load(Ordering::Relaxed)
    }

    /// Waits, but not longer than until asked to stop.
    async fn wait(&self, span: Duration) {
        if !self.is_asked() {
            let _ = tokio::time::timeout(span, self.wake.notified()).await;
        }
    }
}

/// Keeps, until asked to stop.
///
/// # Errors
/// Where the output cannot be written.
pub(crate) async fn watch(keeper: &Keeper<'_>, poll: Duration, stop: &Stop, json: bool) -> Result<Exit, Failure> {
    let taken = Cell::new(0_usize);
    let failed = RefCell::new(None);
    let mut waits = poll;
    let mut told_next: Option<Waiting> = None;
    while !stop.is_asked() {
        let told = |step: &Taken| {
            taken.set(taken.get() + 1);
            if let Err(failure) = tell(&Notice::Taken(step), json) {
                failed.replace(Some(failure));
            }
        };
        let halt = || stop.is_asked() || failed.borrow().is_some();
        let round = keeper.round(halt, told).await;
        if let Some(failure) = failed.take() {
            return Err(failure);
        }
        match round {
            Ok(round) => {
                waits = poll;
                for left in round.left.iter().filter(|left| left.again_seconds.is_some()) {
                    tell(&Notice::Failed(left), json)?;
                }
                let next = round.waiting.first();
                if next != told_next.as_ref() {
                    tell(&Notice::Waiting { next }, json)?;
                    told_next = next.cloned();
                }
            }
            Err(error) => {
                waits = (waits * 2).min(LONGEST.max(poll));
                tell(&Notice::Trouble { message: error.to_string(), retry_seconds: waits.as_secs() }, json)?;
            }
        }
        stop.wait(waits).await;
    }
    tell(&Notice::Stopped { taken: taken.get() }, json)?;
    Ok(Exit::Fine)
}

/// Prints a notice: steps to stdout, in text the rest to stderr.
fn tell(notice: &Notice<'_>, json: bool) -> Result<(), Failure> {
    if json {
        let line = serde_json::to_string(notice).map_err(|error| Failure::Output(error.into()))?;
        return terminal::print(&format!("{line}\n"));
    }
    match notice {
        Notice::Taken(step) => terminal::print(&format!("{}\n", line(step))),
        Notice::Failed(left) => {
            terminal::tell(&format!("failed: {} on {}: {}\n", left.what, left.chain, left.why));
            Ok(())
        }
        Notice::Waiting { next: Some(next) } => {
            terminal::tell(&format!("next: {} on {}, from {} on\n", next.what, next.chain, utc(next.earliest_seconds)));
            Ok(())
        }
        Notice::Waiting { next: None } => {
            terminal::tell("nothing is under way\n");
            Ok(())
        }
        Notice::Trouble { message, retry_seconds } => {
            terminal::tell(&format!("trouble: {message}; next look in {retry_seconds} s\n"));
            Ok(())
        }
        Notice::Stopped { taken } => {
            terminal::tell(&format!("stopped; {taken} steps taken\n"));
            Ok(())
        }
    }
}

/// A step taken, as a line.
pub(crate) fn line(step: &Taken) -> String {
    format!("{}: {} ({}, block {})", step.chain, step.what, step.hash, step.block)
}
