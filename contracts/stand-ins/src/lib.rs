//! Stand-ins for Arbitrum's bridges and precompiles on the embedded network.
//!
//! On live chains these contracts are somebody else's; here they are programs with the same interface, so that timelocks, wallets and
//! relayers meet what they would meet there. They are never deployed. What a bridge leaves to its operators (confirming
//! the state of a child chain, carrying messages over) is done by `ephor-network` in the name of [`SYSTEM`].
//!
//! ```text
//! child:  ArbSys.sendTxToL1 ──▶ leaf of the send tree ──(challenge period)──▶ root confirmed on the parent
//! parent: Outbox.executeTransaction(proof) ──▶ Bridge.executeCall ──▶ target
//! parent: Inbox.createRetryableTicket ──▶ Bridge.enqueueDelayedMessage ──▶ child: ticket ──▶ redeemed once, or expired
//! ```

extern crate alloc;

pub mod arb_sys;
pub mod bridge;
pub mod inbox;
pub mod merkle;
pub mod node_interface;
pub mod outbox;
pub mod retryables;

use alloy_primitives::{Address, U160, address};

/// In whose name the network acts on a chain: the address that Arbitrum's node uses for the same purpose.
pub const SYSTEM: Address = address!("00000000000000000000000000000000000A4B05");

pub use ephor_abi::bridge::{ARB_RETRYABLE_TX, ARB_SYS, NODE_INTERFACE};

const ALIAS_OFFSET: Address = address!("1111000000000000000000000000000000001111");

/// The address that a contract of the parent chain has as a sender on the child chain.
#[must_use]
pub fn alias(sender: Address) -> Address {
    let [sender, offset] = [sender, ALIAS_OFFSET].map(|address| U160::from_be_bytes(address.into_array()));
    Address::from(sender.wrapping_add(offset).to_be_bytes())
}

/// The address on the parent chain whose alias this is.
#[must_use]
pub fn unalias(sender: Address) -> Address {
    let [sender, offset] = [sender, ALIAS_OFFSET].map(|address| U160::from_be_bytes(address.into_array()));
    Address::from(sender.wrapping_sub(offset).to_be_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn aliases_as_the_real_l1_timelock_is_aliased() {
        // The executor role on Arbitrum One is held by this alias of the L1 timelock.
        let timelock = address!("E6841D92B0C345144506576eC13ECf5103aC7f49");
        assert_eq!(alias(timelock), address!("f7951D92B0C345144506576eC13Ecf5103aC905a"));
        assert_eq!(unalias(alias(timelock)), timelock);
    }

    #[test]
    fn aliasing_wraps_around() {
        let sender = Address::repeat_byte(0xFF);
        assert_eq!(unalias(alias(sender)), sender);
    }
}
