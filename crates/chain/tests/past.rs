//! Looking at chains as they were, in memory and in files, against a model that remembers everything.

mod common;

use std::collections::BTreeMap;

use alloy_primitives::{Address, Bytes, U256};
use common::*;
use ephor_chain::{
    BlockTime, Chain, ChainConfig, ChainError, Code, Database, LogFilter, Message, NoState, Program, Programs,
};
use proptest::prelude::*;

#[derive(Clone, Debug)]
enum Step {
    Mine(Vec<u8>),
    Balance(u8, u64),
    Slot(u8, u64),
    Code(u8, u8),
    Advance(u64),
    Snapshot,
    Revert,
    Reopen,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        4 => prop::collection::vec(0_u8..4, 0..4).prop_map(Step::Mine),
        1 => (0_u8..4, 0_u64..3).prop_map(|(who, wei)| Step::Balance(who, wei)),
        1 => (0_u8..3, 0_u64..3).prop_map(|(slot, value)| Step::Slot(slot, value)),
        1 => (0_u8..4, 0_u8..3).prop_map(|(who, code)| Step::Code(who, code)),
        2 => (0_u64..40).prop_map(Step::Advance),
        1 => Just(Step::Snapshot),
        1 => Just(Step::Revert),
        1 => Just(Step::Reopen),
    ];
    prop::collection::vec(step, 1..40)
}

fn who(index: u8) -> Address {
    Address::repeat_byte(0xA0 + index)
}

/// Everything the steps can change.
type Picture = (Vec<(U256, u64, Bytes)>, Vec<U256>);

fn now(chain: &Chain) -> Picture {
    let accounts = (0..4).map(who).map(|who| (chain.balance(who), chain.nonce(who), chain.code(who))).collect();
    (accounts, (0..3).map(|slot| chain.slot(COUNTER, U256::from(slot))).collect())
}

fn then(chain: &Chain, number: u64) -> Picture {
    let at = chain.at(number).unwrap();
    let accounts = (0..4).map(who).map(|who| (at.balance(who), at.nonce(who), at.code(who))).collect();
    (accounts, (0..3).map(|slot| at.slot(COUNTER, U256::from(slot))).collect())
}

struct Run {
    chain: Chain,
    model: BTreeMap<u64, Picture>,
    snapshots: Vec<(ephor_chain::SnapshotId, BTreeMap<u64, Picture>)>,
}

impl Run {
    fn take(&mut self, step: &Step) {
        let chain = &mut self.chain;
        match step {
            Step::Mine(senders) => {
                for sender in senders {
                    chain.impersonate(Message::call(who(*sender), COUNTER, [])).unwrap();
                }
                let time = chain.next_time();
                chain.mine(time).unwrap();
            }
            Step::Balance(index, wei) => chain.set_balance(who(*index), U256::from(*wei)).unwrap(),
            Step::Slot(slot, value) => {
                chain.install(COUNTER, &Code::Program(1), [(U256::from(*slot), U256::from(*value))]).unwrap();
            }
            Step::Code(index, code) => {
                chain.install(who(*index), &Code::Evm(vec![0xFE, *code].into()), []).unwrap();
            }
            Step::Advance(seconds) => {
                let BlockTime { timestamp, l1_block } = chain.now();
                chain.advance(BlockTime { timestamp: timestamp + seconds, l1_block }).unwrap();
            }
            Step::Snapshot => self.snapshots.push((chain.snapshot(), self.model.clone())),
            Step::Revert => {
                if let Some((id, model)) = self.snapshots.pop() {
                    chain.revert(id).unwrap();
                    self.model = model;
                }
            }
            Step::Reopen => {}
        }
        // Blocks that time alone made are as the one before.
        let head = self.chain.head();
        let last = self.model.last_key_value().map(|(number, picture)| (*number, picture.clone()));
        if let Some((last, picture)) = last {
            (last..head).for_each(|number| drop(self.model.insert(number, picture.clone())));
        }
        self.model.insert(head, now(&self.chain));
    }

    #[track_caller]
    fn check(&self) {
        for (number, picture) in &self.model {
            assert_eq!(then(&self.chain, *number), *picture, "at block {number}");
        }
    }
}

fn with_history(config: &ChainConfig) -> ChainConfig {
    ChainConfig { history: true, ..config.clone() }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn every_block_is_remembered_as_it_was(steps in steps(), slots in any::<bool>()) {
        let config = if slots { ChainConfig::ethereum(CHAIN_ID) } else { ChainConfig::arbitrum(CHAIN_ID) };
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("chain.redb");
        let open = || Chain::open(&Database::open(&path).unwrap(), config.clone(), &genesis(), programs()).unwrap();
        let memory = Chain::in_memory(with_history(&config), &genesis(), programs());
        let mut runs = [open(), memory].map(|chain| {
            let model = BTreeMap::from([(chain.head(), now(&chain))]);
            Run { chain, model, snapshots: Vec::new() }
        });
        for step in &steps {
            if matches!(step, Step::Reopen) {
                // Snapshots end with the process; for both to go on alike, they end in memory as well.
                let before = now(&runs[0].chain);
                let elsewhere = Chain::in_memory(config.clone(), &genesis(), programs());
                drop(std::mem::replace(&mut runs[0].chain, elsewhere));
                runs[0].chain = open();
                runs.iter_mut().for_each(|run| run.snapshots.clear());
                assert_eq!(now(&runs[0].chain), before);
            }
            runs.iter_mut().for_each(|run| run.take(step));
        }
        runs.iter().for_each(Run::check);
        let [file, memory] = runs;
        prop_assert_eq!(file.model, memory.model);
        prop_assert_eq!(file.chain.latest(), memory.chain.latest());
        let all = LogFilter::default();
        prop_assert_eq!(file.chain.logs(&all), memory.chain.logs(&all));
    }
}

