//! What was voted is found in what is executed later, at each stage, and nothing else is taken for it.

use alloy_primitives::{Address, B256, Bytes, U256};
use alloy_sol_types::{SolCall, sol};
use ephor_abi::{bridge::IOutbox, safe::ISafe, timelock::ITimelock};
use ephor_explain::{
    Difference, Explanation, IdKind, Kind, Knowledge, Manner, Node, Note, Payload, Verdict, explain, verify,
};
use ephor_proposals::{explanations, knowledge, own_explanations};

sol! {
    function multiSend(bytes transactions);
}

const SAFE: Address = Address::repeat_byte(0x5a);
const MULTI_SEND: Address = alloy_primitives::address!("40A2aCCbd92BCA938b02010E17A5b8929b49130D");

/// The calldata that executes an operation.
fn execution(explanation: &Explanation, operation: &Node) -> Payload {
    let data = |node: &Node| Bytes::copy_from_slice(node.data.of(&explanation.payload.data));
    let (predecessor, salt) = (operation.id(IdKind::Predecessor), operation.id(IdKind::Salt));
    let (predecessor, salt) = (predecessor.expect("an operation's"), salt.expect("an operation's"));
    // A ticket's node names the inbox; the operation calls the magic target.
    let target = |node: &Node| match node.kind {
        Kind::Ticket => ephor_abi::bridge::RETRYABLE_TICKET_MAGIC,
        _ => node.to.expect("a target"),
    };
    let single = operation.reading.as_ref().is_some_and(|reading| reading.signature.starts_with("schedule("));
    let calldata = if single {
        let child = &operation.children[0];
        let (target, value, payload) = (target(child), child.value, data(child));
        ITimelock::executeCall { target, value, payload, predecessor, salt }.abi_encode()
    } else {
        ITimelock::executeBatchCall {
            targets: operation.children.iter().map(target).collect(),
            values: operation.children.iter().map(|child| child.value).collect(),
            payloads: operation.children.iter().map(data).collect(),
            predecessor,
            salt,
        }
        .abi_encode()
    };
    Payload { to: operation.to, chain: operation.chain, data: calldata.into(), ..Payload::default() }
}

/// A Safe's transaction that makes calls one after another, through MultiSend.
fn by_safe(payloads: &[Payload]) -> Payload {
    let mut transactions = Vec::new();
    for payload in payloads {
        transactions.push(0);
        transactions.extend(payload.to.expect("a target"));
        transactions.extend(payload.value.to_be_bytes::<32>());
        transactions.extend(U256::from(payload.data.len()).to_be_bytes::<32>());
        transactions.extend(&payload.data);
    }
    let call = ISafe::execTransactionCall {
        to: MULTI_SEND,
        value: U256::ZERO,
        data: multiSendCall { transactions: transactions.into() }.abi_encode().into(),
        operation: 1,
        safeTxGas: U256::ZERO,
        baseGas: U256::ZERO,
        gasPrice: U256::ZERO,
        gasToken: Address::ZERO,
        refundReceiver: Address::ZERO,
        signatures: Bytes::from_static(b"signatures"),
    };
    Payload { to: Some(SAFE), chain: payloads[0].chain, data: call.abi_encode().into(), ..Payload::default() }
}

fn verdict(voted: &Explanation, presented: &Payload, knowledge: &Knowledge) -> Verdict {
    verify(voted, &explain(presented.clone(), knowledge).expect("short"))
}

/// The operations of a proposal.
fn operations(explanation: &Explanation) -> Vec<&Node> {
    explanation.root.walk().filter(|node| node.kind == Kind::Operation).collect()
}

