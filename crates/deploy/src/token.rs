//! The token and who holds its votes.

use alloy_primitives::{Address, U256, keccak256};
use alloy_sol_types::SolCall;
use ephor_abi::{
    common::IOwnable::transferOwnershipCall,
    token::IVotesToken::{delegateCall, initializeCall, transferCall},
};
use ephor_chain::Message as Call;
use ephor_charter::{Charter, Part, Token};
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
    name(builder, chain, token, terms)?;

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
        calls.push(Call::call(deployer(), token, transferCall { to, amount: rest }.abi_encode()));
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

/// `ERC20Upgradeable._name` and `_symbol`, `EIP712Upgradeable._HASHED_NAME`, in the published storage layout.
const NAME_SLOT: u64 = 54;
const SYMBOL_SLOT: u64 = 55;
const HASHED_NAME_SLOT: u64 = 151;

/// Names the token as the charter does. The deployed contract has one name in its code, so another is written into storage.
fn name(builder: &mut Builder<'_>, chain: u64, token: Address, terms: &Token) -> Result<(), StandUpError> {
    let mut slots = string_slots(NAME_SLOT, &terms.name);
    slots.extend(string_slots(SYMBOL_SLOT, &terms.symbol));
    slots.push((U256::from(HASHED_NAME_SLOT), keccak256(terms.name.as_bytes()).into()));
    Ok(builder.write(chain, token, &slots)?)
}

/// A string as Solidity stores it: up to 31 bytes beside twice its length, a longer one in slots of its own.
fn string_slots(slot: u64, text: &str) -> Vec<(U256, U256)> {
    let (slot, bytes) = (U256::from(slot), text.as_bytes());
    let doubled = U256::from(bytes.len()) << 1;
    let word = |chunk: &[u8]| {
        let mut word = [0; 32];
        word[..chunk.len()].copy_from_slice(chunk);
        U256::from_be_bytes(word)
    };
    if bytes.len() < 32 {
        return vec![(slot, word(bytes) | doubled)];
    }
    let first: U256 = keccak256(slot.to_be_bytes::<32>()).into();
    let data = bytes.chunks(32).zip(0_u64..).map(|(chunk, at)| (first.wrapping_add(U256::from(at)), word(chunk)));
    std::iter::once((slot, doubled | U256::ONE)).chain(data).collect()
}
