//! Logs of a chain, piece by piece where an endpoint gives no more at a time.
//!
//! ```text
//! from ━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━▶ head      asked for as a whole
//!      ━━━━━━━━━━━━━━━━━━━━╸━━━━━━━━━━━━━━━━━━━━╸           refused: half of it
//!      ━━━━━━━━━╸━━━━━━━━━━╸━━━━━━━━━╸━━━━━━━━━━╸           refused: half again, until it is answered; the rest in as many blocks
//! ```
//!
//! A node of one's own answers for any range. Public endpoints bound it, each at another length and with another error (-32005, -32602, -32614,
//! status 413, …), so every refusal of more than one block is taken for one of its length. What an endpoint gave is remembered for as long
//! as the [`Council`] lives, and nothing longer is asked of it again.

use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use alloy_primitives::{Address, B256};
use alloy_provider::Provider;
use alloy_rpc_types_eth::{BlockNumberOrTag, Filter, FilterBlockOption, Log};
use alloy_sol_types::SolEvent;
use alloy_transport::{RpcError, TransportError, TransportErrorKind};

use crate::council::{Council, ReadError};

/// How many blocks an endpoint gives the logs of at a time, by chain; all there are where nothing is remembered.
#[derive(Clone, Debug, Default)]
pub(crate) struct Windows(BTreeMap<String, Arc<AtomicU64>>);

impl Windows {
    /// Nothing remembered yet, of these chains.
    pub(crate) fn of<'a>(chains: impl Iterator<Item = &'a String>) -> Self {
        Self(chains.map(|chain| (chain.clone(), Arc::new(AtomicU64::new(u64::MAX)))).collect())
    }

    fn blocks(&self, chain: &str) -> u64 {
        self.0.get(chain).map_or(u64::MAX, |blocks| blocks.load(Ordering::Relaxed))
    }

    fn remember(&self, chain: &str, blocks: u64) {
        if let Some(known) = self.0.get(chain) {
            known.fetch_min(blocks, Ordering::Relaxed);
        }
    }
}

/// Whether an endpoint may have refused a request for being too long.
fn too_long(error: &TransportError) -> bool {
    const NO_METHOD: i64 = -32601;
    match error {
        RpcError::ErrorResp(refusal) => refusal.code != NO_METHOD,
        RpcError::Transport(TransportErrorKind::HttpError(error)) => {
            matches!(error.status, 400 | 408 | 413 | 414 | 500 | 502 | 503 | 504)
        }
        _ => false,
    }
}

impl Council {
    /// The logs of an event of a contract, in order, that match the filter's further topics.
    ///
    /// # Errors
    /// [`ReadError`].
    pub async fn logs<E: SolEvent>(
        &self,
        chain: &str,
        address: Address,
        topics: [Option<B256>; 3],
    ) -> Result<Vec<(E, Log)>, ReadError> {
        let from = self.deployment().chain(chain)?.from_block;
        let mut filter = Filter::new().address(address).event_signature(E::SIGNATURE_HASH).from_block(from);
        for (place, topic) in filter.topics.iter_mut().skip(1).zip(topics) {
            if let Some(topic) = topic {
                *place = topic.into();
            }
        }
        let logs = self.raw_logs(chain, &filter).await?;
        Ok(logs.into_iter().filter_map(|log| Some((E::decode_log(&log.inner).ok()?.data, log))).collect())
    }

    /// The logs that match a filter, in order. A range of blocks is asked for piece by piece where the endpoint refuses it as a whole.
    ///
    /// # Errors
    /// [`ReadError`].
    pub async fn raw_logs(&self, chain: &str, filter: &Filter) -> Result<Vec<Log>, ReadError> {
        let provider = self.provider(chain)?;
        let failed = |error| self.failed(chain, error);
        let FilterBlockOption::Range { from_block, to_block } = filter.block_option else {
            return provider.get_logs(filter).await.map_err(failed);
        };
        let mut blocks = self.windows.blocks(chain);
        let mut refused = false;
        if blocks == u64::MAX {
            match provider.get_logs(filter).await {
                Ok(logs) => return Ok(logs),
                Err(error) if !too_long(&error) => return Err(failed(error)),
                // Asked for again below, as far as the head of now.
                Err(_) => refused = true,
            }
        }
        let from = from_block.and_then(|block| block.as_number()).unwrap_or_default();
        let to = match to_block {
            Some(BlockNumberOrTag::Number(number)) => number,
            _ => provider.get_block_number().await.map_err(failed)?,
        };
        if refused {
            blocks = half(from, to);
        }
        let (mut logs, mut first) = (Vec::new(), from);
        // A range that begins in the future has no logs.
        while first <= to {
            let last = to.min(first.saturating_add(blocks - 1));
            let asked = filter.clone().from_block(first).to_block(last);
            match provider.get_logs(&asked).await {
                Ok(found) => {
                    logs.extend(found);
                    let Some(next) = last.checked_add(1) else { break };
                    first = next;
                }
                Err(error) if last > first && too_long(&error) => (blocks, refused) = (half(first, last), true),
                Err(error) => return Err(failed(error)),
            }
        }
        if refused {
            self.windows.remember(chain, blocks);
        }
        Ok(logs)
    }
}

/// Half as many blocks as from the first to the last, at least one.
fn half(first: u64, last: u64) -> u64 {
    last.saturating_sub(first).saturating_add(1).div_ceil(2)
}
