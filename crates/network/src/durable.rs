//! A network in a database: every chain, and beside them clock, messages, tickets and settings.
//!
//! What the network itself knows is written as notes in the same group as the blocks that go with it, so whatever moment the process dies
//! at, clock, messages and chains agree.
//!
//! ```text
//! network            what the network consists of, to tell one from another
//! clock              anchor, slot and time
//! settings           deliveries tried, whether transactions are mined at once
//! message/ID         kind (1) ‖ child (8) ‖ number (8)
//! ticket/HASH
//! ```

use std::collections::{BTreeMap, BTreeSet, HashMap};

use alloy_primitives::{Address, B256, Bytes, U256};
use alloy_rlp::{Decodable, RlpDecodable, RlpEncodable};
use ephor_abi::message::Submission;
use ephor_chain::{Database, Pending, Program, StoreError};

use crate::{
    bridge::Ticket,
    clock::{Clock, ClockError},
    config::{ChainSpec, NetworkConfig},
    error::NetworkError,
    events::NetworkEvent,
    message::{Message, MessageId, MessageState, Payload},
    network::Network,
};

const NETWORK: &[u8] = b"network";
const CLOCK: &[u8] = b"clock";
const SETTINGS: &[u8] = b"settings";
const MESSAGE: &[u8] = b"message/";
const TICKET: &[u8] = b"ticket/";

/// How much of a network is kept.
pub(crate) enum Keeping<'a> {
    /// The latest state, in memory.
    Present,
    /// The state at every block, in memory.
    Past,
    /// Everything, in a database.
    All(&'a Database),
}

/// What differs from what the database says.
#[derive(Debug, Default)]
pub(crate) struct Unwritten {
    pub(crate) messages: BTreeSet<MessageId>,
    pub(crate) tickets: BTreeSet<B256>,
    /// Clock and settings as they are there.
    written: Option<([u64; 4], u64, bool)>,
}

impl Network {
    /// A network in a database: the one already there, as it was, or a new one. A new one is there once [`Self::commit`] was waited
    /// for; until then it is as if it had never been. Of one already there, `config` must name the same chains and bridges; its
    /// clock goes on where it stood.
    ///
    /// # Errors
    /// [`StoreError`] when the database holds another network, or is damaged; else as [`Self::new`].
    pub fn open(
        database: &Database,
        config: NetworkConfig,
        programs: impl IntoIterator<Item = Program>,
    ) -> Result<Self, NetworkError> {
        Self::start(config, programs, &Keeping::All(database))
    }

    /// Whether a database holds a network.
    #[must_use]
    pub fn is_in(database: &Database) -> bool {
        database.note(NETWORK).is_some()
    }

    /// The database it is in.
    #[must_use]
    pub const fn database(&self) -> Option<&Database> {
        self.database.as_ref()
    }

    /// Ends the group of all that happened since the last time. Whoever answers somebody waits for what this returns first; that
    /// includes answers about what others did. In memory there is nothing to wait for.
    ///
    /// When writing failed, the network goes back to what is durable, and what this returns fails.
    pub fn commit(&mut self) -> Pending {
        let Some(database) = self.database.clone() else { return Pending::done() };
        if database.must_fall_back() {
            return match (self.drop_unacknowledged(), database.check()) {
                (Err(error), _) | (Ok(()), Err(error)) => Pending::failed(error),
                (Ok(()), Ok(())) => database.pending(),
            };
        }
        // After a failure there is nothing new, and what is there can be read.
        if let Err(error) = self.stage(&database)
            && !database.is_refusing()
        {
            return Pending::failed(error);
        }
        database.pending()
    }

    fn stage(&mut self, database: &Database) -> Result<(), StoreError> {
        self.bound_snapshots();
        for hosted in self.hosted.values_mut() {
            hosted.chain.stage()?;
        }
        let mut notes: Vec<(Bytes, Option<Bytes>)> = Vec::new();
        let now = (self.clock.parts(), self.arrivals, self.automine);
        if self.unwritten.written != Some(now) {
            let ([anchor_l1_block, anchor_seconds, slot_seconds, now_seconds], arrivals, automine) = now;
            let clock = ClockNote { anchor_l1_block, anchor_seconds, slot_seconds, now_seconds };
            notes.push((CLOCK.into(), Some(alloy_rlp::encode(clock).into())));
            notes.push((SETTINGS.into(), Some(alloy_rlp::encode(Settings { arrivals, automine }).into())));
        }
        for id in &self.unwritten.messages {
            let note = self.messages.get(id).map(|message| MessageNote::of(message).to_bytes());
            notes.push((message_key(*id), note));
        }
        for hash in &self.unwritten.tickets {
            let note = self.tickets.get(hash).map(|ticket| TicketNote::of(ticket).to_bytes());
            notes.push(([TICKET, hash.as_slice()].concat().into(), note));
        }
        if !notes.is_empty() {
            database.write_notes(notes)?;
        }
        self.unwritten = Unwritten { written: Some(now), ..Unwritten::default() };
        Ok(())
    }

