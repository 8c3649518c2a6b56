//! A list of addresses in storage, laid out as Solidity's `address[]`: the length in the list's own slot, the elements one
//! a slot from `keccak256(slot)` on.
//!
//! The SDK's vector reads the length again for every element. Elections read lists of hundreds, so this one reads the
//! length once and each element once.

use alloc::vec::Vec;

use alloy_primitives::{Address, B256, U256, keccak256};
use stylus_sdk::{
    host::VM,
    storage::{StorageGuard, StorageGuardMut, StorageType},
    stylus_core::StorageAccess,
};

/// An `address[]`.
pub struct AddressList {
    slot: U256,
    vm: VM,
}

impl AddressList {
    /// How many addresses there are.
    #[must_use]
    pub fn len(&self) -> U256 {
        self.vm.storage_load_bytes32(self.slot).into()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len().is_zero()
    }

    /// All addresses, in order.
    #[must_use]
    pub fn all(&self) -> Vec<Address> {
        // A list grows by one a call, so its length is far below what memory holds.
        let len: usize = self.len().saturating_to();
        let first = self.first();
        let element = |index| Address::from_word(self.vm.storage_load_bytes32(first.wrapping_add(U256::from(index))));
        (0..len).map(element).collect()
    }

    /// Appends `address`.
    pub fn push(&mut self, address: Address) {
        let len = self.len();
        // SAFETY: the slots belong to this list alone, and nothing read from them is held here.
        unsafe {
            self.vm.storage_cache_bytes32(self.slot, len.wrapping_add(U256::ONE).into());
            self.vm.storage_cache_bytes32(self.first().wrapping_add(len), address.into_word());
        }
    }

    /// Puts `new` in the place of the first `old`; changes nothing if there is none.
    pub fn replace(&mut self, old: Address, new: Address) {
        if let Some(at) = self.all().iter().position(|address| *address == old) {
            // SAFETY: as in `push`.
            unsafe { self.vm.storage_cache_bytes32(self.first().wrapping_add(U256::from(at)), new.into_word()) };
        }
    }

    /// The slot of the first element.
    fn first(&self) -> U256 {
        keccak256(B256::from(self.slot)).into()
    }
}

impl StorageType for AddressList {
    type Wraps<'a> = StorageGuard<'a, Self>;
    type WrapsMut<'a> = StorageGuardMut<'a, Self>;

    unsafe fn new(slot: U256, _offset: u8, vm: VM) -> Self {
        Self { slot, vm }
    }

    fn load<'s>(self) -> Self::Wraps<'s> {
        StorageGuard::new(self)
    }

    fn load_mut<'s>(self) -> Self::WrapsMut<'s> {
        StorageGuardMut::new(self)
    }
}
