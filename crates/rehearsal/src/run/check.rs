//! Comparing what came of a step with what was expected.

use ephor_client::{ProposalState, actions::proposals::Governor};
use ephor_network::{MessageId, MessageState};

use super::{Event, RehearsalError, Run, Unmet};
use crate::{
    report::{Check, Person},
    scenario::Step,
    text,
};

impl Run<'_> {
    /// Looks at everything that a step expects.
    pub(super) async fn check(&mut self, step: &Step) -> Result<(), RehearsalError> {
        let expect = &step.expect;
        let refusals = self.came.refusals.clone();
        let refused = refusals.iter().map(|(_, detail)| detail.as_str()).collect::<Vec<_>>().join("; ");
        match &expect.reverts {
            Some(error) => {
                let named = |(names, detail): &(Vec<String>, String)| names.contains(error) || detail == error;
                let passed = !refusals.is_empty() && refusals.iter().all(named);
                let actual = if refusals.is_empty() { "no refusal".to_owned() } else { refused };
                self.verdict(expect.line, "refused with", error.clone(), actual, passed).await?;
            }
            None if step.does.is_some() => {
                let passed = refusals.is_empty();
                let actual = if passed { "done".to_owned() } else { format!("refused: {refused}") };
                self.verdict(expect.line, "done", "done".into(), actual, passed).await?;
            }
            None => {}
        }
        if let Some(weight) = expect.weight {
            let (expected, actual) = (text::exact(weight), text::exact(self.came.weight));
            let passed = weight == self.came.weight;
            self.verdict(expect.line, "votes that counted", expected, actual, passed).await?;
        }
        for event in &expect.events {
            let passed = self.came.events.iter().any(|name| name == event);
            let mut names = self.came.events.clone();
            names.dedup();
            let actual = if passed { event.clone() } else { listed(&names) };
            self.verdict(expect.line, "event", event.clone(), actual, passed).await?;
        }
        self.check_election(step).await?;
        self.check_council(step).await?;
        self.check_proposals(step).await?;
        self.check_ticket(step).await
    }

    async fn check_election(&mut self, step: &Step) -> Result<(), RehearsalError> {
        let expect = &step.expect;
        let asked = expect.phase.is_some()
            || expect.contenders.is_some()
            || expect.nominees.is_some()
            || !expect.elected.is_empty();
        if !asked {
            return Ok(());
        }
        let view = self.council.election(self.election).await?;
        if let Some(phase) = &expect.phase {
            let actual = view.phase.name().to_owned();
            self.verdict(expect.line, "phase", phase.clone(), actual.clone(), *phase == actual).await?;
        }
        let nomination = view.nomination.as_ref();
        if let Some(contenders) = expect.contenders {
            let actual = nomination.map_or(0, |view| view.contenders.iter().filter(|c| !c.included).count());
            self.number(expect.line, "contenders", contenders as u64, actual as u64).await?;
        }
        if let Some(nominees) = expect.nominees {
            let actual = nomination.map_or(0, |view| view.compliant.len());
            self.number(expect.line, "nominees", nominees as u64, actual as u64).await?;
        }
        if !expect.elected.is_empty() {
            let voting = view.voting.map(|view| view.standings).unwrap_or_default();
            let winning: Vec<_> = voting.iter().filter(|standing| standing.winning).map(|s| s.nominee).collect();
            self.people(expect.line, "elected", &expect.elected, &winning).await?;
        }
        Ok(())
    }

    async fn check_council(&mut self, step: &Step) -> Result<(), RehearsalError> {
        let expect = &step.expect;
        let asked = !expect.seated.is_empty()
            || !expect.unseated.is_empty()
            || expect.nonce.is_some()
            || expect.in_line.is_some()
            || expect.behind.is_some();
        if !asked {
            return Ok(());
        }
        let view = self.council.members().await?;
        let members = view.members();
        for (people, sits) in [(&expect.seated, true), (&expect.unseated, false)] {
            for person in people {
                let actual = members.contains(&person.address);
                let word = |sits: bool| if sits { "sits" } else { "does not sit" }.to_owned();
                self.verdict(expect.line, &person.name, word(sits), word(actual), sits == actual).await?;
            }
        }
        if let Some(nonce) = expect.nonce {
            self.number(expect.line, "nonce of the last update", nonce, view.update_nonce).await?;
        }
        let behind: Vec<&str> = view
            .safes
            .iter()
            .filter(|safe| !safe.missing.is_empty() || !safe.surplus.is_empty())
            .map(|safe| safe.name.as_str())
            .collect();
        if let Some(in_line) = expect.in_line {
            let word = |in_line: bool| if in_line { "in line" } else { "not in line" }.to_owned();
            let actual = if behind.is_empty() { word(true) } else { format!("not in line: {}", behind.join(", ")) };
            self.verdict(expect.line, "the Safes", word(in_line), actual, in_line == behind.is_empty()).await?;
        }
        if let Some(safes) = &expect.behind {
            let mut expected: Vec<&str> = safes.iter().map(String::as_str).collect();
            let mut actual = behind.clone();
            expected.sort_unstable();
            actual.sort_unstable();
            self.verdict(expect.line, "Safes that are behind", listed(&expected), listed(&actual), expected == actual)
                .await?;
        }
        Ok(())
    }

    async fn check_proposals(&mut self, step: &Step) -> Result<(), RehearsalError> {
        let expect = &step.expect;
        for (expected, governor, what) in
            [(&expect.removal, Governor::Removal, "the removal"), (&expect.proposal, Governor::Core, "the proposal")]
        {
            let Some(expected) = expected else { continue };
            let actual = state_name(self.last_proposal(governor).await?.state);
            self.verdict(expect.line, what, expected.clone(), actual.to_owned(), expected == actual).await?;
        }
        Ok(())
    }

    async fn check_ticket(&mut self, step: &Step) -> Result<(), RehearsalError> {
        let Some((chain, expected)) = &step.expect.ticket else { return Ok(()) };
        let chain_id = self.chain_id(chain)?;
        let messages = self.network_messages();
        let last = messages
            .iter()
            .rfind(|message| matches!(message.id, MessageId::ToChild { child, .. } if child == chain_id));
        let actual = last.map_or("none", |message| message_word(message.state));
        let what = format!("the last ticket to {}", self.title(chain));
        self.verdict(step.expect.line, &what, (*expected).to_owned(), actual.to_owned(), *expected == actual).await
    }

    async fn number(&mut self, line: usize, what: &str, expected: u64, actual: u64) -> Result<(), RehearsalError> {
        self.verdict(line, what, expected.to_string(), actual.to_string(), expected == actual).await
    }

    async fn people(
        &mut self,
        line: usize,
        what: &str,
        expected: &[Person],
        actual: &[alloy_primitives::Address],
    ) -> Result<(), RehearsalError> {
        let mut wanted: Vec<_> = expected.iter().map(|person| person.address).collect();
        let mut found = actual.to_vec();
        wanted.sort_unstable();
        found.sort_unstable();
        let (expected, listed) = (self.names(expected.iter().map(|person| &person.address)), self.names(actual));
        self.verdict(line, what, expected, listed, wanted == found).await
    }

    /// Notes an expectation; one that is not met ends the run.
    pub(super) async fn verdict(
        &mut self,
        line: usize,
        what: &str,
        expected: String,
        actual: String,
        passed: bool,
    ) -> Result<(), RehearsalError> {
        let check = Check { step: self.step, line, what: what.to_owned(), expected, actual, passed };
        self.observer.notice(Event::Checked(&check));
        self.checks.push(check.clone());
        if passed {
            return Ok(());
        }
        let file = self.scenario.file.clone();
        // Boxed: the report is made from the same views, and a future cannot contain itself.
        let report = Box::pin(self.report()).await?;
        Err(RehearsalError::Unmet(Box::new(Unmet { file, check, report })))
    }
}

fn listed(names: &[&str]) -> String {
    if names.is_empty() { "none".to_owned() } else { names.join(", ") }
}

/// The state of a proposal, as scenarios name it.
fn state_name(state: ProposalState) -> &'static str {
    match state {
        ProposalState::Pending => "pending",
        ProposalState::Active => "active",
        ProposalState::Canceled => "canceled",
        ProposalState::Defeated => "defeated",
        ProposalState::Succeeded => "succeeded",
        ProposalState::Queued => "queued",
        ProposalState::Expired => "expired",
        ProposalState::Executed => "executed",
    }
}

/// Where a message stands, as scenarios name it.
pub(super) fn message_word(state: MessageState) -> &'static str {
    match state {
        MessageState::Challenged { .. } => "challenged",
        MessageState::Executable => "executable",
        MessageState::Travelling { .. } => "travelling",
        MessageState::Redeemable { .. } => "redeemable",
        MessageState::Executed => "executed",
        MessageState::Expired => "expired",
        MessageState::Lost => "lost",
    }
}
