//! Kills a process that is writing blocks, again and again, and looks at what it left behind.
//!
//! This test runs itself: as a child it mines blocks without end and says the number of each once it has it; as the parent it
//! kills the child in the middle of that, and expects every block that was announced, whole, and a state that fits the blocks.

mod common;

use std::{
    io::{BufRead, BufReader, Write},
    path::Path,
    process::{Command, Stdio},
};

use alloy_primitives::{Address, U256};
use common::*;
use ephor_chain::{Chain, ChainConfig, Message};

const CHILD: &str = "EPHOR_TEST_STORE";
const ROUNDS: usize = 4;
/// Transactions in each block of the child.
const PER_BLOCK: u64 = 3;

fn open(path: &Path) -> Chain {
    let config = ChainConfig { state_roots: true, ..ChainConfig::arbitrum(CHAIN_ID) };
    Chain::open_file(path, config, &genesis(), programs()).unwrap()
}

fn child(path: &Path) -> ! {
    let mut chain = open(path);
    loop {
        for caller in 1..=PER_BLOCK {
            let caller = Address::with_last_byte(u8::try_from(caller).unwrap());
            chain.impersonate(Message::call(caller, COUNTER, [])).unwrap();
        }
        let mined = mine(&mut chain);
        chain.commit().wait().unwrap();
        let mut stdout = std::io::stdout().lock();
        writeln!(stdout, "{}", mined.number).unwrap();
        stdout.flush().unwrap();
    }
}

/// Runs a child until it has announced `blocks` blocks, kills it, and returns the last number it announced.
fn kill_after(path: &Path, blocks: usize) -> u64 {
    let mut child =
        Command::new(std::env::current_exe().unwrap()).env(CHILD, path).stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut announced: Vec<u64> = lines.by_ref().take(blocks).map(|line| line.unwrap().parse().unwrap()).collect();
    child.kill().unwrap();
    child.wait().unwrap();
    // What it managed to announce before it died; the last line may be cut short.
    announced.extend(lines.map_while(Result::ok).filter_map(|line| line.parse::<u64>().ok()));
    assert!(announced.len() >= blocks, "the child died by itself");
    *announced.last().unwrap()
}

fn check(path: &Path, announced: u64) {
    let chain = open(path);
    let head = chain.head();
    assert!(head >= announced, "block {announced} was announced and is gone, the last is {head}");
    let blocks = head - 1_000;
    assert_eq!(count(&chain), blocks * PER_BLOCK, "state and blocks disagree at block {head}");
    // The tries are those of the last block, or there would be no proof.
    assert_eq!(chain.proof(COUNTER, &[U256::ZERO]).unwrap().storage[0].value, chain.slot(COUNTER, U256::ZERO));
    for number in 1_001..=head {
        let block = chain.block(number).unwrap();
        assert_eq!(block.header.parent_hash, chain.block_hash(number - 1).unwrap());
        assert_eq!(block.hash, block.header.hash_slow());
        let receipts = chain.receipts(number);
        assert_eq!(receipts.len() as u64, PER_BLOCK);
        assert!(receipts.iter().all(|receipt| receipt.success && receipt.logs.len() == 1));
    }
}

fn main() {
    if let Some(path) = std::env::var_os(CHILD) {
        child(Path::new(&path));
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("chain.redb");
    for round in 1..=ROUNDS {
        let announced = kill_after(&path, 7 * round);
        check(&path, announced);
    }
    println!("test every_announced_block_survives_kill ... ok");
}
