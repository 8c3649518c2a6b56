//! Executes single messages over a state in memory.
//!
//! The sender of a message need not sign, hold ether for gas or have the right nonce: it is whoever the message says. Gas price
//! and fees are zero. This is the ground for replaying recorded traces and for testing contracts one call at a time; the
//! rules of real transactions live in the chain.

use std::{collections::BTreeMap, convert::Infallible, sync::Arc};

use alloy_primitives::{Address, B256, Bytes, Log, TxKind, U256};
use revm::{
    context::{
        TxEnv,
        result::{EVMError, ExecutionResult, HaltReason, InvalidHeader, InvalidTransaction, Output},
    },
    context_interface::{ContextSetters, JournalTr, block::BlobExcessGasAndPrice},
    handler::Handler,
    primitives::{eip4844::BLOB_BASE_FEE_UPDATE_FRACTION_PRAGUE, hardfork::SpecId},
    state::{Bytecode, EvmState},
};
use stylus_sdk::abi::CONSTRUCTOR_SELECTOR;

use crate::{
    handler::{Rules, Runner},
    program::{Programs, program_code},
    state::{Accounts, MemoryState},
    vm::Vm,
};

/// What contracts see of the block they run in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BlockEnv {
    /// What Solidity's `block.number` returns. On Arbitrum chains that is the block number of Ethereum.
    pub number: u64,
    /// Seconds since the Unix epoch.
    pub timestamp: u64,
    /// Receives the priority fees.
    pub coinbase: Address,
    /// Wei per gas.
    pub base_fee: u64,
    /// Gas all transactions of the block may use together.
    pub gas_limit: u64,
    /// The beacon chain's randomness.
    pub prevrandao: B256,
}

impl Default for BlockEnv {
    /// Block zero at time zero, without fees, with room for a billion gas.
    fn default() -> Self {
        Self {
            number: 0,
            timestamp: 0,
            coinbase: Address::ZERO,
            base_fee: 0,
            gas_limit: 1_000_000_000,
            prevrandao: B256::ZERO,
        }
    }
}

impl BlockEnv {
    pub(crate) fn to_revm(&self) -> revm::context::BlockEnv {
        revm::context::BlockEnv {
            number: U256::from(self.number),
            beneficiary: self.coinbase,
            timestamp: U256::from(self.timestamp),
            gas_limit: self.gas_limit,
            basefee: self.base_fee,
            difficulty: U256::ZERO,
            prevrandao: Some(self.prevrandao),
            blob_excess_gas_and_price: Some(BlobExcessGasAndPrice::new(0, BLOB_BASE_FEE_UPDATE_FRACTION_PRAGUE)),
            slot_num: 0,
        }
    }
}

/// A message: a call to an account, or the creation of one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// Whom `msg.sender` and `tx.origin` name. May be an account with code.
    pub from: Address,
    /// The account called, or `Create` with init code in `data`.
    pub to: TxKind,
    /// Wei sent along.
    pub value: U256,
    /// Calldata or init code.
    pub data: Bytes,
    /// Gas the message may use, intrinsic gas included.
    pub gas_limit: u64,
}

impl Message {
    /// A billion gas: enough for anything a governance contract does.
    pub const GAS_LIMIT: u64 = 1_000_000_000;

    /// A call without value, with [`Self::GAS_LIMIT`].
    pub fn call(from: Address, to: Address, data: impl Into<Bytes>) -> Self {
        Self { from, to: TxKind::Call(to), value: U256::ZERO, data: data.into(), gas_limit: Self::GAS_LIMIT }
    }

    /// A creation without value, with [`Self::GAS_LIMIT`].
    pub fn create(from: Address, init_code: impl Into<Bytes>) -> Self {
        Self { from, to: TxKind::Create, value: U256::ZERO, data: init_code.into(), gas_limit: Self::GAS_LIMIT }
    }

    /// The same message with `value` wei.
    pub fn with_value(self, value: U256) -> Self {
        Self { value, ..self }
    }

    /// The same message with another gas limit.
    pub fn with_gas_limit(self, gas_limit: u64) -> Self {
        Self { gas_limit, ..self }
    }
}

/// How a message ended. All three are results of a valid message, not errors.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Status {
    /// It returned.
    Success,
    /// It reverted on purpose; the output says why.
    Revert,
    /// It stopped exceptionally and used up its gas.
    Halt(HaltReason),
}

