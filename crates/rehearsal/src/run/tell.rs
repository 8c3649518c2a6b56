//! The report, from what the views show in the end; and what comes next, after each step.

use std::collections::BTreeMap;

use alloy_primitives::Address;
use ephor_client::{
    Deadline, election_id,
    views::{
        ElectionView, UpdateView,
        pipeline::{DeliveryState, Who},
    },
};
use ephor_network::MessageState;
use ephor_rules::stages::{Phase, Weight};

use super::{RehearsalError, Run};
use crate::report::{
    Amount, ChainInfo, CohortChange, Contender, Delivery, Election, Next, Person, PhaseEnd, Point, Report, Safe, Seats,
    Series, Statement, StatementKind, Time, Update,
};

impl Run<'_> {
    /// Tells what comes next, with what happened last in a step.
    pub(super) async fn foretell(&mut self, from: usize) -> Result<(), RehearsalError> {
        if self.timeline.len() <= from {
            return Ok(());
        }
        let mut next = Vec::new();
        let view = self.council.election(self.election).await?;
        next.extend(self.next_of_election(&view));
        for step in self.council.pipeline().await?.next_steps() {
            next.push(Next {
                what: self.step_to_take(step),
                chain: step.chain.clone(),
                earliest: Time::at(step.earliest_seconds),
                who: match step.who {
                    Who::Anyone => "anyone",
                    Who::Time => "happens by itself",
                    Who::Scheduler => "whoever knows its salt",
                }
                .to_owned(),
            });
        }
        next.sort_by_key(|next| next.earliest.seconds);
        if let Some(entry) = self.timeline.last_mut() {
            entry.next = next;
        }
        Ok(())
    }

    fn next_of_election(&self, view: &ElectionView) -> Option<Next> {
        let slot_seconds = self.shared.lock().clock().slot_seconds();
        let after = |deadline: Deadline| deadline.seconds.saturating_add(slot_seconds);
        let until = view.until.map_or(view.now.seconds, after);
        let (what, earliest, who) = match view.phase {
            Phase::Waiting { start_seconds } => (format!("create election {}", view.index), start_seconds, "anyone"),
            Phase::Due => (format!("create election {}", view.index), view.start_seconds, "anyone"),
            Phase::Registration { .. } => ("endorsement begins".to_owned(), until, "happens by itself"),
            Phase::Endorsement { .. } => ("vetting begins".to_owned(), until, "happens by itself"),
            Phase::Vetting { .. } => {
                ("start the member election".to_owned(), until, "anyone, if there are enough nominees")
            }
            Phase::VettingExtended { missing } => {
                (format!("include {missing} more to have enough nominees"), view.now.seconds, "the vetter")
            }
            Phase::ReadyForMemberElection => ("start the member election".to_owned(), view.now.seconds, "anyone"),
            Phase::MemberVoting { weight: Weight::NotYet, .. } => {
                ("member voting begins".to_owned(), until, "happens by itself")
            }
            Phase::MemberVoting { weight: Weight::Full, .. } => {
                ("votes begin to lose weight".to_owned(), until, "happens by itself")
            }
            Phase::MemberVoting { weight: Weight::Decaying, .. } => {
                ("hand the winners to the manager".to_owned(), until, "anyone")
            }
            Phase::ReadyToInstall => ("hand the winners to the manager".to_owned(), view.now.seconds, "anyone"),
            Phase::Installed => return None,
        };
        let chain = self.governance.clone();
        Some(Next { what, chain, earliest: Time::at(earliest), who: who.to_owned() })
    }

    /// The report of everything so far.
    pub(super) async fn report(&self) -> Result<Report, RehearsalError> {
        let deployment = self.council.deployment();
        let chains = deployment.chains.iter().map(|site| ChainInfo {
            name: site.name.clone(),
            title: site.title.clone(),
            rehearsal_id: site.chain_id,
            live_id: self.charter.chain(&site.name).map_or(0, |chain| chain.id),
        });
        let mut elections = Vec::new();
        for index in self.charter.council.elections_held..self.council.elections().await? {
            elections.push(self.election_report(index).await?);
        }
        let (seats, safes) = self.council_report().await?;
        let mut updates = Vec::new();
        for view in &self.council.pipeline().await?.updates {
            updates.push(self.update_report(view));
        }
        Ok(Report {
            scenario: self.scenario.name.clone(),
            description: self.scenario.description.clone(),
            council_name: self.charter.name.clone(),
            seed: self.scenario.seed,
            began: Time::at(self.began_seconds),
            ended: Time::at(self.now()),
            symbol: self.charter.token.symbol.clone(),
            statements: self.statements(),
            chains: chains.collect(),
            timeline: self.timeline.clone(),
            checks: self.checks.clone(),
            elections,
            council: seats,
            safes,
            updates,
            totals: self.totals.clone(),
        })
    }

    /// What is fact and what is filled in.
    fn statements(&self) -> Vec<Statement> {
        let say = |kind, text: &str| Statement { kind, text: text.to_owned() };
        let mut statements = vec![say(
            StatementKind::Measured,
            &format!("Parameters and members are the charter's. Their source: {}", self.charter.source),
        )];
        statements.extend(self.scenario.statements.iter().chain(&self.statements).cloned());
        statements.push(say(
            StatementKind::Rehearsal,
            "Everything ran on embedded chains with ids of their own: no signature made here is valid on a live chain.",
        ));
        statements.push(say(
            StatementKind::Rehearsal,
            "Nobody's key was used. Real accounts are acted for, and where a signature of one is needed, a stand-in is used that only \
             rehearsal chains take; whoever has no real address signs with a development key that follows from the seed.",
        ));
        statements
    }

    async fn election_report(&self, index: u64) -> Result<Election, RehearsalError> {
        let view = self.council.election(index).await?;
        let end = |phase, deadline: Deadline| PhaseEnd {
            phase,
            l1_block: deadline.l1_block,
            time: Time::at(deadline.seconds),
        };
        let mut deadlines = Vec::new();
        let mut contenders = Vec::new();
        let standings = view.voting.as_ref().map(|voting| voting.standings.clone()).unwrap_or_default();
        if let Some(nomination) = &view.nomination {
            deadlines.push(end("registration", nomination.registration));
            deadlines.push(end("endorsement", nomination.endorsement));
            deadlines.push(end("vetting", nomination.vetting));
            for contender in &nomination.contenders {
                let standing = standings.iter().find(|standing| standing.nominee == contender.address);
                contenders.push(Contender {
                    person: self.person(contender.address),
                    endorsed: Amount(contender.endorsed),
                    nominee: contender.nominee,
                    excluded: contender.excluded,
                    included: contender.included,
                    weight: standing.map(|standing| Amount(standing.weight)),
                    elected: standing.is_some_and(|standing| standing.winning),
                });
            }
        }
        let empty = BTreeMap::new();
        let samples = self.samples.get(&index).unwrap_or(&empty);
        let mut series = Vec::new();
        if let Some(voting) = &view.voting {
            deadlines.push(end("snapshot", voting.snapshot));
            deadlines.push(end("full weight", voting.full_weight));
            deadlines.push(end("voting", voting.deadline));
            for standing in &voting.standings {
                let start = Point {
                    l1_block: voting.snapshot.l1_block,
                    seconds: voting.snapshot.seconds,
                    weight: Amount::default(),
                };
                let mut points = samples.get(&standing.nominee).cloned().unwrap_or_default();
                if points.first().is_none_or(|first| first.l1_block > start.l1_block) {
                    points.insert(0, start);
                }
                series.push(Series { nominee: self.person(standing.nominee), elected: standing.winning, points });
            }
        }
        Ok(Election {
            index,
            proposal: election_id(index).to_string(),
            cohort: self.cohort_name(view.cohort),
            seats: view.seats,
            phase: view.phase.name().to_owned(),
            threshold: view.nomination.as_ref().and_then(|nomination| nomination.threshold).map(Amount),
            deadlines,
            contenders,
            cut_line: view.voting.as_ref().and_then(|voting| voting.cut_line).map(Amount),
            series,
        })
    }

    async fn council_report(&self) -> Result<(Seats, Vec<Safe>), RehearsalError> {
        let after = self.council.members().await?;
        let people =
            |addresses: &[Address]| addresses.iter().map(|address| self.person(*address)).collect::<Vec<Person>>();
        let cohorts = self.before.cohorts.iter().zip(&after.cohorts).zip(0u8..);
        let cohorts = cohorts.map(|((before, after), cohort)| CohortChange {
            name: self.cohort_name(cohort),
            before: people(before),
            after: people(after),
        });
        let safes = after.safes.iter().map(|safe| {
            let before = self.before.safes.iter().find(|before| before.name == safe.name);
            let before = before.map(|before| before.owners.clone()).unwrap_or_default();
            let only = |of: &[Address], not: &[Address]| -> Vec<Address> {
                of.iter().filter(|owner| !not.contains(owner)).copied().collect()
            };
            let kept: Vec<Address> = safe.owners.iter().filter(|owner| before.contains(owner)).copied().collect();
            Safe {
                name: safe.name.clone(),
                chain: safe.chain.clone(),
                chain_title: self.title(&safe.chain),
                address: safe.address,
                threshold: safe.threshold,
                owners: people(&safe.owners),
                added: people(&only(&safe.owners, &before)),
                removed: people(&only(&before, &safe.owners)),
                kept: people(&kept),
                in_line: safe.missing.is_empty() && safe.surplus.is_empty(),
                update_nonce: safe.update_nonce,
            }
        });
        Ok((Seats { cohorts: cohorts.collect() }, safes.collect()))
    }

    fn update_report(&self, view: &UpdateView) -> Update {
        let messages = self.network_messages();
        let deliveries = view.deliveries.iter().map(|delivery| {
            let lost = |ticket| messages.iter().any(|m| m.hash == ticket && m.state == MessageState::Lost);
            let (state, time) = match delivery.state {
                DeliveryState::Waiting => ("waiting", None),
                DeliveryState::Travelling if delivery.ticket.is_some_and(lost) => ("lost", None),
                DeliveryState::Travelling => ("travelling", None),
                DeliveryState::Redeemable { .. } => ("redeemable", None),
                DeliveryState::Expired => ("expired", None),
                DeliveryState::Delivered { seconds, applied: true, .. } => ("delivered", seconds),
                DeliveryState::Delivered { seconds, .. } => ("came too late", seconds),
                DeliveryState::Cancelled => ("cancelled", None),
                DeliveryState::Unseen => ("unseen", None),
            };
            Delivery {
                chain: delivery.chain.clone(),
                safes: delivery.safes.clone(),
                ticket: delivery.ticket,
                state,
                time: time.map(Time::at),
            }
        });
        Update {
            nonce: view.update.as_ref().map(|update| update.nonce),
            salt: view.update.as_ref().map(|update| update.salt),
            operation: view.operation.id,
            l1_operation: view.l1_operation_id,
            message: view.message.as_ref().map(|message| message.message.hash),
            scheduled: Time::at(view.operation.scheduled_seconds),
            deliveries: deliveries.collect(),
        }
    }
}
