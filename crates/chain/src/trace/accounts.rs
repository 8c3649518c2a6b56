//! The accounts that a transaction looked at.

use std::collections::BTreeMap;

use alloy_primitives::{Address, Bytes, U256};
use revm::{
    Database, Journal,
    context_interface::JournalTr,
    state::{Account, AccountInfo, Bytecode, TransactionId},
};

use crate::{
    ledger::Ledger,
    scene::{AccountOverride, StorageOverride},
    state::{Accounts, StateDelta},
};

/// An account before and after a transaction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TouchedAccount {
    /// As it was; `None` if it did not exist.
    pub before: Option<AccountState>,
    /// As it is; `None` if it does not exist any more, or still not.
    pub after: Option<AccountState>,
}

/// An account, with the slots that were looked at.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AccountState {
    /// Wei.
    pub balance: U256,
    /// Transactions sent.
    pub nonce: u64,
    /// Code.
    pub code: Bytes,
    /// The slots that were looked at, zero or not.
    pub storage: BTreeMap<U256, U256>,
}

impl AccountState {
    fn of(info: &AccountInfo, storage: BTreeMap<U256, U256>) -> Option<Self> {
        let code = info.code.as_ref().map(Bytecode::original_bytes).unwrap_or_default();
        let state = Self { balance: info.balance, nonce: info.nonce, code, storage };
        (!info.is_empty()).then_some(state)
    }
}

/// What transaction `id` of a journal looked at. The coinbase counts as looked at.
pub(super) fn touched<D: Database>(
    journal: &mut Journal<D>,
    id: TransactionId,
    coinbase: Address,
) -> BTreeMap<Address, TouchedAccount> {
    // The transaction is over: whatever is loaded now is as it left it.
    let untouched = journal.inner.state.get(&coinbase).is_none_or(|account| account.transaction_id != id);
    let mut accounts: BTreeMap<Address, TouchedAccount> = journal
        .inner
        .state
        .iter()
        .filter(|(_, account)| account.transaction_id == id)
        .map(|(address, account)| (*address, of_account(account, id)))
        .collect();
    if untouched && let Ok(load) = journal.load_account(coinbase) {
        let state = AccountState::of(&load.data.info, BTreeMap::new());
        accounts.insert(coinbase, TouchedAccount { before: state.clone(), after: state });
    }
    accounts
}

fn of_account(account: &Account, id: TransactionId) -> TouchedAccount {
    let slots = || account.storage.iter().filter(|(_, slot)| slot.transaction_id == id);
    let before = slots().map(|(slot, value)| (*slot, value.original_value)).collect();
    let after = slots().map(|(slot, value)| (*slot, value.present_value)).collect();
    let gone = account.is_selfdestructed_locally();
    TouchedAccount {
        before: AccountState::of(&account.original_info(), before),
        after: AccountState::of(&account.info, after).filter(|_| !gone),
    }
}

/// A step back, as overrides of what came after it.
pub(super) fn as_overrides(state: &StateDelta, ledger: &Ledger) -> Vec<(Address, AccountOverride)> {
    let mut overrides: Vec<(Address, AccountOverride)> = Vec::new();
    for (address, record) in &state.accounts {
        let record = record.unwrap_or_default();
        let code = ledger.state.code_of(record.code_hash).original_bytes();
        overrides.push((
            *address,
            AccountOverride {
                balance: Some(record.balance),
                nonce: Some(record.nonce),
                code: Some(code),
                storage: StorageOverride::default(),
            },
        ));
    }
    for (address, slot, value) in &state.slots {
        let storage = StorageOverride::Slots(vec![(*slot, *value)]);
        overrides.push((*address, AccountOverride { storage, ..AccountOverride::default() }));
    }
    overrides
}
