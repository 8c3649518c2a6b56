//! The chains behind `--rpc`, and transactions on them.
//!
//! What an endpoint answers is checked as far as it can be: a transaction must have the hash it was asked for and be signed by whom it
//! is said to be from. Where that cannot be computed (transactions that only child chains have, and those of a rehearsal that nobody
//! signed), the reader is told.
//!
//! The URL of a network of `ephor up` stands for all its chains; the charter tells which they are.

use super::{
    knowledge::deployed,
    subject::{Contradiction, SubjectError, wrap},
};
use crate::{exit::Failure, link::http};
use alloy_consensus::transaction::SignerRecoverable;
use alloy_network::eip2718::Encodable2718;
use alloy_primitives::{Address, B256, U256, keccak256};
use alloy_provider::{DynProvider, Provider};
use alloy_rpc_types_eth::{Filter, FilterSet, Log, Transaction, TransactionRequest};
use alloy_sol_types::{SolCall, SolEvent};
use ephor_abi::{
    bridge::{IArbSys::L2ToL1Tx, IBridge::MessageDelivered, IInbox::InboxMessageDelivered},
    message::Submission,
    safe::ISafe::nonceCall,
};
use ephor_charter::{Charter, Part};
use ephor_explain::{Facts, Payload, Sent, Submitted, input};
use serde_json::Value;

/// A chain that can be asked.
pub(super) struct Site {
    pub(super) id: u64,
    /// What is told of its endpoint.
    pub(super) host: String,
    provider: DynProvider,
}

/// The chains behind the endpoints.
pub(super) struct Chains {
    pub(super) sites: Vec<Site>,
    /// The charter, with ids and addresses of these chains.
    pub(super) charter: Option<Charter>,
    /// Whether they are those of a rehearsal.
    pub(super) rehearsal: bool,
}

/// Something that a chain knows.
#[derive(Clone, Debug, Default)]
pub(super) struct Seen {
    pub(super) payload: Payload,
    /// What its receipt or other logs say beside the calldata.
    pub(super) facts: Facts,
    /// Whether it could not be computed that this is what the hash stands for.
    pub(super) unproven: bool,
}

impl Chains {
    /// Asks the endpoints which chains they are.
    ///
    /// # Errors
    /// [`SubjectError::Ask`]; an endpoint that is none.
    pub(super) async fn open(endpoints: &[String], charter: Option<&Charter>) -> Result<Self, Failure> {
        let mut sites: Vec<Site> = Vec::new();
        for endpoint in endpoints {
            let url = http::url(endpoint)?;
            let site = Site::open(&url).await?;
            let governance = charter.map(|charter| charter.governance_chain().rehearsal_id);
            let below = charter.filter(|_| governance == Some(site.id)).map_or(&[][..], |charter| &charter.chains);
            sites.push(site);
            for chain in below.iter().filter(|chain| !chain.governance) {
                // A node of that chain alone has no others below it.
                if let Ok(site) = Site::open(&http::below(&url, &chain.name)).await
                    && site.id == chain.rehearsal_id
                {
                    sites.push(site);
                }
            }
        }
        let of_rehearsal = |charter: &Charter| {
            charter.chains.iter().any(|chain| sites.iter().any(|site| site.id == chain.rehearsal_id))
        };
        let rehearsal = charter.is_some_and(of_rehearsal);
        let charter = charter.map(|charter| match rehearsal {
            true => deployed(charter, &ephor_deploy::deployment(charter, |_| 0)),
            false => charter.clone(),
        });
        Ok(Self { sites, charter, rehearsal })
    }

    /// The addresses of contracts on a chain.
    pub(super) fn contracts(&self, site: &Site, parts: &[Part]) -> Vec<Address> {
        let Some(charter) = &self.charter else { return Vec::new() };
        let here = |name: &str| charter.chain(name).is_some_and(|chain| chain.id == site.id);
        let wanted = charter.contracts.iter().filter(|known| parts.contains(&known.part) && here(&known.chain));
        wanted.map(|known| known.address).collect()
    }

    /// The Safes on a chain.
    pub(super) fn safes(&self, site: &Site) -> Vec<Address> {
        let Some(charter) = &self.charter else { return Vec::new() };
        let here = |name: &str| charter.chain(name).is_some_and(|chain| chain.id == site.id);
        charter.safes.iter().filter(|safe| here(&safe.chain)).filter_map(|safe| safe.address).collect()
    }

    /// The inboxes on a chain.
    pub(super) fn inboxes(&self, site: &Site) -> Vec<Address> {
        let Some(charter) = &self.charter else { return Vec::new() };
        let here = |name: &str| charter.chain(name).is_some_and(|chain| chain.id == site.id);
        let children = charter.chains.iter().filter(|chain| chain.parent.as_deref().is_some_and(here));
        children.filter_map(|chain| chain.bridge.as_ref()?.inbox).collect()
    }
}

impl Site {
    async fn open(url: &reqwest::Url) -> Result<Self, Failure> {
        let provider = http::provider(url)?;
        let id = provider.get_chain_id().await.map_err(ask)?;
        Ok(Self { id, host: http::host(url), provider })
    }

