//! `ephor clock`: the time of a network, and moving it on rehearsal networks.
//!
//! A rehearsal network of ephor has one clock for all its chains, which is moved by `ephor_advanceTo`. It only moves forward.

use super::{
    election,
    phases::{Beginning, Stage},
};
use crate::{
    amounts,
    exit::{Exit, Failure},
    link::{Link, options::LinkOptions},
    show,
    terminal::{self, Style},
};
use alloy_provider::Provider;
use alloy_transport::TransportError;
use clap::{Args, Subcommand};
use ephor_client::{Moment, views::ElectionView};
use ephor_rules::stages::Phase;
use serde_json::{Value, json};

/// What to do with the clock.
#[derive(Debug, Subcommand)]
pub(crate) enum ClockCommand {
    /// Show the time and the blocks of each chain, and the phase of the election.
    Show {
        #[command(flatten)]
        link: LinkOptions,
    },
    /// Move the clock of a rehearsal network forward. Names one target.
    Advance(AdvanceArguments),
}

/// Where the clock goes.
#[derive(Clone, Debug, Args)]
#[group(id = "target", required = true, multiple = false)]
pub(crate) struct Target {
    /// By a span of time: 90s, 15m, 3h, 2d, 1w, or several: "2d 3h".
    #[arg(value_name = "SPAN")]
    pub(crate) span: Option<String>,
    /// To a time: 2026-01-15T12:00Z, or Unix seconds.
    #[arg(long, value_name = "TIME")]
    pub(crate) to: Option<String>,
    /// To the first second of an L1 block.
    #[arg(long, value_name = "BLOCK")]
    pub(crate) to_l1_block: Option<u64>,
    /// To the beginning of a phase of the election; where it is in that phase already, nothing moves. Without a name, past the end of the
    /// present phase; before an election, to when it can be created.
    #[arg(long, value_name = "PHASE", value_enum)]
    pub(crate) phase: Option<Option<Stage>>,
    /// To when the next step of an update is due.
    #[arg(long)]
    pub(crate) step: bool,
}

/// How to move the clock.
#[derive(Clone, Debug, Args)]
pub(crate) struct AdvanceArguments {
    #[command(flatten)]
    pub(crate) target: Target,
    #[command(flatten)]
    pub(crate) link: LinkOptions,
}

/// Why the clock is not moved.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ClockError {
    /// Live time is not moved.
    #[error("the clock of live chains cannot be moved; this works on a network of `ephor up`")]
    NotARehearsal,
    /// Back in time.
    #[error("the clock stands at {now}, and does not go back to {asked}")]
    Backwards {
        /// Where it stands.
        now: u64,
        /// Where it should go.
        asked: u64,
    },
    /// A phase without an end that time brings.
    #[error(
        "the phase \"{phase}\" is not ended by time: something has to be done\n  remedy: `ephor election status` says what"
    )]
    NoEnd {
        /// The phase.
        phase: String,
    },
    /// A phase that is past.
    #[error("the phase \"{stage}\" is past: election {index} is in its phase \"{phase}\"")]
    Past {
        /// The phase that was named.
        stage: &'static str,
        /// The election.
        index: u64,
        /// Its phase.
        phase: &'static str,
    },
    /// A phase that somebody brings.
    #[error(
        "time alone does not bring election {index} to its phase \"{stage}\": something has to be done before\n  remedy: `{command}`; `ephor election status` says when"
    )]
    NotByTime {
        /// The phase that was named.
        stage: &'static str,
        /// The election.
        index: u64,
        /// What does it.
        command: &'static str,
    },
    /// Nothing is under way.
    #[error("no update is under way, so no step is due")]
    NoStep,
    /// The node does not move it.
    #[error("the node does not move its clock: {0}")]
    Refused(Box<TransportError>),
}

impl ClockCommand {
    /// How to find the council.
    pub(crate) const fn link(&self) -> &LinkOptions {
        match self {
            Self::Show { link } => link,
            Self::Advance(arguments) => &arguments.link,
        }
    }

