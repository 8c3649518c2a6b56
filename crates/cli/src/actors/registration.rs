//! Registering as a contender: by a signature, which anybody may hand in.

use super::{ActOptions, election::Which, messages, messages::MessageOptions};
use crate::{
    exit::{Exit, Failure},
    link::Link,
};
use clap::Args;

/// A registration.
#[derive(Clone, Debug, Args)]
pub(crate) struct RegisterArguments {
    /// Who registers. Without it the signer.
    #[arg(long, value_name = "ACCOUNT")]
    pub(crate) contender: Option<String>,
    #[command(flatten)]
    pub(crate) which: Which,
    #[command(flatten)]
    pub(crate) message: MessageOptions,
    #[command(flatten)]
    pub(crate) options: ActOptions,
}

/// Registers a contender.
///
/// # Errors
/// [`Failure`].
pub(crate) async fn register(link: &Link, arguments: &RegisterArguments) -> Result<Exit, Failure> {
    let RegisterArguments { contender, which, message, options } = arguments;
    let index = which.index(link).await?;
    let typed = link.council.registration(index)?;
    if let Some(file) = &message.export {
        return messages::export(link, &typed, file, options.link.json);
    }
    let named = contender.as_deref().map(|contender| link.account(contender)).transpose()?;
    let signer = options.send.signer(link).await?;
    let signature = message.signature(link, &typed, named, "--contender", &signer).await?;
    let contender = named.unwrap_or_else(|| signer.address());
    let register = link.council.register(index, &signature, Some(contender))?;
    options.act_by(link, &signer, vec![register]).await
}
