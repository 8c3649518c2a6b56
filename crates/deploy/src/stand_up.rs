//! The whole of a charter, in the order in which one thing needs another.

use alloy_primitives::{Address, U256};
use ephor_chain::Database;
use ephor_charter::Charter;
use ephor_client::{Deployment, DeploymentError};
use ephor_network::{Clock, Network, NetworkConfig, NetworkError};

use crate::{
    addresses::{chain_specs, deployment},
    builder::Builder,
    governance, history, route, safes,
    token::{self, Allocation},
};

/// How long before the first election the contracts come into being: they refuse a first election that is past.
const LEAD_SECONDS: u64 = 30 * 86_400;

/// A charter on a network.
pub struct StandUp {
    /// The network, at the time asked for.
    pub network: Network,
    /// Where everything stands.
    pub deployment: Deployment,
    /// Whether it was there already, in the database: then it is as it was left, and its clock goes on where it stood.
    pub found: bool,
}

/// Where a network is kept.
#[derive(Clone, Copy, Debug)]
pub enum Keeping<'a> {
    /// In memory, without a past: for rehearsals.
    Present,
    /// In memory, with its past and with roots of the state.
    Past,
    /// In a database, with its past and with roots of the state. A new one is there once the network's commit was waited for.
    Database(&'a Database),
}

/// A charter that cannot be stood up.
#[derive(Debug, thiserror::Error)]
pub enum StandUpError {
    /// A contract refused a call of the deployment.
    #[error("{call} of {to} on chain {chain} failed: {why}")]
    Refused {
        /// The function.
        call: &'static str,
        /// The contract.
        to: Address,
        /// Its chain.
        chain: u64,
        /// What it said.
        why: String,
    },
    /// More votes than tokens.
    #[error(
        "{} tokens are handed out, but the supply is {}: name fewer votes, or raise the supply in [token]",
        in_tokens(*.allocated), in_tokens(*.supply)
    )]
    Overallocated {
        /// Handed out, those who do not vote included.
        allocated: U256,
        /// The supply.
        supply: U256,
    },
    /// A start before the contracts can exist.
    #[error(
        "the rehearsal starts at {start} s, before the first election at {first} s can be planned: start later, or move [election] first"
    )]
    TooEarly {
        /// When it should start.
        start: u64,
        /// When the first election is.
        first: u64,
    },
    /// An address that is not there.
    #[error(transparent)]
    Deployment(#[from] DeploymentError),
    /// The network refused.
    #[error(transparent)]
    Network(#[from] NetworkError),
    /// A chain refused.
    #[error(transparent)]
    Chain(#[from] ephor_chain::ChainError),
    /// A transaction was refused.
    #[error(transparent)]
    Tx(#[from] ephor_chain::TxError),
}

/// Units of the token as tokens, to the last digit.
fn in_tokens(units: U256) -> String {
    let (whole, rest) = units.div_rem(U256::from(ephor_charter::reading::UNITS_PER_TOKEN));
    format!("{whole}.{rest:0>18}").trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// Stands a charter up, with the votes of `allocations`, and moves the clock to `start_seconds`.
///
/// `anchor` is an L1 block and its time; without one, blocks are counted as if Ethereum had never missed a slot, or from block 1 on
/// where the contracts come into being before Ethereum's block 0 would have been.
///
/// # Errors
/// [`StandUpError`].
pub fn stand_up(
    charter: &Charter,
    allocations: &[Allocation],
    start_seconds: u64,
    anchor: Option<(u64, u64)>,
) -> Result<StandUp, StandUpError> {
    stand_up_in(Keeping::Present, charter, allocations, start_seconds, anchor)
}

/// As [`stand_up`], kept in another way. A network that the database holds already is opened instead.
///
/// # Errors
/// [`StandUpError`].
pub fn stand_up_in(
    keeping: Keeping<'_>,
    charter: &Charter,
    allocations: &[Allocation],
    start_seconds: u64,
    anchor: Option<(u64, u64)>,
) -> Result<StandUp, StandUpError> {
    let found = matches!(keeping, Keeping::Database(database) if Network::is_in(database));
    let first = charter.election.first.timestamp_seconds();
    let genesis = first.saturating_sub(LEAD_SECONDS).min(start_seconds);
    if genesis >= first && !found {
        return Err(StandUpError::TooEarly { start: start_seconds, first });
    }
    let slot_seconds = charter.l1_chain().block_milliseconds.div_ceil(1_000);
    let counted_back = MERGE_SECONDS.saturating_sub(MERGE_BLOCK.saturating_mul(slot_seconds));
    let merge = if genesis < counted_back { (1, genesis) } else { (MERGE_BLOCK, MERGE_SECONDS) };
    let (block, at) = anchor.unwrap_or(merge);
    let clock = Clock::new(block, at, slot_seconds, genesis).map_err(NetworkError::from)?;

    let governance_parent = charter.governance_chain().parent.is_some();
    // When a network that is there already began is not known here; looking from the first block on is as good.
    let l1_block = if found { 0 } else { clock.l1_block() };
    let deployment = deployment(charter, |chain| if chain.parent.is_none() { l1_block } else { 0 });
    deployment.check()?;
    let config = NetworkConfig { clock, chains: chain_specs(charter, &deployment) };
    let programs = ephor_programs::all();
    let programs = programs.iter().copied();
    let mut network = match keeping {
        Keeping::Present => Network::new(config, programs),
        Keeping::Past => Network::with_past(config, programs),
        Keeping::Database(database) => Network::open(database, config, programs),
    }?;
    if found {
        return Ok(StandUp { network, deployment, found });
    }

    let members: Vec<Address> = charter.council.addresses().concat();
    let mut builder = Builder { network: &mut network };
    route::build(&mut builder, charter, &deployment)?;
    safes::libraries(&mut builder, &deployment)?;
    safes::build(&mut builder, charter, &deployment, &members)?;
    governance::place(&mut builder, &deployment)?;
    route::core_timelock(&mut builder, charter, &deployment)?;
    if governance_parent {
        route::l1_timelock(&mut builder, charter, &deployment)?;
    }
    route::route_builder(&mut builder, charter, &deployment)?;
    token::hand_out(&mut builder, charter, &deployment, allocations)?;
    governance::council_manager(&mut builder, charter, &deployment)?;
    governance::governors(&mut builder, charter, &deployment)?;
    history::write(&mut builder, charter, &deployment)?;
    let now = network.clock().now_seconds();
    network.advance_to(start_seconds.max(now))?;
    Ok(StandUp { network, deployment, found })
}

/// Ethereum's first block under proof of stake, and its time.
const MERGE_BLOCK: u64 = 15_537_394;
const MERGE_SECONDS: u64 = 1_663_224_179;
