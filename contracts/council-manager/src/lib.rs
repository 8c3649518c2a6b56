//! Who sits on the council, and the update that every change sends to each Safe.
//!
//! ```text
//! election, removal, the council itself ─▶ manager ─▶ L2 timelock ─▶ route ─▶ upgrade executor ─▶ member sync ─▶ each Safe
//! ```
//!
//! The council is two cohorts of equal size. Who may change what is a matter of roles: the member election replaces a
//! cohort; a removal governor removes; the council adds, replaces and rotates. Every change raises the update nonce and
//! schedules one operation on the L2 timelock that carries the *whole* new council to every Safe, so updates that arrive out
//! of order do no harm: the one with the highest nonce wins. Salt of the operation:
//! `keccak256(abi.encode(members, nonce))`.
//!
//! Invariants after initialisation, kept by `ephor_rules::membership`: nobody is added who sits already or is the zero
//! address, and no cohort outgrows its seats. The initial cohorts are taken as given.
//!
//! | module | holds |
//! |---|---|
//! | `membership` | changes of members |
//! | `councils` | the Safes that follow, and the router that knows the way |
//! | `update` | what a change sends |
//!
//! Source: seed 004, "Security Council manager"; the ABI and traces of the deployed contract.

#![cfg_attr(target_arch = "wasm32", no_std, no_main, allow(missing_docs, reason = "the macro's entry point"))]
#![allow(clippy::needless_pass_by_value, reason = "a table hands over what it decoded")]

extern crate alloc;

mod councils;
mod membership;
mod update;

use alloc::{vec, vec::Vec};

use alloy_primitives::{Address, B256, FixedBytes, U256};
use ephor_abi::{
    bridge::RETRYABLE_TICKET_MAGIC,
    common::{ICommonErrors::NotAContract, IRetryableMagic},
    council::ICouncilManager::{self, CohortLengthMismatch},
    roles,
};
use ephor_parts::{
    AccessControl, AccessControlStorage, Erc165, Gap, Initializable, InitializableStorage, Outcome, access_control,
    call::is_contract, dispatch, dynamic_struct, ensure, erc165,
};
use stylus_sdk::{
    prelude::*,
    storage::{StorageAddress, StorageU256, StorageVec},
};

use crate::{
    councils::{Council, CouncilArgs},
    membership::Cohort,
};

/// Storage of the contract.
#[entrypoint]
#[storage]
pub struct CouncilManager {
    initializable: InitializableStorage,
    _context_gap: Gap<50>,
    _erc165_gap: Gap<50>,
    access_control: AccessControlStorage,
    first_cohort: StorageVec<StorageAddress>,
    second_cohort: StorageVec<StorageAddress>,
    l2_timelock: StorageAddress,
    councils: StorageVec<Council>,
    router: StorageAddress,
    update_nonce: StorageU256,
    cohort_size: StorageU256,
    _gap: Gap<43>,
}

dynamic_struct! {
    /// Who gets which role at initialisation.
    #[derive(Clone, Debug)]
    pub struct RolesArgs {
        /// Administers all roles, the councils and the router.
        admin: Address,
        /// Replaces a whole cohort.
        cohort_replacer: Address,
        /// Adds members.
        member_adder: Address,
        /// Remove members.
        member_removers: Vec<Address>,
        /// Rotates keys of members.
        member_rotator: Address,
        /// Replaces members.
        member_replacer: Address,
    }
}

dispatch! {
    CouncilManager;
    nonpayable ICouncilManager::initializeCall => initialize(
        first_cohort: Vec<Address>, second_cohort: Vec<Address>, councils: Vec<CouncilArgs>, roles: RolesArgs,
        l2_timelock: Address, router: Address,
    );
    nonpayable ICouncilManager::replaceCohortCall => replace_cohort(newcomers: Vec<Address>, cohort: Cohort);
    nonpayable ICouncilManager::addMemberCall => add_member(newcomer: Address, cohort: Cohort);
    nonpayable ICouncilManager::removeMemberCall => remove_member(member: Address);
    nonpayable ICouncilManager::replaceMemberCall => replace_member(member: Address, newcomer: Address);
    nonpayable ICouncilManager::rotateMemberCall => rotate_member(current: Address, next: Address);
    nonpayable ICouncilManager::addSecurityCouncilCall => add_council(council: CouncilArgs);
    nonpayable ICouncilManager::removeSecurityCouncilCall => remove_council(council: CouncilArgs);
    nonpayable ICouncilManager::setUpgradeExecRouteBuilderCall => set_router(router: Address);
    nonpayable ICouncilManager::getFirstCohortCall => first_cohort();
    nonpayable ICouncilManager::getSecondCohortCall => second_cohort();
    nonpayable ICouncilManager::getBothCohortsCall => both_cohorts();
    nonpayable ICouncilManager::firstCohortIncludesCall => first_cohort_includes(account: Address);
    nonpayable ICouncilManager::secondCohortIncludesCall => second_cohort_includes(account: Address);
    nonpayable ICouncilManager::cohortIncludesCall => cohort_includes(cohort: Cohort, account: Address);
    nonpayable ICouncilManager::cohortSizeCall => cohort_size();
    nonpayable ICouncilManager::getScheduleUpdateInnerDataCall => update_data(nonce: U256);
    nonpayable ICouncilManager::generateSaltCall => salt(members: Vec<Address>, nonce: U256);
    nonpayable ICouncilManager::updateNonceCall => update_nonce();
    nonpayable ICouncilManager::l2CoreGovTimelockCall => l2_timelock();
    nonpayable ICouncilManager::routerCall => router();
    nonpayable ICouncilManager::securityCouncilsCall => council(index: U256);
    nonpayable ICouncilManager::securityCouncilsLengthCall => councils_length();
    nonpayable ICouncilManager::MAX_SECURITY_COUNCILSCall => max_councils();
    nonpayable ICouncilManager::COHORT_REPLACER_ROLECall => cohort_replacer_role();
    nonpayable ICouncilManager::MEMBER_ADDER_ROLECall => member_adder_role();
    nonpayable ICouncilManager::MEMBER_REMOVER_ROLECall => member_remover_role();
    nonpayable ICouncilManager::MEMBER_REPLACER_ROLECall => member_replacer_role();
    nonpayable ICouncilManager::MEMBER_ROTATOR_ROLECall => member_rotator_role();
    nonpayable IRetryableMagic::RETRYABLE_TICKET_MAGICCall => retryable_ticket_magic();
    inherit [access_control::routes, erc165::routes];
}

