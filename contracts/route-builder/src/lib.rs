//! Builds the call that carries an update from the governance chain to the upgrade executor of each chain.
//!
//! ```text
//! timelock (governance chain) ─▶ ArbSys.sendTxToL1 ─▶ scheduleBatch (L1 timelock) ─┬▶ executor on L1
//!                                                                                  └▶ retryable ticket ─▶ executor on an L2
//! ```
//!
//! The contract only encodes: it knows the upgrade executor of each chain and, unless that chain is L1, the inbox that
//! leads there. An action on L1 becomes a direct call of the executor; an action elsewhere is addressed to
//! [`RETRYABLE_TICKET_MAGIC`], which the L1 timelock takes for "create a retryable ticket with this payload". Source: the
//! ABI and traces of the deployed contract, and the calldata of real updates.
//!
//! Nothing changes after construction. Deliberate deviation: the deployed contract keeps the L1 timelock and its delay in
//! its code (Solidity's immutables), and so has no slots for them. A Stylus program cannot be specialised when it is
//! deployed, so they are kept in storage, at a namespace of their own (ERC-7201, [`NAMESPACE`]) that no slot of the
//! deployed layout can meet.

#![cfg_attr(target_arch = "wasm32", no_std, no_main, allow(missing_docs, reason = "the macro's entry point"))]
#![allow(clippy::needless_pass_by_value, reason = "a table hands over what it decoded")]

extern crate alloc;

mod route;

use alloc::{vec, vec::Vec};

use alloy_primitives::{Address, B256, Bytes, U256, uint};
use ephor_abi::{
    bridge::RETRYABLE_TICKET_MAGIC,
    common::{ICommonErrors::ZeroAddress, IRetryableMagic},
    council::IRouteBuilder::{
        self, EmptyActionBytesData, ParamLengthMismatch, UpgadeExecDoesntExist, UpgradeExecAlreadyExists,
    },
};
use ephor_parts::{Outcome, dispatch, ensure, static_struct};
use stylus_sdk::{
    prelude::*,
    storage::{StorageAddress, StorageMap, StorageType, StorageU256},
};

use crate::route::{Action, ActionKind, Destination};

/// Where the L1 timelock and its delay are kept: `keccak256(abi.encode(uint256(keccak256("ephor.route-builder")) - 1))` with
/// the last byte cleared (ERC-7201).
pub const NAMESPACE: U256 = uint!(0x81123ef01204ddb67a1b076e464f9721cbcfa3fff921d764f851d7c3e792ed00_U256);

/// The slots beyond the layout of the deployed contract: the L1 timelock, and its delay in seconds.
pub const NAMESPACED_SLOTS: &[U256] = &[NAMESPACE, NAMESPACE.wrapping_add(U256::ONE)];

/// The calldata of an action when none is given: `perform()`.
const DEFAULT_CALLDATA: [u8; 4] = [0xb1, 0x47, 0xf4, 0x0c];

/// The upgrade executor of a chain and the way there.
#[storage]
pub struct Location {
    inbox: StorageAddress,
    upgrade_executor: StorageAddress,
}

/// What the deployed contract keeps in its code.
#[storage]
struct Immutables {
    l1_timelock: StorageAddress,
    l1_timelock_min_delay_seconds: StorageU256,
}

/// Storage of the contract.
#[entrypoint]
#[storage]
pub struct RouteBuilder {
    locations: StorageMap<U256, Location>,
}

static_struct! {
    /// The upgrade executor of a chain as the constructor takes it; the inbox is zero for L1.
    #[derive(Clone, Copy, Debug)]
    pub struct LocationArgs {
        /// The inbox on L1 that leads to the chain.
        inbox: Address,
        /// The executor.
        upgrade_executor: Address,
    }
}

static_struct! {
    /// A chain and its upgrade executor.
    #[derive(Clone, Copy, Debug)]
    pub struct ChainArgs {
        /// The chain.
        chain_id: U256,
        /// Its executor.
        location: LocationArgs,
    }
}

