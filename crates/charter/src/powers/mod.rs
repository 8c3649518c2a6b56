//! Who may do what: the contracts of a council, their roles and the holders of these.

mod needs;

use crate::{
    chains::{Chain, unknown},
    document::{Section, Setting, Source, address, choice},
    places::Places,
    problem::{PowerProblem, Problem},
    safes::Safe,
};
use alloy_primitives::Address;
use std::ops::Range;
use toml::de::DeValue;

macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident = $word:literal,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name {
            $($(#[$variant_doc])* $variant,)*
        }

        impl $name {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// The word for it in a charter.
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $word,)*
                }
            }
        }

        impl Setting for $name {
            fn read(value: &DeValue<'_>) -> Result<Self, Problem> {
                choice(value, Self::ALL, Self::name)
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.name())
            }
        }
    };
}

words! {
    /// A contract of the system, by what it does.
    Part {
        /// The votes token.
        Token = "token",
        /// The governor for proposals that change the system.
        CoreGovernor = "core-governor",
        /// The governor for proposals that only spend.
        TreasuryGovernor = "treasury-governor",
        /// The timelock of the core governor, on the governance chain.
        CoreTimelock = "core-timelock",
        /// The timelock of the treasury governor.
        TreasuryTimelock = "treasury-timelock",
        /// The DAO's treasury.
        Treasury = "treasury",
        /// The record of the constitution's hash.
        Constitution = "constitution",
        /// The first stage of an election.
        NomineeElection = "nominee-election",
        /// The second stage of an election.
        MemberElection = "member-election",
        /// The governor that removes members.
        MemberRemoval = "member-removal",
        /// The list of members, source of truth.
        CouncilManager = "council-manager",
        /// What builds the way to each chain's executor.
        RouteBuilder = "route-builder",
        /// The timelock of the L1.
        L1Timelock = "l1-timelock",
        /// What executes upgrades; one on each chain.
        UpgradeExecutor = "upgrade-executor",
        /// What administers proxies; one on each chain.
        ProxyAdmin = "proxy-admin",
        /// The action that installs members in a Safe; one on each chain.
        MemberSync = "member-sync",
        /// The store of the sync action's nonces; one on each chain.
        KeyValueStore = "key-value-store",
    }
}

words! {
    /// A role of an access-controlled contract.
    Role {
        /// Grants and revokes roles.
        DefaultAdmin = "DEFAULT_ADMIN",
        /// Replaces a whole cohort.
        CohortReplacer = "COHORT_REPLACER",
        /// Adds a member.
        MemberAdder = "MEMBER_ADDER",
        /// Removes a member.
        MemberRemover = "MEMBER_REMOVER",
        /// Replaces a member by another person.
        MemberReplacer = "MEMBER_REPLACER",
        /// Replaces a member's key.
        MemberRotator = "MEMBER_ROTATOR",
        /// Administers a timelock.
        TimelockAdmin = "TIMELOCK_ADMIN",
        /// Schedules operations in a timelock.
        Proposer = "PROPOSER",
        /// Executes: ready operations of a timelock, upgrades of an executor.
        Executor = "EXECUTOR",
        /// Cancels operations of a timelock.
        Canceller = "CANCELLER",
        /// Administers an upgrade executor.
        Admin = "ADMIN",
    }
}

impl Part {
    /// The roles the contract has; empty for a contract without access control.
    pub const fn roles(self) -> &'static [Role] {
        match self {
            Self::CouncilManager => &[
                Role::DefaultAdmin,
                Role::CohortReplacer,
                Role::MemberAdder,
                Role::MemberRemover,
                Role::MemberReplacer,
                Role::MemberRotator,
            ],
            Self::CoreTimelock | Self::TreasuryTimelock | Self::L1Timelock => {
                &[Role::TimelockAdmin, Role::Proposer, Role::Executor, Role::Canceller]
            }
            Self::UpgradeExecutor => &[Role::Admin, Role::Executor],
            _ => &[],
        }
    }

    /// Where the contract stands.
    pub const fn place(self) -> Place {
        match self {
            Self::L1Timelock => Place::L1,
            Self::UpgradeExecutor | Self::ProxyAdmin | Self::MemberSync | Self::KeyValueStore => Place::Everywhere,
            _ => Place::Governance,
        }
    }
}

impl Part {
    /// Whether everybody can hold the role at once: timelocks let anyone execute what has waited, if told so.
    const fn can_be_open(self, role: Role) -> bool {
        matches!((self, role), (Self::CoreTimelock | Self::TreasuryTimelock | Self::L1Timelock, Role::Executor))
    }
}

