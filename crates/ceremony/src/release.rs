//! Releases of the Safe, as far as they change what owners sign.
//!
//! | release | domain | name of the sixth member |
//! |---|---|---|
//! | 0.1.0 up to 1.0.0 | Safe alone | `dataGas` |
//! | 1.0.0 up to 1.3.0 | Safe alone | `baseGas` |
//! | 1.3.0 and later | chain id and Safe | `baseGas` |
//!
//! Before 0.1.0 the hash was no EIP-712 hash; such Safes are refused. Source: the type hashes of the deployed contracts.

use std::{fmt, str::FromStr};

use alloy_primitives::{B256, b256};
use serde::{Deserialize, Serialize};

/// `EIP712Domain(uint256 chainId,address verifyingContract)`.
const DOMAIN: B256 = b256!("47e79534a245952e8b16893a336b85a3d9ea9fa8c573f3d803afb92a79469218");
/// `EIP712Domain(address verifyingContract)`.
const DOMAIN_WITHOUT_CHAIN: B256 = b256!("035aff83d86937d35b32e04f0ddc6ff469290eef2f1b692d8a815c89404d4749");
/// `SafeTx(address to,…,uint256 baseGas,…)`.
const SAFE_TX: B256 = b256!("bb8310d486368db6bd6f849402fdd73ad53d316b5a4b2644ad6efe0f941286d8");
/// `SafeTx(address to,…,uint256 dataGas,…)`.
const SAFE_TX_WITH_DATA_GAS: B256 = b256!("14d461bc7412367e924637b363c7bf29b8f47e2f84869f4426e5633d8af47b20");

/// A release of the Safe.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Release {
    major: u8,
    minor: u8,
    patch: u8,
}

/// Text that names no release whose hashes are known.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReleaseError {
    /// Not three numbers.
    #[error("{0:?} is no release of the Safe: write it as 1.3.0, or 1.3.0+L2 as a Safe reports it")]
    NotARelease(String),
    /// Older than EIP-712 hashes.
    #[error("Safes before 0.1.0 hash transactions in a way of their own, which is not supported; this one is {0}")]
    TooOld(String),
    /// Newer than what is known.
    #[error("how Safe {0} hashes transactions is not known here: releases up to 1.x are")]
    TooNew(String),
}

/// How a family of releases hashes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Hashing {
    /// Domain without chain id, `dataGas`.
    DataGas,
    /// Domain without chain id.
    WithoutChain,
    /// Domain with chain id.
    WithChain,
}

impl Hashing {
    /// All families, the oldest first.
    pub const ALL: [Self; 3] = [Self::DataGas, Self::WithoutChain, Self::WithChain];

    /// Whether the chain's id is part of what is signed, so that a signature counts on one chain only.
    #[must_use]
    pub const fn has_chain_id(self) -> bool {
        matches!(self, Self::WithChain)
    }

    /// What the sixth member of a transaction is called.
    #[must_use]
    pub const fn base_gas_name(self) -> &'static str {
        match self {
            Self::DataGas => "dataGas",
            Self::WithoutChain | Self::WithChain => "baseGas",
        }
    }

    /// The type hash of the domain.
    #[must_use]
    pub const fn domain_type_hash(self) -> B256 {
        if self.has_chain_id() { DOMAIN } else { DOMAIN_WITHOUT_CHAIN }
    }

    /// The type hash of a transaction.
    #[must_use]
    pub const fn transaction_type_hash(self) -> B256 {
        match self {
            Self::DataGas => SAFE_TX_WITH_DATA_GAS,
            Self::WithoutChain | Self::WithChain => SAFE_TX,
        }
    }

    /// The releases of the family, in words.
    #[must_use]
    pub const fn releases(self) -> &'static str {
        match self {
            Self::DataGas => "before 1.0.0",
            Self::WithoutChain => "1.0.0 to 1.2.0",
            Self::WithChain => "1.3.0 and later",
        }
    }
}

