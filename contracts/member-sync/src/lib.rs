//! Brings the owners of a Safe in line with the council.
//!
//! An action, not a contract with a life of its own: the upgrade executor of a chain, which is a module of the Safe,
//! delegate-calls it and so acts as itself. It adds the members who do not own the Safe, in list order, then removes the
//! owners who are not members, in the Safe's order, and leaves the threshold as it is. An update whose nonce is not higher
//! than the last one's does nothing but say so, so updates may arrive in any order, or twice.
//!
//! ```text
//! executor ─delegatecall─▶ action ─delegatecall, ‖ store─▶ this program (as the executor)
//!                                                             ├─▶ store: last nonce of the Safe
//!                                                             └─▶ Safe: execTransactionFromModule
//! ```
//!
//! # Where the store's address comes from
//!
//! The nonces are remembered in a key-value store in the executor's name. The deployed contract has the store's address in
//! its code, as one of Solidity's immutables. A Stylus program has none, and while it is delegate-called it can reach
//! neither its own storage nor its own address. What could take their place:
//!
//! - *Fixed when the program is built.* Each chain, and each rehearsal, would need a program of its own, whose address would
//!   no longer say which source it was built from.
//! - *Derived by `CREATE2`.* Works only where the store was deployed that way, which the live stores were not.
//! - *Given by the host.* Works on the embedded chain only.
//! - *Handed over by the code that is called.* Chosen: the action is a few instructions of EVM code ([`action_code`]) that
//!   delegate-call the program with their own calldata and, behind it, the store's address as one word. That code is as
//!   immutable as Solidity's, one program serves any number of actions, and it runs the same on Arbitrum and on the embedded
//!   chain. Value, sender and storage context pass through a delegate call unchanged, and so does what comes back.
//!
//! So the calldata of the *program* is calldata of the interface followed by one word, and the program takes that word off
//! before it reads anything else. Calling the program itself, past its action, lets the caller name a store; that harms
//! nobody, since the caller then acts as nobody but themselves: an executor delegate-calls only what governance names.
//!
//! Source: seed 004, "Individual council update"; the ABI and traces of the deployed contract.

#![cfg_attr(target_arch = "wasm32", no_std, no_main, allow(missing_docs, reason = "the macro's entry point"))]
#![allow(clippy::needless_pass_by_value, reason = "a table hands over what it decoded")]

extern crate alloc;

#[cfg(not(target_arch = "wasm32"))]
mod action;

use alloc::vec::Vec;

use alloy_primitives::{Address, B256, U256, b256};
use alloy_sol_types::{SolCall, SolValue};
use ephor_abi::{
    council::{
        IKeyValueStore,
        IMemberSync::{self, ExecFromModuleError, PreviousOwnerNotFound, UpdateNonceTooLow},
    },
    safe::ISafe,
};
use ephor_parts::{Outcome, emit, invoke, query, routes};
use ephor_rules::owners::{self, SENTINEL};
use stylus_sdk::{ArbResult, host::VM, prelude::*, stylus_core::HostAccess};

#[cfg(not(target_arch = "wasm32"))]
pub use action::{action_code, action_init_code};

/// Names the action's keys in the store: `keccak256("SecurityCouncilMemberSyncAction")`.
const ACTION_ID: B256 = b256!("91a027369a797f7b79038b0977234c66212c6a4af81bff02b23b740c8fda9ddc");

/// The program at work: it has no storage.
pub struct MemberSync {
    vm: VM,
    store: Address,
}

/// Takes the store off the end of the calldata and answers the rest.
///
/// # Errors
/// The data that the program reverts with; none for calldata without a store or with an unknown selector.
#[entrypoint]
pub fn entry(mut calldata: Vec<u8>, vm: VM) -> ArbResult {
    let Some(end) = calldata.len().checked_sub(32) else { return Err(Vec::new()) };
    let store = Address::from_word(B256::from_slice(&calldata[end..]));
    calldata.truncate(end);
    let Some((selector, input)) = calldata.split_first_chunk() else { return Err(Vec::new()) };
    let mut program = MemberSync { vm, store };
    table(&mut program, u32::from_be_bytes(*selector), input).unwrap_or_else(|| Err(Vec::new()))
}

routes! {
    /// The functions of the action.
    fn table for MemberSync;
    nonpayable IMemberSync::performCall => perform(safe: Address, members: Vec<Address>, nonce: U256);
    nonpayable IMemberSync::getPrevOwnerCall => previous_owner(safe: Address, owner: Address);
    nonpayable IMemberSync::getUpdateNonceCall => update_nonce(safe: Address);
    nonpayable IMemberSync::computeKeyCall => compute_key(key: U256);
    nonpayable IMemberSync::actionContractIdCall => action_id();
    nonpayable IMemberSync::SENTINEL_OWNERSCall => sentinel();
    nonpayable IMemberSync::storeCall => store();
}

