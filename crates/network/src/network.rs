//! The network: chains, their bridges, one clock.
//!
//! Invariants:
//! - All chains are at the clock's time. A transaction on a chain with slots takes effect in the next slot, so mining one there
//!   moves the clock; on an on-demand chain it takes effect now.
//! - Moving the clock stops at every moment at which a message becomes due, so that what the bridges do happens in order.
//! - No message is executed twice, whatever faults a scenario asks for: the bridges' programs refuse.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use alloy_primitives::{Address, B256, U256};
use alloy_sol_types::SolValue;
use ephor_chain::{
    BlockTime, Chain, ChainConfig, ChainError, Code, Database, ExecuteError, Genesis, GenesisAccount, Message as Call,
    Mined, Program, Programs, SnapshotId, Status, StoreError, TxError, TxResult,
};
use ephor_stand_ins::{ARB_RETRYABLE_TX, ARB_SYS, NODE_INTERFACE, SYSTEM};

use crate::{
    bridge::Ticket,
    clock::{Clock, ClockError},
    config::{BridgeSpec, ChainSpec, NetworkConfig},
    durable::{Keeping, Unwritten},
    events::{NetworkEvent, Observer},
    message::{Message, MessageId, MessageState},
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

/// What a network refuses, or cannot do.
#[derive(Debug, thiserror::Error)]
pub enum NetworkError {
    /// No chain has that id.
    #[error("there is no chain {0} in this network")]
    UnknownChain(u64),
    /// A chain comes before its parent, or names one that is not there.
    #[error("chain {child} stands on chain {parent}, which is not listed before it")]
    ParentMissing {
        /// The chain.
        child: u64,
        /// The parent it names.
        parent: u64,
    },
    /// Two chains of one id.
    #[error("two chains have the id {0}")]
    DuplicateChain(u64),
    /// No message of that name.
    #[error("there is no {0}")]
    UnknownMessage(MessageId),
    /// A fault that cannot befall the message any more.
    #[error("{id} cannot be {what}: it is {state:?} already")]
    TooLate {
        /// The message.
        id: MessageId,
        /// The fault.
        what: &'static str,
        /// Where the message stands.
        state: MessageState,
    },
    /// A program is missing from the registry, or one clashes with a stand-in.
    #[error(transparent)]
    Programs(#[from] ephor_chain::DuplicateProgram),
    /// The clock refuses.
    #[error(transparent)]
    Clock(#[from] ClockError),
    /// A chain refuses.
    #[error(transparent)]
    Chain(#[from] ChainError),
    /// The database refuses.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A transaction is not valid.
    #[error(transparent)]
    Tx(#[from] TxError),
    /// A message cannot be executed at all.
    #[error(transparent)]
    Execute(#[from] ExecuteError),
    /// A bridge's own program does not answer as it must.
    #[error("the bridge of chain {chain} failed while {doing}")]
    Bridge {
        /// The child chain.
        chain: u64,
        /// What was being done.
        doing: &'static str,
    },
    /// There is no such snapshot.
    #[error("there is no snapshot {0}: it was reverted already, or never made")]
    UnknownSnapshot(u64),
}

/// A network.
pub struct Network {
    pub(crate) clock: Clock,
    pub(crate) order: Vec<u64>,
    pub(crate) hosted: BTreeMap<u64, Hosted>,
    pub(crate) messages: BTreeMap<MessageId, Message>,
    pub(crate) tickets: HashMap<B256, Ticket>,
    /// How many deliveries were tried: makes each of them a transaction of its own.
    pub(crate) arrivals: u64,
    pub(crate) automine: bool,
    pub(crate) snapshots: Vec<Snapshot>,
    next_snapshot: u64,
    pub(crate) observers: Vec<Observer>,
    /// Where it is kept, if it is.
    pub(crate) database: Option<Database>,
    /// What differs from what is kept.
    pub(crate) unwritten: Unwritten,
}

pub(crate) struct Hosted {
    pub(crate) spec: ChainSpec,
    pub(crate) chain: Chain,
}

pub(crate) struct Snapshot {
    id: u64,
    clock: Clock,
    messages: BTreeMap<MessageId, Message>,
    tickets: HashMap<B256, Ticket>,
    arrivals: u64,
    chains: Vec<(u64, SnapshotId)>,
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
            network.hosted.insert(spec.chain_id, Hosted { spec: spec.clone(), chain });
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

    // ── Looking ─────────────────────────────────────────────────────────────────────────────────────────────────────

    /// The clock.
    #[must_use]
    pub const fn clock(&self) -> &Clock {
        &self.clock
    }

    /// The ids of the chains, parents first.
    #[must_use]
    pub fn chain_ids(&self) -> &[u64] {
        &self.order
    }

    /// A chain.
    ///
    /// # Errors
    /// [`NetworkError::UnknownChain`].
    pub fn chain(&self, chain_id: u64) -> Result<&Chain, NetworkError> {
        self.hosted.get(&chain_id).map(|hosted| &hosted.chain).ok_or(NetworkError::UnknownChain(chain_id))
    }

    /// A chain, to look at more closely; transactions go through the network, so that bridges notice them.
    ///
    /// # Errors
    /// [`NetworkError::UnknownChain`].
    pub fn chain_mut(&mut self, chain_id: u64) -> Result<&mut Chain, NetworkError> {
        self.hosted.get_mut(&chain_id).map(|hosted| &mut hosted.chain).ok_or(NetworkError::UnknownChain(chain_id))
    }

    /// What a chain was made from.
    ///
    /// # Errors
    /// [`NetworkError::UnknownChain`].
    pub fn spec(&self, chain_id: u64) -> Result<&ChainSpec, NetworkError> {
        self.hosted.get(&chain_id).map(|hosted| &hosted.spec).ok_or(NetworkError::UnknownChain(chain_id))
    }

    pub(crate) fn bridge_of(&self, child: u64) -> Result<Option<BridgeSpec>, NetworkError> {
        Ok(self.spec(child)?.bridge.clone())
    }

    pub(crate) fn bridges_on(&self, parent: u64) -> Vec<(u64, BridgeSpec)> {
        let specs = self.hosted.iter().filter_map(|(id, hosted)| Some((*id, hosted.spec.bridge.clone()?)));
        specs.filter(|(_, bridge)| bridge.parent == parent).collect()
    }

    /// Every message there ever was, by name.
    pub fn messages(&self) -> impl Iterator<Item = &Message> {
        self.messages.values()
    }

    /// The messages with which something can still happen.
    pub fn in_flight(&self) -> impl Iterator<Item = &Message> {
        self.messages().filter(|message| !message.state.is_final())
    }

    /// A message.
    ///
    /// # Errors
    /// [`NetworkError::UnknownMessage`].
    pub fn message(&self, id: MessageId) -> Result<&Message, NetworkError> {
        self.messages.get(&id).ok_or(NetworkError::UnknownMessage(id))
    }

    // ── Time ────────────────────────────────────────────────────────────────────────────────────────────────────────

    /// Moves the clock, and with it everything that becomes due on the way.
    ///
    /// # Errors
    /// [`ClockError::Backwards`]; what a bridge cannot do.
    pub fn advance_to(&mut self, seconds: u64) -> Result<(), NetworkError> {
        let now = self.clock.now_seconds();
        if seconds < now {
            return Err(ClockError::Backwards { now, asked: seconds }.into());
        }
        while let Some(due) = self.next_due_seconds().filter(|due| *due <= seconds) {
            self.clock.advance_to(due.max(self.clock.now_seconds()))?;
            self.settle_time()?;
            self.carry()?;
        }
        // What the bridges did on the way may have taken slots beyond the time asked for.
        self.clock.advance_to(seconds.max(self.clock.now_seconds()))?;
        self.settle_time()
    }

    /// Moves the clock to the beginning of an L1 block.
    ///
    /// # Errors
    /// As [`Self::advance_to`].
    pub fn advance_to_l1_block(&mut self, l1_block: u64) -> Result<(), NetworkError> {
        self.advance_to(self.clock.seconds_of(l1_block).max(self.clock.now_seconds()))
    }

    /// Brings every chain to the clock's time.
    fn settle_time(&mut self) -> Result<(), NetworkError> {
        let time = BlockTime { timestamp: self.clock.now_seconds(), l1_block: self.clock.l1_block() };
        self.settle(time, None)
    }

    /// Brings every chain but one to a time, and tells of the empty blocks that come about so.
    fn settle(&mut self, time: BlockTime, except: Option<u64>) -> Result<(), NetworkError> {
        let mut moved = Vec::new();
        for (id, hosted) in &mut self.hosted {
            if Some(*id) != except && hosted.chain.now().timestamp < time.timestamp {
                let before = hosted.chain.head();
                hosted.chain.advance(time)?;
                let number = hosted.chain.head();
                if number != before && !self.observers.is_empty() {
                    let hash = hosted.chain.block_hash(number).unwrap_or_default();
                    moved.push(NetworkEvent::Block { chain_id: *id, number, hash });
                }
            }
        }
        moved.iter().for_each(|event| self.tell(event));
        Ok(())
    }

    // ── Acting ──────────────────────────────────────────────────────────────────────────────────────────────────────

    /// Makes a block of a chain's pending transactions, and lets the bridges see it.
    ///
    /// # Errors
    /// As [`Chain::mine`]; what a bridge cannot do.
    pub fn mine(&mut self, chain_id: u64) -> Result<Mined, NetworkError> {
        let mined = self.mine_silently(chain_id)?;
        self.follow(chain_id, mined.number)?;
        Ok(mined)
    }

    fn mine_silently(&mut self, chain_id: u64) -> Result<Mined, NetworkError> {
        let next = self.chain(chain_id)?.next_time().timestamp;
        if next > self.clock.now_seconds() {
            self.clock.advance_to(next)?;
            self.settle_earlier_than(chain_id)?;
        }
        let time = BlockTime { timestamp: self.clock.now_seconds(), l1_block: self.clock.l1_block() };
        let hosted = self.hosted.get_mut(&chain_id).ok_or(NetworkError::UnknownChain(chain_id))?;
        let mined = hosted.chain.mine(time)?;
        self.tell(&NetworkEvent::Block { chain_id, number: mined.number, hash: mined.hash });
        Ok(mined)
    }

    /// Brings the other chains to the clock's time; `mining` gets there by its block.
    fn settle_earlier_than(&mut self, mining: u64) -> Result<(), NetworkError> {
        let time = BlockTime { timestamp: self.clock.now_seconds(), l1_block: self.clock.l1_block() };
        self.settle(time, Some(mining))
    }

    /// Sends one message in the name of anybody and mines it. Rehearsal chains only.
    ///
    /// # Errors
    /// When the message is refused, not when it reverts.
    pub fn send(&mut self, chain_id: u64, call: Call) -> Result<TxResult, NetworkError> {
        let hash = self.impersonate(chain_id, call)?;
        let mined = self.mine(chain_id)?;
        result_of(mined, hash)
    }

    /// Runs a transaction of the system.
    pub(crate) fn run_system(
        &mut self,
        chain_id: u64,
        source: B256,
        call: Call,
        mint: U256,
        doing: &'static str,
    ) -> Result<Status, NetworkError> {
        let hash = self.chain_mut(chain_id)?.submit_system(source, call, mint)?;
        self.tell(&NetworkEvent::Pending { chain_id, hash });
        let mined = self.mine(chain_id)?;
        let found = mined.results.iter().find(|result| result.hash == hash);
        Ok(found.ok_or(NetworkError::Bridge { chain: chain_id, doing })?.status.clone())
    }

    /// Puts code and slots at an address without a transaction. Rehearsal chains only.
    ///
    /// # Errors
    /// [`NetworkError::UnknownChain`], or what the chain refuses.
    pub fn install(
        &mut self,
        chain_id: u64,
        address: Address,
        code: &Code,
        storage: impl IntoIterator<Item = (U256, U256)>,
    ) -> Result<(), NetworkError> {
        Ok(self.chain_mut(chain_id)?.install(address, code, storage)?)
    }

    /// Runs the constructor of the program at an address.
    ///
    /// # Errors
    /// [`NetworkError::Bridge`] when it reverts.
    pub fn construct(&mut self, chain_id: u64, at: Address, args: &[u8]) -> Result<(), NetworkError> {
        let data = [&ephor_chain::CONSTRUCTOR_SELECTOR.to_be_bytes()[..], args].concat();
        let status = self.send(chain_id, Call::call(SYSTEM, at, data))?.status;
        if status == Status::Success {
            Ok(())
        } else {
            Err(NetworkError::Bridge { chain: chain_id, doing: "running a constructor" })
        }
    }

    /// Whether a transaction sent by JSON-RPC is mined at once.
    #[must_use]
    pub const fn automine(&self) -> bool {
        self.automine
    }

    /// Chooses whether a transaction sent by JSON-RPC is mined at once, or waits for `evm_mine`.
    pub const fn set_automine(&mut self, automine: bool) {
        self.automine = automine;
    }

    // ── Faults ──────────────────────────────────────────────────────────────────────────────────────────────────────

    /// Lets a ticket on its way be lost.
    ///
    /// # Errors
    /// [`NetworkError::UnknownMessage`], [`NetworkError::TooLate`].
    pub fn lose(&mut self, id: MessageId) -> Result<(), NetworkError> {
        match self.message(id)?.state {
            MessageState::Travelling { .. } | MessageState::Challenged { .. } => {
                self.set_state(id, MessageState::Lost);
                Ok(())
            }
            state => Err(NetworkError::TooLate { id, what: "lost", state }),
        }
    }

    /// Delays a message on its way.
    ///
    /// # Errors
    /// [`NetworkError::UnknownMessage`], [`NetworkError::TooLate`].
    pub fn delay(&mut self, id: MessageId, seconds: u64) -> Result<(), NetworkError> {
        let state = match self.message(id)?.state {
            MessageState::Travelling { until_seconds } => {
                MessageState::Travelling { until_seconds: until_seconds.saturating_add(seconds) }
            }
            MessageState::Challenged { until_seconds } => {
                MessageState::Challenged { until_seconds: until_seconds.saturating_add(seconds) }
            }
            state => return Err(NetworkError::TooLate { id, what: "delayed", state }),
        };
        self.set_state(id, state);
        Ok(())
    }

    /// Delivers a ticket once more. The child chain refuses what it has seen.
    ///
    /// # Errors
    /// [`NetworkError::UnknownMessage`].
    pub fn duplicate(&mut self, id: MessageId) -> Result<(), NetworkError> {
        self.message(id)?;
        if let MessageId::ToChild { .. } = id { self.arrive(id) } else { Ok(()) }
    }

    // ── Snapshots ───────────────────────────────────────────────────────────────────────────────────────────────────

    /// Marks this point on all chains. The number names it.
    pub fn snapshot(&mut self) -> u64 {
        let id = self.next_snapshot;
        self.next_snapshot += 1;
        let chains = self.hosted.iter_mut().map(|(id, hosted)| (*id, hosted.chain.snapshot())).collect();
        let Self { clock, messages, tickets, arrivals, .. } = self;
        let (messages, tickets) = (messages.clone(), tickets.clone());
        self.snapshots.push(Snapshot { id, clock: *clock, messages, tickets, arrivals: *arrivals, chains });
        id
    }

    /// Goes back to a snapshot; it and all later ones are gone.
    ///
    /// # Errors
    /// [`NetworkError::UnknownSnapshot`].
    pub fn revert(&mut self, id: u64) -> Result<(), NetworkError> {
        let at = self.snapshots.iter().position(|snapshot| snapshot.id == id);
        let at = at.ok_or(NetworkError::UnknownSnapshot(id))?;
        let Some(snapshot) = self.snapshots.drain(at..).next() else { return Ok(()) };
        for (chain, mark) in snapshot.chains {
            self.chain_mut(chain)?.revert(mark)?;
        }
        self.unwritten.messages.extend(self.messages.keys().chain(snapshot.messages.keys()));
        self.unwritten.tickets.extend(self.tickets.keys().chain(snapshot.tickets.keys()));
        self.clock = snapshot.clock;
        self.messages = snapshot.messages;
        self.tickets = snapshot.tickets;
        self.arrivals = snapshot.arrivals;
        for chain_id in self.order.clone() {
            self.tell(&NetworkEvent::Reverted { chain_id });
        }
        Ok(())
    }
}

fn program_account((address, id): (Address, u32)) -> GenesisAccount {
    GenesisAccount { address, code: Some(Code::Program(id)), ..GenesisAccount::default() }
}

/// What became of one transaction of a block.
pub(crate) fn result_of(mined: Mined, hash: B256) -> Result<TxResult, NetworkError> {
    if let Some((_, fault)) = mined.dropped.into_iter().find(|(dropped, _)| *dropped == hash) {
        return Err(fault.into());
    }
    let found = mined.results.into_iter().find(|result| result.hash == hash);
    found.ok_or(NetworkError::Tx(TxError::AlreadyKnown { hash }))
}
