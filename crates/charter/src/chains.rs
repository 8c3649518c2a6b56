//! The chains of a council, and how they stand on each other.
//!
//! ```text
//!        ethereum            the L1: no parent
//!        ╱      ╲
//! arbitrum-one  arbitrum-nova    each with a bridge to its parent
//!  governance
//! ```
//!
//! Checked: names, live ids and rehearsal ids are unique; no rehearsal id is a live id; exactly one governance chain; every
//! parent exists; every chain is the governance chain's L1 or a direct child of it, since updates travel up to that L1 and
//! down to its children; a governance chain without a parent is the only chain; blocks of a chain without a parent begin at whole seconds.

use crate::{
    document::{Section, Setting, Sited, Source},
    places::Places,
    problem::{ChainProblem, Problem},
};
use alloy_primitives::Address;
use toml::de::DeValue;

/// What kind of chain it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ChainKind {
    /// A chain that counts its own blocks and has no parent: Ethereum, or the only chain of a small council.
    Ethereum,
    /// A chain of Arbitrum's kind: contracts see the block number of the L1, and a bridge connects it to its parent.
    Arbitrum,
}

impl ChainKind {
    const ALL: [Self; 2] = [Self::Ethereum, Self::Arbitrum];

    /// The word for it in a charter.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ethereum => "ethereum",
            Self::Arbitrum => "arbitrum",
        }
    }
}

impl Setting for ChainKind {
    fn read(value: &DeValue<'_>) -> Result<Self, Problem> {
        crate::document::choice(value, &Self::ALL, Self::name)
    }
}

/// A chain of the council.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chain {
    /// By what the charter refers to it, for example `arbitrum-one`.
    pub name: String,
    /// Its name for people, for example "Arbitrum One".
    pub title: String,
    /// Its kind.
    pub kind: ChainKind,
    /// The id of the live chain.
    pub id: u64,
    /// The id of the chain that stands for it in rehearsals; no live chain's.
    pub rehearsal_id: u64,
    /// The chain it stands on, by name.
    pub parent: Option<String>,
    /// Whether elections are held and proposals are voted here.
    pub governance: bool,
    /// Milliseconds from one block to the next.
    pub block_milliseconds: u64,
    /// The block of the live chain before which none of the council's contracts logged anything of interest; the first one if that is not known.
    pub from_block: u64,
    /// Wei per gas on the chain that stands for it in rehearsals, where accounts need no ether unless this is set.
    pub rehearsal_base_fee_wei: u64,
    /// The bridge to the parent; present exactly when there is a parent.
    pub bridge: Option<Bridge>,
}

/// The bridge between a chain and its parent. Addresses are those of the live contracts on the parent, where known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bridge {
    /// Where messages to the chain are put.
    pub inbox: Option<Address>,
    /// What holds the messages.
    pub bridge: Option<Address>,
    /// Where messages from the chain are executed.
    pub outbox: Option<Address>,
    /// Seconds until a message from the chain can be executed on the parent.
    pub challenge_period_seconds: u64,
    /// Seconds a message to the chain can be redeemed.
    pub retryable_lifetime_seconds: u64,
    /// Seconds until a message from the parent arrives at the chain.
    pub delivery_seconds: u64,
}

/// Public networks on which a signature of a rehearsal must never be valid, whatever chains the charter names.
const PUBLIC: [(u64, &str); 20] = [
    (1, "Ethereum"),
    (10, "OP Mainnet"),
    (56, "BNB Smart Chain"),
    (100, "Gnosis"),
    (130, "Unichain"),
    (137, "Polygon"),
    (250, "Fantom"),
    (324, "ZKsync Era"),
    (480, "World Chain"),
    (1_101, "Polygon zkEVM"),
    (5_000, "Mantle"),
    (8_453, "Base"),
    (17_000, "Holesky"),
    (42_161, "Arbitrum One"),
    (42_170, "Arbitrum Nova"),
    (43_114, "Avalanche"),
    (59_144, "Linea"),
    (421_614, "Arbitrum Sepolia"),
    (534_352, "Scroll"),
    (11_155_111, "Sepolia"),
];

/// Names that a remedy lists.
const NAMES_LISTED: usize = 16;

/// A reference to a chain that does not exist.
pub(crate) fn unknown(name: &str, chains: &[Chain]) -> ChainProblem {
    let known = chains.iter().take(NAMES_LISTED).map(|known| known.name.clone()).collect();
    ChainProblem::UnknownChain { name: name.to_owned(), known }
}

