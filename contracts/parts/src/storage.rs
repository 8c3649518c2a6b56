//! Storage that the SDK has no type for.

use alloy_primitives::U256;
use stylus_sdk::{
    host::VM,
    storage::{StorageGuard, StorageGuardMut, StorageType},
};

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
