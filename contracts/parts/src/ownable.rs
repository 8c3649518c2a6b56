//! A contract with one owner (ERC-173).
//!
//! Only the owner hands ownership on; renouncing it leaves the contract without an owner for good.
//! Source: OpenZeppelin Contracts Upgradeable 4.7.3, `OwnableUpgradeable`.

use alloc::{vec, vec::Vec};

use alloy_primitives::Address;
use ephor_abi::common::IOwnable::{self, OwnershipTransferred};
use stylus_sdk::{host::VM, prelude::*, storage::StorageAddress, stylus_core::HostAccess};

use crate::{Gap, emit, require, revert::Outcome, routes};

/// The owner, with the room kept behind it: 50 slots.
#[storage]
pub struct OwnableStorage {
    owner: StorageAddress,
    _gap: Gap<49>,
}

/// A contract with an owner.
pub trait Ownable: HostAccess<Host = VM> {
    /// Where the owner is kept.
    fn ownable(&self) -> &OwnableStorage;

    /// Where the owner is kept.
    fn ownable_mut(&mut self) -> &mut OwnableStorage;

    /// The owner; zero if there is none.
    ///
    /// # Errors
    /// None.
    fn owner(&self) -> Outcome<Address> {
        Ok(self.ownable().owner.get())
    }

    /// Guards a function that only the owner may call.
    ///
    /// # Errors
    /// `Ownable: caller is not the owner`.
    fn only_owner(&self) -> Outcome {
        require(self.ownable().owner.get() == self.vm().msg_sender(), "Ownable: caller is not the owner")
    }

    /// Leaves the contract without an owner.
    ///
    /// # Errors
    /// `Ownable: caller is not the owner`.
    fn renounce_ownership(&mut self) -> Outcome {
        self.only_owner()?;
        self.set_owner(Address::ZERO);
        Ok(())
    }

    /// Hands ownership on.
    ///
    /// # Errors
    /// `Ownable: caller is not the owner`, `Ownable: new owner is the zero address`.
    fn transfer_ownership(&mut self, new_owner: Address) -> Outcome {
        self.only_owner()?;
        require(!new_owner.is_zero(), "Ownable: new owner is the zero address")?;
        self.set_owner(new_owner);
        Ok(())
    }

    /// Sets the owner without asking who calls: `__Ownable_init` with the caller, `_transferOwnership` with somebody else.
    /// Emits `OwnershipTransferred`.
    fn set_owner(&mut self, new_owner: Address) {
        let previous = self.ownable().owner.get();
        self.ownable_mut().owner.set(new_owner);
        emit(self.vm(), &OwnershipTransferred { previousOwner: previous, newOwner: new_owner });
    }
}

routes! {
    /// The functions of ERC-173.
    pub fn routes<C: Ownable>;
    nonpayable IOwnable::ownerCall => owner();
    nonpayable IOwnable::renounceOwnershipCall => renounce_ownership();
    nonpayable IOwnable::transferOwnershipCall => transfer_ownership(new_owner: Address);
}
