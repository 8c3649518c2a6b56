//! An explanation: a tree of what happens, in order.

use alloy_primitives::{Address, B256, Bytes, Selector, U256};
use serde::Serialize;

use crate::{
    decode::{Decoded, Malformed, Span},
    lexicon::Basis,
};

/// What is to be explained: a call.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Payload {
    /// The chain on which it is made, if it is known.
    pub chain: Option<u64>,
    /// Who makes it, if it is known.
    pub from: Option<Address>,
    /// Whom it calls, if it is known.
    pub to: Option<Address>,
    /// In whose name the code runs that is called: a Safe's, where the Safe delegate-calls it.
    pub manner: Manner,
    /// Wei sent along.
    pub value: U256,
    /// Calldata.
    pub data: Bytes,
}

/// A payload and what it does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Explanation {
    /// The payload.
    pub payload: Payload,
    /// What it does.
    pub root: Node,
}

/// What a node is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// Actions that a governor votes on.
    Proposal,
    /// Calls that a timelock makes.
    Operation,
    /// A message to the parent chain.
    Message,
    /// A message to a child chain: a retryable ticket, or a deposit of an OP Stack chain.
    Ticket,
    /// A transaction of a Safe.
    SafeTransaction,
    /// Several calls in turn.
    Batch,
    /// A call that makes another.
    Carrier,
    /// A call that makes no other as far as its calldata says.
    Call,
    /// Ether, without calldata.
    Transfer,
    /// A call of an unknown function.
    Unknown,
    /// A call whose arguments do not decode.
    Malformed,
    /// What is beyond the bounds.
    Cut,
}

/// In whose name code runs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Manner {
    /// In the name of the contract that is called.
    #[default]
    Call,
    /// In the name of the caller.
    Delegate,
}

/// The function that a call is read as.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Reading {
    /// Its canonical signature.
    pub signature: String,
    /// Its selector.
    pub selector: Selector,
    /// How sure the reading is.
    pub basis: Basis,
}

/// An argument.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    /// The parameter's name, or `#n`.
    pub name: String,
    /// Its type.
    pub ty: String,
    /// Its value.
    pub decoded: Decoded,
    /// Its value for people, with names and units.
    pub text: String,
    /// Whether the nodes below show what is in it.
    pub below: bool,
}

/// What something is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum IdKind {
    /// The id of a proposal, which people write in decimals.
    Proposal,
    /// The hash of a proposal's description.
    Description,
    /// The id of a timelock's operation.
    Operation,
    /// The salt of a timelock's operation.
    Salt,
    /// The operation that must be done before.
    Predecessor,
    /// The hash of a message to the parent chain.
    Item,
    /// The id of a retryable ticket.
    Ticket,
    /// The hash of a Safe's domain.
    SafeDomain,
    /// The hash of a Safe's transaction without its domain.
    SafeMessage,
    /// The hash of a Safe's transaction, which owners sign.
    SafeTransaction,
}

/// A name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Id {
    /// Of what kind.
    pub kind: IdKind,
    /// The name.
    pub hash: B256,
}

/// What the reader should know of a node.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case", tag = "note")]
pub enum Note {
    /// The arguments do not decode as the function wants them.
    Malformed {
        /// The function.
        signature: String,
        /// Where, and what is wrong.
        #[serde(flatten)]
        malformed: Malformed,
    },
    /// The arguments decode, but no tool encodes them so.
    Unusual {
        /// The first byte that is not as usual.
        at: usize,
    },
    /// Several functions have the selector and decode.
    Ambiguous {
        /// The others.
        signatures: Vec<String>,
    },
    /// Lists that belong together have different lengths; the call would be refused.
    LengthsDiffer,
    /// Code that the address book does not know runs in the name of the caller and can do anything in it.
    UnknownDelegate,
    /// A batch by a contract that the address book does not know: whether it makes these calls, and nothing else, is its secret.
    UnknownBatch,
    /// A call that would stand for a ticket, but not by the L1 timelock, which alone makes tickets of such calls.
    NoTicket,
    /// An operation of a Safe that is neither call nor delegate call.
    UnknownSafeOperation {
        /// Its number.
        operation: U256,
    },
    /// The governor is not known, so it may have no timelock, or another rule for salts.
    UnknownGovernor,
    /// The inbox, or the bridge of an OP Stack chain, is not known, so the chain behind it is not.
    UnknownInbox,
    /// A ticket without gas for the first attempt: somebody must redeem it within its lifetime.
    ManualRedemption,
    /// A failure of this call is tolerated.
    FailureAllowed,
    /// The hash of the message is known only once it is sent, since it holds blocks and time.
    ItemUnknown,
    /// The ticket's id is known only once it is created, since it holds the message's number and base fee.
    TicketUnknown,
    /// The hash of the Safe's transaction takes the nonce, the chain and the Safe.
    SafeHashUnknown,
    /// Calls nest deeper, or are more, than are looked at.
    TooMuch {
        /// The bound.
        most: usize,
        /// Of what.
        of: &'static str,
    },
}

