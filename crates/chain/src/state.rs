//! The state of accounts in memory, and how it changes.
//!
//! What execution leaves in revm's journal becomes a [`StateDelta`]: the accounts, slots and codes that differ, with their new values.
//! Applying a delta yields its inverse, which is how snapshots are reverted, and a delta is what a store writes to disk.

use std::{collections::BTreeSet, convert::Infallible};

use alloy_primitives::{
    Address, B256, U256, keccak256,
    map::{AddressMap, B256Map, HashMap},
};
use revm::{
    Database,
    primitives::KECCAK_EMPTY,
    state::{Account, AccountInfo, Bytecode, EvmState},
};

use crate::{config::GenesisAccount, executor::Code};

/// Accounts, their storage, and code by hash. Absent slots are zero; zero slots are absent.
#[derive(Clone, Debug, Default)]
pub struct MemoryState {
    accounts: AddressMap<StoredAccount>,
    codes: B256Map<Bytecode>,
}

#[derive(Clone, Debug)]
struct StoredAccount {
    record: AccountRecord,
    storage: HashMap<U256, U256>,
}

/// An account without its storage.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct AccountRecord {
    pub(crate) balance: U256,
    pub(crate) nonce: u64,
    pub(crate) code_hash: B256,
}

impl Default for AccountRecord {
    fn default() -> Self {
        Self { balance: U256::ZERO, nonce: 0, code_hash: KECCAK_EMPTY }
    }
}

/// What differs between two states: new values, in the order accounts, then slots.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct StateDelta {
    /// `None` removes the account; its slots are listed as zeros beside.
    pub(crate) accounts: Vec<(Address, Option<AccountRecord>)>,
    pub(crate) slots: Vec<(Address, U256, U256)>,
    /// Code is only ever added.
    pub(crate) codes: Vec<(B256, Bytecode)>,
}

/// Accounts that can be read, and what would change them.
pub(crate) trait Accounts {
    /// An account; `None` if there is none.
    fn record(&self, address: Address) -> Option<AccountRecord>;

    /// The value of a storage slot.
    fn slot(&self, address: Address, slot: U256) -> U256;

    /// Every slot of an account that is not zero, by ascending slot.
    fn storage_of(&self, address: Address) -> Vec<(U256, U256)>;

    /// Every account, by ascending address.
    fn addresses(&self) -> Vec<Address>;

    /// Whether code of that hash is kept.
    fn knows_code(&self, hash: B256) -> bool;

    /// The code of that hash; empty if it is not kept.
    fn code_of(&self, hash: B256) -> Bytecode;

    /// What puts `account` in place, leaving slots not named as they are.
    fn placing(&self, account: &GenesisAccount) -> StateDelta {
        let mut delta = StateDelta::default();
        let mut record = AccountRecord { balance: account.balance, nonce: account.nonce, code_hash: KECCAK_EMPTY };
        if let Some(code) = &account.code {
            let code = code.bytes();
            if !code.is_empty() {
                record.code_hash = keccak256(&code);
                record.nonce = record.nonce.max(1);
                delta.codes.push((record.code_hash, Bytecode::new_legacy(code)));
            }
        }
        delta.accounts.push((account.address, Some(record)));
        delta.slots.extend(account.storage.iter().map(|(slot, value)| (account.address, *slot, *value)));
        delta
    }

    /// What gives an account code and slots, leaving its balance and the slots not named as they are.
    fn installing(&self, address: Address, code: &Code, storage: impl IntoIterator<Item = (U256, U256)>) -> StateDelta {
        let AccountRecord { balance, nonce, .. } = self.record(address).unwrap_or_default();
        let storage = storage.into_iter().collect();
        self.placing(&GenesisAccount { address, balance, nonce, code: Some(code.clone()), storage })
    }

    /// What gives an account another balance.
    fn funding(&self, address: Address, balance: U256) -> StateDelta {
        let record = AccountRecord { balance, ..self.record(address).unwrap_or_default() };
        StateDelta { accounts: vec![(address, Some(record))], ..StateDelta::default() }
    }

