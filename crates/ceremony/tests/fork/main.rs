//! Ceremonies on forks of networks that run beside: what is foretold is what then happens, and no lie of an endpoint gets through.

mod lies;
mod world;

use std::collections::BTreeMap;

use alloy_primitives::{Address, Bytes, U256, bytes};
use ephor_ceremony::{
    Bundle, Ceremony, Release, SafeNode, Simulation,
    embedded::World as State,
    fork::{self, BlockRef, ForkError, Note},
    simulation::SimulationError,
};
use serde_json::{Value, json};

use world::{CHILD, CLOCK, ETHEREUM, KEEPER, ONE, ROOT, SENDER, World, keep, key, simulate};

type Slots = BTreeMap<(Address, U256), (U256, U256)>;

/// What changed, as a trace of the real transaction says: slots, and balances but the sender's.
fn traced(world: &World, hash: &Value) -> (Slots, BTreeMap<Address, (U256, U256)>) {
    let tracer = json!({ "tracer": "prestateTracer", "tracerConfig": { "diffMode": true } });
    let trace = world.ask("debug_traceTransaction", &json!([hash, tracer]));
    let (mut slots, mut balances) = (Slots::new(), BTreeMap::new());
    let number = |value: &Value| value.as_str().and_then(|text| text.parse::<U256>().ok());
    for (side, when) in ["pre", "post"].into_iter().enumerate() {
        for (address, account) in trace[when].as_object().expect("accounts") {
            let address: Address = address.parse().expect("an address");
            for (slot, value) in account["storage"].as_object().into_iter().flatten() {
                let both = slots.entry((address, slot.parse().expect("a slot"))).or_default();
                *(if side == 0 { &mut both.0 } else { &mut both.1 }) = number(value).expect("a value");
            }
            if let Some(balance) = number(&account["balance"]).filter(|_| address != SENDER) {
                let both: &mut (U256, U256) = balances.entry(address).or_default();
                *(if side == 0 { &mut both.0 } else { &mut both.1 }) = balance;
            }
        }
    }
    let before = |address: Address| world.ask("eth_getBalance", &json!([address, "latest"]));
    balances.retain(|address, both| {
        // An account that is named for its storage alone keeps its balance; the trace says it before only.
        if both.1.is_zero() && number(&before(*address)) == Some(both.0) {
            return false;
        }
        both.0 != both.1
    });
    (slots, balances)
}

fn foretold(simulation: &Simulation, at: usize) -> (Slots, BTreeMap<Address, (U256, U256)>) {
    let executed = &simulation.executed[at];
    let slots = executed.changes.iter().map(|change| ((change.account, change.slot), (change.before, change.after)));
    (slots.collect(), executed.balances.clone())
}

#[track_caller]
fn check_foretold(chain: u64) {
    let world = World::new(chain);
    let ceremony = world.ceremony(&[(KEEPER, 0, keep(42)), (key(9).address(), 7, Bytes::new())]);
    let (simulation, pinned) = simulate(&ceremony, world.transport(), BlockRef::Latest).expect("a simulation");
    assert!(simulation.succeeded(), "{:?}", simulation.executed);
    let report = simulation.fork.as_ref().expect("a fork");
    assert_eq!((report.unproven.as_ref(), &report.notes[..]), (None, &[][..]));
    assert!(report.accounts > 5 && report.slots > 5, "{report:?}");
    assert_eq!(json!(report.hash), world.latest()["hash"]);
    // Whoever has what was read finds the same, without the chain.
    assert_eq!(fork::replay(&ceremony, &pinned).expect("a replay"), simulation);
    // And then it happens.
    for (at, step) in ceremony.steps().iter().rev().enumerate() {
        assert_eq!(simulation.executed[at].safe, step.safe.address);
        let hash = world.execute(step);
        let (slots, balances) = traced(&world, &hash);
        assert!(!slots.is_empty());
        assert_eq!(foretold(&simulation, at), (slots, balances), "{}", step.safe.address);
    }
    assert_eq!(world.slot(KEEPER, 0), U256::from(42));
}

#[test]
fn a_fork_foretells_what_the_transactions_then_do() {
    check_foretold(ETHEREUM);
    check_foretold(ONE);
}

