//! The keeper: takes every step that anybody may take, as soon as it is due.
//!
//! ```text
//! look ─▶ what is due ─▶ try ─┬─ refused: somebody else was faster, or it is not time yet ─▶ leave it
//!   ▲                         └─ accepted ─▶ send ─▶ receipt ─▶ taken
//!   └──────────── until nothing is taken any more ◀────────────┘
//! ```
//!
//! Several keepers may run at once. What is due is read from the chains each time, so a keeper can be stopped at any point; all that one
//! remembers is which tickets failed, so as not to redeem them without end. That no step is taken twice is the contracts' doing: each refuses what has been done. A keeper tries before it sends,
//! so a race costs a reverted transaction only where two keepers are within the same block.

mod attempts;
pub(crate) mod due;
pub(crate) mod watch;

use crate::{link::Link, signer::Signer};
use alloy_primitives::B256;
use attempts::Attempts;
use due::{Deed, Due};
use ephor_client::{Action, ReadError, SendError, actions::relay::RelayError};
use serde::Serialize;
use std::{cell::RefCell, time::Duration};

/// How long a transaction may be without a block. Then the chains are looked at anew.
const PATIENCE: Duration = Duration::from_secs(300);

/// What is carried on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scope {
    /// Everything: elections, proposals, updates.
    Everything,
    /// Updates on their way to the Safes.
    Updates,
    /// One update, by nonce.
    Update(u64),
}

/// A keeper.
pub(crate) struct Keeper<'a> {
    pub(crate) link: &'a Link,
    pub(crate) signer: &'a Signer,
    pub(crate) scope: Scope,
    attempts: RefCell<Attempts>,
}

/// What a look around brought.
#[derive(Clone, Debug, Default, Serialize)]
pub(crate) struct Round {
    /// Steps taken.
    pub(crate) taken: Vec<Taken>,
    /// Steps that seemed due and were refused: taken by somebody else, or not due yet after all.
    pub(crate) left: Vec<Left>,
    /// What is to come, the earliest first.
    pub(crate) waiting: Vec<Waiting>,
}

/// A step taken.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Taken {
    /// What it is, in words.
    pub(crate) what: String,
    /// The chain.
    pub(crate) chain: String,
    /// The transaction.
    pub(crate) hash: B256,
    /// Its block.
    pub(crate) block: u64,
}

/// A step left.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Left {
    /// What it is, in words.
    pub(crate) what: String,
    /// The chain.
    pub(crate) chain: String,
    /// Why it was left.
    pub(crate) why: String,
    /// When it is taken again, in Unix seconds, if it was taken and what it scheduled failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) again_seconds: Option<u64>,
}

/// A step to come.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Waiting {
    /// What it is, in words.
    pub(crate) what: String,
    /// The chain.
    pub(crate) chain: String,
    /// The earliest time, in Unix seconds.
    pub(crate) earliest_seconds: u64,
}

/// Why a keeper cannot go on for now.
#[derive(Debug, thiserror::Error)]
pub(crate) enum KeepError {
    /// Something cannot be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// A step cannot be prepared.
    #[error(transparent)]
    Relay(#[from] RelayError),
    /// A transaction cannot be sent.
    #[error(transparent)]
    Send(#[from] SendError),
    /// A transaction is in no block.
    #[error("{what}: the transaction has been in no block for {} s", PATIENCE.as_secs())]
    Stuck {
        /// What it was for.
        what: String,
    },
}

impl<'a> Keeper<'a> {
    /// One that has taken nothing yet.
    pub(crate) fn new(link: &'a Link, signer: &'a Signer, scope: Scope) -> Self {
        Self { link, signer, scope, attempts: RefCell::default() }
    }

    /// Takes what is due, until nothing is any more or `stop` says so. `told` hears of each step taken.
    ///
    /// # Errors
    /// [`KeepError`]; steps taken before are taken.
    pub(crate) async fn round(
        &self,
        stop: impl Fn() -> bool,
        mut told: impl FnMut(&Taken),
    ) -> Result<Round, KeepError> {
        let mut round = Round::default();
        loop {
            let Due { deeds, mut waiting } = due::look(self.link, self.scope).await?;
            let before = round.taken.len();
            round.left.retain(|left| left.again_seconds.is_some());
            for deed in deeds {
                if stop() {
                    return Ok(round);
                }
                if let Some(earliest_seconds) = self.waits(&deed).await? {
                    waiting.push(Waiting { what: deed.what, chain: deed.prepared.chain, earliest_seconds });
                    continue;
                }
                match self.take(deed).await? {
                    Ok(taken) => {
                        told(&taken);
                        round.taken.push(taken);
                    }
                    Err(left) => {
                        if let Left { what, chain, again_seconds: Some(earliest_seconds), .. } = left.clone() {
                            waiting.push(Waiting { what, chain, earliest_seconds });
                        }
                        round.left.push(left);
                    }
                }
            }
            waiting.sort_by_key(|waiting| waiting.earliest_seconds);
            round.waiting = waiting;
            if round.taken.len() == before {
                return Ok(round);
            }
        }
    }

    /// Until when a step waits because what it scheduled before has failed.
    async fn waits(&self, deed: &Deed) -> Result<Option<u64>, KeepError> {
        let Action::Redeem { ticket } = deed.prepared.action else { return Ok(None) };
        let Some(again_seconds) = self.attempts.borrow().again(ticket) else { return Ok(None) };
        let now = self.link.council.now(&deed.prepared.chain).await?.seconds;
        Ok((now < again_seconds).then_some(again_seconds))
    }

    /// When a step is to be taken again, if it was taken but what it scheduled has failed.
    async fn failed(&self, chain: &str, action: &Action) -> Result<Option<u64>, KeepError> {
        let Action::Redeem { ticket } = *action else { return Ok(None) };
        if self.link.council.redeemable_until(chain, ticket).await?.is_none() {
            self.attempts.borrow_mut().succeed(ticket);
            return Ok(None);
        }
        let now = self.link.council.now(chain).await?.seconds;
        Ok(Some(self.attempts.borrow_mut().fail(ticket, now)))
    }

    /// Takes a step, unless it is refused.
    async fn take(&self, deed: Deed) -> Result<Result<Taken, Left>, KeepError> {
        let Deed { prepared, what } = deed;
        let chain = prepared.chain.clone();
        let leave =
            |why: String, again_seconds| Ok(Err(Left { what: what.clone(), chain: chain.clone(), why, again_seconds }));
        let left = |why: String| leave(why, None);
        if let Some(revert) = self.link.council.simulate(&prepared, self.signer.address()).await? {
            return left(revert.to_string());
        }
        let sent = tokio::time::timeout(PATIENCE, self.signer.send(self.link, &prepared)).await;
        match sent.map_err(|_| KeepError::Stuck { what: what.clone() })? {
            Ok(done) => match &done.revert {
                None => match self.failed(&chain, &prepared.action).await? {
                    None => Ok(Ok(Taken { what, chain, hash: done.hash, block: done.block })),
                    again => leave(format!("the attempt failed, and the ticket stays ({})", done.hash), again),
                },
                Some(revert) => left(format!("somebody else was faster: {revert}")),
            },
            Err(SendError::WouldRevert(revert)) => left(revert.to_string()),
            // A nonce used up by another keeper with the same account, a transaction that is there already: looked at anew.
            Err(SendError::Refused { source, .. }) if source.as_error_resp().is_some() => left(source.to_string()),
            Err(error) => Err(error.into()),
        }
    }
}
