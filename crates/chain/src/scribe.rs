//! Writing a block down while it is being executed.
//!
//! Half of what a block of ballots costs is hashing transactions and receipts, which needs nothing of the state:
//!
//! ```text
//! this thread   execute ─▶ execute ─▶ execute ─▶ … ─▶ what differs
//!                  │ results, some at a time │
//! the scribe    transactions, their root ─▶ blooms, receipts, their root
//! ```
//!
//! What the block holds is the same whichever thread writes it down; with few transactions it is this one, afterwards.

use std::sync::mpsc::{Receiver, Sender, channel};

use alloy_primitives::{Address, Log};

use crate::{
    block::BlockTxs,
    receipts::{BlockReceipts, ReceiptsBuilder},
    tx::Transaction,
};

/// Below this many transactions, another thread costs more than it saves.
const WORTH_A_THREAD: usize = 64;

/// So many results are handed over at once: waking the scribe costs as much as a transaction.
const AT_ONCE: usize = 32;

/// How a transaction ended, as far as its receipt tells.
#[derive(Debug)]
pub(crate) struct Ended {
    /// The transaction's EIP-2718 type.
    pub(crate) tx_type: u8,
    pub(crate) success: bool,
    pub(crate) gas_used: u64,
    pub(crate) created: Option<Address>,
    pub(crate) logs: Vec<Log>,
}

/// Takes results to the scribe, in the order of the block.
#[derive(Debug)]
pub(crate) struct Outbox {
    waiting: Vec<Ended>,
    scribe: Sender<Vec<Ended>>,
}

impl Outbox {
    pub(crate) fn push(&mut self, ended: Ended) {
        self.waiting.push(ended);
        if self.waiting.len() == AT_ONCE {
            self.flush();
        }
    }

    fn flush(&mut self) {
        let full = std::mem::replace(&mut self.waiting, Vec::with_capacity(AT_ONCE));
        // Only a scribe that panicked is gone, and its panic is about to be resumed.
        drop(self.scribe.send(full));
    }
}

impl Drop for Outbox {
    fn drop(&mut self) {
        self.flush();
    }
}

/// Executes a block, and writes down its transactions and what comes of them, beside or afterwards.
///
/// All of `pool` is taken for the block's transactions; it is up to the caller to keep those that are.
pub(crate) fn beside<T>(pool: &[Transaction], execute: impl FnOnce(Outbox) -> T) -> (T, BlockTxs, BlockReceipts) {
    let (scribe, results) = channel();
    let outbox = Outbox { waiting: Vec::with_capacity(AT_ONCE.min(pool.len())), scribe };
    if pool.len() < WORTH_A_THREAD {
        let executed = execute(outbox);
        let (txs, receipts) = write_down(pool, &results);
        return (executed, txs, receipts);
    }
    std::thread::scope(|scope| {
        let scribe = scope.spawn(move || write_down(pool, &results));
        let executed = execute(outbox);
        let (txs, receipts) = scribe.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        (executed, txs, receipts)
    })
}

fn write_down(pool: &[Transaction], results: &Receiver<Vec<Ended>>) -> (BlockTxs, BlockReceipts) {
    let txs = BlockTxs::new(pool);
    let mut receipts = ReceiptsBuilder::default();
    results.iter().flatten().for_each(|ended| receipts.push(ended));
    (txs, receipts.finish())
}
