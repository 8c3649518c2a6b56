//! The council's past, done again by its record and compared with it.
//!
//! ```text
//! write the council before ─▶ for each update: change, as the role's holder ─▶ compare what is scheduled
//!   ─▶ carry it through timelocks and bridges ─▶ compare what arrives ─▶ …
//! ```
//!
//! Where the record lacks the state before an update, or the order of a Safe's owners, it is written, and the report says so. What
//! the record does have is never written but must come about; the first deviation ends the run. Ids depend on addresses, members,
//! nonce and the L1 timelock's delay alone, so they are the live ones although chain ids and times are the rehearsal's. A message's
//! hash depends on blocks and time as well: it is made of what was sent here and the blocks and time on record.

use std::{collections::BTreeSet, fmt::Display};

use alloy_primitives::{Address, Bytes, U256, keccak256};
use alloy_sol_types::SolEvent;
use ephor_abi::{
    council::ICouncilManager::{generateSaltCall, replaceCohortCall},
    message::Item,
    timelock::ITimelock::CallScheduled,
};
use ephor_charter::{Holder, Part, Role};
use ephor_client::views::pipeline::UpdateView;
use ephor_deploy::history;

use super::{Event, Impossible, RehearsalError, Run};
use crate::{
    report::{Outcome, Person, Statement, StatementKind},
    scenario::{OwnerChange, Record, Source, Stage, State, Turn, Update},
    text,
};

