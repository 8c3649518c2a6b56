//! The real binary, from arguments to exit code.

mod charter;
mod council;
mod election;
mod explain;
mod harness;
mod keeper;
mod live;
mod network;
mod rehearse;
mod tools;
mod up;
mod usage;
