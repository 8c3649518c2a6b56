//! One EVM chain that hosts Rust programs beside EVM bytecode, with blocks, receipts and a durable store.
//!
//! The layers, each usable on its own:
//!
//! - [`Programs`]: the native programs a chain can run, named in account code.
//! - [`Executor`]: runs single messages over a state in memory, with no regard to signatures, nonces or fees.
//!
//! Nothing here reads a clock, draws a random number or knows what the programs are for.

mod executor;
mod handler;
mod host;
mod program;
mod state;
mod vm;

pub use executor::{AccountChange, BlockEnv, Changes, Code, ExecuteError, Executor, Message, Outcome, Status};
pub use program::{CODE_PREFIX, DuplicateProgram, Entry, Program, Programs, program_code, program_id};
pub use revm::{context::result::HaltReason, primitives::hardfork::SpecId};
pub use state::MemoryState;
