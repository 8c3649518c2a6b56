//! Updates under way as text.

use super::{from_now, head};
use crate::{
    keeper::due,
    link::Link,
    terminal::{Style, visible},
};
use ephor_client::views::{
    PipelineView, UpdateView,
    pipeline::{DeliveryState, MessageState, OperationState, OperationView, Who},
};
use std::fmt::Write;

/// Every update, what is under way first.
pub(crate) fn pipeline(link: &Link, view: &PipelineView, now: u64, style: Style) -> String {
    let mut text = head(link, "updates", style);
    if view.updates.is_empty() {
        text.push_str("  nothing was sent to the core timelock\n");
    }
    for update in view.updates.iter().filter(|update| !update.settled()) {
        whole(&mut text, link, update, now, style);
    }
    for update in view.updates.iter().filter(|update| update.settled()) {
        let arrived = if update.delivered() { "everywhere" } else { "ended, not everywhere" };
        let _ = writeln!(text, "{}", style.faint(format!("{}: {arrived}", title(update))));
    }
    text
}

fn title(update: &UpdateView) -> String {
    match &update.update {
        Some(name) => format!("Update {}", name.nonce),
        None => format!("Operation {}", update.operation.id),
    }
}

fn whole(text: &mut String, link: &Link, update: &UpdateView, now: u64, style: Style) {
    let _ = writeln!(text, "{}", style.strong(title(update)));
    if let Some(name) = &update.update {
        let members: Vec<_> = name.members.iter().map(|member| link.names.show(*member)).collect();
        let _ = writeln!(text, "  members      {}", members.join("\n               "));
    }
    let _ = writeln!(text, "  core timelock {}", operation(&update.operation, now));
    if let Some(view) = &update.message {
        let state = match view.state {
            MessageState::Challenged { until_seconds } => {
                format!("challenged until about {}", from_now(until_seconds, now))
            }
            MessageState::Executable => "executable".to_owned(),
            MessageState::Executed => "executed".to_owned(),
        };
        let _ = writeln!(text, "  message      {} of {}: {state}", view.message.position, visible(&view.message.child));
    }
    if let Some(view) = &update.l1_operation {
        let _ = writeln!(text, "  L1 timelock  {}", operation(view, now));
    }
    for delivery in &update.deliveries {
        let chain = delivery.chain.as_deref().unwrap_or("a chain that is not the council's");
        let state = match delivery.state {
            DeliveryState::Waiting => "waits".to_owned(),
            DeliveryState::Travelling => "its ticket travels".to_owned(),
            DeliveryState::Redeemable { until_seconds } => {
                format!("its ticket can be redeemed until {}", from_now(until_seconds, now))
            }
            DeliveryState::Expired => "its ticket expired".to_owned(),
            DeliveryState::Delivered { applied: true, .. } => "there".to_owned(),
            DeliveryState::Delivered { applied: false, .. } => "there, after a later update".to_owned(),
            DeliveryState::Cancelled => "cancelled".to_owned(),
            DeliveryState::Unseen => "not seen: no endpoint for the chain".to_owned(),
        };
        let safes = if delivery.safes.is_empty() { "no Safe".to_owned() } else { delivery.safes.join(", ") };
        let _ = writeln!(text, "  {}: {state}", visible(&format!("{chain}, {safes}")));
    }
    for step in &update.next {
        let who = match step.who {
            Who::Anyone => "anybody can: ephor pipeline relay",
            Who::Time => "it happens by itself",
            Who::Scheduler => "whoever scheduled it, or the core governor",
        };
        let at = from_now(step.earliest_seconds, now);
        let _ = writeln!(
            text,
            "  {} {} on {}, from {at}; {who}",
            style.strong("next:"),
            due::in_words(step),
            visible(&step.chain)
        );
    }
}

fn operation(view: &OperationView, now: u64) -> String {
    let state = match view.state {
        OperationState::Pending => format!("waits until {}", from_now(view.ready_seconds, now)),
        OperationState::Ready => "ready".to_owned(),
        OperationState::Cancelled => "cancelled".to_owned(),
        OperationState::Done { seconds, .. } => format!("executed {}", from_now(seconds, now)),
    };
    format!("{}: {state}", view.id)
}
