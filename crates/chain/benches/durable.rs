//! What durability costs, and what a large database answers.
//!
//! - `blocks/fsync`: what the disk takes for a block's worth of bytes by itself.
//! - `blocks/single`: one transaction, one block, waited for until it is on disk, one after the other.
//! - `blocks/sixteen`: the same from sixteen threads that share a lock and wait outside of it, sixteen blocks.
//! - `blocks/batch`: ten thousand transactions in blocks of a thousand, each block waited for.
//! - `large/…`: a chain of a million transactions with a log each, in blocks of a hundred. `topic` asks for the one log with a topic, among all
//!   blocks; `receipt`, `balance` and `past` read one thing at a time; `start` opens the closed file, up to the first answer.
//!
//! What a median does not show is printed beside: how long the slowest of ten thousand queries take, how much memory the process held, and how
//! long it takes to open what a process left that was killed while it wrote as fast as it could, each time at another moment.
//!
//! `EPHOR_BENCH_TXS` makes the large chain smaller. Signatures are not part of this.

use std::{
    cell::Cell,
    io::{BufRead, BufReader},
    path::Path,
    process::{Command, Stdio},
    sync::{Arc, Mutex},
    time::Duration,
};

use alloy_primitives::{Address, B256, U256, address, keccak256};
use criterion::{BatchSize, Criterion, Throughput, criterion_group};
use ephor_chain::{
    BlockTime, Chain, ChainConfig, Code, Database, Genesis, GenesisAccount, LogFilter, Message, Program, Programs,
};
use stylus_sdk::{
    ArbResult,
    host::VM,
    stylus_core::{MessageAccess, RawLogAccess, StorageAccess},
};

const BALLOT: Address = address!("0000000000000000000000000000000000001000");
const VOTED: B256 = B256::repeat_byte(0xEE);
const PER_BLOCK: u64 = 100;

/// Marks the voter, adds to a tally and a total, logs voter and nominee.
#[expect(clippy::needless_pass_by_value, reason = "an entry point owns its host")]
fn vote(input: Vec<u8>, vm: VM) -> ArbResult {
    let voter = vm.msg_sender().into_word();
    let nominee = B256::right_padding_from(&input);
    unsafe {
        vm.storage_cache_bytes32(keccak256(voter).into(), B256::with_last_byte(1));
        for tally in [keccak256(nominee).into(), U256::ZERO] {
            let votes = U256::from_be_bytes(vm.storage_load_bytes32(tally).0) + U256::ONE;
            vm.storage_cache_bytes32(tally, votes.into());
        }
    }
    vm.raw_log(&[VOTED, voter, nominee], &[0; 64]).map_err(|error| error.as_bytes().to_vec())?;
    Ok(Vec::new())
}

fn open(path: &Path) -> (Database, Chain) {
    let programs = Programs::new([Program { id: 1, name: "vote", entry: vote }]).expect("one program");
    let ballot = GenesisAccount { address: BALLOT, code: Some(Code::Program(1)), ..GenesisAccount::default() };
    let genesis = Genesis { number: 0, time: BlockTime::default(), accounts: vec![ballot] };
    let database = Database::open(path).expect("a database");
    let chain = Chain::open(&database, ChainConfig::arbitrum(412_346), &genesis, Arc::new(programs)).expect("a chain");
    (database, chain)
}

fn voter(index: u64) -> Address {
    Address::from_slice(&keccak256(index.to_be_bytes())[..20])
}

fn submit(chain: &mut Chain, index: u64) {
    let nominee = [u8::try_from(index % 20).expect("below twenty")];
    chain.impersonate(Message::call(voter(index), BALLOT, nominee.to_vec())).expect("a vote");
}

fn mine(chain: &mut Chain) {
    let mined = chain.mine(chain.now()).expect("a block");
    assert!(mined.dropped.is_empty());
}

