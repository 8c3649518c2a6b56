//! Calls, creations, and the data that goes in and comes back.

use alloy_primitives::{Address, Bytes, U256};
use revm::{
    Database,
    context_interface::{Cfg, CreateScheme},
    handler::{FrameResult, handle_reservoir_remaining_gas},
    interpreter::{
        CallInput, CallInputs, CallScheme, CallValue, CreateInputs, FrameInput, InstructionResult,
        instructions::contract::load_account_delegated,
        interpreter_types::{MemoryTr, ReturnData},
    },
};
use stylus_sdk::stylus_core::{CalldataAccess, UnsafeCallAccess, UnsafeDeploymentAccess};

use super::{NativeHost, gas, trap, trap_load};

impl<D: Database + 'static> NativeHost<D> {
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
            input: self.input(data),
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

    /// Puts calldata where bytecode would have it: in the caller's memory, which programs have no other use for.
    fn input(&self, data: &[u8]) -> CallInput {
        if data.is_empty() {
            return CallInput::default();
        }
        let memory = &mut self.vm().frame().interpreter.memory;
        memory.resize(data.len());
        memory.set(0, data);
        let start = memory.local_memory_offset();
        CallInput::SharedBuffer(start..start + data.len())
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

impl<D: Database + 'static> CalldataAccess for NativeHost<D> {
    fn read_args(&self, len: usize) -> Vec<u8> {
        self.charge_calldata(len);
        let vm = self.vm();
        let input = vm.inner.frame_stack.get().interpreter.input.input.as_bytes(&vm.inner.ctx);
        input[..len.min(input.len())].to_vec()
    }

    fn read_return_data(&self, offset: usize, size: Option<usize>) -> Vec<u8> {
        let len = self.vm().frame().interpreter.return_data.buffer().len();
        let start = offset.min(len);
        let end = size.map_or(len, |size| start.saturating_add(size).min(len));
        self.charge(gas::COPY);
        self.charge_copy(end - start);
        self.vm().frame().interpreter.return_data.buffer()[start..end].to_vec()
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
