//! Sending prepared transactions, and what became of them.
//!
//! Two ways: a node that holds the account, or lets anybody act for it, as rehearsal chains do (`eth_sendTransaction`); or a
//! signer, with a transaction of type 2 built here. A transaction that reverts is a result, not an error.

use std::error::Error;

use alloy_consensus::{SignableTransaction, TxEip1559, TxEnvelope};
use alloy_eips::eip2718::Encodable2718;
use alloy_network::TxSigner;
use alloy_primitives::{Address, B256, Signature, TxKind};
use alloy_provider::{PendingTransactionBuilder, Provider};
use alloy_rpc_types_eth::{Log, TransactionReceipt};
use alloy_transport::TransportError;

use crate::{Council, actions::Prepared, council::ReadError, revert::Revert};

/// What became of a transaction.
#[derive(Clone, Debug)]
pub struct Done {
    /// Its hash.
    pub hash: B256,
    /// The chain's block.
    pub block: u64,
    /// Gas used.
    pub gas: u64,
    /// Its logs; none if it reverted.
    pub logs: Vec<Log>,
    /// Why it reverted; none if it did not.
    pub revert: Option<Revert>,
}

impl Done {
    /// Whether it succeeded.
    #[must_use]
    pub const fn succeeded(&self) -> bool {
        self.revert.is_none()
    }
}

/// What lies at the bottom of an error: "Connection refused" rather than "error sending request".
#[must_use]
pub fn root_cause(error: &dyn Error) -> String {
    let mut cause = error;
    while let Some(deeper) = cause.source() {
        cause = deeper;
    }
    cause.to_string()
}

/// Why a transaction was not sent.
#[derive(Debug, thiserror::Error)]
pub enum SendError {
    /// Something cannot be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// It would revert, so a signed one is not sent.
    #[error("it would be refused: {0}")]
    WouldRevert(Box<Revert>),
    /// The node does not take it.
    #[error("{chain} does not take the transaction: {source}")]
    Refused {
        /// The chain.
        chain: String,
        /// What the node says.
        source: Box<TransportError>,
    },
    /// The signer does not sign.
    #[error("not signed: {}", root_cause(.0.as_ref()))]
    Signer(Box<dyn Error + Send + Sync>),
    /// A transaction that must come from another account.
    #[error("this must be sent by {wanted}, not by {from}")]
    WrongSender {
        /// Who is to send it.
        wanted: Address,
        /// Who would.
        from: Address,
    },
    /// It is not in a block, although the node was asked until it would have been.
    #[error("{chain}: transaction {hash} is in no block")]
    NotMined {
        /// The chain.
        chain: String,
        /// The transaction.
        hash: B256,
    },
}

impl Council {
    /// Hands a transaction to a node that holds the account, without waiting for a block. Returns its hash.
    ///
    /// # Errors
    /// [`SendError`].
    pub async fn submit(&self, prepared: &Prepared, from: Address) -> Result<B256, SendError> {
        let provider = self.provider(&prepared.chain)?;
        match provider.send_transaction(prepared.request(from)).await {
            Ok(pending) => Ok(*pending.tx_hash()),
            Err(error) => Err(refused(&prepared.chain, error)),
        }
    }

    /// Sends a transaction through a node that holds the account, or lets anybody act for it, and waits for its block. Where a
    /// contract must be the sender, `from` is that contract.
    ///
    /// # Errors
    /// [`SendError`]; not when it reverts.
    pub async fn send(&self, prepared: &Prepared, from: Address) -> Result<Done, SendError> {
        let hash = self.submit(prepared, from).await?;
        self.done(prepared, from, hash).await
    }

    /// Signs a transaction, sends it and waits for its block. Nonce, gas and fees are asked of the node; one that would revert is not
    /// sent.
    ///
    /// # Errors
    /// [`SendError`].
    pub async fn send_signed(
        &self,
        prepared: &Prepared,
        signer: &(dyn TxSigner<Signature> + Send + Sync),
    ) -> Result<Done, SendError> {
        let from = signer.address();
        let hash = self.submit_signed(prepared, signer).await?;
        self.done(prepared, from, hash).await
    }

