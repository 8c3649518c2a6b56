//! The releases of the Safe, and what sets them apart.
//!
//! | | 1.3.0 | 1.4.1 |
//! |---|---|---|
//! | events about owners, modules, guard, handler, execution | in the data | first parameter indexed |
//! | guard | any address | must say it is one by ERC-165, else `GS300` |
//! | delegate call of `setup` | to any address | to code, else `GS002` |
//! | contract signature | any data | the data must hash to the hash, else `GS027` |
//! | page of modules | `next` is the one after the page, start and size are not checked | `next` is the last of the page; `GS105`, `GS106` |
//! | fallback handler | any address | not the account itself, else `GS400` |
//! | `requiredTxGas` | there | gone |
//!
//! Hashes and domain are the same. Source: the published list of changes of 1.4.0 and 1.4.1 and the list of error codes.

use alloy_primitives::{Address, B256, U256};
use ephor_abi::safe::{ISafe, ISafeIndexed};
use stylus_sdk::host::VM;

use crate::log::emit;

/// A release of the Safe.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Release {
    /// 1.3.0.
    V1_3_0,
    /// 1.4.1.
    V1_4_1,
}

/// Makes a method for an event that 1.4.1 indexes.
macro_rules! announcements {
    ($($(#[$meta:meta])* $method:ident = $event:ident { $($field:ident: $ty:ty),* };)*) => {$(
        $(#[$meta])*
        #[allow(non_snake_case, reason = "the interface's names")]
        pub(super) fn $method(self, vm: &VM, $($field: $ty),*) {
            match self {
                Self::V1_3_0 => emit(vm, &ISafe::$event { $($field),* }),
                Self::V1_4_1 => emit(vm, &ISafeIndexed::$event { $($field),* }),
            }
        }
    )*};
}

impl Release {
    /// What the account says its version is.
    #[must_use]
    pub const fn version(self) -> &'static str {
        match self {
            Self::V1_3_0 => "1.3.0",
            Self::V1_4_1 => "1.4.1",
        }
    }

    announcements! {
        /// Emits `AddedOwner`.
        added_owner = AddedOwner { owner: Address };
        /// Emits `RemovedOwner`.
        removed_owner = RemovedOwner { owner: Address };
        /// Emits `EnabledModule`.
        enabled_module = EnabledModule { module: Address };
        /// Emits `DisabledModule`.
        disabled_module = DisabledModule { module: Address };
        /// Emits `ChangedGuard`.
        changed_guard = ChangedGuard { guard: Address };
        /// Emits `ChangedFallbackHandler`.
        changed_handler = ChangedFallbackHandler { handler: Address };
        /// Emits `ExecutionSuccess`.
        execution_success = ExecutionSuccess { txHash: B256, payment: U256 };
        /// Emits `ExecutionFailure`.
        execution_failure = ExecutionFailure { txHash: B256, payment: U256 };
    }
}
