//! Following what was scheduled, from stage to stage, by logs and by what the contracts tell now.

use alloy_primitives::{Address, B256};
use alloy_rpc_types_eth::Log;
use ephor_abi::timelock::ITimelock::{CallExecuted, CallScheduled, Cancelled};
use ephor_charter::Part;

use super::{
    DeliveryState, How, MessageState, MessageView, NextStep, OperationState, OperationView, PipelineView, StepKind,
    UpdateName, UpdateView, Who,
};
use crate::{
    Council,
    actions::{Prepared, relay::RelayError},
    council::{ReadError, fitting},
    messages::SentMessage,
    route::{self, Batch, Operation, Shipment},
};

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
            (state, batch) => {
                let direct = match batch {
                    Some(_) => self.deployment().l1_chain()?.name.clone(),
                    None => operation.chain.clone(),
                };
                let of =
                    if *state == OperationState::Cancelled { DeliveryState::Cancelled } else { DeliveryState::Waiting };
                view.deliveries =
                    shipment.deliveries.iter().map(|delivery| self.shown(delivery, &direct, None, of)).collect();
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
        let parent = self.deployment().bridge(&child)?.parent.clone();
        let waiting = |council: &Self| {
            let deliveries = batch.deliveries();
            deliveries.iter().map(|delivery| council.shown(delivery, &parent, None, DeliveryState::Waiting)).collect()
        };
        if let Some(message) = message {
            let state = if on_l1.is_some() { MessageState::Executed } else { self.message_state(&message).await? };
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
                let cancelled = |delivery| self.shown(delivery, &parent, None, DeliveryState::Cancelled);
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
/// Where a log stands among those of its chain.
fn place(log: &Log) -> (u64, u64) {
    (log.block_number.unwrap_or_default(), log.log_index.unwrap_or_default())
}
