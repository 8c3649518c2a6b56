//! What signers were told elsewhere, compared with what a bundle computes: a validation file, a second bundle, a chain.

use std::collections::BTreeMap;

use alloy_primitives::{Address, B256, U256, hex};
use serde::Serialize;

use crate::{
    ceremony::Ceremony,
    difference::{self, Cause},
    nesting::Step,
    release::Release,
    task::{Finding, HashName},
};

/// The most bytes of a validation file.
pub const MAX_BYTES: usize = 4 * 1024 * 1024;

/// Hashes that somebody published for the owners of a Safe.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Expected {
    /// The Safe, where the text names one.
    pub safe: Option<Address>,
    /// The domain hash.
    pub domain: Option<B256>,
    /// The message hash.
    pub message: Option<B256>,
    /// The Safe transaction hash.
    pub safe_tx: Option<B256>,
}

/// What a chain says about a Safe.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OnChain {
    /// Its nonce.
    pub nonce: U256,
    /// Its owners.
    pub owners: Vec<Address>,
    /// Its threshold.
    pub threshold: u64,
    /// Its release.
    pub release: Release,
}

/// Where a chain and a bundle differ.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, thiserror::Error)]
#[serde(rename_all = "kebab-case", tag = "finding")]
pub enum ChainFinding {
    /// Used up.
    #[error(
        "Safe {safe}: nonce {stated} is used up, the chain is at {found}: the transaction cannot be executed any more"
    )]
    Used {
        /// The Safe.
        safe: Address,
        /// The bundle's nonce.
        stated: U256,
        /// The chain's.
        found: U256,
    },
    /// Not yet its turn.
    #[error("Safe {safe}: nonce {stated} comes after {} other transaction(s), the chain is at {found}", stated.saturating_sub(*found))]
    Ahead {
        /// The Safe.
        safe: Address,
        /// The bundle's nonce.
        stated: U256,
        /// The chain's.
        found: U256,
    },
    /// Other owners.
    #[error("Safe {safe}: the owners are others than the bundle says; gone: {gone:?}, new: {new:?}")]
    Owners {
        /// The Safe.
        safe: Address,
        /// In the bundle alone.
        gone: Vec<Address>,
        /// On the chain alone.
        new: Vec<Address>,
    },
    /// Another threshold.
    #[error("Safe {safe}: the threshold is {found}, the bundle says {stated}")]
    Threshold {
        /// The Safe.
        safe: Address,
        /// The bundle's.
        stated: u64,
        /// The chain's.
        found: u64,
    },
    /// Another release.
    #[error("Safe {safe}: the chain says version {found}, the bundle {stated}: {}", if found.hashing() == stated.hashing() { "the hashes are the same" } else { "ALL HASHES OF THIS SAFE DIFFER" })]
    Release {
        /// The Safe.
        safe: Address,
        /// The bundle's.
        stated: Release,
        /// The chain's.
        found: Release,
    },
}

/// Reads the hashes out of a validation file: Markdown or plain text in which a line that names a Safe is followed by lines with its
/// domain, message and Safe transaction hash.
#[must_use]
pub fn read_validation(text: &str) -> Vec<Expected> {
    let mut found: Vec<Expected> = Vec::new();
    for line in text.lines().take(100_000) {
        let lower = line.to_ascii_lowercase();
        let hash = find_hex(line, 32).map(|bytes| B256::from_slice(&bytes));
        let Some(hash) = hash else {
            if lower.contains("safe")
                && let Some(address) = find_hex(line, 20)
            {
                found.push(Expected { safe: Some(Address::from_slice(&address)), ..Expected::default() });
            }
            continue;
        };
        let slot: fn(&mut Expected) -> &mut Option<B256> = if lower.contains("domain") {
            |expected| &mut expected.domain
        } else if lower.contains("message") {
            |expected| &mut expected.message
        } else if lower.contains("safe") && (lower.contains("transaction") || lower.contains("tx")) {
            |expected| &mut expected.safe_tx
        } else {
            continue;
        };
        // Hashes ahead of any Safe, or a second set, are of a Safe that is not named.
        if found.last_mut().is_none_or(|last| slot(last).is_some()) {
            found.push(Expected::default());
        }
        if let Some(last) = found.last_mut() {
            *slot(last) = Some(hash);
        }
    }
    found.retain(|expected| expected.domain.is_some() || expected.message.is_some() || expected.safe_tx.is_some());
    found
}

/// The first `0x` word of exactly that many bytes in a line.
fn find_hex(line: &str, bytes: usize) -> Option<Vec<u8>> {
    line.match_indices("0x").find_map(|(at, _)| {
        let digits: String = line[at + 2..].chars().take_while(char::is_ascii_hexdigit).collect();
        (digits.len() == 2 * bytes).then(|| hex::decode(digits).ok()).flatten()
    })
}

/// Compares what was told with what a ceremony computes. Hashes without a Safe must be those of some Safe.
#[must_use]
pub fn compare(ceremony: &Ceremony, expected: &[Expected]) -> Vec<Finding> {
    let steps = ceremony.steps();
    let mut findings = Vec::new();
    for expected in expected {
        let named = steps.iter().find(|step| Some(step.safe.address) == expected.safe);
        let by_domain = || steps.iter().find(|step| Some(step.hashes.domain) == expected.domain);
        let by_message = || steps.iter().find(|step| Some(step.hashes.message) == expected.message);
        if let Some(step) = named.or_else(by_domain).or_else(by_message).or(steps.first()) {
            compare_step(ceremony, &steps, step, expected, &mut findings);
        }
    }
    findings
}