dispatch! {
    RouteBuilder;
    nonpayable IRouteBuilder::createActionRouteDataCall => create_route(
        chain_ids: Vec<U256>, actions: Vec<Address>, values: Vec<U256>, datas: Vec<Bytes>, predecessor: B256, salt: B256,
    );
    nonpayable IRouteBuilder::createActionRouteData2Call => create_typed_route(
        chain_ids: Vec<U256>, actions: Vec<Address>, values: Vec<U256>, datas: Vec<Bytes>, kinds: Vec<U256>, predecessor: B256,
        salt: B256,
    );
    nonpayable IRouteBuilder::createActionRouteDataWithDefaultsCall => create_default_route(
        chain_ids: Vec<U256>, actions: Vec<Address>, salt: B256,
    );
    nonpayable IRouteBuilder::upExecLocationExistsCall => location_exists(chain_id: U256);
    nonpayable IRouteBuilder::upExecLocationsCall => location(chain_id: U256);
    nonpayable IRouteBuilder::l1TimelockAddrCall => l1_timelock();
    nonpayable IRouteBuilder::l1TimelockMinDelayCall => l1_timelock_min_delay_seconds();
    nonpayable IRouteBuilder::DEFAULT_GOV_ACTION_CALLDATACall => default_calldata();
    nonpayable IRouteBuilder::DEFAULT_PREDECESSORCall => default_predecessor();
    nonpayable IRouteBuilder::DEFAULT_VALUECall => default_value();
    nonpayable IRetryableMagic::RETRYABLE_TICKET_MAGICCall => retryable_ticket_magic();
    constructor construct(chains: Vec<ChainArgs>, l1_timelock: Address, l1_timelock_min_delay_seconds: U256);
}

impl RouteBuilder {
    /// Sets the executor of each chain, and the L1 timelock with the delay that every operation of a route is given.
    ///
    /// # Errors
    /// `ZeroAddress` for the timelock or an executor; `UpgradeExecAlreadyExists` for a chain named twice.
    fn construct(
        &mut self,
        chains: Vec<ChainArgs>,
        l1_timelock: Address,
        l1_timelock_min_delay_seconds: U256,
    ) -> Outcome {
        ensure(!l1_timelock.is_zero(), || ZeroAddress {})?;
        for ChainArgs { chain_id, location } in chains {
            ensure(!location.upgrade_executor.is_zero(), || ZeroAddress {})?;
            ensure(!self.location_exists(chain_id)?, || UpgradeExecAlreadyExists { chindId: chain_id })?;
            let mut stored = self.locations.setter(chain_id);
            stored.inbox.set(location.inbox);
            stored.upgrade_executor.set(location.upgrade_executor);
        }
        let mut immutables = self.immutables();
        immutables.l1_timelock.set(l1_timelock);
        immutables.l1_timelock_min_delay_seconds.set(l1_timelock_min_delay_seconds);
        Ok(())
    }

    /// The call that makes the executor of each chain delegate-call its action: target and calldata. The four lists run
    /// in parallel; `predecessor` and `salt` are those of the operation on the L1 timelock.
    ///
    /// # Errors
    /// As [`Self::create_typed_route`].
    fn create_route(
        &self,
        chain_ids: Vec<U256>,
        actions: Vec<Address>,
        values: Vec<U256>,
        datas: Vec<Bytes>,
        predecessor: B256,
        salt: B256,
    ) -> Outcome<(Address, Bytes)> {
        let kinds = vec![U256::ZERO; chain_ids.len()];
        self.create_typed_route(chain_ids, actions, values, datas, kinds, predecessor, salt)
    }

    /// Like [`Self::create_route`] for actions without value that take no arguments, scheduled without predecessor.
    ///
    /// # Errors
    /// As [`Self::create_typed_route`].
    fn create_default_route(
        &self,
        chain_ids: Vec<U256>,
        actions: Vec<Address>,
        salt: B256,
    ) -> Outcome<(Address, Bytes)> {
        let values = vec![U256::ZERO; chain_ids.len()];
        let datas = vec![Bytes::from_static(&DEFAULT_CALLDATA); chain_ids.len()];
        self.create_route(chain_ids, actions, values, datas, B256::ZERO, salt)
    }

