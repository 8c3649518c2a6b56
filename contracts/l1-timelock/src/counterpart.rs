//! Who may propose: the counterpart on the governance chain, through the bridge.

use alloy_primitives::Address;
use ephor_abi::bridge::{IBridge, IInbox, IOutbox};
use ephor_parts::{Outcome, query, require};
use stylus_sdk::prelude::*;

use crate::L1ArbitrumTimelock;

impl L1ArbitrumTimelock {
    /// The bridge of the governance chain, as its inbox names it.
    ///
    /// # Errors
    /// What the inbox reverts with; no data if it is no contract or answers no address.
    pub(crate) fn bridge(&self) -> Outcome<Address> {
        let (bridge,) = query(self.vm(), self.governance_chain_inbox.get(), &IInbox::bridgeCall {})?;
        Ok(bridge)
    }

    /// Guards scheduling: the caller is the bridge, and the message it delivers is the counterpart's.
    ///
    /// # Errors
    /// `L1ArbitrumTimelock: not from bridge`, `NO_SENDER` outside the execution of a message,
    /// `L1ArbitrumTimelock: not from l2 timelock`, what the bridge's contracts revert with.
    pub(crate) fn only_counterpart(&self) -> Outcome {
        let bridge = self.bridge()?;
        require(self.vm().msg_sender() == bridge, "L1ArbitrumTimelock: not from bridge")?;
        let (outbox,): (Address,) = query(self.vm(), bridge, &IBridge::activeOutboxCall {})?;
        let (sender,): (Address,) = query(self.vm(), outbox, &IOutbox::l2ToL1SenderCall {})?;
        require(!sender.is_zero(), "NO_SENDER")?;
        require(sender == self.l2_timelock.get(), "L1ArbitrumTimelock: not from l2 timelock")
    }
}
