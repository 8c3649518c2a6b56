//! The block that a fork is of: which one, whether its header is its own, and what contracts see of it.
//!
//! A header's fields hash to the block's hash. The exception are empty blocks of networks of `ephor up`, whose hash follows from the last
//! stored block's and whose state is that block's; of their fields, time and fee are believed.
//!
//! **Ethereum's number.** Contracts of Arbitrum chains see Ethereum's block number. Their headers carry it in bytes 8 to 16 of the mix
//! hash: with a difficulty of one and 32 bytes of extra data on live chains (Nitro's header format), with zeros around it on networks of
//! `ephor up`. No header of another chain looks like either, as their mix hash is random.

use std::{fmt, str::FromStr};

use alloy_consensus::Header;
use alloy_primitives::{B256, U256};
use ephor_chain::{BlockEnv, SpecId, empty_hash};
use serde::Serialize;

use super::ForkError;

/// The most gas of one transaction since Osaka (EIP-7825).
const OSAKA_GAS_LIMIT: u64 = 1 << 24;
/// Chains that are past Osaka without their headers showing it: id, first second.
const OSAKA_SINCE: [(u64, u64); 2] = [(1, 1_764_798_551), (11_155_111, 1_760_427_360)];

/// Names a block.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum BlockRef {
    /// The last one, which may still be replaced.
    #[default]
    Latest,
    /// The last one that is unlikely to be replaced.
    Safe,
    /// The last one that cannot be replaced.
    Finalized,
    /// By its number.
    Number(u64),
    /// By its hash.
    Hash(B256),
}

/// Text that names no block.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} names no block: write latest, safe, finalized, a number, or a hash")]
pub struct BlockRefError(String);

impl FromStr for BlockRef {
    type Err = BlockRefError;

    fn from_str(text: &str) -> Result<Self, BlockRefError> {
        match text {
            "latest" => return Ok(Self::Latest),
            "safe" => return Ok(Self::Safe),
            "finalized" => return Ok(Self::Finalized),
            _ => {}
        }
        let wrong = || BlockRefError(text.chars().take(80).collect());
        if text.len() == 66 && text.starts_with("0x") {
            return text.parse().map(Self::Hash).map_err(|_| wrong());
        }
        let plain = text.replace('_', "");
        let number = match plain.strip_prefix("0x") {
            Some(digits) => u64::from_str_radix(digits, 16).ok(),
            None => plain.parse().ok(),
        };
        number.map(Self::Number).ok_or_else(wrong)
    }
}

impl fmt::Display for BlockRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Latest => f.write_str("latest"),
            Self::Safe => f.write_str("safe"),
            Self::Finalized => f.write_str("finalized"),
            Self::Number(number) => number.fmt(f),
            Self::Hash(hash) => hash.fmt(f),
        }
    }
}

/// What a block's header commits to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Commitment {
    /// All of its fields.
    Fields,
    /// Its number and its state: an empty block of a network of `ephor up`.
    State,
}

/// Whether a header is that of the block with this hash, and as of what. `stored` is the last stored block before an empty one.
pub(super) fn check_header(hash: B256, header: &Header, stored: Option<&Header>) -> Result<Commitment, ForkError> {
    let computed = header.hash_slow();
    if computed == hash {
        return Ok(Commitment::Fields);
    }
    let follows = |stored: &Header| {
        stored.number < header.number
            && stored.state_root == header.state_root
            && empty_hash(stored.hash_slow(), header.number) == hash
    };
    if stored.is_some_and(follows) {
        return Ok(Commitment::State);
    }
    Err(ForkError::Header { number: header.number, stated: hash, computed })
}

/// The block number of Ethereum that a header carries for contracts, if it does.
fn l1_block(header: &Header) -> Option<u64> {
    let mix = &header.mix_hash;
    let nitro = header.difficulty == U256::ONE
        && header.extra_data.len() == 32
        && header.base_fee_per_gas.is_some_and(|fee| fee > 0);
    let number = u64::from_be_bytes(mix[8..16].try_into().unwrap_or_default());
    let alone = number > 0 && mix[..8].iter().chain(&mix[16..]).all(|byte| *byte == 0);
    (nitro || alone).then_some(number)
}

/// Whether contracts see the chain's own block numbers.
pub(super) fn sees_own_number(header: &Header) -> bool {
    l1_block(header).is_none()
}

/// What contracts see of a block.
pub(super) fn env(header: &Header) -> BlockEnv {
    BlockEnv {
        number: l1_block(header).unwrap_or(header.number),
        timestamp: header.timestamp,
        coinbase: header.beneficiary,
        base_fee: header.base_fee_per_gas.unwrap_or_default(),
        gas_limit: header.gas_limit,
        // Arbitrum's contracts see one; see its documentation of opcodes.
        prevrandao: if sees_own_number(header) { header.mix_hash } else { B256::with_last_byte(1) },
    }
}