/// A step of an explanation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Node {
    /// What it is.
    pub kind: Kind,
    /// Its chain.
    pub chain: Option<u64>,
    /// Who calls.
    pub from: Option<Address>,
    /// Who is called.
    pub to: Option<Address>,
    /// In whose name.
    pub manner: Manner,
    /// Wei sent along.
    pub value: U256,
    /// The calldata, as a part of the payload.
    pub data: Span,
    /// The function.
    pub reading: Option<Reading>,
    /// Its arguments.
    pub fields: Vec<Field>,
    /// What it is called.
    pub ids: Vec<Id>,
    /// What it does.
    pub sentence: String,
    /// What the reader should know.
    pub notes: Vec<Note>,
    /// What it makes happen, in order.
    pub children: Vec<Self>,
}

impl Node {
    /// The id of a kind.
    #[must_use]
    pub fn id(&self, kind: IdKind) -> Option<B256> {
        self.ids.iter().find(|id| id.kind == kind).map(|id| id.hash)
    }

    /// The node and all below, parents first.
    pub fn walk(&self) -> Walk<'_> {
        Walk { open: vec![self] }
    }

    /// What happens in the end: the nodes below which there is nothing.
    pub fn leaves(&self) -> impl Iterator<Item = &Self> {
        self.walk().filter(|node| node.children.is_empty())
    }
}

/// The nodes of a tree, parents first.
#[derive(Clone, Debug)]
pub struct Walk<'a> {
    open: Vec<&'a Node>,
}

impl<'a> Iterator for Walk<'a> {
    type Item = &'a Node;

    fn next(&mut self) -> Option<&'a Node> {
        let node = self.open.pop()?;
        self.open.extend(node.children.iter().rev());
        Some(node)
    }
}

impl std::fmt::Display for Note {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Malformed { signature, malformed } => write!(f, "malformed as {signature}: {malformed}"),
            Self::Unusual { at } => write!(f, "encoded in a way no tool does, from byte {at} on; it does the same, but its hash differs"),
            Self::Ambiguous { signatures } => {
                write!(f, "the selector also stands for {}, which decodes too", signatures.join(" and for "))
            }
            Self::LengthsDiffer => f.write_str("lists that belong together have different lengths: this would be refused"),
            Self::UnknownDelegate => {
                f.write_str("unknown code runs in the name of the caller and can do anything that the caller can")
            }
            Self::UnknownBatch => f.write_str(
                "this contract is not in the address book: whether it makes these calls, and nothing else, is not known",
            ),
            Self::NoTicket => f.write_str(
                "only the L1 timelock makes a ticket of a call of this target; whoever else calls it calls nobody",
            ),
            Self::UnknownSafeOperation { operation } => {
                write!(f, "the operation {operation} is neither a call (0) nor a delegate call (1)")
            }
            Self::UnknownGovernor => {
                f.write_str("this governor is not in the address book; the operation is that of a governor with timelock whose salt is the description's hash")
            }
            Self::UnknownInbox => f.write_str("this bridge is not in the address book, so the chain behind it is not known: names below may be those of other chains"),
            Self::ManualRedemption => f.write_str("no gas for a first attempt: somebody must redeem the ticket before it expires"),
            Self::FailureAllowed => f.write_str("may fail without stopping the rest"),
            Self::ItemUnknown => f.write_str("the item hash also takes the blocks and the time of sending"),
            Self::TicketUnknown => f.write_str("the ticket's id also takes the number, base fee and submission cost of its message"),
            Self::SafeHashUnknown => f.write_str("the hash that owners sign also takes chain, Safe and nonce"),
            Self::TooMuch { most, of } => write!(f, "not looked at: there are more than {most} {of}"),
        }
    }
}
