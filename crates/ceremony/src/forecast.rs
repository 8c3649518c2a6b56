//! What the hashes will be when other transactions go first, and which signatures have gone stale.

use std::collections::BTreeMap;

use alloy_primitives::{Address, B256, U256};
use serde::Serialize;

use crate::{ceremony::Ceremony, signature::Signature, transaction::Hashes};

/// The most transactions that are looked ahead.
pub const MAX_AHEAD: u64 = 100;
/// How far back a stale signature's nonce is looked for.
const BACK: u64 = 256;

/// The hashes of a Safe when it is some transactions later.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Forecast {
    /// How many transactions of each Safe go first.
    pub ahead: u64,
    /// The Safe.
    pub safe: Address,
    /// Its nonce then.
    pub nonce: U256,
    /// What its owners will see.
    pub hashes: Hashes,
}

/// Whether a signature still counts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case", tag = "state")]
pub enum Freshness {
    /// For the nonce that is next.
    Fresh,
    /// For a later nonce.
    Waiting {
        /// Its nonce.
        nonce: U256,
        /// The chain's.
        now: U256,
    },
    /// For a nonce that is used up.
    Stale {
        /// Its nonce.
        nonce: U256,
        /// The chain's.
        now: U256,
    },
    /// For no nonce of this transaction.
    Unrelated {
        /// Its hash.
        hash: B256,
    },
}

/// The hashes of every Safe for the next nonces. `queued` says how many transactions of a Safe are ahead already; the nonces of
/// `now`, where given, are those of the chain, else those of the ceremony.
#[must_use]
pub fn forecast(
    ceremony: &Ceremony,
    now: &BTreeMap<Address, U256>,
    queued: &BTreeMap<Address, u64>,
    count: u64,
) -> Vec<Forecast> {
    let mut found = Vec::new();
    for ahead in 0..count.min(MAX_AHEAD) {
        let nonces: BTreeMap<Address, U256> = ceremony
            .steps()
            .iter()
            .map(|step| {
                let safe = step.safe.address;
                let base = now.get(&safe).copied().unwrap_or(step.safe.nonce);
                let before = queued.get(&safe).copied().unwrap_or_default().saturating_add(ahead);
                (safe, base.saturating_add(U256::from(before)))
            })
            .collect();
        let then = ceremony.with_nonces(&nonces);
        let each = then.steps().into_iter().map(|step| Forecast {
            ahead,
            safe: step.safe.address,
            nonce: step.safe.nonce,
            hashes: step.hashes,
        });
        found.extend(each);
    }
    found
}

/// Whether each signature still counts when the Safes are at the nonces of `now`.
#[must_use]
pub fn freshness(ceremony: &Ceremony, now: &BTreeMap<Address, U256>, signature: &Signature) -> Freshness {
    let unrelated = Freshness::Unrelated { hash: signature.safe_tx_hash };
    let steps = ceremony.steps();
    let Some(step) = steps.iter().find(|step| step.safe.address == signature.safe) else { return unrelated };
    let account = step.safe.account(ceremony.chain_id);
    let current = now.get(&signature.safe).copied().unwrap_or(step.safe.nonce);
    let is = |nonce: &U256| account.hashes(&step.action, *nonce).safe_tx == signature.safe_tx_hash;
    let near = (0..=BACK).map(U256::from).flat_map(|by| [current.checked_sub(by), current.checked_add(by)]);
    let own = std::iter::once(Some(step.safe.nonce));
    match own.chain(near).flatten().find(is) {
        Some(nonce) if nonce == current => Freshness::Fresh,
        Some(nonce) if nonce > current => Freshness::Waiting { nonce, now: current },
        Some(nonce) => Freshness::Stale { nonce, now: current },
        None => unrelated,
    }
}
