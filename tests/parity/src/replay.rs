//! Runs a trace and compares.

use std::{collections::BTreeMap, fmt, sync::Arc};

use alloy_primitives::{Address, B256, Bytes, U256, hex};
use ephor_abi::catalog;
use ephor_chain::{BlockEnv, Code, Executor, HaltReason, Message, Outcome, SpecId, Status};

use crate::format::{Construction, Contract, Log, Step, Trace};

/// Which steps to run.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Only steps that call contracts of these kinds; all if empty. Only for suites whose steps do not build on each other.
    pub kinds: Vec<String>,
}

/// What a replay found.
#[derive(Debug, Default)]
pub struct Report {
    /// Steps and constructions compared.
    pub compared: usize,
    /// Where we differ.
    pub differences: Vec<Difference>,
}

/// One step in which we differ.
#[derive(Debug)]
pub struct Difference {
    /// The step's index, or that of the construction.
    pub n: usize,
    /// The step's label.
    pub label: String,
    /// What was sent.
    pub sent: String,
    /// What differs: aspect, recorded, ours.
    pub aspects: Vec<(&'static str, String, String)>,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "step {} {}\n  sent      {}", self.n, self.label, self.sent)?;
        for (aspect, recorded, ours) in &self.aspects {
            writeln!(f, "  {aspect}\n    recorded  {recorded}\n    ours      {ours}")?;
        }
        Ok(())
    }
}

const NOBODY: Address = Address::ZERO;

/// Replays a trace.
///
/// After a step that differs, our state is what we made of it, so later steps may differ because of it: mend the first.
#[must_use]
pub fn replay(trace: &Trace, filter: &Filter) -> Report {
    let programs = Arc::new(ephor_programs::all());
    let mut report = Report::default();
    for (n, construction) in trace.constructions.iter().enumerate() {
        report.compared += 1;
        let mut executor = Executor::new(programs.clone(), trace.chain_id, SpecId::PRAGUE);
        let aspects = construct(&mut executor, construction);
        if !aspects.is_empty() {
            let sent = construction.constructor_args.to_string();
            report.differences.push(Difference { n, label: format!("new {}", construction.kind), sent, aspects });
        }
    }
    let mut executor = Executor::new(programs, trace.chain_id, SpecId::PRAGUE);
    for contract in &trace.contracts {
        install(&mut executor, contract);
    }
    for account in &trace.accounts {
        executor.set_balance(account.address, account.balance);
    }
    let kinds: BTreeMap<Address, &str> = trace.contracts.iter().map(|c| (c.address, c.kind.as_str())).collect();
    for step in &trace.steps {
        let kind = kinds.get(&step.to).copied().unwrap_or_default();
        if !filter.kinds.is_empty() && !filter.kinds.iter().any(|wanted| wanted == kind) {
            continue;
        }
        report.compared += 1;
        let aspects = compare(&mut executor, step);
        if !aspects.is_empty() {
            let call = catalog::decode_call(&step.data).unwrap_or_else(|| "no call that decodes".to_owned());
            let sent =
                format!("to {kind}, from {}, value {}: {call}\n            {}", step.from, step.value, step.data);
            report.differences.push(Difference { n: step.n, label: step.label.clone(), sent, aspects });
        }
    }
    report
}

fn program(kind: &str) -> Code {
    // A kind without program is an account without code, and its steps differ.
    ephor_programs::id_of(kind).map_or(Code::Evm(Bytes::new()), Code::Program)
}

/// Installs the member sync action, which is a few instructions of bytecode in front of the program: they carry what the
/// reference has as an immutable.
fn install_action(executor: &mut Executor, contract: &Contract, store: Address) {
    let implementation = Address::repeat_byte(0xA5);
    executor.install(implementation, &program(&contract.kind), []);
    executor.install(contract.address, &Code::Evm(ephor_programs::action_code(implementation, store).into()), []);
}

fn install(executor: &mut Executor, contract: &Contract) {
    if contract.kind == "SecurityCouncilMemberSyncAction"
        && let Some(args) = contract.constructor_args.as_ref().filter(|args| args.len() == 32)
    {
        return install_action(executor, contract, Address::from_word(B256::from_slice(args)));
    }
    let code = contract.code.clone().map_or_else(|| program(&contract.kind), Code::Evm);
    executor.install(contract.address, &code, []);
    if let Some(args) = &contract.constructor_args
        && !args.is_empty()
        && matches!(code, Code::Program(_))
    {
        let outcome = executor.construct(&BlockEnv::default(), NOBODY, contract.address, args);
        assert!(outcome.as_ref().is_ok_and(Outcome::is_success), "constructor of {}: {outcome:?}", contract.name);
    }
    let storage = contract.storage.iter().map(|(slot, value)| (word(*slot), word(*value)));
    executor.install(contract.address, &code, storage);
}

