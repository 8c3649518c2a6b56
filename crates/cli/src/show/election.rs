//! An election as text.

use super::{deadline, from_now, head, name};
use crate::{
    amounts::exact,
    link::Link,
    terminal::Style,
    words::{grouped, table},
};
use alloy_primitives::Address;
use ephor_client::views::{
    ElectionView, PowerView,
    election::{ContenderView, NominationView, VotingView},
};
use ephor_rules::stages::Phase;
use std::fmt::Write;

/// An election: phase, deadlines, people, and what can be done.
pub(crate) fn election(link: &Link, view: &ElectionView, power: Option<(Address, PowerView)>, style: Style) -> String {
    let now = view.now.seconds;
    let mut text = head(link, &format!("election {}", view.index), style);
    let cohort = link.charter.council.cohorts.get(usize::from(view.cohort)).map_or("", |cohort| &cohort.name);
    let _ = writeln!(text, "  phase    {}", style.strong(view.phase.name()));
    if let Some(until) = view.until {
        let _ = writeln!(text, "  until    {}", deadline(until, now));
    }
    let _ =
        writeln!(text, "  seats    {} of cohort {} ({})", view.seats, view.cohort, crate::terminal::visible(cohort));
    let (block, l1) = (grouped(&view.now.block.to_string()), grouped(&view.now.l1_block.to_string()));
    let _ = writeln!(text, "  now      {}, block {block}, L1 block {l1}", crate::words::utc(now));
    if view.nomination.is_none() {
        let _ = writeln!(text, "  begins   {}", from_now(view.start_seconds, now));
    }
    if let Some(nomination) = &view.nomination {
        nominees(&mut text, link, nomination, view, style);
    }
    if let Some(voting) = &view.voting {
        standings(&mut text, link, voting, now, style);
    }
    if let Some((account, power)) = power {
        let _ = writeln!(text, "{}", style.strong(format!("Votes of {}", link.names.show(account))));
        let rows =
            [("power", power.power), ("used", power.used), ("left", power.available), ("weight now", power.weight_now)];
        let rows: Vec<_> = rows.iter().map(|(what, votes)| vec![(*what).to_owned(), exact(*votes)]).collect();
        text.push_str(&table(2, &rows));
    }
    let _ = writeln!(text, "{} {}", style.strong("Next:"), next(view));
    text
}

fn nominees(text: &mut String, link: &Link, nomination: &NominationView, view: &ElectionView, style: Style) {
    let now = view.now.seconds;
    let _ = writeln!(text, "{}", style.strong("Contenders"));
    if view.voting.is_none() {
        for (what, at) in [
            ("registration until", nomination.registration),
            ("endorsement until", nomination.endorsement),
            ("vetting until", nomination.vetting),
        ] {
            let _ = writeln!(text, "  {what:<20} {}", deadline(at, now));
        }
    }
    if let Some(threshold) = nomination.threshold {
        let _ = writeln!(text, "  {:<20} {} {}", "threshold", exact(threshold), link.charter.token.symbol);
    }
    if nomination.contenders.is_empty() {
        let _ = writeln!(text, "  nobody yet");
    }
    let fate = |contender: &ContenderView| match contender {
        ContenderView { excluded: true, .. } => "excluded",
        ContenderView { included: true, .. } => "included by the vetter",
        ContenderView { nominee: true, .. } => "nominee",
        _ => "",
    };
    let row = |contender: &ContenderView| {
        vec![
            contender.address.to_string(),
            name(link, contender.address),
            format!("endorsed {}", exact(contender.endorsed)),
            fate(contender).to_owned(),
        ]
    };
    text.push_str(&table(2, &nomination.contenders.iter().map(row).collect::<Vec<_>>()));
}

fn standings(text: &mut String, link: &Link, voting: &VotingView, now: u64, style: Style) {
    let _ = writeln!(text, "{}", style.strong("Nominees"));
    for (what, at) in
        [("snapshot at", voting.snapshot), ("full weight until", voting.full_weight), ("voting until", voting.deadline)]
    {
        let _ = writeln!(text, "  {what:<20} {}", deadline(at, now));
    }
    if let Some(line) = voting.cut_line {
        let _ = writeln!(text, "  {:<20} {} {}", "cut line", exact(line), link.charter.token.symbol);
    }
    let row = |standing: &ephor_client::views::election::Standing| {
        vec![
            standing.nominee.to_string(),
            name(link, standing.nominee),
            format!("weight {}", exact(standing.weight)),
            if standing.winning { "ahead".to_owned() } else { String::new() },
        ]
    };
    text.push_str(&table(2, &voting.standings.iter().map(row).collect::<Vec<_>>()));
}

/// An election in two lines: phase and end, and what can be done.
pub(super) fn whereabouts(text: &mut String, view: &ElectionView) {
    let ends = match (view.phase, view.until) {
        (Phase::Waiting { start_seconds }, _) => format!(", begins {}", from_now(start_seconds, view.now.seconds)),
        (_, Some(until)) => format!(", until {}", deadline(until, view.now.seconds)),
        (_, None) => String::new(),
    };
    let _ = writeln!(text, "  election {}: {}{ends}", view.index, view.phase.name());
    let _ = writeln!(text, "  next: {}", next(view));
}

/// Who can do what now.
fn next(view: &ElectionView) -> String {
    match view.phase {
        Phase::Waiting { .. } => "it can be created once it begins".to_owned(),
        Phase::Due => "anybody can create it: ephor election create".to_owned(),
        Phase::Registration { .. } => "contenders register: ephor election register".to_owned(),
        Phase::Endorsement { .. } => {
            "delegates endorse contenders: ephor election endorse --for ACCOUNT=AMOUNT".to_owned()
        }
        Phase::Vetting { .. } => "the vetter excludes and includes nominees: ephor election exclude ACCOUNT".to_owned(),
        Phase::VettingExtended { missing } => {
            format!("the vetter must include {missing} more: ephor election include ACCOUNT")
        }
        Phase::ReadyForMemberElection => "anybody can start the member election: ephor election execute".to_owned(),
        Phase::MemberVoting { .. } => {
            "delegates vote for nominees: ephor election vote --for ACCOUNT=AMOUNT".to_owned()
        }
        Phase::ReadyToInstall => {
            "anybody can hand the winners to the council manager: ephor election execute".to_owned()
        }
        Phase::Installed => "the winners are on their way to the Safes: ephor pipeline show".to_owned(),
    }
}
