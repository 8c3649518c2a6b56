//! The signature of an owner: its kinds, and what is checked when one arrives.
//!
//! | kind | what comes in | what is checked |
//! |------|---------------|-----------------|
//! | ECDSA | 65 bytes, `v` 27 or 28 | recovers to an owner over the hash |
//! | `eth_sign` | 65 bytes, `v` 31 or 32 (27 or 28 plus 4) | recovers to an owner over the hash as a signed message |
//! | approved hash | the owner's address | approved on the chain, by whoever looked there |
//! | contract | the owner's address and data | accepted by the contract (ERC-1271), by whoever asked it |
//!
//! What is refused is told apart: of somebody who is no owner, of a former owner, of another nonce, chain or Safe, malleable (`s` in the
//! upper half), with a `v` that no Safe takes. Source: the deployed contracts, EIP-2, ERC-1271.

mod packed;

use std::fmt;

use alloy_primitives::{Address, B256, Bytes, Signature as Ecdsa, U256, eip191_hash_message, uint};
use serde::{Deserialize, Serialize};

use crate::transaction::{Account, Action, Hashes};

pub use packed::{MAX_SIGNERS, encode, signers};

/// Half the order of the curve: a greater `s` is the twin of a smaller one.
const HALF_ORDER: U256 = uint!(0x7FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF5D576E7357A4501DDFE92F46681B20A0_U256);
/// The most bytes that a contract's signature may have.
pub const MAX_CONTRACT_BYTES: usize = 16 * 1024;
/// How far from the nonce a stray signature is looked for.
const STRAY_NONCES: u64 = 16;
/// Chains for which a stray signature may be.
pub(crate) const STRAY_CHAINS: [u64; 8] = [1, 11_155_111, 10, 11_155_420, 42_161, 42_170, 8_453, 100];

/// How an owner agrees.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "kind", deny_unknown_fields)]
pub enum Consent {
    /// A signature of the hash, or of the hash as a message (`v` + 4).
    Signed {
        /// `r ‖ s ‖ v`.
        signature: Bytes,
    },
    /// An approval on the chain.
    Approved,
    /// What a contract that owns the Safe accepts as its signature.
    Contract {
        /// What it is given to check.
        data: Bytes,
    },
}

/// An owner's agreement to a transaction.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Signature {
    /// The chain's id.
    pub chain_id: u64,
    /// The Safe whose transaction it is.
    pub safe: Address,
    /// The hash of the transaction.
    pub safe_tx_hash: B256,
    /// Who agrees.
    pub owner: Address,
    /// How.
    pub consent: Consent,
}

/// What is known about the Safe at the nonce of the transaction.
pub struct Owners<'a> {
    /// The owners; empty if they are not known.
    pub now: &'a [Address],
    /// Owners of the past.
    pub former: &'a [Address],
    /// Owners whose approval of the hash was found on the chain.
    pub approved: &'a [Address],
    /// Contracts that accepted the signature given for them.
    pub accepted: &'a [Address],
}

