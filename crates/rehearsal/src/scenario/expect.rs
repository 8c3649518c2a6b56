//! What must come of a step.

use alloy_primitives::U256;
use ephor_charter::Problem;
use ephor_charter::reading::{Section, Setting, Tokens, choice};
use toml::de::DeValue;

use super::read::Cast;
use crate::report::Person;

/// What must come of a step. What is not named is not looked at, but for one thing: unless a refusal is expected, what is done must
/// succeed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Expect {
    /// The step's `expect`, as a line of the file; its own where there is none.
    pub line: usize,
    /// The error by which the contract refuses: its name, the message of a requirement, or `Panic(0x11)`.
    pub reverts: Option<String>,
    /// The weight of the votes cast in this step, or the endorsements that counted; in the smallest unit.
    pub weight: Option<U256>,
    /// Events that this step must log.
    pub events: Vec<String>,
    /// The election's phase, in words.
    pub phase: Option<String>,
    /// The state of the last removal proposed.
    pub removal: Option<String>,
    /// The state of the core governor's last proposal.
    pub proposal: Option<String>,
    /// How many contenders there are.
    pub contenders: Option<usize>,
    /// How many nominees there are who are not excluded.
    pub nominees: Option<usize>,
    /// Who would be elected, whatever the order.
    pub elected: Vec<Person>,
    /// Who sits, by the manager.
    pub seated: Vec<Person>,
    /// Who does not sit, by the manager.
    pub unseated: Vec<Person>,
    /// The nonce of the manager's last update.
    pub nonce: Option<u64>,
    /// Whether every Safe is owned by the council.
    pub in_line: Option<bool>,
    /// The Safes that are not owned by the council, and no others.
    pub behind: Option<Vec<String>>,
    /// A chain, and where the last ticket to it stands.
    pub ticket: Option<(String, &'static str)>,
}

impl Expect {
    /// Whether nothing is expected.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self { line: self.line, ..Self::default() }
    }
}

struct TicketState(&'static str);

impl Setting for TicketState {
    fn read(value: &DeValue<'_>) -> Result<Self, Problem> {
        choice(value, &["travelling", "redeemable", "executed", "expired", "lost"], |word| word).map(Self)
    }
}

pub(super) fn read(step: &mut Section<'_>, line: usize, cast: &Cast<'_>) -> Expect {
    let Some(mut section) = step.optional_section("expect") else { return Expect { line, ..Expect::default() } };
    let text = |section: &mut Section<'_>, key| section.optional::<String>(key).map(|sited| sited.value);
    let many = |section: &mut Section<'_>, key| section.optional::<usize>(key).map(|sited| sited.value);
    let mut expect = Expect {
        line: section.source.line(section.span().start),
        reverts: text(&mut section, "reverts"),
        weight: section.optional::<Tokens>("weight").map(|tokens| tokens.value.0),
        phase: text(&mut section, "phase"),
        removal: text(&mut section, "removal"),
        proposal: text(&mut section, "proposal"),
        contenders: many(&mut section, "contenders"),
        nominees: many(&mut section, "nominees"),
        elected: cast.people(&mut section, "elected"),
        seated: cast.people(&mut section, "seated"),
        unseated: cast.people(&mut section, "unseated"),
        nonce: section.optional::<u64>("nonce").map(|nonce| nonce.value),
        in_line: section.optional::<bool>("in_line").map(|whether| whether.value),
        ..Expect::default()
    };
    expect.events = match section.value("event").map(|value| value.get_ref().is_str()) {
        Some(true) => text(&mut section, "event").into_iter().collect(),
        Some(false) => section.list::<String>("event").into_iter().map(|event| event.value).collect(),
        None => Vec::new(),
    };
    if section.value("behind").is_some() {
        let safes = section.list::<String>("behind");
        expect.behind = Some(safes.into_iter().filter_map(|safe| cast.safe(&section, safe)).collect());
    }
    if let Some(mut ticket) = section.optional_section("ticket") {
        let chain = ticket.required::<String>("to").and_then(|chain| cast.chain(&ticket, chain));
        let state = ticket.required::<TicketState>("state");
        ticket.finish();
        expect.ticket = chain.zip(state.map(|state| state.value.0));
    }
    section.finish();
    expect
}
