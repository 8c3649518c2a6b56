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
    /// For the approval of a transaction that cannot be executed any more: a Safe above is at a later nonce.
    Overtaken {
        /// The Safe above.
        parent: Address,
        /// Its nonce in the ceremony.
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
    let found = own.chain(near).flatten().find(is);
    // What is approved holds the nonces of the Safes above.
    let overtaken = step.above.iter().find_map(|parent| {
        let nonce = ceremony.root.find(*parent)?.nonce;
        let now = now.get(parent).copied().filter(|now| *now > nonce)?;
        Some(Freshness::Overtaken { parent: *parent, nonce, now })
    });
    if let (Some(nonce), Some(overtaken)) = (found, overtaken)
        && nonce >= current
    {
        return overtaken;
    }
    match found {
        Some(nonce) if nonce == current => Freshness::Fresh,
        Some(nonce) if nonce > current => Freshness::Waiting { nonce, now: current },
        Some(nonce) => Freshness::Stale { nonce, now: current },
        None => unrelated,
    }
}

#[cfg(test)]
mod tests {
    use alloy_primitives::Bytes;

    use super::*;
    use crate::{nesting::SafeNode, release::Release, signature::Consent, transaction::Action};

    const ROOT: Address = Address::repeat_byte(0xa0);
    const CHILD: Address = Address::repeat_byte(0xb0);

    /// How fresh a signature of the Safe is when the root is at one nonce and the child at another; made for 7 and 3.
    fn fresh(safe: Address, root_nonce: u64, child_nonce: u64) -> Freshness {
        let mut root = SafeNode::new(ROOT, Release::V1_3_0, U256::from(7));
        root.children = vec![SafeNode::new(CHILD, Release::V1_4_1, U256::from(3))];
        let (action, names, former_owners) = (Action::default(), BTreeMap::new(), BTreeMap::new());
        let ceremony = Ceremony { title: "t".to_owned(), chain_id: 1, root, action, names, former_owners, world: None };
        let steps = ceremony.steps();
        let safe_tx_hash = steps.iter().find(|step| step.safe.address == safe).expect("a step").hashes.safe_tx;
        let consent = Consent::Signed { signature: Bytes::new() };
        let signature = Signature { chain_id: 1, safe, safe_tx_hash, owner: Address::ZERO, consent };
        let now = BTreeMap::from([(ROOT, U256::from(root_nonce)), (CHILD, U256::from(child_nonce))]);
        freshness(&ceremony, &now, &signature)
    }

    #[test]
    fn signatures_go_stale_with_their_own_nonce_and_with_those_above() {
        let number = U256::from;
        assert_eq!(fresh(ROOT, 7, 3), Freshness::Fresh);
        assert_eq!(fresh(CHILD, 7, 3), Freshness::Fresh);
        assert_eq!(fresh(ROOT, 5, 3), Freshness::Waiting { nonce: number(7), now: number(5) });
        assert_eq!(fresh(ROOT, 8, 3), Freshness::Stale { nonce: number(7), now: number(8) });
        assert_eq!(fresh(CHILD, 7, 4), Freshness::Stale { nonce: number(3), now: number(4) });
        // The root has gone on: what the child would approve is executed no more.
        let overtaken = Freshness::Overtaken { parent: ROOT, nonce: number(7), now: number(8) };
        assert_eq!((fresh(CHILD, 8, 3), fresh(CHILD, 8, 2)), (overtaken.clone(), overtaken));
        assert_eq!(fresh(CHILD, 5, 3), Freshness::Fresh);
    }
}