/// Reads `[[chains]]`.
pub(crate) fn read(document: &mut Section<'_>, places: &mut Places) -> Option<Vec<Chain>> {
    let sections = document.sections("chains");
    if sections.is_empty() {
        document.report(Problem::MissingKey { section: "the charter".into(), key: "chains" });
        return None;
    }
    let source = document.source;
    let count = sections.len();
    let chains: Vec<SitedChain> = sections.into_iter().filter_map(|section| read_chain(section, places)).collect();
    // With a chain that cannot be read, whatever refers to it would look wrong as well.
    if chains.len() < count {
        return None;
    }
    check_uniqueness(source, &chains);
    check_parents(source, &chains);
    check_governance(source, document.span(), &chains);
    Some(chains.into_iter().map(|sited| sited.chain).collect())
}

/// A chain and where its settings stand.
struct SitedChain {
    chain: Chain,
    section: std::ops::Range<usize>,
    name: std::ops::Range<usize>,
    id: std::ops::Range<usize>,
    rehearsal_id: std::ops::Range<usize>,
    parent: std::ops::Range<usize>,
    governance: std::ops::Range<usize>,
}

fn read_chain(mut section: Section<'_>, places: &mut Places) -> Option<SitedChain> {
    let name = section.text("name");
    let title = section.optional::<String>("title");
    let kind = section.required("kind");
    let id = section.positive("id");
    let rehearsal_id = section.positive("rehearsal_id");
    let parent = section.optional::<String>("parent");
    let governance = section.optional("governance");
    let block_milliseconds = section.positive("block_milliseconds");
    let from_block = section.optional("from_block");
    let base_fee = section.optional("rehearsal_base_fee_wei");
    let bridge = section.optional_section("bridge");
    if bridge.is_none()
        && let Some(parent) = &parent
    {
        section.source.report(
            parent.span.clone(),
            Problem::MissingKey { section: "[[chains]] with a parent".into(), key: "bridge" },
        );
    }
    let has_bridge_section = bridge.is_some();
    let bridge = bridge.and_then(|section| {
        let ends = [name.as_ref(), parent.as_ref()].map(|sited| sited.map_or("", |sited| sited.value.as_str()));
        read_bridge(section, ends, places)
    });
    if let (Some(Sited { value: ChainKind::Ethereum, .. }), Some(block)) = (&kind, &block_milliseconds)
        && parent.is_none()
        && block.value % 1_000 != 0
    {
        section.source.report(block.span.clone(), ChainProblem::PartialSecond { milliseconds: block.value });
    }
    let span = section.span();
    section.finish();
    if has_bridge_section && bridge.is_none() {
        return None;
    }
    let (name, id, rehearsal_id) = (name?, id?, rehearsal_id?);
    let site = |site: &Option<Sited<String>>| site.as_ref().map_or(span.clone(), |sited| sited.span.clone());
    Some(SitedChain {
        name: name.span,
        id: id.span,
        rehearsal_id: rehearsal_id.span,
        parent: site(&parent),
        governance: governance.as_ref().map_or(span.clone(), |sited| sited.span.clone()),
        section: span,
        chain: Chain {
            title: title.map_or_else(|| name.value.clone(), |title| title.value),
            name: name.value,
            kind: kind?.value,
            id: id.value,
            rehearsal_id: rehearsal_id.value,
            parent: parent.map(|parent| parent.value),
            governance: governance.is_some_and(|governance| governance.value),
            block_milliseconds: block_milliseconds?.value,
            from_block: from_block.map_or(0, |block| block.value),
            rehearsal_base_fee_wei: base_fee.map_or(0, |fee| fee.value),
            bridge,
        },
    })
}

/// Reads the bridge between a chain and its parent, `ends`.
fn read_bridge(mut section: Section<'_>, [chain, parent]: [&str; 2], places: &mut Places) -> Option<Bridge> {
    let source = section.source;
    let [inbox, bridge, outbox] = ["inbox", "bridge", "outbox"].map(|key| {
        let at = section.optional_somebody(key)?;
        places.claim(source, at.span, parent, at.value, format!("the {key} of {chain}"));
        Some(at.value)
    });
    let challenge_period_seconds = section.wait("challenge_period_seconds");
    let retryable_lifetime_seconds = section.wait("retryable_lifetime_seconds");
    let delivery_seconds = section.wait("delivery_seconds");
    section.finish();
    Some(Bridge {
        inbox,
        bridge,
        outbox,
        challenge_period_seconds: challenge_period_seconds?.value,
        retryable_lifetime_seconds: retryable_lifetime_seconds?.value,
        delivery_seconds: delivery_seconds?.value,
    })
}

