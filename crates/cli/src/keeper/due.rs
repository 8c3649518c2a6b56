//! What is due: read from the chains, with the time of each step's own chain.

use super::{KeepError, Scope, Waiting};
use crate::{actors::election, link::Link};
use ephor_client::{
    Deadline, Prepared, ProposalState,
    actions::{proposals::Governor, relay::RelayError},
    views::pipeline::{NextStep, StepKind, Who},
};
use ephor_rules::stages::Phase;
use std::collections::BTreeMap;

/// A step that is due.
pub(crate) struct Deed {
    /// What takes it.
    pub(crate) prepared: Prepared,
    /// What it is, in words.
    pub(crate) what: String,
}

/// What is due, and what is to come.
#[derive(Default)]
pub(crate) struct Due {
    pub(crate) deeds: Vec<Deed>,
    pub(crate) waiting: Vec<Waiting>,
}

impl Due {
    fn deed(&mut self, link: &Link, prepared: Prepared) {
        let what = link.names.annotate(&prepared.action.to_string());
        self.deeds.push(Deed { prepared, what });
    }

    fn wait(&mut self, what: String, chain: &str, earliest_seconds: u64) {
        self.waiting.push(Waiting { what, chain: chain.to_owned(), earliest_seconds });
    }
}

/// Looks for what is due.
///
/// # Errors
/// [`KeepError`].
pub(crate) async fn look(link: &Link, scope: Scope) -> Result<Due, KeepError> {
    let mut due = Due::default();
    updates(link, scope, &mut due).await?;
    if scope == Scope::Everything {
        elections(link, &mut due).await?;
        proposals(link, &mut due).await?;
    }
    due.waiting.sort_by_key(|waiting| waiting.earliest_seconds);
    Ok(due)
}

async fn updates(link: &Link, scope: Scope, due: &mut Due) -> Result<(), KeepError> {
    let pipeline = link.council.pipeline().await?;
    let mut clocks = BTreeMap::new();
    for step in pipeline.next_steps() {
        if matches!(scope, Scope::Update(nonce) if step.nonce != Some(nonce)) {
            continue;
        }
        let now = match clocks.get(&step.chain) {
            Some(now) => *now,
            None => {
                // A chain without an endpoint cannot be acted on.
                if link.council.provider(&step.chain).is_err() {
                    continue;
                }
                let now = link.council.now(&step.chain).await?.seconds;
                clocks.insert(step.chain.clone(), now);
                now
            }
        };
        if step.who != Who::Anyone || step.earliest_seconds > now {
            due.wait(in_words(step), &step.chain, step.earliest_seconds);
            continue;
        }
        match link.council.take(step).await {
            Ok(Some(prepared)) => due.deed(link, prepared),
            Ok(None) | Err(RelayError::Unconfirmed { .. }) => {
                due.wait(in_words(step), &step.chain, step.earliest_seconds);
            }
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}

async fn elections(link: &Link, due: &mut Due) -> Result<(), KeepError> {
    let (council, next) = (&link.council, link.council.elections().await?);
    for view in [election::last(link, next).await?, Some(council.election(next).await?)].into_iter().flatten() {
        let index = view.index;
        let deed = match view.phase {
            Phase::Due => council.create_election(index),
            Phase::ReadyForMemberElection => council.start_member_election(index),
            Phase::ReadyToInstall => council.install_cohort(index),
            phase => {
                let chain = &council.governance_chain().map_err(ephor_client::ReadError::from)?.name;
                // The block after the last one.
                let after =
                    |until: Deadline| until.seconds.saturating_add(link.charter.l1_chain().block_milliseconds / 1_000);
                match (phase, view.until, view.voting) {
                    (Phase::Waiting { start_seconds }, ..) if index == next => {
                        due.wait(format!("create election {index}"), chain, start_seconds);
                    }
                    (Phase::Vetting { .. }, Some(until), _) => {
                        due.wait(format!("start the member election of election {index}"), chain, after(until));
                    }
                    (Phase::MemberVoting { .. }, _, Some(voting)) => {
                        due.wait(format!("install the winners of election {index}"), chain, after(voting.deadline));
                    }
                    _ => {}
                }
                continue;
            }
        };
        due.deed(link, deed.map_err(ephor_client::ReadError::from)?);
    }
    Ok(())
}

async fn proposals(link: &Link, due: &mut Due) -> Result<(), KeepError> {
    let council = &link.council;
    let now = council.governance_now().await?.seconds;
    for removal in council.removals().await? {
        if removal.state == ProposalState::Succeeded {
            let execute = council.execute(Governor::Removal, &removal.proposal);
            due.deed(link, execute.map_err(ephor_client::ReadError::from)?);
        }
    }
    for view in council.proposals(Governor::Core).await? {
        let deed = match (view.state, view.ready_seconds) {
            (ProposalState::Succeeded, _) => council.queue(&view.proposal),
            (ProposalState::Queued, Some(ready)) if ready <= now => council.execute(Governor::Core, &view.proposal),
            _ => continue,
        };
        due.deed(link, deed.map_err(ephor_client::ReadError::from)?);
    }
    Ok(())
}

/// A step in words.
pub(crate) fn in_words(step: &NextStep) -> String {
    let of = step.nonce.map_or_else(String::new, |nonce| format!(" of update {nonce}"));
    match step.what {
        StepKind::ExecuteOnCoreTimelock { operation } => {
            format!("execute operation {operation}{of} on the core timelock")
        }
        StepKind::ExecuteMessage { position } => format!("execute message {position}{of} on the L1"),
        StepKind::ExecuteOnL1Timelock { operation } => format!("execute operation {operation}{of} on the L1 timelock"),
        StepKind::Arrive { ticket } => format!("wait for ticket {ticket}{of}"),
        StepKind::Redeem { ticket } => format!("redeem ticket {ticket}{of}"),
    }
}
