//! Transactions in words.

use super::{Delivered, Delivery};
use crate::{
    amounts::exact,
    link::Link,
    terminal::{Style, visible},
    words::grouped,
};
use alloy_primitives::U256;
use ephor_client::Action;

/// What an action does: with names of people, and votes in tokens.
pub(super) fn sentence(link: &Link, action: &Action) -> String {
    let symbol = &link.charter.token.symbol;
    let by = |signed: bool| if signed { ", by signature" } else { "" };
    match action {
        Action::Endorse { index, contender, votes, signed } => {
            let (who, votes) = (link.names.show(*contender), exact(*votes));
            format!("endorse {who} in election {index} with {votes} {symbol}{}", by(*signed))
        }
        Action::Vote { index, nominee, votes, signed } => {
            let (who, votes) = (link.names.show(*nominee), exact(*votes));
            format!("vote for {who} in election {index} with {votes} {symbol}{}", by(*signed))
        }
        Action::Transfer { to, amount } => {
            format!("transfer {} {symbol} to {}", exact(*amount), link.names.show(*to))
        }
        action => link.names.annotate(&action.to_string()),
    }
}

impl Delivered {
    /// The transactions as text.
    pub(crate) fn text(&self, link: &Link, style: Style) -> String {
        let mut lines = Vec::new();
        if !self.sent {
            lines.push(style.strong("Nothing is sent: this is what would be."));
            if !link.kind.is_rehearsal() {
                lines.push(style.faint("--broadcast sends it."));
            }
        }
        for delivery in &self.transactions {
            delivery.lines(link, style, self.sent, &mut lines);
        }
        lines.join("\n") + "\n"
    }
}

impl Delivery {
    fn lines(&self, link: &Link, style: Style, sent: bool, lines: &mut Vec<String>) {
        let title = link.council.deployment().chain(&self.chain).map_or(&self.chain, |site| &site.title);
        lines.push(style.strong(format!("{title}: {}", self.what)));
        lines.push(format!("  chain  {} ({}, {})", self.chain_id, self.chain, link.network()));
        lines.push(format!("  from   {}", link.names.show(self.from)));
        lines.push(format!("  to     {}", link.names.show(self.to)));
        if self.value != U256::ZERO {
            lines.push(format!("  value  {} ETH", exact(self.value)));
        }
        if !sent {
            lines.push("  call".to_owned());
            lines.extend(visible(&self.tree).lines().map(|line| format!("    {line}")));
            lines.push(format!("  data   {}", self.data));
        }
        if let Some(hash) = self.hash {
            let block = self.block.map_or_else(String::new, |block| format!(", block {}", grouped(&block.to_string())));
            lines.push(format!("  sent   {hash}{block}"));
        }
        let Some(outcome) = &self.outcome else {
            lines.push("  left out, since the one before is refused".to_owned());
            return;
        };
        let gas = outcome.gas.map_or_else(String::new, |gas| format!(", {} gas", grouped(&gas.to_string())));
        match (&outcome.refusal, sent) {
            (None, true) => lines.push(format!("  done{gas}")),
            (None, false) => lines.push(format!("  would be accepted{gas} ({})", outcome.method)),
            (Some(refusal), _) => {
                let would = if self.hash.is_some() { "refused" } else { "would be refused" };
                lines.push(style.strong(format!("  {would}: {}", link.names.annotate(&refusal.reason))));
            }
        }
        for event in outcome.events.iter().flatten() {
            let by = link.names.name_of(event.address).map_or_else(|| event.address.to_string(), str::to_owned);
            let text = event.text.clone().unwrap_or_else(|| {
                event
                    .topics
                    .first()
                    .map_or_else(|| "an event without topics".to_owned(), |topic| format!("unknown event {topic}"))
            });
            lines.push(style.faint(format!("    {by}: {}", link.names.annotate(&text))));
        }
    }
}
