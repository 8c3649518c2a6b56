//! `ephor ceremony`: building, verifying, signing, collecting, simulating and executing a council's transactions.
//!
//! ```text
//! new ─▶ bundle ─▶ verify, forecast ─▶ sign ─▶ collect ─▶ status ─▶ simulate ─▶ execute
//! ```
//! Nothing here needs a network, except for `--rpc-url` where it is given. Nothing is sent without `--broadcast`. A finding ends
//! with exit code 1, so that scripts stop.

mod arguments;
mod chain;
mod check;
mod drill;
mod effects;
mod failure;
mod files;
mod make;
mod run;
mod signing;
mod simulate;
mod transport;
mod wallet;
mod witness;

pub(crate) use arguments::CeremonyCommand;
pub(crate) use failure::CeremonyFailure;

use crate::exit::{Exit, Failure};

/// Runs a command.
///
/// # Errors
/// [`Failure`].
pub(crate) fn run(command: &CeremonyCommand) -> Result<Exit, Failure> {
    match command {
        CeremonyCommand::New(arguments) => make::new(arguments),
        CeremonyCommand::Rotate(arguments) => make::rotate(arguments),
        CeremonyCommand::Export(arguments) => make::export(arguments),
        CeremonyCommand::Verify(arguments) => check::verify(arguments),
        CeremonyCommand::Forecast(arguments) => check::forecast(arguments),
        CeremonyCommand::Sign(arguments) => signing::sign(arguments),
        CeremonyCommand::Collect(arguments) => signing::collect(arguments),
        CeremonyCommand::Status(arguments) => signing::status(arguments),
        CeremonyCommand::Simulate(arguments) => simulate::simulate(arguments),
        CeremonyCommand::Execute(arguments) => run::execute(arguments),
        CeremonyCommand::Rehearse(arguments) => drill::rehearse(arguments),
    }
}
