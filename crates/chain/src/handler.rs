//! How a message or transaction becomes frames: revm's mainnet handler, with its checks made optional.
//!
//! Intrinsic gas counts under all rules.

use std::marker::PhantomData;

use revm::{
    Database,
    context::result::{EVMError, HaltReason, InvalidTransaction},
    context_interface::{
        ContextTr, JournalTr, Transaction, cfg::gas_params::GasParams, journaled_state::account::JournaledAccountTr,
        transaction::AccessListItemTr,
    },
    handler::{EthFrame, EvmTr, FrameResult, Handler, MainnetHandler, post_execution, pre_execution, validation},
    interpreter::InitialAndFloorGas,
    primitives::hardfork::SpecId,
};

use crate::vm::Vm;

/// Which checks apply, and what the sender pays.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Rules {
    /// A signed transaction: chain id, nonce, fees, balance, a sender without code, the block's gas limit. It pays for its gas.
    Signed,
    /// Anyone may be the sender and pays nothing, but its nonce moves as if it had signed.
    Impersonated,
    /// Anyone may be the sender, pays nothing, and its nonce moves by CREATE only.
    Free,
}

/// The handler of one transaction.
pub(crate) struct Runner<D> {
    rules: Rules,
    marker: PhantomData<D>,
}

impl<D> Runner<D> {
    pub(crate) fn new(rules: Rules) -> Self {
        Self { rules, marker: PhantomData }
    }

    fn signed(&self) -> bool {
        self.rules == Rules::Signed
    }
}

impl<D: Database + 'static> Handler for Runner<D> {
    type Evm = Vm<D>;
    type Error = EVMError<D::Error>;
    type HaltReason = HaltReason;

    fn validate_env(&self, vm: &mut Vm<D>) -> Result<(), Self::Error> {
        if self.signed() { validation::validate_env(vm.ctx()) } else { Ok(()) }
    }

    fn validate_initial_tx_gas(&self, vm: &mut Vm<D>) -> Result<InitialAndFloorGas, Self::Error> {
        let (tx, cfg) = (&vm.inner.ctx.tx, &vm.inner.ctx.cfg);
        if cfg.spec.is_enabled_in(SpecId::AMSTERDAM) {
            return MainnetHandler::<_, _, EthFrame>::default().validate_initial_tx_gas(vm);
        }
        let access = tx.access_list().into_iter().flatten();
        let (accounts, slots) =
            access.fold((0, 0), |(accounts, slots), item| (accounts + 1, slots + item.storage_slots().count() as u64));
        let gas = intrinsic_gas(&cfg.gas_params, tx.input(), tx.kind().is_create(), accounts, slots);
        let (gas_limit, initial_gas, gas_floor) = (tx.gas_limit(), gas.initial_total_gas(), gas.floor_gas());
        if initial_gas > gas_limit {
            return Err(InvalidTransaction::CallGasCostMoreThanGasLimit { gas_limit, initial_gas }.into());
        }
        if gas_floor > gas_limit {
            return Err(InvalidTransaction::GasFloorMoreThanGasLimit { gas_floor, gas_limit }.into());
        }
        Ok(gas)
    }

    fn validate_against_state_and_deduct_caller(
        &self,
        vm: &mut Vm<D>,
        _gas: &mut InitialAndFloorGas,
    ) -> Result<(), Self::Error> {
        if self.signed() {
            return pre_execution::validate_against_state_and_deduct_caller(vm.ctx());
        }
        // Value transfers expect the sender to be loaded.
        let (caller, is_call) = (vm.inner.ctx.tx.caller(), vm.inner.ctx.tx.kind().is_call());
        let mut caller = vm.ctx().journal_mut().load_account_mut(caller)?;
        // A creation moves the nonce by itself.
        if self.rules == Rules::Impersonated && is_call {
            caller.bump_nonce();
        }
        Ok(())
    }

    fn reimburse_caller(&self, vm: &mut Vm<D>, result: &mut FrameResult) -> Result<(), Self::Error> {
        if self.signed() {
            post_execution::reimburse_caller(vm.ctx(), result.gas(), Default::default())?;
        }
        Ok(())
    }

    fn reward_beneficiary(&self, vm: &mut Vm<D>, result: &mut FrameResult) -> Result<(), Self::Error> {
        if self.signed() {
            post_execution::reward_beneficiary(vm.ctx(), result.gas())?;
        }
        Ok(())
    }
}

/// What a transaction costs before its first instruction, and what it costs at least (EIP-7623).
///
/// As [`GasParams::initial_tx_gas`] has it before Amsterdam, which looks at each byte of the input twice and one by one.
pub(crate) fn intrinsic_gas(
    params: &GasParams,
    input: &[u8],
    is_create: bool,
    accounts: u64,
    slots: u64,
) -> InitialAndFloorGas {
    let without_input = params.initial_tx_gas(&[], is_create, accounts, slots, 0, None);
    let zeros = zeros(input);
    let tokens = zeros + (input.len() as u64 - zeros) * params.tx_token_non_zero_byte_multiplier();
    let init_code = if is_create { params.tx_initcode_cost(input.len()) } else { 0 };
    let initial = without_input.initial_regular_gas() + tokens * params.tx_token_cost() + init_code;
    let floor = without_input.floor_gas() + tokens * params.tx_floor_cost_per_token();
    without_input.with_initial_regular_gas(initial).with_floor_gas(floor)
}

/// How many of the bytes are zero.
fn zeros(bytes: &[u8]) -> u64 {
    /// So many are counted at once without the sum outgrowing a byte, which is what lets the compiler take many in one step.
    const AT_ONCE: usize = 255;
    bytes.chunks(AT_ONCE).map(|chunk| u64::from(chunk.iter().map(|byte| u8::from(*byte == 0)).sum::<u8>())).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn intrinsic_gas_is_that_of_the_virtual_machine() {
        let input: Vec<u8> = (0..2_000_u32).map(|n| (n * n % 7) as u8).collect();
        for spec in [SpecId::BERLIN, SpecId::CANCUN, SpecId::PRAGUE, SpecId::OSAKA] {
            let params = GasParams::new_spec(spec);
            for len in (0..600).chain([765, 2_000]) {
                for (is_create, accounts, slots) in [(false, 0, 0), (true, 0, 0), (false, 2, 5), (true, 1, 0)] {
                    let ours = intrinsic_gas(&params, &input[..len], is_create, accounts, slots);
                    let theirs = params.initial_tx_gas(&input[..len], is_create, accounts, slots, 0, None);
                    assert_eq!(ours, theirs, "{spec:?}, {len} bytes");
                }
            }
        }
    }
}
