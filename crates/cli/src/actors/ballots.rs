//! Votes: endorsements of contenders, votes for nominees, split among several, or by signature.

use super::{
    ActOptions,
    election::Which,
    messages,
    messages::{MessageError, MessageOptions},
};
use crate::{
    amounts,
    exit::{Exit, Failure},
    link::Link,
    signer::Signer,
};
use alloy_primitives::Address;
use clap::Args;
use ephor_client::actions::election::{Choice, Round};

/// A vote.
#[derive(Clone, Debug, Args)]
pub(crate) struct BallotArguments {
    /// Whom to vote for and with how much: an account and an amount of tokens (1000, 2k, 1.5M, 25 units, 50%, all). Given several
    /// times, the votes are split. Parts are of what the account can vote at the beginning.
    #[arg(long = "for", value_name = "ACCOUNT=AMOUNT", required = true)]
    pub(crate) choices: Vec<String>,
    #[command(flatten)]
    pub(crate) which: Which,
    /// Whose votes these are, where they are cast by signature. Without it the signer's.
    #[arg(long, value_name = "ACCOUNT")]
    pub(crate) voter: Option<String>,
    /// A reason, for a vote by signature; an equal vote a second time needs another one.
    #[arg(long, value_name = "TEXT", default_value = "")]
    pub(crate) reason: String,
    #[command(flatten)]
    pub(crate) message: MessageOptions,
    #[command(flatten)]
    pub(crate) options: ActOptions,
}

/// Casts votes.
///
/// # Errors
/// [`Failure`].
pub(crate) async fn cast(link: &Link, round: Round, arguments: &BallotArguments) -> Result<Exit, Failure> {
    let BallotArguments { choices, which, voter, reason, message, options } = arguments;
    let (index, council) = (which.index(link).await?, &link.council);
    let by_signature = message.export.is_some() || message.signature.is_some();
    let named = voter.as_deref().map(|voter| link.account(voter)).transpose()?;
    let signer = match named {
        // Whoever exports needs no signer of their own.
        Some(voter) if message.export.is_some() => Signer::Node(voter),
        _ => options.send.signer(link).await?,
    };
    let voter = named.unwrap_or_else(|| signer.address());
    let choices = self::choices(link, round, index, voter, choices).await?;
    if !by_signature && voter == signer.address() {
        return options.act_by(link, &signer, council.split(round, index, &choices)?).await;
    }
    let [choice] = choices[..] else { return Err(MessageError::OneAtATime.into()) };
    let typed = council.ballot(round, index, choice, reason)?;
    if let Some(file) = &message.export {
        return messages::export(link, &typed, file, options.link.json);
    }
    let signature = message.signature(link, &typed, named, "--voter", &signer).await?;
    let cast = council.cast_signed(round, index, choice, reason, &signature)?;
    options.act_by(link, &signer, vec![cast]).await
}

/// Reads the choices. Votes that are a part are reckoned from what the voter can vote.
async fn choices(
    link: &Link,
    round: Round,
    index: u64,
    voter: Address,
    given: &[String],
) -> Result<Vec<Choice>, Failure> {
    let symbol = &link.charter.token.symbol;
    let read: Vec<_> = given.iter().map(|text| amounts::choice(text, symbol)).collect::<Result<_, _>>()?;
    let mut choices = Vec::with_capacity(read.len());
    let mut available = None;
    for (who, amount) in read {
        let candidate = link.account(who)?;
        let votes = match (amount, available) {
            (amounts::Amount::Units(units), _) => units,
            (part, Some(available)) => part.of(available),
            (part, None) => {
                let power = link.council.power(round, index, voter).await?;
                part.of(*available.insert(power.available))
            }
        };
        choices.push(Choice { candidate, votes });
    }
    Ok(choices)
}
