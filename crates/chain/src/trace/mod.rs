//! Looking at a transaction from inside: who called whom, and which accounts it read and changed.
//!
//! A mined transaction is executed again on the state before its block, after the transactions before it. What is recorded is
//! recorded at the borders of frames, where bytecode, native programs and precompiled contracts are alike, so nothing is slower
//! while nobody looks.

mod accounts;
mod calls;

use alloy_primitives::B256;
use revm::context_interface::{ContextSetters, JournalTr};

pub use accounts::{AccountState, TouchedAccount};
pub use calls::{CallFrame, FrameEnd, FrameKind, FrameLog};
pub(crate) use calls::{Recorder, frame_of};

use std::collections::BTreeMap;

use alloy_primitives::Address;

use crate::{
    block::Place,
    chain::Chain,
    executor::{Changes, ExecuteError, Outcome, outcome},
    handler::Rules,
    scene::{Ask, Scene},
};

/// What came to light.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Traced {
    /// The outermost call, with all below it.
    pub call: CallFrame,
    /// The accounts that were looked at, and what became of them.
    pub accounts: BTreeMap<Address, TouchedAccount>,
    /// What came of it. Changes are in `accounts`.
    pub outcome: Outcome,
}

/// Why there is nothing to see.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TraceError {
    /// No such transaction was mined.
    #[error("transaction {0} is in no block")]
    UnknownTransaction(B256),
    /// The state before the block is gone.
    #[error("the state before block {block} is not kept")]
    NotKept {
        /// The block.
        block: u64,
    },
    /// There are more calls, or larger ones, than are recorded.
    #[error("the calls are more than {limit_bytes} bytes")]
    TooLarge {
        /// How much is recorded.
        limit_bytes: usize,
    },
    /// It cannot be executed at all.
    #[error(transparent)]
    Execute(#[from] ExecuteError),
}

impl Chain {
    /// Executes a message in a scene, discards its effects and tells what happened. With `nested` false, only the outermost call
    /// is recorded.
    ///
    /// # Errors
    /// [`TraceError::Execute`], [`TraceError::TooLarge`].
    pub fn trace_call(&mut self, scene: &Scene, ask: &Ask, nested: bool) -> Result<Traced, TraceError> {
        let traced = self
            .set(scene)
            .and_then(|()| self.afford(ask))
            .map_err(TraceError::from)
            .and_then(|()| self.watch(nested, |chain| chain.attempt(ask.to_revm(), Rules::Free)));
        self.vm.inner.ctx.journaled_state.finalize();
        traced
    }

    /// Executes a mined transaction again and tells what happened.
    ///
    /// # Errors
    /// [`TraceError`].
    pub fn trace_transaction(&mut self, hash: B256, nested: bool) -> Result<Traced, TraceError> {
        let place = self.ledger().place_of(hash);
        let head = place.and_then(|(number, index)| Some((self.ledger().head(number)?, index)));
        let Some((head, index)) = head else { return Err(TraceError::UnknownTransaction(hash)) };
        let (number, index) = (head.header.number, u64::from(index));
        let place = Place { number, time: head.time() };
        let now = self.ledger().state.looks_at();
        let traced = self.go_before(number).and_then(|()| {
            let env = place.env(self.config());
            self.vm.inner.ctx.set_block(env.to_revm());
            let Ok(()) = self.begin_block(number);
            for earlier in 0..index {
                if let Some(view) = self.transaction_at(number, earlier) {
                    // It is in the block, so it was valid.
                    self.run_tx(&view.transaction).map_err(ExecuteError::from)?;
                }
            }
            let view = self.transaction_at(number, index).ok_or(TraceError::UnknownTransaction(hash))?;
            self.watch(nested, |chain| chain.run_tx(&view.transaction).map_err(ExecuteError::from))
        });
        self.vm.inner.ctx.journaled_state.finalize();
        self.vm.state_mut().state.look_at(now);
        traced
    }

    /// Runs what `run` runs while recording.
    fn watch(
        &mut self,
        nested: bool,
        run: impl FnOnce(&mut Self) -> Result<revm::context::result::ExecutionResult, ExecuteError>,
    ) -> Result<Traced, TraceError> {
        let id = self.vm.inner.ctx.journaled_state.inner.transaction_id;
        self.vm.recorder = Some(Box::new(Recorder::new(nested)));
        let ran = run(self);
        let recorder = self.vm.recorder.take();
        let result = ran?;
        let gas_limit = self.vm.inner.ctx.tx.gas_limit;
        let mut call = recorder
            .and_then(|recorder| recorder.finish())
            .ok_or(TraceError::TooLarge { limit_bytes: Recorder::LIMIT_BYTES })?;
        let outcome = outcome(result, Changes::default(), self.vm.panic.take());
        // The outermost call bears the intrinsic gas, and gets the refunds.
        (call.gas, call.gas_used) = (gas_limit, outcome.gas_used);
        let coinbase = self.vm.inner.ctx.block.beneficiary;
        let accounts = accounts::touched(&mut self.vm.inner.ctx.journaled_state, id, coinbase);
        Ok(Traced { call, accounts, outcome })
    }

    /// Sets the state to that before a block: where the past is not kept, as far as it can be known from snapshots.
    fn go_before(&mut self, number: u64) -> Result<(), TraceError> {
        if self.keeps_past() {
            self.vm.state_mut().state.look_at(number.checked_sub(1));
            return Ok(());
        }
        let back = self.ledger().back_to_before(number).ok_or(TraceError::NotKept { block: number })?;
        let overrides =
            back.iter().flat_map(|state| accounts::as_overrides(state, self.vm.state())).collect::<Vec<_>>();
        self.vm.inner.ctx.journaled_state.finalize();
        Ok(self.pretend(&overrides)?)
    }
}
