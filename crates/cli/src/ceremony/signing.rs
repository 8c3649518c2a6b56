//! `ephor ceremony sign`, `collect` and `status`.

use super::{
    CeremonyFailure,
    arguments::{CollectArguments, SignArguments, StatusArguments},
    chain::{self, Endpoint, Present},
    files, wallet,
};
use crate::{
    actors::block_on,
    exit::{Exit, Failure},
    signer::Signer,
    terminal,
};
use alloy_primitives::{Address, B256, Bytes};
use ephor_ceremony::{
    Bundle, Ceremony, Collection, Consent, Level, Refusal, Signature, SignatureFile, Step,
    bundle::Author,
    chunks,
    collection::MAX_FILE_BYTES,
    signature::{self, message_hash},
    typed_data,
};
use ephor_client::signing::TypedData;
use ephor_explain::strict;
use serde_json::{Value, json};
use std::{fmt::Write as _, path::Path};

/// Reads a bundle and refuses one that does not verify.
pub(super) fn verified(path: &Path) -> Result<(Bundle, Ceremony), Failure> {
    let bundle = files::read_bundle(path)?;
    let verified = bundle.verify().map_err(CeremonyFailure::from)?;
    if !verified.findings.is_empty() {
        return Err(CeremonyFailure::Unverified.into());
    }
    Ok((bundle, verified.ceremony))
}

/// Signs the digest of a bundle as a message.
pub(super) fn author(signer: &str, password: Option<&Path>, digest: B256) -> Result<Author, Failure> {
    let signer = block_on(async { Ok(Signer::offline(signer, password).await?) })?;
    let signature = block_on(async { Ok(signer.sign_message(digest).await?) })?;
    Ok(Author { address: signer.address(), signature: signature.as_bytes().to_vec().into() })
}

/// Signs for one of the Safes.
pub(super) fn sign(arguments: &SignArguments) -> Result<Exit, Failure> {
    let (_, ceremony) = verified(&arguments.bundle.bundle)?;
    // Who owns the Safe now may sign, whoever owned it when the bundle was made.
    let present = chain::present(arguments.rpc_url.as_deref(), &ceremony, &[])?;
    let ceremony = present.ceremony;
    let steps = ceremony.steps();
    let signed = match &arguments.signature {
        Some(text) => handed_in(&ceremony, &steps, arguments.safe, text)?,
        None => signed(&ceremony, &steps, arguments)?,
    };
    // What nobody would take is not written either.
    Collection::default()
        .accept(ceremony.chain_id, &steps, &present.known, signed.clone())
        .map_err(CeremonyFailure::from)?;
    let text = SignatureFile { signatures: vec![signed] }.write();
    if let Some(out) = &arguments.out {
        files::write_new(out, &text)?;
    }
    if arguments.pieces {
        let pieces = chunks::split(text.as_bytes()).map_err(CeremonyFailure::from)?;
        terminal::print(&(pieces.join("\n") + "\n"))?;
    } else if let Some(out) = &arguments.out {
        terminal::print(&format!("{}\n", out.display()))?;
    } else {
        terminal::print(&text)?;
    }
    Ok(Exit::Fine)
}

fn step_of<'a, 'b>(
    steps: &'a [Step<'b>],
    safe: Option<Address>,
    owner: Address,
) -> Result<&'a Step<'b>, CeremonyFailure> {
    match safe {
        Some(safe) => steps.iter().find(|step| step.safe.address == safe).ok_or(CeremonyFailure::UnknownSafe(safe)),
        None => {
            let owned = |step: &&Step<'_>| step.safe.owners.contains(&owner);
            let alone = (steps.len() == 1 && steps[0].safe.owners.is_empty()).then_some(&steps[0]);
            steps.iter().find(owned).or(alone).ok_or(CeremonyFailure::NotAnOwner(owner))
        }
    }
}

