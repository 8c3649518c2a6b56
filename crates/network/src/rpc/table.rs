//! The table of all methods: what each takes and gives, and who answers it.

use std::{
    collections::HashMap,
    sync::{LazyLock, Mutex},
};

use ephor_chain::Chain;
use serde_json::Value;

use super::{RpcError, debug, desk::Desk, ephor, eth, evm, filters::Filters, hardhat, params::Args, web3};
use crate::Network;

/// A method.
#[derive(Clone, Copy, Debug)]
pub struct Method {
    /// Its name.
    pub name: &'static str,
    /// What it does, in a line.
    pub summary: &'static str,
    /// What it takes, by position.
    pub params: &'static [Param],
    /// What it gives: a schema word, as in [`Param::kind`].
    pub result: &'static str,
    /// Whether it is there on rehearsal chains only.
    pub rehearsal_only: bool,
    /// What can be done before anything is locked.
    pub(super) prepare: Option<Prepare>,
    pub(super) handler: Handler,
}

/// A parameter.
#[derive(Clone, Copy, Debug)]
pub struct Param {
    /// Its name.
    pub name: &'static str,
    /// A schema word: `address`, `hash`, `data`, `quantity`, `slot`, `block`, `tag`, `boolean`, `string`, `number`, `object`, `transaction`,
    /// `filter`, `any`; with `?` it may be null, with `[]` it is an array.
    pub kind: &'static str,
    /// Whether it must be there.
    pub required: bool,
}

/// What can be done before anything is locked.
pub(super) type Prepare = fn(&mut Args<'_>) -> Result<(), RpcError>;
/// Who answers.
pub(super) type Handler = fn(&mut Room<'_>, &Args<'_>) -> Result<Value, RpcError>;

/// What a handler works with.
pub(super) struct Room<'a> {
    pub(super) network: &'a mut Network,
    pub(super) desk: &'a mut Desk,
    pub(super) filters: &'a Mutex<Filters>,
    pub(super) chain_id: u64,
}

impl Room<'_> {
    pub(super) fn chain(&self) -> Result<&Chain, RpcError> {
        Ok(self.network.chain(self.chain_id)?)
    }

    pub(super) fn chain_mut(&mut self) -> Result<&mut Chain, RpcError> {
        Ok(self.network.chain_mut(self.chain_id)?)
    }
}

impl Method {
    pub(super) const fn new(
        name: &'static str,
        summary: &'static str,
        params: &'static [Param],
        result: &'static str,
        handler: Handler,
    ) -> Self {
        Self { name, summary, params, result, rehearsal_only: false, prepare: None, handler }
    }

    /// The same on rehearsal chains only.
    pub(super) const fn rehearsal(self) -> Self {
        Self { rehearsal_only: true, ..self }
    }
}

impl Param {
    pub(super) const fn required(name: &'static str, kind: &'static str) -> Self {
        Self { name, kind, required: true }
    }

    pub(super) const fn optional(name: &'static str, kind: &'static str) -> Self {
        Self { name, kind, required: false }
    }
}

const TABLES: [&[Method]; 15] = [
    eth::chain::METHODS,
    eth::state::METHODS,
    eth::calls::METHODS,
    eth::fees::METHODS,
    eth::blocks::METHODS,
    eth::transactions::METHODS,
    eth::logs::METHODS,
    eth::sign::METHODS,
    eth::simulate::METHODS,
    web3::METHODS,
    debug::METHODS,
    evm::METHODS,
    hardhat::METHODS,
    hardhat::ANVIL,
    ephor::METHODS,
];

const COUNT: usize = {
    let (mut count, mut table) = (0, 0);
    while table < TABLES.len() {
        count += TABLES[table].len();
        table += 1;
    }
    count
};

static ALL: [Method; COUNT] = {
    let mut all = [TABLES[0][0]; COUNT];
    let (mut at, mut table) = (0, 0);
    while table < TABLES.len() {
        let mut row = 0;
        while row < TABLES[table].len() {
            all[at] = TABLES[table][row];
            at += 1;
            row += 1;
        }
        table += 1;
    }
    all
};

/// Every method, by namespace.
pub static METHODS: &[Method] = &ALL;

/// The method of a name.
#[must_use]
pub fn method(name: &str) -> Option<&'static Method> {
    static BY_NAME: LazyLock<HashMap<&'static str, &'static Method>> =
        LazyLock::new(|| METHODS.iter().map(|method| (method.name, method)).collect());
    BY_NAME.get(name).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_method_has_one_name_and_is_documented() {
        for known in METHODS {
            assert!(std::ptr::eq(method(known.name).unwrap(), known), "{} is there twice", known.name);
            assert!(known.name.contains('_') && !known.result.is_empty(), "{}", known.name);
            assert!(known.summary.ends_with('.'), "{}: {}", known.name, known.summary);
            let first_optional = known.params.iter().position(|param| !param.required).unwrap_or(known.params.len());
            assert!(known.params[first_optional..].iter().all(|param| !param.required), "{}", known.name);
        }
    }
}
