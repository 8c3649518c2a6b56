//! `ephor election`: from its creation to the hand-over of the winners.

use super::{
    act,
    ballots::{self, BallotArguments},
    registration::{self, RegisterArguments},
};
use crate::{
    deliver::SendOptions,
    exit::{Exit, Failure},
    link::{Link, options::LinkOptions},
    show,
    terminal::{self, Style},
};
use clap::{Args, Subcommand};
use ephor_client::{ReadError, actions::election::Round, views::ElectionView};
use ephor_rules::stages::Phase;
use serde_json::json;

/// What to do in an election.
#[derive(Debug, Subcommand)]
pub(crate) enum ElectionCommand {
    /// Show where an election stands: phase, deadlines, contenders, tallies, the cut line, and what can be done next.
    Status(StatusArguments),
    /// Create the next election. Anybody may, once it is due.
    Create(OneArguments),
    /// Register as a contender, by a signature that anybody may hand in.
    Register(RegisterArguments),
    /// Endorse contenders, so that they become nominees.
    Endorse(BallotArguments),
    /// Exclude a nominee. The vetter may, during vetting.
    Exclude(NomineeArguments),
    /// Include somebody as a nominee. The vetter may, where there are fewer nominees than seats.
    Include(NomineeArguments),
    /// Vote for nominees.
    Vote(BallotArguments),
    /// Carry the election on: start the member election after vetting, hand the winners to the council manager after voting. Anybody
    /// may.
    Execute(OneArguments),
}

/// Which election to show.
#[derive(Clone, Debug, Args)]
pub(crate) struct StatusArguments {
    /// The election's index. Without it the one that is under way, or the next.
    #[arg(value_name = "N")]
    pub(crate) index: Option<u64>,
    /// Also show what an account can still vote.
    #[arg(long, value_name = "ACCOUNT")]
    pub(crate) account: Option<String>,
    #[command(flatten)]
    pub(crate) link: LinkOptions,
}

/// An election and how to send.
#[derive(Clone, Debug, Args)]
pub(crate) struct OneArguments {
    /// The election's index. Without it the one that is meant.
    #[arg(long, value_name = "N")]
    pub(crate) index: Option<u64>,
    #[command(flatten)]
    pub(crate) send: SendOptions,
    #[command(flatten)]
    pub(crate) link: LinkOptions,
}

/// A nominee and how to send.
#[derive(Clone, Debug, Args)]
pub(crate) struct NomineeArguments {
    /// The nominee, or who becomes one.
    #[arg(value_name = "ACCOUNT")]
    pub(crate) nominee: String,
    /// The election's index. Without it the one that is under way.
    #[arg(long, value_name = "N")]
    pub(crate) index: Option<u64>,
    #[command(flatten)]
    pub(crate) send: SendOptions,
    #[command(flatten)]
    pub(crate) link: LinkOptions,
}

impl ElectionCommand {
    /// How to find the council.
    pub(crate) const fn link(&self) -> &LinkOptions {
        match self {
            Self::Status(arguments) => &arguments.link,
            Self::Create(arguments) | Self::Execute(arguments) => &arguments.link,
            Self::Register(arguments) => &arguments.link,
            Self::Endorse(arguments) | Self::Vote(arguments) => &arguments.link,
            Self::Exclude(arguments) | Self::Include(arguments) => &arguments.link,
        }
    }

    /// Runs it.
    ///
    /// # Errors
    /// [`Failure`].
    pub(crate) async fn run(&self, link: &Link) -> Result<Exit, Failure> {
        match self {
            Self::Status(arguments) => status(link, arguments).await,
            Self::Create(OneArguments { index, send, link: options }) => {
                let next = link.council.elections().await?;
                let create = link.council.create_election(index.unwrap_or(next))?;
                act(link, &send.signer(link).await?, vec![create], send.sends(link), options.json).await
            }
            Self::Register(arguments) => registration::register(link, arguments).await,
            Self::Endorse(arguments) => ballots::cast(link, Round::Endorsement, arguments).await,
            Self::Vote(arguments) => ballots::cast(link, Round::Members, arguments).await,
            Self::Exclude(arguments) => vet(link, arguments, true).await,
            Self::Include(arguments) => vet(link, arguments, false).await,
            Self::Execute(OneArguments { index, send, link: options }) => {
                let index = self::index(link, *index).await?;
                let execute = match link.council.election(index).await?.phase {
                    Phase::MemberVoting { .. } | Phase::ReadyToInstall | Phase::Installed => {
                        link.council.install_cohort(index)?
                    }
                    _ => link.council.start_member_election(index)?,
                };
                act(link, &send.signer(link).await?, vec![execute], send.sends(link), options.json).await
            }
        }
    }
}

/// The election that is meant: the one named, or the last that was created.
///
/// # Errors
/// [`ReadError`].
pub(crate) async fn index(link: &Link, named: Option<u64>) -> Result<u64, ReadError> {
    match named {
        Some(index) => Ok(index),
        None => Ok(link.council.elections().await?.saturating_sub(1)),
    }
}

/// The election that is under way, or the next.
///
/// # Errors
/// [`ReadError`].
pub(crate) async fn current(link: &Link) -> Result<ElectionView, ReadError> {
    let next = link.council.elections().await?;
    match last(link, next).await? {
        Some(view) if view.phase != Phase::Installed => Ok(view),
        _ => link.council.election(next).await,
    }
}

/// The election before `next`, if the governors know it: those before a rehearsal began are counted, but nothing is left of them.
///
/// # Errors
/// [`ReadError`].
pub(crate) async fn last(link: &Link, next: u64) -> Result<Option<ElectionView>, ReadError> {
    let Some(index) = next.checked_sub(1) else { return Ok(None) };
    match link.council.election(index).await {
        Ok(view) => Ok(Some(view)),
        Err(ReadError::Reverted { .. }) => Ok(None),
        Err(error) => Err(error),
    }
}

async fn status(link: &Link, arguments: &StatusArguments) -> Result<Exit, Failure> {
    let view = match arguments.index {
        Some(index) => link.council.election(index).await?,
        None => current(link).await?,
    };
    let account = arguments.account.as_deref().map(|account| link.account(account)).transpose()?;
    let power = match account {
        Some(account) => {
            let round = if view.voting.is_some() { Round::Members } else { Round::Endorsement };
            Some((account, link.council.power(round, view.index, account).await?))
        }
        None => None,
    };
    if arguments.link.json {
        let power = power.map(|(account, power)| json!({ "account": account, "power": power }));
        terminal::print_json(&json!({ "network": link.network(), "election": view, "account": power }))?;
    } else {
        terminal::print(&show::election(link, &view, power, Style::of_stdout()))?;
    }
    Ok(Exit::Fine)
}

async fn vet(link: &Link, arguments: &NomineeArguments, exclude: bool) -> Result<Exit, Failure> {
    let index = index(link, arguments.index).await?;
    let nominee = link.account(&arguments.nominee)?;
    let council = &link.council;
    let vet = if exclude { council.exclude(index, nominee)? } else { council.include(index, nominee)? };
    let signer = arguments.send.signer(link).await?;
    act(link, &signer, vec![vet], arguments.send.sends(link), arguments.link.json).await
}
