//! Messages between chains, read from logs: what was sent, whether it is proven, where a ticket stands.
//!
//! A message to the parent can be executed once the parent's outbox knows a root of the child's send tree that contains it.
//! A root stands for the first so many messages; how many is found in two ways. A live node writes the number into the first eight
//! bytes of the `mixHash` of the child's block that the root's log names. Where those are zero, the sizes from the last message
//! down are tried until the root is one of those known.

use std::collections::BTreeSet;

use alloy_primitives::{Address, B256, Bytes, U256};
use alloy_rpc_types_eth::{Log, TransactionReceipt};
use alloy_sol_types::SolEvent;
use ephor_abi::{
    bridge::{
        ARB_RETRYABLE_TX, ARB_SYS, IArbRetryableTx, IArbSys::L2ToL1Tx, IBridge::MessageDelivered,
        IInbox::InboxMessageDelivered, INodeInterface, IOutbox, NODE_INTERFACE,
    },
    message::Submission,
};
use serde::Serialize;
use serde_json::json;

use crate::{
    Council,
    council::{ReadError, fitting},
    deployment::DeploymentError,
};

/// A message from a child chain to its parent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SentMessage {
    /// The child chain, by name.
    pub child: String,
    /// Its place in the send tree.
    pub position: u64,
    /// Its item hash.
    pub hash: B256,
    /// Who sent it.
    pub sender: Address,
    /// Whom it calls on the parent.
    pub to: Address,
    /// The child's block.
    pub l2_block: U256,
    /// The parent's block at the time.
    pub l1_block: U256,
    /// Unix seconds.
    pub sent_seconds: u64,
    /// Wei.
    pub value: U256,
    /// Calldata.
    pub data: Bytes,
}

/// A ticket sent to a child chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SentTicket {
    /// The child chain, by name.
    pub child: String,
    /// The inbox it went through.
    pub inbox: Address,
    /// The message's number in the inbox.
    pub number: u64,
    /// Its id on the child chain.
    pub id: B256,
    /// What it says.
    pub submission: Submission,
}

/// Where a ticket stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "state", rename_all = "kebab-case")]
pub enum TicketState {
    /// It has not arrived.
    Travelling,
    /// Anybody may redeem it.
    Redeemable {
        /// When it expires, in Unix seconds.
        until_seconds: u64,
    },
    /// It has been redeemed.
    Redeemed,
    /// Nobody redeemed it in time.
    Expired,
}

impl Council {
    /// The messages to the parent that a transaction of a child chain sent.
    #[must_use]
    pub fn sent_in(&self, child: &str, receipt: &TransactionReceipt) -> Vec<SentMessage> {
        let logs = receipt.logs().iter().filter(|log| log.address() == ARB_SYS);
        let events = logs.filter_map(|log| L2ToL1Tx::decode_log(&log.inner).ok());
        let messages = events.map(|event| SentMessage {
            child: child.to_owned(),
            position: fitting(event.position),
            hash: event.hash.into(),
            sender: event.caller,
            to: event.destination,
            l2_block: event.arbBlockNum,
            l1_block: event.ethBlockNum,
            sent_seconds: fitting(event.timestamp),
            value: event.callvalue,
            data: event.data.data.clone(),
        });
        messages.collect()
    }

    /// The tickets that a transaction of a parent chain sent to chains of this council.
    #[must_use]
    pub fn tickets_in(&self, receipt: &TransactionReceipt) -> Vec<SentTicket> {
        let logs = receipt.logs();
        let tickets = logs.iter().filter_map(|log| {
            let children = self.deployment().chains.iter();
            let (child, bridge) = children
                .filter_map(|chain| Some((chain, chain.bridge.as_ref()?)))
                .find(|(_, bridge)| bridge.inbox == log.address())?;
            let event = InboxMessageDelivered::decode_log(&log.inner).ok()?;
            // The bridge logs the sender, aliased, and the base fee that the id depends on.
            let delivered = logs.iter().find_map(|other| {
                let delivered = MessageDelivered::decode_log(&other.inner).ok()?;
                (delivered.messageIndex == event.messageNum && delivered.inbox == bridge.inbox).then_some(delivered)
            })?;
            let submission = Submission::decode(&event.data.data)?;
            let id = submission.id(child.chain_id, event.messageNum, delivered.sender, delivered.baseFeeL1);
            Some(SentTicket {
                child: child.name.clone(),
                inbox: bridge.inbox,
                number: fitting(event.messageNum),
                id,
                submission,
            })
        });
        tickets.collect()
    }

