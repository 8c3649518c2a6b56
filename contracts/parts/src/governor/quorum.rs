//! A quorum that is a fraction of the votable supply.
//!
//! Supply delegated to a marked address is held out: it counts neither towards votes nor towards the quorum. The
//! fraction has a history, so that changing it does not move the quorum of proposals under way. The slot before the
//! history is where versions older than any that was deployed kept the fraction.

use alloc::{vec, vec::Vec};

use alloy_primitives::{Address, U256, uint};
use ephor_abi::governor::ICirculatingQuorum::{self, QuorumNumeratorUpdated};
use ephor_rules::threshold::{self, EXCLUDE_ADDRESS, Fraction, ThresholdError, votable_supply};
use stylus_sdk::prelude::*;

use super::Governor;
use crate::{
    checkpoints::Checkpoints,
    log::emit,
    revert::{Outcome, Revert, require},
    routes,
    storage::Gap,
};

/// What the numerator is a fraction of.
pub const DENOMINATOR: U256 = uint!(10_000_U256);

/// The numerator and its history: two slots, and forty-eight in reserve.
#[storage]
pub struct QuorumFraction {
    _older: Gap<1>,
    history: Checkpoints,
    _gap: Gap<48>,
}

impl QuorumFraction {
    /// The numerator now.
    #[must_use]
    pub fn numerator(&self) -> U256 {
        self.history.latest()
    }

    /// The numerator at the end of `block`.
    #[must_use]
    pub fn numerator_at(&self, block: U256) -> U256 {
        self.history.at_block(block)
    }

    /// Sets the numerator, as of this block. Emits `QuorumNumeratorUpdated`.
    ///
    /// # Errors
    /// "GovernorVotesQuorumFraction: quorumNumerator over quorumDenominator".
    pub fn set(&mut self, numerator: U256) -> Outcome {
        require(numerator <= DENOMINATOR, "GovernorVotesQuorumFraction: quorumNumerator over quorumDenominator")?;
        let change = self.history.write(|_| Ok(numerator))?;
        emit(self.vm(), &QuorumNumeratorUpdated { oldQuorumNumerator: change.before, newQuorumNumerator: numerator });
        Ok(())
    }
}

/// The denominator is not zero, so this is the only fault.
fn overflow(_: ThresholdError) -> Revert {
    Revert::overflow()
}

/// A governor whose quorum is a fraction of the votable supply.
pub trait CirculatingQuorum: Governor {
    /// The fraction.
    fn quorum_fraction(&self) -> &QuorumFraction;
    /// The fraction, to be changed.
    fn quorum_fraction_mut(&mut self) -> &mut QuorumFraction;

    /// The fraction of the votable supply in `block`, rounded down: what [`Governor::quorum`] gives.
    ///
    /// # Errors
    /// What the token refuses; `Panic(0x11)`.
    fn circulating_quorum(&self, block: U256) -> Outcome<U256> {
        let votable = self.get_past_circulating_supply(block)?;
        let fraction = Fraction { numerator: self.quorum_fraction().numerator_at(block), denominator: DENOMINATOR };
        threshold::quorum(votable, fraction).map_err(overflow)
    }

    /// The supply in `block` less what is held out.
    ///
    /// # Errors
    /// What the token refuses; `Panic(0x11)` if more is held out than there is.
    fn get_past_circulating_supply(&self, block: U256) -> Outcome<U256> {
        let token = self.voting_token();
        // As the deployed contract: the subtrahend first.
        let (excluded, supply) = (token.votes(EXCLUDE_ADDRESS, block)?, token.supply(block)?);
        votable_supply(supply, excluded).map_err(overflow)
    }

    /// Whose votes are held out.
    ///
    /// # Errors
    /// None.
    fn exclude_address(&self) -> Outcome<Address> {
        Ok(EXCLUDE_ADDRESS)
    }

    /// What the numerator is a fraction of.
    ///
    /// # Errors
    /// None.
    fn quorum_denominator(&self) -> Outcome<U256> {
        Ok(DENOMINATOR)
    }

    /// The numerator now.
    ///
    /// # Errors
    /// None.
    fn quorum_numerator(&self) -> Outcome<U256> {
        Ok(self.quorum_fraction().numerator())
    }

    /// The numerator at the end of `block`.
    ///
    /// # Errors
    /// None.
    fn quorum_numerator_at(&self, block: U256) -> Outcome<U256> {
        Ok(self.quorum_fraction().numerator_at(block))
    }

    /// Sets the numerator. Only for governance.
    ///
    /// # Errors
    /// As [`Governor::only_governance`] and [`QuorumFraction::set`].
    fn update_quorum_numerator(&mut self, numerator: U256) -> Outcome {
        self.only_governance()?;
        self.quorum_fraction_mut().set(numerator)
    }
}

routes! {
    /// The functions of a governor whose quorum is a fraction of the votable supply.
    pub fn routes<C: CirculatingQuorum>;
    nonpayable ICirculatingQuorum::EXCLUDE_ADDRESSCall => exclude_address();
    nonpayable ICirculatingQuorum::getPastCirculatingSupplyCall => get_past_circulating_supply(block: U256);
    nonpayable ICirculatingQuorum::quorumDenominatorCall => quorum_denominator();
    nonpayable ICirculatingQuorum::quorumNumerator_0Call => quorum_numerator_at(block: U256);
    nonpayable ICirculatingQuorum::quorumNumerator_1Call => quorum_numerator();
    nonpayable ICirculatingQuorum::updateQuorumNumeratorCall => update_quorum_numerator(numerator: U256);
}
