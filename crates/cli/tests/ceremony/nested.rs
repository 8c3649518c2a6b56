//! Nested ceremonies on a served network: children approve, the root acts.

use crate::place::{Stage, list, run, run_json, says};
use alloy_primitives::{Address, U256};
use ephor_abi::{
    batch::{MULTI_SEND_CALL_ONLY_1_4_1, MULTICALL3},
    safe::ISafe,
};
use ephor_ceremony::Release;

/// A root that a foundation's and a council's Safe own, and a bundle that has it tell two keepers a number.
struct Joint {
    stage: Stage,
    keepers: [Address; 2],
    root: Address,
    children: [Address; 2],
    bundle: String,
}

fn joint(batch: &str) -> Joint {
    let stage = Stage::up();
    let (foundation_owners, council_owners) =
        ([stage.dev(0), stage.dev(1)], [stage.dev(2), stage.dev(3), stage.dev(4)]);
    let foundation = stage.safe(Release::V1_3_0, &foundation_owners, 2);
    let council = stage.safe(Release::V1_4_1, &council_owners, 2);
    let root = stage.safe(Release::V1_3_0, &[foundation, council], 2);
    let keepers = [stage.keeper(), stage.keeper()];
    let call = |keeper: Address, number: u64| {
        format!("[[calls]]\nto = \"{keeper}\"\nfunction = \"keep(uint256)\"\narguments = [\"{number}\"]\n")
    };
    let recipe = format!(
        "title = \"Joint upgrade\"\nchain_id = {}\nbatch = \"{batch}\"\n\
         [safe]\nname = \"Upgrade\"\naddress = \"{root}\"\nnonce = 0\nowners = {}\nthreshold = 2\n\
         [[safe.children]]\nname = \"Foundation\"\naddress = \"{foundation}\"\nnonce = 0\nowners = {}\nthreshold = 2\n\
         [[safe.children]]\nname = \"Council\"\naddress = \"{council}\"\nrelease = \"1.4.1\"\nnonce = 0\nowners = {}\nthreshold = 2\n{}{}",
        stage.chain_id(),
        list(&[foundation, council]),
        list(&foundation_owners),
        list(&council_owners),
        call(keepers[0], 11),
        call(keepers[1], 12)
    );
    let bundle = stage.bundle("joint", &recipe);
    Joint { stage, keepers, root, children: [foundation, council], bundle }
}

impl Joint {
    /// Has two people of each child sign.
    fn sign(&self) {
        for n in [0, 1, 2, 4] {
            let more: &[&str] = if n % 2 == 0 { &[] } else { &["--as-message"] };
            run(&["collect", &self.bundle, &self.stage.sign(&self.bundle, n, more)], 0);
        }
    }

    fn execute(&self) -> Vec<&str> {
        vec!["execute", &self.bundle, "--rpc-url", &self.stage.url, "--broadcast", "--signer", "dev9"]
    }

    fn kept(&self) -> [U256; 2] {
        self.keepers.map(|keeper| self.stage.kept(keeper))
    }
}

