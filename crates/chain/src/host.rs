//! What a native program can ask of the chain: the SDK's host interface over revm's journal.
//!
//! Every operation costs what the EVM's corresponding opcode costs (storage and account access by EIP-2929, stores by EIP-2200 and
//! EIP-3529, calls by EIP-150, logs, hashes and copies by word). Computation between the operations is not metered, nor is memory: the
//! programs are part of this binary and trusted to halt.
//!
//! Storage is written through to the journal, which is the cache, so flushing is a no-op and a repeated store costs a warm
//! access. An operation that must not or cannot finish (a store in a static context, no gas left) does not return: it unwinds the
//! program with a [`Trap`], which becomes the frame's exceptional halt.
//!
//! The SDK boxes a clone of its host for every storage field it touches, so the host is nothing at all, which costs no allocation:
//! the machine it speaks for is the one that the thread is running.

use std::{
    cell::Cell,
    fmt,
    marker::PhantomData,
    panic::resume_unwind,
    ptr::{from_mut, null_mut},
};

use alloy_primitives::{Address, B256, Bytes, Log, LogData, U256, keccak256};
use revm::{
    Database,
    context_interface::{
        Cfg, CreateScheme, Host as EvmHost, Transaction, host::LoadError, journaled_state::AccountInfoLoad,
    },
    handler::{FrameResult, handle_reservoir_remaining_gas},
    interpreter::{
        CallInput, CallInputs, CallScheme, CallValue, CreateInputs, FrameInput, InstructionResult,
        instructions::contract::load_account_delegated, interpreter_types::ReturnData,
    },
    primitives::hardfork::SpecId,
};
use stylus_sdk::stylus_core::{
    AccountAccess, BlockAccess, CalldataAccess, ChainAccess, CryptographyAccess, Host, MemoryAccess, MessageAccess,
    MeteringAccess, RawLogAccess, StorageAccess, UnsafeCallAccess, UnsafeDeploymentAccess,
};

use crate::vm::{Ctx, Trap, Vm};

/// Costs that the EVM keeps in its table of static gas rather than in its parameters.
mod gas {
    /// Reading a value of the environment.
    pub(super) const BASE: u64 = 2;
    /// The fixed part of copying calldata, return data or code.
    pub(super) const COPY: u64 = 3;
    /// Accessing an account or a slot that is warm, before the surcharge for a cold one.
    pub(super) const WARM_ACCESS: u64 = 100;
    /// The fixed part of a hash.
    pub(super) const KECCAK256: u64 = 30;
    /// The fixed part of a log.
    pub(super) const LOG: u64 = 375;
}

/// Ink is the SDK's finer unit of gas; ten thousand to one, as on live chains.
const INK_PER_GAS: u32 = 10_000;

/// The host of the program in the top frame.
///
/// Invariant: used by nothing but a program that `Vm::run_program` runs, on its thread, inside [`Machine::enter`] for the same
/// `D`. A program keeps its host in its own storage struct, which the router drops before it returns.
pub(crate) struct NativeHost<D: Database> {
    of: PhantomData<fn() -> D>,
}

thread_local! {
    /// The machine whose program this thread runs; null while it runs none.
    static MACHINE: Cell<*mut ()> = const { Cell::new(null_mut()) };
}

/// The machine that the hosts of this thread speak for, until dropped. Machines nest as calls do.
pub(crate) struct Machine {
    before: *mut (),
}

impl Machine {
    /// Lets hosts speak for `vm`.
    pub(crate) fn enter<D: Database>(vm: &mut Vm<D>) -> Self {
        Self { before: MACHINE.replace(from_mut(vm).cast()) }
    }
}

impl Drop for Machine {
    fn drop(&mut self) {
        MACHINE.set(self.before);
    }
}

impl<D: Database> Clone for NativeHost<D> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<D: Database> Copy for NativeHost<D> {}

impl<D: Database> fmt::Debug for NativeHost<D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("NativeHost")
    }
}