    /// Takes the database, if there is to be one. Whether it holds this network already.
    pub(crate) fn attach(&mut self, keeping: &Keeping<'_>, chains: &[ChainSpec]) -> Result<bool, NetworkError> {
        let Keeping::All(database) = keeping else { return Ok(false) };
        self.database = Some((*database).clone());
        let expected = in_words(chains);
        match database.note(NETWORK) {
            None => {
                database.write_notes([(NETWORK.into(), Some(expected.into_bytes().into()))])?;
                Ok(false)
            }
            Some(found) if found[..] == *expected.as_bytes() => Ok(true),
            Some(found) => {
                let found = String::from_utf8_lossy(&found).into_owned();
                Err(StoreError::OtherNetwork { path: database.path().to_path_buf(), found, expected }.into())
            }
        }
    }

    /// Takes clock, messages, tickets and settings from the database.
    pub(crate) fn restore(&mut self) -> Result<(), StoreError> {
        let Some(database) = &self.database else { return Ok(()) };
        let read = Notes::read(database)
            .map_err(|error| StoreError::Unreadable { path: database.path().to_path_buf(), source: Box::new(error) })?;
        let Notes { clock, settings, messages, tickets } = read;
        (self.clock, self.messages, self.tickets) = (clock, messages, tickets);
        (self.arrivals, self.automine) = (settings.arrivals, settings.automine);
        let written = Some((self.clock.parts(), self.arrivals, self.automine));
        self.unwritten = Unwritten { written, ..Unwritten::default() };
        Ok(())
    }

    /// After a failed write, goes back to what is durable. Done before anything else, it keeps answers from resting on what is lost.
    ///
    /// # Errors
    /// When what is durable cannot be read.
    pub(crate) fn drop_unacknowledged(&mut self) -> Result<(), StoreError> {
        let Some(database) = self.database.as_ref().filter(|database| database.must_fall_back()) else { return Ok(()) };
        database.fall_back();
        self.fall_back()
    }

    /// Drops what was not acknowledged.
    fn fall_back(&mut self) -> Result<(), StoreError> {
        self.snapshots.clear();
        for hosted in self.hosted.values_mut() {
            hosted.chain.fall_back();
        }
        let restored = self.restore();
        for chain_id in self.order.clone() {
            self.tell(&NetworkEvent::Reverted { chain_id });
        }
        restored
    }
}

impl Drop for Network {
    /// What nobody asked to be durable is written all the same; what refuses has been told.
    fn drop(&mut self) {
        if let Some(database) = self.database.clone() {
            drop(self.stage(&database));
        }
    }
}

/// The chains and bridges of a network, to tell one from another.
fn in_words(chains: &[ChainSpec]) -> String {
    let one = |spec: &ChainSpec| format!("{spec:?}");
    chains.iter().map(one).collect::<Vec<_>>().join(", ")
}

fn message_key(id: MessageId) -> Bytes {
    let (kind, child, number) = match id {
        MessageId::ToParent { child, position } => (0, child, position),
        MessageId::ToChild { child, number } => (1, child, number),
    };
    [MESSAGE, &[kind], &child.to_be_bytes(), &number.to_be_bytes()].concat().into()
}

#[derive(RlpEncodable, RlpDecodable)]
struct ClockNote {
    anchor_l1_block: u64,
    anchor_seconds: u64,
    slot_seconds: u64,
    now_seconds: u64,
}

#[derive(RlpEncodable, RlpDecodable)]
struct Settings {
    arrivals: u64,
    automine: bool,
}

#[derive(RlpEncodable, RlpDecodable)]
struct MessageNote {
    to_child: bool,
    child: u64,
    number: u64,
    from_chain: u64,
    to_chain: u64,
    sent_block: u64,
    sent_seconds: u64,
    sent_tx: B256,
    sender: Address,
    to: Address,
    value: U256,
    data: Bytes,
    hash: B256,
    /// Which state, in the order of the enum.
    state: u8,
    /// The state's time; zero if it has none.
    until_seconds: u64,
}

impl MessageNote {
    fn of(message: &Message) -> Self {
        let Message { id, from_chain, to_chain, sent_block, sent_seconds, sent_tx, payload, hash, state } =
            message.clone();
        let (to_child, child, number) = match id {
            MessageId::ToParent { child, position } => (false, child, position),
            MessageId::ToChild { child, number } => (true, child, number),
        };
        let (state, until_seconds) = match state {
            MessageState::Challenged { until_seconds } => (0, until_seconds),
            MessageState::Executable => (1, 0),
            MessageState::Travelling { until_seconds } => (2, until_seconds),
            MessageState::Redeemable { until_seconds } => (3, until_seconds),
            MessageState::Executed => (4, 0),
            MessageState::Expired => (5, 0),
            MessageState::Lost => (6, 0),
        };
        let Payload { sender, to, value, data } = payload;
        Self {
            to_child,
            child,
            number,
            from_chain,
            to_chain,
            sent_block,
            sent_seconds,
            sent_tx,
            sender,
            to,
            value,
            data,
            hash,
            state,
            until_seconds,
        }
    }