/// Where a contract stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// On the governance chain.
    Governance,
    /// On the L1; with a single chain, on that.
    L1,
    /// On every chain.
    Everywhere,
}

/// Who can hold a role.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Holder {
    /// Everybody: the role is open.
    Anyone,
    /// A contract of the system. Where it stands on the L1 and the role on an L2, it acts through its alias there.
    Part(Part),
    /// A Safe of the charter, by name.
    Safe(String),
    /// Somebody else.
    Address(Address),
}

/// A role on a contract, and who holds it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoleGrant {
    /// The contract.
    pub on: Part,
    /// The chain on which the contract stands, by name.
    pub chain: String,
    /// The role.
    pub role: Role,
    /// Who holds it.
    pub holders: Vec<Holder>,
}

/// The address of a live contract.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Contract {
    /// The contract.
    pub part: Part,
    /// The chain on which it stands, by name.
    pub chain: String,
    /// Where it stands there.
    pub address: Address,
}

/// Reads `[contracts.<chain>]`.
pub(crate) fn read_contracts(
    document: &mut Section<'_>,
    chains: Option<&[Chain]>,
    places: &mut Places,
) -> Option<Vec<Contract>> {
    let Some(mut section) = document.optional_section("contracts") else { return Some(Vec::new()) };
    let mut contracts = Vec::new();
    for (chain, mut section) in section.named_sections() {
        check_chain(&section, &chain.value, chain.span, chains);
        for (part, address) in section.named_settings::<Part, Address>() {
            if let Some(chains) = chains {
                check_place(section.source, part.span, part.value, &chain.value, chains);
            }
            if address.value.is_zero() {
                section.source.report(address.span, Problem::ZeroAddress);
                continue;
            }
            let what = format!("the contract {}", part.value);
            places.claim(section.source, address.span, &chain.value, address.value, what);
            contracts.push(Contract { part: part.value, chain: chain.value.clone(), address: address.value });
        }
    }
    Some(contracts)
}

/// Reads `[[roles]]`.
pub(crate) fn read_roles(
    document: &mut Section<'_>,
    chains: Option<&[Chain]>,
    safes: Option<&[Safe]>,
) -> Option<Vec<RoleGrant>> {
    let sections = document.sections("roles");
    let count = sections.len();
    let sited: Vec<SitedGrant> = sections.into_iter().filter_map(|section| read_role(section, chains, safes)).collect();
    let complete = sited.len() == count;
    if complete && let (Some(chains), Some(safes)) = (chains, safes) {
        needs::check(document, &sited, chains, safes);
    }
    let roles: Vec<RoleGrant> = sited.into_iter().map(|sited| sited.grant).collect();
    if complete {
        for (part, role) in [
            (Part::CouncilManager, Role::CohortReplacer),
            (Part::CouncilManager, Role::DefaultAdmin),
            (Part::CoreTimelock, Role::Proposer),
            (Part::CoreTimelock, Role::Executor),
        ] {
            if !roles.iter().any(|grant| grant.on == part && grant.role == role && !grant.holders.is_empty()) {
                document.report(PowerProblem::RoleWithoutHolder { part: part.name(), role: role.name() });
            }
        }
    }
    complete.then_some(roles)
}

/// A grant, and where its holders stand.
struct SitedGrant {
    grant: RoleGrant,
    span: Range<usize>,
}

