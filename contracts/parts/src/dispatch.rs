//! From calldata to the function of a contract.
//!
//! [`dispatch!`](macro@crate::dispatch) implements the SDK's `Router` from a table: the call type of the interface, and the
//! method with its parameters as they are decoded. The SDK's own `#[public]` derives selectors and decoders from Rust types and so cannot
//! tell `bytes memory` from `bytes calldata`, decodes more leniently than Solidity, and would state every signature
//! a second time; the table takes selectors from `ephor-abi` and leaves decoding to [`calldata`](crate::calldata).
//!
//! ```text
//! calldata ─▶ own functions ─▶ inherited tables ─▶ fallback ─▶ revert without data
//! (empty)  ─▶ receive ─▶ fallback ─▶ revert without data
//! ```

use alloc::vec::Vec;

use alloy_primitives::U256;
use stylus_sdk::{host::VM, prelude::*};

use crate::{
    encode::Encode,
    revert::{Outcome, Revert},
};

/// What a contract answers: the returned data, or the data it reverts with.
pub type Answer = Result<Vec<u8>, Vec<u8>>;

/// Refuses ether.
///
/// # Errors
/// A revert without data when the call carries value.
pub fn non_payable(vm: &VM) -> Outcome {
    if vm.msg_value() == U256::ZERO { Ok(()) } else { Err(Revert::empty()) }
}

/// Turns what a function returned into what the entry point returns.
///
/// # Errors
/// The data of the revert.
pub fn answer<T: Encode>(outcome: Outcome<T>) -> Answer {
    outcome.map(Encode::encode).map_err(|revert| revert.0)
}

/// Runs one row of a table: refuses ether unless the row is payable, then decodes and calls.
#[macro_export]
#[doc(hidden)]
macro_rules! route {
    ($this:ident, $input:ident, payable $method:ident($($arg:ident: $ty:ty),*)) => {
        $crate::calldata::decode::<($($ty,)*)>($input).and_then(|($($arg,)*)| $this.$method($($arg),*))
    };
    ($this:ident, $input:ident, nonpayable $method:ident($($arg:ident: $ty:ty),*)) => {
        $crate::dispatch::non_payable(stylus_sdk::stylus_core::HostAccess::vm($this))
            .and_then(|()| $crate::calldata::decode::<($($ty,)*)>($input))
            .and_then(|($($arg,)*)| $this.$method($($arg),*))
    };
}

