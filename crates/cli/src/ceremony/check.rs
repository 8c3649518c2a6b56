//! `ephor ceremony verify` and `forecast`.

use super::{
    CeremonyFailure,
    arguments::{ForecastArguments, VerifyArguments},
    chain::{self, Endpoint},
    files,
};
use crate::{
    actors::block_on,
    exit::{Exit, Failure},
    terminal,
};
use alloy_primitives::{Address, U256};
use ephor_ceremony::{
    Ceremony,
    bundle::MAX_BYTES,
    expectation,
    forecast::{self as ahead, Freshness},
    task::{Finding, MAX_FILE_BYTES, TaskFile, Verified},
};
use serde::{Deserialize, de::IgnoredAny};
use serde_json::{Value, json};
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
    path::Path,
};

/// Verifies a bundle or a file of signing tasks.
pub(super) fn verify(arguments: &VerifyArguments) -> Result<Exit, Failure> {
    if let Some(file) = tasks(&arguments.bundle)? {
        return verify_tasks(&file, arguments);
    }
    let bundle = files::read_bundle(&arguments.bundle)?;
    let verified = bundle.verify().map_err(CeremonyFailure::from)?;
    let ceremony = &verified.ceremony;
    let mut told: Vec<(String, Value)> = Vec::new();
    let (mut compared, mut beside) = (None, None);
    told.extend(verified.findings.iter().map(|finding| (finding.to_string(), json!(finding))));
    if let Some(path) = &arguments.expect {
        let expected = expectation::read_validation(&files::read_text(path, expectation::MAX_BYTES)?);
        if expected.is_empty() {
            let text = format!("{} holds no hashes to compare with", path.display());
            told.push((text, json!({ "finding": "no-hashes" })));
        }
        compared = Some(expected.iter().map(expectation::Expected::count).sum::<usize>());
        told.extend(expectation::compare(ceremony, &expected).iter().map(told_of));
    }
    if let Some(path) = &arguments.against {
        let second = files::read_bundle(path)?.verify().map_err(CeremonyFailure::from)?;
        let of = path.display();
        told.extend(second.findings.iter().map(|finding| (format!("{of}: {finding}"), json!(finding))));
        let causes = expectation::between(ceremony, &second.ceremony);
        told.extend(causes.iter().map(|cause| (format!("{of}: {cause}"), json!(cause))));
        if causes.is_empty() && second.digest != verified.digest {
            let parts = expectation::surroundings_between(ceremony, &second.ceremony).join(", ");
            beside = Some(format!("{of} has the same hashes and another digest: what differs is {parts}."));
        }
    }
    if let Some(url) = &arguments.rpc_url {
        let found = block_on(async { Endpoint::open(url, ceremony.chain_id).await?.safes(ceremony).await })?;
        let findings = expectation::compare_chain(ceremony, &found);
        told.extend(findings.iter().map(|finding| (finding.to_string(), json!(finding))));
    }
    let exit = if told.is_empty() { Exit::Fine } else { Exit::Unmet };
    if arguments.json {
        let safes: Vec<Value> = ceremony
            .steps()
            .iter()
            .map(|step| json!({ "safe": step.safe.address, "nonce": step.safe.nonce.to_string(), "hashes": step.hashes }))
            .collect();
        let findings: Vec<&Value> = told.iter().map(|(_, value)| value).collect();
        terminal::print_json(&json!({
            "sound": told.is_empty(), "digest": verified.digest, "author": verified.author, "safes": safes, "findings": findings,
            "hashes_compared": compared, "note": beside,
        }))?;
        return Ok(exit);
    }
    let mut text = format!("{}\n  digest  {}\n", ceremony.title, verified.digest);
    let author = verified.author.map_or_else(|| "nobody".to_owned(), |author| author.to_string());
    let _ = writeln!(text, "  vouched for by {author}\n");
    for step in ceremony.steps().iter().rev() {
        let _ = writeln!(
            text,
            "Owners of {} (version {}, nonce {})\n  domain hash   {}\n  message hash  {}\n  Safe tx hash  {}",
            step.safe.label(),
            step.safe.release,
            step.safe.nonce,
            step.hashes.domain,
            step.hashes.message,
            step.hashes.safe_tx
        );
    }
    text.push('\n');
    if let Some(compared) = compared {
        let _ = writeln!(text, "{compared} published hashes were compared.");
    }
    if let Some(beside) = beside {
        let _ = writeln!(text, "{beside}");
    }
    for (finding, _) in &told {
        let _ = writeln!(text, "WARNING {finding}");
    }
    text.push_str(if told.is_empty() {
        "Everything fits.\n"
    } else {
        "Do not sign until each warning is explained.\n"
    });
    terminal::print(&terminal::visible(&text))?;
    Ok(exit)
}

