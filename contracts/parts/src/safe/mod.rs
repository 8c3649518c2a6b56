//! A Safe account of release 1.3.0 or 1.4.1: owners who act together, modules who act alone.
//!
//! ```text
//!              approve, sign                     checkTransaction          checkAfterExecution
//! owners ─────────────────────▶ execTransaction ───────▶ guard ─▶ target ─────────▶ guard
//! module ─────────────────────▶ execTransactionFromModule ──────▶ target
//! anyone ── unknown function ─▶ fallback handler
//! ```
//!
//! Every setting can be changed only by the account itself, so by a transaction of its owners or of a module. Owners and modules are
//! linked lists that start and end at the [sentinel](SENTINEL); the newest is the head.
//!
//! A contract is made of the [storage](Account) at slot 0 and an impl of [`SafeAccount`]; the variants differ in what they announce
//! ([`announcements`]). The parts, each with its functions and their table: [`setup`], [`owners`], [`modules`], [`signatures`], [`transactions`],
//! [`settings`] (guard, fallback handler, ether), [`inspection`].
//!
//! Source: the ABI and traces of the deployed contracts, and their documented behaviour. Deliberate deviations: where the
//! reference would run out of gas for memory (lists and reads of millions of words), this one may succeed or halts.

use alloc::{vec, vec::Vec};

use alloy_primitives::{Address, B256, U256};
use alloy_sol_types::SolCall;
use ephor_abi::safe::ISafe;
pub use ephor_rules::owners::SENTINEL;
use stylus_sdk::{
    call::RawCall,
    host::VM,
    prelude::*,
    storage::{StorageAddress, StorageB256, StorageMap, StorageU256},
    stylus_core::HostAccess,
};

use crate::{
    call::Returned,
    dispatch::Answer,
    revert::{Outcome, require},
};

pub mod announcements;
pub mod calldata;
pub mod inspection;
pub mod modules;
pub mod owners;
pub mod release;
pub mod settings;
pub mod setup;
pub mod signatures;
pub mod transactions;

pub use calldata::{Operation, OperationByte};
pub use inspection::Inspection;
pub use modules::Modules;
pub use owners::Owners;
pub use release::Release;
pub use settings::Settings;
pub use setup::Setup;
pub use signatures::Signatures;
pub use transactions::{SafeTransaction, Transactions};

/// What an account keeps, slots 0 to 8.
#[storage]
pub struct Account {
    /// The code behind a proxy; the proxy's slot, not used here.
    pub singleton: StorageAddress,
    /// Module → the next one.
    pub(crate) modules: StorageMap<Address, StorageAddress>,
    /// Owner → the next one.
    pub(crate) owners: StorageMap<Address, StorageAddress>,
    pub(crate) owner_count: StorageU256,
    pub(crate) threshold: StorageU256,
    pub(crate) nonce: StorageU256,
    /// Of earlier versions; not used here.
    pub deprecated_domain_separator: StorageB256,
    /// Hash of a message → not zero when the account has signed it.
    pub(crate) signed_messages: StorageMap<B256, StorageU256>,
    /// Owner → hash → 1 when the owner approved it.
    pub(crate) approved_hashes: StorageMap<Address, StorageMap<B256, StorageU256>>,
}

impl Account {
    /// The number of the next transaction of the owners.
    #[must_use]
    pub fn nonce(&self) -> U256 {
        self.nonce.get()
    }

    /// How many owners act together; zero while the account is not set up.
    #[must_use]
    pub fn threshold(&self) -> U256 {
        self.threshold.get()
    }
}

/// A contract that is a Safe: where its storage is, and what it announces beyond the base version.
pub trait SafeAccount: HostAccess<Host = VM> {
    /// The release that the contract behaves as.
    const RELEASE: Release = Release::V1_3_0;

    /// The storage.
    fn account(&self) -> &Account;

    /// The storage.
    fn account_mut(&mut self) -> &mut Account;

    /// Called first in a transaction of the owners.
    fn announce_transaction(&self, _transaction: &SafeTransaction<'_>, _signatures: &[u8]) {}

    /// Called first in a transaction of a module.
    fn announce_module_transaction(&self, _to: Address, _value: U256, _data: &[u8], _operation: OperationByte) {}

    /// Refuses everyone but the account itself.
    ///
    /// # Errors
    /// `GS031`.
    fn require_self(&self) -> Outcome {
        require(self.vm().msg_sender() == self.vm().contract_address(), "GS031")
    }
}

/// Calls of a Safe. `None` if the selector is none of its functions.
pub fn routes<C: SafeAccount>(this: &mut C, selector: u32, input: &[u8]) -> Option<Answer> {
    if C::RELEASE >= Release::V1_4_1 && selector == u32::from_be_bytes(ISafe::requiredTxGasCall::SELECTOR) {
        return None;
    }
    transactions::routes(this, selector, input)
        .or_else(|| signatures::routes(this, selector, input))
        .or_else(|| owners::routes(this, selector, input))
        .or_else(|| modules::routes(this, selector, input))
        .or_else(|| settings::routes(this, selector, input))
        .or_else(|| inspection::routes(this, selector, input))
        .or_else(|| setup::routes(this, selector, input))
}

/// Runs a transaction with `gas` at the most; value is not sent with a delegate call. There need not be code at `to`.
///
/// # Errors
/// The data that the target reverted with.
fn execute(vm: &VM, to: Address, value: U256, data: &[u8], operation: Operation, gas: u64) -> Returned {
    let call = match operation {
        Operation::Call => RawCall::new_with_value(vm, value),
        Operation::DelegateCall => RawCall::new_delegate(vm),
    };
    // SAFETY: the storage cache is written back and cleared, so nothing held here aliases what the callee does.
    unsafe { call.gas(gas).clear_storage_cache().call(to, data) }
}