#[test]
fn contracts_see_the_block_as_that_chains_contracts_do() {
    for chain in [ETHEREUM, ONE] {
        let world = World::new(chain);
        for _ in 0..4 {
            world.send(KEEPER, &keep(1));
        }
        let latest = world.latest();
        let number = |field: &str| latest[field].as_str().and_then(|text| text.parse::<U256>().ok()).expect("a number");
        let ceremony = world.ceremony(&[(CLOCK, 0, Bytes::new())]);
        let (simulation, pinned) = simulate(&ceremony, world.transport(), BlockRef::Latest).expect("a simulation");
        assert!(simulation.succeeded(), "{:?}", simulation.executed);
        let changes = &simulation.executed[1].changes;
        let after = |slot: u64| {
            let of = changes.iter().find(|change| change.account == CLOCK && change.slot == U256::from(slot));
            of.expect("a change").after
        };
        assert_eq!((after(0), after(1)), (number("l1BlockNumber"), number("timestamp")));
        let report = simulation.fork.as_ref().expect("a fork");
        if chain == ETHEREUM {
            let earlier = world.ask("eth_getBlockByNumber", &json!([number("number") - U256::from(3), false]));
            assert_eq!(json!(format!("{:#066x}", after(2))), earlier["hash"]);
            assert!(report.believed_hashes.is_empty() && !pinned.headers.is_empty());
        } else {
            // There the hash is what that chain says it is.
            assert_ne!(number("l1BlockNumber"), number("number"));
            let earlier: u64 = (number("l1BlockNumber") - U256::from(3)).to();
            assert_eq!(report.believed_hashes, [earlier]);
            assert!(!after(2).is_zero());
        }
        assert_eq!(fork::replay(&ceremony, &pinned).expect("a replay"), simulation);
    }
}

#[test]
fn an_empty_block_commits_to_the_state_of_the_last_stored_one() {
    let world = World::new(ETHEREUM);
    world.send(KEEPER, &keep(3));
    world.ask("evm_increaseTime", &json!([600]));
    assert!(!world.latest()["emptySince"].is_null(), "{}", world.latest());
    let ceremony = world.ceremony(&[(CLOCK, 0, Bytes::new())]);
    let (simulation, pinned) = simulate(&ceremony, world.transport(), BlockRef::Latest).expect("a simulation");
    let report = simulation.fork.as_ref().expect("a fork");
    assert!(simulation.succeeded() && report.unproven.is_none());
    assert_eq!(json!(report.hash_commits_to), "state");
    assert_eq!(report.believed_hashes.len(), 1);
    assert_eq!(fork::replay(&ceremony, &pinned).expect("a replay"), simulation);
}

#[test]
fn nonces_of_the_chain_decide() {
    let world = World::new(ETHEREUM);
    let ceremony = world.ceremony(&[(KEEPER, 0, keep(5))]);
    // Its turn comes later.
    let later = ceremony.with_nonces(&[(ROOT, U256::from(4))].into());
    let (simulation, _) = simulate(&later, world.transport(), BlockRef::Latest).expect("a simulation");
    assert!(simulation.succeeded(), "{:?}", simulation.executed);
    let ahead = Note::Ahead { safe: ROOT, found: U256::ZERO, stated: U256::from(4) };
    assert_eq!(simulation.fork.expect("a fork").notes, [ahead]);
    // The child has approved.
    let steps = ceremony.steps();
    world.execute(&steps[1]);
    let (simulation, _) = simulate(&ceremony, world.transport(), BlockRef::Latest).expect("a simulation");
    assert!(simulation.succeeded() && simulation.executed.len() == 1, "{:?}", simulation.executed);
    assert_eq!(simulation.fork.expect("a fork").notes, [Note::Approved { safe: CHILD }]);
    // All is over.
    world.execute(&steps[0]);
    let (simulation, _) = simulate(&ceremony, world.transport(), BlockRef::Latest).expect("a simulation");
    assert!(!simulation.succeeded());
    let used_up = Note::UsedUp { safe: ROOT, found: U256::ONE, stated: U256::ZERO };
    assert!(simulation.fork.expect("a fork").notes.contains(&used_up));
}

#[test]
fn other_owners_versions_and_strangers_are_told() {
    let world = World::new(ETHEREUM);
    let mut ceremony = world.ceremony(&[(KEEPER, 0, keep(5))]);
    ceremony.root.children[0].threshold = 1;
    ceremony.root.children[0].release = "1.3.0".parse().expect("a release");
    let (simulation, _) = simulate(&ceremony, world.transport(), BlockRef::Latest).expect("a simulation");
    assert!(simulation.succeeded(), "the Safe itself is asked how many it takes: {:?}", simulation.executed);
    let told: Vec<String> = simulation.fork.expect("a fork").notes.iter().map(Note::to_string).collect();
    assert!(told.iter().any(|note| note.contains("needs 2 of other owners")), "{told:?}");
    assert!(told.iter().any(|note| note.contains("of version 1.4.1, the ceremony says 1.3.0")), "{told:?}");
    ceremony.root.address = KEEPER;
    let (simulation, _) = simulate(&ceremony, world.transport(), BlockRef::Latest).expect("a simulation");
    assert!(simulation.executed[1].failure.as_ref().is_some_and(|why| why.contains("no Safe at this address")));
}

/// Stands for a Safe before 1.3.0, as far as a ceremony goes: `0x…aa` owns it, an approval is kept in slot 7, and executing takes it away,
/// counts the nonce in slot 5, and succeeds.
const OLD: Bytes = bytes!(
    "5f3560e01c8063d4d9bdcd1460425780636a761202146049578063affed0e014605f578063e75235b8146069578063a0e67e2b146072578063ffa1ad7414608557"
    "005b6001600755005b5f60075560055460010160055560015f5260205ff35b6005545f5260205ff35b60015f5260205ff35b60205f52600160205260aa60405260"
    "605ff35b60205f52600560205264312e312e3160d81b60405260605ff3"
);

