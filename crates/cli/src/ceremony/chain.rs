//! What a chain says about the Safes of a ceremony.
//!
//! A bundle says who owned the Safes when it was made. Where an endpoint is named, the owners, thresholds and approvals of the chain
//! count instead: hashes do not depend on them, but whose signature counts does.

use super::CeremonyFailure;
use crate::{actors::block_on, exit::Failure, link::http};
use alloy_primitives::{Address, B256, Bytes, FixedBytes, U256, fixed_bytes};
use alloy_provider::{DynProvider, Provider};
use alloy_sol_types::SolCall;
use ephor_abi::{proxy::ISignatureValidator, safe::ISafe};
use ephor_ceremony::{
    Ceremony, Consent, Known, Release, SafeNode, Signature, Step, drill::LIVE_CHAINS, expectation::OnChain,
};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// What a contract answers to a signature that it accepts.
const ACCEPTED: FixedBytes<4> = fixed_bytes!("20c13b0b");

/// A chain that a ceremony is on.
pub(super) struct Endpoint {
    pub(super) provider: DynProvider,
    pub(super) chain_id: u64,
}

/// A ceremony as a chain sees it.
pub(super) struct Present {
    /// With the owners and thresholds that the chain says.
    pub(super) ceremony: Ceremony,
    /// What the chain knows beyond the bundle.
    pub(super) known: Known,
    /// The Safes; none without an endpoint.
    pub(super) safes: BTreeMap<Address, OnChain>,
    /// Owners' approvals that are on the chain.
    pub(super) approvals: Vec<Signature>,
}

#[allow(clippy::needless_pass_by_value, reason = "handed to `map_err`")]
pub(super) fn unexpected(error: impl ToString) -> CeremonyFailure {
    CeremonyFailure::Endpoint(error.to_string().chars().filter(|c| !c.is_control()).take(300).collect())
}

impl Endpoint {
    /// Connects to whichever chain it is.
    pub(super) async fn any(url: &str) -> Result<Self, Failure> {
        let provider = http::provider(&http::url(url)?)?;
        let chain_id = provider.get_chain_id().await.map_err(unexpected)?;
        Ok(Self { provider, chain_id })
    }

    /// Connects, and refuses another chain than the ceremony's.
    pub(super) async fn open(url: &str, chain_id: u64) -> Result<Self, Failure> {
        let endpoint = Self::any(url).await?;
        if endpoint.chain_id != chain_id {
            return Err(CeremonyFailure::AnotherChain { found: endpoint.chain_id, stated: chain_id }.into());
        }
        Ok(endpoint)
    }

    /// The time of a rehearsal network in seconds; `None` of any other chain, and of one that has a live chain's id.
    pub(super) async fn rehearsal_clock(&self) -> Option<u64> {
        if LIVE_CHAINS.contains(&self.chain_id) {
            return None;
        }
        let clock: Value = self.provider.raw_request("ephor_clock".into(), ()).await.ok()?;
        clock["timestamp"].as_u64()
    }

    /// Asks a contract.
    pub(super) async fn ask<C: SolCall>(&self, to: Address, call: &C) -> Result<C::Return, CeremonyFailure> {
        let data = Bytes::from(call.abi_encode());
        let answer: Bytes = self
            .provider
            .raw_request("eth_call".into(), (json!({ "to": to, "data": data }), "latest"))
            .await
            .map_err(unexpected)?;
        C::abi_decode_returns(&answer)
            .map_err(|_| unexpected(format!("{} of {to} is no answer of a Safe", C::SIGNATURE)))
    }

    /// What it says about every Safe of a ceremony.
    pub(super) async fn safes(&self, ceremony: &Ceremony) -> Result<BTreeMap<Address, OnChain>, Failure> {
        let mut found = BTreeMap::new();
        for step in ceremony.steps() {
            let safe = step.safe.address;
            let nonce = self.ask(safe, &ISafe::nonceCall {}).await?;
            let owners = self.ask(safe, &ISafe::getOwnersCall {}).await?;
            let threshold = self.ask(safe, &ISafe::getThresholdCall {}).await?;
            let threshold = u64::try_from(threshold).unwrap_or(u64::MAX);
            let version = self.ask(safe, &ISafe::VERSIONCall {}).await?;
            let release: Release = version.parse().map_err(unexpected)?;
            found.insert(safe, OnChain { nonce, owners, threshold, release });
        }
        Ok(found)
    }

