//! Running a scenario.
//!
//! ```text
//! stand up ─▶ for each step: move the clock ─▶ act ─▶ compare with what is expected ─▶ … ─▶ report
//! ```
//!
//! Invariants: the clock only moves forward; a step that goes otherwise than expected ends the run; what the report says is read through
//! the client's views, but for messages between chains, which the network shows as well while no contract can.

mod act;
mod check;
mod crowd;
mod deeds;
mod error;
mod relay;
mod replay;
mod tell;
mod time;
mod vetting;

use std::collections::BTreeMap;

use alloy_network::Ethereum;
use alloy_primitives::{Address, U256};
use alloy_provider::{Provider, RootProvider};
use alloy_rpc_client::RpcClient;
use ephor_charter::Charter;
use ephor_client::{Council, actions::election::Round, views::CouncilView};
use ephor_deploy::{Allocation, StandUp, stand_up};
use ephor_network::{Message, MessageId, MessageState, Shared};

pub use error::{Impossible, RehearsalError, Unmet};

use crate::{
    report::{Check, Entry, Person, Point, Report, Statement, Totals},
    scenario::Scenario,
};

/// How a scenario is run.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Options {}

/// What happens while a scenario runs.
#[derive(Clone, Copy, Debug)]
pub enum Event<'a> {
    /// The charter is stood up, with so many delegates.
    StandingUp {
        /// How many.
        delegates: usize,
    },
    /// It stands.
    StoodUp {
        /// On so many chains.
        chains: usize,
    },
    /// A step begins.
    Step {
        /// Its number, from 1.
        number: usize,
        /// How many there are.
        of: usize,
    },
    /// A part of a long step is done.
    Progress {
        /// What the step does.
        what: &'a str,
        /// How much is done.
        done: usize,
        /// Of how much.
        of: usize,
    },
    /// Something happened.
    Happened(&'a Entry),
    /// An expectation was looked at.
    Checked(&'a Check),
}

/// Whoever looks on.
pub trait Observer {
    /// Something happens.
    fn notice(&mut self, event: Event<'_>);
}

/// Nobody looks on.
#[derive(Clone, Copy, Debug, Default)]
pub struct Silent;

impl Observer for Silent {
    fn notice(&mut self, _: Event<'_>) {}
}

/// Runs a scenario with a charter.
///
/// # Errors
/// [`RehearsalError`]: the first expectation that is not met, with the report so far, or why the run cannot go on.
pub fn run(
    scenario: &Scenario,
    charter: &Charter,
    _options: &Options,
    observer: &mut dyn Observer,
) -> Result<Report, RehearsalError> {
    let runtime = tokio::runtime::Builder::new_current_thread().build().map_err(RehearsalError::Runtime)?;
    runtime.block_on(async {
        let mut run = Run::begin(scenario, charter, observer).await?;
        run.play().await?;
        run.report().await
    })
}

/// What came of the acts of one step.
#[derive(Clone, Debug, Default)]
struct Came {
    weight: U256,
    events: Vec<&'static str>,
    /// The names by which a refusal can be called, and the whole of it.
    refusals: Vec<(Vec<String>, String)>,
    acts: usize,
}

/// A run under way.
struct Run<'a> {
    scenario: &'a Scenario,
    charter: &'a Charter,
    observer: &'a mut dyn Observer,
    shared: Shared,
    council: Council,
    /// The chain on which elections are held.
    governance: String,
    /// The election that the story is about: the last created, or the next where none was.
    election: u64,
    before: CouncilView,
    began_seconds: u64,
    timeline: Vec<Entry>,
    checks: Vec<Check>,
    /// What is said about the truth of what happened, beyond what the scenario says of its input.
    statements: Vec<Statement>,
    totals: Totals,
    /// The step under way, from 1.
    step: usize,
    came: Came,
    /// Votes used by account, as the governors told.
    used: BTreeMap<(u64, &'static str, Address), U256>,
    messages: BTreeMap<MessageId, MessageState>,
    /// Weights over time, by election and nominee.
    samples: BTreeMap<u64, BTreeMap<Address, Vec<Point>>>,
    anyone: Person,
}

impl<'a> Run<'a> {
    async fn begin(
        scenario: &'a Scenario,
        charter: &'a Charter,
        observer: &'a mut dyn Observer,
    ) -> Result<Self, RehearsalError> {
        observer.notice(Event::StandingUp { delegates: scenario.voters.len() });
        let allocations: Vec<Allocation> = scenario
            .voters
            .iter()
            .filter(|voter| !voter.votes.is_zero())
            .map(|voter| Allocation { account: voter.person.address, votes: voter.votes })
            .collect();
        let start = scenario.start_seconds.unwrap_or_else(|| charter.next_election_seconds().saturating_sub(86_400));
        let StandUp { network, deployment, .. } = stand_up(charter, &allocations, start, scenario.anchor)?;
        observer.notice(Event::StoodUp { chains: deployment.chains.len() });

        let shared = Shared::new(network);
        let mut providers = Vec::new();
        for chain in &deployment.chains {
            let client = RpcClient::new(shared.endpoint(chain.chain_id)?, true);
            providers.push((chain.name.clone(), RootProvider::<Ethereum>::new(client).erased()));
        }
        let council = Council::new(deployment, providers)?;
        let anyone = scenario.people.at(scenario.people.find("anyone").map_or(Address::ZERO, |anyone| anyone.address));
        {
            // Whoever carries messages on pays for it.
            let mut network = shared.lock();
            let wei = U256::from(1_000_000_000_000_000_000_000_u128);
            for chain in &council.deployment().chains {
                network
                    .chain_mut(chain.chain_id)?
                    .set_balance(anyone.address, wei)
                    .map_err(ephor_network::NetworkError::from)?;
            }
        }
        let governance = council.governance_chain()?.name.clone();
        let (election, before) = (council.elections().await?, council.members().await?);
        let began_seconds = shared.lock().clock().now_seconds();
        let totals = Totals { steps: scenario.steps.len(), ..Totals::default() };
        Ok(Self {
            scenario,
            charter,
            observer,
            shared,
            council,
            governance,
            election,
            before,
            began_seconds,
            timeline: Vec::new(),
            checks: Vec::new(),
            statements: Vec::new(),
            totals,
            step: 0,
            came: Came::default(),
            used: BTreeMap::new(),
            messages: BTreeMap::new(),
            samples: BTreeMap::new(),
            anyone,
        })
    }

    /// Goes through the steps.
    async fn play(&mut self) -> Result<(), RehearsalError> {
        let scenario = self.scenario;
        for (i, step) in scenario.steps.iter().enumerate() {
            self.step = i + 1;
            self.came = Came::default();
            self.observer.notice(Event::Step { number: self.step, of: scenario.steps.len() });
            let from = self.timeline.len();
            if let Some(at) = &step.at {
                let seconds = self.resolve(at).await?;
                self.move_to(seconds, at, step.does.is_some())?;
            }
            if let Some(deed) = &step.does {
                self.deed(step, deed).await?;
            }
            self.let_time_show()?;
            self.notice_messages()?;
            self.foretell(from).await?;
            if let (Some(note), Some(entry)) = (&step.note, self.timeline.get_mut(from)) {
                entry.details.insert(0, note.clone());
            }
            for entry in &self.timeline[from..] {
                self.observer.notice(Event::Happened(entry));
            }
            self.check(step).await?;
        }
        Ok(())
    }

    /// The line of the step under way.
    fn line(&self) -> usize {
        self.scenario.steps.get(self.step.saturating_sub(1)).map_or(0, |step| step.line)
    }

    fn impossible(&self, why: Impossible) -> RehearsalError {
        RehearsalError::Impossible { file: self.scenario.file.clone(), line: self.line(), step: self.step, why }
    }

    /// The id of a chain.
    fn chain_id(&self, chain: &str) -> Result<u64, RehearsalError> {
        Ok(self.council.deployment().chain(chain)?.chain_id)
    }

    /// The name of a chain for people.
    fn title(&self, chain: &str) -> String {
        self.council.deployment().chain(chain).map_or_else(|_| chain.to_owned(), |site| site.title.clone())
    }

    /// Somebody by address.
    fn person(&self, address: Address) -> Person {
        self.scenario.people.at(address)
    }

    /// Several people by address, as a list in words.
    fn names<'b>(&self, addresses: impl IntoIterator<Item = &'b Address>) -> String {
        let names: Vec<String> = addresses.into_iter().map(|address| self.person(*address).name).collect();
        if names.is_empty() { "nobody".to_owned() } else { names.join(", ") }
    }

    fn used_by(&self, round: Round, account: Address) -> U256 {
        let key = (self.election, round.governor().name(), account);
        self.used.get(&key).copied().unwrap_or_default()
    }

    /// The messages between chains as they stand.
    fn network_messages(&self) -> Vec<Message> {
        self.shared.lock().messages().cloned().collect()
    }
}
