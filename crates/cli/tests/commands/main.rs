//! The real binary, from arguments to exit code.

mod ballots;
mod charter;
mod console;
mod council;
mod election;
mod explain;
mod guide;
mod harness;
mod keeper;
#[cfg(any(feature = "aws", feature = "gcp"))]
mod key_services;
mod live;
mod lookup;
mod network;
mod preview;
mod rehearse;
mod settings;
mod tools;
mod up;
mod usage;
mod wallet;