impl Release {
    /// The first release with EIP-712 hashes.
    pub const V0_1_0: Self = Self::new(0, 1, 0);
    /// The first release with a chain id in its domain, and the most common one.
    pub const V1_3_0: Self = Self::new(1, 3, 0);
    /// 1.4.1.
    pub const V1_4_1: Self = Self::new(1, 4, 1);
    /// The last one without a chain id in its domain that is in wide use.
    pub const V1_1_1: Self = Self::new(1, 1, 1);

    const fn new(major: u8, minor: u8, patch: u8) -> Self {
        Self { major, minor, patch }
    }

    /// How it hashes.
    #[must_use]
    pub fn hashing(self) -> Hashing {
        if self < Self::new(1, 0, 0) {
            Hashing::DataGas
        } else if self < Self::V1_3_0 {
            Hashing::WithoutChain
        } else {
            Hashing::WithChain
        }
    }

    /// Whether a Safe of this release can be asked about by contracts: guards came with 1.3.0.
    #[must_use]
    pub fn has_guards(self) -> bool {
        self >= Self::V1_3_0
    }
}

impl Default for Release {
    fn default() -> Self {
        Self::V1_3_0
    }
}

impl fmt::Display for Release {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.major, self.minor, self.patch)
    }
}

impl FromStr for Release {
    type Err = ReleaseError;

    /// Reads "1.3.0" and, with what a Safe appends for its variant, "1.3.0+L2".
    fn from_str(text: &str) -> Result<Self, ReleaseError> {
        let shown = || text.chars().take(32).collect::<String>();
        let numbers = text.split_once('+').map_or(text, |(numbers, _)| numbers);
        let mut parts = numbers.split('.').map(|part| part.parse::<u8>().ok());
        let (Some(Some(major)), Some(Some(minor)), Some(Some(patch)), None) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(ReleaseError::NotARelease(shown()));
        };
        let release = Self::new(major, minor, patch);
        if release < Self::new(0, 1, 0) {
            return Err(ReleaseError::TooOld(shown()));
        }
        if release >= Self::new(2, 0, 0) {
            return Err(ReleaseError::TooNew(shown()));
        }
        Ok(release)
    }
}

impl TryFrom<String> for Release {
    type Error = ReleaseError;

    fn try_from(text: String) -> Result<Self, ReleaseError> {
        text.parse()
    }
}

impl From<Release> for String {
    fn from(release: Release) -> Self {
        release.to_string()
    }
}

#[cfg(test)]
mod tests {
    use alloy_primitives::keccak256;

    use super::*;

    #[test]
    fn type_hashes_are_hashes_of_types() {
        for hashing in Hashing::ALL {
            let chain = if hashing.has_chain_id() { "uint256 chainId," } else { "" };
            let domain = format!("EIP712Domain({chain}address verifyingContract)");
            assert_eq!(keccak256(domain), hashing.domain_type_hash());
            let members = format!(
                "SafeTx(address to,uint256 value,bytes data,uint8 operation,uint256 safeTxGas,uint256 {},uint256 gasPrice,address \
                 gasToken,address refundReceiver,uint256 nonce)",
                hashing.base_gas_name()
            );
            assert_eq!(keccak256(members), hashing.transaction_type_hash());
        }
    }

    #[track_caller]
    fn check(text: &str, expected: Option<Hashing>) {
        assert_eq!(text.parse::<Release>().ok().map(Release::hashing), expected, "{text}");
    }

    #[test]
    fn releases_hash_as_their_family() {
        check("0.1.0", Some(Hashing::DataGas));
        check("1.0.0", Some(Hashing::WithoutChain));
        check("1.2.0", Some(Hashing::WithoutChain));
        check("1.3.0", Some(Hashing::WithChain));
        check("1.3.0+L2", Some(Hashing::WithChain));
        check("1.5.0", Some(Hashing::WithChain));
        check("0.0.2", None);
        check("2.0.0", None);
        check("1.3", None);
        check("1.3.0.0", None);
        check("", None);
        check("1.300.0", None);
    }
}