    /// Signs a transaction and hands it to a node, without waiting for a block. Returns its hash.
    ///
    /// # Errors
    /// [`SendError`].
    pub async fn submit_signed(
        &self,
        prepared: &Prepared,
        signer: &(dyn TxSigner<Signature> + Send + Sync),
    ) -> Result<B256, SendError> {
        let from = signer.address();
        if let Some(wanted) = prepared.from.filter(|wanted| *wanted != from) {
            return Err(SendError::WrongSender { wanted, from });
        }
        let chain = &prepared.chain;
        let provider = self.provider(chain)?;
        let failed = |error| SendError::from(self.failed(chain, error));
        let gas_limit = match provider.estimate_gas(prepared.request(from)).await {
            Ok(gas) => gas,
            Err(error) => return Err(would_revert(chain, error)),
        };
        let fees = provider.estimate_eip1559_fees().await.map_err(failed)?;
        let mut unsigned = TxEip1559 {
            chain_id: self.deployment().chain(chain).map_err(ReadError::from)?.chain_id,
            nonce: provider.get_transaction_count(from).pending().await.map_err(failed)?,
            // State may change between the estimate and the block: a fifth is added.
            gas_limit: gas_limit.saturating_add(gas_limit / 5),
            max_fee_per_gas: fees.max_fee_per_gas,
            max_priority_fee_per_gas: fees.max_priority_fee_per_gas,
            to: TxKind::Call(prepared.to),
            value: prepared.value,
            access_list: Default::default(),
            input: prepared.data.clone(),
        };
        let signed = signer.sign_transaction(&mut unsigned).await;
        let signature = signed.map_err(|error| SendError::Signer(Box::new(error)))?;
        let envelope = TxEnvelope::from(unsigned.into_signed(signature));
        match provider.send_raw_transaction(&envelope.encoded_2718()).await {
            Ok(pending) => Ok(*pending.tx_hash()),
            Err(error) => Err(refused(chain, error)),
        }
    }

    /// Tries a transaction without sending it. Returns why it would be refused, if it would.
    ///
    /// # Errors
    /// [`ReadError`].
    pub async fn simulate(&self, prepared: &Prepared, from: Address) -> Result<Option<Revert>, ReadError> {
        match self.provider(&prepared.chain)?.call(prepared.request(from)).await {
            Ok(_) => Ok(None),
            Err(error) => match Revert::of(&error) {
                Some(revert) => Ok(Some(revert)),
                None => Err(self.failed(&prepared.chain, error)),
            },
        }
    }

    /// What became of a transaction that was submitted, once it is in a block.
    ///
    /// # Errors
    /// [`SendError`].
    pub async fn done(&self, prepared: &Prepared, from: Address, hash: B256) -> Result<Done, SendError> {
        let chain = &prepared.chain;
        let receipt = match self.receipt(chain, hash).await? {
            Some(receipt) => receipt,
            None => self.wait(chain, hash).await?,
        };
        let revert = if receipt.status() { None } else { Some(self.reason(prepared, from).await?) };
        Ok(Done {
            hash,
            block: receipt.block_number.unwrap_or_default(),
            gas: receipt.gas_used,
            logs: receipt.logs().to_vec(),
            revert,
        })
    }

    async fn wait(&self, chain: &str, hash: B256) -> Result<TransactionReceipt, SendError> {
        let root = self.provider(chain)?.root().clone();
        let pending = PendingTransactionBuilder::new(root, hash);
        pending.get_receipt().await.map_err(|_| SendError::NotMined { chain: chain.to_owned(), hash })
    }

    /// Why a transaction reverted. A receipt does not say, so the call is repeated on the latest state; where that does not
    /// revert, or the node says nothing, the reason stays empty.
    async fn reason(&self, prepared: &Prepared, from: Address) -> Result<Revert, ReadError> {
        match self.provider(&prepared.chain)?.call(prepared.request(from)).await {
            Ok(_) => Ok(Revert::new(Default::default())),
            Err(error) => Ok(Revert::of(&error).unwrap_or_else(|| Revert::new(Default::default()))),
        }
    }
}

fn refused(chain: &str, error: TransportError) -> SendError {
    SendError::Refused { chain: chain.to_owned(), source: Box::new(error) }
}

fn would_revert(chain: &str, error: TransportError) -> SendError {
    match Revert::of(&error) {
        Some(revert) => SendError::WouldRevert(Box::new(revert)),
        None => refused(chain, error),
    }
}
