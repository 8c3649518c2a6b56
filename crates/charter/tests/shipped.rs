//! The charters of this repository load, and say what they should.

use alloy_primitives::{Address, U256, address};
use ephor_charter::{Chain, ChainKind, Charter, Holder, Part, Place, Role, SafeKind};
use ephor_rules::calendar::CivilHour;
use std::{collections::BTreeSet, path::Path};

/// A charter of this repository.
#[track_caller]
fn shipped(name: &str) -> Charter {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../charters").join(name);
    match Charter::load(path) {
        Ok(charter) => charter,
        Err(faults) => panic!("{faults}"),
    }
}

fn tokens(whole: u64) -> U256 {
    U256::from(whole) * U256::from(10u64.pow(18))
}

#[test]
fn every_charter_of_the_repository_loads() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../charters");
    let mut names = BTreeSet::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        shipped(&name);
        names.insert(name);
    }
    for name in ["arbitrum.toml", "arbitrum-next.toml", "minimal.toml"] {
        assert!(names.contains(name), "{name} is missing");
    }
}

#[test]
fn arbitrum_is_the_live_council_before_september_2025() {
    let charter = shipped("arbitrum.toml");
    let ids: Vec<_> = charter.chains.iter().map(|chain| (chain.name.as_str(), chain.id)).collect();
    assert_eq!(ids, [("ethereum", 1), ("arbitrum-one", 42_161), ("arbitrum-nova", 42_170)]);
    assert_eq!(charter.governance_chain().name, "arbitrum-one");
    assert_eq!(charter.l1_chain().name, "ethereum");
    // 2025-09-15T12:00Z, when election 4 could be created; the first cohort was up.
    assert_eq!(charter.next_election_seconds(), 1_757_937_600);
    assert_eq!(charter.calendar().cohort(U256::from(charter.council.elections_held)), 0);
    assert_eq!(charter.term_months(), 12);
    assert_eq!(charter.durations().total_blocks(), 50_400 + 50_400 + 100_800 + 151_200);
    let cohorts = charter.council.addresses();
    assert_eq!(cohorts.iter().map(Vec::len).collect::<Vec<_>>(), [6, 6]);
    assert_eq!(cohorts[0][0], address!("882c6FCb3D358b9d70B97c6999159cea64168B6F"));
    assert_eq!(charter.token.supply, tokens(10_000_000_000));
    assert_eq!(charter.token.votable_supply(), tokens(4_588_999_427));
    assert_eq!(charter.election.threshold.ten_thousandths(), 20);
    assert_eq!(charter.timelocks.l1_delay_seconds, Some(259_200));
    let safes: Vec<_> = charter.safes.iter().map(|safe| (safe.chain.as_str(), safe.kind, safe.threshold)).collect();
    assert_eq!(
        safes,
        [
            ("ethereum", SafeKind::Emergency, 9),
            ("arbitrum-one", SafeKind::Emergency, 9),
            ("arbitrum-nova", SafeKind::Emergency, 9),
            ("arbitrum-one", SafeKind::NonEmergency, 9),
        ]
    );
    let manager = address!("D509E5f5aEe2A205F554f36E8a7d56094494eDFC");
    assert_eq!(charter.contract(Part::CouncilManager, "arbitrum-one"), Some(manager));
    assert_eq!(charter.contract(Part::CouncilManager, "ethereum"), None);
}

#[test]
fn roles_stand_on_the_chain_of_their_contract() {
    let charter = shipped("arbitrum.toml");
    let removers: Vec<_> = charter.grants(Part::CouncilManager, Role::MemberRemover).collect();
    assert_eq!(removers.len(), 1);
    assert_eq!(removers[0].chain, "arbitrum-one");
    let expected = [Holder::Safe("arbitrum-one-non-emergency".into()), Holder::Part(Part::MemberRemoval)];
    assert_eq!(removers[0].holders, expected);
    let proposers: Vec<_> = charter.grants(Part::L1Timelock, Role::Proposer).collect();
    assert_eq!(proposers[0].chain, "ethereum");
    let executors: Vec<_> = charter.grants(Part::UpgradeExecutor, Role::Executor).map(|g| g.chain.as_str()).collect();
    assert_eq!(executors, ["ethereum", "arbitrum-one", "arbitrum-nova"]);
    assert_eq!(Part::UpgradeExecutor.place(), Place::Everywhere);
}

#[test]
fn the_proposed_rules_differ_in_the_proposed_settings_only() {
    let (now, mut next) = (shipped("arbitrum.toml"), shipped("arbitrum-next.toml"));
    assert_eq!(next.election.interval_months, 12);
    assert_eq!(next.term_months(), 24);
    assert_eq!(next.election.threshold.ten_thousandths(), 10);
    assert!(next.election.sitting_members_skip_nomination);
    assert_eq!(next.election.nominee_rotation_cutoff_blocks, Some(21_600));
    assert_eq!(next.next_election_seconds(), now.next_election_seconds());
    next.name.clone_from(&now.name);
    next.election = now.election.clone();
    assert_eq!(next, now);
}

#[test]
fn the_minimal_council_has_one_chain_and_no_bridge() {
    let charter = shipped("minimal.toml");
    let [Chain { kind: ChainKind::Ethereum, parent: None, bridge: None, governance: true, .. }] = &charter.chains[..]
    else {
        panic!("{:?}", charter.chains);
    };
    assert_eq!(charter.l1_chain(), charter.governance_chain());
    assert_eq!(charter.council.seats(), 6);
    assert_eq!(charter.safes[0].threshold, 4);
    assert_eq!(charter.election.interval_months, 3);
    assert_eq!(charter.election.first, CivilHour::new(2026, 1, 15, 12).unwrap());
    assert_eq!(charter.timelocks.l1_delay_seconds, None);
    assert_eq!(charter.council.cohorts[0].members[0].organisation.as_deref(), Some("Analytical"));
    assert_eq!(charter.contract(Part::CouncilManager, "home"), None::<Address>);
}
