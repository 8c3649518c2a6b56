//! `ephor ceremony execute`.
//!
//! ```text
//! signatures of the bundle + approvals on the chain ─▶ transactions, children first ─▶ tried in that order ─▶ the next is sent (--broadcast)
//! ```
//! Nothing is sent without `--broadcast`. Nonces are those of the chain: what is used up is not tried again, what others go before is not
//! sent. A transaction that was mined without the Safe having executed it is a failure, whatever its receipt says.

use super::{
    CeremonyFailure,
    arguments::ExecuteArguments,
    chain::{self, Endpoint, Present, unexpected},
    effects::{Effects, happened, tried},
    files,
    signing::verified,
    wallet,
};
use crate::{
    actors::block_on,
    exit::{Exit, Failure},
    signer::{Signer, SignerError},
    terminal,
};
use alloy_network::{NetworkTransactionBuilder, TransactionBuilder, TxSigner, eip2718::Encodable2718};
use alloy_primitives::{Address, B256, Bytes};
use alloy_provider::{PendingTransactionBuilder, Provider};
use alloy_rpc_types_eth::{TransactionReceipt, TransactionRequest};
use ephor_ceremony::{Ceremony, Collection, Consent, Signature, Step, collection::execution, outline};
use serde_json::json;
use std::{fmt::Write as _, time::Duration};

/// How long a transaction is waited for.
const MINED_WITHIN: Duration = Duration::from_secs(180);

/// A transaction that executes one Safe's part.
pub(super) struct Execution {
    pub(super) safe: Address,
    pub(super) safe_tx_hash: B256,
    pub(super) data: Bytes,
    ready: bool,
    does: String,
}

#[cfg(test)]
impl Execution {
    /// One of which only its Safe and its hash matter.
    pub(super) fn new(safe: Address, safe_tx_hash: B256) -> Self {
        Self { safe, safe_tx_hash, data: Bytes::new(), ready: true, does: String::new() }
    }
}

/// What came of trying and sending.
#[derive(Default)]
struct Outcome {
    /// Who would have sent, or did.
    from: Address,
    /// What each that is open would do.
    tried: Vec<Effects>,
    /// What the one that was sent did.
    sent: Option<Effects>,
}

/// The transactions in the order of execution: children before parents.
fn executions(ceremony: &Ceremony, collection: &Collection) -> Vec<Execution> {
    let steps = ceremony.steps();
    let levels = collection.status(&steps);
    let is_ready = |safe: Address| levels.iter().any(|level| level.safe == safe && level.ready);
    let each = steps.iter().rev().map(|step| {
        let mut signatures = collection.of(step.safe.address);
        let approving = step.safe.children.iter().filter(|child| is_ready(child.address));
        signatures.extend(approving.map(|child| Signature {
            chain_id: ceremony.chain_id,
            safe: step.safe.address,
            safe_tx_hash: step.hashes.safe_tx,
            owner: child.address,
            consent: Consent::Approved,
        }));
        Execution {
            safe: step.safe.address,
            safe_tx_hash: step.hashes.safe_tx,
            data: execution(&step.action, &signatures),
            ready: is_ready(step.safe.address),
            does: outline::outline(ceremony, &step.action),
        }
    });
    each.collect()
}

/// Tells the transactions, tries them, and sends the next one where that is asked for.
pub(super) fn execute(arguments: &ExecuteArguments) -> Result<Exit, Failure> {
    let path = &arguments.bundle.bundle;
    let (_, ceremony) = verified(path)?;
    let url = arguments.rpc_url.as_deref();
    let present = chain::present(url, &ceremony, &files::offered(path)?)?;
    let (mut collection, _) = files::collected(path, &present.ceremony, &present.known)?;
    let steps = present.ceremony.steps();
    for approval in present.approvals.clone() {
        // Whoever signed as well is not needed twice.
        let _ = collection.accept(ceremony.chain_id, &steps, &present.known, approval);
    }
    let executions = executions(&present.ceremony, &collection);
    let outcome = match url {
        None => None,
        Some(url) => Some(block_on(on_chain(url, &present, &executions, arguments))?),
    };
    let ready = executions.iter().all(|each| each.ready);
    tell(&ceremony, &executions, outcome.as_ref(), arguments)?;
    let refused = outcome.iter().flat_map(|outcome| &outcome.tried).any(|effects| effects.refused.is_some());
    let sent = outcome.is_some_and(|outcome| outcome.sent.is_some());
    Ok(if refused && !sent {
        Exit::Refused
    } else if ready || sent {
        Exit::Fine
    } else {
        Exit::Unmet
    })
}

