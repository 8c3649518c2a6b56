//! What comes of a ceremony that is carried through without being sent: on an embedded chain of its own ([`crate::embedded`]), or on a fork
//! of a live one ([`crate::fork`]).
//!
//! A Safe's transaction is tried first, for what it changes, and then executed, so that the next one finds what it left. It is sent by
//! somebody who owns nothing and pays nothing: fees are no part of what changes.

use std::collections::BTreeMap;

use alloy_primitives::{Address, B256, U256, keccak256};
use ephor_chain::{ExecuteError, Message, Outcome, Status};
use serde::Serialize;

use crate::{
    calls::Batch,
    ceremony::Ceremony,
    collection::execution,
    embedded::Stage,
    fork::{self, ForkError, ForkReport},
    nesting::{SafeNode, Step},
    release::Release,
    signature::Signature,
    state_diff::{SlotChange, meaning},
    transaction::Action,
};

/// The most accounts of a world.
pub const MAX_ACCOUNTS: usize = 4_096;

/// A simulation that cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum SimulationError {
    /// A release that does not run here.
    #[error(
        "Safe {safe} is of release {release}; the embedded chain runs releases from 1.3.0 on: simulate on a fork with --rpc-url"
    )]
    Release {
        /// The Safe.
        safe: Address,
        /// Its release.
        release: Release,
    },
    /// Too many accounts.
    #[error("{0} accounts are more than the {MAX_ACCOUNTS} that a world may have")]
    TooLarge(usize),
    /// No such contract.
    #[error("account {at}: there is no program named {name:?}")]
    Program {
        /// Where.
        at: Address,
        /// As stated.
        name: String,
    },
    /// A Safe that cannot be set up.
    #[error("Safe {safe} cannot be set up: {why}")]
    Setup {
        /// The Safe.
        safe: Address,
        /// What it says.
        why: String,
    },
    /// The chain cannot execute.
    #[error(transparent)]
    Execute(#[from] ExecuteError),
    /// The chain that is forked does not answer as it must.
    #[error(transparent)]
    Fork(#[from] ForkError),
}

/// What came of one Safe's transaction.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Executed {
    /// The Safe.
    pub safe: Address,
    /// Its transaction's hash.
    pub safe_tx_hash: B256,
    /// Why it failed; `None` if it succeeded.
    pub failure: Option<String>,
    /// The slots that changed.
    pub changes: Vec<SlotChange>,
    /// Balances that changed, in wei: before and after.
    pub balances: BTreeMap<Address, (U256, U256)>,
    /// Contracts that were created.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub created: Vec<Address>,
    /// Contracts that announced something, in order.
    pub events: Vec<String>,
}

/// What came of a ceremony.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Simulation {
    /// The block that the state is of.
    pub block: u64,
    /// What it was forked from; none if it was simulated on an embedded chain.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fork: Option<ForkReport>,
    /// One for each Safe, in the order of execution; the root's is the last.
    pub executed: Vec<Executed>,
    /// Targets of the transaction without code, so that nothing is known of what calls of them do.
    pub without_code: Vec<Address>,
    /// Safes whose owners are not known and were stood in for.
    pub stood_in: Vec<Address>,
}

impl Simulation {
    /// Whether every transaction succeeded.
    #[must_use]
    pub fn succeeded(&self) -> bool {
        self.executed.iter().all(|executed| executed.failure.is_none())
    }
}

/// Carries a ceremony through on the state that belongs to it; `None` without one.
///
/// # Errors
/// [`SimulationError`]; a transaction that fails is a result.
pub fn simulate(ceremony: &Ceremony) -> Result<Option<Simulation>, SimulationError> {
    let Some(world) = &ceremony.world else { return Ok(None) };
    let Some(pinned) = &world.pinned else {
        let mut stage = Stage::new(ceremony.chain_id, &ceremony.root, world)?;
        return stage.run(&ceremony.root, &ceremony.action).map(Some);
    };
    let (block, timestamp) = (pinned.header.number, pinned.header.timestamp);
    if (world.block, world.timestamp) != (block, timestamp) || !world.accounts.is_empty() {
        return Err(ForkError::Pinned("the world around it is of another block, or has accounts of its own").into());
    }
    fork::replay(ceremony, pinned).map(Some)
}

