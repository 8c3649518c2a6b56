//! Storage that the SDK has no type for.

use core::{cell::Cell, marker::PhantomData};

use alloy_primitives::{B256, U256};
use stylus_sdk::{
    host::VM,
    storage::{StorageGuard, StorageGuardMut, StorageKey, StorageType},
};

/// The accessors by which a trait reaches a contract's storage: both names, the type, and the field.
///
/// ```ignore
/// impl Ownable for Thing {
///     accessors! { ownable, ownable_mut: OwnableStorage = ownable; }
/// }
/// ```
#[macro_export]
macro_rules! accessors {
    ($($get:ident, $get_mut:ident: $part:ty = $field:ident;)*) => {$(
        fn $get(&self) -> &$part {
            &self.$field
        }

        fn $get_mut(&mut self) -> &mut $part {
            &mut self.$field
        }
    )*};
}

/// Room that a base contract keeps for later versions: `uint256[N] private __gap`.
#[derive(Debug)]
pub struct Gap<const N: usize>;

impl<const N: usize> StorageType for Gap<N> {
    type Wraps<'a> = StorageGuard<'a, Self>;
    type WrapsMut<'a> = StorageGuardMut<'a, Self>;

    const SLOT_BYTES: usize = 32;
    const REQUIRED_SLOTS: usize = N;

    unsafe fn new(_slot: U256, _offset: u8, _host: VM) -> Self {
        Self
    }

    fn load<'s>(self) -> Self::Wraps<'s> {
        StorageGuard::new(self)
    }

    fn load_mut<'s>(self) -> Self::WrapsMut<'s> {
        StorageGuardMut::new(self)
    }
}

/// A `mapping(uint256 => V)` that remembers where it looked last.
///
/// A call mostly concerns one proposal and asks for it again and again; each time would cost a hash. Only the place is
/// remembered, never what is stored there, so that nothing can go stale.
pub struct FocusMap<V> {
    slot: U256,
    last: Cell<Option<(U256, U256)>>,
    vm: VM,
    values: PhantomData<V>,
}

impl<V: StorageType> FocusMap<V> {
    /// Where in its slot a value lies: at the low-order end.
    #[allow(clippy::cast_possible_truncation, reason = "a slot has 32 bytes")]
    const OFFSET: u8 = 32 - V::SLOT_BYTES as u8;

    /// The value under `key`.
    #[must_use]
    pub fn getter(&self, key: U256) -> StorageGuard<'_, V> {
        // SAFETY: the guard borrows the map, so nobody writes to the value in the meantime.
        StorageGuard::new(unsafe { V::new(self.place(key), Self::OFFSET, self.vm.clone()) })
    }

    /// The value under `key`, to be changed.
    pub fn setter(&mut self, key: U256) -> StorageGuardMut<'_, V> {
        // SAFETY: the guard borrows the map exclusively.
        StorageGuardMut::new(unsafe { V::new(self.place(key), Self::OFFSET, self.vm.clone()) })
    }

    fn place(&self, key: U256) -> U256 {
        match self.last.get() {
            Some((last, place)) if last == key => place,
            _ => {
                let place = key.to_slot(B256::from(self.slot));
                self.last.set(Some((key, place)));
                place
            }
        }
    }
}

impl<V: StorageType> StorageType for FocusMap<V> {
    type Wraps<'a>
        = StorageGuard<'a, Self>
    where
        Self: 'a;
    type WrapsMut<'a>
        = StorageGuardMut<'a, Self>
    where
        Self: 'a;

    unsafe fn new(slot: U256, _offset: u8, vm: VM) -> Self {
        Self { slot, last: Cell::new(None), vm, values: PhantomData }
    }

    fn load<'s>(self) -> Self::Wraps<'s> {
        StorageGuard::new(self)
    }

    fn load_mut<'s>(self) -> Self::WrapsMut<'s> {
        StorageGuardMut::new(self)
    }
}
