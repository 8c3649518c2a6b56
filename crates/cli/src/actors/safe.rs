//! A change that only a Safe may make: its owners consent, then it is executed.
//!
//! ```text
//! the change ─▶ transaction of the Safe ─┬─ signatures made elsewhere (--signature), checked ─┐
//!                                        ├─ approvals on chain, of those who approved ────────┼─▶ enough? ─▶ execute
//!                                        ├─ the signer's own, by sending it ──────────────────┤     └─ no ─▶ the signer approves
//!                                        └─ on a rehearsal without a signer: owners in order ─┘
//! ```
//!
//! On a rehearsal network the Safe itself can be acted for (`--as-safe`), as if its owners had consented.

use super::{ActOptions, council::ChangeOptions, messages, print};
use crate::{
    deliver::deliver,
    exit::{Exit, Failure},
    link::Link,
    signer::Signer,
};
use alloy_primitives::{Address, U256};
use clap::Args;
use ephor_abi::safe::ISafe;
use ephor_charter::{Holder, Part, Role};
use ephor_client::{
    Prepared, ReadError,
    actions::council::{Consent, SafeTransaction},
};
use std::path::PathBuf;

/// How a Safe makes a change.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Consent of the Safe")]
pub(crate) struct SafeOptions {
    /// The Safe that makes the change. Without it the one that the charter gives this power.
    #[arg(long, value_name = "NAME")]
    pub(crate) safe: Option<String>,
    /// Act in the Safe's name without the consent of its owners. Rehearsal networks only.
    #[arg(long, conflicts_with_all = ["export", "signature", "signer"])]
    pub(crate) as_safe: bool,
    /// Write the Safe's transaction, which its owners sign (EIP-712), to a new file, and send nothing.
    #[arg(long, value_name = "FILE", conflicts_with = "signature")]
    pub(crate) export: Option<PathBuf>,
    /// Hand in an owner's signature of that message: hexadecimal digits, or a file that holds them. May be given several times.
    #[arg(long, value_name = "FILE|HEX")]
    pub(crate) signature: Vec<String>,
}

/// Why a Safe does not act.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum SafeError {
    /// No Safe may.
    #[error("by the charter no Safe has the role {role}\n  remedy: name one with --safe")]
    Nobody {
        /// The role.
        role: &'static str,
    },
    /// Only a node of a rehearsal acts for a Safe.
    #[error(
        "a Safe acts without its owners only on rehearsal networks\n  remedy: leave --as-safe out, and collect the owners' consent"
    )]
    NotARehearsal,
    /// Somebody else's signature.
    #[error(
        "the signature is that of {found} for this message, who does not own the Safe\n  remedy: sign exactly the message that --export writes; the Safe's nonce is {nonce} now"
    )]
    NotAnOwner {
        /// Whose it is.
        found: Address,
        /// The nonce it must be of.
        nonce: U256,
    },
    /// The signer does not own it, and consent is missing.
    #[error(
        "{missing} more owners of the Safe must consent, and {signer} is none of them or has consented already\n  remedy: sign with another owner's key, or hand in signatures with --signature"
    )]
    Missing {
        /// The signer.
        signer: Address,
        /// How many consents are missing.
        missing: usize,
    },
}

/// Has a Safe make a change.
///
/// # Errors
/// [`Failure`].
pub(super) async fn act(link: &Link, prepared: &Prepared, role: Role, change: &ChangeOptions) -> Result<Exit, Failure> {
    let ChangeOptions { safe: options, act: ActOptions { send, link: connection } } = change;
    let sends = send.sends(link);
    let named = match &options.safe {
        Some(name) => name.clone(),
        None => holder(link, role).ok_or(SafeError::Nobody { role: role.name() })?,
    };
    let site = link.council.deployment().safe(&named)?.clone();
    if options.as_safe {
        if !link.kind.is_rehearsal() {
            return Err(SafeError::NotARehearsal.into());
        }
        let safe = Signer::Node(site.address);
        let delivered = deliver(link, &[(prepared.clone(), &safe)], sends).await?;
        return print(link, &delivered, connection.json);
    }
    let transaction = link.council.safe_transaction(&named, prepared).await?;
    if let Some(file) = &options.export {
        return messages::export(link, &transaction.typed(), file, connection.json);
    }
    let consents = Consents::of(link, &transaction, &options.signature).await?;
    let own = send.signer.is_some() || link.signer.is_some() || !link.kind.is_rehearsal();
    let signers: Vec<Signer> = if own {
        vec![send.signer(link).await?]
    } else {
        let owners = consents.owners.iter().filter(|owner| !consents.has(**owner));
        let missing = owners.take(consents.missing()).map(|owner| Signer::Node(*owner));
        // Somebody has to send it, even if all have consented.
        missing.chain(std::iter::once(send.signer(link).await?)).collect()
    };
    let steps = steps(&transaction, consents, &signers)?;
    let delivered = deliver(link, &steps, sends).await?;
    print(link, &delivered, connection.json)
}

