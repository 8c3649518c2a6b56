//! `ephor charter check` and `ephor charter show`.
//!
//! `check` lists the faults of a charter, or sums it up; `show` adds who sits, who owns and who may do what.

use crate::{
    exit::{Exit, Failure, counted, faults_json, faults_of},
    terminal::{self, Style, visible},
    words::{percent, period, table, tokens, utc},
};
use ephor_charter::{Chain, Charter, Cohort, Holder, Member};
use serde_json::{Value, json};
use std::{fmt::Write as _, path::Path};

/// Checks a charter and tells what it sums up to, or what is wrong with it.
pub(crate) fn check(file: &Path, json: bool) -> Result<Exit, Failure> {
    let charter = match Charter::load(file) {
        Ok(charter) => charter,
        Err(faults) if json => {
            let document = json!({
                "file": faults.file, "sound": false, "faults": faults_json(&faults), "more": faults.more,
            });
            terminal::print_json(&document)?;
            terminal::tell(&format!("{}: {}\n", faults.file, counted(faults_of(&faults))));
            return Ok(Exit::Input);
        }
        Err(faults) => return Err(Failure::Faults { of: "charter", faults }),
    };
    if json {
        let document = json!({
            "file": file.display().to_string(), "sound": true, "faults": [], "more": 0, "charter": summary_json(&charter),
        });
        terminal::print_json(&document)?;
    } else {
        let style = Style::of_stdout();
        let verdict = format!("{} is sound.\n\n", visible(&file.display().to_string()));
        terminal::print(&format!("{verdict}{}", summary(&charter, style)))?;
    }
    Ok(Exit::Fine)
}

/// Shows all of a charter that people ask for.
pub(crate) fn show(file: &Path) -> Result<Exit, Failure> {
    let charter = Charter::load(file).map_err(|faults| Failure::Faults { of: "charter", faults })?;
    let style = Style::of_stdout();
    terminal::print(&format!("{}{}", summary(&charter, style), details(&charter, style)))?;
    Ok(Exit::Fine)
}

fn summary(charter: &Charter, style: Style) -> String {
    let mut text = format!("{}\n  {}\n", style.strong(visible(&charter.name)), visible(&charter.description));
    let _ = writeln!(text, "  {}\n", style.faint(visible(&charter.source)));
    let mut rows: Vec<Vec<String>> = Vec::new();
    let mut row = |name: &str, says: String| rows.push(vec![name.to_owned(), says]);
    let others = charter.chains.iter().filter(|chain| !chain.governance).map(|chain| visible(&chain.title));
    let others: Vec<String> = others.collect();
    let alone = if others.is_empty() { String::new() } else { format!("; also {}", others.join(", ")) };
    row("chains", format!("governed on {}{alone}", visible(&charter.governance_chain().title)));
    row(
        "token",
        format!(
            "{} {}, of which {} can vote",
            tokens(charter.token.supply),
            visible(&charter.token.symbol),
            tokens(charter.token.votable_supply())
        ),
    );
    row("council", council(charter));
    row("next election", next_election(charter));
    row("phases", phases(charter));
    row(
        "nomination",
        format!(
            "{} of the votable supply, {} {}",
            percent(charter.election.threshold),
            charter
                .election
                .threshold
                .rule()
                .of(charter.token.votable_supply())
                .map_or_else(|_| "more than there are".to_owned(), tokens),
            visible(&charter.token.symbol),
        ),
    );
    row(
        "removal",
        format!(
            "quorum {}, more than {} of the votes cast",
            percent(charter.removal.quorum),
            percent(charter.removal.success)
        ),
    );
    row("delays", delays(charter));
    text.push_str(&table(2, &rows));
    let _ = writeln!(text, "\n{}", style.strong("Safes, in the order in which an update reaches them"));
    let seats = charter.council.seats();
    let safe = |safe: &ephor_charter::Safe| {
        vec![
            visible(&safe.name),
            charter.chain(&safe.chain).map_or_else(String::new, |chain| visible(&chain.title)),
            safe.kind.name().to_owned(),
            format!("{} of {seats}", safe.threshold),
            safe.address.map_or_else(String::new, |address| address.to_string()),
        ]
    };
    let safes: Vec<Vec<String>> = charter.safes.iter().map(safe).collect();
    text.push_str(&table(2, &safes));
    text
}

fn council(charter: &Charter) -> String {
    let council = &charter.council;
    let cohort = |cohort: &Cohort| {
        let sitting = cohort.members.len();
        let empty = council.seats_per_cohort.saturating_sub(sitting);
        let short = if empty == 0 { String::new() } else { format!(" ({empty} empty)") };
        format!("{}{short}", visible(&cohort.name))
    };
    let cohorts: Vec<String> = council.cohorts.iter().map(cohort).collect();
    format!(
        "{} seats in cohorts of {}: {}; at most {} of one organisation",
        council.seats(),
        council.seats_per_cohort,
        cohorts.join(" and "),
        council.seats_per_organisation
    )
}

fn cohort_up(charter: &Charter) -> &Cohort {
    let cohorts = &charter.council.cohorts;
    let held = charter.council.elections_held % cohorts.len().max(1) as u64;
    // Charters have exactly two cohorts, so that the remainder is an index.
    &cohorts[usize::from(held != 0)]
}

fn next_election(charter: &Charter) -> String {
    format!(
        "number {}, for the cohort {}, from {}; one every {} months",
        charter.council.elections_held,
        visible(&cohort_up(charter).name),
        utc(charter.next_election_seconds()),
        charter.election.interval_months
    )
}

