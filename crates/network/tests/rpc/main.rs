//! Every method of the RPC, through an endpoint, in the shapes that alloy's types read.

#![expect(clippy::needless_pass_by_value, reason = "parameters are written where they are sent")]

mod control;
mod errors;
mod filters;
mod named;
mod pool;
mod reads;
mod signing;
mod traces;
mod world;
