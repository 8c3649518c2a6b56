//! Calls to other contracts, as Solidity makes them.
//!
//! Every call first writes the storage cache back and drops it, because the callee may call back.

use alloc::vec::Vec;

use alloy_primitives::{Address, U256};
use alloy_sol_types::{SolCall, SolType, SolValue, abi::TokenSeq};
use stylus_sdk::{
    call::RawCall,
    host::VM,
    stylus_core::{AccountAccess, Host},
};

use crate::{
    calldata::{DecodeAll, decode},
    revert::{Outcome, Revert},
};

/// The returned data of a call that succeeded, or the revert data of one that failed.
pub type Returned = Result<Vec<u8>, Vec<u8>>;

/// `to.call{value: value}(data)`: no check that there is code.
///
/// # Errors
/// The data that the callee reverted with.
pub fn call(vm: &VM, to: Address, value: U256, data: &[u8]) -> Returned {
    // SAFETY: the storage cache is written back and cleared, so nothing held here aliases what the callee does.
    unsafe { RawCall::new_with_value(vm, value).clear_storage_cache().call(to, data) }
}

/// `to.staticcall(data)`.
///
/// # Errors
/// The data that the callee reverted with.
pub fn static_call(vm: &VM, to: Address, data: &[u8]) -> Returned {
    // SAFETY: as in `call`.
    unsafe { RawCall::new_static(vm).clear_storage_cache().call(to, data) }
}

/// `to.delegatecall(data)`.
///
/// # Errors
/// The data that the callee reverted with.
pub fn delegate_call(vm: &VM, to: Address, data: &[u8]) -> Returned {
    // SAFETY: as in `call`.
    unsafe { RawCall::new_delegate(vm).clear_storage_cache().call(to, data) }
}

/// Calls `to` with `gas` at the most.
///
/// # Errors
/// The data that the callee reverted with.
pub fn call_with_gas(vm: &VM, to: Address, value: U256, data: &[u8], gas: u64) -> Returned {
    // SAFETY: as in `call`.
    unsafe { RawCall::new_with_value(vm, value).gas(gas).clear_storage_cache().call(to, data) }
}

/// `IThing(to).function(…)`: refuses an address without code, hands on the callee's revert data.
///
/// # Errors
/// No data where there is no code; else what the callee reverted with.
pub fn invoke<C: SolCall>(vm: &VM, to: Address, value: U256, function: &C) -> Outcome<Vec<u8>> {
    invoke_encoded(vm, to, value, &function.abi_encode())
}

/// Like [`invoke`], with calldata of [`encode_call`].
///
/// # Errors
/// As [`invoke`].
pub fn invoke_encoded(vm: &VM, to: Address, value: U256, data: &[u8]) -> Outcome<Vec<u8>> {
    require_code(vm, to)?;
    call(vm, to, value, data).map_err(Revert::bubble)
}

/// Like [`invoke`], for a `view` function, with the returned values decoded. As Solidity does since 0.8.10 where something is to come
/// back, it does not ask for code: an address without any answers nothing, which does not decode, and a precompiled contract answers.
///
/// # Errors
/// What the callee reverted with; no data when what came back does not decode.
pub fn query<C: SolCall, T: for<'a> DecodeAll<'a>>(vm: &VM, to: Address, function: &C) -> Outcome<T> {
    query_encoded(vm, to, &function.abi_encode())
}

/// Like [`query`], with calldata of [`encode_call`].
///
/// # Errors
/// As [`query`].
#[inline(never)] // As `emit`.
pub fn query_encoded<T: for<'a> DecodeAll<'a>>(vm: &VM, to: Address, data: &[u8]) -> Outcome<T> {
    let data = static_call(vm, to, data).map_err(Revert::bubble)?;
    decode(&data)
}

/// The calldata of a function whose arguments are borrowed, such as `bytes` that would have to be copied to make a call of it. The
/// arguments are a tuple of the function's types.
#[must_use]
pub fn encode_call<C: SolCall, A: SolValue>(arguments: &A) -> Vec<u8>
where
    for<'a> <A::SolType as SolType>::Token<'a>: TokenSeq<'a>,
{
    let mut data = C::SELECTOR.to_vec();
    data.extend_from_slice(&arguments.abi_encode_params());
    data
}

/// `extcodesize(to) > 0`, as Solidity checks before a call through an interface.
///
/// # Errors
/// A revert without data where there is no code.
pub fn require_code<H: Host + ?Sized>(vm: &H, to: Address) -> Outcome {
    if vm.code_size(to) == 0 { Err(Revert::empty()) } else { Ok(()) }
}

/// `Address.verifyCallResult`: hands on the revert data of a failed call, or `message` when there is none.
///
/// # Errors
/// The callee's revert data, or `Error(message)`.
pub fn verify(returned: Returned, message: &str) -> Outcome<Vec<u8>> {
    returned.map_err(|data| if data.is_empty() { Revert::message(message) } else { Revert::bubble(data) })
}

/// Whether there is code at the address.
#[must_use]
pub fn is_contract(vm: &VM, account: Address) -> bool {
    vm.code_size(account) > 0
}