    /// Whether an owner's approval of a hash is on the chain.
    pub(super) async fn has_approved(
        &self,
        safe: Address,
        owner: Address,
        hash: B256,
    ) -> Result<bool, CeremonyFailure> {
        let approval = ISafe::approvedHashesCall { _0: owner, _1: hash };
        Ok(!self.ask(safe, &approval).await?.is_zero())
    }

    /// The owners of one Safe whose approval of its transaction is on the chain.
    async fn approvals(&self, step: &Step<'_>, owners: &[Address]) -> Result<Vec<Address>, Failure> {
        let mut approved = Vec::new();
        for owner in owners {
            if self.has_approved(step.safe.address, *owner, step.hashes.safe_tx).await? {
                approved.push(*owner);
            }
        }
        Ok(approved)
    }

    /// A ceremony as the chain sees it, with the contracts that accept what is offered as their signature.
    pub(super) async fn present(&self, ceremony: &Ceremony, offered: &[Signature]) -> Result<Present, Failure> {
        let safes = self.safes(ceremony).await?;
        let present = as_on_chain(ceremony, &safes);
        let mut known = Known { former: present.former_owners.clone(), ..Known::default() };
        let mut approvals = Vec::new();
        for step in present.steps() {
            let (safe, safe_tx_hash) = (step.safe.address, step.hashes.safe_tx);
            let approved = self.approvals(&step, &step.safe.owners).await?;
            approvals.extend(approved.iter().map(|owner| Signature {
                chain_id: present.chain_id,
                safe,
                safe_tx_hash,
                owner: *owner,
                consent: Consent::Approved,
            }));
            known.approved.insert(safe, approved);
            for signature in offered.iter().filter(|signature| signature.safe == safe) {
                let Consent::Contract { data } = &signature.consent else { continue };
                let signed = signed_data(step.hashes.domain, step.hashes.message);
                let question = ISignatureValidator::isValidSignatureCall { data: signed, signature: data.clone() };
                if self.ask(signature.owner, &question).await.is_ok_and(|answer| answer == ACCEPTED) {
                    known.accepted.entry(safe).or_default().push(signature.owner);
                }
            }
        }
        Ok(Present { ceremony: present, known, safes, approvals })
    }
}

/// What a Safe hands to a contract that signs.
fn signed_data(domain: B256, message: B256) -> Bytes {
    [&[0x19, 0x01][..], domain.as_slice(), message.as_slice()].concat().into()
}

/// The ceremony with the owners and thresholds of the chain; who is an owner no more is a former one.
fn as_on_chain(ceremony: &Ceremony, safes: &BTreeMap<Address, OnChain>) -> Ceremony {
    fn set(node: &mut SafeNode, safes: &BTreeMap<Address, OnChain>, former: &mut BTreeMap<Address, Vec<Address>>) {
        if let Some(found) = safes.get(&node.address) {
            let gone = node.owners.iter().filter(|owner| !found.owners.contains(owner));
            former.entry(node.address).or_default().extend(gone);
            node.owners.clone_from(&found.owners);
            node.threshold = found.threshold;
        }
        node.children.iter_mut().for_each(|child| set(child, safes, former));
    }
    let mut present = ceremony.clone();
    set(&mut present.root, safes, &mut present.former_owners);
    present
}

/// A ceremony as an endpoint's chain sees it; without an endpoint, as the bundle says.
pub(super) fn present(url: Option<&str>, ceremony: &Ceremony, offered: &[Signature]) -> Result<Present, Failure> {
    match url {
        None => Ok(Present {
            ceremony: ceremony.clone(),
            known: Known { former: ceremony.former_owners.clone(), ..Known::default() },
            safes: BTreeMap::new(),
            approvals: Vec::new(),
        }),
        Some(url) => block_on(async { Endpoint::open(url, ceremony.chain_id).await?.present(ceremony, offered).await }),
    }
}

impl Present {
    /// The nonce that a Safe is at, if the chain has gone beyond that of the ceremony.
    pub(super) fn used_up(&self, safe: &SafeNode) -> Option<U256> {
        self.safes.get(&safe.address).map(|found| found.nonce).filter(|now| *now > safe.nonce)
    }
}
