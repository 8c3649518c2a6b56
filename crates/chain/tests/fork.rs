//! Messages over a state that lies elsewhere: what is read of it, what is kept above it, and what a source without answers does.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
};

use alloy_primitives::{Address, B256, Bytes, U256, bytes};
use ephor_chain::{BlockEnv, Fork, ForkError, Message, Program, Programs, Source, SourceAccount, SpecId, program_code};

const USER: Address = Address::repeat_byte(0xaa);
const COUNTER: Address = Address::repeat_byte(0xc0);
const NATIVE: Address = Address::repeat_byte(0xc1);

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no answer for {0}")]
struct Silent(String);

/// A state that writes down what is asked of it.
#[derive(Clone, Default)]
struct Elsewhere {
    accounts: BTreeMap<Address, SourceAccount>,
    slots: BTreeMap<(Address, U256), U256>,
    asked: Arc<Mutex<Vec<String>>>,
    silent: bool,
}

impl Elsewhere {
    fn note(&self, what: String) -> Result<(), Silent> {
        self.asked.lock().unwrap().push(what.clone());
        if self.silent { Err(Silent(what)) } else { Ok(()) }
    }
}

impl Source for Elsewhere {
    type Error = Silent;

    fn account(&mut self, address: Address) -> Result<Option<SourceAccount>, Silent> {
        self.note(format!("{address}"))?;
        Ok(self.accounts.get(&address).cloned())
    }

    fn slot(&mut self, address: Address, slot: U256) -> Result<U256, Silent> {
        self.note(format!("{address}/{slot}"))?;
        Ok(self.slots.get(&(address, slot)).copied().unwrap_or_default())
    }

    fn block_hash(&mut self, number: u64) -> Result<B256, Silent> {
        self.note(format!("block {number}"))?;
        Ok(B256::with_last_byte(7))
    }
}

fn fork(source: &Elsewhere) -> Fork<Elsewhere> {
    let program = Program { id: 9, name: "Echo", entry: |input, _| Ok(input) };
    Fork::new(source.clone(), Arc::new(Programs::new([program]).unwrap()), 1, SpecId::PRAGUE)
}

fn elsewhere() -> Elsewhere {
    // Adds one to slot 0 and returns the hash of block 99.
    let counter = bytes!("6000546001016000556063405f5260205ff3");
    let account = |code: Bytes| SourceAccount { code, nonce: 1, ..SourceAccount::default() };
    Elsewhere {
        accounts: [(COUNTER, account(counter)), (NATIVE, account(program_code(9)))].into(),
        slots: [((COUNTER, U256::ZERO), U256::from(41))].into(),
        ..Elsewhere::default()
    }
}

fn block() -> BlockEnv {
    BlockEnv { number: 100, ..BlockEnv::default() }
}

#[test]
fn what_is_read_is_asked_for_once_and_what_is_written_stays_above() {
    let source = elsewhere();
    let mut fork = fork(&source);
    for expected in [42, 43] {
        let outcome = fork.call(&block(), Message::call(USER, COUNTER, Bytes::new())).unwrap();
        assert!(outcome.is_success());
        assert_eq!(outcome.output[..], B256::with_last_byte(7)[..]);
        assert_eq!(outcome.changes.storage()[&COUNTER][&U256::ZERO], U256::from(expected));
        assert_eq!(fork.read().slot(COUNTER, U256::ZERO), U256::from(expected));
    }
    let tried = fork.view(&block(), Message::call(USER, COUNTER, Bytes::new())).unwrap();
    assert_eq!(tried.changes.storage()[&COUNTER][&U256::ZERO], U256::from(44));
    assert_eq!(fork.read().slot(COUNTER, U256::ZERO), U256::from(43));
    let asked = source.asked.lock().unwrap();
    let once = |what: &str| asked.iter().filter(|asked| *asked == what).count();
    assert_eq!((once(&COUNTER.to_string()), once(&format!("{COUNTER}/0")), once(&USER.to_string())), (1, 1, 1));
}

#[test]
fn native_programs_run_where_the_source_has_their_code() {
    let outcome = fork(&elsewhere()).call(&block(), Message::call(USER, NATIVE, bytes!("1234"))).unwrap();
    assert_eq!(outcome.output, bytes!("1234"));
}

#[test]
fn a_slot_can_be_set_above_the_source() {
    let mut fork = fork(&elsewhere());
    fork.set_slot(COUNTER, U256::ZERO, U256::from(5)).unwrap();
    fork.call(&block(), Message::call(USER, COUNTER, Bytes::new())).unwrap();
    assert_eq!(fork.read().slot(COUNTER, U256::ZERO), U256::from(6));
    assert_eq!(fork.code(NATIVE).unwrap(), program_code(9));
}

#[test]
fn a_source_without_an_answer_ends_the_message() {
    let mut source = elsewhere();
    source.silent = true;
    let error = fork(&source).call(&block(), Message::call(USER, COUNTER, Bytes::new())).unwrap_err();
    assert!(matches!(error, ForkError::Source(Silent(_))), "{error:?}");
    assert_eq!(source.asked.lock().unwrap().len(), 1);
}
