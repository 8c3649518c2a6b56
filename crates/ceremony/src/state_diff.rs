//! Slots that change, and what they mean by the layouts that are known.
//!
//! Known are the layout of the Safe and the slots of ERC-1967 and of OpenZeppelin's owners and initialisers. A slot of a
//! mapping is recognised by hashing the keys that a ceremony can touch. Everything else is said to be unknown.

use alloy_primitives::{Address, B256, U256, keccak256, uint};
use ephor_rules::owners::SENTINEL;
use serde::Serialize;

use crate::nesting::{SafeNode, Step};

/// A slot that changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SlotChange {
    /// The contract.
    pub account: Address,
    /// The slot.
    pub slot: U256,
    /// What it holds.
    pub meaning: String,
    /// Before.
    pub before: U256,
    /// After.
    pub after: U256,
}

/// Slots with a meaning of their own, in any contract.
const WELL_KNOWN: [(U256, &str); 7] = [
    (uint!(0x360894a13ba1a3210667c828492db98dca3e2076cc3735a920a3ca505d382bbc_U256), "implementation (ERC-1967)"),
    (uint!(0xb53127684a568b3173ae13b9f8a6016e243e63b6e8ee1178d6a717850b5d6103_U256), "administrator (ERC-1967)"),
    (uint!(0xa3f0ad74e5423aebfd80d3ef4346578335a9a72aeaee59ff6cb3582b35133d50_U256), "beacon (ERC-1967)"),
    (uint!(0x9016d09d72d40fdae2fd8ceac6b6234c7706214fd39c1cd1e609a0528c199300_U256), "owner (ERC-7201, Ownable)"),
    (
        uint!(0xf0c57e16840df040f15088dc2f81fe391c3923bec73e23a9662efc9c229c6a00_U256),
        "version (ERC-7201, Initializable)",
    ),
    (uint!(0x4a204f620c8c5ccdca3fd54d003badd85ba500436a431f0cbda4f558c93c34c8_U256), "guard of the Safe"),
    (uint!(0x6c9a6c4a39284e37ed1cf53d337577d14212a4870fb976a4366c693b939918d5_U256), "fallback handler of the Safe"),
];

/// The slot of a mapping's value.
fn of_mapping(key: B256, slot: U256) -> U256 {
    keccak256([key, slot.into()].concat()).into()
}

/// What a slot holds, as far as a ceremony's Safes and well-known slots go.
#[must_use]
pub fn meaning(root: &SafeNode, step: &Step<'_>, account: Address, slot: U256) -> String {
    if let Some(safe) = root.find(account)
        && let Some(meaning) = of_safe(safe, step, slot)
    {
        return meaning;
    }
    let known = WELL_KNOWN.iter().find(|(known, _)| *known == slot);
    known.map_or_else(|| "unknown".to_owned(), |(_, meaning)| (*meaning).to_owned())
}

fn of_safe(safe: &SafeNode, step: &Step<'_>, slot: U256) -> Option<String> {
    let fixed = ["the code behind the proxy", "", "", "number of owners", "threshold", "nonce"];
    if let Some(meaning) = usize::try_from(slot).ok().and_then(|slot| fixed.get(slot)).filter(|text| !text.is_empty()) {
        return Some((*meaning).to_owned());
    }
    let mut people: Vec<Address> = safe.owners.clone();
    people.extend(safe.children.iter().map(|child| child.address));
    people.extend([SENTINEL, step.safe.address, step.action.to]);
    // Owners that come or go are named in the calldata.
    people.extend(words(&step.action.data));
    for person in people {
        let who = if person == SENTINEL { "the head".to_owned() } else { person.to_string() };
        if of_mapping(person.into_word(), U256::from(2)) == slot {
            return Some(format!("list of owners: the one after {who}"));
        }
        if of_mapping(person.into_word(), U256::from(1)) == slot {
            return Some(format!("list of modules: the one after {who}"));
        }
        let approvals = of_mapping(person.into_word(), U256::from(8));
        let hashes = [step.hashes.safe_tx].into_iter().chain(hash_words(&step.action.data));
        for hash in hashes {
            if of_mapping(hash, approvals) == slot {
                return Some(format!("approval of {hash} by {who}"));
            }
        }
    }
    None
}

/// The hash that an approval in the calldata is of: the word behind the selector of `approveHash`.
fn hash_words(data: &[u8]) -> Vec<B256> {
    let selector = [0xd4, 0xd9, 0xbd, 0xcd];
    let found = data.windows(36).filter(|window| window.starts_with(&selector));
    found.take(8).map(|window| B256::from_slice(&window[4..])).collect()
}

/// Addresses that stand in calldata as words, wherever calls begin in it; bounded.
fn words(data: &[u8]) -> Vec<Address> {
    let is_address =
        |window: &&[u8]| window[..12].iter().all(|byte| *byte == 0) && window[12..16].iter().any(|byte| *byte != 0);
    let windows = data.windows(32).take(16 * 1024).filter(is_address);
    windows.take(256).map(|window| Address::from_slice(&window[12..])).collect()
}
