//! What the operators of a bridge do: notice messages in the logs of a block, carry them over, confirm the child's state.
//!
//! The bridge's own rules (who may call, what is proven, what is spent) are in the programs of `ephor-stand-ins`. Here is only
//! what happens off chain on a live network.

use alloy_primitives::{B256, Bytes, TxKind, U256, keccak256};
use alloy_sol_types::{SolCall, SolEvent};
use ephor_abi::{
    bridge::{
        IArbRetryableTx::RedeemScheduled,
        IArbSys::L2ToL1Tx,
        IBridge::MessageDelivered,
        IInbox::InboxMessageDelivered,
        INodeInterface::constructOutboxProofCall,
        IOutbox::{OutBoxTransactionExecuted, updateSendRootCall},
    },
    message::Submission,
};
use ephor_chain::{LogFilter, LogView, Message as Call, Status};
use ephor_stand_ins::{
    ARB_RETRYABLE_TX, ARB_SYS, NODE_INTERFACE, SYSTEM,
    retryables::ITickets::{createCall, finishCall},
};

use crate::{
    config::BridgeSpec,
    error::NetworkError,
    message::{Message, MessageId, MessageState, Payload},
    network::Network,
};

/// What the network keeps of a ticket beside the message.
#[derive(Clone, Debug)]
pub(crate) struct Ticket {
    pub(crate) submission: Submission,
    /// Whether the call's value has been put into the sender's account already.
    pub(crate) funded: bool,
    pub(crate) attempts: u64,
}

impl Network {
    /// Reads the logs of a block for what concerns a bridge, and acts on it.
    pub(crate) fn follow(&mut self, chain_id: u64, block: u64) -> Result<(), NetworkError> {
        let filter = LogFilter { from_block: block, to_block: Some(block), ..LogFilter::default() };
        let logs = self.chain(chain_id)?.logs(&filter);
        for log in &logs {
            if log.log.address == ARB_SYS {
                self.sent_to_parent(chain_id, log)?;
            } else if log.log.address == ARB_RETRYABLE_TX {
                if let Ok(event) = RedeemScheduled::decode_log(&log.log) {
                    self.attempt(chain_id, event.ticketId)?;
                }
            } else {
                self.seen_on_parent(chain_id, log, &logs);
            }
        }
        Ok(())
    }

    fn sent_to_parent(&mut self, child: u64, log: &LogView) -> Result<(), NetworkError> {
        let Ok(event) = L2ToL1Tx::decode_log(&log.log) else { return Ok(()) };
        let Some(spec) = self.bridge_of(child)? else { return Ok(()) };
        let id = MessageId::ToParent { child, position: event.position.saturating_to() };
        let until_seconds = log.timestamp.saturating_add(spec.challenge_period_seconds);
        let message = Message {
            id,
            from_chain: child,
            to_chain: spec.parent,
            sent_block: log.block_number,
            sent_seconds: log.timestamp,
            sent_tx: log.transaction,
            payload: Payload {
                sender: event.caller,
                to: event.destination,
                value: event.callvalue,
                data: event.data.data.clone(),
            },
            hash: event.hash.into(),
            state: MessageState::Challenged { until_seconds },
        };
        self.keep_message(message);
        Ok(())
    }

    fn seen_on_parent(&mut self, parent: u64, log: &LogView, block: &[LogView]) {
        let bridges = self.bridges_on(parent);
        for (child, spec) in bridges {
            if log.log.address == spec.outbox
                && let Ok(event) = OutBoxTransactionExecuted::decode_log(&log.log)
            {
                let id = MessageId::ToParent { child, position: event.transactionIndex.saturating_to() };
                self.set_state(id, MessageState::Executed);
            }
            if log.log.address == spec.inbox
                && let Ok(event) = InboxMessageDelivered::decode_log(&log.log)
            {
                // The bridge logged the same message, with its sender, just before.
                let delivered = block.iter().filter(|other| other.log.address == spec.bridge).find_map(|other| {
                    let delivered = MessageDelivered::decode_log(&other.log).ok()?;
                    (delivered.messageIndex == event.messageNum).then_some(delivered)
                });
                if let Some(delivered) = delivered {
                    self.sent_to_child(child, &spec, log, &event, &delivered);
                }
            }
        }
    }

