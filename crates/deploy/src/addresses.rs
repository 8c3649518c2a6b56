//! Where everything stands.

use std::collections::BTreeMap;

use alloy_primitives::{Address, keccak256};
use ephor_charter::{Chain, Charter, Part, Place};
use ephor_client::{BridgeSite, ChainSite, Deployment, SafeSite};
use ephor_network::{BridgeSpec, ChainSpec};

/// An address that follows from two words; nobody has its key.
#[must_use]
pub fn derived(what: &str, of: &str) -> Address {
    Address::from_word(keccak256(format!("ephor rehearsal: {what} of {of}")))
}

/// The deployment of a charter on chains with rehearsal ids: live addresses where the charter has them, derived ones elsewhere.
#[must_use]
pub fn deployment(charter: &Charter, from_block: impl Fn(&Chain) -> u64) -> Deployment {
    let mut chains: Vec<ChainSite> = charter
        .chains
        .iter()
        .map(|chain| ChainSite {
            name: chain.name.clone(),
            title: chain.title.clone(),
            kind: chain.kind,
            chain_id: chain.rehearsal_id,
            governance: chain.governance,
            block_milliseconds: chain.block_milliseconds,
            from_block: from_block(chain),
            bridge: chain.parent.clone().zip(chain.bridge.as_ref()).map(|(parent, bridge)| BridgeSite {
                parent,
                inbox: bridge.inbox.unwrap_or_else(|| derived("inbox", &chain.name)),
                bridge: Some(bridge.bridge.unwrap_or_else(|| derived("bridge", &chain.name))),
                outbox: Some(bridge.outbox.unwrap_or_else(|| derived("outbox", &chain.name))),
                challenge_period_seconds: bridge.challenge_period_seconds,
                retryable_lifetime_seconds: bridge.retryable_lifetime_seconds,
            }),
        })
        .collect();
    chains.sort_by_key(|chain| chain.bridge.is_some());

    let mut contracts = BTreeMap::new();
    for chain in &charter.chains {
        for part in Part::ALL {
            let here = match part.place() {
                Place::Everywhere => true,
                Place::L1 => chain.name == charter.l1_chain().name && charter.timelocks.l1_delay_seconds.is_some(),
                Place::Governance => chain.governance,
            };
            if here {
                let live = charter.contract(*part, &chain.name);
                let address = live.unwrap_or_else(|| derived(part.name(), &chain.name));
                contracts.insert((chain.name.clone(), *part), address);
            }
        }
    }
    let safes = charter.safes.iter().map(|safe| SafeSite {
        name: safe.name.clone(),
        chain: safe.chain.clone(),
        address: safe.address.unwrap_or_else(|| derived("Safe", &safe.name)),
        threshold: safe.threshold,
        kind: safe.kind,
    });
    Deployment { chains, contracts, safes: safes.collect() }
}

/// The chains of a charter's deployment, as a network is made of them.
pub(crate) fn chain_specs(charter: &Charter, deployment: &Deployment) -> Vec<ChainSpec> {
    let id_of = |name: &str| deployment.chain(name).map(|chain| chain.chain_id).unwrap_or_default();
    let specs = deployment.chains.iter().filter_map(|site| {
        let terms = charter.chain(&site.name)?;
        Some(ChainSpec {
            name: site.name.clone(),
            chain_id: site.chain_id,
            base_fee_wei: terms.rehearsal_base_fee_wei,
            bridge: site.bridge.as_ref().zip(terms.bridge.as_ref()).map(|(at, terms)| BridgeSpec {
                parent: id_of(&at.parent),
                inbox: at.inbox,
                bridge: at.bridge.unwrap_or_default(),
                outbox: at.outbox.unwrap_or_default(),
                challenge_period_seconds: terms.challenge_period_seconds,
                delivery_seconds: terms.delivery_seconds,
                ticket_lifetime_seconds: terms.retryable_lifetime_seconds,
            }),
        })
    });
    specs.collect()
}
