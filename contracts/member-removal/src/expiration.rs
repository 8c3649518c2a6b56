//! Proposals that succeeded and were not executed in time.

use alloc::{vec, vec::Vec};

use alloy_primitives::U256;
use ephor_parts::{
    Checked, Gap, Outcome,
    governor::{Governor, ProposalState, lifecycle},
};
use stylus_sdk::{prelude::*, storage::StorageU256};

use crate::MemberRemovalGovernor;

/// How long a proposal that succeeded may be executed: one slot, and forty-nine in reserve.
#[storage]
pub(crate) struct Expiration {
    blocks: StorageU256,
    _gap: Gap<49>,
}

impl Expiration {
    pub(crate) fn init(&mut self, blocks: U256) {
        self.blocks.set(blocks);
    }
}

impl MemberRemovalGovernor {
    /// Blocks after the deadline in which a proposal may be executed.
    pub(crate) fn proposal_expiration_blocks(&self) -> Outcome<U256> {
        Ok(self.expiration.blocks.get())
    }

    /// The last block in which a proposal may be executed.
    ///
    /// # Errors
    /// `Panic(0x11)`.
    pub(crate) fn proposal_expiration_deadline(&self, proposal: U256) -> Outcome<U256> {
        self.proposal_deadline(proposal)?.plus(self.expiration.blocks.get())
    }

    /// Where a proposal stands, by its dates, its votes and its expiration.
    ///
    /// # Errors
    /// As [`lifecycle::state`]; `Panic(0x11)`.
    pub(crate) fn expiring_state(&self, proposal: U256) -> Outcome<ProposalState> {
        let state = lifecycle::state(self, proposal)?;
        if state != ProposalState::Succeeded {
            return Ok(state);
        }
        let late = U256::from(self.vm().block_number()) > self.proposal_expiration_deadline(proposal)?;
        Ok(if late { ProposalState::Expired } else { state })
    }
}
