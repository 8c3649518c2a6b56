//! The state of accounts in memory.

use std::convert::Infallible;

use alloy_primitives::{
    Address, B256, U256, keccak256,
    map::{AddressMap, B256Map, HashMap},
};
use revm::{
    Database,
    primitives::KECCAK_EMPTY,
    state::{AccountInfo, Bytecode, EvmState},
};

/// Accounts, their storage, and code by hash. Absent slots are zero; zero slots are absent.
#[derive(Clone, Debug, Default)]
pub struct MemoryState {
    accounts: AddressMap<StoredAccount>,
    codes: B256Map<Bytecode>,
}

#[derive(Clone, Debug, Default)]
struct StoredAccount {
    balance: U256,
    nonce: u64,
    code_hash: B256,
    storage: HashMap<U256, U256>,
}

impl MemoryState {
    /// The balance of an account in wei.
    pub fn balance(&self, address: Address) -> U256 {
        self.accounts.get(&address).map_or(U256::ZERO, |account| account.balance)
    }

    /// The nonce of an account.
    pub fn nonce(&self, address: Address) -> u64 {
        self.accounts.get(&address).map_or(0, |account| account.nonce)
    }

    /// The value of a storage slot.
    pub fn slot(&self, address: Address, slot: U256) -> U256 {
        self.accounts.get(&address).and_then(|account| account.storage.get(&slot)).copied().unwrap_or_default()
    }

    /// The code of an account; empty for one without.
    pub fn code(&self, address: Address) -> Bytecode {
        let hash = self.accounts.get(&address).map_or(KECCAK_EMPTY, |account| account.code_hash);
        self.codes.get(&hash).cloned().unwrap_or_default()
    }

    pub(crate) fn set_balance(&mut self, address: Address, balance: U256) {
        self.account(address).balance = balance;
    }

    pub(crate) fn set_code(&mut self, address: Address, code: Bytecode) {
        let hash = if code.is_empty() { KECCAK_EMPTY } else { keccak256(code.original_byte_slice()) };
        let account = self.account(address);
        account.code_hash = hash;
        account.nonce = account.nonce.max(1);
        self.codes.insert(hash, code);
    }

    pub(crate) fn set_slot(&mut self, address: Address, slot: U256, value: U256) {
        write(&mut self.account(address).storage, slot, value);
    }

    fn account(&mut self, address: Address) -> &mut StoredAccount {
        self.accounts
            .entry(address)
            .or_insert_with(|| StoredAccount { code_hash: KECCAK_EMPTY, ..StoredAccount::default() })
    }

    /// Takes over what execution left in the journal.
    pub(crate) fn apply(&mut self, state: EvmState) {
        for (address, account) in state {
            if !account.is_touched() {
                continue;
            }
            if account.is_selfdestructed() || account.is_empty() {
                self.accounts.remove(&address);
                continue;
            }
            let stored = self
                .accounts
                .entry(address)
                .or_insert_with(|| StoredAccount { code_hash: KECCAK_EMPTY, ..StoredAccount::default() });
            stored.balance = account.info.balance;
            stored.nonce = account.info.nonce;
            if stored.code_hash != account.info.code_hash {
                stored.code_hash = account.info.code_hash;
                self.codes.insert(account.info.code_hash, account.info.code.unwrap_or_default());
            }
            for (slot, value) in account.storage {
                if value.is_changed() {
                    write(&mut stored.storage, slot, value.present_value);
                }
            }
        }
    }
}

fn write(storage: &mut HashMap<U256, U256>, slot: U256, value: U256) {
    if value.is_zero() {
        storage.remove(&slot);
    } else {
        storage.insert(slot, value);
    }
}

impl Database for MemoryState {
    type Error = Infallible;

    fn basic(&mut self, address: Address) -> Result<Option<AccountInfo>, Infallible> {
        Ok(self.accounts.get(&address).map(|account| AccountInfo {
            balance: account.balance,
            nonce: account.nonce,
            code_hash: account.code_hash,
            account_id: None,
            code: self.codes.get(&account.code_hash).cloned(),
        }))
    }

    fn code_by_hash(&mut self, hash: B256) -> Result<Bytecode, Infallible> {
        Ok(self.codes.get(&hash).cloned().unwrap_or_default())
    }

    fn storage(&mut self, address: Address, slot: U256) -> Result<U256, Infallible> {
        Ok(self.slot(address, slot))
    }

    /// Single messages have no chain behind them; each number hashes to something of its own.
    fn block_hash(&mut self, number: u64) -> Result<B256, Infallible> {
        Ok(keccak256(number.to_be_bytes()))
    }
}