#[test]
fn finds_each_operation_in_what_executes_it() {
    let knowledge = knowledge();
    for voted in explanations(&knowledge) {
        let leaves = voted.root.leaves().count();
        for operation in operations(&voted) {
            let payload = execution(&voted, operation);
            for (presented, depth) in [(payload.clone(), 0), (by_safe(std::slice::from_ref(&payload)), 2)] {
                let verdict = verdict(&voted, &presented, &knowledge);
                assert!(verdict.is_same(), "{:#?}", verdict.differences);
                let [found] = &verdict.matches[..] else { panic!("{:?}", verdict.matches) };
                assert_eq!(found.id.map(|id| id.hash), operation.id(IdKind::Operation));
                assert_eq!((found.presented.len(), &found.unchecked[..]), (depth, &[][..]));
                assert_eq!((verdict.leaves, verdict.leaves_voted), (operation.leaves().count(), leaves));
            }
        }
    }
}

#[test]
fn finds_the_message_in_what_the_outbox_executes() {
    let knowledge = knowledge();
    let mut found = 0;
    // Another file need not have one that goes to the L1.
    for voted in own_explanations(&knowledge).into_iter().chain(explanations(&knowledge)) {
        let Some(message) = voted.root.walk().find(|node| node.kind == Kind::Message) else { continue };
        let carried = &message.children[0];
        let call = IOutbox::executeTransactionCall {
            proof: vec![B256::repeat_byte(1)],
            index: U256::from(7),
            l2Sender: message.from.expect("the timelock"),
            to: carried.to.expect("the L1 timelock"),
            l2Block: U256::from(1),
            l1Block: U256::from(2),
            l2Timestamp: U256::from(3),
            value: U256::ZERO,
            data: Bytes::copy_from_slice(carried.data.of(&voted.payload.data)),
        };
        let presented = |call: &IOutbox::executeTransactionCall| Payload {
            chain: Some(1),
            data: call.abi_encode().into(),
            ..Payload::default()
        };
        assert!(verdict(&voted, &presented(&call), &knowledge).is_same());
        let other = IOutbox::executeTransactionCall { l2Sender: SAFE, ..call };
        let verdict = verdict(&voted, &presented(&other), &knowledge);
        assert_eq!(verdict.differences.iter().map(|found| found.field.as_str()).collect::<Vec<_>>(), ["caller"]);
        found += 1;
    }
    assert!(found > 0);
}

/// Whether the byte breaks the node at the end of a way: it no longer decodes, or the byte is one of its length.
fn broken(root: &Node, way: &[usize], at: usize) -> bool {
    let node = way.iter().try_fold(root, |node, index| node.children.get(index - 1));
    node.is_some_and(|node| {
        let (start, end) = (node.data.start, node.data.end());
        (start.saturating_sub(32)..start).contains(&at) || (node.kind == Kind::Malformed && (start..end).contains(&at))
    })
}

#[test]
fn names_the_byte_of_every_alteration() {
    let knowledge = knowledge();
    for voted in explanations(&knowledge) {
        for operation in operations(&voted) {
            let honest = execution(&voted, operation);
            // A byte in each of some words, spread over the whole of the calldata.
            for step in 0..24 {
                let mut data = honest.data.to_vec();
                let at = 4 + (data.len() - 5) * step / 23;
                data[at] ^= 0x01;
                let presented = Payload { data: data.into(), ..honest.clone() };
                let explained = explain(presented, &knowledge).expect("short");
                let verdict = verify(&voted, &explained);
                let note = |note: &Note| matches!(note, Note::Unusual { at: from } if from.abs_diff(at) < 32);
                let unusual = explained.root.walk().any(|node| node.notes.iter().any(note));
                if verdict.is_same() {
                    // Padding is not part of what is hashed, so the operation is the same; but the reader is told.
                    assert!(unusual, "byte {at} of {}", explained.payload.data);
                    continue;
                }
                let near = |found: &Difference| {
                    let place = found.presented.as_ref().or(found.voted.as_ref());
                    let near = place.and_then(|place| place.at).is_some_and(|found| found.abs_diff(at) < 32);
                    near || place.is_some_and(|place| broken(&explained.root, &place.node, at))
                };
                let found = &verdict.differences;
                // An offset that leads elsewhere is found as what it leads to; that it is unusual is said where it stands.
                assert!(unusual || found.iter().any(near), "byte {at}: {found:#?}");
            }
        }
    }
}

