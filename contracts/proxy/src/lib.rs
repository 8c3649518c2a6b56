//! An ERC-1967 proxy with an administrator (the transparent pattern).
//!
//! ```text
//! administrator ── admin, implementation, changeAdmin, upgradeTo, upgradeToAndCall ─▶ the proxy
//! administrator ── anything else ─▶ refused
//! anyone else   ── anything ─▶ the implementation, as a delegate call
//! ```
//! So a function of the implementation and one of the proxy cannot be mistaken for one another, whatever their selectors. Both
//! addresses lie in the slots of ERC-1967. Source: ERC-1967 and the documented behaviour of the transparent proxy; unlike some versions
//! of it, calls of others are handed on before they are decoded.

#![cfg_attr(target_arch = "wasm32", no_std, no_main, allow(missing_docs, reason = "the macro's entry point"))]

extern crate alloc;

use alloc::{vec, vec::Vec};

use alloy_primitives::{Address, U256, uint};
use ephor_abi::proxy::IProxy::{self, AdminChanged, Upgraded};
use ephor_parts::{
    Outcome, Revert,
    call::{delegate_call, is_contract, verify},
    dispatch,
    dispatch::Answer,
    emit, require, route,
};
use stylus_sdk::{prelude::*, stylus_core::HostAccess};

/// `keccak256("eip1967.proxy.implementation") - 1`.
const IMPLEMENTATION: U256 = uint!(0x360894a13ba1a3210667c828492db98dca3e2076cc3735a920a3ca505d382bbc_U256);
/// `keccak256("eip1967.proxy.admin") - 1`.
const ADMIN: U256 = uint!(0xb53127684a568b3173ae13b9f8a6016e243e63b6e8ee1178d6a717850b5d6103_U256);

/// Storage of the contract: none in the layout, which is the implementation's.
#[entrypoint]
#[storage]
pub struct Proxy {}

dispatch! {
    Proxy;
    inherit [administer];
    fallback forward;
    constructor construct(implementation: Address, admin: Address, data: &[u8]);
}

/// Calls of the administrator. `None` for everyone else, and for what is no function of the proxy.
fn administer(this: &mut Proxy, selector: u32, input: &[u8]) -> Option<Answer> {
    macro_rules! table {
        ($($pay:ident $call:ident => $method:ident($($arg:ident: $ty:ty),*);)*) => {$(
            if selector == u32::from_be_bytes(<IProxy::$call as alloy_sol_types::SolCall>::SELECTOR) {
                return Some(dispatch::answer(route!(this, input, $pay $method($($arg: $ty),*))));
            }
        )*};
    }
    if this.vm().msg_sender() != this.address_in(ADMIN) {
        return None;
    }
    table! {
        nonpayable adminCall => admin();
        nonpayable implementationCall => implementation();
        nonpayable changeAdminCall => change_admin(new_admin: Address);
        nonpayable upgradeToCall => upgrade_to(implementation: Address);
        payable upgradeToAndCallCall => upgrade_to_and_call(implementation: Address, data: &[u8]);
    }
    None
}

impl Proxy {
    /// Puts the proxy before `implementation`, which is called with `data` unless that is empty, and under `admin`. Emits `Upgraded` and
    /// `AdminChanged`.
    ///
    /// # Errors
    /// As [`upgrade_to_and_call`](Self::upgrade_to_and_call) and [`change_admin`](Self::change_admin).
    fn construct(&mut self, implementation: Address, admin: Address, data: &[u8]) -> Outcome {
        self.upgrade_to(implementation)?;
        if !data.is_empty() {
            self.call_implementation(implementation, data)?;
        }
        self.change_admin(admin)
    }

    /// The administrator.
    ///
    /// # Errors
    /// None.
    fn admin(&self) -> Outcome<Address> {
        Ok(self.address_in(ADMIN))
    }

    /// The code behind the proxy.
    ///
    /// # Errors
    /// None.
    fn implementation(&self) -> Outcome<Address> {
        Ok(self.address_in(IMPLEMENTATION))
    }

    /// Names another administrator. Emits `AdminChanged`.
    ///
    /// # Errors
    /// "ERC1967: new admin is the zero address".
    fn change_admin(&mut self, new_admin: Address) -> Outcome {
        require(!new_admin.is_zero(), "ERC1967: new admin is the zero address")?;
        emit(self.vm(), &AdminChanged { previousAdmin: self.address_in(ADMIN), newAdmin: new_admin });
        self.set_address_in(ADMIN, new_admin);
        Ok(())
    }

    /// Puts the proxy before other code. Emits `Upgraded`.
    ///
    /// # Errors
    /// "ERC1967: new implementation is not a contract".
    fn upgrade_to(&mut self, implementation: Address) -> Outcome {
        require(is_contract(self.vm(), implementation), "ERC1967: new implementation is not a contract")?;
        self.set_address_in(IMPLEMENTATION, implementation);
        emit(self.vm(), &Upgraded { implementation });
        Ok(())
    }

    /// Puts the proxy before other code and calls that, even with no data. Emits `Upgraded`.
    ///
    /// # Errors
    /// As [`upgrade_to`](Self::upgrade_to); what the code reverts with, or "Address: low-level delegate call failed".
    fn upgrade_to_and_call(&mut self, implementation: Address, data: &[u8]) -> Outcome {
        self.upgrade_to(implementation)?;
        self.call_implementation(implementation, data)
    }

    /// Runs new code once, as the proxy's own.
    ///
    /// # Errors
    /// See [`upgrade_to_and_call`](Self::upgrade_to_and_call).
    fn call_implementation(&self, implementation: Address, data: &[u8]) -> Outcome {
        verify(delegate_call(self.vm(), implementation, data), "Address: low-level delegate call failed").map(drop)
    }

    /// Runs the implementation as the proxy's own code.
    ///
    /// # Errors
    /// What the implementation reverts with; "TransparentUpgradeableProxy: admin cannot fallback to proxy target".
    fn forward(&mut self, calldata: &[u8]) -> Outcome<Vec<u8>> {
        let refused = "TransparentUpgradeableProxy: admin cannot fallback to proxy target";
        require(self.vm().msg_sender() != self.address_in(ADMIN), refused)?;
        delegate_call(self.vm(), self.address_in(IMPLEMENTATION), calldata).map_err(Revert::bubble)
    }

    fn address_in(&self, slot: U256) -> Address {
        Address::from_word(self.vm().storage_load_bytes32(slot))
    }

    fn set_address_in(&mut self, slot: U256, address: Address) {
        // SAFETY: no storage type stands for the slot, so nothing aliases it.
        unsafe { self.vm().storage_cache_bytes32(slot, address.into_word()) };
    }
}
