//! Acting in somebody's name, and telling of it.

use alloy_primitives::{Address, Signature};
use alloy_rpc_types_eth::Log;
use alloy_signer::SignerSync;
use alloy_sol_types::SolEvent;
use ephor_abi::{
    catalog,
    election::{IMemberElection::VoteCastForNominee, INomineeElection::VoteCastForContender},
};
use ephor_client::{Done, Prepared, actions::election::Round, signing::TypedData};

use super::{RehearsalError, Run};
use crate::report::{Entry, Outcome, Person, Time};

impl Run<'_> {
    /// Sends a transaction in somebody's name and tells of it.
    pub(super) async fn act(
        &mut self,
        who: &Person,
        prepared: &Prepared,
        what: String,
        could: &str,
    ) -> Result<Done, RehearsalError> {
        let done = self.send(who.address, prepared).await?;
        let outcome = match &done.revert {
            None => Outcome::Done,
            Some(revert) => Outcome::Refused { error: revert.name(), detail: revert.to_string() },
        };
        self.tell(&prepared.chain, Some(who.clone()), what, could, outcome, done.gas)?;
        if let Some(entry) = self.timeline.last_mut() {
            entry.transactions = 1;
        }
        Ok(done)
    }

    /// Sends a transaction in somebody's name, counts it, and remembers what came of it.
    pub(super) async fn send(&mut self, from: Address, prepared: &Prepared) -> Result<Done, RehearsalError> {
        let done = self.council.send(prepared, from).await?;
        self.totals.transactions += 1;
        self.totals.gas = self.totals.gas.saturating_add(done.gas);
        self.came.acts += 1;
        for log in &done.logs {
            self.remember(log);
        }
        if let Some(revert) = &done.revert {
            self.came.refusals.push((vec![revert.name()], revert.to_string()));
        }
        Ok(done)
    }

    fn remember(&mut self, log: &Log) {
        if let Some(event) = log.topic0().and_then(|topic| catalog::event(*topic)) {
            self.came.events.push(event.name());
        }
        if let Ok(vote) = VoteCastForNominee::decode_log(&log.inner) {
            self.came.weight = self.came.weight.saturating_add(vote.weight);
            self.used.insert((self.election, Round::Members.governor().name(), vote.voter), vote.totalUsedVotes);
        } else if let Ok(vote) = VoteCastForContender::decode_log(&log.inner) {
            self.came.weight = self.came.weight.saturating_add(vote.votes);
            self.used.insert((self.election, Round::Endorsement.governor().name(), vote.voter), vote.totalUsedVotes);
        }
    }

    /// Tells of something on a chain, now.
    pub(super) fn tell(
        &mut self,
        chain: &str,
        who: Option<Person>,
        what: String,
        could: &str,
        outcome: Outcome,
        gas: u64,
    ) -> Result<(), RehearsalError> {
        let chain_id = self.chain_id(chain)?;
        let (block, l1_block, seconds) = {
            let network = self.shared.lock();
            (network.chain(chain_id)?.head(), network.clock().l1_block(), network.clock().now_seconds())
        };
        self.timeline.push(Entry {
            step: (self.step > 0).then_some(self.step),
            time: Time::at(seconds),
            chain: chain.to_owned(),
            chain_title: self.title(chain),
            block,
            l1_block,
            who,
            what,
            could: could.to_owned(),
            outcome,
            details: Vec::new(),
            next: Vec::new(),
            transactions: 0,
            gas,
        });
        Ok(())
    }

    /// Adds to what was told last.
    pub(super) fn detail(&mut self, text: String) {
        if let Some(entry) = self.timeline.last_mut() {
            entry.details.push(text);
        }
    }

    /// Somebody's signature: with the key where there is one, or one that stands in for it.
    pub(super) fn signature(&mut self, who: Address, typed: &TypedData) -> Result<Signature, RehearsalError> {
        self.totals.signed += 1;
        match self.scenario.people.key(who) {
            Some(key) => Ok(key.sign_hash_sync(&typed.digest)?),
            None => Ok(ephor_chain::stand_in_signature(who)),
        }
    }

    /// Whoever a step names, or somebody else where it names nobody.
    pub(super) fn actor(&self, named: &[Person], otherwise: &str) -> Person {
        let fallback = || self.scenario.people.find(otherwise).unwrap_or_else(|| self.anyone.clone());
        named.first().cloned().unwrap_or_else(fallback)
    }
}
