//! How an election is named: its proposal, which both election governors know under the same id.
//!
//! The proposal's arguments derive from the election's index alone: one call, to nobody, without ether, whose data is
//! `abi.encode(index)`; described as "Security Council Election #index".

use alloy_primitives::{Address, B256, Bytes, U256, keccak256};
use alloy_sol_types::{SolCall, SolValue};
use ephor_abi::governor::IGovernor;
use serde::Serialize;

/// What a governor's proposal does.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Proposal {
    /// Whom it calls.
    pub targets: Vec<Address>,
    /// Wei for each call.
    pub values: Vec<U256>,
    /// Calldata of each call.
    pub calldatas: Vec<Bytes>,
    /// What it says of itself; part of its identity.
    pub description: String,
}

impl Proposal {
    /// The proposal of an election.
    #[must_use]
    pub fn election(index: u64) -> Self {
        Self {
            targets: vec![Address::ZERO],
            values: vec![U256::ZERO],
            calldatas: vec![U256::from(index).abi_encode().into()],
            description: format!("Security Council Election #{index}"),
        }
    }

    /// The hash of the description.
    #[must_use]
    pub fn description_hash(&self) -> B256 {
        keccak256(self.description.as_bytes())
    }

    /// Its id.
    #[must_use]
    pub fn id(&self) -> U256 {
        let Self { targets, values, calldatas, .. } = self.clone();
        U256::from_be_bytes(keccak256((targets, values, calldatas, self.description_hash()).abi_encode_params()).0)
    }

    /// The calldata that proposes it.
    pub(crate) fn propose_calldata(&self) -> Bytes {
        let Self { targets, values, calldatas, description } = self.clone();
        IGovernor::proposeCall { _0: targets, _1: values, _2: calldatas, _3: description }.abi_encode().into()
    }

    /// The calldata that executes it.
    pub(crate) fn execute_calldata(&self) -> Bytes {
        let Self { targets, values, calldatas, .. } = self.clone();
        let hash = self.description_hash();
        IGovernor::executeCall { targets, values, calldatas, descriptionHash: hash }.abi_encode().into()
    }
}

/// The proposal id of an election.
#[must_use]
pub fn election_id(index: u64) -> U256 {
    Proposal::election(index).id()
}

/// How a governor says where a proposal stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
#[allow(missing_docs, reason = "the names are the governor's own")]
pub enum ProposalState {
    Pending,
    Active,
    Canceled,
    Defeated,
    Succeeded,
    Queued,
    Expired,
    Executed,
}

impl ProposalState {
    /// The state with that number.
    #[must_use]
    pub const fn from_number(number: u8) -> Option<Self> {
        Some(match number {
            0 => Self::Pending,
            1 => Self::Active,
            2 => Self::Canceled,
            3 => Self::Defeated,
            4 => Self::Succeeded,
            5 => Self::Queued,
            6 => Self::Expired,
            7 => Self::Executed,
            _ => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use alloy_primitives::uint;

    use super::*;

    #[test]
    fn names_real_elections_as_the_governors_do() {
        let first = uint!(60162688034199076810399696553527335539392294406806148400571326246927623831080_U256);
        assert_eq!(election_id(0), first);
        let second = uint!(42524710257895482033293584464762477376427316183960646909542733545381165923770_U256);
        assert_eq!(election_id(1), second);
    }
}
