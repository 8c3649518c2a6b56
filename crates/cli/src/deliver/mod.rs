//! From prepared transactions to transactions in blocks, or to what they would be.
//!
//! ```text
//! prepared ─▶ who sends? ─┬─ rehearsal, or --broadcast ─▶ try ─▶ send ─▶ receipt, one after the other
//!                         └─ else, or --dry-run ────────▶ try all, send none
//! ```
//!
//! - Nothing is sent to a chain that is not a rehearsal's without `--broadcast`.
//! - What would be refused is not sent; with it everything behind it is left out.

pub(crate) mod preview;
mod shown;

use crate::{exit::Exit, explain::knowledge, link::Link, signer::Signer};
use alloy_primitives::{Address, B256, Bytes, U256};
use clap::Args;
use ephor_client::{Action, Prepared, SendError};
use ephor_explain::{Knowledge, Payload};
use preview::{Event, Outcome, Refusal};
use serde::Serialize;
use serde_json::Value;
use std::path::PathBuf;

/// Whether and by whom transactions are sent.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Sending")]
pub(crate) struct SendOptions {
    /// Who signs: on a rehearsal network an account by name or address (dev0 where none is given); everywhere keystore:PATH,
    /// ledger[:PATH], trezor[:PATH], aws:KEY, gcp:PROJECT/LOCATION/RING/KEY/VERSION.
    #[arg(long, value_name = "SIGNER")]
    pub(crate) signer: Option<String>,
    /// A file that holds the password of the keystore. Without it the password is asked for.
    #[arg(long, value_name = "FILE")]
    pub(crate) password_file: Option<PathBuf>,
    /// Print what would be sent and what would come of it, and send nothing. The default on chains that are no rehearsal's.
    #[arg(long, conflicts_with = "broadcast")]
    pub(crate) dry_run: bool,
    /// Send, on live chains as well.
    #[arg(long)]
    pub(crate) broadcast: bool,
}

impl SendOptions {
    /// Whether transactions are sent.
    pub(crate) const fn sends(&self, link: &Link) -> bool {
        !self.dry_run && (self.broadcast || link.kind.is_rehearsal())
    }

    /// Who signs.
    ///
    /// # Errors
    /// [`crate::signer::SignerError`].
    pub(crate) async fn signer(&self, link: &Link) -> Result<Signer, crate::signer::SignerError> {
        Signer::named(link, self.signer.as_deref(), self.password_file.as_deref(), self.sends(link)).await
    }
}

/// What was sent, or would be.
#[derive(Debug, Serialize)]
pub(crate) struct Delivered {
    /// Whether transactions were sent.
    pub(crate) sent: bool,
    /// What network it is: "live", "rehearsal", …
    pub(crate) network: &'static str,
    /// The transactions, in order.
    pub(crate) transactions: Vec<Delivery>,
}

/// A transaction that was sent, or would be.
#[derive(Debug, Serialize)]
pub(crate) struct Delivery {
    /// The chain, by name.
    pub(crate) chain: String,
    /// Its id.
    pub(crate) chain_id: u64,
    /// Who sends it.
    pub(crate) from: Address,
    /// Whom it calls.
    pub(crate) to: Address,
    /// What that is called, if it has a name.
    pub(crate) to_name: Option<String>,
    /// Wei it carries.
    pub(crate) value: U256,
    /// Calldata.
    pub(crate) data: Bytes,
    /// What it does, as data.
    pub(crate) action: Action,
    /// What it does, in words.
    pub(crate) what: String,
    /// What the call does, to the leaves: the root of the tree that `ephor explain` shows.
    pub(crate) call: Value,
    /// The same as text.
    #[serde(skip)]
    pub(crate) tree: String,
    /// The transaction's hash, once it is sent.
    pub(crate) hash: Option<B256>,
    /// The block it is in, once it is.
    pub(crate) block: Option<u64>,
    /// What became of it, or would; none if an earlier one was refused.
    pub(crate) outcome: Option<Outcome>,
}

