//! The keeper: takes every step that anybody may take, as soon as it is due.
//!
//! ```text
//! look ─▶ what is due ─▶ try ─┬─ refused: somebody else was faster, or it is not time yet ─▶ leave it
//!   ▲                         └─ accepted ─▶ send ─▶ receipt ─▶ taken
//!   └──────────── until nothing is taken any more ◀────────────┘
//! ```
//!
//! Several keepers may run at once. What is due is read from the chains each time and nothing is remembered, so a keeper can be stopped
//! at any point. That no step is taken twice is the contracts' doing: each refuses what has been done. A keeper tries before it sends,
//! so a race costs a reverted transaction only where two keepers are within the same block.

pub(crate) mod due;
pub(crate) mod watch;

use crate::{link::Link, signer::Signer};
use alloy_primitives::B256;
use due::{Deed, Due};
use ephor_client::{ReadError, SendError, actions::relay::RelayError};
use serde::Serialize;
use std::time::Duration;

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

impl Keeper<'_> {
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
            let Due { deeds, waiting } = due::look(self.link, self.scope).await?;
            let before = round.taken.len();
            round.left.clear();
            for deed in deeds {
                if stop() {
                    return Ok(round);
                }
                match self.take(deed).await? {
                    Ok(taken) => {
                        told(&taken);
                        round.taken.push(taken);
                    }
                    Err(left) => round.left.push(left),
                }
            }
            round.waiting = waiting;
            if round.taken.len() == before {
                return Ok(round);
            }
        }
    }

    /// Takes a step, unless it is refused.
    async fn take(&self, deed: Deed) -> Result<Result<Taken, Left>, KeepError> {
        let Deed { prepared, what } = deed;
        let chain = prepared.chain.clone();
        let left = |why: String| Ok(Err(Left { what: what.clone(), chain: chain.clone(), why }));
        if let Some(revert) = self.link.council.simulate(&prepared, self.signer.address()).await? {
            return left(revert.to_string());
        }
        let sent = tokio::time::timeout(PATIENCE, self.signer.send(self.link, &prepared)).await;
        match sent.map_err(|_| KeepError::Stuck { what: what.clone() })? {
            Ok(done) => match &done.revert {
                None => Ok(Ok(Taken { what, chain, hash: done.hash, block: done.block })),
                Some(revert) => left(format!("somebody else was faster: {revert}")),
            },
            Err(SendError::WouldRevert(revert)) => left(revert.to_string()),
            // A nonce used up by another keeper with the same account, a transaction that is there already: looked at anew.
            Err(SendError::Refused { source, .. }) if source.as_error_resp().is_some() => left(source.to_string()),
            Err(error) => Err(error.into()),
        }
    }
}
