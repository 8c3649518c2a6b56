//! What is seen, as text for people. Each view is one function from the client's view to a text.

mod council;
mod election;
mod pipeline;

pub(crate) use council::{accounts, clock, council, removals};
pub(crate) use election::election;
pub(crate) use pipeline::pipeline;

use crate::{
    link::Link,
    terminal::{Style, visible},
    words::{grouped, period, utc},
};
use ephor_client::Deadline;

/// The first line of every view: which council, on what network.
fn head(link: &Link, what: &str, style: Style) -> String {
    format!("{}\n", style.strong(visible(&format!("{}: {what} ({})", link.charter.name, link.network()))))
}

/// A time as seen from another: "2026-01-15 12:00 UTC (in 3 days)".
fn from_now(seconds: u64, now: u64) -> String {
    let distance = match seconds.checked_sub(now) {
        Some(0) => "now".to_owned(),
        Some(ahead) => format!("in {}", period(ahead)),
        None => format!("{} ago", period(now - seconds)),
    };
    format!("{} ({distance})", utc(seconds))
}

/// A deadline as seen from now.
fn deadline(deadline: Deadline, now: u64) -> String {
    format!("L1 block {}, {}", grouped(&deadline.l1_block.to_string()), from_now(deadline.seconds, now))
}

/// The name of an address, or nothing.
fn name(link: &Link, address: alloy_primitives::Address) -> String {
    link.names.name_of(address).map(visible).unwrap_or_default()
}
