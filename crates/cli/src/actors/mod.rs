//! What actors do and see: elections, removals, the council, updates under way, the clock, accounts.
//!
//! Every command opens a [`Link`] and acts and looks through `ephor-client`, so that it works alike on an embedded
//! network and on live chains. Its logic takes the link, not the options, and can be run over any provider.
//!
//! | module | command |
//! |---|---|
//! | [`election`], [`ballots`], [`registration`] | `ephor election` |
//! | [`removal`] | `ephor removal` |
//! | [`council`] | `ephor council` |
//! | [`pipeline`] | `ephor pipeline` |
//! | [`clock`] | `ephor clock` |
//! | [`accounts`] | `ephor accounts` |
//! | [`man`] | `ephor man` |

pub(crate) mod accounts;
pub(crate) mod ballots;
pub(crate) mod clock;
pub(crate) mod council;
pub(crate) mod election;
pub(crate) mod man;
pub(crate) mod messages;
pub(crate) mod pipeline;
pub(crate) mod registration;
pub(crate) mod removal;
pub(crate) mod safe;

use crate::{
    deliver::{Delivered, deliver},
    exit::{Exit, Failure},
    link::Link,
    signer::Signer,
    terminal::{self, Style},
};
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

/// Sends transactions by one signer, or shows what would come of them, and prints the result.
///
/// # Errors
/// [`Failure`].
pub(crate) async fn act(
    link: &Link,
    signer: &Signer,
    transactions: Vec<Prepared>,
    sends: bool,
    json: bool,
) -> Result<Exit, Failure> {
    let transactions: Vec<_> = transactions.into_iter().map(|prepared| (prepared, signer)).collect();
    let delivered = deliver(link, &transactions, sends).await?;
    print(link, &delivered, json)
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
