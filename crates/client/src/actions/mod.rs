//! What a person can do: each action is prepared as a transaction, which can then be sent by any means.
//!
//! Preparing needs no key and, but for what is said otherwise, no connection: it says which chain, whom to call, with what,
//! and who must be the caller if that matters. [`Action`] says the same in words. Elections are named by their index.
//!
//! | module | who acts |
//! |---|---|
//! | [`election`] | anybody, contenders, delegates, the vetter |
//! | [`council`] | the council, through its Safes |
//! | [`proposals`] | delegates: removals and the core governor's proposals |
//! | [`token`] | holders |
//! | [`relay`] | anybody: carries an update on to its next stage |

pub mod council;
pub mod election;
pub mod proposals;
pub mod relay;
pub mod token;

use std::fmt;

use alloy_primitives::{Address, B256, Bytes, U256};
use alloy_rpc_types_eth::TransactionRequest;
use alloy_sol_types::SolCall;
use ephor_charter::Part;
use serde::Serialize;

use crate::{Council, deployment::DeploymentError};

/// A transaction that has been prepared and not sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Prepared {
    /// The chain, by name.
    pub chain: String,
    /// Who must send it; none if anybody may.
    pub from: Option<Address>,
    /// Whom it calls.
    pub to: Address,
    /// Wei it carries.
    pub value: U256,
    /// Calldata.
    pub data: Bytes,
    /// What it does.
    pub action: Action,
}

impl Prepared {
    /// The same, sent by `from`.
    #[must_use]
    pub fn by(self, from: Address) -> Self {
        Self { from: Some(from), ..self }
    }

    /// The request that a node takes.
    #[must_use]
    pub fn request(&self, from: Address) -> TransactionRequest {
        let request = TransactionRequest::default().from(from).to(self.to).input(self.data.clone().into());
        if self.value.is_zero() { request } else { request.value(self.value) }
    }
}

/// How a vote is cast in a governor with three choices.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Support {
    /// No.
    Against,
    /// Yes.
    For,
    /// Neither, but counts for the quorum; a removal takes no such vote.
    Abstain,
}

impl Support {
    /// Its number.
    #[must_use]
    pub const fn number(self) -> u8 {
        match self {
            Self::Against => 0,
            Self::For => 1,
            Self::Abstain => 2,
        }
    }
}

impl fmt::Display for Support {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Against => "against",
            Self::For => "for",
            Self::Abstain => "neither for nor against",
        })
    }
}

