//! What the calls within a call are, by the shape of the function.

mod accounts;
mod bridges;
mod governance;

use crate::{
    decode::Decoded,
    node::{Kind, Manner, Node, Note},
    phrases::Shape,
    walk::{Arguments, Call, Walk, shown_below},
};

impl Walk<'_> {
    /// Adds to a node what its call makes happen; `None` if nothing, or if an argument is not what the shape wants.
    pub(crate) fn expand(&mut self, shape: Shape, call: &Call, node: &mut Node, values: &[Decoded]) -> Option<()> {
        let batch = matches!(
            shape,
            Shape::MultiSend | Shape::Aggregate(_) | Shape::Aggregate3 | Shape::Aggregate3Value | Shape::LocalRoute
        );
        if batch && call.manner == Manner::Call && !self.is_known(call) {
            node.notes.push(Note::UnknownBatch);
        }
        match shape {
            Shape::Plain => None,
            Shape::Propose | Shape::Queue | Shape::GovernorExecute => self.proposal(shape, call, node, values),
            Shape::Operation => self.operation(call, node, values),
            Shape::BatchOperation => self.batch_operation(call, node, values),
            Shape::SendToParent => self.send_to_parent(call, node, values),
            Shape::OutboxExecute => self.outbox_execute(call, node, values),
            Shape::Ticket => self.ticket(call, node, values),
            Shape::Deposit => self.deposit(call, node, values),
            Shape::Messenger => self.messenger(call, node, values),
            Shape::ExecutorExecute => self.executor(call, node, values, Manner::Delegate),
            Shape::ExecutorCall => self.executor(call, node, values, Manner::Call),
            Shape::LocalRoute => self.local_route(call, node, values),
            Shape::Relay => self.relay(call, node, values),
            Shape::SafeTransaction => self.safe_transaction(call, node, values),
            Shape::ModuleTransaction => self.module_transaction(call, node, values),
            Shape::MultiSend => self.multi_send(call, node, values),
            Shape::Aggregate(index) => self.aggregate(call, node, values, index),
            Shape::Aggregate3 => self.aggregate3(call, node, values, false),
            Shape::Aggregate3Value => self.aggregate3(call, node, values, true),
            Shape::UpgradeToAndCall => {
                shown_below(node, &["data"]);
                self.upgrade(call, node, values.address(0)?, call.me(), values.span(1)?)
            }
            Shape::AdminUpgradeAndCall => {
                shown_below(node, &["data"]);
                self.upgrade(call, node, values.address(1)?, values.address(0), values.span(2)?)
            }
        }
    }

    /// A call in the caller's name; says so if it is not known what runs.
    pub(crate) fn delegate(&mut self, call: Call) -> Node {
        let mut node = self.call(Call { manner: Manner::Delegate, ..call });
        if !self.is_known(&call) && node.kind != Kind::Cut {
            node.notes.push(Note::UnknownDelegate);
        }
        node
    }

    /// Whether the reader's own address book knows whom a call is for.
    fn is_known(&self, call: &Call) -> bool {
        let entry = call.to.and_then(|to| self.knowledge.book.entry(call.chain, to));
        entry.is_some_and(|entry| entry.vouched)
    }
}
