//! The real binary, from arguments to exit code.

mod charter;
mod election;
mod explain;
mod harness;
mod keeper;
mod network;
mod rehearse;
mod up;
mod usage;