impl Run<'_> {
    /// Does what a record says.
    pub(super) async fn replay(&mut self, record: &Record) -> Result<(), RehearsalError> {
        self.say_what_is_on(record);
        self.begin_with(record).await?;
        let mut last = record.start.nonce;
        // Safes whose order of owners follows from the record.
        let mut ordered = BTreeSet::new();
        for (i, update) in record.updates.iter().enumerate() {
            self.observer.notice(Event::Progress { what: "updates replayed", done: i, of: record.updates.len() });
            if let Some(before) = &update.filled {
                self.fill(last, update, before)?;
                ordered.clear();
            }
            for change in &update.owners {
                self.owners_before(update, change, &mut ordered).await?;
            }
            let scheduled = self.turn(update).await?;
            self.compare_scheduled(update, scheduled.as_ref()).await?;
            self.relay(&[], Stage::All, Some(update.after.nonce), true).await?;
            self.compare_delivered(update, scheduled.as_ref()).await?;
            last = update.after.nonce;
        }
        Ok(())
    }

    /// Says which part of the story is fact.
    fn say_what_is_on(&mut self, record: &Record) {
        let Record { file, start, updates } = record;
        let identified = |source| updates.iter().filter(|u| u.identities.iter().any(|(of, _)| *of == source)).count();
        let calldata = updates.iter().filter(|update| update.core_calldata.is_some() || update.l1_calldata.is_some());
        self.say(
            StatementKind::Measured,
            format!(
                "The council's past is that of {file}: {}, with salt and operation ids that were computed for {} of them and read on chain for \
                 {}, the hash of the message to the L1 for {}, calldata for {}, and {} of a Safe's owners before and after. \
                 All of it is compared with what came about here, but only what is said to be read on chain is measured.",
                text::count(updates.len(), "update", "updates"),
                identified(Source::Computed),
                identified(Source::Observed),
                updates.iter().filter(|update| update.sent.is_some()).count(),
                calldata.count(),
                text::count(updates.iter().map(|update| update.owners.len()).sum(), "order", "orders"),
            ),
        );
        self.say(
            StatementKind::Scenario,
            format!(
                "The story begins with the council of nonce {}, not with the charter's. Members of the past are written into the manager, and \
                 into the Safes in the manager's order.",
                start.nonce
            ),
        );
        self.say(
            StatementKind::Scenario,
            "What led to an update is told from its cohorts alone: the exchange of one key is made as the holder of the role of rotating, \
             any other as an election's result is handed over. The record's times are not kept; chain ids, blocks and tickets are the \
             rehearsal's. The hash of a message is made of what was sent here and of the record's blocks and time."
                .to_owned(),
        );
    }

    fn say(&mut self, kind: StatementKind, text: String) {
        self.statements.push(Statement { kind, text });
    }

    /// Puts the council of the beginning in its place.
    async fn begin_with(&mut self, record: &Record) -> Result<(), RehearsalError> {
        let State { nonce, .. } = record.start;
        self.seat(&record.start)?;
        let members = record.start.members();
        for safe in self.council.deployment().safes.clone() {
            self.own(&safe.name, &members)?;
        }
        self.before = self.council.members().await?;
        self.tell_written(format!("the manager and all Safes are given the council of nonce {nonce}"))
    }

    /// Writes the state before an update that the record does not have.
    fn fill(&mut self, last: u64, update: &Update, before: &State) -> Result<(), RehearsalError> {
        let nonce = update.after.nonce;
        let text = if last == before.nonce {
            format!(
                "The record does not have the council before update {nonce}: it is taken to be the council after it."
            )
        } else {
            let turned = update.turn.cohort();
            let cohort = |cohort: usize| self.cohort_name(u8::try_from(cohort).unwrap_or(u8::MAX));
            format!(
                "The record has nothing between updates {last} and {nonce}: the manager is given the nonce {}, the cohort \"{}\" as after \
                 update {last} and the cohort \"{}\" as after update {nonce}, which then changes the former. The Safes follow at once.",
                before.nonce,
                cohort(turned),
                cohort(1 - turned)
            )
        };
        self.seat(before)?;
        self.tell_written(format!("the manager is given the state before update {nonce}"))?;
        self.detail(text.clone());
        self.say(StatementKind::Scenario, text);
        Ok(())
    }

    /// Sees to it that a Safe has the owners on record. Who they are follows from what is on record before; their order is written
    /// where it does not.
    async fn owners_before(
        &mut self,
        update: &Update,
        change: &OwnerChange,
        ordered: &mut BTreeSet<String>,
    ) -> Result<(), RehearsalError> {
        let OwnerChange { safe, before, .. } = change;
        let nonce = update.after.nonce;
        let owners = self.owners(safe).await?;
        let set = |of: &[Address]| of.iter().copied().collect::<BTreeSet<_>>();
        let same_people = set(&owners) == set(before);
        if owners != *before && !ordered.contains(safe) && (same_people || update.filled.is_some()) {
            self.own(safe, before)?;
            self.tell_written(format!("the Safe {safe} is given the owners on record before update {nonce}"))?;
            self.say(
                StatementKind::Scenario,
                format!("The order of the owners of {safe} before update {nonce} is written as on record: what led to it is not."),
            );
        }
        ordered.insert(safe.clone());
        let owners = self.owners(safe).await?;
        self.same(&format!("update {nonce}: owners of {safe} before"), list(before), Some(list(&owners))).await
    }

    /// Makes a change in the name of whoever may, and returns what the core timelock was given.
    async fn turn(&mut self, update: &Update) -> Result<Option<CallScheduled>, RehearsalError> {
        let (role, prepared, what) = match update.turn {
            Turn::Elected { cohort } => {
                let newcomers = update.after.cohorts[cohort].clone();
                let number = u8::try_from(cohort).unwrap_or(u8::MAX);
                let what =
                    format!("replaces the cohort \"{}\" by {}", self.cohort_name(number), self.names(&newcomers));
                let call = replaceCohortCall { _newCohort: newcomers, _cohort: number };
                (Role::CohortReplacer, self.council.other(Part::CouncilManager, &call)?, what)
            }
            Turn::Rotated { current, next, .. } => {
                let what = format!("rotates the key of {} to {}", self.person(current), self.person(next));
                (Role::MemberRotator, self.council.rotate_member(current, next)?, what)
            }
            Turn::Added { cohort, member } => {
                let number = u8::try_from(cohort).unwrap_or(u8::MAX);
                let what = format!("adds {} to the cohort \"{}\"", self.person(member), self.cohort_name(number));
                (Role::MemberAdder, self.council.add_member(member, number)?, what)
            }
            Turn::Removed { member, .. } => {
                let what = format!("removes {}", self.person(member));
                (Role::MemberRemover, self.council.remove_member(member)?, what)
            }
        };
        let who = self.holder(role)?;
        let could = format!("whoever has the role {}", role.name());
        let done = self.act(&who, &prepared, what, &could).await?;
        if done.succeeded() {
            self.tell_update().await?;
        }
        if !update.words.is_empty() {
            self.detail(format!("On record: {}.", update.words));
        }
        self.done(&format!("update {}: made", update.after.nonce)).await?;
        let timelock = self.council.deployment().governance(Part::CoreTimelock)?;
        let of_timelock = done.logs.iter().filter(|log| log.address() == timelock);
        Ok(of_timelock.filter_map(|log| CallScheduled::decode_log(&log.inner).ok()).map(|log| log.data).next())
    }

    /// The first holder of a role of the manager.
    fn holder(&self, role: Role) -> Result<Person, RehearsalError> {
        let deployment = self.council.deployment();
        let mut holders = self.charter.grants(Part::CouncilManager, role).flat_map(|grant| &grant.holders);
        let holder = holders.next().ok_or_else(|| self.impossible(Impossible::NoHolder { role: role.name() }))?;
        Ok(match holder {
            Holder::Part(part) => {
                Person { name: format!("the {}", part.name()), address: deployment.governance(*part)? }
            }
            Holder::Safe(name) => Person { name: format!("the Safe {name}"), address: deployment.safe(name)?.address },
            Holder::Address(address) => self.person(*address),
            Holder::Anyone => self.anyone.clone(),
        })
    }

    /// Compares what was changed and scheduled with the record.
    async fn compare_scheduled(
        &mut self,
        update: &Update,
        scheduled: Option<&CallScheduled>,
    ) -> Result<(), RehearsalError> {
        let nonce = update.after.nonce;
        let view = self.council.members().await?;
        self.same(&format!("update {nonce}: nonce of the manager"), nonce, Some(view.update_nonce)).await?;
        for (number, (expected, actual)) in (0..).zip(update.after.cohorts.iter().zip(&view.cohorts)) {
            let what = format!("update {nonce}: cohort \"{}\"", self.cohort_name(number));
            self.same(&what, list(expected), Some(list(actual))).await?;
        }
        let salt = generateSaltCall { _members: view.members(), nonce: U256::from(nonce) };
        let salt = self.council.ask(Part::CouncilManager, &salt).await?;
        for (source, identity) in &update.identities {
            let how = how(*source);
            self.same(&format!("update {nonce}: salt, as {how}"), identity.salt, Some(salt)).await?;
            let what = format!("update {nonce}: operation of the core timelock, as {how}");
            self.same(&what, identity.operation, scheduled.map(|event| event.id)).await?;
        }
        if let Some(expected) = &update.core_calldata {
            let what = format!("update {nonce}: calldata for the core timelock");
            self.same_calldata(&what, expected, scheduled.map(|event| &event.data)).await?;
        }
        Ok(())
    }

    /// Compares what arrived with the record.
    async fn compare_delivered(
        &mut self,
        update: &Update,
        scheduled: Option<&CallScheduled>,
    ) -> Result<(), RehearsalError> {
        let nonce = update.after.nonce;
        self.done(&format!("update {nonce}: carried on")).await?;
        let updates = self.council.pipeline().await?.updates;
        let found = updates.into_iter().find(|view| scheduled.is_some_and(|event| event.id == view.operation.id));
        let (l1_operation, message) =
            found.map(|UpdateView { l1_operation, message, .. }| (l1_operation, message)).unzip();
        let l1_operation = l1_operation.flatten().map(|operation| operation.id);
        let message = message.flatten().map(|message| message.message);
        for (source, identity) in &update.identities {
            let what = format!("update {nonce}: operation of the L1 timelock, as {}", how(*source));
            self.same(&what, identity.l1_operation, l1_operation).await?;
        }
        if let Some(expected) = &update.l1_calldata {
            let what = format!("update {nonce}: calldata for the L1 timelock");
            self.same_calldata(&what, expected, message.as_ref().map(|message| &message.data)).await?;
        }
        if let Some(sent) = &update.sent {
            let hash = message.as_ref().map(|message| {
                let (l2_block, l1_block) = (U256::from(sent.l2_block), U256::from(sent.l1_block));
                let timestamp = U256::from(sent.seconds);
                let (sender, to, value, data) = (message.sender, message.to, message.value, &message.data);
                Item { sender, to, l2_block, l1_block, timestamp, value, data }.hash()
            });
            self.same(&format!("update {nonce}: hash of the message to the L1"), sent.hash, hash).await?;
        }
        let view = self.council.members().await?;
        let names: Vec<&str> = view.safes.iter().map(|safe| safe.name.as_str()).collect();
        let in_line = view
            .safes
            .iter()
            .filter(|safe| safe.update_nonce == nonce && safe.missing.is_empty() && safe.surplus.is_empty());
        let reached: Vec<&str> = in_line.map(|safe| safe.name.as_str()).collect();
        self.same(&format!("update {nonce}: Safes that follow"), names.join(", "), Some(reached.join(", "))).await?;
        for change in &update.owners {
            let what = format!("update {nonce}: members that {} was told of", change.safe);
            self.same(&what, list(&change.members), Some(list(&view.members()))).await?;
            let owners = view.safes.iter().find(|safe| safe.name == change.safe).map(|safe| list(&safe.owners));
            self.same(&format!("update {nonce}: owners of {} after", change.safe), list(&change.after), owners).await?;
        }
        Ok(())
    }

    /// Notes whether everything so far was done.
    async fn done(&mut self, what: &str) -> Result<(), RehearsalError> {
        let refused = self.came.refusals.first().map(|(_, detail)| format!("refused: {detail}"));
        self.same(what, "done", Some(refused.unwrap_or_else(|| "done".to_owned()))).await
    }

    /// Notes whether two things are the same.
    async fn same(
        &mut self,
        what: &str,
        expected: impl Display,
        actual: Option<impl Display>,
    ) -> Result<(), RehearsalError> {
        let expected = expected.to_string();
        let actual = actual.map_or_else(|| "none".to_owned(), |actual| actual.to_string());
        let passed = expected == actual;
        self.verdict(self.line(), what, expected, actual, passed).await
    }

    /// The same for calldata, which is too long to be shown.
    async fn same_calldata(
        &mut self,
        what: &str,
        expected: &Bytes,
        actual: Option<&Bytes>,
    ) -> Result<(), RehearsalError> {
        let digest = |data: &Bytes| format!("{} bytes with the hash {}", data.len(), keccak256(data));
        let found = actual.map(|actual| {
            let differs = expected.iter().zip(actual).position(|(expected, actual)| expected != actual);
            let at = differs.map(|at| format!(", which differ from byte {at} on")).unwrap_or_default();
            format!("{}{at}", digest(actual))
        });
        self.same(what, digest(expected), found).await
    }

    async fn owners(&self, safe: &str) -> Result<Vec<Address>, RehearsalError> {
        let view = self.council.members().await?;
        Ok(view.safes.into_iter().find(|view| view.name == safe).map(|view| view.owners).unwrap_or_default())
    }

    fn seat(&mut self, state: &State) -> Result<(), RehearsalError> {
        let (chain, manager) =
            (self.chain_id(&self.governance)?, self.council.deployment().governance(Part::CouncilManager)?);
        Ok(history::seat(&mut self.shared.lock(), chain, manager, &state.cohorts, state.nonce)?)
    }

    fn own(&mut self, safe: &str, owners: &[Address]) -> Result<(), RehearsalError> {
        let site = self.council.deployment().safe(safe)?;
        let chain = self.chain_id(&site.chain)?;
        Ok(history::own(&mut self.shared.lock(), chain, site.address, owners)?)
    }

    /// Tells of a state that was written.
    fn tell_written(&mut self, what: String) -> Result<(), RehearsalError> {
        let chain = self.governance.clone();
        self.tell(&chain, None, what, "written by the rehearsal", Outcome::Happened, 0)
    }
}

/// How something on record is known.
const fn how(source: Source) -> &'static str {
    match source {
        Source::Computed => "computed",
        Source::Observed => "read on chain",
    }
}

fn list(addresses: &[Address]) -> String {
    addresses.iter().map(Address::to_string).collect::<Vec<_>>().join(", ")
}
