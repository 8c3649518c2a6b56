//! The Safes of a ceremony on a fork, carried through from the innermost to the root.
//!
//! ```text
//! for each Safe, children first:
//!   nonce used up?  ── its approval is on the chain ──▶ nothing to do
//!                   └─ it is not ──────────────────────▶ it fails, as it would there
//!   nonce ahead?    ──▶ the Safe is given the ceremony's, which is told
//!   owners approve, as many as the Safe itself asks for; then it executes
//! ```
//! Owners sign where a real ceremony is held. Their approvals stand for that, so they are no part of what changes: a Safe before 1.3.0
//! takes them away as it executes, and the slot is as if it had never been written.

use std::{collections::BTreeMap, sync::Arc};

use alloy_consensus::Header;
use alloy_primitives::{Address, B256, U256};
use alloy_sol_types::SolCall;
use ephor_abi::safe::ISafe;
use ephor_chain::{BlockEnv, Fork, ForkError as OverFork, Message, Outcome, Programs, Source};

use super::{
    ForkError, ForkReport, Note,
    block::{Commitment, env, gas_limit, spec},
};
use crate::{
    nesting::{SafeNode, Step},
    release::Release,
    signature::{Consent, Signature},
    simulation::{Executed, Ground, Simulation, SimulationError, execute, stand_in, without_code},
    transaction::Action,
};

/// Where a Safe keeps its nonce, in every release.
const NONCE_SLOT: U256 = U256::from_limbs([5, 0, 0, 0]);
/// What stands at the addresses (`0x64` to `0xff`) of what an Arbitrum chain runs beside the EVM.
const NOT_CODE: [u8; 1] = [0xfe];

/// How much was read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Reads {
    pub(super) accounts: usize,
    pub(super) slots: usize,
}

/// A state as of a block, with what is known of the block.
pub(super) trait Base: Source<Error = ForkError> {
    fn hash(&self) -> B256;
    fn header(&self) -> &Header;
    fn commitment(&self) -> Commitment;
    fn unproven(&self) -> Option<&str>;
    fn believed_hashes(&self) -> Vec<u64>;
    fn reads(&self) -> Reads;
}

/// A fork with the Safes of a ceremony.
pub(super) struct ForkStage<S: Source> {
    fork: Fork<S>,
    block: BlockEnv,
    gas_limit: u64,
    chain_id: u64,
    notes: Vec<Note>,
    /// Slots that approvals changed which nobody has made on the chain, as they were before.
    pretended: BTreeMap<(Address, U256), U256>,
}

fn programs() -> Arc<Programs> {
    let all = ephor_programs::all();
    let stand_ins = ephor_network::stand_in_programs();
    // Their ids begin where those of the contracts end; where they would not, stand-ins are left out and their code does not run.
    let both = Programs::new(all.iter().copied().chain(stand_ins));
    Arc::new(both.unwrap_or(all))
}

/// A Safe as it says it is.
struct Found {
    nonce: U256,
    owners: Vec<Address>,
    threshold: U256,
    version: String,
}

impl<S: Base> ForkStage<S> {
    pub(super) fn new(chain_id: u64, base: S) -> Self {
        let header = base.header();
        let (block, spec, gas_limit) = (env(header), spec(chain_id, header), gas_limit(chain_id, header));
        let fork = Fork::new(base, programs(), chain_id, spec);
        Self { fork, block, gas_limit, chain_id, notes: Vec::new(), pretended: BTreeMap::new() }
    }

    pub(super) fn source(&mut self) -> &mut S {
        self.fork.source()
    }

    /// Carries the ceremony through.
    pub(super) fn run(&mut self, root: &SafeNode, action: &Action) -> Result<Simulation, SimulationError> {
        let steps = root.steps(self.chain_id, action);
        let mut executed = Vec::new();
        // Every Safe stands before its children in the steps.
        for step in steps.iter().rev() {
            executed.extend(self.step(root, step, &steps)?);
        }
        let without_code = without_code(self, action)?;
        let mut notes = std::mem::take(&mut self.notes);
        let reached = |address: &Address| self.fork.read().code(*address).original_bytes()[..] == NOT_CODE;
        let beside = (0x64..=0xff).map(Address::with_last_byte).filter(reached);
        notes.extend(beside.map(|address| Note::NotRun { address }));
        let seen_as = self.block.number;
        let base = self.fork.source();
        let Reads { accounts, slots } = base.reads();
        let report = ForkReport {
            block: base.header().number,
            hash: base.hash(),
            hash_commits_to: base.commitment(),
            timestamp: base.header().timestamp,
            seen_as,
            unproven: base.unproven().map(str::to_owned),
            accounts,
            slots,
            believed_hashes: base.believed_hashes(),
            notes,
        };
        Ok(Simulation { block: report.block, fork: Some(report), executed, without_code, stood_in: Vec::new() })
    }

