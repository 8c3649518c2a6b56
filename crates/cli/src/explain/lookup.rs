//! What an id stands for on chains that can be asked.
//!
//! | id | where it is looked for | what is explained |
//! |---|---|---|
//! | hash of a transaction | on every chain | the transaction |
//! | proposal | what the governors announced | the proposal |
//! | operation | what the timelocks scheduled | the transaction that scheduled it, or else its calls |
//! | message to the parent | what `ArbSys` logged | the message, as the outbox executes it |
//! | Safe transaction | what the Safes executed | the transaction that made the Safe act, with the nonce it had |
//! | retryable ticket | what the inboxes of a rehearsal took | the transaction that created it |
//!
//! All but the first give candidates, of which one counts only if the id is computed from it anew: an endpoint that answers with
//! something else is found out. Governors, timelocks and Safes are those of the charter; nothing is looked for without one.

use super::{
    chains::{Chains, Seen, Site},
    subject::Contradiction,
};
use crate::exit::Failure;
use alloy_primitives::{Address, B256, Bytes, U256, keccak256};
use alloy_rpc_types_eth::{Filter, Log};
use alloy_sol_types::{SolCall, SolEvent};
use ephor_abi::{
    bridge::{ARB_SYS, IArbSys::L2ToL1Tx, IInbox::InboxMessageDelivered},
    governor::IGovernor::{ProposalCreated, executeCall},
    message::Item,
    safe::ISafe::{ExecutionFailure, ExecutionSuccess},
    timelock::ITimelock::{self, CallScheduled},
};
use ephor_charter::Part;
use ephor_client::route;
use ephor_explain::{Facts, IdKind, Knowledge, Node, Payload, explain, input::Proposal};

const GOVERNORS: [Part; 5] =
    [Part::CoreGovernor, Part::TreasuryGovernor, Part::NomineeElection, Part::MemberElection, Part::MemberRemoval];
/// Those of them whose decisions wait in a timelock of their own.
const WITH_TIMELOCK: [Part; 2] = [Part::CoreGovernor, Part::TreasuryGovernor];
const TIMELOCKS: [Part; 3] = [Part::CoreTimelock, Part::TreasuryTimelock, Part::L1Timelock];

/// What an id stands for: the transaction of that hash, or candidates whose explanations may contain it.
pub(super) enum Answer {
    Transaction(Box<Seen>),
    Candidates(Vec<Seen>),
}

/// Looks for an id. `hexadecimal` says whether it may be the hash of a transaction.
///
/// # Errors
/// Endpoints that do not answer, or answer what cannot be true.
pub(super) async fn lookup(chains: &Chains, id: B256, hexadecimal: bool) -> Result<Answer, Failure> {
    if hexadecimal {
        for site in &chains.sites {
            if let Some(seen) = site.transaction(id).await? {
                return Ok(Answer::Transaction(Box::new(seen)));
            }
        }
    }
    let mut found = Vec::new();
    for site in &chains.sites {
        found.extend(proposals(chains, site, id).await?);
        if found.is_empty() && hexadecimal {
            found.extend(operations(chains, site, id).await?);
            found.extend(messages(chains, site, id).await?);
            found.extend(safe_transactions(chains, site, id).await?);
        }
        if !found.is_empty() {
            return Ok(Answer::Candidates(found));
        }
    }
    if chains.rehearsal && hexadecimal {
        for site in &chains.sites {
            found.extend(tickets(chains, site).await?);
        }
        let has = |seen: &Seen| !seen.facts.tickets.is_empty();
        found.retain(has);
    }
    Ok(Answer::Candidates(found))
}

async fn proposals(chains: &Chains, site: &Site, id: B256) -> Result<Vec<Seen>, Failure> {
    let (governors, timelocked) = (chains.contracts(site, &GOVERNORS), chains.contracts(site, &WITH_TIMELOCK));
    if governors.is_empty() {
        return Ok(Vec::new());
    }
    let filter = Filter::new().address(governors).event_signature(ProposalCreated::SIGNATURE_HASH);
    let mut found = Vec::new();
    for log in site.logs(filter).await? {
        let Ok(event) = ProposalCreated::decode_log(&log.inner) else { continue };
        if B256::from(event.proposalId) != id {
            continue;
        }
        let ProposalCreated { targets, values, calldatas, description, .. } = event.data;
        let description_hash = keccak256(description);
        let governor = Some(log.address());
        let payload = if timelocked.contains(&log.address()) {
            Proposal { governor, targets, values, calldatas, description_hash, stated_id: None }.payload()
        } else {
            let call = executeCall { targets, values, calldatas, descriptionHash: description_hash };
            Payload { to: governor, data: call.abi_encode().into(), ..Payload::default() }
        };
        let payload = Payload { chain: Some(site.id), ..payload };
        found.push(Seen { payload, ..Seen::default() });
    }
    Ok(found)
}

async fn operations(chains: &Chains, site: &Site, id: B256) -> Result<Vec<Seen>, Failure> {
    let timelocks = chains.contracts(site, &TIMELOCKS);
    if timelocks.is_empty() {
        return Ok(Vec::new());
    }
    let filter = Filter::new().address(timelocks).event_signature(CallScheduled::SIGNATURE_HASH).topic1(id);
    let logs = site.logs(filter).await?;
    let Some(first) = logs.first() else { return Ok(Vec::new()) };
    let mut found = Vec::new();
    if let Some(hash) = first.transaction_hash {
        found.extend(site.transaction(hash).await?);
    }
    let here: Vec<&Log> = logs.iter().filter(|log| log.transaction_hash == first.transaction_hash).collect();
    found.extend(scheduled(site, first.address(), &here));
    Ok(found)
}

