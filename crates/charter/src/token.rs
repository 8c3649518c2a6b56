//! The token by which a council is elected.

use crate::{
    document::{Section, Tokens},
    problem::VoteProblem,
};
use alloy_primitives::{Address, U256};
use ephor_rules::threshold::EXCLUDE_ADDRESS;

/// The votes token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token {
    /// Its name.
    pub name: String,
    /// Its symbol.
    pub symbol: String,
    /// All there is, in the smallest units (18 decimals).
    pub supply: U256,
    /// The token's counterpart on the L1.
    pub l1_address: Address,
    /// Votes delegated to this address do not count toward the votable supply.
    pub exclude_address: Address,
    /// Who holds a part of the supply that matters. The rest belongs to the voters of a scenario.
    pub holders: Vec<Holding>,
}

/// A part of the supply.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Holding {
    /// Who holds it, in words.
    pub name: String,
    /// The live account, where it is one.
    pub address: Option<Address>,
    /// How much, in the smallest units.
    pub amount: U256,
    /// Whether its votes are delegated to the exclude address.
    pub excluded: bool,
}

impl Token {
    /// What the excluded holders hold, in the smallest units.
    pub fn excluded_amount(&self) -> U256 {
        self.holders.iter().filter(|holding| holding.excluded).fold(U256::ZERO, |sum, h| sum.saturating_add(h.amount))
    }

    /// The supply that can vote, in the smallest units: all but what is excluded.
    pub fn votable_supply(&self) -> U256 {
        self.supply.saturating_sub(self.excluded_amount())
    }
}

/// Bits in which the token counts votes.
const VOTE_BITS: usize = 224;

/// Reads `[token]`.
pub(crate) fn read(document: &mut Section<'_>) -> Option<Token> {
    let mut section = document.section("token")?;
    let source = section.source;
    let name = section.text("name");
    let symbol = section.text("symbol");
    let supply = section.positive::<Tokens>("supply");
    let l1_address = section.somebody("l1_address");
    let exclude_address = section.somebody("exclude_address");
    if let Some(found) = &exclude_address
        && found.value != EXCLUDE_ADDRESS
    {
        let problem = VoteProblem::ExcludeAddress { found: found.value, known: EXCLUDE_ADDRESS };
        source.report(found.span.clone(), problem);
    }
    if let Some(supply) = &supply
        && supply.value.0.bit_len() > VOTE_BITS
    {
        source.report(supply.span.clone(), VoteProblem::SupplyTooGreat { supply: supply.value.0 });
    }
    let mut holders: Vec<Holding> = Vec::new();
    let mut sum = U256::ZERO;
    for mut section in section.sections("holders") {
        let name = section.text("name");
        let address = section.optional_somebody("address");
        let amount = section.positive::<Tokens>("amount");
        let excluded = section.optional("excluded");
        section.finish();
        let (Some(name), Some(amount)) = (name, amount) else { continue };
        sum = sum.saturating_add(amount.value.0);
        if let Some(supply) = &supply
            && sum > supply.value.0
        {
            let problem = VoteProblem::AboveSupply { amount: sum, supply: supply.value.0 };
            source.report(amount.span.clone(), problem);
        }
        holders.push(Holding {
            name: name.value,
            address: address.map(|sited| sited.value),
            amount: amount.value.0,
            excluded: excluded.is_some_and(|sited| sited.value),
        });
    }
    let excluded =
        holders.iter().filter(|holding| holding.excluded).fold(U256::ZERO, |sum, h| sum.saturating_add(h.amount));
    if let Some(supply) = &supply
        && excluded == supply.value.0
    {
        source.report(supply.span.clone(), VoteProblem::NothingVotable);
    }
    section.finish();
    Some(Token {
        name: name?.value,
        symbol: symbol?.value,
        supply: supply?.value.0,
        l1_address: l1_address?.value,
        exclude_address: exclude_address?.value,
        holders,
    })
}
