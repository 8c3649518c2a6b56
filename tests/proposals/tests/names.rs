//! Every recorded proposal is called what it was called on chain, at every step of its way.

use alloy_primitives::U256;
use ephor_explain::{IdKind, Kind, Node};
use ephor_proposals::{Operation, explanations, knowledge, record};

/// The operation is called what was observed, as far as that is recorded.
#[track_caller]
fn same(node: &Node, observed: &Operation, id: U256) {
    let own = (node.to, node.id(IdKind::Operation), node.id(IdKind::Salt));
    let recorded = (observed.address.or(own.0), observed.operation_id.or(own.1), observed.salt.or(own.2));
    assert_eq!(own, recorded, "{id}");
}

#[test]
fn reproduces_every_proposal_id_and_both_operation_ids() {
    let (record, knowledge) = (record(), knowledge());
    let explanations = explanations(&knowledge);
    assert_eq!(record.len(), explanations.len());
    let (mut on_l2, mut on_l1) = (0, 0);
    for (recorded, explanation) in record.iter().zip(&explanations) {
        let id = recorded.proposal_id;
        let root = &explanation.root;
        assert_eq!(root.id(IdKind::Proposal), Some(id.into()), "{id}");
        let first = &root.children[0];
        assert_eq!(first.kind, Kind::Operation);
        if let Some(observed) = &recorded.l2_timelock {
            same(first, observed, id);
            on_l2 += 1;
        }
        let operations: Vec<&Node> =
            first.children.iter().flat_map(Node::walk).filter(|node| node.kind == Kind::Operation).collect();
        // Of defeated proposals, the record does not say what the L1 timelock would have been told.
        if let Some(payload) = &recorded.l1_payload {
            let [operation] = operations[..] else { panic!("{id}: {} operations", operations.len()) };
            assert_eq!(operation.id(IdKind::Operation), Some(payload.operation_id), "{id}");
            if !payload.calls.is_empty() {
                assert_eq!(operation.children.len(), payload.calls.len(), "{id}");
            }
        }
        if let Some(observed) = recorded.l1_timelock.as_ref().filter(|operation| operation.operation_id.is_some()) {
            same(operations[0], observed, id);
            on_l1 += 1;
        }
    }
    assert!(!record.is_empty());
    if std::env::var_os("EPHOR_PROPOSALS").is_none() {
        assert_eq!((record.len(), on_l2, on_l1), (42, 32, 8));
    }
}

#[test]
fn leaves_nothing_of_a_recorded_proposal_malformed_or_cut() {
    let knowledge = knowledge();
    for explanation in explanations(&knowledge) {
        for node in explanation.root.walk() {
            assert!(!matches!(node.kind, Kind::Malformed | Kind::Cut), "{:?}", node.notes);
            assert!(!node.sentence.is_empty() && !node.sentence.contains('{'), "{}", node.sentence);
        }
    }
}
