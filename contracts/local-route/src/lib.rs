//! The route of an update where there is one chain: from the timelock straight to the upgrade executor.
//!
//! A council that guards a single chain has no bridge and no timelock on another chain. Its manager asks for a route as
//! any other does; this contract answers with a call of the executor in place of one of `ArbSys`:
//!
//! ```text
//! timelock ─▶ executor.execute(action, data)                                    one Safe
//! timelock ─▶ executor.execute(this, perform(actions, datas)) ─┬▶ action, data  several
//!                                 (all by delegatecall)        └▶ action, data
//! ```
//!
//! With several Safes, the executor delegate-calls this contract, which delegate-calls each action in turn; all of them
//! succeed, or none does. In that role it reads no storage of its own, since it then acts on the executor's.
//!
//! Nothing changes after construction. The contract has no counterpart among the deployed ones; the functions that the
//! manager calls, and their errors, are those of `UpgradeExecRouteBuilder`.

#![cfg_attr(target_arch = "wasm32", no_std, no_main, allow(missing_docs, reason = "the macro's entry point"))]
#![allow(clippy::needless_pass_by_value, reason = "a table hands over what it decoded")]

extern crate alloc;

use alloc::{vec, vec::Vec};

use alloy_primitives::{Address, B256, Bytes, U256};
use alloy_sol_types::SolCall;
use ephor_abi::{
    common::ICommonErrors::ZeroAddress,
    council::{
        ILocalRoute,
        IRouteBuilder::{self, EmptyActionBytesData, ParamLengthMismatch, UpgadeExecDoesntExist},
        IUpgradeExecutor,
    },
};
use ephor_parts::{Outcome, Revert, call, dispatch, ensure};
use stylus_sdk::{
    prelude::*,
    storage::{StorageAddress, StorageU256},
};

/// Storage of the contract.
#[entrypoint]
#[storage]
pub struct LocalRoute {
    chain_id: StorageU256,
    executor: StorageAddress,
    /// This contract's own address, to be named in a route.
    own: StorageAddress,
}

dispatch! {
    LocalRoute;
    nonpayable IRouteBuilder::upExecLocationExistsCall => location_exists(chain_id: U256);
    nonpayable IRouteBuilder::upExecLocationsCall => location(chain_id: U256);
    nonpayable IRouteBuilder::createActionRouteDataCall => route(
        chain_ids: Vec<U256>, actions: Vec<Address>, values: Vec<U256>, datas: Vec<Bytes>, predecessor: B256, salt: B256,
    );
    payable ILocalRoute::performCall => perform(actions: Vec<Address>, datas: Vec<Bytes>);
    constructor construct(chain_id: U256, executor: Address);
}

impl LocalRoute {
    /// `ZeroAddress` when no executor is named.
    fn construct(&mut self, chain_id: U256, executor: Address) -> Outcome {
        ensure(!executor.is_zero(), || ZeroAddress {})?;
        self.chain_id.set(chain_id);
        self.executor.set(executor);
        let own = self.vm().contract_address();
        self.own.set(own);
        Ok(())
    }

    /// Whether updates can be routed to a chain: to this one only.
    fn location_exists(&self, chain_id: U256) -> Outcome<bool> {
        Ok(chain_id == self.chain_id.get())
    }

    /// No inbox, and the executor of this chain.
    fn location(&self, chain_id: U256) -> Outcome<(Address, Address)> {
        let known = self.location_exists(chain_id)?;
        Ok((Address::ZERO, if known { self.executor.get() } else { Address::ZERO }))
    }

    /// The call that carries out the actions: the executor, and its calldata.
    ///
    /// `predecessor` and `salt` belong to a second timelock, of which there is none. Errors: `ParamLengthMismatch`,
    /// `UpgadeExecDoesntExist`, `EmptyActionBytesData`.
    fn route(
        &self,
        chain_ids: Vec<U256>,
        actions: Vec<Address>,
        values: Vec<U256>,
        datas: Vec<Bytes>,
        _predecessor: B256,
        _salt: B256,
    ) -> Outcome<(Address, Bytes)> {
        for len in [actions.len(), values.len(), datas.len()] {
            ensure(len == chain_ids.len(), || ParamLengthMismatch {
                len1: U256::from(chain_ids.len()),
                len2: U256::from(len),
            })?;
        }
        for chain_id in &chain_ids {
            ensure(self.location_exists(*chain_id)?, || UpgadeExecDoesntExist { chainId: *chain_id })?;
        }
        ensure(datas.iter().all(|data| !data.is_empty()), || EmptyActionBytesData(datas.clone()))?;
        let (upgrade, data) = match (&actions[..], &datas[..]) {
            ([action], [data]) => (*action, data.clone()),
            _ => (self.own.get(), ILocalRoute::performCall { actions, datas }.abi_encode().into()),
        };
        let execute = IUpgradeExecutor::executeCall { upgrade, upgradeCallData: data };
        Ok((self.executor.get(), execute.abi_encode().into()))
    }

    /// Delegate-calls each action with its data, for the executor that delegate-calls this.
    fn perform(&mut self, actions: Vec<Address>, datas: Vec<Bytes>) -> Outcome {
        ensure(actions.len() == datas.len(), || ParamLengthMismatch {
            len1: U256::from(actions.len()),
            len2: U256::from(datas.len()),
        })?;
        for (action, data) in actions.into_iter().zip(datas) {
            call::require_code(self.vm(), action)?;
            call::delegate_call(self.vm(), action, &data).map_err(Revert::bubble)?;
        }
        Ok(())
    }
}