/// What a timelock logged when it scheduled calls, with every salt that may have been given: none, one of the calls' own, that of
/// an update of the council.
fn scheduled(site: &Site, timelock: Address, logs: &[&Log]) -> Vec<Seen> {
    let decoded = logs.iter().filter_map(|log| Some(CallScheduled::decode_log(&log.inner).ok()?.data));
    let mut calls: Vec<CallScheduled> = decoded.collect();
    calls.sort_by_key(|call| call.index);
    let Some((predecessor, delay)) = calls.first().map(|call| (call.predecessor, call.delay)) else {
        return Vec::new();
    };
    let schedule = |salt: B256, single: bool| {
        let data = match &calls[..] {
            [CallScheduled { target, value, data, .. }] if single => {
                let (target, value, data) = (*target, *value, data.clone());
                ITimelock::scheduleCall { target, value, data, predecessor, salt, delay }.abi_encode()
            }
            _ => ITimelock::scheduleBatchCall {
                targets: calls.iter().map(|call| call.target).collect(),
                values: calls.iter().map(|call| call.value).collect(),
                payloads: calls.iter().map(|call| call.data.clone()).collect(),
                predecessor,
                salt,
                delay,
            }
            .abi_encode(),
        };
        let payload = Payload { chain: Some(site.id), to: Some(timelock), data: data.into(), ..Payload::default() };
        Seen { payload, ..Seen::default() }
    };
    let mut salts = vec![B256::ZERO];
    if let Ok(explanation) = explain(schedule(B256::ZERO, false).payload, &Knowledge::default()) {
        salts.extend(explanation.root.walk().filter_map(|node| node.id(IdKind::Salt)));
        let data = |node: &Node| Bytes::copy_from_slice(node.data.of(&explanation.payload.data));
        salts.extend(explanation.root.leaves().filter_map(|leaf| council_salt(&data(leaf))));
    }
    salts.dedup();
    salts.into_iter().flat_map(|salt| [schedule(salt, true), schedule(salt, false)]).collect()
}

/// The salt of an update of the council, of which this is the call in the end.
fn council_salt(data: &[u8]) -> Option<B256> {
    let update = ephor_abi::council::IMemberSync::performCall::abi_decode(data).ok()?;
    Some(route::salt(&update._updatedMembers, update._nonce))
}

async fn messages(chains: &Chains, site: &Site, id: B256) -> Result<Vec<Seen>, Failure> {
    let filter = Filter::new().address(ARB_SYS).event_signature(L2ToL1Tx::SIGNATURE_HASH).topic2(id);
    let mut found = Vec::new();
    for log in site.logs(filter).await? {
        let Ok(event) = L2ToL1Tx::decode_log(&log.inner) else { continue };
        let call = Item::from(&event.data).execution(event.position, Vec::new());
        let chain = chains.charter.as_ref().and_then(|charter| {
            let child = charter.chains.iter().find(|chain| chain.id == site.id)?;
            charter.chain(child.parent.as_deref()?).map(|parent| parent.id)
        });
        let payload = Payload { chain, data: call.abi_encode().into(), ..Payload::default() };
        found.push(Seen { payload, ..Seen::default() });
    }
    Ok(found)
}

async fn safe_transactions(chains: &Chains, site: &Site, id: B256) -> Result<Vec<Seen>, Failure> {
    for safe in chains.safes(site) {
        let executed = vec![ExecutionSuccess::SIGNATURE_HASH, ExecutionFailure::SIGNATURE_HASH];
        let logs = site.logs(Filter::new().address(safe).event_signature(executed)).await?;
        // Since 1.4.1 the hash is a topic, before that it is the first word of the data.
        let hash = |log: &Log| log.topics().get(1).copied().or_else(|| log.data().data.get(..32).map(B256::from_slice));
        let Some(place) = logs.iter().position(|log| hash(log) == Some(id)) else { continue };
        let Some(transaction) = logs[place].transaction_hash else { continue };
        let Some(mut seen) = site.transaction(transaction).await? else {
            return Err(site.contradicts(Contradiction::Absent { hash: transaction }));
        };
        // Each execution takes one nonce. Safes that were set up otherwise start higher, so the one now is counted back.
        let now = site.safe_nonce(safe).await?;
        let nonce = now.checked_sub(U256::from(logs.len() - place)).unwrap_or_default();
        seen.facts = Facts { safe_nonces: [(safe, nonce)].into(), ..seen.facts };
        return Ok(vec![seen]);
    }
    Ok(Vec::new())
}

async fn tickets(chains: &Chains, site: &Site) -> Result<Vec<Seen>, Failure> {
    let inboxes = chains.inboxes(site);
    if inboxes.is_empty() {
        return Ok(Vec::new());
    }
    let filter = Filter::new().address(inboxes).event_signature(InboxMessageDelivered::SIGNATURE_HASH);
    let mut hashes: Vec<B256> = site.logs(filter).await?.iter().filter_map(|log| log.transaction_hash).collect();
    hashes.dedup();
    let mut found = Vec::new();
    for hash in hashes {
        found.extend(site.transaction(hash).await?);
    }
    Ok(found)
}
