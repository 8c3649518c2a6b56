//! A ceremony carried through on an embedded chain: its Safes stand there at their addresses, their owners agree, each Safe executes its
//! transaction, the innermost first, and every slot that changes is listed.
//!
//! ```text
//! grandchildren approve ─▶ children approve ─▶ root acts
//! ```
//! The Safes run the project's own contracts, with the ceremony's chain id, nonces, owners and thresholds; owners that are not known are
//! stood in for. Targets have the code and storage that the [`World`] names; a call of an address without code succeeds and
//! does nothing, which the report says. Safes before 1.3.0 do not run here.

use std::{collections::BTreeMap, sync::Arc};

use alloy_primitives::{Address, B256, Bytes, U256, keccak256};
use alloy_sol_types::SolCall;
use ephor_abi::safe::ISafe::{approveHashCall, setupCall};
use ephor_chain::{BlockEnv, Code, ExecuteError, Executor, Message, Outcome, SpecId, Status};
use serde::{Deserialize, Serialize};

use crate::{
    collection::{Collection, execution},
    nesting::{SafeNode, Step},
    release::{Hashing, Release},
    signature::{Consent, Signature},
    state_diff::{SlotChange, meaning},
    transaction::Action,
};

/// Where a Safe keeps its nonce.
const NONCE_SLOT: U256 = U256::from_limbs([5, 0, 0, 0]);
/// The most accounts of a world.
pub const MAX_ACCOUNTS: usize = 4_096;

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
}

/// A simulation that cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum SimulationError {
    /// A release that does not run here.
    #[error("Safe {safe} is of release {release}; the embedded chain runs releases from 1.3.0 on")]
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
    /// Contracts that announced something, in order.
    pub events: Vec<String>,
}

/// What came of a ceremony.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Simulation {
    /// The block that the state is of.
    pub block: u64,
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

/// Somebody who owns a Safe whose owners are not known; nobody has the key.
fn stand_in(safe: Address) -> Address {
    Address::from_word(keccak256([b"ephor ceremony: an owner of ".as_slice(), safe.as_slice()].concat()))
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
        let calls = crate::calls::Batch::decode(&action.data).map_or_else(
            || vec![action.to],
            |(_, calls)| [vec![action.to], calls.into_iter().map(|call| call.to).collect()].concat(),
        );
        let state = self.executor.state();
        let mut without_code: Vec<Address> = calls.into_iter().filter(|to| state.code(*to).is_empty()).collect();
        without_code.sort();
        without_code.dedup();
        Ok(Simulation { block: self.block.number, executed, without_code, stood_in: self.stood_in.clone() })
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
    ) -> Result<Executed, ExecuteError> {
        let sender = stand_in(Address::ZERO);
        let message = Message::call(sender, step.safe.address, execution(&step.action, signatures));
        let tried = self.executor.view(&self.block, message.clone())?;
        let state = self.executor.state();
        let mut changes = Vec::new();
        for (account, slots) in tried.changes.storage() {
            for (slot, after) in slots {
                let before = state.slot(account, slot);
                changes.push(SlotChange { account, slot, meaning: meaning(root, step, account, slot), before, after });
            }
        }
        let balances = tried.changes.balances().into_iter();
        let balances = balances.map(|(account, after)| (account, (state.balance(account), after))).collect();
        let outcome = self.executor.call(&self.block, message)?;
        let event = |log: &alloy_primitives::Log| {
            let told = ephor_abi::catalog::decode_event(log.topics(), &log.data.data);
            format!("{}: {}", log.address, told.unwrap_or_else(|| "an unknown event".to_owned()))
        };
        Ok(Executed {
            safe: step.safe.address,
            safe_tx_hash: step.hashes.safe_tx,
            failure: failure(&outcome),
            changes,
            balances,
            events: outcome.logs.iter().map(event).collect(),
        })
    }
}

fn failure(outcome: &Outcome) -> Option<String> {
    match &outcome.status {
        Status::Success => None,
        Status::Revert => Some(ephor_abi::catalog::decode_revert(&outcome.output).to_string()),
        Status::Halt(reason) => Some(format!("halted: {reason:?}")),
    }
}