/// Slots beyond the reference's layout: the SDK's mark that a constructor ran, and what the reference keeps in its code.
fn is_ours_alone(slot: U256) -> bool {
    slot == stylus_constructor_slot() || ephor_programs::namespaced_slots().contains(&slot)
}

fn stylus_constructor_slot() -> U256 {
    ephor_programs::CONSTRUCTOR_SLOT
}

fn construct(executor: &mut Executor, construction: &Construction) -> Vec<(&'static str, String, String)> {
    let address = Address::repeat_byte(0xC0);
    executor.install(address, &program(&construction.kind), []);
    let outcome = match executor.construct(&BlockEnv::default(), NOBODY, address, &construction.constructor_args) {
        Ok(outcome) => outcome,
        Err(error) => return vec![("execution", "possible".into(), error.to_string())],
    };
    let mut aspects = Vec::new();
    differ(&mut aspects, "success", &construction.success, &outcome.is_success());
    if !construction.success {
        differ(&mut aspects, "revert data", &construction.output, &outcome.output);
    }
    let mut ours = outcome.changes.storage().remove(&address).unwrap_or_default();
    ours.retain(|slot, _| !is_ours_alone(*slot));
    let recorded: BTreeMap<U256, U256> = construction.storage.iter().map(|(k, v)| (word(*k), word(*v))).collect();
    differ(&mut aspects, "storage", &recorded, &ours);
    aspects
}

fn compare(executor: &mut Executor, step: &Step) -> Vec<(&'static str, String, String)> {
    let block = BlockEnv { number: step.block, timestamp: step.timestamp, ..BlockEnv::default() };
    let message = Message::call(step.from, step.to, step.data.clone()).with_value(step.value);
    let outcome = if step.is_static { executor.view(&block, message) } else { executor.call(&block, message) };
    let outcome = match outcome {
        Ok(outcome) => outcome,
        Err(error) => return vec![("execution", "possible".into(), error.to_string())],
    };
    let mut aspects = Vec::new();
    let status = |success, halt: Option<&str>| match (success, halt) {
        (true, _) => "success".to_owned(),
        (false, None) => "revert".to_owned(),
        (false, Some(halt)) => halt.to_owned(),
    };
    let halt = match &outcome.status {
        Status::Halt(HaltReason::InvalidFEOpcode) => Some("InvalidFEOpcode".to_owned()),
        Status::Halt(other) => Some(format!("{other:?}")),
        Status::Success | Status::Revert => None,
    };
    let ours = status(outcome.is_success(), halt.as_deref());
    differ(&mut aspects, "status", &status(step.success, step.halt.as_deref()), &ours);
    if step.output != outcome.output {
        aspects.push(("output", describe(&step.output, step.success), describe(&outcome.output, outcome.is_success())));
    }
    if let Some(panic) = &outcome.panic
        && !aspects.is_empty()
    {
        aspects.push(("panic", String::new(), panic.clone()));
    }
    let logs: Vec<Log> = outcome
        .logs
        .iter()
        .map(|log| Log { address: log.address, topics: log.topics().to_vec(), data: log.data.data.clone() })
        .collect();
    if step.logs != logs {
        aspects.push(("logs", described(&step.logs), described(&logs)));
    }
    if !step.is_static {
        let recorded: BTreeMap<Address, BTreeMap<U256, U256>> = step
            .storage
            .iter()
            .map(|(a, slots)| (*a, slots.iter().map(|(k, v)| (word(*k), word(*v))).collect()))
            .collect();
        differ(&mut aspects, "storage", &recorded, &outcome.changes.storage());
        differ(&mut aspects, "balances", &step.balances, &outcome.changes.balances());
    }
    aspects
}

fn differ<T: PartialEq + fmt::Debug>(
    aspects: &mut Vec<(&'static str, String, String)>,
    aspect: &'static str,
    recorded: &T,
    ours: &T,
) {
    if recorded != ours {
        aspects.push((aspect, format!("{recorded:#x?}"), format!("{ours:#x?}")));
    }
}

/// The data, and what it says if it is a revert's.
fn describe(data: &Bytes, success: bool) -> String {
    let raw = hex::encode_prefixed(data);
    if success { raw } else { format!("{raw}: {}", catalog::decode_revert(data)) }
}

/// Each log, decoded where an interface has its event.
fn described(logs: &[Log]) -> String {
    let one = |log: &Log| match catalog::decode_event(&log.topics, &log.data) {
        Some(event) => format!("{}: {event}", log.address),
        None => format!("{log:?}"),
    };
    format!("{:#?}", logs.iter().map(one).collect::<Vec<_>>())
}

fn word(word: B256) -> U256 {
    U256::from_be_bytes(word.0)
}