    fn sent_to_child(
        &mut self,
        child: u64,
        spec: &BridgeSpec,
        log: &LogView,
        event: &InboxMessageDelivered,
        delivered: &MessageDelivered,
    ) {
        let Some(submission) = Submission::decode(&event.data) else { return };
        let id = MessageId::ToChild { child, number: event.messageNum.saturating_to() };
        let until_seconds = log.timestamp.saturating_add(spec.delivery_seconds);
        let message = Message {
            id,
            from_chain: spec.parent,
            to_chain: child,
            sent_block: log.block_number,
            sent_seconds: log.timestamp,
            sent_tx: log.transaction,
            payload: Payload {
                sender: delivered.sender,
                to: submission.to,
                value: submission.l2_call_value,
                data: Bytes::from(submission.data.clone()),
            },
            hash: submission.id(child, event.messageNum, delivered.sender, delivered.baseFeeL1),
            state: MessageState::Travelling { until_seconds },
        };
        self.unwritten.tickets.insert(message.hash);
        self.tickets.insert(message.hash, Ticket { submission, funded: false, attempts: 0 });
        self.keep_message(message);
    }

    /// Does what has become due by now: arrivals, confirmations, expiries.
    pub(crate) fn carry(&mut self) -> Result<(), NetworkError> {
        let now = self.clock.now_seconds();
        let due: Vec<MessageId> = self
            .messages
            .values()
            .filter(|message| match message.state {
                MessageState::Challenged { until_seconds }
                | MessageState::Travelling { until_seconds }
                | MessageState::Redeemable { until_seconds } => until_seconds <= now,
                MessageState::Executable | MessageState::Executed | MessageState::Expired | MessageState::Lost => false,
            })
            .map(|message| message.id)
            .collect();
        let mut confirmed: Vec<u64> = Vec::new();
        for id in due {
            match self.messages.get(&id).map(|message| message.state) {
                Some(MessageState::Challenged { .. }) => {
                    self.set_state(id, MessageState::Executable);
                    confirmed.push(id.child());
                }
                Some(MessageState::Travelling { .. }) => self.arrive(id)?,
                Some(MessageState::Redeemable { .. }) => self.set_state(id, MessageState::Expired),
                _ => {}
            }
        }
        confirmed.dedup();
        for child in confirmed {
            self.confirm(child)?;
        }
        Ok(())
    }

    /// The next time at which something becomes due.
    pub(crate) fn next_due_seconds(&self) -> Option<u64> {
        let due = self.messages.values().filter_map(|message| match message.state {
            MessageState::Challenged { until_seconds }
            | MessageState::Travelling { until_seconds }
            | MessageState::Redeemable { until_seconds } => Some(until_seconds),
            MessageState::Executable | MessageState::Executed | MessageState::Expired | MessageState::Lost => None,
        });
        due.min()
    }

    /// Confirms the child's send tree on the parent, up to the last message that is past its challenge period.
    fn confirm(&mut self, child: u64) -> Result<(), NetworkError> {
        let Some(spec) = self.bridge_of(child)? else { return Ok(()) };
        let past = self.messages.values().filter_map(|message| match (message.id, message.state) {
            (MessageId::ToParent { child: of, position }, MessageState::Executable | MessageState::Executed)
                if of == child =>
            {
                Some((position, message.sent_block))
            }
            _ => None,
        });
        let Some((last, sent_block)) = past.max() else { return Ok(()) };
        let proof = constructOutboxProofCall { size: last + 1, leaf: last };
        let chain = self.chain_mut(child)?;
        let block_hash = chain.block_hash(sent_block).unwrap_or_default();
        let outcome = chain.view(Call::call(SYSTEM, NODE_INTERFACE, proof.abi_encode()))?;
        let proven = constructOutboxProofCall::abi_decode_returns(&outcome.output)
            .map_err(|_| NetworkError::Bridge { chain: child, doing: "confirming its send tree" })?;
        let update = updateSendRootCall { root: proven.root, l2BlockHash: block_hash };
        let source = keccak256([&b"confirm"[..], proven.root.as_slice(), &child.to_be_bytes()].concat());
        let call = Call::call(SYSTEM, spec.outbox, update.abi_encode());
        self.run_system(spec.parent, source, call, U256::ZERO, "confirming a send tree")?;
        Ok(())
    }

