//! What the contracts share: calldata, dispatch, reverts, calls, and the building blocks of governance.
//!
//! A contract of this project is a `#[storage]` struct with methods that return [`Outcome`], and a table
//! ([`dispatch!`]) that says which selector reaches which method. It holds storage, guards, events and calls; what can be
//! decided without them is decided in `ephor-rules`.

#![cfg_attr(target_arch = "wasm32", no_std)]

#[doc(hidden)]
pub extern crate alloc;

pub mod access_control;
pub mod addresses;
pub mod call;
pub mod calldata;
pub mod checkpoints;
pub mod dispatch;
pub mod ecdsa;
pub mod eip712;
pub mod election;
pub mod encode;
pub mod erc165;
pub mod governor;
pub mod initializer;
pub mod log;
pub mod multi_send;
pub mod multicall;
pub mod ownable;
pub mod revert;
pub mod safe;
pub mod storage;
pub mod text;
pub mod timelock;
pub mod token_receiver;

/// A panic traps, which reverts without data. What it would say is never built: words and formatting are an eighth of a contract.
#[cfg(target_arch = "wasm32")]
#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    core::arch::wasm32::unreachable()
}

pub use access_control::{AccessControl, AccessControlStorage};
pub use call::{invoke, query};
pub use calldata::{Decode, Memory, Slice};
pub use eip712::Eip712;
pub use encode::Encode;
pub use erc165::Erc165;
pub use initializer::{Initializable, InitializableStorage};
pub use log::emit;
pub use ownable::{Ownable, OwnableStorage};
pub use revert::{Checked, Outcome, Revert, ensure, require};
pub use storage::Gap;
pub use timelock::{Timelock, TimelockStorage};
pub use token_receiver::TokenReceiver;