/// What a message did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// How it ended.
    pub status: Status,
    /// Return data, revert data, or nothing for a halt. For a creation, the code of the new account.
    pub output: Bytes,
    /// Gas paid for, after refunds.
    pub gas_used: u64,
    /// The logs emitted, in order. Empty unless it succeeded.
    pub logs: Vec<Log>,
    /// The account created by a creation that succeeded.
    pub created: Option<Address>,
    /// What the state lost and won. Empty unless it succeeded.
    pub changes: Changes,
    /// What a native program said when it panicked, which halts it. For diagnostics only.
    pub panic: Option<String>,
}

impl Outcome {
    /// Whether it returned.
    pub fn is_success(&self) -> bool {
        self.status == Status::Success
    }
}

/// The accounts a message changed, and how.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Changes {
    /// By address. Only accounts that differ afterwards.
    pub accounts: BTreeMap<Address, AccountChange>,
}

/// How one account differs after a message.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AccountChange {
    /// The new balance in wei, if it differs.
    pub balance: Option<U256>,
    /// The new nonce, if it differs.
    pub nonce: Option<u64>,
    /// The new code, if it differs.
    pub code: Option<Bytes>,
    /// Slots that differ, with their new values, zero included.
    pub storage: BTreeMap<U256, U256>,
}

impl Changes {
    /// Accounts with changed slots: address → slot → new value.
    pub fn storage(&self) -> BTreeMap<Address, BTreeMap<U256, U256>> {
        let changed = self.accounts.iter().filter(|(_, account)| !account.storage.is_empty());
        changed.map(|(address, account)| (*address, account.storage.clone())).collect()
    }

    /// Accounts with changed balances: address → new balance.
    pub fn balances(&self) -> BTreeMap<Address, U256> {
        self.accounts.iter().filter_map(|(address, account)| Some((*address, account.balance?))).collect()
    }

    pub(crate) fn of(state: &EvmState, before: &impl Accounts) -> Self {
        let mut accounts = BTreeMap::new();
        for (address, account) in state {
            if !account.is_touched() {
                continue;
            }
            let was = before.record(*address).unwrap_or_default();
            let code = account.info.code.as_ref().map(Bytecode::original_bytes).unwrap_or_default();
            let change = AccountChange {
                balance: (account.info.balance != was.balance).then_some(account.info.balance),
                nonce: (account.info.nonce != was.nonce).then_some(account.info.nonce),
                code: (account.is_created() && !code.is_empty()).then_some(code),
                storage: account
                    .storage
                    .iter()
                    .filter(|(_, value)| value.is_changed())
                    .map(|(slot, value)| (*slot, value.present_value))
                    .collect(),
            };
            if change != AccountChange::default() {
                accounts.insert(*address, change);
            }
        }
        Self { accounts }
    }
}

/// What an account holds: bytecode or a native program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Code {
    /// EVM runtime bytecode.
    Evm(Bytes),
    /// The native program of this id.
    Program(u32),
}

impl Code {
    /// The bytes stored in the account.
    pub fn bytes(&self) -> Bytes {
        match self {
            Self::Evm(bytes) => bytes.clone(),
            Self::Program(id) => program_code(*id),
        }
    }
}

/// A message that cannot be executed at all.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ExecuteError {
    /// The gas limit does not cover what the message costs before its first instruction.
    #[error("a gas limit of {limit} does not cover the {intrinsic} gas the message costs before it runs")]
    IntrinsicGas {
        /// Gas needed before execution.
        intrinsic: u64,
        /// Gas the message came with.
        limit: u64,
    },
    /// The sender has not what the message costs it.
    #[error("{address} has {balance} wei and would need {needed}")]
    InsufficientFunds {
        /// The sender.
        address: Address,
        /// What it has, in wei.
        balance: U256,
        /// What the message costs at most, value included, in wei.
        needed: U256,
    },
    /// Another fault of the message.
    #[error("the message is not valid: {0}")]
    Invalid(InvalidTransaction),
    /// The environment of the block contradicts the rules of the EVM.
    #[error("the block is not valid: {0}")]
    InvalidBlock(InvalidHeader),
    /// A precompiled contract failed in a way that is no result of the message.
    #[error("a precompiled contract failed: {0}")]
    Precompile(String),
}

