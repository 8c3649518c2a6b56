//! What signers were told elsewhere, compared with what a bundle computes: a validation file, a second bundle, a chain.

use std::collections::BTreeMap;

use alloy_primitives::{Address, B256, U256};
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
/// The most findings of one comparison: each is looked into, which takes time, and the first says all that a signer needs.
pub const MAX_FINDINGS: usize = 64;

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

impl Expected {
    /// How many hashes it holds.
    #[must_use]
    pub fn count(&self) -> usize {
        [self.domain, self.message, self.safe_tx].iter().flatten().count()
    }

    fn slot(&mut self, name: HashName) -> &mut Option<B256> {
        match name {
            HashName::Domain => &mut self.domain,
            HashName::Message => &mut self.message,
            HashName::SafeTx | HashName::Root => &mut self.safe_tx,
        }
    }
}

/// Reads the hashes out of a validation file: Markdown or plain text in which a line that names a Safe is followed by lines with its
/// domain, message and Safe transaction hash. In a line with several hashes each is what the words before it say; of a hash that stands
/// alone, the line above says it.
#[must_use]
pub fn read_validation(text: &str) -> Vec<Expected> {
    let mut found: Vec<Expected> = Vec::new();
    let mut announced = None;
    for line in text.lines().take(100_000) {
        let hexes = hexes(line);
        let of_safe = hexes.iter().find(|(_, digits)| digits.len() == 40).filter(|_| mentions(line, "safe"));
        let safe: Option<Address> = of_safe.and_then(|(_, digits)| digits.parse().ok());
        if safe.is_some() && found.last().is_none_or(|last| last.safe != safe || last.count() > 0) {
            found.push(Expected { safe, ..Expected::default() });
        }
        let hashes = hexes.iter().filter(|(_, digits)| digits.len() == 64).count();
        if hashes == 0 {
            let blank = !line.contains(char::is_alphanumeric);
            announced = if blank { announced } else { named(line).filter(|_| mentions(line, "hash")) };
            continue;
        }
        let mut from = 0;
        for (at, digits) in hexes {
            let before = line[from..at].trim_end_matches("0x");
            let above = announced.filter(|_| hashes == 1 && !before.contains(char::is_alphabetic));
            let name = named(before).or(above).or_else(|| named(line).filter(|_| hashes == 1));
            from = at + digits.len();
            let hash = if digits.len() == 64 { digits.parse::<B256>().ok() } else { None };
            let (Some(name), Some(hash)) = (name, hash) else { continue };
            // Hashes ahead of any Safe, or a second set, are of a Safe that is not named.
            if found.last_mut().is_none_or(|last| last.slot(name).is_some()) {
                found.push(Expected::default());
            }
            if let Some(last) = found.last_mut() {
                *last.slot(name) = Some(hash);
            }
        }
        announced = None;
    }
    found.retain(|expected| expected.count() > 0);
    found
}

fn mentions(line: &str, word: &str) -> bool {
    line.to_ascii_lowercase().contains(word)
}

/// Which hash the words before it announce.
fn named(words: &str) -> Option<HashName> {
    let lower = words.to_ascii_lowercase();
    if lower.contains("domain") {
        Some(HashName::Domain)
    } else if lower.contains("message") {
        Some(HashName::Message)
    } else if lower.contains("safe") && (lower.contains("transaction") || lower.contains("tx")) {
        Some(HashName::SafeTx)
    } else {
        None
    }
}

/// The words of a line that begin with `0x`: where their digits begin, and the digits.
fn hexes(line: &str) -> Vec<(usize, &str)> {
    let words = line.match_indices("0x").map(|(at, _)| {
        let rest = &line[at + 2..];
        (at + 2, &rest[..rest.bytes().take_while(u8::is_ascii_hexdigit).count()])
    });
    words.collect()
}