fn signed(ceremony: &Ceremony, steps: &[Step<'_>], arguments: &SignArguments) -> Result<Signature, Failure> {
    let Some(text) = &arguments.signer else { return Err(CeremonyFailure::NoSigner.into()) };
    block_on(async {
        let endpoint = match &arguments.rpc_url {
            Some(url) => Some(Endpoint::open(url, ceremony.chain_id).await?),
            None => None,
        };
        let signer = wallet::open(text, arguments.password_file.as_deref(), endpoint.as_ref()).await?;
        signed_by(ceremony, steps, arguments, &signer, endpoint.as_ref()).await
    })
}

async fn signed_by(
    ceremony: &Ceremony,
    steps: &[Step<'_>],
    arguments: &SignArguments,
    signer: &Signer,
    endpoint: Option<&Endpoint>,
) -> Result<Signature, Failure> {
    let owner = signer.address();
    let step = step_of(steps, arguments.safe, owner)?;
    let account = step.safe.account(ceremony.chain_id);
    terminal::tell(&format!(
        "You sign for {} (nonce {}). Your device shows:\n  domain hash   {}\n  message hash  {}\n  Safe tx hash  {}\n",
        step.safe.label(),
        step.safe.nonce,
        step.hashes.domain,
        step.hashes.message,
        step.hashes.safe_tx
    ));
    // A Trezor signs no bare hash, so it signs the hash as a message.
    let is_trezor = arguments.signer.as_ref().is_some_and(|signer| signer.starts_with("trezor"));
    let consent = if arguments.as_message || is_trezor {
        terminal::tell(&format!("  as a message  {}\n", message_hash(step.hashes.safe_tx)));
        Consent::of_message(&wallet::sign_message(signer, endpoint, step.hashes.safe_tx).await?)
    } else {
        let message = TypedData {
            digest: step.hashes.safe_tx,
            domain_separator: step.hashes.domain,
            struct_hash: step.hashes.message,
            json: typed_data::write(&account, &step.action, step.safe.nonce),
        };
        Consent::of_hash(&wallet::sign_typed(signer, endpoint, &message).await?)
    };
    let (chain_id, safe, safe_tx_hash) = (ceremony.chain_id, account.safe, step.hashes.safe_tx);
    Ok(Signature { chain_id, safe, safe_tx_hash, owner, consent })
}

/// A signature that was made elsewhere.
fn handed_in(
    ceremony: &Ceremony,
    steps: &[Step<'_>],
    safe: Option<Address>,
    text: &str,
) -> Result<Signature, CeremonyFailure> {
    let bytes: Bytes = text.trim().parse().map_err(|_| CeremonyFailure::NotASignature)?;
    let mut found = Err(Refusal::Nobody);
    for step in steps.iter().filter(|step| safe.is_none_or(|safe| step.safe.address == safe)) {
        found = signature::signer(step.hashes.safe_tx, &bytes).map(|owner| (step.safe, step.hashes, owner));
        if found.as_ref().is_ok_and(|(node, _, owner)| node.owners.contains(owner)) {
            break;
        }
    }
    let (node, hashes, owner) = found?;
    let consent = Consent::Signed { signature: bytes };
    Ok(Signature { chain_id: ceremony.chain_id, safe: node.address, safe_tx_hash: hashes.safe_tx, owner, consent })
}

/// The signatures in a file, which may hold pieces from QR codes.
pub(super) fn read_file(path: &Path) -> Result<Vec<Signature>, CeremonyFailure> {
    let bytes = files::read(path, MAX_FILE_BYTES)?;
    // Scanners and editors put marks and empty lines before what they save.
    let text = String::from_utf8_lossy(&bytes);
    let text = strict::unmarked(&text).trim();
    let file = if text.starts_with("EPHOR:") {
        chunks::join(text.lines().filter(|line| !line.trim().is_empty()))?
    } else {
        text.as_bytes().to_vec()
    };
    Ok(SignatureFile::parse(&file)?.signatures)
}

/// Merges signatures into a bundle.
pub(super) fn collect(arguments: &CollectArguments) -> Result<Exit, Failure> {
    let path = &arguments.bundle.bundle;
    let (_, ceremony) = verified(path)?;
    let mut offered = Vec::new();
    for file in &arguments.files {
        offered.extend(read_file(file)?);
    }
    let url = arguments.rpc_url.as_deref();
    let present = chain::present(url, &ceremony, &[files::offered(path)?, offered.clone()].concat())?;
    let (mut collection, mut refused) = files::collected(path, &present.ceremony, &present.known)?;
    let steps = present.ceremony.steps();
    let mut accepted = 0;
    for signature in offered {
        match collection.accept(ceremony.chain_id, &steps, &present.known, signature.clone()) {
            Ok(()) => accepted += 1,
            Err(refusal) => refused.push((signature, refusal)),
        }
    }
    files::replace(&files::signatures_path(path), &collection.to_file().write())?;
    tell(&present, collection, &refused, Some(accepted), arguments.bundle.json)
}

/// Tells who signed.
pub(super) fn status(arguments: &StatusArguments) -> Result<Exit, Failure> {
    let path = &arguments.bundle.bundle;
    let (_, ceremony) = verified(path)?;
    let present = chain::present(arguments.rpc_url.as_deref(), &ceremony, &files::offered(path)?)?;
    let (collection, refused) = files::collected(path, &present.ceremony, &present.known)?;
    tell(&present, collection, &refused, None, arguments.bundle.json)
}

fn tell(
    present: &Present,
    mut collection: Collection,
    refused: &[(Signature, Refusal)],
    accepted: Option<usize>,
    json: bool,
) -> Result<Exit, Failure> {
    let ceremony = &present.ceremony;
    let steps = ceremony.steps();
    for approval in present.approvals.clone() {
        // Whoever signed as well has agreed once.
        let _ = collection.accept(ceremony.chain_id, &steps, &present.known, approval);
    }
    let levels = collection.status(&steps);
    let used_up: Vec<_> = steps
        .iter()
        .filter_map(|step| present.used_up(step.safe).map(|now| (step.safe.address, step.safe.nonce, now)))
        .collect();
    if json {
        let refused: Vec<Value> = refused
            .iter()
            .map(|(signature, refusal)| json!({ "owner": signature.owner, "safe": signature.safe, "reason": refusal.to_string(), "refusal": refusal }))
            .collect();
        let used_up: Vec<Value> = used_up
            .iter()
            .map(|(safe, nonce, now)| json!({ "safe": safe, "nonce": nonce.to_string(), "now": now.to_string() }))
            .collect();
        terminal::print_json(
            &json!({ "accepted": accepted, "levels": levels, "refused": refused, "used_up": used_up }),
        )?;
    } else {
        let mut text =
            accepted.map_or_else(String::new, |accepted| format!("{accepted} accepted, {} refused\n\n", refused.len()));
        for (signature, refusal) in refused {
            let _ = writeln!(text, "REFUSED {} for {}: {refusal}", signature.owner, signature.safe);
        }
        for (safe, nonce, now) in &used_up {
            let safe = ceremony.label(*safe);
            let _ = writeln!(text, "STALE {safe}: nonce {nonce} is used up, the Safe is at {now}");
        }
        for level in &levels {
            level_text(ceremony, level, &mut text);
        }
        terminal::print(&terminal::visible(&text))?;
    }
    Ok(if refused.is_empty() { Exit::Fine } else { Exit::Unmet })
}

fn level_text(ceremony: &Ceremony, level: &Level, text: &mut String) {
    let indent = "  ".repeat(level.depth);
    let of = if level.threshold == 0 { "an unknown number".to_owned() } else { level.threshold.to_string() };
    let state = if level.ready { "READY" } else { "not ready" };
    let _ = writeln!(text, "{indent}{}: {} of {of} needed, {state}", ceremony.label(level.safe), level.agreed.len());
    for owner in &level.agreed {
        let _ = writeln!(text, "{indent}  agreed   {}", ceremony.label(*owner));
    }
    for owner in &level.missing {
        let _ = writeln!(text, "{indent}  missing  {}", ceremony.label(*owner));
    }
}