impl CouncilManager {
    /// Takes the place of the constructor: the cohorts as given, the roles, the timelock, the router, the councils.
    ///
    /// # Errors
    /// `Initializable: contract is already initialized`; `CohortLengthMismatch`; `NotAContract` for the timelock or the
    /// router; for a council as [`Self::add_council`].
    ///
    /// # Events
    /// `RoleGranted` for each role, `UpgradeExecRouteBuilderSet`, `SecurityCouncilAdded` for each council, `Initialized`.
    fn initialize(
        &mut self,
        first_cohort: Vec<Address>,
        second_cohort: Vec<Address>,
        councils: Vec<CouncilArgs>,
        roles: RolesArgs,
        l2_timelock: Address,
        router: Address,
    ) -> Outcome {
        self.initialize_once(|manager| {
            if first_cohort.len() != second_cohort.len() {
                return Err(CohortLengthMismatch { cohort1: first_cohort, cohort2: second_cohort }.into());
            }
            manager.cohort_size.set(U256::from(first_cohort.len()));
            manager.store_cohort(Cohort::First, &[], &first_cohort);
            manager.store_cohort(Cohort::Second, &[], &second_cohort);
            manager.grant_initial_roles(&roles)?;
            ensure(is_contract(manager.vm(), l2_timelock), || NotAContract { account: l2_timelock })?;
            manager.l2_timelock.set(l2_timelock);
            manager.store_router(router)?;
            councils.into_iter().try_for_each(|council| manager.store_council(council))
        })
    }

    fn grant_initial_roles(&mut self, roles: &RolesArgs) -> Outcome {
        self.set_role(roles::DEFAULT_ADMIN, roles.admin)?;
        self.set_role(roles::COHORT_REPLACER, roles.cohort_replacer)?;
        self.set_role(roles::MEMBER_ADDER, roles.member_adder)?;
        for &remover in &roles.member_removers {
            self.set_role(roles::MEMBER_REMOVER, remover)?;
        }
        self.set_role(roles::MEMBER_ROTATOR, roles.member_rotator)?;
        self.set_role(roles::MEMBER_REPLACER, roles.member_replacer)
    }

    /// The timelock that updates are scheduled on.
    fn l2_timelock(&self) -> Outcome<Address> {
        Ok(self.l2_timelock.get())
    }

    /// The role that may replace a cohort.
    fn cohort_replacer_role(&self) -> Outcome<B256> {
        Ok(roles::COHORT_REPLACER)
    }

    /// The role that may add a member.
    fn member_adder_role(&self) -> Outcome<B256> {
        Ok(roles::MEMBER_ADDER)
    }

    /// The role that may remove a member.
    fn member_remover_role(&self) -> Outcome<B256> {
        Ok(roles::MEMBER_REMOVER)
    }

    /// The role that may replace a member.
    fn member_replacer_role(&self) -> Outcome<B256> {
        Ok(roles::MEMBER_REPLACER)
    }

    /// The role that may rotate a member's key.
    fn member_rotator_role(&self) -> Outcome<B256> {
        Ok(roles::MEMBER_ROTATOR)
    }

    /// The target that stands for "create a retryable ticket".
    fn retryable_ticket_magic(&self) -> Outcome<Address> {
        Ok(RETRYABLE_TICKET_MAGIC)
    }
}

impl Initializable for CouncilManager {
    fn initializable(&self) -> &InitializableStorage {
        &self.initializable
    }

    fn initializable_mut(&mut self) -> &mut InitializableStorage {
        &mut self.initializable
    }
}

impl AccessControl for CouncilManager {
    fn access_control(&self) -> &AccessControlStorage {
        &self.access_control
    }

    fn access_control_mut(&mut self) -> &mut AccessControlStorage {
        &mut self.access_control
    }
}

impl Erc165 for CouncilManager {
    const INTERFACES: &'static [FixedBytes<4>] = &[erc165::ACCESS_CONTROL];
}
