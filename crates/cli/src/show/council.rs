//! The council, removals, the clock and accounts as text.

use super::{deadline, head, name};
use crate::{
    actors::accounts::AccountView,
    amounts::exact,
    link::Link,
    terminal::{Style, visible},
    words::{grouped, table, utc},
};
use alloy_primitives::Address;
use ephor_client::{
    Moment,
    views::{CouncilView, ElectionView, ProposalView},
};
use std::fmt::Write;

/// Who sits, and each Safe.
pub(crate) fn council(link: &Link, view: &CouncilView, style: Style) -> String {
    let mut text = head(link, &format!("the council after update {}", view.update_nonce), style);
    for (number, members) in view.cohorts.iter().enumerate() {
        let cohort = link.charter.council.cohorts.get(number).map_or("", |cohort| &cohort.name);
        let seats = format!("{} of {} seats taken", members.len(), view.seats_per_cohort);
        let _ = writeln!(text, "{}", style.strong(format!("Cohort {number} ({}): {seats}", visible(cohort))));
        let rows: Vec<_> = members.iter().map(|member| vec![member.to_string(), name(link, *member)]).collect();
        text.push_str(&table(2, &rows));
    }
    for safe in &view.safes {
        let in_line = safe.missing.is_empty() && safe.surplus.is_empty();
        let _ = writeln!(text, "{}", style.strong(format!("Safe {} on {}", visible(&safe.name), visible(&safe.chain))));
        let state = if in_line { "owned by the council" } else { "not owned by the council: an update is under way" };
        let signatures = format!("{} of {} signatures", safe.threshold, safe.owners.len());
        let _ = writeln!(text, "  {}, {signatures}, last update {}, {state}", safe.address, safe.update_nonce);
        if !safe.executor_is_module {
            let _ = writeln!(text, "  The chain's executor is no module of it: no update reaches it.");
        }
        if !safe.followed {
            let _ = writeln!(text, "  The manager sends no updates to it.");
        }
        let row = |mark: &str, owner: &Address| vec![mark.to_owned(), owner.to_string(), name(link, *owner)];
        let mut rows: Vec<_> =
            safe.owners.iter().map(|owner| row(if safe.surplus.contains(owner) { "-" } else { " " }, owner)).collect();
        rows.extend(safe.missing.iter().map(|member| row("+", member)));
        text.push_str(&table(2, &rows));
        if !in_line {
            let _ = writeln!(text, "  + will own it, - will not, once the update is there");
        }
    }
    text
}

/// The removals that were proposed.
pub(crate) fn removals(link: &Link, removals: &[ProposalView], style: Style) -> String {
    let mut text = head(link, "removals", style);
    if removals.is_empty() {
        text.push_str("  none was proposed\n");
    }
    let symbol = &link.charter.token.symbol;
    for view in removals {
        let who = view.removes.map_or_else(|| "something else".to_owned(), |member| link.names.show(member));
        let _ = writeln!(text, "{}", style.strong(format!("Remove {who}: {:?}", view.state).to_string()));
        let clock = view.deadline.seconds;
        let _ = writeln!(text, "  id         {}", view.id);
        let _ = writeln!(text, "  by         {}", link.names.show(view.proposer));
        let _ =
            writeln!(text, "  why        {}", visible(view.proposal.description.lines().next().unwrap_or_default()));
        let _ = writeln!(text, "  voting     from {} until {}", utc(view.snapshot.seconds), utc(clock));
        let votes = format!("{} for, {} against", exact(view.votes_for), exact(view.votes_against));
        let quorum = view.quorum.map_or_else(String::new, |quorum| format!(", quorum {}", exact(quorum)));
        let _ = writeln!(text, "  votes      {votes}{quorum} ({symbol})");
        if let Some(expiry) = view.expiry {
            let _ = writeln!(text, "  executable until {}", deadline(expiry, clock));
        }
    }
    text
}

/// The time of each chain, and where the election stands.
pub(crate) fn clock(link: &Link, chains: &[(String, Moment)], view: &ElectionView, style: Style) -> String {
    let mut text = head(link, "the clock", style);
    let row = |(chain, now): &(String, Moment)| {
        vec![
            visible(chain),
            utc(now.seconds),
            format!("block {}", grouped(&now.block.to_string())),
            format!("L1 block {}", grouped(&now.l1_block.to_string())),
        ]
    };
    text.push_str(&table(2, &chains.iter().map(row).collect::<Vec<_>>()));
    super::election::whereabouts(&mut text, view);
    text
}

/// Accounts, and the address book.
pub(crate) fn accounts(link: &Link, views: &[AccountView], book: &[&(String, Address)], style: Style) -> String {
    let mut text = head(link, "accounts", style);
    let symbol = &link.charter.token.symbol;
    let row = |view: &AccountView| {
        vec![
            view.name.as_deref().map(visible).unwrap_or_default(),
            view.address.to_string(),
            format!("{} votes", exact(view.votes)),
            format!("{} {symbol}", exact(view.tokens)),
            format!("{} ETH", exact(view.balance)),
            if view.development { "the node signs".to_owned() } else { String::new() },
        ]
    };
    text.push_str(&table(2, &views.iter().map(row).collect::<Vec<_>>()));
    if !book.is_empty() {
        let _ = writeln!(text, "{}", style.strong("Names"));
        let rows: Vec<_> = book.iter().map(|(name, address)| vec![visible(name), address.to_string()]).collect();
        text.push_str(&table(2, &rows));
    }
    text
}
