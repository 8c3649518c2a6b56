//! `ephor council`: who sits, and changes of members by the council itself.

use super::{
    ActOptions,
    safe::{self, SafeOptions},
};
use crate::{
    exit::{Exit, Failure},
    link::{Link, options::LinkOptions},
    show,
    terminal::{self, Style},
};
use clap::{Args, Subcommand};
use ephor_charter::Role;
use serde_json::json;

/// What to do with the council.
#[derive(Debug, Subcommand)]
pub(crate) enum CouncilCommand {
    /// Show who sits, and for each Safe its owners and whether it follows.
    Show {
        #[command(flatten)]
        link: LinkOptions,
    },
    /// Add a member to a cohort that is not full.
    Add {
        /// The new member.
        #[arg(value_name = "ACCOUNT")]
        member: String,
        /// The cohort: 0 or 1, or its name.
        #[arg(long, value_name = "COHORT")]
        cohort: String,
        #[command(flatten)]
        change: ChangeOptions,
    },
    /// Remove a member.
    Remove {
        /// The member.
        #[arg(value_name = "ACCOUNT")]
        member: String,
        #[command(flatten)]
        change: ChangeOptions,
    },
    /// Replace a member by another person.
    Replace {
        /// The member.
        #[arg(value_name = "ACCOUNT")]
        member: String,
        /// Who takes the seat.
        #[arg(value_name = "NEWCOMER")]
        newcomer: String,
        #[command(flatten)]
        change: ChangeOptions,
    },
    /// Replace a member's key by another of the same person.
    Rotate {
        /// The key in use.
        #[arg(value_name = "CURRENT")]
        current: String,
        /// The key to come.
        #[arg(value_name = "NEXT")]
        next: String,
        #[command(flatten)]
        change: ChangeOptions,
    },
}

/// How a change is made.
#[derive(Clone, Debug, Args)]
pub(crate) struct ChangeOptions {
    #[command(flatten)]
    pub(crate) safe: SafeOptions,
    #[command(flatten)]
    pub(crate) act: ActOptions,
}

/// No cohort.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("there is no cohort \"{named}\"; the cohorts are {}", known.join(" and "))]
pub(crate) struct UnknownCohort {
    named: String,
    known: Vec<String>,
}

impl CouncilCommand {
    /// How to find the council.
    pub(crate) const fn link(&self) -> &LinkOptions {
        match self {
            Self::Show { link } => link,
            Self::Add { change, .. }
            | Self::Remove { change, .. }
            | Self::Replace { change, .. }
            | Self::Rotate { change, .. } => &change.act.link,
        }
    }

    /// Runs it.
    ///
    /// # Errors
    /// [`Failure`].
    pub(crate) async fn run(&self, link: &Link) -> Result<Exit, Failure> {
        let council = &link.council;
        let account = |text: &str| link.account(text);
        let (prepared, role, change) = match self {
            Self::Show { link: options } => return show(link, options.json).await,
            Self::Add { member, cohort, change } => {
                (council.add_member(account(member)?, self::cohort(link, cohort)?)?, Role::MemberAdder, change)
            }
            Self::Remove { member, change } => (council.remove_member(account(member)?)?, Role::MemberRemover, change),
            Self::Replace { member, newcomer, change } => {
                (council.replace_member(account(member)?, account(newcomer)?)?, Role::MemberReplacer, change)
            }
            Self::Rotate { current, next, change } => {
                (council.rotate_member(account(current)?, account(next)?)?, Role::MemberRotator, change)
            }
        };
        safe::act(link, &prepared, role, change).await
    }
}

async fn show(link: &Link, json: bool) -> Result<Exit, Failure> {
    let view = link.council.members().await?;
    if json {
        let cohorts: Vec<_> = link.charter.council.cohorts.iter().map(|cohort| &cohort.name).collect();
        let named: Vec<_> = view
            .members()
            .into_iter()
            .filter_map(|member| Some(json!({ "address": member, "name": link.names.name_of(member)? })))
            .collect();
        terminal::print_json(&json!({
            "network": link.network(),
            "council": view,
            "cohort_names": cohorts,
            "names": named,
            "in_line": view.in_line(),
        }))?;
    } else {
        terminal::print(&show::council(link, &view, Style::of_stdout()))?;
    }
    Ok(Exit::Fine)
}

/// A cohort by number or name.
fn cohort(link: &Link, named: &str) -> Result<u8, UnknownCohort> {
    let cohorts = &link.charter.council.cohorts;
    let by_name = cohorts.iter().position(|cohort| cohort.name.eq_ignore_ascii_case(named));
    let by_number = named.parse().ok().filter(|number| *number < cohorts.len());
    let found = by_name.or(by_number).and_then(|number| u8::try_from(number).ok());
    let known = cohorts.iter().enumerate().map(|(number, cohort)| format!("{number} ({})", cohort.name)).collect();
    found.ok_or_else(|| UnknownCohort { named: named.to_owned(), known })
}
