//! The owners of an account, and how many of them act together.
//!
//! ```text
//! sentinel → newest owner → … → oldest owner → sentinel
//! ```
//! Invariant: `1 <= threshold <= owners`. Taking an owner out of the list means naming the one before. Failures: `GS201` the
//! threshold exceeds the owners, `GS202` it is zero, `GS203` who cannot be an owner, `GS204` who is one already, `GS205` not the one
//! before. Source: the traces of the deployed contracts.

use alloc::vec::Vec;

use alloy_primitives::{Address, U256};
use ephor_abi::safe::ISafe::{self, ChangedThreshold};
use stylus_sdk::prelude::*;

use super::{
    SENTINEL, SafeAccount,
    calldata::{Masked, halt},
};
use crate::{
    log::emit,
    revert::{Outcome, require},
    routes,
};

routes! {
    /// Calls about owners.
    pub fn routes<C: Owners>;
    nonpayable ISafe::getOwnersCall => owners();
    nonpayable ISafe::getThresholdCall => threshold();
    nonpayable ISafe::isOwnerCall => is_owner(owner: Masked);
    nonpayable ISafe::addOwnerWithThresholdCall => add_owner(owner: Masked, threshold: U256);
    nonpayable ISafe::removeOwnerCall => remove_owner(previous: Masked, owner: Masked, threshold: U256);
    nonpayable ISafe::swapOwnerCall => swap_owner(previous: Masked, old: Masked, new: Masked);
    nonpayable ISafe::changeThresholdCall => change_threshold(threshold: U256);
}

/// The owners of an account.
pub trait Owners: SafeAccount {
    /// All owners, the newest first.
    ///
    /// # Errors
    /// None; [halts](halt) while the account is not set up.
    fn owners(&self) -> Outcome<Vec<Address>> {
        let account = self.account();
        let count = account.owner_count.get();
        let mut owners = Vec::new();
        let mut next = account.owners.get(SENTINEL);
        while next != SENTINEL {
            if U256::from(owners.len()) >= count {
                halt();
            }
            owners.push(next);
            next = account.owners.get(next);
        }
        // As many as counted, with zeros for those that are not in the list.
        owners.resize(usize::try_from(count).unwrap_or_else(|_| halt()), Address::ZERO);
        Ok(owners)
    }

    /// How many owners act together.
    ///
    /// # Errors
    /// None.
    fn threshold(&self) -> Outcome<U256> {
        Ok(self.account().threshold.get())
    }

    /// Whether `owner` is one.
    ///
    /// # Errors
    /// None.
    fn is_owner(&self, owner: Masked) -> Outcome<bool> {
        Ok(self.has_owner(owner.0))
    }

    /// Whether `owner` is in the list and not its end.
    fn has_owner(&self, owner: Address) -> bool {
        owner != SENTINEL && !self.account().owners.get(owner).is_zero()
    }

    /// Adds an owner and sets the threshold. Emits `AddedOwner`, and `ChangedThreshold` if it is another one.
    ///
    /// # Errors
    /// `GS031`, `GS203`, `GS204`, `GS201`, `GS202`.
    fn add_owner(&mut self, owner: Masked, threshold: U256) -> Outcome {
        self.require_self()?;
        let owner = owner.0;
        self.require_possible_owner(owner)?;
        let account = self.account_mut();
        let first = account.owners.get(SENTINEL);
        account.owners.setter(owner).set(first);
        account.owners.setter(SENTINEL).set(owner);
        let count = account.owner_count.get().wrapping_add(U256::ONE);
        account.owner_count.set(count);
        Self::RELEASE.added_owner(self.vm(), owner);
        self.adjust_threshold(threshold)
    }

    /// Removes an owner and sets the threshold. Emits `RemovedOwner`, and `ChangedThreshold` if it is another one.
    ///
    /// # Errors
    /// `GS031`, `GS201`, `GS203`, `GS205`, `GS202`.
    fn remove_owner(&mut self, previous: Masked, owner: Masked, threshold: U256) -> Outcome {
        self.require_self()?;
        let (previous, owner) = (previous.0, owner.0);
        let account = self.account_mut();
        // The reference's subtraction is not checked; there is always an owner.
        let left = account.owner_count.get().wrapping_sub(U256::ONE);
        require(left >= threshold, "GS201")?;
        require(!owner.is_zero() && owner != SENTINEL, "GS203")?;
        require(account.owners.get(previous) == owner, "GS205")?;
        let next = account.owners.get(owner);
        account.owners.setter(previous).set(next);
        account.owners.setter(owner).set(Address::ZERO);
        account.owner_count.set(left);
        Self::RELEASE.removed_owner(self.vm(), owner);
        self.adjust_threshold(threshold)
    }

    /// Puts `new` in the place of `old`. Emits `RemovedOwner` and `AddedOwner`.
    ///
    /// # Errors
    /// `GS031`, `GS203`, `GS204`, `GS205`.
    fn swap_owner(&mut self, previous: Masked, old: Masked, new: Masked) -> Outcome {
        self.require_self()?;
        let (previous, old, new) = (previous.0, old.0, new.0);
        self.require_possible_owner(new)?;
        require(!old.is_zero() && old != SENTINEL, "GS203")?;
        let account = self.account_mut();
        require(account.owners.get(previous) == old, "GS205")?;
        let next = account.owners.get(old);
        account.owners.setter(new).set(next);
        account.owners.setter(previous).set(new);
        account.owners.setter(old).set(Address::ZERO);
        Self::RELEASE.removed_owner(self.vm(), old);
        Self::RELEASE.added_owner(self.vm(), new);
        Ok(())
    }

    /// Sets how many owners act together. Emits `ChangedThreshold`.
    ///
    /// # Errors
    /// `GS031`, `GS201`, `GS202`.
    fn change_threshold(&mut self, threshold: U256) -> Outcome {
        self.require_self()?;
        let account = self.account_mut();
        require(threshold <= account.owner_count.get(), "GS201")?;
        require(threshold >= U256::ONE, "GS202")?;
        account.threshold.set(threshold);
        emit(self.vm(), &ChangedThreshold { threshold });
        Ok(())
    }

    /// Sets the threshold if it is another one.
    ///
    /// # Errors
    /// See [`change_threshold`](Self::change_threshold).
    fn adjust_threshold(&mut self, threshold: U256) -> Outcome {
        if self.account().threshold.get() == threshold { Ok(()) } else { self.change_threshold(threshold) }
    }

    /// Refuses who cannot become an owner: nobody, the sentinel, the account itself, an owner.
    ///
    /// # Errors
    /// `GS203`, `GS204`.
    fn require_possible_owner(&self, owner: Address) -> Outcome {
        let possible = !owner.is_zero() && owner != SENTINEL && owner != self.vm().contract_address();
        require(possible, "GS203")?;
        require(self.account().owners.get(owner).is_zero(), "GS204")
    }
}

impl<C: SafeAccount> Owners for C {}
