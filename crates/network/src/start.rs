//! How a network begins: its chains, parents first, and the bridges on them.
//!
//! A bridge is programs in the places that the charter names, constructed in the parent's and the child's first blocks. A network that is in
//! a database already is taken from there, and nothing is built.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use alloy_primitives::{Address, U256};
use alloy_sol_types::SolValue;
use ephor_chain::{BlockTime, Chain, ChainConfig, Code, Genesis, GenesisAccount, Program, Programs};
use ephor_stand_ins::{ARB_RETRYABLE_TX, ARB_SYS, NODE_INTERFACE};

use crate::{
    config::{BridgeSpec, NetworkConfig},
    durable::{Keeping, Unwritten},
    error::NetworkError,
    network::{Hosted, Network},
    pool::weighed,
};

/// The programs that stand in for Arbitrum's own contracts; their ids begin at 256.
#[must_use]
pub fn stand_in_programs() -> [Program; 6] {
    [
        Program { id: ids::ARB_SYS, name: "ArbSys", entry: ephor_stand_ins::arb_sys::entry },
        Program { id: ids::RETRYABLES, name: "ArbRetryableTx", entry: ephor_stand_ins::retryables::entry },
        Program { id: ids::NODE_INTERFACE, name: "NodeInterface", entry: ephor_stand_ins::node_interface::entry },
        Program { id: ids::BRIDGE, name: "Bridge", entry: ephor_stand_ins::bridge::entry },
        Program { id: ids::INBOX, name: "Inbox", entry: ephor_stand_ins::inbox::entry },
        Program { id: ids::OUTBOX, name: "Outbox", entry: ephor_stand_ins::outbox::entry },
    ]
}

mod ids {
    pub(super) const ARB_SYS: u32 = 256;
    pub(super) const RETRYABLES: u32 = 257;
    pub(super) const NODE_INTERFACE: u32 = 258;
    pub(super) const BRIDGE: u32 = 259;
    pub(super) const INBOX: u32 = 260;
    pub(super) const OUTBOX: u32 = 261;
}

impl Network {
    /// Starts the chains with the bridges between them, in memory. `programs` are those of the contracts; the stand-ins are added.
    ///
    /// # Errors
    /// [`NetworkError`] when the chains do not fit together.
    pub fn new(config: NetworkConfig, programs: impl IntoIterator<Item = Program>) -> Result<Self, NetworkError> {
        Self::start(config, programs, &Keeping::Present)
    }

    /// As [`Self::new`], with chains that can be looked at as they were at any past block, and whose headers carry the root of the
    /// state, so that it can be proven.
    ///
    /// # Errors
    /// As [`Self::new`].
    pub fn with_past(config: NetworkConfig, programs: impl IntoIterator<Item = Program>) -> Result<Self, NetworkError> {
        Self::start(config, programs, &Keeping::Past)
    }

    pub(crate) fn start(
        config: NetworkConfig,
        programs: impl IntoIterator<Item = Program>,
        keeping: &Keeping<'_>,
    ) -> Result<Self, NetworkError> {
        let programs = Arc::new(Programs::new(programs.into_iter().chain(stand_in_programs()))?);
        let NetworkConfig { clock, chains } = config;
        let time = BlockTime { timestamp: clock.slot_start_seconds(), l1_block: clock.l1_block() };
        let mut network = Self {
            clock,
            order: Vec::new(),
            hosted: BTreeMap::new(),
            messages: BTreeMap::new(),
            tickets: HashMap::new(),
            arrivals: 0,
            automine: true,
            snapshots: Vec::new(),
            next_snapshot: 0,
            forgotten_below: 0,
            observers: Vec::new(),
            database: None,
            unwritten: Unwritten::default(),
        };
        let known = network.attach(keeping, &chains)?;
        for spec in chains {
            if network.hosted.contains_key(&spec.chain_id) {
                return Err(NetworkError::DuplicateChain(spec.chain_id));
            }
            let (mut config, number) = match &spec.bridge {
                None => (ChainConfig::ethereum(spec.chain_id), clock.l1_block()),
                Some(bridge) if network.hosted.contains_key(&bridge.parent) => {
                    (ChainConfig::arbitrum(spec.chain_id), 1)
                }
                Some(bridge) => {
                    return Err(NetworkError::ParentMissing { child: spec.chain_id, parent: bridge.parent });
                }
            };
            config.base_fee = spec.base_fee_wei;
            if let ephor_chain::BlockRule::Slots { seconds } = &mut config.blocks {
                *seconds = clock.slot_seconds();
            }
            let precompiles =
                [(ARB_SYS, ids::ARB_SYS), (ARB_RETRYABLE_TX, ids::RETRYABLES), (NODE_INTERFACE, ids::NODE_INTERFACE)];
            let accounts = if spec.bridge.is_some() { precompiles.map(program_account).to_vec() } else { Vec::new() };
            if spec.bridge.is_some() {
                // Contracts see Ethereum's number; the chain's own is what `ArbSys` tells.
                config.number_slot = Some((ARB_SYS, ephor_stand_ins::arb_sys::BLOCK_NUMBER_SLOT));
            }
            config.history = matches!(keeping, Keeping::Past);
            config.state_roots = !matches!(keeping, Keeping::Present);
            let genesis = Genesis { number, time, accounts };
            let chain = match keeping {
                Keeping::Present | Keeping::Past => Chain::in_memory(config, &genesis, programs.clone()),
                Keeping::All(database) => Chain::open(database, config, &genesis, programs.clone())?,
            };
            network.order.push(spec.chain_id);
            let waiting_bytes = weighed(&chain);
            network.hosted.insert(spec.chain_id, Hosted { spec: spec.clone(), chain, waiting_bytes });
            if let Some(bridge) = spec.bridge.as_ref().filter(|_| !known) {
                network.build_bridge(spec.chain_id, bridge)?;
            }
        }
        if known {
            network.restore()?;
        }
        network.settle_time()?;
        Ok(network)
    }

    /// Puts the programs of a bridge in their places and constructs them.
    fn build_bridge(&mut self, child: u64, spec: &BridgeSpec) -> Result<(), NetworkError> {
        let BridgeSpec { parent, inbox, bridge, outbox, ticket_lifetime_seconds, .. } = spec.clone();
        for (address, program) in [(inbox, ids::INBOX), (bridge, ids::BRIDGE), (outbox, ids::OUTBOX)] {
            self.install(parent, address, &Code::Program(program), [])?;
        }
        self.construct(parent, bridge, &(inbox, outbox).abi_encode_params())?;
        self.construct(parent, inbox, &bridge.abi_encode())?;
        self.construct(parent, outbox, &bridge.abi_encode())?;
        self.construct(child, ARB_RETRYABLE_TX, &U256::from(ticket_lifetime_seconds).abi_encode())
    }
}

fn program_account((address, id): (Address, u32)) -> GenesisAccount {
    GenesisAccount { address, code: Some(Code::Program(id)), ..GenesisAccount::default() }
}
