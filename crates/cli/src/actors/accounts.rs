//! `ephor accounts`: who has a name, and what the accounts of a rehearsal network can do.

use crate::{
    exit::{Exit, Failure},
    link::{Link, options::LinkOptions},
    show,
    terminal::{self, Style},
};
use alloy_primitives::{Address, U256};
use alloy_provider::Provider;
use clap::Args;
use ephor_abi::token::IVotesToken;
use ephor_charter::Part;
use serde::Serialize;
use serde_json::json;

/// Which accounts to show.
#[derive(Clone, Debug, Args)]
pub(crate) struct AccountsArguments {
    /// Accounts to show. Without any: those that the node holds, and the names of the charter.
    #[arg(value_name = "ACCOUNT")]
    pub(crate) accounts: Vec<String>,
    #[command(flatten)]
    pub(crate) link: LinkOptions,
}

/// An account.
#[derive(Debug, Serialize)]
pub(crate) struct AccountView {
    /// Its name, if it has one.
    pub(crate) name: Option<String>,
    /// Its address.
    pub(crate) address: Address,
    /// Wei on the governance chain.
    pub(crate) balance: U256,
    /// Tokens, in the smallest units.
    pub(crate) tokens: U256,
    /// Votes that it can cast, its own or delegated to it.
    pub(crate) votes: U256,
    /// To whom its votes are delegated; none if to nobody.
    pub(crate) delegate: Option<Address>,
    /// Whether the node acts for it.
    pub(crate) development: bool,
}

/// Shows accounts.
///
/// # Errors
/// [`Failure`].
pub(crate) async fn accounts(link: &Link, arguments: &AccountsArguments) -> Result<Exit, Failure> {
    let asked = arguments.accounts.iter().map(|text| link.account(text)).collect::<Result<Vec<_>, _>>()?;
    let all = asked.is_empty();
    let shown = if all { link.names.development().to_vec() } else { asked };
    let mut views = Vec::with_capacity(shown.len());
    for address in shown {
        views.push(view(link, address).await?);
    }
    let book: Vec<_> =
        link.names.all().iter().filter(|(_, address)| !link.names.development().contains(address)).collect();
    if arguments.link.json {
        let book: Vec<_> =
            book.iter().filter(|_| all).map(|(name, address)| json!({ "name": name, "address": address })).collect();
        terminal::print_json(&json!({ "network": link.network(), "accounts": views, "address_book": book }))?;
    } else {
        let book: &[_] = if all { &book } else { &[] };
        terminal::print(&show::accounts(link, &views, book, Style::of_stdout()))?;
    }
    Ok(Exit::Fine)
}

async fn view(link: &Link, address: Address) -> Result<AccountView, Failure> {
    let chain = &link.council.governance_chain()?.name;
    let council = &link.council;
    let balance = council.provider(chain)?.get_balance(address).await;
    let balance = balance.map_err(|source| Failure::Ask { chain: chain.clone(), source: Box::new(source) })?;
    let tokens = council.ask(Part::Token, &IVotesToken::balanceOfCall { account: address }).await?;
    let votes = council.ask(Part::Token, &IVotesToken::getVotesCall { account: address }).await?;
    let delegate = council.ask(Part::Token, &IVotesToken::delegatesCall { account: address }).await?;
    Ok(AccountView {
        name: link.names.name_of(address).map(str::to_owned),
        address,
        balance,
        tokens,
        votes,
        delegate: Some(delegate).filter(|delegate| !delegate.is_zero()),
        development: link.names.development().contains(&address),
    })
}
