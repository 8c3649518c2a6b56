//! `ephor ceremony new`, `rotate` and `export`.

use super::{
    CeremonyFailure,
    arguments::{ExportArguments, Format, NewArguments, RotateArguments},
    files,
    signing::author,
    simulate::fork,
};
use crate::{
    exit::{Exit, Failure},
    terminal,
};
use alloy_primitives::Address;
use ephor_ceremony::{
    Action, Batch, Bundle, Ceremony, SafeNode, World,
    bundle::MAX_FILE_BYTES,
    expectation, formats, recipe,
    rotation::{self, Owners},
    typed_data,
};
use ephor_charter::Charter;
use serde::Deserialize;
use serde_json::{Value, json};
use std::{collections::BTreeMap, path::Path};

/// Makes a bundle.
pub(super) fn new(arguments: &NewArguments) -> Result<Exit, Failure> {
    let (book, names) = address_book(arguments.charter.as_deref(), chain_of(arguments))?;
    let mut ceremony = read_source(arguments, &book)?;
    for (address, name) in names {
        ceremony.names.entry(address).or_insert(name);
    }
    if let Some(path) = &arguments.world {
        let bytes = files::read(path, MAX_FILE_BYTES)?;
        let world: World =
            serde_json::from_slice(&bytes).map_err(|error| CeremonyFailure::Json { path: path.clone(), error })?;
        ceremony.world = Some(world);
    }
    if arguments.fork.rpc_url.is_some() {
        let (_, pinned) = fork(&ceremony, &arguments.fork)?;
        ceremony.world = Some(World::pinned(pinned));
    }
    let mut bundle = Bundle::of(&ceremony).map_err(CeremonyFailure::from)?;
    if let Some(signer) = &arguments.author {
        let digest = bundle.verify().map_err(CeremonyFailure::from)?.digest;
        let author = author(signer, arguments.password_file.as_deref(), digest)?;
        bundle.vouch(author).map_err(CeremonyFailure::from)?;
    }
    write(&bundle, &ceremony, &arguments.out, arguments.json)
}

fn write(bundle: &Bundle, ceremony: &Ceremony, out: &Path, json: bool) -> Result<Exit, Failure> {
    files::write_bundle(out, bundle)?;
    let verified = bundle.verify().map_err(CeremonyFailure::from)?;
    if json {
        let steps = ceremony.steps();
        let safes: Vec<Value> = steps
            .iter()
            .map(|step| json!({ "safe": step.safe.address, "nonce": step.safe.nonce.to_string(), "hashes": step.hashes }))
            .collect();
        terminal::print_json(
            &json!({ "bundle": out.display().to_string(), "digest": verified.digest, "safes": safes }),
        )?;
    } else {
        let mut text = format!("{}\n  bundle  {}\n  digest  {}\n\n", ceremony.title, out.display(), verified.digest);
        for step in ceremony.steps().iter().rev() {
            let hashes = step.hashes;
            text.push_str(&format!(
                "Owners of {} (nonce {})\n  domain hash   {}\n  message hash  {}\n  Safe tx hash  {}\n",
                step.safe.label(),
                step.safe.nonce,
                hashes.domain,
                hashes.message,
                hashes.safe_tx
            ));
        }
        terminal::print(&terminal::visible(&text))?;
    }
    Ok(Exit::Fine)
}

/// What people call addresses.
type Names = BTreeMap<String, Address>;

/// The names of a charter's contracts and Safes, both ways: as they stand on the live chains, or if `chain_id` is that of a rehearsal, in
/// that. A contract is called `part@chain`, and on the chain itself just by its part.
fn address_book(charter: Option<&Path>, chain_id: Option<u64>) -> Result<(Names, BTreeMap<Address, String>), Failure> {
    let mut book = BTreeMap::new();
    let Some(path) = charter else { return Ok((book, BTreeMap::new())) };
    let charter = Charter::load(path).map_err(|faults| Failure::Faults { of: "charter", faults })?;
    let own = charter.chains.iter().find(|chain| chain_id.is_some_and(|id| id == chain.id || id == chain.rehearsal_id));
    let mut add = |chain: &str, part: &str, address: Address| {
        book.insert(format!("{part}@{chain}"), address);
        if own.is_some_and(|own| own.name == chain) {
            book.insert(part.to_owned(), address);
        }
    };
    if own.is_some_and(|own| chain_id == Some(own.rehearsal_id)) {
        let deployment = ephor_deploy::deployment(&charter, |_| 0);
        for ((chain, part), address) in &deployment.contracts {
            add(chain, part.name(), *address);
        }
        book.extend(deployment.safes.iter().map(|safe| (safe.name.clone(), safe.address)));
    } else {
        for chain in &charter.chains {
            for part in ephor_charter::Part::ALL {
                if let Some(address) = charter.contract(*part, &chain.name) {
                    add(&chain.name, part.name(), address);
                }
            }
        }
        let safes = charter.safes.iter().filter_map(|safe| Some((safe.name.clone(), safe.address?)));
        book.extend(safes);
    }
    // Of two names of one contract the longer says more.
    let mut names: BTreeMap<Address, String> = BTreeMap::new();
    for (name, address) in &book {
        let longer = names.get(address).is_none_or(|other| name.len() > other.len());
        if longer {
            names.insert(*address, name.clone());
        }
    }
    Ok((book, names))
}