    /// Carries one Safe's part through; `None` if that has happened on the chain.
    fn step(
        &mut self,
        root: &SafeNode,
        step: &Step<'_>,
        steps: &[Step<'_>],
    ) -> Result<Option<Executed>, SimulationError> {
        let safe = step.safe.address;
        let failed = |why: String| Executed {
            safe,
            safe_tx_hash: step.hashes.safe_tx,
            failure: Some(why),
            changes: Vec::new(),
            balances: Default::default(),
            created: Vec::new(),
            events: Vec::new(),
        };
        let Some(found) = self.look_at(safe)? else {
            return Ok(Some(failed("there is no Safe at this address as of this block".to_owned())));
        };
        self.compare(step.safe, &found);
        let stated = step.safe.nonce;
        if found.nonce > stated {
            if self.has_approved(step, steps)? {
                self.notes.push(Note::Approved { safe });
                return Ok(None);
            }
            self.notes.push(Note::UsedUp { safe, found: found.nonce, stated });
            return Ok(Some(failed(format!("nonce {stated} is used up: the Safe is at {}", found.nonce))));
        }
        if found.nonce < stated {
            self.notes.push(Note::Ahead { safe, found: found.nonce, stated });
            self.fork.set_slot(safe, NONCE_SLOT, stated)?;
        }
        let signatures = self.approvals(step, &found)?;
        execute(self, root, step, &signatures).map(Some)
    }

    /// Asks an account what a Safe knows of itself; `None` if it is none.
    fn look_at(&mut self, safe: Address) -> Result<Option<Found>, SimulationError> {
        let nonce = self.ask(safe, &ISafe::nonceCall {})?;
        let owners = self.ask(safe, &ISafe::getOwnersCall {})?;
        let threshold = self.ask(safe, &ISafe::getThresholdCall {})?;
        let version = self.ask(safe, &ISafe::VERSIONCall {})?.unwrap_or_default();
        let (Some(nonce), Some(owners), Some(threshold)) = (nonce, owners, threshold) else { return Ok(None) };
        Ok(Some(Found { nonce, owners, threshold, version }))
    }

    fn ask<C: SolCall>(&mut self, to: Address, call: &C) -> Result<Option<C::Return>, SimulationError> {
        let outcome = self.attempt(Message::call(stand_in(Address::ZERO), to, call.abi_encode()))?;
        Ok(outcome.is_success().then(|| C::abi_decode_returns(&outcome.output).ok()).flatten())
    }

    fn compare(&mut self, node: &SafeNode, found: &Found) {
        let safe = node.address;
        let same = node.owners == found.owners && U256::from(node.threshold) == found.threshold;
        if !node.owners.is_empty() && !same {
            let Found { owners, threshold, .. } = found;
            self.notes.push(Note::Owners { safe, owners: owners.clone(), threshold: *threshold });
        }
        if found.version.parse::<Release>().ok() != Some(node.release) {
            let told = found.version.chars().filter(|c| !c.is_control()).take(32).collect();
            self.notes.push(Note::Release { safe, found: told, stated: node.release });
        }
    }

    /// Whether a child's approval of its parent's transaction is on the chain.
    fn has_approved(&mut self, step: &Step<'_>, steps: &[Step<'_>]) -> Result<bool, SimulationError> {
        let child = step.safe.address;
        let owns = |parent: &&Step<'_>| parent.safe.children.iter().any(|node| node.address == child);
        let Some(parent) = steps.iter().find(owns) else { return Ok(false) };
        let approval = ISafe::approvedHashesCall { _0: child, _1: parent.hashes.safe_tx };
        Ok(self.ask(parent.safe.address, &approval)?.is_some_and(|approved| !approved.is_zero()))
    }

    /// As many owners as it takes approve, the Safes of the ceremony first, who did by executing.
    fn approvals(&mut self, step: &Step<'_>, found: &Found) -> Result<Vec<Signature>, SimulationError> {
        let is_child = |owner: &&Address| step.safe.children.iter().any(|child| child.address == **owner);
        let (children, people): (Vec<&Address>, Vec<&Address>) = found.owners.iter().partition(is_child);
        let needed = usize::try_from(found.threshold).unwrap_or(usize::MAX).saturating_sub(children.len());
        let mut agreed: Vec<Address> = children.into_iter().copied().collect();
        for owner in people.into_iter().take(needed) {
            let approve = ISafe::approveHashCall { hashToApprove: step.hashes.safe_tx };
            let message = Message::call(*owner, step.safe.address, approve.abi_encode());
            for (account, slots) in self.attempt(message.clone())?.changes.storage() {
                for slot in slots.into_keys() {
                    let before = self.fork.read().slot(account, slot);
                    self.pretended.entry((account, slot)).or_insert(before);
                }
            }
            self.act(message)?;
            agreed.push(*owner);
        }
        let of = |owner| Signature {
            chain_id: self.chain_id,
            safe: step.safe.address,
            safe_tx_hash: step.hashes.safe_tx,
            owner,
            consent: Consent::Approved,
        };
        Ok(agreed.into_iter().map(of).collect())
    }
}

/// Tells the source's errors from those of the message.
fn of_fork(error: OverFork<ForkError>) -> SimulationError {
    match error {
        OverFork::Source(error) => SimulationError::Fork(error),
        OverFork::Execute(error) => SimulationError::Execute(error),
    }
}

impl<S: Base> Ground for ForkStage<S> {
    fn act(&mut self, message: Message) -> Result<Outcome, SimulationError> {
        self.fork.call(&self.block, message.with_gas_limit(self.gas_limit)).map_err(of_fork)
    }

    fn attempt(&mut self, message: Message) -> Result<Outcome, SimulationError> {
        self.fork.view(&self.block, message.with_gas_limit(self.gas_limit)).map_err(of_fork)
    }

    fn slot(&self, address: Address, slot: U256) -> U256 {
        let pretended = self.pretended.get(&(address, slot));
        pretended.copied().unwrap_or_else(|| self.fork.read().slot(address, slot))
    }

    fn balance(&self, address: Address) -> U256 {
        self.fork.read().balance(address)
    }

    fn has_code(&mut self, address: Address) -> Result<bool, SimulationError> {
        Ok(!self.fork.code(address)?.is_empty())
    }
}
