//! A transaction of a Safe, and the three hashes that signers compare.
//!
//! ```text
//! domain hash  = hash(type, chain id?, Safe)
//! message hash = hash(type, transaction with its nonce)
//! Safe transaction hash = hash(0x1901 ‖ domain hash ‖ message hash)      what is signed
//! ```
//! Source: EIP-712, the deployed contracts. See [`Hashing`] for what differs between releases.

use alloy_primitives::{Address, B256, Bytes, U256, keccak256};
use serde::{Deserialize, Serialize};

use crate::release::{Hashing, Release};

/// How a Safe reaches the target of a transaction.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Operation {
    /// By a call.
    #[default]
    Call,
    /// By a delegate call: the target's code runs as the Safe's own.
    DelegateCall,
}

impl Operation {
    /// The number it travels as.
    #[must_use]
    pub const fn number(self) -> u8 {
        match self {
            Self::Call => 0,
            Self::DelegateCall => 1,
        }
    }

    /// The operation with that number.
    #[must_use]
    pub const fn of_number(number: u8) -> Option<Self> {
        match number {
            0 => Some(Self::Call),
            1 => Some(Self::DelegateCall),
            _ => None,
        }
    }

    /// The word for it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Call => "call",
            Self::DelegateCall => "delegate call",
        }
    }
}

/// Who pays for the gas of a transaction; all zero, as usual, means whoever sends it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Refund {
    /// Gas that the target gets at least.
    #[serde(with = "crate::number")]
    pub safe_tx_gas: U256,
    /// Gas refunded on top of what the execution took; `dataGas` before 1.0.0.
    #[serde(with = "crate::number")]
    pub base_gas: U256,
    /// Refund for a unit of gas.
    #[serde(with = "crate::number")]
    pub gas_price: U256,
    /// The token of the refund; zero for ether.
    pub gas_token: Address,
    /// Who is refunded; zero for the sender.
    pub refund_receiver: Address,
}

/// What a Safe is to do, without the nonce.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Action {
    /// The target.
    pub to: Address,
    /// Wei.
    #[serde(default, with = "crate::number")]
    pub value: U256,
    /// Calldata.
    pub data: Bytes,
    /// How the target is reached.
    #[serde(default)]
    pub operation: Operation,
    /// Who pays for the gas.
    #[serde(default)]
    pub refund: Refund,
}

/// A Safe, as far as it matters for hashes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Account {
    /// The chain's id.
    pub chain_id: u64,
    /// The Safe.
    pub safe: Address,
    /// Its release.
    pub release: Release,
}

/// What signers compare.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Hashes {
    /// Of chain and Safe.
    pub domain: B256,
    /// Of the transaction and its nonce.
    pub message: B256,
    /// Of both: what is signed, approved and executed.
    pub safe_tx: B256,
}

impl Account {
    /// The domain hash.
    #[must_use]
    pub fn domain_hash(&self) -> B256 {
        domain_hash(self.release.hashing(), self.chain_id, self.safe)
    }

    /// The hashes of an action of this Safe.
    #[must_use]
    pub fn hashes(&self, action: &Action, nonce: U256) -> Hashes {
        Hashes::new(self.domain_hash(), action.message_hash(self.release.hashing(), nonce))
    }
}

impl Hashes {
    /// The third from the first two.
    #[must_use]
    pub fn new(domain: B256, message: B256) -> Self {
        let mut signed = [0; 66];
        signed[..2].copy_from_slice(&[0x19, 0x01]);
        signed[2..34].copy_from_slice(domain.as_slice());
        signed[34..].copy_from_slice(message.as_slice());
        Self { domain, message, safe_tx: keccak256(signed) }
    }
}

/// The domain hash of a Safe.
#[must_use]
pub fn domain_hash(hashing: Hashing, chain_id: u64, safe: Address) -> B256 {
    let kind = hashing.domain_type_hash();
    if hashing.has_chain_id() {
        keccak256([kind, U256::from(chain_id).into(), safe.into_word()].concat())
    } else {
        keccak256([kind, safe.into_word()].concat())
    }
}

impl Action {
    /// The message hash with a nonce.
    #[must_use]
    pub fn message_hash(&self, hashing: Hashing, nonce: U256) -> B256 {
        self.message_hash_with(keccak256(&self.data), hashing, nonce)
    }

    /// As [`Self::message_hash`], for callers that try many nonces and hash the calldata once.
    pub(crate) fn message_hash_with(&self, data: B256, hashing: Hashing, nonce: U256) -> B256 {
        let refund = &self.refund;
        let words: [B256; 11] = [
            hashing.transaction_type_hash(),
            self.to.into_word(),
            self.value.into(),
            data,
            U256::from(self.operation.number()).into(),
            refund.safe_tx_gas.into(),
            refund.base_gas.into(),
            refund.gas_price.into(),
            refund.gas_token.into_word(),
            refund.refund_receiver.into_word(),
            nonce.into(),
        ];
        keccak256(words.concat())
    }
}
