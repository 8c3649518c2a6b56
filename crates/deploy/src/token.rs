//! The token and who holds its votes.

use alloy_primitives::{Address, U256};
use alloy_sol_types::SolCall;
use ephor_abi::{
    common::IOwnable::transferOwnershipCall,
    token::IVotesToken::{delegateCall, initializeCall, transferCall},
};
use ephor_chain::Message as Call;
use ephor_charter::{Charter, Part};
use ephor_client::Deployment;

use crate::{
    addresses::derived,
    builder::{Builder, deployer},
    stand_up::StandUpError,
};

/// Tokens that an account holds and votes with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Allocation {
    /// The account; it delegates to itself.
    pub account: Address,
    /// How many, in the token's smallest unit.
    pub votes: U256,
}

/// How many transactions go into one block.
const BLOCK: usize = 5_000;

/// Mints the supply and hands it out: to those who do not vote, to the delegates, and what is left to nobody in particular.
pub(crate) fn hand_out(
    builder: &mut Builder<'_>,
    charter: &Charter,
    deployment: &Deployment,
    allocations: &[Allocation],
) -> Result<(), StandUpError> {
    let chain = deployment.governance_chain()?.chain_id;
    let token = deployment.governance(Part::Token)?;
    let terms = &charter.token;
    let excluded: U256 = terms.holders.iter().map(|holder| holder.amount).fold(U256::ZERO, U256::saturating_add);
    let allocated = allocations.iter().map(|allocation| allocation.votes).fold(excluded, U256::saturating_add);
    if allocated > terms.supply {
        return Err(StandUpError::Overallocated { allocated, supply: terms.supply });
    }
    let initialize =
        initializeCall { _l1TokenAddress: terms.l1_address, _initialSupply: terms.supply, _owner: deployer() };
    builder.call(chain, deployer(), token, &initialize)?;

    let mut calls = Vec::new();
    for holder in &terms.holders {
        let account = holder.address.unwrap_or_else(|| derived(&holder.name, "holder"));
        let delegatee = if holder.excluded { terms.exclude_address } else { account };
        grant(&mut calls, token, account, holder.amount, delegatee);
    }
    for allocation in allocations {
        grant(&mut calls, token, allocation.account, allocation.votes, allocation.account);
    }
    let rest = terms.supply.saturating_sub(allocated);
    if !rest.is_zero() {
        // Held, but delegated to nobody: part of the votable supply that never votes.
        let to = derived("undelegated", "holder");
        calls.push(Call::call(deployer(), token, transferCall { to: to, amount: rest }.abi_encode()));
    }
    for block in calls.chunks(BLOCK) {
        for call in block {
            builder.network.chain_mut(chain)?.impersonate(call.clone())?;
        }
        let mined = builder.network.mine(chain)?;
        if let Some(failed) = mined.results.iter().find(|result| result.status != ephor_chain::Status::Success) {
            let why = ephor_abi::catalog::decode_revert(&failed.output).to_string();
            return Err(StandUpError::Refused { call: "transfer or delegate", to: token, chain, why });
        }
    }
    let owner = deployment.governance(Part::UpgradeExecutor)?;
    builder.call(chain, deployer(), token, &transferOwnershipCall { newOwner: owner })?;
    Ok(())
}

fn grant(calls: &mut Vec<Call>, token: Address, account: Address, amount: U256, delegatee: Address) {
    calls.push(Call::call(deployer(), token, transferCall { to: account, amount }.abi_encode()));
    calls.push(Call::call(account, token, delegateCall { delegatee }.abi_encode()));
}
