//! Typed data: what a signature is good for (EIP-712).
//!
//! A digest binds what is signed to a name, a version, a chain and a contract. The domain is hashed anew on each use, so that it
//! follows a fork of the chain and stays right when the contract is used through a proxy.

use alloc::{vec, vec::Vec};

use alloy_primitives::{B256, b256};
use alloy_sol_types::SolValue;
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
    let mut words = [0; 160];
    words[..32].copy_from_slice(DOMAIN_TYPE_HASH.as_slice());
    words[32..64].copy_from_slice(hashed_name.as_slice());
    words[64..96].copy_from_slice(hashed_version.as_slice());
    words[120..128].copy_from_slice(&vm.chain_id().to_be_bytes());
    words[140..].copy_from_slice(vm.contract_address().as_slice());
    vm.native_keccak256(&words)
}

/// `keccak256("\x19\x01" ‖ domain ‖ struct_hash)`.
#[must_use]
pub fn digest(vm: &VM, domain: B256, struct_hash: B256) -> B256 {
    vm.native_keccak256(&preimage(domain, struct_hash))
}

/// `"\x19\x01" ‖ domain ‖ struct_hash`: what [`digest`] hashes.
#[must_use]
pub fn preimage(domain: B256, struct_hash: B256) -> [u8; 66] {
    let mut bytes = [0; 66];
    bytes[..2].copy_from_slice(b"\x19\x01");
    bytes[2..34].copy_from_slice(domain.as_slice());
    bytes[34..].copy_from_slice(struct_hash.as_slice());
    bytes
}

/// The hash of a struct whose members are all of fixed size: `members` is a tuple with the hash of its type first.
#[must_use]
pub fn hash_struct<T: SolValue>(vm: &VM, members: &T) -> B256 {
    vm.native_keccak256(&members.abi_encode())
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