/// Declares a table of functions that several contracts inherit: a generic function over the trait that has them.
///
/// ```ignore
/// routes! {
///     /// Calls of an owned contract.
///     pub fn ownable<C: Ownable>;
///     nonpayable IOwnable::ownerCall => owner();
///     nonpayable IOwnable::transferOwnershipCall => transfer_ownership(new_owner: Address);
/// }
/// ```
/// With `pub fn table for Thing;` the table is that of one contract, for one that makes its own entry point.
#[macro_export]
macro_rules! routes {
    (
        $(#[$meta:meta])*
        $vis:vis fn $name:ident<$c:ident: $bound:path>;
        $($pay:ident $call:ty => $method:ident($($arg:ident: $ty:ty),* $(,)?);)*
    ) => {
        $(#[$meta])*
        ///
        /// Returns `None` if the selector is not in the table.
        #[allow(clippy::needless_pass_by_value, unused_variables)]
        #[inline(always)] // Into the contract's own table: as WASM, one large function is smaller than two.
        $vis fn $name<$c: $bound>(this: &mut $c, selector: u32, input: &[u8]) -> Option<$crate::dispatch::Answer> {
            $(
                if selector == u32::from_be_bytes(<$call as alloy_sol_types::SolCall>::SELECTOR) {
                    return Some($crate::dispatch::answer($crate::route!(this, input, $pay $method($($arg: $ty),*))));
                }
            )*
            None
        }
    };
    (
        $(#[$meta:meta])*
        $vis:vis fn $name:ident for $contract:ty;
        $($pay:ident $call:ty => $method:ident($($arg:ident: $ty:ty),* $(,)?);)*
    ) => {
        $(#[$meta])*
        ///
        /// Returns `None` if the selector is not in the table.
        #[allow(clippy::needless_pass_by_value, unused_variables)]
        #[inline(always)] // Into the contract's own table: as WASM, one large function is smaller than two.
        $vis fn $name(this: &mut $contract, selector: u32, input: &[u8]) -> Option<$crate::dispatch::Answer> {
            $(
                if selector == u32::from_be_bytes(<$call as alloy_sol_types::SolCall>::SELECTOR) {
                    return Some($crate::dispatch::answer($crate::route!(this, input, $pay $method($($arg: $ty),*))));
                }
            )*
            None
        }
    };
}

/// Implements the SDK's `Router` for a contract from a table of its functions.
///
/// ```ignore
/// dispatch! {
///     KeyValueStore;
///     nonpayable IKeyValueStore::storeCall => store();
///     payable IUpgradeExecutor::executeCall => execute(upgrade: Address, data: Bytes);
///     inherit [ownable::routes, access_control::routes];
///     receive receive_ether;                    // fn receive_ether(&mut self) -> Outcome
///     fallback anything;                        // fn anything(&mut self, calldata: &[u8]) -> Outcome<Vec<u8>>
///     constructor construct(admin: Address);    // fn construct(&mut self, admin: Address) -> Outcome
/// }
/// ```
/// The last four are optional, in this order. A constructor may run once; on Stylus the deployer calls it, and natively
/// the chain does.
#[macro_export]
macro_rules! dispatch {
    // Sorts what it is given into rows and the four optional parts.
    (@sort $contract:ident $rows:tt $inherit:tt $receive:tt $fallback:tt $constructor:tt) => {
        $crate::dispatch!(@emit $contract $rows $inherit $receive $fallback $constructor);
    };
    (@sort $contract:ident $rows:tt $inherit:tt $receive:tt $fallback:tt $constructor:tt
        inherit [$($path:path),* $(,)?]; $($rest:tt)*
    ) => {
        $crate::dispatch!(@sort $contract $rows [$($path),*] $receive $fallback $constructor $($rest)*);
    };
    (@sort $contract:ident $rows:tt $inherit:tt $receive:tt $fallback:tt $constructor:tt
        receive $method:ident; $($rest:tt)*
    ) => {
        $crate::dispatch!(@sort $contract $rows $inherit [$method] $fallback $constructor $($rest)*);
    };
    (@sort $contract:ident $rows:tt $inherit:tt $receive:tt $fallback:tt $constructor:tt
        fallback $method:ident; $($rest:tt)*
    ) => {
        $crate::dispatch!(@sort $contract $rows $inherit $receive [$method] $constructor $($rest)*);
    };
    (@sort $contract:ident $rows:tt $inherit:tt $receive:tt $fallback:tt $constructor:tt
        constructor $method:ident($($arg:ident: $ty:ty),* $(,)?); $($rest:tt)*
    ) => {
        $crate::dispatch!(@sort $contract $rows $inherit $receive $fallback [$method($($arg: $ty),*)] $($rest)*);
    };
    (@sort $contract:ident [$($rows:tt)*] $inherit:tt $receive:tt $fallback:tt $constructor:tt
        $pay:ident $call:ty => $method:ident($($arg:ident: $ty:ty),* $(,)?); $($rest:tt)*
    ) => {
        $crate::dispatch!(@sort $contract [$($rows)* {$pay $call => $method($($arg: $ty),*)}]
            $inherit $receive $fallback $constructor $($rest)*);
    };
    (@emit $contract:ident
        [$({$pay:ident $call:ty => $method:ident($($arg:ident: $ty:ty),*)})*]
        [$($inherited:path),*] [$($receive:ident)?] [$($fallback:ident)?]
        [$($constructor:ident($($carg:ident: $cty:ty),*))?]
    ) => {
        impl stylus_sdk::abi::Router<$contract> for $contract {
            type Storage = $contract;

            #[allow(unused_variables, clippy::too_many_lines)]
            fn route(this: &mut $contract, selector: u32, input: &[u8]) -> Option<stylus_sdk::ArbResult> {
                $(
                    if selector == u32::from_be_bytes(<$call as alloy_sol_types::SolCall>::SELECTOR) {
                        return Some($crate::dispatch::answer($crate::route!(this, input, $pay $method($($arg: $ty),*))));
                    }
                )*
                $(
                    if let Some(answer) = $inherited(this, selector, input) {
                        return Some(answer);
                    }
                )*
                None
            }

            #[allow(unused_variables, unreachable_code)]
            fn receive(this: &mut $contract) -> Option<Result<(), alloc::vec::Vec<u8>>> {
                $(return Some(this.$receive().map_err(|revert| revert.0));)?
                None
            }

            #[allow(unused_variables, unreachable_code)]
            fn fallback(this: &mut $contract, calldata: &[u8]) -> Option<stylus_sdk::ArbResult> {
                $(return Some(this.$fallback(calldata).map_err(|revert| revert.0));)?
                None
            }

            #[allow(unused_variables, unreachable_code)]
            fn constructor(this: &mut $contract, input: &[u8]) -> Option<stylus_sdk::ArbResult> {
                $(
                    if let Err(data) = stylus_sdk::stylus_core::ConstructorGuard::check_constructor_slot(this) {
                        return Some(Err(data));
                    }
                    return Some($crate::dispatch::answer($crate::route!(this, input, nonpayable $constructor($($carg: $cty),*))));
                )?
                None
            }
        }

        /// Runs the contract on the embedded chain.
        ///
        /// # Errors
        /// The data that the contract reverts with.
        #[cfg(not(target_arch = "wasm32"))]
        pub fn entry(calldata: alloc::vec::Vec<u8>, vm: stylus_sdk::host::VM) -> stylus_sdk::ArbResult {
            stylus_sdk::abi::router_entrypoint::<$contract, $contract>(calldata, vm)
        }
    };
    ($contract:ident; $($rest:tt)*) => {
        $crate::dispatch!(@sort $contract [] [] [] [] [] $($rest)*);
    };
}
