//! Roles: who may do what, and which role decides who has a role.
//!
//! Every role is administered by a role, [`roles::DEFAULT_ADMIN`] if none was named. A role is granted and revoked by
//! those who have its administering role, and given up by its holder. Granting twice and revoking what nobody has are
//! accepted and do nothing. Source: OpenZeppelin Contracts Upgradeable 4.7.3, `AccessControlUpgradeable`.

use alloc::{format, vec, vec::Vec};

use alloy_primitives::{Address, B256};
use ephor_abi::{
    common::IAccessControl::{self, RoleAdminChanged, RoleGranted, RoleRevoked},
    roles,
};
use stylus_sdk::{
    host::VM,
    prelude::*,
    storage::{StorageB256, StorageBool, StorageMap},
    stylus_core::HostAccess,
};

use crate::{
    Gap, emit, require,
    revert::{Outcome, Revert},
    routes,
};

/// Who has a role, and which role administers it.
#[storage]
pub struct Role {
    members: StorageMap<Address, StorageBool>,
    admin: StorageB256,
}

/// The roles, with the room kept behind them: 50 slots. In every contract it follows the `Gap<50>` of interface detection.
#[storage]
pub struct AccessControlStorage {
    roles: StorageMap<B256, Role>,
    _gap: Gap<49>,
}

/// A contract with roles.
pub trait AccessControl: HostAccess<Host = VM> {
    /// Where the roles are kept.
    fn access_control(&self) -> &AccessControlStorage;

    /// Where the roles are kept.
    fn access_control_mut(&mut self) -> &mut AccessControlStorage;

    /// The role that administers a role which names no other: zero.
    ///
    /// # Errors
    /// None.
    fn default_admin_role(&self) -> Outcome<B256> {
        Ok(roles::DEFAULT_ADMIN)
    }

    /// The role that administers `role`.
    ///
    /// # Errors
    /// None.
    fn get_role_admin(&self, role: B256) -> Outcome<B256> {
        Ok(self.access_control().roles.getter(role).admin.get())
    }

    /// Whether `account` has `role`.
    ///
    /// # Errors
    /// None.
    fn has_role(&self, role: B256, account: Address) -> Outcome<bool> {
        Ok(self.access_control().roles.getter(role).members.get(account))
    }

    /// Grants `role` to `account` in the name of the administrator who calls. Emits `RoleGranted` if the account had it not.
    ///
    /// # Errors
    /// `AccessControl: account … is missing role …`.
    fn grant_role(&mut self, role: B256, account: Address) -> Outcome {
        self.only_role(self.get_role_admin(role)?)?;
        self.set_role(role, account)
    }

    /// Revokes `role` from `account` in the name of the administrator who calls. Emits `RoleRevoked` if the account had it.
    ///
    /// # Errors
    /// `AccessControl: account … is missing role …`.
    fn revoke_role(&mut self, role: B256, account: Address) -> Outcome {
        self.only_role(self.get_role_admin(role)?)?;
        self.unset_role(role, account)
    }

    /// Gives up the caller's own `role`. Emits `RoleRevoked` if the caller had it.
    ///
    /// # Errors
    /// `AccessControl: can only renounce roles for self`.
    fn renounce_role(&mut self, role: B256, account: Address) -> Outcome {
        require(account == self.vm().msg_sender(), "AccessControl: can only renounce roles for self")?;
        self.unset_role(role, account)
    }

    /// Guards a function that only holders of `role` may call.
    ///
    /// # Errors
    /// `AccessControl: account … is missing role …`.
    fn only_role(&self, role: B256) -> Outcome {
        self.check_role(role, self.vm().msg_sender())
    }

    /// Refuses an account that does not have `role`.
    ///
    /// # Errors
    /// `AccessControl: account … is missing role …`, both in lower-case hexadecimal.
    fn check_role(&self, role: B256, account: Address) -> Outcome {
        if self.has_role(role, account)? {
            return Ok(());
        }
        // Formatting through the fixed bytes, because an address displays with its checksum.
        let account = account.into_word();
        let account = alloy_primitives::hex::encode(&account[12..]);
        Err(Revert::message(&format!("AccessControl: account 0x{account} is missing role {role:#x}")))
    }

    /// Gives `role` to `account` without asking who calls: `_setupRole`, `_grantRole`.
    ///
    /// # Errors
    /// None.
    fn set_role(&mut self, role: B256, account: Address) -> Outcome {
        if !self.has_role(role, account)? {
            self.access_control_mut().roles.setter(role).members.setter(account).set(true);
            emit(self.vm(), &RoleGranted { role, account, sender: self.vm().msg_sender() });
        }
        Ok(())
    }

    /// Takes `role` from `account` without asking who calls: `_revokeRole`.
    ///
    /// # Errors
    /// None.
    fn unset_role(&mut self, role: B256, account: Address) -> Outcome {
        if self.has_role(role, account)? {
            self.access_control_mut().roles.setter(role).members.setter(account).set(false);
            emit(self.vm(), &RoleRevoked { role, account, sender: self.vm().msg_sender() });
        }
        Ok(())
    }

    /// Lets `admin` administer `role` from now on: `_setRoleAdmin`. Emits `RoleAdminChanged`.
    ///
    /// # Errors
    /// None.
    fn set_role_admin(&mut self, role: B256, admin: B256) -> Outcome {
        let previous = self.get_role_admin(role)?;
        self.access_control_mut().roles.setter(role).admin.set(admin);
        emit(self.vm(), &RoleAdminChanged { role, previousAdminRole: previous, newAdminRole: admin });
        Ok(())
    }
}

routes! {
    /// The functions of roles.
    pub fn routes<C: AccessControl>;
    nonpayable IAccessControl::DEFAULT_ADMIN_ROLECall => default_admin_role();
    nonpayable IAccessControl::getRoleAdminCall => get_role_admin(role: B256);
    nonpayable IAccessControl::hasRoleCall => has_role(role: B256, account: Address);
    nonpayable IAccessControl::grantRoleCall => grant_role(role: B256, account: Address);
    nonpayable IAccessControl::revokeRoleCall => revoke_role(role: B256, account: Address);
    nonpayable IAccessControl::renounceRoleCall => renounce_role(role: B256, account: Address);
}