/// The chain's id that a source names, as far as it can be told before the source is read.
fn chain_of(arguments: &NewArguments) -> Option<u64> {
    #[derive(Deserialize)]
    struct Chain {
        chain_id: u64,
    }
    let stated = || {
        let text = files::read_text(&arguments.source, recipe::MAX_BYTES).ok()?;
        toml::from_str::<Chain>(&text).ok().map(|chain| chain.chain_id)
    };
    arguments.chain_id.or_else(stated)
}

#[derive(Deserialize)]
struct Safes {
    safe: SafeNode,
}

fn read_safes(path: &Path) -> Result<SafeNode, CeremonyFailure> {
    let text = files::read_text(path, recipe::MAX_BYTES)?;
    let safes: Safes = toml::from_str(&text).map_err(|error| CeremonyFailure::Toml { path: path.to_owned(), error })?;
    Ok(safes.safe)
}

fn title_of(path: &Path) -> String {
    path.file_stem().map_or_else(|| "Ceremony".to_owned(), |stem| stem.to_string_lossy().into_owned())
}

fn read_source(arguments: &NewArguments, book: &BTreeMap<String, Address>) -> Result<Ceremony, CeremonyFailure> {
    let source = &arguments.source;
    let safes = arguments.safes.as_deref().map(read_safes).transpose()?;
    if source.is_dir() {
        return read_task(source, safes, arguments.chain_id);
    }
    let stated = |chain_id: u64| match arguments.chain_id {
        Some(stated) if stated != chain_id => Err(CeremonyFailure::TwoChains { found: chain_id, stated }),
        _ => Ok(chain_id),
    };
    if source.extension().is_some_and(|extension| extension == "toml") {
        let text = files::read_text(source, recipe::MAX_BYTES)?;
        let ceremony = recipe::read(&text, book)?;
        stated(ceremony.chain_id)?;
        // A recipe names its Safes itself.
        return if safes.is_some() { Err(CeremonyFailure::SafesTwice) } else { Ok(ceremony) };
    }
    let bytes = files::read(source, formats::MAX_BYTES)?;
    let value: Value =
        serde_json::from_slice(&bytes).map_err(|error| CeremonyFailure::Json { path: source.clone(), error })?;
    if value.get("primaryType").is_some() {
        let (account, action, nonce) = typed_data::read(&bytes, arguments.chain_id.unwrap_or_default())?;
        if account.chain_id == 0 {
            return Err(CeremonyFailure::NoChain);
        }
        let root = safes.unwrap_or_else(|| SafeNode::new(account.safe, account.release, nonce));
        same_safe(account.safe, &root)?;
        // What is signed is what the typed data says: another nonce or version makes other hashes.
        if root.nonce != nonce {
            return Err(CeremonyFailure::AnotherNonce { found: nonce, stated: root.nonce });
        }
        if root.release.hashing() != account.release.hashing() {
            return Err(CeremonyFailure::AnotherRelease { found: account.release.hashing(), stated: root.release });
        }
        return Ok(plain(title_of(source), stated(account.chain_id)?, root, action));
    }
    let batch = formats::read_builder(&bytes)?;
    let root = safes.ok_or(CeremonyFailure::NoSafe)?;
    batch.safe.map_or(Ok(()), |safe| same_safe(safe, &root))?;
    Ok(plain(title_of(source), stated(batch.chain_id)?, root, recipe::action(&batch.calls, None)?))
}

fn same_safe(found: Address, root: &SafeNode) -> Result<(), CeremonyFailure> {
    let stated = root.address;
    if found == stated { Ok(()) } else { Err(CeremonyFailure::AnotherSafe { found, stated }) }
}