/// The rules of the block, as far as its header shows them.
pub(super) fn spec(chain_id: u64, header: &Header) -> SpecId {
    let osaka = |(id, since): &(u64, u64)| *id == chain_id && header.timestamp >= *since;
    if header.block_access_list_hash.is_some() {
        SpecId::AMSTERDAM
    } else if OSAKA_SINCE.iter().any(osaka) {
        SpecId::OSAKA
    } else if header.requests_hash.is_some() || !sees_own_number(header) {
        SpecId::PRAGUE
    } else if header.parent_beacon_block_root.is_some() {
        SpecId::CANCUN
    } else if header.withdrawals_root.is_some() {
        SpecId::SHANGHAI
    } else if header.base_fee_per_gas.is_some() {
        SpecId::MERGE
    } else {
        SpecId::BERLIN
    }
}

/// The most gas that a transaction of the block can have.
pub(super) fn gas_limit(chain_id: u64, header: &Header) -> u64 {
    let most = if spec(chain_id, header) >= SpecId::OSAKA { OSAKA_GAS_LIMIT } else { ephor_chain::Message::GAS_LIMIT };
    most.min(header.gas_limit)
}

/// Whether the number that an endpoint states for contracts is the header's.
pub(super) fn check_l1_block(header: &Header, stated: Option<u64>) -> Result<(), ForkError> {
    let in_header = l1_block(header).unwrap_or(header.number);
    match stated {
        Some(stated) if stated != in_header => Err(ForkError::L1Block { number: header.number, stated, in_header }),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: Option<BlockRef>) {
        assert_eq!(text.parse::<BlockRef>().ok(), expected, "{text}");
    }

    #[test]
    fn blocks_are_named_in_five_ways() {
        let hash = B256::repeat_byte(0xab);
        check("latest", Some(BlockRef::Latest));
        check("safe", Some(BlockRef::Safe));
        check("finalized", Some(BlockRef::Finalized));
        check("21_000_000", Some(BlockRef::Number(21_000_000)));
        check("0x10", Some(BlockRef::Number(16)));
        check(&hash.to_string(), Some(BlockRef::Hash(hash)));
        for wrong in ["", "0x", "pending", "-1", "0xzz", "18446744073709551616"] {
            check(wrong, None);
        }
    }

    fn mix(before: u8, number: u64, after: u8) -> B256 {
        let mut mix = B256::ZERO;
        mix[0] = before;
        mix[8..16].copy_from_slice(&number.to_be_bytes());
        mix[31] = after;
        mix
    }

    #[test]
    fn contracts_see_ethereums_number_where_the_header_carries_it() {
        let own = Header { number: 9, mix_hash: mix(1, 77, 1), ..Header::default() };
        let ours = Header { mix_hash: mix(0, 77, 0), ..own.clone() };
        let nitro = Header {
            difficulty: U256::ONE,
            extra_data: vec![0; 32].into(),
            base_fee_per_gas: Some(1),
            mix_hash: mix(3, 77, 0),
            ..own.clone()
        };
        for (header, expected) in
            [(&own, 9), (&ours, 77), (&nitro, 77), (&Header { number: 9, ..Header::default() }, 9)]
        {
            assert_eq!(env(header).number, expected);
            assert!(check_l1_block(header, None).is_ok() && check_l1_block(header, Some(expected)).is_ok());
            assert!(matches!(check_l1_block(header, Some(8)), Err(ForkError::L1Block { stated: 8, .. })));
        }
    }

    #[test]
    fn a_header_is_that_of_its_hash_or_of_an_empty_block_after_one() {
        let stored = Header { number: 5, state_root: B256::repeat_byte(1), ..Header::default() };
        assert_eq!(check_header(stored.hash_slow(), &stored, None).ok(), Some(Commitment::Fields));
        let empty = Header { number: 7, timestamp: 84, ..stored.clone() };
        let hash = empty_hash(stored.hash_slow(), 7);
        assert_eq!(check_header(hash, &empty, Some(&stored)).ok(), Some(Commitment::State));
        let elsewhere = Header { state_root: B256::repeat_byte(2), ..empty.clone() };
        assert!(check_header(hash, &elsewhere, Some(&stored)).is_err());
        assert!(check_header(hash, &Header { number: 8, ..empty.clone() }, Some(&stored)).is_err());
        assert!(check_header(hash, &empty, None).is_err());
    }
}
