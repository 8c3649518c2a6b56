//! What happened before a rehearsal begins: elections held, updates made.
//!
//! A council that has sat for years cannot be brought up by calls from its first day on. The present is written into the slots
//! where those years would have left it: the number of elections held, the last of which counts as executed, and the number of
//! updates. Whoever retells a past writes in the same way the council of that time: [`seat`] and [`own`]. The slots are those of
//! the published storage layouts.

use alloy_primitives::{Address, Bytes, U256, keccak256};
use alloy_sol_types::{SolCall, SolValue};
use ephor_abi::{election::IElectionGovernor::getProposeArgsCall, governor::IGovernor::hashProposalCall};
use ephor_chain::Message as Call;
use ephor_charter::{Charter, Part};
use ephor_client::Deployment;
use ephor_network::{Network, NetworkError};

use crate::{builder::Builder, stand_up::StandUpError};

/// `SecurityCouncilManager.updateNonce`.
pub const UPDATE_NONCE_SLOT: u64 = 156;
/// `SecurityCouncilManager.firstCohort` and `secondCohort`, lists.
pub const COHORT_SLOTS: [u64; 2] = [151, 152];
/// `GnosisSafe.owners`, a list by links: each owner leads to the next.
pub const OWNERS_SLOT: u64 = 2;
/// `GnosisSafe.ownerCount`.
pub const OWNER_COUNT_SLOT: u64 = 3;
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

/// Gives a council manager on a chain the cohorts and the nonce that it had after some update. Nothing is scheduled by it.
///
/// # Errors
/// The network has no such chain, or refuses.
pub fn seat(
    network: &mut Network,
    chain_id: u64,
    manager: Address,
    cohorts: &[Vec<Address>; 2],
    update_nonce: u64,
) -> Result<(), NetworkError> {
    let mut slots = vec![(U256::from(UPDATE_NONCE_SLOT), U256::from(update_nonce))];
    for (slot, members) in COHORT_SLOTS.map(U256::from).into_iter().zip(cohorts) {
        let first: U256 = keccak256(slot.abi_encode()).into();
        let length = network.chain(chain_id)?.slot(manager, slot).saturating_to::<usize>();
        let words = members.iter().copied().map(word);
        let places = (0..members.len().max(length)).map(|place| first.wrapping_add(U256::from(place)));
        // Places beyond the new end are cleared.
        slots.extend(places.zip(words.chain(std::iter::repeat(U256::ZERO))));
        slots.push((slot, U256::from(members.len())));
    }
    Builder { network }.write(chain_id, manager, &slots)
}

/// Gives a Safe on a chain these owners, in this order; its threshold stays. They must be different, and none may be the zero
/// address or address 1, which begins and ends the list.
///
/// # Errors
/// The network has no such chain, or refuses.
pub fn own(network: &mut Network, chain_id: u64, safe: Address, owners: &[Address]) -> Result<(), NetworkError> {
    const ENDS: Address = Address::with_last_byte(1);
    let link = |owner: Address| -> U256 { keccak256((owner, U256::from(OWNERS_SLOT)).abi_encode()).into() };
    let mut slots = Vec::new();
    let mut last = ENDS;
    let count = network.chain(chain_id)?.slot(safe, U256::from(OWNER_COUNT_SLOT)).saturating_to::<usize>();
    for _ in 0..count {
        last = Address::from_word(network.chain(chain_id)?.slot(safe, link(last)).into());
        slots.push((link(last), U256::ZERO));
    }
    let next = owners.iter().chain([&ENDS]);
    slots.extend([&ENDS].into_iter().chain(owners).zip(next).map(|(owner, next)| (link(*owner), word(*next))));
    slots.push((U256::from(OWNER_COUNT_SLOT), U256::from(owners.len())));
    Builder { network }.write(chain_id, safe, &slots)
}

fn word(address: Address) -> U256 {
    address.into_word().into()
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
