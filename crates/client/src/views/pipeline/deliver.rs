//! Following an update's deliveries: in tickets, or by the timelock itself, to the executors.

use alloy_primitives::{Address, B256, Bytes, U256};
use alloy_rpc_types_eth::{Log, TransactionReceipt};
use alloy_sol_types::SolCall;
use ephor_abi::council::{
    IMemberSync::UpdateNonceTooLow,
    IUpgradeExecutor::{self, TargetCallExecuted, UpgradeExecuted},
};

use super::{DeliveryState, DeliveryView, How, StepKind, UpdateView, Who};
use crate::{
    Council,
    council::ReadError,
    messages::{SentTicket, TicketState, event},
    route::{Batch, Delivery},
};

impl Council {
    /// Follows the calls of the L1 timelock, which made them in `tx`.
    pub(super) async fn follow_batch(
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
                view.deliveries.push(self.shown(delivery, &l1, None, state));
                continue;
            };
            let matching = |ticket: &SentTicket| {
                let Submission { to, data } = Submission::of(ticket);
                ticket.inbox == inbox && to == delivery.executor && data == delivery.data
            };
            let Some(at) = tickets.iter().position(matching) else {
                view.deliveries.push(self.shown(delivery, &l1, None, DeliveryState::Unseen));
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
            view.deliveries.push(self.shown(delivery, &l1, Some(ticket.id), state));
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
    pub(super) async fn follow_direct(
        &self,
        view: &mut UpdateView,
        deliveries: &[Delivery],
        tx: B256,
        seconds: u64,
    ) -> Result<(), ReadError> {
        let direct = view.operation.chain.clone();
        let receipt = self.receipt(&direct, tx).await?;
        let logs = receipt.as_ref().map(TransactionReceipt::logs).unwrap_or_default();
        view.deliveries = deliveries
            .iter()
            .map(|delivery| {
                let applied = applied(delivery, logs);
                self.shown(
                    delivery,
                    &direct,
                    None,
                    DeliveryState::Delivered { tx: Some(tx), seconds: Some(seconds), applied },
                )
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

    /// A delivery, which is made on the chain `direct` unless it travels in a ticket.
    pub(super) fn shown(
        &self,
        delivery: &Delivery,
        direct: &str,
        ticket: Option<B256>,
        state: DeliveryState,
    ) -> DeliveryView {
        let deployment = self.deployment();
        let through = |inbox| {
            let mut chains = deployment.chains.iter();
            chains.find(|chain| chain.bridge.as_ref().is_some_and(|bridge| bridge.inbox == inbox))
        };
        let chain = match delivery.inbox {
            Some(inbox) => through(inbox),
            None => deployment.chain(direct).ok(),
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
/// Whether a delivery changed anything, by the logs of the transaction that made it.
fn applied(delivery: &Delivery, logs: &[Log]) -> bool {
    let late = |safe: Address, nonce: U256| {
        let mut events = logs.iter().filter_map(event::<UpdateNonceTooLow>);
        events.any(|event| event.securityCouncil == safe && event.providedNonce == nonce)
    };
    delivery.syncs.is_empty() || delivery.syncs.iter().any(|sync| !late(sync.safe, sync.nonce))
}