    /// What execution left in the journal, compared with this state.
    ///
    /// The journal's own notion of "changed" ends with each transaction, so every slot it touched is compared.
    fn difference(&self, journal: EvmState) -> StateDelta {
        let mut delta = StateDelta::default();
        for (address, account) in journal {
            if account.is_touched() {
                self.difference_of(address, account, &mut delta);
            }
        }
        delta
    }

    /// What execution left of one account.
    fn difference_of(&self, address: Address, account: Account, delta: &mut StateDelta) {
        let before = self.record(address);
        if account.is_empty() || account.is_selfdestructed_locally() {
            if before.is_some() {
                delta.accounts.push((address, None));
                delta.slots.extend(self.storage_of(address).into_iter().map(|(slot, _)| (address, slot, U256::ZERO)));
            }
            return;
        }
        let AccountInfo { balance, nonce, code_hash, code, .. } = account.info;
        let record = AccountRecord { balance, nonce, code_hash };
        if before != Some(record) {
            delta.accounts.push((address, Some(record)));
            if code_hash != KECCAK_EMPTY && !self.knows_code(code_hash) {
                delta.codes.push((code_hash, code.unwrap_or_default()));
            }
        }
        for (slot, value) in account.storage {
            if value.present_value != self.slot(address, slot) {
                delta.slots.push((address, slot, value.present_value));
            }
        }
    }
}

impl Accounts for MemoryState {
    fn record(&self, address: Address) -> Option<AccountRecord> {
        self.accounts.get(&address).map(|account| account.record)
    }

    fn slot(&self, address: Address, slot: U256) -> U256 {
        Self::slot(self, address, slot)
    }

    fn storage_of(&self, address: Address) -> Vec<(U256, U256)> {
        Self::storage_of(self, address)
    }

    fn addresses(&self) -> Vec<Address> {
        let mut addresses: Vec<Address> = self.accounts.keys().copied().collect();
        addresses.sort_unstable();
        addresses
    }

    fn knows_code(&self, hash: B256) -> bool {
        self.codes.contains_key(&hash)
    }

    fn code_of(&self, hash: B256) -> Bytecode {
        self.codes.get(&hash).cloned().unwrap_or_default()
    }
}

impl MemoryState {
    /// The balance of an account in wei.
    pub fn balance(&self, address: Address) -> U256 {
        self.recorded(address).balance
    }

    /// The nonce of an account.
    pub fn nonce(&self, address: Address) -> u64 {
        self.recorded(address).nonce
    }

    /// The value of a storage slot.
    pub fn slot(&self, address: Address, slot: U256) -> U256 {
        self.accounts.get(&address).and_then(|account| account.storage.get(&slot)).copied().unwrap_or_default()
    }

    /// The code of an account; empty for one without.
    pub fn code(&self, address: Address) -> Bytecode {
        self.codes.get(&self.recorded(address).code_hash).cloned().unwrap_or_default()
    }

    /// Every slot of an account that is not zero, by ascending slot.
    pub fn storage_of(&self, address: Address) -> Vec<(U256, U256)> {
        let Some(account) = self.accounts.get(&address) else { return Vec::new() };
        let mut slots: Vec<_> = account.storage.iter().map(|(slot, value)| (*slot, *value)).collect();
        slots.sort_unstable();
        slots
    }

    fn recorded(&self, address: Address) -> AccountRecord {
        self.accounts.get(&address).map(|account| account.record).unwrap_or_default()
    }

    /// Takes over a delta.
    pub(crate) fn apply(&mut self, delta: &StateDelta) {
        for (hash, code) in &delta.codes {
            self.codes.insert(*hash, code.clone());
        }
        for (address, record) in &delta.accounts {
            match record {
                Some(record) => self.account(*address).record = *record,
                None => drop(self.accounts.remove(address)),
            }
        }
        for (address, slot, value) in &delta.slots {
            if !value.is_zero() {
                self.account(*address).storage.insert(*slot, *value);
            } else if let Some(account) = self.accounts.get_mut(address) {
                account.storage.remove(slot);
            }
        }
    }