    /// A message from the parent arrives: its ticket comes to exist, and its first attempt is made if there is gas for one.
    pub(crate) fn arrive(&mut self, id: MessageId) -> Result<(), NetworkError> {
        let Some(message) = self.messages.get(&id) else { return Ok(()) };
        let (child, hash) = (message.to_chain, message.hash);
        let Some(ticket) = self.tickets.get(&hash).cloned() else { return Ok(()) };
        let lifetime = self.bridge_of(child)?.map_or(0, |spec| spec.ticket_lifetime_seconds);
        let create = Call::call(SYSTEM, ARB_RETRYABLE_TX, createCall { ticketId: hash }.abi_encode());
        let arrival =
            self.run_system(child, tagged("create", hash, self.arrivals), create, U256::ZERO, "creating a ticket");
        self.arrivals += 1;
        if arrival? != Status::Success {
            // The id exists already: a message that was delivered twice.
            return Ok(());
        }
        let until_seconds = self.clock.now_seconds().saturating_add(lifetime);
        self.set_state(id, MessageState::Redeemable { until_seconds });
        let Submission {
            deposit,
            l2_call_value,
            max_submission_cost,
            excess_fee_refund,
            gas_limit,
            max_fee_per_gas,
            ..
        } = ticket.submission;
        let excess = deposit.saturating_sub(l2_call_value).saturating_sub(max_submission_cost);
        if !excess.is_zero() {
            let refund =
                Call { to: TxKind::Call(excess_fee_refund), ..Call::call(excess_fee_refund, excess_fee_refund, []) };
            self.run_system(child, tagged("refund", hash, 0), refund, excess, "refunding fees")?;
        }
        if !gas_limit.is_zero() && !max_fee_per_gas.is_zero() {
            self.attempt(child, hash)?;
        }
        Ok(())
    }

    /// Makes an attempt at a ticket. Success ends the ticket; failure leaves it as it was.
    fn attempt(&mut self, child: u64, hash: B256) -> Result<(), NetworkError> {
        let id = self.messages.values().find(|message| message.hash == hash).map(|message| message.id);
        let Some((id, message)) = id.and_then(|id| Some((id, self.messages.get(&id)?.clone()))) else { return Ok(()) };
        let MessageState::Redeemable { .. } = message.state else { return Ok(()) };
        let Some(ticket) = self.tickets.get_mut(&hash) else { return Ok(()) };
        self.unwritten.tickets.insert(hash);
        ticket.attempts += 1;
        let number = ticket.attempts;
        let mint = if ticket.funded { U256::ZERO } else { message.payload.value };
        ticket.funded = true;
        let Payload { sender, to, value, data } = message.payload;
        let call = Call::call(sender, to, data).with_value(value);
        if self.run_system(child, tagged("attempt", hash, number), call, mint, "redeeming a ticket")? == Status::Success
        {
            let finish = Call::call(SYSTEM, ARB_RETRYABLE_TX, finishCall { ticketId: hash }.abi_encode());
            self.run_system(child, tagged("finish", hash, 0), finish, U256::ZERO, "closing a ticket")?;
            self.set_state(id, MessageState::Executed);
        }
        Ok(())
    }

    fn keep_message(&mut self, message: Message) {
        self.unwritten.messages.insert(message.id);
        self.messages.insert(message.id, message);
    }

    pub(crate) fn set_state(&mut self, id: MessageId, state: MessageState) {
        self.unwritten.messages.insert(id);
        if let Some(message) = self.messages.get_mut(&id) {
            message.state = state;
        }
    }
}

/// What makes a transaction of the system unique.
fn tagged(what: &str, hash: B256, number: u64) -> B256 {
    keccak256([what.as_bytes(), hash.as_slice(), &number.to_be_bytes()].concat())
}
