//! Messages between chains.

use std::sync::LazyLock;

use alloy_primitives::{Address, U256};
use ephor_abi::message::{Item, Submission};

use crate::{
    book::alias,
    decode::{self, Decoded, Span},
    node::{IdKind, Kind, Node, Note},
    types::Function,
    units::Unit,
    walk::{Arguments, Call, Walk, add_id, shown_below},
};

/// What the L1 timelock reads from the calldata of a call to the magic target.
static MAGIC: LazyLock<Option<Function>> = LazyLock::new(|| {
    let text =
        "ticket(address inbox, address to, uint256 l2CallValue, uint256 gasLimit, uint256 maxFeePerGas, bytes data)";
    Function::parse(text).ok()
});

const MAGIC_UNITS: &str = "{l2CallValue:wei} {maxFeePerGas:gwei}";

/// What a ticket makes happen.
struct Ticket {
    inbox: Option<Address>,
    to: Address,
    value: U256,
    gas_limit: U256,
    max_fee_per_gas: U256,
    data: Span,
    /// Gets the value back if the ticket expires; the sender where it is not said.
    call_value_refund: Option<Address>,
}

impl Walk<'_> {
    pub(super) fn send_to_parent(&mut self, call: &Call, node: &mut Node, values: &[Decoded]) -> Option<()> {
        node.kind = Kind::Message;
        let (to, data) = (values.address(0)?, values.span(1)?);
        match (self.knowledge.facts.sent, call.from) {
            (Some(sent), Some(sender)) => {
                let item = Item {
                    sender,
                    to,
                    l2_block: sent.l2_block,
                    l1_block: sent.l1_block,
                    timestamp: sent.timestamp_seconds,
                    value: call.value,
                    data: data.of(self.payload),
                };
                add_id(node, IdKind::Item, item.hash());
            }
            _ => node.notes.push(Note::ItemUnknown),
        }
        let book = &self.knowledge.book;
        let chain = call.chain.and_then(|chain| book.parent(chain)).or_else(|| book.only_chain(to));
        let on = chain.map_or_else(|| "the parent chain".to_owned(), |chain| book.title(chain));
        node.sentence = format!("Send a message to {on} that calls {}.", self.words(chain).label(to));
        self.name_there(node, "destination", chain, to);
        shown_below(node, &["data"]);
        node.children = vec![self.call(Call { chain, from: None, ..call.makes(to, call.value, data) })];
        Some(())
    }

    /// Names an address by what it is on another chain.
    fn name_there(&self, node: &mut Node, parameter: &str, chain: Option<u64>, address: Address) {
        for field in node.fields.iter_mut().filter(|field| field.name == parameter) {
            field.text = self.words(chain).full(address);
        }
    }

    pub(super) fn outbox_execute(&mut self, call: &Call, node: &mut Node, values: &[Decoded]) -> Option<()> {
        node.kind = Kind::Message;
        let (sender, to, data) = (values.address(2)?, values.address(3)?, values.span(8)?);
        let (l2_block, l1_block, timestamp) = (values.uint(4)?, values.uint(5)?, values.uint(6)?);
        let value = values.uint(7)?;
        let item = Item { sender, to, l2_block, l1_block, timestamp, value, data: data.of(self.payload) };
        add_id(node, IdKind::Item, item.hash());
        node.from = Some(sender);
        // The sender is on the child chain, and is called what it is called there.
        let there = self.knowledge.book.only_chain(sender);
        if there.is_some() && there != call.chain {
            self.name_there(node, "l2Sender", there, sender);
            node.sentence = node.sentence.replace(&sender.to_string(), &self.words(there).label(sender));
        }
        shown_below(node, &["data"]);
        node.children = vec![self.call(Call { from: None, ..call.makes(to, value, data) })];
        Some(())
    }

    /// The ticket that a call of the magic target stands for.
    pub(crate) fn magic_ticket(&mut self, call: &Call, node: &mut Node) {
        let Some(function) = MAGIC.as_ref() else { return };
        match decode::decode(self.payload, &function.inputs, call.data, &mut self.budget) {
            Err(malformed) => {
                node.kind = Kind::Malformed;
                "Create a retryable ticket from what describes none.".clone_into(&mut node.sentence);
                node.notes.push(Note::Malformed { signature: function.signature.clone(), malformed });
            }
            Ok(values) => {
                if let Some(at) = decode::unusual(self.payload, &function.inputs, &values, call.data) {
                    node.notes.push(Note::Unusual { at });
                }
                node.fields = self.fields(call, &function.inputs, &values, MAGIC_UNITS);
                let _: Option<()> = self.described_ticket(call, node, &values);
            }
        }
    }

    fn described_ticket(&mut self, call: &Call, node: &mut Node, values: &[Decoded]) -> Option<()> {
        let inbox = values.address(0)?;
        node.to = Some(inbox);
        let ticket = Ticket {
            inbox: Some(inbox),
            to: values.address(1)?,
            value: values.uint(2)?,
            gas_limit: values.uint(3)?,
            max_fee_per_gas: values.uint(4)?,
            data: values.span(5)?,
            call_value_refund: call.from.map(alias),
        };
        self.say_and_carry(call, node, &ticket);
        Some(())
    }

    pub(super) fn ticket(&mut self, call: &Call, node: &mut Node, values: &[Decoded]) -> Option<()> {
        let ticket = Ticket {
            inbox: call.to,
            to: values.address(0)?,
            value: values.uint(1)?,
            gas_limit: values.uint(5)?,
            max_fee_per_gas: values.uint(6)?,
            data: values.span(7)?,
            call_value_refund: values.address(4),
        };
        self.say_and_carry(call, node, &ticket);
        Some(())
    }

    fn say_and_carry(&mut self, call: &Call, node: &mut Node, ticket: &Ticket) {
        let book = &self.knowledge.book;
        let on = ticket.inbox.and_then(|inbox| book.behind(inbox));
        let to = self.words(on).label(ticket.to);
        let on = on.map_or_else(|| "the chain behind an unknown inbox".to_owned(), |chain| book.title(chain));
        let value = Unit::Wei.show(ticket.value);
        node.sentence = format!("Create a retryable ticket that calls {to} on {on} with {value}.");
        self.carry(call, node, ticket);
    }

    fn carry(&mut self, call: &Call, node: &mut Node, ticket: &Ticket) {
        node.kind = Kind::Ticket;
        let chain = ticket.inbox.and_then(|inbox| self.knowledge.book.behind(inbox));
        if chain.is_none() {
            node.notes.push(Note::UnknownInbox);
        }
        if ticket.gas_limit.is_zero() || ticket.max_fee_per_gas.is_zero() {
            node.notes.push(Note::ManualRedemption);
        }
        let submitted = self.knowledge.facts.tickets.get(self.tickets).copied();
        self.tickets += 1;
        match (submitted, chain, call.from) {
            (Some(submitted), Some(chain), Some(sender)) => {
                // Whoever calls the inbox decides what to deposit; the timelock deposits what the ticket costs.
                let gas = ticket.gas_limit.saturating_mul(ticket.max_fee_per_gas);
                let cost = submitted.submission_cost.saturating_add(ticket.value).saturating_add(gas);
                let deposit = if node.reading.is_some() { call.value } else { cost };
                let refund = submitted.call_value_refund.or(ticket.call_value_refund);
                let submission = Submission {
                    to: ticket.to,
                    l2_call_value: ticket.value,
                    deposit,
                    max_submission_cost: submitted.submission_cost,
                    excess_fee_refund: submitted.excess_fee_refund,
                    call_value_refund: refund.unwrap_or_else(|| alias(sender)),
                    gas_limit: ticket.gas_limit,
                    max_fee_per_gas: ticket.max_fee_per_gas,
                    data: ticket.data.of(self.payload).to_vec(),
                };
                let id = submission.id(chain, submitted.message_number, alias(sender), submitted.l1_base_fee);
                add_id(node, IdKind::Ticket, id);
            }
            _ => node.notes.push(Note::TicketUnknown),
        }
        self.name_there(node, "to", chain, ticket.to);
        shown_below(node, &["data"]);
        let (from, elsewhere) = (call.from.map(alias), call.chain);
        let inner = call.makes(ticket.to, ticket.value, ticket.data);
        node.children = vec![self.call(Call { chain, from, elsewhere, ..inner })];
    }

    /// The chain behind a bridge of the OP Stack: the one that the book knows, or else the one other chain that the target is known
    /// on.
    fn op_chain(&self, call: &Call, node: &mut Node, parameter: &str, target: Address) -> Option<u64> {
        let book = &self.knowledge.book;
        let behind = call.to.and_then(|to| book.behind(to));
        if behind.is_none() {
            node.notes.push(Note::UnknownInbox);
        }
        let there = behind.or_else(|| book.only_chain(target).filter(|chain| Some(*chain) != call.chain));
        // What the target is called on this chain is not what it is called there.
        let (here, named) = (self.words(call.chain).label(target), self.words(there).label(target));
        let named = if there.is_some() || call.chain.is_none() { named } else { target.to_string() };
        node.sentence = node.sentence.replacen(&format!("calls {here}"), &format!("calls {named}"), 1);
        for field in node.fields.iter_mut().filter(|field| field.name == parameter) {
            field.text = if there.is_some() { self.words(there).full(target) } else { target.to_string() };
        }
        there
    }

    pub(super) fn deposit(&mut self, call: &Call, node: &mut Node, values: &[Decoded]) -> Option<()> {
        node.kind = Kind::Ticket;
        let (to, creation) = (values.address(0)?, values.truth(3)?);
        let (chain, elsewhere) = (self.op_chain(call, node, "to", to), call.chain);
        if !creation {
            shown_below(node, &["data"]);
            let inner = call.makes(to, values.uint(1)?, values.span(4)?);
            node.children = vec![self.call(Call { chain, from: None, elsewhere, ..inner })];
        }
        Some(())
    }

    pub(super) fn messenger(&mut self, call: &Call, node: &mut Node, values: &[Decoded]) -> Option<()> {
        node.kind = Kind::Ticket;
        shown_below(node, &["message"]);
        let to = values.address(0)?;
        let (chain, elsewhere) = (self.op_chain(call, node, "target", to), call.chain);
        let inner = call.makes(to, call.value, values.span(1)?);
        node.children = vec![self.call(Call { chain, from: None, elsewhere, ..inner })];
        Some(())
    }
}