fn phases(charter: &Charter) -> String {
    let election = &charter.election;
    let blocks = |blocks: u64| period(blocks.saturating_mul(charter.l1_chain().block_milliseconds) / 1_000);
    format!(
        "registration {}, endorsement {}, vetting {}, voting {} (full weight for {})",
        blocks(election.registration_blocks),
        blocks(election.endorsement_blocks),
        blocks(election.vetting_blocks),
        blocks(election.member_voting_blocks),
        blocks(election.full_weight_blocks)
    )
}

fn delays(charter: &Charter) -> String {
    let timelocks = &charter.timelocks;
    let mut parts = vec![format!(
        "{} on {}",
        period(timelocks.governance_delay_seconds),
        visible(&charter.governance_chain().title)
    )];
    let challenge = charter.governance_chain().bridge.as_ref().map(|bridge| bridge.challenge_period_seconds);
    parts.extend(challenge.map(|seconds| format!("{} until its messages can be executed", period(seconds))));
    let title = visible(&charter.l1_chain().title);
    parts.extend(timelocks.l1_delay_seconds.map(|seconds| format!("{} on {title}", period(seconds))));
    parts.join(", ")
}

fn details(charter: &Charter, style: Style) -> String {
    let mut text = String::new();
    for cohort in &charter.council.cohorts {
        let _ = writeln!(text, "\n{}", style.strong(format!("Cohort {}", visible(&cohort.name))));
        let member = |member: &Member| {
            let text = |text: &Option<String>| text.as_deref().map(visible).unwrap_or_default();
            vec![member.address.to_string(), text(&member.name), text(&member.organisation)]
        };
        let members: Vec<Vec<String>> = cohort.members.iter().map(member).collect();
        text.push_str(&table(2, &members));
    }
    let _ = writeln!(text, "\n{}", style.strong("Chains"));
    let chain = |chain: &Chain| {
        vec![
            visible(&chain.title),
            chain.kind.name().to_owned(),
            format!("chain id {}", chain.id),
            format!("in rehearsals {}", chain.rehearsal_id),
            chain.parent.as_ref().map_or_else(String::new, |parent| format!("on {}", visible(parent))),
        ]
    };
    let chains: Vec<Vec<String>> = charter.chains.iter().map(chain).collect();
    text.push_str(&table(2, &chains));
    let _ = writeln!(text, "\n{}", style.strong("Powers"));
    let grant = |grant: &ephor_charter::RoleGrant| {
        let holders: Vec<String> = grant.holders.iter().map(holder).collect();
        let on = format!("{} on {}", grant.on.name(), visible(&grant.chain));
        vec![grant.role.name().to_owned(), on, holders.join(", ")]
    };
    let roles: Vec<Vec<String>> = charter.roles.iter().map(grant).collect();
    text.push_str(&table(2, &roles));
    if !charter.contracts.is_empty() {
        let _ = writeln!(text, "\n{}", style.strong("Live contracts, as labels"));
        let contract = |contract: &ephor_charter::Contract| {
            vec![visible(&contract.chain), contract.part.name().to_owned(), contract.address.to_string()]
        };
        let contracts: Vec<Vec<String>> = charter.contracts.iter().map(contract).collect();
        text.push_str(&table(2, &contracts));
    }
    text
}

fn holder(holder: &Holder) -> String {
    match holder {
        Holder::Anyone => "anyone".to_owned(),
        Holder::Part(part) => part.name().to_owned(),
        Holder::Safe(name) => format!("Safe {}", visible(name)),
        Holder::Address(address) => address.to_string(),
    }
}

fn summary_json(charter: &Charter) -> Value {
    let council = &charter.council;
    let election = &charter.election;
    let cohort = |cohort: &Cohort| {
        let members: Vec<String> = cohort.members.iter().map(|member| member.address.to_string()).collect();
        json!({ "name": cohort.name, "members": members })
    };
    let chain = |chain: &Chain| {
        json!({
            "name": chain.name, "title": chain.title, "kind": chain.kind.name(), "id": chain.id,
            "rehearsal_id": chain.rehearsal_id, "parent": chain.parent, "governance": chain.governance,
        })
    };
    let safe = |safe: &ephor_charter::Safe| {
        json!({
            "name": safe.name, "chain": safe.chain, "kind": safe.kind.name(), "threshold": safe.threshold,
            "address": safe.address.map(|address| address.to_string()),
        })
    };
    json!({
        "name": charter.name,
        "description": charter.description,
        "source": charter.source,
        "chains": charter.chains.iter().map(chain).collect::<Vec<_>>(),
        "token": {
            "symbol": charter.token.symbol,
            "supply_units": charter.token.supply.to_string(),
            "votable_supply_units": charter.token.votable_supply().to_string(),
        },
        "council": {
            "seats": council.seats(),
            "seats_per_cohort": council.seats_per_cohort,
            "seats_per_organisation": council.seats_per_organisation,
            "cohorts": council.cohorts.iter().map(cohort).collect::<Vec<_>>(),
        },
        "next_election": {
            "number": council.elections_held,
            "cohort": cohort_up(charter).name,
            "starts_at_seconds": charter.next_election_seconds(),
            "starts_at": utc(charter.next_election_seconds()),
            "interval_months": election.interval_months,
        },
        "election": {
            "registration_blocks": election.registration_blocks,
            "endorsement_blocks": election.endorsement_blocks,
            "vetting_blocks": election.vetting_blocks,
            "member_voting_blocks": election.member_voting_blocks,
            "full_weight_blocks": election.full_weight_blocks,
            "threshold_ten_thousandths": election.threshold.ten_thousandths(),
        },
        "timelocks": {
            "governance_delay_seconds": charter.timelocks.governance_delay_seconds,
            "l1_delay_seconds": charter.timelocks.l1_delay_seconds,
        },
        "safes": charter.safes.iter().map(safe).collect::<Vec<_>>(),
    })
}
