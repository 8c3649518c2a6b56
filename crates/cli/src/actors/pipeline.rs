//! `ephor pipeline`: updates on their way from the core timelock to the Safes, and the keeper that carries them on.

use super::ActOptions;
use crate::{
    deliver::deliver,
    exit::{Exit, Failure},
    keeper::{Keeper, Round, Scope, due, watch},
    link::{Link, options::LinkOptions},
    show,
    terminal::{self, Style},
    words::utc,
};
use clap::{Args, Subcommand};
use serde_json::json;
use std::time::Duration;

/// What to do with updates.
#[derive(Debug, Subcommand)]
pub(crate) enum PipelineCommand {
    /// Show every update, where it is, and the next step of each.
    Show {
        #[command(flatten)]
        link: LinkOptions,
    },
    /// Take the steps that are due and that anybody may take. Several keepers may run at once.
    Relay(RelayArguments),
}

/// What a keeper carries on, and how long.
#[derive(Clone, Debug, Args)]
pub(crate) struct RelayArguments {
    /// Carry on everything that anybody may: also create elections, start and end votes, queue and execute proposals. Without it only
    /// updates.
    #[arg(long, conflicts_with = "update")]
    pub(crate) all: bool,
    /// Carry on one update alone.
    #[arg(long, value_name = "NONCE")]
    pub(crate) update: Option<u64>,
    /// Go on until interrupted. With --json, one JSON object a line.
    #[arg(long, conflicts_with = "once")]
    pub(crate) watch: bool,
    /// Take what is due now and end: the default.
    #[arg(long)]
    pub(crate) once: bool,
    /// Seconds between two looks.
    #[arg(long, value_name = "SECONDS", default_value_t = 12, value_parser = clap::value_parser!(u64).range(1..=86_400))]
    pub(crate) poll: u64,
    #[command(flatten)]
    pub(crate) options: ActOptions,
}

impl PipelineCommand {
    /// How to find the council.
    pub(crate) const fn link(&self) -> &LinkOptions {
        match self {
            Self::Show { link } => link,
            Self::Relay(arguments) => &arguments.options.link,
        }
    }

    /// Runs it.
    ///
    /// # Errors
    /// [`Failure`].
    pub(crate) async fn run(&self, link: &Link) -> Result<Exit, Failure> {
        match self {
            Self::Show { link: options } => {
                let view = link.council.pipeline().await?;
                if options.json {
                    terminal::print_json(&json!({ "network": link.network(), "pipeline": view }))?;
                } else {
                    let now = link.council.l1_clock().await?.seconds;
                    terminal::print(&show::pipeline(link, &view, now, Style::of_stdout()))?;
                }
                Ok(Exit::Fine)
            }
            Self::Relay(arguments) => relay(link, arguments).await,
        }
    }
}

async fn relay(link: &Link, arguments: &RelayArguments) -> Result<Exit, Failure> {
    let RelayArguments { all, update, watch, poll, options: ActOptions { send, link: options }, .. } = arguments;
    let scope = match update {
        Some(nonce) => Scope::Update(*nonce),
        None if *all => Scope::Everything,
        None => Scope::Updates,
    };
    let signer = send.signer(link).await?;
    if !send.sends(link) {
        let due = due::look(link, scope).await?;
        let transactions: Vec<_> = due.deeds.into_iter().map(|deed| (deed.prepared, &signer)).collect();
        return super::print(link, &deliver(link, &transactions, false).await?, options.json);
    }
    let keeper = Keeper::new(link, &signer, scope);
    if *watch {
        let stop = watch::Stop::on_signals()?;
        return watch::watch(&keeper, Duration::from_secs(*poll), &stop, options.json).await;
    }
    let round = keeper.round(|| false, |step| terminal::tell(&format!("{}\n", watch::line(step)))).await?;
    if options.json {
        terminal::print_json(&json!({ "network": link.network(), "relay": round }))?;
    } else {
        terminal::print(&told(&round))?;
    }
    Ok(Exit::Fine)
}

fn told(round: &Round) -> String {
    let count = |count: usize| if count == 1 { "1 step".to_owned() } else { format!("{count} steps") };
    let mut text = format!("{} taken.\n", count(round.taken.len()));
    for left in &round.left {
        text.push_str(&format!("Left: {} on {}: {}\n", left.what, left.chain, left.why));
    }
    for next in &round.waiting {
        text.push_str(&format!("Next: {} on {}, from {} on\n", next.what, next.chain, utc(next.earliest_seconds)));
    }
    terminal::visible(&text)
}
