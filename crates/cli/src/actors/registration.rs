//! Registering as a contender: by a signature, which anybody may hand in.

use super::{act, messages, messages::MessageError, messages::MessageOptions};
use crate::{
    deliver::SendOptions,
    exit::{Exit, Failure},
    link::{Link, options::LinkOptions},
    signer::Signer,
};
use clap::Args;

/// A registration.
#[derive(Clone, Debug, Args)]
pub(crate) struct RegisterArguments {
    /// Who registers. Without it the signer.
    #[arg(long, value_name = "ACCOUNT")]
    pub(crate) contender: Option<String>,
    /// The election's index. Without it the one that is under way.
    #[arg(long, value_name = "N")]
    pub(crate) index: Option<u64>,
    #[command(flatten)]
    pub(crate) message: MessageOptions,
    #[command(flatten)]
    pub(crate) send: SendOptions,
    #[command(flatten)]
    pub(crate) link: LinkOptions,
}

/// Registers a contender.
///
/// # Errors
/// [`Failure`].
pub(crate) async fn register(link: &Link, arguments: &RegisterArguments) -> Result<Exit, Failure> {
    let index = super::election::index(link, arguments.index).await?;
    let typed = link.council.registration(index)?;
    if let Some(file) = &arguments.message.export {
        return messages::export(link, &typed, file, arguments.link.json);
    }
    let named = arguments.contender.as_deref().map(|contender| link.account(contender)).transpose()?;
    let signer = arguments.send.signer(link).await?;
    let contender = named.unwrap_or_else(|| signer.address());
    let signature = match &arguments.message.signature {
        Some(_) if named.is_none() => return Err(MessageError::Whose { option: "--contender" }.into()),
        Some(given) => messages::import(given, &typed, contender)?,
        None if contender == signer.address() => signer.sign(link, &typed).await?,
        // Somebody else's account, for which only the node of a rehearsal signs.
        None => Signer::Node(contender).sign(link, &typed).await?,
    };
    let register = link.council.register(index, &signature, Some(contender))?;
    act(link, &signer, vec![register], arguments.send.sends(link), arguments.link.json).await
}