#[track_caller]
fn check_to_its_end(batch: &str, library: Address) {
    let joint = joint(batch);
    let (bundle, url) = (joint.bundle.as_str(), joint.stage.url.as_str());
    says(&["verify", bundle, "--rpc-url", url], 0, &["Everything fits."]);
    joint.sign();
    let status = run_json(&["status", bundle, "--rpc-url", url], 0);
    let levels = status["levels"].as_array().expect("levels");
    assert_eq!(levels.iter().map(|level| level["depth"].as_u64()).collect::<Vec<_>>(), [Some(0), Some(1), Some(1)]);
    assert!(levels.iter().all(|level| level["ready"] == true), "{status}");
    // All three are tried at once: the root as if its children had approved.
    let tried = run_json(&["execute", bundle, "--rpc-url", url], 0);
    let each = tried["tried"].as_array().expect("what was tried");
    assert!(each.len() == 3 && each.iter().all(|effects| effects["refused"].is_null()), "{tried}");
    assert_eq!((joint.kept(), &tried["sent"].is_null()), ([U256::from(1); 2], &true));

    for (at, executed) in [joint.children[1], joint.children[0], joint.root].into_iter().enumerate() {
        let sent = run_json(&joint.execute(), 0);
        assert_eq!(sent["sent"]["safe"].as_str().and_then(|safe| safe.parse().ok()), Some(executed), "{at}: {sent}");
    }
    assert_eq!(joint.kept(), [U256::from(11), U256::from(12)]);
    for safe in [joint.root, joint.children[0], joint.children[1]] {
        assert_eq!(joint.stage.nonce(safe), U256::ONE);
    }
    let root: Vec<&serde_json::Value> =
        tried["transactions"].as_array().expect("transactions").iter().rev().take(1).collect();
    let data = root[0]["data"].as_str().expect("calldata").to_lowercase();
    assert!(data.contains(&format!("{library:x}")), "the root does not act through {library}");
    says(&joint.execute(), 6, &["is used up"]);
}

#[test]
fn a_nested_ceremony_runs_to_its_end_through_multicall3() {
    check_to_its_end("aggregate3-value", MULTICALL3);
}

#[test]
fn a_nested_ceremony_runs_to_its_end_through_multi_send() {
    check_to_its_end("multi-send", MULTI_SEND_CALL_ONLY_1_4_1);
}

#[test]
fn an_approval_on_the_chain_counts_without_a_signature() {
    let joint = joint("multi-send");
    let (bundle, url) = (joint.bundle.as_str(), joint.stage.url.as_str());
    joint.sign();
    // Somebody of the council approves by a transaction instead of signing.
    let verified = run_json(&["verify", bundle], 0);
    let council = verified["safes"]
        .as_array()
        .expect("Safes")
        .iter()
        .find(|safe| safe["safe"].as_str().and_then(|safe| safe.parse().ok()) == Some(joint.children[1]));
    let hash = council.expect("the council")["hashes"]["safe_tx"].as_str().expect("a hash").parse().expect("a hash");
    let approve = alloy_sol_types::SolCall::abi_encode(&ISafe::approveHashCall { hashToApprove: hash });
    joint.stage.send(joint.stage.dev(3), Some(joint.children[1]), &approve.into());
    says(&["status", bundle], 0, &["2 of 2 needed, READY"]);
    let status = says(&["status", bundle, "--rpc-url", url], 0, &["3 of 2 needed, READY"]);
    assert!(status.contains(&joint.stage.dev(3).to_string()));
    run(&joint.execute(), 0);
}

#[test]
fn a_child_whose_nonce_went_to_something_else_is_told() {
    let joint = joint("multi-send");
    let url = joint.stage.url.as_str();
    joint.sign();
    // The foundation does something else with its nonce 0.
    let other = joint.stage.bundle(
        "other",
        &format!(
            "title = \"Other\"\nchain_id = {}\n[safe]\naddress = \"{}\"\nnonce = 0\nowners = {}\nthreshold = 2\n\
             [[calls]]\nto = \"{}\"\nfunction = \"keep(uint256)\"\narguments = [\"5\"]\n",
            joint.stage.chain_id(),
            joint.children[0],
            list(&[joint.stage.dev(0), joint.stage.dev(1)]),
            joint.keepers[0]
        ),
    );
    let files = [joint.stage.sign(&other, 0, &[]), joint.stage.sign(&other, 1, &[])];
    run(&["collect", &other, &files[0], &files[1]], 0);
    run(&["execute", &other, "--rpc-url", url, "--broadcast", "--signer", "dev9"], 0);
    says(&joint.execute(), 6, &["its approval of the transaction", "is not on the chain"]);
    says(&["verify", &joint.bundle, "--rpc-url", url], 1, &["used up"]);
}
