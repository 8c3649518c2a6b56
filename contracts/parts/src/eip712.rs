//! Typed data: what a signature is good for (EIP-712).
//!
//! A digest binds what is signed to a name, a version, a chain and a contract. The domain is hashed anew on each use, so that it
//! follows a fork of the chain and stays right when the contract is used through a proxy.

use alloc::{vec, vec::Vec};

use alloy_primitives::{B256, U256, b256};
use stylus_sdk::{
    host::VM,
    prelude::*,
    storage::StorageB256,
    stylus_core::{AccountAccess, ChainAccess, CryptographyAccess},
};

use crate::storage::Gap;

/// The hash of `EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)`.
pub const DOMAIN_TYPE_HASH: B256 = b256!("8b73c3c69bb8fe3d512ecc4cf759cc79239f7b179b0ffacaa9a75d522b39400f");

/// The name and the version of a contract that takes signatures: two slots, and fifty in reserve.
#[storage]
pub struct Eip712 {
    hashed_name: StorageB256,
    hashed_version: StorageB256,
    _gap: Gap<50>,
}

impl Eip712 {
    /// Sets the name and the version, once, on initialisation.
    pub fn init(&mut self, name: &[u8], version: &[u8]) {
        let vm = self.vm();
        let (name, version) = (vm.native_keccak256(name), vm.native_keccak256(version));
        self.hashed_name.set(name);
        self.hashed_version.set(version);
    }

    /// The hash of the domain, here and now.
    #[must_use]
    pub fn domain_separator(&self) -> B256 {
        domain_separator(self.vm(), self.hashed_name.get(), self.hashed_version.get())
    }

    /// What is signed for a struct with the hash `struct_hash`.
    #[must_use]
    pub fn digest(&self, struct_hash: B256) -> B256 {
        digest(self.vm(), self.domain_separator(), struct_hash)
    }
}

/// The hash of the domain of this contract on this chain, under a hashed name and version.
#[must_use]
pub fn domain_separator(vm: &VM, hashed_name: B256, hashed_version: B256) -> B256 {
    let (chain, contract) = (U256::from(vm.chain_id()), vm.contract_address());
    let words = [DOMAIN_TYPE_HASH, hashed_name, hashed_version, chain.into(), contract.into_word()];
    vm.native_keccak256(words.map(|word| word.0).as_flattened())
}

/// `keccak256("\x19\x01" ‖ domain ‖ struct_hash)`.
#[must_use]
pub fn digest(vm: &VM, domain: B256, struct_hash: B256) -> B256 {
    vm.native_keccak256(&preimage(domain, struct_hash))
}

/// `"\x19\x01" ‖ domain ‖ struct_hash`: what [`digest`] hashes.
#[must_use]
pub fn preimage(domain: B256, struct_hash: B256) -> Vec<u8> {
    let mut bytes = b"\x19\x01".to_vec();
    bytes.extend_from_slice(domain.as_slice());
    bytes.extend_from_slice(struct_hash.as_slice());
    bytes
}

/// The hash of a struct whose members are all of fixed size: `members` are a word each, the hash of its type first.
#[must_use]
pub fn hash_struct<const N: usize>(vm: &VM, members: [B256; N]) -> B256 {
    vm.native_keccak256(members.map(|word| word.0).as_flattened())
}

#[cfg(test)]
mod tests {
    use alloy_primitives::keccak256;

    use super::*;

    #[test]
    fn hashes_the_type_of_the_domain() {
        let of = "EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)";
        assert_eq!(DOMAIN_TYPE_HASH, keccak256(of));
    }
}