fn read_role(mut section: Section<'_>, chains: Option<&[Chain]>, safes: Option<&[Safe]>) -> Option<SitedGrant> {
    let source = section.source;
    let on = section.required::<Part>("on");
    let chain = section.optional::<String>("chain");
    let role = section.required::<Role>("role");
    let span = section.value("holders").map_or_else(|| section.span(), toml::Spanned::span);
    let mut holders = Vec::new();
    for holder in section.list::<Holder>("holders") {
        if let (Holder::Safe(name), Some(safes)) = (&holder.value, safes)
            && !safes.iter().any(|safe| safe.name == *name)
        {
            let safes = safes.iter().take(16).map(|safe| safe.name.clone()).collect();
            source.report(holder.span.clone(), PowerProblem::UnknownHolder { found: name.clone(), safes });
        }
        if let (Some(on), Some(role), Holder::Anyone) = (&on, &role, &holder.value)
            && !on.value.can_be_open(role.value)
        {
            let problem = PowerProblem::NeverOpen { part: on.value.name(), role: role.value.name() };
            source.report(holder.span.clone(), problem);
        }
        if let (Holder::Part(Part::L1Timelock), Some(chains)) = (&holder.value, chains) {
            check_timelock(source, holder.span.clone(), chains);
        }
        if holder.value == Holder::Address(Address::ZERO) {
            source.report(holder.span.clone(), Problem::ZeroAddress);
        }
        holders.push(holder.value);
    }
    if let Some(chain) = &chain {
        check_chain(&section, &chain.value, chain.span.clone(), chains);
    }
    if let (Some(on), Some(chains)) = (&on, chains) {
        match &chain {
            Some(chain) => check_place(source, chain.span.clone(), on.value, &chain.value, chains),
            None if on.value == Part::L1Timelock => check_timelock(source, on.span.clone(), chains),
            None => {}
        }
    }
    if let (Some(on), Some(role)) = (&on, &role)
        && !on.value.roles().contains(&role.value)
    {
        let problem = PowerProblem::NoSuchRole {
            part: on.value.name(),
            role: role.value.name(),
            roles: on.value.roles().iter().map(|role| role.name()).collect(),
        };
        source.report(role.span.clone(), problem);
    }
    // Where a contract stands on one chain only, the charter need not say on which.
    if let (Some(on), None) = (&on, &chain)
        && on.value.place() == Place::Everywhere
    {
        section.report(Problem::MissingKey { section: "[[roles]] of a contract on every chain".into(), key: "chain" });
    }
    section.finish();
    let on = on?.value;
    let chain = match chain {
        Some(chain) => chain.value,
        None => {
            let governance = chains?.iter().find(|chain| chain.governance)?;
            match (on.place(), &governance.parent) {
                (Place::L1, Some(parent)) => parent.clone(),
                _ => governance.name.clone(),
            }
        }
    };
    for holder in &holders {
        if let (Holder::Safe(name), Some(safes)) = (holder, safes)
            && let Some(safe) = safes.iter().find(|safe| safe.name == *name && safe.chain != chain)
            && [&safe.chain, &chain]
                .iter()
                .all(|name| chains.is_some_and(|all| all.iter().any(|one| one.name == **name)))
        {
            let (safe, stands_on) = (safe.name.clone(), safe.chain.clone());
            source.report(span.clone(), PowerProblem::SafeElsewhere { safe, stands_on, chain: chain.clone() });
        }
    }
    Some(SitedGrant { grant: RoleGrant { on, chain, role: role?.value, holders }, span })
}

impl Holder {
    /// Whether a Safe of this name could not be told from another holder.
    pub(crate) fn means_else(name: &str) -> bool {
        name == "anyone" || name.starts_with("0x") || Part::ALL.iter().any(|part| part.name() == name)
    }
}

/// A holder is "anyone", an address, the word for a contract, or the name of a Safe.
impl Setting for Holder {
    fn read(value: &DeValue<'_>) -> Result<Self, Problem> {
        let text = String::read(value)?;
        if text == "anyone" {
            return Ok(Self::Anyone);
        }
        if text.starts_with("0x") {
            return address(&text).map(Self::Address);
        }
        match Part::ALL.iter().find(|part| part.name() == text) {
            Some(part) => Ok(Self::Part(*part)),
            None => Ok(Self::Safe(text)),
        }
    }
}

/// A contract stands on the chain; reported at `span` where it does not. Chains that do not exist are reported by themselves.
fn check_place(source: &Source<'_>, span: Range<usize>, part: Part, chain: &str, chains: &[Chain]) {
    let Some(governance) = chains.iter().find(|chain| chain.governance) else { return };
    if !chains.iter().any(|known| known.name == chain) {
        return;
    }
    let stands_on = match part.place() {
        Place::Everywhere => return,
        Place::Governance => Some(governance.name.clone()),
        Place::L1 => governance.parent.clone(),
    };
    if stands_on.as_deref() != Some(chain) {
        let problem = PowerProblem::StandsElsewhere { part: part.name(), chain: chain.to_owned(), stands_on };
        source.report(span, problem);
    }
}

/// There is a timelock on the L1.
fn check_timelock(source: &Source<'_>, span: Range<usize>, chains: &[Chain]) {
    if let Some(Chain { parent: None, name, .. }) = chains.iter().find(|chain| chain.governance) {
        check_place(source, span, Part::L1Timelock, name, chains);
    }
}

fn check_chain(section: &Section<'_>, name: &str, span: Range<usize>, chains: Option<&[Chain]>) {
    if let Some(chains) = chains
        && !chains.iter().any(|chain| chain.name == name)
    {
        section.source.report(span, unknown(name, chains));
    }
}
