//! What actors do and see: elections, removals, the council, updates under way, the clock, accounts.
//!
//! Every command opens a [`Link`] and acts and looks through `ephor-client`, so that it works alike on an embedded
//! network and on live chains. Its logic takes the link, not the options, and can be run over any provider.
//!
//! | module | command |
//! |---|---|
//! | [`election`], [`ballots`], [`registration`], [`timing`] | `ephor election` |
//! | [`removal`] | `ephor removal` |
//! | [`council`] | `ephor council` |
//! | [`pipeline`] | `ephor pipeline` |
//! | [`clock`], [`phases`] | `ephor clock` |
//! | [`accounts`] | `ephor accounts` |
//! | [`man`] | `ephor man` |

pub(crate) mod accounts;
pub(crate) mod ballots;
pub(crate) mod clock;
pub(crate) mod council;
pub(crate) mod election;
pub(crate) mod man;
pub(crate) mod messages;
pub(crate) mod phases;
pub(crate) mod pipeline;
pub(crate) mod registration;
pub(crate) mod removal;
pub(crate) mod safe;
mod timing;

use crate::{
    deliver::{Delivered, SendOptions, deliver},
    exit::{Exit, Failure},
    link::{Link, options::LinkOptions},
    signer::Signer,
    terminal::{self, Style},
};
use clap::Args;
use ephor_client::Prepared;
use std::future::Future;

/// Runs a command that talks to chains.
///
/// # Errors
/// The command's, and where the system gives no runtime.
pub(crate) fn block_on<T>(command: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(Failure::Runtime)?;
    runtime.block_on(command)
}

/// By whom an action is sent, and over what.
#[derive(Clone, Debug, Default, Args)]
pub(crate) struct ActOptions {
    #[command(flatten)]
    pub(crate) send: SendOptions,
    #[command(flatten)]
    pub(crate) link: LinkOptions,
}

impl ActOptions {
    /// Sends an action by the signer that is named, or shows what would come of it, and prints the result.
    ///
    /// # Errors
    /// [`Failure`].
    pub(crate) async fn act(&self, link: &Link, action: Prepared) -> Result<Exit, Failure> {
        self.act_by(link, &self.send.signer(link).await?, vec![action]).await
    }

    /// The same with several actions and a signer that is known.
    ///
    /// # Errors
    /// [`Failure`].
    pub(crate) async fn act_by(&self, link: &Link, signer: &Signer, actions: Vec<Prepared>) -> Result<Exit, Failure> {
        let actions: Vec<_> = actions.into_iter().map(|prepared| (prepared, signer)).collect();
        let delivered = deliver(link, &actions, self.send.sends(link)).await?;
        print(link, &delivered, self.link.json)
    }
}

/// Prints what was sent, or would be.
///
/// # Errors
/// [`Failure::Output`].
pub(crate) fn print(link: &Link, delivered: &Delivered, json: bool) -> Result<Exit, Failure> {
    if json {
        terminal::print_json(delivered)?;
    } else {
        terminal::print(&delivered.text(link, Style::of_stdout()))?;
    }
    Ok(delivered.exit())
}