/// Compares what was told with what a ceremony computes. Hashes without a Safe must be those of some Safe.
#[must_use]
pub fn compare(ceremony: &Ceremony, expected: &[Expected]) -> Vec<Finding> {
    let steps = ceremony.steps();
    let mut findings = Vec::new();
    for expected in expected {
        if findings.len() >= MAX_FINDINGS {
            break;
        }
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
    let told = expected.safe;
    let account = step.safe.account(ceremony.chain_id);
    let safe = account.safe;
    let mut add = |hash, computed, expected, cause| findings.push(Finding { safe, hash, computed, expected, cause });
    let differs = |computed: B256, expected: Option<B256>| expected.filter(|expected| *expected != computed);
    if let Some(expected) = differs(step.hashes.domain, expected.domain) {
        let others: Vec<Address> = steps.iter().map(|step| step.safe.address).chain(told).collect();
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
    let (ours, theirs) = (here.steps(), there.steps());
    for step in &ours {
        let safe = step.safe.address;
        let Some(other) = theirs.iter().find(|other| other.safe.address == safe) else {
            let below_root = !step.above.is_empty();
            causes.extend(below_root.then_some(Cause::Part { safe, here: true }));
            continue;
        };
        if step.safe.nonce != other.safe.nonce {
            causes.push(Cause::Nonce { safe, stated: step.safe.nonce, expected: other.safe.nonce });
        }
        if step.safe.release.hashing() != other.safe.release.hashing() {
            causes.push(Cause::Release { expected: other.safe.release.hashing() });
        }
        if step.above.last() != other.above.last() && !step.above.is_empty() {
            causes.extend(step.above.last().map(|parent| Cause::Parent { parent: *parent }));
        } else if step.safe.approval != other.safe.approval && !step.above.is_empty() {
            causes.push(Cause::Approval { safe, here: step.safe.approval, there: other.safe.approval });
        }
    }
    for other in theirs.iter().filter(|other| !other.above.is_empty()) {
        if !ours.iter().any(|step| step.safe.address == other.safe.address) {
            causes.push(Cause::Part { safe: other.safe.address, here: false });
        }
    }
    causes.extend(difference::between(&here.action, &there.action));
    causes
}

/// Where two ceremonies of the same hashes differ: what signers are told beside them.
#[must_use]
pub fn surroundings_between(here: &Ceremony, there: &Ceremony) -> Vec<&'static str> {
    let owners = |ceremony: &Ceremony| -> Vec<_> {
        let each = ceremony.steps().into_iter();
        each.map(|step| (step.safe.address, step.safe.owners.clone(), step.safe.threshold)).collect()
    };
    let names = |ceremony: &Ceremony| -> Vec<_> {
        ceremony.steps().into_iter().map(|step| (step.safe.address, step.safe.name.clone())).collect()
    };
    let releases =
        |ceremony: &Ceremony| -> Vec<_> { ceremony.steps().into_iter().map(|step| step.safe.release).collect() };
    let parts = [
        (here.title != there.title, "the title"),
        (here.names != there.names || names(here) != names(there), "names"),
        (owners(here) != owners(there), "owners or thresholds"),
        (releases(here) != releases(there), "versions of Safes"),
        (here.former_owners != there.former_owners, "former owners"),
        (here.world != there.world, "the state on which it is simulated"),
    ];
    parts.into_iter().filter(|(differ, _)| *differ).map(|(_, part)| part).collect()
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

#[cfg(test)]
mod tests {
    use super::*;

    const SAFE: Address = Address::repeat_byte(0xa0);

    fn hash(byte: u8) -> B256 {
        B256::repeat_byte(byte)
    }

    #[track_caller]
    fn check(text: &str, expected: &[Expected]) {
        assert_eq!(read_validation(text), expected, "{text}");
    }

    #[test]
    fn reads_hashes_in_the_ways_in_which_they_are_published() {
        let both = Expected { safe: Some(SAFE), domain: Some(hash(1)), message: Some(hash(2)), safe_tx: None };
        let (one, two) = (hash(1), hash(2));
        check(&format!("### Safe: `{SAFE}`\n\n- Domain Hash: `{one}`\n- Message Hash: `{two}`\n"), &[both]);
        check(&format!("Safe {SAFE}\r\nDomain hash: {one}, message hash: {two}\r\n"), &[both]);
        check(&format!("Safe {SAFE}: domain {one}, message {two}"), &[both]);
        check(&format!("| Safe {SAFE} | domain hash | {one} | message hash | {two} |"), &[both]);
        check(
            &format!("> ### Council Safe ({SAFE})\n> Domain Hash:\n>\n> `{one}`\n> Message Hash:\n> `{two}`"),
            &[both],
        );
        check(&format!("Safe {SAFE}\n{one} is the domain hash\n{two} is the message hash"), &[both]);
        let safe_tx = Expected { safe_tx: Some(one), ..Expected::default() };
        check(&format!("Safe Transaction Hash: {one}"), &[safe_tx]);
    }

    #[test]
    fn takes_nothing_else_for_a_hash_that_signers_see() {
        check(&format!("## Expected Domain and Message Hashes\n\nRaw slot: {}", hash(1)), &[]);
        check(&format!("The message says:\n{}", hash(1)), &[]);
        check(&format!("Domain hash: {}ff", hash(1)), &[]);
        check(&format!("Domain hash: {}", &hash(1).to_string()[..64]), &[]);
        check(&format!("| Domain hash | Message hash |\n|---|---|\n| {} | {} |", hash(1), hash(2)), &[]);
    }
}