fn check_uniqueness(source: &Source<'_>, chains: &[SitedChain]) {
    for (i, sited) in chains.iter().enumerate() {
        let chain = &sited.chain;
        if let Some(first) = chains[..i].iter().find(|first| first.chain.name == chain.name) {
            let first_line = source.line(first.name.start);
            let problem = Problem::DuplicateName { what: "chain", name: chain.name.clone(), first_line };
            source.report(sited.name.clone(), problem);
        }
        if let Some(first) = chains[..i].iter().find(|first| first.chain.id == chain.id) {
            let problem = ChainProblem::DuplicateChainId { id: chain.id, chain: first.chain.name.clone() };
            source.report(sited.id.clone(), problem);
        }
        if let Some(first) = chains[..i].iter().find(|first| first.chain.rehearsal_id == chain.rehearsal_id) {
            let problem = ChainProblem::DuplicateChainId { id: chain.rehearsal_id, chain: first.chain.name.clone() };
            source.report(sited.rehearsal_id.clone(), problem);
        }
        if let Some((_, network)) = PUBLIC.iter().find(|(id, _)| *id == chain.rehearsal_id)
            && !chains.iter().any(|live| live.chain.id == chain.rehearsal_id)
        {
            let problem = ChainProblem::RehearsalIdIsPublic { id: chain.rehearsal_id, network };
            source.report(sited.rehearsal_id.clone(), problem);
        }
        if let Some(live) = chains.iter().find(|live| live.chain.id == chain.rehearsal_id) {
            let problem = ChainProblem::RehearsalIdIsLive { id: chain.rehearsal_id, chain: live.chain.name.clone() };
            source.report(sited.rehearsal_id.clone(), problem);
        }
    }
}

fn check_parents(source: &Source<'_>, chains: &[SitedChain]) {
    for sited in chains {
        let chain = &sited.chain;
        match (&chain.parent, chain.kind) {
            (None, ChainKind::Arbitrum) => {
                source.report(sited.section.clone(), ChainProblem::NeedsParent { chain: chain.name.clone() });
            }
            (Some(parent), ChainKind::Ethereum) => source.report(
                sited.parent.clone(),
                ChainProblem::NoParentAllowed { chain: chain.name.clone(), parent: parent.clone() },
            ),
            (Some(parent), ChainKind::Arbitrum) if !chains.iter().any(|other| other.chain.name == *parent) => {
                let known = chains.iter().take(NAMES_LISTED).map(|other| other.chain.name.clone()).collect();
                source.report(sited.parent.clone(), ChainProblem::UnknownChain { name: parent.clone(), known });
            }
            _ => {}
        }
    }
}

fn check_governance(source: &Source<'_>, document: std::ops::Range<usize>, chains: &[SitedChain]) {
    let mut governing = chains.iter().filter(|sited| sited.chain.governance);
    let Some(first) = governing.next() else {
        let site = chains.first().map_or(document, |sited| sited.section.clone());
        source.report(site, ChainProblem::NoGovernanceChain);
        return;
    };
    for second in governing {
        let problem = ChainProblem::TwoGovernanceChains { chain: first.chain.name.clone() };
        source.report(second.governance.clone(), problem);
    }
    let root = first.chain.parent.as_ref().unwrap_or(&first.chain.name);
    let root_exists = chains.iter().any(|sited| sited.chain.name == *root && sited.chain.parent.is_none());
    for sited in chains {
        let above = sited.chain.parent.as_ref().unwrap_or(&sited.chain.name);
        // A parent that does not exist is reported by itself.
        if root_exists && above != root && chains.iter().any(|other| other.chain.name == *above) {
            let problem = ChainProblem::NoRoute { from: first.chain.name.clone(), to: sited.chain.name.clone() };
            source.report(sited.section.clone(), problem);
        } else if first.chain.parent.is_none() && sited.chain.parent.as_deref() == Some(&first.chain.name) {
            let problem =
                ChainProblem::NoWayDown { governance: first.chain.name.clone(), chain: sited.chain.name.clone() };
            source.report(sited.parent.clone(), problem);
        }
    }
}
