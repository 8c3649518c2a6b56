//! Proposals of token holders, and where they stand.

use alloy_primitives::{Address, U256};
use alloy_sol_types::SolCall;
use ephor_abi::{
    council::ICouncilManager,
    election::IMemberRemoval,
    governor::{IGovernor, ILateQuorum, ITimelockedGovernor},
};
use ephor_charter::Part;
use serde::Serialize;

use crate::{
    Council,
    actions::proposals::Governor,
    council::{Deadline, ReadError, fitting},
    election::{Proposal, ProposalState},
};

/// A proposal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ProposalView {
    /// Its id.
    pub id: U256,
    /// Who proposed it.
    pub proposer: Address,
    /// What it does.
    pub proposal: Proposal,
    /// The member it removes, if it does.
    pub removes: Option<Address>,
    /// What the governor says.
    pub state: ProposalState,
    /// The block at which voting power is measured; voting starts after it.
    pub snapshot: Deadline,
    /// The last block of voting.
    pub deadline: Deadline,
    /// The last block in which an accepted removal can be executed.
    pub expiry: Option<Deadline>,
    /// When the core timelock lets it be executed, in Unix seconds; none before it is queued.
    pub ready_seconds: Option<u64>,
    /// Votes for.
    pub votes_for: U256,
    /// Votes against.
    pub votes_against: U256,
    /// Votes that only count for the quorum.
    pub votes_abstaining: U256,
    /// Votes that must be cast for it, abstentions included where they count; known once voting has started.
    pub quorum: Option<U256>,
}

impl Council {
    /// The removals that were proposed, in order.
    ///
    /// # Errors
    /// [`ReadError`].
    pub async fn removals(&self) -> Result<Vec<ProposalView>, ReadError> {
        self.proposals(Governor::Removal).await
    }

    /// The proposals of a governor, in order.
    ///
    /// # Errors
    /// [`ReadError`].
    pub async fn proposals(&self, governor: Governor) -> Result<Vec<ProposalView>, ReadError> {
        let part = governor.part();
        let chain = &self.governance_chain()?.name;
        let at = self.deployment().governance(part)?;
        let manager = self.deployment().governance(Part::CouncilManager)?;
        let (now, clock) = (self.governance_now().await?, self.l1_clock().await?);
        let created = self.logs::<IGovernor::ProposalCreated>(chain, at, [None; 3]).await?;
        let mut views = Vec::with_capacity(created.len());
        for (event, _) in created {
            let id = event.proposalId;
            let proposal = Proposal {
                targets: event.targets,
                values: event.values,
                calldatas: event.calldatas,
                description: event.description,
            };
            let removes = removes(&proposal, manager);
            let snapshot = fitting(event.startBlock);
            let deadline = fitting(self.ask(part, &IGovernor::proposalDeadlineCall { proposalId: id }).await?);
            let votes = self.ask(part, &ILateQuorum::proposalVotesCall { proposalId: id }).await?;
            let quorum = if snapshot < now.l1_block {
                Some(self.ask(part, &IGovernor::quorumCall { blockNumber: event.startBlock }).await?)
            } else {
                None
            };
            let expiry = match governor {
                Governor::Removal => {
                    let call = IMemberRemoval::proposalExpirationDeadlineCall { proposalId: id };
                    Some(clock.deadline(fitting(self.ask(part, &call).await?)))
                }
                Governor::Core => None,
            };
            let ready_seconds = match governor {
                Governor::Removal => None,
                Governor::Core => {
                    let eta = fitting(self.ask(part, &ITimelockedGovernor::proposalEtaCall { proposalId: id }).await?);
                    Some(eta).filter(|eta| *eta != 0)
                }
            };
            views.push(ProposalView {
                id,
                proposer: event.proposer,
                proposal,
                removes,
                state: self.state(part, id).await?,
                snapshot: clock.deadline(snapshot),
                deadline: clock.deadline(deadline),
                expiry,
                ready_seconds,
                votes_for: votes.forVotes,
                votes_against: votes.againstVotes,
                votes_abstaining: votes.abstainVotes,
                quorum,
            });
        }
        Ok(views)
    }
}

/// The member that a proposal removes.
fn removes(proposal: &Proposal, manager: Address) -> Option<Address> {
    match (&proposal.targets[..], &proposal.calldatas[..]) {
        ([target], [data]) if *target == manager => {
            ICouncilManager::removeMemberCall::abi_decode(data).ok().map(|call| call._member)
        }
        _ => None,
    }
}