impl<D: Database + 'static> NativeHost<D> {
    /// A host for the machine that is entered.
    pub(crate) const fn new() -> Self {
        Self { of: PhantomData }
    }

    /// Charges for handing the program its calldata.
    pub(crate) fn charge_calldata(&self, len: usize) {
        self.charge(gas::COPY);
        self.charge_copy(len);
    }

    #[expect(clippy::mut_from_ref, reason = "the SDK's interface is &self throughout; see the safety comment")]
    fn vm(&self) -> &mut Vm<D> {
        let vm: *mut Vm<D> = MACHINE.get().cast();
        assert!(!vm.is_null(), "a host speaks only while a program runs");
        // SAFETY: the pointer comes from the exclusive reference held by `Vm::run_program`, which is suspended for as long as
        // the program runs, so the machine is alive, of this very type, and nobody else uses it. Each host operation takes the
        // reference anew, uses it within its own body, and ends before the program, or a program nested below it, can start
        // another one.
        unsafe { &mut *vm }
    }

    fn ctx(&self) -> &mut Ctx<D> {
        &mut self.vm().inner.ctx
    }

    fn spec(&self) -> SpecId {
        self.ctx().cfg.spec
    }

    fn this(&self) -> Address {
        self.vm().frame().interpreter.input.target_address
    }

    fn gas_left(&self) -> u64 {
        self.vm().frame().interpreter.gas.remaining()
    }

    fn charge(&self, cost: u64) {
        if !self.vm().frame().interpreter.gas.record_regular_cost(cost) {
            trap(InstructionResult::OutOfGas);
        }
    }

    fn charge_copy(&self, len: usize) {
        let cost = self.ctx().cfg.gas_params.copy_cost(len);
        self.charge(cost);
    }

    fn require_mutable(&self) {
        if self.vm().frame().interpreter.runtime_flag.is_static {
            trap(InstructionResult::StateChangeDuringStaticCall);
        }
    }

    /// Loads an account at the price of a warm or cold access and hands it to `read`.
    fn account<T>(&self, address: Address, with_code: bool, read: impl FnOnce(&AccountInfoLoad<'_>) -> T) -> T {
        self.charge(gas::WARM_ACCESS);
        let surcharge = self.ctx().cfg.gas_params.cold_account_additional_cost();
        let affordable = self.gas_left() >= surcharge;
        let (value, is_cold) = {
            let load = self.ctx().load_account_info_skip_cold_load(address, with_code, !affordable);
            let account = load.unwrap_or_else(|error| trap_load(error));
            (read(&account), account.is_cold)
        };
        if is_cold {
            self.charge(surcharge);
        }
        value
    }

    /// Runs a call. Returns the SDK's status: 0 for success.
    fn call(
        &self,
        scheme: CallScheme,
        to: Address,
        data: &[u8],
        value: U256,
        gas_wanted: u64,
        outs_len: &mut usize,
    ) -> u8 {
        let transfers = !value.is_zero();
        let (this, sender, apparent, is_static) = {
            let interpreter = &self.vm().frame().interpreter;
            let input = &interpreter.input;
            (input.target_address, input.caller_address, input.call_value, interpreter.runtime_flag.is_static)
        };
        if is_static && transfers {
            trap(InstructionResult::CallNotAllowedInsideStatic);
        }
        self.charge(gas::WARM_ACCESS);
        if transfers {
            let cost = self.ctx().cfg.gas_params.transfer_value_cost();
            self.charge(cost);
        }
        let is_call = scheme == CallScheme::Call;
        let remaining = self.gas_left();
        let load = load_account_delegated(self.ctx(), self.spec(), remaining, to, transfers, is_call);
        let (cost, _, bytecode, code_hash) = load.unwrap_or_else(|error| trap_load(error));
        self.charge(cost);

        let params = &self.ctx().cfg.gas_params;
        let mut gas_limit = params.call_stipend_reduction(self.gas_left()).min(gas_wanted);
        self.charge(gas_limit);
        if transfers {
            gas_limit = gas_limit.saturating_add(self.ctx().cfg.gas_params.call_stipend());
        }

        let delegate = scheme == CallScheme::DelegateCall;
        let inputs = CallInputs {
            input: CallInput::Bytes(Bytes::copy_from_slice(data)),
            return_memory_offset: 0..0,
            gas_limit,
            reservoir: 0,
            bytecode_address: to,
            known_bytecode: (code_hash, bytecode),
            target_address: if delegate { this } else { to },
            caller: if delegate { sender } else { this },
            value: if delegate { CallValue::Apparent(apparent) } else { CallValue::Transfer(value) },
            scheme,
            is_static: is_static || scheme == CallScheme::StaticCall,
            charged_new_account_state_gas: false,
        };
        let (result, output) = self.run(FrameInput::Call(Box::new(inputs)));
        *outs_len = output.len();
        self.vm().frame().interpreter.return_data.set_buffer(output);
        u8::from(!result.0.is_ok())
    }

    /// Runs a creation. Returns the new account, or zero.
    fn create(&self, scheme: CreateScheme, code: &[u8], endowment: U256) -> (Address, usize) {
        self.require_mutable();
        if code.len() > self.ctx().cfg.max_initcode_size() {
            trap(InstructionResult::CreateInitCodeSizeLimit);
        }
        let params = &self.ctx().cfg.gas_params;
        let cost = match scheme {
            CreateScheme::Create2 { .. } => params.create2_cost(code.len()),
            _ => params.create_cost(),
        };
        let cost = cost.saturating_add(params.initcode_cost(code.len()));
        self.charge(cost);
        let gas_limit = self.ctx().cfg.gas_params.call_stipend_reduction(self.gas_left());
        self.charge(gas_limit);

        let code = Bytes::copy_from_slice(code);
        let inputs = CreateInputs::new(self.this(), scheme, endowment, code, gas_limit, 0);
        let ((result, address), output) = self.run(FrameInput::Create(Box::new(inputs)));
        let reverted = if result == InstructionResult::Revert { output } else { Bytes::new() };
        let len = reverted.len();
        self.vm().frame().interpreter.return_data.set_buffer(reverted);
        (if result.is_ok() { address.unwrap_or_default() } else { Address::ZERO }, len)
    }

    /// Runs a child frame and settles its gas with this one's.
    fn run(&self, input: FrameInput) -> ((InstructionResult, Option<Address>), Bytes) {
        let vm = self.vm();
        let result = match vm.run_child(input) {
            Ok(result) => result,
            Err(error) => {
                vm.inner.ctx.error = Err(error);
                trap(InstructionResult::FatalExternalError);
            }
        };
        let (end, mut child_gas, output) = match result {
            FrameResult::Call(outcome) => ((outcome.result.result, None), outcome.result.gas, outcome.result.output),
            FrameResult::Create(outcome) => {
                ((outcome.result.result, outcome.address), outcome.result.gas, outcome.result.output)
            }
        };
        let own_gas = &mut vm.frame().interpreter.gas;
        handle_reservoir_remaining_gas(end.0, own_gas.tracker_mut(), child_gas.tracker_mut());
        (end, output)
    }

    fn log(&self, topics: Vec<B256>, data: &[u8]) {
        self.require_mutable();
        self.charge(gas::LOG);
        let count = u8::try_from(topics.len()).unwrap_or(u8::MAX);
        let cost = self.ctx().cfg.gas_params.log_cost(count, data.len() as u64);
        self.charge(cost);
        let address = self.this();
        let data = LogData::new_unchecked(topics, Bytes::copy_from_slice(data));
        EvmHost::log(self.ctx(), Log { address, data });
    }
}