/// A signature that counts for nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error, Serialize)]
#[serde(rename_all = "kebab-case", tag = "refused")]
pub enum Refusal {
    /// Not 65 bytes.
    #[error("a signature has 65 bytes, this one {bytes}")]
    Length {
        /// How many it has.
        bytes: usize,
    },
    /// A `v` without meaning.
    #[error("v is {v}: a Safe takes 27 and 28, and 31 and 32 for signed messages; have it signed again")]
    Kind {
        /// What it is.
        v: u8,
    },
    /// The twin of another signature.
    #[error(
        "s is in the upper half: anybody can make this of a sound signature, so it is refused; have it signed again"
    )]
    Malleable,
    /// Recovers to nobody.
    #[error("this is the signature of nobody: bytes are damaged")]
    Nobody,
    /// Not who it claims to be from.
    #[error("it claims to be from {claimed}, but {found} signed it")]
    AnotherSigner {
        /// As stated.
        claimed: Address,
        /// As recovered.
        found: Address,
    },
    /// Of another chain.
    #[error("it is for chain {found}, this ceremony is on chain {expected}: it counts there, not here")]
    Chain {
        /// Its chain.
        found: u64,
        /// The ceremony's.
        expected: u64,
    },
    /// Of another nonce.
    #[error(
        "it is for nonce {found}, this transaction has {expected}: a signature of another transaction, which must not be reused"
    )]
    Nonce {
        /// Its nonce.
        found: U256,
        /// The transaction's.
        expected: U256,
    },
    /// Of another transaction.
    #[error("it is for the transaction {found} of Safe {safe}, which is not part of this ceremony")]
    Transaction {
        /// Its Safe.
        safe: Address,
        /// Its hash.
        found: B256,
    },
    /// Of somebody else.
    #[error("{signer} is no owner of Safe {safe}")]
    NotAnOwner {
        /// Who signed.
        signer: Address,
        /// The Safe.
        safe: Address,
    },
    /// Of an owner of the past.
    #[error("{signer} was an owner of Safe {safe} and is none any more")]
    FormerOwner {
        /// Who signed.
        signer: Address,
        /// The Safe.
        safe: Address,
    },
    /// There is one already.
    #[error("{owner} has signed for Safe {safe} already: one signature of each owner counts")]
    Duplicate {
        /// Who signed.
        owner: Address,
        /// The Safe.
        safe: Address,
    },
    /// Not found on the chain.
    #[error(
        "{owner} is said to have approved {hash}, but the approval was not found on the chain: look there with --rpc-url"
    )]
    NotApproved {
        /// Who should have.
        owner: Address,
        /// What.
        hash: B256,
    },
    /// Not accepted by the contract.
    #[error("the contract {owner} did not accept its signature, or was not asked: ask it with --rpc-url")]
    NotAccepted {
        /// The contract.
        owner: Address,
    },
    /// Too long.
    #[error("{bytes} bytes are more than the {MAX_CONTRACT_BYTES} that a contract's signature may have")]
    ContractLength {
        /// How many it has.
        bytes: usize,
    },
}

/// What a wallet signs when it is asked to sign the hash as a message.
#[must_use]
pub fn message_hash(safe_tx_hash: B256) -> B256 {
    eip191_hash_message(safe_tx_hash)
}

/// Who made 65 bytes of signature of `hash`, as a Safe sees it.
///
/// # Errors
/// [`Refusal::Length`], [`Refusal::Kind`], [`Refusal::Malleable`], [`Refusal::Nobody`].
pub fn signer(hash: B256, signature: &[u8]) -> Result<Address, Refusal> {
    let bytes: &[u8; 65] = signature.try_into().map_err(|_| Refusal::Length { bytes: signature.len() })?;
    let (r, s, v) = (U256::from_be_slice(&bytes[..32]), U256::from_be_slice(&bytes[32..64]), bytes[64]);
    let (hash, odd) = match v {
        27 | 28 => (hash, v == 28),
        31 | 32 => (message_hash(hash), v == 32),
        _ => return Err(Refusal::Kind { v }),
    };
    if s > HALF_ORDER {
        return Err(Refusal::Malleable);
    }
    Ecdsa::new(r, s, odd).recover_address_from_prehash(&hash).map_err(|_| Refusal::Nobody)
}

/// The same signature as devices return it for messages (`eth_sign`): `v` plus 4.
#[must_use]
pub fn as_message_signature(signature: &Ecdsa) -> Bytes {
    let mut bytes = signature.as_bytes();
    bytes[64] += 4;
    bytes.to_vec().into()
}

impl Consent {
    /// A signature of the hash itself.
    #[must_use]
    pub fn of_hash(signature: &Ecdsa) -> Self {
        Self::Signed { signature: signature.as_bytes().to_vec().into() }
    }

    /// A signature of the hash as a message.
    #[must_use]
    pub fn of_message(signature: &Ecdsa) -> Self {
        Self::Signed { signature: as_message_signature(signature) }
    }

