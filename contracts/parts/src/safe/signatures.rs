//! Who agreed: the signatures of owners.
//!
//! Signatures stand in ascending order of their owners, 65 bytes each: `r`, `s`, `v`. What they mean depends on `v`:
//!
//! | `v`       | meaning |
//! |-----------|---------|
//! | 0         | `r` is a contract; at `s` in the signatures is the data that it checks (ERC-1271, the form with the signed data) |
//! | 1         | `r` is an owner who approved the hash before, or sends this transaction |
//! | above 30  | ECDSA with `v - 4` over the hash as a signed message |
//! | else      | ECDSA over the hash |
//!
//! Failures: `GS001` not set up, `GS020` too few bytes, `GS021` `s` points into the 65-byte signatures, `GS022` beyond the end,
//! `GS023` its data ends beyond the end, `GS024` the contract refuses, `GS025` not approved, `GS026` not an owner or not in order,
//! `GS027` the data does not hash to the hash (from 1.4.1 on), `GS030` an approval by somebody else. Source: the traces of the deployed contracts.

use alloy_primitives::{Address, B256, FixedBytes, U256, fixed_bytes};
use alloy_sol_types::SolCall;
use ephor_abi::{
    proxy::ISignatureValidator,
    safe::ISafe::{self, ApproveHash},
};
use stylus_sdk::{host::VM, prelude::*};

use super::{
    Owners, Release, SafeAccount,
    calldata::{Blob, Masked},
};
use crate::{
    call::{require_code, static_call},
    ecdsa::{Signature, ecrecover},
    log::emit,
    revert::{Outcome, Revert, require},
    routes,
};

/// What a contract answers to a signature that it accepts.
const ACCEPTED: FixedBytes<4> = fixed_bytes!("20c13b0b");
/// Bytes of a signature.
const SIGNATURE_BYTES: usize = 65;

routes! {
    /// Calls about signatures.
    pub fn routes<C: Signatures>;
    nonpayable ISafe::checkSignaturesCall => check_signatures(hash: B256, data: Blob<'_>, signatures: Blob<'_>);
    nonpayable ISafe::checkNSignaturesCall => check_n_signatures(
        hash: B256, data: Blob<'_>, signatures: Blob<'_>, required: U256
    );
    nonpayable ISafe::approveHashCall => approve_hash(hash: B256);
    nonpayable ISafe::approvedHashesCall => approved_hash(owner: Masked, hash: B256);
    nonpayable ISafe::signedMessagesCall => signed_message(hash: B256);
}

/// The signatures of owners.
pub trait Signatures: Owners {
    /// Checks that as many owners as the threshold asks for signed `data`, whose hash is `hash`.
    ///
    /// # Errors
    /// `GS001`, `GS020` to `GS026`.
    fn check_signatures(&self, hash: B256, data: Blob<'_>, signatures: Blob<'_>) -> Outcome {
        let threshold = self.account().threshold.get();
        require(!threshold.is_zero(), "GS001")?;
        self.check_n_signatures(hash, data, signatures, threshold)
    }

