//! Storage, accounts and logs.

use alloy_primitives::{Address, B256, Bytes, Log, LogData, U256};
use revm::{
    Database,
    context_interface::{Host as EvmHost, journaled_state::AccountInfoLoad},
    interpreter::InstructionResult,
};
use stylus_sdk::stylus_core::{AccountAccess, RawLogAccess, StorageAccess};

use super::{NativeHost, gas, trap, trap_load};

impl<D: Database + 'static> NativeHost<D> {
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