fn tell(
    ceremony: &Ceremony,
    executions: &[Execution],
    outcome: Option<&Outcome>,
    arguments: &ExecuteArguments,
) -> Result<(), Failure> {
    let sent = outcome.and_then(|outcome| outcome.sent.as_ref());
    if arguments.bundle.json {
        let each: Vec<_> = executions
            .iter()
            .map(|each| json!({ "to": each.safe, "value": "0", "data": each.data, "ready": each.ready }))
            .collect();
        let tried = outcome.map(|outcome| &outcome.tried);
        return terminal::print_json(&json!({ "transactions": each, "tried": tried, "sent": sent }));
    }
    let mut text = String::new();
    for (number, each) in (1..).zip(executions) {
        let state = if each.ready { "ready" } else { "NOT READY: signatures are missing" };
        let _ = writeln!(text, "{number}. to {} ({state})\n   {}", ceremony.label(each.safe), each.data);
        for line in each.does.lines() {
            let _ = writeln!(text, "   | {line}");
        }
    }
    if let Some(outcome) = outcome.filter(|outcome| !outcome.tried.is_empty()) {
        let _ = writeln!(text, "\nTried on the chain, sent by {}:", outcome.from);
        outcome.tried.iter().for_each(|effects| effects.write(ceremony, &mut text));
    }
    match sent {
        Some(effects) => {
            text.push_str("\nSent:\n");
            effects.write(ceremony, &mut text);
        }
        None => text
            .push_str("\nNothing was sent. Anybody may send these, in this order; or use --rpc-url and --broadcast.\n"),
    }
    terminal::print(&terminal::visible(&text))
}

/// Tries what is open, and sends the first with `--broadcast`.
async fn on_chain(
    url: &str,
    present: &Present,
    executions: &[Execution],
    arguments: &ExecuteArguments,
) -> Result<Outcome, Failure> {
    let ceremony = &present.ceremony;
    let endpoint = Endpoint::open(url, ceremony.chain_id).await?;
    let open = open(&endpoint, present, executions).await?;
    let signer = match &arguments.signer {
        Some(text) => Some(wallet::open(text, arguments.password_file.as_deref(), Some(&endpoint)).await?),
        None => None,
    };
    let from = signer.as_ref().map_or(Address::ZERO, Signer::address);
    let tried = tried(&endpoint, from, &open).await?;
    let mut outcome = Outcome { from, tried, sent: None };
    let Some(next) = open.first().filter(|_| arguments.broadcast) else { return Ok(outcome) };
    if let Some(why) = outcome.tried.first().and_then(|first| first.refused.clone()) {
        return Err(CeremonyFailure::Refused { safe: next.safe, why }.into());
    }
    let signer = signer.ok_or(CeremonyFailure::NoSigner)?;
    let hash = send(&endpoint, &signer, next.safe, &next.data).await?;
    outcome.sent = Some(executed(&endpoint, hash, next).await?);
    Ok(outcome)
}

/// The transactions that can be executed now, in order; those of children that have approved already are left out.
async fn open<'a>(
    endpoint: &Endpoint,
    present: &Present,
    executions: &'a [Execution],
) -> Result<Vec<&'a Execution>, Failure> {
    let steps = present.ceremony.steps();
    if let Some(step) = steps.first()
        && let Some(now) = present.used_up(step.safe)
    {
        return Err(CeremonyFailure::UsedUp { safe: step.safe.address, nonce: step.safe.nonce, now }.into());
    }
    let mut open = Vec::new();
    for (step, execution) in steps.iter().rev().zip(executions).filter(|(_, execution)| execution.ready) {
        let Some(found) = present.safes.get(&step.safe.address) else { continue };
        if found.nonce < step.safe.nonce {
            let (safe, nonce, now) = (step.safe.address, step.safe.nonce, found.nonce);
            return Err(CeremonyFailure::OthersFirst { safe, nonce, now }.into());
        }
        if found.nonce > step.safe.nonce {
            approved(endpoint, &steps, step).await?;
            continue;
        }
        open.push(execution);
    }
    if open.is_empty() { Err(CeremonyFailure::NotReady.into()) } else { Ok(open) }
}

