//! Carrying updates on, and what befalls messages on their way.

use ephor_client::{
    actions::relay::RelayError,
    views::{
        NextStep,
        pipeline::{StepKind, Who},
    },
};
use ephor_network::{MessageId, MessageState};

use super::{Impossible, RehearsalError, Run, time::due_seconds};
use crate::{
    report::{Outcome, Person},
    scenario::{Fault, Stage},
    text,
};

/// More steps than any scenario has updates under way: what goes on beyond goes round in circles.
const MOST_STEPS: usize = 10_000;

impl Run<'_> {
    /// Takes the steps of updates, each as soon as it can be taken.
    pub(super) async fn relay(
        &mut self,
        who: &[Person],
        stage: Stage,
        update: Option<u64>,
        wait: bool,
    ) -> Result<(), RehearsalError> {
        let who = self.actor(who, "anyone");
        for _ in 0..MOST_STEPS {
            let pipeline = self.council.pipeline().await?;
            let steps: Vec<NextStep> = pipeline
                .next_steps()
                .into_iter()
                .filter(|step| update.is_none() || step.nonce == update)
                .filter(|step| is_of(stage, step.what) && self.can_happen(step))
                .cloned()
                .collect();
            let now = self.now();
            let Some(step) = steps.into_iter().find(|step| wait || step.who == Who::Anyone) else { return Ok(()) };
            if step.who != Who::Anyone || self.is_travelling(&step) {
                // Something happens by itself; whatever is due next may be it.
                let due = self.shared.lock().in_flight().filter_map(due_seconds).filter(|due| *due > now).min();
                let Some(due) = due.filter(|_| wait) else { return Ok(()) };
                self.advance(due)?;
                continue;
            }
            if wait && step.earliest_seconds > now {
                self.advance(step.earliest_seconds)?;
                continue;
            }
            let prepared = match self.council.take(&step).await {
                Ok(Some(prepared)) => prepared,
                Ok(None) => return Ok(()),
                Err(RelayError::Unconfirmed { .. }) => {
                    // The challenge period as the network has it: a scenario may have delayed the message.
                    let due = self.shared.lock().in_flight().filter_map(due_seconds).filter(|due| *due > now).min();
                    let Some(due) = due.filter(|_| wait) else { return Ok(()) };
                    self.advance(due)?;
                    continue;
                }
                Err(error) => return Err(error.into()),
            };
            let what = self.step_words(&step);
            let done = self.act(&who, &prepared, what, "anyone, once its time has come").await?;
            if let StepKind::ExecuteOnL1Timelock { .. } = step.what
                && done.succeeded()
                && let Some(receipt) = self.council.receipt(&prepared.chain, done.hash).await?
            {
                for ticket in self.council.tickets_in(&receipt) {
                    let title = self.title(&ticket.child);
                    self.detail(format!("Ticket {} to {title} is under way: {}.", ticket.number, ticket.id));
                }
            }
            self.notice_messages()?;
            if !done.succeeded() || !wait {
                return Ok(());
            }
        }
        Ok(())
    }

    /// Whether a step of an update can ever be taken: not, when its message is lost.
    fn can_happen(&self, step: &NextStep) -> bool {
        let lost = |found: fn(&StepKind, MessageId, alloy_primitives::B256) -> bool| {
            let messages = self.network_messages();
            messages
                .iter()
                .any(|message| message.state == MessageState::Lost && found(&step.what, message.id, message.hash))
        };
        !lost(|what, id, hash| match (what, id) {
            (StepKind::Arrive { ticket } | StepKind::Redeem { ticket }, _) => *ticket == hash,
            (StepKind::ExecuteMessage { position }, MessageId::ToParent { position: of, .. }) => *position == of,
            _ => false,
        })
    }

    /// Whether the message of a step is not there yet, whatever the view reckons.
    fn is_travelling(&self, step: &NextStep) -> bool {
        let messages = self.network_messages();
        messages.iter().any(|message| match (step.what, message.id, message.state) {
            (
                StepKind::ExecuteMessage { position },
                MessageId::ToParent { position: of, .. },
                MessageState::Challenged { .. },
            ) => position == of,
            _ => false,
        })
    }

    /// A step of an update, as something that somebody does.
    fn step_words(&self, step: &NextStep) -> String {
        let update = step.nonce.map_or_else(|| "an operation".to_owned(), |nonce| format!("update {nonce}"));
        match step.what {
            StepKind::ExecuteOnCoreTimelock { operation } => {
                format!("executes {update} on the core timelock: operation {operation}")
            }
            StepKind::ExecuteMessage { position } => {
                format!("executes message {position} on {}, which schedules {update} there", self.title(&step.chain))
            }
            StepKind::ExecuteOnL1Timelock { operation } => {
                format!("executes {update} on the L1 timelock: operation {operation}")
            }
            StepKind::Arrive { ticket } => {
                format!("waits for ticket {ticket} of {update} to arrive on {}", self.title(&step.chain))
            }
            StepKind::Redeem { ticket } => {
                format!("redeems the ticket of {update} on {}: {ticket}", self.title(&step.chain))
            }
        }
    }

    /// The same, as something that is yet to be done.
    pub(super) fn step_to_take(&self, step: &NextStep) -> String {
        let update = step.nonce.map_or_else(|| "an operation".to_owned(), |nonce| format!("update {nonce}"));
        match step.what {
            StepKind::ExecuteOnCoreTimelock { .. } => format!("execute {update} on the core timelock"),
            StepKind::ExecuteMessage { .. } => {
                format!("execute the message of {update} on {}", self.title(&step.chain))
            }
            StepKind::ExecuteOnL1Timelock { .. } => format!("execute {update} on the L1 timelock"),
            StepKind::Arrive { .. } => format!("the ticket of {update} arrives on {}", self.title(&step.chain)),
            StepKind::Redeem { .. } => format!("redeem the ticket of {update} on {}", self.title(&step.chain)),
        }
    }

    /// Something befalls a message: the first on its way to the chain, or the last that went there.
    pub(super) fn fault(&mut self, fault: Fault, chain: &str) -> Result<(), RehearsalError> {
        let chain_id = self.chain_id(chain)?;
        let messages = self.network_messages();
        let to_chain = |id: MessageId| matches!(id, MessageId::ToChild { child, .. } if child == chain_id);
        let travelling =
            |state: MessageState| matches!(state, MessageState::Travelling { .. } | MessageState::Challenged { .. });
        let found = match fault {
            Fault::Lose => messages.iter().find(|message| to_chain(message.id) && travelling(message.state)),
            Fault::Delay { .. } => {
                messages.iter().find(|message| message.id.child() == chain_id && travelling(message.state))
            }
            Fault::Duplicate => messages.iter().rfind(|message| to_chain(message.id)),
        };
        let none = || Impossible::NoMessage { direction: "to", chain: chain.to_owned() };
        let id = found.map(|message| message.id).ok_or_else(|| self.impossible(none()))?;
        let to = found.map(|message| self.chain_name(message.to_chain)).unwrap_or_default();
        let title = self.title(chain);
        let message = match id {
            MessageId::ToChild { number, .. } => format!("ticket {number} to {title}"),
            MessageId::ToParent { position, .. } => format!("message {position} from {title}"),
        };
        let what = {
            let mut network = self.shared.lock();
            match fault {
                Fault::Lose => {
                    network.lose(id)?;
                    format!("{message} is lost")
                }
                Fault::Delay { seconds } => {
                    network.delay(id, seconds)?;
                    format!("{message} is delayed by {} seconds", text::grouped(&seconds.to_string()))
                }
                Fault::Duplicate => {
                    network.duplicate(id)?;
                    format!("{message} is delivered once more")
                }
            }
        };
        self.tell(&to, None, what, "a fault of the scenario", Outcome::Happened, 0)
    }
}

fn is_of(stage: Stage, what: StepKind) -> bool {
    match stage {
        Stage::All => true,
        Stage::CoreTimelock => matches!(what, StepKind::ExecuteOnCoreTimelock { .. }),
        Stage::Message => matches!(what, StepKind::ExecuteMessage { .. }),
        Stage::L1Timelock => matches!(what, StepKind::ExecuteOnL1Timelock { .. }),
        Stage::Tickets => matches!(what, StepKind::Arrive { .. } | StepKind::Redeem { .. }),
    }
}
