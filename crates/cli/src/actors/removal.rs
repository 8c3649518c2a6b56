//! `ephor removal`: token holders remove a member before the term ends.

use super::{ActOptions, messages, messages::MessageOptions};
use crate::{
    exit::{Exit, Failure},
    link::{Link, options::LinkOptions},
    show,
    terminal::{self, Style},
};
use alloy_primitives::U256;
use clap::{Args, Subcommand, ValueEnum};
use ephor_client::{ProposalState, Support, actions::proposals::Governor, views::ProposalView};
use serde_json::json;

/// What to do with removals.
#[derive(Debug, Subcommand)]
pub(crate) enum RemovalCommand {
    /// Show the removals that were proposed, and where they stand.
    Status {
        #[command(flatten)]
        link: LinkOptions,
    },
    /// Propose to remove a member. Takes as many votes as the charter says.
    Propose(ProposeArguments),
    /// Vote on a removal, with all votes.
    Vote(VoteArguments),
    /// Execute a removal that succeeded. Anybody may.
    Execute(ExecuteArguments),
}

/// A removal to propose.
#[derive(Clone, Debug, Args)]
pub(crate) struct ProposeArguments {
    /// The member.
    #[arg(value_name = "ACCOUNT")]
    pub(crate) member: String,
    /// Why. The text is part of the proposal's identity.
    #[arg(long, value_name = "TEXT")]
    pub(crate) description: String,
    #[command(flatten)]
    pub(crate) options: ActOptions,
}

/// The removal that is meant.
#[derive(Clone, Debug, Args)]
pub(crate) struct WhichRemoval {
    /// The proposal's id, or the member. Without it the only removal that is open.
    #[arg(value_name = "ID|ACCOUNT")]
    pub(crate) proposal: Option<String>,
}

/// A vote on a removal.
#[derive(Clone, Debug, Args)]
pub(crate) struct VoteArguments {
    /// For or against the removal.
    #[arg(value_enum)]
    pub(crate) support: For,
    #[command(flatten)]
    pub(crate) which: WhichRemoval,
    /// Whose votes these are, where they are cast by signature. Without it the signer's.
    #[arg(long, value_name = "ACCOUNT")]
    pub(crate) voter: Option<String>,
    #[command(flatten)]
    pub(crate) message: MessageOptions,
    #[command(flatten)]
    pub(crate) options: ActOptions,
}

/// A removal to execute.
#[derive(Clone, Debug, Args)]
pub(crate) struct ExecuteArguments {
    #[command(flatten)]
    pub(crate) which: WhichRemoval,
    #[command(flatten)]
    pub(crate) options: ActOptions,
}

/// How to vote.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum For {
    /// The member is to go.
    For,
    /// The member is to stay.
    Against,
}

/// A removal that is not found.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum RemovalError {
    /// None is open.
    #[error("no removal is open\n  remedy: `ephor removal status` lists them, `ephor removal propose` opens one")]
    None,
    /// No such one.
    #[error("there is no removal {named}\n  remedy: `ephor removal status` lists them")]
    Unknown {
        /// As it was named.
        named: String,
    },
    /// Several are open.
    #[error("{count} removals could be meant\n  remedy: name the proposal's id; `ephor removal status` lists them")]
    Several {
        /// How many.
        count: usize,
    },
}

impl RemovalCommand {
    /// How to find the council.
    pub(crate) const fn link(&self) -> &LinkOptions {
        match self {
            Self::Status { link } => link,
            Self::Propose(arguments) => &arguments.options.link,
            Self::Vote(arguments) => &arguments.options.link,
            Self::Execute(arguments) => &arguments.options.link,
        }
    }

    /// Runs it.
    ///
    /// # Errors
    /// [`Failure`].
    pub(crate) async fn run(&self, link: &Link) -> Result<Exit, Failure> {
        match self {
            Self::Status { link: options } => {
                let removals = link.council.removals().await?;
                if options.json {
                    terminal::print_json(&json!({ "network": link.network(), "removals": removals }))?;
                } else {
                    terminal::print(&show::removals(link, &removals, Style::of_stdout()))?;
                }
                Ok(Exit::Fine)
            }
            Self::Propose(ProposeArguments { member, description, options }) => {
                options.act(link, link.council.propose_removal(link.account(member)?, description)?).await
            }
            Self::Vote(arguments) => vote(link, arguments).await,
            Self::Execute(ExecuteArguments { which, options }) => {
                let removal = found(link, which.proposal.as_deref()).await?;
                options.act(link, link.council.execute(Governor::Removal, &removal.proposal)?).await
            }
        }
    }
}

async fn vote(link: &Link, arguments: &VoteArguments) -> Result<Exit, Failure> {
    let VoteArguments { support, which, voter, message, options } = arguments;
    let (id, council) = (found(link, which.proposal.as_deref()).await?.id, &link.council);
    let support = match support {
        For::For => Support::For,
        For::Against => Support::Against,
    };
    let typed = council.proposal_ballot(Governor::Removal, id, support)?;
    if let Some(file) = &message.export {
        return messages::export(link, &typed, file, options.link.json);
    }
    let signer = options.send.signer(link).await?;
    let named = voter.as_deref().map(|voter| link.account(voter)).transpose()?;
    let own = message.signature.is_none() && named.is_none_or(|voter| voter == signer.address());
    let vote = if own {
        council.vote_on(Governor::Removal, id, support)?
    } else {
        let signature = message.signature(link, &typed, named, "--voter", &signer).await?;
        council.vote_on_signed(Governor::Removal, id, support, &signature)?
    };
    options.act_by(link, &signer, vec![vote]).await
}

/// The removal that is meant: by id, by member, or the only one that is open.
async fn found(link: &Link, named: Option<&str>) -> Result<ProposalView, Failure> {
    let removals = link.council.removals().await?;
    let open = |view: &ProposalView| {
        matches!(view.state, ProposalState::Pending | ProposalState::Active | ProposalState::Succeeded)
    };
    let Some(named) = named else {
        let open: Vec<_> = removals.into_iter().filter(open).collect();
        return one(open, || RemovalError::None);
    };
    let unknown = || RemovalError::Unknown { named: named.to_owned() };
    let number = named.bytes().all(|byte| byte.is_ascii_digit()).then(|| named.parse::<U256>().ok()).flatten();
    if let Some(id) = number {
        return one(removals.into_iter().filter(|view| view.id == id).collect(), unknown);
    }
    let member = link.account(named)?;
    let of_member: Vec<_> = removals.into_iter().filter(|view| view.removes == Some(member)).collect();
    if of_member.iter().any(open) {
        return one(of_member.into_iter().filter(open).collect(), unknown);
    }
    one(of_member, unknown)
}

fn one(mut found: Vec<ProposalView>, none: impl Fn() -> RemovalError) -> Result<ProposalView, Failure> {
    match (found.pop(), found.len()) {
        (Some(view), 0) => Ok(view),
        (Some(_), others) => Err(RemovalError::Several { count: others + 1 }.into()),
        (None, _) => Err(none().into()),
    }
}
