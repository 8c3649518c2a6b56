//! What is under way from the core timelock to the Safes, and the next step of each.
//!
//! ```text
//! core timelock: pending ─▶ ready ─▶ done ─▶ message: challenged ─▶ executable ─▶ executed
//!   ─▶ L1 timelock: pending ─▶ ready ─▶ done ─▶ per executor: called, or ticket: travelling ─▶ redeemable ─▶ redeemed
//! ```
//!
//! Everything is read from logs and from what the contracts tell now; nothing is remembered. Where the way is local, the
//! middle is left out. An executor says in its log what it executed, so a delivery counts as made when the executor of
//! the chain has logged its calldata; the member sync says when an update came too late to change anything.

mod deliver;
mod follow;

use alloy_primitives::{Address, B256};
use serde::Serialize;

use crate::{
    messages::SentMessage,
    route::{Batch, Operation},
};

/// Everything that went into the core timelock.
#[derive(Clone, Debug, Serialize)]
pub struct PipelineView {
    /// In the order of scheduling.
    pub updates: Vec<UpdateView>,
}

impl PipelineView {
    /// What has not arrived everywhere.
    pub fn in_flight(&self) -> impl Iterator<Item = &UpdateView> {
        self.updates.iter().filter(|update| !update.settled())
    }

    /// The steps that can be taken, or waited for, by the earliest time.
    #[must_use]
    pub fn next_steps(&self) -> Vec<&NextStep> {
        let mut steps: Vec<_> = self.updates.iter().flat_map(|update| &update.next).collect();
        steps.sort_by_key(|step| step.earliest_seconds);
        steps
    }
}

/// One call that was scheduled on the core timelock.
#[derive(Clone, Debug, Serialize)]
pub struct UpdateView {
    /// The council's update that it is; none if it is something else.
    pub update: Option<UpdateName>,
    /// The operation on the core timelock.
    pub operation: OperationView,
    /// The message to the L1; none while it is not sent, or where the way is local.
    pub message: Option<MessageView>,
    /// The operation on the L1 timelock; none while it is not scheduled, or where the way is local.
    pub l1_operation: Option<OperationView>,
    /// The id that the operation on the L1 timelock has, or will have.
    pub l1_operation_id: Option<B256>,
    /// The calls of executors.
    pub deliveries: Vec<DeliveryView>,
    /// The next steps; none when nothing is left to do.
    pub next: Vec<NextStep>,
}

impl UpdateView {
    /// Whether nothing is left to happen.
    #[must_use]
    pub fn settled(&self) -> bool {
        self.next.is_empty()
    }

    /// Whether every delivery was made.
    #[must_use]
    pub fn delivered(&self) -> bool {
        self.deliveries.iter().all(|delivery| matches!(delivery.state, DeliveryState::Delivered { .. }))
    }
}

/// The identity of a council's update.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct UpdateName {
    /// Its nonce.
    pub nonce: u64,
    /// The whole council.
    pub members: Vec<Address>,
    /// The salt of its operations.
    pub salt: B256,
}

/// An operation of a timelock.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct OperationView {
    /// The chain.
    pub chain: String,
    /// Its id.
    pub id: B256,
    /// The transaction that scheduled it.
    pub scheduled_tx: B256,
    /// When it was scheduled, in Unix seconds.
    pub scheduled_seconds: u64,
    /// From when on it can be executed, in Unix seconds.
    pub ready_seconds: u64,
    /// Where it stands.
    pub state: OperationState,
}

/// Where an operation stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "state", rename_all = "kebab-case")]
pub enum OperationState {
    /// It waits.
    Pending,
    /// It can be executed.
    Ready,
    /// It was cancelled.
    Cancelled,
    /// It was executed.
    Done {
        /// The transaction.
        tx: B256,
        /// Unix seconds.
        seconds: u64,
    },
}

/// A message to the L1.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct MessageView {
    /// The message.
    pub message: SentMessage,
    /// Where it stands.
    pub state: MessageState,
}

/// Where a message to the L1 stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "state", rename_all = "kebab-case")]
pub enum MessageState {
    /// The L1 does not accept it yet.
    Challenged {
        /// Until when, about, in Unix seconds.
        until_seconds: u64,
    },
    /// It can be executed.
    Executable,
    /// It was executed.
    Executed,
}

/// A call of an executor.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct DeliveryView {
    /// The executor's chain; none if no chain of the council.
    pub chain: Option<String>,
    /// The executor.
    pub executor: Address,
    /// The Safes that it brings in line, by name where they have one.
    pub safes: Vec<String>,
    /// The ticket it travels in, once it is sent; none for a direct call.
    pub ticket: Option<B256>,
    /// Where it stands.
    pub state: DeliveryState,
}

/// Where a call of an executor stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "state", rename_all = "kebab-case")]
pub enum DeliveryState {
    /// It waits for the timelock.
    Waiting,
    /// Its ticket is under way.
    Travelling,
    /// Its ticket can be redeemed.
    Redeemable {
        /// When the ticket expires, in Unix seconds.
        until_seconds: u64,
    },
    /// Its ticket expired.
    Expired,
    /// The executor was called.
    Delivered {
        /// The transaction; none where the chain does not show it.
        tx: Option<B256>,
        /// Unix seconds, where the chain shows them.
        seconds: Option<u64>,
        /// Whether it changed anything: not, when a later update was there before.
        applied: bool,
    },
    /// It will not be made: the operation was cancelled.
    Cancelled,
    /// There is no provider for the chain.
    Unseen,
}

/// Who may take a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Who {
    /// Anybody.
    Anyone,
    /// Nobody: it happens by itself.
    Time,
    /// Whoever scheduled it knows its salt; for a proposal, anybody through the core governor.
    Scheduler,
}

/// A step that is to be taken.
#[derive(Clone, Debug, Serialize)]
pub struct NextStep {
    /// The update's nonce, if it belongs to one.
    pub nonce: Option<u64>,
    /// What is to be done.
    pub what: StepKind,
    /// The chain.
    pub chain: String,
    /// The earliest time, in Unix seconds; about, where a challenge period is waited for.
    pub earliest_seconds: u64,
    /// Until when, in Unix seconds, if it cannot be done later.
    pub latest_seconds: Option<u64>,
    /// Who may.
    pub who: Who,
    #[serde(skip)]
    how: How,
}

/// What a step does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "step", rename_all = "kebab-case")]
pub enum StepKind {
    /// Execute the operation of the core timelock.
    ExecuteOnCoreTimelock {
        /// Its id.
        operation: B256,
    },
    /// Execute the message on the L1.
    ExecuteMessage {
        /// Its place in the send tree.
        position: u64,
    },
    /// Execute the operation of the L1 timelock.
    ExecuteOnL1Timelock {
        /// Its id.
        operation: B256,
    },
    /// Wait for a ticket to arrive.
    Arrive {
        /// The ticket.
        ticket: B256,
    },
    /// Redeem a ticket.
    Redeem {
        /// The ticket.
        ticket: B256,
    },
}

/// What takes the step.
#[derive(Clone, Debug)]
enum How {
    Operation(Operation),
    Message(SentMessage),
    Batch(Batch),
    Redeem(B256),
    Nothing,
}

impl UpdateView {
    fn step(&mut self, what: StepKind, chain: &str, earliest_seconds: u64, who: Who, how: How) -> &mut NextStep {
        let nonce = self.update.as_ref().map(|update| update.nonce);
        let step = NextStep { nonce, what, chain: chain.to_owned(), earliest_seconds, latest_seconds: None, who, how };
        let at = self.next.len();
        self.next.push(step);
        &mut self.next[at]
    }
}
