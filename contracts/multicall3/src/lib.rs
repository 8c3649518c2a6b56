//! Many calls in one.
//!
//! The calls are made by [`ephor_parts::multicall`]; nothing is kept. Source: the interface and documented behaviour of the deployed
//! contract. Left out: what a Stylus program cannot know, hashes of blocks and their difficulty.

#![cfg_attr(target_arch = "wasm32", no_std, no_main, allow(missing_docs, reason = "the macro's entry point"))]
#![allow(clippy::needless_pass_by_value, reason = "a table hands over what it decoded")]

extern crate alloc;

use alloc::{vec, vec::Vec};

use alloy_primitives::{Address, Bytes, U256};
use ephor_abi::batch::IMulticall3;
use ephor_parts::{
    Outcome, Revert, dispatch,
    multicall::{self, Call, Call3, Call3Value, Reach, Results},
    require,
};
use stylus_sdk::prelude::*;

/// Storage of the contract: none.
#[entrypoint]
#[storage]
pub struct Multicall3 {}

dispatch! {
    Multicall3;
    payable IMulticall3::aggregateCall => aggregate(calls: Vec<Call>);
    payable IMulticall3::aggregate3Call => aggregate3(calls: Vec<Call3>);
    payable IMulticall3::aggregate3ValueCall => aggregate3_value(calls: Vec<Call3Value>);
    payable IMulticall3::tryAggregateCall => try_aggregate(require_success: bool, calls: Vec<Call>);
    nonpayable IMulticall3::getBasefeeCall => base_fee();
    nonpayable IMulticall3::getBlockNumberCall => block_number();
    nonpayable IMulticall3::getChainIdCall => chain_id();
    nonpayable IMulticall3::getCurrentBlockCoinbaseCall => coinbase();
    nonpayable IMulticall3::getCurrentBlockGasLimitCall => gas_limit();
    nonpayable IMulticall3::getCurrentBlockTimestampCall => timestamp();
    nonpayable IMulticall3::getEthBalanceCall => balance(account: Address);
}

impl Multicall3 {
    /// Makes calls that must all succeed; returns the block and what they returned.
    ///
    /// Errors: "Multicall3: call failed".
    fn aggregate(&mut self, calls: Vec<Call>) -> Outcome<(U256, Vec<Bytes>)> {
        let results =
            multicall::run(self.vm(), Reach::Call, calls.into_iter().map(|call| call.allowed_to_fail(false)))?;
        Ok((U256::from(self.vm().block_number()), results.into_data()))
    }

    /// Makes calls, each of which says whether it may fail.
    ///
    /// Errors: "Multicall3: call failed".
    fn aggregate3(&mut self, calls: Vec<Call3>) -> Outcome<Results> {
        multicall::run(self.vm(), Reach::Call, calls.into_iter().map(Into::into))
    }

    /// Like [`Self::aggregate3`], with ether, all of which must come along.
    ///
    /// Errors: "Multicall3: call failed" with a word of zeros behind, as the reference writes the length of this one by hand and too
    /// great; "Multicall3: value mismatch".
    fn aggregate3_value(&mut self, calls: Vec<Call3Value>) -> Outcome<Results> {
        // The reference's sum wraps around as well.
        let sent = calls.iter().fold(U256::ZERO, |sum, call| sum.wrapping_add(call.value));
        let results = multicall::run(self.vm(), Reach::Call, calls)
            .map_err(|revert| Revert::bubble([revert.0, vec![0; 32]].concat()))?;
        require(self.vm().msg_value() == sent, "Multicall3: value mismatch")?;
        Ok(results)
    }

    /// Makes calls that must succeed, or need not.
    ///
    /// Errors: "Multicall3: call failed".
    fn try_aggregate(&mut self, require_success: bool, calls: Vec<Call>) -> Outcome<Results> {
        multicall::run(self.vm(), Reach::Call, calls.into_iter().map(|call| call.allowed_to_fail(!require_success)))
    }

    fn base_fee(&self) -> Outcome<U256> {
        Ok(self.vm().block_basefee())
    }

    fn block_number(&self) -> Outcome<U256> {
        Ok(U256::from(self.vm().block_number()))
    }

    fn chain_id(&self) -> Outcome<U256> {
        Ok(U256::from(self.vm().chain_id()))
    }

    fn coinbase(&self) -> Outcome<Address> {
        Ok(self.vm().block_coinbase())
    }

    fn gas_limit(&self) -> Outcome<U256> {
        Ok(U256::from(self.vm().block_gas_limit()))
    }

    fn timestamp(&self) -> Outcome<U256> {
        Ok(U256::from(self.vm().block_timestamp()))
    }

    fn balance(&self, account: Address) -> Outcome<U256> {
        Ok(self.vm().balance(account))
    }
}
