//! The timelock on Ethereum, the second one of a proposal's way.
//!
//! ```text
//! governance chain                 Ethereum                                       any chain
//! L2 timelock ─ outbox ─▶ bridge ─▶ schedule … wait … execute ─┬─▶ a contract here
//!                                                              └─▶ inbox ─ retryable ticket ─▶ a contract there
//! ```
//!
//! It takes no proposals but those of its counterpart, the timelock on the governance chain, which reach it through the
//! bridge: the bridge is the only proposer, and the outbox says who sent the message. A call whose target is
//! [`RETRYABLE_TICKET_MAGIC`] stands for a retryable ticket: `abi.encode(inbox, target, value, gas limit, gas price, data)`.
//! The ticket is paid from the timelock's balance, so whoever executes sends the ether along; what is left over goes back to
//! them. The call value can only be refunded to the timelock, so nobody else can cancel the ticket.
//!
//! Source: the ABI, storage layout and traces of the deployed `L1ArbitrumTimelock`.

#![cfg_attr(target_arch = "wasm32", no_std, no_main, allow(missing_docs, reason = "the macro's entry point"))]

extern crate alloc;

mod counterpart;
mod ticket;

use alloc::{vec, vec::Vec};

use alloy_primitives::{Address, FixedBytes, U256};
use ephor_abi::{bridge::RETRYABLE_TICKET_MAGIC, common::IRetryableMagic, roles, timelock::IL1Timelock};
use ephor_parts::{
    AccessControl, AccessControlStorage, Erc165, Initializable, InitializableStorage, Outcome, Timelock,
    TimelockStorage, TokenReceiver, access_control, call, dispatch, erc165, require,
    timelock::{self, Call},
    token_receiver,
};
use stylus_sdk::{prelude::*, storage::StorageAddress};

/// Storage of the contract.
#[entrypoint]
#[storage]
pub struct L1ArbitrumTimelock {
    timelock: TimelockStorage,
    governance_chain_inbox: StorageAddress,
    l2_timelock: StorageAddress,
}

dispatch! {
    L1ArbitrumTimelock;
    nonpayable IL1Timelock::initializeCall =>
        initialize_with(min_delay_seconds: U256, executors: Vec<Address>, inbox: Address, l2_timelock: Address);
    nonpayable IL1Timelock::governanceChainInboxCall => governance_chain_inbox();
    nonpayable IL1Timelock::l2TimelockCall => l2_timelock();
    nonpayable IRetryableMagic::RETRYABLE_TICKET_MAGICCall => retryable_ticket_magic();
    inherit [timelock::routes, access_control::routes, erc165::routes, token_receiver::routes];
    receive receive_ether;
}

impl L1ArbitrumTimelock {
    /// Initialises the timelock, with the bridge of the inbox as its only proposer.
    /// Emits `RoleAdminChanged`, `RoleGranted`, `MinDelayChange`, `Initialized`.
    ///
    /// # Errors
    /// `Initializable: contract is already initialized`, a zero inbox or L2 timelock, what the inbox reverts with.
    fn initialize_with(
        &mut self,
        min_delay_seconds: U256,
        executors: Vec<Address>,
        inbox: Address,
        l2_timelock: Address,
    ) -> Outcome {
        self.initialize_once(|this| {
            require(!inbox.is_zero(), "L1ArbitrumTimelock: zero inbox")?;
            require(!l2_timelock.is_zero(), "L1ArbitrumTimelock: zero l2 timelock")?;
            this.set_up(min_delay_seconds, Vec::new(), executors)?;
            this.governance_chain_inbox.set(inbox);
            this.l2_timelock.set(l2_timelock);
            let bridge = this.bridge()?;
            this.grant_role(roles::PROPOSER, bridge)
        })
    }

    /// The inbox of the governance chain.
    fn governance_chain_inbox(&self) -> Outcome<Address> {
        Ok(self.governance_chain_inbox.get())
    }

    /// The counterpart: the timelock on the governance chain.
    fn l2_timelock(&self) -> Outcome<Address> {
        Ok(self.l2_timelock.get())
    }

    /// The target that stands for a retryable ticket.
    fn retryable_ticket_magic(&self) -> Outcome<Address> {
        Ok(RETRYABLE_TICKET_MAGIC)
    }
}

impl Timelock for L1ArbitrumTimelock {
    fn timelock(&self) -> &TimelockStorage {
        &self.timelock
    }

    fn timelock_mut(&mut self) -> &mut TimelockStorage {
        &mut self.timelock
    }

    fn authorise_schedule(&self) -> Outcome {
        self.only_counterpart()
    }

    /// Makes one call of an operation: a retryable ticket, or a call of a contract, or a mere payment.
    ///
    /// # Errors
    /// What `ticket` refuses; data for an address without code; what the core refuses.
    fn perform(&mut self, call: Call<'_>) -> Outcome {
        if call.target == RETRYABLE_TICKET_MAGIC {
            return self.send_ticket(call.data);
        }
        // A call with data succeeds where there is no code, which would mark as done what has not been done.
        let reachable = call.data.is_empty() || call::is_contract(self.vm(), call.target);
        require(reachable, "L1ArbitrumTimelock: target must be contract")?;
        timelock::perform(self.vm(), call)
    }
}

impl AccessControl for L1ArbitrumTimelock {
    fn access_control(&self) -> &AccessControlStorage {
        &self.timelock.roles
    }

    fn access_control_mut(&mut self) -> &mut AccessControlStorage {
        &mut self.timelock.roles
    }
}

impl Initializable for L1ArbitrumTimelock {
    fn initializable(&self) -> &InitializableStorage {
        &self.timelock.initializable
    }

    fn initializable_mut(&mut self) -> &mut InitializableStorage {
        &mut self.timelock.initializable
    }
}

impl Erc165 for L1ArbitrumTimelock {
    const INTERFACES: &'static [FixedBytes<4>] = timelock::INTERFACES;
}

impl TokenReceiver for L1ArbitrumTimelock {}
