//! What happened before a rehearsal begins: elections held, updates made.
//!
//! A council that has sat for years cannot be brought up by calls from its first day on. The present is written into the slots
//! where those years would have left it: the number of elections held, the last of which counts as executed, and the number of
//! updates. The slots are those of the published storage layouts.

use alloy_primitives::{Address, Bytes, U256, keccak256};
use alloy_sol_types::{SolCall, SolValue};
use ephor_abi::{election::IElectionGovernor::getProposeArgsCall, governor::IGovernor::hashProposalCall};
use ephor_chain::Message as Call;
use ephor_charter::{Charter, Part};
use ephor_client::Deployment;

use crate::{builder::Builder, stand_up::StandUpError};

/// `SecurityCouncilManager.updateNonce`.
pub const UPDATE_NONCE_SLOT: u64 = 156;
/// `SecurityCouncilNomineeElectionGovernor.electionCount`.
pub const ELECTION_COUNT_SLOT: u64 = 657;
/// `GovernorUpgradeable._proposals`, in each governor.
pub const PROPOSALS_SLOT: u64 = 204;

/// Writes the present into the manager and the election governors.
pub(crate) fn write(builder: &mut Builder<'_>, charter: &Charter, deployment: &Deployment) -> Result<(), StandUpError> {
    let chain = deployment.governance_chain()?.chain_id;
    let manager = deployment.governance(Part::CouncilManager)?;
    let nonce = U256::from(charter.council.update_nonce);
    builder.write(chain, manager, &[(U256::from(UPDATE_NONCE_SLOT), nonce)])?;

    let held = charter.council.elections_held;
    let nominee = deployment.governance(Part::NomineeElection)?;
    builder.write(chain, nominee, &[(U256::from(ELECTION_COUNT_SLOT), U256::from(held))])?;
    if let Some(last) = held.checked_sub(1) {
        let member = deployment.governance(Part::MemberElection)?;
        let id = proposal_id(builder, chain, member, last)?;
        builder.write(chain, member, &executed_proposal(id))?;
    }
    Ok(())
}

/// The id that an election's proposal has on both election governors.
fn proposal_id(builder: &mut Builder<'_>, chain: u64, governor: Address, index: u64) -> Result<U256, StandUpError> {
    let args = getProposeArgsCall { electionIndex: U256::from(index) };
    let args = view(builder, chain, governor, &args)?;
    let hash = hashProposalCall {
        targets: args._0,
        values: args._1,
        calldatas: args._2,
        descriptionHash: keccak256(args._3.as_bytes()),
    };
    view(builder, chain, governor, &hash)
}

fn view<C: SolCall>(builder: &mut Builder<'_>, chain: u64, to: Address, call: &C) -> Result<C::Return, StandUpError> {
    let refused = |why: String| StandUpError::Refused { call: C::SIGNATURE, to, chain, why };
    let data = Bytes::from(call.abi_encode());
    let outcome = builder
        .network
        .chain_mut(chain)?
        .view(Call::call(Address::ZERO, to, data))
        .map_err(|error| refused(error.to_string()))?;
    C::abi_decode_returns(&outcome.output).map_err(|error| refused(error.to_string()))
}

/// The slots of a proposal that was voted in block 1 and executed: two timers and the flags, each in a slot of its own.
fn executed_proposal(id: U256) -> [(U256, U256); 3] {
    let base: U256 = keccak256((id, U256::from(PROPOSALS_SLOT)).abi_encode()).into();
    [0, 1, 2].map(|offset| (base.wrapping_add(U256::from(offset)), U256::ONE))
}