    /// Like [`Self::create_route`], saying for each action whether the executor delegate-calls it (0) or calls it (1).
    ///
    /// # Errors
    /// `ParamLengthMismatch` when a list is not as long as `chain_ids`; then, for the first action at fault,
    /// `UpgadeExecDoesntExist`, `EmptyActionBytesData` or `InvalidActionType`.
    #[allow(clippy::too_many_arguments, reason = "the interface's")]
    fn create_typed_route(
        &self,
        chain_ids: Vec<U256>,
        actions: Vec<Address>,
        values: Vec<U256>,
        datas: Vec<Bytes>,
        kinds: Vec<U256>,
        predecessor: B256,
        salt: B256,
    ) -> Outcome<(Address, Bytes)> {
        let chains = chain_ids.len();
        for length in [actions.len(), values.len(), datas.len(), kinds.len()] {
            ensure(chains == length, || ParamLengthMismatch { len1: U256::from(chains), len2: U256::from(length) })?;
        }
        let mut steps = Vec::with_capacity(chains);
        for (i, &chain_id) in chain_ids.iter().enumerate() {
            let location = self.locations.getter(chain_id);
            let destination =
                Destination { inbox: location.inbox.get(), upgrade_executor: location.upgrade_executor.get() };
            ensure(!destination.upgrade_executor.is_zero(), || UpgadeExecDoesntExist { chainId: chain_id })?;
            ensure(!datas[i].is_empty(), || EmptyActionBytesData(datas.clone()))?;
            let action = Action { address: actions[i], value: values[i], data: datas[i].clone() };
            steps.push(action.step(ActionKind::of(kinds[i])?, destination));
        }
        let immutables = self.immutables();
        let delay_seconds = immutables.l1_timelock_min_delay_seconds.get();
        Ok(route::across(immutables.l1_timelock.get(), steps, predecessor, salt, delay_seconds))
    }

    /// Whether the executor of a chain is known.
    fn location_exists(&self, chain_id: U256) -> Outcome<bool> {
        Ok(!self.locations.getter(chain_id).upgrade_executor.get().is_zero())
    }

    /// The inbox (zero for L1) and the executor of a chain.
    fn location(&self, chain_id: U256) -> Outcome<(Address, Address)> {
        let location = self.locations.getter(chain_id);
        Ok((location.inbox.get(), location.upgrade_executor.get()))
    }

    /// The timelock on L1.
    fn l1_timelock(&self) -> Outcome<Address> {
        Ok(self.immutables().l1_timelock.get())
    }

    /// The delay that operations on the L1 timelock are scheduled with, in seconds.
    fn l1_timelock_min_delay_seconds(&self) -> Outcome<U256> {
        Ok(self.immutables().l1_timelock_min_delay_seconds.get())
    }

    /// The calldata of an action when none is given.
    fn default_calldata(&self) -> Outcome<Bytes> {
        Ok(Bytes::from_static(&DEFAULT_CALLDATA))
    }

    /// The predecessor of an operation when none is given: none.
    fn default_predecessor(&self) -> Outcome<B256> {
        Ok(B256::ZERO)
    }

    /// The value of an action when none is given.
    fn default_value(&self) -> Outcome<U256> {
        Ok(U256::ZERO)
    }

    /// The target that stands for "create a retryable ticket".
    fn retryable_ticket_magic(&self) -> Outcome<Address> {
        Ok(RETRYABLE_TICKET_MAGIC)
    }

    fn immutables(&self) -> Immutables {
        // SAFETY: the namespace belongs to these two fields alone, and nothing else in the contract refers to it.
        unsafe { Immutables::new(NAMESPACE, 0, self.vm().clone()) }
    }
}

#[cfg(test)]
mod tests {
    use alloy_primitives::keccak256;

    use super::*;

    #[test]
    fn the_namespace_is_that_of_its_name() {
        let name = U256::from_be_bytes(keccak256("ephor.route-builder").0) - U256::ONE;
        let mut expected = keccak256(name.to_be_bytes::<32>());
        expected.0[31] = 0;
        assert_eq!(B256::from(NAMESPACE), expected);
    }
}
