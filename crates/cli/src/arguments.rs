//! The arguments, as clap reads them and as `--help` explains them.

use crate::{
    actors::{
        accounts::AccountsArguments, clock::ClockCommand, council::CouncilCommand, election::ElectionCommand,
        pipeline::PipelineCommand, removal::RemovalCommand,
    },
    ceremony::CeremonyCommand,
    exit::EXIT_CODES,
    explain::ExplainArguments,
    up::UpArguments,
    verify::VerifyArguments,
};
use clap::{Args, Parser, Subcommand};
use clap_complete::Shell;
use std::path::PathBuf;

/// Runs a Security Council end to end.
#[derive(Debug, Parser)]
#[command(
    name = "ephor",
    version,
    after_help = EXIT_CODES,
    long_about = "Runs a Security Council end to end: its elections, its updates through timelocks and bridges, and the \
                  Safes it owns on every chain.\n\n\
                  A charter (charters/*.toml) holds the parameters and powers of one council. `rehearse` stands the whole \
                  council up on chains inside this process and plays a term through; nothing of it touches a live chain. \
                  Start with\n\n    ephor rehearse charters/minimal.toml\n\nand make a charter of your own from that file."
)]
pub(crate) struct Arguments {
    /// What to do.
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Stand a council up on chains inside this process and play a scenario through.
    Rehearse(RehearseArguments),
    /// Stand a council up on chains inside this process and serve them to wallets, libraries and the other commands.
    Up(Box<UpArguments>),
    /// Check or show a charter: the parameters and powers of one council.
    Charter {
        /// What to do with it.
        #[command(subcommand)]
        command: CharterCommand,
    },
    /// See and take part in elections of the council.
    #[command(subcommand)]
    Election(ElectionCommand),
    /// See, propose, vote and execute removals of members.
    #[command(subcommand)]
    Removal(RemovalCommand),
    /// See the council, and change its members as the council may itself.
    #[command(subcommand)]
    Council(CouncilCommand),
    /// See the way of updates to the Safes, and carry them on.
    #[command(subcommand)]
    Pipeline(PipelineCommand),
    /// See the time of a network, and move it on rehearsal networks.
    #[command(subcommand)]
    Clock(ClockCommand),
    /// See who has a name, and what accounts can vote.
    Accounts(AccountsArguments),
    /// Say what a payload does, to the leaves, and what it will be called at each step.
    Explain(Box<ExplainArguments>),
    /// Prove that what is about to be signed or executed is what was voted.
    Verify(Box<VerifyArguments>),
    /// Build, verify, sign, collect, simulate and execute a council's transactions, nested Safes included.
    #[command(subcommand)]
    Ceremony(Box<CeremonyCommand>),
    /// Write the manual: one page for each command.
    Man {
        /// The folder to write to.
        #[arg(value_name = "DIR")]
        folder: PathBuf,
    },
    /// Print a completion script for a shell.
    #[command(
        after_help = "Example, for bash:\n  ephor completions bash > ~/.local/share/bash-completion/completions/ephor"
    )]
    Completions {
        /// The shell.
        shell: Shell,
    },
}

/// What to rehearse, and how to tell it.
#[derive(Debug, Args)]
#[command(
    after_help = EXIT_CODES,
    long_about = "Stands a council up on chains inside this process and plays a scenario through, to the end or to the first \
                  expectation that is not met. The timeline and the council that is left go to standard output, progress \
                  to standard error. The same charter, scenario and seed give the same result, byte for byte.\n\n\
                  Nothing of it touches a live chain, and nothing signed in it is valid on one."
)]
pub(crate) struct RehearseArguments {
    /// The charter: a TOML file with the parameters and powers of the council.
    #[arg(value_name = "CHARTER")]
    pub(crate) charter: PathBuf,
    /// The scenario: a TOML file with who does what when, and what is expected. Without it, ../scenarios/NAME-term.toml as
    /// seen from the charter NAME.toml.
    #[arg(long, value_name = "FILE")]
    pub(crate) scenario: Option<PathBuf>,
    /// Print one JSON document instead of text.
    #[arg(long)]
    pub(crate) json: bool,
    /// Also write the report to a folder: report.md and, for each election, a chart of the weights. Files of an earlier
    /// report are replaced, files of others never.
    #[arg(long, value_name = "DIR")]
    pub(crate) report: Option<PathBuf>,
    /// Draw what chance decides from this seed instead of the scenario's.
    #[arg(long, value_name = "N")]
    pub(crate) seed: Option<u64>,
    /// Show no progress and no notes.
    #[arg(long, short)]
    pub(crate) quiet: bool,
}

/// What to do with a charter.
#[derive(Debug, Subcommand)]
pub(crate) enum CharterCommand {
    /// Read a charter, check it whole and list everything that is wrong with it, each fault with line, cause and remedy.
    Check {
        /// The charter, a TOML file.
        #[arg(value_name = "CHARTER")]
        file: PathBuf,
        /// Print one JSON document instead of text.
        #[arg(long)]
        json: bool,
    },
    /// Show what a charter says: calendar, members, Safes, powers.
    Show {
        /// The charter, a TOML file.
        #[arg(value_name = "CHARTER")]
        file: PathBuf,
    },
}

impl Command {
    /// Whether the result is one JSON document.
    pub(crate) fn json(&self) -> bool {
        match self {
            Self::Rehearse(arguments) => arguments.json,
            Self::Up(arguments) => arguments.json,
            Self::Charter { command: CharterCommand::Check { json, .. } } => *json,
            Self::Election(command) => command.link().json,
            Self::Removal(command) => command.link().json,
            Self::Council(command) => command.link().json,
            Self::Pipeline(command) => command.link().json,
            Self::Clock(command) => command.link().json,
            Self::Accounts(arguments) => arguments.link.json,
            Self::Explain(arguments) => arguments.given.json,
            Self::Ceremony(command) => command.json(),
            Self::Verify(arguments) => arguments.given.json,
            Self::Charter { command: CharterCommand::Show { .. } } | Self::Man { .. } | Self::Completions { .. } => {
                false
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn arguments_are_declared_without_contradiction() {
        Arguments::command().debug_assert();
    }
}