/// Refuses a child whose nonce is used up by something else than its approval.
async fn approved(endpoint: &Endpoint, steps: &[Step<'_>], child: &Step<'_>) -> Result<(), CeremonyFailure> {
    let above = child.above.last().and_then(|above| steps.iter().find(|step| step.safe.address == *above));
    let Some(parent) = above else { return Ok(()) };
    let (safe, nonce) = (child.safe.address, child.safe.nonce);
    if endpoint.has_approved(parent.safe.address, safe, parent.hashes.safe_tx).await? {
        return Ok(());
    }
    Err(CeremonyFailure::Overtaken { safe, nonce, parent: parent.safe.address })
}

/// Sends a call, or with no target a contract's creation; returns the transaction's hash.
pub(super) async fn send(
    endpoint: &Endpoint,
    signer: &Signer,
    to: impl Into<Option<Address>>,
    data: &Bytes,
) -> Result<B256, Failure> {
    let provider = &endpoint.provider;
    let (from, to) = (signer.address(), to.into());
    let request =
        TransactionRequest::default().with_from(from).with_input(data.clone()).with_chain_id(endpoint.chain_id);
    let request = match to {
        Some(to) => request.with_to(to),
        None => request.into_create(),
    };
    let gas = provider.estimate_gas(request.clone()).await.map_err(unexpected)?;
    // A Safe asks for more than it uses: what it hands on is a part of what is left.
    let request = request.with_gas_limit(gas.saturating_mul(5) / 4);
    let key: &(dyn TxSigner<alloy_primitives::Signature> + Send + Sync) = match signer {
        Signer::Node(_) => {
            return Ok(provider.raw_request("eth_sendTransaction".into(), (request,)).await.map_err(unexpected)?);
        }
        Signer::Key(key) => key,
        Signer::Remote(remote) => remote.transactions(),
    };
    let fees = provider.estimate_eip1559_fees().await.map_err(unexpected)?;
    let request = request
        .with_nonce(provider.get_transaction_count(from).pending().await.map_err(unexpected)?)
        .with_max_fee_per_gas(fees.max_fee_per_gas)
        .with_max_priority_fee_per_gas(fees.max_priority_fee_per_gas);
    let mut unsigned = request.build_unsigned().map_err(unexpected)?;
    let signature = key.sign_transaction(&mut unsigned).await.map_err(|source| SignerError::Transaction { source })?;
    let envelope = unsigned.into_envelope(signature);
    let pending = provider.send_raw_transaction(&envelope.encoded_2718()).await.map_err(unexpected)?;
    Ok(*pending.tx_hash())
}

/// The receipt of a transaction that was sent.
pub(super) async fn mined(endpoint: &Endpoint, hash: B256) -> Result<TransactionReceipt, Failure> {
    if let Some(receipt) = endpoint.provider.get_transaction_receipt(hash).await.map_err(unexpected)? {
        return Ok(receipt);
    }
    let pending =
        PendingTransactionBuilder::new(endpoint.provider.root().clone(), hash).with_timeout(Some(MINED_WITHIN));
    Ok(pending.get_receipt().await.map_err(|_| CeremonyFailure::NotMined { hash })?)
}

/// What a transaction that was sent did; a failure if the Safe did not execute it.
async fn executed(endpoint: &Endpoint, hash: B256, next: &Execution) -> Result<Effects, Failure> {
    let receipt = mined(endpoint, hash).await?;
    let effects = happened(&receipt, next);
    match &effects.refused {
        Some(why) => Err(CeremonyFailure::Unexecuted { hash, safe: next.safe, why: why.clone() }.into()),
        None => Ok(effects),
    }
}
