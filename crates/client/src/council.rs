//! A council: where its contracts are, and a provider for each chain.
//!
//! All reading goes through here: calls, logs, the clock. Nobody looks at another clock than the chain's: block number and time
//! are those that a contract called now would see. On an Arbitrum chain that number is the L1's, by which governance counts.

use std::collections::BTreeMap;

use alloy_primitives::{Address, B256, Bytes, TxKind, U256};
use alloy_provider::{DynProvider, Provider};
use alloy_rpc_types_eth::{Log, TransactionReceipt, TransactionRequest};
use alloy_sol_types::SolCall;
use alloy_transport::TransportError;
use ephor_charter::Part;
use serde::Serialize;
use serde_json::Value;

use crate::{
    deployment::{ChainSite, Deployment, DeploymentError},
    logs::Windows,
    revert::Revert,
};

/// Why something cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The deployment lacks something.
    #[error(transparent)]
    Deployment(#[from] DeploymentError),
    /// No provider was given for a chain.
    #[error("no endpoint for {chain}: name one to look at it")]
    NoProvider {
        /// The chain.
        chain: String,
    },
    /// A node does not answer, or answers with an error.
    #[error("{chain}: {source}")]
    Transport {
        /// The chain.
        chain: String,
        /// What the transport says.
        source: Box<TransportError>,
    },
    /// A call was refused.
    #[error("{chain}: {function} of {to} was refused: {revert}")]
    Reverted {
        /// The chain.
        chain: String,
        /// Who was called.
        to: Address,
        /// The signature of the function.
        function: &'static str,
        /// Why it was refused.
        revert: Box<Revert>,
    },
    /// An answer that does not decode.
    #[error("{chain}: {to} does not answer {function} as it should; is it the right contract?")]
    Undecodable {
        /// The chain.
        chain: String,
        /// Who was called.
        to: Address,
        /// The signature of the function.
        function: &'static str,
    },
    /// A node without a block.
    #[error("{chain}: the node does not show {what}")]
    Missing {
        /// The chain.
        chain: String,
        /// What it does not show.
        what: &'static str,
    },
}

/// A council, with a provider for each chain that is to be reached.
#[derive(Clone, Debug)]
pub struct Council {
    deployment: Deployment,
    providers: BTreeMap<String, DynProvider>,
    /// What endpoints give of logs.
    pub(crate) windows: Windows,
}

/// Code that returns `block.number` and `block.timestamp`, a word each: run as the creation of a contract that is discarded.
const TELL_TIME: &[u8] = &[0x43, 0x5f, 0x52, 0x42, 0x60, 0x20, 0x52, 0x60, 0x40, 0x5f, 0xf3];

/// Now, on a chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Moment {
    /// The chain's latest block.
    pub block: u64,
    /// The L1 block by which governance counts there: on an Ethereum chain the chain's own.
    pub l1_block: u64,
    /// The time, in Unix seconds.
    pub seconds: u64,
}

/// A block of the L1, with its time: measured if it is past, estimated if it is to come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Deadline {
    /// The block.
    pub l1_block: u64,
    /// Its time in Unix seconds, reckoned from the latest block of the L1 and the time between two blocks.
    pub seconds: u64,
}

/// The clock of the L1, from which times of other blocks are reckoned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct L1Clock {
    /// A block.
    pub l1_block: u64,
    /// Its time in Unix seconds.
    pub seconds: u64,
    /// Milliseconds between two blocks.
    pub block_milliseconds: u64,
}

impl L1Clock {
    /// When a block is, or was.
    #[must_use]
    pub fn deadline(&self, l1_block: u64) -> Deadline {
        let span = |blocks: u64| blocks.saturating_mul(self.block_milliseconds) / 1000;
        let seconds = match l1_block.checked_sub(self.l1_block) {
            Some(ahead) => self.seconds.saturating_add(span(ahead)),
            None => self.seconds.saturating_sub(span(self.l1_block - l1_block)),
        };
        Deadline { l1_block, seconds }
    }
}

