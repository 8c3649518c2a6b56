//! Calls in a row, as Multicall3 makes them.
//!
//! A call that fails undoes everything unless it is allowed to fail. The contract keeps nothing and sends nothing that it was not
//! given, so anybody may call it; a Safe delegate-calls it to act several times in one transaction. Source: the interface
//! and documented behaviour of the deployed contract.

use alloc::vec::Vec;

use alloy_primitives::{Address, Bytes, U256};
use alloy_sol_types::SolValue;
use ephor_abi::batch::IMulticall3::Result as CallResult;
use stylus_sdk::host::VM;

use crate::{
    call::{call, delegate_call},
    dynamic_struct,
    encode::Encode,
    revert::{Outcome, Revert},
};

dynamic_struct! {
    /// A call that must succeed, unless said otherwise for all.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct Call {
        /// The target.
        target: Address,
        /// Calldata.
        data: Bytes,
    }
}

dynamic_struct! {
    /// A call without ether.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct Call3 {
        /// The target.
        target: Address,
        /// Whether the others go on when it fails.
        allow_failure: bool,
        /// Calldata.
        data: Bytes,
    }
}

dynamic_struct! {
    /// A call with ether.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct Call3Value {
        /// The target.
        target: Address,
        /// Whether the others go on when it fails.
        allow_failure: bool,
        /// Wei.
        value: U256,
        /// Calldata.
        data: Bytes,
    }
}

/// What came of the calls, in their order.
#[derive(Debug, Default)]
pub struct Results(Vec<CallResult>);

impl Encode for Results {
    fn encode(self) -> Vec<u8> {
        (self.0,).abi_encode_params()
    }
}

impl Results {
    /// What the calls returned or reverted with.
    #[must_use]
    pub fn into_data(self) -> Vec<Bytes> {
        self.0.into_iter().map(|result| result.returnData).collect()
    }
}

/// How targets are reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// By a call.
    Call,
    /// By a delegate call, which carries no value of its own.
    DelegateCall,
}

/// Makes the calls.
///
/// # Errors
/// "Multicall3: call failed" when one fails that may not.
pub fn run(vm: &VM, reach: Reach, calls: impl IntoIterator<Item = Call3Value>) -> Outcome<Results> {
    let mut results = Vec::new();
    for Call3Value { target, allow_failure, value, data } in calls {
        let returned = match reach {
            Reach::Call => call(vm, target, value, &data),
            Reach::DelegateCall => delegate_call(vm, target, &data),
        };
        if returned.is_err() && !allow_failure {
            return Err(Revert::message("Multicall3: call failed"));
        }
        let success = returned.is_ok();
        results.push(CallResult { success, returnData: returned.unwrap_or_else(|data| data).into() });
    }
    Ok(Results(results))
}

impl From<Call3> for Call3Value {
    fn from(Call3 { target, allow_failure, data }: Call3) -> Self {
        Self { target, allow_failure, value: U256::ZERO, data }
    }
}

impl Call {
    /// The same call in the longer form.
    #[must_use]
    pub fn allowed_to_fail(self, allow_failure: bool) -> Call3Value {
        Call3Value { target: self.target, allow_failure, value: U256::ZERO, data: self.data }
    }
}