fn blocks(criterion: &mut Criterion) {
    let folder = tempfile::tempdir().expect("a folder");
    let mut group = criterion.benchmark_group("durable blocks");
    let next = Cell::new(0);
    let take = |count: u64| next.replace(next.get() + count);
    let (database, mut chain) = open(&folder.path().join("blocks.redb"));
    group.throughput(Throughput::Elements(1)).measurement_time(Duration::from_secs(10));
    let mut file = std::fs::File::create(folder.path().join("plain")).expect("a file");
    group.bench_function("fsync", |bencher| {
        bencher.iter(|| {
            std::io::Write::write_all(&mut file, &[7; 1_500]).expect("room");
            file.sync_data().expect("a disk");
        });
    });
    group.bench_function("single", |bencher| {
        bencher.iter(|| {
            submit(&mut chain, take(1));
            mine(&mut chain);
            chain.commit().wait().expect("durable");
        });
    });
    group.throughput(Throughput::Elements(16)).sample_size(50);
    let shared = Mutex::new(chain);
    group.bench_function("sixteen", |bencher| {
        bencher.iter(|| {
            let first = take(16);
            std::thread::scope(|scope| {
                for index in first..first + 16 {
                    let shared = &shared;
                    scope.spawn(move || {
                        let pending = {
                            let mut chain = shared.lock().expect("no panic");
                            submit(&mut chain, index);
                            mine(&mut chain);
                            chain.commit()
                        };
                        pending.wait().expect("durable");
                    });
                }
            });
        });
    });
    let mut chain = shared.into_inner().expect("no panic");
    group.throughput(Throughput::Elements(10_000)).sample_size(10);
    group.bench_function("batch", |bencher| {
        bencher.iter(|| {
            for _ in 0..10 {
                let first = take(1_000);
                (first..first + 1_000).for_each(|index| submit(&mut chain, index));
                mine(&mut chain);
                chain.commit().wait().expect("durable");
            }
        });
    });
    group.finish();
    let (groups, syncs) = database.written();
    eprintln!("{groups} groups with {syncs} fsyncs, {} bytes", database.size_bytes());
}

#[expect(clippy::disallowed_methods, reason = "measuring time is what this is for")]
fn large(criterion: &mut Criterion) {
    let txs: u64 = std::env::var("EPHOR_BENCH_TXS").map_or(1_000_000, |txs| txs.parse().expect("a number"));
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("large.redb");
    let (database, mut chain) = open(&path);
    for first in (0..txs).step_by(usize::try_from(PER_BLOCK).expect("small")) {
        (first..txs.min(first + PER_BLOCK)).for_each(|index| submit(&mut chain, index));
        mine(&mut chain);
        drop(chain.commit());
        if first % 10_000 == 0 {
            chain.commit().wait().expect("durable");
        }
    }
    chain.commit().wait().expect("durable");
    let (entries, rows) = (chain.cached_entries(), database.waiting_rows());
    eprintln!("{txs} transactions: {entries} entries cached, {rows} rows waiting, {} bytes", database.size_bytes());
    eprintln!("most memory while it was made: {}", memory("VmHWM"));

    let random = Cell::new(1_u64);
    let any = |below: u64| {
        // xorshift: the same numbers in each run.
        let mut x = random.get();
        x ^= x << 13;
        x ^= x >> 7;
        x ^= x << 17;
        random.set(x);
        x % below
    };
    let head = chain.head();
    let mut group = criterion.benchmark_group("large");
    let query = || {
        let topic = voter(any(txs)).into_word();
        let filter = LogFilter {
            addresses: vec![BALLOT],
            topics: [vec![VOTED], vec![topic], Vec::new(), Vec::new()],
            ..LogFilter::default()
        };
        let start = std::time::Instant::now();
        let found = chain.logs(&filter);
        let took = start.elapsed();
        assert_eq!(found.len(), 1);
        took
    };
    group.bench_function("topic", |bencher| bencher.iter_custom(|rounds| (0..rounds).map(|_| query()).sum()));
    let mut all: Vec<Duration> = (0..10_000).map(|_| query()).collect();
    all.sort_unstable();
    eprintln!(
        "ten thousand queries by topic: p50 {:?}, p99 {:?}, the slowest {:?}",
        all[5_000], all[9_900], all[9_999]
    );
    assert!(all[9_900] < Duration::from_millis(20), "queries by topic are too slow");
    group.bench_function("receipt", |bencher| {
        let hashes: Vec<B256> =
            (0..1_000).map(|_| chain.block(1 + any(txs / PER_BLOCK - 1)).expect("a block").transactions[7]).collect();
        let mut hashes = hashes.iter().cycle();
        bencher.iter(|| chain.receipt(*hashes.next().expect("endless")).expect("a receipt"));
    });
    group.bench_function("nonce", |bencher| bencher.iter(|| assert!(chain.nonce(voter(any(txs))) > 0)));
    group.bench_function("past", |bencher| {
        bencher.iter(|| chain.at(1 + any(head - 1)).expect("kept").slot(BALLOT, U256::ZERO));
    });
    group.bench_function("call", |bencher| {
        bencher.iter(|| chain.view(Message::call(voter(any(txs)), BALLOT, [1])).expect("a call"));
    });
    let entries = chain.cached_entries();
    eprintln!("afterwards: {entries} entries cached, {} rows waiting", database.waiting_rows());
    drop((chain, database));
    group.sample_size(10);
    group.bench_function("start", |bencher| {
        bencher.iter_batched(|| (), |()| first_answer(&path, head), BatchSize::PerIteration);
    });
    group.finish();
    for blocks in [100, 300, 500, 700, 900, 1_100, 1_300, 1_500] {
        let head = write_and_be_killed(&path, blocks);
        let journals = std::fs::read_dir(folder.path()).expect("a folder").map(|entry| entry.expect("an entry"));
        let journals = journals.filter(|entry| entry.file_name().to_string_lossy().contains("journal"));
        let bytes: u64 = journals.map(|entry| entry.metadata().expect("a size").len()).sum();
        let start = std::time::Instant::now();
        let opened = first_answer(&path, head);
        let took = start.elapsed();
        eprintln!("killed with {} MB in the journal: opened in {took:?}", bytes >> 20);
        assert!(took < Duration::from_secs(2), "opening after a kill is too slow");
        drop(opened);
    }
    eprintln!("most memory of all: {}", memory("VmHWM"));
}

