//! A number over time: what it was at the end of any block gone by.
//!
//! Kept as Solidity keeps an array of `(uint32 fromBlock, uint224 value)`: the length in the slot of the array, the elements one
//! word each from `keccak256(slot)` on, the block in the low four bytes. Blocks never decrease along the array, and no
//! two elements share one: a second change in a block overwrites the first. Used for the votes of a delegate, for the total supply
//! and for the numerator of a quorum.

use alloy_primitives::{B256, U256};
use stylus_sdk::{
    crypto,
    host::VM,
    storage::{StorageGuard, StorageGuardMut, StorageType},
    stylus_core::{BlockAccess, StorageAccess},
};

use crate::revert::{Outcome, Revert};

/// The bits of a word that hold the block.
const BLOCK_BITS: usize = 32;

/// The bits of a word that hold the value.
const VALUE_BITS: usize = 224;

/// The value in force from a block on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Checkpoint {
    /// The block in which it was written.
    pub from_block: u32,
    /// The value at the end of that block; below 2^224.
    pub value: U256,
}

impl Checkpoint {
    fn unpack(word: B256) -> Self {
        let [block @ .., a, b, c, d] = word.0;
        let mut value = [0; 32];
        value.iter_mut().skip(4).zip(block).for_each(|(to, from)| *to = from);
        Self { from_block: u32::from_be_bytes([a, b, c, d]), value: U256::from_be_bytes(value) }
    }

    fn pack(self) -> B256 {
        ((self.value << BLOCK_BITS) | U256::from(self.from_block)).into()
    }
}

/// What a change did: the value before and after it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Change {
    /// The value before.
    pub before: U256,
    /// The value after.
    pub after: U256,
}

/// The stored history of a number. One slot where it is declared.
#[derive(Debug)]
pub struct Checkpoints {
    slot: U256,
    vm: VM,
}

impl Checkpoints {
    /// How many checkpoints there are.
    #[must_use]
    pub fn len(&self) -> u64 {
        U256::from_be_bytes(self.vm.storage_load_bytes32(self.slot).0).saturating_to()
    }

    /// Whether nothing was ever written.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Checkpoint `index`, the oldest first.
    ///
    /// # Errors
    /// `Panic(0x32)` beyond the last.
    pub fn get(&self, index: u64) -> Outcome<Checkpoint> {
        if index >= self.len() {
            return Err(Revert::out_of_bounds());
        }
        Ok(self.read(self.base(), index))
    }

    /// The value now; zero if nothing was ever written.
    #[must_use]
    pub fn latest(&self) -> U256 {
        self.len().checked_sub(1).map_or(U256::ZERO, |last| self.read(self.base(), last).value)
    }

    /// The value at the end of `block`, which the caller has checked to be over.
    #[must_use]
    pub fn at_block(&self, block: U256) -> U256 {
        let Some(last) = self.len().checked_sub(1) else { return U256::ZERO };
        let base = self.base();
        // Most questions are about a block after the last change.
        let newest = self.read(base, last);
        if U256::from(newest.from_block) <= block {
            return newest.value;
        }
        // Invariant: everything below `low` is at or before the block, `high` and everything above is after it.
        let (mut low, mut high) = (0, last);
        let mut value = U256::ZERO;
        while low < high {
            let middle = low + (high - low) / 2;
            let checkpoint = self.read(base, middle);
            if U256::from(checkpoint.from_block) > block {
                high = middle;
            } else {
                value = checkpoint.value;
                low = middle + 1;
            }
        }
        value
    }

    /// Writes the value that `change` makes of the present one, as of this block.
    ///
    /// # Errors
    /// Those of `change`; `Error(string)` "SafeCast: value doesn't fit in 224 bits" and, once a block number needs more than four
    /// bytes, "SafeCast: value doesn't fit in 32 bits".
    pub fn write(&mut self, change: impl FnOnce(U256) -> Outcome<U256>) -> Outcome<Change> {
        let block = self.vm.block_number();
        let (len, base) = (self.len(), self.base());
        let newest = len.checked_sub(1).map(|last| self.read(base, last));
        let before = newest.map_or(U256::ZERO, |checkpoint| checkpoint.value);
        let after = change(before)?;

        if let Some(newest) = newest.filter(|checkpoint| u64::from(checkpoint.from_block) == block) {
            let value = fits(after)?;
            self.store(base, len - 1, Checkpoint { value, ..newest });
        } else {
            let from_block =
                u32::try_from(block).map_err(|_| Revert::message("SafeCast: value doesn't fit in 32 bits"))?;
            let value = fits(after)?;
            self.store(base, len, Checkpoint { from_block, value });
            // SAFETY: as in `store`.
            unsafe { self.vm.storage_cache_bytes32(self.slot, U256::from(len + 1).into()) };
        }
        Ok(Change { before, after })
    }

    fn base(&self) -> U256 {
        crypto::keccak(self.slot.to_be_bytes::<32>()).into()
    }

    fn read(&self, base: U256, index: u64) -> Checkpoint {
        Checkpoint::unpack(self.vm.storage_load_bytes32(base.wrapping_add(U256::from(index))))
    }

    fn store(&mut self, base: U256, index: u64, checkpoint: Checkpoint) {
        // SAFETY: the slots belong to this array, which is borrowed exclusively, and nothing here holds on to what it read.
        unsafe { self.vm.storage_cache_bytes32(base.wrapping_add(U256::from(index)), checkpoint.pack()) };
    }
}

fn fits(value: U256) -> Outcome<U256> {
    if value.bit_len() > VALUE_BITS {
        return Err(Revert::message("SafeCast: value doesn't fit in 224 bits"));
    }
    Ok(value)
}

impl StorageType for Checkpoints {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(checkpoint: Checkpoint, word: U256) {
        assert_eq!(checkpoint.pack(), B256::from(word));
        assert_eq!(Checkpoint::unpack(word.into()), checkpoint);
    }

    #[test]
    fn packs_the_block_below_the_value() {
        check(Checkpoint { from_block: 0, value: U256::ZERO }, U256::ZERO);
        check(Checkpoint { from_block: 7, value: U256::from(1) }, U256::from((1_u64 << 32) | 7));
        check(Checkpoint { from_block: u32::MAX, value: U256::MAX >> BLOCK_BITS }, U256::MAX);
    }
}
