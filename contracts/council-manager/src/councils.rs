//! The Safes that follow the council, and the router that knows the way to each.

use alloc::{vec, vec::Vec};

use alloy_primitives::{Address, U256};
use ephor_abi::{
    common::ICommonErrors::{NotAContract, ZeroAddress},
    council::{
        ICouncilManager::{
            MaxSecurityCouncils, SecurityCouncilAdded, SecurityCouncilAlreadyInRouter, SecurityCouncilData,
            SecurityCouncilNotInManager, SecurityCouncilNotInRouter, SecurityCouncilRemoved,
            SecurityCouncilZeroChainID, UpgradeExecRouteBuilderSet,
        },
        IRouteBuilder,
    },
    roles,
};
use ephor_parts::{AccessControl, Outcome, Revert, call::is_contract, emit, ensure, query, static_struct};
use stylus_sdk::{
    prelude::*,
    storage::{StorageAddress, StorageU256},
};

use crate::CouncilManager;

/// How many Safes may follow; each costs gas in every update.
const MAX_COUNCILS: usize = 500;

/// A Safe that follows the council.
#[derive(Erase)]
#[storage]
pub struct Council {
    safe: StorageAddress,
    update_action: StorageAddress,
    chain_id: StorageU256,
}

static_struct! {
    /// A Safe that follows the council, as calldata names it.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub struct CouncilArgs {
        /// The Safe.
        safe: Address,
        /// The action that brings its owners in line.
        update_action: Address,
        /// Its chain.
        chain_id: U256,
    }
}

impl Council {
    pub(crate) fn load_args(&self) -> CouncilArgs {
        CouncilArgs { safe: self.safe.get(), update_action: self.update_action.get(), chain_id: self.chain_id.get() }
    }

    fn store_args(&mut self, council: CouncilArgs) {
        self.safe.set(council.safe);
        self.update_action.set(council.update_action);
        self.chain_id.set(council.chain_id);
    }
}

impl CouncilArgs {
    /// What an erased place in the list reads as.
    const NOTHING: Self = Self { safe: Address::ZERO, update_action: Address::ZERO, chain_id: U256::ZERO };
}

impl From<CouncilArgs> for SecurityCouncilData {
    fn from(council: CouncilArgs) -> Self {
        Self { securityCouncil: council.safe, updateAction: council.update_action, chainId: council.chain_id }
    }
}

impl CouncilManager {
    /// Lets a Safe follow from now on; the next change brings it in line. For the administrator.
    ///
    /// # Errors
    /// A missing role; `MaxSecurityCouncils`; `ZeroAddress`; `SecurityCouncilZeroChainID`; `SecurityCouncilNotInRouter`;
    /// `SecurityCouncilAlreadyInRouter` when the Safe follows already, with whatever action.
    ///
    /// # Events
    /// `SecurityCouncilAdded`.
    pub(crate) fn add_council(&mut self, council: CouncilArgs) -> Outcome {
        self.only_role(roles::DEFAULT_ADMIN)?;
        self.store_council(council)
    }

    /// [`Self::add_council`] without asking who calls.
    pub(crate) fn store_council(&mut self, council: CouncilArgs) -> Outcome {
        let length = self.councils.len();
        ensure(length != MAX_COUNCILS, || MaxSecurityCouncils { securityCouncilCount: U256::from(length) })?;
        ensure(!council.update_action.is_zero() && !council.safe.is_zero(), || ZeroAddress {})?;
        ensure(!council.chain_id.is_zero(), || SecurityCouncilZeroChainID { securiyCouncilData: council.into() })?;
        let question = IRouteBuilder::upExecLocationExistsCall { _chainId: council.chain_id };
        let (reachable,) = query::<_, (bool,)>(self.vm(), self.router.get(), &question)?;
        ensure(reachable, || SecurityCouncilNotInRouter { securiyCouncilData: council.into() })?;
        let known = self.all_councils().any(|other| other.chain_id == council.chain_id && other.safe == council.safe);
        ensure(!known, || SecurityCouncilAlreadyInRouter { securiyCouncilData: council.into() })?;
        self.councils.grow().store_args(council);
        let added = SecurityCouncilAdded {
            securityCouncil: council.safe,
            updateAction: council.update_action,
            securityCouncilsLength: U256::from(length + 1),
        };
        emit(self.vm(), &added);
        Ok(())
    }

    /// Lets a Safe follow no longer; the list's last takes its place. For the administrator.
    ///
    /// # Errors
    /// A missing role; `SecurityCouncilNotInManager` unless Safe, action and chain are those of one that follows.
    ///
    /// # Events
    /// `SecurityCouncilRemoved`. As the deployed contract does, it names not who was removed but who stands in the place
    /// now: the list's last, or nobody (zeros) when the last itself was removed.
    pub(crate) fn remove_council(&mut self, council: CouncilArgs) -> Outcome<bool> {
        self.only_role(roles::DEFAULT_ADMIN)?;
        let place = self.all_councils().position(|other| other == council);
        let Some(index) = place else {
            return Err(SecurityCouncilNotInManager { securiyCouncilData: council.into() }.into());
        };
        let last = self.councils.len() - 1;
        let mut announced = CouncilArgs::NOTHING;
        if index != last
            && let Some(moved) = self.councils.getter(last).map(|council| council.load_args())
            && let Some(mut place) = self.councils.setter(index)
        {
            place.store_args(moved);
            announced = moved;
        }
        self.councils.erase_last();
        let removed = SecurityCouncilRemoved {
            securityCouncil: announced.safe,
            updateAction: announced.update_action,
            securityCouncilsLength: U256::from(last),
        };
        emit(self.vm(), &removed);
        Ok(true)
    }

    /// Sets the router. The councils are not checked against it. For the administrator.
    ///
    /// # Errors
    /// A missing role; `NotAContract`.
    ///
    /// # Events
    /// `UpgradeExecRouteBuilderSet`.
    pub(crate) fn set_router(&mut self, router: Address) -> Outcome {
        self.only_role(roles::DEFAULT_ADMIN)?;
        self.store_router(router)
    }

    /// [`Self::set_router`] without asking who calls.
    pub(crate) fn store_router(&mut self, router: Address) -> Outcome {
        ensure(is_contract(self.vm(), router), || NotAContract { account: router })?;
        self.router.set(router);
        emit(self.vm(), &UpgradeExecRouteBuilderSet { UpgradeExecRouteBuilder: router });
        Ok(())
    }

    /// The router.
    pub(crate) fn router(&self) -> Outcome<Address> {
        Ok(self.router.get())
    }

    /// Safe, action and chain at an index.
    ///
    /// # Errors
    /// A revert without data beyond the end.
    pub(crate) fn council(&self, index: U256) -> Outcome<(Address, Address, U256)> {
        let index = usize::try_from(index).map_err(|_| Revert::empty())?;
        let council = self.councils.getter(index).ok_or_else(Revert::empty)?.load_args();
        Ok((council.safe, council.update_action, council.chain_id))
    }

    /// How many Safes follow.
    pub(crate) fn councils_length(&self) -> Outcome<U256> {
        Ok(U256::from(self.councils.len()))
    }

    /// How many Safes may follow.
    pub(crate) fn max_councils(&self) -> Outcome<U256> {
        Ok(U256::from(MAX_COUNCILS))
    }

    /// The Safes that follow, in order.
    pub(crate) fn all_councils(&self) -> impl Iterator<Item = CouncilArgs> + '_ {
        (0..self.councils.len()).filter_map(|index| self.councils.getter(index).map(|council| council.load_args()))
    }
}