impl Delivery {
    fn new(link: &Link, knowledge: &Knowledge, prepared: &Prepared, from: Address) -> Self {
        let chain_id = link.council.deployment().chain(&prepared.chain).ok().map(|site| site.chain_id);
        let payload = Payload {
            chain: chain_id,
            from: Some(from),
            to: Some(prepared.to),
            value: prepared.value,
            data: prepared.data.clone(),
            ..Payload::default()
        };
        let (call, tree) = match ephor_explain::explain(payload, knowledge) {
            Ok(explanation) => {
                let mut json = explanation.to_json(&knowledge.book);
                (json["root"].take(), explanation.to_text(&knowledge.book))
            }
            Err(too_long) => (Value::Null, too_long.to_string()),
        };
        Self {
            chain: prepared.chain.clone(),
            chain_id: chain_id.unwrap_or_default(),
            from,
            to: prepared.to,
            to_name: link.names.name_of(prepared.to).map(str::to_owned),
            value: prepared.value,
            data: prepared.data.clone(),
            action: prepared.action.clone(),
            what: shown::sentence(link, &prepared.action),
            call,
            tree,
            hash: None,
            block: None,
            outcome: None,
        }
    }

    /// Whether it is refused.
    fn refused(&self) -> bool {
        self.outcome.as_ref().is_some_and(|outcome| !outcome.accepted)
    }
}

impl Delivered {
    /// How the command ends.
    pub(crate) fn exit(&self) -> Exit {
        if self.transactions.iter().any(Delivery::refused) { Exit::Refused } else { Exit::Fine }
    }
}

/// Sends transactions, each by its signer, or tells what would come of it. `told` hears of each that is in a block.
///
/// # Errors
/// [`SendError`]; not when one is refused.
pub(crate) async fn deliver(
    link: &Link,
    transactions: &[(Prepared, &Signer)],
    sends: bool,
) -> Result<Delivered, SendError> {
    let senders: Vec<_> = transactions.iter().map(|(prepared, signer)| (prepared.clone(), signer.address())).collect();
    let knowledge = knowledge::of(link);
    let delivery = |(prepared, from): &(Prepared, Address)| Delivery::new(link, &knowledge, prepared, *from);
    let mut deliveries: Vec<_> = senders.iter().map(delivery).collect();
    if sends {
        for ((prepared, signer), delivery) in transactions.iter().zip(&mut deliveries) {
            send(link, prepared, signer, delivery).await?;
            if delivery.refused() {
                break;
            }
        }
    } else {
        let outcomes = preview::preview(link, &senders).await?;
        for (delivery, outcome) in deliveries.iter_mut().zip(outcomes) {
            delivery.outcome = Some(outcome);
        }
    }
    Ok(Delivered { sent: sends, network: link.network(), transactions: deliveries })
}

/// Tries a transaction and, if it is accepted, sends it.
async fn send(link: &Link, prepared: &Prepared, signer: &Signer, delivery: &mut Delivery) -> Result<(), SendError> {
    let refused = |revert: &_| Outcome {
        accepted: false,
        refusal: Some(Refusal::from(revert)),
        gas: None,
        events: None,
        method: "eth_call",
    };
    if let Some(revert) = link.council.simulate(prepared, signer.address()).await? {
        delivery.outcome = Some(refused(&revert));
        return Ok(());
    }
    let done = match signer.send(link, prepared).await {
        Ok(done) => done,
        Err(SendError::WouldRevert(revert)) => {
            delivery.outcome = Some(refused(&revert));
            return Ok(());
        }
        Err(error) => return Err(error),
    };
    let events = done.logs.iter().map(|log| Event::new(log.address(), log.topics(), &log.data().data)).collect();
    delivery.hash = Some(done.hash);
    delivery.block = Some(done.block);
    delivery.outcome = Some(Outcome {
        accepted: done.succeeded(),
        refusal: done.revert.as_ref().map(Refusal::from),
        gas: Some(done.gas),
        events: done.succeeded().then_some(events),
        method: "eth_getTransactionReceipt",
    });
    Ok(())
}
