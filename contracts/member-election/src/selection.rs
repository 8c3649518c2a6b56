//! Selection and installation: the nominees of greatest weight replace their cohort.
//!
//! Which they are, and in which order, is decided by `ephor_rules::selection`. The nominee list comes from the nominee
//! election in one call; each weight is read once. Source: seed 004, "the top 6 nominees are selected".

use alloc::vec::Vec;

use alloy_primitives::{Address, U256};
use ephor_abi::{
    council::ICouncilManager::{cohortSizeCall, replaceCohortCall},
    election::{
        IMemberElection::{LengthsDontMatch, NotEnoughNominees, UintTooLarge},
        INomineeElection::compliantNomineesCall,
    },
};
use ephor_parts::{Outcome, Revert, calldata::U240, election::cohort, ensure, invoke, query};
use ephor_rules::selection::{SelectionError, select};
use stylus_sdk::prelude::*;

use crate::{MemberElection, voting::wide};

impl MemberElection {
    /// The winners as votes stand: as many as the cohort has seats, the one of greatest weight last.
    ///
    /// # Errors
    /// `NotEnoughNominees` if there are fewer compliant nominees than seats.
    pub(crate) fn top_nominees(&self, proposal_id: U256) -> Outcome<Vec<Address>> {
        let vm = self.vm();
        let list = compliantNomineesCall { proposalId: proposal_id };
        let (nominees,) = query::<_, (Vec<Address>,)>(vm, self.nominee_election.get(), &list)?;
        let count = self.counts.elections.getter(proposal_id);
        let weights: Vec<U256> = nominees.iter().map(|nominee| wide(count.weight_received.get(*nominee))).collect();
        let (seats,) = query::<_, (U256,)>(vm, self.manager.get(), &cohortSizeCall {})?;
        winners(&nominees, &weights, seats)
    }

    /// The `seats` of greatest weight among `nominees`: ascending, ties to the later in the list.
    ///
    /// # Errors
    /// `LengthsDontMatch`, `NotEnoughNominees`.
    #[allow(clippy::needless_pass_by_value, reason = "what is decoded from calldata is handed over")]
    pub(crate) fn select_top_nominees(
        &self,
        nominees: Vec<Address>,
        weights: Vec<U240>,
        seats: U256,
    ) -> Outcome<Vec<Address>> {
        ensure(nominees.len() == weights.len(), || LengthsDontMatch {
            nomineesLength: U256::from(nominees.len()),
            weightsLength: U256::from(weights.len()),
        })?;
        let weights: Vec<U256> = weights.into_iter().map(|weight| weight.0).collect();
        winners(&nominees, &weights, seats)
    }

    /// Installs the winners in the council manager: what executing an election means.
    ///
    /// # Errors
    /// As [`Self::top_nominees`]; what the manager refuses, for instance a winner who meanwhile sits in the other cohort.
    pub(crate) fn install(&mut self, proposal_id: U256, index: U256) -> Outcome {
        let winners = self.top_nominees(proposal_id)?;
        let replace = replaceCohortCall { _newCohort: winners, _cohort: cohort(index) };
        invoke(self.vm(), self.manager.get(), U256::ZERO, &replace)?;
        Ok(())
    }
}

/// The addresses of the `seats` nominees of greatest weight.
fn winners(nominees: &[Address], weights: &[U256], seats: U256) -> Outcome<Vec<Address>> {
    let too_few = || NotEnoughNominees { numNominees: U256::from(nominees.len()), k: seats };
    ensure(seats <= U256::from(nominees.len()), too_few)?;
    // The deployed contract compares each nominee with the weakest elected so far, and there is none without a seat.
    if seats.is_zero() && !nominees.is_empty() {
        return Err(Revert::out_of_bounds());
    }
    let chosen = select(weights, seats.saturating_to()).map_err(|error| match error {
        SelectionError::TooFew { .. } => too_few().into(),
        SelectionError::TooMany { .. } => Revert::overflow(),
        SelectionError::WeightTooLarge { weight, .. } => UintTooLarge { x: weight }.into(),
    })?;
    Ok(chosen.into_iter().map(|index| nominees[usize::from(index)]).collect())
}