impl MemberSync {
    /// Makes `members` the owners of `safe`, unless an update with this nonce or a higher one was made before. Returns
    /// whether it did.
    ///
    /// # Errors
    /// What the Safe or the store refuse; `ExecFromModuleError` when the Safe runs a change and the change fails, for example
    /// because too few owners would be left.
    ///
    /// # Events
    /// `UpdateNonceTooLow`, or those of the store and the Safe.
    fn perform(&mut self, safe: Address, members: Vec<Address>, nonce: U256) -> Outcome<bool> {
        let last = self.update_nonce(safe)?;
        if nonce <= last {
            let late = UpdateNonceTooLow { securityCouncil: safe, currrentNonce: last, providedNonce: nonce };
            emit(self.vm(), &late);
            return Ok(false);
        }
        self.remember_nonce(safe, nonce)?;
        let (threshold,) = query::<_, (U256,)>(self.vm(), safe, &ISafe::getThresholdCall {})?;
        let before = self.owners(safe)?;
        for &member in &members {
            let (owns,) = query::<_, (bool,)>(self.vm(), safe, &ISafe::isOwnerCall { owner: member })?;
            if !owns {
                self.change(safe, &ISafe::addOwnerWithThresholdCall { owner: member, _threshold: threshold })?;
            }
        }
        for owner in before.into_iter().filter(|owner| !members.contains(owner)) {
            let previous = self.previous_owner(safe, owner)?;
            self.change(safe, &ISafe::removeOwnerCall { prevOwner: previous, owner, _threshold: threshold })?;
        }
        Ok(true)
    }

    /// Lets the Safe call itself, as one of its modules.
    fn change<C: SolCall>(&mut self, safe: Address, change: &C) -> Outcome {
        let data = change.abi_encode();
        let order = ISafe::execTransactionFromModuleCall {
            to: safe,
            value: U256::ZERO,
            data: data.clone().into(),
            operation: 0,
        };
        let returned = invoke(self.vm(), safe, U256::ZERO, &order)?;
        let (done,) = ephor_parts::calldata::decode::<(bool,)>(&returned)?;
        if done { Ok(()) } else { Err(ExecFromModuleError { data: data.into(), securityCouncil: safe }.into()) }
    }

    /// Who stands before `owner` in the Safe's list; the sentinel before the first.
    ///
    /// # Errors
    /// `PreviousOwnerNotFound` for who does not own the Safe.
    fn previous_owner(&self, safe: Address, owner: Address) -> Outcome<Address> {
        let owners = self.owners(safe)?;
        let missing = || PreviousOwnerNotFound { targetOwner: owner, securityCouncil: safe }.into();
        owners::previous_owner(&owners, owner).ok_or_else(missing)
    }

    fn owners(&self, safe: Address) -> Outcome<Vec<Address>> {
        let (owners,) = query::<_, (Vec<Address>,)>(self.vm(), safe, &ISafe::getOwnersCall {})?;
        Ok(owners)
    }

    /// The nonce of the last update of `safe` made in this context.
    fn update_nonce(&self, safe: Address) -> Outcome<U256> {
        let key = self.compute_key(key_of(safe))?;
        let (nonce,) = query::<_, (U256,)>(self.vm(), self.store, &IKeyValueStore::get_0Call { key })?;
        Ok(nonce)
    }

    fn remember_nonce(&mut self, safe: Address, nonce: U256) -> Outcome {
        let key = self.compute_key(key_of(safe))?;
        invoke(self.vm(), self.store, U256::ZERO, &IKeyValueStore::setCall { key, value: nonce })?;
        Ok(())
    }

    /// The action's own name for `key`, under which the store keeps it: `keccak256(abi.encode(action id, key))`.
    fn compute_key(&self, key: U256) -> Outcome<U256> {
        Ok(self.vm().native_keccak256(&(ACTION_ID, key).abi_encode_params()).into())
    }

    /// What the action's keys are named by.
    fn action_id(&self) -> Outcome<B256> {
        Ok(ACTION_ID)
    }

    /// The head and end of a Safe's list of owners.
    fn sentinel(&self) -> Outcome<Address> {
        Ok(SENTINEL)
    }

    /// The key-value store.
    fn store(&self) -> Outcome<Address> {
        Ok(self.store)
    }
}

/// The key of a Safe's nonce: its address as a number.
fn key_of(safe: Address) -> U256 {
    safe.into_word().into()
}

impl HostAccess for MemberSync {
    type Host = VM;

    fn vm(&self) -> &VM {
        &self.vm
    }
}