/// Returns what is in slot 0 of the account it runs in, then `block.number`.
fn calls_see_the_past_of(mut chain: Chain) {
    let ask = || Message::call(who(0), COUNTER, []);
    for _ in 0..5 {
        chain.impersonate(Message::call(who(1), COUNTER, [])).unwrap();
        mine(&mut chain);
    }
    let head = chain.head();
    for back in 0..5 {
        // The counter counts the call itself as well, and forgets it.
        let seen = chain.view_at(head - back, ask()).unwrap();
        assert_eq!(U256::from_be_slice(&seen.output), U256::from(6 - back), "{back} blocks back");
        let number = chain.with_state_at(head - back, |chain| (chain.head(), chain.env().number)).unwrap();
        assert_eq!(number, (head - back, chain.with_state_at(head - back, |chain| chain.env().number).unwrap()));
        assert_eq!(chain.at(head - back).unwrap().nonce(who(1)), 5 - back);
    }
    assert_eq!((count(&chain), chain.head()), (5, head));
    let error = |number: u64| match chain.at(number).map(|_| ()) {
        Err(ChainError::NoState { why, .. }) => Some(why),
        _ => None,
    };
    assert_eq!(error(999), Some(NoState::BeforeFirst(1_000)));
    assert_eq!(error(head + 1), Some(NoState::AfterLatest(head)));
}

#[test]
fn calls_see_the_past_in_memory_and_in_a_file() {
    let folder = tempfile::tempdir().unwrap();
    for (index, config) in [ChainConfig::ethereum(CHAIN_ID), ChainConfig::arbitrum(CHAIN_ID)].into_iter().enumerate() {
        calls_see_the_past_of(Chain::in_memory(with_history(&config), &genesis(), programs()));
        let path = folder.path().join(index.to_string());
        calls_see_the_past_of(Chain::open_file(&path, config, &genesis(), programs()).unwrap());
    }
}

#[test]
fn a_chain_that_keeps_the_present_says_so() {
    let mut chain = ethereum();
    mine(&mut chain);
    let error = chain.at(1_000).map(|_| ()).unwrap_err();
    assert!(matches!(error, ChainError::NoState { number: 1_000, why: NoState::NotKept }), "{error}");
    assert_eq!(chain.at(1_001).unwrap().nonce(who(0)), 0);
}

/// A contract that returns slot 7 of its own storage.
const NUMBER_AT: Address = Address::repeat_byte(0x64);

#[test]
fn a_block_says_its_own_number_before_its_first_transaction() {
    let folder = tempfile::tempdir().unwrap();
    let config =
        ChainConfig { number_slot: Some((NUMBER_AT, U256::from(7))), history: true, ..ChainConfig::arbitrum(CHAIN_ID) };
    let none: [Program; 0] = [];
    let programs = std::sync::Arc::new(Programs::new(none).unwrap());
    let mut genesis = genesis();
    // PUSH1 7 SLOAD PUSH1 0 MSTORE PUSH1 32 PUSH1 0 LOG0 STOP: logs the number it sees.
    let code = alloy_primitives::hex!("600754600052602060" "00a000");
    genesis.accounts = vec![ephor_chain::GenesisAccount {
        address: NUMBER_AT,
        code: Some(Code::Evm(code.into())),
        ..Default::default()
    }];
    let file = Chain::open_file(&folder.path().join("x"), config.clone(), &genesis, programs.clone()).unwrap();
    for mut chain in [Chain::in_memory(config.clone(), &genesis, programs.clone()), file] {
        for number in 1_001..1_004 {
            chain.impersonate(Message::call(who(0), NUMBER_AT, [])).unwrap();
            chain.impersonate(Message::call(who(1), NUMBER_AT, [])).unwrap();
            let mined = mine(&mut chain);
            assert!(mined.results.iter().all(|result| result.status == ephor_chain::Status::Success));
            let seen: Vec<_> = chain.receipts(number).iter().flat_map(|receipt| receipt.logs.clone()).collect();
            assert_eq!(seen.len(), 2);
            assert!(seen.iter().all(|log| U256::from_be_slice(&log.log.data.data) == U256::from(number)));
        }
        assert_eq!(chain.slot(NUMBER_AT, U256::from(7)), U256::from(1_003));
        assert_eq!(chain.at(1_002).unwrap().slot(NUMBER_AT, U256::from(7)), U256::from(1_002));
    }
}
