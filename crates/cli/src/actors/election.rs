//! `ephor election`: from its creation to the hand-over of the winners.

use super::{
    ActOptions,
    ballots::{self, BallotArguments},
    phases::Stage,
    registration::{self, RegisterArguments},
    timing,
};
use crate::{
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

/// The election that is meant.
#[derive(Clone, Copy, Debug, Args)]
pub(crate) struct Which {
    /// The election's index. Without it the last that was created; for its creation the next.
    #[arg(long, value_name = "N")]
    pub(crate) index: Option<u64>,
}

impl Which {
    /// The election named, or the last that was created; the next where nothing is left of that one, as before the first of a rehearsal.
    ///
    /// # Errors
    /// [`ReadError`].
    pub(crate) async fn index(&self, link: &Link) -> Result<u64, ReadError> {
        match self.index {
            Some(index) => Ok(index),
            None => {
                let next = link.council.elections().await?;
                Ok(last(link, next).await?.map_or(next, |view| view.index))
            }
        }
    }
}

/// An election and how to send.
#[derive(Clone, Debug, Args)]
pub(crate) struct OneArguments {
    #[command(flatten)]
    pub(crate) which: Which,
    #[command(flatten)]
    pub(crate) options: ActOptions,
}

/// A nominee and how to send.
#[derive(Clone, Debug, Args)]
pub(crate) struct NomineeArguments {
    /// The nominee, or who becomes one.
    #[arg(value_name = "ACCOUNT")]
    pub(crate) nominee: String,
    #[command(flatten)]
    pub(crate) which: Which,
    #[command(flatten)]
    pub(crate) options: ActOptions,
}

impl ElectionCommand {
    /// How to find the council.
    pub(crate) const fn link(&self) -> &LinkOptions {
        match self {
            Self::Status(arguments) => &arguments.link,
            Self::Create(arguments) | Self::Execute(arguments) => &arguments.options.link,
            Self::Register(arguments) => &arguments.options.link,
            Self::Endorse(arguments) | Self::Vote(arguments) => &arguments.options.link,
            Self::Exclude(arguments) | Self::Include(arguments) => &arguments.options.link,
        }
    }

    /// Runs it. Where it is refused and the time is wrong for it, a note says when the time is.
    ///
    /// # Errors
    /// [`Failure`].
    pub(crate) async fn run(&self, link: &Link) -> Result<Exit, Failure> {
        let exit = self.act(link).await?;
        if exit == Exit::Refused {
            let (which, stages): (&Which, &[Stage]) = match self {
                Self::Status(_) => return Ok(exit),
                Self::Create(arguments) => (&arguments.which, &[Stage::Due]),
                Self::Register(arguments) => (&arguments.which, &[Stage::Registration]),
                Self::Endorse(arguments) => (&arguments.which, &[Stage::Endorsement]),
                Self::Exclude(arguments) => (&arguments.which, &[Stage::Vetting]),
                Self::Include(arguments) => (&arguments.which, &[Stage::Vetting, Stage::Vetted]),
                Self::Vote(arguments) => (&arguments.which, &[Stage::Voting, Stage::Decay]),
                Self::Execute(arguments) => (&arguments.which, &[Stage::Vetted, Stage::Voted]),
            };
            let index = match (self, which.index) {
                (Self::Create(_), None) => link.council.elections().await?,
                _ => which.index(link).await?,
            };
            timing::note(link, index, stages).await?;
        }
        Ok(exit)
    }

    async fn act(&self, link: &Link) -> Result<Exit, Failure> {
        match self {
            Self::Status(arguments) => status(link, arguments).await,
            Self::Create(OneArguments { which, options }) => {
                let next = link.council.elections().await?;
                options.act(link, link.council.create_election(which.index.unwrap_or(next))?).await
            }
            Self::Register(arguments) => registration::register(link, arguments).await,
            Self::Endorse(arguments) => ballots::cast(link, Round::Endorsement, arguments).await,
            Self::Vote(arguments) => ballots::cast(link, Round::Members, arguments).await,
            Self::Exclude(NomineeArguments { nominee, which, options }) => {
                let nominee = link.account(nominee)?;
                options.act(link, link.council.exclude(which.index(link).await?, nominee)?).await
            }
            Self::Include(NomineeArguments { nominee, which, options }) => {
                let nominee = link.account(nominee)?;
                options.act(link, link.council.include(which.index(link).await?, nominee)?).await
            }
            Self::Execute(OneArguments { which, options }) => {
                let index = which.index(link).await?;
                let execute = match link.council.election(index).await?.phase {
                    Phase::MemberVoting { .. } | Phase::ReadyToInstall | Phase::Installed => {
                        link.council.install_cohort(index)?
                    }
                    _ => link.council.start_member_election(index)?,
                };
                options.act(link, execute).await
            }
        }
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
        Some(index) => match link.council.election(index).await {
            Err(error @ ReadError::Reverted { .. }) if index < link.council.elections().await? => {
                terminal::tell(&format!(
                    "note: the governors know nothing of election {index}: on a rehearsal those held before it began are counted only\n"
                ));
                return Err(error.into());
            }
            view => view?,
        },
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
