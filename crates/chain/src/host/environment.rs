//! What a program can read of its message, block and chain, and what it can compute there.

use alloy_primitives::{Address, B256, U256, keccak256};
use revm::{
    Database,
    context_interface::{Host as EvmHost, Transaction},
};
use stylus_sdk::stylus_core::{
    BlockAccess, ChainAccess, CryptographyAccess, MemoryAccess, MessageAccess, MeteringAccess,
};

use super::{NativeHost, gas};

/// Ink is the SDK's finer unit of gas; ten thousand to one, as on live chains.
const INK_PER_GAS: u32 = 10_000;

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

impl<D: Database + 'static> CryptographyAccess for NativeHost<D> {
    fn native_keccak256(&self, input: &[u8]) -> B256 {
        let cost = self.ctx().cfg.gas_params.keccak256_cost(input.len());
        self.charge(gas::KECCAK256.saturating_add(cost));
        keccak256(input)
    }
}

impl<D: Database + 'static> MemoryAccess for NativeHost<D> {
    fn pay_for_memory_grow(&self, _pages: u16) {}
}