/// Unwinds the program; the frame halts with `reason`. Does not count as a panic.
fn trap(reason: InstructionResult) -> ! {
    resume_unwind(Box::new(Trap(reason)))
}

fn trap_load(error: LoadError) -> ! {
    trap(match error {
        LoadError::ColdLoadSkipped => InstructionResult::OutOfGas,
        LoadError::DBError => InstructionResult::FatalExternalError,
    })
}

/// # Safety
/// `bytes` points to `len` readable bytes, unless `len` is zero.
unsafe fn slice<'a>(bytes: *const u8, len: usize) -> &'a [u8] {
    if len == 0 {
        return &[];
    }
    // SAFETY: the caller's promise.
    unsafe { std::slice::from_raw_parts(bytes, len) }
}

/// # Safety
/// `bytes` points to 20 readable bytes.
unsafe fn address(bytes: *const u8) -> Address {
    // SAFETY: the caller's promise.
    Address::from_slice(unsafe { slice(bytes, 20) })
}

/// # Safety
/// `bytes` points to 32 readable bytes.
unsafe fn word(bytes: *const u8) -> U256 {
    // SAFETY: the caller's promise.
    U256::from_be_slice(unsafe { slice(bytes, 32) })
}

impl<D: Database + 'static> Host for NativeHost<D> {}

impl<D: Database + 'static> CryptographyAccess for NativeHost<D> {
    fn native_keccak256(&self, input: &[u8]) -> B256 {
        let cost = self.ctx().cfg.gas_params.keccak256_cost(input.len());
        self.charge(gas::KECCAK256.saturating_add(cost));
        keccak256(input)
    }
}