/// A task of superchain-ops: the calldata and nonces of its files, the Safes of `--safes`.
fn read_task(folder: &Path, safes: Option<SafeNode>, chain_id: Option<u64>) -> Result<Ceremony, CeremonyFailure> {
    let config = files::read_text(&folder.join("config.toml"), formats::MAX_BYTES)?;
    let validation = files::read_text(&folder.join("VALIDATION.md"), formats::MAX_BYTES)?;
    let task = formats::read_superchain(&config, &validation)?;
    let root = safes.ok_or(CeremonyFailure::NoSafe)?;
    let chain_id = chain_id.ok_or(CeremonyFailure::NoChain)?;
    let to = ephor_abi::batch::MULTICALL3;
    let operation = ephor_ceremony::Operation::DelegateCall;
    let action = Action { to, data: task.calldata, operation, ..Action::default() };
    let ceremony = plain(title_of(folder), chain_id, root, action).with_nonces(&task.nonces);
    // Upgrade code of the OP Stack is delegate-called: the published hashes say which of the two it is.
    let other = ephor_abi::batch::MULTICALL3_DELEGATECALL;
    let delegated = Ceremony { action: Action { to: other, ..ceremony.action.clone() }, ..ceremony.clone() };
    let expected = expectation::read_validation(&validation);
    let fits = |ceremony: &Ceremony| !expected.is_empty() && expectation::compare(ceremony, &expected).is_empty();
    Ok(if !fits(&ceremony) && fits(&delegated) { delegated } else { ceremony })
}

fn plain(title: String, chain_id: u64, root: SafeNode, action: Action) -> Ceremony {
    let (names, former_owners) = (BTreeMap::new(), BTreeMap::new());
    Ceremony { title, chain_id, root, action, names, former_owners, world: None }
}

/// Plans a rotation of owners.
pub(super) fn rotate(arguments: &RotateArguments) -> Result<Exit, Failure> {
    let root = read_safes(&arguments.safe)?;
    let now = Owners { owners: root.owners.clone(), threshold: root.threshold };
    let threshold = arguments.threshold.unwrap_or(root.threshold);
    let wanted = Owners { owners: arguments.owners.clone(), threshold };
    let plan = rotation::plan(root.address, &now, &wanted, arguments.floor).map_err(CeremonyFailure::from)?;
    let calls: Vec<_> = plan.iter().map(|change| change.call(root.address)).collect();
    if !arguments.json {
        let lines: Vec<String> = plan.iter().map(|change| format!("  {change}\n")).collect();
        let head = if lines.is_empty() { "Nothing is to be changed.\n" } else { "The calls of the Safe to itself:\n" };
        terminal::print(&format!("{head}{}", lines.concat()))?;
    }
    match &arguments.out {
        Some(out) if !calls.is_empty() => {
            let kind = (calls.len() > 1).then_some(Batch::MultiSend);
            let action = recipe::action(&calls, kind).map_err(CeremonyFailure::from)?;
            let title = format!("Rotate the owners of {}", root.address);
            let ceremony = Ceremony { world: Some(World::default()), ..plain(title, arguments.chain_id, root, action) };
            let bundle = Bundle::of(&ceremony).map_err(CeremonyFailure::from)?;
            write(&bundle, &ceremony, out, arguments.json)
        }
        _ if arguments.json => {
            terminal::print_json(&json!({ "changes": plan, "calls": calls }))?;
            Ok(Exit::Fine)
        }
        _ => Ok(Exit::Fine),
    }
}

/// Writes a transaction in another format, to standard output.
pub(super) fn export(arguments: &ExportArguments) -> Result<Exit, Failure> {
    let bundle = files::read_bundle(&arguments.bundle)?;
    let ceremony = bundle.ceremony().map_err(CeremonyFailure::from)?;
    match arguments.format {
        Format::Builder => {
            terminal::print_json(&formats::write_builder(&ceremony, 0).map_err(CeremonyFailure::from)?)?;
        }
        Format::Validation => terminal::print(&formats::write_superchain_validation(&ceremony))?,
        Format::Config => terminal::print(&formats::write_superchain_config(&ceremony))?,
        Format::TypedData => {
            let safe = arguments.safe.unwrap_or(ceremony.root.address);
            let steps = ceremony.steps();
            let step = steps.iter().find(|step| step.safe.address == safe);
            let step = step.ok_or(CeremonyFailure::UnknownSafe(safe))?;
            let account = step.safe.account(ceremony.chain_id);
            terminal::print_json(&typed_data::write(&account, &step.action, step.safe.nonce))?;
        }
    }
    Ok(Exit::Fine)
}
