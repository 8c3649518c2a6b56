//! `ephor removal`: token holders remove a member before the term ends.

use super::{
    act, messages,
    messages::{MessageError, MessageOptions},
};
use crate::{
    deliver::SendOptions,
    exit::{Exit, Failure},
    link::{Link, options::LinkOptions},
    show,
    signer::Signer,
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
    pub(crate) send: SendOptions,
    #[command(flatten)]
    pub(crate) link: LinkOptions,
}

/// A vote on a removal.
#[derive(Clone, Debug, Args)]
pub(crate) struct VoteArguments {
    /// For or against the removal.
    #[arg(value_enum)]
    pub(crate) support: For,
    /// The proposal's id, or the member. Without it the only removal that is open.
    #[arg(value_name = "ID|ACCOUNT")]
    pub(crate) proposal: Option<String>,
    /// Whose votes these are, where they are cast by signature. Without it the signer's.
    #[arg(long, value_name = "ACCOUNT")]
    pub(crate) voter: Option<String>,
    #[command(flatten)]
    pub(crate) message: MessageOptions,
    #[command(flatten)]
    pub(crate) send: SendOptions,
    #[command(flatten)]
    pub(crate) link: LinkOptions,
}

/// A removal to execute.
#[derive(Clone, Debug, Args)]
pub(crate) struct ExecuteArguments {
    /// The proposal's id, or the member. Without it the only removal that is open.
    #[arg(value_name = "ID|ACCOUNT")]
    pub(crate) proposal: Option<String>,
    #[command(flatten)]
    pub(crate) send: SendOptions,
    #[command(flatten)]
    pub(crate) link: LinkOptions,
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
            Self::Propose(arguments) => &arguments.link,
            Self::Vote(arguments) => &arguments.link,
            Self::Execute(arguments) => &arguments.link,
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
            Self::Propose(ProposeArguments { member, description, send, link: options }) => {
                let propose = link.council.propose_removal(link.account(member)?, description)?;
                act(link, &send.signer(link).await?, vec![propose], send.sends(link), options.json).await
            }
            Self::Vote(arguments) => vote(link, arguments).await,
            Self::Execute(ExecuteArguments { proposal, send, link: options }) => {
                let removal = found(link, proposal.as_deref()).await?;
                let execute = link.council.execute(Governor::Removal, &removal.proposal)?;
                act(link, &send.signer(link).await?, vec![execute], send.sends(link), options.json).await
            }
        }
    }
}

async fn vote(link: &Link, arguments: &VoteArguments) -> Result<Exit, Failure> {
    let VoteArguments { support, proposal, voter, message, send, link: options } = arguments;
    let id = found(link, proposal.as_deref()).await?.id;
    let support = match support {
        For::For => Support::For,
        For::Against => Support::Against,
    };
    let typed = link.council.proposal_ballot(Governor::Removal, id, support)?;
    if let Some(file) = &message.export {
        return messages::export(link, &typed, file, options.json);
    }
    let signer = send.signer(link).await?;
    let named = voter.as_deref().map(|voter| link.account(voter)).transpose()?;
    let voter = named.unwrap_or_else(|| signer.address());
    let vote = match &message.signature {
        Some(_) if named.is_none() => return Err(MessageError::Whose { option: "--voter" }.into()),
        Some(given) => {
            let signature = messages::import(given, &typed, voter)?;
            link.council.vote_on_signed(Governor::Removal, id, support, &signature)?
        }
        None if voter == signer.address() => link.council.vote_on(Governor::Removal, id, support)?,
        None => {
            let signature = Signer::Node(voter).sign(link, &typed).await?;
            link.council.vote_on_signed(Governor::Removal, id, support, &signature)?
        }
    };
    act(link, &signer, vec![vote], send.sends(link), options.json).await
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