    /// Whether a message to the parent has been executed.
    ///
    /// # Errors
    /// [`ReadError`].
    pub async fn is_spent(&self, message: &SentMessage) -> Result<bool, ReadError> {
        let (parent, outbox) = self.outbox(&message.child)?;
        self.call(&parent, outbox, &IOutbox::isSpentCall { index: U256::from(message.position) }).await
    }

    /// The proof of a message against a root that the parent has confirmed; none if there is no such root yet.
    ///
    /// # Errors
    /// [`ReadError`].
    pub async fn proof(&self, message: &SentMessage) -> Result<Option<Vec<B256>>, ReadError> {
        let SentMessage { child, position, .. } = message;
        let (parent, outbox) = self.outbox(child)?;
        let confirmed = self.logs::<IOutbox::SendRootUpdated>(&parent, outbox, [None; 3]).await?;
        let Some((newest, _)) = confirmed.last() else { return Ok(None) };
        let size = self.send_count(child, newest.l2BlockHash).await?;
        if size > 0 {
            let proven = self.proof_in(child, size, *position).await?;
            return Ok(proven.filter(|(root, _)| *root == newest.outputRoot).map(|(_, proof)| proof));
        }
        let roots: BTreeSet<B256> = confirmed.iter().map(|(event, _)| event.outputRoot).collect();
        let sent = self.logs::<L2ToL1Tx>(child, ARB_SYS, [None; 3]).await?;
        let last = sent.iter().map(|(event, _)| fitting(event.position)).max().unwrap_or_default();
        for size in (position.saturating_add(1)..=last.saturating_add(1)).rev() {
            if let Some((root, proof)) = self.proof_in(child, size, *position).await?
                && roots.contains(&root)
            {
                return Ok(Some(proof));
            }
        }
        Ok(None)
    }

    /// Where a ticket stands, but for whether one that is gone after its time was redeemed before.
    ///
    /// # Errors
    /// [`ReadError`].
    pub async fn ticket_state(&self, ticket: &SentTicket) -> Result<TicketState, ReadError> {
        let SentTicket { child, id, .. } = ticket;
        if let Some(until_seconds) = self.redeemable_until(child, *id).await? {
            return Ok(TicketState::Redeemable { until_seconds });
        }
        let topics = [Some(*id), None, None];
        let created = self.logs::<IArbRetryableTx::TicketCreated>(child, ARB_RETRYABLE_TX, topics).await?;
        let Some((_, log)) = created.first() else { return Ok(TicketState::Travelling) };
        let lifetime = self.deployment().bridge(child)?.retryable_lifetime_seconds;
        let expiry = self.seconds_of(child, log).await?.saturating_add(lifetime);
        Ok(if self.now(child).await?.seconds < expiry { TicketState::Redeemed } else { TicketState::Expired })
    }

    /// Until when a ticket can be redeemed, in Unix seconds; `None` if it is not there: not yet, or not any more.
    ///
    /// # Errors
    /// [`ReadError`].
    pub async fn redeemable_until(&self, child: &str, ticket: B256) -> Result<Option<u64>, ReadError> {
        let timeout = IArbRetryableTx::getTimeoutCall { ticketId: ticket };
        Ok(self.try_call(child, ARB_RETRYABLE_TX, &timeout).await?.ok().map(fitting))
    }

    /// The parent of a chain and, on it, the chain's outbox.
    pub(crate) fn outbox(&self, child: &str) -> Result<(String, Address), DeploymentError> {
        Ok((self.deployment().bridge(child)?.parent.clone(), self.deployment().outbox(child)?))
    }

    /// How many messages the child had sent by a block, as a live node writes it into the block; zero if it does not.
    async fn send_count(&self, child: &str, block: B256) -> Result<u64, ReadError> {
        let fields = self.block_fields(child, "eth_getBlockByHash", json!(block)).await?;
        let mix: Option<B256> = fields.get("mixHash").and_then(|mix| serde_json::from_value(mix.clone()).ok());
        Ok(mix.and_then(|mix| mix.first_chunk().copied()).map_or(0, u64::from_be_bytes))
    }

    /// The root of the first `size` messages and the proof of one of them; none if the node does not know it.
    async fn proof_in(&self, child: &str, size: u64, leaf: u64) -> Result<Option<(B256, Vec<B256>)>, ReadError> {
        let call = INodeInterface::constructOutboxProofCall { size, leaf };
        let proven = self.try_call(child, NODE_INTERFACE, &call).await?;
        Ok(proven.ok().map(|proven| (proven.root, proven.proof)))
    }
}

/// Whether a log is an event of a kind, and which.
pub(crate) fn event<E: SolEvent>(log: &Log) -> Option<E> {
    E::decode_log(&log.inner).ok().map(|event| event.data)
}
