//! `ephor ceremony execute`.

use super::{
    CeremonyFailure,
    arguments::ExecuteArguments,
    chain::{self, Endpoint},
    files,
    signing::verified,
};
use crate::{
    actors::block_on,
    exit::{Exit, Failure},
    signer::Signer,
    terminal,
};
use alloy_network::{EthereumWallet, NetworkTransactionBuilder, TransactionBuilder};
use alloy_primitives::{Address, B256, Bytes};
use alloy_provider::Provider;
use alloy_rpc_types_eth::TransactionRequest;
use ephor_ceremony::{Collection, Consent, SafeNode, Signature, collection::execution};
use serde_json::json;
use std::fmt::Write as _;

/// A transaction that executes one Safe's part.
struct Execution {
    safe: Address,
    data: Bytes,
    ready: bool,
}

/// The transactions in the order of execution: children before parents.
fn executions(ceremony: &ephor_ceremony::Ceremony, collection: &Collection) -> Vec<Execution> {
    let steps = ceremony.steps();
    let levels = collection.status(&steps);
    let each = steps.iter().zip(&levels).rev().map(|(step, level)| {
        let mut signatures = collection.of(step.safe.address);
        signatures.extend(step.safe.children.iter().filter(|child| is_ready(child, &levels)).map(|child| Signature {
            chain_id: ceremony.chain_id,
            safe: step.safe.address,
            safe_tx_hash: step.hashes.safe_tx,
            owner: child.address,
            consent: Consent::Approved,
        }));
        Execution { safe: step.safe.address, data: execution(&step.action, &signatures), ready: level.ready }
    });
    each.collect()
}

fn is_ready(child: &SafeNode, levels: &[ephor_ceremony::Level]) -> bool {
    levels.iter().any(|level| level.safe == child.address && level.ready)
}

/// Tells the transactions, tries them, and sends the next one where that is asked for.
pub(super) fn execute(arguments: &ExecuteArguments) -> Result<Exit, Failure> {
    let path = &arguments.bundle.bundle;
    let (_, ceremony) = verified(path)?;
    let (before, _) = files::collected(path, &ceremony, &chain::known(None, &ceremony, &[])?)?;
    let known = chain::known(arguments.rpc_url.as_deref(), &ceremony, &before.to_file().signatures)?;
    let (collection, _) = files::collected(path, &ceremony, &known)?;
    let executions = executions(&ceremony, &collection);
    let mut sent = None;
    if let Some(url) = &arguments.rpc_url {
        sent = block_on(async {
            let endpoint = Endpoint::open(url, ceremony.chain_id).await?;
            let safes = endpoint.safes(&ceremony).await?;
            // What is used up already was executed by somebody.
            let open = |safe: Address| {
                let nonce = ceremony.root.find(safe).map(|node| node.nonce);
                safes.get(&safe).is_some_and(|found| Some(found.nonce) == nonce)
            };
            let next = executions.iter().find(|each| each.ready && open(each.safe));
            let Some(next) = next else { return Err(CeremonyFailure::NotReady.into()) };
            send(&endpoint, next, ceremony.chain_id, arguments).await
        })?;
    }
    if arguments.bundle.json {
        let each: Vec<_> = executions
            .iter()
            .map(|each| json!({ "to": each.safe, "value": "0", "data": each.data, "ready": each.ready }))
            .collect();
        terminal::print_json(&json!({ "transactions": each, "sent": sent }))?;
    } else {
        let mut text = String::new();
        for (number, each) in (1..).zip(&executions) {
            let state = if each.ready { "ready" } else { "NOT READY: signatures are missing" };
            let _ = writeln!(text, "{number}. to {} ({state})\n   {}", ceremony.label(each.safe), each.data);
        }
        match sent {
            Some(hash) => drop(writeln!(text, "\nsent: {hash}")),
            None => text.push_str(
                "\nNothing was sent. Anybody may send these, in this order; or use --rpc-url and --broadcast.\n",
            ),
        }
        terminal::print(&terminal::visible(&text))?;
    }
    let ready = executions.iter().all(|each| each.ready);
    Ok(if ready || sent.is_some() { Exit::Fine } else { Exit::Unmet })
}

/// Tries a transaction on the chain, and sends it with `--broadcast`.
async fn send(
    endpoint: &Endpoint,
    next: &Execution,
    chain_id: u64,
    arguments: &ExecuteArguments,
) -> Result<Option<B256>, Failure> {
    let provider = &endpoint.provider;
    let failed = |error: alloy_transport::TransportError| CeremonyFailure::Endpoint(error.to_string());
    let signer = match &arguments.signer {
        Some(signer) => Some(Signer::offline(signer, arguments.password_file.as_deref()).await?),
        None => None,
    };
    let from = signer.as_ref().map_or(Address::ZERO, Signer::address);
    let request = json!({ "from": from, "to": next.safe, "data": next.data });
    let tried: Result<Bytes, _> = provider.raw_request("eth_call".into(), (request, "latest")).await;
    if let Err(error) = tried {
        let why = error.to_string().chars().filter(|c| !c.is_control()).take(300).collect();
        return Err(CeremonyFailure::Refused { safe: next.safe, why }.into());
    }
    if !arguments.broadcast {
        return Ok(None);
    }
    let Some(Signer::Key(key)) = signer else { return Err(CeremonyFailure::NoSigner.into()) };
    let fees = provider.estimate_eip1559_fees().await.map_err(failed)?;
    let request = TransactionRequest::default()
        .with_from(from)
        .with_to(next.safe)
        .with_input(next.data.clone())
        .with_chain_id(chain_id)
        .with_nonce(provider.get_transaction_count(from).await.map_err(failed)?)
        .with_max_fee_per_gas(fees.max_fee_per_gas)
        .with_max_priority_fee_per_gas(fees.max_priority_fee_per_gas);
    let gas = provider.estimate_gas(request.clone()).await.map_err(failed)?;
    // A Safe asks for more than it uses: what it hands on is a part of what is left.
    let request = request.with_gas_limit(gas.saturating_mul(5) / 4);
    let signed = request.build(&EthereumWallet::from(key)).await;
    let signed = signed.map_err(|error| CeremonyFailure::Endpoint(error.to_string()))?;
    let pending = provider.send_tx_envelope(signed).await.map_err(failed)?;
    Ok(Some(*pending.tx_hash()))
}
