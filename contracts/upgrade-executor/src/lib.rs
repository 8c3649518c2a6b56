//! Acts for governance on one chain.
//!
//! The executor owns what governance owns. Its executors, which are the timelock and the Security Council's Safe, hand it an
//! action: code to run in its own name (`execute`, by delegate call), or a call to make (`executeCall`). One action at a
//! time: an action cannot start another through the same executor. The administrators of the roles are set once; in
//! production the executor administers itself.
//!
//! Source: the ABI, storage layout and traces of the deployed `UpgradeExecutor`.

#![cfg_attr(target_arch = "wasm32", no_std, no_main, allow(missing_docs, reason = "the macro's entry point"))]

extern crate alloc;

use alloc::{vec, vec::Vec};

use alloy_primitives::{Address, B256, Bytes, FixedBytes, U256};
use ephor_abi::{
    common::IExecutorRole,
    council::IUpgradeExecutor::{self, TargetCallExecuted, UpgradeExecuted},
    roles,
};
use ephor_parts::{
    AccessControl, AccessControlStorage, Erc165, Gap, Initializable, InitializableStorage, Outcome, access_control,
    call, dispatch, emit, erc165, require,
};
use stylus_sdk::{prelude::*, storage::StorageU256};

/// The guard's state while no action runs.
const IDLE: U256 = U256::ONE;

/// The guard's state while an action runs.
const BUSY: U256 = U256::from_limbs([2, 0, 0, 0]);

/// Storage of the contract.
#[entrypoint]
#[storage]
pub struct UpgradeExecutor {
    initializable: InitializableStorage,
    _context: Gap<50>,
    _detection: Gap<50>,
    roles: AccessControlStorage,
    status: StorageU256,
}

dispatch! {
    UpgradeExecutor;
    nonpayable IUpgradeExecutor::initializeCall => initialize(admin: Address, executors: Vec<Address>);
    payable IUpgradeExecutor::executeCall => execute(upgrade: Address, data: Bytes);
    payable IUpgradeExecutor::executeCallCall => execute_call(target: Address, data: Bytes);
    nonpayable IUpgradeExecutor::ADMIN_ROLECall => admin_role();
    nonpayable IExecutorRole::EXECUTOR_ROLECall => executor_role();
    inherit [access_control::routes, erc165::routes];
}

impl UpgradeExecutor {
    /// Sets who administers the roles and who may execute. Emits `RoleAdminChanged`, `RoleGranted`, `Initialized`.
    ///
    /// # Errors
    /// `Initializable: contract is already initialized`, `UpgradeExecutor: zero admin`.
    fn initialize(&mut self, admin: Address, executors: Vec<Address>) -> Outcome {
        self.initialize_once(|this| {
            require(!admin.is_zero(), "UpgradeExecutor: zero admin")?;
            this.set_role_admin(roles::ADMIN, roles::ADMIN)?;
            this.set_role_admin(roles::EXECUTOR, roles::ADMIN)?;
            this.set_role(roles::ADMIN, admin)?;
            executors.into_iter().try_for_each(|executor| this.set_role(roles::EXECUTOR, executor))
        })
    }

    /// Runs the code at `upgrade` with `data` in the executor's name. Emits `UpgradeExecuted` after what the code emits.
    ///
    /// # Errors
    /// A missing executor role, an action within an action, no code at `upgrade`, what the code reverts with.
    fn execute(&mut self, upgrade: Address, data: Bytes) -> Outcome {
        self.only_role(roles::EXECUTOR)?;
        self.enter()?;
        require(call::is_contract(self.vm(), upgrade), "Address: delegate call to non-contract")?;
        let returned = call::delegate_call(self.vm(), upgrade, &data);
        call::verify(returned, "UpgradeExecutor: inner delegate call failed without reason")?;
        emit(self.vm(), &UpgradeExecuted { upgrade, value: self.vm().msg_value(), data });
        self.leave();
        Ok(())
    }

    /// Calls `target` with `data` and the ether received. Emits `TargetCallExecuted` after what the callee emits.
    ///
    /// # Errors
    /// A missing executor role, an action within an action, no code at `target`, what the callee reverts with.
    fn execute_call(&mut self, target: Address, data: Bytes) -> Outcome {
        self.only_role(roles::EXECUTOR)?;
        self.enter()?;
        require(call::is_contract(self.vm(), target), "Address: call to non-contract")?;
        let value = self.vm().msg_value();
        let returned = call::call(self.vm(), target, value, &data);
        call::verify(returned, "UpgradeExecutor: inner call failed without reason")?;
        emit(self.vm(), &TargetCallExecuted { target, value, data });
        self.leave();
        Ok(())
    }

    /// The role that administers the roles.
    fn admin_role(&self) -> Outcome<B256> {
        Ok(roles::ADMIN)
    }

    /// The role that executes.
    fn executor_role(&self) -> Outcome<B256> {
        Ok(roles::EXECUTOR)
    }

    /// Begins an action.
    fn enter(&mut self) -> Outcome {
        require(self.status.get() != BUSY, "ReentrancyGuard: reentrant call")?;
        self.status.set(BUSY);
        Ok(())
    }

    /// Ends an action.
    fn leave(&mut self) {
        self.status.set(IDLE);
    }
}

impl AccessControl for UpgradeExecutor {
    fn access_control(&self) -> &AccessControlStorage {
        &self.roles
    }

    fn access_control_mut(&mut self) -> &mut AccessControlStorage {
        &mut self.roles
    }
}

impl Initializable for UpgradeExecutor {
    fn initializable(&self) -> &InitializableStorage {
        &self.initializable
    }

    fn initializable_mut(&mut self) -> &mut InitializableStorage {
        &mut self.initializable
    }
}

impl Erc165 for UpgradeExecutor {
    const INTERFACES: &'static [FixedBytes<4>] = &[erc165::ACCESS_CONTROL];
}
