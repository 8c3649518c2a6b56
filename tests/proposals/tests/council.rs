//! A real update of the council, from its twelve members and its nonce alone to every name it had on its way.

use alloy_primitives::{Address, B256, U256};
use alloy_sol_types::SolCall;
use ephor_abi::timelock::ITimelock;
use ephor_charter::{Charter, Part};
use ephor_client::{
    Deployment,
    route::{Operation, Plan},
};
use ephor_explain::{IdKind, Kind, Payload, Sent, explain};
use ephor_proposals::{folder, knowledge};
use serde_json::Value;

fn word(value: &Value) -> B256 {
    serde_json::from_value(value.clone()).expect("a word")
}

#[test]
fn names_the_update_of_january_2026_as_it_was_named_on_chain() {
    let text = std::fs::read_to_string(folder("data/arbitrum/security-council.json")).expect("the record");
    let record: Value = serde_json::from_str(&text).expect("JSON");
    let history = record["manager_history"].as_array().expect("a list");
    let entry = history.iter().find(|entry| entry["nonce"] == 15).expect("nonce 15");
    let cohort = |key: &str| serde_json::from_value::<Vec<Address>>(entry[key].clone()).expect("addresses");
    let members = [cohort("first_cohort"), cohort("second_cohort")].concat();
    assert_eq!(members.len(), 12);

    let charter = Charter::load(folder("charters/arbitrum.toml")).expect("the charter");
    let deployment = Deployment::live(&charter).expect("complete");
    let delay_seconds = U256::from(charter.timelocks.l1_delay_seconds.expect("there is an L1 timelock"));
    let update = Plan::of(&deployment, delay_seconds).expect("complete").update(members.clone(), U256::from(15));

    let observed = &entry["observed"];
    let sent = &observed["l2_to_l1"];
    let number = |name: &str| U256::from(sent[name].as_u64().expect("a number"));
    let mut knowledge = knowledge();
    knowledge.facts.sent = Some(Sent {
        l2_block: number("l2_block"),
        l1_block: number("l1_block"),
        timestamp_seconds: number("timestamp"),
    });
    let Operation { target, data, salt } = update.operation;
    let call = ITimelock::executeCall { target, value: U256::ZERO, payload: data, predecessor: B256::ZERO, salt };
    let payload = Payload {
        to: Some(deployment.governance(Part::CoreTimelock).expect("known")),
        data: call.abi_encode().into(),
        ..Payload::default()
    };
    let explanation = explain(payload, &knowledge).expect("short");

    let root = &explanation.root;
    assert_eq!(root.id(IdKind::Operation), Some(word(&observed["l2_operation_id"])));
    assert_eq!(root.id(IdKind::Salt), Some(word(&observed["salt"])));
    let message = &root.children[0];
    assert_eq!((message.kind, message.id(IdKind::Item)), (Kind::Message, Some(word(&sent["hash"]))));
    let batch = &message.children[0];
    assert_eq!(batch.id(IdKind::Operation), Some(word(&observed["l1_operation_id"])));
    assert_eq!(batch.id(IdKind::Salt), Some(word(&observed["salt"])));
    assert_eq!((batch.chain, batch.to), (Some(1), deployment.l1_timelock()));

    // In the end, each of the four Safes gets the members, on its own chain, through the executor there.
    let leaves: Vec<_> = root.leaves().collect();
    assert_eq!(leaves.len(), 4);
    for (leaf, safe) in leaves.iter().zip(&deployment.safes) {
        let id = deployment.chain(&safe.chain).expect("known").chain_id;
        assert_eq!(leaf.chain, Some(id));
        assert!(leaf.sentence.contains(&safe.name), "{}", leaf.sentence);
        // Who is not in the charter yet is named by the address.
        let unnamed = members.iter().filter(|member| knowledge.book.entry(leaf.chain, **member).is_none());
        for member in unnamed {
            assert!(leaf.sentence.contains(&member.to_string()), "{}", leaf.sentence);
        }
    }
}
