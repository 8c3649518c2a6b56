//! Carrying an update on: each step anybody may take, once its time has come.
//!
//! ```text
//! core timelock, execute ─▶ (challenge period) ─▶ outbox, execute ─▶ L1 timelock, execute ─▶ tickets, redeem
//! ```

use alloy_primitives::{B256, Bytes, U256};
use alloy_sol_types::SolCall;
use ephor_abi::{
    bridge::{ARB_RETRYABLE_TX, IArbRetryableTx, IInbox},
    message::Item,
    timelock::ITimelock,
};
use ephor_charter::Part;

use super::{Action, Prepared};
use crate::{
    Council,
    council::{ReadError, quantity},
    deployment::DeploymentError,
    messages::SentMessage,
    route::{self, Batch, Operation},
};

/// Why a step cannot be prepared.
#[derive(Debug, thiserror::Error)]
pub enum RelayError {
    /// Something cannot be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// The deployment lacks something.
    #[error(transparent)]
    Deployment(#[from] DeploymentError),
    /// The challenge period is not over.
    #[error(
        "message {position} of {child} is not confirmed yet; its challenge period is about {challenge_period_seconds} s"
    )]
    Unconfirmed {
        /// The child chain.
        child: String,
        /// The message.
        position: u64,
        /// The length of the challenge period.
        challenge_period_seconds: u64,
    },
}

impl Council {
    /// Executes an operation of the core timelock that has waited.
    ///
    /// # Errors
    /// What the deployment lacks.
    pub fn execute_operation(&self, operation: &Operation) -> Result<Prepared, DeploymentError> {
        let Operation { target, data, salt } = operation.clone();
        let syncs = route::read(target, U256::ZERO, &data).deliveries.into_iter().flat_map(|delivery| delivery.syncs);
        let action = Action::ExecuteOperation {
            timelock: Part::CoreTimelock.name(),
            operation: operation.id(),
            nonce: syncs.map(|sync| sync.nonce).next(),
        };
        let call = ITimelock::executeCall { target, value: U256::ZERO, payload: data, predecessor: B256::ZERO, salt };
        self.prepare(Part::CoreTimelock, &call, action)
    }

    /// Executes a message of a child chain on its parent, with its proof.
    ///
    /// # Errors
    /// [`RelayError::Unconfirmed`], and what cannot be read.
    pub async fn execute_message(&self, message: &SentMessage) -> Result<Prepared, RelayError> {
        let child = message.child.clone();
        let Some(proof) = self.proof(message).await? else {
            let challenge_period_seconds = self.deployment().bridge(&child)?.challenge_period_seconds;
            return Err(RelayError::Unconfirmed { child, position: message.position, challenge_period_seconds });
        };
        let (chain, to) = self.outbox(&child)?;
        let item = Item {
            sender: message.sender,
            to: message.to,
            l2_block: message.l2_block,
            l1_block: message.l1_block,
            timestamp: U256::from(message.sent_seconds),
            value: message.value,
            data: &message.data,
        };
        let call = item.execution(U256::from(message.position), proof);
        let action = Action::ExecuteMessage { child, position: message.position };
        Ok(Prepared { chain, from: None, to, value: U256::ZERO, data: call.abi_encode().into(), action })
    }

    /// Executes an operation of the L1 timelock that has waited, with the ether that its calls and tickets cost. The cost of a
    /// ticket depends on the base fee; a quarter is added, since the fee may rise until the transaction is in a block.
    ///
    /// # Errors
    /// What cannot be read.
    pub async fn execute_batch(&self, batch: &Batch) -> Result<Prepared, RelayError> {
        let chain = self.deployment().l1_chain()?.name.clone();
        let to = self.deployment().address(&chain, Part::L1Timelock)?;
        let deliveries = batch.deliveries();
        let nonce = deliveries.iter().flat_map(|delivery| &delivery.syncs).map(|sync| sync.nonce).next();
        let latest = self.block_fields(&chain, "eth_getBlockByNumber", "latest".into()).await?;
        let base_fee = U256::from(latest.get("baseFeePerGas").and_then(quantity).unwrap_or_default());
        let mut value = U256::ZERO;
        for delivery in &deliveries {
            let mut cost = delivery.value;
            if let Some(inbox) = delivery.inbox {
                let length = U256::from(delivery.data.len());
                let fee = IInbox::calculateRetryableSubmissionFeeCall { dataLength: length, baseFee: base_fee };
                let submission: U256 = self.call(&chain, inbox, &fee).await?;
                let margin = submission / U256::from(4);
                let gas = delivery.gas_limit.saturating_mul(delivery.max_fee_per_gas);
                cost = cost.saturating_add(submission).saturating_add(margin).saturating_add(gas);
            }
            value = value.saturating_add(cost);
        }
        let action = Action::ExecuteOperation { timelock: Part::L1Timelock.name(), operation: batch.id(), nonce };
        Ok(Prepared { chain, from: None, to, value, data: batch.execute_calldata(), action })
    }

    /// Redeems a ticket on a child chain.
    #[must_use]
    pub fn redeem(&self, chain: &str, ticket: B256) -> Prepared {
        let data: Bytes = IArbRetryableTx::redeemCall { ticketId: ticket }.abi_encode().into();
        Prepared {
            chain: chain.to_owned(),
            from: None,
            to: ARB_RETRYABLE_TX,
            value: U256::ZERO,
            data,
            action: Action::Redeem { ticket },
        }
    }
}
