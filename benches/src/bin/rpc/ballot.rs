//! The contract that every node is measured with, as EVM code, and its calls.
//!
//! It does what a vote does at the least: refuses who has voted, notes the voter, adds to the tally, and logs.
//!
//! ```text
//! fallback(support):   voted = slot(keccak256(caller ‖ 0)); revert if voted
//!                      slot(keccak256(caller ‖ 0)) = 1;  slot(support + 1) += 1;  log Vote(support, caller)
//! ```

use alloy_primitives::{Address, Bytes, U256, address, bytes};
use alloy_sol_types::SolValue;

/// Where it stands.
pub(crate) const BALLOT: Address = address!("00000000000000000000000000000000000BA110");

/// Its code. The key of a voter also takes the ballot's number (calldata word 1), so that one account can vote in many ballots.
pub(crate) fn code() -> Bytes {
    bytes!(
        "33" "6000" "52"         // memory[0..32] = caller
        "6020" "35" "6020" "52"  // memory[32..64] = calldata word 1, the ballot's number
        "6040" "6000" "20"       // the voter's key = keccak256(memory[0..64])
        "80" "54"                // whether it is set
        "15" "601a" "57"         // if not, go on
        "6000" "6000" "fd"       // revert
        "5b"                     // 0x1a:
        "6001" "81" "55"         // slot(key) = 1
        "50"
        "6000" "35" "6001" "01"  // the tally = support + 1
        "80" "54" "6001" "01"    // one more
        "90" "55"
        "33" "6000" "35"         // topics: caller, support
        "6000" "6000" "a2"
        "00"
    )
}

/// A vote in a ballot.
pub(crate) fn vote(support: u64, ballot: u64) -> Bytes {
    (U256::from(support), U256::from(ballot)).abi_encode().into()
}