#[test]
fn says_which_field_of_which_call_is_another() {
    let knowledge = knowledge();
    // Three payments of the treasury in one proposal.
    let pays = |node: &Node| node.reading.as_ref().is_some_and(|reading| reading.selector == [0xbe, 0xab, 0xac, 0xc8]);
    let three = |each: &&Explanation| each.root.leaves().count() == 3 && each.root.leaves().all(pays);
    let explanations = own_explanations(&knowledge);
    let voted = explanations.iter().find(three).expect("there is one");
    let operation = operations(voted)[0];
    let honest = execution(voted, operation);
    let call = ITimelock::executeBatchCall::abi_decode(&honest.data).expect("a batch");
    let presented = |call: &ITimelock::executeBatchCall| Payload { data: call.abi_encode().into(), ..honest.clone() };
    let fields = |verdict: &Verdict| verdict.differences.iter().map(|found| found.field.clone()).collect::<Vec<_>>();

    let mut payment = call.clone();
    let mut payload = payment.payloads[1].to_vec();
    payload[4 + 95] ^= 1;
    payment.payloads[1] = payload.into();
    let found = verdict(voted, &presented(&payment), &knowledge);
    assert_eq!(fields(&found), ["operation id", "amount"]);
    let amount = &found.differences[1];
    let (was, is) = (amount.voted.as_ref().expect("voted"), amount.presented.as_ref().expect("presented"));
    assert_eq!((&was.node[..], &is.node[..]), (&[1, 2][..], &[2][..]));
    let byte = |payload: &[u8], at: Option<usize>| payload[at.expect("a byte") + 31];
    assert_eq!(byte(&voted.payload.data, was.at) ^ 1, byte(&presented(&payment).data, is.at));

    let mut salted = call.clone();
    salted.salt = B256::repeat_byte(1);
    assert_eq!(fields(&verdict(voted, &presented(&salted), &knowledge)), ["operation id", "salt"]);

    let mut fewer = call.clone();
    fewer.targets.truncate(2);
    fewer.values.truncate(2);
    fewer.payloads.truncate(2);
    assert_eq!(fields(&verdict(voted, &presented(&fewer), &knowledge)), ["operation id", "missing call"]);

    let elsewhere = Payload { to: Some(SAFE), ..honest.clone() };
    assert_eq!(fields(&verdict(voted, &elsewhere, &knowledge)), ["target"]);
}

#[test]
fn refuses_what_does_more_than_was_voted() {
    let knowledge = knowledge();
    let voted = &own_explanations(&knowledge)[2];
    let honest = execution(voted, operations(voted)[0]);
    let extra = Payload { to: Some(SAFE), value: U256::from(1), ..honest.clone() };
    let extra = Payload { data: Bytes::new(), ..extra };
    let more = verdict(voted, &by_safe(&[honest.clone(), extra]), &knowledge);
    assert_eq!((more.matches.len(), more.is_same()), (1, false));
    assert_eq!(more.differences[0].field, "additional call");
    let twice = verdict(voted, &by_safe(&[honest.clone(), honest.clone()]), &knowledge);
    assert_eq!(twice.differences.iter().map(|found| found.field.as_str()).collect::<Vec<_>>(), ["made twice"]);
    let leaf = voted.root.leaves().next().expect("a payment");
    // The same payment out of a Safe's own power is not the treasury's.
    let data = Bytes::copy_from_slice(leaf.data.of(&voted.payload.data));
    let alone = Payload { to: leaf.to, chain: leaf.chain, data, ..Payload::default() };
    let by_other = verdict(voted, &by_safe(&[alone]), &knowledge);
    assert_eq!(by_other.differences.iter().map(|found| found.field.as_str()).collect::<Vec<_>>(), ["caller"]);
    assert_eq!(leaf.manner, Manner::Call);
}
