//! A charter as a whole: loading it, and asking it.

use crate::{
    chains::{self, Chain},
    council::{self, Council},
    document::Section,
    election::{self, Election},
    fault::Faults,
    governance::{self, CoreGovernor, Fallback, Removal, Timelocks},
    places::Places,
    powers::{self, Contract, Part, Role, RoleGrant},
    reading,
    safes::{self, Safe},
    token::{self, Token},
};
use alloy_primitives::{Address, U256};
use ephor_rules::{calendar::Calendar, stages::Durations};
use std::path::Path;

/// The parameters and powers of one council.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Charter {
    /// The council's name.
    pub name: String,
    /// What it is.
    pub description: String,
    /// Where the parameters come from.
    pub source: String,
    /// Its chains.
    pub chains: Vec<Chain>,
    /// The token by which it is elected.
    pub token: Token,
    /// Its seats and members.
    pub council: Council,
    /// How it is elected.
    pub election: Election,
    /// What happens with too few nominees.
    pub fallback: Fallback,
    /// How a member is removed by vote.
    pub removal: Removal,
    /// How proposals are voted.
    pub core_governor: CoreGovernor,
    /// How long decisions wait.
    pub timelocks: Timelocks,
    /// The accounts through which it acts.
    pub safes: Vec<Safe>,
    /// Who may do what.
    pub roles: Vec<RoleGrant>,
    /// Live contracts, where there are any.
    pub contracts: Vec<Contract>,
}

impl Charter {
    /// Reads and checks a charter file.
    ///
    /// # Errors
    /// Every fault of the file, or why it cannot be read: it is missing, a directory, larger than [`MOST_BYTES`](crate::MOST_BYTES), or no
    /// UTF-8 text.
    pub fn load(path: impl AsRef<Path>) -> Result<Self, Faults> {
        reading::load(path.as_ref(), "the charter", read)
    }

    /// Checks a charter's text; `name` is the file's, for the faults.
    ///
    /// # Errors
    /// Every fault of the text.
    pub fn parse(name: &str, text: &str) -> Result<Self, Faults> {
        reading::parse(name, "the charter", text, read)
    }

    /// A chain by name.
    pub fn chain(&self, name: &str) -> Option<&Chain> {
        self.chains.iter().find(|chain| chain.name == name)
    }

    /// The chain on which elections are held.
    ///
    /// # Panics
    /// For a charter built by hand without any chain; one that was loaded has exactly one governance chain.
    pub fn governance_chain(&self) -> &Chain {
        self.chains.iter().find(|chain| chain.governance).unwrap_or(&self.chains[0])
    }

    /// The L1: the governance chain's parent, or the governance chain itself where it has none.
    pub fn l1_chain(&self) -> &Chain {
        let governance = self.governance_chain();
        governance.parent.as_deref().and_then(|parent| self.chain(parent)).unwrap_or(governance)
    }

    /// A Safe by name.
    pub fn safe(&self, name: &str) -> Option<&Safe> {
        self.safes.iter().find(|safe| safe.name == name)
    }

    /// The live address of a contract on a chain.
    pub fn contract(&self, part: Part, chain: &str) -> Option<Address> {
        self.contracts
            .iter()
            .find(|contract| contract.part == part && contract.chain == chain)
            .map(|contract| contract.address)
    }

    /// The grants of a role on a contract; several where the contract stands on several chains.
    pub fn grants(&self, on: Part, role: Role) -> impl Iterator<Item = &RoleGrant> {
        self.roles.iter().filter(move |grant| grant.on == on && grant.role == role)
    }

    /// When elections are held, and which cohort is up.
    pub fn calendar(&self) -> Calendar {
        self.election.calendar(u32::try_from(self.council.cohorts.len()).unwrap_or(u32::MAX))
    }

    /// When the next election may be created, in Unix seconds.
    pub fn next_election_seconds(&self) -> u64 {
        let start = self.calendar().start_seconds(U256::from(self.council.elections_held));
        start.map_or(u64::MAX, |seconds| seconds.saturating_to())
    }

    /// How long each phase of an election lasts, in L1 blocks.
    pub const fn durations(&self) -> Durations {
        self.election.durations()
    }

    /// Months for which a member is elected: until the cohort is up again.
    pub fn term_months(&self) -> u64 {
        u64::from(self.election.interval_months).saturating_mul(self.council.cohorts.len() as u64)
    }
}

fn read(mut document: Section<'_>) -> Option<Charter> {
    let name = document.text("name");
    let description = document.text("description");
    let source = document.text("source");
    let mut places = Places::default();
    let chains = chains::read(&mut document, &mut places);
    let token = token::read(&mut document);
    let council = council::read(&mut document);
    let election = election::read(&mut document, chains.as_deref(), council.as_ref());
    let fallback = governance::read_fallback(&mut document, election.as_ref());
    let removal = governance::read_removal(&mut document, token.as_ref());
    let core_governor = governance::read_core_governor(&mut document, token.as_ref());
    let timelocks = governance::read_timelocks(&mut document, chains.as_deref());
    let safes = safes::read(&mut document, chains.as_deref(), council.as_ref(), &mut places);
    let roles = powers::read_roles(&mut document, chains.as_deref(), safes.as_deref());
    let contracts = powers::read_contracts(&mut document, chains.as_deref(), &mut places);
    document.finish();
    Some(Charter {
        name: name?.value,
        description: description?.value,
        source: source?.value,
        chains: chains?,
        token: token?,
        council: council?,
        election: election?,
        fallback: fallback?,
        removal: removal?,
        core_governor: core_governor?,
        timelocks: timelocks?,
        safes: safes?,
        roles: roles?,
        contracts: contracts?,
    })
}
