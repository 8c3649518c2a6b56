//! Ballots: cast by the voter, or signed by the voter and cast by anybody.

use alloy_primitives::{Address, B256, U256, b256};
use alloy_sol_types::{SolEvent, SolValue};
use ephor_abi::governor::IGovernor::{VoteCast, VoteCastWithParams};
use stylus_sdk::stylus_core::CryptographyAccess;

use super::{Governor, proposal::ProposalState};
use crate::{
    ecdsa::{Signature, recover},
    eip712::hash_struct,
    log::emit_raw,
    revert::{Outcome, require},
};

/// The version of the domain of signatures.
pub const VERSION: &str = "1";

/// The hash of `Ballot(uint256 proposalId,uint8 support)`.
pub const BALLOT_TYPEHASH: B256 = b256!("150214d74d59b7d1e90c73fc22ef3d991dd0a76b046543d4d80ab92d2a50328f");

/// The hash of `ExtendedBallot(uint256 proposalId,uint8 support,string reason,bytes params)`.
pub const EXTENDED_BALLOT_TYPEHASH: B256 = b256!("b3b3f3b703cd84ce352197dcff232b1b5d3cfb2025ce47cf04742d0651f1af88");

/// Casts a ballot: checks that the proposal is open, counts the vote and announces it. Returns the power of the voter.
/// Emits `VoteCast`, or `VoteCastWithParams` if there are parameters.
///
/// # Errors
/// "Governor: vote not currently active"; an unknown proposal; what [`Governor::count_vote`] refuses.
pub fn cast<G: Governor>(
    this: &mut G,
    proposal: U256,
    voter: Address,
    support: u8,
    reason: &[u8],
    params: &[u8],
) -> Outcome<U256> {
    require(this.state(proposal)? == ProposalState::Active, "Governor: vote not currently active")?;
    let snapshot = this.proposals().snapshot(proposal);
    let power = this.votes_of(voter, snapshot, params)?;
    this.count_vote(proposal, voter, support, power, params)?;

    // The reason may be no UTF-8, so it is encoded as bytes, which look the same.
    let vm = this.vm();
    if params.is_empty() {
        let data = (proposal, U256::from(support), power, reason).abi_encode_params();
        emit_raw(vm, &[VoteCast::SIGNATURE_HASH, voter.into_word()], &data);
    } else {
        let data = (proposal, U256::from(support), power, reason, params).abi_encode_params();
        emit_raw(vm, &[VoteCastWithParams::SIGNATURE_HASH, voter.into_word()], &data);
    }
    Ok(power)
}

/// Who signed a ballot.
///
/// # Errors
/// An invalid signature.
pub fn signer<G: Governor>(this: &G, proposal: U256, support: u8, signature: Signature) -> Outcome<Address> {
    let vm = this.vm();
    let ballot = hash_struct(vm, [BALLOT_TYPEHASH, proposal.into(), B256::with_last_byte(support)]);
    recover(vm, this.eip712().digest(ballot), signature)
}

/// Who signed a ballot with a reason and parameters, with the digest that was signed.
///
/// # Errors
/// An invalid signature.
pub fn params_signer<G: Governor>(
    this: &G,
    proposal: U256,
    support: u8,
    reason: &[u8],
    params: &[u8],
    signature: Signature,
) -> Outcome<(B256, Address)> {
    let vm = this.vm();
    let (reason, params) = (vm.native_keccak256(reason), vm.native_keccak256(params));
    let ballot =
        hash_struct(vm, [EXTENDED_BALLOT_TYPEHASH, proposal.into(), B256::with_last_byte(support), reason, params]);
    let digest = this.eip712().digest(ballot);
    Ok((digest, recover(vm, digest, signature)?))
}

#[cfg(test)]
mod tests {
    use alloy_primitives::keccak256;

    use super::*;

    #[test]
    fn hashes_the_types_of_ballots() {
        assert_eq!(BALLOT_TYPEHASH, keccak256("Ballot(uint256 proposalId,uint8 support)"));
        let extended = "ExtendedBallot(uint256 proposalId,uint8 support,string reason,bytes params)";
        assert_eq!(EXTENDED_BALLOT_TYPEHASH, keccak256(extended));
    }
}