fn compare_step(
    ceremony: &Ceremony,
    steps: &[Step<'_>],
    step: &Step<'_>,
    expected: &Expected,
    findings: &mut Vec<Finding>,
) {
    let account = step.safe.account(ceremony.chain_id);
    let safe = account.safe;
    let mut add = |hash, computed, expected, cause| findings.push(Finding { safe, hash, computed, expected, cause });
    let differs = |computed: B256, expected: Option<B256>| expected.filter(|expected| *expected != computed);
    if let Some(expected) = differs(step.hashes.domain, expected.domain) {
        let others: Vec<Address> = steps.iter().map(|step| step.safe.address).collect();
        let cause = difference::of_domain(&account, expected, &others);
        add(HashName::Domain, step.hashes.domain, expected, cause);
    }
    if let Some(expected) = differs(step.hashes.message, expected.message) {
        let cause = message_cause(ceremony, step, expected);
        add(HashName::Message, step.hashes.message, expected, cause);
    }
    let reported = expected.domain.is_some_and(|hash| hash != step.hashes.domain)
        || expected.message.is_some_and(|hash| hash != step.hashes.message);
    if let Some(expected) = differs(step.hashes.safe_tx, expected.safe_tx).filter(|_| !reported) {
        let found = (0..=difference::NONCES).map(U256::from).find_map(|distance| {
            let nonce = step.safe.nonce;
            let near = [nonce.checked_add(distance), nonce.checked_sub(distance)];
            near.into_iter().flatten().find(|other| account.hashes(&step.action, *other).safe_tx == expected)
        });
        let cause =
            found.map_or(Cause::Unexplained, |found| Cause::Nonce { safe, stated: step.safe.nonce, expected: found });
        add(HashName::SafeTx, step.hashes.safe_tx, expected, cause);
    }
}

/// Why a message hash differs; for an approval also the nonces of the Safes above.
fn message_cause(ceremony: &Ceremony, step: &Step<'_>, expected: B256) -> Cause {
    let account = step.safe.account(ceremony.chain_id);
    let cause = difference::of_message(&account, &step.action, step.safe.nonce, expected);
    let Some(parent) = step.above.last().filter(|_| cause == Cause::Unexplained) else { return cause };
    for above in &step.above {
        let Some(stated) = ceremony.root.find(*above).map(|safe| safe.nonce) else { continue };
        for distance in 1..=difference::NONCES / 10 {
            let distance = U256::from(distance);
            for nonce in [stated.checked_add(distance), stated.checked_sub(distance)].into_iter().flatten() {
                let other = ceremony.with_nonces(&BTreeMap::from([(*above, nonce)]));
                let fits =
                    |other: &Step<'_>| other.safe.address == step.safe.address && other.hashes.message == expected;
                if other.steps().iter().any(fits) {
                    return Cause::Nonce { safe: *above, stated, expected: nonce };
                }
            }
        }
    }
    Cause::Parent { parent: *parent }
}

/// Where two ceremonies differ: chain, Safes with their nonces and releases, and the transaction call by call.
#[must_use]
pub fn between(here: &Ceremony, there: &Ceremony) -> Vec<Cause> {
    let mut causes = Vec::new();
    if here.chain_id != there.chain_id {
        causes.push(Cause::Chain { stated: here.chain_id, expected: there.chain_id });
    }
    if here.root.address != there.root.address {
        causes.push(Cause::Safe { expected: there.root.address });
    }
    for step in here.steps() {
        let Some(other) = there.root.find(step.safe.address) else { continue };
        if step.safe.nonce != other.nonce {
            let safe = step.safe.address;
            causes.push(Cause::Nonce { safe, stated: step.safe.nonce, expected: other.nonce });
        }
        if step.safe.release.hashing() != other.release.hashing() {
            causes.push(Cause::Release { expected: other.release.hashing() });
        }
    }
    causes.extend(difference::between(&here.action, &there.action));
    causes
}

/// Where a chain says something else than a ceremony assumes.
#[must_use]
pub fn compare_chain(ceremony: &Ceremony, on_chain: &BTreeMap<Address, OnChain>) -> Vec<ChainFinding> {
    let mut findings = Vec::new();
    for step in ceremony.steps() {
        let node = step.safe;
        let (safe, stated) = (node.address, node.nonce);
        let Some(found) = on_chain.get(&safe) else { continue };
        match found.nonce.cmp(&stated) {
            std::cmp::Ordering::Greater => findings.push(ChainFinding::Used { safe, stated, found: found.nonce }),
            std::cmp::Ordering::Less => findings.push(ChainFinding::Ahead { safe, stated, found: found.nonce }),
            std::cmp::Ordering::Equal => {}
        }
        let only = |these: &[Address], those: &[Address]| -> Vec<Address> {
            these.iter().copied().filter(|owner| !those.contains(owner)).collect()
        };
        let (gone, new) = (only(&node.owners, &found.owners), only(&found.owners, &node.owners));
        if !node.owners.is_empty() && (!gone.is_empty() || !new.is_empty()) {
            findings.push(ChainFinding::Owners { safe, gone, new });
        }
        if node.threshold > 0 && node.threshold != found.threshold {
            findings.push(ChainFinding::Threshold { safe, stated: node.threshold, found: found.threshold });
        }
        if node.release != found.release {
            findings.push(ChainFinding::Release { safe, stated: node.release, found: found.release });
        }
    }
    findings
}