impl<D: Database + 'static> CalldataAccess for NativeHost<D> {
    fn read_args(&self, len: usize) -> Vec<u8> {
        self.charge_calldata(len);
        let vm = self.vm();
        let input = vm.inner.frame_stack.get().interpreter.input.input.bytes(&vm.inner.ctx);
        input[..len.min(input.len())].to_vec()
    }

    fn read_return_data(&self, offset: usize, size: Option<usize>) -> Vec<u8> {
        let data = self.vm().frame().interpreter.return_data.buffer().clone();
        let start = offset.min(data.len());
        let end = size.map_or(data.len(), |size| start.saturating_add(size).min(data.len()));
        self.charge(gas::COPY);
        self.charge_copy(end - start);
        data[start..end].to_vec()
    }

    fn return_data_size(&self) -> usize {
        self.charge(gas::BASE);
        self.vm().frame().interpreter.return_data.buffer().len()
    }

    /// The entry point's own result is what counts natively.
    fn write_result(&self, _data: &[u8]) {}
}

// SAFETY: creations run in frames of their own, as CREATE and CREATE2 do; storage is not cached, so none can go stale.
unsafe impl<D: Database + 'static> UnsafeDeploymentAccess for NativeHost<D> {
    unsafe fn create1(
        &self,
        code: *const u8,
        code_len: usize,
        endowment: *const u8,
        contract: *mut u8,
        revert_data_len: *mut usize,
    ) {
        // SAFETY: the SDK passes valid pointers of the documented lengths.
        unsafe {
            let (created, len) = self.create(CreateScheme::Create, slice(code, code_len), word(endowment));
            contract.copy_from_nonoverlapping(created.as_ptr(), 20);
            revert_data_len.write(len);
        }
    }

    unsafe fn create2(
        &self,
        code: *const u8,
        code_len: usize,
        endowment: *const u8,
        salt: *const u8,
        contract: *mut u8,
        revert_data_len: *mut usize,
    ) {
        // SAFETY: the SDK passes valid pointers of the documented lengths.
        unsafe {
            let scheme = CreateScheme::Create2 { salt: word(salt) };
            let (created, len) = self.create(scheme, slice(code, code_len), word(endowment));
            contract.copy_from_nonoverlapping(created.as_ptr(), 20);
            revert_data_len.write(len);
        }
    }
}

impl<D: Database + 'static> StorageAccess for NativeHost<D> {
    fn storage_load_bytes32(&self, key: U256) -> B256 {
        self.charge(gas::WARM_ACCESS);
        let surcharge = self.ctx().cfg.gas_params.cold_storage_additional_cost();
        let affordable = self.gas_left() >= surcharge;
        let this = self.this();
        let slot = self.ctx().sload_skip_cold_load(this, key, !affordable).unwrap_or_else(|error| trap_load(error));
        if slot.is_cold {
            self.charge(surcharge);
        }
        slot.data.into()
    }

    unsafe fn storage_cache_bytes32(&self, key: U256, value: B256) {
        self.require_mutable();
        let params = &self.ctx().cfg.gas_params;
        if self.gas_left() <= params.call_stipend() {
            trap(InstructionResult::ReentrancySentryOOG);
        }
        self.charge(params.sstore_static_gas());
        let affordable = self.gas_left() >= self.ctx().cfg.gas_params.cold_storage_cost();
        let this = self.this();
        let load = self.ctx().sstore_skip_cold_load(this, key, value.into(), !affordable);
        let slot = load.unwrap_or_else(|error| trap_load(error));
        let params = &self.ctx().cfg.gas_params;
        let cost = params.sstore_dynamic_gas(true, &slot.data, slot.is_cold);
        let refund = params.sstore_refund(true, &slot.data);
        self.charge(cost);
        self.vm().frame().interpreter.gas.record_refund(refund);
    }

    fn flush_cache(&self, _clear: bool) {}
}

// SAFETY: calls run in frames of their own, as the EVM's do; storage is not cached, so none can go stale.
unsafe impl<D: Database + 'static> UnsafeCallAccess for NativeHost<D> {
    unsafe fn call_contract(
        &self,
        to: *const u8,
        data: *const u8,
        data_len: usize,
        value: *const u8,
        gas: u64,
        outs_len: &mut usize,
    ) -> u8 {
        // SAFETY: the SDK passes valid pointers of the documented lengths.
        let (to, data, value) = unsafe { (address(to), slice(data, data_len), word(value)) };
        self.call(CallScheme::Call, to, data, value, gas, outs_len)
    }

    unsafe fn static_call_contract(
        &self,
        to: *const u8,
        data: *const u8,
        data_len: usize,
        gas: u64,
        outs_len: &mut usize,
    ) -> u8 {
        // SAFETY: the SDK passes valid pointers of the documented lengths.
        let (to, data) = unsafe { (address(to), slice(data, data_len)) };
        self.call(CallScheme::StaticCall, to, data, U256::ZERO, gas, outs_len)
    }

    unsafe fn delegate_call_contract(
        &self,
        to: *const u8,
        data: *const u8,
        data_len: usize,
        gas: u64,
        outs_len: &mut usize,
    ) -> u8 {
        // SAFETY: the SDK passes valid pointers of the documented lengths.
        let (to, data) = unsafe { (address(to), slice(data, data_len)) };
        self.call(CallScheme::DelegateCall, to, data, U256::ZERO, gas, outs_len)
    }
}