/// Where a child process finds the database that it is to write until it is killed.
const KILLED: &str = "EPHOR_BENCH_KILLED";

/// Lets another process write blocks, and kills it after so many. Returns the last block that it said was durable.
fn write_and_be_killed(path: &Path, blocks: usize) -> u64 {
    let mut child = Command::new(std::env::current_exe().expect("this program"));
    let mut child = child.env(KILLED, path).stdout(Stdio::piped()).spawn().expect("a process");
    let said = BufReader::new(child.stdout.take().expect("its output"));
    let mut heads = said.lines().map_while(Result::ok).filter_map(|line| line.parse().ok());
    let head = heads.by_ref().take(blocks).last().expect("a block");
    child.kill().expect("killed");
    child.wait().expect("gone");
    // What it said until it died.
    heads.last().unwrap_or(head)
}

/// Writes blocks, and says so of each, until somebody ends the process.
fn write(path: &Path) -> ! {
    let (_database, mut chain) = open(path);
    for index in u64::from(u32::MAX).. {
        submit(&mut chain, index);
        if index % PER_BLOCK == 0 {
            mine(&mut chain);
            chain.commit().wait().expect("durable");
            println!("{}", chain.head());
        }
    }
    unreachable!("it is killed before")
}

/// A figure of this process's memory, where the system tells it.
fn memory(figure: &str) -> String {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix(figure)?.strip_prefix(':'));
    line.map_or("not known".to_owned(), |line| line.trim().to_owned())
}

/// Opens a database and asks it something.
fn first_answer(path: &Path, head: u64) -> (Database, Chain) {
    let (database, chain) = open(path);
    assert!(chain.head() >= head, "what was durable is there");
    assert!(!chain.slot(BALLOT, U256::ZERO).is_zero());
    (database, chain)
}

criterion_group!(benches, blocks, large);

fn main() {
    if let Some(path) = std::env::var_os(KILLED) {
        write(Path::new(&path));
    }
    benches();
    Criterion::default().configure_from_args().final_summary();
}