impl Council {
    /// A council whose chains are reached through these providers, by the chains' names. Chains without a provider cannot be
    /// looked at.
    ///
    /// # Errors
    /// What the deployment lacks; a provider for a chain that it does not name.
    pub fn new(
        deployment: Deployment,
        providers: impl IntoIterator<Item = (String, DynProvider)>,
    ) -> Result<Self, DeploymentError> {
        deployment.check()?;
        let providers: BTreeMap<_, _> = providers.into_iter().collect();
        for chain in providers.keys() {
            deployment.chain(chain)?;
        }
        let windows = Windows::of(providers.keys());
        Ok(Self { deployment, providers, windows })
    }

    /// Where its contracts are.
    #[must_use]
    pub const fn deployment(&self) -> &Deployment {
        &self.deployment
    }

    /// The provider of a chain.
    ///
    /// # Errors
    /// [`ReadError::NoProvider`].
    pub fn provider(&self, chain: &str) -> Result<&DynProvider, ReadError> {
        self.providers.get(chain).ok_or_else(|| ReadError::NoProvider { chain: chain.to_owned() })
    }

    /// The chain on which elections are held.
    ///
    /// # Errors
    /// [`DeploymentError::GovernanceChain`].
    pub fn governance_chain(&self) -> Result<&ChainSite, DeploymentError> {
        self.deployment.governance_chain()
    }

    /// Asks a contract.
    ///
    /// # Errors
    /// [`ReadError`].
    pub async fn call<C: SolCall>(&self, chain: &str, to: Address, call: &C) -> Result<C::Return, ReadError> {
        let output = self.raw_call(chain, to, call.abi_encode().into(), C::SIGNATURE).await?;
        let wrong = |_| ReadError::Undecodable { chain: chain.to_owned(), to, function: C::SIGNATURE };
        C::abi_decode_returns(&output).map_err(wrong)
    }

    /// Asks a contract that may refuse: its refusal is a value.
    ///
    /// # Errors
    /// As [`Self::call`], without [`ReadError::Reverted`].
    pub async fn try_call<C: SolCall>(
        &self,
        chain: &str,
        to: Address,
        call: &C,
    ) -> Result<Result<C::Return, Box<Revert>>, ReadError> {
        match self.call(chain, to, call).await {
            Ok(value) => Ok(Ok(value)),
            Err(ReadError::Reverted { revert, .. }) => Ok(Err(revert)),
            Err(error) => Err(error),
        }
    }

    /// Asks a contract on the governance chain.
    ///
    /// # Errors
    /// [`ReadError`].
    pub async fn ask<C: SolCall>(&self, part: Part, call: &C) -> Result<C::Return, ReadError> {
        let chain = &self.deployment.governance_chain()?.name;
        self.call(chain, self.deployment.address(chain, part)?, call).await
    }

    async fn raw_call(
        &self,
        chain: &str,
        to: Address,
        data: Bytes,
        function: &'static str,
    ) -> Result<Bytes, ReadError> {
        let request = TransactionRequest::default().to(to).input(data.into());
        match self.provider(chain)?.call(request).await {
            Ok(output) => Ok(output),
            Err(error) => match Revert::of(&error) {
                Some(revert) => {
                    Err(ReadError::Reverted { chain: chain.to_owned(), to, function, revert: Box::new(revert) })
                }
                None => Err(self.failed(chain, error)),
            },
        }
    }

    /// The receipt of a transaction, if it is in a block.
    ///
    /// # Errors
    /// [`ReadError`].
    pub async fn receipt(&self, chain: &str, hash: B256) -> Result<Option<TransactionReceipt>, ReadError> {
        self.provider(chain)?.get_transaction_receipt(hash).await.map_err(|error| self.failed(chain, error))
    }

