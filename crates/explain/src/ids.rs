//! What a governance action is called at each step of its way, computed from its parameters alone.
//!
//! ```text
//! proposal ─▶ operation of the governor's timelock ─▶ message to the parent ─▶ operation of the L1 timelock ─▶ tickets
//! id          id, salt = hash of the description      item hash                id, salt                        ids
//! ```
//!
//! Source: OpenZeppelin Governor and TimelockController 4.7.3, the Nitro contracts (see `ephor_abi::message`), Safe 1.0.0 to 1.4.1.

use alloy_primitives::{Address, B256, Bytes, U256, keccak256};
use alloy_sol_types::{Eip712Domain, SolStruct, SolValue};
use ephor_abi::typed::SafeTx;
use serde::Serialize;

/// The id of a proposal, as a number.
#[must_use]
pub fn proposal(targets: &[Address], values: &[U256], calldatas: &[Bytes], description_hash: B256) -> U256 {
    let arguments = (targets.to_vec(), values.to_vec(), calldatas.to_vec(), description_hash);
    U256::from_be_bytes(keccak256(arguments.abi_encode_params()).0)
}

/// The id of an operation of one call.
#[must_use]
pub fn operation(target: Address, value: U256, data: &Bytes, predecessor: B256, salt: B256) -> B256 {
    keccak256((target, value, data.clone(), predecessor, salt).abi_encode_params())
}

/// The id of an operation of several calls.
#[must_use]
pub fn batch(targets: &[Address], values: &[U256], payloads: &[Bytes], predecessor: B256, salt: B256) -> B256 {
    keccak256((targets.to_vec(), values.to_vec(), payloads.to_vec(), predecessor, salt).abi_encode_params())
}

/// The hashes of a Safe's transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct SafeHashes {
    /// Of the Safe and its chain.
    pub domain: B256,
    /// Of the transaction alone.
    pub message: B256,
    /// What owners sign.
    pub transaction: B256,
}

/// The hashes of a Safe's transaction. `chain` is `None` for Safes older than 1.3.0, whose domain has no chain id.
#[must_use]
pub fn safe(chain: Option<u64>, safe: Address, transaction: &SafeTx) -> SafeHashes {
    let domain = Eip712Domain::new(None, None, chain.map(U256::from), Some(safe), None);
    SafeHashes {
        domain: domain.separator(),
        message: transaction.eip712_hash_struct(),
        transaction: transaction.eip712_signing_hash(&domain),
    }
}