fn told_of(finding: &Finding) -> (String, Value) {
    let Finding { safe, hash, computed, expected, cause } = finding;
    let text = format!("{safe}: the {} is {computed}, expected was {expected}; {cause}", hash.words());
    (text, json!(finding))
}

/// The tasks of a file, if it is one of tasks.
fn tasks(path: &Path) -> Result<Option<TaskFile>, CeremonyFailure> {
    if path.is_dir() {
        return Ok(None);
    }
    let bytes = files::read(path, MAX_FILE_BYTES.max(MAX_BYTES))?;
    #[derive(Deserialize)]
    struct Tasks {
        tasks: Option<IgnoredAny>,
    }
    // What does not read is told of as a bundle that does not.
    let of_tasks = serde_json::from_slice::<Tasks>(&bytes).is_ok_and(|file| file.tasks.is_some());
    if of_tasks { Ok(Some(TaskFile::parse(&bytes)?)) } else { Ok(None) }
}

fn verify_tasks(file: &TaskFile, arguments: &VerifyArguments) -> Result<Exit, Failure> {
    let wanted = |id: &str| arguments.task.as_deref().is_none_or(|task| task == id);
    let mut verified = Vec::new();
    for task in file.tasks.iter().filter(|task| wanted(&task.id)) {
        verified.push(task.verify().map_err(CeremonyFailure::from)?);
    }
    if let (Some(task), true) = (&arguments.task, verified.is_empty()) {
        return Err(CeremonyFailure::NoTask(task.clone()).into());
    }
    // Where nothing is compared, nothing is found: that is no reason to sign.
    let empty: Vec<&str> = verified.iter().filter(|task| task.hashes.is_empty()).map(|task| task.id.as_str()).collect();
    let as_published = |task: &&Verified| task.findings.is_empty() && !task.hashes.is_empty();
    let sound = !verified.is_empty() && verified.iter().all(|task| as_published(&task));
    if arguments.json {
        terminal::print_json(&json!({ "sound": sound, "tasks": verified }))?;
    } else {
        let mut text = String::new();
        let hashes: usize = verified.iter().map(|task| task.hashes.len()).sum();
        for task in verified.iter().filter(|task| !task.findings.is_empty()) {
            let _ = writeln!(text, "{}", task.id);
            for finding in &task.findings {
                let _ = writeln!(text, "  WARNING {}", told_of(finding).0);
            }
        }
        for id in empty {
            let _ = writeln!(text, "{id}\n  WARNING it has no signers: there is nothing to compare");
        }
        let fine = verified.iter().filter(as_published).count();
        let _ = writeln!(text, "{fine} of {} tasks are as published, {hashes} Safes compared.", verified.len());
        terminal::print(&terminal::visible(&text))?;
    }
    Ok(if sound { Exit::Fine } else { Exit::Unmet })
}