    /// The word for its kind.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Signed { signature } if signature.last().is_some_and(|v| *v > 30) => "signed message",
            Self::Signed { .. } => "signature",
            Self::Approved => "approval on chain",
            Self::Contract { .. } => "contract signature",
        }
    }
}

/// The transaction that a signature should be for.
#[derive(Clone, Copy)]
pub struct Subject<'a> {
    /// The Safe.
    pub account: &'a Account,
    /// What it does.
    pub action: &'a Action,
    /// Its nonce.
    pub nonce: U256,
    /// Its hashes.
    pub hashes: &'a Hashes,
}

/// Checks a signature on arrival, all but whether there is one of the same owner already.
///
/// # Errors
/// The reason for which it is refused.
pub fn check(signature: &Signature, subject: Subject<'_>, owners: &Owners<'_>) -> Result<(), Refusal> {
    let Subject { account, hashes, .. } = subject;
    let safe = account.safe;
    if account.release.hashing().has_chain_id() && signature.chain_id != account.chain_id {
        return Err(Refusal::Chain { found: signature.chain_id, expected: account.chain_id });
    }
    if signature.safe != safe || signature.safe_tx_hash != hashes.safe_tx {
        let signed = if let Consent::Signed { signature } = &signature.consent { signature.as_ref() } else { &[] };
        let other = stray(signed, signature.owner, subject);
        return Err(other.unwrap_or(Refusal::Transaction { safe: signature.safe, found: signature.safe_tx_hash }));
    }
    let owner = match &signature.consent {
        Consent::Signed { signature: bytes } => {
            let found = signer(hashes.safe_tx, bytes)?;
            if found != signature.owner {
                let other = stray(bytes, signature.owner, subject);
                return Err(other.unwrap_or(Refusal::AnotherSigner { claimed: signature.owner, found }));
            }
            found
        }
        Consent::Approved | Consent::Contract { .. } => signature.owner,
    };
    if !owners.now.is_empty() && !owners.now.contains(&owner) {
        let former = owners.former.contains(&owner);
        return Err(if former {
            Refusal::FormerOwner { signer: owner, safe }
        } else {
            Refusal::NotAnOwner { signer: owner, safe }
        });
    }
    match &signature.consent {
        Consent::Signed { .. } => Ok(()),
        Consent::Approved if owners.approved.contains(&owner) => Ok(()),
        Consent::Approved => Err(Refusal::NotApproved { owner, hash: hashes.safe_tx }),
        Consent::Contract { data } if data.len() > MAX_CONTRACT_BYTES => {
            Err(Refusal::ContractLength { bytes: data.len() })
        }
        Consent::Contract { .. } if owners.accepted.contains(&owner) => Ok(()),
        Consent::Contract { .. } => Err(Refusal::NotAccepted { owner }),
    }
}

/// The same transaction with another nonce or on another chain, if that is what `owner` signed.
fn stray(bytes: &[u8], owner: Address, subject: Subject<'_>) -> Option<Refusal> {
    let Subject { account, action, nonce, .. } = subject;
    let signed = |account: &Account, nonce: U256| {
        signer(account.hashes(action, nonce).safe_tx, bytes).is_ok_and(|found| found == owner)
    };
    if account.release.hashing().has_chain_id() {
        let chain = STRAY_CHAINS.into_iter().find(|id| signed(&Account { chain_id: *id, ..*account }, nonce));
        if let Some(found) = chain.filter(|found| *found != account.chain_id) {
            return Some(Refusal::Chain { found, expected: account.chain_id });
        }
    }
    let near = (1..=STRAY_NONCES).map(U256::from);
    let found = near
        .flat_map(|step| [nonce.checked_sub(step), nonce.checked_add(step)].into_iter().flatten())
        .find(|other| signed(account, *other));
    found.map(|found| Refusal::Nonce { found, expected: nonce })
}

impl fmt::Display for Consent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
