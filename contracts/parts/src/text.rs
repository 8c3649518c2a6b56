//! A string in storage, laid out as Solidity's `string`: up to 31 bytes in the string's own slot with twice the length in the last
//! byte, or twice the length and one there and the bytes from `keccak256(slot)` on.
//!
//! The SDK's string writes byte by byte and brings long division and number formatting along, which is a tenth of a contract as
//! WASM. A string is bytes here: Solidity does not check UTF-8.

use alloc::vec::Vec;

use alloy_primitives::{B256, U256, keccak256};
use alloy_sol_types::SolValue;
use stylus_sdk::{
    host::VM,
    storage::{StorageGuard, StorageGuardMut, StorageType},
    stylus_core::StorageAccess,
};

use crate::encode::Encode;

const WORD: usize = 32;

/// The bytes of a string.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Text(pub Vec<u8>);

impl Encode for Text {
    fn encode(self) -> Vec<u8> {
        (self.0,).abi_encode_params()
    }
}

/// A `string`.
pub struct StoredText {
    slot: U256,
    vm: VM,
}

impl StoredText {
    /// The bytes of the string.
    #[must_use]
    pub fn get(&self) -> Text {
        let head = self.vm.storage_load_bytes32(self.slot);
        let Some(len) = long(head) else { return Text(head.0.get(..short(head)).unwrap_or_default().to_vec()) };
        let mut bytes = Vec::with_capacity(len);
        for index in 0..len.div_ceil(WORD) {
            bytes.extend_from_slice(self.vm.storage_load_bytes32(self.place(index)).as_slice());
        }
        bytes.truncate(len);
        Text(bytes)
    }

    /// Replaces the string, clearing what the old one no longer needs.
    pub fn set(&mut self, text: &str) {
        let text = text.as_bytes();
        let old = long(self.vm.storage_load_bytes32(self.slot)).map_or(0, |len| len.div_ceil(WORD));
        let (head, words) = if text.len() < WORD {
            let mut head = padded(text);
            head.0[WORD - 1] = text.len().to_be_bytes()[size_of::<usize>() - 1] << 1;
            (head, &[][..])
        } else {
            (B256::from((U256::from(text.len()) << 1usize) | U256::ONE), text)
        };
        let mut words = words.chunks(WORD);
        let mut index = 0;
        loop {
            let word = words.next();
            if word.is_none() && index >= old {
                break;
            }
            self.write(self.place(index), padded(word.unwrap_or_default()));
            index += 1;
        }
        self.write(self.slot, head);
    }

    /// The slot of word `index` of a long string.
    fn place(&self, index: usize) -> U256 {
        U256::from_be_bytes::<WORD>(keccak256(B256::from(self.slot)).0).wrapping_add(U256::from(index))
    }

    fn write(&mut self, slot: U256, word: B256) {
        // SAFETY: the slots belong to this string alone, and nothing read from them is held.
        unsafe { self.vm.storage_cache_bytes32(slot, word) };
    }
}

/// The length of a string kept outside its own slot. It is what [`StoredText::set`] wrote, so it is one that memory holds.
fn long(head: B256) -> Option<usize> {
    (head.0[WORD - 1] & 1 == 1).then(|| (U256::from_be_bytes::<WORD>(head.0) >> 1usize).saturating_to())
}

/// The length of a string kept in its own slot.
fn short(head: B256) -> usize {
    usize::from(head.0[WORD - 1] >> 1).min(WORD - 1)
}

/// At most a word of bytes, with zeros after them.
fn padded(bytes: &[u8]) -> B256 {
    let mut word = B256::ZERO;
    word.0.iter_mut().zip(bytes).for_each(|(to, from)| *to = *from);
    word
}

impl StorageType for StoredText {
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
