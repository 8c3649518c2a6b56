//! The real binary, from arguments to exit code.

mod charter;
mod harness;
mod rehearse;
mod up;
mod usage;