/// The Safe that holds a role of the manager.
fn holder(link: &Link, role: Role) -> Option<String> {
    let holders = link.charter.grants(Part::CouncilManager, role).flat_map(|grant| &grant.holders);
    let mut safes = holders.filter_map(|holder| match holder {
        Holder::Safe(name) => Some(name.clone()),
        _ => None,
    });
    safes.next()
}

/// The consents there are.
struct Consents {
    owners: Vec<Address>,
    threshold: usize,
    given: Vec<Consent>,
}

impl Consents {
    /// Those given on chain and those handed in.
    async fn of(link: &Link, transaction: &SafeTransaction, signatures: &[String]) -> Result<Self, Failure> {
        let SafeTransaction { chain, address, nonce, .. } = transaction;
        let owners = link.council.call(chain, *address, &ISafe::getOwnersCall {}).await?;
        let threshold: U256 = link.council.call(chain, *address, &ISafe::getThresholdCall {}).await?;
        let mut given = Vec::new();
        let typed = transaction.typed();
        for text in signatures {
            let (signature, owner) = messages::read(text, &typed)?;
            if !owners.contains(&owner) {
                return Err(SafeError::NotAnOwner { found: owner, nonce: *nonce }.into());
            }
            given.push(Consent::Signed { owner, signature });
        }
        let mut consents = Self { threshold: threshold.saturating_to(), owners, given };
        for owner in consents.owners.clone() {
            if !consents.has(owner) && approved(link, transaction, owner).await? {
                consents.given.push(Consent::Approved { owner });
            }
        }
        Ok(consents)
    }

    fn has(&self, owner: Address) -> bool {
        self.given.iter().any(|consent| consent.owner() == owner)
    }

    fn missing(&self) -> usize {
        self.threshold.saturating_sub(self.given.len())
    }
}

async fn approved(link: &Link, transaction: &SafeTransaction, owner: Address) -> Result<bool, ReadError> {
    let call = ISafe::approvedHashesCall { _0: owner, _1: transaction.hash() };
    let approved: U256 = link.council.call(&transaction.chain, transaction.address, &call).await?;
    Ok(!approved.is_zero())
}

/// What the signers send: approvals, and by the last of them the execution, once there is enough consent. Who sends the execution need not
/// approve.
fn steps<'a>(
    transaction: &SafeTransaction,
    mut consents: Consents,
    signers: &'a [Signer],
) -> Result<Vec<(Prepared, &'a Signer)>, Failure> {
    let mut steps = Vec::new();
    for (number, signer) in signers.iter().enumerate() {
        let (account, last) = (signer.address(), number + 1 == signers.len());
        let may = consents.owners.contains(&account) && !consents.has(account);
        if last && consents.missing() == 0 {
            break;
        }
        if !may {
            return Err(SafeError::Missing { signer: account, missing: consents.missing() }.into());
        }
        consents.given.push(Consent::Approved { owner: account });
        if last && consents.missing() == 0 {
            break;
        }
        steps.push((transaction.approve(account), signer));
    }
    if let Some(signer) = signers.last().filter(|_| consents.missing() == 0) {
        steps.push((transaction.execute(&consents.given), signer));
    }
    Ok(steps)
}

impl From<SafeError> for Failure {
    fn from(error: SafeError) -> Self {
        match error {
            SafeError::Missing { .. } | SafeError::NotARehearsal => Self::Consent(error),
            SafeError::NotAnOwner { .. } | SafeError::Nobody { .. } => Self::Safe(error),
        }
    }
}
