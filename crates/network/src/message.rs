//! Messages between chains, and where each of them stands.
//!
//! ```text
//! to the parent:  Challenged ──(challenge period)──▶ Executable ──(anyone)──▶ Executed
//! to a child:     Travelling ──▶ Redeemable ──(attempt succeeds)──▶ Executed
//!                      │              └──(lifetime)──▶ Expired
//!                      └──(only by a scenario)──▶ Lost
//! ```
//! `Executed`, `Expired` and `Lost` are final: no message is executed twice.

use std::fmt;

use alloy_primitives::{Address, B256, Bytes, U256};

/// The name of a message: its kind, the child chain's id, and its number there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum MessageId {
    /// From a child chain to its parent: the child's chain id and the position in its send tree.
    ToParent {
        /// The child chain's id.
        child: u64,
        /// The position.
        position: u64,
    },
    /// From the parent to a child chain: the child's chain id and the number at its bridge.
    ToChild {
        /// The child chain's id.
        child: u64,
        /// The number.
        number: u64,
    },
}

impl MessageId {
    /// The child chain at one end of it.
    #[must_use]
    pub const fn child(self) -> u64 {
        match self {
            Self::ToParent { child, .. } | Self::ToChild { child, .. } => child,
        }
    }
}

impl fmt::Display for MessageId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ToParent { child, position } => write!(f, "message {position} from chain {child} to its parent"),
            Self::ToChild { child, number } => write!(f, "ticket {number} to chain {child}"),
        }
    }
}

/// What a message is to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Payload {
    /// Whom the call on the other chain comes from: aliased where the bridge aliases.
    pub sender: Address,
    /// Whom it calls.
    pub to: Address,
    /// Wei it carries.
    pub value: U256,
    /// Calldata.
    pub data: Bytes,
}

/// Where a message stands. Times are seconds since the Unix epoch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MessageState {
    /// Sent to the parent; executable there once unchallenged.
    Challenged {
        /// When it becomes executable.
        until_seconds: u64,
    },
    /// Anyone may execute it on the parent.
    Executable,
    /// On its way to a child chain.
    Travelling {
        /// When it arrives.
        until_seconds: u64,
    },
    /// A ticket on the child chain; anyone may redeem it.
    Redeemable {
        /// When it expires.
        until_seconds: u64,
    },
    /// Done, once and for all.
    Executed,
    /// Nobody redeemed the ticket in time.
    Expired,
    /// It never arrives: a fault that a scenario asked for.
    Lost,
}

impl MessageState {
    /// Whether nothing will happen any more.
    #[must_use]
    pub const fn is_final(self) -> bool {
        matches!(self, Self::Executed | Self::Expired | Self::Lost)
    }
}

/// Who may take the next step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Who {
    /// Anyone, by a transaction on the chain the message goes to.
    Anyone,
    /// Time alone.
    Time,
    /// Nobody.
    Nobody,
}

/// A message and everything there is to say of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// Its name.
    pub id: MessageId,
    /// The chain it comes from, by id.
    pub from_chain: u64,
    /// The chain it goes to, by id.
    pub to_chain: u64,
    /// The block of its chain it was sent in.
    pub sent_block: u64,
    /// When it was sent, in seconds since the Unix epoch.
    pub sent_seconds: u64,
    /// The transaction that sent it.
    pub sent_tx: B256,
    /// What it is to do.
    pub payload: Payload,
    /// Item hash (to the parent) or ticket id (to a child).
    pub hash: B256,
    /// Where it stands.
    pub state: MessageState,
}

impl Message {
    /// When the next step can be taken at the earliest; `None` if there is none.
    #[must_use]
    pub const fn next_step_seconds(&self) -> Option<u64> {
        match self.state {
            MessageState::Challenged { until_seconds } | MessageState::Travelling { until_seconds } => {
                Some(until_seconds)
            }
            MessageState::Executable | MessageState::Redeemable { .. } => Some(self.sent_seconds),
            MessageState::Executed | MessageState::Expired | MessageState::Lost => None,
        }
    }

    /// Who may take the next step.
    #[must_use]
    pub const fn who(&self) -> Who {
        match self.state {
            MessageState::Executable | MessageState::Redeemable { .. } => Who::Anyone,
            MessageState::Challenged { .. } | MessageState::Travelling { .. } => Who::Time,
            MessageState::Executed | MessageState::Expired | MessageState::Lost => Who::Nobody,
        }
    }
}