    /// An answer that cannot be true.
    pub(super) fn contradicts(&self, contradiction: Contradiction) -> Failure {
        wrap(SubjectError::Contradicts { host: self.host.clone(), contradiction })
    }

    /// Logs of the whole chain.
    ///
    /// # Errors
    /// [`SubjectError::Ask`], or a log that is not of what was asked for.
    pub(super) async fn logs(&self, filter: Filter) -> Result<Vec<Log>, Failure> {
        let logs = self.provider.get_logs(&filter.clone().from_block(0)).await.map_err(ask)?;
        let asked = |log: &&Log| {
            let topic = |(i, wanted): (usize, &FilterSet<B256>)| match log.topics().get(i) {
                Some(topic) => wanted.matches(topic),
                None => wanted.is_empty(),
            };
            filter.address.matches(&log.address()) && filter.topics.iter().enumerate().all(topic)
        };
        match logs.iter().find(|log| !asked(log)) {
            Some(log) => Err(self.contradicts(Contradiction::Log { address: log.address() })),
            None => Ok(logs),
        }
    }

    /// A transaction, with what its receipt says of messages that it sent. It is read as JSON, since child chains have types of
    /// transactions of their own.
    ///
    /// # Errors
    /// [`SubjectError::Ask`]; [`SubjectError::Contradicts`] for one that is not what was asked for.
    pub(super) async fn transaction(&self, hash: B256) -> Result<Option<Seen>, Failure> {
        let request = self.provider.raw_request("eth_getTransactionByHash".into(), (hash,));
        let answer: Value = request.await.map_err(ask)?;
        if answer.is_null() {
            return Ok(None);
        }
        let of = format!("the transaction {hash}");
        let read = input::read(&answer.to_string()).map_err(|source| wrap(SubjectError::Input { of, source }))?;
        let [subject] = &read[..] else { return Err(self.contradicts(Contradiction::Several { hash })) };
        let payload = Payload { chain: Some(self.id), ..subject.payload() };
        let unproven = !self.proves(hash, answer, &payload)?;
        let request = self.provider.raw_request("eth_getTransactionReceipt".into(), (hash,));
        let mut receipt: Value = request.await.map_err(ask)?;
        let logs: Vec<Log> = serde_json::from_value(receipt["logs"].take()).unwrap_or_default();
        Ok(Some(Seen { payload, facts: facts(&logs), unproven }))
    }

    /// The nonce that a Safe has now.
    ///
    /// # Errors
    /// [`SubjectError::Ask`], or an answer that is no nonce.
    pub(super) async fn safe_nonce(&self, safe: Address) -> Result<U256, Failure> {
        let call = TransactionRequest::default().to(safe).input(nonceCall {}.abi_encode().into());
        let answer = self.provider.call(call).await.map_err(ask)?;
        nonceCall::abi_decode_returns(&answer).map_err(|_| self.contradicts(Contradiction::Nonce { safe }))
    }

    /// Whether hash and sender follow from the fields; an error where others do.
    fn proves(&self, hash: B256, answer: Value, payload: &Payload) -> Result<bool, Failure> {
        let Ok(transaction) = serde_json::from_value::<Transaction>(answer) else { return Ok(false) };
        let envelope = transaction.inner.inner();
        let signature = envelope.signature();
        if signature.r().is_zero() && signature.s().is_zero() {
            return Ok(false);
        }
        let computed = keccak256(envelope.encoded_2718());
        if computed != hash {
            return Err(self.contradicts(Contradiction::Hash { asked: hash, computed }));
        }
        let signer = envelope.recover_signer().ok();
        if payload.from.is_some() && payload.from != signer {
            return Err(self.contradicts(Contradiction::Sender { hash, signer, stated: payload.from }));
        }
        Ok(true)
    }
}

pub(super) fn ask(source: alloy_transport::TransportError) -> Failure {
    wrap(SubjectError::Ask { source: Box::new(source) })
}

/// What a transaction's logs say of the messages that it sent: when, and at which price.
fn facts(logs: &[Log]) -> Facts {
    let sent = logs.iter().find_map(|log| L2ToL1Tx::decode_log(&log.inner).ok());
    let sent = sent.map(|event| Sent {
        l2_block: event.arbBlockNum,
        l1_block: event.ethBlockNum,
        timestamp_seconds: event.timestamp,
    });
    let delivered: Vec<MessageDelivered> =
        logs.iter().filter_map(|log| Some(MessageDelivered::decode_log(&log.inner).ok()?.data)).collect();
    let tickets = logs.iter().filter_map(|log| {
        let event = InboxMessageDelivered::decode_log(&log.inner).ok()?;
        let submission = Submission::decode(&event.data.data)?;
        let message = delivered.iter().find(|message| message.messageIndex == event.messageNum)?;
        Some(Submitted {
            message_number: event.messageNum,
            l1_base_fee: message.baseFeeL1,
            submission_cost: submission.max_submission_cost,
            excess_fee_refund: submission.excess_fee_refund,
            call_value_refund: Some(submission.call_value_refund),
        })
    });
    Facts { sent, tickets: tickets.collect(), ..Facts::default() }
}