/// What a ceremony is carried through on.
pub(crate) trait Ground {
    /// Executes a message and keeps its effects if it succeeds.
    fn act(&mut self, message: Message) -> Result<Outcome, SimulationError>;
    /// Executes a message and discards its effects; the outcome lists them.
    fn attempt(&mut self, message: Message) -> Result<Outcome, SimulationError>;
    /// A slot that a message changed, as it is without it, and without what was done for its sake only.
    fn slot(&self, address: Address, slot: U256) -> U256;
    /// A balance that a message changed, as it is without it.
    fn balance(&self, address: Address) -> U256;
    /// Whether an account has code.
    fn has_code(&mut self, address: Address) -> Result<bool, SimulationError>;
}

/// Somebody who stands for others; nobody has the key.
pub(crate) fn stand_in(safe: Address) -> Address {
    Address::from_word(keccak256([b"ephor ceremony: an owner of ".as_slice(), safe.as_slice()].concat()))
}

/// Executes one Safe's transaction with these signatures.
pub(crate) fn execute(
    ground: &mut impl Ground,
    root: &SafeNode,
    step: &Step<'_>,
    signatures: &[Signature],
) -> Result<Executed, SimulationError> {
    let sender = stand_in(Address::ZERO);
    let message = Message::call(sender, step.safe.address, execution(&step.action, signatures));
    let tried = ground.attempt(message.clone())?;
    let mut changes = Vec::new();
    for (account, slots) in tried.changes.storage() {
        for (slot, after) in slots {
            let before = ground.slot(account, slot);
            if before != after {
                changes.push(SlotChange { account, slot, meaning: meaning(root, step, account, slot), before, after });
            }
        }
    }
    let balances = tried.changes.balances().into_iter();
    let balances = balances.map(|(account, after)| (account, (ground.balance(account), after))).collect();
    let created = tried.changes.accounts.iter().filter(|(_, change)| change.code.is_some());
    let created = created.map(|(address, _)| *address).collect();
    let outcome = ground.act(message)?;
    let event = |log: &alloy_primitives::Log| {
        let told = ephor_abi::catalog::decode_event(log.topics(), &log.data.data);
        format!("{}: {}", log.address, told.unwrap_or_else(|| "an unknown event".to_owned()))
    };
    Ok(Executed {
        safe: step.safe.address,
        safe_tx_hash: step.hashes.safe_tx,
        failure: failure(&outcome).or_else(|| refused_within(&outcome)),
        changes,
        balances,
        created,
        events: outcome.logs.iter().map(event).collect(),
    })
}

/// Why a message failed.
pub(crate) fn failure(outcome: &Outcome) -> Option<String> {
    match &outcome.status {
        Status::Success => None,
        Status::Revert => Some(ephor_abi::catalog::decode_revert(&outcome.output).to_string()),
        Status::Halt(reason) => Some(format!("halted: {reason:?}")),
    }
}

/// A Safe may use up the nonce and return false where what it was to do failed.
fn refused_within(outcome: &Outcome) -> Option<String> {
    let said_no = outcome.output.len() == 32 && outcome.output.iter().all(|byte| *byte == 0);
    said_no.then(|| "what the Safe was to do failed; its nonce is used up all the same".to_owned())
}

/// Targets of an action that have no code.
pub(crate) fn without_code(ground: &mut impl Ground, action: &Action) -> Result<Vec<Address>, SimulationError> {
    let mut targets = vec![action.to];
    if let Some((_, calls)) = Batch::decode(&action.data) {
        targets.extend(calls.into_iter().map(|call| call.to));
    }
    targets.sort();
    targets.dedup();
    let mut found = Vec::new();
    for target in targets {
        if !ground.has_code(target)? {
            found.push(target);
        }
    }
    Ok(found)
}
