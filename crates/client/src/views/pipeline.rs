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

use alloy_primitives::{Address, B256, Bytes, U256};
use alloy_rpc_types_eth::{Log, TransactionReceipt};
use alloy_sol_types::SolCall;
use ephor_abi::{
    council::{
        IMemberSync::UpdateNonceTooLow,
        IUpgradeExecutor::{self, TargetCallExecuted, UpgradeExecuted},
    },
    timelock::ITimelock::{CallExecuted, CallScheduled, Cancelled},
};
use ephor_charter::Part;
use serde::Serialize;

use crate::{
    Council,
    actions::{Prepared, relay::RelayError},
    council::{ReadError, fitting},
    messages::{SentMessage, SentTicket, TicketState, event},
    route::{self, Batch, Delivery, Operation, Shipment},
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

#[derive(Clone, Debug)]
enum How {
    Operation(Operation),
    Message(SentMessage),
    Batch(Batch),
    Redeem(B256),
    Nothing,
}

/// A call that a timelock was given, with what became of it.
struct Scheduled {
    event: CallScheduled,
    view: OperationView,
}

impl Council {
    /// Everything that went into the core timelock, and where it is.
    ///
    /// # Errors
    /// [`ReadError`].
    pub async fn pipeline(&self) -> Result<PipelineView, ReadError> {
        let governance = self.governance_chain()?.name.clone();
        let timelock = self.deployment().address(&governance, Part::CoreTimelock)?;
        let scheduled = self.scheduled(&governance, timelock).await?;
        let l1 = match self.deployment().l1_timelock() {
            Some(timelock) => self.scheduled(&self.deployment().l1_chain()?.name, timelock).await?,
            None => Vec::new(),
        };
        let mut updates = Vec::with_capacity(scheduled.len());
        for call in &scheduled {
            updates.push(self.follow(call, &l1).await?);
        }
        Ok(PipelineView { updates })
    }

    /// The transaction that takes a step, if somebody can take it.
    ///
    /// # Errors
    /// [`RelayError`].
    pub async fn take(&self, step: &NextStep) -> Result<Option<Prepared>, RelayError> {
        Ok(Some(match &step.how {
            How::Operation(operation) => self.execute_operation(operation)?,
            How::Message(message) => self.execute_message(message).await?,
            How::Batch(batch) => self.execute_batch(batch).await?,
            How::Redeem(ticket) => self.redeem(&step.chain, *ticket),
            How::Nothing => return Ok(None),
        }))
    }

    /// Every call that a timelock was given.
    async fn scheduled(&self, chain: &str, timelock: Address) -> Result<Vec<Scheduled>, ReadError> {
        let calls = self.logs::<CallScheduled>(chain, timelock, [None; 3]).await?;
        let executed = self.logs::<CallExecuted>(chain, timelock, [None; 3]).await?;
        let cancelled = self.logs::<Cancelled>(chain, timelock, [None; 3]).await?;
        let now = if calls.is_empty() { 0 } else { self.now(chain).await?.seconds };
        let mut scheduled = Vec::with_capacity(calls.len());
        for (event, log) in calls {
            let scheduled_seconds = self.seconds_of(chain, &log).await?;
            let ready_seconds = scheduled_seconds.saturating_add(fitting(event.delay));
            let done = executed.iter().find(|(done, _)| done.id == event.id && done.index == event.index);
            // An operation that was cancelled may be scheduled anew.
            let after = |other: &Log| place(other) > place(&log);
            let state = if let Some((_, done)) = done {
                OperationState::Done {
                    tx: done.transaction_hash.unwrap_or_default(),
                    seconds: self.seconds_of(chain, done).await?,
                }
            } else if cancelled.iter().any(|(cancelled, log)| cancelled.id == event.id && after(log)) {
                OperationState::Cancelled
            } else if now < ready_seconds {
                OperationState::Pending
            } else {
                OperationState::Ready
            };
            let view = OperationView {
                chain: chain.to_owned(),
                id: event.id,
                scheduled_tx: log.transaction_hash.unwrap_or_default(),
                scheduled_seconds,
                ready_seconds,
                state,
            };
            scheduled.push(Scheduled { event, view });
        }
        Ok(scheduled)
    }

    /// Follows one call of the core timelock as far as it has come.
    async fn follow(&self, call: &Scheduled, l1: &[Scheduled]) -> Result<UpdateView, ReadError> {
        let Scheduled { event: CallScheduled { target, value, data, .. }, view: operation } = call;
        let shipment = route::read(*target, *value, data);
        let update = name(&shipment);
        let own = update.as_ref().map(|update| Operation { target: *target, data: data.clone(), salt: update.salt });
        let own = own.filter(|own| own.id() == operation.id);
        let mut view = UpdateView {
            update,
            operation: operation.clone(),
            message: None,
            l1_operation: None,
            l1_operation_id: shipment.batch.as_ref().map(|(_, batch)| batch.id()),
            deliveries: Vec::new(),
            next: Vec::new(),
        };
        match (&operation.state, &shipment.batch) {
            (OperationState::Done { tx, .. }, Some((l1_timelock, batch))) => {
                self.follow_message(&mut view, *tx, *l1_timelock, batch, l1).await?;
            }
            (OperationState::Done { tx, seconds }, None) => {
                self.follow_direct(&mut view, &shipment.deliveries, *tx, *seconds).await?;
            }
            (state, _) => {
                let of =
                    if *state == OperationState::Cancelled { DeliveryState::Cancelled } else { DeliveryState::Waiting };
                view.deliveries = shipment.deliveries.iter().map(|delivery| self.shown(delivery, None, of)).collect();
                if *state != OperationState::Cancelled {
                    let who = if own.is_some() { Who::Anyone } else { Who::Scheduler };
                    let how = own.map_or(How::Nothing, How::Operation);
                    let what = StepKind::ExecuteOnCoreTimelock { operation: operation.id };
                    view.step(what, &operation.chain, operation.ready_seconds, who, how);
                }
            }
        }
        Ok(view)
    }

    /// Follows a call that crosses the bridge, from the transaction `tx` that sent it.
    async fn follow_message(
        &self,
        view: &mut UpdateView,
        tx: B256,
        l1_timelock: Address,
        batch: &Batch,
        l1: &[Scheduled],
    ) -> Result<(), ReadError> {
        let child = view.operation.chain.clone();
        let id = batch.id();
        let on_l1 = l1.iter().find(|call| call.view.id == id).map(|call| &call.view);
        let calldata = batch.schedule_calldata();
        let sent = match self.receipt(&child, tx).await? {
            Some(receipt) => self.sent_in(&child, &receipt),
            None => Vec::new(),
        };
        let message = sent.into_iter().find(|message| message.to == l1_timelock && message.data == calldata);
        let waiting = |council: &Self| {
            let deliveries = batch.deliveries();
            deliveries.iter().map(|delivery| council.shown(delivery, None, DeliveryState::Waiting)).collect()
        };
        if let Some(message) = message {
            let state = if on_l1.is_some() { MessageState::Executed } else { self.message_state(&message).await? };
            let parent = self.deployment().bridge(&child)?.parent.clone();
            let what = StepKind::ExecuteMessage { position: message.position };
            match state {
                MessageState::Challenged { until_seconds } => {
                    view.step(what, &parent, until_seconds, Who::Anyone, How::Message(message.clone()));
                }
                MessageState::Executable => {
                    let period = self.deployment().bridge(&child)?.challenge_period_seconds;
                    let earliest = message.sent_seconds.saturating_add(period);
                    view.step(what, &parent, earliest, Who::Anyone, How::Message(message.clone()));
                }
                MessageState::Executed => {}
            }
            view.message = Some(MessageView { message, state });
        }
        let Some(operation) = on_l1 else {
            view.deliveries = waiting(self);
            return Ok(());
        };
        view.l1_operation = Some(operation.clone());
        match operation.state {
            OperationState::Done { tx, seconds } => self.follow_batch(view, batch, tx, seconds).await?,
            OperationState::Cancelled => {
                let deliveries = batch.deliveries();
                let cancelled = |delivery| self.shown(delivery, None, DeliveryState::Cancelled);
                view.deliveries = deliveries.iter().map(cancelled).collect();
            }
            OperationState::Pending | OperationState::Ready => {
                view.deliveries = waiting(self);
                let what = StepKind::ExecuteOnL1Timelock { operation: id };
                let how = How::Batch(batch.clone());
                view.step(what, &operation.chain, operation.ready_seconds, Who::Anyone, how);
            }
        }
        Ok(())
    }

    async fn message_state(&self, message: &SentMessage) -> Result<MessageState, ReadError> {
        let bridge = self.deployment().bridge(&message.child)?;
        let until_seconds = message.sent_seconds.saturating_add(bridge.challenge_period_seconds);
        if bridge.outbox.is_some() && self.is_spent(message).await? {
            return Ok(MessageState::Executed);
        }
        if self.now(&bridge.parent).await?.seconds < until_seconds {
            return Ok(MessageState::Challenged { until_seconds });
        }
        let proven = bridge.outbox.is_some() && self.proof(message).await?.is_some();
        Ok(if proven { MessageState::Executable } else { MessageState::Challenged { until_seconds } })
    }

    /// Follows the calls of the L1 timelock, which made them in `tx`.
    async fn follow_batch(
        &self,
        view: &mut UpdateView,
        batch: &Batch,
        tx: B256,
        seconds: u64,
    ) -> Result<(), ReadError> {
        let l1 = self.deployment().l1_chain()?.name.clone();
        let (deliveries, receipt) = (batch.deliveries(), self.receipt(&l1, tx).await?);
        let mut tickets = receipt.as_ref().map(|receipt| self.tickets_in(receipt)).unwrap_or_default();
        let logs = receipt.as_ref().map(TransactionReceipt::logs).unwrap_or_default();
        for delivery in &deliveries {
            let Some(inbox) = delivery.inbox else {
                let state =
                    DeliveryState::Delivered { tx: Some(tx), seconds: Some(seconds), applied: applied(delivery, logs) };
                view.deliveries.push(self.shown(delivery, None, state));
                continue;
            };
            let matching = |ticket: &SentTicket| {
                let Submission { to, data } = Submission::of(ticket);
                ticket.inbox == inbox && to == delivery.executor && data == delivery.data
            };
            let Some(at) = tickets.iter().position(matching) else {
                view.deliveries.push(self.shown(delivery, None, DeliveryState::Unseen));
                continue;
            };
            let ticket = tickets.remove(at);
            let state = self.delivery_state(delivery, &ticket).await?;
            match state {
                DeliveryState::Travelling => {
                    let what = StepKind::Arrive { ticket: ticket.id };
                    view.step(what, &ticket.child, seconds, Who::Time, How::Nothing);
                }
                DeliveryState::Redeemable { until_seconds } => {
                    let what = StepKind::Redeem { ticket: ticket.id };
                    let how = How::Redeem(ticket.id);
                    view.step(what, &ticket.child, seconds, Who::Anyone, how).latest_seconds = Some(until_seconds);
                }
                _ => {}
            }
            view.deliveries.push(self.shown(delivery, Some(ticket.id), state));
        }
        Ok(())
    }

    /// Where a delivery stands that travels in a ticket.
    async fn delivery_state(&self, delivery: &Delivery, ticket: &SentTicket) -> Result<DeliveryState, ReadError> {
        let chain = &ticket.child;
        if self.provider(chain).is_err() {
            return Ok(DeliveryState::Unseen);
        }
        let state = match self.ticket_state(ticket).await? {
            TicketState::Travelling => return Ok(DeliveryState::Travelling),
            TicketState::Redeemable { until_seconds } => return Ok(DeliveryState::Redeemable { until_seconds }),
            gone => gone,
        };
        if let Some(log) = self.executed(chain, delivery).await? {
            let tx = log.transaction_hash;
            let receipt = match tx {
                Some(tx) => self.receipt(chain, tx).await?,
                None => None,
            };
            let logs = receipt.as_ref().map(TransactionReceipt::logs).unwrap_or_default();
            let seconds = Some(self.seconds_of(chain, &log).await?);
            return Ok(DeliveryState::Delivered { tx, seconds, applied: applied(delivery, logs) });
        }
        Ok(match state {
            TicketState::Expired => DeliveryState::Expired,
            _ => DeliveryState::Delivered { tx: None, seconds: None, applied: delivery.syncs.is_empty() },
        })
    }

    /// Follows calls that the core timelock made itself, in `tx`.
    async fn follow_direct(
        &self,
        view: &mut UpdateView,
        deliveries: &[Delivery],
        tx: B256,
        seconds: u64,
    ) -> Result<(), ReadError> {
        let receipt = self.receipt(&view.operation.chain, tx).await?;
        let logs = receipt.as_ref().map(TransactionReceipt::logs).unwrap_or_default();
        view.deliveries = deliveries
            .iter()
            .map(|delivery| {
                let applied = applied(delivery, logs);
                self.shown(delivery, None, DeliveryState::Delivered { tx: Some(tx), seconds: Some(seconds), applied })
            })
            .collect();
        Ok(())
    }

    /// The log in which the executor says that it made a delivery.
    async fn executed(&self, chain: &str, delivery: &Delivery) -> Result<Option<Log>, ReadError> {
        let at = delivery.executor;
        if let Ok(call) = IUpgradeExecutor::executeCall::abi_decode(&delivery.data) {
            let topics = [Some(call.upgrade.into_word()), None, None];
            let logs = self.logs::<UpgradeExecuted>(chain, at, topics).await?;
            return Ok(logs.into_iter().find(|(event, _)| event.data == call.upgradeCallData).map(|(_, log)| log));
        }
        if let Ok(call) = IUpgradeExecutor::executeCallCall::abi_decode(&delivery.data) {
            let topics = [Some(call.target.into_word()), None, None];
            let logs = self.logs::<TargetCallExecuted>(chain, at, topics).await?;
            return Ok(logs.into_iter().find(|(event, _)| event.data == call.targetCallData).map(|(_, log)| log));
        }
        Ok(None)
    }

    fn shown(&self, delivery: &Delivery, ticket: Option<B256>, state: DeliveryState) -> DeliveryView {
        let deployment = self.deployment();
        let through = |inbox| {
            let mut chains = deployment.chains.iter();
            chains.find(|chain| chain.bridge.as_ref().is_some_and(|bridge| bridge.inbox == inbox))
        };
        let chain = match delivery.inbox {
            Some(inbox) => through(inbox),
            None => deployment.l1_chain().ok(),
        };
        let safes = delivery.syncs.iter().map(|sync| {
            let known = deployment
                .safes
                .iter()
                .find(|safe| safe.address == sync.safe && chain.is_some_and(|chain| chain.name == safe.chain));
            known.map_or_else(|| sync.safe.to_string(), |safe| safe.name.clone())
        });
        DeliveryView {
            chain: chain.map(|chain| chain.name.clone()),
            executor: delivery.executor,
            safes: safes.collect(),
            ticket,
            state,
        }
    }
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

/// What of a ticket tells it from others.
struct Submission {
    to: Address,
    data: Bytes,
}

impl Submission {
    fn of(ticket: &SentTicket) -> Self {
        Self { to: ticket.submission.to, data: ticket.submission.data.clone().into() }
    }
}

/// The update that a shipment is: all its calls bring Safes in line with one council under one nonce.
fn name(shipment: &Shipment) -> Option<UpdateName> {
    if shipment.deliveries.iter().any(|delivery| delivery.syncs.is_empty()) {
        return None;
    }
    let mut syncs = shipment.deliveries.iter().flat_map(|delivery| &delivery.syncs);
    let first = syncs.next()?;
    if syncs.any(|sync| sync.members != first.members || sync.nonce != first.nonce) {
        return None;
    }
    Some(UpdateName {
        nonce: fitting(first.nonce),
        members: first.members.clone(),
        salt: route::salt(&first.members, first.nonce),
    })
}

/// Whether a delivery changed anything, by the logs of the transaction that made it.
fn applied(delivery: &Delivery, logs: &[Log]) -> bool {
    let late = |safe: Address, nonce: U256| {
        let mut events = logs.iter().filter_map(event::<UpdateNonceTooLow>);
        events.any(|event| event.securityCouncil == safe && event.providedNonce == nonce)
    };
    delivery.syncs.is_empty() || delivery.syncs.iter().any(|sync| !late(sync.safe, sync.nonce))
}

/// Where a log stands among those of its chain.
fn place(log: &Log) -> (u64, u64) {
    (log.block_number.unwrap_or_default(), log.log_index.unwrap_or_default())
}