/// What a transaction does. Votes and amounts are in the token's smallest unit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
#[allow(missing_docs, reason = "the sentences below say what each is")]
pub enum Action {
    CreateElection { index: u64 },
    Register { index: u64, contender: Option<Address> },
    Endorse { index: u64, contender: Address, votes: U256, signed: bool },
    Exclude { index: u64, nominee: Address },
    Include { index: u64, nominee: Address },
    StartMemberElection { index: u64 },
    Vote { index: u64, nominee: Address, votes: U256, signed: bool },
    InstallCohort { index: u64 },
    AddMember { member: Address, cohort: u8 },
    RemoveMember { member: Address },
    ReplaceMember { member: Address, newcomer: Address },
    RotateMember { current: Address, next: Address },
    ApproveSafeTransaction { safe: String, hash: B256 },
    ExecuteSafeTransaction { safe: String, hash: B256, inner: Box<Action> },
    ProposeRemoval { member: Address },
    Propose { governor: &'static str, description: String },
    VoteOnProposal { governor: &'static str, proposal: U256, support: Support, signed: bool },
    Queue { governor: &'static str, proposal: U256 },
    Execute { governor: &'static str, proposal: U256 },
    Delegate { delegate: Address },
    Transfer { to: Address, amount: U256 },
    ExecuteOperation { timelock: &'static str, operation: B256, nonce: Option<U256> },
    ExecuteMessage { child: String, position: u64 },
    Redeem { ticket: B256 },
    Other { function: String, to: Address },
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let by_signature = |signed: &bool| if *signed { ", by signature" } else { "" };
        match self {
            Self::CreateElection { index } => write!(f, "create election {index}"),
            Self::Register { index, contender: Some(contender) } => {
                write!(f, "register {contender} as a contender in election {index}")
            }
            Self::Register { index, contender: None } => write!(f, "register a contender in election {index}"),
            Self::Endorse { index, contender, votes, signed } => {
                write!(f, "endorse {contender} in election {index} with {votes} votes{}", by_signature(signed))
            }
            Self::Exclude { index, nominee } => write!(f, "exclude {nominee} from election {index}"),
            Self::Include { index, nominee } => write!(f, "include {nominee} in election {index}"),
            Self::StartMemberElection { index } => write!(f, "start the member election of election {index}"),
            Self::Vote { index, nominee, votes, signed } => {
                write!(f, "vote for {nominee} in election {index} with {votes} votes{}", by_signature(signed))
            }
            Self::InstallCohort { index } => write!(f, "install the winners of election {index}"),
            Self::AddMember { member, cohort } => write!(f, "add {member} to cohort {cohort}"),
            Self::RemoveMember { member } => write!(f, "remove {member} from the council"),
            Self::ReplaceMember { member, newcomer } => write!(f, "replace {member} by {newcomer}"),
            Self::RotateMember { current, next } => write!(f, "rotate the key {current} to {next}"),
            Self::ApproveSafeTransaction { safe, hash } => write!(f, "approve transaction {hash} of the Safe {safe}"),
            Self::ExecuteSafeTransaction { safe, inner, .. } => write!(f, "have the Safe {safe} {inner}"),
            Self::ProposeRemoval { member } => write!(f, "propose to remove {member} from the council"),
            Self::Propose { governor, description } => {
                write!(f, "propose to the {governor}: {}", description.lines().next().unwrap_or_default())
            }
            Self::VoteOnProposal { governor, proposal, support, signed } => {
                write!(f, "vote {support} proposal {proposal} of the {governor}{}", by_signature(signed))
            }
            Self::Queue { governor, proposal } => write!(f, "queue proposal {proposal} of the {governor}"),
            Self::Execute { governor, proposal } => write!(f, "execute proposal {proposal} of the {governor}"),
            Self::Delegate { delegate } => write!(f, "delegate votes to {delegate}"),
            Self::Transfer { to, amount } => write!(f, "transfer {amount} tokens to {to}"),
            Self::ExecuteOperation { timelock, operation, nonce: Some(nonce) } => {
                write!(f, "execute operation {operation} of the {timelock}: update {nonce}")
            }
            Self::ExecuteOperation { timelock, operation, nonce: None } => {
                write!(f, "execute operation {operation} of the {timelock}")
            }
            Self::ExecuteMessage { child, position } => write!(f, "execute message {position} of {child}"),
            Self::Redeem { ticket } => write!(f, "redeem ticket {ticket}"),
            Self::Other { function, to } => write!(f, "call {function} of {to}"),
        }
    }
}

impl Council {
    /// A call of a contract on the governance chain.
    pub(crate) fn prepare<C: SolCall>(
        &self,
        part: Part,
        call: &C,
        action: Action,
    ) -> Result<Prepared, DeploymentError> {
        self.prepare_data(part, call.abi_encode().into(), action)
    }

    pub(crate) fn prepare_data(&self, part: Part, data: Bytes, action: Action) -> Result<Prepared, DeploymentError> {
        let chain = self.deployment().governance_chain()?.name.clone();
        let to = self.deployment().address(&chain, part)?;
        Ok(Prepared { chain, from: None, to, value: U256::ZERO, data, action })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(action: &Action, sentence: &str) {
        assert_eq!(action.to_string(), sentence);
    }

    #[test]
    fn says_what_it_does() {
        let who = Address::ZERO;
        let zero = "0x0000000000000000000000000000000000000000";
        check(&Action::CreateElection { index: 4 }, "create election 4");
        let endorse = Action::Endorse { index: 4, contender: who, votes: U256::from(10), signed: true };
        check(&endorse, &format!("endorse {zero} in election 4 with 10 votes, by signature"));
        let inner = Box::new(Action::RotateMember { current: who, next: who });
        let safe = Action::ExecuteSafeTransaction { safe: "council".into(), hash: B256::ZERO, inner };
        check(&safe, &format!("have the Safe council rotate the key {zero} to {zero}"));
        let proposal = Action::Propose { governor: "core-governor", description: "# Title\ntext".into() };
        check(&proposal, "propose to the core-governor: # Title");
    }
}
