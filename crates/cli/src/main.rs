//! The `ephor` command: the edge at which terminals, arguments and exit codes are known.
//!
//! ```text
//! arguments ─▶ command ─┬─ result ──▶ stdout: text, or one JSON document with --json
//!                       └─ failure ─▶ stderr: what was wrong, where, what to do ─▶ exit code
//! progress and notes ───────────────▶ stderr
//! ```
//!
//! - stdout carries the result and nothing else. With `--json` a failure is a result too: `{"error": …}`.
//! - A reader of stdout or stderr that leaves early ends nothing and is no fault.
//! - Colours are used on a terminal only, and not with `NO_COLOR`.
//! - Text from files is shown with its control characters replaced, so that no file can drive the terminal.
//! - Exit codes are stable; `exit::Exit` lists them.

#![allow(
    rustdoc::broken_intra_doc_links,
    rustdoc::bare_urls,
    reason = "doc comments of arguments are their help texts"
)]

mod actors;
mod amounts;
mod arguments;
mod ceremony;
mod charter;
mod deliver;
mod exit;
mod explain;
mod folder;
mod keeper;
mod link;
mod progress;
mod rehearse;
mod show;
mod signer;
mod terminal;
mod timeline;
mod up;
mod verify;
mod words;

use actors::{accounts, block_on, man};
use arguments::{Arguments, CharterCommand, Command};
use clap::{CommandFactory, Parser};
use exit::{Exit, Failure};
use link::Link;
use std::process::ExitCode;

/// How many hashes are remembered where no chain runs. The usual cache is for chains with many accounts: making its 16 MiB takes
/// longer than verifying a transaction.
const FEW_HASHES: usize = 1 << 12;

fn main() -> ExitCode {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(answer) => {
            // Help and version go to stdout and are no failure. A reader that is gone is none either.
            let exit = if answer.use_stderr() { Exit::Usage } else { Exit::Fine };
            let _ = answer.print();
            return exit.into();
        }
    };
    if !matches!(arguments.command, Command::Rehearse(_) | Command::Up(_)) {
        // Nothing has been hashed yet, so it is made here.
        let _ = alloy_primitives::init_keccak_cache(FEW_HASHES);
    }
    let json = arguments.command.json();
    match dispatch(arguments.command) {
        Ok(exit) => exit.into(),
        Err(failure) => {
            terminal::tell(&format!("error: {failure}\n"));
            if json {
                let _ = terminal::print_json(&failure.to_json());
            }
            failure.exit().into()
        }
    }
}

fn dispatch(command: Command) -> Result<Exit, Failure> {
    match command {
        Command::Rehearse(arguments) => rehearse::rehearse(&arguments),
        Command::Up(arguments) => up::up(&arguments),
        Command::Charter { command: CharterCommand::Check { file, json } } => charter::check(&file, json),
        Command::Charter { command: CharterCommand::Show { file } } => charter::show(&file),
        Command::Election(command) => block_on(async { command.run(&Link::open(command.link()).await?).await }),
        Command::Removal(command) => block_on(async { command.run(&Link::open(command.link()).await?).await }),
        Command::Council(command) => block_on(async { command.run(&Link::open(command.link()).await?).await }),
        Command::Pipeline(command) => block_on(async { command.run(&Link::open(command.link()).await?).await }),
        Command::Clock(command) => block_on(async { command.run(&Link::open(command.link()).await?).await }),
        Command::Accounts(arguments) => {
            block_on(async { accounts::accounts(&Link::open(&arguments.link).await?, &arguments).await })
        }
        Command::Explain(arguments) => explain::explain(&arguments),
        Command::Verify(arguments) => verify::verify(&arguments),
        Command::Ceremony(command) => ceremony::run(&command),
        Command::Man { folder } => man::write(&folder),
        Command::Completions { shell } => {
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut Arguments::command(), "ephor", &mut script);
            terminal::print(&String::from_utf8_lossy(&script))?;
            Ok(Exit::Fine)
        }
    }
}