    fn to_bytes(&self) -> Bytes {
        alloy_rlp::encode(self).into()
    }

    fn into_message(self) -> Result<Message, alloy_rlp::Error> {
        let Self { child, number, until_seconds, .. } = self;
        Ok(Message {
            id: if self.to_child {
                MessageId::ToChild { child, number }
            } else {
                MessageId::ToParent { child, position: number }
            },
            from_chain: self.from_chain,
            to_chain: self.to_chain,
            sent_block: self.sent_block,
            sent_seconds: self.sent_seconds,
            sent_tx: self.sent_tx,
            payload: Payload { sender: self.sender, to: self.to, value: self.value, data: self.data },
            hash: self.hash,
            state: match self.state {
                0 => MessageState::Challenged { until_seconds },
                1 => MessageState::Executable,
                2 => MessageState::Travelling { until_seconds },
                3 => MessageState::Redeemable { until_seconds },
                4 => MessageState::Executed,
                5 => MessageState::Expired,
                6 => MessageState::Lost,
                _ => return Err(alloy_rlp::Error::Custom("a message is in no known state")),
            },
        })
    }
}

#[derive(RlpEncodable, RlpDecodable)]
struct TicketNote {
    submission: Bytes,
    funded: bool,
    attempts: u64,
}

impl TicketNote {
    fn of(ticket: &Ticket) -> Self {
        Self { submission: ticket.submission.encode().into(), funded: ticket.funded, attempts: ticket.attempts }
    }

    fn to_bytes(&self) -> Bytes {
        alloy_rlp::encode(self).into()
    }

    fn into_ticket(self) -> Result<Ticket, alloy_rlp::Error> {
        let submission = Submission::decode(&self.submission)
            .ok_or(alloy_rlp::Error::Custom("a ticket is not what the inbox writes"))?;
        Ok(Ticket { submission, funded: self.funded, attempts: self.attempts })
    }
}

/// Everything the network has in a database.
struct Notes {
    clock: Clock,
    settings: Settings,
    messages: BTreeMap<MessageId, Message>,
    tickets: HashMap<B256, Ticket>,
}

impl Notes {
    fn read(database: &Database) -> Result<Self, alloy_rlp::Error> {
        let missing = || alloy_rlp::Error::Custom("the network has no clock");
        let clock = clock(&database.note(CLOCK).ok_or_else(missing)?)?;
        let settings = whole(&database.note(SETTINGS).ok_or_else(missing)?)?;
        let message = |(_, note): (Bytes, Bytes)| {
            let message = whole::<MessageNote>(&note)?.into_message()?;
            Ok((message.id, message))
        };
        let ticket = |(key, note): (Bytes, Bytes)| {
            let hash = key.get(TICKET.len()..).and_then(|hash| B256::try_from(hash).ok());
            let hash = hash.ok_or(alloy_rlp::Error::Custom("a ticket has no hash"))?;
            Ok((hash, whole::<TicketNote>(&note)?.into_ticket()?))
        };
        Ok(Self {
            clock,
            settings,
            messages: database.notes(MESSAGE).into_iter().map(message).collect::<Result<_, alloy_rlp::Error>>()?,
            tickets: database.notes(TICKET).into_iter().map(ticket).collect::<Result<_, alloy_rlp::Error>>()?,
        })
    }
}

fn clock(note: &[u8]) -> Result<Clock, alloy_rlp::Error> {
    let ClockNote { anchor_l1_block, anchor_seconds, slot_seconds, now_seconds } = whole(note)?;
    // Begun at its anchor and moved on, it is the same clock, also for the times in between.
    let mut clock = Clock::new(anchor_l1_block, anchor_seconds, slot_seconds, anchor_seconds).map_err(odd_clock)?;
    clock.advance_to(now_seconds).map_err(odd_clock)?;
    Ok(clock)
}

/// Decodes bytes as a note of any kind: for fuzzing. Must return, whatever the bytes.
pub(crate) fn decode_any(kind: u8, bytes: &[u8]) -> bool {
    match kind % 4 {
        0 => clock(bytes).is_ok(),
        1 => whole::<Settings>(bytes).is_ok(),
        2 => whole::<MessageNote>(bytes).and_then(MessageNote::into_message).is_ok(),
        _ => whole::<TicketNote>(bytes).and_then(TicketNote::into_ticket).is_ok(),
    }
}

fn odd_clock(_: ClockError) -> alloy_rlp::Error {
    alloy_rlp::Error::Custom("the network's clock cannot be")
}

fn whole<T: Decodable>(mut bytes: &[u8]) -> Result<T, alloy_rlp::Error> {
    let value = T::decode(&mut bytes)?;
    if bytes.is_empty() { Ok(value) } else { Err(alloy_rlp::Error::UnexpectedLength) }
}
