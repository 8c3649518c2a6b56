//! Proposals, operations, executors.

use alloy_primitives::{Address, B256, Bytes, U256, keccak256};

use crate::{
    decode::{Decoded, Span},
    ids,
    node::{IdKind, Kind, Manner, Node, Note},
    phrases::Shape,
    walk::{Arguments, Call, Walk, add_id, bare, shown_below},
};

/// Calls that belong together.
struct Calls {
    targets: Vec<Address>,
    values: Vec<U256>,
    spans: Vec<Span>,
    datas: Vec<Bytes>,
}

impl Walk<'_> {
    /// The three lists that start at the first argument; notes if they do not match.
    fn calls(&self, node: &mut Node, values: &[Decoded]) -> Option<Calls> {
        let (targets, amounts, spans) = (values.addresses(0)?, values.uints(1)?, values.spans(2)?);
        if targets.len() != amounts.len() || targets.len() != spans.len() {
            node.notes.push(Note::LengthsDiffer);
            return None;
        }
        let datas = spans.iter().map(|span| self.bytes(*span)).collect();
        Some(Calls { targets, values: amounts, spans, datas })
    }

    fn make(&mut self, call: &Call, calls: &Calls) -> Vec<Node> {
        let each = calls.targets.iter().zip(&calls.values).zip(&calls.spans);
        let each: Vec<Call> = each.map(|((to, value), data)| call.makes(*to, *value, *data)).collect();
        each.into_iter().map(|call| self.call(call)).collect()
    }

    pub(super) fn proposal(&mut self, shape: Shape, call: &Call, node: &mut Node, values: &[Decoded]) -> Option<()> {
        node.kind = Kind::Proposal;
        let calls = self.calls(node, values)?;
        let description = match shape {
            Shape::Propose => keccak256(values.span(3)?.of(self.payload)),
            _ => values.word(3)?,
        };
        let id = ids::proposal(&calls.targets, &calls.values, &calls.datas, description);
        add_id(node, IdKind::Proposal, id.into());
        add_id(node, IdKind::Description, description);
        shown_below(node, &["targets", "values", "calldatas", "descriptionHash"]);
        let timelock = match call.to.and_then(|governor| self.knowledge.book.timelock(governor)) {
            Some(None) => {
                node.children = self.make(call, &calls);
                return Some(());
            }
            Some(timelock) => timelock,
            None => {
                node.notes.push(Note::UnknownGovernor);
                None
            }
        };
        let waiting = Call { from: call.me(), to: timelock, manner: Manner::Call, depth: call.depth + 1, ..*call };
        let mut operation = bare(&waiting);
        operation.kind = Kind::Operation;
        operation.value = U256::ZERO;
        // As the timelock names them, so that they can be compared with its own calldata.
        operation.fields = node.fields.iter().take(3).cloned().collect();
        for (field, name) in operation.fields.iter_mut().zip(["targets", "values", "payloads"]) {
            name.clone_into(&mut field.name);
        }
        let id = ids::batch(&calls.targets, &calls.values, &calls.datas, B256::ZERO, description);
        add_id(&mut operation, IdKind::Operation, id);
        add_id(&mut operation, IdKind::Salt, description);
        add_id(&mut operation, IdKind::Predecessor, B256::ZERO);
        let what =
            if calls.targets.len() == 1 { "the call".to_owned() } else { format!("the {} calls", calls.targets.len()) };
        let who = timelock.map_or_else(
            || "The governor's timelock".to_owned(),
            |timelock| format!("The {}", self.words(call.chain).label(timelock)),
        );
        operation.sentence = format!("{who} waits for its delay and then makes {what}.");
        operation.children = self.make(&waiting, &calls);
        node.children = vec![operation];
        Some(())
    }

    pub(super) fn operation(&mut self, call: &Call, node: &mut Node, values: &[Decoded]) -> Option<()> {
        node.kind = Kind::Operation;
        let (target, value, data) = (values.address(0)?, values.uint(1)?, values.span(2)?);
        let (predecessor, salt) = (values.word(3)?, values.word(4)?);
        add_id(node, IdKind::Operation, ids::operation(target, value, &self.bytes(data), predecessor, salt));
        add_id(node, IdKind::Salt, salt);
        add_id(node, IdKind::Predecessor, predecessor);
        shown_below(node, &["target", "value", "data", "payload", "salt", "predecessor"]);
        node.children = vec![self.call(call.makes(target, value, data))];
        Some(())
    }

    pub(super) fn batch_operation(&mut self, call: &Call, node: &mut Node, values: &[Decoded]) -> Option<()> {
        node.kind = Kind::Operation;
        let calls = self.calls(node, values)?;
        let (predecessor, salt) = (values.word(3)?, values.word(4)?);
        let id = ids::batch(&calls.targets, &calls.values, &calls.datas, predecessor, salt);
        add_id(node, IdKind::Operation, id);
        add_id(node, IdKind::Salt, salt);
        add_id(node, IdKind::Predecessor, predecessor);
        shown_below(node, &["targets", "values", "payloads", "salt", "predecessor"]);
        node.children = self.make(call, &calls);
        Some(())
    }

    pub(super) fn executor(&mut self, call: &Call, node: &mut Node, values: &[Decoded], manner: Manner) -> Option<()> {
        node.kind = Kind::Carrier;
        let inner = call.makes(values.address(0)?, call.value, values.span(1)?);
        shown_below(node, &["upgradeCallData", "targetCallData"]);
        node.children = vec![match manner {
            Manner::Call => self.call(inner),
            Manner::Delegate => self.delegate(inner),
        }];
        Some(())
    }

    pub(super) fn local_route(&mut self, call: &Call, node: &mut Node, values: &[Decoded]) -> Option<()> {
        node.kind = Kind::Batch;
        let (actions, datas) = (values.addresses(0)?, values.spans(1)?);
        if actions.len() != datas.len() {
            node.notes.push(Note::LengthsDiffer);
            return None;
        }
        shown_below(node, &["actions", "datas"]);
        for (action, data) in actions.into_iter().zip(datas) {
            let inner = self.delegate(call.makes(action, U256::ZERO, data));
            node.children.push(inner);
        }
        Some(())
    }

    pub(super) fn relay(&mut self, call: &Call, node: &mut Node, values: &[Decoded]) -> Option<()> {
        node.kind = Kind::Carrier;
        shown_below(node, &["data"]);
        node.children = vec![self.call(call.makes(values.address(0)?, values.uint(1)?, values.span(2)?))];
        Some(())
    }
}
