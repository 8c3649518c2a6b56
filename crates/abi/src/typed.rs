//! What people sign (EIP-712).
//!
//! Ballots and registrations are signed in the domain of the governor that they are for, named as below, version "1". A
//! transaction of a Safe 1.3.0 is signed in a domain of chain id and Safe alone. Source: the ABI and traces of the deployed contracts.

#![allow(missing_docs, reason = "the macro's generated items repeat the structs above them")]

use alloy_sol_types::sol;

/// The version of every governor's domain.
pub const GOVERNOR_VERSION: &str = "1";
/// The name of the nominee election's domain.
pub const NOMINEE_ELECTION: &str = "SecurityCouncilNomineeElectionGovernor";
/// The name of the member election's domain.
pub const MEMBER_ELECTION: &str = "SecurityCouncilMemberElectionGovernor";
/// The name of the removal governor's domain.
pub const MEMBER_REMOVAL: &str = "SecurityCouncilMemberRemovalGovernor";
/// The name of the core governor's domain.
pub const CORE_GOVERNOR: &str = "L2ArbitrumGovernor";

sol! {
    /// Registers the signer as a contender.
    #[derive(Debug, PartialEq, Eq)]
    struct AddContenderMessage {
        uint256 proposalId;
    }

    /// Puts the signer in the place of a nominee.
    #[derive(Debug, PartialEq, Eq)]
    struct RotateNomineeMessage {
        uint256 proposalId;
        address from;
    }

    /// A vote without params.
    #[derive(Debug, PartialEq, Eq)]
    struct Ballot {
        uint256 proposalId;
        uint8 support;
    }

    /// A vote with reason and params.
    #[derive(Debug, PartialEq, Eq)]
    struct ExtendedBallot {
        uint256 proposalId;
        uint8 support;
        string reason;
        bytes params;
    }

    /// A transaction of a Safe.
    #[derive(Debug, PartialEq, Eq)]
    struct SafeTx {
        address to;
        uint256 value;
        bytes data;
        uint8 operation;
        uint256 safeTxGas;
        uint256 baseGas;
        uint256 gasPrice;
        address gasToken;
        address refundReceiver;
        uint256 nonce;
    }
}

#[cfg(test)]
mod tests {
    use alloy_primitives::b256;
    use alloy_sol_types::SolStruct;

    use super::*;

    #[test]
    fn hashes_types_as_the_contracts_do() {
        let ballot = ExtendedBallot {
            proposalId: Default::default(),
            support: 1,
            reason: Default::default(),
            params: Default::default(),
        };
        let expected = b256!("b3b3f3b703cd84ce352197dcff232b1b5d3cfb2025ce47cf04742d0651f1af88");
        assert_eq!(ballot.eip712_type_hash(), expected);
        let ballot = Ballot { proposalId: Default::default(), support: 1 };
        let expected = b256!("150214d74d59b7d1e90c73fc22ef3d991dd0a76b046543d4d80ab92d2a50328f");
        assert_eq!(ballot.eip712_type_hash(), expected);
        let safe_tx = SafeTx::eip712_encode_type();
        assert_eq!(
            alloy_primitives::keccak256(safe_tx.as_bytes()),
            b256!("bb8310d486368db6bd6f849402fdd73ad53d316b5a4b2644ad6efe0f941286d8")
        );
    }
}
