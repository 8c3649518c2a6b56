//! The log of a running network: one line an event on standard error, as text or as JSON.

use std::{fmt, io};

use clap::ValueEnum;
use tracing_subscriber::{Layer, filter::Targets, layer::SubscriberExt, util::SubscriberInitExt};

/// How a line of the log looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum LogFormat {
    /// For people.
    Text,
    /// One JSON object a line, for machines.
    Json,
}

/// What is logged: a level, or levels by part such as `warn,ephor_node=debug`.
#[derive(Clone, Debug)]
pub(crate) struct LogLevel(Targets);

impl std::str::FromStr for LogLevel {
    type Err = LogLevelError;

    fn from_str(text: &str) -> Result<Self, LogLevelError> {
        text.parse().map(Self).map_err(|_| LogLevelError(text.to_owned()))
    }
}

/// Not a level.
#[derive(Debug, thiserror::Error)]
pub(crate) struct LogLevelError(String);

impl fmt::Display for LogLevelError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "\"{}\" is no level: say off, error, warn, info, debug or trace, or levels by part such as warn,ephor_node=debug",
            self.0
        )
    }
}

/// Begins to log. Where something in this process logs already, it goes on to.
pub(super) fn begin(format: LogFormat, level: Option<&LogLevel>) -> Result<(), LogLevelError> {
    let targets = match (level, std::env::var("RUST_LOG")) {
        (Some(level), _) => level.0.clone(),
        (None, Ok(text)) if !text.is_empty() => text.parse::<LogLevel>()?.0,
        (None, _) => Targets::new().with_default(tracing::Level::INFO),
    };
    let lines = tracing_subscriber::fmt::layer().with_writer(io::stderr).with_ansi(false);
    let lines = match format {
        LogFormat::Text => lines.boxed(),
        LogFormat::Json => lines.json().boxed(),
    };
    let _ = tracing_subscriber::registry().with(lines.with_filter(targets)).try_init();
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_levels() {
        for (text, fine) in [("info", true), ("warn,ephor_node=debug", true), ("off", true), ("loud=very", false)] {
            assert_eq!(text.parse::<LogLevel>().is_ok(), fine, "{text}");
        }
    }
}
