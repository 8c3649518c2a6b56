//! Powers without which the elected are never installed: from the member election to the manager, from there into the timelock, and
//! through the last timelock to the executor of each chain that has a Safe.

use super::{Holder, Part, Role, SitedGrant};
use crate::{chains::Chain, document::Section, problem::PowerProblem, safes::Safe};

/// Checks the whole way of an update.
pub(super) fn check(document: &Section<'_>, grants: &[SitedGrant], chains: &[Chain], safes: &[Safe]) {
    let Some(governance) = chains.iter().find(|chain| chain.governance) else { return };
    let need = |on: Part, chain: &str, role: Role, holder: Part, otherwise: &'static str| {
        let of: Vec<&SitedGrant> = grants
            .iter()
            .filter(|sited| sited.grant.on == on && sited.grant.role == role && sited.grant.chain == chain)
            .collect();
        let held = of.iter().any(|sited| sited.grant.holders.contains(&Holder::Part(holder)));
        // A role that nobody holds at all is reported as such, where the contract stands but once.
        let nobody = of.iter().all(|sited| sited.grant.holders.is_empty());
        if held || nobody && on != Part::UpgradeExecutor {
            return;
        }
        let site = of.first().map_or_else(|| document.span(), |sited| sited.span.clone());
        let problem = PowerProblem::LacksHolder {
            part: on.name(),
            chain: chain.to_owned(),
            role: role.name(),
            holder: holder.name(),
            otherwise,
        };
        document.source.report(site, problem);
    };
    need(
        Part::CouncilManager,
        &governance.name,
        Role::CohortReplacer,
        Part::MemberElection,
        "nobody who is elected would sit",
    );
    need(
        Part::CoreTimelock,
        &governance.name,
        Role::Proposer,
        Part::CouncilManager,
        "no change of members could be scheduled",
    );
    let last = if governance.parent.is_some() { Part::L1Timelock } else { Part::CoreTimelock };
    for chain in chains.iter().filter(|chain| safes.iter().any(|safe| safe.chain == chain.name)) {
        need(
            Part::UpgradeExecutor,
            &chain.name,
            Role::Executor,
            last,
            "no change of members would reach the Safes there",
        );
    }
}
