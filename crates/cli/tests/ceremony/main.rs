//! `ephor ceremony` as people run it: offline, on a served network, in a drill, and what is refused on the way.

#[path = "../commands/console.rs"]
mod console;
mod drill;
mod fork;
mod guide;
#[allow(dead_code, reason = "what tests of other commands need besides")]
#[path = "../commands/harness.rs"]
mod harness;
mod hostile;
mod nested;
#[allow(dead_code, reason = "what tests of other commands need besides")]
#[path = "../commands/network.rs"]
mod network;
mod offline;
mod place;
mod served;
mod sources;
