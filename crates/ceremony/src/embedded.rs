//! A ceremony carried through on an embedded chain: its Safes stand there at their addresses, their owners agree, each Safe executes its
//! transaction, the innermost first, and every slot that changes is listed.
//!
//! ```text
//! grandchildren approve ─▶ children approve ─▶ root acts
//! ```
//! The Safes run the project's own contracts, with the ceremony's chain id, nonces, owners and thresholds; owners that are not known are
//! stood in for. Targets have the code and storage that the [`World`] names; a call of an address without code succeeds and
//! does nothing, which the report says. Safes before 1.3.0 do not run here, but on a fork ([`crate::fork`]).

use std::{collections::BTreeMap, sync::Arc};

use alloy_primitives::{Address, Bytes, U256};
use alloy_sol_types::SolCall;
use ephor_abi::safe::ISafe::{approveHashCall, setupCall};
use ephor_chain::{BlockEnv, Code, ExecuteError, Executor, Message, Outcome, SpecId};
use serde::{Deserialize, Serialize};

pub use crate::simulation::{Executed, MAX_ACCOUNTS, Simulation, SimulationError};
use crate::{
    collection::Collection,
    fork::Pinned,
    nesting::{SafeNode, Step},
    release::{Hashing, Release},
    signature::{Consent, Signature},
    simulation::{Ground, execute, failure, stand_in, without_code},
    transaction::Action,
};

/// Where a Safe keeps its nonce.
const NONCE_SLOT: U256 = U256::from_limbs([5, 0, 0, 0]);
/// What is at an address.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct WorldAccount {
    /// Bytecode.
    pub code: Bytes,
    /// The project's own contract of that name, instead of bytecode.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub program: Option<String>,
    /// Wei.
    pub balance: U256,
    /// Slots that are not zero.
    pub storage: BTreeMap<U256, U256>,
}

/// The state on which a ceremony is simulated, its Safes aside.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct World {
    /// The block that the state is of.
    pub block: u64,
    /// Its time, in seconds.
    pub timestamp: u64,
    /// Accounts.
    pub accounts: BTreeMap<Address, WorldAccount>,
    /// What was read of a live chain at that block, instead of accounts: the ceremony is carried through on a fork of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pinned: Option<Box<Pinned>>,
}

/// An embedded chain with the Safes of a ceremony.
pub struct Stage {
    executor: Executor,
    block: BlockEnv,
    chain_id: u64,
    stood_in: Vec<Address>,
}

/// Owners who act where the real ones are not known: the children, and one more if there are none.
fn acting_owners(safe: &SafeNode) -> (Vec<Address>, u64) {
    if !safe.owners.is_empty() {
        return (safe.owners.clone(), safe.threshold);
    }
    let mut owners: Vec<Address> = safe.children.iter().map(|child| child.address).collect();
    if owners.is_empty() {
        owners.push(stand_in(safe.address));
    }
    let threshold = owners.len() as u64;
    (owners, threshold)
}

impl World {
    /// The world that was read of a live chain.
    #[must_use]
    pub fn pinned(pinned: Pinned) -> Self {
        let (block, timestamp) = (pinned.header.number, pinned.header.timestamp);
        Self { block, timestamp, accounts: BTreeMap::new(), pinned: Some(Box::new(pinned)) }
    }
}

impl Stage {
    /// Stands the Safes of a ceremony up.
    ///
    /// # Errors
    /// [`SimulationError`].
    pub fn new(chain_id: u64, root: &SafeNode, world: &World) -> Result<Self, SimulationError> {
        if world.accounts.len() > MAX_ACCOUNTS {
            return Err(SimulationError::TooLarge(world.accounts.len()));
        }
        let mut executor = Executor::new(Arc::new(ephor_programs::all()), chain_id, SpecId::PRAGUE);
        for (at, program) in ephor_programs::LIBRARIES {
            executor.install(*at, &Code::Program(*program), []);
        }
        for (at, account) in &world.accounts {
            let code = match &account.program {
                Some(name) => Code::Program(
                    ephor_programs::id_of(name)
                        .ok_or_else(|| SimulationError::Program { at: *at, name: name.clone() })?,
                ),
                None => Code::Evm(account.code.clone()),
            };
            executor.install(*at, &code, account.storage.iter().map(|(slot, value)| (*slot, *value)));
            executor.set_balance(*at, account.balance);
        }
        let block = BlockEnv { number: world.block, timestamp: world.timestamp, ..BlockEnv::default() };
        let mut stage = Self { executor, block, chain_id, stood_in: Vec::new() };
        stage.set_up(root)?;
        Ok(stage)
    }

