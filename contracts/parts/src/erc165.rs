//! Interface detection (ERC-165).
//!
//! A contract names the interfaces it has beyond ERC-165 itself; the identifier of an interface is the exclusive or of
//! the selectors of its functions.

use alloy_primitives::FixedBytes;
use alloy_sol_types::SolCall;
use ephor_abi::common::{IAccessControl, IERC165, ITokenReceiver};
use stylus_sdk::{host::VM, stylus_core::HostAccess};

use crate::{revert::Outcome, routes};

/// The identifier of an interface with these functions.
#[must_use]
pub const fn interface_id(selectors: &[[u8; 4]]) -> FixedBytes<4> {
    let mut id = 0;
    let mut i = 0;
    while i < selectors.len() {
        id ^= u32::from_be_bytes(selectors[i]);
        i += 1;
    }
    FixedBytes(id.to_be_bytes())
}

/// `IERC165`.
pub const ERC165: FixedBytes<4> = interface_id(&[IERC165::supportsInterfaceCall::SELECTOR]);

/// `IAccessControl`.
pub const ACCESS_CONTROL: FixedBytes<4> = interface_id(&[
    IAccessControl::getRoleAdminCall::SELECTOR,
    IAccessControl::grantRoleCall::SELECTOR,
    IAccessControl::hasRoleCall::SELECTOR,
    IAccessControl::renounceRoleCall::SELECTOR,
    IAccessControl::revokeRoleCall::SELECTOR,
]);

/// `IERC1155Receiver`.
pub const ERC1155_RECEIVER: FixedBytes<4> = interface_id(&[
    ITokenReceiver::onERC1155ReceivedCall::SELECTOR,
    ITokenReceiver::onERC1155BatchReceivedCall::SELECTOR,
]);

/// A contract that says which interfaces it has.
pub trait Erc165: HostAccess<Host = VM> {
    /// The interfaces, but for ERC-165 itself.
    const INTERFACES: &'static [FixedBytes<4>];

    /// Whether the contract has an interface.
    ///
    /// # Errors
    /// None.
    fn supports_interface(&self, id: FixedBytes<4>) -> Outcome<bool> {
        Ok(id == ERC165 || Self::INTERFACES.contains(&id))
    }
}

routes! {
    /// `supportsInterface`.
    pub fn routes<C: Erc165>;
    nonpayable IERC165::supportsInterfaceCall => supports_interface(id: FixedBytes<4>);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identifiers_are_those_of_the_standards() {
        assert_eq!(ERC165, FixedBytes([0x01, 0xff, 0xc9, 0xa7]));
        assert_eq!(ACCESS_CONTROL, FixedBytes([0x79, 0x65, 0xdb, 0x0b]));
        assert_eq!(ERC1155_RECEIVER, FixedBytes([0x4e, 0x23, 0x12, 0xe0]));
    }
}
