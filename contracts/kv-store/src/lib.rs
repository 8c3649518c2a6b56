//! A key-value store in which each caller writes under its own name.
//!
//! A governance action that is delegate-called keeps no storage of its own; it remembers here, under the address of the
//! executor that runs it, what it has done. Nobody can write a value in another's name. Key of a value:
//! `keccak256(abi.encode(owner, key))`. Source: the ABI and traces of the deployed contract.

#![cfg_attr(target_arch = "wasm32", no_std, no_main, allow(missing_docs, reason = "the macro's entry point"))]

extern crate alloc;

use alloc::{vec, vec::Vec};

use alloy_primitives::{Address, U256};
use alloy_sol_types::SolValue;
use ephor_abi::council::IKeyValueStore::{self, ValueSet};
use ephor_parts::{Outcome, dispatch, emit};
use stylus_sdk::{
    prelude::*,
    storage::{StorageMap, StorageU256},
};

/// Storage of the contract.
#[entrypoint]
#[storage]
pub struct KeyValueStore {
    store: StorageMap<U256, StorageU256>,
}

dispatch! {
    KeyValueStore;
    nonpayable IKeyValueStore::computeKeyCall => compute_key(owner: Address, key: U256);
    nonpayable IKeyValueStore::get_1Call => get(owner: Address, key: U256);
    nonpayable IKeyValueStore::get_0Call => get_own(key: U256);
    nonpayable IKeyValueStore::setCall => set(key: U256, value: U256);
    nonpayable IKeyValueStore::storeCall => store(hashed: U256);
}

impl KeyValueStore {
    /// Where the value of `owner` under `key` is kept.
    fn compute_key(&self, owner: Address, key: U256) -> Outcome<U256> {
        Ok(self.vm().native_keccak256(&(owner, key).abi_encode()).into())
    }

    /// The value that `owner` keeps under `key`; zero if none.
    fn get(&self, owner: Address, key: U256) -> Outcome<U256> {
        self.store(self.compute_key(owner, key)?)
    }

    /// The value that the caller keeps under `key`.
    fn get_own(&self, key: U256) -> Outcome<U256> {
        self.get(self.vm().msg_sender(), key)
    }

    /// Keeps `value` under `key` in the caller's name. Emits `ValueSet`.
    fn set(&mut self, key: U256, value: U256) -> Outcome {
        let owner = self.vm().msg_sender();
        let hashed = self.compute_key(owner, key)?;
        self.store.setter(hashed).set(value);
        emit(self.vm(), &ValueSet { sender: owner, key, value });
        Ok(())
    }

    /// The value under a key already hashed.
    fn store(&self, hashed: U256) -> Outcome<U256> {
        Ok(self.store.get(hashed))
    }
}
