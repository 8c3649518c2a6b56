//! The crowd of voters: many transactions in few blocks.
//!
//! Each part of a vote is cut into batches, spread evenly over it; all votes of a batch are in the same block. Voters whose keys are the
//! rehearsal's own sign their transactions, where the scenario asks for it; otherwise they are acted for.

use std::collections::BTreeMap;

use alloy_consensus::{SignableTransaction, TxEip1559, TxEnvelope};
use alloy_primitives::{Address, TxKind, U256};
use ephor_chain::{Message as Call, Status, recover_all};
use ephor_client::{
    Prepared, Revert,
    actions::election::{Choice, Round},
};
use ephor_network::NetworkError;

use super::{Event, Impossible, RehearsalError, Run};
use crate::{
    draws::Draws,
    model::{choose, popularity, shares},
    report::{Amount, Outcome},
    scenario::Model,
    text,
};

/// Transactions in one block.
const BLOCK: usize = 10_000;

/// What a crowd has done.
#[derive(Default)]
struct Cast {
    ballots: usize,
    voters: usize,
    votes: U256,
    gas: u64,
    refused: BTreeMap<String, usize>,
}

impl Run<'_> {
    fn model(&self) -> Model {
        // A scenario without a model has no step that asks for it: its reader sees to that.
        let none = Model { participation_percent: 0, choices_most: 1, skew: 0, early_percent: 0, batches: 1 };
        self.scenario.model.unwrap_or(none)
    }

    /// Who takes part, in which of so many batches.
    fn turnout(&self, draws: &mut Draws, batches: u64) -> Vec<Vec<usize>> {
        let model = self.model();
        let mut turnout = vec![Vec::new(); usize::try_from(batches).unwrap_or(1)];
        for (i, voter) in self.scenario.voters.iter().enumerate() {
            let (comes, batch) = (draws.chance(model.participation_percent), draws.below(batches));
            if comes && !voter.votes.is_zero() {
                turnout[usize::try_from(batch).unwrap_or_default()].push(i);
            }
        }
        turnout
    }

    /// The crowd endorses, until the last block of endorsement.
    pub(super) async fn model_endorsements(&mut self) -> Result<(), RehearsalError> {
        let model = self.model();
        let missing = "the election is not created";
        let created = self.council.election(self.election).await?.nomination;
        let created = created.ok_or_else(|| self.impossible(Impossible::NoCandidates { missing }))?;
        // The threshold is known once the block after registration is there.
        self.advance_to_block(created.registration.l1_block.saturating_add(2))?;
        let nomination = self.council.election(self.election).await?.nomination;
        let nomination = nomination.ok_or_else(|| self.impossible(Impossible::NoCandidates { missing }))?;
        let Some(threshold) = nomination.threshold else {
            return Err(self.impossible(Impossible::NoCandidates { missing: "registration is not over" }));
        };
        let contenders: Vec<Address> = nomination.contenders.iter().map(|contender| contender.address).collect();
        // Who is a nominee already, by endorsements or because the rules let sitting members skip them, takes none.
        let received = nomination.contenders.iter();
        let mut received: Vec<U256> =
            received.map(|contender| if contender.nominee { threshold } else { contender.endorsed }).collect();
        let mut draws = Draws::new(self.scenario.seed, "endorsements");
        let liked = popularity(&model, &mut draws, contenders.len());
        let turnout = self.turnout(&mut draws, model.batches);
        let first = self.shared.lock().clock().l1_block();
        let last = nomination.endorsement.l1_block;
        let mut cast = Cast::default();
        for (batch, voters) in turnout.iter().enumerate() {
            self.advance_to_block(spread(first, last, batch, turnout.len()))?;
            let mut ballots = Vec::new();
            for i in voters {
                let voter = &self.scenario.voters[*i];
                let left = voter.votes.saturating_sub(self.used_by(Round::Endorsement, voter.person.address));
                let open = liked.iter().zip(&received);
                let open: Vec<u64> =
                    open.map(|(liked, received)| if *received < threshold { *liked } else { 0 }).collect();
                let chosen = choose(&mut draws, &open, model.choices_most);
                cast.voters += usize::from(!chosen.is_empty());
                for (at, votes) in chosen.iter().zip(shares(left, chosen.len())) {
                    if votes.is_zero() || received[*at] >= threshold {
                        continue;
                    }
                    received[*at] = received[*at].saturating_add(votes).min(threshold);
                    cast.votes = cast.votes.saturating_add(votes);
                    let choice = Choice { candidate: contenders[*at], votes };
                    ballots.push((*i, self.council.cast(Round::Endorsement, self.election, choice)?));
                }
            }
            self.submit(&mut cast, ballots)?;
            self.observer.notice(Event::Progress { what: "delegates endorse", done: batch + 1, of: turnout.len() });
        }
        let after = self.council.election(self.election).await?.nomination;
        let after = after.ok_or_else(|| self.impossible(Impossible::NoCandidates { missing }))?;
        self.tell_crowd("endorse contenders", &cast)?;
        self.detail(format!("The threshold is {} votes.", Amount(threshold)));
        let nominees: Vec<Address> =
            after.contenders.iter().filter(|contender| contender.nominee).map(|contender| contender.address).collect();
        self.detail(format!(
            "{} of {} reached it: {}.",
            nominees.len(),
            text::count(contenders.len(), "contender", "contenders"),
            self.names(&nominees)
        ));
        Ok(())
    }

    /// The crowd votes, until the last block of voting.
    pub(super) async fn model_votes(&mut self) -> Result<(), RehearsalError> {
        let model = self.model();
        let missing = "the member election is not started";
        let view = self.council.election(self.election).await?;
        let (Some(nomination), Some(voting)) = (view.nomination, view.voting) else {
            return Err(self.impossible(Impossible::NoCandidates { missing }));
        };
        let nominees = nomination.compliant;
        let mut draws = Draws::new(self.scenario.seed, "votes");
        let liked = popularity(&model, &mut draws, nominees.len());
        let (snapshot, full, deadline) =
            (voting.snapshot.l1_block, voting.full_weight.l1_block, voting.deadline.l1_block);
        let all = self.turnout(&mut draws, model.batches.saturating_mul(2));
        let mut parts: [Vec<Vec<usize>>; 2] = Default::default();
        let batches = usize::try_from(model.batches).unwrap_or(1);
        parts[0] = vec![Vec::new(); batches];
        parts[1] = vec![Vec::new(); batches];
        for (batch, voters) in all.into_iter().enumerate() {
            for voter in voters {
                let part = usize::from(!draws.chance(model.early_percent));
                parts[part][batch % batches].push(voter);
            }
        }
        let spans = [(snapshot.saturating_add(1), full), (full.saturating_add(1), deadline)];
        for (part, ((first, last), turnout)) in spans.into_iter().zip(&parts).enumerate() {
            if first > last {
                continue;
            }
            let first = first.max(self.shared.lock().clock().l1_block());
            let mut cast = Cast::default();
            for (batch, voters) in turnout.iter().enumerate() {
                self.advance_to_block(spread(first, last, batch, turnout.len()))?;
                let mut ballots = Vec::new();
                for i in voters {
                    let voter = &self.scenario.voters[*i];
                    let left = voter.votes.saturating_sub(self.used_by(Round::Members, voter.person.address));
                    let chosen = choose(&mut draws, &liked, model.choices_most);
                    cast.voters += usize::from(!chosen.is_empty());
                    for (at, votes) in chosen.iter().zip(shares(left, chosen.len())) {
                        if votes.is_zero() {
                            continue;
                        }
                        cast.votes = cast.votes.saturating_add(votes);
                        let choice = Choice { candidate: nominees[*at], votes };
                        ballots.push((*i, self.council.cast(Round::Members, self.election, choice)?));
                    }
                }
                self.submit(&mut cast, ballots)?;
                self.sample_weights(&nominees, voting.deadline).await?;
                let done = part * batches + batch + 1;
                self.observer.notice(Event::Progress { what: "delegates vote", done, of: 2 * batches });
            }
            let what =
                if part == 0 { "vote for members, in full weight" } else { "vote for members, with falling weight" };
            self.tell_crowd(what, &cast)?;
            let after = self.council.election(self.election).await?.voting;
            if let Some(voting) = after {
                let ahead: Vec<Address> = voting
                    .standings
                    .iter()
                    .filter(|standing| standing.winning)
                    .map(|standing| standing.nominee)
                    .collect();
                self.detail(format!("Ahead, the strongest first: {}.", self.names(&ahead)));
                if let Some(cut) = voting.cut_line {
                    self.detail(format!("The last of them has a weight of {}.", Amount(cut)));
                }
            }
        }
        Ok(())
    }

    fn tell_crowd(&mut self, what: &str, cast: &Cast) -> Result<(), RehearsalError> {
        let governance = self.governance.clone();
        let what = format!(
            "{} {what}: {} with {} votes in all",
            text::count(cast.voters, "delegate", "delegates"),
            text::count(cast.ballots, "ballot", "ballots"),
            text::tokens(cast.votes)
        );
        let outcome = if cast.refused.is_empty() {
            Outcome::Done
        } else {
            let all: Vec<String> = cast.refused.iter().map(|(error, count)| format!("{count} × {error}")).collect();
            let names = cast.refused.keys().cloned().collect();
            self.came.refusals.push((names, all.join(", ")));
            Outcome::Refused { error: "some ballots".into(), detail: all.join(", ") }
        };
        self.tell(&governance, None, what, "every delegate", outcome, cast.gas)?;
        if let Some(entry) = self.timeline.last_mut() {
            entry.transactions = cast.ballots as u64;
        }
        self.detail("These votes come from the scenario's model.".into());
        Ok(())
    }

    /// Has a crowd's ballots mined.
    fn submit(&mut self, cast: &mut Cast, ballots: Vec<(usize, Prepared)>) -> Result<(), RehearsalError> {
        let chain_id = self.chain_id(&self.governance.clone())?;
        self.totals.modelled_votes += ballots.len() as u64;
        cast.ballots += ballots.len();
        let mut rest = ballots;
        while !rest.is_empty() {
            let block: Vec<(usize, Prepared)> = rest.drain(..rest.len().min(BLOCK)).collect();
            if self.scenario.signed {
                self.totals.signed += block.len() as u64;
                let envelopes = self.sign(chain_id, &block)?;
                let recovered = recover_all(envelopes);
                let mut network = self.shared.lock();
                for signed in recovered {
                    let signed = signed.map_err(NetworkError::from)?;
                    network.chain_mut(chain_id)?.submit_signed(signed).map_err(NetworkError::from)?;
                }
            } else {
                let mut network = self.shared.lock();
                let chain = network.chain_mut(chain_id)?;
                for (voter, prepared) in block {
                    let from = self.scenario.voters[voter].person.address;
                    let call = Call::call(from, prepared.to, prepared.data).with_value(prepared.value);
                    chain.impersonate(call).map_err(NetworkError::from)?;
                }
            }
            let mined = self.shared.lock().mine(chain_id)?;
            for result in &mined.results {
                cast.gas = cast.gas.saturating_add(result.gas_used);
                self.totals.gas = self.totals.gas.saturating_add(result.gas_used);
                self.totals.transactions += 1;
                if result.status != Status::Success {
                    let error = match &result.panic {
                        Some(panic) => panic.clone(),
                        None => Revert::new(result.output.clone()).name(),
                    };
                    *cast.refused.entry(error).or_default() += 1;
                }
            }
            for (_, fault) in &mined.dropped {
                *cast.refused.entry(fault.to_string()).or_default() += 1;
            }
        }
        Ok(())
    }

    /// Signs a block's ballots with the voters' keys, in several threads.
    fn sign(&self, chain_id: u64, ballots: &[(usize, Prepared)]) -> Result<Vec<TxEnvelope>, RehearsalError> {
        let mut nonces: BTreeMap<Address, u64> = BTreeMap::new();
        let mut unsigned = Vec::with_capacity(ballots.len());
        {
            let network = self.shared.lock();
            let chain = network.chain(chain_id)?;
            for (voter, prepared) in ballots {
                let address = self.scenario.voters[*voter].person.address;
                let nonce = nonces.entry(address).or_insert_with(|| chain.next_nonce(address));
                unsigned.push((address, *nonce, prepared));
                *nonce += 1;
            }
        }
        let threads = std::thread::available_parallelism().map_or(1, usize::from).min(unsigned.len() / 32 + 1);
        let share = unsigned.len().div_ceil(threads).max(1);
        let people = &self.scenario.people;
        let sign = |(from, nonce, prepared): &(Address, u64, &Prepared)| -> Result<TxEnvelope, RehearsalError> {
            let transaction = TxEip1559 {
                chain_id,
                nonce: *nonce,
                gas_limit: 1_000_000,
                to: TxKind::Call(prepared.to),
                value: prepared.value,
                input: prepared.data.clone(),
                ..TxEip1559::default()
            };
            let signature = people.sign(*from, transaction.signature_hash());
            let signature = signature.ok_or(alloy_signer::Error::Other("a voter without a key".into()))?;
            Ok(TxEnvelope::from(transaction.into_signed(signature)))
        };
        let signed: Vec<Vec<Result<TxEnvelope, RehearsalError>>> = std::thread::scope(|scope| {
            let workers: Vec<_> = unsigned
                .chunks(share)
                .map(|chunk| scope.spawn(move || chunk.iter().map(sign).collect::<Vec<_>>()))
                .collect();
            let join = |worker: std::thread::ScopedJoinHandle<'_, _>| {
                worker.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
            };
            workers.into_iter().map(join).collect()
        });
        signed.into_iter().flatten().collect()
    }
}

/// The block of a batch: all of them spread evenly from `first` to `last`, neither of which is left.
fn spread(first: u64, last: u64, batch: usize, batches: usize) -> u64 {
    let span = u128::from(last.saturating_sub(first));
    let part = span * (batch as u128 + 1) / (batches as u128 + 1);
    first.saturating_add(u64::try_from(part).unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use super::spread;

    #[test]
    fn spreads_batches_within_a_part_of_the_vote() {
        let blocks: Vec<u64> = (0..4).map(|batch| spread(100, 200, batch, 4)).collect();
        assert_eq!(blocks, [120, 140, 160, 180]);
        assert_eq!(spread(100, 100, 3, 4), 100);
        assert_eq!(spread(u64::MAX, u64::MAX, 0, 1), u64::MAX);
    }
}