    /// Checks that `required` owners signed `data`, whose hash is `hash`.
    ///
    /// # Errors
    /// `GS020` to `GS026`; no data when a number overflows or a signing contract has no code.
    fn check_n_signatures(&self, hash: B256, data: Blob<'_>, signatures: Blob<'_>, required: U256) -> Outcome {
        let static_length = required.checked_mul(U256::from(SIGNATURE_BYTES)).ok_or_else(Revert::empty)?;
        require(U256::from(signatures.0.len()) >= static_length, "GS020")?;
        let mut last = Address::ZERO;
        let required = usize::try_from(required).map_err(|_| Revert::empty())?;
        for signature in signatures.0.chunks_exact(SIGNATURE_BYTES).take(required) {
            let (r, s, v) = (B256::from_slice(&signature[..32]), B256::from_slice(&signature[32..64]), signature[64]);
            let owner = match v {
                0 => {
                    let contract = Address::from_word(r);
                    if Self::RELEASE >= Release::V1_4_1 {
                        require(self.vm().native_keccak256(data.0) == hash, "GS027")?;
                    }
                    let proof = contract_proof(signatures.0, U256::from_be_bytes(s.0), static_length)?;
                    require(accepts(self.vm(), contract, data.0, proof)?, "GS024")?;
                    contract
                }
                1 => {
                    let owner = Address::from_word(r);
                    let approved = self.vm().msg_sender() == owner
                        || !self.account().approved_hashes.getter(owner).get(hash).is_zero();
                    require(approved, "GS025")?;
                    owner
                }
                31.. => {
                    let message = signed_message_hash(self.vm(), hash);
                    ecrecover(self.vm(), message, Signature { v: v - 4, r, s })
                }
                // The zero address, which is never an owner, if nobody signed.
                _ => ecrecover(self.vm(), hash, Signature { v, r, s }),
            };
            require(owner > last && self.has_owner(owner), "GS026")?;
            last = owner;
        }
        Ok(())
    }

    /// Lets the calling owner agree to what `hash` is the hash of. Emits `ApproveHash`.
    ///
    /// # Errors
    /// `GS030`.
    fn approve_hash(&mut self, hash: B256) -> Outcome {
        let owner = self.vm().msg_sender();
        let account = self.account_mut();
        require(!account.owners.get(owner).is_zero(), "GS030")?;
        account.approved_hashes.setter(owner).setter(hash).set(U256::ONE);
        emit(self.vm(), &ApproveHash { approvedHash: hash, owner });
        Ok(())
    }

    /// 1 if the owner approved the hash, else 0.
    ///
    /// # Errors
    /// None.
    fn approved_hash(&self, owner: Masked, hash: B256) -> Outcome<U256> {
        Ok(self.account().approved_hashes.getter(owner.0).get(hash))
    }

    /// Not zero if the account itself signed the message with that hash.
    ///
    /// # Errors
    /// None.
    fn signed_message(&self, hash: B256) -> Outcome<U256> {
        Ok(self.account().signed_messages.get(hash))
    }
}

impl<C: SafeAccount> Signatures for C {}

/// The data that a signing contract checks: at `at` in the signatures, behind the first `static_length` bytes, its length ahead of it.
fn contract_proof(signatures: &[u8], at: U256, static_length: U256) -> Outcome<&[u8]> {
    let end = U256::from(signatures.len());
    require(at >= static_length, "GS021")?;
    let start = at.checked_add(U256::from(32)).ok_or_else(Revert::empty)?;
    require(start <= end, "GS022")?;
    let start = usize::try_from(start).map_err(|_| Revert::empty())?;
    let length = U256::from_be_slice(&signatures[start - 32..start]);
    let stop = U256::from(start).checked_add(length).ok_or_else(Revert::empty)?;
    require(stop <= end, "GS023")?;
    let stop = usize::try_from(stop).map_err(|_| Revert::empty())?;
    Ok(&signatures[start..stop])
}

/// Whether `contract` accepts `proof` as its signature of `data`.
fn accepts(vm: &VM, contract: Address, data: &[u8], proof: &[u8]) -> Outcome<bool> {
    require_code(vm, contract)?;
    let call =
        ISignatureValidator::isValidSignatureCall { data: data.to_vec().into(), signature: proof.to_vec().into() };
    let returned = static_call(vm, contract, &call.abi_encode()).map_err(Revert::bubble)?;
    // The old decoder asks for a whole word and ignores what follows the four bytes.
    if returned.len() < 32 { Err(Revert::empty()) } else { Ok(returned[..4] == ACCEPTED) }
}

/// What a wallet signs when it is asked to sign the hash as a message.
fn signed_message_hash(vm: &VM, hash: B256) -> B256 {
    let mut message = *b"\x19Ethereum Signed Message:\n32................................";
    message[28..].copy_from_slice(hash.as_slice());
    vm.native_keccak256(&message)
}
