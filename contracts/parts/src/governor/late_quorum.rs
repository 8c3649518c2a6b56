//! More time when the quorum is reached late.
//!
//! The vote with which a proposal first has its quorum moves the deadline to at least `extension` blocks after that
//! vote, so that nobody can decide a proposal in its last block while nobody else can answer.

use alloc::{vec, vec::Vec};

use alloy_primitives::{Address, U64, U256};
use ephor_abi::governor::ILateQuorum::{self, LateQuorumVoteExtensionSet, ProposalExtended};
use stylus_sdk::{
    prelude::*,
    storage::{StorageMap, StorageU64},
    stylus_core::BlockAccess,
};

use super::{Governor, ballots, proposal::BlockMark};
use crate::{
    log::emit,
    revert::{Checked, Outcome},
    routes,
    storage::Gap,
};

/// The extension, and the extended deadlines: two slots, and forty-eight in reserve.
#[storage]
pub struct LateQuorum {
    extension: StorageU64,
    deadlines: StorageMap<U256, BlockMark>,
    _gap: Gap<48>,
}

impl LateQuorum {
    /// Blocks that remain after the quorum is reached, at the least.
    #[must_use]
    pub fn extension(&self) -> u64 {
        self.extension.get().to()
    }

    /// Sets the extension. Emits `LateQuorumVoteExtensionSet`.
    pub fn set_extension(&mut self, blocks: u64) {
        let old = self.extension();
        emit(self.vm(), &LateQuorumVoteExtensionSet { oldVoteExtension: old, newVoteExtension: blocks });
        self.extension.set(U64::from(blocks));
    }

    /// The deadline that the quorum of a proposal asks for; zero while there is no quorum.
    #[must_use]
    pub fn deadline(&self, proposal: U256) -> u64 {
        self.deadlines.getter(proposal).get()
    }
}

/// A governor that gives more time when the quorum is reached late.
pub trait ExtendsLateQuorum: Governor {
    /// The extension and the extended deadlines.
    fn late_quorum(&self) -> &LateQuorum;
    /// The extension and the extended deadlines, to be changed.
    fn late_quorum_mut(&mut self) -> &mut LateQuorum;

    /// The later of the deadline and the extended one: what [`Governor::proposal_deadline`] gives.
    ///
    /// # Errors
    /// None.
    fn extended_deadline(&self, proposal: U256) -> Outcome<U256> {
        let extended = U256::from(self.late_quorum().deadline(proposal));
        Ok(self.proposals().deadline(proposal).max(extended))
    }

    /// Casts a ballot and extends the deadline if the quorum is reached with it: what [`Governor::cast`] does.
    /// Emits `ProposalExtended` if that changes the deadline.
    ///
    /// # Errors
    /// As [`ballots::cast`]; `Panic(0x11)` for an extension beyond 64 bits.
    fn cast_and_extend(
        &mut self,
        proposal: U256,
        voter: Address,
        support: u8,
        reason: &[u8],
        params: &[u8],
    ) -> Outcome<U256> {
        let power = ballots::cast(self, proposal, voter, support, reason, params)?;
        if self.late_quorum().deadline(proposal) == 0 && self.quorum_reached(proposal)? {
            let extended = self.vm().block_number().plus(self.late_quorum().extension())?;
            if U256::from(extended) > self.proposal_deadline(proposal)? {
                emit(self.vm(), &ProposalExtended { proposalId: proposal, extendedDeadline: extended });
            }
            self.late_quorum_mut().deadlines.setter(proposal).set(extended);
        }
        Ok(power)
    }

    /// Blocks that remain after the quorum is reached, at the least.
    ///
    /// # Errors
    /// None.
    fn late_quorum_vote_extension(&self) -> Outcome<u64> {
        Ok(self.late_quorum().extension())
    }

    /// Sets the extension. Only for governance.
    ///
    /// # Errors
    /// As [`Governor::only_governance`].
    fn set_late_quorum_vote_extension(&mut self, blocks: u64) -> Outcome {
        self.only_governance()?;
        self.late_quorum_mut().set_extension(blocks);
        Ok(())
    }
}

routes! {
    /// The functions of a governor that gives more time when the quorum is reached late.
    pub fn routes<C: ExtendsLateQuorum>;
    nonpayable ILateQuorum::lateQuorumVoteExtensionCall => late_quorum_vote_extension();
    nonpayable ILateQuorum::setLateQuorumVoteExtensionCall => set_late_quorum_vote_extension(blocks: u64);
}