    /// Runs it.
    ///
    /// # Errors
    /// [`Failure`].
    pub(crate) async fn run(&self, link: &Link) -> Result<Exit, Failure> {
        if let Self::Advance(arguments) = self {
            advance(link, &arguments.target).await?;
        }
        let mut chains: Vec<(String, Moment)> = Vec::new();
        for chain in &link.council.deployment().chains {
            if link.council.provider(&chain.name).is_ok() {
                chains.push((chain.name.clone(), link.council.now(&chain.name).await?));
            }
        }
        let view = election::current(link).await?;
        if self.link().json {
            let chains: Vec<_> = chains.iter().map(|(chain, now)| json!({ "chain": chain, "now": now })).collect();
            let phase = json!({ "index": view.index, "phase": view.phase.name(), "until": view.until });
            terminal::print_json(&json!({ "network": link.network(), "chains": chains, "election": phase }))?;
        } else {
            terminal::print(&show::clock(link, &chains, &view, Style::of_stdout()))?;
        }
        Ok(Exit::Fine)
    }
}

async fn advance(link: &Link, target: &Target) -> Result<(), Failure> {
    if !link.kind.is_rehearsal() {
        return Err(ClockError::NotARehearsal.into());
    }
    let now = link.council.governance_now().await?;
    let to = if let Some(span) = &target.span {
        now.seconds.saturating_add(amounts::span(span)?)
    } else if let Some(time) = &target.to {
        amounts::time(time)?
    } else if let Some(block) = target.to_l1_block {
        link.council.l1_clock().await?.deadline(block).seconds
    } else if let Some(phase) = target.phase {
        let view = election::current(link).await?;
        let beginning = match phase {
            Some(stage) => stage.ahead(&view)?,
            None => Some(after(&view)?),
        };
        match beginning {
            Some(beginning) => seconds(link, beginning).await?,
            None => return Ok(()),
        }
    } else {
        let pipeline = link.council.pipeline().await?;
        let next = pipeline.next_steps().first().map(|step| step.earliest_seconds).ok_or(ClockError::NoStep)?;
        // What is due and cannot be taken yet, a message that is to arrive, takes another while.
        if next > now.seconds { next.saturating_add(slot_seconds(link)) } else { now.seconds.saturating_add(600) }
    };
    if to < now.seconds {
        return Err(ClockError::Backwards { now: now.seconds, asked: to }.into());
    }
    let chain = &link.council.governance_chain()?.name;
    let moved: Result<Value, _> = link.council.provider(chain)?.raw_request("ephor_advanceTo".into(), (to,)).await;
    moved.map(|_| ()).map_err(|error| ClockError::Refused(Box::new(error)).into())
}

/// The end of the present phase of an election.
fn after(view: &ElectionView) -> Result<Beginning, ClockError> {
    match (view.phase, view.until) {
        (Phase::Waiting { start_seconds }, _) => Ok(Beginning::At(start_seconds)),
        (_, Some(until)) => Ok(Beginning::After(until)),
        (phase, None) => Err(ClockError::NoEnd { phase: phase.name().to_owned() }),
    }
}

/// The second at which the chains know that a phase has begun.
///
/// # Errors
/// Where the clock cannot be read.
pub(super) async fn seconds(link: &Link, beginning: Beginning) -> Result<u64, Failure> {
    // A chain with slots sees the time of its last slot.
    match beginning {
        Beginning::At(seconds) => Ok(seconds.saturating_add(slot_seconds(link))),
        Beginning::After(deadline) => {
            let next = link.council.l1_clock().await?.deadline(deadline.l1_block.saturating_add(1)).seconds;
            Ok(next.max(deadline.seconds.saturating_add(slot_seconds(link))))
        }
    }
}

fn slot_seconds(link: &Link) -> u64 {
    link.charter.l1_chain().block_milliseconds.div_ceil(1_000)
}
