//! Logs found by index are those that looking at every log finds.

mod common;

use std::sync::Arc;

use alloy_primitives::{Address, B256, Bytes};
use common::START;
use ephor_chain::{Chain, ChainConfig, Code, Genesis, GenesisAccount, LogFilter, LogView, Message, Program, Programs};
use proptest::prelude::*;
use stylus_sdk::{ArbResult, host::VM, stylus_core::RawLogAccess};

/// Logs with the topics of its calldata, a byte each.
#[expect(clippy::needless_pass_by_value, reason = "an entry point owns its host")]
fn echo(input: Vec<u8>, vm: VM) -> ArbResult {
    for topics in input.split(|byte| *byte == 0xFF) {
        let topics: Vec<B256> = topics.iter().map(|topic| B256::repeat_byte(*topic)).collect();
        vm.raw_log(&topics, topics.len().to_string().as_bytes()).unwrap();
    }
    Ok(Vec::new())
}

fn emitter(index: u8) -> Address {
    Address::repeat_byte(0xE0 + index)
}

fn chains(folder: &std::path::Path) -> [Chain; 2] {
    let programs = Arc::new(Programs::new([Program { id: 1, name: "echo", entry: echo }]).unwrap());
    let account =
        |index| GenesisAccount { address: emitter(index), code: Some(Code::Program(1)), ..Default::default() };
    let genesis = Genesis { number: 10, time: START, accounts: (0..3).map(account).collect() };
    let config = ChainConfig::arbitrum(1);
    [
        Chain::open_file(&folder.join("logs.redb"), config.clone(), &genesis, programs.clone()).unwrap(),
        Chain::in_memory(config, &genesis, programs),
    ]
}

fn scan(chain: &Chain, filter: &LogFilter) -> Vec<LogView> {
    let receipts = (filter.from_block..=filter.to_block.unwrap_or(u64::MAX).min(chain.head()))
        .flat_map(|number| chain.receipts(number));
    receipts.flat_map(|receipt| receipt.logs).filter(|log| filter.matches(&log.log)).collect()
}

/// Whom to call, and the topics of each log it is to make.
type Call = (u8, Vec<Vec<u8>>);

fn call() -> impl Strategy<Value = Call> {
    (0_u8..3, prop::collection::vec(prop::collection::vec(0_u8..4, 0..=4), 1..3))
}

fn filter() -> impl Strategy<Value = LogFilter> {
    let topics = || prop::collection::vec((0_u8..5).prop_map(B256::repeat_byte), 0..3);
    let addresses = prop::collection::vec((0_u8..4).prop_map(emitter), 0..3);
    let range = (0_u64..140, prop::option::of(0_u64..140));
    (range, addresses, [topics(), topics(), topics(), topics()])
        .prop_map(|((from_block, to_block), addresses, topics)| LogFilter { from_block, to_block, addresses, topics })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn the_index_finds_what_a_scan_finds(
        blocks in prop::collection::vec(prop::collection::vec(call(), 0..3), 0..120),
        filters in prop::collection::vec(filter(), 1..24),
        back in 0_usize..60,
    ) {
        let folder = tempfile::tempdir().unwrap();
        let mut chains = chains(folder.path());
        for chain in &mut chains {
            let mine = |chain: &mut Chain, blocks: &[Vec<Call>]| {
                for calls in blocks {
                    for (to, logs) in calls {
                        let data: Bytes = logs.join(&0xFF).into();
                        chain.impersonate(Message::call(Address::ZERO, emitter(*to), data)).unwrap();
                    }
                    common::mine(chain);
                }
            };
            // Some of it twice: the index must forget what is gone back on.
            let (first, again) = blocks.split_at(blocks.len() - back.min(blocks.len()));
            mine(chain, first);
            let snapshot = chain.snapshot();
            mine(chain, again);
            chain.logs(&LogFilter { addresses: vec![emitter(0)], ..LogFilter::default() });
            chain.revert(snapshot).unwrap();
            let reversed: Vec<_> = again.iter().rev().cloned().collect();
            mine(chain, &reversed);
        }
        for filter in &filters {
            let expected = scan(&chains[1], filter);
            for chain in &chains {
                prop_assert_eq!(chain.logs(filter), &expected[..]);
                prop_assert_eq!(chain.logs_up_to(filter, expected.len()), Some(expected.clone()));
                if let Some(fewer) = expected.len().checked_sub(1) {
                    prop_assert_eq!(chain.logs_up_to(filter, fewer), None);
                }
            }
        }
    }
}
