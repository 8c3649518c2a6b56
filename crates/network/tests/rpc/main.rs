//! Every method of the RPC, through an endpoint, in the shapes that alloy's types read.

mod control;
mod errors;
mod filters;
mod pool;
mod reads;
mod signing;
mod traces;
mod world;
