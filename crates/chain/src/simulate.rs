//! Blocks that might be: several transactions in several blocks, one after the other, on top of the latest state.

use alloy_eips::eip2930::AccessList;
use alloy_primitives::{Address, B256, Log, U256, address, b256};
use revm::context_interface::{ContextSetters, JournalTr};

use crate::{
    chain::Chain,
    executor::{BlockEnv, Changes, ExecuteError, Message, Outcome, outcome, unchecked_tx},
    handler::Rules,
    scene::AccountOverride,
    trace::{CallFrame, FrameEnd, FrameKind, Recorder},
};

/// A block that might be.
#[derive(Clone, Debug)]
pub struct SimulatedBlock {
    /// What contracts see of it.
    pub env: BlockEnv,
    /// What is different from the state before it.
    pub accounts: Vec<(Address, AccountOverride)>,
    /// Its transactions.
    pub calls: Vec<SimulatedCall>,
}

/// A transaction that might be.
#[derive(Clone, Debug)]
pub struct SimulatedCall {
    /// The message.
    pub message: Message,
    /// Its sender's nonce; the next one if `None`.
    pub nonce: Option<u64>,
    /// Wei it pays per gas at most.
    pub max_fee: u128,
    /// Wei per gas above the base fee, if it says so.
    pub max_tip: Option<u128>,
    /// What it declares to access.
    pub access_list: AccessList,
}

/// What came of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SimulatedOutcome {
    /// The outcome, without changes. With transfers asked for, they are among the logs.
    pub outcome: Outcome,
    /// The nonce it had.
    pub nonce: u64,
}

/// A transaction that cannot be in its block.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("call {call} of block {block}: {fault}")]
pub struct SimulateError {
    /// The index of its block.
    pub block: usize,
    /// Its index in the block.
    pub call: usize,
    /// What is wrong with it.
    pub fault: ExecuteError,
}

/// Where logs of transfers come from: no contract's address.
const TRANSFERS: Address = address!("eeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee");
/// `Transfer(address,address,uint256)`.
const TRANSFER: B256 = b256!("ddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef");

impl Chain {
    /// Executes blocks that might be and discards their effects. With `validate`, transactions are held to the rules of signed
    /// ones, fees included; otherwise anyone sends for free. With `transfers`, each transfer of ether is logged as if a token's.
    /// All calls together use `gas` at most: each may use what those before it left.
    ///
    /// # Errors
    /// [`SimulateError`] for the first transaction that cannot be in its block.
    pub fn simulate(
        &mut self,
        blocks: &[SimulatedBlock],
        validate: bool,
        transfers: bool,
        mut gas: u64,
    ) -> Result<Vec<Vec<SimulatedOutcome>>, SimulateError> {
        self.vm.inner.ctx.journaled_state.finalize();
        let mut outcomes = Vec::with_capacity(blocks.len());
        for (at, block) in blocks.iter().enumerate() {
            let ran = self.simulate_block(block, validate, transfers, &mut gas);
            match ran {
                Ok(ran) => outcomes.push(ran),
                Err((call, fault)) => {
                    self.vm.inner.ctx.journaled_state.finalize();
                    return Err(SimulateError { block: at, call, fault });
                }
            }
        }
        self.vm.inner.ctx.journaled_state.finalize();
        Ok(outcomes)
    }

    fn simulate_block(
        &mut self,
        block: &SimulatedBlock,
        validate: bool,
        transfers: bool,
        gas: &mut u64,
    ) -> Result<Vec<SimulatedOutcome>, (usize, ExecuteError)> {
        self.pretend(&block.accounts).map_err(|fault| (0, fault))?;
        self.vm.inner.ctx.set_block(block.env.to_revm());
        let mut outcomes = Vec::with_capacity(block.calls.len());
        for (at, call) in block.calls.iter().enumerate() {
            let message = call.message.clone().with_gas_limit(call.message.gas_limit.min(*gas));
            let call = SimulatedCall { message, ..call.clone() };
            let ran = self.simulate_call(&call, validate, transfers).map_err(|fault| (at, fault))?;
            *gas = gas.saturating_sub(ran.outcome.gas_used);
            outcomes.push(ran);
        }
        Ok(outcomes)
    }

    fn simulate_call(
        &mut self,
        call: &SimulatedCall,
        validate: bool,
        transfers: bool,
    ) -> Result<SimulatedOutcome, ExecuteError> {
        let from = call.message.from;
        let journaled = self.vm.inner.ctx.journaled_state.inner.state.get(&from);
        let nonce =
            call.nonce.unwrap_or_else(|| journaled.map_or_else(|| self.nonce(from), |account| account.info.nonce));
        let mut tx = unchecked_tx(call.message.clone());
        let rules = if validate {
            tx.nonce = nonce;
            tx.tx_type = 2;
            tx.gas_price = call.max_fee;
            tx.gas_priority_fee = Some(call.max_tip.unwrap_or_default());
            tx.chain_id = Some(self.config().chain_id);
            Rules::Signed
        } else {
            let (balance, needed) = (self.seen_balance(from), call.message.value);
            if needed > balance {
                return Err(ExecuteError::InsufficientFunds { address: from, balance, needed });
            }
            tx.tx_type = 1;
            Rules::Impersonated
        };
        tx.access_list = call.access_list.clone();
        self.vm.recorder = transfers.then(|| Box::new(Recorder::new(true)));
        let ran = self.attempt(tx, rules);
        let recorder = self.vm.recorder.take();
        let mut outcome = outcome(ran?, Changes::default(), self.vm.panic.take());
        if outcome.is_success()
            && let Some(call) = recorder.and_then(|recorder| recorder.finish())
        {
            outcome.logs.clear();
            with_transfers(&call, &mut outcome.logs);
        }
        Ok(SimulatedOutcome { outcome, nonce })
    }
}

/// The logs of a call and of those below it, in order, with one for each transfer.
fn with_transfers(frame: &CallFrame, logs: &mut Vec<Log>) {
    if frame.end != FrameEnd::Success {
        return;
    }
    let moves = !matches!(frame.kind, FrameKind::DelegateCall | FrameKind::CallCode);
    if let (true, Some(value), Some(to)) = (moves, frame.value.filter(|value| !value.is_zero()), frame.to) {
        let topics = vec![TRANSFER, frame.from.into_word(), to.into_word()];
        logs.push(Log::new_unchecked(TRANSFERS, topics, U256::to_be_bytes_vec(&value).into()));
    }
    let mut own = frame.logs.iter().peekable();
    for (at, call) in frame.calls.iter().enumerate() {
        while let Some(log) = own.next_if(|log| log.position <= at) {
            logs.push(log.log.clone());
        }
        with_transfers(call, logs);
    }
    logs.extend(own.map(|log| log.log.clone()));
}
