//! `ArbRetryableTx`, on an Arbitrum chain: which tickets exist, until when, and that somebody wants one redeemed.
//!
//! The network creates a ticket when its message arrives, and runs the attempt that `redeem` schedules; the ticket goes away
//! when an attempt succeeds. A ticket past its time counts as gone.

use alloc::{vec, vec::Vec};

use alloy_primitives::{Address, B256, U256, keccak256};
use alloy_sol_types::SolValue;
use ephor_abi::bridge::IArbRetryableTx::{self, NoTicketWithID, RedeemScheduled, TicketCreated};
use ephor_parts::{Checked, Outcome, Revert, dispatch, emit, ensure};
use stylus_sdk::{
    prelude::*,
    storage::{StorageMap, StorageU64, StorageU256},
};

use crate::SYSTEM;

/// Storage of the precompile.
#[entrypoint]
#[storage]
pub struct Retryables {
    lifetime: StorageU256,
    /// Ticket → seconds since the Unix epoch at which it expires.
    timeouts: StorageMap<B256, StorageU256>,
    attempts: StorageMap<B256, StorageU64>,
}

alloy_sol_types::sol! {
    /// What the network does in the name of the system.
    interface ITickets {
        function create(bytes32 ticketId) external;
        function finish(bytes32 ticketId) external;
    }
}

dispatch! {
    Retryables;
    nonpayable IArbRetryableTx::redeemCall => redeem(ticket: B256);
    nonpayable IArbRetryableTx::getTimeoutCall => get_timeout(ticket: B256);
    nonpayable IArbRetryableTx::getLifetimeCall => get_lifetime();
    nonpayable ITickets::createCall => create(ticket: B256);
    nonpayable ITickets::finishCall => finish(ticket: B256);
    constructor construct(lifetime_seconds: U256);
}

impl Retryables {
    fn construct(&mut self, lifetime_seconds: U256) -> Outcome {
        self.lifetime.set(lifetime_seconds);
        Ok(())
    }

    /// Asks for an attempt: anyone may. Returns the hash of the attempt. Emits `RedeemScheduled`.
    fn redeem(&mut self, ticket: B256) -> Outcome<B256> {
        self.get_timeout(ticket)?;
        let number = self.attempts.get(ticket).to::<u64>();
        let hash = attempt_hash(ticket, number);
        self.attempts.setter(ticket).set(alloy_primitives::U64::from(number.plus(1)?));
        emit(
            self.vm(),
            &RedeemScheduled {
                ticketId: ticket,
                retryTxHash: hash,
                sequenceNum: number,
                donatedGas: self.vm().evm_gas_left(),
                gasDonor: self.vm().msg_sender(),
                maxRefund: U256::MAX,
                submissionFeeRefund: U256::ZERO,
            },
        );
        Ok(hash)
    }

    /// When a ticket expires, in seconds since the Unix epoch. `NoTicketWithID` if there is none, or no longer.
    fn get_timeout(&self, ticket: B256) -> Outcome<U256> {
        let timeout = self.timeouts.get(ticket);
        ensure(timeout > U256::from(self.vm().block_timestamp()), || NoTicketWithID {})?;
        Ok(timeout)
    }

    fn get_lifetime(&self) -> Outcome<U256> {
        Ok(self.lifetime.get())
    }

    /// A message has arrived. A ticket is created once: a second message with its id is refused.
    fn create(&mut self, ticket: B256) -> Outcome {
        self.only_system()?;
        if !self.timeouts.get(ticket).is_zero() {
            return Err(Revert::empty());
        }
        let timeout = U256::from(self.vm().block_timestamp()).plus(self.lifetime.get())?;
        self.timeouts.setter(ticket).set(timeout);
        emit(self.vm(), &TicketCreated { ticketId: ticket });
        Ok(())
    }

    /// An attempt succeeded. The ticket's time becomes one, so that the id is never used again.
    fn finish(&mut self, ticket: B256) -> Outcome {
        self.only_system()?;
        self.get_timeout(ticket)?;
        self.timeouts.setter(ticket).set(U256::ONE);
        Ok(())
    }

    fn only_system(&self) -> Outcome {
        if self.vm().msg_sender() == SYSTEM { Ok(()) } else { Err(Revert::empty()) }
    }
}

/// The hash that names attempt `number` at a ticket.
#[must_use]
pub fn attempt_hash(ticket: B256, number: u64) -> B256 {
    keccak256((Address::ZERO, ticket, U256::from(number)).abi_encode_packed())
}