    /// Now, on a chain.
    ///
    /// # Errors
    /// [`ReadError`].
    pub async fn now(&self, chain: &str) -> Result<Moment, ReadError> {
        let provider = self.provider(chain)?;
        let block = provider.get_block_number().await.map_err(|error| self.failed(chain, error))?;
        let request = TransactionRequest { to: Some(TxKind::Create), ..Default::default() };
        let seen = provider.call(request.input(Bytes::from_static(TELL_TIME).into())).await;
        let seen = seen.map_err(|error| self.failed(chain, error))?;
        let missing = || ReadError::Missing { chain: chain.to_owned(), what: "the time that contracts see" };
        let (number, timestamp) = seen.split_at_checked(32).filter(|(_, rest)| rest.len() == 32).ok_or_else(missing)?;
        let (l1_block, seconds) = (fitting(U256::from_be_slice(number)), fitting(U256::from_be_slice(timestamp)));
        Ok(Moment { block, l1_block, seconds })
    }

    /// Now, on the governance chain.
    ///
    /// # Errors
    /// [`ReadError`].
    pub async fn governance_now(&self) -> Result<Moment, ReadError> {
        self.now(&self.deployment.governance_chain()?.name).await
    }

    /// The clock by which times are reckoned: the L1's latest block; without a provider for it, the governance chain's.
    ///
    /// # Errors
    /// [`ReadError`].
    pub async fn l1_clock(&self) -> Result<L1Clock, ReadError> {
        let l1 = self.deployment.l1_chain()?;
        let name = if self.providers.contains_key(&l1.name) { &l1.name } else { &self.governance_chain()?.name };
        let Moment { l1_block, seconds, .. } = self.now(name).await?;
        Ok(L1Clock { l1_block, seconds, block_milliseconds: l1.block_milliseconds })
    }

    /// The fields of a block, as the node shows them.
    pub(crate) async fn block_fields(
        &self,
        chain: &str,
        method: &'static str,
        block: Value,
    ) -> Result<Value, ReadError> {
        let provider = self.provider(chain)?;
        provider.raw_request(method.into(), (block, false)).await.map_err(|error| self.failed(chain, error))
    }

    /// The time of a log's block, in Unix seconds.
    pub(crate) async fn seconds_of(&self, chain: &str, log: &Log) -> Result<u64, ReadError> {
        if let Some(seconds) = log.block_timestamp {
            return Ok(seconds);
        }
        let number = serde_json::json!(format!("{:#x}", log.block_number.unwrap_or_default()));
        let block = self.block_fields(chain, "eth_getBlockByNumber", number).await?;
        let missing = || ReadError::Missing { chain: chain.to_owned(), what: "the block of a log" };
        quantity(&block["timestamp"]).ok_or_else(missing)
    }

    pub(crate) fn failed(&self, chain: &str, source: TransportError) -> ReadError {
        ReadError::Transport { chain: chain.to_owned(), source: Box::new(source) }
    }
}

/// A quantity of JSON-RPC.
pub(crate) fn quantity(value: &Value) -> Option<u64> {
    u64::from_str_radix(value.as_str()?.strip_prefix("0x")?, 16).ok()
}

/// A number of a contract that fits, or the greatest that does.
pub(crate) fn fitting(number: U256) -> u64 {
    number.saturating_to()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reckons_times_forwards_and_backwards() {
        let clock = L1Clock { l1_block: 100, seconds: 10_000, block_milliseconds: 12_000 };
        assert_eq!(clock.deadline(105), Deadline { l1_block: 105, seconds: 10_060 });
        assert_eq!(clock.deadline(90), Deadline { l1_block: 90, seconds: 9_880 });
        assert_eq!(clock.deadline(u64::MAX).seconds, 10_000 + (u64::MAX / 1000));
        assert_eq!(clock.deadline(0).seconds, 8_800);
    }

    #[test]
    fn reads_quantities_and_nothing_else() {
        assert_eq!(quantity(&Value::from("0x10")), Some(16));
        assert_eq!(quantity(&Value::from("16")), None);
        assert_eq!(quantity(&Value::from("0x10000000000000000")), None);
        assert_eq!(quantity(&Value::Null), None);
    }
}
