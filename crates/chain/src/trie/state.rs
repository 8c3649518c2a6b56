//! The root of a whole state, kept up to date with each step.

use std::collections::BTreeMap;

use alloy_primitives::{Address, B256, U256, keccak256};
use alloy_trie::TrieAccount;

use super::{
    NodeChanges, Nodes, TrieError, TrieId,
    update::{root, update},
};
use crate::state::{AccountRecord, StateDelta};

/// What a step makes of the tries.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct TrieDelta {
    /// The root of the state after the step.
    pub(crate) root: B256,
    pub(crate) nodes: NodeChanges,
}

/// The root of the state that a step leads to, with what changes on the way. `record` is an account before the step; it is asked only of
/// accounts of which the step changes nothing but slots.
///
/// An account is in the trie of accounts unless it is empty, as EIP-161 has it, and has no storage.
///
/// # Errors
/// [`TrieError`] when the tries cannot be read.
pub(crate) fn advance<N: Nodes>(
    nodes: &N,
    step: &StateDelta,
    record: impl Fn(Address) -> AccountRecord,
) -> Result<TrieDelta, TrieError> {
    let mut changed = NodeChanges::new();
    let mut accounts: BTreeMap<Address, Option<AccountRecord>> =
        step.accounts.iter().map(|(address, record)| (*address, Some(record.unwrap_or_default()))).collect();
    let mut slots = BTreeMap::<Address, BTreeMap<B256, Option<Vec<u8>>>>::new();
    for (address, slot, value) in &step.slots {
        accounts.entry(*address).or_default();
        slots.entry(*address).or_default().insert(hashed_slot(*slot), slot_value(*value));
    }
    let mut changes = BTreeMap::new();
    for (address, changed_record) in accounts {
        let hashed = keccak256(address);
        let storage = TrieId::Storage(hashed);
        let storage_root = match slots.get(&address) {
            Some(slots) => update(nodes, storage, slots, &mut changed)?,
            None => root(nodes, storage),
        };
        let AccountRecord { balance, nonce, code_hash } = changed_record.unwrap_or_else(|| record(address));
        let account = TrieAccount { nonce, balance, storage_root, code_hash };
        changes.insert(hashed, (account != TrieAccount::default()).then(|| alloy_rlp::encode(account)));
    }
    let root = update(nodes, TrieId::Accounts, &changes, &mut changed)?;
    Ok(TrieDelta { root, nodes: changed })
}

/// The key of a slot in its trie.
pub(crate) fn hashed_slot(slot: U256) -> B256 {
    keccak256(slot.to_be_bytes::<32>())
}

fn slot_value(value: U256) -> Option<Vec<u8>> {
    (!value.is_zero()).then(|| alloy_rlp::encode(value))
}