    fn set_up(&mut self, safe: &SafeNode) -> Result<(), SimulationError> {
        if safe.release.hashing() != Hashing::WithChain {
            return Err(SimulationError::Release { safe: safe.address, release: safe.release });
        }
        let later = safe.release >= Release::V1_4_1;
        let program = if later { ephor_programs::SAFE_1_4_1 } else { ephor_programs::SAFE };
        self.executor.install(safe.address, &Code::Program(program), []);
        let (owners, threshold) = acting_owners(safe);
        let set_up = setupCall {
            _owners: owners,
            _threshold: U256::from(threshold),
            to: Address::ZERO,
            data: Bytes::new(),
            fallbackHandler: Address::ZERO,
            paymentToken: Address::ZERO,
            payment: U256::ZERO,
            paymentReceiver: Address::ZERO,
        };
        let outcome = self.send(stand_in(safe.address), safe.address, set_up.abi_encode())?;
        if let Some(why) = failure(&outcome) {
            return Err(SimulationError::Setup { safe: safe.address, why });
        }
        self.executor.install(safe.address, &Code::Program(program), [(NONCE_SLOT, safe.nonce)]);
        if safe.owners.is_empty() {
            self.stood_in.push(safe.address);
        }
        safe.children.iter().try_for_each(|child| self.set_up(child))
    }

    /// The chain, to look around or to send messages of one's own.
    pub fn executor(&mut self) -> &mut Executor {
        &mut self.executor
    }

    /// Sends a message in anybody's name.
    ///
    /// # Errors
    /// When it cannot be executed at all.
    pub fn send(&mut self, from: Address, to: Address, data: impl Into<Bytes>) -> Result<Outcome, ExecuteError> {
        self.executor.call(&self.block, Message::call(from, to, data))
    }

    /// Carries the ceremony through: every owner that it takes approves by a message of its own.
    ///
    /// # Errors
    /// [`SimulationError`]; a transaction that fails is a result.
    pub fn run(&mut self, root: &SafeNode, action: &Action) -> Result<Simulation, SimulationError> {
        self.run_with(root, action, &Collection::default())
    }

    /// As [`Self::run`], with the signatures that were collected; Safes without any are approved for by their owners.
    ///
    /// # Errors
    /// As there.
    pub fn run_with(
        &mut self,
        root: &SafeNode,
        action: &Action,
        collected: &Collection,
    ) -> Result<Simulation, SimulationError> {
        let steps = root.steps(self.chain_id, action);
        let mut executed = Vec::new();
        // Every Safe stands before its children in the steps.
        for step in steps.iter().rev() {
            let mut signatures = collected.of(step.safe.address);
            if signatures.is_empty() {
                signatures = self.approvals(step)?;
            } else {
                let approving = step.safe.children.iter().map(|child| self.approval(step, child.address));
                signatures.extend(approving);
            }
            executed.push(self.execute(root, step, &signatures)?);
        }
        let without_code = without_code(self, action)?;
        let block = self.block.number;
        Ok(Simulation { block, fork: None, executed, without_code, stood_in: self.stood_in.clone() })
    }

    fn approval(&self, step: &Step<'_>, owner: Address) -> Signature {
        Signature {
            chain_id: self.chain_id,
            safe: step.safe.address,
            safe_tx_hash: step.hashes.safe_tx,
            owner,
            consent: Consent::Approved,
        }
    }

    /// As many owners as it takes approve, the Safes of the ceremony first, who did by executing.
    fn approvals(&mut self, step: &Step<'_>) -> Result<Vec<Signature>, SimulationError> {
        let (owners, threshold) = acting_owners(step.safe);
        let is_child = |owner: &Address| step.safe.children.iter().any(|child| child.address == *owner);
        let (children, people): (Vec<Address>, Vec<Address>) = owners.into_iter().partition(is_child);
        let needed = usize::try_from(threshold).unwrap_or(usize::MAX).saturating_sub(children.len());
        let mut signatures: Vec<Signature> = children.into_iter().map(|child| self.approval(step, child)).collect();
        for owner in people.into_iter().take(needed) {
            let approve = approveHashCall { hashToApprove: step.hashes.safe_tx };
            self.send(owner, step.safe.address, approve.abi_encode())?;
            signatures.push(self.approval(step, owner));
        }
        Ok(signatures)
    }

    /// Executes one Safe's transaction with these signatures, sent by somebody who is no owner.
    ///
    /// # Errors
    /// When it cannot be executed at all.
    pub fn execute(
        &mut self,
        root: &SafeNode,
        step: &Step<'_>,
        signatures: &[Signature],
    ) -> Result<Executed, SimulationError> {
        execute(self, root, step, signatures)
    }
}

impl Ground for Stage {
    fn act(&mut self, message: Message) -> Result<Outcome, SimulationError> {
        Ok(self.executor.call(&self.block, message)?)
    }

    fn attempt(&mut self, message: Message) -> Result<Outcome, SimulationError> {
        Ok(self.executor.view(&self.block, message)?)
    }

    fn slot(&self, address: Address, slot: U256) -> U256 {
        self.executor.state().slot(address, slot)
    }

    fn balance(&self, address: Address) -> U256 {
        self.executor.state().balance(address)
    }

    fn has_code(&mut self, address: Address) -> Result<bool, SimulationError> {
        Ok(!self.executor.state().code(address).is_empty())
    }
}