#[test]
fn approvals_that_stand_for_signatures_are_no_part_of_what_changes() {
    let world = World::new(ETHEREUM);
    let safe = Address::repeat_byte(0x51);
    world.ask("anvil_setCode", &json!([safe, OLD]));
    world.send(KEEPER, &keep(1));
    let mut ceremony = world.ceremony(&[(KEEPER, 0, keep(42))]);
    let owners = vec![Address::with_last_byte(0xaa)];
    let node = SafeNode::new(safe, Release::V1_1_1, U256::ZERO);
    ceremony.root = SafeNode { owners, threshold: 1, ..node };
    let (simulation, pinned) = simulate(&ceremony, world.transport(), BlockRef::Latest).expect("a simulation");
    assert!(simulation.succeeded(), "{:?}", simulation.executed);
    assert_eq!(simulation.fork.as_ref().expect("a fork").notes, []);
    let nonce = ((safe, U256::from(5)), (U256::ZERO, U256::ONE));
    assert_eq!(foretold(&simulation, 0).0, Slots::from([nonce]));
    assert_eq!(fork::replay(&ceremony, &pinned).expect("a replay"), simulation);
    // Without a chain there is no such Safe to run.
    ceremony.world = Some(State::default());
    let error = Bundle::of(&ceremony).expect_err("no such Safe").to_string();
    assert!(error.contains("is of release 1.1.1") && error.contains("--rpc-url"), "{error}");
}

/// A ceremony with what was read for it.
fn pinned(world: &World) -> Ceremony {
    let mut ceremony = world.ceremony(&[(KEEPER, 0, keep(42))]);
    let (_, pinned) = simulate(&ceremony, world.transport(), BlockRef::Latest).expect("a simulation");
    ceremony.world = Some(State::pinned(pinned));
    ceremony
}

#[test]
fn a_bundle_holds_what_was_read_and_everybody_verifies_it_offline() {
    let world = World::new(ETHEREUM);
    let ceremony = pinned(&world);
    let bundle = Bundle::of(&ceremony).expect("a bundle");
    let diff = &bundle.files()["state-diff.json"];
    assert!(diff.contains(&world.latest()["hash"].as_str().expect("a hash").to_lowercase()), "{diff}");
    // What happens on the chain meanwhile changes nothing.
    world.send(KEEPER, &keep(9));
    let verified = Bundle::parse(bundle.to_single().as_bytes()).and_then(|read| read.verify()).expect("a bundle");
    assert_eq!(verified.findings, []);
    assert_eq!(verified.ceremony, ceremony);
}

#[track_caller]
fn check_refused(alter: impl FnOnce(&mut State), expected: impl FnOnce(&ForkError) -> bool) {
    let world = World::new(ETHEREUM);
    let mut ceremony = pinned(&world);
    alter(ceremony.world.as_mut().expect("a world"));
    let Err(error) = Bundle::of(&ceremony) else { panic!("an altered world is taken") };
    let ephor_ceremony::BundleError::Simulation(SimulationError::Fork(fault)) = &error else { panic!("{error}") };
    assert!(expected(fault), "{fault}");
}

#[test]
fn an_altered_bundle_states_no_other_value() {
    fn inside(world: &mut State) -> &mut fork::Pinned {
        world.pinned.as_mut().expect("what was read")
    }
    check_refused(|world| inside(world).header.timestamp += 1, |fault| matches!(fault, ForkError::Pinned(_)));
    check_refused(
        |world| {
            inside(world).header.timestamp += 1;
            world.timestamp += 1;
        },
        |fault| matches!(fault, ForkError::Header { .. }),
    );
    check_refused(|world| inside(world).hash.0[0] ^= 1, |fault| matches!(fault, ForkError::Header { .. }));
    check_refused(|world| world.block += 1, |fault| matches!(fault, ForkError::Pinned(_)));
    check_refused(
        |world| {
            // A node that is altered is another node.
            let node = &mut inside(world).nodes[0];
            let mut bytes = node.to_vec();
            bytes[3] ^= 1;
            *node = bytes.into();
        },
        |fault| matches!(fault, ForkError::AccountProof { .. } | ForkError::SlotProof { .. }),
    );
    check_refused(|world| inside(world).nodes.clear(), |fault| matches!(fault, ForkError::AccountProof { .. }));
    check_refused(|world| inside(world).codes.clear(), |fault| matches!(fault, ForkError::NotPinned(_)));
    check_refused(
        |world| inside(world).unproven = Some("trust me".to_owned()),
        |fault| matches!(fault, ForkError::NotPinned(_)),
    );
    check_refused(
        |world| inside(world).unproven = Some("line\nbreak".to_owned()),
        |fault| matches!(fault, ForkError::Pinned(_)),
    );
}
