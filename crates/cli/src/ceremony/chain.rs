//! What a chain says about the Safes of a ceremony.

use super::CeremonyFailure;
use crate::{actors::block_on, exit::Failure, link::http};
use alloy_primitives::{Address, B256, Bytes, FixedBytes, fixed_bytes};
use alloy_provider::{DynProvider, Provider};
use alloy_sol_types::SolCall;
use ephor_abi::{proxy::ISignatureValidator, safe::ISafe};
use ephor_ceremony::{Ceremony, Consent, Known, Release, Signature, expectation::OnChain};
use serde_json::json;
use std::collections::BTreeMap;

/// What a contract answers to a signature that it accepts.
const ACCEPTED: FixedBytes<4> = fixed_bytes!("20c13b0b");

/// A chain that a ceremony is on.
pub(super) struct Endpoint {
    pub(super) provider: DynProvider,
}

#[allow(clippy::needless_pass_by_value, reason = "handed to `map_err`")]
fn unexpected(error: impl ToString) -> CeremonyFailure {
    CeremonyFailure::Endpoint(error.to_string().chars().filter(|c| !c.is_control()).take(300).collect())
}

impl Endpoint {
    /// Connects, and refuses another chain than the ceremony's.
    pub(super) async fn open(url: &str, chain_id: u64) -> Result<Self, Failure> {
        let provider = http::provider(&http::url(url)?)?;
        let found = provider.get_chain_id().await.map_err(unexpected)?;
        if found != chain_id {
            return Err(CeremonyFailure::AnotherChain { found, stated: chain_id }.into());
        }
        Ok(Self { provider })
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

    /// Approvals that are on the chain, and contracts that accept what is given as their signature.
    pub(super) async fn known(&self, ceremony: &Ceremony, offered: &[Signature]) -> Result<Known, Failure> {
        let mut known = Known { former: ceremony.former_owners.clone(), ..Known::default() };
        for step in ceremony.steps() {
            let (safe, hash) = (step.safe.address, step.hashes.safe_tx);
            for signature in offered.iter().filter(|signature| signature.safe == safe) {
                let owner = signature.owner;
                match &signature.consent {
                    Consent::Signed { .. } => {}
                    Consent::Approved => {
                        let approval = ISafe::approvedHashesCall { _0: owner, _1: hash };
                        if !self.ask(safe, &approval).await?.is_zero() {
                            known.approved.entry(safe).or_default().push(owner);
                        }
                    }
                    Consent::Contract { data } => {
                        let signed = self.signed_data(step.hashes.domain, step.hashes.message);
                        let question =
                            ISignatureValidator::isValidSignatureCall { data: signed, signature: data.clone() };
                        if self.ask(owner, &question).await.is_ok_and(|answer| answer == ACCEPTED) {
                            known.accepted.entry(safe).or_default().push(owner);
                        }
                    }
                }
            }
        }
        Ok(known)
    }

    /// What a Safe hands to a contract that signs.
    #[allow(clippy::unused_self, reason = "it belongs to the question above")]
    fn signed_data(&self, domain: B256, message: B256) -> Bytes {
        [&[0x19, 0x01][..], domain.as_slice(), message.as_slice()].concat().into()
    }
}

/// What is known beyond a bundle: former owners, and with an endpoint, approvals and contract signatures.
pub(super) fn known(url: Option<&str>, ceremony: &Ceremony, offered: &[Signature]) -> Result<Known, Failure> {
    match url {
        None => Ok(Known { former: ceremony.former_owners.clone(), ..Known::default() }),
        Some(url) => block_on(async { Endpoint::open(url, ceremony.chain_id).await?.known(ceremony, offered).await }),
    }
}