impl From<EVMError<Infallible>> for ExecuteError {
    fn from(error: EVMError<Infallible>) -> Self {
        match error {
            EVMError::Transaction(
                InvalidTransaction::CallGasCostMoreThanGasLimit { initial_gas: intrinsic, gas_limit: limit }
                | InvalidTransaction::GasFloorMoreThanGasLimit { gas_floor: intrinsic, gas_limit: limit },
            ) => Self::IntrinsicGas { intrinsic, limit },
            EVMError::Transaction(fault) => Self::Invalid(fault),
            EVMError::Header(fault) => Self::InvalidBlock(fault),
            EVMError::Database(never) => match never {},
            EVMError::Custom(fault) => Self::Precompile(fault),
            EVMError::CustomAny(fault) => Self::Precompile(fault.to_string()),
        }
    }
}

/// Executes messages one at a time over a state in memory.
pub struct Executor {
    vm: Vm<MemoryState>,
}

impl Executor {
    /// An executor over an empty state, under the rules of `spec`.
    pub fn new(programs: Arc<Programs>, chain_id: u64, spec: SpecId) -> Self {
        Self { vm: Vm::new(MemoryState::default(), programs, spec, chain_id) }
    }

    /// The state as the last committed message left it.
    pub fn state(&self) -> &MemoryState {
        self.vm.state()
    }

    /// Puts code and storage at an address without running anything. Slots not named keep their values.
    pub fn install(&mut self, address: Address, code: &Code, storage: impl IntoIterator<Item = (U256, U256)>) {
        let state = self.vm.state_mut();
        let delta = state.installing(address, code, storage);
        state.apply(&delta);
    }

    /// Sets a balance in wei.
    pub fn set_balance(&mut self, address: Address, balance: U256) {
        let state = self.vm.state_mut();
        let delta = state.funding(address, balance);
        state.apply(&delta);
    }

    /// Executes a message and keeps its effects if it succeeds.
    ///
    /// # Errors
    /// [`ExecuteError`] when the message cannot be executed; a revert or halt is an [`Outcome`].
    pub fn call(&mut self, block: &BlockEnv, message: Message) -> Result<Outcome, ExecuteError> {
        let (outcome, state) = self.run(block, message)?;
        let delta = self.vm.state().difference(state);
        self.vm.state_mut().apply(&delta);
        Ok(outcome)
    }

    /// Executes a message and discards its effects; the outcome still lists them.
    ///
    /// # Errors
    /// As [`Self::call`].
    pub fn view(&mut self, block: &BlockEnv, message: Message) -> Result<Outcome, ExecuteError> {
        Ok(self.run(block, message)?.0)
    }

    /// Runs the SDK constructor of the program at `to`, with its ABI-encoded arguments.
    ///
    /// # Errors
    /// As [`Self::call`].
    pub fn construct(
        &mut self,
        block: &BlockEnv,
        from: Address,
        to: Address,
        args: &[u8],
    ) -> Result<Outcome, ExecuteError> {
        let data = [&CONSTRUCTOR_SELECTOR.to_be_bytes()[..], args].concat();
        self.call(block, Message::call(from, to, data))
    }

    fn run(&mut self, block: &BlockEnv, message: Message) -> Result<(Outcome, EvmState), ExecuteError> {
        let vm = &mut self.vm;
        vm.panic = None;
        vm.inner.ctx.set_block(block.to_revm());
        vm.inner.ctx.set_tx(unchecked_tx(message));
        let result = Runner::new(Rules::Free).run(vm);
        let state = vm.inner.ctx.journaled_state.finalize();
        let result = result.map_err(ExecuteError::from)?;
        let changes = if result.is_success() { Changes::of(&state, vm.state()) } else { Changes::default() };
        let panic = vm.panic.take();
        Ok((outcome(result, changes, panic), state))
    }
}

/// A message as revm takes it. No field of a signature, nonce or fee is set; none is looked at.
pub(crate) fn unchecked_tx(message: Message) -> TxEnv {
    TxEnv {
        caller: message.from,
        gas_limit: message.gas_limit,
        gas_price: 0,
        kind: message.to,
        value: message.value,
        data: message.data,
        chain_id: None,
        ..TxEnv::default()
    }
}

pub(crate) fn outcome(result: ExecutionResult, changes: Changes, panic: Option<String>) -> Outcome {
    let gas_used = result.tx_gas_used();
    let (status, output, logs, created) = match result {
        ExecutionResult::Success { logs, output, .. } => match output {
            Output::Call(data) => (Status::Success, data, logs, None),
            Output::Create(data, created) => (Status::Success, data, logs, created),
        },
        ExecutionResult::Revert { output, .. } => (Status::Revert, output, Vec::new(), None),
        ExecutionResult::Halt { reason, .. } => (Status::Halt(reason), Bytes::new(), Vec::new(), None),
    };
    Outcome { status, output, gas_used, logs, created, changes, panic }
}
