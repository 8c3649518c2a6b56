//! What holders do with the token.

use alloy_primitives::{Address, U256};
use ephor_abi::token::IVotesToken;
use ephor_charter::Part;

use super::{Action, Prepared};
use crate::{Council, deployment::DeploymentError};

impl Council {
    /// Gives the sender's votes to a delegate, who may be the sender.
    ///
    /// # Errors
    /// What the deployment lacks.
    pub fn delegate(&self, delegate: Address) -> Result<Prepared, DeploymentError> {
        let call = IVotesToken::delegateCall { delegatee: delegate };
        self.prepare(Part::Token, &call, Action::Delegate { delegate })
    }

    /// Transfers tokens of the sender; the amount is in the token's smallest unit.
    ///
    /// # Errors
    /// What the deployment lacks.
    pub fn transfer(&self, to: Address, amount: U256) -> Result<Prepared, DeploymentError> {
        self.prepare(Part::Token, &IVotesToken::transferCall { to, amount }, Action::Transfer { to, amount })
    }
}
