//! Reading the ledger: its blocks, transactions, notes, and the latest state.

use std::{convert::Infallible, sync::Arc};

use alloy_primitives::{Address, B256, Bytes, U256};
use revm::{
    Database as Reads,
    state::{AccountInfo, Bytecode},
};

use super::Ledger;
use crate::{
    block::{Block, Place, Tip, pseudo_hash},
    config::{BlockRule, BlockTime},
    disk::records::{Head, TxRow},
    state::Accounts,
};

impl Ledger {
    /// The last stored block.
    pub(crate) const fn tip(&self) -> Tip {
        self.tip
    }

    /// The last stored block with a number up to `number`.
    pub(crate) fn anchor(&self, number: u64) -> Option<Tip> {
        if number >= self.tip.number {
            return Some(self.tip);
        }
        match self.disk() {
            Some(disk) => disk.last_until(number).as_ref().map(Tip::of),
            None => self.book.last_until(number).map(|block| Tip::of_stored(block)),
        }
    }

    /// A stored block without its transactions.
    pub(crate) fn head(&self, number: u64) -> Option<Arc<Head>> {
        match self.disk() {
            Some(disk) => disk.head(number),
            None => Some(Arc::new(Head::of(self.book.get(number)?))),
        }
    }

    /// A transaction of a stored block.
    pub(crate) fn row(&self, number: u64, index: u32) -> Option<TxRow> {
        match self.disk() {
            Some(disk) => disk.row(number, index),
            None => TxRow::of(self.book.get(number)?, usize::try_from(index).ok()?),
        }
    }

    /// The number of a block by its hash: a stored one, or an empty one that was shown.
    pub(crate) fn number_of(&self, hash: B256) -> Option<u64> {
        let stored = match self.disk() {
            Some(disk) => disk.number_of(hash),
            None => self.book.number_of(hash),
        };
        stored.or_else(|| self.empty.get(&hash))
    }

    /// The block and index of a transaction.
    pub(crate) fn place_of(&self, tx: B256) -> Option<(u64, u32)> {
        match self.disk() {
            Some(disk) => disk.place_of(tx),
            None => self.book.place_of(tx),
        }
    }

    pub(crate) fn note(&self, key: &[u8]) -> Option<Bytes> {
        match self.disk() {
            Some(disk) => disk.note(key),
            None => self.notes.get(key).cloned(),
        }
    }

    pub(crate) fn notes(&self, prefix: &[u8]) -> Vec<(Bytes, Bytes)> {
        match self.disk() {
            Some(disk) => disk.notes(prefix),
            None => {
                let from = self.notes.range(Bytes::copy_from_slice(prefix)..);
                let with_prefix = from.take_while(|(key, _)| key.starts_with(prefix));
                with_prefix.map(|(key, note)| (key.clone(), note.clone())).collect()
            }
        }
    }

    /// The number of the block that a time falls into on a chain with slots.
    pub(crate) fn slot_at(&self, timestamp: u64) -> Option<u64> {
        match self.config.blocks {
            BlockRule::Slots { seconds } => {
                let elapsed = timestamp.checked_sub(self.origin.time.timestamp)?;
                self.origin.number.checked_add(elapsed / seconds.max(1))
            }
            BlockRule::OnDemand => None,
        }
    }

    /// When a block is, on a chain with slots.
    pub(crate) fn slot_place(&self, number: u64) -> Option<Place> {
        let BlockRule::Slots { seconds } = self.config.blocks else { return None };
        let elapsed = number.checked_sub(self.origin.number)?.checked_mul(seconds)?;
        let timestamp = self.origin.time.timestamp.checked_add(elapsed)?;
        Some(Place { number, time: BlockTime { timestamp, l1_block: number } })
    }

    /// Any block, stored or empty. Does not ask whether its time has come.
    pub(crate) fn block(&self, number: u64) -> Option<Block> {
        let stored = match self.disk() {
            Some(disk) => disk.head(number).map(|head| Block {
                hash: head.hash,
                header: head.header.clone(),
                l1_block: head.l1_block,
                transactions: if head.txs == 0 { Vec::new() } else { disk.hashes(number) },
            }),
            None => self.book.get(number).map(|block| block.to_block()),
        };
        if stored.is_some() {
            return stored;
        }
        let anchor = self.anchor(number)?;
        let block = self.slot_place(number)?.empty(&self.config, anchor);
        self.empty.insert(block.hash, number);
        Some(block)
    }

    pub(crate) fn hash_of(&self, number: u64) -> Option<B256> {
        if number == self.tip.number {
            return Some(self.tip.hash);
        }
        Some(self.block(number)?.hash)
    }
}

impl Reads for Ledger {
    type Error = Infallible;

    fn basic(&mut self, address: Address) -> Result<Option<AccountInfo>, Infallible> {
        Ok(self.state.account(address))
    }

    fn code_by_hash(&mut self, hash: B256) -> Result<Bytecode, Infallible> {
        Ok(self.state.code_of(hash))
    }

    fn storage(&mut self, address: Address, slot: U256) -> Result<U256, Infallible> {
        Ok(self.state.slot(address, slot))
    }

    fn block_hash(&mut self, number: u64) -> Result<B256, Infallible> {
        Ok(match self.config.blocks {
            BlockRule::Slots { .. } => self.hash_of(number).unwrap_or_default(),
            BlockRule::OnDemand => pseudo_hash(self.config.chain_id, number),
        })
    }
}