/// Tells the hashes of the next nonces.
pub(super) fn forecast(arguments: &ForecastArguments) -> Result<Exit, Failure> {
    let path = &arguments.bundle.bundle;
    let ceremony = files::read_bundle(path)?.ceremony().map_err(CeremonyFailure::from)?;
    let present = chain::present(arguments.rpc_url.as_deref(), &ceremony, &files::offered(path)?)?;
    let now: BTreeMap<Address, U256> = present.safes.iter().map(|(safe, found)| (*safe, found.nonce)).collect();
    let queued = queued(&arguments.queued, &ceremony, &now)?;
    let forecasts = ahead::forecast(&ceremony, &now, &queued, arguments.count);
    let (collection, refused) = files::collected(path, &present.ceremony, &present.known)?;
    let signatures = collection.to_file().signatures;
    let fresh: Vec<_> =
        signatures.iter().map(|signature| (signature, ahead::freshness(&ceremony, &now, signature))).collect();
    let is_stale = |freshness: &Freshness| !matches!(freshness, Freshness::Fresh | Freshness::Waiting { .. });
    let stale = !refused.is_empty() || fresh.iter().any(|(_, freshness)| is_stale(freshness));
    if arguments.bundle.json {
        let each: Vec<Value> = fresh
            .iter()
            .map(|(signature, freshness)| json!({ "safe": signature.safe, "owner": signature.owner, "freshness": freshness }))
            .collect();
        let refused: Vec<Value> = refused
            .iter()
            .map(|(signature, refusal)| json!({ "safe": signature.safe, "owner": signature.owner, "refusal": refusal }))
            .collect();
        terminal::print_json(&json!({ "forecast": forecasts, "signatures": each, "refused": refused }))?;
    } else {
        let mut text = String::new();
        for next in &forecasts {
            let _ = writeln!(
                text,
                "{} nonce {}\n  domain hash   {}\n  message hash  {}\n  Safe tx hash  {}",
                ceremony.label(next.safe),
                next.nonce,
                next.hashes.domain,
                next.hashes.message,
                next.hashes.safe_tx
            );
        }
        for (signature, freshness) in &fresh {
            let (owner, safe) = (signature.owner, signature.safe);
            let why = match freshness {
                Freshness::Fresh | Freshness::Waiting { .. } => continue,
                Freshness::Stale { nonce, now } => format!("it is for nonce {nonce}, the Safe is at {now}"),
                Freshness::Overtaken { parent, nonce, now } => {
                    format!("it approves the transaction of {parent} with nonce {nonce}, and that Safe is at {now}")
                }
                Freshness::Unrelated { hash } => format!("it is for {hash}, which is no nonce of this transaction"),
            };
            let _ = writeln!(text, "STALE {owner} for {safe}: {why}");
        }
        for (signature, refusal) in &refused {
            let _ = writeln!(text, "STALE {} for {}: {refusal}", signature.owner, signature.safe);
        }
        terminal::print(&terminal::visible(&text))?;
    }
    Ok(if stale { Exit::Unmet } else { Exit::Fine })
}

/// How many transactions of each Safe are queued: as stated, or those of other bundles whose nonces are not used up yet.
fn queued(
    stated: &[String],
    ceremony: &Ceremony,
    now: &BTreeMap<Address, U256>,
) -> Result<BTreeMap<Address, u64>, CeremonyFailure> {
    let mut queued: BTreeMap<Address, u64> = BTreeMap::new();
    let mut nonces: BTreeSet<(Address, U256)> = BTreeSet::new();
    for text in stated {
        let parsed = text.split_once('=').and_then(|(safe, count)| Some((safe.parse().ok()?, count.parse().ok()?)));
        if let Some((safe, count)) = parsed {
            queued.insert(safe, count);
            continue;
        }
        let path = Path::new(text);
        if !path.exists() {
            return Err(CeremonyFailure::Queued(text.clone()));
        }
        let other = files::read_bundle(path)?.ceremony()?;
        for step in other.steps().iter().filter(|_| other.chain_id == ceremony.chain_id) {
            let next = now.get(&step.safe.address).copied();
            if ceremony.root.find(step.safe.address).is_some() && next.is_none_or(|next| step.safe.nonce >= next) {
                nonces.insert((step.safe.address, step.safe.nonce));
            }
        }
    }
    for (safe, _) in nonces {
        *queued.entry(safe).or_default() += 1;
    }
    Ok(queued)
}