impl<D: Database + 'static> BlockAccess for NativeHost<D> {
    fn block_basefee(&self) -> U256 {
        self.charge(gas::BASE);
        self.ctx().basefee()
    }

    fn block_coinbase(&self) -> Address {
        self.charge(gas::BASE);
        self.ctx().beneficiary()
    }

    fn block_number(&self) -> u64 {
        self.charge(gas::BASE);
        self.ctx().block_number().saturating_to()
    }

    fn block_timestamp(&self) -> u64 {
        self.charge(gas::BASE);
        self.ctx().timestamp().saturating_to()
    }

    fn block_gas_limit(&self) -> u64 {
        self.charge(gas::BASE);
        self.ctx().gas_limit().saturating_to()
    }
}

impl<D: Database + 'static> ChainAccess for NativeHost<D> {
    fn chain_id(&self) -> u64 {
        self.charge(gas::BASE);
        self.ctx().cfg.chain_id
    }
}

impl<D: Database + 'static> AccountAccess for NativeHost<D> {
    fn balance(&self, account: Address) -> U256 {
        self.account(account, false, |account| account.balance)
    }

    fn contract_address(&self) -> Address {
        self.charge(gas::BASE);
        self.this()
    }

    fn code(&self, account: Address) -> Vec<u8> {
        let code = self.account(account, true, |account| {
            account.code.as_ref().map(|code| code.original_byte_slice().to_vec()).unwrap_or_default()
        });
        self.charge_copy(code.len());
        code
    }

    fn code_size(&self, account: Address) -> usize {
        self.account(account, true, |account| account.code.as_ref().map_or(0, |code| code.original_byte_slice().len()))
    }

    /// Zero for an account that does not exist, as EXTCODEHASH has it.
    fn code_hash(&self, account: Address) -> B256 {
        self.account(account, false, |account| if account.is_empty { B256::ZERO } else { account.code_hash() })
    }
}

impl<D: Database + 'static> MemoryAccess for NativeHost<D> {
    fn pay_for_memory_grow(&self, _pages: u16) {}
}

impl<D: Database + 'static> MessageAccess for NativeHost<D> {
    fn msg_sender(&self) -> Address {
        self.charge(gas::BASE);
        self.vm().frame().interpreter.input.caller_address
    }

    /// Whether the account's program is on the call stack twice, not counting programs it delegates to.
    fn msg_reentrant(&self) -> bool {
        self.charge(gas::BASE);
        let this = self.this();
        self.vm().open.iter().filter(|open| **open == this).count() > 1
    }

    fn msg_value(&self) -> U256 {
        self.charge(gas::BASE);
        self.vm().frame().interpreter.input.call_value
    }

    fn tx_origin(&self) -> Address {
        self.charge(gas::BASE);
        self.ctx().tx.caller()
    }
}

impl<D: Database + 'static> MeteringAccess for NativeHost<D> {
    fn evm_gas_left(&self) -> u64 {
        self.charge(gas::BASE);
        self.gas_left()
    }

    fn evm_ink_left(&self) -> u64 {
        self.evm_gas_left().saturating_mul(INK_PER_GAS.into())
    }

    fn tx_gas_price(&self) -> U256 {
        self.charge(gas::BASE);
        self.ctx().effective_gas_price()
    }

    fn tx_ink_price(&self) -> u32 {
        self.charge(gas::BASE);
        INK_PER_GAS
    }
}

impl<D: Database + 'static> RawLogAccess for NativeHost<D> {
    /// Traps like INVALID on more than four topics or on input shorter than its topics.
    fn emit_log(&self, input: &[u8], num_topics: usize) {
        let split = if num_topics <= 4 { input.split_at_checked(32 * num_topics) } else { None };
        let Some((topics, data)) = split else { trap(InstructionResult::InvalidFEOpcode) };
        self.log(topics.chunks_exact(32).map(B256::from_slice).collect(), data);
    }

    fn raw_log(&self, topics: &[B256], data: &[u8]) -> Result<(), &'static str> {
        if topics.len() > 4 {
            return Err("a log carries at most four topics");
        }
        self.log(topics.to_vec(), data);
        Ok(())
    }
}