    /// What takes `delta` back. Code stays: it is found by its hash only.
    pub(crate) fn inverse(&self, delta: &StateDelta) -> StateDelta {
        let account = |address: &Address| self.accounts.get(address).map(|account| account.record);
        let named: BTreeSet<Address> = delta.accounts.iter().map(|(address, _)| *address).collect();
        let mut accounts: Vec<_> = named.iter().map(|address| (*address, account(address))).collect();
        // A slot of an account not named otherwise can bring the account into being.
        let slots_only: BTreeSet<Address> = delta.slots.iter().map(|(address, ..)| *address).collect();
        accounts.extend(
            slots_only.difference(&named).filter(|address| account(address).is_none()).map(|address| (*address, None)),
        );
        let slots =
            delta.slots.iter().map(|(address, slot, _)| (*address, *slot, self.slot(*address, *slot))).collect();
        StateDelta { accounts, slots, codes: Vec::new() }
    }

    fn account(&mut self, address: Address) -> &mut StoredAccount {
        self.accounts
            .entry(address)
            .or_insert_with(|| StoredAccount { record: AccountRecord::default(), storage: HashMap::default() })
    }
}

impl Database for MemoryState {
    type Error = Infallible;

    fn basic(&mut self, address: Address) -> Result<Option<AccountInfo>, Infallible> {
        Ok(self.accounts.get(&address).map(|account| AccountInfo {
            balance: account.record.balance,
            nonce: account.record.nonce,
            code_hash: account.record.code_hash,
            account_id: None,
            code: Some(self.codes.get(&account.record.code_hash).cloned().unwrap_or_default()),
        }))
    }

    fn code_by_hash(&mut self, hash: B256) -> Result<Bytecode, Infallible> {
        Ok(self.codes.get(&hash).cloned().unwrap_or_default())
    }

    fn storage(&mut self, address: Address, slot: U256) -> Result<U256, Infallible> {
        Ok(self.slot(address, slot))
    }

    /// A bare state has no chain behind it; each number hashes to something of its own.
    fn block_hash(&mut self, number: u64) -> Result<B256, Infallible> {
        Ok(keccak256(number.to_be_bytes()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: Address = Address::repeat_byte(1);

    fn placed() -> (MemoryState, StateDelta) {
        let mut state = MemoryState::default();
        let code = Some(Code::Evm(vec![0].into()));
        let storage = vec![(U256::ONE, U256::from(5))];
        let delta = state.placing(&GenesisAccount { address: A, balance: U256::from(9), nonce: 0, code, storage });
        let inverse = state.inverse(&delta);
        state.apply(&delta);
        (state, inverse)
    }

    #[test]
    fn a_delta_and_its_inverse_cancel_out() {
        let (mut state, inverse) = placed();
        assert_eq!((state.balance(A), state.nonce(A), state.slot(A, U256::ONE)), (U256::from(9), 1, U256::from(5)));
        state.apply(&inverse);
        assert_eq!((state.balance(A), state.nonce(A), state.slot(A, U256::ONE)), (U256::ZERO, 0, U256::ZERO));
        assert!(state.accounts.is_empty());
    }

    #[test]
    fn removing_an_account_can_be_taken_back() {
        let (mut state, _) = placed();
        let removal =
            StateDelta { accounts: vec![(A, None)], slots: vec![(A, U256::ONE, U256::ZERO)], codes: Vec::new() };
        let inverse = state.inverse(&removal);
        state.apply(&removal);
        assert!(state.accounts.is_empty());
        state.apply(&inverse);
        assert_eq!((state.balance(A), state.slot(A, U256::ONE)), (U256::from(9), U256::from(5)));
        assert_eq!(state.code(A).original_bytes()[..], [0]);
    }

    #[test]
    fn a_slot_alone_does_not_outlive_its_inverse() {
        let mut state = MemoryState::default();
        let delta = StateDelta { slots: vec![(A, U256::ONE, U256::ONE)], ..StateDelta::default() };
        let inverse = state.inverse(&delta);
        state.apply(&delta);
        state.apply(&inverse);
        assert!(state.accounts.is_empty());
    }
}
