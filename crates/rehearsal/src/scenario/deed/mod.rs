//! What can be done in a step.
//!
//! A deed is a word, `does = "create_election"`, or a table with one setting, `does = { vote = { for = "contender-2", votes = 10 } }`.

mod read;

use alloy_primitives::{Address, Bytes, U256};
use ephor_client::{Support, actions::election::Round};

use super::Record;
use crate::report::Person;

pub(super) use read::{is_empty_list, read};

/// What is done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Deed {
    /// The next election is created.
    CreateElection,
    /// Contenders register, each by signature.
    Register(Vec<Person>),
    /// All contenders register, each at the time at which they really did, where that is known.
    RegisterAll,
    /// Delegates endorse, or vote.
    Cast {
        /// Which vote.
        round: Round,
        /// For whom, and with how many votes.
        candidates: Vec<Candidate>,
        /// Whether somebody else hands in signed ballots.
        by_signature: bool,
    },
    /// The vetter excludes a nominee.
    Exclude(Person),
    /// The vetter excludes nominees of organisations that would hold too many seats.
    Vet,
    /// The vetter includes somebody.
    Include(Person),
    /// Members of the outgoing cohort are drawn and included.
    Draw {
        /// How many; none means as many as are missing.
        seats: Option<usize>,
    },
    /// The member election is started.
    StartMemberElection,
    /// The winners are handed to the manager.
    InstallCohort,
    /// A delegate proposes to remove a member.
    ProposeRemoval(Person),
    /// Delegates vote on the last removal proposed.
    VoteRemoval(Support),
    /// The last removal proposed is executed.
    ExecuteRemoval,
    /// The council changes its members.
    Change {
        /// What changes.
        change: Change,
        /// How many owners sign; none means as many as the Safe takes.
        approvals: Option<usize>,
    },
    /// Updates are carried on.
    Relay {
        /// Which steps are taken.
        stage: Stage,
        /// The update's nonce; none means all.
        update: Option<u64>,
        /// Whether the time at which a step can be taken is waited for.
        wait: bool,
    },
    /// What a record says of the council's past is done again, update by update, and compared with it.
    Replay(Record),
    /// Something befalls a message.
    Fault {
        /// What.
        fault: Fault,
        /// The chain to which the ticket goes, or from which the message comes.
        chain: String,
    },
    /// The crowd endorses.
    ModelEndorsements,
    /// The crowd votes.
    ModelVotes,
    /// A delegate proposes something to the core governor.
    Propose {
        /// What it says of itself.
        title: String,
        /// Whom it calls.
        to: Address,
        /// With what.
        call: Bytes,
    },
    /// Delegates vote on the core governor's last proposal.
    VoteProposal(Support),
    /// The core governor's last proposal is put into the timelock.
    QueueProposal,
    /// The core governor's last proposal is executed.
    ExecuteProposal,
}

/// Whom a voter votes for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// Who.
    pub person: Person,
    /// With how many votes, in the smallest unit; none means all that are left.
    pub votes: Option<U256>,
}

/// A change of the council by itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// Somebody is added to a cohort.
    Add {
        /// Who.
        member: Person,
        /// The cohort, from 0.
        cohort: u8,
    },
    /// A member is removed.
    Remove {
        /// Who.
        member: Person,
    },
    /// A member is replaced by another person.
    Replace {
        /// Who.
        member: Person,
        /// By whom.
        newcomer: Person,
    },
    /// A member's key is replaced.
    Rotate {
        /// The key.
        current: Person,
        /// The key from then on.
        next: Person,
    },
}

/// Which steps of an update are taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// All that are left.
    All,
    /// The operation of the core timelock.
    CoreTimelock,
    /// The message to the L1.
    Message,
    /// The operation of the L1 timelock.
    L1Timelock,
    /// The tickets.
    Tickets,
}

impl Stage {
    pub(super) const ALL: [Self; 5] = [Self::All, Self::CoreTimelock, Self::Message, Self::L1Timelock, Self::Tickets];

    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::All => "all",
            Self::CoreTimelock => "core-timelock",
            Self::Message => "message",
            Self::L1Timelock => "l1-timelock",
            Self::Tickets => "tickets",
        }
    }
}

/// What befalls a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The ticket on its way to the chain is lost.
    Lose,
    /// The ticket on its way to the chain is delayed.
    Delay {
        /// By how many seconds.
        seconds: u64,
    },
    /// The last ticket to the chain is delivered once more.
    Duplicate,
}
